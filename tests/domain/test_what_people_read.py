"""What the journal and the parked page say of a decision: what happened, why, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from stockbridge.domain import placing, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.orders import Decision, Order, OrderState
from stockbridge.testing.making import at, candidate, codes, facts, fulfillment_order
from stockbridge.testing.saying import accept, answer, order_of, progress, record, refuse, ship

Reading = Callable[..., ChannelOrder]
Told = Callable[[Order, str], Decision]


def declined(order: Order, ref: str) -> Decision:
    return answer(order, ref, confirmed=False)


def told_off(order: Order, ref: str) -> Decision:
    return answer(order, ref, APPLE=5, PEAR=3)


def unnamed(order: Order, ref: str) -> Decision:
    return answer(order, ref)


def with_a_rest(order: Order, ref: str) -> Decision:
    return ship(order, ref, final=True, APPLE=1)


def misfit(order: Order, ref: str) -> Decision:
    return ship(order, ref, APPLE=9)


# -- the journal


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (accept, "submission.accepted"),
        (refuse, "submission.refused"),
        (progress, "submission.progress"),
        (declined, "submission.cancel_declined"),
        (told_off, "submission.cancelled_there"),
        (unnamed, "submission.cancelled_unnamed"),
        (lambda order, ref: answer(order, ref, APPLE=1), "submission.cancelled"),
        (lambda order, ref: ship(order, ref, APPLE=1), "shipment.confirmed"),
        (with_a_rest, "shipment.confirmed"),
        (misfit, "shipment.mismatch"),
        (lambda order, ref: record(order_of(ship(order, ref, APPLE=1))), "shipment.recorded"),
    ],
)
def test_every_turn_leaves_one_line_in_the_journal(placed: Order, ref: str, turn: Told, kind: str) -> None:
    decision = turn(placed, ref)
    assert [note.kind for note in decision.notes] == [kind]
    assert decision.rejected is (turn is misfit)


def test_a_cancellation_leaves_a_line_for_each_request(placed: Order, accepted: Order, ref: str, reading: Reading) -> None:
    def cancel(order: Order, *unsent: str) -> Decision:
        snapshot = reading(9, cancelled=True, fulfillment_orders=[])
        return placing.see(order, snapshot, shop="shop", facts=facts(unsent=unsent), now=at(9))

    assert [note.kind for note in cancel(accepted).notes] == ["submission.cancelling"]
    assert [note.kind for note in cancel(placed, f"submit:{ref}").notes] == ["submission.cancelled"]
    late = accept(order_of(cancel(placed)), ref)
    assert [note.kind for note in late.notes] == ["submission.accepted", "submission.cancelling"]
    assert [note.kind for note in refuse(order_of(cancel(placed)), ref).notes] == ["submission.cancelled"]


def test_a_move_leaves_a_line_when_it_is_done_and_when_it_came_too_late(reading: Reading) -> None:
    known = facts(
        candidates=[candidate("W2", "L2")],
        known=codes(("W2", "apple"), ("W2", "pear")),
        free={("wms", "W2", "APPLE"): 9, ("wms", "W2", "PEAR"): 9},
    )
    moving = order_of(placing.see(None, reading(0), shop="shop", facts=known, now=at(1)))
    effect = placing.submit_effect(moving.snapshot, moving.submissions[0])
    done = submissions.submit_now(moving, effect.reference, effect, now=at(5))
    assert [(note.kind, note.data["reference"]) for note in done.notes] == [("order.moved", effect.reference)]
    gone = replace(moving, snapshot=reading(4, cancelled=True, fulfillment_orders=[]))
    late = submissions.submit_now(gone, effect.reference, effect, now=at(5))
    assert [note.kind for note in late.notes] == ["submission.cancelled"]


@pytest.mark.parametrize("turn", [accept, progress])
def test_a_line_about_a_request_names_it(placed: Order, ref: str, turn: Told) -> None:
    assert [note.data for note in turn(placed, ref).notes] == [{"reference": ref}]


def test_a_line_about_a_parcel_names_it_and_the_record_in_the_shop(accepted: Order, ref: str) -> None:
    shipped = ship(accepted, ref, APPLE=1)
    assert [note.data for note in shipped.notes] == [{"shipment_id": "s1"}]
    assert [note.data for note in record(order_of(shipped)).notes] == [{"fulfillment_id": "f-s1"}]


@pytest.mark.parametrize(
    ("lines", "numbers", "text"),
    [
        ({"APPLE": 1}, ("T-1",), "W1 shipped 1 unit (T-1)"),
        ({"APPLE": 2}, ("T-1", "T-2"), "W1 shipped 2 units (T-1, T-2)"),
    ],
)
def test_a_line_about_a_parcel_counts_its_units(
    accepted: Order, ref: str, lines: dict[str, int], numbers: tuple[str, ...], text: str
) -> None:
    assert ship(accepted, ref, numbers=numbers, **lines).notes[0].text == text


def test_a_line_about_an_assignment_says_how_much_goes_where_and_why(reading: Reading) -> None:
    here = replace(candidate("W1"), title="Berlin")
    apart = [fulfillment_order("L1", {"a": 5}), fulfillment_order("L1", {"p": 1})]
    decision = placing.see(None, reading(0, fulfillment_orders=apart), shop="shop", facts=facts(candidates=[here]), now=at(1))
    placed_note, *assigned = decision.notes
    assert (placed_note.text, placed_note.data) == ("#1001 was placed in the shop", {"lines": 2, "units": 8})
    assert [note.text for note in assigned] == [
        "5 units assigned to Berlin: the shop chose this location and it has everything",
        "1 unit assigned to Berlin: the shop chose this location and it has everything",
    ]
    first = order_of(decision).submissions[0].reference
    assert assigned[0].data == {"reference": first, "warehouse": "W1", "moved": False}
    plain = placing.see(None, reading(0), shop="shop", facts=facts(), now=at(1))
    assert plain.notes[1].text.startswith("8 units assigned to W1: ")


# -- the parked page


@pytest.mark.parametrize(
    ("turn", "cause", "remedy"),
    [
        (refuse, "refused", "retry"),
        (declined, "cancel_declined", "dismiss"),
        (told_off, "cancelled_there", "retry"),
        (unnamed, "rest:{ref}", "retry"),
        (with_a_rest, "rest:{ref}", "retry"),
        (misfit, "shipment_mismatch:s1", "retry"),
    ],
)
def test_what_stops_an_order_at_a_warehouse_names_the_request_and_the_way_out(
    placed: Order, ref: str, turn: Told, cause: str, remedy: str
) -> None:
    decision = turn(placed, ref)
    [park] = decision.parks
    assert (park.cause, park.remedy, park.data["reference"]) == (cause.format(ref=ref), remedy, ref)
    assert "#1001" in park.title
    assert park.title in [note.text for note in decision.notes] or turn is with_a_rest


@pytest.mark.parametrize("turn", [refuse, declined, told_off, unnamed, with_a_rest])
def test_an_order_that_is_stopped_gives_the_reason_that_the_parked_page_gives(
    accepted: Order, placed: Order, ref: str, turn: Told
) -> None:
    for known in (placed,) if turn is refuse else (placed, accepted):
        decision = turn(known, ref)
        assert (order_of(decision).state, order_of(decision).reason) == (OrderState.PARKED, decision.parks[0].title)


@pytest.mark.parametrize(
    ("lines", "confirmed"), [({}, True), ({"APPLE": 5, "PEAR": 3}, True), ({}, False)], ids=["unnamed", "named", "declined"]
)
def test_the_reason_that_a_warehouse_gives_is_passed_on(
    accepted: Order, ref: str, lines: dict[str, int], confirmed: bool
) -> None:
    silent = answer(accepted, ref, confirmed=confirmed, **lines)
    told = answer(accepted, ref, confirmed=confirmed, reason="sold out", **lines)
    assert told.parks[0].title == silent.parks[0].title.removesuffix(".") + ": sold out"
    assert order_of(told).submissions[0].reason == "sold out"
    assert silent.parks[0].title.startswith("W1 ")


def test_a_misfit_parcel_names_itself_and_its_tracking(accepted: Order, ref: str) -> None:
    [park] = misfit(accepted, ref).parks
    assert park.data == {"reference": ref, "shipment_id": "s1", "tracking": ["T-1"]}


def test_a_misfit_parcel_is_described_in_the_same_words_whatever_order_its_lines_come_in(accepted: Order, ref: str) -> None:
    one, other = ship(accepted, ref, PLUM=1, FIG=2), ship(accepted, ref, FIG=2, PLUM=1)
    assert one.parks == other.parks


def test_a_refusal_passes_the_warehouses_own_code_on(placed: Order, ref: str) -> None:
    assert refuse(placed, ref).parks[0].data == {"reference": ref, "code": "C1"}


def test_an_order_without_item_codes_names_each_line_for_the_mapping(reading: Reading) -> None:
    decision = placing.see(None, reading(0), shop="shop", facts=facts(known=codes(("W1", "pear"))), now=at(1))
    [park] = decision.parks
    assert park.data == {"items": [{"inventory_item_id": "apple", "sku": "APPLE", "title": "The apple"}]}
    assert (decision.notes[-1].kind, decision.notes[-1].text) == ("order.unmapped_item", park.title)
    assert order_of(decision).reason == park.title


def test_an_order_that_nobody_can_ship_names_what_each_warehouse_lacks(reading: Reading) -> None:
    two = facts(candidates=[candidate("W1"), candidate("W2", "L2")], free={("wms", "W1", "APPLE"): 9})
    named = placing.see(None, reading(0), shop="shop", facts=two, now=at(1))
    assert "W2 lacks an item code for APPLE, an item code for PEAR" in named.parks[0].title
    nameless = reading(0)
    nameless = replace(nameless, lines=tuple(replace(line, sku="") for line in nameless.lines))
    decision = placing.see(None, nameless, shop="shop", facts=two, now=at(1))
    [park] = decision.parks
    lacked = ["W1 lacks a count of PEAR", "W2 lacks an item code for The apple, an item code for The pear"]
    assert park.data == {"lacked": lacked}
    assert park.title == f"No warehouse has everything: {'; '.join(lacked)}."
    assert (decision.notes[-1].kind, decision.notes[-1].text) == ("order.no_stock", park.title)
    assert order_of(decision).reason == park.title
