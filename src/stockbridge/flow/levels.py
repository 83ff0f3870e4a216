"""A look at some levels: the facts of each, what it should be, and whether it is to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from stockbridge.db import stock
from stockbridge.db.queries import Queries
from stockbridge.domain.stock import Derivation, Keep, SourceStock, cautious, publishable, unplaced_units
from stockbridge.ports import LevelRead

_Q = Queries("stock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a level found. ``later``: it cannot be judged this moment. ``note``: why it is not written.
    ``sure``: the number without units of orders whose change was heard of and not read; None when there are none."""

    read: LevelRead
    dirty: int
    stale: int
    derivation: Derivation | None
    live: bool
    later: bool = False
    note: str = ""
    sure: int | None = None

    @property
    def desired(self) -> int | None:
        return self.derivation.result if self.derivation else None

    @property
    def target(self) -> int | None:
        """What may be written now: a raise does not rest on doubtful units (docs/decisions/0006)."""
        if self.sure is None or self.desired is None or self.read.available is None:
            return self.desired
        return cautious(available=self.read.available, number=self.desired, doubted=self.sure)

    @property
    def held(self) -> bool:
        """Is part of a raise held back until an order was read?"""
        return self.target != self.desired

    @property
    def to_write(self) -> bool:
        return not self.note and not self.later and self.target is not None and self.target != self.read.available

    @property
    def subject(self) -> str:
        return f"stock/{self.read.location_id}/{self.read.inventory_item_id}"

    @property
    def cell(self) -> dict[str, str]:
        return {"location_id": self.read.location_id, "inventory_item_id": self.read.inventory_item_id}

    def values(self, now: datetime) -> dict[str, Any]:
        """The level's row after this look."""
        return {
            **self.cell,
            "desired": self.desired,
            "derivation": msgspec.to_builtins(self.derivation) if self.derivation else {},
            "available": self.read.available,
            "committed": self.read.committed,
            "reserved": self.read.reserved,
            "read_at": now,
            "note": self.note,
        }


def look_at(
    conn: Connection, *, account: str, shop: str, due: Sequence[Row[Any]], reads: Sequence[LevelRead], asked_at: datetime
) -> list[Look]:
    """Judge some due levels by what was just read in the shop and what the ledger says now."""
    rows = {(row.location_id, row.inventory_item_id): row for row in due}
    columns = {"locations": [cell[0] for cell in rows], "items": [cell[1] for cell in rows]}
    place = {"account": account, "shop": shop, **columns}
    sources: dict[stock.Cell, list[Row[Any]]] = {}
    for row in _Q.rows(conn, "cell_sources", **place):
        sources.setdefault((row.location_id, row.inventory_item_id), []).append(row)
    pools = {(row.connection, row.warehouse, row.item_code) for group in sources.values() for row in group}
    claimed = stock.claimed(conn, account=account, pools=pools)
    open_claimed = {(r.location_id, r.inventory_item_id): r.units for r in _Q.rows(conn, "open_claimed", **place)}
    doubted = {(r.location_id, r.inventory_item_id): r.units for r in _Q.rows(conn, "doubted", **place)}
    unsettled = {(r.location_id, r.inventory_item_id) for r in _Q.rows(conn, "unsettled_cells", **place, since=asked_at)}
    looks = []
    for read in reads:
        cell = (read.location_id, read.inventory_item_id)
        looks.append(
            _judge(
                read,
                rows[cell],
                [_source(row, claimed) for row in sources.get(cell, ())],
                live=any(row.live for row in sources.get(cell, ())),
                open_claimed=open_claimed.get(cell, 0),
                doubted=doubted.get(cell, 0),
                unsettled=cell in unsettled,
            )
        )
    return looks


def _source(row: Row[Any], claimed: dict[stock.Pool, int]) -> SourceStock:
    counted = None if row.figure is None else sum(int(row.figure.get(zone, 0)) for zone in row.zones)
    return SourceStock(
        name=row.warehouse,
        counted=counted,
        claimed=claimed.get((row.connection, row.warehouse, row.item_code), 0),
        keep=Keep(units=row.keep_units, percent_bp=row.keep_percent_bp),
        zones=tuple(row.zones),
        as_of=row.occurred_at.isoformat(timespec="seconds") if row.occurred_at else "",
    )


def _judge(
    read: LevelRead,
    row: Row[Any],
    sources: Sequence[SourceStock],
    *,
    live: bool,
    open_claimed: int,
    doubted: int,
    unsettled: bool,
) -> Look:
    derivation, sure = None, None
    if sources:
        held = {"committed": read.committed, "reserved": read.reserved}
        derivation = publishable(sources=sources, unplaced=unplaced_units(**held, open_claimed=open_claimed))
        if doubted:
            sure = publishable(sources=sources, unplaced=unplaced_units(**held, open_claimed=open_claimed - doubted)).result
    note, later = _obstacle(read, sources, live=live, unsettled=unsettled)
    return Look(
        read=read, dirty=row.dirty, stale=row.stale, derivation=derivation, live=live, later=later, note=note, sure=sure
    )


def _obstacle(read: LevelRead, sources: Sequence[SourceStock], *, live: bool, unsettled: bool) -> tuple[str, bool]:
    """Why a level is not written, and whether to look again in a moment."""
    if not sources:
        return "no active source feeds it", False
    if all(source.counted is None for source in sources):
        return "no warehouse has counted it yet", False
    if not read.tracked:
        return "the shop does not track this item", False
    if read.available is None or not read.active:
        return "the item is not stocked at this location in the shop", False
    if not live:
        return "watched only: writing is switched off for this location", False
    if unsettled:
        return "a shipment is being recorded; looked at again in a moment", True
    return "", False
