"""Inventory items and the SKU cross-reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.domain.catalog import Crossref
from stockbridge.domain.events import ItemMapped, ItemSeen

_Q = Queries("catalog")


def load_codes(conn: Connection, *, account: str, shop: str, items: Iterable[str]) -> list[Crossref]:
    """The active entries of some inventory items, in every warehouse."""
    rows = _Q.rows(conn, "codes", account=account, shop=shop, items=sorted(set(items)))
    return [
        Crossref(
            inventory_item_id=row.inventory_item_id, connection=row.connection, warehouse=row.warehouse, item_code=row.item_code
        )
        for row in rows
    ]


def save_entry(conn: Connection, *, account: str, event: ItemMapped, now: datetime) -> None:
    """One entry, verified now by whoever said so."""
    _Q.run(
        conn,
        "save_entry",
        account=account,
        shop=event.shop,
        inventory_item_id=event.inventory_item_id,
        connection=event.connection,
        warehouse=event.warehouse,
        item_code=event.item_code,
        active=event.active,
        by=event.by,
        now=now,
    )


def save_items(conn: Connection, *, account: str, shop: str, items: Sequence[ItemSeen], now: datetime) -> None:
    """Variants as the channel shows them."""
    rows = [
        {
            "account": account,
            "shop": shop,
            "inventory_item_id": item.inventory_item_id,
            "variant_id": item.variant_id,
            "product_id": item.product_id,
            "sku": item.sku,
            "barcode": item.barcode,
            "title": item.title,
            "tracked": item.tracked,
            "requires_shipping": item.requires_shipping,
            "bundle": item.bundle,
            "sells_when_out": item.sells_when_out,
            "now": now,
        }
        for item in items
    ]
    _Q.many(conn, "save_item", rows)


def find_item(conn: Connection, *, account: str, shop: str, inventory_item_id: str) -> Row[Any] | None:
    """One inventory item: sku, title, tracked, requires_shipping, bundle, sells_when_out, product_id, variant_id."""
    return _Q.maybe(conn, "item", account=account, shop=shop, inventory_item_id=inventory_item_id)
