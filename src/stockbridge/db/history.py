"""What was published of every level, and why: kept compactly, read back whole, forgotten day by day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.db.stock import Cell
from stockbridge.domain.history import Answer, Entry, InFlight, Told, answer_of, put_back, take_out, tell

_Q = Queries("history")

#: Orders in flight that an entry names; the units of any others are summed up.
NAMED = 40
#: Partitions are made so many days ahead.
AHEAD = 3
#: An answer belongs to an entry that is no older.
_RECENT = timedelta(hours=6)
_OWN = {Answer.STALE: 1, Answer.REFUSED: 2, Answer.HELD: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A number as a look found it, to be kept. ``wrote``: what is sent now; None: nothing is."""

    cell: Cell
    shown: int | None
    offered: int | None
    wrote: int | None
    committed: int
    reserved: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """What the history takes: bytes with indexes, about how many numbers, since which day."""

    bytes: int
    numbers: int
    since: date | None


def columns(cells: Iterable[Cell]) -> dict[str, list[str]]:
    """Levels as two columns for unnest."""
    ordered = sorted(set(cells))
    return {"locations": [cell[0] for cell in ordered], "items": [cell[1] for cell in ordered]}


def levels_before(conn: Connection, *, account: str, shop: str, cells: Iterable[Cell]) -> dict[Cell, Row[Any]]:
    """What is known of some levels before a look is saved: level_id, desired, available, derivation."""
    rows = _Q.rows(conn, "levels_before", account=account, shop=shop, **columns(cells))
    return {(row.location_id, row.inventory_item_id): row for row in rows}


def orders_now(conn: Connection, *, account: str, shop: str, cells: Iterable[Cell]) -> dict[Cell, list[Row[Any]]]:
    """The orders in flight on the stock of some levels."""
    return _grouped(_Q.rows(conn, "orders_now", account=account, shop=shop, most=NAMED, **columns(cells)))


