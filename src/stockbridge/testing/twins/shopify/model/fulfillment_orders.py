"""What may be done with a fulfillment order: move, split, hold, release, report progress, cancel.

Source: fact sheet sections F.1 to F.3 (recorded responses of 2026-04 and 2026-07 shops).
"""

from collections import Counter
from typing import Any

from stockbridge.testing.twins.shopify.model import routing
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.orders import touch
from stockbridge.testing.twins.shopify.model.world import World, problem
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder, FulfillmentOrderLine, Hold
from stockbridge.testing.twins.shopify.records.places import App, Location

Part = tuple[FulfillmentOrderLine, int]
Errors = list[dict[str, Any]]


#: What an order at a service allows once it was asked for (inferred: fact sheet F.5 says what is accepted, not what is listed).
ASKED = {
    "SUBMITTED": ("CANCEL_FULFILLMENT_ORDER", "CREATE_FULFILLMENT"),
    "ACCEPTED": ("CREATE_FULFILLMENT", "REQUEST_CANCELLATION"),
    "CANCELLATION_REQUESTED": ("CREATE_FULFILLMENT",),
    "CANCELLATION_REJECTED": ("CREATE_FULFILLMENT", "REQUEST_CANCELLATION"),
}


def supported_actions(one: FulfillmentOrder) -> list[str]:
    """What this fulfillment order allows now (fact sheet F.2)."""
    service = one.location.service is not None
    if one.status in ("CLOSED", "CANCELLED"):
        return []
    if one.request_status in ASKED:
        return list(ASKED[one.request_status])
    if one.status == "ON_HOLD":
        return ["HOLD", "MOVE", "RELEASE_HOLD"]
    if one.status == "IN_PROGRESS":
        return ["CREATE_FULFILLMENT", "HOLD", "MARK_AS_OPEN", "REPORT_PROGRESS"]
    if one.status == "INCOMPLETE":
        return ["CREATE_FULFILLMENT", "HOLD", "MOVE", "REQUEST_FULFILLMENT"]
    actions = ["CREATE_FULFILLMENT", "HOLD", "MOVE", "REQUEST_FULFILLMENT" if service else "REPORT_PROGRESS"]
    if one.remaining > 1:
        actions.append("SPLIT")
    if mergeable(one):
        actions.append("MERGE")
    return actions


def mergeable(one: FulfillmentOrder) -> list[FulfillmentOrder]:
    """Open siblings at the same location."""
    return [x for x in one.order.fulfillment_orders if x is not one and x.status == "OPEN" and x.location is one.location]


def move_problem(world: World, one: FulfillmentOrder, to: Location | None) -> tuple[str, str | None] | None:
    """Why it cannot move there: message and code, or None."""
    if to is None or not to.is_active:
        return "Location not found.", None
    if one.status in ("CLOSED", "CANCELLED"):
        return "Cannot change location.", None
    if one.progress:
        text = "Cannot move a fulfillment order that has reported progress."
        return text, "CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS"
    if one.request_status in ("SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"):
        return "Cannot move submitted fulfillment order that is at a 3PL fulfillment service.", None
    return None


def stocks(line: FulfillmentOrderLine, place: Location) -> bool:
    """Whether the item may be shipped from there at all."""
    if line.line.variant is None or not line.line.variant.item.tracked:
        return True
    level = line.line.variant.item.levels.get(place.id)
    return level is not None and level.is_active


def move(
    world: World, one: FulfillmentOrder, to: Location | None, parts: list[Part] | None
) -> tuple[FulfillmentOrder | None, FulfillmentOrder | None, Errors]:
    """Moves all or some units. Gives (moved, remaining, errors); a full move keeps the id, a partial one makes a new."""
    found = move_problem(world, one, to)
    if found is not None or to is None:
        text, code = found or ("Location not found.", None)
        return None, None, [problem(["id"] if "Location" in text else None, text, code)]
    wanted = parts if parts is not None else [(x, x.remaining_quantity) for x in one.lines if x.remaining_quantity]
    errors = check_parts(one, wanted)
    if errors:
        return None, None, errors
    if not all(stocks(line, to) for line, _ in wanted):
        return None, None, [problem(["id"], "None of the items are stocked at the new location.")]
    if to is one.location:
        return one, None, []
    source = one.location
    for line, units in wanted:
        routing.uncommit(world, line.line, source.id, units, restock=True, cause="fulfillment order moved")
        routing.commit(world, line.line, to.id, units, cause="fulfillment order moved")
    moved, rest = _relocate(world, one, to, wanted)
    moved.updated_at = one.updated_at = world.now()
    _log(world, "fulfillment_order_moved", moved, was=gid("FulfillmentOrder", one.id), source=gid("Location", source.id))
    world.emit("fulfillment_orders/moved", one, moved, source, wanted)
    touch(world, one.order)
    return moved, rest, []


