"""Which orders are wanted, and finding them: shared by the pages, the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries

_QUERIES = Queries("pages")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which orders: of a tab, found by a search, of a shop, shipped by a warehouse, in any of some states, with all of some tags.
    What is empty lets everything through."""

    tab: str = "all"
    search: str = ""
    shop: str = ""
    warehouse: str = ""
    states: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def fit(
    conn: Connection,
    wanted: Wanted,
    *,
    account: str,
    limit: int,
    before: tuple[datetime | None, str] = (None, ""),
    seen_by: datetime | None = None,
) -> list[tuple[str, str]]:
    """Orders as wanted, the newest first, as (shop, order). ``before``: placed before that order; ``seen_by``: known to us by then."""
    rows = _QUERIES.rows(
        conn,
        "orders_fit",
        account=account,
        tab=wanted.tab,
        search=wanted.search,
        like=like(wanted.search),
        like_exact=escaped(wanted.search),
        shop=wanted.shop,
        warehouse=wanted.warehouse,
        states=list(wanted.states),
        tags=list(wanted.tags),
        before_at=before[0],
        before_id=before[1],
        seen_by=seen_by,
        limit=limit,
    )
    return [(row.shop, row.order_id) for row in rows]


def shown(conn: Connection, orders: Sequence[tuple[str, str]], *, account: str) -> Sequence[Row[Any]]:
    """What a list shows of these orders, in their order."""
    shops, order_ids = [shop for shop, _ in orders], [order_id for _, order_id in orders]
    return _QUERIES.rows(conn, "orders", account=account, shops=shops, order_ids=order_ids) if orders else []


def like(search: str) -> str:
    """The pattern for names that begin with the search."""
    return f"{escaped(search)}%"


def escaped(search: str) -> str:
    """The search with LIKE's own signs taken literally."""
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
