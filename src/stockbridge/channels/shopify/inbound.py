"""Who knocks, and what they say. Pure: bytes to meaning, no network.

Webhooks are hints (shopify-admin-api facts G.2, G.4: unordered, repeated, retried for four hours with the old body), so
nothing of their content is believed but which order or level they speak of. What we fetched ourselves is believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

import stockbridge.channels.shopify.wire as wire
from stockbridge import shapes
from stockbridge.channels.shopify.orders import channel_order
from stockbridge.channels.shopify.wire import Thing, WebhookBody, gid, moment
from stockbridge.domain import events as e
from stockbridge.ports import Arrival, NotGenuine, Unreadable

T = TypeVar("T")

KEPT = ("x-shopify-topic", "x-shopify-shop-domain", "x-shopify-webhook-id", "x-shopify-event-id",
        "x-shopify-triggered-at", "x-shopify-api-version", "x-shopify-name")  # fmt: skip
#: Real ones have at most about forty letters.
LONGEST_HEADER = 250
#: Topic groups whose bodies name an order by their own id, and those that carry the order's id in another field.
OWN_ID = "orders"
OF_ORDER = ("refunds", "fulfillments", "fulfillment_events", "order_transactions")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopifyInbound:
    """The reader of one store. ``secrets``: the client secrets that are valid now (two during a rotation, for about an hour)."""

    account: str
    connection: str
    domain: str
    secrets: tuple[str, ...]

    def identify(self, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Arrival:
        """Make sure that the store sent this and say what it is about; raises NotGenuine. The body need not be readable."""
        given = {name.lower(): value for name, value in headers.items()}
        if not self._genuine(given.get("x-shopify-hmac-sha256", ""), body):
            raise NotGenuine(
                "The signature of this webhook does not match: it did not come from Shopify, or the client secret is wrong."
            )
        domain = given.get("x-shopify-shop-domain", "").lower()
        if domain != self.domain:
            raise NotGenuine(f"This webhook is from {domain or 'an unnamed store'}; this connection belongs to {self.domain}.")
        topic = _clean(given.get("x-shopify-topic", "").lower()) or "unknown"
        delivery = _clean(given.get("x-shopify-webhook-id", "")) or hashlib.sha256(body).hexdigest()
        return Arrival(
            account=self.account,
            connection=self.connection,
            topic=topic,
            subject=_subject(topic, body, delivery),
            dedupe_key=f"{topic}/{delivery}",
            received_at=received_at,
            headers={name: _clean(given[name]) for name in KEPT if name in given},
            body=body,
        )

    def _genuine(self, signature: str, body: bytes) -> bool:
        found = False
        for secret in self.secrets:
            expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
            found |= hmac.compare_digest(expected, signature.encode())
        return found

    def read(self, arrival: Arrival) -> Sequence[e.Event]:
        """What an arrival means; raises Unreadable. An unknown topic or field is tolerated."""
        own = OWN.get(arrival.topic)
        return [own(arrival.body) if own else _webhook(arrival.topic, arrival.body)]


def _subject(topic: str, body: bytes, delivery: str) -> str:
    try:
        found = shapes.decode(body, WebhookBody)
    except msgspec.MsgspecError:
        return f"unreadable/{delivery}"
    group = topic.partition("/")[0]
    order = _order_id(group, found)
    if order:
        return f"order/{order}"
    if group == "inventory_levels":  # hints, which are worked through many at a time: the more of them in one lane, the better
        item = gid("InventoryItem", found.inventory_item_id)
        return _named("levels", gid("Location", found.location_id) if item else None, topic)
    asked = found.fulfillment_order or found.original_fulfillment_order
    if group in ("fulfillment_orders", "fulfillment_holds") and asked:
        return _named("fulfillment_order", gid("FulfillmentOrder", asked.id), topic)
    names = {
        "inventory_items": ("item", "InventoryItem"),
        "products": ("product", "Product"),
        "locations": ("location", "Location"),
    }
    if group in names:
        return _named(names[group][0], _own_id(names[group][1], found), topic)
    return f"topic/{topic}"


def _named(noun: str, found: str | None, topic: str) -> str:
    return f"{noun}/{found}" if found else f"topic/{topic}"


def _own_id(kind: str, thing: Thing | WebhookBody) -> str | None:
    return gid(kind, thing.admin_graphql_api_id) or gid(kind, thing.id)


def _clean(text: str) -> str:
    """A header's text in a form that every table and index can hold. Only the body is signed: a header can be anything."""
    if len(text) > LONGEST_HEADER:
        return hashlib.sha256(text.encode()).hexdigest()
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _order_id(group: str, body: WebhookBody) -> str | None:
    if group == OWN_ID:
        if body.order_edit:
            return gid("Order", body.order_edit.order_id)
        return _own_id("Order", body)
    if body.order:
        return _own_id("Order", body.order)
    return gid("Order", body.order_id) if group in OF_ORDER or group.startswith("fulfillment_") else None


def _webhook(topic: str, raw: bytes) -> e.Event:
    body = _decoded(raw, WebhookBody, f"the webhook {topic}")
    group, _, verb = topic.partition("/")
    order = _order_id(group, body)
    if topic == "orders/delete" and order:
        return e.OrderGone(order_id=order)
    if order:
        return _hint(order, group, body)
    if group == OWN_ID or group in OF_ORDER:
        raise Unreadable(
            f"The webhook {topic} names no order, so nothing can be fetched. The order sweep finds the order all the same."
        )
    if group == "inventory_levels":
        return _level(topic, verb, body)
    if topic == "fulfillment_orders/order_routing_complete":
        return e.RoutingCompleted()
    return e.Noted(reason=NOTES.get(group, f"Webhook {topic}: nothing follows from it."))


