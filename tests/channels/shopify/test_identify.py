"""Who knocks: only the store itself, and what it knocks about is known before the body is understood."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.channels.shopify.inbound import ShopifyInbound
from stockbridge.ports import Arrival, NotGenuine

Signed = Callable[..., dict[str, str]]


@pytest.fixture
def inbound() -> ShopifyInbound:
    return ShopifyInbound(account="acme", connection="shop", domain="acme.myshopify.com", secrets=("s3cret", "0ld"))


@pytest.fixture
def arrive(inbound: ShopifyInbound, signed: Signed, shop: Any) -> Callable[..., Arrival]:
    def deliver(topic: str, body: Any, **changes: str) -> Arrival:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return inbound.identify(signed(topic, raw, **changes), raw, shop.clock.now())

    return deliver


def test_a_genuine_webhook_becomes_an_arrival_with_its_bytes_as_they_came(arrive: Callable[..., Arrival]) -> None:
    raw = b'{"id": 5,   "admin_graphql_api_id": "gid://shopify/Order/5"}'
    found = arrive("orders/updated", raw)
    assert (found.account, found.connection, found.topic) == ("acme", "shop", "orders/updated")
    assert found.subject == "order/gid://shopify/Order/5"
    assert found.body == raw
    assert found.headers["x-shopify-event-id"] == "e-1"


def test_the_signature_is_not_kept(arrive: Callable[..., Arrival]) -> None:
    assert "x-shopify-hmac-sha256" not in arrive("orders/updated", {"id": 5}).headers


@pytest.mark.parametrize("secret", ["", "wrong", "S3CRET"])
def test_a_wrong_signature_is_turned_away(inbound: ShopifyInbound, signed: Signed, shop: Any, secret: str) -> None:
    with pytest.raises(NotGenuine):
        inbound.identify(signed("orders/updated", b"{}", secret=secret), b"{}", shop.clock.now())


def test_a_body_changed_on_the_way_is_turned_away(inbound: ShopifyInbound, signed: Signed, shop: Any) -> None:
    with pytest.raises(NotGenuine):
        inbound.identify(signed("orders/updated", b'{"id":1}'), b'{"id":2}', shop.clock.now())


@pytest.mark.parametrize("signature", ["", "é", "AAAA", "not base64 at all"])
def test_any_rubbish_in_place_of_a_signature_is_turned_away(
    inbound: ShopifyInbound, signed: Signed, shop: Any, signature: str
) -> None:
    headers = {**signed("orders/updated", b"{}"), "X-Shopify-Hmac-Sha256": signature}
    with pytest.raises(NotGenuine):
        inbound.identify(headers, b"{}", shop.clock.now())


def test_without_a_secret_nothing_is_genuine(signed: Signed, shop: Any) -> None:
    door = ShopifyInbound(account="a", connection="s", domain="acme.myshopify.com", secrets=())
    with pytest.raises(NotGenuine):
        door.identify(signed("orders/updated", b"{}", secret=""), b"{}", shop.clock.now())


def test_the_old_secret_is_good_during_a_rotation(inbound: ShopifyInbound, signed: Signed, shop: Any) -> None:
    assert inbound.identify(signed("orders/updated", b"{}", secret="0ld"), b"{}", shop.clock.now()).topic == "orders/updated"


def test_a_webhook_of_another_store_of_the_same_app_is_turned_away(arrive: Callable[..., Arrival]) -> None:
    with pytest.raises(NotGenuine, match=r"other\.myshopify\.com"):
        arrive("orders/updated", {"id": 1}, shop_domain="other.myshopify.com")


def test_header_names_may_come_in_any_case(inbound: ShopifyInbound, signed: Signed, shop: Any) -> None:
    headers = {name.upper(): value for name, value in signed("orders/updated", b"{}").items()}
    assert inbound.identify(headers, b"{}", shop.clock.now()).dedupe_key == "orders/updated/w-1"


def test_a_second_delivery_has_the_same_key_and_a_second_webhook_another(arrive: Callable[..., Arrival]) -> None:
    first, again, other = (
        arrive("orders/updated", {"id": 1}),
        arrive("orders/updated", {"id": 1}),
        arrive("orders/updated", {"id": 1}, webhook_id="w-2"),
    )
    assert first.dedupe_key == again.dedupe_key != other.dedupe_key


def test_without_a_delivery_id_the_body_tells_deliveries_apart(inbound: ShopifyInbound, signed: Signed, shop: Any) -> None:
    keys = []
    for raw in (b'{"id":1}', b'{"id":1}', b'{"id":2}'):
        headers = signed("orders/updated", raw)
        del headers["X-Shopify-Webhook-Id"]
        keys.append(inbound.identify(headers, raw, shop.clock.now()).dedupe_key)
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("topic", "body", "subject"),
    [
        ("orders/create", {"id": 5}, "order/gid://shopify/Order/5"),
        ("orders/edited", {"order_edit": {"id": 9, "order_id": 5}}, "order/gid://shopify/Order/5"),
        ("orders/delete", {"id": 5}, "order/gid://shopify/Order/5"),
        ("refunds/create", {"id": 9, "order_id": 5}, "order/gid://shopify/Order/5"),
        ("fulfillments/create", {"id": 9, "order_id": 5}, "order/gid://shopify/Order/5"),
        ("fulfillment_events/create", {"id": 9, "order_id": 5}, "order/gid://shopify/Order/5"),
        ("returns/approve", {"id": 9, "order": {"id": 5}}, "order/gid://shopify/Order/5"),
        ("inventory_levels/update", {"inventory_item_id": 7, "location_id": 1}, "levels/gid://shopify/Location/1"),
        ("inventory_items/update", {"id": 7}, "item/gid://shopify/InventoryItem/7"),
        (
            "fulfillment_orders/moved",
            {"original_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/3"}},
            "fulfillment_order/gid://shopify/FulfillmentOrder/3",
        ),
        (
            "fulfillment_orders/order_routing_complete",
            {"fulfillment_order": {"id": 3}},
            "fulfillment_order/gid://shopify/FulfillmentOrder/3",
        ),
        ("fulfillment_orders/moved", {"order_id": 5, "fulfillment_order": {"id": 3}}, "order/gid://shopify/Order/5"),
        ("products/update", {"id": 4}, "product/gid://shopify/Product/4"),
        ("locations/create", {"id": 1}, "location/gid://shopify/Location/1"),
        ("app/uninstalled", {"id": 1}, "topic/app/uninstalled"),
        ("something/new", {"whatever": []}, "topic/something/new"),
    ],
)
def test_what_a_webhook_is_about(arrive: Callable[..., Arrival], topic: str, body: dict[str, Any], subject: str) -> None:
    assert arrive(topic, body).subject == subject


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"id": 5.5}', b'{"id": {"a": 1}}'])
def test_an_unreadable_body_with_the_right_signature_is_still_stored(arrive: Callable[..., Arrival], raw: bytes) -> None:
    assert arrive("orders/updated", raw).subject == "unreadable/w-1"


def test_a_number_too_large_for_a_float_keeps_every_digit(arrive: Callable[..., Arrival]) -> None:
    assert arrive("orders/create", b'{"id": 820982911946154508}').subject == "order/gid://shopify/Order/820982911946154508"
