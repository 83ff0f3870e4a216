"""A merchant with as many stock numbers as a benchmark wants: in the shop's twin, in the warehouse's twin, mapped and live."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import Connection, text

from stockbridge.domain.events import SourceMapped
from stockbridge.testing.rehearsal.furniture import ACCOUNT, PLACES, SHOP, WMS, Furniture, draw
from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.shopify.model import catalogue

#: The warehouses that count, each the only source of its location.
WAREHOUSES = tuple(PLACES)[:2]
SHOWN, HELD = 3, 7


def code(number: int) -> str:
    """The warehouse's word for an item."""
    return f"B-{number:06}"


@dataclass(frozen=True)
class Many(Furniture):
    """The rehearsal's merchant with so many more items, each stocked at two locations."""

    items: int = 0

    @classmethod
    def of(cls, items: int) -> Many:
        few = draw(1)
        more = {code(n): {"SHELF": HELD} for n in range(items)}
        stock = {
            warehouse: {**shelves, **(more if warehouse in WAREHOUSES else {})} for warehouse, shelves in few.stock.items()
        }
        return cls(seed=1, basis="physical", stock=stock, items=items)

    def stock_shop(self, shop: ShopifyTwin) -> None:
        """Few goods and many: each of the many shows less than there is."""
        replace_few = replace(draw(1), stock={w: {c: z for c, z in s.items() if c[:2] != "B-"} for w, s in self.stock.items()})
        replace_few.stock_shop(shop)
        add_items(shop, self.items, [PLACES[warehouse][0] for warehouse in WAREHOUSES])


def add_items(shop: ShopifyTwin, items: int, locations: list[str]) -> None:
    """So many items in the shop, stocked at these locations; no webhook tells of them."""
    at = {shop.control.location(name).id: SHOWN for name in locations}
    with shop.lock:
        emit, shop.world.emit = shop.world.emit, lambda topic, *subject: None
        for number in range(items):
            product = catalogue.add_product(shop.world, f"Item {number}", vendor="Nordlicht")
            catalogue.add_variant(shop.world, product, sku=f"SKU-{number:06}", price=Decimal("10.00"), stock=at)
        shop.world.emit = emit


def item_ids(shop: ShopifyTwin) -> dict[str, str]:
    """The shop's id of each of the many items, by the warehouse's code."""
    found = {}
    for item in shop.world.items.values():
        if (item.sku or "").startswith("SKU-"):
            found[code(int(str(item.sku)[4:]))] = f"gid://shopify/InventoryItem/{item.id}"
    return found


def sources(shop: ShopifyTwin, places: dict[str, str]) -> list[SourceMapped]:
    """Each of these warehouses feeds its location. ``places``: warehouse → location."""
    return [
        SourceMapped(
            seen=True,
            shop=SHOP,
            location_id=f"gid://shopify/Location/{shop.control.location(name).id}",
            connection=WMS,
            warehouse=warehouse,
            zones=("SHELF",),
            live=True,
        )
        for warehouse, name in places.items()
    ]


def map_items(conn: Connection, shop: ShopifyTwin) -> None:
    """What a person does on the mapping page, for all items at once; and what the warehouses have told of them."""
    codes = item_ids(shop)
    for warehouse in WAREHOUSES:
        place = {"account": ACCOUNT, "shop": SHOP, "connection": WMS, "warehouse": warehouse, "codes": list(codes)}
        conn.execute(_CROSSREF, {**place, "items": list(codes.values())})
        conn.execute(_FIGURE, {**place, "held": HELD})
    conn.execute(text("ANALYZE crossref, figure"))


_CROSSREF = text(
    "INSERT INTO crossref (account, shop, inventory_item_id, connection, warehouse, item_code, verified_at)"
    " SELECT :account, :shop, m.item, :connection, :warehouse, m.code, now()"
    " FROM unnest(CAST(:items AS text[]), CAST(:codes AS text[])) AS m(item, code)"
)
_FIGURE = text(
    "INSERT INTO figure (account, connection, warehouse, item_code, zones, basis, occurred_at, sequence, received_at)"
    " SELECT :account, :connection, :warehouse, code, jsonb_build_object('SHELF', CAST(:held AS integer)), 'physical',"
    " now() - interval '1 day', 0, now() FROM unnest(CAST(:codes AS text[])) AS c(code) ON CONFLICT DO NOTHING"
)
