"""What has happened: the vocabulary that every door translates into. Past tense; ``occurred_at`` is their clock.

A door that cannot say one of these says :class:`Noted`: tolerated, kept, nothing follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.mapping import Location
from stockbridge.domain.values import Amount, Basis, Tracking, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something the house need not act on (an unknown topic, our own echo). Kept in the inbox with the reason."""

    reason: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    """A warehouse has accepted a submission. ``sequence`` orders it against the warehouse's figures; None: no common clock."""

    reference: str
    warehouse_ref: str
    occurred_at: datetime
    sequence: int | None = None
    adopted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused:
    """A warehouse will not take a submission, for good."""

    reference: str
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgressed:
    """A warehouse said where a submission stands (accepted, picking, packed …): its own word in ``status``."""

    reference: str
    status: str
    occurred_at: datetime
    sequence: int | None = None
    reserved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentConfirmed:
    """A parcel left. ``lines`` are keyed by item code. ``final``: the warehouse ships nothing more for this submission."""

    reference: str
    shipment_id: str
    warehouse: str
    lines: tuple[Units, ...]
    tracking: Tracking
    occurred_at: datetime
    sequence: int | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationAnswered:
    """A warehouse confirmed or declined that a submission will not ship. ``lines``: all that will not
    ship of it, so a repeat adds nothing; a confirmation that names none decides nothing about its units (decision 0006)."""

    reference: str
    confirmed: bool
    occurred_at: datetime
    sequence: int | None = None
    reason: str = ""
    lines: tuple[Units, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAdjusted:
    """A warehouse has booked units of which we told it. ``sequence`` orders it against the warehouse's figures."""

    reference: str
    occurred_at: datetime
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReported:
    """How many units of one item a warehouse has, zone by zone, at one moment of its own clock."""

    warehouse: str
    item_code: str
    zones: Mapping[str, Amount]
    basis: Basis
    occurred_at: datetime
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresReported:
    """Many figures of one warehouse at one moment. ``complete``: an item that is not in it has none there. ``unread``: what is in
    it and cannot be used, item code (or ``""``) and why; its last figure stays."""

    warehouse: str
    figures: tuple[FigureReported, ...]
    complete: bool
    occurred_at: datetime
    sequence: int | None = None
    unread: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMapped:
    """A person (or a file) said which item code a warehouse uses for an inventory item. ``active=False`` ends the entry."""

    shop: str
    inventory_item_id: str
    connection: str
    warehouse: str
    item_code: str
    active: bool = True
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SellingAsked:
    """A person said whether customers may order an item although nothing of it is available."""

    shop: str
    inventory_item_id: str
    when_out: bool
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked:
    """A person asked that a parked thing be tried again. ``parked_id`` names the parked row."""

    parked_id: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissAsked:
    """A person said that a parked thing needs nothing more."""

    parked_id: int
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapped:
    """A person said which zones of which warehouse feed a location; ``active=False`` ends the entry, which keeps its zones;
    ``live``: levels are written, not only compared (DESIGN D13: watched until somebody says otherwise); ``share_bp``: the location's
    part, in basis points, of zones that feed others too; ``serves``: countries that its goods may go to, none: everywhere;
    ``active_from``: counted from that moment. None: as it is. ``seen``: as of a :class:`MappingChanged`."""

    shop: str
    location_id: str
    connection: str
    warehouse: str
    zones: tuple[str, ...]
    priority: int = 100
    keep_units: int = 0
    keep_percent_bp: int = 0
    share_bp: int | None = None
    active: bool = True
    live: bool | None = None
    exclude: tuple[str, ...] | None = None
    serves: tuple[str, ...] | None = None
    active_from: datetime | None = None
    seen: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChanged:
    """A person wants the whole mapping of a shop to be this. ``base``: the version that it was made from; another one having come
    since, nothing is changed. ``seen``: the person was shown what it would change and wants it all the same (the brake)."""

    shop: str
    base: int
    locations: tuple[Location, ...]
    note: str = ""
    seen: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked:
    """A person asked that nothing be sent over a connection, or over any (no ``connection``); or that it go on again."""

    connection: str
    paused: bool
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepAsked:
    """A person wants a shop compared now. ``kind``: 'delta' (what is mapped) or 'full' (everything on either side); ``dry``: look
    only, change nothing."""

    shop: str
    kind: str = "delta"
    dry: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunApproved:
    """A person saw what a run that was held back would change, and wants it."""

    run_id: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDropped:
    """A person saw what a run that was held back would change, and does not want it."""

    run_id: int
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRefused:
    """The other side will not do what it was asked, for good. Said by our own outbox."""

    effect_id: int
    kind: str
    key: str
    payload: Mapping[str, object]
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectStuck:
    """Whether an effect was done cannot be found out by machine: a person must look. Said by our own outbox."""

    effect_id: int
    kind: str
    key: str
    payload: Mapping[str, object]
    reason: str


Event = (
    Noted
    | OrderHinted
    | OrderSeen
    | OrderGone
    | RoutingCompleted
    | LevelHinted
    | ItemsSeen
    | LocationsSeen
    | FulfillmentOrderMoved
    | FulfillmentRecorded
    | OrderAccepted
    | OrderRefused
    | OrderProgressed
    | ShipmentConfirmed
    | CancellationAnswered
    | StockAdjusted
    | FigureReported
    | FiguresReported
    | ItemMapped
    | SourceMapped
    | MappingChanged
    | SellingAsked
    | RetryAsked
    | DismissAsked
    | PauseAsked
    | SweepAsked
    | RunApproved
    | RunDropped
    | EffectRefused
    | EffectStuck
)
