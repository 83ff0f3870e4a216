"""Fulfillments: the record that goods left, its tracking, its events, and taking it back.

Source: fact sheet section F.4 (recorded messages).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stockbridge.testing.twins.shopify.model import routing
from stockbridge.testing.twins.shopify.model.fulfillment_orders import Part
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.levels import change
from stockbridge.testing.twins.shopify.model.orders import touch
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.fulfillment import (
    Fulfillment,
    FulfillmentEvent,
    FulfillmentLine,
    FulfillmentOrder,
    Tracking,
)
from stockbridge.testing.twins.shopify.records.orders import Order
from stockbridge.testing.twins.shopify.records.places import App

CARRIERS = {
    "DHL Express": "https://www.dhl.com/en/express/tracking.html?AWB={}",
    "DHL": "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={}",
    "UPS": "https://www.ups.com/WebTracking?loc=en_US&requester=ST&trackNums={}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction.action?tLabels={}",
    "DPD": "https://tracking.dpd.de/parcelstatus?query={}",
    "GLS": "https://gls-group.com/track/{}",
}
DISPLAY = {
    "ATTEMPTED_DELIVERY": "ATTEMPTED_DELIVERY",
    "CARRIER_PICKED_UP": "CARRIER_PICKED_UP",
    "CONFIRMED": "CONFIRMED",
    "DELAYED": "DELAYED",
    "DELIVERED": "DELIVERED",
    "FAILURE": "NOT_DELIVERED",
    "IN_TRANSIT": "IN_TRANSIT",
    "LABEL_PRINTED": "LABEL_PRINTED",
    "LABEL_PURCHASED": "LABEL_PURCHASED",
    "OUT_FOR_DELIVERY": "OUT_FOR_DELIVERY",
    "READY_FOR_PICKUP": "READY_FOR_PICKUP",
}


def parcels(given: Mapping[str, Any] | None) -> list[Tracking]:
    """Tracking as the shop keeps it; carriers it knows get their address by themselves."""
    if not given:
        return []
    company = given.get("company")
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    rows: list[Tracking] = []
    for index in range(max(len(numbers), len(urls), 1 if company else 0)):
        number = numbers[index] if index < len(numbers) else None
        url = urls[index] if index < len(urls) else None
        known = CARRIERS.get(company or "")
        rows.append(Tracking(company, number, url or (known.format(number) if known and number else None)))
    return rows


def refusal(world: World, wanted: list[tuple[FulfillmentOrder, list[Part] | None]]) -> str | None:
    """Why these cannot be fulfilled together, in Shopify's words, or None."""
    orders = sorted({one.order.id for one, _ in wanted})
    if len(orders) > 1:
        ids = ", ".join(map(str, orders))
        return f"All fulfillment orders must belong to the same order. Multiple orders with ids [{ids}] were found."
    places = sorted({one.location.id for one, _ in wanted})
    if len(places) > 1:
        ids = ", ".join(map(str, places))
        return f"All fulfillment orders must be assigned to a single location. Multiple locations with ids [{ids}] were found."
    named: Counter[int] = Counter()  # a line that is named twice counts together
    for one, parts in wanted:
        held = one.status == "ON_HOLD" and world.choose("fulfill_on_hold") == "refuse"
        if not one.is_open or held:
            return f"Fulfillment order {one.id} has an unfulfillable status= {one.status.lower()}."
        for line, units in parts or []:
            if line not in one.lines:
                return "Fulfillment order line item does not exist."
            named[line.id] += units
            if named[line.id] > line.remaining_quantity:
                return "Invalid fulfillment order line item quantity requested."
    return None


