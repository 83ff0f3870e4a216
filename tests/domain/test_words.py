"""Values, states and names."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from stockbridge.domain.effects import (
    KINDS,
    CancelSubmission,
    Effect,
    FetchOrder,
    MoveFulfillmentOrder,
    RecordFulfillment,
    SubmitOrder,
    kind_of,
)
from stockbridge.domain.events import OrderGone
from stockbridge.domain.orders import ENDED, MEANING, Order, OrderState, SubmissionState, derive_state
from stockbridge.domain.values import Basis, Money, Tracking
from stockbridge.testing.making import at, channel_line, channel_order


def test_money_of_one_currency_adds_up_and_of_two_does_not() -> None:
    assert Money(Decimal("1.10"), "EUR") + Money(Decimal("2.20"), "EUR") == Money(Decimal("3.30"), "EUR")
    with pytest.raises(ValueError, match="cannot add USD to EUR"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


def test_an_effect_is_stored_under_its_own_name() -> None:
    assert kind_of(FetchOrder(order_id="o1", cause="7")) == "fetch_order"
    assert FetchOrder(order_id="o1", cause="7").key == "fetch:o1:7"
    assert all(name == name.lower() for name in KINDS)
    with pytest.raises(KeyError, match="OrderGone"):
        kind_of(OrderGone(order_id="o1"))  # type: ignore[arg-type]


@pytest.fixture
def bare() -> Order:
    """An order of which nothing was asked."""
    snapshot = channel_order([channel_line("a", "apple", 1)], [])
    return Order(shop="shop", snapshot=snapshot, state=OrderState.WAITING, reason="", first_seen_at=at(0))


def test_an_order_of_which_nothing_is_ours_is_ignored_with_a_reason(bare: Order) -> None:
    assert derive_state(bare, parked=False, waiting="") == (OrderState.IGNORED, "nothing of it is for our warehouses to ship")
    assert derive_state(replace(bare, reason="watched"), parked=False, waiting="") == (OrderState.IGNORED, "watched")


def test_an_order_waits_with_a_reason_and_keeps_it(bare: Order) -> None:
    assert derive_state(bare, parked=False, waiting="on hold") == (OrderState.WAITING, "on hold")
    due = replace(bare, retry_at=at(9), reason="on hold")
    assert derive_state(due, parked=False, waiting="") == (OrderState.WAITING, "on hold")


def test_what_stops_an_order_comes_before_everything_else(bare: Order) -> None:
    assert derive_state(bare, parked=True, waiting="on hold") == (OrderState.PARKED, "")


def test_a_cancelled_order_of_which_nothing_left_is_cancelled(bare: Order) -> None:
    gone = replace(bare, snapshot=replace(bare.snapshot, cancelled_at=at(5)))
    assert derive_state(gone, parked=False, waiting="") == (OrderState.CANCELLED, "cancelled in the shop")


def test_the_subject_of_an_order_names_it(bare: Order) -> None:
    assert bare.subject == "order/o1"


@pytest.mark.parametrize(
    ("effect", "name", "key"),
    [
        (FetchOrder(order_id="o1", cause="7"), "fetch_order", "fetch:o1:7"),
        (
            MoveFulfillmentOrder(reference="R-1", order_id="o1", from_location_id="L1", to_location_id="L2", lines=()),
            "move_fulfillment_order",
            "move:R-1:L2",
        ),
        (
            SubmitOrder(reference="R-1", warehouse="W1", order_name="#1", lines=(), ship_to=None, shipping_method=""),
            "submit_order",
            "submit:R-1",
        ),
        (CancelSubmission(reference="R-1", warehouse="W1", reason=""), "cancel_submission", "cancel:R-1"),
        (
            RecordFulfillment(
                order_id="o1", shipment_id="s1", location_id="L1", lines=(), tracking=Tracking(), notify_customer=True
            ),
            "record_fulfillment",
            "fulfill:s1",
        ),
    ],
)
def test_rows_of_an_earlier_version_find_their_effect_by_name_and_key(effect: Effect, name: str, key: str) -> None:
    assert (kind_of(effect), effect.key, KINDS[name]) == (name, key, type(effect))


def test_what_is_stored_by_name_keeps_its_name() -> None:
    assert {*Basis} == {"physical", "less_reserved", "less_accepted"}
    assert {*SubmissionState} == {"moving", "intended", "accepted", "cancelling", "cancelled", "refused", "shipped"}
    assert {*OrderState} == {
        *("waiting", "parked", "assigned", "accepted", "part_shipped", "shipped", "done", "cancelled", "ignored")
    }


def test_every_state_of_an_order_means_something_to_people() -> None:
    assert set(MEANING) == set(OrderState)


def test_a_request_is_over_when_it_is_cancelled_refused_or_shipped() -> None:
    assert {"cancelled", "refused", "shipped"} == ENDED
