"""The twin's events: signed, repeated, reordered, lost, and tried again like a decent sender does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from stockbridge.testing.twins.wms.model.callbacks import RETRIES_S

OLD = "whsec_dGhlLXByZXZpb3VzLXNlY3JldC1vZi10aGUtdGVzdHM="
NEW = "whsec_dGhlLXNpZ25pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="


def sequences(events):
    return [each["sequence"] for each in events]


def test_every_secret_signs_so_that_one_can_replace_the_other(world):
    here = world(signing_secrets=(OLD, NEW))
    here.twin.inject("order.status", {"reference": "R-1"})
    ((callback, headers),) = here.twin.take_callbacks()
    for secret in (OLD, NEW):
        signature = Webhook(secret).sign(msg_id=headers["webhook-id"], timestamp=here.clock.now(), data=callback.body.decode())
        assert signature in headers["webhook-signature"].split(" ")


def test_a_strangers_library_verifies_the_signature(world, monkeypatch):
    """Its clock is the machine's, so the twin's is set to it."""
    from datetime import UTC, datetime

    here = world(signing_secrets=(NEW,))
    here.clock.move_to(datetime.now(UTC))
    here.twin.inject("order.status", {"reference": "R-1"})
    ((callback, headers),) = here.twin.take_callbacks()
    assert Webhook(NEW).verify(callback.body, headers)["data"] == {"reference": "R-1"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(callback.body, headers)


def test_what_is_not_taken_is_tried_again_with_the_same_id_and_a_new_time(world):
    here = world()
    here.twin.inject("x", {"sequence": 1})
    tries = []
    for wait in (*RETRIES_S, 10_000):
        for callback, headers in here.twin.take_callbacks():
            tries.append((headers["webhook-id"], headers["webhook-timestamp"]))
            here.twin.settle(callback, 500)
        here.clock.advance(wait)
    assert len(tries) == len(RETRIES_S) + 1
    assert len({each[0] for each in tries}) == 1
    assert len({each[1] for each in tries}) == len(tries)
    assert here.twin.desk.log[0].state == "given_up"
    assert here.twin.next_due() is None


@pytest.mark.parametrize(
    ("answer", "state", "again"),
    [
        (200, "delivered", False),
        (204, "delivered", False),
        (410, "given_up", False),
        (302, "waiting", True),
        (None, "waiting", True),
    ],
)
def test_what_an_answer_means_to_the_sender(world, answer, state, again):
    here = world()
    here.answers.append(answer)
    here.twin.inject("x", {"sequence": 1})
    here.events()
    assert here.twin.desk.log[0].state == state
    assert (here.twin.next_due() is not None) is again


def test_a_planned_loss_hits_the_named_type_once(world):
    here = world()
    here.twin.desk.plan("b", "lose")
    for type_ in ("a", "b", "b"):
        here.twin.inject(type_, {})
    assert [each["type"] for each in here.events()] == ["a", "b"]
    assert here.twin.desk.counts["lose"] == 1


@pytest.mark.parametrize(("action", "ids"), [("repeat", 1), ("repeat_as_new", 3)])
def test_a_repeat_is_the_same_message_and_may_have_another_id(world, action, ids):
    here = world()
    here.twin.desk.plan("*", action, 2)
    here.twin.inject("x", {"sequence": 1})
    sent = here.events()
    assert sequences(sent) == [1, 1, 1]
    assert len({each["id"] for each in sent}) == ids


def test_a_delayed_event_is_overtaken(world):
    here = world()
    here.twin.desk.plan("*", "delay", 60)
    for number in (1, 2):
        here.twin.inject("x", {"sequence": number})
    assert sequences(here.run(120)) == [2, 1]


@pytest.mark.parametrize(("newest_first", "order"), [(False, [3, 1, 2]), (True, [3, 2, 1])])
def test_held_events_go_out_when_released_in_either_order(world, newest_first, order):
    here = world()
    here.twin.desk.plan("*", "hold")
    here.twin.desk.plan("*", "hold")
    for number in (1, 2, 3):
        here.twin.inject("x", {"sequence": number})
    told = here.events()
    assert here.twin.desk.release(here.clock.now(), newest_first=newest_first) == 2
    here.clock.advance(1)
    assert sequences(told + here.events()) == order


def test_an_unknown_action_is_refused(world):
    with pytest.raises(ValueError, match="explode"):
        world().twin.desk.plan("*", "explode")


def test_by_rates_some_are_lost_some_repeated_some_late_and_all_others_come(world):
    here = world(lose_rate=0.2, repeat_rate=0.2, reorder_rate=0.2)
    for number in range(200):
        here.twin.inject("x", {"sequence": number})
    counts = here.twin.desk.counts
    assert all(20 <= counts[each] <= 60 for each in ("lose", "delay"))
    assert 20 <= counts["repeat"] + counts["repeat_as_new"] <= 60
    told = here.run(60)
    assert len(set(sequences(told))) == 200 - counts["lose"]
    assert len(told) == 200 - counts["lose"] + counts["repeat"] + counts["repeat_as_new"]
    assert sequences(told) != sorted(sequences(told))


def test_ids_of_another_life_of_the_twin_are_other_ids(world):
    first, second = world(), world()
    second.clock.advance(5)
    second = replace(second, twin=type(second.twin)(second.twin.config, second.clock))
    for here in (first, second):
        here.twin.inject("x", {})
    assert first.events()[0]["id"] != second.events()[0]["id"]
    assert first.accept("R", MUG=1).order_id != second.accept("R", MUG=1).order_id