def _relocate(
    world: World, one: FulfillmentOrder, to: Location, wanted: list[Part]
) -> tuple[FulfillmentOrder, FulfillmentOrder | None]:
    full = sum(units for _, units in wanted) == one.remaining and not one.fulfillments
    there = next(
        (x for x in one.order.fulfillment_orders if x.location is to and x.status == "OPEN" and x.method == one.method), None
    )
    if full and there is None:
        one.location = to
        return one, None
    target = there or routing.new_fulfillment_order(world, one.order, to, method=one.method, like=one)
    take(world, one, target, wanted)
    if not one.remaining:
        one.status = "CLOSED"
        return target, None
    return target, one


def take(world: World, source: FulfillmentOrder, target: FulfillmentOrder, wanted: list[Part]) -> None:
    """Takes units out of one fulfillment order into new lines of another."""
    for line, units in wanted:
        line.remaining_quantity -= units
        line.total_quantity -= units
        routing.add_line(world, target, line.line, units)
        if not line.total_quantity:
            source.lines.remove(line)


def check_parts(one: FulfillmentOrder, parts: list[Part], code: str | None = None) -> Errors:
    """Lines must belong to it and have that many units left, also when a line is named twice."""
    named: Counter[int] = Counter()
    for line, units in parts:
        named[line.id] += units
        if line.parent is not one or line not in one.lines:
            return [problem(["fulfillmentOrderLineItems"], "Fulfillment order line item does not exist.", code)]
        if units <= 0 or named[line.id] > line.remaining_quantity:
            text = "Invalid fulfillment order line item quantity requested."
            return [problem(["fulfillmentOrderLineItems"], text, code)]
    return []


def split(world: World, one: FulfillmentOrder, parts: list[Part]) -> FulfillmentOrder:
    """Puts the named units into a fulfillment order of their own at the same place; gives the new one."""
    made = routing.new_fulfillment_order(world, one.order, one.location, method=one.method, like=one)
    take(world, one, made, parts)
    one.updated_at = world.now()
    _log(world, "fulfillment_order_split", made, was=gid("FulfillmentOrder", one.id))
    world.emit("fulfillment_orders/split", one, made, parts)
    return made


def merge(world: World, rows: list[FulfillmentOrder]) -> FulfillmentOrder:
    """Puts siblings at one place together again: the first takes the units of all, the others close (webhook sample)."""
    first, others = rows[0], rows[1:]
    intents = [(x, [(y, y.remaining_quantity) for y in x.lines]) for x in rows]
    for one in others:
        for line in [x for x in one.lines if x.remaining_quantity]:
            _join(world, first, line)
        one.status, one.updated_at = "CLOSED", world.now()
    first.updated_at = world.now()
    _log(world, "fulfillment_order_merged", first, others=[gid("FulfillmentOrder", x.id) for x in others])
    world.emit("fulfillment_orders/merged", first, intents)
    touch(world, first.order)
    return first


def _join(world: World, target: FulfillmentOrder, line: FulfillmentOrderLine) -> None:
    units, source = line.remaining_quantity, line.parent
    known = next((x for x in target.lines if x.line is line.line), None)
    if known is None:
        take(world, source, target, [(line, units)])
        return
    known.remaining_quantity += units
    known.total_quantity += units
    line.remaining_quantity -= units
    line.total_quantity -= units
    if not line.total_quantity:
        source.lines.remove(line)


