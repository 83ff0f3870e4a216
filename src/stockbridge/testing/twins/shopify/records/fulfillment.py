"""Fulfillment orders (what a location is asked to ship) and fulfillments (what was shipped)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stockbridge.testing.twins.shopify.records.orders import Line, Order
    from stockbridge.testing.twins.shopify.records.places import Address, App, Location


@dataclass(slots=True)
class FulfillmentOrderLine:
    """Units of one order line in one fulfillment order."""

    id: int
    line: "Line"
    total_quantity: int
    remaining_quantity: int
    parent: "FulfillmentOrder"


@dataclass(slots=True)
class Hold:
    """Why a fulfillment order must not be shipped yet, and whose word that is."""

    id: int
    reason: str
    handle: str
    notes: str | None = None
    external_id: str | None = None
    app: "App | None" = None


@dataclass(slots=True)
class MerchantRequest:
    """What a merchant asked of a fulfillment service: to ship (FULFILLMENT_REQUEST) or to stop (CANCELLATION_REQUEST)."""

    id: int
    fulfillment_order: "FulfillmentOrder"
    kind: str
    sent_at: datetime
    message: str | None = None


@dataclass(slots=True)
class FulfillmentOrder:
    """A request that one location ship some lines. Its id is not stable: moves and splits make new ones."""

    id: int
    order: "Order"
    location: "Location"
    created_at: datetime
    updated_at: datetime
    status: str = "OPEN"
    request_status: str = "UNSUBMITTED"
    method: str = "SHIPPING"
    method_id: int = 0
    destination_id: int = 0
    destination: "Address | None" = None
    lines: list[FulfillmentOrderLine] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    requests: list[MerchantRequest] = field(default_factory=list)
    fulfillments: list["Fulfillment"] = field(default_factory=list)
    progress: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "INCOMPLETE")

    @property
    def remaining(self) -> int:
        return sum(line.remaining_quantity for line in self.lines)


@dataclass(slots=True)
class Tracking:
    """One parcel's tracking."""

    company: str | None
    number: str | None
    url: str | None


@dataclass(slots=True)
class FulfillmentLine:
    """Units of one order line in one fulfillment."""

    id: int
    line: "Line"
    quantity: int


@dataclass(slots=True)
class FulfillmentEvent:
    """Something a carrier reported."""

    id: int
    status: str
    happened_at: datetime
    created_at: datetime
    message: str | None = None
    place: dict[str, str | float | None] = field(default_factory=dict)
    estimated_delivery_at: datetime | None = None


@dataclass(slots=True)
class Fulfillment:
    """The record that a shipment happened."""

    id: int
    order: "Order"
    number: int
    location: "Location | None"
    created_at: datetime
    updated_at: datetime
    status: str = "SUCCESS"
    display_status: str = "FULFILLED"
    lines: list[FulfillmentLine] = field(default_factory=list)
    tracking: list[Tracking] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    sources: list[tuple[FulfillmentOrderLine, int]] = field(default_factory=list)
    events: list[FulfillmentEvent] = field(default_factory=list)
    origin: dict[str, str | None] | None = None
    app: "App | None" = None

    @property
    def total_quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def name(self) -> str:
        return f"{self.order.name}-F{self.number}"
