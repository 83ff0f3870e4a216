"""What left a location without a warehouse being asked, and what orders say has left the channel's own count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.mapping import Taken
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Cell, Pool, pool_columns
from stockbridge.domain.claims import Figure, Mark
from stockbridge.domain.spent import Entry, Told, contained, eased

_Q = Queries("spent")
#: So far back changes by others are counted.
COUNTED_FOR = timedelta(days=30)


def of_orders(conn: Connection, *, account: str, shop: str, order_ids: Iterable[str]) -> list[Entry]:
    """Every entry of some orders, in the order in which they were made."""
    rows = _Q.rows(conn, "of_orders", account=account, shop=shop, order_ids=sorted(set(order_ids)))
    return [_entry(row) for row in rows]


def one(conn: Connection, *, account: str, reference: str) -> Entry | None:
    """One entry; None when the reference is none of these. Not locked: who books a figure locks that first, and then its entries."""
    row = _Q.maybe(conn, "one", account=account, reference=reference)
    return _entry(row) if row else None


def add(conn: Connection, *, account: str, entries: Iterable[Entry]) -> None:
    """Write new entries."""
    _Q.many(conn, "add", [{"account": account, **_values(entry)} for entry in entries])


def contain(conn: Connection, *, account: str, figures: Mapping[Pool, Figure]) -> list[Taken]:
    """Book which entries these figures have; the figures are locked. Gives what is off the parts of shared stock with that, for every
    pool in which it changed something."""
    if not figures:
        return []
    open_ = [_entry(row) for row in _Q.rows(conn, "of_pools", account=account, **pool_columns(figures))]
    found = [entry for entry in open_ if contained(entry, figures[entry.pool])]
    if found:
        _Q.run(conn, "contain", account=account, references=sorted(entry.reference for entry in found))
    return [
        Taken(pool=pool, cell=cell, units=units, waited=max(0, waited))
        for (pool, cell), (units, waited) in eased(open_, found).items()
    ]


def told(conn: Connection, *, account: str, reference: str, mark: Mark) -> None:
    """The warehouse has booked an entry."""
    _Q.run(conn, "told", account=account, reference=reference, told_seq=mark.sequence, told_at=mark.heard_at)


def by_hand(conn: Connection, *, account: str, shop: str, cell: Cell) -> int:
    """How many entries there are of a level that a person changed."""
    return int(_Q.value(conn, "by_hand", account=account, shop=shop, **_place(cell)))


def save_waiting(
    conn: Connection, *, account: str, shop: str, order_id: str, before: Mapping[Cell, int], after: Mapping[Cell, int]
) -> None:
    """What an order holds open and nobody was asked for, where that has changed."""
    key = {"account": account, "shop": shop, "order_id": order_id}
    kept = [{**key, **_place(cell), "units": units} for cell, units in sorted(after.items()) if before.get(cell) != units]
    _Q.many(conn, "wait", kept)
    _Q.many(conn, "wait_no_more", [{**key, **_place(cell)} for cell in sorted(before.keys() - after.keys())])


def move(conn: Connection, *, account: str, shop: str, moves: Mapping[Cell, tuple[int, int, datetime]]) -> None:
    """Units that orders say have left the channel's count, units that they gave up, and when, by level."""
    rows = [
        {"account": account, "shop": shop, **_place(cell), "gone": gone, "dropped": dropped, "happened_at": at}
        for cell, (gone, dropped, at) in sorted(moves.items())
    ]
    _Q.many(conn, "move", rows)


def take_moves(conn: Connection, *, account: str, ids: Sequence[int]) -> None:
    """These movements are added up."""
    if ids:
        _Q.run(conn, "take_moves", account=account, movement_ids=sorted(ids))


def changed_by_hand(conn: Connection, *, account: str, shop: str, cell: Cell, at: datetime, units: int, reference: str) -> None:
    """Somebody other than us has changed a level. ``reference``: of what the warehouse is told of it."""
    _Q.run(conn, "changed_by_hand", account=account, shop=shop, **_place(cell), at=at, units=units, reference=reference)


def foreign_by_location(conn: Connection, *, account: str, shop: str, since: datetime) -> Sequence[Row[Any]]:
    """Changes by somebody else since a moment, the location with most of them first: location_id, name, changes, items, raised and
    lowered (units, the latter below 0), last_at."""
    return _Q.rows(conn, "foreign_by_location", account=account, shop=shop, since=since)


def foreign_of_cell(
    conn: Connection, *, account: str, shop: str, cell: Cell, since: datetime, limit: int = 10
) -> Sequence[Row[Any]]:
    """The changes of one level by somebody else since a moment, the newest first: at, units, told (was a warehouse?), and with each
    how ``many`` there are and by how many units ``in_all``."""
    return _Q.rows(conn, "foreign_of_cell", account=account, shop=shop, **_place(cell), since=since, limit=limit)


def look_later(conn: Connection, *, account: str, shop: str, moments: Mapping[Cell, tuple[datetime, int]]) -> None:
    """These levels, as they were due at the look that is being finished, are looked at once more by themselves, each at its moment."""
    rows = [
        {"account": account, "shop": shop, **_place(cell), "next_at": at, "seen": dirty}
        for cell, (at, dirty) in sorted(moments.items())
    ]
    _Q.many(conn, "look_later", rows)


def _place(cell: Cell) -> dict[str, str]:
    return {"location_id": cell[0], "inventory_item_id": cell[1]}


_SAME = (
    "reference",
    "shop",
    "order_id",
    "order_name",
    "line_id",
    "location_id",
    "inventory_item_id",
    "units",
    "happened_at",
    "heard_at",
    "connection",
    "warehouse",
    "item_code",
    "settles_at",
    "contained",
    "why",
)


def _entry(row: Row[Any]) -> Entry:
    told = None if row.told_at is None else Mark(sequence=row.told_seq, heard_at=row.told_at)
    return Entry(**{name: getattr(row, name) for name in _SAME}, by=Told(row.told_by), told=told)


def _values(entry: Entry) -> dict[str, Any]:
    told = {"told_seq": entry.told.sequence if entry.told else None, "told_at": entry.told.heard_at if entry.told else None}
    return {**{name: getattr(entry, name) for name in _SAME}, "told_by": entry.by, **told}
