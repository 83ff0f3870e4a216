"""What happened has somebody who deals with it; what is asked for has a name that stays."""

from typing import get_args

from stockbridge.domain import effects, events
from stockbridge.domain.orders import MEANING, OrderState
from stockbridge.flow.step import HANDLERS


def test_every_event_has_a_handler() -> None:
    assert set(get_args(events.Event)) == set(HANDLERS)


def test_every_effect_has_a_stored_name() -> None:
    assert set(get_args(effects.Effect)) == set(effects.KINDS.values())
    assert len(set(effects.KINDS)) == len(set(effects.KINDS.values()))


def test_the_stored_names_of_effects_stay_for_ever() -> None:
    released = {"fetch_order", "move_fulfillment_order", "submit_order", "cancel_submission", "record_fulfillment"}
    assert released <= set(effects.KINDS)


def test_every_state_of_an_order_has_a_sentence() -> None:
    assert set(MEANING) == set(OrderState)
    assert all(sentence for sentence in MEANING.values())
