"""What is right, by the twins alone: how much may be offered, what left, what the shop recorded. Never asks the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import Any

from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.wms import WmsTwin


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """These zones of this warehouse feed this location; ``codes``: SKU → item code there."""

    warehouse: str
    location: str
    zones: tuple[str, ...]
    codes: Mapping[str, str]


@dataclass(slots=True)
class Truth:
    """The two twins, and how they belong together."""

    shop: ShopifyTwin
    wms: WmsTwin
    pairings: Sequence[Pairing]
    #: every offer above the truth at the moment it was written, in words
    too_high: list[str] = field(default_factory=list)

    # -- orders ------------------------------------------------------------------------------------------------------

    def copies(self, name: str) -> list[Any]:
        """Every order that the warehouse made for an order of the shop, doubles included."""
        return [each for orders in self.wms.orders.values() for each in orders if each.request["order_name"] == name]

    def creates(self, name: str) -> list[int]:
        """How often each request for this order was accepted."""
        return [
            self.wms.ledger.creates[ref]
            for ref, made in self.wms.orders.items()
            if made and made[0].request["order_name"] == name
        ]

    def reference(self, name: str) -> str:
        """The one reference under which the warehouse has this order."""
        [reference] = {each.reference for each in self.copies(name)}
        return str(reference)

    def parcels(self, name: str) -> list[tuple[Any, ...]]:
        """What left for an order: tracking numbers and units by item code, sorted."""
        return sorted(
            (tuple(paper["tracking_numbers"]), tuple(sorted((line["item_code"], line["units"]) for line in paper["lines"])))
            for order in self.copies(name)
            for paper in order.shipments
        )

    def records(self, name: str) -> list[tuple[Any, ...]]:
        """What the shop recorded as shipped, in the same words."""
        codes = {sku: code for pairing in self.pairings for sku, code in pairing.codes.items()}
        return sorted(
            (
                tuple(each.number for each in made.tracking),
                tuple(sorted(_sum((codes.get(line.line.sku or "", "?"), line.quantity) for line in made.lines).items())),
            )
            for made in self.shop.control.order(name).fulfillments
            if made.status == "SUCCESS"
        )

    # -- stock -------------------------------------------------------------------------------------------------------

    def offer(self, pairing: Pairing, sku: str) -> int:
        """What the location may offer now: on the shelf, less what the warehouse still has to ship, less what the shop
        holds there for orders that the warehouse does not have. Negative when more is promised than there is."""
        code = pairing.codes[sku]
        shelf = self.wms.shelves[pairing.warehouse]
        on_shelf: int = floor(sum(shelf.physical.get((code, zone), 0) for zone in pairing.zones))
        return on_shelf - self._owed(pairing.warehouse, code) - self._unplaced(pairing, sku)

    def shown(self, location: str, sku: str) -> int:
        """What the shop offers there now."""
        level = self.shop.control.level(sku, location)
        return level.available if level is not None else 0

    def wrong(self) -> list[str]:
        """Every level that is not what it should be, in words."""
        return [
            f"{sku} at {pairing.location}: shown {self.shown(pairing.location, sku)}, right {right}"
            for pairing in self.pairings
            for sku in pairing.codes
            if self.shown(pairing.location, sku) != (right := max(0, self.offer(pairing, sku)))
        ]

    def _owed(self, warehouse: str, code: str) -> int:
        return sum(line.open for order in self._orders(warehouse) for line in order.lines if line.item_code == code)

    def _orders(self, warehouse: str) -> Iterator[Any]:
        for orders in self.wms.orders.values():
            yield from (each for each in orders if each.warehouse == warehouse)

    def _unplaced(self, pairing: Pairing, sku: str) -> int:
        level = self.shop.control.level(sku, pairing.location)
        if level is None:
            return 0
        held = level.quantity("committed") + level.quantity("reserved")
        return max(0, held - self._held_for_the_warehouse(pairing, sku))

    def _held_for_the_warehouse(self, pairing: Pairing, sku: str) -> int:
        """Units that the shop holds at the location for orders of which the warehouse knows: also those that have left
        and that the shop has no record of yet."""
        known: Counter[str] = Counter()
        for order in self._orders(pairing.warehouse):
            for line in order.lines:
                if line.item_code == pairing.codes[sku]:
                    known[line.line_id] += line.ordered - line.given_up
        total = 0
        for order in self.shop.world.orders.values():
            for line in order.lines:
                if line.sku == sku:
                    name = f"gid://shopify/LineItem/{line.id}"
                    waiting = max(
                        0, known[name] - self._recorded(order, line, pairing.location)
                    )  # others may record what it never had
                    total += min(self._open_at(order, line, pairing.location), waiting)
        return total

    def _open_at(self, order: Any, line: Any, location: str) -> int:
        return sum(
            part.remaining_quantity
            for one in order.fulfillment_orders
            if one.is_open and one.location.name == location
            for part in one.lines
            if part.line is line
        )

    def _recorded(self, order: Any, line: Any, location: str) -> int:
        return sum(
            part.quantity
            for made in order.fulfillments
            if made.status == "SUCCESS" and made.location is not None and made.location.name == location
            for part in made.lines
            if part.line is line
        )

    # -- watching ----------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """From now on every level that an app writes is held against the truth of that moment."""
        ledger = self.shop.ledger
        add = ledger.add

        def watched(at: Any, kind: str, data: dict[str, Any]) -> None:
            add(at, kind, data)
            if kind == "level_changed" and str(data["by"]).startswith("app:") and "available" in data["deltas"]:
                self._judge(data)

        ledger.add = watched  # type: ignore[method-assign]

    def _judge(self, data: Mapping[str, Any]) -> None:
        location = self.shop.control.location(str(data["location"])).name
        for pairing in self.pairings:
            if pairing.location == location and data["sku"] in pairing.codes:
                right, shown = max(0, self.offer(pairing, data["sku"])), data["after"]["available"]
                if shown > right:
                    self.too_high.append(f"{data['sku']} at {location}: {shown} written when {right} was right")

    def written(self, sku: str, location: str) -> list[int]:
        """Every value that an app gave this level, in order."""
        place = f"gid://shopify/Location/{self.shop.control.location(location).id}"
        return [
            int(entry.data["after"]["available"])
            for entry in self.shop.ledger.of("level_changed")
            if entry.data["sku"] == sku
            and entry.data["location"] == place
            and str(entry.data["by"]).startswith("app:")
            and "available" in entry.data["deltas"]
        ]


def _sum(pairs: Iterator[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, units in pairs:
        total[key] += units
    return total
