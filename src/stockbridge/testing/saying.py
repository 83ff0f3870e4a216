"""What a warehouse or the shop says of the usual order, and what is decided then: for tests that care about the decision alone."""

from __future__ import annotations

from collections.abc import Callable

from stockbridge.domain import placing, shipments, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.events import (
    CancellationAnswered,
    FulfillmentRecorded,
    OrderAccepted,
    OrderProgressed,
    OrderRefused,
    ShipmentConfirmed,
)
from stockbridge.domain.orders import Decision, Order
from stockbridge.domain.values import Tracking, Units
from stockbridge.testing.making import at, facts

Reading = Callable[..., ChannelOrder]


def order_of(decision: Decision) -> Order:
    """The order after a decision."""
    assert decision.order is not None
    return decision.order


def accept(
    order: Order, ref: str, *, known_as: str = "W-1", sequence: int | None = 10, adopted: bool = False, second: float = 3
) -> Decision:
    """The warehouse takes it."""
    event = OrderAccepted(reference=ref, warehouse_ref=known_as, occurred_at=at(second), sequence=sequence, adopted=adopted)
    return submissions.accepted(order, event, now=at(second))


def refuse(order: Order, ref: str, *, second: float = 3) -> Decision:
    """The warehouse will not take it."""
    return submissions.refused(order, OrderRefused(reference=ref, reason="closed", code="C1"), now=at(second))


def progress(
    order: Order, ref: str, status: str = "picking", *, sequence: int | None = 20, reserved: bool = False, second: float = 4
) -> Decision:
    """The warehouse is at work on it."""
    event = OrderProgressed(reference=ref, status=status, occurred_at=at(second), sequence=sequence, reserved=reserved)
    return submissions.progressed(order, event, now=at(second))


def answer(order: Order, ref: str, *, confirmed: bool = True, reason: str = "", second: float = 5, **lines: int) -> Decision:
    """The warehouse will not ship it after all, or will although we asked it not to; units by item code."""
    named = tuple(Units(code, n) for code, n in lines.items())
    event = CancellationAnswered(
        reference=ref, confirmed=confirmed, occurred_at=at(second), sequence=30, reason=reason, lines=named
    )
    return submissions.cancellation_answered(order, event, now=at(second))


def ship(
    order: Order,
    ref: str,
    *,
    final: bool = False,
    name: str = "s1",
    numbers: tuple[str, ...] = ("T-1",),
    second: float = 6,
    **lines: int,
) -> Decision:
    """A parcel left; units by item code."""
    event = ShipmentConfirmed(
        reference=ref,
        shipment_id=name,
        warehouse="W1",
        lines=tuple(Units(code, n) for code, n in lines.items()),
        tracking=Tracking(numbers=numbers),
        occurred_at=at(second),
        sequence=40,
        final=final,
    )
    return shipments.shipped(order, event, shipment_id=name, notify_customer=True, now=at(second))


def record(order: Order, name: str = "s1", *, second: float = 7) -> Decision:
    """The shop has our record of a parcel."""
    event = FulfillmentRecorded(order_id="o1", shipment_id=name, fulfillment_id=f"f-{name}")
    return shipments.recorded(order, event, now=at(second))


def cancel(order: Order, reading: Reading, *, unsent: tuple[str, ...] = (), second: float = 10) -> Decision:
    """The shop shows the order as cancelled."""
    snapshot = reading(second, cancelled=True, fulfillment_orders=[])
    return placing.see(order, snapshot, shop="shop", facts=facts(unsent=unsent), now=at(second))
