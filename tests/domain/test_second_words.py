"""Words about a submission that come when something else was said before: late, in part, unasked, or about another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from stockbridge.domain import placing, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.claims import Mark
from stockbridge.domain.effects import CancelSubmission, RecordFulfillment
from stockbridge.domain.orders import Decision, Order, OrderState, SubmissionState
from stockbridge.testing.making import at, candidate, channel_line, channel_order, codes, facts, fulfillment_order
from stockbridge.testing.saying import accept, answer, cancel, order_of, progress, refuse, ship

Reading = Callable[..., ChannelOrder]


@pytest.fixture
def both(reading: Reading) -> Order:
    """The usual order in two requests: the apples asked of W1, the pears of W2."""
    known = facts(
        candidates=[candidate("W1", "L1"), candidate("W2", "L2")],
        known=codes(("W1", "apple"), ("W2", "pear")),
        free={("wms", "W1", "APPLE"): 9, ("wms", "W2", "PEAR"): 9},
    )
    apart = reading(0, fulfillment_orders=[fulfillment_order("L1", {"a": 5}), fulfillment_order("L2", {"p": 3})])
    return order_of(placing.see(None, apart, shop="shop", facts=known, now=at(1)))


@pytest.fixture
def twice() -> Order:
    """Apples on two lines, two and three, all asked of W1 and accepted."""
    snapshot = channel_order(
        [channel_line("x", "apple", 2), channel_line("y", "apple", 3)], [fulfillment_order("L1", {"x": 2, "y": 3})]
    )
    order = order_of(placing.see(None, snapshot, shop="shop", facts=facts(), now=at(1)))
    return order_of(accept(order, order.submissions[0].reference))


# -- accepted, and what came before or after


def test_the_warehouses_own_number_is_learned_late_and_then_stays(placed: Order, ref: str) -> None:
    known = order_of(progress(placed, ref))
    assert known.submissions[0].warehouse_ref == ""
    for word in (accept(known, ref), accept(order_of(accept(known, ref)), ref, known_as="W-2")):
        assert order_of(word).submissions[0].warehouse_ref == "W-1"
    for later in (ship(order_of(word), ref, APPLE=1), answer(order_of(word), ref, APPLE=1)):
        assert order_of(later).submissions[0].warehouse_ref == "W-1"


def test_a_warehouse_that_names_no_number_of_its_own_is_not_quoted_with_one(placed: Order, ref: str) -> None:
    assert accept(placed, ref, known_as="").notes[0].text == "W1 accepted it"
    assert order_of(accept(placed, ref, known_as="")).submissions[0].warehouse_ref == ""


@pytest.mark.parametrize(
    "later",
    [
        lambda order, ref: ship(order, ref, APPLE=1),
        lambda order, ref: answer(order, ref, APPLE=1),
        lambda order, ref: answer(order, ref),
        lambda order, ref: answer(order, ref, confirmed=False),
        lambda order, ref: progress(order, ref),
    ],
    ids=["parcel", "part cancelled", "cancelled", "declined", "progress"],
)
def test_the_first_word_of_acceptance_is_the_moment_of_it_and_proves_it_once(
    accepted: Order, ref: str, later: Callable[[Order, str], Decision]
) -> None:
    decision = later(accepted, ref)
    assert order_of(decision).submissions[0].accepted_at == at(2)
    assert decision.proven == ()


def test_a_declined_cancellation_proves_that_the_warehouse_had_it(placed: Order, ref: str, reading: Reading) -> None:
    decision = answer(order_of(cancel(placed, reading)), ref, confirmed=False, second=12)
    submission = order_of(decision).submissions[0]
    assert decision.proven == ((f"submit:{ref}", ""),)
    assert (submission.state, submission.accepted_at, submission.warehouse_ref) == (SubmissionState.ACCEPTED, at(12), "")
    assert {line.accepted for line in submission.lines} == {Mark(sequence=30, heard_at=at(12))}
    assert accept(order_of(decision), ref, second=13).effects == ()


def test_the_acceptance_of_one_request_does_not_settle_the_refusal_of_another(both: Order) -> None:
    first, second = both.submissions
    refused = order_of(refuse(both, first.reference))
    assert accept(refused, second.reference).unpark == ()
    assert ship(refused, second.reference, PEAR=1).unpark == (f"rest:{second.reference}",)
    assert "refused" in accept(refused, first.reference).unpark
    assert "refused" in ship(refused, first.reference, APPLE=1).unpark


def test_what_a_person_had_asked_for_again_is_asked_back_from_the_warehouse_that_has_it_after_all(
    placed: Order, ref: str
) -> None:
    again = order_of(submissions.try_again(order_of(refuse(placed, ref)), now=at(5)))
    decision = accept(again, ref, second=7)
    assert [type(effect) for effect in decision.effects] == [CancelSubmission]
    assert order_of(decision).submissions[0].unshipped == 8
    done = answer(order_of(decision), ref, second=8, APPLE=5, PEAR=3)
    assert (done.parks, order_of(done).submissions[0].state) == ((), SubmissionState.CANCELLED)


# -- refused


def test_a_refusal_keeps_its_reason_and_its_moment(placed: Order, ref: str) -> None:
    submission = order_of(refuse(placed, ref)).submissions[0]
    assert (submission.reason, submission.ended_at, submission.accepted_at) == ("closed", at(3), None)


def test_a_refusal_of_what_was_cancelled_meanwhile_ends_it_as_cancelled(placed: Order, ref: str, reading: Reading) -> None:
    decision = refuse(order_of(cancel(placed, reading)), ref, second=11)
    submission = order_of(decision).submissions[0]
    assert (submission.state, submission.reason) == (SubmissionState.CANCELLED, "closed")
    assert decision.notes[0].text == "W1 did not take it, and it was cancelled meanwhile"


def test_a_person_decides_only_about_what_was_refused(both: Order) -> None:
    first, second = both.submissions
    working = order_of(accept(order_of(refuse(both, first.reference)), second.reference))
    again, freed = submissions.try_again(working, now=at(9)), submissions.let_go(working, now=at(9))
    for decision, state in ((again, SubmissionState.CANCELLED), (freed, SubmissionState.REFUSED)):
        changed, kept = order_of(decision).submissions
        assert (changed.state, changed.unshipped, changed.reason) == (state, 0, "closed")
        assert (kept.state, kept.unshipped) == (SubmissionState.ACCEPTED, 3)
        assert set(decision.unpark) == {"refused", "cancelled_there", f"rest:{first.reference}"}


def test_a_person_who_decides_about_the_rest_leaves_what_has_left_alone(both: Order) -> None:
    first, second = both.submissions
    gone = order_of(ship(order_of(refuse(both, first.reference)), second.reference, PEAR=3))
    for decision in (submissions.try_again(gone, now=at(9)), submissions.let_go(gone, now=at(9))):
        assert order_of(decision).submissions[1] == gone.submissions[1]


# -- cancelled


def test_of_several_requests_that_were_never_sent_each_is_withdrawn(both: Order, reading: Reading) -> None:
    keys = tuple(f"submit:{submission.reference}" for submission in both.submissions)
    decision = cancel(both, reading, unsent=keys)
    assert (decision.withdraw, decision.effects) == (keys, ())
    assert order_of(decision).state is OrderState.CANCELLED
    assert {s.reason for s in order_of(decision).submissions} == {"cancelled before it was sent"}
    assert [note.text for note in decision.notes] == ["cancelled before W1 was asked", "cancelled before W2 was asked"]


def test_what_a_warehouse_has_is_asked_back_even_where_our_own_request_was_never_sent(
    accepted: Order, ref: str, reading: Reading
) -> None:
    decision = cancel(accepted, reading, unsent=(f"submit:{ref}",))
    assert [type(effect) for effect in decision.effects] == [CancelSubmission]
    assert decision.withdraw == ()
    assert order_of(decision).submissions[0].unshipped == 8


def test_a_cancelled_order_needs_nobody_for_what_stopped_it_before(reading: Reading) -> None:
    parked = placing.see(None, reading(), shop="shop", facts=facts(free={}), now=at(1))
    decision = cancel(order_of(parked), reading)
    assert {"unmapped_item", "no_stock", "refused", "cancelled_there"} <= set(decision.unpark)
    assert order_of(decision).state is OrderState.CANCELLED


def test_a_cancellation_that_is_declined_after_everything_left_tells_nobody(
    accepted: Order, ref: str, reading: Reading
) -> None:
    gone = order_of(ship(order_of(cancel(accepted, reading)), ref, APPLE=5, PEAR=3, second=11))
    decision = answer(gone, ref, confirmed=False, second=12)
    assert (decision.order, decision.parks, decision.notes) == (gone, (), ())


def test_a_parcel_that_leaves_while_the_rest_is_asked_back_does_not_end_the_asking(
    accepted: Order, ref: str, reading: Reading
) -> None:
    asked = order_of(cancel(accepted, reading))
    for final in (False, True):
        part = order_of(ship(asked, ref, final=final, APPLE=2, second=11))
        assert (part.submissions[0].state, part.submissions[0].unshipped) == (SubmissionState.CANCELLING, 6)
        done = order_of(answer(part, ref, second=12, APPLE=3, PEAR=3))
        assert (done.submissions[0].state, done.submissions[0].unshipped) == (SubmissionState.SHIPPED, 0)
    whole = order_of(ship(part, ref, name="s2", APPLE=3, PEAR=3, second=12))
    assert (whole.submissions[0].state, whole.submissions[0].ended_at) == (SubmissionState.SHIPPED, at(12))


def test_what_ships_although_it_was_cancelled_is_not_asked_back_again(accepted: Order, ref: str, reading: Reading) -> None:
    declined = order_of(answer(order_of(cancel(accepted, reading)), ref, confirmed=False))
    part = ship(declined, ref, APPLE=2, second=11)
    assert [type(effect) for effect in part.effects] == [RecordFulfillment]
    assert order_of(part).submissions[0].state is SubmissionState.ACCEPTED
    whole = order_of(ship(order_of(part), ref, name="s2", APPLE=3, PEAR=3, second=12))
    assert (whole.submissions[0].state, whole.submissions[0].reason) == (SubmissionState.SHIPPED, "")


def test_a_last_parcel_that_is_the_first_word_of_a_cancelled_order_asks_nothing_back(
    placed: Order, ref: str, reading: Reading
) -> None:
    decision = ship(order_of(cancel(placed, reading)), ref, final=True, APPLE=2, second=11)
    assert [type(effect) for effect in decision.effects] == [RecordFulfillment]
    assert order_of(decision).submissions[0].state is SubmissionState.SHIPPED
    assert [park.cause for park in decision.parks] == [f"rest:{ref}"]


def test_a_confirmation_after_all_settles_the_declined_one(accepted: Order, ref: str, reading: Reading) -> None:
    declined = order_of(answer(order_of(cancel(accepted, reading)), ref, confirmed=False))
    assert "cancel_declined" in answer(declined, ref, APPLE=5, PEAR=3).unpark
    assert "cancel_declined" in answer(declined, ref, APPLE=1).unpark
    assert "cancel_declined" in answer(declined, ref).unpark


# -- cancelled in part


def test_named_units_are_spread_over_the_lines_of_that_item(twice: Order) -> None:
    ref = twice.submissions[0].reference
    part = order_of(answer(twice, ref, APPLE=3))
    assert [line.cancelled for line in part.submissions[0].lines] == [2, 1]
    more = order_of(answer(part, ref, APPLE=4))
    assert [line.cancelled for line in more.submissions[0].lines] == [2, 2]


def test_fewer_units_than_were_named_before_give_none_back(accepted: Order, ref: str) -> None:
    part = order_of(answer(accepted, ref, APPLE=3))
    assert order_of(answer(part, ref, APPLE=2)) == part
    assert order_of(answer(part, ref, PEAR=1)).submissions[0].lines[0].cancelled == 3


def test_more_units_than_are_left_cancel_only_those_that_are_left(accepted: Order, ref: str) -> None:
    gone = order_of(ship(accepted, ref, APPLE=3))
    part = order_of(answer(gone, ref, second=7, APPLE=5))
    assert [(line.shipped, line.cancelled) for line in part.submissions[0].lines] == [(3, 2), (0, 0)]
    over = order_of(answer(part, ref, second=8, APPLE=5, PEAR=3, reason="sold out"))
    submission = over.submissions[0]
    assert (submission.state, submission.reason, submission.ended_at) == (SubmissionState.SHIPPED, "sold out", at(8))


def test_what_is_left_after_a_part_was_cancelled_unasked_is_asked_back_when_the_shop_cancels(
    accepted: Order, ref: str, reading: Reading
) -> None:
    part = order_of(answer(accepted, ref, APPLE=3))
    assert (part.submissions[0].state, part.submissions[0].reason) == (SubmissionState.ACCEPTED, "")
    asked = cancel(part, reading)
    assert [type(effect) for effect in asked.effects] == [CancelSubmission]
    repeat = answer(order_of(asked), ref, second=11, APPLE=3)
    assert (repeat.order, repeat.notes) == (asked.order, ())


def test_what_is_left_after_a_cancellation_was_confirmed_in_part_ships(accepted: Order, ref: str, reading: Reading) -> None:
    part = order_of(answer(order_of(cancel(accepted, reading)), ref, second=11, APPLE=3))
    assert (part.submissions[0].state, part.submissions[0].unshipped) == (SubmissionState.ACCEPTED, 5)
    assert part.state is OrderState.ACCEPTED


def test_units_that_were_taken_for_cancelled_are_the_last_to_be_taken_for_shipped(twice: Order) -> None:
    ref = twice.submissions[0].reference
    part = order_of(answer(twice, ref, APPLE=2))
    gone = order_of(ship(part, ref, APPLE=3))
    assert [(line.shipped, line.cancelled) for line in gone.submissions[0].lines] == [(0, 2), (3, 0)]
    more = order_of(ship(gone, ref, name="s2", APPLE=1))
    assert [(line.shipped, line.cancelled) for line in more.submissions[0].lines] == [(1, 1), (3, 0)]
    all_gone = order_of(answer(twice, ref, APPLE=5))
    assert [line.shipped for line in order_of(ship(all_gone, ref, APPLE=5)).submissions[0].lines] == [2, 3]


def test_a_parcel_bears_the_warehouses_own_moment_and_sequence(accepted: Order, ref: str) -> None:
    (parcel,) = order_of(ship(accepted, ref, APPLE=1, second=7)).shipments
    assert (parcel.sequence, parcel.shipped_at, parcel.received_at) == (40, at(7), at(7))


def test_an_unnamed_confirmation_keeps_its_reason_and_its_moment(accepted: Order, ref: str) -> None:
    doubted = order_of(answer(accepted, ref, reason="sold out"))
    submission = doubted.submissions[0]
    assert (submission.state, submission.reason, submission.ended_at) == (SubmissionState.SHIPPED, "sold out", at(5))
    late = order_of(ship(doubted, ref, APPLE=1))
    assert late.submissions[0].reason == "sold out"


# -- nothing more follows


def test_a_last_parcel_that_leaves_a_rest_is_told_to_the_shop_all_the_same(accepted: Order, ref: str) -> None:
    decision = ship(accepted, ref, final=True, APPLE=5)
    assert [type(effect) for effect in decision.effects] == [RecordFulfillment]
    [park] = decision.parks
    assert (park.remedy, order_of(decision).reason) == ("retry", park.title)
    assert order_of(decision).submissions[0].ended_at == at(6)


def test_a_no_to_a_cancellation_that_comes_after_the_last_parcel_opens_nothing_again(accepted: Order, ref: str) -> None:
    """Nothing more follows, and a person decides about the rest: it must not pass for being on its way."""
    short = order_of(ship(accepted, ref, final=True, APPLE=5, second=11))
    assert (short.submissions[0].state, short.submissions[0].unshipped) == (SubmissionState.SHIPPED, 3)
    late = answer(short, ref, confirmed=False, reason="picked already", second=12)
    assert order_of(late) == short
    assert late.parks == ()


def test_the_word_that_nothing_follows_is_not_told_as_a_parcel(accepted: Order, ref: str) -> None:
    assert ship(accepted, ref, final=True).notes == ()


def test_a_rest_of_which_nothing_left_is_cancelled_when_it_is_asked_for_again(accepted: Order, ref: str) -> None:
    nothing = order_of(ship(accepted, ref, final=True))
    again = order_of(submissions.try_again(nothing, now=at(8)))
    assert (again.submissions[0].state, again.submissions[0].unshipped) == (SubmissionState.CANCELLED, 0)


# -- moved


def test_a_move_that_comes_after_the_cancellation_leaves_the_order_cancelled(reading: Reading) -> None:
    known = facts(
        candidates=[candidate("W2", "L2")],
        known=codes(("W2", "apple"), ("W2", "pear")),
        free={("wms", "W2", "APPLE"): 9, ("wms", "W2", "PEAR"): 9},
    )
    moving = order_of(placing.see(None, reading(0), shop="shop", facts=known, now=at(1)))
    reference = moving.submissions[0].reference
    late = replace(moving, snapshot=reading(9, cancelled=True, fulfillment_orders=[]))
    effect = placing.submit_effect(moving.snapshot, moving.submissions[0])
    decision = submissions.submit_now(late, reference, effect, now=at(12))
    assert (order_of(decision).state, order_of(decision).submissions[0].ended_at) == (OrderState.CANCELLED, at(12))
    assert order_of(decision).submissions[0].reason == "cancelled before it was sent"
    moved = order_of(submissions.submit_now(moving, reference, effect, now=at(12)))
    assert moved.submissions[0].intended_at == at(12)
