"""Payloads of the fulfillment-service loop, and of merges."""

from typing import Any

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder, FulfillmentOrderLine, MerchantRequest


def _asked(one: FulfillmentOrder) -> dict[str, Any]:
    return {
        "id": gid("FulfillmentOrder", one.id),
        "status": one.status.lower(),
        "request_status": one.request_status.lower(),
    }


def _said(made: MerchantRequest) -> dict[str, Any]:
    return {"id": gid("FulfillmentOrderMerchantRequest", made.id), "message": made.message}


def _submitted(world: World, one: FulfillmentOrder, made: MerchantRequest) -> dict[str, Any]:
    return {
        "original_fulfillment_order": _asked(one),
        "submitted_fulfillment_order": _asked(one),
        "fulfillment_order_merchant_request": _said(made),
    }


def _stop_asked(world: World, one: FulfillmentOrder, made: MerchantRequest) -> dict[str, Any]:
    return {"fulfillment_order": _asked(one), "fulfillment_order_merchant_request": _said(made)}


def _answered(world: World, one: FulfillmentOrder, message: str | None) -> dict[str, Any]:
    return {"fulfillment_order": _asked(one), "message": message}


def _ended(world: World, one: FulfillmentOrder, message: str | None) -> dict[str, Any]:
    return {"fulfillment_order": {"id": gid("FulfillmentOrder", one.id), "status": one.status.lower()}, "message": message}


def _merged(
    world: World, first: FulfillmentOrder, intents: list[tuple[FulfillmentOrder, list[tuple[FulfillmentOrderLine, int]]]]
) -> dict[str, Any]:
    rows = [
        {
            "fulfillment_order_id": one.id,
            "fulfillment_order_line_items": [{"id": line.id, "quantity": units} for line, units in parts],
        }
        for one, parts in intents
    ]
    whole = {"id": gid("FulfillmentOrder", first.id), "status": first.status.lower()}
    return {"merge_intents": rows, "fulfillment_order_merges": {"fulfillment_order": whole}}


REQUESTS: dict[str, Any] = {
    "fulfillment_orders/fulfillment_request_submitted": _submitted,
    "fulfillment_orders/fulfillment_request_accepted": _answered,
    "fulfillment_orders/fulfillment_request_rejected": _answered,
    "fulfillment_orders/cancellation_request_submitted": _stop_asked,
    "fulfillment_orders/cancellation_request_accepted": _ended,
    "fulfillment_orders/cancellation_request_rejected": _answered,
    "fulfillment_orders/fulfillment_service_failed_to_complete": _ended,
    "fulfillment_orders/merged": _merged,
}
