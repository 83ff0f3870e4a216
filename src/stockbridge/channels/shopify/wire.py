"""The shapes on the wire: webhook bodies as Shopify sends them, and our own receipts and sweeps as they lie in the inbox.

Webhook bodies are REST-shaped (numeric ids, snake_case) and synthetic in Shopify's samples, so everything is optional
and nothing of them is believed except which thing they speak of (https://shopify.dev/docs/api/webhooks, 2026-10, seen 2026-11).
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from stockbridge.channels.shopify.generated import LocationPart, OrderPart, VariantPart

#: Real ones have about fifty letters, with a query string about a hundred.
LONGEST_ID = 250
#: REST ids are numbers, GraphQL ids are text; Shopify sends either, sometimes both.
Id = int | str


class Thing(Struct):
    """Anything that is named by its id."""

    id: Id | None = None
    admin_graphql_api_id: str | None = None


class OrderEdit(Struct):
    """``orders/edited``: only deltas, and the order's number."""

    order_id: Id | None = None


class WebhookBody(Struct):
    """The few fields of any webhook that say what it is about."""

    id: Id | None = None
    admin_graphql_api_id: str | None = None
    order_id: Id | None = None
    order: Thing | None = None
    order_edit: OrderEdit | None = None
    fulfillment_order: Thing | None = None
    original_fulfillment_order: Thing | None = None
    inventory_item_id: Id | None = None
    location_id: Id | None = None
    available: int | None = None
    updated_at: str | None = None


class OrderAnswer(Struct, frozen=True, kw_only=True):
    """``answer/order``: one order as we fetched it, all pages merged. No order: the shop does not show it (any more)."""

    order_id: str
    read_at: datetime
    api_version: str
    order: OrderPart | None = None


class FulfillmentAnswer(Struct, frozen=True, kw_only=True):
    """``answer/fulfillment``: Shopify has the record of one shipment."""

    order_id: str
    shipment_id: str
    fulfillment_id: str
    adopted: bool


class MoveAnswer(Struct, frozen=True, kw_only=True):
    """``answer/move``: the units are assigned to the location we asked for."""

    order_id: str
    location_id: str
    fulfillment_order_ids: list[str]
    adopted: bool


class OrderPolled(Struct, frozen=True, kw_only=True):
    """``poll/order``: a sweep saw that an order, or one of its fulfillment orders, changed. ``part``: that fulfillment order."""

    order_id: str
    updated_at: datetime
    part: str | None = None


class ItemsPolled(Struct, frozen=True, kw_only=True):
    """``poll/items``: one page of the catalogue."""

    variants: list[VariantPart]


class LocationsPolled(Struct, frozen=True, kw_only=True):
    """``poll/locations``: all locations, inactive ones and those of fulfillment services included."""

    locations: list[LocationPart]


class SubscriptionsRepaired(Struct, frozen=True, kw_only=True):
    """``poll/subscriptions``: what the keeper found amiss with the webhooks and mended. ``failed``: topic and reason."""

    created: list[str]
    updated: list[str]
    deleted: list[str]
    failed: list[tuple[str, str]]


def moment(text: str | None) -> datetime | None:
    """A webhook's own time; None where it is absent, unreadable, or does not say its time zone."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def gid(kind: str, value: Id | None) -> str | None:
    """Shopify's text id for a thing: made from the number, or taken as it is. None where there is none, or none that is one:
    what no table can hold is no id."""
    text = "" if value is None else str(value)
    if not text.isprintable() or not 0 < len(text) <= LONGEST_ID:
        return None
    return text if text.startswith("gid://") else f"gid://shopify/{kind}/{text}"
