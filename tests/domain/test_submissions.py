"""A submission at its warehouse: accepted, refused, on its way, cancelled; answers come late, twice and in any order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stockbridge.domain import placing, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.claims import Mark
from stockbridge.domain.effects import CancelSubmission, MoveFulfillmentOrder, SubmitOrder
from stockbridge.domain.orders import Order, OrderState, SubmissionState
from stockbridge.testing.making import at, candidate, codes, facts
from stockbridge.testing.saying import accept, answer, cancel, order_of, progress, refuse, ship

Reading = Callable[..., ChannelOrder]


# -- accepted


def test_acceptance_is_noted_with_the_warehouses_own_number_and_moment(placed: Order, ref: str) -> None:
    decision = accept(placed, ref)
    order = order_of(decision)
    submission = order.submissions[0]
    assert (order.state, order.reason) == (OrderState.ACCEPTED, "W1")
    assert (submission.state, submission.warehouse_ref, submission.accepted_at) == (SubmissionState.ACCEPTED, "W-1", at(3))
    assert {line.accepted for line in submission.lines} == {Mark(sequence=10, heard_at=at(3))}
    assert decision.proven == ((f"submit:{ref}", "W-1"),)
    assert decision.notes[0].text == "W1 accepted it as W-1"


def test_an_order_that_was_found_there_is_adopted(placed: Order, ref: str) -> None:
    assert accept(placed, ref, adopted=True).notes[0].text == "W1 was found there by our reference as W-1"


def test_a_repeated_acceptance_changes_nothing(accepted: Order, ref: str) -> None:
    decision = accept(accepted, ref)
    assert decision.order == accepted
    assert (decision.effects, decision.notes) == ((), ())


def test_of_several_words_the_earliest_moment_of_acceptance_stands(placed: Order, ref: str) -> None:
    late = order_of(progress(placed, ref, sequence=20))
    assert late.submissions[0].lines[0].accepted == Mark(sequence=20, heard_at=at(4))
    early = order_of(accept(late, ref, sequence=10, second=9))
    assert early.submissions[0].lines[0].accepted == Mark(sequence=10, heard_at=at(9))
    assert order_of(accept(early, ref, sequence=15)).submissions[0].lines[0].accepted == Mark(sequence=10, heard_at=at(9))


def test_an_order_that_was_cancelled_while_it_was_sent_is_asked_back_once_it_is_accepted(
    placed: Order, ref: str, reading: Reading
) -> None:
    sent = order_of(cancel(placed, reading))
    assert sent.submissions[0].state is SubmissionState.INTENDED
    decision = accept(sent, ref)
    assert decision.effects == (
        CancelSubmission(reference=ref, warehouse="W1", reason="the customer or the shop cancelled the order"),
    )
    assert order_of(decision).submissions[0].state is SubmissionState.CANCELLING


def test_whatever_shows_that_a_cancelled_order_was_accepted_asks_it_back(placed: Order, ref: str, reading: Reading) -> None:
    sent = order_of(cancel(placed, reading))
    for decision in (progress(sent, ref), ship(sent, ref, APPLE=1)):
        assert isinstance(decision.effects[0], CancelSubmission)
        assert order_of(decision).submissions[0].state is SubmissionState.CANCELLING
        assert (f"submit:{ref}", "") in decision.proven


# -- refused


def test_a_refusal_frees_the_units_and_stops_the_order(placed: Order, ref: str) -> None:
    decision = refuse(placed, ref)
    order = order_of(decision)
    assert (order.state, order.reason) == (OrderState.PARKED, "W1 refused #1001: closed")
    assert [line.cancelled for line in order.submissions[0].lines] == [5, 3]
    assert [line.open_units for line in order.submissions[0].lines] == [0, 0]
    assert (decision.parks[0].cause, decision.parks[0].remedy) == ("refused", "retry")


def test_a_refusal_that_comes_after_the_acceptance_is_ignored(accepted: Order, ref: str) -> None:
    decision = refuse(accepted, ref)
    assert (decision.order, decision.parks) == (accepted, ())
    assert decision.notes[0].kind == "submission.late_refusal"


def test_a_refused_order_that_the_warehouse_has_after_all_claims_its_units_again(placed: Order, ref: str) -> None:
    refused = order_of(refuse(placed, ref))
    decision = accept(refused, ref)
    submission = order_of(decision).submissions[0]
    assert (submission.state, [line.cancelled for line in submission.lines]) == (SubmissionState.ACCEPTED, [0, 0])
    assert submission.ended_at is None
    assert decision.unpark == ("refused",)
    assert order_of(decision).state is OrderState.ACCEPTED


def test_a_parcel_of_a_refused_order_is_a_fact(placed: Order, ref: str) -> None:
    decision = ship(order_of(refuse(placed, ref)), ref, APPLE=2)
    assert decision.parks == ()
    submission = order_of(decision).submissions[0]
    assert (submission.state, submission.unshipped) == (SubmissionState.ACCEPTED, 6)


def test_a_refusal_of_what_was_cancelled_meanwhile_needs_nobody(placed: Order, ref: str, reading: Reading) -> None:
    decision = refuse(order_of(cancel(placed, reading)), ref)
    assert (order_of(decision).state, decision.parks) == (OrderState.CANCELLED, ())


# -- on its way


def test_progress_is_told_and_reservation_is_marked(accepted: Order, ref: str) -> None:
    decision = progress(accepted, ref, "reserved", reserved=True)
    submission = order_of(decision).submissions[0]
    assert submission.progress == "reserved"
    assert {line.reserved for line in submission.lines} == {Mark(sequence=20, heard_at=at(4))}
    assert decision.notes[0].text == "W1: reserved"
    assert progress(accepted, ref).order != accepted
    assert order_of(progress(accepted, ref)).submissions[0].lines[0].reserved is None


def test_progress_proves_acceptance(placed: Order, ref: str) -> None:
    decision = progress(placed, ref)
    assert order_of(decision).submissions[0].state is SubmissionState.ACCEPTED
    assert decision.proven == ((f"submit:{ref}", ""),)
    assert progress(order_of(decision), ref).proven == ()


def test_late_progress_does_not_open_what_is_over(accepted: Order, ref: str) -> None:
    shipped = order_of(ship(accepted, ref, APPLE=5, PEAR=3))
    late = progress(shipped, ref, "packing")
    assert order_of(late).state is shipped.state
    assert order_of(late).submissions[0].progress == ""
    assert late.notes == ()


# -- cancelled


def test_what_was_never_sent_is_cancelled_at_once(placed: Order, ref: str, reading: Reading) -> None:
    decision = cancel(placed, reading, unsent=(f"submit:{ref}",))
    order = order_of(decision)
    assert decision.withdraw == (f"submit:{ref}",)
    assert (decision.effects, order.state) == ((), OrderState.CANCELLED)
    assert [line.cancelled for line in order.submissions[0].lines] == [5, 3]
    assert "refused" in decision.unpark


def test_what_a_warehouse_has_is_asked_back_and_stays_claimed_until_it_confirms(
    accepted: Order, ref: str, reading: Reading
) -> None:
    decision = cancel(accepted, reading)
    assert [effect.key for effect in decision.effects] == [f"cancel:{ref}"]
    submission = order_of(decision).submissions[0]
    assert (submission.state, submission.unshipped) == (SubmissionState.CANCELLING, 8)
    assert cancel(order_of(decision), reading, second=11).effects == ()
    done = answer(order_of(decision), ref, APPLE=5, PEAR=3)
    assert (order_of(done).state, done.parks) == (OrderState.CANCELLED, ())
    assert order_of(done).submissions[0].unshipped == 0


def test_what_left_already_is_not_asked_back(accepted: Order, ref: str, reading: Reading) -> None:
    shipped = order_of(ship(accepted, ref, APPLE=5, PEAR=3))
    assert cancel(shipped, reading).effects == ()


def test_a_declined_cancellation_ships_and_tells_a_person_once(accepted: Order, ref: str, reading: Reading) -> None:
    asked = order_of(cancel(accepted, reading))
    decision = answer(asked, ref, confirmed=False)
    order = order_of(decision)
    assert (order.submissions[0].state, order.state) == (SubmissionState.ACCEPTED, OrderState.PARKED)
    assert [park.cause for park in decision.parks] == ["cancel_declined"]
    assert answer(order, ref, confirmed=False).parks == ()
    assert cancel(order, reading, second=12).effects == ()
    assert order_of(cancel(order, reading, second=12)).submissions[0].state is SubmissionState.ACCEPTED
    assert order_of(answer(order, ref, APPLE=5, PEAR=3)).submissions[0].state is SubmissionState.CANCELLED


def test_a_partial_confirmation_counts_once_however_often_it_is_told(accepted: Order, ref: str, reading: Reading) -> None:
    asked = order_of(cancel(accepted, reading))
    once = order_of(answer(asked, ref, APPLE=3))
    assert [(line.cancelled, line.unshipped) for line in once.submissions[0].lines] == [(3, 2), (0, 3)]
    assert order_of(answer(once, ref, APPLE=3)) == once
    assert cancel(once, reading, second=12).effects == ()


def test_a_confirmation_that_overtakes_a_parcel_leaves_room_for_it(accepted: Order, ref: str, reading: Reading) -> None:
    asked = order_of(cancel(accepted, reading))
    told = order_of(answer(asked, ref, APPLE=3, PEAR=3))
    assert told.submissions[0].unshipped == 2
    done = ship(told, ref, APPLE=2)
    assert done.parks == ()
    assert order_of(done).submissions[0].state is SubmissionState.SHIPPED


def test_a_confirmation_that_names_no_units_keeps_them_claimed_and_tells_a_person_once(
    accepted: Order, ref: str, reading: Reading
) -> None:
    asked = order_of(cancel(accepted, reading))
    decision = answer(asked, ref)
    order = order_of(decision)
    assert [(line.cancelled, line.unshipped) for line in order.submissions[0].lines] == [(0, 5), (0, 3)]
    assert order.state is OrderState.PARKED
    [park] = decision.parks
    assert (park.cause, park.remedy) == (f"rest:{ref}", "dismiss")
    assert "does not say which units" in park.title
    again = answer(order, ref)
    assert (again.order, again.parks, again.notes) == (order, (), ())


def test_unasked_and_without_units_a_person_may_have_them_asked_for_again(accepted: Order, ref: str, reading: Reading) -> None:
    decision = answer(accepted, ref)
    assert decision.parks[0].remedy == "retry"
    held = order_of(decision)
    assert held.submissions[0].unshipped == 8
    assert placing.see(held, reading(60), shop="shop", facts=facts(), now=at(60)).effects == ()
    allowed = submissions.try_again(held, now=at(61))
    assert f"rest:{ref}" in allowed.unpark
    (effect,) = placing.see(order_of(allowed), reading(62), shop="shop", facts=facts(), now=at(62)).effects
    assert isinstance(effect, SubmitOrder)


def test_a_person_may_say_that_what_was_cancelled_without_units_needs_nothing_more(
    accepted: Order, ref: str, reading: Reading
) -> None:
    doubted = order_of(answer(order_of(cancel(accepted, reading)), ref))
    decision = submissions.let_go(doubted, now=at(8))
    assert (order_of(decision).state, order_of(decision).submissions[0].unshipped) == (OrderState.CANCELLED, 0)
    assert f"rest:{ref}" in decision.unpark


def test_units_that_are_named_later_settle_a_confirmation_that_named_none(accepted: Order, ref: str, reading: Reading) -> None:
    unasked = answer(order_of(answer(accepted, ref)), ref, APPLE=5, PEAR=3)
    assert [park.cause for park in unasked.parks] == ["cancelled_there"]
    asked = answer(order_of(answer(order_of(cancel(accepted, reading)), ref)), ref, APPLE=5, PEAR=3)
    for decision in (unasked, asked):
        assert order_of(decision).submissions[0].unshipped == 0
        assert f"rest:{ref}" in decision.unpark
    assert (order_of(asked).state, asked.parks) == (OrderState.CANCELLED, ())


def test_parcels_after_a_confirmation_that_named_nothing_are_facts(accepted: Order, ref: str, reading: Reading) -> None:
    doubted = order_of(answer(order_of(cancel(accepted, reading)), ref))
    part = ship(doubted, ref, APPLE=2)
    assert [(line.shipped, line.unshipped) for line in order_of(part).submissions[0].lines] == [(2, 3), (0, 3)]
    assert [park.cause for park in part.parks] == [f"rest:{ref}"]
    whole = ship(order_of(part), ref, name="s2", APPLE=3, PEAR=3)
    assert (whole.parks, order_of(whole).submissions[0].state) == ((), SubmissionState.SHIPPED)
    assert f"rest:{ref}" in whole.unpark


def test_a_parcel_after_all_units_were_named_as_cancelled_is_a_fact(accepted: Order, ref: str, reading: Reading) -> None:
    gone = order_of(answer(order_of(cancel(accepted, reading)), ref, APPLE=5, PEAR=3))
    assert gone.submissions[0].state is SubmissionState.CANCELLED
    late = ship(gone, ref, APPLE=2)
    submission = order_of(late).submissions[0]
    assert (late.parks, submission.state) == ((), SubmissionState.SHIPPED)
    assert [(line.shipped, line.cancelled) for line in submission.lines] == [(2, 3), (0, 3)]


@pytest.mark.parametrize("lines", [{"APPLE": 5, "PEAR": 3}, {}], ids=["named", "unnamed"])
def test_a_confirmation_proves_that_the_warehouse_had_it(
    placed: Order, ref: str, reading: Reading, lines: dict[str, int]
) -> None:
    sent = order_of(cancel(placed, reading))
    decision = answer(sent, ref, **lines)
    assert decision.proven == ((f"submit:{ref}", ""),)
    late = accept(order_of(decision), ref)
    assert order_of(late).submissions[0].state is order_of(decision).submissions[0].state
    assert late.effects == ()


def test_a_warehouse_that_cancels_unasked_stops_the_order(accepted: Order, ref: str, reading: Reading) -> None:
    decision = answer(accepted, ref, APPLE=5, PEAR=3)
    order = order_of(decision)
    assert (order.state, decision.parks[0].cause) == (OrderState.PARKED, "cancelled_there")
    again = placing.see(order, reading(60), shop="shop", facts=facts(), now=at(60))
    assert again.effects == ()
    allowed = order_of(submissions.try_again(order, now=at(61)))
    (effect,) = placing.see(allowed, reading(62), shop="shop", facts=facts(), now=at(62)).effects
    assert isinstance(effect, SubmitOrder)


# -- moved


@pytest.fixture
def moving(reading: Reading) -> Order:
    """The usual order, being moved to L2, whose warehouse has it."""
    known = facts(
        candidates=[candidate("W2", "L2")],
        known=codes(("W2", "apple"), ("W2", "pear")),
        free={("wms", "W2", "APPLE"): 9, ("wms", "W2", "PEAR"): 9},
    )
    decision = placing.see(None, reading(0), shop="shop", facts=known, now=at(1))
    assert isinstance(decision.effects[0], MoveFulfillmentOrder)
    return order_of(decision)


def test_when_the_shop_has_moved_it_the_warehouse_is_asked(moving: Order) -> None:
    submission = moving.submissions[0]
    effect = placing.submit_effect(moving.snapshot, submission)
    decision = submissions.submit_now(moving, submission.reference, effect, now=at(5))
    moved = order_of(decision).submissions[0]
    assert decision.effects == (effect,)
    assert (moved.state, [line.open_units for line in moved.lines]) == (SubmissionState.INTENDED, [5, 3])
    assert submissions.submit_now(order_of(decision), submission.reference, effect, now=at(6)).effects == ()


def test_an_order_that_is_cancelled_while_it_is_moved_is_never_sent(moving: Order, reading: Reading) -> None:
    reference = moving.submissions[0].reference
    decision = cancel(moving, reading)
    assert order_of(decision).submissions[0].state is SubmissionState.CANCELLED
    effect = placing.submit_effect(moving.snapshot, moving.submissions[0])
    assert submissions.submit_now(order_of(decision), reference, effect, now=at(12)).effects == ()


def test_a_cancellation_that_is_known_when_the_move_is_done_stops_the_request(moving: Order, reading: Reading) -> None:
    known = placing.replace(moving, snapshot=reading(9, cancelled=True, fulfillment_orders=[]))
    effect = placing.submit_effect(moving.snapshot, moving.submissions[0])
    decision = submissions.submit_now(known, moving.submissions[0].reference, effect, now=at(12))
    assert decision.effects == ()
    assert order_of(decision).submissions[0].state is SubmissionState.CANCELLED


def test_a_move_that_was_not_sent_is_withdrawn(moving: Order, reading: Reading) -> None:
    key = f"move:{moving.submissions[0].reference}:L2"
    assert cancel(moving, reading, unsent=(key,)).withdraw == (key,)


def test_a_reference_that_is_not_of_this_order_is_an_error(placed: Order) -> None:
    with pytest.raises(KeyError):
        placed.submission("nobody")
