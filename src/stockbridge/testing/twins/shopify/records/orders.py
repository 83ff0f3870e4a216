"""Orders and what belongs to them. Sums are derived, never kept, so that they cannot disagree."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from stockbridge.testing.twins.shopify.records.catalogue import Product, Variant
from stockbridge.testing.twins.shopify.records.fulfillment import Fulfillment, FulfillmentOrder
from stockbridge.testing.twins.shopify.records.places import Address, App, Customer, Location

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


@dataclass(slots=True)
class Discount:
    """A discount on the whole order, spread over its lines."""

    index: int
    kind: str
    code: str
    value: Decimal
    percentage: bool = False


@dataclass(slots=True)
class Line:
    """One line of an order. ``quantity`` never shrinks; ``removed`` counts what edits and refunds took off."""

    id: int
    order: "Order"
    title: str
    quantity: int
    price: Decimal
    sku: str | None = None
    variant: Variant | None = None
    product: Product | None = None
    variant_title: str | None = None
    vendor: str | None = None
    requires_shipping: bool = True
    taxable: bool = True
    is_gift_card: bool = False
    weight_kg: float = 0.0
    attributes: list[tuple[str, str]] = field(default_factory=list)
    discount: Decimal = ZERO
    tax_rate: Decimal = ZERO
    removed: int = 0
    refunded: int = 0
    fulfilled: int = 0
    allocation: dict[int, int] = field(default_factory=dict)
    group: tuple[int, str, int] | None = None

    @property
    def name(self) -> str:
        return self.title if not self.variant_title else f"{self.title} - {self.variant_title}"

    @property
    def current_quantity(self) -> int:
        return self.quantity - self.removed - self.refunded

    @property
    def unfulfilled_quantity(self) -> int:
        return self.quantity - self.removed - self.fulfilled

    @property
    def total(self) -> Decimal:
        return self.price * self.quantity

    @property
    def current_total(self) -> Decimal:
        return self.price * self.current_quantity - self.share_of_discount(self.current_quantity)

    def share_of_discount(self, quantity: int) -> Decimal:
        return (self.discount * quantity / self.quantity).quantize(CENT) if self.quantity else ZERO

    def tax_on(self, amount: Decimal, included: bool) -> Decimal:
        if not self.taxable or not self.tax_rate:
            return ZERO
        part = amount * self.tax_rate / (1 + self.tax_rate) if included else amount * self.tax_rate
        return part.quantize(CENT)


@dataclass(slots=True)
class ShippingLine:
    """What the buyer chose to have it sent by."""

    id: int
    title: str
    code: str
    price: Decimal
    source: str = "shopify"
    is_removed: bool = False


@dataclass(slots=True)
class Transaction:
    """A movement of money. The twin keeps just enough for totals and refunds."""

    id: int
    kind: str
    amount: Decimal
    gateway: str
    created_at: datetime
    status: str = "SUCCESS"
    parent: "Transaction | None" = None


@dataclass(slots=True)
class RefundLine:
    """Units taken back in a refund, with what happened to the stock."""

    id: int
    line: Line
    quantity: int
    restock_type: str
    location: Location | None = None
    subtotal: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def restocked(self) -> bool:
        return self.restock_type in ("CANCEL", "RETURN")


@dataclass(slots=True)
class Refund:
    """Money and units given back."""

    id: int
    order: "Order"
    created_at: datetime
    note: str | None
    lines: list[RefundLine] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    shipping: Decimal = ZERO
    returned: "Return | None" = None

    @property
    def total(self) -> Decimal:
        return sum((one.amount for one in self.transactions), ZERO)


@dataclass(slots=True)
class ReturnLine:
    """Units that a buyer sends back."""

    id: int
    line: Line
    quantity: int
    reason: str = "unknown"
    note: str = ""
    processed: int = 0
    refunded: int = 0


@dataclass(slots=True)
class Return:
    """A return: requested, open, closed, declined or cancelled."""

    id: int
    order: "Order"
    name: str
    status: str
    created_at: datetime
    lines: list[ReturnLine] = field(default_factory=list)
    closed_at: datetime | None = None
    approved_at: datetime | None = None


@dataclass(slots=True)
class Order:
    """An order as the shop keeps it."""

    id: int
    number: int
    currency: str
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    email: str | None = None
    phone: str | None = None
    customer: Customer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    source_name: str = "web"
    app: App | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    shipping_lines: list[ShippingLine] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    retail_location: Location | None = None
    taxes_included: bool = True
    test: bool = False
    edited: bool = False
    routed: bool = False
    cancel_reason: str | None = None
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    risk: str = "LOW"
    method: str = "SHIPPING"
    po_number: str | None = None
    confirmation_number: str = ""
    token: str = ""

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def lines_total(self) -> Decimal:
        return sum((line.total for line in self.lines), ZERO)

    @property
    def discount_total(self) -> Decimal:
        return sum((line.discount for line in self.lines), ZERO)

    @property
    def subtotal(self) -> Decimal:
        return self.lines_total - self.discount_total

    @property
    def shipping_total(self) -> Decimal:
        return sum((one.price for one in self.shipping_lines if not one.is_removed), ZERO)

    @property
    def tax_total(self) -> Decimal:
        return sum((x.tax_on(x.total - x.discount, self.taxes_included) for x in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.shipping_total + (ZERO if self.taxes_included else self.tax_total)

    @property
    def current_subtotal(self) -> Decimal:
        return sum((line.current_total for line in self.lines), ZERO)

    @property
    def current_tax(self) -> Decimal:
        return sum((x.tax_on(x.current_total, self.taxes_included) for x in self.lines), ZERO)

    @property
    def current_total(self) -> Decimal:
        if self.cancelled_at is not None:
            return ZERO
        return self.current_subtotal + self.shipping_total + (ZERO if self.taxes_included else self.current_tax)

    @property
    def received(self) -> Decimal:
        return sum((x.amount for x in self.transactions if x.kind in ("SALE", "CAPTURE")), ZERO)

    @property
    def refunded(self) -> Decimal:
        return sum((x.amount for x in self.transactions if x.kind == "REFUND"), ZERO)
