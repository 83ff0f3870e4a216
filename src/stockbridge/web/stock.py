"""The numbers: what each warehouse counts, what is on its way out, what is offered, what the shop shows, and why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.stock import HELD_BACK
from stockbridge.web import words
from stockbridge.web.orders import escaped
from stockbridge.web.visit import Page, Stop, Visit

PER_PAGE = 50
_QUERIES = Queries("pages")
_STEP = {"label", "units", "sign", "why"}
SHOWS = {"": "All", "differs": "Shop shows another number", "held": "Not written", "unmapped": "Not mapped"}


def show(visit: Visit) -> Page:
    """One page of items by location."""
    query = visit.query
    after = query.places("after", 3)
    rows = _cells(visit, after=after, limit=PER_PAGE + 1, location=query.get("location"), shop=query.get("shop"))
    shown = rows[:PER_PAGE]
    last = shown[-1] if len(rows) > PER_PAGE else None
    values = {
        "items": _by_item(shown),
        "more": f"{last.sku}\t{last.inventory_item_id}\t{last.location_id}" if last else "",
        "first": not query.get("after"),
        "locations": _QUERIES.rows(visit.conn, "locations", account=visit.me.account),
        "shows": SHOWS,
        "here": query,
        "said": query.get("said"),
    }
    return Page(template="stock.html", values=values)


def show_cell(visit: Visit) -> Page:
    """One item at one location: the number, step by step, and everything it was worked out from."""
    shop, location, item = (visit.query.get(name) for name in ("shop", "location", "item"))
    if not (shop and location and item):
        raise Stop(404, "The address is not complete.")
    rows = _cells(visit, after=("", "", ""), limit=1, location=location, shop=shop, item=item)
    if not rows:
        raise Stop(404, "Nothing is known of this item at this location.")
    key = {"account": visit.me.account, "shop": shop, "location_id": location, "inventory_item_id": item}
    steps, result, findings = derivation(_QUERIES.value(visit.conn, "derivation", **key))
    subject = f"stock/{location}/{item}"
    values = {
        "cell": rows[0],
        "badge": words.badge(words.CELL, state_of(rows[0])),
        "steps": steps,
        "result": result,
        "findings": findings,
        "sources": _QUERIES.rows(visit.conn, "sources_of_cell", **key),
        "claims": _QUERIES.rows(visit.conn, "claims_of_cell", **key),
        "history": _QUERIES.rows(visit.conn, "timeline", account=visit.me.account, subject=subject, limit=50),
    }
    return Page(template="cell.html", values=values)


def _cells(visit: Visit, *, after: tuple[str, ...], limit: int, location: str, shop: str, item: str = "") -> list[Row[Any]]:
    search = "" if item else visit.query.get("q")[:200]
    rows = _QUERIES.rows(
        visit.conn,
        "cells",
        account=visit.me.account,
        location=location,
        shop=shop,
        item=item,
        show="" if item else visit.query.get("show"),
        search=search,
        like=f"%{escaped(search)}%",
        after_sku=after[0],
        after_item=after[1],
        after_location=after[2],
        limit=limit,
    )
    return list(rows)


def _by_item(rows: Sequence[Row[Any]]) -> list[tuple[Row[Any], list[dict[str, Any]]]]:
    """Each item with its locations; they come sorted like that."""
    groups = [list(group) for _, group in groupby(rows, key=lambda row: (row.shop, row.inventory_item_id))]
    return [
        (
            group[0],
            [{"row": row, "badge": words.badge(words.CELL, state_of(row)), "held": _why_held(row)} for row in group],
        )
        for group in groups
    ]


def _why_held(row: Row[Any]) -> list[str]:
    """Why units are held back, with how many of each when there is more than one reason."""
    found = row.held_back or {}
    whys = [(found[term], why) for term, why in HELD_BACK.items() if found.get(term)]
    return [why if len(whys) == 1 else f"{units} {why}" for units, why in whys]


def state_of(row: Row[Any]) -> str:
    """The state of one item at one location in one word (words.CELL)."""
    if not row.sources or not row.mapped:
        return "unmapped"
    if row.figure is None:
        return "uncounted"
    if row.note:
        return "noted"
    if not row.live:
        return "watched"
    if row.busy:
        return "dirty"
    return "in_step" if row.desired == row.available else "differs"


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
