"""Which units of a reading are asked for, where, and what a warehouse is told with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from stockbridge.domain import placing, submissions
from stockbridge.domain.channel_order import ChannelOrder, FulfillmentOrder
from stockbridge.domain.effects import MoveFulfillmentOrder, SubmitOrder
from stockbridge.domain.events import OrderRefused
from stockbridge.domain.orders import Decision, Order, OrderState, SubmissionState, reference_for
from stockbridge.domain.values import Address, Money
from stockbridge.testing.making import at, candidate, channel_line, channel_order, codes, facts, fulfillment_order
from stockbridge.testing.saying import order_of

Reading = Callable[..., ChannelOrder]
PLENTY = {("wms", w, item): 99 for w in ("W1", "W2") for item in ("APPLE", "PEAR")}
BOTH = facts(
    candidates=[candidate("W1", "L1"), candidate("W2", "L2")],
    known=codes(("W1", "apple"), ("W1", "pear"), ("W2", "apple"), ("W2", "pear")),
    free=PLENTY,
)


def see(order: Order | None, snapshot: ChannelOrder, known: placing.Facts = BOTH, *, second: float = 1) -> Decision:
    return placing.see(order, snapshot, shop="shop", facts=known, now=at(second))


def asked(decision: Decision) -> list[tuple[str, dict[str, int]]]:
    """Warehouse and units by line of each request; a request that must be moved first says so."""
    return [
        (
            effect.warehouse if isinstance(effect, SubmitOrder) else "moved",
            {line.line_id if isinstance(effect, SubmitOrder) else line.key: line.units for line in effect.lines},  # type: ignore[union-attr]
        )
        for effect in decision.effects
        if isinstance(effect, SubmitOrder | MoveFulfillmentOrder)
    ]


def fos(*some: FulfillmentOrder) -> list[FulfillmentOrder]:
    return list(some)


# -- where


def test_each_fulfillment_order_is_asked_of_the_warehouse_at_its_own_location(reading: Reading) -> None:
    apart = fos(fulfillment_order("L1", {"a": 2, "p": 3}), fulfillment_order("L2", {"a": 3}))
    assert asked(see(None, reading(0, fulfillment_orders=apart))) == [("W1", {"a": 2, "p": 3}), ("W2", {"a": 3})]


def test_units_that_are_added_at_another_location_are_asked_for_there(reading: Reading) -> None:
    first = order_of(see(None, reading(0)))
    more = fos(fulfillment_order("L1", {"a": 5, "p": 3}), fulfillment_order("L2", {"a": 2, "p": 1}))
    assert asked(see(first, reading(9, fulfillment_orders=more))) == [("W2", {"a": 2, "p": 1})]
    turned = fos(*reversed(more))
    assert asked(see(first, reading(9, fulfillment_orders=turned))) == [("W2", {"a": 2, "p": 1})]


def test_units_that_are_split_over_two_fulfillment_orders_of_one_location_are_counted_once(reading: Reading) -> None:
    first = order_of(see(None, reading(0)))
    apart = fos(fulfillment_order("L1", {"a": 2}), fulfillment_order("L1", {"a": 5, "p": 3}))
    assert asked(see(first, reading(9, fulfillment_orders=apart))) == [("W1", {"a": 2})]


def test_units_that_two_requests_have_claimed_at_one_location_are_both_counted_there(reading: Reading) -> None:
    first = order_of(see(None, reading(0)))
    second = order_of(see(first, reading(9, apples=7), second=10))
    assert [s.lines[0].units for s in second.submissions] == [5, 2]
    more = fos(fulfillment_order("L1", {"a": 7, "p": 3}), fulfillment_order("L2", {"a": 1}))
    assert asked(see(second, reading(20, fulfillment_orders=more))) == [("W2", {"a": 1})]


def test_what_a_move_takes_is_not_asked_for_and_what_others_claim_beside_it_still_counts(reading: Reading) -> None:
    only_pears_here = facts(
        candidates=BOTH.candidates,
        known=codes(("W2", "apple"), ("W1", "pear")),
        free=PLENTY,
    )
    apart = fos(fulfillment_order("L1", {"a": 5}), fulfillment_order("L1", {"p": 3}))
    first = order_of(see(None, reading(0, fulfillment_orders=apart), only_pears_here))
    assert [s.state for s in first.submissions] == [SubmissionState.MOVING, SubmissionState.INTENDED]
    more = fos(fulfillment_order("L1", {"a": 5, "p": 3}), fulfillment_order("L2", {"p": 1}))
    again = see(first, reading(9, fulfillment_orders=more), BOTH)
    assert asked(again) == [("W2", {"p": 1})]


def test_while_several_lines_are_being_moved_more_of_any_of_them_waits(reading: Reading) -> None:
    only_there = facts(candidates=BOTH.candidates, known=codes(("W2", "apple"), ("W2", "pear")), free=PLENTY)
    moving = order_of(see(None, reading(0), only_there))
    more = fos(fulfillment_order("L1", {"a": 5, "p": 3}), fulfillment_order("L2", {"a": 1, "p": 1}))
    decision = see(moving, reading(9, fulfillment_orders=more), only_there, second=11)
    assert asked(decision) == []
    assert order_of(decision).retry_at == at(16)


def test_a_fulfillment_order_without_a_location_is_not_moved(reading: Reading) -> None:
    nowhere = reading(0, fulfillment_orders=fos(fulfillment_order(None, {"a": 5, "p": 3})))
    assert asked(see(None, nowhere)) == [("W1", {"a": 5, "p": 3})]


def test_what_is_picked_up_does_not_keep_the_rest_from_being_sent(reading: Reading) -> None:
    apart = fos(fulfillment_order("L1", {"a": 5}, method="PICK_UP"), fulfillment_order("L1", {"p": 3}))
    assert asked(see(None, reading(0, fulfillment_orders=apart))) == [("W1", {"p": 3})]


@pytest.mark.parametrize(
    ("status", "method", "sent"),
    [
        ("OPEN", "", True),
        ("IN_PROGRESS", "SHIPPING", True),
        ("INCOMPLETE", "SHIPPING", False),
        ("SCHEDULED", "SHIPPING", False),
    ],
)
def test_what_the_shop_has_begun_is_sent_and_what_it_holds_is_not(
    reading: Reading, status: str, method: str, sent: bool
) -> None:
    fo = fulfillment_order("L1", {"a": 5}, status=status, method=method)
    decision = see(None, reading(0, fulfillment_orders=[fo]))
    assert asked(decision) == ([("W1", {"a": 5})] if sent else [])
    assert (order_of(decision).retry_at is None) is sent


def test_a_line_that_needs_no_shipping_does_not_keep_those_after_it_from_being_sent() -> None:
    lines = [channel_line("g", None, 1, ships=False), channel_line("a", "apple", 1)]
    decision = see(None, channel_order(lines, [fulfillment_order("L1", {"g": 1, "a": 1})]))
    assert asked(decision) == [("W1", {"a": 1})]


def test_what_is_closed_in_the_shop_is_neither_asked_for_nor_waited_for(reading: Reading) -> None:
    apart = fos(fulfillment_order("L1", {"a": 5}, status="CLOSED"), fulfillment_order("L2", {"a": 5}))
    decision = see(None, reading(0, fulfillment_orders=apart))
    assert asked(decision) == [("W2", {"a": 5})]
    assert order_of(decision).retry_at is None


def test_no_more_is_asked_for_than_the_line_still_lacks(reading: Reading) -> None:
    """A warehouse ships five apples from L1 that somebody has since moved to L2: they are asked of nobody else."""
    first = order_of(see(None, reading(0)))
    away = reading(9, fulfillment_orders=fos(fulfillment_order("L2", {"a": 5}), fulfillment_order("L1", {"p": 3})))
    assert asked(see(first, away)) == []
    both = reading(9, fulfillment_orders=fos(fulfillment_order("L2", {"a": 4}), fulfillment_order("L3", {"a": 2})))
    assert asked(see(first, both)) == [("W2", {"a": 1})]


@pytest.mark.parametrize(("left", "state"), [(1, OrderState.WAITING), (0, OrderState.IGNORED)])
def test_an_order_without_a_location_waits_only_for_what_is_still_wanted(left: int, state: OrderState) -> None:
    lines = [
        replace(channel_line("a", "apple", 2), current_quantity=0),
        replace(channel_line("p", "pear", 1), current_quantity=left),
    ]
    assert order_of(see(None, channel_order(lines, []))).state is state


def test_a_line_that_is_no_item_of_the_shop_has_no_code(reading: Reading) -> None:
    lines = [channel_line("c", None, 1)]
    decision = see(None, channel_order(lines, [fulfillment_order("L1", {"c": 1})]))
    assert [park.cause for park in decision.parks] == ["unmapped_item"]


def test_of_what_is_asked_for_nothing_has_happened_yet(reading: Reading) -> None:
    (submission,) = order_of(see(None, reading(0))).submissions
    for line in submission.lines:
        assert (line.open_units, line.unshipped) == (line.units, line.units)
        assert (line.cancelled, line.shipped, line.written_back, line.contained) == (0, 0, 0, 0)
        assert (line.accepted, line.reserved) == (None, None)


# -- with what


def test_the_warehouse_is_told_the_note_the_titles_and_the_prices() -> None:
    apple = replace(channel_line("a", "apple", 1), unit_price=Money(Decimal("2.50"), "EUR"))
    snapshot = replace(channel_order([apple], [fulfillment_order("L1", {"a": 1})]), note="ring twice")
    (effect,) = see(None, snapshot).effects
    assert isinstance(effect, SubmitOrder)
    assert (effect.note, effect.currency, effect.shipping_method, effect.order_name) == (
        "ring twice",
        "EUR",
        "Standard",
        "#1001",
    )
    assert [(line.title, line.unit_price) for line in effect.lines] == [("The apple", Money(Decimal("2.50"), "EUR"))]


def test_each_request_bears_the_destination_of_its_own_fulfillment_order(reading: Reading) -> None:
    one = replace(fulfillment_order("L1", {"a": 5}), destination=Address(city="Here"))
    two = replace(fulfillment_order("L2", {"p": 3}), destination=Address(city="There"))
    cities = [
        e.ship_to.city
        for e in see(None, reading(0, fulfillment_orders=[one, two])).effects
        if isinstance(e, SubmitOrder) and e.ship_to
    ]
    assert cities == ["Here", "There"]


def test_a_reference_keeps_the_marks_of_the_name_that_anybody_can_type(reading: Reading) -> None:
    named = reference_for(account="acme", shop="shop", snapshot=reading(name="#EU-10_1 x"), number=1)
    assert named.startswith("EU-10_1x-")


def test_the_reference_of_an_order_is_the_same_in_every_version(reading: Reading) -> None:
    """Whatever was sent under it must be found under it again."""
    assert reference_for(account="acme", shop="shop", snapshot=reading(0), number=1) == "1001-a5722484-1"


# -- which reading


@pytest.mark.parametrize(
    ("second", "updated", "older"),
    [(60, 10, False), (61, 10, False), (59, 10, True), (59, 11, False), (61, 9, True)],
    ids=["the same", "read later", "read earlier", "changed later", "changed earlier, read later"],
)
def test_the_later_change_stands_and_of_one_change_the_later_reading(
    reading: Reading, second: float, updated: float, older: bool
) -> None:
    known = order_of(see(None, reading(60, updated=10)))
    decision = see(known, reading(second, updated=updated))
    assert [note.kind for note in decision.notes] == (["order.older_reading"] if older else [])


def test_an_order_that_waited_and_is_cancelled_waits_no_longer(reading: Reading) -> None:
    waiting = order_of(see(None, reading(0, fulfillment_orders=[])))
    assert waiting.retry_at is not None
    gone = order_of(see(waiting, reading(9, cancelled=True, fulfillment_orders=[])))
    assert (gone.state, gone.retry_at) == (OrderState.CANCELLED, None)


def test_an_order_that_waited_and_is_only_watched_now_waits_no_longer(reading: Reading) -> None:
    waiting = order_of(see(None, reading(0, fulfillment_orders=[])))
    left = order_of(see(waiting, reading(9), replace(BOTH, live=False)))
    assert (left.state, left.retry_at) == (OrderState.IGNORED, None)
    assert left.reason == "order flow is switched off for this shop: it is watched only"


def test_an_order_is_told_as_placed_once_whatever_becomes_of_it(reading: Reading) -> None:
    for first in (
        see(None, reading(0)),
        see(None, reading(0, cancelled=True)),
        see(None, reading(0), replace(BOTH, live=False)),
        see(None, reading(0), facts(free={})),
    ):
        assert [note.kind for note in first.notes].count("order.placed") == 1
        assert "order.placed" not in [note.kind for note in see(order_of(first), reading(9)).notes]


def test_an_order_with_one_request_refused_and_one_at_work_has_a_warehouse_at_work(reading: Reading) -> None:
    apart = fos(fulfillment_order("L1", {"a": 5}), fulfillment_order("L2", {"p": 3}))
    order = order_of(see(None, reading(0, fulfillment_orders=apart)))
    word = OrderRefused(reference=order.submissions[0].reference, reason="closed")
    assert placing.has_open_submission(order_of(submissions.refused(order, word, now=at(2))))
