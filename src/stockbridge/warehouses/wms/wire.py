"""The shapes of the contract as they travel (docs/reference/wms-contract.yaml, version 1.1.0).

Unknown fields are ignored and unknown words are kept as text, so that a newer WMS does not break an older door.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

T = TypeVar("T")

#: Becomes part of a key in the database: short, and without control characters (PostgreSQL takes no NUL).
Key = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Free = Annotated[str, Meta(max_length=4_000)]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
#: Of an item that may be counted in parts of a unit. Fifteen digits are as exact as they were written.
Amount = Count | Annotated[float, Meta(ge=-1_000_000_000, le=1_000_000_000)]
Sequence = Annotated[int, Meta(ge=0, le=2**62)]


class Envelope(Struct, Generic[T]):
    """What a webhook carries: the type is in the arrival's topic already."""

    data: T


class Peek(Struct):
    """As much of an event as is needed to say what it is about."""

    reference: Key | UnsetType = UNSET
    warehouse: Key | UnsetType = UNSET
    item_code: Key | UnsetType = UNSET


class PeekEnvelope(Struct):
    type: Key
    data: Peek


class Line(Struct):
    item_code: Key
    units: Count


class ShipmentBody(Struct):
    """A parcel that left. Within an order the reference is the order's."""

    shipment_id: Key
    warehouse: Key
    lines: list[Line]
    shipped_at: Moment
    reference: Key | None = None
    carrier: Free = ""
    tracking_numbers: list[Free] = []
    tracking_urls: list[Free] = []
    sequence: Sequence | None = None
    final: bool = False


class StatusBody(Struct):
    reference: Key
    status: Free
    at: Moment
    sequence: Sequence | None = None
    reserved: bool = False


class CancellationBody(Struct):
    """``result``: confirmed, declined or pending; ``lines``: all that will not ship. A confirmation must name it; one that does
    not is passed on as it is, for the domain to doubt."""

    at: Moment
    result: Free = ""
    reference: Key | None = None
    sequence: Sequence | None = None
    reason: Free = ""
    lines: list[Line] = []


class OrderBody(Struct):
    """An order as the WMS has it. ``sequence`` is that of its acceptance; ``copies``: orders it has under this reference."""

    order_id: Key
    reference: Key
    status: Free
    accepted_at: Moment
    sequence: Sequence | None = None
    warehouse: str = ""
    lines: list[Line] | None = None
    reserved_at: Moment | None = None
    reserved_sequence: Sequence | None = None
    shipments: list[ShipmentBody] = []
    cancellation: CancellationBody | None = None
    changed_sequence: Sequence | None = None
    copies: int = 1


class AdjustmentBody(Struct):
    """Units that were booked because we said that they left or came. ``units``: the change; ``copies``: bookings under this reference."""

    reference: Key
    warehouse: Key
    item_code: Key
    units: Count
    at: Moment
    sequence: Sequence | None = None
    copies: int = 1


class ItemFigure(Struct):
    item_code: Key
    zones: dict[Key, Amount]


class FigureBody(Struct):
    """One figure. ``zones``: always all zones of the warehouse."""

    warehouse: Key
    item_code: Key
    zones: dict[Key, Amount]
    basis: Free
    moment: Moment
    sequence: Sequence | None = None


class PeekItem(Struct):
    item_code: Key


class SnapshotPage(Struct):
    """``complete`` is true on the last page of a whole snapshot only; ``total`` counts the items of all pages. Items stay as they
    came, so that one that cannot be read does not hide the others."""

    warehouse: Key
    basis: Free
    moment: Moment
    items: list[Raw]
    complete: bool
    sequence: Sequence | None = None
    total: int | None = None
    next: str | None = None


class PeekFigure(Struct):
    warehouse: Key
    item_code: Key
    moment: Moment
    sequence: Sequence | None = None


class ChangesPage(Struct):
    """Figures stay as they came, like orders."""

    figures: list[Raw]
    sequence: Sequence
    more: bool = False


class PeekOrder(Struct):
    reference: Key
    order_id: Key
    changed_sequence: Sequence


class OrdersPage(Struct):
    """Orders stay as they came: one that cannot be read does not hide the others."""

    orders: list[Raw]
    sequence: Sequence
    more: bool = False


class ErrorHead(Struct):
    """The two words of an error body that must not be lost because the rest of it is odd."""

    code: str = ""
    message: str = ""


class ErrorBody(Struct):
    """Why not. ``order`` or ``adjustment``: the one that has our reference already (409)."""

    code: str = ""
    message: str = ""
    lines: list[RefusedLine] = []
    order: OrderBody | None = None
    adjustment: AdjustmentBody | None = None


class RefusedLine(Struct):
    line_id: Free = ""
    item_code: Free = ""
    problem: Free = ""


class AboutWarehouse(Struct):
    code: str
    name: str = ""


class AboutPersonality(Struct):
    unique_reference: bool
    look_up: bool


class AboutBody(Struct):
    name: Free
    personality: AboutPersonality
    warehouses: list[AboutWarehouse]
    basis: Free
    time: Moment
