"""The page of everything that is connected: does it work, when was it last heard from, how much may still be asked of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from stockbridge.db import spent
from stockbridge.db.queries import Queries
from stockbridge.web import words
from stockbridge.web.policy import Role
from stockbridge.web.visit import Page, Visit

_QUERIES = Queries("pages")
#: states in which calls to the other side fail
TROUBLED = frozenset({"error", "locked_out"})


def show(visit: Visit) -> Page:
    """Every connection with its sweeps, what is wrong with it, and what people last changed about it."""
    sweeps: dict[str, list[Row[Any]]] = defaultdict(list)
    changes: dict[str, list[Row[Any]]] = defaultdict(list)
    for sweep in _QUERIES.rows(visit.conn, "sweeps", account=visit.me.account):
        sweeps[sweep.connection].append(sweep)
    for change in _QUERIES.rows(visit.conn, "changes", account=visit.me.account):
        changes[change.subject.removeprefix("connection/")].append(change)
    cards = [
        {
            "row": row,
            "state": state_of(row),
            "badge": words.badge(words.CONNECTION, state_of(row)),
            "trouble": trouble_of(row),
            "changes": changes[row.connection],
            "sweeps": sweeps[row.connection],
            "headroom": headroom(row, visit.now),
            "others": _others(visit, row),
        }
        for row in _QUERIES.rows(visit.conn, "connections", account=visit.me.account)
    ]
    cards.sort(key=lambda card: not card["trouble"])
    role = Role.named(visit.me.role)
    values = {
        "cards": cards,
        "repairs": role >= Role.OPERATOR,
        "manages": role >= Role.MANAGER,
        "said": visit.query.get("said"),
        "who": words.WHO_CHANGED_IT,
    }
    return Page(template="connections.html", values=values)


def _others(visit: Visit, row: Row[Any]) -> Sequence[Row[Any]]:
    """Who else writes a shop's numbers, location by location."""
    if row.kind != "shopify":
        return ()
    since = visit.now - spent.COUNTED_FOR
    return spent.foreign_by_location(visit.conn, account=visit.me.account, shop=row.connection, since=since)


def state_of(row: Row[Any]) -> str:
    """The state of a connection in one word (words.CONNECTION)."""
    if row.resting:
        return "paused"
    if row.stop_cause == "credentials":
        return "locked_out"
    if row.stop_cause or row.failing:
        return "error"
    contacts = [at for at in (row.last_in_at, row.last_out_at) if at is not None]
    if row.kind == "shopify" and not row.live:
        return "watched"
    return "good" if contacts else "silent"


def trouble_of(row: Row[Any]) -> str:
    """Why a connection does not work, in the words of what was tried last; nothing when it does."""
    return (row.last_error or "") if state_of(row) in TROUBLED else ""


def headroom(row: Row[Any], now: datetime) -> int | None:
    """How much of a rate budget is free now, in percent: what was left then and has come back since. None: it has no limit."""
    most = float(row.budget_most or 0)
    if most <= 0:
        return None
    since = max(0.0, (now - row.budget_at).total_seconds())
    share: float = (float(row.budget_left) + since * float(row.budget_rate)) / most
    return round(100 * max(0.0, min(1.0, share)))
