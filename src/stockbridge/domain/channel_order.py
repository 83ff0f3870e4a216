"""An order as the channel shows it: the snapshot that a fetch brings home. Facts, no decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stockbridge.domain.values import Address, Money, Tracking, Units

#: Channels name the moment of a change in whole seconds, and their clock is not ours.
ROUNDING = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLine:
    """One line of an order. ``quantity`` is as ordered and never shrinks; ``current_quantity`` is after edits and refunds."""

    line_id: str
    inventory_item_id: str | None
    variant_id: str | None
    sku: str
    title: str
    quantity: int
    current_quantity: int
    requires_shipping: bool
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentOrderLine:
    """Units of one order line that one location is asked to ship. ``line_id`` is the order line's."""

    fulfillment_order_line_id: str
    line_id: str
    total: int
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentOrder:
    """The channel's request that one location ship some lines. Its id is not stable: moves and splits replace it."""

    fulfillment_order_id: str
    status: str
    location_id: str | None
    method: str
    holds: tuple[str, ...]
    lines: tuple[FulfillmentOrderLine, ...]
    destination: Address | None = None
    request_status: str = "UNSUBMITTED"
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFulfillment:
    """The channel's record that a shipment happened. ``lines`` are keyed by order line id."""

    fulfillment_id: str
    status: str
    location_id: str | None
    tracking: Tracking
    lines: tuple[Units, ...]
    created_at: datetime
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restock:
    """Units of an order line that had left and are back on the channel's count at a location."""

    line_id: str
    location_id: str
    units: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOrder:
    """One order with everything a decision needs, read at ``read_at`` (our clock, before the request went out)."""

    order_id: str
    name: str
    placed_at: datetime
    updated_at: datetime
    read_at: datetime
    cancelled_at: datetime | None
    financial_status: str
    fulfillment_status: str
    currency: str
    test: bool
    shipping_address: Address | None
    shipping_method: str
    email: str
    note: str
    tags: tuple[str, ...]
    lines: tuple[ChannelLine, ...]
    fulfillment_orders: tuple[FulfillmentOrder, ...]
    fulfillments: tuple[ChannelFulfillment, ...]
    source_name: str = ""
    total: Money | None = None
    restocks: tuple[Restock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the last reading of an order covers: when each of its parts had last changed, by the part's id, and the order itself
    under None."""

    read_at: datetime
    changes: Mapping[str | None, datetime | None]

    def covers(self, part: str | None, changed_at: datetime) -> bool:
        """Was this change seen? A second change may bear the very moment of the first, so a reading made within ``ROUNDING`` of
        the moment it names is not trusted with it."""
        known = self.changes.get(part)
        return known is not None and (known > changed_at or known == changed_at <= self.read_at - ROUNDING)
