"""webhookSubscriptionCreate, webhookSubscriptionUpdate, webhookSubscriptionDelete."""

import re
from typing import Any
from urllib.parse import urlsplit

from stockbridge.testing.twins.shopify.api.errors import access_denied
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.api.scopes import allowed
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.world import problem
from stockbridge.testing.twins.shopify.webhooks.emitter import Subscription
from stockbridge.testing.twins.shopify.webhooks.topics import scopes_for

Args = dict[str, Any]
_LOOPBACK = re.compile(r"^(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)$")


def _address(given: Args) -> str:
    return given.get("uri") or given.get("callbackUrl") or ""


def _address_problem(text: str, context: Any) -> str | None:
    """Shopify refuses http and local addresses; a twin on the same machine must be able to allow them."""
    if text.startswith(("pubsub://", "arn:aws:events:")):
        return None
    parts = urlsplit(text)
    if not text or parts.scheme not in ("http", "https") or not parts.hostname:
        return "Address is invalid"
    if context.emitter.allow_local:
        return None
    if parts.scheme == "http":
        return "Address protocol http:// is not supported"
    if _LOOPBACK.match(parts.hostname) or parts.hostname.endswith(("shopify.com", "myshopify.com")):
        return "Address cannot be a Shopify or an internal domain"
    return None


def create(source: Any, args: Args, context: Any) -> Args:
    """Subscribes an address to a topic."""
    topic, given = args["topic"], args["webhookSubscription"]
    wanted = scopes_for(topic)
    if not allowed(context.scopes, wanted):
        raise access_denied("webhookSubscriptionCreate", wanted)
    where = _address(given)
    text = _address_problem(where, context)
    if text is None and _taken(context, topic, given, where, None):
        text = "Address for this topic has already been taken"
    if text is not None:
        return {"webhookSubscription": None, "userErrors": [problem(["webhookSubscription", "callbackUrl"], text)]}
    now = context.world.now()
    made = Subscription(context.world.mint("WebhookSubscription"), topic, where, now, now, context.version)
    _fill(made, given)
    context.emitter.subscriptions[made.id] = made
    context.world.log("subscription_created", subscription=gid("WebhookSubscription", made.id), topic=topic, uri=where)
    return {"webhookSubscription": made, "userErrors": []}


def _taken(context: Any, topic: str, given: Args, where: str, me: Subscription | None) -> bool:
    same = (topic, where, given.get("format") or "JSON", given.get("filter") or "")
    rows = context.emitter.subscriptions.values()
    return any((x.topic, x.uri, x.format, x.filter) == same for x in rows if x is not me)


def _fill(one: Subscription, given: Args) -> None:
    one.format = given.get("format") or one.format
    if "filter" in given:
        one.filter = given["filter"] or ""
    if "name" in given:
        one.name = given["name"]
    if given.get("includeFields") is not None:
        one.include_fields = list(given["includeFields"])
    if given.get("metafieldNamespaces") is not None:
        one.metafield_namespaces = list(given["metafieldNamespaces"])


def update(source: Any, args: Args, context: Any) -> Args:
    """Changes a subscription; deliveries on their way keep the old address."""
    one = find(context, args["id"], "WebhookSubscription")
    if one is None:
        return {"webhookSubscription": None, "userErrors": [problem(["id"], "Webhook subscription does not exist")]}
    given = args["webhookSubscription"]
    where = _address(given) or one.uri
    text = _address_problem(where, context)
    if text is None and _taken(context, one.topic, given, where, one):
        text = "Address for this topic has already been taken"
    if text is not None:
        return {"webhookSubscription": None, "userErrors": [problem(["webhookSubscription", "callbackUrl"], text)]}
    one.uri, one.updated_at = where, context.world.now()
    _fill(one, given)
    return {"webhookSubscription": one, "userErrors": []}


def delete(source: Any, args: Args, context: Any) -> Args:
    """Ends a subscription."""
    one = find(context, args["id"], "WebhookSubscription")
    if one is None:
        errors = [problem(["id"], "Webhook subscription does not exist")]
        return {"deletedWebhookSubscriptionId": None, "userErrors": errors}
    del context.emitter.subscriptions[one.id]
    context.world.log("subscription_deleted", subscription=args["id"], topic=one.topic, uri=one.uri)
    return {"deletedWebhookSubscriptionId": args["id"], "userErrors": []}


MUTATIONS: dict[str, Any] = {
    "webhookSubscriptionCreate": create,
    "webhookSubscriptionUpdate": update,
    "webhookSubscriptionDelete": delete,
}
