"""What no sane store sends, from the network: it is turned away, stored or put off with a sentence, and never a crash."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.channels.shopify import generated as g
from stockbridge.channels.shopify.inbound import ShopifyInbound
from stockbridge.domain import events as e
from stockbridge.domain.effects import FetchOrder
from stockbridge.ports import Arrival, DoorError, HttpAnswer, OutcomeUnknown, Refused, TryLater, Unreadable

Deliver = Callable[..., Arrival]
DEEP = b"[" * 200_000 + b"]" * 200_000
DIGITS = b"9" * 5_000
LONG = "x" * 100_000
#: A btree index of PostgreSQL takes about 2 700 bytes.
INDEXED = 1_000


@pytest.fixture
def inbound() -> ShopifyInbound:
    return ShopifyInbound(account="acme", connection="shop", domain="acme.myshopify.com", secrets=("s3cret",))


@pytest.fixture
def deliver(inbound: ShopifyInbound, signed: Callable[..., dict[str, str]], shop: Any) -> Deliver:
    def act(topic: str, raw: bytes, /, **headers: str) -> Arrival:
        return inbound.identify(signed(headers.pop("topic", topic), raw, **headers), raw, shop.clock.now())

    return act


# --- what knocks ---------------------------------------------------------------------------------------------------------

BODIES = {
    "nested two hundred thousand deep": b'{"id": 5, "x": ' + DEEP + b"}",
    "no utf-8 in an id": b'{"admin_graphql_api_id": "gid://shopify/Order/\xff\xfe"}',
    "an id of five thousand digits": b'{"id": ' + DIGITS + b"}",
    "half a letter": b'{"admin_graphql_api_id": "\\ud800"}',
    "a fraction beyond all floats": b'{"id": 1e400}',
    "eight million brackets": b"[" * 8_000_000,
    "only spaces": b" " * 1_000_000,
}


@pytest.mark.parametrize("raw", BODIES.values(), ids=BODIES.keys())
def test_a_genuine_body_that_nobody_can_read_is_stored_and_parked_with_a_sentence(
    deliver: Deliver, inbound: ShopifyInbound, raw: bytes
) -> None:
    arrival = deliver("orders/updated", raw)
    assert arrival.subject == "unreadable/w-1"
    assert arrival.body == raw
    with pytest.raises(Unreadable, match=r"The body of the webhook orders/updated could not be read"):
        inbound.read(arrival)


IDS = {
    "a hundred thousand letters": LONG,
    "a null byte": "gid://shopify/Order/5\x00",
    "two lines": "gid://shopify/Order/5\nDROP",
    "nothing": "",
}


@pytest.mark.parametrize("bad", IDS.values(), ids=IDS.keys())
def test_what_no_table_can_hold_is_no_id_and_the_number_beside_it_is_taken(
    deliver: Deliver, inbound: ShopifyInbound, bad: str
) -> None:
    arrival = deliver("orders/updated", json.dumps({"id": 5, "admin_graphql_api_id": bad}).encode())
    assert arrival.subject == "order/gid://shopify/Order/5"
    assert inbound.read(arrival) == [e.OrderHinted(order_id="gid://shopify/Order/5", updated_at=None)]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/updated", {"id": LONG}),
        ("refunds/create", {"order_id": "5\x00"}),
        ("returns/approve", {"order": {"id": LONG}}),
        ("inventory_levels/update", {"inventory_item_id": LONG, "location_id": 1}),
        ("inventory_items/update", {"id": "\x00"}),
        ("fulfillment_orders/moved", {"original_fulfillment_order": {"id": LONG}}),
        ("locations/create", {"admin_graphql_api_id": LONG}),
    ],
)
def test_a_body_without_any_usable_id_is_about_its_topic_only(deliver: Deliver, topic: str, body: dict[str, Any]) -> None:
    assert deliver(topic, json.dumps(body).encode()).subject == f"topic/{topic}"


@pytest.mark.parametrize("item", [LONG, "\x00", None])
def test_a_level_of_an_item_that_is_none_cannot_be_read(deliver: Deliver, inbound: ShopifyInbound, item: Any) -> None:
    raw = json.dumps({"inventory_item_id": item, "location_id": 1, "available": 3}).encode()
    with pytest.raises(Unreadable, match="which item or location"):
        inbound.read(deliver("inventory_levels/update", raw))


@pytest.mark.parametrize("name", ["webhook_id", "topic", "event_id", "name"])
def test_headers_of_any_length_fit_an_index_because_only_the_body_is_signed(deliver: Deliver, name: str) -> None:
    arrival = deliver("orders/updated", b'{"id": 5}', **{name: LONG})
    assert len(arrival.dedupe_key) < INDEXED
    assert len(arrival.topic) < INDEXED
    assert all(len(value) < INDEXED for value in arrival.headers.values())


def test_two_long_delivery_ids_are_still_two_deliveries(deliver: Deliver) -> None:
    keys = [deliver("orders/updated", b'{"id": 5}', webhook_id=LONG + end).dedupe_key for end in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\n", "\x85"])
def test_control_characters_in_headers_become_spaces(deliver: Deliver, letter: str) -> None:
    arrival = deliver("orders/updated", b'{"id": 5}', webhook_id=f"w{letter}1", event_id=f"e{letter}1")
    assert arrival.dedupe_key == "orders/updated/w 1"
    assert arrival.headers["x-shopify-event-id"] == "e 1"


# --- what answers --------------------------------------------------------------------------------------------------------


def read(shop: Any, reply: Any) -> Any:
    shop.store.on("LevelsAt", reply)
    return shop.door.levels._shopify.call(g.LEVELS_AT, g.LevelsAt(ids=["i"], location_id="l"), urgent=False)


def write(shop: Any, reply: Any) -> Any:
    shop.store.on("SetAvailable", reply)
    asked = g.SetAvailable(input=g.InventorySetQuantitiesInput(name="available", reason="correction", quantities=[]), key="k")
    return shop.door.levels._shopify.call(g.SET_AVAILABLE, asked, urgent=False)


def ok(body: bytes) -> HttpAnswer:
    return HttpAnswer(status=200, headers={}, body=body)


ANSWERS = {
    "data nested too deep": ok(b'{"data": {"nodes": ' + DEEP + b"}}"),
    "an error nested too deep": ok(b'{"errors": [{"message": "x", "extensions": {"a": ' + DEEP + b"}}]}"),
    "no utf-8 in the data": ok(b'{"data": {"nodes": [], "inventorySetQuantities": "\xff"}}'),
    "a number without end": ok(b'{"data": {"nodes": ' + DIGITS + b"}}"),
    "errors in a single sentence": ok(b'{"errors": "Something went wrong"}'),
    "an error that is only a text": ok(b'{"errors": ["Something went wrong"]}'),
    "a list": ok(b"[]"),
    "null": ok(b"null"),
    "four million spaces": ok(b" " * 4_000_000),
}


@pytest.mark.parametrize("reply", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_that_cannot_be_read_is_a_lost_answer(shop: Any, reply: HttpAnswer) -> None:
    with pytest.raises(DoorError) as caught:
        write(shop, reply)
    assert type(caught.value) is OutcomeUnknown
    with pytest.raises(DoorError) as caught:
        read(shop, reply)
    assert type(caught.value) is TryLater


def test_an_error_without_extensions_is_an_error_like_others(shop: Any) -> None:
    rows = [
        {"message": "first", "extensions": None, "path": None},
        {"message": "Throttled", "extensions": {"code": "THROTTLED"}},
    ]
    shop.store.on("LevelsAt", {"errors": rows}, {"nodes": []})
    assert ask(shop) == []
    assert shop.clock.slept == [0.1]


def ask(shop: Any) -> Any:
    return shop.door.levels._shopify.call(g.LEVELS_AT, g.LevelsAt(ids=["i"], location_id="l"), urgent=False).data.nodes


@pytest.mark.parametrize("told", ["inf", "1e999", "99999999999", "nan", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_no_store_can_make_us_wait_longer_than_an_hour(shop: Any, told: str) -> None:
    with pytest.raises(TryLater) as caught:
        read(shop, HttpAnswer(status=429, headers={"retry-after": told}, body=b""))
    assert 0 <= caught.value.after_s <= 3600


def test_a_budget_that_would_refill_in_years_is_asked_for_again_within_the_hour(shop: Any) -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": -1e300, "restoreRate": 1e-300}
    cost = {"requestedQueryCost": 10, "actualQueryCost": None, "throttleStatus": status}
    row = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    with pytest.raises(TryLater) as caught:
        read(shop, {"errors": [row], "extensions": {"cost": cost}})
    assert caught.value.after_s == 3600


@pytest.mark.parametrize("life", [1e300, 10**15, -5, 0])
def test_a_token_of_any_life_is_used_and_renewed_within_a_day(shop: Any, life: float) -> None:
    shop.store.token_answers = [{"access_token": "t1", "expires_in": life}, {"access_token": "t2", "expires_in": 86_399}]
    shop.store.on("LevelsAt", {"nodes": []})
    ask(shop)
    shop.clock.sleep(86_400)
    ask(shop)
    used = [r.headers["x-shopify-access-token"] for r in shop.store.requests if r.url.endswith("graphql.json")]
    assert used == ["t1", "t2"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_by_nobody_and_refused_with_its_number(shop: Any, status: int) -> None:
    elsewhere = HttpAnswer(status=status, headers={"location": "https://elsewhere.example/"}, body=b"")
    with pytest.raises(Refused) as caught:
        write(shop, elsewhere)
    assert caught.value.code == f"http_{status}"
    assert len(shop.store.calls) == 1


@pytest.mark.parametrize("code", ["SHOP_INACTIVE", "SHOP_PENDING_TERMINATION"])
def test_a_store_that_is_closed_pauses_the_connection_and_nothing_was_done(shop: Any, make: Any, code: str) -> None:
    for act in (read, write):
        with pytest.raises(TryLater) as caught:
            act(shop, make.trouble(code, "The shop is closed"))
        assert caught.value.credentials
        assert "closed" in str(caught.value)


# --- pages ---------------------------------------------------------------------------------------------------------------


def endless(make: Any, mark: str | None) -> Any:
    """A list that says it goes on, and does not say where."""
    return {**make.page(), "pageInfo": {"hasNextPage": True, "endCursor": mark}}


@pytest.mark.parametrize("mark", [None, "", "p1"], ids=["no mark", "an empty mark", "always the same mark"])
@pytest.mark.parametrize(
    ("what", "document", "root"),
    [
        ("orders", "SweepOrders", "orders"),
        ("fulfillment_orders", "SweepFulfillmentOrders", "fulfillmentOrders"),
        ("items", "SweepItems", "productVariants"),
        ("locations", "SweepLocations", "locations"),
        ("subscriptions", "ListSubscriptions", "webhookSubscriptions"),
    ],
)
def test_a_list_that_never_ends_stops_the_sweep_after_two_pages(
    shop: Any, make: Any, what: str, document: str, root: str, mark: str | None
) -> None:
    shop.settings["webhook_url"] = "https://bridge.example/in"
    shop.store.on(document, {root: endless(make, mark)})
    with pytest.raises(TryLater, match="further pages"):
        shop.door.polls.poll(what, None)
    assert len(shop.store.calls) <= 2


@pytest.mark.parametrize("mark", [None, "p1"])
def test_an_order_whose_lines_never_end_is_not_taken_for_a_whole_one(shop: Any, make: Any, mark: str | None) -> None:
    order = make.order(1, lineItems={**make.page(make.line(1)), "pageInfo": {"hasNextPage": True, "endCursor": mark}})
    shop.store.on("FetchOrders", {"nodes": [order]})
    shop.store.on("MoreLines", {"order": {"lineItems": endless(make, mark)}})
    with pytest.raises(TryLater, match="further pages"):
        shop.door.outbound.perform(FetchOrder(order_id=make.gid("Order", 1), cause="test"), "k")


def test_an_order_of_two_thousand_lines_is_read_to_the_last(shop: Any, make: Any) -> None:
    def more(v: Any) -> Any:
        begin = int(v["after"])
        end = begin + 250
        rows = [make.line(n) for n in range(begin, end)]
        return {"order": {"lineItems": make.page(*rows, more=str(end) if end < 2_000 else None)}}

    shop.store.on("FetchOrders", {"nodes": [make.order(1, lineItems=make.page(make.line(0), more="1"))]})
    shop.store.on("MoreLines", more)
    receipt = shop.door.outbound.perform(FetchOrder(order_id=make.gid("Order", 1), cause="test"), "k")
    assert json.loads(receipt.body)["order"]["lineItems"]["nodes"][-1]["sku"] == "SKU-2000"
