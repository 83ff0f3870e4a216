"""Which orders and fulfillment orders a token may see. What it may not see is left out without a word (trap 12)."""

from datetime import timedelta
from typing import Any

from stockbridge.testing.twins.shopify.api.scopes import FO_SCOPES, allowed
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder
from stockbridge.testing.twins.shopify.records.orders import Order

RECENT = timedelta(days=60)


def visible(one: FulfillmentOrder, context: Any) -> bool:
    """Merchant locations need one scope, a fulfillment service's locations another."""
    kind = "merchant" if one.location.service is None else "third_party"
    wanted = [f"read_{FO_SCOPES[kind]}"]
    if kind == "third_party":
        wanted.append(f"read_{FO_SCOPES['assigned']}")
    return allowed(context.scopes, tuple(wanted))


def order_visible(one: Order, context: Any) -> bool:
    """Orders older than 60 days need ``read_all_orders``."""
    return "read_all_orders" in context.scopes or context.world.now() - one.created_at <= RECENT
