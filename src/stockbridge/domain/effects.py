"""What is to be done outside the house: the imperative vocabulary. Each is a row before it is a call (DESIGN D8).

``key`` is a pure function of what makes two effects the same; a repeat reuses it for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from stockbridge.domain.values import Address, Money, Tracking, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOrder:
    """Read one order whole from the channel. Harmless to repeat."""

    order_id: str
    cause: str

    @property
    def key(self) -> str:
        return f"fetch:{self.order_id}:{self.cause}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFulfillmentOrder:
    """Ask the channel to assign these units (by order line id) of an order from one location to another."""

    reference: str
    order_id: str
    from_location_id: str
    to_location_id: str
    lines: tuple[Units, ...]

    @property
    def key(self) -> str:
        return f"move:{self.reference}:{self.to_location_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionLine:
    """One line of what a warehouse is asked to ship. ``line_id`` is ours to find the order line again."""

    line_id: str
    item_code: str
    units: int
    title: str = ""
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOrder:
    """Ask a warehouse to ship. ``reference`` is ours, unique in the account, and stays through every retry."""

    reference: str
    warehouse: str
    order_name: str
    lines: tuple[SubmissionLine, ...]
    ship_to: Address | None
    shipping_method: str
    currency: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        return f"submit:{self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSubmission:
    """Ask a warehouse not to ship what it accepted."""

    reference: str
    warehouse: str
    reason: str

    @property
    def key(self) -> str:
        return f"cancel:{self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFulfillment:
    """Tell the channel that a shipment happened. ``lines`` are keyed by order line id.

    ``bound`` are the fulfillments that already belong to other shipments: never to be taken for this one.
    """

    order_id: str
    shipment_id: str
    location_id: str
    lines: tuple[Units, ...]
    tracking: Tracking
    notify_customer: bool
    bound: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"fulfill:{self.shipment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStock:
    """Tell a warehouse that units left it (negative) or came (positive) without it being asked: it books them, once.

    ``zones``: where they may be taken from or put, the first that will do. ``about``: what the merchant calls the order, if one is
    the cause; ``reason``: for people."""

    reference: str
    warehouse: str
    item_code: str
    units: int
    zones: tuple[str, ...]
    reason: str
    about: str = ""

    @property
    def key(self) -> str:
        return f"adjust:{self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSellingPolicy:
    """Tell the channel whether a variant may be ordered although nothing is available. ``asked``: by which arrival."""

    inventory_item_id: str
    product_id: str
    variant_id: str
    sells_when_out: bool
    asked: str

    @property
    def key(self) -> str:
        return f"selling:{self.variant_id}:{self.asked}"


Effect = FetchOrder | MoveFulfillmentOrder | SubmitOrder | CancelSubmission | RecordFulfillment | AdjustStock | SetSellingPolicy

#: Name in the database and on pages → class. The name never changes once released.
KINDS: dict[str, type[Effect]] = {
    "fetch_order": FetchOrder,
    "move_fulfillment_order": MoveFulfillmentOrder,
    "submit_order": SubmitOrder,
    "cancel_submission": CancelSubmission,
    "record_fulfillment": RecordFulfillment,
    "adjust_stock": AdjustStock,
    "set_selling_policy": SetSellingPolicy,
}


def kind_of(effect: Effect) -> str:
    """The stored name of an effect's class."""
    for name, cls in KINDS.items():
        if type(effect) is cls:
            return name
    raise KeyError(type(effect).__name__)
