"""Makes channel orders as a fetch would bring them home, from the few facts a test cares about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from stockbridge.domain.catalog import Codes, Crossref
from stockbridge.domain.channel_order import (
    ChannelFulfillment,
    ChannelLine,
    ChannelOrder,
    FulfillmentOrder,
    FulfillmentOrderLine,
)
from stockbridge.domain.placing import Facts
from stockbridge.domain.routing import Candidate
from stockbridge.domain.values import Tracking, Units
from stockbridge.testing.fakes import DAWN

Place = tuple[str | None, str]


def at(second: float) -> datetime:
    """A moment so many seconds after dawn."""
    return DAWN + timedelta(seconds=second)


def channel_line(line_id: str, item: str | None, quantity: int, *, ships: bool = True) -> ChannelLine:
    """One order line; its SKU is the item's name in capitals."""
    return ChannelLine(
        line_id=line_id,
        inventory_item_id=item,
        variant_id=None,
        sku=(item or "").upper(),
        title=f"The {item or 'thing'}",
        quantity=quantity,
        current_quantity=quantity,
        requires_shipping=ships,
    )


def fulfillment_order(
    location: str | None, lines: Mapping[str, int], *, status: str = "OPEN", holds: Sequence[str] = (), method: str = "SHIPPING"
) -> FulfillmentOrder:
    """What a location is asked to ship: remaining units by order line."""
    return FulfillmentOrder(
        fulfillment_order_id=f"fo-{location}",
        status=status,
        location_id=location,
        method=method,
        holds=tuple(holds),
        lines=tuple(
            FulfillmentOrderLine(fulfillment_order_line_id=f"fol-{k}", line_id=k, total=n, remaining=n)
            for k, n in lines.items()
        ),
    )


def fulfillment(
    fulfillment_id: str, lines: Mapping[str, int], *, status: str = "SUCCESS", location: str = "L1"
) -> ChannelFulfillment:
    """A record in the channel that a shipment happened."""
    return ChannelFulfillment(
        fulfillment_id=fulfillment_id,
        status=status,
        location_id=location,
        tracking=Tracking(),
        lines=tuple(Units(k, n) for k, n in lines.items()),
        created_at=DAWN,
    )


def channel_order(
    lines: Iterable[ChannelLine],
    fulfillment_orders: Iterable[FulfillmentOrder],
    *,
    order_id: str = "o1",
    name: str = "#1001",
    second: float = 0,
    updated: float | None = None,
    cancelled: bool = False,
    fulfillments: Iterable[ChannelFulfillment] = (),
) -> ChannelOrder:
    """One order as it was read so many seconds after dawn."""
    return ChannelOrder(
        order_id=order_id,
        name=name,
        placed_at=DAWN,
        updated_at=at(second if updated is None else updated),
        read_at=at(second),
        cancelled_at=at(second) if cancelled else None,
        financial_status="PAID",
        fulfillment_status="UNFULFILLED",
        currency="EUR",
        test=False,
        shipping_address=None,
        shipping_method="Standard",
        email="",
        note="",
        tags=(),
        lines=tuple(lines),
        fulfillment_orders=tuple(fulfillment_orders),
        fulfillments=tuple(fulfillments),
    )


def candidate(warehouse: str, location: str = "L1", *, connection: str = "wms", priority: int = 100) -> Candidate:
    """A warehouse that feeds a location."""
    return Candidate(connection=connection, warehouse=warehouse, location_id=location, priority=priority)


def codes(*entries: tuple[str, str], connection: str = "wms") -> Codes:
    """Cross-reference entries (warehouse, inventory item); the item code is the item's name in capitals."""
    return Codes(
        Crossref(inventory_item_id=item, connection=connection, warehouse=warehouse, item_code=item.upper())
        for warehouse, item in entries
    )


def facts(
    *,
    candidates: Sequence[Candidate] = (),
    known: Codes | None = None,
    free: Mapping[tuple[str, str, str], int] | None = None,
    live: bool = True,
    start_line: datetime | None = None,
    unsent: Iterable[str] = (),
) -> Facts:
    """What placing needs to know; by default one warehouse W1 at L1 with ten units of each of two items."""
    return Facts(
        account="acme",
        codes=known if known is not None else codes(("W1", "apple"), ("W1", "pear")),
        candidates=tuple(candidates) or (candidate("W1"),),
        free=free if free is not None else {("wms", "W1", "APPLE"): 10, ("wms", "W1", "PEAR"): 10},
        live=live,
        start_line=start_line,
        unsent=frozenset(unsent),
    )
