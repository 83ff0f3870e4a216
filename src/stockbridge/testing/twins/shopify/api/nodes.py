"""Finding records by global id."""

from collections.abc import Mapping
from typing import Any

from stockbridge.testing.twins.shopify.api.errors import ApiError, invalid_id
from stockbridge.testing.twins.shopify.model.ids import parse_gid
from stockbridge.testing.twins.shopify.model.world import World

_TABLES = {
    "Customer": "customers",
    "Fulfillment": "fulfillments",
    "FulfillmentEvent": "fulfillment_events",
    "FulfillmentOrder": "fulfillment_orders",
    "FulfillmentOrderLineItem": "fulfillment_order_lines",
    "InventoryItem": "items",
    "InventoryLevel": "levels",
    "LineItem": "lines",
    "Location": "locations",
    "Order": "orders",
    "Product": "products",
    "ProductVariant": "variants",
    "Refund": "refunds",
    "Return": "returns",
}


def find(context: Any, text: str, kind: str | None = None) -> Any:
    """The record with this id, or None. Raises ApiError if the id is malformed or of another kind."""
    found = parse_gid(text)
    if found is None or found[1] == 0 or (kind is not None and found[0] != kind):
        raise invalid_id(text)
    name, number, _ = found
    if name == "Shop":
        return context.world.shop if context.world.shop.id == number else None
    if name == "WebhookSubscription":
        return context.emitter.subscriptions.get(number)
    if name == "BulkOperation":
        return context.bulk.get(text)
    if name not in _TABLES:
        if kind is None:
            raise invalid_id(text)
        return None
    return table(context.world, name).get(number)


def table(world: World, kind: str) -> Mapping[int, Any]:
    """All records of one GraphQL type, by number."""
    found: Mapping[int, Any] = getattr(world, _TABLES[kind])
    return found


def need(context: Any, text: str, kind: str) -> Any:
    """The record, for arguments that must exist. Raises ApiError if it does not."""
    found = find(context, text, kind)
    if found is None:
        raise ApiError(f"{kind} does not exist", "RESOURCE_NOT_FOUND")
    return found
