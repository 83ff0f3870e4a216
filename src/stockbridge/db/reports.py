"""What the command line shows: the pages' own questions where there is one, else db/queries/cli.sql. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.found import Wanted, fit, shown
from stockbridge.db.queries import Queries

Rows = Sequence[Row[Any]]

_PAGES = Queries("pages")
_CLI = Queries("cli")


def accounts(conn: Connection) -> Rows:
    """Every account: account, title."""
    return _CLI.rows(conn, "accounts")


def workers(conn: Connection) -> int:
    """How many workers run, on any machine."""
    return int(_CLI.value(conn, "workers") or 0)


def others(conn: Connection, *, own_name: str) -> int:
    """How many sessions other programs have in this database; ``own_name`` is the application name of ours."""
    return int(_CLI.value(conn, "others", own_name=own_name) or 0)


def skew_s(conn: Connection, *, now: Any) -> float:
    """How many seconds the database's clock is ahead of ``now``."""
    return float(_CLI.value(conn, "skew", now=now))


def waiting(conn: Connection, *, account: str) -> Rows:
    """What has begun and not ended: what, many, oldest."""
    return _PAGES.rows(conn, "on_its_way", account=account)


def orders(conn: Connection, *, account: str, tab: str = "all", search: str = "", state: str = "", limit: int = 50) -> Rows:
    """Orders, the newest first."""
    wanted = Wanted(tab=tab, search=search, states=(state,) if state else ())
    return shown(conn, fit(conn, wanted, account=account, limit=limit), account=account)


def orders_named(conn: Connection, *, account: str, name: str) -> Rows:
    """Orders of this name (with or without its sign) or id: shop, order_id, name."""
    return _CLI.rows(conn, "orders_named", account=account, name=name)


def order(conn: Connection, *, account: str, shop: str, order_id: str) -> dict[str, Any] | None:
    """One order with its submissions, claims, parcels and timeline (the oldest line first)."""
    key = {"account": account, "shop": shop, "order_id": order_id}
    row = _PAGES.maybe(conn, "order", **key)
    if row is None:
        return None
    subject = f"order/{order_id}"
    parts = {
        name: [dict(each._mapping) for each in _PAGES.rows(conn, name, **key)]
        for name in ("submissions", "claims", "shipments")
    }
    timeline = _PAGES.rows(conn, "timeline", account=account, subject=subject, limit=200)
    waits = _PAGES.rows(conn, "parked", account=account, cause="", subject=subject, after_id=0, limit=50)
    return {
        **row._mapping,
        **parts,
        "timeline": [dict(line._mapping) for line in reversed(timeline)],
        "parked": [dict(each._mapping) for each in waits],
    }


def cells(
    conn: Connection,
    *,
    account: str,
    search: str = "",
    location: str = "",
    shop: str = "",
    item: str = "",
    show: str = "",
    limit: int = 50,
) -> Rows:
    """Items by location, with what is counted, claimed, desired and shown."""
    return _PAGES.rows(
        conn,
        "cells",
        account=account,
        location=location,
        shop=shop,
        item=item,
        show=show,
        search=search,
        like=f"%{_escaped(search)}%",
        after_sku="",
        after_item="",
        after_location="",
        limit=limit,
    )


def derivation(conn: Connection, *, account: str, shop: str, location_id: str, inventory_item_id: str) -> dict[str, Any]:
    """How the number of one cell came about, with its sources and the claims on them."""
    key = {"account": account, "shop": shop, "location_id": location_id, "inventory_item_id": inventory_item_id}
    stored = _PAGES.value(conn, "derivation", **key) or {}
    return {
        "derivation": stored,
        "sources": [dict(row._mapping) for row in _PAGES.rows(conn, "sources_of_cell", **key)],
        "claims": [dict(row._mapping) for row in _PAGES.rows(conn, "claims_of_cell", **key)],
    }


def arrivals(
    conn: Connection, *, account: str, state: int | None, connection: str = "", subject: str = "", limit: int = 50
) -> Rows:
    """What has arrived, the newest first. ``state``: 0 new, 1 done, 2 parked, None all."""
    return _CLI.rows(
        conn,
        "arrivals",
        account=account,
        state=-1 if state is None else state,
        connection=connection,
        subject=subject,
        limit=limit,
    )


def arrival(conn: Connection, *, account: str, arrival_id: int) -> Row[Any] | None:
    """One arrival, whole."""
    return _CLI.maybe(conn, "arrival", account=account, arrival_id=arrival_id)


def parked(conn: Connection, *, account: str, limit: int = 50) -> Rows:
    """What waits for a person, the oldest first."""
    return _PAGES.rows(conn, "parked", account=account, cause="", subject="", after_id=0, limit=limit)


def parked_one(conn: Connection, *, account: str, parked_id: int) -> Row[Any] | None:
    """One parked thing, closed or not."""
    return _CLI.maybe(conn, "parked_one", account=account, parked_id=parked_id)


def parked_with(conn: Connection, *, account: str, arrival_id: int) -> int | None:
    """The open parked thing that an arrival led to."""
    found = _CLI.value(conn, "parked_with", account=account, arrival_id=arrival_id)
    return None if found is None else int(found)


def connections(conn: Connection, *, account: str) -> Rows:
    """Every connection with its health."""
    return _PAGES.rows(conn, "connections", account=account)


def items(conn: Connection, *, account: str, search: str = "", limit: int = 50) -> Rows:
    """Tracked items with their item codes, the ones without any first."""
    return _PAGES.rows(
        conn,
        "items",
        account=account,
        search=search,
        like=f"%{_escaped(search)}%",
        after_mapped=False,
        after_sku="",
        after_item="",
        limit=limit,
    )


def catalogue(conn: Connection, *, account: str) -> Rows:
    """Every item: shop, inventory_item_id, sku."""
    return _CLI.rows(conn, "catalogue", account=account)


def codes(conn: Connection, *, account: str) -> Rows:
    """The whole active cross-reference: shop, inventory_item_id, connection, warehouse, item_code."""
    return _CLI.rows(conn, "codes", account=account)


def sources(conn: Connection, *, account: str) -> Rows:
    """Which zones of which warehouse feed which location."""
    return _PAGES.rows(conn, "sources", account=account)


def locations(conn: Connection, *, account: str) -> Rows:
    """Every location of every shop."""
    return _PAGES.rows(conn, "locations", account=account)


def zones(conn: Connection, *, account: str) -> Rows:
    """The warehouses that have reported a count, with their zones."""
    return _PAGES.rows(conn, "known_zones", account=account)


def runs(conn: Connection, *, account: str, kind: str = "", limit: int = 20) -> Rows:
    """Sweeps and what was held back, the newest first."""
    return _PAGES.rows(conn, "runs", account=account, kind=kind, before=0, limit=limit)


def run(conn: Connection, *, account: str, run_id: int) -> Row[Any] | None:
    """One run."""
    return _PAGES.maybe(conn, "run", account=account, run_id=run_id)


def found_by(conn: Connection, *, account: str, run_id: int, limit: int) -> Rows:
    """What a run found, level by level."""
    return _PAGES.rows(conn, "found_by", account=account, run_id=run_id, after=0, limit=limit, sort="")


def swept_shops(conn: Connection, *, account: str) -> Rows:
    """The shops that are swept."""
    return _PAGES.rows(conn, "sweeping_shops", account=account)


def _escaped(text: str) -> str:
    """Fit for ILIKE: what has a meaning there loses it."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
