"""Sweeps as runs, what they found, and what is held back until a person has seen it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.db.stock import Pool
from stockbridge.domain.drift import Cause, Tally
from stockbridge.domain.mapping import ShopMapping

_Q = Queries("runs")
#: Levels that are listed by one statement.
LISTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run found at one level, in units: what the shop showed and what it should. ``writes``: it is ours to write."""

    shop: str
    location_id: str
    inventory_item_id: str
    was: int | None
    should: int | None
    cause: Cause
    writes: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held back, and why: a warehouse's list (``warehouse``: connection/warehouse) or a change of a shop's mapping, made from
    its ``version``."""

    kind: str
    tally: Tally
    found: Sequence[Found]
    why: str
    shop: str = ""
    warehouse: str = ""
    version: int = 0
    by: str = ""


def feeds(mapping: ShopMapping, now: datetime) -> dict[str, list[str]]:
    """The sources of a mapping that count at this moment, as three columns, and all locations that it names."""
    fed = sorted(
        {
            (location.location_id, source.connection, source.warehouse)
            for location in mapping.locations
            for source in location.sources
            if source.begun(now)
        }
    )
    return {
        "locations": [each[0] for each in fed],
        "connections": [each[1] for each in fed],
        "warehouses": [each[2] for each in fed],
        "places": sorted({each[0] for each in fed}),
    }


def begin(
    conn: Connection, *, account: str, mapping: ShopMapping, kind: str, dry: bool, by: str, now: datetime, at_once_from: int
) -> int | None:
    """A sweep of a shop begins, unless one like it is running or nothing is mapped there; gives its number. One of everything takes the
    shop's levels all at once from so many on."""
    sources = feeds(mapping, now)
    if not sources["places"]:
        return None
    values = {"kind": kind, "dry": dry, "by": by, "version": mapping.version, "stage": "compare" if dry else "read"}
    run_id = _Q.value(conn, "begin", account=account, shop=mapping.shop, now=now, **values)
    if run_id is not None:
        many = _Q.value(conn, "how_many", account=account, shop=mapping.shop, whole=kind == "full", **sources)
        at_once = kind == "full" and many >= at_once_from
        _Q.run(conn, "expect", account=account, run_id=run_id, expected=many, at_once=at_once)
    return None if run_id is None else int(run_id)


def due(conn: Connection, *, account: str, shop: str, now: datetime) -> Row[Any] | None:
    """The sweep of a shop that is to go on now."""
    return _Q.maybe(conn, "due", account=account, shop=shop, now=now)


def due_shops(conn: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """(account, shop) with a sweep that is to go on now."""
    return [(row.account, row.shop) for row in _Q.rows(conn, "due_shops", now=now)]


def hold(conn: Connection, *, account: str, run_id: int) -> Row[Any] | None:
    """One run, locked until the transaction ends."""
    return _Q.maybe(conn, "hold", account=account, run_id=run_id)


def cells(conn: Connection, *, account: str, run: Row[Any], mapping: ShopMapping, now: datetime, most: int) -> list[Row[Any]]:
    """The next page of levels that a sweep visits, with what the last look at each found."""
    place = {"account": account, "shop": run.shop, "after_location": run.after_location, "after_item": run.after_item}
    if run.way == "snapshot":
        return list(_Q.rows(conn, "listed_cells", **place, run_id=run.run_id, most=most))
    return list(_Q.rows(conn, "cells", **place, **feeds(mapping, now), whole=run.kind == "full", most=most))


def list_cells(conn: Connection, *, account: str, run_id: int, cells: Iterable[tuple[str, str]]) -> None:
    """These levels, (location, inventory item), are read by a run that knows the others by a snapshot."""
    left = iter(cells)
    while some := list(islice(left, LISTED)):
        columns = {"locations": [cell[0] for cell in some], "items": [cell[1] for cell in some]}
        _Q.run(conn, "list_cells", account=account, run_id=run_id, **columns)


def save_found(conn: Connection, *, account: str, run_id: int, found: Iterable[Found], now: datetime) -> None:
    """Keep what a run found."""
    _Q.many(conn, "found", [{"account": account, "run_id": run_id, "now": now, **asdict(each)} for each in found])


def hold_back(conn: Connection, *, account: str, held: Held, arrival_id: int | None, now: datetime) -> int:
    """What an arrival asks for waits for a person, with all that it would change; gives the number of its run."""
    run_id: int = _Q.value(
        conn,
        "hold_back",
        account=account,
        kind=held.kind,
        shop=held.shop,
        warehouse=held.warehouse,
        by=held.by,
        version=held.version,
        arrival_id=arrival_id,
        visited=held.tally.levels,
        counts=asdict(held.tally),
        reason=held.why,
        now=now,
    )
    save_found(conn, account=account, run_id=run_id, found=held.found, now=now)
    return run_id


def approved_by(conn: Connection, *, account: str, arrival_id: int | None, version: int | None = None) -> str | None:
    """Who approved what an arrival says; None when nobody was asked, or nobody did. ``version``: on top of that mapping alone."""
    if arrival_id is None:
        return None
    found: str | None = _Q.value(conn, "approved", account=account, arrival_id=arrival_id, version=version)
    return found


def all_levels(conn: Connection, *, account: str, shop: str) -> tuple[int, int]:
    """How many levels of a shop are fed and written, and how many units they show."""
    row = _Q.one(conn, "all_levels", account=account, shop=shop)
    return int(row.levels), int(row.units)


def tells(conn: Connection, *, account: str, connection: str, warehouse: str) -> bool:
    """Does a warehouse send messages about its stock, or must it be asked?"""
    return bool(_Q.value(conn, "tells", account=account, connection=connection, warehouse=warehouse))


def told_when_asked(conn: Connection, *, account: str, causes: Iterable[tuple[Pool, Cause, str]], now: datetime) -> None:
    """Figures that we had to ask for: the levels they feed, with why they differ, for the shop's next run to take up."""
    told = sorted(causes)
    if told:
        columns = {
            "connections": [pool[0] for pool, _, _ in told],
            "warehouses": [pool[1] for pool, _, _ in told],
            "codes": [pool[2] for pool, _, _ in told],
            "causes": [str(cause) for _, cause, _ in told],
            "whys": [why for _, _, why in told],
        }
        _Q.run(conn, "told_when_asked", account=account, now=now, **columns)
