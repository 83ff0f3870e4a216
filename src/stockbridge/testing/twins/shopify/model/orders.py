"""Placing and cancelling orders, and what every change of an order has in common."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stockbridge.testing.twins.shopify.model import routing
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.world import Job, World, problem
from stockbridge.testing.twins.shopify.records.catalogue import Variant
from stockbridge.testing.twins.shopify.records.orders import (
    ZERO,
    Discount,
    Line,
    Order,
    Refund,
    RefundLine,
    ShippingLine,
    Transaction,
)
from stockbridge.testing.twins.shopify.records.places import Address, Customer, Location

TAX = Decimal("0.19")


@dataclass(frozen=True, slots=True)
class Wish:
    """One line that somebody wants to buy: a variant, or a free-text line without one."""

    variant: Variant | None
    quantity: int
    title: str = ""
    price: Decimal | None = None
    requires_shipping: bool = True
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Basket:
    """Everything about an order that is not the shop's to decide."""

    wishes: list[Wish]
    customer: Customer | None = None
    address: Address | None = None
    at: Location | None = None
    paid: bool = True
    oversell: bool = False
    discount_code: str | None = None
    discount_percent: int = 0
    shipping: Decimal = Decimal("4.90")
    shipping_title: str = "Standard"
    method: str = "SHIPPING"
    source_name: str = "web"
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    risk: str = "LOW"
    test: bool = False


def place(world: World, basket: Basket) -> Order:
    """Places an order: stock is committed at once, fulfillment orders follow after the routing delay.

    Raises routing.SoldOut if stock is missing; then nothing has changed.
    """
    now = world.now()
    order = Order(0, world.next_number, world.shop.currency, now, now, now, taxes_included=world.shop.taxes_included)
    order.lines = [line_for(order, wish, group) for wish, group in _unbundled(basket.wishes)]
    routing.allocate(world, order.lines, at=basket.at, oversell=basket.oversell)
    _register(world, order)
    _dress(world, order, basket)
    for line in order.lines:
        for location_id, quantity in line.allocation.items():
            routing.commit(world, line, location_id, quantity, cause="order placed")
    world.log("order_placed", order=gid("Order", order.id), name=order.name, lines=_summary(order))
    world.emit("orders/create", order)
    if order.received:
        world.emit("orders/paid", order)
    world.later(world.knobs.routing_delay_s, lambda: routing.route(world, order))
    return order


Group = tuple[int, str, int]


def _unbundled(wishes: list[Wish]) -> list[tuple[Wish, Group | None]]:
    """Bundles become their components, each remembering the bundle it came from."""
    out: list[tuple[Wish, Group | None]] = []
    for wish in wishes:
        if wish.variant is None or not wish.variant.components:
            out.append((wish, None))
            continue
        for part, count in wish.variant.components:
            out.append(
                (
                    Wish(part, wish.quantity * count, attributes=wish.attributes),
                    (wish.variant.id, wish.variant.display_name, wish.quantity),
                )
            )
    return out


def line_for(order: Order, wish: Wish, group: Group | None = None) -> Line:
    """An order line as it is at the moment of the purchase; its id comes later."""
    variant = wish.variant
    if variant is None:
        price = wish.price if wish.price is not None else ZERO
        return Line(0, order, wish.title or "Custom item", wish.quantity, price, requires_shipping=wish.requires_shipping)
    item, product = variant.item, variant.product
    return Line(
        0,
        order,
        product.title,
        wish.quantity,
        variant.price if wish.price is None else wish.price,
        sku=item.sku,
        variant=variant,
        product=product,
        variant_title=None if variant.title == "Default Title" else variant.title,
        vendor=product.vendor,
        requires_shipping=item.requires_shipping,
        taxable=variant.taxable,
        is_gift_card=product.is_gift_card,
        weight_kg=item.weight_kg,
        attributes=list(wish.attributes),
        tax_rate=TAX if variant.taxable else ZERO,
        group=group,
    )


def _register(world: World, order: Order) -> None:
    order.id = world.mint("Order")
    world.next_number += 1
    world.orders[order.id] = order
    for line in order.lines:
        line.id = world.mint("LineItem")
        world.lines[line.id] = line


def _dress(world: World, order: Order, basket: Basket) -> None:
    customer = basket.customer
    order.customer = customer
    if customer is not None:
        customer.orders += 1
        order.email, order.phone = customer.email, customer.phone
    order.shipping_address = basket.address if basket.method in ("SHIPPING", "LOCAL") else None
    order.billing_address = basket.address
    order.retail_location = basket.at if basket.method == "RETAIL" else None
    order.source_name, order.method, order.app = basket.source_name, basket.method, None
    order.note, order.tags, order.attributes = basket.note, list(basket.tags), list(basket.attributes)
    order.risk, order.test = basket.risk, basket.test
    order.confirmation_number, order.token = world.hex(9).upper(), world.hex(32)
    if basket.method == "SHIPPING" and any(line.requires_shipping for line in order.lines):
        code = basket.shipping_title.lower().replace(" ", "-")
        order.shipping_lines = [ShippingLine(world.mint("ShippingLine"), basket.shipping_title, code, basket.shipping)]
    if basket.discount_percent:
        percent = Decimal(basket.discount_percent)
        order.discounts = [Discount(0, "code", basket.discount_code or "WELCOME", percent, percentage=True)]
        for line in order.lines:
            line.discount = (line.total * percent / 100).quantize(Decimal("0.01"))
    if basket.paid:
        gateway = "cash" if basket.method == "RETAIL" else "bogus"
        paid = Transaction(world.mint("OrderTransaction"), "SALE", order.total, gateway, world.now())
        order.transactions.append(paid)


