"""The mapping of each shop, in versions, and the parts of stock that feeds several locations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from stockbridge import shapes
from stockbridge.db.queries import Queries, jsonb
from stockbridge.db.stock import Pool, pool_columns
from stockbridge.domain.mapping import ShopMapping
from stockbridge.domain.shares import Cell, Part

_Q = Queries("mapping")


@lru_cache(maxsize=256)
def _read(document: str) -> ShopMapping:
    return shapes.decode(document.encode(), ShopMapping)


def newest(conn: Connection, *, account: str) -> dict[str, ShopMapping]:
    """The mapping of every shop of the account as it stands; a shop that nobody has mapped is left out."""
    return {row.shop: _read(row.document) for row in _Q.rows(conn, "newest", account=account)}


def newest_of(conn: Connection, *, account: str, shop: str) -> ShopMapping:
    """The mapping of one shop as it stands."""
    row = _Q.maybe(conn, "newest_of", account=account, shop=shop)
    return _read(row.document) if row else ShopMapping(shop=shop)


def version(conn: Connection, *, account: str, shop: str, number: int) -> ShopMapping | None:
    """One version of a shop's mapping; None when there is none of that number."""
    row = _Q.maybe(conn, "one", account=account, shop=shop, version=number)
    return _read(row.document) if row else None


def versions(conn: Connection, *, account: str, shop: str, before: int = 2**31 - 1, most: int = 100) -> Sequence[Row[Any]]:
    """The versions of a shop's mapping, those older than ``before``, the newest first: version, by, note, at."""
    return _Q.rows(conn, "versions", account=account, shop=shop, before=before, most=most)


def lock(conn: Connection, *, account: str, shop: str) -> None:
    """Nobody else changes this shop's mapping before the transaction ends."""
    _Q.run(conn, "lock", account=account, shop=shop)


def save(conn: Connection, *, account: str, mapping: ShopMapping, by: str, note: str, now: datetime) -> None:
    """Keep a version, which is the newest from now on."""
    document = jsonb(msgspec.to_builtins(mapping))
    place = {"account": account, "shop": mapping.shop}
    _Q.run(conn, "save", **place, version=mapping.version, document=document, by=by, note=note, now=now)
    write_sources(conn, account=account, mapping=mapping, now=now)


def write_sources(conn: Connection, *, account: str, mapping: ShopMapping, now: datetime) -> None:
    """The mapping as rows, for questions that go over many items: which of its sources count at this moment."""
    place = {"account": account, "shop": mapping.shop}
    _Q.run(conn, "clear_sources", **place)
    rows = [
        {
            **place,
            "location_id": location.location_id,
            "connection": source.connection,
            "warehouse": source.warehouse,
            "zones": jsonb(list(source.zones.include)),
            "excluded": jsonb(list(source.zones.exclude)),
            "priority": source.priority,
            "keep_units": source.keep.units,
            "keep_percent_bp": source.keep.percent_bp,
            "active": source.begun(now),
            "active_from": source.active_from if source.active and not source.begun(now) else None,
            "live": location.live,
            "version": mapping.version,
        }
        for location in mapping.locations
        for source in location.sources
    ]
    _Q.many(conn, "save_source", rows)
    _Q.run(conn, "forget_parts", **place)
    _Q.run(conn, "split_anew", **place)


def begun(conn: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """(account, shop) with a prepared source whose moment has come."""
    return [(row.account, row.shop) for row in _Q.rows(conn, "begun", now=now)]


def parts(conn: Connection, *, account: str, wanted: dict[Pool, Sequence[Cell]]) -> dict[tuple[Pool, Cell], Part]:
    """The parts of some pools, locked; those that are not there yet are made."""
    pairs = sorted((pool, cell) for pool, cells in wanted.items() for cell in cells)
    columns = {
        "connections": [pool[0] for pool, _ in pairs],
        "warehouses": [pool[1] for pool, _ in pairs],
        "codes": [pool[2] for pool, _ in pairs],
        "shops": [cell[0] for _, cell in pairs],
        "locations": [cell[1] for _, cell in pairs],
        "items": [cell[2] for _, cell in pairs],
    }
    _Q.run(conn, "new_parts", account=account, **columns)
    return _parts(_Q.rows(conn, "parts", account=account, **pool_columns(wanted)))


def known_parts(conn: Connection, *, account: str, pools: Iterable[Pool]) -> dict[tuple[Pool, Cell], Part]:
    """The parts of some pools as they stand."""
    columns = pool_columns(pools)
    return _parts(_Q.rows(conn, "known_parts", account=account, **columns)) if columns["codes"] else {}


def _parts(rows: Iterable[Row[Any]]) -> dict[tuple[Pool, Cell], Part]:
    """Their shares stand in the mapping."""
    found: dict[tuple[Pool, Cell], Part] = {}
    for row in rows:
        cell = (row.shop, row.location_id, row.inventory_item_id)
        part = Part(cell=cell, share_bp=0, allotted=row.allotted, held=row.held, waiting=row.waiting, split_at=row.split_at)
        found[(row.connection, row.warehouse, row.item_code), cell] = part
    return found


def save_parts(conn: Connection, *, account: str, changed: Iterable[tuple[Pool, Part]]) -> None:
    """Write parts that were decided anew."""
    _Q.many(conn, "save_part", [{**_keys(account, pool, part.cell), **_values(part)} for pool, part in changed])


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Units that a warehouse was asked for, or that left without it and are in its figure now: they are off what is free and off the
    cell's part alike. ``shown``: how many of them the cell no longer shows or has waiting; ``waited``: how many it has waiting no more, if
    it was seen to; ``back``: units that the cell may offer besides, until it is looked at."""

    pool: Pool
    cell: Cell
    units: int
    shown: int = 0
    waited: int = 0
    back: int = 0


def take(conn: Connection, *, account: str, taken: Sequence[Taken]) -> None:
    """Book what warehouses were asked for, or know by now, with the parts of shared stock; a cell that shares with nobody has none."""
    if taken:
        _Q.run(
            conn,
            "take_from_parts",
            account=account,
            connections=[each.pool[0] for each in taken],
            warehouses=[each.pool[1] for each in taken],
            codes=[each.pool[2] for each in taken],
            shops=[each.cell[0] for each in taken],
            locations=[each.cell[1] for each in taken],
            items=[each.cell[2] for each in taken],
            units=[each.units for each in taken],
            shown=[each.shown for each in taken],
            waited=[each.waited for each in taken],
            back=[each.back for each in taken],
        )


def _keys(account: str, pool: Pool, cell: Cell) -> dict[str, Any]:
    return {
        "account": account,
        "connection": pool[0],
        "warehouse": pool[1],
        "item_code": pool[2],
        "shop": cell[0],
        "location_id": cell[1],
        "inventory_item_id": cell[2],
    }


def _values(part: Part) -> dict[str, Any]:
    return {"allotted": part.allotted, "held": part.held, "waiting": part.waiting, "split_at": part.split_at}
