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


MUTATIONS: dict[str, Any] = {
    "fulfillmentOrderMove": move,
    "fulfillmentOrderSplit": split,
    "fulfillmentOrderHold": hold,
    "fulfillmentOrderReleaseHold": release,
    "fulfillmentOrderOpen": open_,
    "fulfillmentOrderReportProgress": progress,
    "fulfillmentOrderCancel": cancel,
}