def _summary(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "line": gid("LineItem", line.id),
            "sku": line.sku,
            "item": gid("InventoryItem", line.variant.item.id) if line.variant else None,
            "quantity": line.quantity,
            "at": {gid("Location", place): units for place, units in line.allocation.items()},
        }
        for line in order.lines
    ]


def touch(world: World, order: Order, *topics: str) -> None:
    """Marks the order as changed now and tells subscribers, ``orders/updated`` last."""
    order.updated_at = world.now()
    for topic in topics:
        world.emit(topic, order)
    world.emit("orders/updated", order)


def cancel_problem(order: Order) -> str | None:
    """Why this order cannot be cancelled, in Shopify's words, or None (fact sheet E.4)."""
    if order.cancelled_at is not None:
        return "Cannot cancel an order that has already been canceled"
    if any(x.status == "SUCCESS" for x in order.fulfillments):
        return "Cannot cancel an order that has outstanding fulfillments"
    if any(x.status in ("OPEN", "REQUESTED") for x in order.returns):
        return "Cannot cancel an order that has returns"
    return None


def ask_cancel(
    world: World, order: Order, *, reason: str, restock: bool, refund: bool
) -> tuple[Job | None, list[dict[str, Any]]]:
    """Starts the asynchronous cancellation; the job says later whether it worked."""
    text = cancel_problem(order)
    if text is not None:
        return None, [problem(["orderId"], text, "INVALID")]
    if any(job.order is order and not job.done for job in world.jobs.values()):
        return None, [problem(["orderId"], "Cancellation is already in progress")]
    job = Job(world.uuid(), order=order)
    world.jobs[job.id] = job
    event = world.event_id

    def finish() -> None:
        world.event_id = event
        job.done = True
        late = cancel_problem(order)
        if late is None:
            cancel(world, order, reason=reason, restock=restock, refund=refund)
            job.status = "SUCCEEDED"
        else:
            job.status = "FAILED"
            job.errors = [problem(["orderId"], late, "INVALID")]

    world.later(world.knobs.cancel_delay_s, finish)
    return job, []


def cancel(world: World, order: Order, *, reason: str, restock: bool, refund: bool) -> None:
    """Cancels at once: open units are given up, fulfillment orders close, money goes back if asked for."""
    order.cancelled_at = order.closed_at = world.now()
    order.cancel_reason = reason
    taken: list[tuple[Line, int, int]] = []
    for one in order.fulfillment_orders:
        if one.is_open:
            taken += [(part.line, one.location.id, part.remaining_quantity) for part in one.lines]
            close(world, one)
    for line in order.lines:
        taken += [(line, place, units) for place, units in line.allocation.items()]
        line.allocation = {}
    for line, place, units in taken:
        routing.uncommit(world, line, place, units, restock=restock, cause="order cancelled")
        line.removed += units
    if refund or restock:
        _refund_all(world, order, taken, restock=restock, money=refund)
    world.log("order_cancelled", order=gid("Order", order.id), name=order.name, reason=reason, restock=restock)
    touch(world, order, "orders/cancelled")


def close(world: World, one: Any) -> None:
    """Closes a fulfillment order. Recorded shops leave its remaining quantities as they were (fact sheet E.4)."""
    one.status = "CLOSED"
    one.updated_at = world.now()
    if not world.choose("cancel_keeps_remaining"):
        for part in one.lines:
            part.remaining_quantity = 0


def _refund_all(world: World, order: Order, taken: list[tuple[Line, int, int]], *, restock: bool, money: bool) -> None:
    made = Refund(world.mint("Refund"), order, world.now(), None)
    kind = "CANCEL" if restock else "NO_RESTOCK"
    for line, place, units in taken:
        if units:
            at = world.locations[place] if restock else None
            made.lines.append(RefundLine(world.mint("RefundLineItem"), line, units, kind, at, line.price * units))
    if money and order.received > order.refunded:
        add_refund_money(world, order, made, order.received - order.refunded)
    if made.lines or made.transactions:
        order.refunds.append(made)
        world.refunds[made.id] = made
        world.emit("refunds/create", made)


def add_refund_money(world: World, order: Order, made: Refund, amount: Decimal) -> None:
    """Books money given back against the order's first payment."""
    parent = next((x for x in order.transactions if x.kind in ("SALE", "CAPTURE")), None)
    gateway = parent.gateway if parent else "manual"
    given = Transaction(world.mint("OrderTransaction"), "REFUND", amount, gateway, world.now(), parent=parent)
    order.transactions.append(given)
    made.transactions.append(given)
