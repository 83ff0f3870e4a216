"""What of a claim the shop still holds open, and what of a line nobody was asked for yet: no unit twice, none forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from stockbridge.domain import placing, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.events import CancellationAnswered, OrderRefused
from stockbridge.domain.orders import Order, SubmissionState, count_open
from stockbridge.domain.values import Units
from stockbridge.testing.making import at, candidate, codes, facts, fulfillment, fulfillment_order
from stockbridge.testing.saying import order_of, record, ship

Reading = Callable[..., ChannelOrder]


def see(order: Order, snapshot: ChannelOrder, *, second: float = 9) -> Order:
    seen = placing.see(order, snapshot, shop="shop", facts=facts(), now=at(second)).order
    assert seen is not None
    return seen


def asked(order: Order, snapshot: ChannelOrder) -> list[dict[str, int]]:
    """Units by line of each new request that a reading leads to, also of one that is moved first."""
    decided = placing.see(order, snapshot, shop="shop", facts=facts(), now=at(30)).order
    assert decided is not None
    new = decided.submissions[len(order.submissions) :]
    return [{line.line_id: line.units for line in submission.lines} for submission in new]


def shipped(order: Order, name: str, apples: int, *, final: bool = False, number: int = 1) -> Order:
    return order_of(ship(order, order.submissions[number - 1].reference, name=name, final=final, APPLE=apples))


def told(order: Order, name: str) -> Order:
    return order_of(record(order, name))


def apples(order: Order) -> list[int]:
    """Open units of the apples, request by request."""
    return [line.open_units for submission in order.submissions for line in submission.lines if line.line_id == "a"]


@pytest.fixture
def two(accepted: Order, reading: Reading) -> Order:
    """Five apples were asked for, and then two more."""
    return see(accepted, reading(8, apples=7), second=8)


# -- counted in the shop


def test_two_requests_for_one_line_share_what_the_shop_holds_open(two: Order, reading: Reading) -> None:
    assert apples(see(two, reading(9, apples=7))) == [5, 2]
    assert apples(see(two, reading(9, apples=6))) == [5, 1]
    assert apples(see(two, reading(9, apples=2))) == [2, 0]


def test_units_of_a_line_on_two_fulfillment_orders_of_one_location_are_added_up(accepted: Order, reading: Reading) -> None:
    apart = [fulfillment_order("L1", {"a": 2}), fulfillment_order("L1", {"a": 3, "p": 3})]
    assert apples(see(accepted, reading(9, fulfillment_orders=apart))) == [5]


@pytest.mark.parametrize(
    ("status", "open_units"),
    [("OPEN", 5), ("IN_PROGRESS", 5), ("SCHEDULED", 5), ("ON_HOLD", 5), ("INCOMPLETE", 5), ("CANCELLED", 0), ("CLOSED", 0)],
)
def test_what_the_shop_still_wants_shipped_is_open_whatever_it_waits_for(
    accepted: Order, reading: Reading, status: str, open_units: int
) -> None:
    fo = fulfillment_order("L1", {"a": 5, "p": 3}, status=status)
    assert apples(see(accepted, reading(9, fulfillment_orders=[fo]))) == [open_units]


def test_a_request_that_the_reading_cannot_show_yet_counts_whole_and_takes_nothing_from_the_others(
    two: Order, reading: Reading
) -> None:
    first, second = two.submissions
    late = replace(two, submissions=(replace(first, intended_at=at(20)), second), snapshot=reading(9, apples=2))
    assert apples(count_open(late)) == [5, 2]


def test_a_reading_of_the_very_moment_of_the_decision_does_not_show_it_yet(placed: Order, reading: Reading) -> None:
    elsewhere = [fulfillment_order("L2", {"a": 5, "p": 3})]
    assert apples(count_open(replace(placed, snapshot=reading(1, fulfillment_orders=elsewhere)))) == [5]
    assert apples(count_open(replace(placed, snapshot=reading(1.5, fulfillment_orders=elsewhere)))) == [0]


def test_of_a_cancelled_order_nothing_is_open_however_early_it_was_read(placed: Order, reading: Reading) -> None:
    assert apples(see(placed, reading(1, cancelled=True, fulfillment_orders=[]), second=1)) == [0]


def test_units_that_are_being_moved_keep_their_number_until_they_are_there(reading: Reading) -> None:
    known = facts(
        candidates=[candidate("W2", "L2")],
        known=codes(("W2", "apple"), ("W2", "pear")),
        free={("wms", "W2", "APPLE"): 9, ("wms", "W2", "PEAR"): 9},
    )
    moving = placing.see(None, reading(0), shop="shop", facts=known, now=at(1)).order
    assert moving is not None
    assert moving.submissions[0].state is SubmissionState.MOVING
    assert apples(see(moving, reading(9))) == [5]


# -- parcels, and their records in the shop


def test_a_record_that_the_reading_shows_is_taken_off_once(accepted: Order, reading: Reading) -> None:
    known = told(shipped(accepted, "s1", 2), "s1")
    assert apples(see(known, reading(9, apples=3, fulfillments=[fulfillment("f-s1", {"a": 2})]))) == [3]
    assert apples(see(known, reading(6.5, apples=5))) == [3]


def test_a_known_record_is_not_taken_for_another_parcel_on_its_way(accepted: Order, reading: Reading) -> None:
    known = shipped(told(shipped(accepted, "s1", 2), "s1"), "s2", 1)
    assert apples(see(known, reading(9, apples=3, fulfillments=[fulfillment("f-s1", {"a": 2})]))) == [3]


def test_no_more_units_are_taken_for_told_than_the_unknown_records_hold(accepted: Order, reading: Reading) -> None:
    known = shipped(shipped(accepted, "s1", 2), "s2", 1)
    assert apples(see(known, reading(9, apples=3, fulfillments=[fulfillment("f-s1", {"a": 2})]))) == [3]


@pytest.mark.parametrize(("status", "open_units"), [("SUCCESS", 3), ("CANCELLED", 5), ("ERROR", 5), ("FAILURE", 5)])
def test_a_record_that_came_to_nothing_tells_of_no_parcel(
    accepted: Order, reading: Reading, status: str, open_units: int
) -> None:
    record = fulfillment("f-s1", {"a": 2}, status=status)
    assert apples(see(shipped(accepted, "s1", 2), reading(9, apples=5, fulfillments=[record]))) == [open_units]


def test_two_requests_do_not_both_take_an_unknown_record_for_theirs(two: Order, reading: Reading) -> None:
    known = shipped(shipped(two, "s1", 2), "s2", 2, number=2)
    assert apples(see(known, reading(9, apples=5, fulfillments=[fulfillment("f-s1", {"a": 2})]))) == [3, 2]


def test_an_unknown_record_that_two_requests_have_shipped_is_shared_between_them(two: Order, reading: Reading) -> None:
    known = shipped(shipped(two, "s1", 2), "s2", 2, number=2)
    records = [fulfillment("f-s1", {"a": 2}), fulfillment("f-s2", {"a": 2})]
    assert apples(see(known, reading(9, apples=3, fulfillments=records))) == [3, 0]


def test_what_somebody_else_shipped_of_the_line_is_no_parcel_of_ours(accepted: Order, reading: Reading) -> None:
    by_hand = fulfillment("f-hand", {"a": 2})
    assert apples(see(accepted, reading(9, apples=5, fulfillments=[by_hand]))) == [5]
    known = told(shipped(accepted, "s1", 2), "s1")
    records = [by_hand, fulfillment("f-s1", {"a": 2})]
    assert apples(see(known, reading(9, apples=3, fulfillments=records))) == [3]


# -- nobody holds them back any more


@pytest.mark.parametrize(("contained", "open_units"), [(0, 5), (3, 5), (4, 4), (5, 3)])
def test_units_that_never_left_and_may_be_offered_again_are_asked_of_nobody(
    accepted: Order, reading: Reading, contained: int, open_units: int
) -> None:
    """Three left, the warehouse says that nothing follows, and its figures, less what it holds for orders, have taken so many
    of the five off: the rest of those it may have on its shelf again."""

    def shown(order: Order) -> Order:
        submission = order.submissions[0]
        lines = tuple(replace(line, contained=contained if line.line_id == "a" else 0) for line in submission.lines)
        return count_open(order.with_submission(replace(submission, lines=lines)))

    assert apples(shown(shipped(accepted, "s1", 3, final=True))) == [open_units]
    assert apples(shown(shipped(accepted, "s1", 3))) == [5]


def test_units_that_left_and_are_not_told_yet_stay_open_whatever_a_figure_has_taken_off(accepted: Order) -> None:
    word = CancellationAnswered(
        reference=accepted.submissions[0].reference, confirmed=True, occurred_at=at(4), lines=(Units("APPLE", 2),)
    )
    part = submissions.cancellation_answered(accepted, word, now=at(4)).order
    assert part is not None
    gone = shipped(part, "s1", 2, final=True)
    submission = gone.submissions[0]
    lines = tuple(replace(line, contained=5 if line.line_id == "a" else 0) for line in submission.lines)
    assert apples(count_open(gone.with_submission(replace(submission, lines=lines)))) == [2]


# -- asked for once


def test_units_that_were_added_after_a_parcel_left_are_asked_for(accepted: Order, reading: Reading) -> None:
    known = told(shipped(accepted, "s1", 2), "s1")
    record = fulfillment("f-s1", {"a": 2, "p": 0})
    assert asked(known, reading(9, apples=5, fulfillments=[record])) == [{"a": 2}]


def test_units_that_somebody_else_shipped_make_no_room_for_more(accepted: Order, reading: Reading) -> None:
    by_hand = [fulfillment("f-hand", {"a": 2})]
    assert asked(accepted, reading(9, apples=5, fulfillments=by_hand)) == []
    apart = [fulfillment_order("L1", {"a": 3, "p": 3}), fulfillment_order("L2", {"a": 2})]
    assert asked(accepted, reading(9, fulfillment_orders=apart, fulfillments=by_hand)) == []


def test_a_record_that_was_cancelled_in_the_shop_asks_for_nothing_again(accepted: Order, reading: Reading) -> None:
    known = told(shipped(accepted, "s1", 2), "s1")
    undone = fulfillment("f-s1", {"a": 2}, status="CANCELLED")
    assert asked(known, reading(9, apples=5, fulfillments=[undone])) == []


def test_a_closed_fulfillment_order_makes_no_room_to_ask_again(accepted: Order, reading: Reading) -> None:
    apart = [fulfillment_order("L1", {"a": 5, "p": 3}, status="CLOSED"), fulfillment_order("L2", {"a": 5})]
    assert asked(accepted, reading(9, fulfillment_orders=apart)) == []


def test_beside_what_was_refused_only_what_was_added_is_asked_for(placed: Order, ref: str, reading: Reading) -> None:
    refused = submissions.refused(placed, OrderRefused(reference=ref, reason="closed"), now=at(2)).order
    assert refused is not None
    assert asked(refused, reading(9, apples=6)) == [{"a": 1}]


# -- written back


def test_a_record_writes_back_the_lines_of_its_own_parcel(accepted: Order) -> None:
    both = shipped(shipped(accepted, "s1", 2), "s2", 1)
    known = told(both, "s2")
    assert [(s.shipment_id, s.fulfillment_id, s.written_at) for s in known.shipments] == [
        ("s1", None, None),
        ("s2", "f-s2", at(7)),
    ]
    assert [(line.line_id, line.written_back) for line in known.submissions[0].lines] == [("a", 1), ("p", 0)]
