"""What a channel says: orders, items, places, levels, and that our own writing arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stockbridge.domain.channel_order import ChannelOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHinted:
    """The channel said that something about an order changed. Not believed: the order is fetched. ``part``: what of it changed at
    ``updated_at``, a fulfillment order or a fulfillment; none: the order itself."""

    order_id: str
    updated_at: datetime | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSeen:
    """An order was fetched whole."""

    order: ChannelOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingCompleted:
    """The channel has decided from where some order is shipped. It does not say which order: those that wait for it are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGone:
    """The channel says that it has no such order (deleted, or older than we may read)."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelHinted:
    """The channel said that a level changed. Not believed: the level is read again before anything is written."""

    inventory_item_id: str
    location_id: str
    available: int | None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSeen:
    """One variant and the inventory item it counts. ``bundle``: made of other variants, whose stock decides its own;
    ``sells_when_out``: customers may order it although nothing is available."""

    inventory_item_id: str
    variant_id: str
    product_id: str
    sku: str
    barcode: str
    title: str
    tracked: bool
    requires_shipping: bool
    bundle: bool = False
    sells_when_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsSeen:
    """Some variants of the channel's catalogue were read."""

    items: tuple[ItemSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationSeen:
    """One location of the channel."""

    location_id: str
    name: str
    active: bool
    fulfillment_service: bool
    country_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationsSeen:
    """All locations of the channel were read."""

    locations: tuple[LocationSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentOrderMoved:
    """The channel has moved a fulfillment order to the location we asked for."""

    order_id: str
    location_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentRecorded:
    """The channel has our record of a shipment. ``adopted``: it was already there and was recognised."""

    order_id: str
    shipment_id: str
    fulfillment_id: str
    adopted: bool = False
