"""The numbers: what each warehouse counts, what is on its way out, what is offered, what the shop shows, and why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.stock import HELD_BACK
from stockbridge.web import words
from stockbridge.web.finding import escaped
from stockbridge.web.visit import Page, Visit

PER_PAGE = 50
_QUERIES = Queries("pages")
#: the views, each with what it shows in a sentence
SHOWS = {
    "": ("All", ""),
    "oversell": ("Oversell risk", "The shop shows more than may be sold. Look here first."),
    "suppressed": ("Sales missed", "More may be sold than the shop shows."),
    "drifting": ("Drifting", "The shop shows another number, and nothing is on its way to correct it."),
    "braked": ("Waits for approval", "Too much would change at once: a person looks at it on the page Sweeps first."),
    "parked": ("Needs you", "Something about it waits for a person."),
    "differs": ("Any difference", "The shop shows another number: also those that are being corrected this moment."),
    "held": ("Not written", "The number is worked out and not written, for the reason beside it."),
    "foreign": (
        "Changed by others",
        "Somebody other than Stockbridge changed the number in the shop lately. The item's page says how often, by how much and when.",
    ),
    "unmapped": ("Not mapped", "No warehouse has an item code for it."),
}


def show(visit: Visit) -> Page:
    """One page of items by location."""
    query = visit.query
    after = query.places("after", 3)
    rows = cells(visit, after=after, limit=PER_PAGE + 1, location=query.get("location"), shop=query.get("shop"))
    page = rows[:PER_PAGE]
    last = page[-1] if len(rows) > PER_PAGE else None
    values = {
        "items": _by_item(page),
        "more": f"{last.sku}\t{last.inventory_item_id}\t{last.location_id}" if last else "",
        "first": not query.get("after"),
        "locations": _QUERIES.rows(visit.conn, "locations", account=visit.me.account),
        "shows": SHOWS,
        "here": query,
        "said": query.get("said"),
    }
    return Page(template="stock.html", values=values)


def cells(visit: Visit, *, after: tuple[str, ...], limit: int, location: str, shop: str, item: str = "") -> list[Row[Any]]:
    """Items by location, sorted by SKU, item and location."""
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
    return [(group[0], [shown(row) for row in group]) for group in groups]


def shown(row: Row[Any]) -> dict[str, Any]:
    """One item at one location as a line of a table."""
    return {"row": row, "badge": words.badge(words.CELL, state_of(row)), "held": _why_held(row)}


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
