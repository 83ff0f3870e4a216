"""The root queries."""

from datetime import datetime
from typing import Any

from stockbridge.testing.twins.shopify.api.errors import ApiError
from stockbridge.testing.twins.shopify.api.fields.common import count
from stockbridge.testing.twins.shopify.api.fields.fulfillment import version
from stockbridge.testing.twins.shopify.api.fields.orders import FO_FIELDS
from stockbridge.testing.twins.shopify.api.fields.visible import order_visible, visible
from stockbridge.testing.twins.shopify.api.listing import Page, page
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.api.schema import VERSIONS
from stockbridge.testing.twins.shopify.api.searching import searched
from stockbridge.testing.twins.shopify.model.status import financial_status, fulfillment_status, return_status
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder
from stockbridge.testing.twins.shopify.records.orders import Order

ORDER_FIELDS: dict[str, Any] = {
    "id": lambda one: one.id,
    "name": lambda one: [one.name, str(one.number)],
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "processed_at": lambda one: one.processed_at,
    "email": lambda one: one.email,
    "tag": lambda one: one.tags,
    "test": lambda one: one.test,
    "sku": lambda one: [line.sku for line in one.lines],
    "status": lambda one: _status_words(one),
    "financial_status": lambda one: financial_status(one).lower(),
    "fulfillment_status": lambda one: _fulfillment_words(one),
    "return_status": lambda one: return_status(one).lower(),
    "source_name": lambda one: one.source_name,
    "customer_id": lambda one: one.customer.id if one.customer else None,
    "confirmation_number": lambda one: one.confirmation_number,
    "po_number": lambda one: one.po_number,
    "risk_level": lambda one: one.risk.lower(),
    "location_id": lambda one: one.retail_location.id if one.retail_location else None,
    "fulfillment_location_id": lambda one: [x.location.id for x in one.fulfillment_orders],
    "current_total_price": lambda one: float(one.current_total),
}
ORDER_KNOWN = [
    "cart_token",
    "channel",
    "channel_id",
    "chargeback_status",
    "checkout_token",
    "delivery_method",
    "discount_code",
    "fraud_protection_level",
    "gateway",
    "payment_id",
    "payment_provider_id",
    "reference_location_id",
    "sales_channel",
    "source_identifier",
    "subtotal_line_items_quantity",
    "tag_not",
    "total_weight",
]
ITEM_FIELDS: dict[str, Any] = {
    "id": lambda one: one.id,
    "sku": lambda one: one.sku,
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
}
VARIANT_FIELDS: dict[str, Any] = {
    "id": lambda one: one.id,
    "sku": lambda one: one.item.sku,
    "barcode": lambda one: one.barcode,
    "title": lambda one: one.title,
    "updated_at": lambda one: one.updated_at,
    "product_id": lambda one: one.product.id,
    "product_ids": lambda one: one.product.id,
    "product_status": lambda one: one.product.status,
    "product_type": lambda one: one.product.product_type,
    "vendor": lambda one: one.product.vendor,
    "tag": lambda one: one.product.tags,
    "requires_components": lambda one: one.requires_components,
    "location_id": lambda one: [x.location_id for x in one.item.levels.values() if x.is_active],
}
VARIANT_KNOWN = [
    "collection",
    "delivery_profile_id",
    "exclude_composite",
    "exclude_variants_with_components",
    "gift_card",
    "inventory_quantity",
    "managed",
    "managed_by",
    "product_publication_status",
    "publishable_status",
    "published_status",
    "tag_not",
    "taxable",
]
PRODUCT_FIELDS: dict[str, Any] = {
    "id": lambda one: one.id,
    "title": lambda one: one.title,
    "handle": lambda one: one.handle,
    "status": lambda one: one.status,
    "vendor": lambda one: one.vendor,
    "product_type": lambda one: one.product_type,
    "tag": lambda one: one.tags,
    "sku": lambda one: [x.item.sku for x in one.variants],
    "barcode": lambda one: [x.barcode for x in one.variants],
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
}
PRODUCT_KNOWN = [
    "bundles",
    "category_id",
    "collection_id",
    "gift_card",
    "inventory_total",
    "is_price_reduced",
    "out_of_stock_somewhere",
    "price",
]
LOCATION_FIELDS: dict[str, Any] = {
    "id": lambda one: one.id,
    "location_id": lambda one: one.id,
    "name": lambda one: one.name,
    "active": lambda one: one.is_active,
    "city": lambda one: one.address.city,
    "country": lambda one: [one.address.country, one.address.country_code],
    "province": lambda one: one.address.province,
    "zip": lambda one: one.address.zip,
    "created_at": lambda one: one.created_at,
    "legacy": lambda one: one.service is not None,
}


