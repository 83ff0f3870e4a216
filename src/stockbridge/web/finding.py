"""Which orders a view shows: the filters in the address, as one value that the page, its counts, bulk actions and the API share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.web.visit import Form

_QUERIES = Queries("pages")
#: the fields of an address that say which orders are wanted; of some there may be several
FIELDS = ("tab", "q", "shop", "warehouse", "state", "tag")
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which orders: of a tab, found by a search, of a shop, shipped by a warehouse, in any of some states, with all of some tags.
    What is empty lets everything through."""

    tab: str = "all"
    search: str = ""
    shop: str = ""
    warehouse: str = ""
    states: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: Form) -> Wanted:
        """What an address asks for."""
        return cls(
            tab=query.get("tab") or "all",
            search=query.get("q")[:_LONGEST],
            shop=query.get("shop")[:_LONGEST],
            warehouse=query.get("warehouse")[:_LONGEST],
            states=_several(query, "state"),
            tags=_several(query, "tag"),
        )

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """The filters besides the tab, one by one, as fields of an address."""
        one = [("shop", self.shop), ("warehouse", self.warehouse)]
        several = [*(("state", each) for each in self.states), *(("tag", each) for each in self.tags)]
        return [(name, value) for name, value in [*one, *several, ("q", self.search)] if value]


def _several(query: Form, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip()[:_LONGEST] for value in query.all(name) if value.strip()))[:20]


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
