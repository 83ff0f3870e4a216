"""Which payload belongs to which topic; payloads about stock, catalogue, locations and fulfillment."""

from typing import Any

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.levels import level_gid
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Level, Product, Variant
from stockbridge.testing.twins.shopify.records.fulfillment import (
    Fulfillment,
    FulfillmentEvent,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Hold,
)
from stockbridge.testing.twins.shopify.records.orders import Line, Order, Return
from stockbridge.testing.twins.shopify.records.places import Location
from stockbridge.testing.twins.shopify.webhooks.bits import address, amount, stamp
from stockbridge.testing.twins.shopify.webhooks.order_payloads import line_payload, order_payload, refund_payload
from stockbridge.testing.twins.shopify.webhooks.request_payloads import REQUESTS

Part = tuple[FulfillmentOrderLine, int]


def render(world: World, topic: str, subject: tuple[Any, ...]) -> Any:
    """The payload of one topic about one subject, as plain JSON values."""
    resource, _, _event = topic.partition("/")
    if topic in _SPECIAL:
        return _SPECIAL[topic](world, *subject)
    if resource == "fulfillment_orders":
        return {"fulfillment_order": _short(subject[0])}
    return _PLAIN[resource](world, *subject)


def level_payload(world: World, one: Level) -> dict[str, Any]:
    """``inventory_levels/update`` and ``connect``: no cause, no delta, no app."""
    return {
        "inventory_item_id": one.item.id,
        "location_id": one.location_id,
        "available": one.available,
        "updated_at": stamp(one.updated_at, world.shop.timezone),
        "admin_graphql_api_id": level_gid(one),
    }


def _disconnected(world: World, one: Level) -> dict[str, Any]:
    return {"inventory_item_id": one.item.id, "location_id": one.location_id}


def item_payload(world: World, one: InventoryItem) -> dict[str, Any]:
    """``inventory_items/*``: the SKU, but no variant."""
    zone = world.shop.timezone
    return {
        "id": one.id,
        "sku": one.sku,
        "created_at": stamp(one.created_at, zone),
        "updated_at": stamp(one.updated_at, zone),
        "requires_shipping": one.requires_shipping,
        "cost": amount(one.cost) if one.cost is not None else None,
        "country_code_of_origin": one.country_code_of_origin,
        "province_code_of_origin": one.province_code_of_origin,
        "harmonized_system_code": one.harmonized_system_code,
        "tracked": one.tracked,
        "country_harmonized_system_codes": [],
        "weight_value": one.weight_kg,
        "weight_unit": "kg",
        "admin_graphql_api_id": gid("InventoryItem", one.id),
    }


def product_payload(world: World, one: Product) -> dict[str, Any]:
    """``products/*``: the product with all its variants."""
    zone = world.shop.timezone
    return {
        "admin_graphql_api_id": gid("Product", one.id),
        "body_html": None,
        "created_at": stamp(one.created_at, zone),
        "handle": one.handle,
        "id": one.id,
        "product_type": one.product_type,
        "published_at": stamp(one.created_at, zone),
        "template_suffix": None,
        "title": one.title,
        "updated_at": stamp(one.updated_at, zone),
        "vendor": one.vendor,
        "status": one.status.lower(),
        "published_scope": "web",
        "tags": ", ".join(one.tags),
        "variants": [_variant(world, x) for x in one.variants],
        "options": [],
        "images": [],
        "image": None,
        "variant_gids": [
            {"admin_graphql_api_id": gid("ProductVariant", x.id), "updated_at": stamp(x.updated_at, zone)} for x in one.variants
        ],
    }


def _variant(world: World, one: Variant) -> dict[str, Any]:
    zone, item = world.shop.timezone, one.item
    stock = sum(x.available for x in item.levels.values() if x.is_active)
    return {
        "admin_graphql_api_id": gid("ProductVariant", one.id),
        "barcode": one.barcode,
        "compare_at_price": amount(one.compare_at_price) if one.compare_at_price is not None else None,
        "created_at": stamp(one.created_at, zone),
        "id": one.id,
        "inventory_policy": one.inventory_policy.lower(),
        "position": one.position,
        "price": amount(one.price),
        "product_id": one.product.id,
        "sku": item.sku,
        "taxable": one.taxable,
        "title": one.title,
        "updated_at": stamp(one.updated_at, zone),
        "option1": one.title,
        "option2": None,
        "option3": None,
        "image_id": None,
        "inventory_item_id": item.id,
        "inventory_quantity": stock,
        "old_inventory_quantity": stock,
    }