def _status_words(one: Order) -> list[str]:
    if one.cancelled_at is not None:
        return ["cancelled", "closed"]
    return ["closed"] if one.closed_at is not None else ["open", "not_closed"]


def _fulfillment_words(one: Order) -> list[str]:
    word = fulfillment_status(one)
    names = {
        "FULFILLED": ["fulfilled", "shipped"],
        "PARTIALLY_FULFILLED": ["partial", "unfulfilled"],
        "ON_HOLD": ["on_hold", "unfulfilled", "unshipped"],
        "SCHEDULED": ["scheduled", "unfulfilled", "unshipped"],
    }
    return names.get(word, ["unshipped", "unfulfilled"])


def _by(read: Any) -> Any:
    return lambda one: (read(one), one.id)


_ORDER_KEYS: dict[str, Any] = {
    "CREATED_AT": lambda one: one.created_at,
    "PROCESSED_AT": lambda one: one.processed_at,
    "UPDATED_AT": lambda one: one.updated_at,
    "ORDER_NUMBER": lambda one: one.number,
    "ID": lambda one: one.id,
}


def _sorted_page(rows: list[Any], args: dict[str, Any], read: Any) -> Page:
    key = _by(read)
    return page(sorted(rows, key=key), args, key)


def _seen_orders(args: dict[str, Any], context: Any) -> list[Order]:
    rows = [one for one in context.world.orders.values() if order_visible(one, context)]
    lag = context.world.knobs.search_lag_s
    if lag and args.get("query"):
        now: datetime = context.world.now()
        rows = [one for one in rows if (now - one.updated_at).total_seconds() >= lag]
    return searched(rows, args, context, ORDER_FIELDS, ORDER_KNOWN)


def orders(source: Any, args: dict[str, Any], context: Any) -> Page:
    """Orders the token may see; the search index may lag behind writes."""
    return _sorted_page(_seen_orders(args, context), args, _ORDER_KEYS[args.get("sortKey", "PROCESSED_AT")])


def orders_count(source: Any, args: dict[str, Any], context: Any) -> dict[str, Any]:
    """At most ``limit``, with its precision."""
    found, limit = len(_seen_orders(args, context)), args.get("limit") or 10_000
    return count(found) if found <= limit else {"count": limit, "precision": "AT_LEAST"}


def order(source: Any, args: dict[str, Any], context: Any) -> Order | None:
    found = find(context, args["id"], "Order")
    return found if found is not None and order_visible(found, context) else None


def locations(source: Any, args: dict[str, Any], context: Any) -> Page:
    """Inactive and fulfillment-service locations only when asked for (trap 26)."""
    rows = [
        one
        for one in context.world.locations.values()
        if (one.is_active or args.get("includeInactive")) and (one.service is None or args.get("includeLegacy"))
    ]
    rows = searched(rows, args, context, LOCATION_FIELDS, ("geolocated", "pickup_in_store"))
    return _sorted_page(rows, args, (lambda one: one.name) if args.get("sortKey") == "NAME" else (lambda one: one.id))


def location(source: Any, args: dict[str, Any], context: Any) -> Any:
    """Without an id: the primary location."""
    if args.get("id") is None:
        return next((one for one in context.world.locations.values() if one.is_primary), None)
    return find(context, args["id"], "Location")


def inventory_items(source: Any, args: dict[str, Any], context: Any) -> Page:
    rows = searched(list(context.world.items.values()), args, context, ITEM_FIELDS)
    return _sorted_page(rows, args, lambda one: one.id)


def product_variants(source: Any, args: dict[str, Any], context: Any) -> Page:
    rows = searched(list(context.world.variants.values()), args, context, VARIANT_FIELDS, VARIANT_KNOWN)
    keys: dict[str, Any] = {"SKU": lambda x: x.item.sku or "", "TITLE": lambda x: x.title, "POSITION": lambda x: x.position}
    return _sorted_page(rows, args, keys.get(args.get("sortKey", "ID"), lambda one: one.id))


def products(source: Any, args: dict[str, Any], context: Any) -> Page:
    rows = searched(list(context.world.products.values()), args, context, PRODUCT_FIELDS, PRODUCT_KNOWN)
    keys: dict[str, Any] = {
        "TITLE": lambda x: x.title,
        "CREATED_AT": lambda x: x.created_at,
        "UPDATED_AT": lambda x: x.updated_at,
    }
    return _sorted_page(rows, args, keys.get(args.get("sortKey", "ID"), lambda one: one.id))


