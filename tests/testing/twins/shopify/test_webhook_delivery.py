"""The post: signatures, retries with old payloads, removal, duplicates, loss, disorder (fact sheet G.2, faults F01 to F14)."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import ShopifyTwin

SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!, $s: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $s) {
    webhookSubscription { id topic uri apiVersion { handle } format filter name includeFields } userErrors { field message } } }"""
UPDATE = """mutation U($id: ID!, $s: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: $s) {
  webhookSubscription { uri filter } userErrors { message } } }"""
DELETE = "mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } } }"
LIST = "query L($t: [WebhookSubscriptionTopic!], $u: String) { webhookSubscriptions(first: 50, topics: $t, uri: $u) { nodes { id topic uri } } }"


class Mailbox:
    """A subscriber that answers as it is told and remembers everything."""

    def __init__(self, *answers: int | str) -> None:
        self.answers = list(answers)
        self.posts: list[Any] = []

    def __call__(self, post: Any) -> int | str:
        self.posts.append(post)
        return self.answers.pop(0) if self.answers else 200

    @property
    def topics(self) -> list[str]:
        return [post.headers["X-Shopify-Topic"] for post in self.posts]

    def bodies(self) -> list[Any]:
        return [json.loads(post.body) for post in self.posts]


def subscribe(shop: Any, topic: str = "ORDERS_CREATE", uri: str = "https://bridge.example/hooks", **more: Any) -> Any:
    payload = shop.data(SUBSCRIBE, topic=topic, s={"uri": uri, **more})["webhookSubscriptionCreate"]
    assert payload["userErrors"] == [], payload
    return payload["webhookSubscription"]


def test_an_order_is_announced_with_all_headers(shop: Any) -> None:
    subscribe(shop, name="orders")
    order = shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    assert shop.twin.deliver_due(box) == 1
    headers = box.posts[0].headers
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == "nordlicht.myshopify.com"
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Name"] == "orders"
    assert headers["X-Shopify-Triggered-At"] == "2026-11-02T09:00:00.000000Z"
    assert len(headers["X-Shopify-Webhook-Id"]) == len(headers["X-Shopify-Event-Id"]) == 36
    assert box.bodies()[0]["id"] == order.id


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_the_signature_is_over_the_raw_bytes(shop: Any) -> None:
    subscribe(shop)
    shop.place({"MUG-WHITE": 1}, note="Grüße, 20 %")
    box = Mailbox()
    shop.twin.deliver_due(box)
    post = box.posts[0]
    assert post.headers["X-Shopify-Hmac-Sha256"] == signature("twin-client-secret", post.body)


def test_during_a_rotation_the_oldest_secret_signs_until_it_is_revoked(shop: Any) -> None:
    subscribe(shop)
    shop.twin.rotate_secret("second")
    seen = []
    for revoke in (False, True):
        if revoke:
            shop.twin.revoke_old_secrets()
        shop.place({"MUG-WHITE": 1})
        box = Mailbox()
        shop.twin.deliver_due(box)
        post = box.posts[0]
        seen.append(
            [
                name
                for name in ("twin-client-secret", "second")
                if signature(name, post.body) == post.headers["X-Shopify-Hmac-Sha256"]
            ]
        )
    assert seen == [["twin-client-secret"], ["second"]]


def test_nobody_listens_nothing_is_sent(shop: Any) -> None:
    shop.place({"MUG-WHITE": 1})
    assert shop.twin.deliver_due(Mailbox()) == 0


@pytest.mark.parametrize("answer", [500, 404, 301, "timeout", "refused"])
def test_anything_but_a_2xx_is_tried_again_with_the_old_payload(shop: Any, answer: int | str) -> None:
    subscribe(shop, "ORDERS_UPDATED")
    order = shop.place({"MUG-WHITE": 1})
    shop.do.hold(order)
    box = Mailbox(answer)
    shop.twin.deliver_due(box)
    shop.do.release(order)
    order.note = "changed meanwhile"
    shop.twin.advance(61, box)
    first, retry = box.posts[0], box.posts[-1]
    assert retry.body == first.body
    assert retry.headers["X-Shopify-Webhook-Id"] == first.headers["X-Shopify-Webhook-Id"]
    assert shop.twin.emitter.deliveries[0].state == "delivered"


def test_eight_retries_in_four_hours_and_then_the_subscription_is_gone(shop: Any) -> None:
    made = subscribe(shop)
    shop.place({"MUG-WHITE": 1})
    start = shop.twin.clock.now()
    moments = []

    def dead(post: Any) -> int:
        moments.append(shop.twin.clock.now() - start)
        return 500

    shop.twin.advance(5 * 3600, dead)
    assert len(moments) == 9
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert gaps == [60, 120, 240, 480, 960, 1920, 3840, 6780]
    assert moments[-1] == timedelta(hours=4)
    assert shop.data(LIST)["webhookSubscriptions"]["nodes"] == []
    entry = shop.twin.ledger.of("subscription_removed")[0].data
    assert entry["subscription"] == made["id"]
    shop.place({"MUG-WHITE": 1})
    assert shop.twin.deliver_due(Mailbox()) == 0


