"""Parcels: which lines they hold, in whatever order they are told, and what the shop is told about them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stockbridge.domain import placing, shipments, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.effects import RecordFulfillment
from stockbridge.domain.events import CancellationAnswered, FulfillmentRecorded, OrderAccepted, ShipmentConfirmed
from stockbridge.domain.orders import Decision, Order, OrderState, SubmissionState
from stockbridge.domain.values import Tracking, Units
from stockbridge.testing.making import at, channel_line, channel_order, facts, fulfillment, fulfillment_order
from stockbridge.testing.saying import order_of

Reading = Callable[..., ChannelOrder]


def parcel(ref: str, name: str, *, final: bool = False, sequence: int | None = 20, **lines: int) -> ShipmentConfirmed:
    return ShipmentConfirmed(
        reference=ref,
        shipment_id=name,
        warehouse="W1",
        lines=tuple(Units(code, n) for code, n in lines.items()),
        tracking=Tracking(carrier="DHL", numbers=(f"T-{name}",)),
        occurred_at=at(5),
        sequence=sequence,
        final=final,
    )


def ship(order: Order, event: ShipmentConfirmed, *, second: float = 6) -> Decision:
    return shipments.shipped(order, event, shipment_id=event.shipment_id, notify_customer=True, now=at(second))


def record(order: Order, name: str, *, adopted: bool = False) -> Decision:
    event = FulfillmentRecorded(order_id="o1", shipment_id=name, fulfillment_id=f"f-{name}", adopted=adopted)
    return shipments.recorded(order, event, now=at(7))


def test_the_shop_is_told_of_each_parcel_with_its_own_lines_and_tracking(accepted: Order, ref: str) -> None:
    decision = ship(accepted, parcel(ref, "s1", APPLE=2, PEAR=3))
    (effect,) = decision.effects
    assert isinstance(effect, RecordFulfillment)
    assert effect.lines == (Units("a", 2), Units("p", 3))
    assert (effect.key, effect.tracking.numbers, effect.location_id, effect.bound) == ("fulfill:s1", ("T-s1",), "L1", ())
    order = order_of(decision)
    assert (order.state, order.submissions[0].state) == (OrderState.PART_SHIPPED, SubmissionState.ACCEPTED)
    assert decision.notes[-1].text == "W1 shipped 5 units (T-s1)"


def test_a_parcel_that_is_told_again_changes_nothing(accepted: Order, ref: str) -> None:
    once = order_of(ship(accepted, parcel(ref, "s1", APPLE=2)))
    again = ship(once, parcel(ref, "s1", APPLE=2))
    assert (again.order, again.effects, again.notes) == (once, (), ())


def test_a_parcel_names_the_records_that_belong_to_others(accepted: Order, ref: str) -> None:
    first = order_of(record(order_of(ship(accepted, parcel(ref, "s1", APPLE=2))), "s1"))
    effect = ship(first, parcel(ref, "s2", APPLE=1)).effects[0]
    assert isinstance(effect, RecordFulfillment)
    assert effect.bound == ("f-s1",)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ({"APPLE": 6}, "1 more APPLE than were asked for"),
        ({"PLUM": 2}, "2 PLUM, which is not in the order"),
        ({"APPLE": 5, "PEAR": 4, "PLUM": 1}, "1 more PEAR than were asked for; 1 PLUM, which is not in the order"),
    ],
)
def test_a_parcel_that_does_not_fit_is_parked_whole(accepted: Order, ref: str, lines: dict[str, int], problem: str) -> None:
    decision = ship(accepted, parcel(ref, "s1", **lines))
    assert (decision.order, decision.effects, decision.rejected) == (accepted, (), True)
    assert decision.parks[0].title == f"W1 reports a shipment of #1001 that does not fit: {problem}."
    assert decision.parks[0].cause == "shipment_mismatch:s1"


def test_units_of_one_item_on_two_lines_fill_the_earlier_line_first() -> None:
    lines = [channel_line("x", "apple", 2), channel_line("y", "apple", 3)]
    snapshot = channel_order(lines, [fulfillment_order("L1", {"x": 2, "y": 3})])
    order = order_of(placing.see(None, snapshot, shop="shop", facts=facts(), now=at(1)))
    ref = order.submissions[0].reference
    first = order_of(ship(order, parcel(ref, "s1", APPLE=3)))
    assert first.shipments[0].lines == (Units("x", 2), Units("y", 1))
    second = order_of(ship(first, parcel(ref, "s2", APPLE=2)))
    assert second.shipments[1].lines == (Units("y", 2),)
    assert second.state is OrderState.SHIPPED


def test_a_code_that_a_parcel_names_twice_is_summed(accepted: Order, ref: str) -> None:
    event = ShipmentConfirmed(
        reference=ref,
        shipment_id="s1",
        warehouse="W1",
        lines=(Units("APPLE", 2), Units("APPLE", 3)),
        tracking=Tracking(),
        occurred_at=at(5),
    )
    decision = ship(accepted, event)
    assert order_of(decision).shipments[0].lines == (Units("a", 5),)
    assert decision.notes[-1].text == "W1 shipped 5 units (no tracking number)"


def test_a_parcel_proves_that_the_order_was_accepted(placed: Order, ref: str) -> None:
    decision = ship(placed, parcel(ref, "s1", APPLE=1))
    assert decision.proven == ((f"submit:{ref}", ""),)
    submission = order_of(decision).submissions[0]
    assert (submission.state, submission.accepted_at) == (SubmissionState.ACCEPTED, at(6))
    assert submission.lines[0].accepted is not None


def test_between_leaving_and_being_told_to_the_shop_the_units_stay_open(accepted: Order, ref: str) -> None:
    gone = order_of(ship(accepted, parcel(ref, "s1", APPLE=5, PEAR=3)))
    assert gone.state is OrderState.SHIPPED
    assert [line.open_units for line in gone.submissions[0].lines] == [5, 3]
    done = order_of(record(gone, "s1"))
    assert done.state is OrderState.DONE
    assert [line.open_units for line in done.submissions[0].lines] == [0, 0]


def test_a_record_is_written_back_once(accepted: Order, ref: str) -> None:
    gone = order_of(ship(accepted, parcel(ref, "s1", APPLE=5)))
    decision = record(gone, "s1")
    assert decision.unpark == ("fulfillment:s1",)
    assert decision.notes[0].text == "the tracking of W1's shipment is in the shop"
    assert record(order_of(decision), "s1").order == decision.order
    assert record(gone, "nobody").order is gone
    assert record(gone, "s1", adopted=True).notes[0].text == "the tracking of W1's shipment was already in the shop"


def test_a_reading_that_shows_the_record_before_its_receipt_counts_the_units_as_told(
    accepted: Order, ref: str, reading: Reading
) -> None:
    gone = order_of(ship(accepted, parcel(ref, "s1", APPLE=2)))
    snapshot = reading(9, apples=3, fulfillments=[fulfillment("f-s1", {"a": 2})])
    seen = order_of(placing.see(gone, snapshot, shop="shop", facts=facts(), now=at(9)))
    assert [line.open_units for line in seen.submissions[0].lines] == [3, 3]
    undone = reading(10, apples=5, fulfillments=[fulfillment("f-s1", {"a": 2}, status="CANCELLED")])
    again = order_of(placing.see(gone, undone, shop="shop", facts=facts(), now=at(10)))
    assert [line.open_units for line in again.submissions[0].lines] == [5, 3]


def test_a_reading_from_before_the_record_does_not_open_the_units_again(accepted: Order, ref: str, reading: Reading) -> None:
    told = order_of(record(order_of(ship(accepted, parcel(ref, "s1", APPLE=2))), "s1"))
    seen = order_of(placing.see(told, reading(5), shop="shop", facts=facts(), now=at(9)))
    assert [line.open_units for line in seen.submissions[0].lines] == [3, 3]


def test_a_record_takes_its_units_from_a_reading_that_cannot_show_it_yet(accepted: Order, ref: str, reading: Reading) -> None:
    more = order_of(placing.see(accepted, reading(8, apples=7), shop="shop", facts=facts(), now=at(8)))
    fewer = order_of(placing.see(more, reading(9, apples=5), shop="shop", facts=facts(), now=at(9)))
    told = order_of(record(order_of(ship(fewer, parcel(ref, "s1", APPLE=5))), "s1"))
    assert [line.open_units for s in told.submissions for line in s.lines if line.line_id == "a"] == [0, 0]


def test_a_record_without_a_receipt_is_not_taken_for_units_that_the_warehouse_cancelled(
    accepted: Order, ref: str, reading: Reading
) -> None:
    word = CancellationAnswered(reference=ref, confirmed=True, occurred_at=at(4), lines=(Units("APPLE", 2),))
    short = order_of(submissions.cancellation_answered(accepted, word, now=at(4)))
    gone = order_of(ship(short, parcel(ref, "s1", APPLE=3)))
    snapshot = reading(9, apples=2, fulfillments=[fulfillment("f-s1", {"a": 3})])
    seen = order_of(placing.see(gone, snapshot, shop="shop", facts=facts(), now=at(9)))
    assert [line.open_units for line in seen.submissions[0].lines] == [0, 3]


# -- nothing more follows


def test_the_last_parcel_may_overtake_the_first_and_both_are_told(accepted: Order, ref: str, reading: Reading) -> None:
    last = ship(accepted, parcel(ref, "s2", final=True, APPLE=3, PEAR=3, sequence=21))
    assert [park.cause for park in last.parks] == [f"rest:{ref}"]
    assert order_of(last).submissions[0].unshipped == 2
    meanwhile = placing.see(order_of(last), reading(8), shop="shop", facts=facts(), now=at(8))
    assert meanwhile.effects == ()
    first = ship(order_of(meanwhile), parcel(ref, "s1", APPLE=2))
    assert first.parks == ()
    assert f"rest:{ref}" in first.unpark
    assert order_of(first).submissions[0].state is SubmissionState.SHIPPED
    assert [type(effect) for effect in first.effects] == [RecordFulfillment]


def test_units_that_never_follow_are_asked_for_again_when_a_person_says_so(accepted: Order, ref: str, reading: Reading) -> None:
    short = order_of(ship(accepted, parcel(ref, "s1", final=True, APPLE=5, PEAR=1)))
    assert short.state is OrderState.PARKED
    allowed = submissions.try_again(short, now=at(8))
    assert f"rest:{ref}" in allowed.unpark
    assert order_of(allowed).submissions[0].state is SubmissionState.SHIPPED
    (effect,) = placing.see(order_of(allowed), reading(9), shop="shop", facts=facts(), now=at(9)).effects
    assert [(line.item_code, line.units) for line in effect.lines] == [("PEAR", 2)]  # type: ignore[union-attr]


def test_units_that_a_person_lets_go_are_free_and_nobody_is_asked_for_them(accepted: Order, ref: str, reading: Reading) -> None:
    short = order_of(ship(accepted, parcel(ref, "s1", final=True, APPLE=5, PEAR=1)))
    free = order_of(submissions.let_go(short, now=at(8)))
    assert [line.cancelled for line in free.submissions[0].lines] == [0, 2]
    assert placing.see(free, reading(9), shop="shop", facts=facts(), now=at(9)).effects == ()


def test_the_word_that_nothing_follows_may_come_without_a_parcel(accepted: Order, ref: str) -> None:
    decision = ship(accepted, parcel(ref, "s1", final=True))
    assert decision.effects == ()
    assert order_of(decision).shipments == ()
    assert decision.parks[0].cause == f"rest:{ref}"


def test_parcels_in_any_order_end_in_the_same_state(accepted: Order, ref: str) -> None:
    parcels = [parcel(ref, "s1", APPLE=2), parcel(ref, "s2", APPLE=1, PEAR=1), parcel(ref, "s3", APPLE=2, PEAR=2, final=True)]
    ends = set()
    for order in permutations(parcels):
        known = accepted
        for event in (*order, *order):
            known = order_of(ship(known, event))
        ends.add((known.state, known.submissions[0].state, tuple((x.shipped, x.cancelled) for x in known.submissions[0].lines)))
        assert {(s.shipment_id, s.lines) for s in known.shipments} == {
            ("s1", (Units("a", 2),)),
            ("s2", (Units("a", 1), Units("p", 1))),
            ("s3", (Units("a", 2), Units("p", 2))),
        }
    assert ends == {(OrderState.SHIPPED, SubmissionState.SHIPPED, ((5, 0), (3, 0)))}


@settings(max_examples=150, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_no_line_ever_ships_more_than_was_asked_and_what_does_not_fit_changes_nothing(seed: int) -> None:
    random = Random(seed)
    wants = {f"l{n}": (random.choice(["apple", "pear"]), random.randint(1, 4)) for n in range(random.randint(1, 3))}
    snapshot = channel_order(
        [channel_line(key, item, n) for key, (item, n) in wants.items()],
        [fulfillment_order("L1", {key: n for key, (_, n) in wants.items()})],
    )
    known = facts(free={("wms", "W1", "APPLE"): 99, ("wms", "W1", "PEAR"): 99})
    order = order_of(placing.see(None, snapshot, shop="shop", facts=known, now=at(1)))
    ref = order.submissions[0].reference
    if random.random() < 0.5:
        order = order_of(
            submissions.accepted(order, OrderAccepted(reference=ref, warehouse_ref="", occurred_at=at(2)), now=at(2))
        )
    told: list[ShipmentConfirmed] = []
    for n in range(8):
        event = parcel(ref, f"s{n}", final=random.random() < 0.1, APPLE=random.randint(1, 3))
        if random.random() < 0.5:
            event = parcel(ref, f"s{n}", PEAR=random.randint(1, 3), APPLE=random.randint(1, 2))
        told.append(event)
        decision = ship(order, random.choice(told) if random.random() < 0.3 else event)
        before, order = order, order_of(decision)
        if decision.rejected:
            assert order is before
            assert decision.effects == ()
        for line in order.submissions[0].lines:
            shipped = sum(u.units for s in order.shipments for u in s.lines if u.key == line.line_id)
            assert line.shipped == shipped <= line.units
            assert line.shipped + line.cancelled <= line.units
