"""One item: what every location offers of it, and why any of these numbers is what it is, or was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from stockbridge.db import history, spent
from stockbridge.db.queries import Queries
from stockbridge.domain.history import Told, moment_meant, outcome
from stockbridge.web import stock, words
from stockbridge.web.templating import number
from stockbridge.web.visit import Page, Stop, Visit

_QUERIES = Queries("pages")
_STEP = {"label", "units", "sign", "why"}
#: numbers on one page of the history, and locations of one item that are listed
_NUMBERS, _LOCATIONS = 15, 200
#: how far back the chart goes
SPANS = {"1": "24 hours", "7": "7 days", "30": "30 days", "90": "90 days"}


def show(visit: Visit) -> Page:
    """An item at all its locations, with the number of one of them step by step: now, or as it was at a moment."""
    shop, item = visit.query.get("shop"), visit.query.get("item")
    if not (shop and item):
        raise Stop(404, "The address is not complete.")
    rows = stock.cells(visit, after=("", "", ""), limit=_LOCATIONS, location="", shop=shop, item=item)
    wanted = visit.query.get("location")
    cell = next((row for row in rows if row.location_id == wanted or not wanted), None)
    if cell is None:
        raise Stop(404, "Nothing is known of this item at this location.")
    zone = _QUERIES.value(visit.conn, "zone_of", account=visit.me.account, shop=shop) or "UTC"
    moment, problem = _moment(visit, zone)
    values = {
        "cell": cell,
        "lines": [stock.shown(row) for row in rows],
        "badge": words.badge(words.CELL, stock.state_of(cell)),
        "lead": lead(cell),
        "zone": zone,
        "asked": visit.query.get("at"),
        "problem": problem,
        "here": visit.query,
        **_number(visit, cell, moment, zone),
        **_past(visit, cell),
    }
    return Page(template="item.html", values=values)


def _moment(visit: Visit, zone: str) -> tuple[datetime | None, str]:
    """The moment that is asked for; none: now."""
    text = visit.query.get("at")
    if not text:
        return None, ""
    try:
        return moment_meant(text, zone=zone, now=visit.now), ""
    except (ValueError, OverflowError):
        return None, "That is not a moment. Write it like 2026-11-17T14:00."


def lead(cell: Row[Any]) -> str:
    """What a person should know first."""
    state = stock.state_of(cell)
    if state == "unmapped":
        return "No warehouse has an item code for it, so nobody knows how many there are."
    if cell.desired is None or cell.available is None:
        return "The number is not known yet."
    if cell.available == cell.desired:
        return f"The shop shows {number(cell.available)}, and that many may be sold."
    more = cell.available - cell.desired
    missed = f"{number(-more)} could be sold and are not shown"
    risk = f"{number(more)} too many: they could be sold and are not there" if more > 0 else missed
    after = "It is being corrected." if state == "dirty" else "It is not corrected by itself."
    return f"The shop shows {number(cell.available)}, and {number(cell.desired)} may be sold: {risk}. {after}"


def _number(visit: Visit, cell: Row[Any], moment: datetime | None, zone: str) -> dict[str, Any]:
    """The number with all it was worked out from: as it stands, or as it stood at a moment."""
    key = {
        "account": visit.me.account,
        "shop": cell.shop,
        "location_id": cell.location_id,
        "inventory_item_id": cell.inventory_item_id,
    }
    if moment is not None:
        return _then(visit, cell, moment, zone)
    steps, result, findings = derivation(_QUERIES.value(visit.conn, "derivation", **key))
    return {
        "then": None,
        "nothing_then": False,
        "steps": steps,
        "result": result,
        "findings": findings,
        "sources": _QUERIES.rows(visit.conn, "sources_of_cell", **key),
        "claims": _QUERIES.rows(visit.conn, "claims_of_cell", **key),
    }


@dataclass(frozen=True, slots=True)
class Then:
    """A number of the past: when it was asked for, the number, what became of it, until when it stood."""

    asked: datetime
    told: Told
    outcome: str
    until: datetime | None


def _then(visit: Visit, cell: Row[Any], moment: datetime, zone: str) -> dict[str, Any]:
    place = {"account": visit.me.account, "shop": cell.shop, "cell": (cell.location_id, cell.inventory_item_id)}
    told = history.told(visit.conn, **place, until=moment, limit=1)
    empty: dict[str, Any] = {"steps": [], "result": None, "findings": [], "sources": [], "claims": []}
    if not told:
        return {"then": None, "nothing_then": True, **empty}
    entry = told[0].entry
    after = history.next_after(visit.conn, **place, entry=entry)
    steps, result, findings = derivation(dict(entry.derivation))
    then = Then(moment.astimezone(ZoneInfo(zone)), told[0], outcome(entry), after.at if after else None)
    return {**empty, "then": then, "nothing_then": False, "steps": steps, "result": result, "findings": findings}


def _past(visit: Visit, cell: Row[Any]) -> dict[str, Any]:
    """What was published, the newest first, and the points of the chart."""
    place = {"account": visit.me.account, "shop": cell.shop, "cell": (cell.location_id, cell.inventory_item_id)}
    after = visit.query.number("before")
    told = history.told(visit.conn, **place, until=visit.now, after_id=after, limit=_NUMBERS)
    span = visit.query.get("span") if visit.query.get("span") in SPANS else "7"
    since = visit.now - timedelta(days=int(span))
    subject = f"stock/{cell.location_id}/{cell.inventory_item_id}"
    return {
        "told": [(one, outcome(one.entry), words.badge(words.ANSWER, one.entry.answer.value)) for one in told],
        "older": told[-1].entry.published_id if len(told) == _NUMBERS else 0,
        "first": not after,
        "points": _columns(history.chart(visit.conn, **place, since=since), now=visit.now),
        "spans": SPANS,
        "span": span,
        "history_days": visit.parts.settings.history_days,
        "foreign": spent.foreign_of_cell(visit.conn, **place, since=visit.now - spent.COUNTED_FOR),
        "who": words.WHO_CHANGED_IT,
        "noted": _QUERIES.rows(visit.conn, "timeline", account=visit.me.account, subject=subject, limit=50),
    }


def _columns(rows: Sequence[Row[Any]], *, now: datetime) -> str:
    """The columns of the chart."""
    found = points(rows, now=now)
    return json.dumps(list(zip(*found, strict=True)), separators=(",", ":")) if found else ""


def points(rows: Sequence[Row[Any]], *, now: datetime) -> list[tuple[float, int | None, int | None]]:
    """The points of the chart: seconds, what may be sold, what the shop shows. A number that was written is shown from then on; the last
    point is the present."""
    points: list[tuple[float, int | None, int | None]] = []
    for row in rows:
        at = row.at.timestamp()
        points.append((at, row.offered, row.shown))
        if row.wrote is not None:
            points.append((at + 0.5, row.offered, row.wrote))
    if points:
        last = points[-1]
        points.append((max(now.timestamp(), last[0]), last[1], last[2]))
    return points


def derivation(stored: object) -> tuple[list[dict[str, Any]], int | None, list[str]]:
    """The steps of a stored derivation, its result and its findings; what cannot be understood is left out, not guessed."""
    if not isinstance(stored, dict):
        return [], None, []
    steps = [step for step in stored.get("steps", ()) if isinstance(step, dict) and step.keys() >= _STEP]
    result = stored.get("result")
    if steps and steps[-1]["sign"] == "=" and steps[-1]["units"] == result:
        steps.pop()  # the page closes with the result itself
    findings = [str(finding) for finding in stored.get("findings", ())]
    return steps, result if isinstance(result, int) else None, findings