def create(
    world: World,
    wanted: list[tuple[FulfillmentOrder, list[Part] | None]],
    *,
    tracking: list[Tracking],
    app: App | None,
    origin: dict[str, str | None] | None = None,
) -> Fulfillment:
    """Records a shipment: units leave committed and on hand, fulfillment orders shrink or close."""
    order, place, now = wanted[0][0].order, wanted[0][0].location, world.now()
    made = Fulfillment(world.mint("Fulfillment"), order, len(order.fulfillments) + 1, place, now, now)
    made.tracking, made.app, made.origin = tracking, app, origin
    units_by_line: dict[int, int] = defaultdict(int)
    for one, parts in wanted:
        chosen = parts if parts is not None else [(x, x.remaining_quantity) for x in one.lines if x.remaining_quantity]
        for line, units in chosen:
            line.remaining_quantity -= units
            line.line.fulfilled += units
            units_by_line[line.line.id] += units
            made.sources.append((line, units))
            routing.uncommit(world, line.line, place.id, units, restock=False, cause="fulfilled")
        _settle(world, one, made)
    for number, units in units_by_line.items():
        made.lines.append(FulfillmentLine(world.mint("FulfillmentLineItem"), world.lines[number], units))
    order.fulfillments.append(made)
    world.fulfillments[made.id] = made
    _log(world, "fulfillment_created", made)
    world.emit("fulfillments/create", made)
    touch(world, order, _topic(order))
    return made


def _settle(world: World, one: FulfillmentOrder, made: Fulfillment) -> None:
    one.fulfillments.append(made)
    made.fulfillment_orders.append(one)
    one.updated_at = world.now()
    one.status = "IN_PROGRESS" if one.remaining else "CLOSED"


def _topic(order: Order) -> str:
    left = any(line.unfulfilled_quantity > 0 for line in order.lines)
    return "orders/partially_fulfilled" if left else "orders/fulfilled"


def cancel(world: World, made: Fulfillment) -> None:
    """Takes a fulfillment back: units are committed again and wait in a fulfillment order. Repeating it does nothing."""
    if made.status == "CANCELLED":
        return
    made.status = made.display_status = "CANCELLED"
    made.display_status = "CANCELED"
    made.updated_at = world.now()
    by_order: dict[int, FulfillmentOrder] = {}
    for line, units in made.sources:
        line.line.fulfilled -= units
        if line.line.variant is not None and made.location is not None:
            level = line.line.variant.item.levels[made.location.id]
            ref = gid("Order", made.order.id)
            change(world, level, {"committed": units}, cause="fulfillment cancelled", ref=ref)
        _give_back(world, made, line.parent, by_order, line, units)
    _log(world, "fulfillment_cancelled", made)
    world.emit("fulfillments/update", made)
    touch(world, made.order)


def _give_back(
    world: World, made: Fulfillment, old: FulfillmentOrder, fresh: dict[int, FulfillmentOrder], line: Any, units: int
) -> None:
    if world.choose("fulfillment_cancel") == "reopen" or old.is_open:
        line.remaining_quantity += units
        old.status = "IN_PROGRESS" if old.progress else "OPEN"
        old.updated_at = world.now()
        return
    line.total_quantity -= units
    if old.id not in fresh:
        fresh[old.id] = routing.new_fulfillment_order(world, made.order, old.location, method=old.method, like=old)
    routing.add_line(world, fresh[old.id], line.line, units)


def set_tracking(world: World, made: Fulfillment, rows: list[Tracking]) -> None:
    """Replaces all tracking; accepted even on a cancelled fulfillment."""
    made.tracking = rows
    made.updated_at = world.now()
    _log(world, "tracking_updated", made)
    world.emit("fulfillments/update", made)
    touch(world, made.order)


def add_event(world: World, made: Fulfillment, given: Mapping[str, Any], happened_at: datetime) -> FulfillmentEvent:
    """Adds what a carrier reported; it moves the display status. Repeating it adds it again."""
    place = {key: given.get(key) for key in ("address1", "city", "country", "province", "zip", "latitude", "longitude")}
    event = FulfillmentEvent(
        world.mint("FulfillmentEvent"), given["status"], happened_at, world.now(), given.get("message"), place
    )
    made.events.append(event)
    world.fulfillment_events[event.id] = event
    made.display_status, made.updated_at = DISPLAY[event.status], world.now()
    _log(world, "fulfillment_event", made, status=event.status)
    world.emit("fulfillment_events/create", made, event)
    world.emit("fulfillments/update", made)
    return event


def _log(world: World, kind: str, made: Fulfillment, **more: Any) -> None:
    world.log(
        kind,
        order=gid("Order", made.order.id),
        fulfillment=gid("Fulfillment", made.id),
        location=gid("Location", made.location.id) if made.location else None,
        lines={gid("LineItem", x.line.id): x.quantity for x in made.lines},
        tracking=[x.number for x in made.tracking],
        app=made.app.title if made.app else None,
        **more,
    )