NOTES = {
    "fulfillment_orders": "Fulfillment order changed: the webhook names no order; the sweep of fulfillment orders finds it.",
    "fulfillment_holds": "Fulfillment order held or released: the webhook names no order; the sweep of fulfillment orders finds it.",
    "returns": "A return changed, and the webhook names no order; the order sweep finds it if the order changed with it.",
    "products": "Catalogue changed: the sweep of items reads it.",
    "inventory_items": "Catalogue changed: the sweep of items reads it.",
    "locations": "A location changed: the sweep of locations reads it.",
    "app": "Shopify says that our app's installation or permissions changed: test the connection.",
}


def _hint(order: str, group: str, body: WebhookBody) -> e.Event:
    """An order changed. When, is said only by the webhooks that are about the order itself, or about a fulfillment of it."""
    changed = moment(body.updated_at)
    if group == OWN_ID:
        return e.OrderHinted(order_id=order, updated_at=changed)
    part = _own_id("Fulfillment", body) if group == "fulfillments" else None
    return e.OrderHinted(order_id=order, updated_at=changed if part else None, part=part if changed else None)


def _level(topic: str, verb: str, body: WebhookBody) -> e.Event:
    item, location = gid("InventoryItem", body.inventory_item_id), gid("Location", body.location_id)
    if item is None or location is None:
        raise Unreadable(
            f"The webhook {topic} does not say which item or location it is about. The next stock sweep reads the level."
        )
    available = None if verb == "disconnect" else body.available
    return e.LevelHinted(inventory_item_id=item, location_id=location, available=available, updated_at=moment(body.updated_at))


def _decoded(raw: bytes, shape: type[T], what: str) -> T:
    try:
        return shapes.decode(raw, shape)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"The body of {what} could not be read: {error}.") from error


def _order(raw: bytes) -> e.Event:
    answer = _decoded(raw, wire.OrderAnswer, "a fetched order")
    return (
        e.OrderSeen(order=channel_order(answer.order, answer.read_at))
        if answer.order
        else e.OrderGone(order_id=answer.order_id)
    )


def _fulfillment(raw: bytes) -> e.Event:
    a = _decoded(raw, wire.FulfillmentAnswer, "a recorded fulfillment")
    return e.FulfillmentRecorded(
        order_id=a.order_id, shipment_id=a.shipment_id, fulfillment_id=a.fulfillment_id, adopted=a.adopted
    )


def _moved(raw: bytes) -> e.Event:
    answer = _decoded(raw, wire.MoveAnswer, "a moved fulfillment order")
    return e.FulfillmentOrderMoved(order_id=answer.order_id, location_id=answer.location_id)


def _polled_order(raw: bytes) -> e.Event:
    polled = _decoded(raw, wire.OrderPolled, "the order sweep")
    return e.OrderHinted(order_id=polled.order_id, updated_at=polled.updated_at, part=polled.part)


def _items(raw: bytes) -> e.Event:
    variants = _decoded(raw, wire.ItemsPolled, "the sweep of items").variants
    return e.ItemsSeen(
        items=tuple(
            e.ItemSeen(
                inventory_item_id=v.inventory_item.id,
                variant_id=v.id,
                product_id=v.product.id,
                sku=v.sku or "",
                barcode=v.barcode or "",
                title=v.product.title if v.title == "Default Title" else f"{v.product.title} · {v.title}",
                tracked=v.inventory_item.tracked,
                requires_shipping=v.inventory_item.requires_shipping,
                bundle=v.requires_components,
                sells_when_out=v.inventory_policy == "CONTINUE",
            )
            for v in variants
        )
    )


def _locations(raw: bytes) -> e.Event:
    found = _decoded(raw, wire.LocationsPolled, "the sweep of locations").locations
    return e.LocationsSeen(
        locations=tuple(
            e.LocationSeen(
                location_id=each.id,
                name=each.name,
                active=each.is_active,
                fulfillment_service=each.is_fulfillment_service,
                country_code=each.address.country_code or "",
            )
            for each in found
        )
    )


def _subscriptions(raw: bytes) -> e.Event:
    done = _decoded(raw, wire.SubscriptionsRepaired, "the webhook keeper's report")
    made = (("created", done.created), ("corrected", done.updated), ("removed", done.deleted))
    parts = [f"{len(names)} {verb} ({', '.join(names)})" for verb, names in made if names]
    parts += [f"{topic} failed: {reason}" for topic, reason in done.failed]
    return e.Noted(reason="Webhook subscriptions repaired: " + "; ".join(parts) + ".")


#: Our own receipts and sweeps, by topic. No topic of Shopify's begins with answer/ or poll/.
OWN: dict[str, Callable[[bytes], e.Event]] = {
    "answer/order": _order,
    "answer/fulfillment": _fulfillment,
    "answer/move": _moved,
    "poll/order": _polled_order,
    "poll/items": _items,
    "poll/locations": _locations,
    "poll/subscriptions": _subscriptions,
}
