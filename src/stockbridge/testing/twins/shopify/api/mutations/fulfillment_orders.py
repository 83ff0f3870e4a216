"""Moving, splitting, holding and otherwise steering fulfillment orders."""

from typing import Any

from stockbridge.testing.twins.shopify.api.fields.visible import visible
from stockbridge.testing.twins.shopify.api.mutations.fulfillments import parts_of
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.model import fulfillment_orders as rules
from stockbridge.testing.twins.shopify.model.world import problem
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder, Hold

Args = dict[str, Any]
MISSING = "Fulfillment order does not exist."


def _find(context: Any, text: str) -> FulfillmentOrder | None:
    one: FulfillmentOrder | None = find(context, text, "FulfillmentOrder")
    return one if one is not None and visible(one, context) else None


def _no(names: str, message: str, code: str | None = None, path: list[str] | None = None) -> Args:
    return {**dict.fromkeys(names.split()), "userErrors": [problem(path or ["id"], message, code)]}


def move(source: Any, args: Args, context: Any) -> Args:
    """Moves to another location; a partial move makes a new fulfillment order."""
    names = "movedFulfillmentOrder originalFulfillmentOrder remainingFulfillmentOrder"
    one = _find(context, args["id"])
    if one is None:
        return _no(names, MISSING)
    parts = parts_of(context, args.get("fulfillmentOrderLineItems"))
    if parts is not None and any(line is None for line, _ in parts):
        return _no(names, "Fulfillment order line item does not exist.", path=["fulfillmentOrderLineItems"])
    place = find(context, args["newLocationId"], "Location")
    moved, rest, errors = rules.move(context.world, one, place, parts)
    return {
        "movedFulfillmentOrder": moved,
        "originalFulfillmentOrder": one if not errors else None,
        "remainingFulfillmentOrder": rest,
        "userErrors": errors,
    }


def split(source: Any, args: Args, context: Any) -> Args:
    """Splits several fulfillment orders, all or none."""
    work: list[tuple[FulfillmentOrder, list[rules.Part]]] = []
    errors: list[Args] = []
    for index, row in enumerate(args["fulfillmentOrderSplits"]):
        path = ["fulfillmentOrderSplits", str(index)]
        one = _find(context, row["fulfillmentOrderId"])
        parts = parts_of(context, row["fulfillmentOrderLineItems"])
        if one is None:
            errors.append(problem([*path, "fulfillmentOrderId"], MISSING, "FULFILLMENT_ORDER_NOT_FOUND"))
        elif parts is None:
            text = "No line items were provided to split."
            errors.append(problem([*path, "fulfillmentOrderLineItems"], text, "NO_LINE_ITEMS_PROVIDED_TO_SPLIT"))
        elif rules.check_parts(one, parts) or sum(n for _, n in parts) >= one.remaining or one.status != "OPEN":
            text = "Invalid fulfillment order line item quantity requested."
            errors.append(problem([*path, "fulfillmentOrderLineItems"], text, "INVALID_LINE_ITEM_QUANTITY"))
        else:
            work.append((one, parts))
    if errors:
        return {"fulfillmentOrderSplits": None, "userErrors": errors}
    rows = []
    for one, parts in work:
        made = rules.split(context.world, one, parts)
        rows.append({"fulfillmentOrder": one, "remainingFulfillmentOrder": made, "replacementFulfillmentOrder": None})
    return {"fulfillmentOrderSplits": rows, "userErrors": []}


def hold(source: Any, args: Args, context: Any) -> Args:
    """Holds it, or a part of it after a split."""
    names, given = "fulfillmentHold fulfillmentOrder remainingFulfillmentOrder", args["fulfillmentHold"]
    one = _find(context, args["id"])
    if one is None:
        return _no(names, MISSING, "FULFILLMENT_ORDER_NOT_FOUND")
    parts = parts_of(context, given.get("fulfillmentOrderLineItems"))
    if parts is not None and (any(line is None for line, _ in parts) or rules.check_parts(one, parts)):
        text = "The line item quantity is invalid."
        path = ["fulfillmentHold", "fulfillmentOrderLineItems"]
        return _no(names, text, "INVALID_LINE_ITEM_QUANTITY", path)
    made = rules.hold_by(context.world, context.app, given["reason"], given.get("handle"), given.get("reasonNotes"))
    made.external_id = given.get("externalId")
    rest, errors = rules.hold(context.world, one, made, parts)
    return {
        "fulfillmentHold": None if errors else made,
        "fulfillmentOrder": None if errors else one,
        "remainingFulfillmentOrder": rest,
        "userErrors": errors,
    }


def release(source: Any, args: Args, context: Any) -> Args:
    """Releases the named holds; without names, all of them, other apps' included (trap 31)."""
    one = _find(context, args["id"])
    if one is None:
        return _no("fulfillmentOrder", MISSING, "FULFILLMENT_ORDER_NOT_FOUND")
    rules.release(context.world, one, _chosen(one.holds, args))
    return {"fulfillmentOrder": one, "userErrors": []}


def _chosen(holds: list[Hold], args: Args) -> list[Hold]:
    ids, external = args.get("holdIds"), args.get("externalId")
    if ids is None and external is None:
        return list(holds)
    return [
        one
        for one in holds
        if (ids is not None and f"gid://shopify/FulfillmentHold/{one.id}" in ids)
        or (external is not None and one.external_id == external)
    ]


def open_(source: Any, args: Args, context: Any) -> Args:
    """Marks it as open again."""
    one = _find(context, args["id"])
    if one is None:
        return _no("fulfillmentOrder", MISSING)
    errors = rules.mark_open(context.world, one)
    return {"fulfillmentOrder": None if errors else one, "userErrors": errors}


