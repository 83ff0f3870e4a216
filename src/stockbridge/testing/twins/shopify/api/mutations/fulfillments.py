"""fulfillmentCreate, fulfillmentCancel, fulfillmentTrackingInfoUpdate, fulfillmentEventCreate: no codes, no idempotency."""

from datetime import datetime
from typing import Any

from stockbridge.testing.twins.shopify.api.fields.visible import visible
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.model import fulfillments
from stockbridge.testing.twins.shopify.model.fulfillment_orders import Part
from stockbridge.testing.twins.shopify.model.world import problem
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder

Args = dict[str, Any]


def _failed(message: str, path: list[str] | None = None, name: str = "fulfillment") -> Args:
    return {name: None, "userErrors": [problem(path or ["fulfillment"], message)]}


def create(source: Any, args: Args, context: Any) -> Args:
    """Records a shipment. Checks run in Shopify's order: quantities, existence, same order and place, per line."""
    given = args["fulfillment"]
    asked = given["lineItemsByFulfillmentOrder"]
    for n, group in enumerate(asked):
        for m, row in enumerate(group.get("fulfillmentOrderLineItems") or ()):
            if row["quantity"] <= 0:
                path = ["fulfillment", "lineItemsByFulfillmentOrder", str(n), "fulfillmentOrderLineItems", str(m), "quantity"]
                return _failed("Quantity must be greater than 0", path)
    wanted: list[tuple[FulfillmentOrder, list[Part] | None]] = []
    for group in asked:
        one = find(context, group["fulfillmentOrderId"], "FulfillmentOrder")
        if one is None or not visible(one, context):
            return _failed("Fulfillment order does not exist.")
        parts = parts_of(context, group.get("fulfillmentOrderLineItems"))
        if parts is not None and any(line is None for line, _ in parts):
            return _failed("Fulfillment order line item does not exist.")
        wanted.append((one, parts))
    if not wanted:
        return _failed("Line items by fulfillment order can't be blank")
    refusal = fulfillments.refusal(context.world, wanted)
    if refusal is not None:
        return _failed(refusal)
    made = fulfillments.create(
        context.world,
        wanted,
        tracking=fulfillments.parcels(given.get("trackingInfo")),
        app=context.app,
        origin=given.get("originAddress"),
    )
    return {"fulfillment": made, "userErrors": []}


def parts_of(context: Any, rows: list[Args] | None) -> list[Part] | None:
    """Lines with quantities; None means everything. An unknown line is None in its pair."""
    if not rows:
        return None
    return [(find(context, one["id"], "FulfillmentOrderLineItem"), one["quantity"]) for one in rows]


def cancel(source: Any, args: Args, context: Any) -> Args:
    """Takes a fulfillment back; a repetition succeeds silently."""
    made = find(context, args["id"], "Fulfillment")
    if made is None:
        return _failed("Fulfillment not found.", ["id"])
    fulfillments.cancel(context.world, made)
    return {"fulfillment": made, "userErrors": []}


def tracking(source: Any, args: Args, context: Any) -> Args:
    """Replaces all tracking of a fulfillment."""
    made = find(context, args["fulfillmentId"], "Fulfillment")
    if made is None:
        return _failed("Fulfillment does not exist.", ["fulfillmentId"])
    fulfillments.set_tracking(context.world, made, fulfillments.parcels(args["trackingInfoInput"]))
    return {"fulfillment": made, "userErrors": []}


def event(source: Any, args: Args, context: Any) -> Args:
    """Adds a carrier's event; not idempotent."""
    given = args["fulfillmentEvent"]
    made = find(context, given["fulfillmentId"], "Fulfillment")
    if made is None:
        return _failed("Fulfillment does not exist.", ["fulfillmentEvent", "fulfillmentId"], "fulfillmentEvent")
    happened = given.get("happenedAt")
    at = datetime.fromisoformat(happened.replace("Z", "+00:00")) if happened else context.world.now()
    return {"fulfillmentEvent": fulfillments.add_event(context.world, made, given, at), "userErrors": []}


MUTATIONS: dict[str, Any] = {
    "fulfillmentCreate": create,
    "fulfillmentCancel": cancel,
    "fulfillmentTrackingInfoUpdate": tracking,
    "fulfillmentEventCreate": event,
}
