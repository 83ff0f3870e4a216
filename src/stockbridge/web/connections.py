"""The page of everything that is connected: does it work, when was it last heard from, how much may still be asked of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.web import words
from stockbridge.web.visit import Page, Visit

_QUERIES = Queries("pages")


def show(visit: Visit) -> Page:
    """Every connection with its sweeps."""
    sweeps: dict[str, list[Row[Any]]] = defaultdict(list)
    for sweep in _QUERIES.rows(visit.conn, "sweeps", account=visit.me.account):
        sweeps[sweep.connection].append(sweep)
    cards = [
        {
            "row": row,
            "badge": words.badge(words.CONNECTION, state_of(row)),
            "sweeps": sweeps[row.connection],
            "headroom": headroom(row, visit.now),
        }
        for row in _QUERIES.rows(visit.conn, "connections", account=visit.me.account)
    ]
    return Page(template="connections.html", values={"cards": cards})


def state_of(row: Row[Any]) -> str:
    """The state of a connection in one word (words.CONNECTION)."""
    if row.paused:
        return "paused"
    contacts = [at for at in (row.last_in_at, row.last_out_at) if at is not None]
    if row.last_error and (row.last_error_at is None or not contacts or row.last_error_at >= max(contacts)):
        return "error"
    if row.kind == "shopify" and not row.live:
        return "watched"
    return "good" if contacts else "silent"


def headroom(row: Row[Any], now: datetime) -> int | None:
    """How much of a rate budget is free now, in percent: what was left then and has come back since. None: it has no limit."""
    most = float(row.budget_most or 0)
    if most <= 0:
        return None
    since = max(0.0, (now - row.budget_at).total_seconds())
    share: float = (float(row.budget_left) + since * float(row.budget_rate)) / most
    return round(100 * max(0.0, min(1.0, share)))
