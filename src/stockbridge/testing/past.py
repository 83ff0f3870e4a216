"""Numbers of the past, for tests of what is told of them: written as the publisher writes them, without a publisher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from stockbridge.db import history
from stockbridge.db.history import Found
from stockbridge.db.queries import Queries

_S = Queries("stock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flying:
    """An order in flight, as the history asks for it."""

    name: str
    units: int
    warehouse: str = "NORTH"
    state: str = "accepted"
    order_id: str = ""
    shop: str = ""
    more: int = 0


def publish(
    conn: Connection,
    *,
    account: str,
    shop: str,
    cell: tuple[str, str],
    at: datetime,
    key: str,
    counted: int,
    shown: int,
    zones: Sequence[tuple[str, int]] = (("PICK", 0),),
    left_out: Sequence[tuple[str, int]] = (),
    keep: int = 5,
    orders: Sequence[Any] = (),
) -> None:
    """NORTH counted so many, the shop showed another number, and it took ours."""
    claimed = sum(order.units for order in orders)
    offered = counted - claimed - keep
    steps = [
        {"term": "figure", "label": "NORTH has", "units": counted, "sign": "+", "why": f"reported at {at.isoformat()}"},
        {"term": "claim", "label": "asked of it and not in that figure", "units": claimed, "sign": "−", "why": ""},
        {"term": "keep", "label": "kept back", "units": keep, "sign": "−", "why": "buffer of NORTH"},
        {"term": "publishable", "label": "may be sold", "units": offered, "sign": "=", "why": ""},
    ]
    source = {
        "connection": "north-wms",
        "warehouse": "NORTH",
        "item_code": "100-011",
        "version": 1,
        "basis": "physical",
        "counted": [[zones[0][0], counted - sum(units for _, units in zones[1:])], *map(list, zones[1:])],
        "left_out": [list(zone) for zone in left_out],
    }
    found = Found(
        cell=cell,
        shown=shown,
        offered=offered,
        wrote=offered,
        committed=0,
        reserved=0,
        document={"result": offered, "steps": steps, "findings": [], "sources": [source]},
    )
    rows = history.levels_before(conn, account=account, shop=shop, cells=[cell])
    _S.run(conn, "begin_publication", account=account, key=key, shop=shop, writes={"writes": []}, now=at)
    _S.run(conn, "end_publication", account=account, key=key, outcome="done", now=at)
    history.keep(conn, account=account, found=[(rows[cell].level_id, found)], orders={cell: list(orders)}, key=key, at=at)
