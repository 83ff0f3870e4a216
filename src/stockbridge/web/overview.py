"""The first page: what flows, what waits for a person, what is on its way, and what happened just now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.web import words
from stockbridge.web.connections import state_of, trouble_of
from stockbridge.web.parked import Box, folded
from stockbridge.web.templating import cell_url, order_url
from stockbridge.web.visit import Page, Visit

_QUERIES = Queries("pages")
#: how many of what waits for a person are named on the overview
_SHOWN = 4
_SINCE = timedelta(hours=24)


def show(visit: Visit) -> Page:
    """The overview; with ``?part=now`` only its moving part, which the page asks for every few seconds."""
    account, conn = visit.me.account, visit.conn
    connections = _QUERIES.rows(conn, "connections", account=account)
    waiting = _QUERIES.rows(conn, "parked", account=account, cause="", subject="", after_id=0, limit=50)
    values = {
        "flow": _QUERIES.one(conn, "flow", account=account, since=visit.now - _SINCE),
        "on_its_way": [_moving(row) for row in _QUERIES.rows(conn, "on_its_way", account=account) if row.many],
        "causes": _QUERIES.rows(conn, "parked_causes", account=account),
        "parked": _together(folded(Box(row) for row in waiting))[:_SHOWN],
        "latest": [happened(row) for row in _QUERIES.rows(conn, "latest", account=account, limit=12)],
        "connections": [(row, words.badge(words.CONNECTION, state_of(row)), trouble_of(row)) for row in connections],
        "steps": _steps(connections, visit),
        "said": "",
    }
    part = visit.query.get("part") == "now"
    return Page(template="overview_now.html" if part else "overview.html", values=values)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person: the first of its kind, and every order that waits for the same."""

    box: Box
    orders: list[Row[Any]]


def _together(boxes: Iterable[Box]) -> list[Waiting]:
    """Orders that wait for the mapping of the same items are one thing to do."""
    by_title: dict[str, Waiting] = {}
    shown = []
    for box in boxes:
        orders = [box.row] if box.row.order_id else []
        if box.row.remedy == "map_item" and box.title in by_title:
            by_title[box.title].orders.extend(orders)
            continue
        shown.append(Waiting(box, orders))
        if box.row.remedy == "map_item":
            by_title[box.title] = shown[-1]
    return shown


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the journal: when, about what (with its page, if it has one), and what."""

    at: datetime
    to: str
    name: str
    text: str


def happened(row: Row[Any]) -> Happened:
    """What a line is about goes before it; a line that begins with the name does not say it twice."""
    to, name = _subject(row)
    text = row.text.removeprefix(f"{name} ") if name else row.text
    return Happened(row.at, to, name, text)


def _subject(row: Row[Any]) -> tuple[str, str]:
    """Where the page is of what a line of the journal is about, and its name."""
    if row.order_id:
        return order_url(row.shop, row.order_id), row.name
    item = row.sku or row.title or row.inventory_item_id
    if row.location_id and row.inventory_item_id:
        return cell_url(row.level_shop, row.location_id, row.inventory_item_id), f"{item} at {row.location}"
    if row.location_id:
        return "/mapping", row.location
    if row.inventory_item_id:
        return f"/mapping?{urlencode({'q': item})}#items", item
    if row.connection:
        return f"/connections#connection-{quote(row.connection)}", row.connection_title
    kind, *_, last = row.subject.split("/")
    return "", last if kind == "warehouse" else ""


def _moving(row: Row[Any]) -> tuple[str, int, object]:
    titles = {"arrivals": "Messages to be understood", "levels": "Stock numbers to be worked out", **words.EFFECT_KIND}
    return titles.get(row.what, words.plain(row.what)), row.many, row.oldest


def _steps(connections: Any, visit: Visit) -> list[tuple[bool, str, str, str]]:
    """What is still missing before orders can flow: done, what, where, and how."""
    if not connections:
        return [(False, "Connect a shop and a warehouse system", "/connections", "Nothing is connected yet.")]
    sources = _QUERIES.rows(visit.conn, "sources", account=visit.me.account)
    unmapped = int(_QUERIES.value(visit.conn, "unmapped_items", account=visit.me.account) or 0)
    shops = [row for row in connections if row.kind == "shopify"]
    steps = [
        (bool(shops), "Connect a shop", "/connections", "Orders come from it and stock goes to it."),
        (len(connections) > len(shops), "Connect a warehouse system", "/connections", "It holds the goods."),
        (bool(sources), "Say which warehouse feeds which location", "/mapping", "Without it no stock is shown."),
        (
            unmapped == 0,
            "Map every item",
            "/mapping#items",
            f"Without a code at a warehouse: {unmapped}. Orders for them wait.",
        ),
        (any(row.live for row in shops), "Switch a shop on", "/connections", "Until then everything is only watched."),
    ]
    return [] if all(step[0] for step in steps) else steps