def test_a_success_in_between_keeps_the_subscription(shop: Any) -> None:
    subscribe(shop)
    shop.place({"MUG-WHITE": 1})
    box = Mailbox(*[500] * 8, 200)
    shop.twin.advance(5 * 3600, box)
    assert len(box.posts) == 9
    assert len(shop.data(LIST)["webhookSubscriptions"]["nodes"]) == 1


def test_a_deleted_subscription_gets_nothing_more(shop: Any) -> None:
    made = subscribe(shop)
    shop.place({"MUG-WHITE": 1})
    assert shop.data(DELETE, id=made["id"])["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == made["id"]
    assert shop.twin.deliver_due(Mailbox()) == 0
    assert shop.twin.emitter.deliveries[0].state == "dropped"
    assert shop.data(DELETE, id=made["id"])["webhookSubscriptionDelete"]["userErrors"]


def test_a_retry_goes_to_the_old_address(shop: Any) -> None:
    made = subscribe(shop)
    shop.place({"MUG-WHITE": 1})
    shop.twin.deliver_due(Mailbox(500))
    shop.data(UPDATE, id=made["id"], s={"uri": "https://elsewhere.example/hooks"})
    box = Mailbox()
    shop.twin.advance(61, box)
    assert box.posts[0].url == "https://bridge.example/hooks"


def test_two_subscriptions_of_one_event_share_its_event_id_only(shop: Any) -> None:
    subscribe(shop)
    subscribe(shop, uri="https://other.example/hooks")
    subscribe(shop, "INVENTORY_LEVELS_UPDATE")
    shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    shop.twin.deliver_due(box)
    assert len(box.posts) == 3
    assert len({post.headers["X-Shopify-Event-Id"] for post in box.posts}) == 1
    assert len({post.headers["X-Shopify-Webhook-Id"] for post in box.posts}) == 3


def test_different_events_have_different_ids(shop: Any) -> None:
    subscribe(shop)
    for _ in range(2):
        shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    shop.twin.deliver_due(box)
    assert len({post.headers["X-Shopify-Event-Id"] for post in box.posts}) == 2


def test_the_next_webhook_can_be_made_to_arrive_three_times(shop: Any) -> None:
    subscribe(shop)
    shop.twin.next_webhook("orders/create", copies=3, gaps_s=(0.0, 5.0))
    shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    assert shop.twin.deliver_due(box) == 2
    shop.twin.advance(5, box)
    assert len(box.posts) == 3
    assert len({post.headers["X-Shopify-Webhook-Id"] for post in box.posts}) == 1
    shop.place({"MUG-WHITE": 1})
    assert shop.twin.deliver_due(Mailbox()) == 1


def test_the_next_webhook_can_be_lost_for_ever(shop: Any) -> None:
    subscribe(shop)
    shop.twin.next_webhook("orders/create", lose=True)
    shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    shop.twin.advance(5 * 3600, box)
    assert box.posts == []
    assert len(shop.twin.ledger.of("webhook_lost")) == 1


def test_the_next_webhook_can_be_late(shop: Any) -> None:
    subscribe(shop)
    shop.twin.next_webhook("orders/create", delay_s=3600)
    shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    shop.twin.advance(3599, box)
    assert box.posts == []
    shop.twin.advance(2, box)
    assert len(box.posts) == 1
    assert box.posts[0].headers["X-Shopify-Triggered-At"].startswith("2026-11-02T09:00:00")


def chaotic(seed: int, **odds: float) -> list[str]:
    """Order names in the order in which their webhooks arrive."""
    twin = ShopifyTwin(seed=seed)
    twin.graphql(SUBSCRIBE, {"topic": "ORDERS_CREATE", "s": {"uri": "https://bridge.example/hooks"}})
    for name, value in odds.items():
        setattr(twin.emitter.chaos, name, value)
    for _ in range(40):
        twin.control.place({"MUG-WHITE": 1}, oversell=True)
    box = Mailbox()
    twin.advance(600, box)
    return [one["name"] for one in box.bodies()]


CALM = [f"#{1001 + n}" for n in range(40)]


def test_without_chaos_everything_arrives_once_and_in_order() -> None:
    assert chaotic(1) == CALM


def test_loss_loses_some() -> None:
    seen = chaotic(1, loss=0.3)
    assert 10 < len(seen) < 40
    assert set(seen) < set(CALM)


def test_duplication_repeats_some() -> None:
    seen = chaotic(1, duplicate=0.5, copies=3)
    assert set(seen) == set(CALM)
    assert len(seen) > 60


def test_reordering_keeps_all_but_not_their_order() -> None:
    seen = chaotic(1, reorder=0.8)
    assert sorted(seen) == CALM
    assert seen != CALM


def test_chaos_is_the_same_for_the_same_seed_and_different_for_another() -> None:
    odds = {"loss": 0.2, "duplicate": 0.2, "reorder": 0.5}
    assert chaotic(5, **odds) == chaotic(5, **odds)
    assert chaotic(5, **odds) != chaotic(6, **odds)


def test_a_copy_that_fails_is_not_retried_for_itself(shop: Any) -> None:
    subscribe(shop)
    shop.twin.next_webhook("orders/create", copies=2)
    shop.place({"MUG-WHITE": 1})
    box = Mailbox(200, 500)
    shop.twin.advance(5 * 3600, box)
    assert len(box.posts) == 2
    assert len(shop.data(LIST)["webhookSubscriptions"]["nodes"]) == 1


def test_a_simulation_may_take_deliveries_in_any_order(shop: Any) -> None:
    subscribe(shop)
    for _ in range(3):
        shop.place({"MUG-WHITE": 1})
    waiting = shop.twin.emitter.waiting()
    post = shop.twin.emitter.take(waiting[2])
    assert json.loads(post.body)["name"] == "#1003"
    shop.twin.emitter.settle(post, 200)
    assert [json.loads(one.body)["name"] for one in shop.twin.emitter.waiting()] == ["#1001", "#1002"]


def test_bodies_of_delivered_webhooks_can_be_forgotten(shop: Any) -> None:
    subscribe(shop)
    shop.twin.emitter.keep_bodies = False
    shop.place({"MUG-WHITE": 1})
    shop.twin.deliver_due(Mailbox())
    assert shop.twin.emitter.deliveries[0].body == b""


def test_subscriptions_are_listed_by_topic_and_address(shop: Any) -> None:
    first = subscribe(shop)
    second = subscribe(shop, "ORDERS_CANCELLED", "https://b.example/x")
    assert len(shop.data(LIST)["webhookSubscriptions"]["nodes"]) == 2
    assert [x["id"] for x in shop.data(LIST, t=["ORDERS_CANCELLED"])["webhookSubscriptions"]["nodes"]] == [second["id"]]
    assert [x["id"] for x in shop.data(LIST, u=first["uri"])["webhookSubscriptions"]["nodes"]] == [first["id"]]


def test_the_same_subscription_twice_is_refused_but_another_filter_is_another(shop: Any) -> None:
    subscribe(shop)
    again = shop.data(SUBSCRIBE, topic="ORDERS_CREATE", s={"uri": "https://bridge.example/hooks"})["webhookSubscriptionCreate"]
    assert again["userErrors"][0]["message"] == "Address for this topic has already been taken"
    subscribe(shop, filter="test:false")


@pytest.mark.parametrize(
    "uri", ["http://bridge.example/x", "https://localhost/x", "https://127.0.0.1/x", "https://x.myshopify.com/y"]
)
def test_local_and_unsafe_addresses_are_refused_when_the_twin_is_strict(shop: Any, uri: str) -> None:
    shop.twin.emitter.allow_local = False
    payload = shop.data(SUBSCRIBE, topic="ORDERS_CREATE", s={"uri": uri})["webhookSubscriptionCreate"]
    assert payload["webhookSubscription"] is None
    shop.twin.emitter.allow_local = True
    subscribe(shop, uri=uri)


def test_nonsense_is_no_address(shop: Any) -> None:
    payload = shop.data(SUBSCRIBE, topic="ORDERS_CREATE", s={"uri": "nowhere"})["webhookSubscriptionCreate"]
    assert payload["userErrors"][0]["message"] == "Address is invalid"


def test_a_topic_needs_its_scope(shop: Any) -> None:
    shop.twin.world.app.scopes = frozenset({"read_orders"})
    assert shop.gql(SUBSCRIBE, topic="ORDERS_CREATE", s={"uri": "https://a.example"})["data"]["webhookSubscriptionCreate"]
    error = shop.error(SUBSCRIBE, topic="INVENTORY_LEVELS_UPDATE", s={"uri": "https://a.example"})
    assert error["extensions"]["code"] == "ACCESS_DENIED"


def test_a_filter_lets_only_matching_payloads_through(shop: Any) -> None:
    berlin = shop.do.location("Berlin Central").id
    subscribe(shop, "INVENTORY_LEVELS_UPDATE", filter=f"location_id:{berlin}")
    shop.do.set_stock("MUG-WHITE", "Berlin Central", quantity=3)
    shop.do.set_stock("MUG-WHITE", "Hamburg Port", quantity=3)
    box = Mailbox()
    shop.twin.deliver_due(box)
    assert [one["location_id"] for one in box.bodies()] == [berlin]


def test_include_fields_thin_the_payload(shop: Any) -> None:
    subscribe(shop, includeFields=["id", "updated_at"])
    shop.place({"MUG-WHITE": 1})
    box = Mailbox()
    shop.twin.deliver_due(box)
    assert set(box.bodies()[0]) == {"id", "updated_at"}