def fulfillment_orders(source: Any, args: dict[str, Any], context: Any) -> Page:
    """Open ones only, unless closed ones are asked for."""
    rows = [
        one
        for one in context.world.fulfillment_orders.values()
        if (one.is_open or args.get("includeClosed")) and visible(one, context)
    ]
    rows = searched(rows, args, context, FO_FIELDS)
    by_update = args.get("sortKey") == "UPDATED_AT"
    return _sorted_page(rows, args, (lambda one: one.updated_at) if by_update else (lambda one: one.id))


def assigned_fulfillment_orders(source: Any, args: dict[str, Any], context: Any) -> Page:
    """Those at fulfillment-service locations."""
    wanted = {"FULFILLMENT_REQUESTED": "SUBMITTED", "FULFILLMENT_ACCEPTED": "ACCEPTED"}
    status, places = args.get("assignmentStatus"), args.get("locationIds")
    ids = {find(context, one, "Location").id for one in places} if places else None
    rows = [
        one
        for one in context.world.fulfillment_orders.values()
        if one.location.service is not None
        and (status is None or one.request_status == wanted.get(status, status))
        and (ids is None or one.location.id in ids)
    ]
    return _sorted_page(rows, args, lambda one: one.id)


def fulfillment_order(source: Any, args: dict[str, Any], context: Any) -> FulfillmentOrder | None:
    found = find(context, args["id"], "FulfillmentOrder")
    return found if found is not None and visible(found, context) else None


def node(source: Any, args: dict[str, Any], context: Any) -> Any:
    return _seen(find(context, args["id"]), context)


def nodes(source: Any, args: dict[str, Any], context: Any) -> list[Any]:
    """One answer per id, null where there is nothing to see."""
    return [_seen(find(context, one), context) for one in args["ids"]]


def _seen(found: Any, context: Any) -> Any:
    if isinstance(found, Order) and not order_visible(found, context):
        return None
    if isinstance(found, FulfillmentOrder) and not visible(found, context):
        return None
    return found


def subscriptions(source: Any, args: dict[str, Any], context: Any) -> Page:
    """This app's webhook subscriptions."""
    address, topics = args.get("uri") or args.get("callbackUrl"), args.get("topics")
    rows = [
        one
        for one in context.emitter.subscriptions.values()
        if (not topics or one.topic in topics) and (not address or one.uri == address)
    ]
    return _sorted_page(rows, args, lambda one: one.id)


def job(source: Any, args: dict[str, Any], context: Any) -> Any:
    found = context.world.jobs.get(args["id"].rsplit("/", 1)[-1])
    if found is None:
        raise ApiError(f"Invalid id: {args['id']}", "RESOURCE_NOT_FOUND")
    return found


def bulk_operation(source: Any, args: dict[str, Any], context: Any) -> Any:
    return context.bulk.get(args["id"])


def bulk_operations(source: Any, args: dict[str, Any], context: Any) -> Page:
    fields: dict[str, Any] = {
        "id": lambda one: one.id,
        "status": lambda one: one.status,
        "operation_type": lambda one: one.type,
        "created_at": lambda one: one.created_at,
    }
    return _sorted_page(searched(context.bulk.all(), args, context, fields), args, lambda one: one.created_at)


def versions(source: Any, args: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    return [version(one) for one in VERSIONS]


def _one(kind: str) -> Any:
    return lambda source, args, context: find(context, args["id"], kind)


QUERY: dict[str, Any] = {
    "shop": lambda s, a, c: c.world.shop,
    "currentAppInstallation": lambda s, a, c: c.app,
    "locations": locations,
    "location": location,
    "inventoryItem": _one("InventoryItem"),
    "inventoryItems": inventory_items,
    "inventoryLevel": _one("InventoryLevel"),
    "productVariant": _one("ProductVariant"),
    "productVariants": product_variants,
    "product": _one("Product"),
    "products": products,
    "order": order,
    "orders": orders,
    "ordersCount": orders_count,
    "node": node,
    "nodes": nodes,
    "fulfillmentOrder": fulfillment_order,
    "fulfillmentOrders": fulfillment_orders,
    "assignedFulfillmentOrders": assigned_fulfillment_orders,
    "fulfillment": _one("Fulfillment"),
    "refund": _one("Refund"),
    "return": _one("Return"),
    "customer": _one("Customer"),
    "webhookSubscription": _one("WebhookSubscription"),
    "webhookSubscriptions": subscriptions,
    "bulkOperation": bulk_operation,
    "bulkOperations": bulk_operations,
    "publicApiVersions": versions,
    "job": job,
}
