"""Every event has somebody who deals with it, and what people say survives being written down."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from stockbridge.domain import events as ev
from stockbridge.flow import own_words, step
from stockbridge.ports import Arrival, Unreadable

MAPPED = ev.ItemMapped(shop="s", inventory_item_id="i", connection="c", warehouse="w", item_code="W-1", by="ana")
SOURCE = ev.SourceMapped(shop="s", location_id="l", connection="c", warehouse="w", zones=("A", "B"), keep_units=2)
REFUSED = ev.EffectRefused(effect_id=1, kind="submit_order", key="submit:R", payload={"reference": "R"}, reason="no", code="x")
STUCK = ev.EffectStuck(effect_id=1, kind="submit_order", key="submit:R", payload={"reference": "R"}, reason="no")


def heard(topic: str, body: bytes) -> Arrival:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    return Arrival(
        account="a", connection="people", topic=topic, subject="x", dedupe_key="k", received_at=now, headers={}, body=body
    )


def test_every_event_is_dealt_with() -> None:
    assert set(get_args(ev.Event)) == set(step.HANDLERS)


@pytest.mark.parametrize(
    "event", [MAPPED, SOURCE, ev.RetryAsked(parked_id=3, by="ana"), ev.DismissAsked(parked_id=3, note="seen"), REFUSED, STUCK]
)
def test_what_is_said_is_read_as_it_was_said(event: ev.Event) -> None:
    assert own_words.read(heard(own_words.topic_of(event), own_words.write(event))) == [event]


def test_an_event_of_a_door_is_not_ours_to_say() -> None:
    with pytest.raises(KeyError):
        own_words.topic_of(ev.Noted(reason="x"))


@pytest.mark.parametrize(("topic", "body"), [("moon", b"{}"), ("item_mapped", b"{"), ("item_mapped", b'{"shop": 3}')])
def test_words_that_this_version_does_not_know_are_kept_as_unreadable(topic: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        own_words.read(heard(topic, body))
