"""The twin over real HTTP: real sockets, real webhooks, real broken connections."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from stockbridge.testing.twins.shopify import ShopifyTwin, VirtualClock, WallClock
from stockbridge.testing.twins.shopify.server import serve, served
from stockbridge.testing.twins.shopify.webhooks.emitter import sign

SUBSCRIBE = "mutation S($u: String!) { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: $u}) { userErrors { message } } }"


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for something that happens soon."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


class Subscriber:
    """An HTTP server that takes webhooks and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.most_at_once = self.now = 0
        self.wait_s = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.now += 1
                outer.most_at_once = max(outer.most_at_once, outer.now)
                body = self.rfile.read(int(self.headers["content-length"]))
                time.sleep(outer.wait_s)
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                outer.now -= 1
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    made = Subscriber()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def live() -> Iterator[tuple[ShopifyTwin, httpx2.Client]]:
    twin = ShopifyTwin(seed=3, clock=WallClock())
    with served(twin, hang_s=0.3) as base, httpx2.Client(base_url=base, trust_env=False) as client:
        client.headers["X-Shopify-Access-Token"] = twin.token()
        yield twin, client


def ask(client: httpx2.Client, query: str, **variables: Any) -> Any:
    return client.post("/admin/api/2026-10/graphql.json", json={"query": query, "variables": variables})


def test_oauth_graphql_and_headers_over_http(live: Any) -> None:
    _, client = live
    form = {"grant_type": "client_credentials", "client_id": "twin-client-id", "client_secret": "twin-client-secret"}
    token = client.post("/admin/oauth/access_token", data=form).json()["access_token"]
    answer = client.post(
        "/admin/api/2026-10/graphql.json", json={"query": "{ shop { name } }"}, headers={"X-Shopify-Access-Token": token}
    )
    assert answer.json()["data"] == {"shop": {"name": "Nordlicht"}}
    assert answer.headers["x-shopify-api-version"] == "2026-10"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert client.post("/admin/api/2026-10/graphql.json", json={}, headers={"X-Shopify-Access-Token": "no"}).status_code == 401


def test_an_order_placed_over_http_is_routed_and_announced_over_http(live: Any, subscriber: Subscriber) -> None:
    twin, client = live
    ask(client, SUBSCRIBE, u=subscriber.url)
    made = client.post("/_twin/do/place", json={"items": {"MUG-WHITE": 1}}).json()["result"]
    until(lambda: len(subscriber.got) == 1)
    headers, body = subscriber.got[0]
    assert headers["x-shopify-hmac-sha256"] == sign("twin-client-secret", body)
    assert headers["x-shopify-topic"] == "orders/create"
    assert json.loads(body)["admin_graphql_api_id"] == made["id"]
    until(lambda: bool(twin.control.order("#1001").fulfillment_orders))
    until(lambda: twin.emitter.deliveries[0].state == "delivered")


def test_copies_of_a_webhook_arrive_at_the_same_time(live: Any, subscriber: Subscriber) -> None:
    twin, client = live
    subscriber.wait_s = 0.2
    ask(client, SUBSCRIBE, u=subscriber.url)
    twin.next_webhook("orders/create", copies=3)
    client.post("/_twin/do/place", json={"items": {"MUG-WHITE": 1}})
    until(lambda: len(subscriber.got) == 3)
    assert subscriber.most_at_once == 3
    assert len({headers["x-shopify-webhook-id"] for headers, _ in subscriber.got}) == 1


def test_an_address_where_nobody_lives_is_tried_again_later(live: Any) -> None:
    twin, client = live
    ask(client, SUBSCRIBE, u="http://127.0.0.1:1/hooks")
    client.post("/_twin/do/place", json={"items": {"MUG-WHITE": 1}})
    until(lambda: bool(twin.emitter.deliveries and twin.emitter.deliveries[0].answers))
    assert twin.emitter.deliveries[0].state == "waiting"
    assert twin.emitter.deliveries[0].answers == ["ConnectError"]


