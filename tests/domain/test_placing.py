"""A reading of an order: what of it is asked of which warehouse, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stockbridge.domain import placing, shipments, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.effects import MoveFulfillmentOrder, SubmitOrder
from stockbridge.domain.events import FulfillmentRecorded, OrderRefused, ShipmentConfirmed
from stockbridge.domain.orders import Decision, Order, OrderState, SubmissionState, reference_for, unallocated_units
from stockbridge.domain.values import Address, Tracking, Units
from stockbridge.testing.fakes import DAWN
from stockbridge.testing.making import (
    at,
    candidate,
    channel_line,
    channel_order,
    codes,
    facts,
    fulfillment,
    fulfillment_order,
)

Reading = Callable[..., ChannelOrder]
ELSEWHERE = facts(
    candidates=[candidate("W1", "L1"), candidate("W2", "L2")],
    known=codes(("W1", "apple"), ("W1", "pear"), ("W2", "apple"), ("W2", "pear")),
    free={("wms", "W1", "APPLE"): 1, ("wms", "W1", "PEAR"): 9, ("wms", "W2", "APPLE"): 9, ("wms", "W2", "PEAR"): 9},
)


def see(order: Order | None, snapshot: ChannelOrder, known: placing.Facts | None = None, *, second: float = 1) -> Decision:
    return placing.see(order, snapshot, shop="shop", facts=known or facts(), now=at(second))


def state(decision: Decision) -> OrderState:
    assert decision.order is not None
    return decision.order.state


def test_an_order_is_asked_of_the_warehouse_that_has_it(reading: Reading) -> None:
    decision = see(None, reading())
    (effect,) = decision.effects
    assert isinstance(effect, SubmitOrder)
    assert [(line.item_code, line.units) for line in effect.lines] == [("APPLE", 5), ("PEAR", 3)]
    assert effect.key == f"submit:{effect.reference}"
    assert state(decision) is OrderState.ASSIGNED
    assert [note.kind for note in decision.notes] == ["order.placed", "order.assigned"]
    assert decision.unpark == ("unmapped_item", "no_stock")


def test_the_same_facts_give_the_same_reference_and_it_begins_with_the_orders_name(reading: Reading) -> None:
    first, again = see(None, reading()).effects[0], see(None, reading(5), second=9).effects[0]
    assert isinstance(first, SubmitOrder)
    assert first.key == again.key
    assert first.reference.startswith("1001-")
    other = reference_for(account="other", shop="shop", snapshot=reading(), number=1)
    assert other != first.reference
    nameless = reference_for(account="acme", shop="shop", snapshot=reading(name="#!"), number=2)
    assert nameless.startswith("order-")
    assert nameless.endswith("-2")


def test_seen_again_nothing_is_asked_again(placed: Order, reading: Reading) -> None:
    for second in (0, 3, 60):
        assert see(placed, reading(second)).effects == ()


def test_an_older_reading_changes_nothing(placed: Order, reading: Reading) -> None:
    later = see(placed, reading(60)).order
    assert later is not None
    decision = see(later, reading(30, cancelled=True))
    assert decision.order is later
    assert decision.effects == ()
    assert [note.kind for note in decision.notes] == ["order.older_reading"]


def test_units_that_were_added_are_asked_for_alone(placed: Order, reading: Reading) -> None:
    decision = see(placed, reading(10, apples=7))
    (effect,) = decision.effects
    assert isinstance(effect, SubmitOrder)
    assert [(line.line_id, line.units) for line in effect.lines] == [("a", 2)]
    assert effect.reference.endswith("-2")


def test_one_line_without_a_code_stops_the_whole_order(reading: Reading) -> None:
    decision = see(None, reading(), facts(known=codes(("W1", "apple"))))
    assert decision.effects == ()
    assert state(decision) is OrderState.PARKED
    (park,) = decision.parks
    assert (park.cause, park.remedy) == ("unmapped_item", "map_item")
    assert park.title == "PEAR (The pear) has no item code in any warehouse."
    assert decision.unpark == ("no_stock",)
    assert decision.order is not None
    assert decision.order.retry_at is not None
    mapped = see(decision.order, reading(5))
    assert len(mapped.effects) == 1


def test_a_line_that_waits_and_has_no_code_stops_the_order_too(reading: Reading) -> None:
    held = [fulfillment_order("L1", {"a": 5}), fulfillment_order("L2", {"p": 3}, holds=["FRAUD_RISK"])]
    decision = see(None, reading(fulfillment_orders=held), facts(known=codes(("W1", "apple"))))
    assert decision.effects == ()
    assert decision.parks[0].cause == "unmapped_item"


def test_an_order_that_nobody_has_waits_for_stock_and_says_what_lacks(reading: Reading) -> None:
    decision = see(None, reading(), facts(free={("wms", "W1", "APPLE"): 2, ("wms", "W1", "PEAR"): 9}))
    (park,) = decision.parks
    assert (park.cause, park.remedy) == ("no_stock", "retry")
    assert park.title == "No warehouse has everything: W1 lacks 3 of 5 APPLE."
    assert decision.unpark == ("unmapped_item",)
    assert decision.effects == ()


def test_an_order_that_is_looked_at_again_and_again_says_once_why_it_waits(reading: Reading) -> None:
    unmapped = facts(known=codes(("W1", "apple")))
    order, said = None, []
    for second in range(1, 6):
        decision = see(order, reading(second), unmapped)
        order, said = decision.order, [*said, *(note.kind for note in decision.notes)]
        assert len(decision.parks) == 1, "the person is told as long as it holds"
    assert said == ["order.placed", "order.unmapped_item"]
    empty = facts(free={("wms", "W1", "APPLE"): 2, ("wms", "W1", "PEAR"): 9})
    fewer = facts(free={("wms", "W1", "APPLE"): 1, ("wms", "W1", "PEAR"): 9})
    said = []
    for second, known in enumerate((empty, empty, fewer, unmapped), start=6):
        decision = see(order, reading(second), known)
        order, said = decision.order, [*said, *(note.text for note in decision.notes)]
    assert said == [
        "No warehouse has everything: W1 lacks 3 of 5 APPLE.",
        "No warehouse has everything: W1 lacks 4 of 5 APPLE.",
        "PEAR (The pear) has no item code in any warehouse.",
    ]


def test_an_order_that_is_only_watched_says_so_once_however_often_it_changes(reading: Reading) -> None:
    order, said = None, []
    for second in range(1, 5):
        decision = see(order, reading(second), facts(live=False))
        order, said = decision.order, [*said, *(note.kind for note in decision.notes)]
    assert said == ["order.placed", "order.watched"]


@pytest.mark.parametrize(("age", "wait"), [(0, 1), (60, 30), (86_400, 600)])
def test_a_waiting_order_is_looked_at_again_after_half_its_age(reading: Reading, age: int, wait: int) -> None:
    nothing = facts(free={})
    first = see(None, reading(), nothing, second=0).order
    assert first is not None
    decision = see(first, reading(age), nothing, second=age)
    assert decision.order is not None
    assert decision.order.retry_at == at(age) + timedelta(seconds=wait)


def test_two_fulfillment_orders_cannot_both_take_the_last_unit(reading: Reading) -> None:
    both = [fulfillment_order("L1", {"a": 2}), fulfillment_order("L2", {"a": 3})]
    few = facts(candidates=[candidate("W1", "L1"), candidate("W1", "L2")], free={("wms", "W1", "APPLE"): 4})
    decision = see(None, reading(fulfillment_orders=both), few)
    assert decision.effects == ()
    assert decision.parks[0].cause == "no_stock"


@pytest.mark.parametrize("method", ["PICK_UP", "LOCAL", "NONE"])
def test_what_is_not_shipped_is_left_alone(reading: Reading, method: str) -> None:
    decision = see(None, reading(fulfillment_orders=[fulfillment_order("L1", {"a": 5}, method=method)]))
    assert decision.effects == ()
    assert state(decision) is OrderState.IGNORED


def test_a_line_that_needs_no_shipping_is_left_alone() -> None:
    lines = [channel_line("a", "apple", 1), channel_line("g", None, 1, ships=False)]
    decision = see(None, channel_order(lines, [fulfillment_order("L1", {"a": 1, "g": 1})]))
    (effect,) = decision.effects
    assert isinstance(effect, SubmitOrder)
    assert [line.line_id for line in effect.lines] == ["a"]


def test_while_the_shop_has_not_chosen_a_location_the_order_waits(reading: Reading) -> None:
    decision = see(None, reading(fulfillment_orders=[]))
    assert state(decision) is OrderState.WAITING
    assert decision.order is not None
    assert decision.order.reason == "the shop has not decided yet which location ships it"
    assert decision.order.retry_at is not None


@pytest.mark.parametrize(
    ("fo", "why"),
    [
        (
            fulfillment_order("L1", {"a": 5}, holds=["FRAUD_RISK", "AWAITING_PAYMENT"]),
            "on hold in the shop: awaiting payment, fraud risk",
        ),
        (fulfillment_order("L1", {"a": 5}, status="SCHEDULED"), "the shop says scheduled"),
        (fulfillment_order("L1", {"a": 5}, status="ON_HOLD"), "the shop says on hold"),
    ],
)
def test_what_the_shop_holds_back_waits_and_says_why(reading: Reading, fo: object, why: str) -> None:
    decision = see(None, reading(fulfillment_orders=[fo]))
    assert decision.effects == ()
    assert decision.order is not None
    assert (decision.order.state, decision.order.reason) == (OrderState.WAITING, why)


def test_what_can_go_goes_while_the_rest_waits_and_the_rest_is_not_forgotten(reading: Reading) -> None:
    fos = [fulfillment_order("L1", {"a": 5}), fulfillment_order("L2", {"p": 3}, status="ON_HOLD")]
    decision = see(None, reading(fulfillment_orders=fos))
    assert len(decision.effects) == 1
    assert decision.order is not None
    assert decision.order.retry_at is not None
    sent = decision.order.submissions[0].reference
    parcel = ShipmentConfirmed(
        reference=sent, shipment_id="s", warehouse="W1", lines=(Units("APPLE", 5),), tracking=Tracking(), occurred_at=at(3)
    )
    shipped = shipments.shipped(decision.order, parcel, shipment_id="s", notify_customer=True, now=at(3)).order
    assert shipped is not None
    assert (shipped.state, shipped.reason) == (OrderState.WAITING, "the rest of it cannot be sent yet")


def test_a_fulfillment_order_at_another_location_is_moved_first(reading: Reading) -> None:
    decision = see(None, reading(), ELSEWHERE)
    (effect,) = decision.effects
    assert isinstance(effect, MoveFulfillmentOrder)
    assert (effect.from_location_id, effect.to_location_id) == ("L1", "L2")
    assert effect.lines == (Units("a", 5), Units("p", 3))
    assert decision.order is not None
    assert decision.order.submissions[0].state is SubmissionState.MOVING
    assert see(decision.order, reading(9), ELSEWHERE).effects == ()


def test_more_units_of_a_line_wait_while_others_of_it_are_being_moved(reading: Reading) -> None:
    moving = see(None, reading(), ELSEWHERE).order
    assert moving is not None
    more = [fulfillment_order("L1", {"a": 5, "p": 3}), fulfillment_order("L2", {"a": 2})]
    decision = see(moving, reading(9, fulfillment_orders=more), ELSEWHERE)
    assert decision.effects == ()
    assert decision.order is not None
    assert decision.order.retry_at is not None


def test_a_shop_that_is_only_watched_sends_nothing(reading: Reading) -> None:
    decision = see(None, reading(), facts(live=False))
    assert (state(decision), decision.effects) == (OrderState.IGNORED, ())
    assert decision.notes[-1].kind == "order.watched"


def test_an_order_from_before_the_start_line_is_left_to_a_person(reading: Reading) -> None:
    assert state(see(None, reading(), facts(start_line=DAWN + timedelta(seconds=1)))) is OrderState.IGNORED
    assert state(see(None, reading(), facts(start_line=DAWN))) is OrderState.ASSIGNED


def test_an_order_that_we_already_handle_goes_on_when_the_flow_is_switched_off(placed: Order, reading: Reading) -> None:
    assert state(see(placed, reading(9), facts(live=False))) is OrderState.ASSIGNED


def test_the_parcel_goes_where_the_fulfillment_order_says(reading: Reading) -> None:
    there, elsewhere = Address(city="Here"), Address(city="There")
    fo = replace(fulfillment_order("L1", {"a": 5}), destination=elsewhere)
    snapshot = replace(reading(fulfillment_orders=[fo]), shipping_address=there)
    effect = see(None, snapshot).effects[0]
    assert isinstance(effect, SubmitOrder)
    assert effect.ship_to == elsewhere
    plain = see(None, replace(reading(), shipping_address=there)).effects[0]
    assert isinstance(plain, SubmitOrder)
    assert plain.ship_to == there


def test_units_that_a_warehouse_refused_are_asked_for_again_only_when_a_person_says_so(
    placed: Order, ref: str, reading: Reading
) -> None:
    refused = submissions.refused(placed, OrderRefused(reference=ref, reason="closed"), now=at(2)).order
    assert refused is not None
    assert see(refused, reading(60)).effects == ()
    allowed = submissions.try_again(refused, now=at(61)).order
    assert allowed is not None
    (effect,) = see(allowed, reading(62)).effects
    assert isinstance(effect, SubmitOrder)
    assert effect.reference.endswith("-2")


def test_open_units_are_counted_at_their_location(accepted: Order, reading: Reading) -> None:
    def open_units(snapshot: ChannelOrder) -> list[int]:
        order = see(accepted, snapshot).order
        assert order is not None
        return [line.open_units for line in order.submissions[0].lines]

    assert open_units(reading(9)) == [5, 3]
    assert open_units(reading(9, apples=2)) == [2, 3]
    moved_by_hand = [fulfillment_order("L2", {"a": 5}), fulfillment_order("L1", {"p": 3})]
    assert open_units(reading(9, fulfillment_orders=moved_by_hand)) == [0, 3]
    assert open_units(reading(9, fulfillment_orders=[fulfillment_order("L1", {"a": 5}, status="CLOSED")])) == [0, 0]


def test_a_warehouse_at_work_is_known_as_such(placed: Order, ref: str) -> None:
    assert placing.has_open_submission(placed)
    refused = submissions.refused(placed, OrderRefused(reference=ref, reason="closed"), now=at(2)).order
    assert refused is not None
    assert not placing.has_open_submission(refused)


# -- any order of readings


@settings(max_examples=150, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_whatever_readings_arrive_in_whatever_order_no_unit_is_asked_for_twice_and_none_is_dropped(seed: int) -> None:
    random = Random(seed)
    ordered = {"a": random.randint(1, 4), "p": random.randint(1, 4), "b": random.randint(1, 4)}
    items = {"a": "apple", "p": "pear", "b": "apple"}
    lines = [channel_line(key, items[key], units) for key, units in ordered.items()]
    fulfilled: dict[str, dict[str, int]] = {}
    order: Order | None = None
    readings: list[ChannelOrder] = []
    known = facts(free={("wms", "W1", "APPLE"): random.randint(0, 10), ("wms", "W1", "PEAR"): 9})
    for second in range(1, 26):
        act = random.choice(["read", "arrive", "arrive", "again", "more", "ship", "hold"])
        if act == "more" and sum(ordered.values()) < 20:
            ordered[random.choice("apb")] += 1
        gone = {key: sum(parcel.get(key, 0) for parcel in fulfilled.values()) for key in ordered}
        if act in ("read", "hold", "more"):
            held = random.choice(list(ordered)) if act == "hold" else ""
            fos = [
                fulfillment_order("L1", {key: n - gone[key]}, status="ON_HOLD" if key == held else "OPEN")
                for key, n in ordered.items()
                if n - gone[key]
            ]
            records = [fulfillment(key, parcel) for key, parcel in fulfilled.items()]
            readings.append(channel_order(lines, fos, second=second, fulfillments=records))
        elif act in ("arrive", "again") and readings:
            snapshot = random.choice(readings) if act == "again" else readings.pop(random.randrange(len(readings)))
            decision = placing.see(order, snapshot, shop="shop", facts=known, now=at(second))
            order = decision.order
            check(order, snapshot, decision, ordered)
        elif act == "ship" and order is not None:
            order = ship_something(order, random, second, fulfilled)


def ship_something(order: Order, random: Random, second: int, fulfilled: dict[str, dict[str, int]]) -> Order:
    """A parcel leaves, is told to the shop, and the receipt may or may not reach us."""
    for submission in order.submissions:
        line = random.choice(submission.lines)
        if line.unshipped:
            n = random.randint(1, line.unshipped)
            parcel = ShipmentConfirmed(
                reference=submission.reference,
                shipment_id=f"s{second}",
                warehouse="W1",
                lines=(Units(line.item_code, n),),
                tracking=Tracking(),
                occurred_at=at(second),
            )
            shipped = shipments.shipped(order, parcel, shipment_id=f"s{second}", notify_customer=True, now=at(second)).order
            assert shipped is not None
            fulfilled[f"f{second}"] = {units.key: units.units for units in shipped.shipments[-1].lines}
            if random.random() < 0.5:
                return shipped
            word = FulfillmentRecorded(order_id="o1", shipment_id=f"s{second}", fulfillment_id=f"f{second}")
            recorded = shipments.recorded(shipped, word, now=at(second)).order
            assert recorded is not None
            return recorded
    return order


def check(order: Order | None, snapshot: ChannelOrder, decision: Decision, ordered: dict[str, int]) -> None:
    assert order is not None
    for key, units in ordered.items():
        asked = sum(line.units for s in order.submissions for line in s.lines if line.line_id == key)
        assert asked <= units
    if snapshot is order.snapshot and not decision.parks:
        left = {key: unallocated_units(order, snapshot, key) for key in ordered}
        waiting = {
            line.line_id: line.remaining for fo in snapshot.fulfillment_orders if fo.status == "ON_HOLD" for line in fo.lines
        }
        assert all(units <= waiting.get(key, 0) for key, units in left.items())
        assert not any(left.values()) or order.retry_at is not None
