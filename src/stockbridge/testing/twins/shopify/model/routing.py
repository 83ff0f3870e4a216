"""Which location an order's units come from, and the fulfillment orders that follow, some time later.

Shopify takes stock when the order is placed and creates fulfillment orders afterwards, in the background (fact sheet F.1).
"""

from collections import defaultdict

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.levels import change, connect
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder, FulfillmentOrderLine
from stockbridge.testing.twins.shopify.records.orders import Line, Order
from stockbridge.testing.twins.shopify.records.places import Location


class SoldOut(ValueError):
    """There is not enough stock and the variant may not be oversold."""


def allocate(world: World, lines: list[Line], *, at: Location | None, oversell: bool) -> None:
    """Decides for each line which location owes how many units. One location for all, if one can; else line by line.

    Raises SoldOut if a tracked variant with policy DENY lacks stock and ``oversell`` is not asked for.
    """
    shops = [at] if at else [x for x in world.active_locations() if x.fulfills_online_orders]
    if not shops:
        raise SoldOut("No active location fulfills online orders.")
    whole = next((x for x in shops if all(_has(line, x, line.quantity) for line in lines)), None)
    for line in lines:
        if whole is not None:
            line.allocation = {whole.id: line.quantity}
        else:
            line.allocation = _spread(line, shops, oversell=oversell or at is not None)


def _stock(line: Line, place: Location) -> int | None:
    """Units this place could give; None means no limit."""
    if line.variant is None or not line.variant.item.tracked:
        return None
    level = line.variant.item.levels.get(place.id)
    return level.available if level is not None and level.is_active else 0


def _has(line: Line, place: Location, quantity: int) -> bool:
    stock = _stock(line, place)
    return stock is None or stock >= quantity


def _spread(line: Line, shops: list[Location], *, oversell: bool) -> dict[int, int]:
    for place in shops:
        if _has(line, place, line.quantity):
            return {place.id: line.quantity}
    taken: dict[int, int] = {}
    left = line.quantity
    for place in shops:
        part = min(left, max(0, _stock(line, place) or 0))
        if part:
            taken[place.id] = part
            left -= part
    if not left:
        return taken
    assert line.variant is not None
    if not oversell and line.variant.inventory_policy != "CONTINUE":
        raise SoldOut(f"{line.sku or line.title}: {line.quantity} asked for, {line.quantity - left} left.")
    stocked = [x for x in shops if (y := line.variant.item.levels.get(x.id)) and y.is_active] or shops
    taken[stocked[0].id] = taken.get(stocked[0].id, 0) + left
    return taken


def commit(world: World, line: Line, location_id: int, quantity: int, *, cause: str) -> None:
    """Moves units between available and committed at a location (a negative quantity gives back)."""
    if line.variant is None or not quantity:
        return
    level = connect(world, line.variant.item, location_id, active=False, cause=cause)
    ref = gid("Order", line.order.id)
    change(world, level, {"available": -quantity, "committed": quantity}, cause=cause, ref=ref)


def uncommit(world: World, line: Line, location_id: int, quantity: int, *, restock: bool, cause: str) -> None:
    """Ends a commitment: the units go back on offer, or leave the building's count."""
    if line.variant is None or not quantity:
        return
    level = line.variant.item.levels[location_id]
    deltas = {"committed": -quantity, "available": quantity} if restock else {"committed": -quantity}
    change(world, level, deltas, cause=cause, ref=gid("Order", line.order.id))


def route(world: World, order: Order) -> None:
    """Creates the fulfillment orders: one per location and delivery method."""
    if order.routed or order.cancelled_at is not None:
        order.routed = True
        return
    order.routed = True
    groups: dict[tuple[int, str], list[tuple[Line, int]]] = defaultdict(list)
    for line in order.lines:
        method = order.method if line.requires_shipping else "NONE"
        for location_id, quantity in line.allocation.items():
            if quantity:
                groups[(location_id, method)].append((line, quantity))
    for (location_id, method), parts in groups.items():
        made = new_fulfillment_order(world, order, world.locations[location_id], method=method)
        for line, quantity in parts:
            add_line(world, made, line, quantity)
        _log(world, "fulfillment_order_created", made)
        world.emit("fulfillment_orders/order_routing_complete", made)
    for line in order.lines:
        line.allocation = {}
    order.updated_at = world.now()


def new_fulfillment_order(
    world: World, order: Order, location: Location, *, method: str, like: FulfillmentOrder | None = None
) -> FulfillmentOrder:
    """An empty open fulfillment order, registered with its order."""
    now = world.now()
    made = FulfillmentOrder(
        world.mint("FulfillmentOrder"),
        order,
        location,
        now,
        now,
        method=method,
        method_id=like.method_id if like else world.mint("DeliveryMethod"),
        destination=like.destination if like else (order.shipping_address if method != "NONE" else None),
        destination_id=world.mint("FulfillmentOrderDestination"),
    )
    order.fulfillment_orders.append(made)
    world.fulfillment_orders[made.id] = made
    return made


def add_line(world: World, to: FulfillmentOrder, line: Line, quantity: int) -> FulfillmentOrderLine:
    """Adds units of an order line as a new line."""
    made = FulfillmentOrderLine(world.mint("FulfillmentOrderLineItem"), line, quantity, quantity, to)
    to.lines.append(made)
    world.fulfillment_order_lines[made.id] = made
    return made


def _log(world: World, kind: str, one: FulfillmentOrder) -> None:
    world.log(
        kind,
        order=gid("Order", one.order.id),
        fulfillment_order=gid("FulfillmentOrder", one.id),
        location=gid("Location", one.location.id),
        lines=[{"line": gid("LineItem", x.line.id), "quantity": x.remaining_quantity} for x in one.lines],
    )