@pytest.mark.slow
def test_a_subscriber_that_takes_more_than_five_seconds_has_failed(live: Any, subscriber: Subscriber) -> None:
    twin, client = live
    subscriber.wait_s = 5.5
    ask(client, SUBSCRIBE, u=subscriber.url)
    client.post("/_twin/do/place", json={"items": {"MUG-WHITE": 1}})
    until(lambda: bool(twin.emitter.deliveries and twin.emitter.deliveries[0].answers), 15)
    assert twin.emitter.deliveries[0].answers == ["timeout"]
    until(lambda: len(subscriber.got) == 1)


def test_a_dropped_answer_breaks_the_connection_after_the_work_is_done(live: Any) -> None:
    twin, client = live
    order = twin.control.place({"MUG-WHITE": 1})
    twin.fail_next("drop_answer_after", match="tagsAdd")
    text = 'mutation T($id: ID!) { tagsAdd(id: $id, tags: ["seen"]) { userErrors { message } } }'
    with pytest.raises(httpx2.RemoteProtocolError):
        ask(client, text, id=f"gid://shopify/Order/{order.id}")
    assert order.tags == ["seen"]
    assert ask(client, "{ shop { name } }").status_code == 200


def test_a_hung_answer_never_comes(live: Any) -> None:
    twin, client = live
    twin.fail_next("timeout")
    client.timeout = httpx2.Timeout(0.1)
    with pytest.raises(httpx2.ReadTimeout):
        ask(client, "{ shop { name } }")


def test_bulk_results_are_fetched_from_the_twin_itself(live: Any) -> None:
    twin, client = live
    twin.world.knobs.bulk_delay_s = 0.05
    run = 'mutation { bulkOperationRunQuery(query: "{ locations { edges { node { id name } } } }") { bulkOperation { id } userErrors { message } } }'
    made = ask(client, run).json()["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    until(lambda: twin.bulk.get(made).url is not None)
    with httpx2.Client(trust_env=False) as bare:
        lines = bare.get(twin.bulk.get(made).url).text.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["Berlin Central", "Hamburg Port", "München South"]


def test_a_virtual_clock_stands_still_until_it_is_turned(subscriber: Subscriber) -> None:
    twin = ShopifyTwin(seed=3, clock=VirtualClock())
    with served(twin) as base, httpx2.Client(base_url=base, trust_env=False) as client:
        client.headers["X-Shopify-Access-Token"] = twin.token()
        ask(client, SUBSCRIBE, u=subscriber.url)
        twin.next_webhook("orders/create", delay_s=3600)
        client.post("/_twin/do/place", json={"items": {"MUG-WHITE": 1}})
        assert client.post("/_twin/do/advance", json={"seconds": 3000}).json()["result"]["now"].startswith("2026-11-02T09:50")
        time.sleep(0.3)
        assert subscriber.got == []
        client.post("/_twin/do/advance", json={"seconds": 3000})
        until(lambda: len(subscriber.got) == 1)


def test_serve_tells_its_address_and_the_twin_it_made() -> None:
    told: list[Any] = []

    def ready(base: str, twin: ShopifyTwin) -> None:
        told.append((base, twin))
        raise KeyboardInterrupt

    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(KeyboardInterrupt):
        serve(listener, seed=9, shop="other.myshopify.com", virtual_clock=True, ready=ready)
    base, twin = told[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base)
    assert (twin.world.seed, twin.world.shop.domain) == (9, "other.myshopify.com")
    assert isinstance(twin.clock, VirtualClock)


def test_two_thousand_orders_are_placed_and_served_quickly() -> None:
    """Not a benchmark: it fails only if something became far too slow (ten times what was measured)."""
    twin = ShopifyTwin(seed=3)
    start = time.monotonic()
    for _ in range(2000):
        twin.control.place({"MUG-WHITE": 1, "PAN24": 1}, oversell=True)
    twin.advance(1)
    placed = time.monotonic() - start
    ids = [f"gid://shopify/Order/{number}" for number in list(twin.world.orders)[:50]]
    text = """query N($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { id name lineItems(first: 20) { nodes { id sku quantity } }
        fulfillmentOrders(first: 5) { nodes { id status lineItems(first: 20) { nodes { id remainingQuantity } } } } } } }"""
    start = time.monotonic()
    assert len(twin.graphql(text, {"ids": ids})["data"]["nodes"]) == 50
    assert placed < 20
    assert time.monotonic() - start < 1
