"""What is right, by the twins' own ledgers alone: it never asks the product."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stockbridge.testing.rehearsal.furniture import COUNTED, PLACES, code_of
from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.wms import WmsTwin


class Oracle:
    """Judges a shop and a warehouse system that some connector stands between."""

    def __init__(self, shop: ShopifyTwin, wms: WmsTwin) -> None:
        self.shop, self.wms = shop, wms

    def sellable(self, sku: str) -> dict[str, int]:
        """By location: units on the counted shelves, less what open orders of the shop still want from there."""
        with self.shop.lock, self.wms.lock:
            return {
                place[0]: max(0, self.on_shelves(warehouse, sku) - self._owed(place[0], warehouse, sku))
                for warehouse, place in PLACES.items()
            }

    def on_shelves(self, warehouse: str, sku: str) -> int:
        """Units that lie in the zones that count, whoever they are promised to."""
        shelf = self.wms.shelves[warehouse]
        return sum(shelf.physical.get((code_of(sku), zone), 0) for zone in COUNTED)

    def _owed(self, location: str, warehouse: str, sku: str) -> int:
        """Units promised from there: what the shop's open orders want, less what has left and is not recorded yet."""
        item = self.shop.control.item(sku)
        level = item.levels.get(self.shop.control.location(location).id)
        committed = level.quantity("committed") if level else 0
        left = sum(units for code, units in self._left_unrecorded(warehouse).items() if code == code_of(sku))
        return committed - left

    def _left_unrecorded(self, warehouse: str) -> Counter[str]:
        """Units that left a warehouse and whose shipment the shop has no record of."""
        recorded = {number for f in self.fulfillments() for number in f["numbers"]}
        left: Counter[str] = Counter()
        for entry in self.wms.ledger.of("shipped"):
            if entry.warehouse == warehouse and not set(entry.data["tracking"]) & recorded:
                left.update(entry.data["lines"])
        return left

    def shown(self, sku: str) -> dict[str, int]:
        """By location: what the shop offers now."""
        with self.shop.lock:
            item = self.shop.control.item(sku)
            found = {}
            for name, _, _ in PLACES.values():
                level = item.levels.get(self.shop.control.location(name).id)
                found[name] = level.quantity("available") if level else 0
            return found

    def creates(self, name: str) -> dict[str, int]:
        """How often each request for an order of the shop was accepted by the warehouse: its reference → times."""
        with self.wms.lock:
            return {
                reference: self.wms.ledger.creates[reference]
                for reference, copies in self.wms.orders.items()
                if copies and copies[0].request["order_name"] == name
            }

    def asked(self, name: str) -> dict[str, int]:
        """What the warehouse was asked to ship for an order of the shop: item code → units, every copy counted."""
        total: Counter[str] = Counter()
        with self.wms.lock:
            for copies in self.wms.orders.values():
                for order in copies:
                    if order.request["order_name"] == name:
                        for line in order.lines:
                            total[line.item_code] += line.ordered
        return dict(total)

    def wanted(self, name: str) -> dict[str, int]:
        """What an order of the shop wants: item code → units."""
        total: Counter[str] = Counter()
        with self.shop.lock:
            for line in self.shop.control.order(name).lines:
                total[code_of(line.sku or "")] += line.current_quantity
        return dict(total)

    def fulfillments(self, name: str = "") -> list[dict[str, Any]]:
        """The shop's records of shipments: order, tracking numbers, item code → units."""
        with self.shop.lock:
            orders = [self.shop.control.order(name)] if name else list(self.shop.world.orders.values())
            return [
                {
                    "order": order.name,
                    "numbers": tuple(sorted(t.number or "" for t in f.tracking)),
                    "lines": dict(_lines(f)),
                }
                for order in orders
                for f in order.fulfillments
                if f.status == "SUCCESS"
            ]

    def shipments(self, name: str) -> list[dict[str, Any]]:
        """What really left for an order of the shop, in the same words."""
        with self.wms.lock:
            references = {ref for ref, copies in self.wms.orders.items() if copies and copies[0].request["order_name"] == name}
            return [
                {
                    "order": name,
                    "numbers": tuple(sorted(entry.data["tracking"])),
                    "lines": dict(entry.data["lines"]),
                }
                for entry in self.wms.ledger.of("shipped")
                if entry.reference in references
            ]


def _lines(fulfillment: Any) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in fulfillment.lines:
        units[code_of(line.line.sku or "")] += line.quantity
    return units
