"""Two shops that sell the same goods from one warehouse, and what is right there, by the twins alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockbridge.testing.truth import Truth
from stockbridge.testing.world import SHOP, World

OTHER = "harbor-outlet.myshopify.com"
#: Where each shop sells what lies in BER, with its share.
PLACES = ((SHOP, "Berlin Central", 5_000), (OTHER, "Berlin Central", 5_000))


def share_berlin(world: World, codes: Mapping[str, str]) -> None:
    """Both shops sell what lies in BER; HAM is the first one's alone."""
    world.add_shop(OTHER, seed=2)
    for name in (SHOP, OTHER):
        world.map_items("BER", codes, shop=name)
    world.map_items("HAM", codes)
    world.map_source("Hamburg Port", "HAM", ["SHELF", "BULK"], priority=2)
    for shop, location, share in PLACES:
        world.map_source(location, "BER", ["SHELF", "BULK"], priority=1, shop=shop, share_bp=share)
    world.settle()


class Shared:
    """What may be offered of BER by both shops together. ``too_much``: every raise above it, in words."""

    def __init__(self, world: World, truths: Mapping[str, Truth], codes: Mapping[str, str]) -> None:
        self.world, self.truths, self.codes = world, truths, codes
        self.lost = 0
        self.too_much: list[str] = []

    def shown(self, sku: str) -> list[int]:
        return [self.truths[shop].shown(location, sku) for shop, location, _ in PLACES]

    def waiting(self, sku: str) -> list[int]:
        """Units that a shop holds and that the warehouse was not asked for."""
        return [
            truth._unplaced(next(each for each in truth.pairings if each.warehouse == "BER"), sku)
            for truth in (self.truths[shop] for shop, _, _ in PLACES)
        ]

    def there(self, sku: str) -> int:
        """On the shelves of BER, less what it still has to ship."""
        code, shelf = self.codes[sku], self.world.wms.shelves["BER"]
        return sum(shelf.physical.get((code, zone), 0) for zone in ("SHELF", "BULK")) - self.truths[SHOP]._owed("BER", code)

    def given_back(self, sku: str) -> int:
        """Units that a shop put back on sale by itself, of orders that the warehouse still has."""
        cancelled = {
            f"gid://shopify/LineItem/{line.id}"
            for shop in self.world.shops.values()
            for order in shop.world.orders.values()
            if order.cancelled_at
            for line in order.lines
        }
        return sum(
            line.open
            for orders in self.world.wms.orders.values()
            for order in orders
            if order.warehouse == "BER"
            for line in order.lines
            if line.line_id in cancelled and line.item_code == self.codes[sku]
        )

    def watch(self) -> None:
        """From now on every raise by an app is held against what there is."""
        for shop, location, _ in PLACES:
            self._watch(shop, location)

    def _watch(self, shop: str, location: str) -> None:
        twin = self.world.shops[shop]
        add, place = twin.ledger.add, self.world.location_id(location, shop=shop)

        def watched(at: Any, kind: str, data: dict[str, Any]) -> None:
            add(at, kind, data)
            ours = kind == "level_changed" and str(data["by"]).startswith("app:") and data["location"] == place
            if ours and data["sku"] in self.codes and data["deltas"].get("available", 0) > 0:
                self._judge(data["sku"], f"{shop} raised to {data['after']['available']}")

        twin.ledger.add = watched  # type: ignore[method-assign]

    def _judge(self, sku: str, what: str) -> None:
        shown, waiting, there = self.shown(sku), self.waiting(sku), self.there(sku)
        if sum(shown) + sum(waiting) > there + self.lost + self.given_back(sku):
            self.too_much.append(f"{sku}: {what}; shown {shown}, waiting {waiting}, there {there}, lost {self.lost}")