def location_payload(world: World, one: Location) -> dict[str, Any]:
    """``locations/*``."""
    zone, at = world.shop.timezone, one.address
    return {
        "id": one.id,
        "name": one.name,
        "address1": at.address1,
        "address2": at.address2,
        "city": at.city,
        "zip": at.zip,
        "province": at.province,
        "country": at.country_code,
        "phone": at.phone,
        "created_at": stamp(one.created_at, zone),
        "updated_at": stamp(one.updated_at, zone),
        "country_code": at.country_code,
        "country_name": at.country,
        "province_code": at.province_code,
        "legacy": one.service is not None,
        "active": one.is_active,
        "admin_graphql_api_id": gid("Location", one.id),
    }


def fulfillment_payload(world: World, one: Fulfillment) -> dict[str, Any]:
    """``fulfillments/*``: its name is spelt ``#1001.1`` here and ``#1001-F1`` in GraphQL."""
    zone, order = world.shop.timezone, one.order
    numbers = [x.number for x in one.tracking if x.number]
    urls = [x.url for x in one.tracking if x.url]
    status = {"SUCCESS": "success", "CANCELLED": "cancelled"}[one.status]
    return {
        "id": one.id,
        "order_id": order.id,
        "status": status,
        "created_at": stamp(one.created_at, zone),
        "service": "manual",
        "updated_at": stamp(one.updated_at, zone),
        "tracking_company": one.tracking[0].company if one.tracking else None,
        "shipment_status": one.events[-1].status.lower() if one.events else None,
        "location_id": one.location.id if one.location else None,
        "origin_address": one.origin,
        "email": order.email,
        "destination": address(order.shipping_address),
        "line_items": [{**line_payload(order, x.line), "quantity": x.quantity} for x in one.lines],
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "receipt": {},
        "name": f"{order.name}.{one.number}",
        "admin_graphql_api_id": gid("Fulfillment", one.id),
    }


def _short(one: FulfillmentOrder) -> dict[str, Any]:
    return {"id": gid("FulfillmentOrder", one.id), "status": one.status.lower()}


def _placed(one: FulfillmentOrder) -> dict[str, Any]:
    return {**_short(one), "assigned_location_id": gid("Location", one.location.id)}


def _parts(parts: list[Part]) -> list[dict[str, Any]]:
    return [{"id": gid("FulfillmentOrderLineItem", line.id), "quantity": units} for line, units in parts]


def _moved(world: World, one: FulfillmentOrder, moved: FulfillmentOrder, source: Location, parts: list[Part]) -> dict[str, Any]:
    return {
        "original_fulfillment_order": _placed(one),
        "moved_fulfillment_order": _placed(moved),
        "destination_location_id": gid("Location", moved.location.id),
        "fulfillment_order_line_items_requested": _parts(parts),
        "source_location": {"id": gid("Location", source.id)},
    }


def _split(world: World, one: FulfillmentOrder, made: FulfillmentOrder, parts: list[Part]) -> dict[str, Any]:
    return {
        "split_line_items": _parts(parts),
        "fulfillment_order": _short(one),
        "remaining_fulfillment_order": _short(made),
        "replacement_fulfillment_order": None,
    }


def _cancelled(world: World, one: FulfillmentOrder, made: FulfillmentOrder) -> dict[str, Any]:
    return {"fulfillment_order": _short(one), "replacement_fulfillment_order": _short(made)}


def _hold(one: Hold, mine: Any) -> dict[str, Any]:
    return {
        "id": gid("FulfillmentHold", one.id),
        "reason": one.reason.lower(),
        "reason_notes": one.notes,
        "held_by_requesting_app": one.app is not None and one.app is mine,
        "handle": one.handle,
        "held_by_app": {"id": gid("App", one.app.id)} if one.app else None,
    }


