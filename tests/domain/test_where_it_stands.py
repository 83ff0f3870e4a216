"""The state of an order is what its requests and parcels add up to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stockbridge.domain import submissions
from stockbridge.domain.events import OrderAccepted, OrderProgressed
from stockbridge.domain.orders import Order, OrderState, SubmissionState
from stockbridge.testing.making import at
from stockbridge.testing.saying import order_of, record, ship


def shipped(order: Order, name: str, **lines: int) -> Order:
    return order_of(ship(order, order.submissions[0].reference, name=name, **lines))


def told(order: Order, name: str) -> Order:
    return order_of(record(order, name))


def beside(order: Order, state: SubmissionState) -> Order:
    """The order with a second request, of W0, in some state."""
    other = replace(order.submissions[0], reference="other", number=2, warehouse="W0", state=state)
    return submissions.settle(replace(order, submissions=(*order.submissions, other)))


@pytest.mark.parametrize(
    ("state", "adds_up_to", "reason"),
    [
        (SubmissionState.MOVING, OrderState.ASSIGNED, "W0, W1"),
        (SubmissionState.INTENDED, OrderState.ASSIGNED, "W0, W1"),
        (SubmissionState.ACCEPTED, OrderState.ACCEPTED, "W0, W1"),
        (SubmissionState.CANCELLING, OrderState.ACCEPTED, "W0, W1"),
        (SubmissionState.CANCELLED, OrderState.ACCEPTED, "W1"),
        (SubmissionState.REFUSED, OrderState.ACCEPTED, "W1"),
    ],
)
def test_an_order_is_being_sent_until_the_last_of_its_warehouses_has_it(
    accepted: Order, state: SubmissionState, adds_up_to: OrderState, reason: str
) -> None:
    order = beside(accepted, state)
    assert (order.state, order.reason) == (adds_up_to, reason)


def test_an_order_is_done_when_the_shop_knows_of_every_parcel(accepted: Order) -> None:
    first = told(shipped(accepted, "s1", APPLE=5), "s1")
    assert (first.state, first.reason) == (OrderState.PART_SHIPPED, "W1")
    both = shipped(first, "s2", PEAR=3)
    assert (both.state, both.reason) == (OrderState.SHIPPED, "")
    assert (told(both, "s2").state, told(both, "s2").reason) == (OrderState.DONE, "")


def test_an_order_that_is_stopped_keeps_its_reason_and_one_that_is_not_does_not(accepted: Order) -> None:
    done = replace(told(shipped(accepted, "s1", APPLE=5, PEAR=3), "s1"), reason="somebody must look")
    assert submissions.settle(done, parked=True).reason == "somebody must look"
    assert submissions.settle(done).reason == ""


def test_what_a_warehouse_says_next_shows_where_an_order_stands_that_nothing_stops_any_more(accepted: Order, ref: str) -> None:
    stopped = submissions.settle(accepted, parked=True)
    event = OrderProgressed(reference=ref, status="picking", occurred_at=at(4))
    after = submissions.progressed(stopped, event, now=at(4)).order
    assert after is not None
    assert after.state is OrderState.ACCEPTED


def test_a_second_acceptance_shows_nothing_that_the_first_did_not(accepted: Order, ref: str) -> None:
    event = OrderAccepted(reference=ref, warehouse_ref="W-1", occurred_at=at(9), sequence=12)
    assert submissions.accepted(accepted, event, now=at(9)).order == accepted