def _grouped(rows: Sequence[Row[Any]]) -> dict[Cell, list[Row[Any]]]:
    found: dict[Cell, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault((row.location_id, row.inventory_item_id), []).append(row)
    return found


def keep(
    conn: Connection,
    *,
    account: str,
    found: Sequence[tuple[int, Found]],
    orders: Mapping[Cell, Sequence[Row[Any]]],
    key: str,
    at: datetime,
) -> None:
    """Write down what a look found, each with its level's short name. ``key``: of the batch that is sent now, saved already."""
    if not found:
        return
    taken = [take_out(one.document) for _, one in found]
    ids = _wordings(conn, account, [words for words, _ in taken], at.date())
    _Q.run(
        conn,
        "publish",
        account=account,
        key=key,
        at=at,
        level_ids=[level_id for level_id, _ in found],
        wording_ids=[ids[words] for words, _ in taken],
        shown=[one.shown for _, one in found],
        offered=[one.offered for _, one in found],
        wrote=[one.wrote for _, one in found],
        committed=[one.committed for _, one in found],
        reserved=[one.reserved for _, one in found],
        figures=[_json(figures) for _, figures in taken],
        orders=[_orders(orders.get(one.cell, ())) for _, one in found],
    )


def _orders(rows: Sequence[Row[Any]]) -> str | None:
    if not rows:
        return None
    listed: list[list[Any]] = [[row.name, row.units, row.warehouse, row.state, row.order_id, row.shop] for row in rows]
    if more := sum(row.more for row in rows):
        listed.append(["other orders", more, "", "", "", ""])
    return _json(listed)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _wordings(conn: Connection, account: str, words: Iterable[str], day: date) -> dict[str, int]:
    """The short names of some wordings. Nearly always all of them are known and were used today."""
    hashes = {sha256(each.encode()).digest()[:16]: each for each in words}
    known = _Q.rows(conn, "known_wordings", account=account, hashes=sorted(hashes))
    if len(known) < len(hashes) or any(row.used_on < day for row in known):
        _Q.run(conn, "use_wordings", account=account, hashes=sorted(hashes), day=day)
        ordered = sorted(hashes)
        _Q.run(conn, "save_wordings", account=account, hashes=ordered, words=[hashes[each] for each in ordered], day=day)
        known = _Q.rows(conn, "known_wordings", account=account, hashes=ordered)
    return {hashes[bytes(row.hash)]: row.wording_id for row in known}


def answered(conn: Connection, *, account: str, shop: str, cell: Cell, answer: Answer, reason: str = "", now: datetime) -> None:
    """The shop's answer to the newest entry of a level, where it is another than to the batch as a whole."""
    place = {"account": account, "shop": shop, "location_id": cell[0], "inventory_item_id": cell[1]}
    _Q.run(conn, "answered", **place, answer=_OWN[answer], reason=reason or None, since=now - _RECENT)


def entries(
    conn: Connection, *, account: str, shop: str, cell: Cell, until: datetime, after_id: int = 0, limit: int = 50
) -> list[Entry]:
    """What was published of one level up to a moment, the newest first."""
    place = {"account": account, "shop": shop, "location_id": cell[0], "inventory_item_id": cell[1]}
    return [_entry(row) for row in _Q.rows(conn, "entries", **place, until=until, after_id=after_id, limit=limit)]


def _entry(row: Row[Any]) -> Entry:
    sent = row.publication_id is not None
    return Entry(
        published_id=row.published_id,
        at=row.at,
        shown=row.shown,
        offered=row.offered,
        wrote=row.wrote,
        committed=row.committed,
        reserved=row.reserved,
        answer=answer_of(own=row.answer, outcome=row.outcome, sent=sent, shown=row.shown, offered=row.offered),
        reason=row.reason or "",
        key=row.key or "",
        derivation=_document(row),
        orders=tuple(
            InFlight(name=name, units=units, warehouse=warehouse, state=state, order_id=order_id, shop=shop)
            for name, units, warehouse, state, order_id, shop in json.loads(row.orders or "[]")
        ),
    )


def told(
    conn: Connection, *, account: str, shop: str, cell: Cell, until: datetime, after_id: int = 0, limit: int = 50
) -> list[Told]:
    """The same with what led to each number."""
    place = {"account": account, "shop": shop, "location_id": cell[0], "inventory_item_id": cell[1]}
    found = entries(conn, account=account, shop=shop, cell=cell, until=until, after_id=after_id, limit=limit + 1)
    if not found:
        return []
    since = found[-1].at
    recorded = [(row.written_at, row.units) for row in _Q.rows(conn, "recorded", **place, since=since)]
    decided = _Q.rows(conn, "decisions", **place, since=since, until=until)
    decisions = [(row.at, f"{row.text}{f', by {row.actor}' if row.actor else ''}") for row in decided]
    return tell(found, recorded=recorded, decisions=decisions, complete=len(found) <= limit)


def _document(row: Row[Any]) -> Mapping[str, object]:
    document = put_back(row.words, json.loads(row.figures))
    return document if isinstance(document, dict) else {}


def next_after(conn: Connection, *, account: str, shop: str, cell: Cell, entry: Entry) -> Row[Any] | None:
    """When the next number was worked out after this one (at, offered); None: it still stands."""
    place = {"account": account, "shop": shop, "location_id": cell[0], "inventory_item_id": cell[1]}
    return _Q.maybe(conn, "entry_after", **place, at=entry.at, published_id=entry.published_id)


def chart(conn: Connection, *, account: str, shop: str, cell: Cell, since: datetime, limit: int = 2000) -> Sequence[Row[Any]]:
    """The points of a level's chart: at, shown, offered, wrote; the oldest first."""
    place = {"account": account, "shop": shop, "location_id": cell[0], "inventory_item_id": cell[1]}
    return _Q.rows(conn, "chart", **place, since=since, limit=limit)


def size(conn: Connection) -> Size:
    """What the whole history takes now."""
    row = _Q.one(conn, "size")
    return Size(int(row.bytes), int(row.numbers), row.since)


def tend(conn: Connection, *, now: datetime, before: datetime) -> int:
    """Make the next days' partitions, and drop those whose day ended before a moment; gives how many."""
    days = {"first_day": now.date() + timedelta(days=1), "last_day": now.date() + timedelta(days=AHEAD)}
    return int(_Q.value(conn, "keep_days", **days, before=before))


def forget(conn: Connection, *, before: datetime, most: int) -> int:
    """Of what is in no day's partition, some that is old; and the words that nobody uses. Gives how many numbers."""
    gone = _Q.run(conn, "forget_rest", before=before, most=most)
    _Q.run(conn, "forget_wordings", day=before.date())
    return gone