def _held(world: World, one: FulfillmentOrder, rest: FulfillmentOrder | None, made: Hold) -> dict[str, Any]:
    return {
        "fulfillment_order": {**_short(one), "fulfillment_holds": [_hold(x, world.app) for x in one.holds]},
        "remaining_fulfillment_order": _short(rest) if rest else None,
        "held_fulfillment_order_line_items": _parts([(x, x.remaining_quantity) for x in one.lines]),
        "created_fulfillment_hold": _hold(made, world.app),
    }


def _progress(world: World, one: FulfillmentOrder, before: str, notes: str | None) -> dict[str, Any]:
    report = {"reason_notes": notes, "progress_reported_by_app": {"id": gid("App", world.app.id)}}
    report["progress_reported_by_user"] = None
    return {"fulfillment_order": _short(one), "progress_report": report, "initial_status": before.lower()}


def _stopped(world: World, one: FulfillmentOrder) -> dict[str, Any]:
    by = {"id": gid("App", world.app.id)}
    return {"fulfillment_order": _short(one), "progress_stopped_by_app": by, "progress_stopped_by_user": None}


def _edited(world: World, order: Order, additions: list[tuple[Line, int]], removals: list[tuple[Line, int]]) -> dict[str, Any]:
    lines = {
        "additions": [{"id": line.id, "delta": units} for line, units in additions],
        "removals": [{"id": line.id, "delta": units} for line, units in removals],
    }
    return {
        "order_edit": {
            "id": world.mint("OrderEdit"),
            "app_id": None,
            "created_at": stamp(world.now(), world.shop.timezone),
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": "",
            "user_id": None,
            "line_items": lines,
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def _event(world: World, one: Fulfillment, event: FulfillmentEvent) -> dict[str, Any]:
    zone = world.shop.timezone
    return {
        "id": event.id,
        "fulfillment_id": one.id,
        "status": event.status.lower(),
        "message": event.message,
        "happened_at": stamp(event.happened_at, zone),
        **{key: event.place.get(key) for key in ("city", "province", "country", "zip", "address1", "latitude", "longitude")},
        "shop_id": world.shop.id,
        "created_at": stamp(event.created_at, zone),
        "updated_at": stamp(event.created_at, zone),
        "estimated_delivery_at": stamp(event.estimated_delivery_at, zone),
        "order_id": one.order.id,
        "admin_graphql_api_id": gid("FulfillmentEvent", event.id),
    }


def _return(world: World, one: Return) -> dict[str, Any]:
    order = one.order
    return {
        "id": one.id,
        "admin_graphql_api_id": gid("Return", one.id),
        "status": one.status.lower(),
        "name": one.name,
        "order": {"id": order.id, "admin_graphql_api_id": gid("Order", order.id)},
        "total_return_line_items": len(one.lines),
        "return_line_items": [
            {
                "id": x.id,
                "admin_graphql_api_id": gid("ReturnLineItem", x.id),
                "quantity": x.quantity,
                "return_reason": x.reason,
                "return_reason_note": x.note,
                "fulfillment_line_item": {"line_item": {"id": x.line.id, "admin_graphql_api_id": gid("LineItem", x.line.id)}},
            }
            for x in one.lines
        ],
    }


def _bulk(world: World, one: Any) -> dict[str, Any]:
    zone = world.shop.timezone
    return {
        "admin_graphql_api_id": gid("BulkOperation", one.id),
        "completed_at": stamp(one.completed_at, zone),
        "created_at": stamp(one.created_at, zone),
        "error_code": one.error_code,
        "status": one.status.lower(),
        "type": one.type.lower(),
    }


_PLAIN: dict[str, Any] = {
    "orders": order_payload,
    "refunds": refund_payload,
    "inventory_levels": level_payload,
    "inventory_items": item_payload,
    "products": product_payload,
    "locations": location_payload,
    "fulfillments": fulfillment_payload,
    "returns": _return,
    "bulk_operations": _bulk,
}
_SPECIAL: dict[str, Any] = {
    **REQUESTS,
    "inventory_levels/disconnect": _disconnected,
    "orders/edited": _edited,
    "fulfillment_events/create": _event,
    "fulfillment_orders/moved": _moved,
    "fulfillment_orders/split": _split,
    "fulfillment_orders/cancelled": _cancelled,
    "fulfillment_orders/placed_on_hold": _held,
    "fulfillment_orders/progress_reported": _progress,
    "fulfillment_orders/manually_reported_progress_stopped": _stopped,
}
