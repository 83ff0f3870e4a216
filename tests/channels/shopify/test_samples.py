"""Shopify's own sample webhooks, and two captured live, go through the reader."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

import pytest

from stockbridge.channels.shopify.inbound import ShopifyInbound
from stockbridge.domain import events as e

FOLDER = Path(os.environ.get("STOCKBRIDGE_SHOPIFY_SAMPLES", Path(__file__).parents[4] / "shared/fixtures/shopify-webhooks"))
SAMPLES = sorted(FOLDER.glob("*.json"))
GROUPS = sorted(["fulfillment_orders", "fulfillment_holds", "fulfillment_events", "inventory_levels", "inventory_items",
                 "reverse_deliveries", "reverse_fulfillment_orders"], key=len, reverse=True)  # fmt: skip

pytestmark = pytest.mark.skipif(
    not SAMPLES, reason="the sample webhooks are not on this machine (set STOCKBRIDGE_SHOPIFY_SAMPLES)"
)


def topic_of(path: Path) -> str:
    """A file is named after its topic with / as _."""
    name = path.stem.removeprefix("legacy-2020-04_").removesuffix("_legacy-2020-04")
    for group in GROUPS:
        if name.startswith(group + "_"):
            return f"{group}/{name[len(group) + 1 :]}"
    return name.replace("_", "/", 1)


def understood(path: Path, shop: object) -> tuple[str, e.Event]:
    body = path.read_bytes()
    inbound = ShopifyInbound(account="a", connection="s", domain="acme.myshopify.com", secrets=("k",))
    signature = base64.b64encode(hmac.new(b"k", body, hashlib.sha256).digest()).decode()
    headers = {
        "X-Shopify-Topic": topic_of(path),
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Shop-Domain": "acme.myshopify.com",
    }
    arrival = inbound.identify(headers, body, shop.clock.now())  # type: ignore[attr-defined]
    (event,) = inbound.read(arrival)
    return arrival.subject, event


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_understood(path: Path, shop: object) -> None:
    subject, event = understood(path, shop)
    assert "None" not in subject
    assert not subject.startswith("unreadable")
    of_order = topic_of(path).startswith(("orders/", "refunds/", "fulfillments/", "fulfillment_events/", "returns/"))
    if topic_of(path).startswith("returns/"):
        of_order = b'"order"' in path.read_bytes()  # some of this family name no order
    expected: type = e.OrderHinted if of_order else e.Noted
    if topic_of(path).startswith("inventory_levels/"):
        expected = e.LevelHinted
    if topic_of(path) == "fulfillment_orders/order_routing_complete":
        expected = e.RoutingCompleted
    assert isinstance(event, expected)


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("orders_create", 820982911946154508),
        ("orders_edited", 82098291194615449),
        ("refunds_create", 6273085767965),
        ("returns_approve", 4783296544821),
    ],
)
def test_the_order_is_named_to_the_last_digit(name: str, order: int, shop: object) -> None:
    subject, event = understood(FOLDER / f"{name}.json", shop)
    assert subject == f"order/gid://shopify/Order/{order}"
    assert isinstance(event, e.OrderHinted)
    assert event.order_id == f"gid://shopify/Order/{order}"
