"""The keeper of our webhooks. Shopify removes a subscription after eight failed deliveries and tells nobody who reads logs
(facts G.2), so what is wanted is compared with what is there, again and again, and repaired."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct

import stockbridge.channels.shopify.generated as g
from stockbridge.channels.shopify.client import Shopify
from stockbridge.channels.shopify.pages import following
from stockbridge.channels.shopify.wire import SubscriptionsRepaired
from stockbridge.ports import OutcomeUnknown, Refused

V = TypeVar("V", bound=Struct)
R = TypeVar("R", bound=Struct)

#: ``PRODUCTS_UPDATE`` is left out on purpose: it fires at every change of stock. The sweep of items sees what matters.
WANTED = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_CANCELLED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
    "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE",
    "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE",
    "FULFILLMENT_ORDERS_MOVED",
    "FULFILLMENT_ORDERS_SPLIT",
    "FULFILLMENT_ORDERS_MERGED",
    "FULFILLMENT_ORDERS_PLACED_ON_HOLD",
    "FULFILLMENT_ORDERS_HOLD_RELEASED",
    "FULFILLMENT_ORDERS_CANCELLED",
    "INVENTORY_LEVELS_UPDATE",
    "INVENTORY_LEVELS_CONNECT",
    "INVENTORY_LEVELS_DISCONNECT",
    "INVENTORY_ITEMS_UPDATE",
    "LOCATIONS_CREATE",
    "LOCATIONS_UPDATE",
    "LOCATIONS_ACTIVATE",
    "LOCATIONS_DEACTIVATE",
    "LOCATIONS_DELETE",
    "APP_UNINSTALLED",
    "APP_SCOPES_UPDATE",
)


class Keeper:
    """Makes the store's webhook subscriptions what they should be.

    Ours are those at our address; all others are left alone, for another Stockbridge (or another app of the same
    owner) may live on them. Those at an address of ours that is gone die by themselves."""

    def __init__(self, shopify: Shopify) -> None:
        self._shopify = shopify

    def keep(self) -> SubscriptionsRepaired | None:
        """What was repaired or could not be; None when all was well or no webhooks are wanted. Raises TryLater, Refused."""
        address = self._shopify.settings.webhook_url
        if not address:
            return None
        done = SubscriptionsRepaired(created=[], updated=[], deleted=[], failed=[])
        ours: dict[str, list[g.SubscriptionPart]] = {}
        for each in self._all():
            if each.uri == address:
                ours.setdefault(each.topic, []).append(each)
        for topic in WANTED:
            self._keep_one(topic, ours.pop(topic, []), address, done)
        for topic, surplus in ours.items():
            for each in surplus:
                self._delete(topic, each, done)
        return done if done.created or done.updated or done.deleted or done.failed else None

    def _keep_one(self, topic: str, present: list[g.SubscriptionPart], address: str, done: SubscriptionsRepaired) -> None:
        right = [each for each in present if _right(each, address)]
        kept = (right or present)[:1]
        for each in present:
            if each not in kept:
                self._delete(topic, each, done)
        subscription = g.WebhookSubscriptionInput(uri=address, format="JSON")
        if not kept:
            create = g.CreateSubscription(topic=topic, subscription=subscription)
            self._try(g.CREATE_SUBSCRIPTION, create, topic, done.created, done)
        elif not right:
            update = g.UpdateSubscription(
                id=kept[0].id,
                subscription=g.WebhookSubscriptionInput(uri=address, format="JSON", filter=None, include_fields=None),
            )
            self._try(g.UPDATE_SUBSCRIPTION, update, topic, done.updated, done)

    def _delete(self, topic: str, surplus: g.SubscriptionPart, done: SubscriptionsRepaired) -> None:
        self._try(g.DELETE_SUBSCRIPTION, g.DeleteSubscription(id=surplus.id), topic, done.deleted, done)

    def _try(self, operation: g.Operation[V, R], asked: V, topic: str, log: list[str], done: SubscriptionsRepaired) -> None:
        """A topic that cannot be had (a permission is missing) must not keep the others from being repaired."""
        try:
            answer = self._shopify.call(operation, asked, urgent=False)
        except (Refused, OutcomeUnknown) as error:  # an unknown outcome shows itself in the next round
            done.failed.append((topic, str(error)))
            return
        if answer.user_errors:
            done.failed.append((topic, " ".join(error.message for error in answer.user_errors)))
        else:
            log.append(topic)

    def _all(self) -> list[g.SubscriptionPart]:
        rows: list[g.SubscriptionPart] = []
        after: str | None = None
        while True:
            asked = g.ListSubscriptions(after=after)
            found = self._shopify.call(g.LIST_SUBSCRIPTIONS, asked, urgent=False).data.webhook_subscriptions
            rows += found.nodes
            after = following(found.page_info, after)
            if after is None:
                return rows


def _right(each: g.SubscriptionPart, address: str) -> bool:
    """The address is ours and nothing is filtered or cut out of the body."""
    return each.uri == address and each.format == "JSON" and not each.filter and not each.include_fields
