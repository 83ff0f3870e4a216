"""Refunds, edits and returns: what takes units off an order, or puts them back on the shelf.

Source: fact sheet sections E.5 to E.7.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stockbridge.testing.twins.shopify.model import routing
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.levels import change, connect
from stockbridge.testing.twins.shopify.model.orders import add_refund_money, touch
from stockbridge.testing.twins.shopify.model.world import World, problem
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrderLine
from stockbridge.testing.twins.shopify.records.orders import (
    ZERO,
    Line,
    Order,
    Refund,
    RefundLine,
    Return,
    ReturnLine,
)
from stockbridge.testing.twins.shopify.records.places import Location


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of a line to be refunded, and what happens to them."""

    line: Line
    quantity: int
    restock_type: str = "NO_RESTOCK"
    location: Location | None = None


def refund_problems(order: Order, taken: list[Taken], money: Decimal, *, over: bool) -> list[dict[str, Any]]:
    """Why this refund is refused, in Shopify's words (no codes on these)."""
    errors: list[dict[str, Any]] = []
    for index, one in enumerate(taken):
        left = one.line.quantity - one.line.removed - one.line.refunded
        if one.quantity > left or (one.restock_type == "CANCEL" and one.quantity > one.line.unfulfilled_quantity):
            path = ["refundLineItems", str(index), "quantity"]
            errors.append(problem(path, "Quantity cannot refund more items than were purchased"))
        if one.restock_type == "RETURN" and one.location is None:
            errors.append(problem(["refundLineItems", str(index), "locationId"], "Location must be present to restock"))
    net = order.received - order.refunded
    if money > net and not over:
        text = f"Refund amount ${money} is greater than net payment received ${net}"
        errors.append(problem(None, text))
    return errors


def refund(
    world: World, order: Order, taken: list[Taken], *, money: Decimal, note: str | None, back: Return | None = None
) -> Refund:
    """Carries out a refund that refund_problems found nothing against."""
    made = Refund(world.mint("Refund"), order, world.now(), note, returned=back)
    for one in taken:
        tax = one.line.tax_on(one.line.price * one.quantity, order.taxes_included)
        row = RefundLine(world.mint("RefundLineItem"), one.line, one.quantity, one.restock_type, one.location)
        row.subtotal, row.tax = one.line.price * one.quantity, tax
        row.location = _move_units(world, one) or one.location
        made.lines.append(row)
    if money:
        add_refund_money(world, order, made, money)
    order.refunds.append(made)
    world.refunds[made.id] = made
    world.log(
        "refund_created",
        order=gid("Order", order.id),
        refund=gid("Refund", made.id),
        lines=[
            {
                "line": gid("LineItem", x.line.id),
                "quantity": x.quantity,
                "restock_type": x.restock_type,
                "location": gid("Location", x.location.id) if x.location else None,
            }
            for x in made.lines
        ],
        money=str(money),
    )
    world.emit("refunds/create", made)
    touch(world, order)
    return made


def _move_units(world: World, one: Taken) -> Location | None:
    """Books the units; gives the location where they were restocked."""
    line, quantity = one.line, one.quantity
    if one.restock_type == "RETURN":
        line.refunded += quantity
        assert one.location is not None
        if line.variant is not None:
            level = connect(world, line.variant.item, one.location.id, active=False, cause="refund")
            change(world, level, {"available": quantity}, cause="returned", ref=gid("Order", line.order.id))
        return one.location
    unshipped = min(quantity, line.unfulfilled_quantity)
    line.removed += unshipped
    line.refunded += quantity - unshipped
    place = take_off(world, line, unshipped, restock=one.restock_type == "CANCEL", cause="refunded")
    return place if one.restock_type == "CANCEL" else None


def take_off(world: World, line: Line, quantity: int, *, restock: bool, cause: str) -> Location | None:
    """Removes unshipped units from allocations and fulfillment orders; gives the last location touched."""
    place: Location | None = None
    for location_id in list(line.allocation):
        units = min(quantity, line.allocation[location_id])
        if units:
            line.allocation[location_id] -= units
            routing.uncommit(world, line, location_id, units, restock=restock, cause=cause)
            place, quantity = world.locations[location_id], quantity - units
    for one in line.order.fulfillment_orders:
        for part in [x for x in one.lines if x.line is line and one.is_open]:
            units = min(quantity, part.remaining_quantity)
            if units:
                _shrink(world, part, units)
                routing.uncommit(world, line, one.location.id, units, restock=restock, cause=cause)
                place, quantity = one.location, quantity - units
    return place


