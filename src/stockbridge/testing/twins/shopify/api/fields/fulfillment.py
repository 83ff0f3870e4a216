"""Fulfillment orders, fulfillments, webhook subscriptions and other small types."""

from typing import Any

from stockbridge.testing.twins.shopify.api.fields.common import identity, kilograms, money, number
from stockbridge.testing.twins.shopify.api.fields.visible import visible
from stockbridge.testing.twins.shopify.api.listing import Page, page
from stockbridge.testing.twins.shopify.model.fulfillment_orders import mergeable, move_problem, stocks, supported_actions
from stockbridge.testing.twins.shopify.model.ids import gid, parse_gid
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder


def _assigned(source: FulfillmentOrder, args: dict[str, Any], context: Any) -> dict[str, Any]:
    at = source.location.address
    return {
        "name": source.location.name,
        "address1": at.address1,
        "address2": at.address2,
        "city": at.city,
        "countryCode": at.country_code,
        "phone": at.phone or "",
        "province": at.province,
        "zip": at.zip,
        "location": source.location,
    }


def _destination(source: FulfillmentOrder, args: dict[str, Any], context: Any) -> dict[str, Any] | None:
    at = source.destination
    if at is None:
        return None
    return {
        "id": gid("FulfillmentOrderDestination", source.destination_id),
        "firstName": at.first_name,
        "lastName": at.last_name,
        "company": at.company,
        "address1": at.address1,
        "address2": at.address2,
        "city": at.city,
        "province": at.province,
        "zip": at.zip,
        "countryCode": at.country_code,
        "email": source.order.email,
        "phone": at.phone,
        "location": None,
    }


def _method(source: FulfillmentOrder, args: dict[str, Any], context: Any) -> dict[str, Any]:
    chosen = source.order.shipping_lines[0] if source.order.shipping_lines and source.method == "SHIPPING" else None
    return {
        "id": gid("DeliveryMethod", source.method_id),
        "methodType": source.method,
        "serviceCode": chosen.code if chosen else None,
        "presentedName": chosen.title if chosen else None,
        "minDeliveryDateTime": None,
        "maxDeliveryDateTime": None,
        "additionalInformation": None,
        "sourceReference": None,
    }