def progress(source: Any, args: Args, context: Any) -> Args:
    """Reports that picking or packing has begun."""
    one = _find(context, args["id"])
    if one is None:
        return _no("fulfillmentOrder", MISSING, "FULFILLMENT_ORDER_NOT_FOUND")
    errors = rules.report_progress(context.world, one, (args.get("progressReport") or {}).get("reasonNotes"))
    return {"fulfillmentOrder": None if errors else one, "userErrors": errors}


def cancel(source: Any, args: Args, context: Any) -> Args:
    """Closes it and opens a replacement."""
    one = _find(context, args["id"])
    if one is None:
        return _no("fulfillmentOrder replacementFulfillmentOrder", MISSING)
    made, errors = rules.cancel(context.world, one)
    return {"fulfillmentOrder": None if errors else one, "replacementFulfillmentOrder": made, "userErrors": errors}


def merge(source: Any, args: Args, context: Any) -> Args:
    """Puts open siblings at one place together, all merges or none."""
    work: list[list[FulfillmentOrder]] = []
    errors: list[Args] = []
    for index, row in enumerate(args["fulfillmentOrderMergeInputs"]):
        path = ["fulfillmentOrderMergeInputs", str(index), "mergeIntents"]
        rows = [_find(context, x["fulfillmentOrderId"]) for x in row["mergeIntents"]]
        known = [x for x in rows if x is not None]
        if len(known) < len(rows):
            errors.append(problem(path, MISSING, "FULFILLMENT_ORDER_NOT_FOUND"))
        elif len({x.id for x in known}) < max(2, len(known)):
            errors.append(problem(path, "Must have at least two different fulfillment orders.", "GREATER_THAN"))
        elif any(x not in rules.mergeable(known[0]) for x in known[1:]) or known[0].status != "OPEN":
            errors.append(problem(path, "Fulfillment orders must be open and at the same location."))
        elif any(_partial(context, x) for x in row["mergeIntents"]):
            errors.append(problem(path, "The line item quantity is invalid.", "INVALID_LINE_ITEM_QUANTITY"))
        else:
            work.append(known)
    if errors:
        return {"fulfillmentOrderMerges": None, "userErrors": errors}
    rows_made = [{"fulfillmentOrder": rules.merge(context.world, known)} for known in work]
    return {"fulfillmentOrderMerges": rows_made, "userErrors": []}


def _partial(context: Any, intent: Args) -> bool:
    """Whether an intent names other units than all that are left: the twin merges whole ones only."""
    parts = parts_of(context, intent.get("fulfillmentOrderLineItems"))
    one = _find(context, intent["fulfillmentOrderId"])
    if parts is None or one is None:
        return False
    return any(line is None for line, _ in parts) or {x.id: n for x, n in parts} != {
        x.id: x.remaining_quantity for x in one.lines if x.remaining_quantity
    }


def reroute(source: Any, args: Args, context: Any) -> Args:
    """Lets the shop choose another location that stocks everything."""
    rows = [_find(context, x) for x in args["fulfillmentOrderIds"]]
    known = [x for x in rows if x is not None]
    refusal = _reroute_problem(rows)
    if refusal is None:
        given, barred = args.get("includedLocationIds"), args.get("excludedLocationIds") or ()
        for place in context.world.active_locations():
            name = f"gid://shopify/Location/{place.id}"
            if place is known[0].location or name in barred or (given is not None and name not in given):
                continue
            if all(rules.stocks(line, place) for one in known for line in one.lines):
                moved = [rules.move(context.world, one, place, None)[0] for one in known]
                return {"movedFulfillmentOrders": moved, "userErrors": []}
        refusal = ("No other location can fulfill these.", "CANNOT_REASSIGN_LOCATION_FOR_FULFILLMENT_ORDERS")
    return {"movedFulfillmentOrders": None, "userErrors": [problem(["fulfillmentOrderIds"], *refusal)]}


def _reroute_problem(rows: list[FulfillmentOrder | None]) -> tuple[str, str] | None:
    known = [x for x in rows if x is not None]
    if not rows:
        return "No fulfillment orders were given.", "NO_FULFILLMENT_ORDER_IDS"
    if len(known) < len(rows):
        return MISSING, "FULFILLMENT_ORDER_NOT_FOUND"
    if len({x.order.id for x in known}) > 1:
        return "Fulfillment orders must belong to the same order.", "FULFILLMENT_ORDERS_NOT_FROM_THE_SAME_ORDER"
    if len({x.location.id for x in known}) > 1:
        return "Fulfillment orders must be at the same location.", "FULFILLMENT_ORDERS_MUST_BELONG_TO_SAME_LOCATION"
    if any(x.progress for x in known):
        return "Progress was reported.", "CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS"
    if any(x.status != "OPEN" or x.request_status == "SUBMITTED" for x in known):
        return "Fulfillment orders must be open.", "FULFILLMENT_ORDERS_STATE_NOT_SUPPORTED"
    return None


MUTATIONS: dict[str, Any] = {
    "fulfillmentOrderMove": move,
    "fulfillmentOrderSplit": split,
    "fulfillmentOrderHold": hold,
    "fulfillmentOrderReleaseHold": release,
    "fulfillmentOrderOpen": open_,
    "fulfillmentOrderReportProgress": progress,
    "fulfillmentOrderCancel": cancel,
    "fulfillmentOrderMerge": merge,
    "fulfillmentOrdersReroute": reroute,
}