def _shrink(world: World, part: FulfillmentOrderLine, units: int) -> None:
    one = part.parent
    part.remaining_quantity -= units
    part.total_quantity -= units
    if not part.total_quantity:
        one.lines.remove(part)
    one.updated_at = world.now()
    if not one.remaining:
        one.status = "CLOSED"


def edit(world: World, order: Order, changes: list[tuple[Line, int]], added: list[Line], *, restock: bool) -> None:
    """Commits an order edit: lines to new quantities, and new lines. The webhook carries deltas only."""
    additions: list[tuple[Line, int]] = []
    removals: list[tuple[Line, int]] = []
    for line, wanted in changes:
        delta = wanted - line.current_quantity
        if delta < 0:
            units = min(-delta, line.unfulfilled_quantity)
            line.removed += units
            take_off(world, line, units, restock=restock, cause="order edited")
            removals.append((line, units))
        elif delta > 0:
            line.quantity += delta
            _add_units(world, line, delta)
            additions.append((line, delta))
    for line in added:
        line.id = world.mint("LineItem")
        world.lines[line.id] = line
        order.lines.append(line)
        _add_units(world, line, line.quantity)
        additions.append((line, line.quantity))
    order.edited = True
    world.log(
        "order_edited",
        order=gid("Order", order.id),
        additions={gid("LineItem", line.id): units for line, units in additions},
        removals={gid("LineItem", line.id): units for line, units in removals},
    )
    world.emit("orders/edited", order, additions, removals)
    touch(world, order)


def _add_units(world: World, line: Line, units: int) -> None:
    """New units: into the allocation before routing; else into an open fulfillment order there, or a new one."""
    order = line.order
    probe = Line(0, order, line.title, units, line.price, sku=line.sku, variant=line.variant)
    routing.allocate(world, [probe], at=order.retail_location, oversell=True)
    for location_id, quantity in probe.allocation.items():
        routing.commit(world, line, location_id, quantity, cause="order edited")
        if not order.routed:
            line.allocation[location_id] = line.allocation.get(location_id, 0) + quantity
            continue
        place = world.locations[location_id]
        method = order.method if line.requires_shipping else "NONE"
        there = [x for x in order.fulfillment_orders if x.location is place and x.status == "OPEN" and x.method == method]
        target = there[0] if there else routing.new_fulfillment_order(world, order, place, method=method)
        same = next((x for x in target.lines if x.line is line), None)
        if same is None:
            routing.add_line(world, target, line, quantity)
        else:
            same.total_quantity += quantity
            same.remaining_quantity += quantity
        target.updated_at = world.now()


def open_return(world: World, order: Order, lines: list[tuple[Line, int]], *, requested: bool) -> Return:
    """A buyer sends goods back: requested (waits for approval) or open at once."""
    now = world.now()
    status = "REQUESTED" if requested else "OPEN"
    name = f"{order.name}-R{len(order.returns) + 1}"
    made = Return(world.mint("Return"), order, name, status, now)
    made.lines = [ReturnLine(world.mint("ReturnLineItem"), line, units) for line, units in lines]
    made.approved_at = None if requested else now
    order.returns.append(made)
    world.returns[made.id] = made
    world.log("return_opened", order=gid("Order", order.id), returned=gid("Return", made.id), status=status)
    world.emit("returns/request" if requested else "returns/approve", made)
    touch(world, order)
    return made


def receive_return(world: World, made: Return, *, restock_at: Location | None, pay_back: bool) -> Refund:
    """Goods are back: refunded, restocked if a location is named, and the return is closed."""
    kind = "RETURN" if restock_at is not None else "NO_RESTOCK"
    taken = [Taken(x.line, x.quantity - x.processed, kind, restock_at) for x in made.lines]
    money = sum((x.line.price * x.quantity for x in taken), ZERO) if pay_back else ZERO
    money = min(money, made.order.received - made.order.refunded)
    done = refund(world, made.order, taken, money=money, note=None, back=made)
    for row in made.lines:
        row.processed = row.refunded = row.quantity
    made.status, made.closed_at = "CLOSED", world.now()
    world.log("return_closed", order=gid("Order", made.order.id), returned=gid("Return", made.id))
    world.emit("returns/close", made)
    return done