def _actions(source: FulfillmentOrder, args: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    return [{"action": one, "externalUrl": None} for one in supported_actions(source)]


def _locations_for_move(source: FulfillmentOrder, args: dict[str, Any], context: Any) -> Page:
    wanted = {parsed[1] for one in args.get("locationIds") or () if (parsed := parse_gid(one))}
    rows = []
    for place in context.world.active_locations():
        if place is source.location or (wanted and place.id not in wanted):
            continue
        good = [x for x in source.lines if stocks(x, place)]
        bad = [x for x in source.lines if not stocks(x, place)]
        found = move_problem(context.world, source, place)
        message = found[0] if found else ("No items are stocked at this location." if not good else None)
        rows.append(
            {
                "location": place,
                "movable": message is None,
                "message": message,
                "good": good,
                "bad": bad,
                "availableLineItemsCount": {"count": len(good), "precision": "EXACT"},
                "unavailableLineItemsCount": {"count": len(bad), "precision": "EXACT"},
            }
        )
    return page(rows, args)


def _weight(source: FulfillmentOrder, args: dict[str, Any], context: Any) -> dict[str, Any]:
    return kilograms(round(sum(x.line.weight_kg * x.remaining_quantity for x in source.lines), 3))


FULFILLMENT_ORDER: dict[str, Any] = {
    "id": identity,
    "orderId": lambda s, a, c: gid("Order", s.order.id),
    "orderName": lambda s, a, c: s.order.name,
    "orderProcessedAt": lambda s, a, c: s.order.processed_at,
    "fulfillAt": lambda s, a, c: s.created_at,
    "fulfillBy": lambda s, a, c: None,
    "assignedLocation": _assigned,
    "destination": _destination,
    "deliveryMethod": _method,
    "supportedActions": _actions,
    "fulfillmentHolds": lambda s, a, c: s.holds,
    "lineItems": lambda s, a, c: page(s.lines, a, lambda one: (one.id, 0)),
    "locationsForMove": _locations_for_move,
    "fulfillments": lambda s, a, c: page(s.fulfillments, a),
    "fulfillmentOrdersForMerge": lambda s, a, c: page([x for x in mergeable(s) if visible(x, c)], a),
    "merchantRequests": lambda s, a, c: page([x for x in s.requests if a.get("kind") in (None, x.kind)], a),
    "remainingLineItemsWeight": _weight,
}
FO_LINE: dict[str, Any] = {
    "id": identity,
    "lineItem": lambda s, a, c: s.line,
    "inventoryItemId": lambda s, a, c: gid("InventoryItem", s.line.variant.item.id) if s.line.variant else None,
    "variant": lambda s, a, c: s.line.variant if s.line.variant and s.line.variant.id in c.world.variants else None,
    "sku": lambda s, a, c: s.line.sku,
    "productTitle": lambda s, a, c: s.line.title,
    "variantTitle": lambda s, a, c: s.line.variant_title,
    "vendor": lambda s, a, c: s.line.vendor,
    "requiresShipping": lambda s, a, c: s.line.requires_shipping,
    "weight": lambda s, a, c: kilograms(s.line.weight_kg),
    "warnings": lambda s, a, c: [],
    "shippingLine": lambda s, a, c: s.line.order.shipping_lines[0] if s.line.order.shipping_lines else None,
}
REQUEST: dict[str, Any] = {
    "id": identity,
    "sentAt": lambda s, a, c: s.sent_at,
    "requestOptions": lambda s, a, c: {"notify_customer": False},
    "responseData": lambda s, a, c: None,
}
HOLD: dict[str, Any] = {
    "id": identity,
    "handle": lambda s, a, c: s.handle or None,
    "displayReason": lambda s, a, c: s.reason.replace("_", " ").capitalize(),
    "heldByApp": lambda s, a, c: s.app,
    "heldByRequestingApp": lambda s, a, c: s.app is c.app,
    "reasonNotes": lambda s, a, c: s.notes,
}


def _happened(status: str) -> Any:
    return lambda s, a, c: next((x.happened_at for x in s.events if x.status == status), None)


FULFILLMENT: dict[str, Any] = {
    "id": identity,
    "legacyResourceId": number,
    "trackingInfo": lambda s, a, c: s.tracking[: a["first"]] if a.get("first") is not None else s.tracking,
    "fulfillmentLineItems": lambda s, a, c: page(s.lines, a),
    "fulfillmentOrders": lambda s, a, c: page([x for x in s.fulfillment_orders if visible(x, c)], a),
    "events": lambda s, a, c: page(s.events, a),
    "deliveredAt": _happened("DELIVERED"),
    "inTransitAt": _happened("IN_TRANSIT"),
    "estimatedDeliveryAt": lambda s, a, c: s.events[-1].estimated_delivery_at if s.events else None,
    "requiresShipping": lambda s, a, c: any(x.line.requires_shipping for x in s.lines),
    "originAddress": lambda s, a, c: s.origin,
    "service": lambda s, a, c: s.location.service if s.location else None,
}
FULFILLMENT_LINE: dict[str, Any] = {
    "id": identity,
    "lineItem": lambda s, a, c: s.line,
    "originalTotalSet": lambda s, a, c: money(s.line.price * s.quantity, s.line.order.currency),
    "discountedTotalSet": lambda s, a, c: money(
        s.line.price * s.quantity - s.line.share_of_discount(s.quantity), s.line.order.currency
    ),
}


def _place(name: str) -> Any:
    return lambda s, a, c: s.place.get(name)


EVENT: dict[str, Any] = {
    "id": identity,
    **{name: _place(name) for name in ("address1", "city", "country", "province", "zip", "latitude", "longitude")},
}


def _version(source: Any, args: dict[str, Any], context: Any) -> dict[str, Any]:
    return version(source.api_version)


def version(handle: str) -> dict[str, Any]:
    """An ApiVersion."""
    return {"handle": handle, "displayName": handle, "supported": True}


SUBSCRIPTION: dict[str, Any] = {
    "id": identity,
    "legacyResourceId": number,
    "apiVersion": _version,
    "callbackUrl": lambda s, a, c: s.uri,
    "filter": lambda s, a, c: s.filter,
}
JOB = {
    "id": lambda s, a, c: f"gid://shopify/Job/{s.id}",
    "query": lambda s, a, c: {},
}
JOB_RESULT: dict[str, Any] = {"id": lambda s, a, c: f"gid://shopify/OrderCancelJobResult/{s.id}"}
BULK: dict[str, Any] = {
    "id": lambda s, a, c: gid("BulkOperation", s.id),
    "objectCount": lambda s, a, c: str(s.object_count),
    "rootObjectCount": lambda s, a, c: str(s.root_object_count),
    "fileSize": lambda s, a, c: None if s.file_size is None else str(s.file_size),
    "partialDataUrl": lambda s, a, c: s.partial_url,
}
FIELDS: dict[str, dict[str, Any]] = {
    "FulfillmentOrder": FULFILLMENT_ORDER,
    "FulfillmentOrderLineItem": FO_LINE,
    "FulfillmentHold": HOLD,
    "FulfillmentOrderMerchantRequest": REQUEST,
    "Fulfillment": FULFILLMENT,
    "FulfillmentLineItem": FULFILLMENT_LINE,
    "FulfillmentEvent": EVENT,
    "WebhookSubscription": SUBSCRIPTION,
    "Job": JOB,
    "OrderCancelJobResult": JOB_RESULT,
    "BulkOperation": BULK,
    "FulfillmentOrderLocationForMove": {
        "availableLineItems": lambda s, a, c: page(s["good"], a),
        "unavailableLineItems": lambda s, a, c: page(s["bad"], a),
    },
}
