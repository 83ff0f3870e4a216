"""The postman: turns events into signed posts, keeps retrying them, gives up on dead addresses.

Source: fact sheet section G.2 (shopify.dev, "Webhooks: delivery", 2026): 5 s for the whole request, 8 retries within
4 hours with the original payload, then the subscription is removed.
"""

import base64
import hashlib
import heapq
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.webhooks.chaos import Chaos, OneShot, fate
from stockbridge.testing.twins.shopify.webhooks.filters import matches
from stockbridge.testing.twins.shopify.webhooks.topics import enum_of

RETRY_AFTER_S = (60, 120, 240, 480, 960, 1920, 3840, 6780)
"""Waits before the eight retries: doubling, four hours in all."""
TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 1.0


@dataclass
class Subscription:
    """One webhook subscription made through the API."""

    id: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    api_version: str
    format: str = "JSON"
    filter: str = ""
    name: str | None = None
    include_fields: list[str] = field(default_factory=list)
    metafield_namespaces: list[str] = field(default_factory=list)


@dataclass
class Delivery:
    """One copy of one webhook on its way to one subscription."""

    number: int
    subscription: Subscription
    topic: str
    webhook_id: str
    event_id: str
    url: str
    body: bytes
    triggered_at: datetime
    copy: int = 1
    attempts: int = 0
    state: str = "waiting"
    answers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Post:
    """An HTTP request that somebody should make now; tell ``settle`` how it went."""

    delivery: Delivery
    url: str
    headers: dict[str, str]
    body: bytes


class Emitter:
    """Keeps subscriptions and deliveries. ``take_due`` says what to send now, ``settle`` what came of it."""

    def __init__(self, world: World, render: Callable[[World, str, tuple[Any, ...]], Any]) -> None:
        self.world = world
        self.render = render
        self.rng = Random(f"{world.seed}:webhooks")
        self.allow_local = True
        self.keep_bodies = True
        self.chaos = Chaos()
        self.plans: list[OneShot] = []
        self.subscriptions: dict[int, Subscription] = {}
        self.deliveries: list[Delivery] = []
        self._queue: list[tuple[datetime, int, Delivery]] = []
        self._pushed = 0

    def emit(self, topic: str, *subject: Any) -> None:
        """An event happened: queue it for everyone who subscribed to the topic."""
        enum = enum_of(topic)
        wanted = [x for x in self.subscriptions.values() if x.topic == enum]
        if not wanted:
            return
        payload = self.render(self.world, topic, subject)
        event = self.world.event_id or self.world.new_event()
        for subscription in wanted:
            if subscription.filter and not matches(subscription.filter, payload):
                continue
            self._queue_one(subscription, topic, payload, event)

    def _queue_one(self, subscription: Subscription, topic: str, payload: Any, event: str) -> None:
        shown = payload
        if subscription.include_fields and isinstance(payload, dict):
            shown = {key: payload[key] for key in subscription.include_fields if key in payload}
        body = json.dumps(shown, separators=(",", ":")).encode()
        webhook_id, now = self._uuid(), self.world.now()
        plan = next((x for x in self.plans if x.topic == topic), None)
        if plan is not None:
            plan.times -= 1
            if plan.times <= 0:
                self.plans.remove(plan)
        leaves = fate(self.rng, self.chaos, plan).leaves_after_s
        for copy, wait in enumerate(leaves or [0.0], start=1):
            number = len(self.deliveries) + 1
            one = Delivery(number, subscription, topic, webhook_id, event, subscription.uri, body, now, copy)
            self.deliveries.append(one)
            if leaves:
                self._push(now + timedelta(seconds=wait), one)
            else:
                one.state = "lost"
            self._log("webhook_queued" if leaves else "webhook_lost", one)

    def _uuid(self) -> str:
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-b{text[17:20]}-{text[20:]}"

    def _push(self, at: datetime, one: Delivery) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (at, self._pushed, one))

    def next_at(self) -> datetime | None:
        """When the next post is due, or None."""
        return self._queue[0][0] if self._queue else None

    def waiting(self) -> list[Delivery]:
        """Deliveries still to be tried, the next due first."""
        return [one for _, _, one in sorted(self._queue, key=lambda x: x[:2])]

    def take_due(self, limit: int | None = None) -> list[Post]:
        """Posts that are due now. Each must be settled, or it is lost with the process that took it."""
        posts: list[Post] = []
        now = self.world.now()
        while self._queue and self._queue[0][0] <= now and (limit is None or len(posts) < limit):
            one = heapq.heappop(self._queue)[2]
            if one.subscription.id not in self.subscriptions:
                one.state = "dropped"
                continue
            posts.append(self._post(one))
        return posts

    def take(self, one: Delivery) -> Post:
        """Takes one waiting delivery out of turn, due or not: for a simulation that chooses the order."""
        self._queue = [row for row in self._queue if row[2] is not one]
        heapq.heapify(self._queue)
        return self._post(one)

    def _post(self, one: Delivery) -> Post:
        one.state = "sending"
        one.attempts += 1
        return Post(one, one.url, self._headers(one), one.body)

    def _headers(self, one: Delivery) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": one.topic,
            "X-Shopify-Hmac-Sha256": sign(self.signing_secret(), one.body),
            "X-Shopify-Shop-Domain": self.world.shop.domain,
            "X-Shopify-API-Version": one.subscription.api_version,
            "X-Shopify-Webhook-Id": one.webhook_id,
            "X-Shopify-Event-Id": one.event_id,
            "X-Shopify-Triggered-At": one.triggered_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        if one.subscription.name:
            headers["X-Shopify-Name"] = one.subscription.name
        return headers

    def signing_secret(self) -> str:
        """The oldest secret that is not revoked: after a rotation the old one signs until it is taken away."""
        app = self.world.app
        return app.secrets_before[0] if app.secrets_before else app.client_secret

    def settle(self, post: Post, answer: int | str) -> None:
        """Books the outcome: an HTTP status, or a word such as ``timeout`` or ``refused``."""
        one = post.delivery
        one.answers.append(str(answer))
        if isinstance(answer, int) and 200 <= answer < 300:
            one.state = "delivered"
            if not self.keep_bodies:
                one.body = b""
            self._log("webhook_delivered", one, answer=answer)
            return
        self._log("webhook_failed", one, answer=answer)
        if one.copy > 1:
            one.state = "failed"
        elif one.attempts <= len(RETRY_AFTER_S):
            one.state = "waiting"
            self._push(self.world.now() + timedelta(seconds=RETRY_AFTER_S[one.attempts - 1]), one)
        else:
            one.state = "failed"
            self._give_up(one.subscription)

    def _give_up(self, subscription: Subscription) -> None:
        if self.subscriptions.pop(subscription.id, None) is not None:
            number = gid("WebhookSubscription", subscription.id)
            self.world.log("subscription_removed", subscription=number, topic=subscription.topic, uri=subscription.uri)

    def _log(self, kind: str, one: Delivery, **more: Any) -> None:
        self.world.log(
            kind,
            delivery=one.number,
            topic=one.topic,
            webhook_id=one.webhook_id,
            event_id=one.event_id,
            copy=one.copy,
            attempt=one.attempts,
            **more,
        )


def sign(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the raw body, as the header carries it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
