"""Ids that look like Shopify's: large, growing per kind, the same for the same seed."""

import re
from random import Random

_START = {
    "Order": 5_910_000_000_000,
    "LineItem": 14_820_000_000_000,
    "FulfillmentOrder": 6_780_000_000_000,
    "FulfillmentOrderLineItem": 13_900_000_000_000,
    "Fulfillment": 5_300_000_000_000,
    "FulfillmentLineItem": 12_600_000_000_000,
    "Product": 8_160_000_000_000,
    "ProductVariant": 44_870_000_000_000,
    "InventoryItem": 46_930_000_000_000,
    "InventoryLevel": 118_300_000_000,
    "Location": 71_200_000_000,
    "Customer": 7_040_000_000_000,
    "Shop": 61_700_000_000,
    "WebhookSubscription": 1_290_000_000_000,
    "BulkOperation": 4_560_000_000_000,
}
_STEP = 32_768
_GID = re.compile(r"^gid://shopify/([A-Za-z]+)/([0-9]+)(\?[^/]*)?$")


class Mint:
    """Makes ids. Each kind counts for itself, so the order of calls for one kind alone decides its ids."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._last: dict[str, int] = {}

    def __call__(self, kind: str) -> int:
        last = self._last.get(kind)
        if last is None:
            start = _START.get(kind, 901_000_000_000)
            last = start + Random(f"{self._seed}:{kind}").randrange(100_000) * _STEP + 29
        self._last[kind] = last + _STEP
        return self._last[kind]


def gid(kind: str, number: int) -> str:
    """The id as GraphQL shows it."""
    return f"gid://shopify/{kind}/{number}"


def parse_gid(text: str) -> tuple[str, int, str] | None:
    """Kind, number and query string of a global id, or None if it is none."""
    found = _GID.match(text)
    return (found[1], int(found[2]), found[3] or "") if found else None