def hold(world: World, one: FulfillmentOrder, made: Hold, parts: list[Part] | None) -> tuple[FulfillmentOrder | None, Errors]:
    """Puts it on hold; a part of it is split off first. Gives (remaining order, errors)."""
    mine = [x for x in one.holds if x.app is made.app]
    if any(x.handle == made.handle for x in mine):
        text = "The handle provided is already in use by this app for another hold on this fulfillment order."
        return None, [problem(["fulfillmentHold", "handle"], text, "DUPLICATE_FULFILLMENT_HOLD_HANDLE")]
    if len(mine) >= 10:
        text = "The maximum number of fulfillment holds for this fulfillment order has been reached for this app."
        return None, [problem(["id"], text, "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")]
    if not one.is_open:
        return None, [problem(["id"], "Fulfillment order is not in a holdable state.")]
    rest: FulfillmentOrder | None = None
    if parts is not None and sum(units for _, units in parts) < one.remaining:
        if one.holds:
            text = "The fulfillment order is not splittable."
            return None, [problem(["fulfillmentHold"], text, "FULFILLMENT_ORDER_NOT_SPLITTABLE")]
        chosen = {line.id: units for line, units in parts}
        others = [(x, x.remaining_quantity - chosen.get(x.id, 0)) for x in one.lines]
        rest = routing.new_fulfillment_order(world, one.order, one.location, method=one.method, like=one)
        take(world, one, rest, [(x, units) for x, units in others if units > 0])
    one.holds.append(made)
    one.status, one.progress, one.updated_at = "ON_HOLD", False, world.now()
    _log(world, "fulfillment_order_held", one, reason=made.reason, handle=made.handle)
    world.emit("fulfillment_orders/placed_on_hold", one, rest, made)
    touch(world, one.order)
    return rest, []


def release(world: World, one: FulfillmentOrder, holds: list[Hold]) -> None:
    """Takes holds off; the last one opens it again."""
    one.holds = [x for x in one.holds if x not in holds]
    if holds and not one.holds and one.status == "ON_HOLD":
        one.status, one.updated_at = "OPEN", world.now()
        _log(world, "fulfillment_order_released", one)
        world.emit("fulfillment_orders/hold_released", one)
        touch(world, one.order)


def report_progress(world: World, one: FulfillmentOrder, notes: str | None) -> Errors:
    """Says that the goods are being picked or packed; blocks moving."""
    if one.status not in ("OPEN", "IN_PROGRESS"):
        text = "The fulfillment order's status does not allow progress to be reported."
        return [problem(["id"], text, "FULFILLMENT_ORDER_STATUS_INVALID")]
    before = one.status
    one.status, one.progress, one.updated_at = "IN_PROGRESS", True, world.now()
    _log(world, "fulfillment_order_progress", one)
    world.emit("fulfillment_orders/progress_reported", one, before, notes)
    return []


def mark_open(world: World, one: FulfillmentOrder) -> Errors:
    """Undoes reported progress (or opens a scheduled one)."""
    if one.status not in ("IN_PROGRESS", "SCHEDULED"):
        return [problem(["id"], "The fulfillment order must be in progress or scheduled.")]
    one.status, one.progress, one.updated_at = "OPEN", False, world.now()
    _log(world, "fulfillment_order_opened", one)
    world.emit("fulfillment_orders/manually_reported_progress_stopped", one)
    return []


def cancel(world: World, one: FulfillmentOrder) -> tuple[FulfillmentOrder | None, Errors]:
    """Closes it and puts its units into a replacement."""
    if one.progress:
        text = "Cannot cancel a fulfillment order that has had progress reported."
        return None, [problem(["id"], text, "FULFILLMENT_ORDER_HAS_MANUALLY_REPORTED_PROGRESS")]
    if one.status not in ("OPEN", "SCHEDULED"):
        return None, [problem(["id"], "Fulfillment order is not in cancelable state.")]
    made = routing.new_fulfillment_order(world, one.order, one.location, method=one.method, like=one)
    take(world, one, made, [(x, x.remaining_quantity) for x in list(one.lines) if x.remaining_quantity])
    one.status, one.updated_at = "CLOSED", world.now()
    _log(world, "fulfillment_order_cancelled", made, was=gid("FulfillmentOrder", one.id))
    world.emit("fulfillment_orders/cancelled", one, made)
    return made, []


def hold_by(world: World, app: App | None, reason: str, handle: str | None, notes: str | None) -> Hold:
    """A new hold; without a handle it gets one of its own."""
    number = world.mint("FulfillmentHold")
    return Hold(number, reason, handle or "", notes=notes, app=app)


def _log(world: World, kind: str, one: FulfillmentOrder, **more: Any) -> None:
    world.log(
        kind,
        order=gid("Order", one.order.id),
        fulfillment_order=gid("FulfillmentOrder", one.id),
        location=gid("Location", one.location.id),
        **more,
    )
