"""What waits for a person: cause, effect, and the button that repairs it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.events import DismissAsked, ItemMapped
from stockbridge.web.orders import ask_again, back_to
from stockbridge.web.visit import Go, Page, Stop, Visit

PER_PAGE = 50
NO_NOTE = "Please add a note saying why nothing more is needed: it stays in the timeline."
_QUERIES = Queries("pages")
#: how many lines of one order get a form with suggestions; more than that is work for the mapping page
_MOST_FORMS = 20


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One item that has no code at any warehouse, and codes that look like it."""

    shop: str
    inventory_item_id: str
    sku: str
    title: str
    suggestions: tuple[str, ...]
    warehouses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """One parked thing with what its repair needs."""

    row: Row[Any]
    unmapped: list[Unmapped] = field(default_factory=list)

    @property
    def remedy(self) -> str:
        """The button: mapping turns into trying again when everything is mapped by now."""
        return "retry" if self.row.remedy == "map_item" and not self.unmapped else str(self.row.remedy)


def show(visit: Visit) -> Page:
    """Everything that waits, the oldest first."""
    cause, after = visit.query.get("cause")[:100], visit.query.number("after")
    waiting = boxes(visit, cause=cause, after=after, limit=PER_PAGE + 1)
    values = {
        "boxes": waiting[:PER_PAGE],
        "more": waiting[PER_PAGE - 1].row.parked_id if len(waiting) > PER_PAGE else 0,
        "causes": _QUERIES.rows(visit.conn, "parked_causes", account=visit.me.account),
        "cause": cause,
        "here": visit.query,
        "said": visit.query.get("said"),
    }
    return Page(template="parked.html", values=values)


def boxes(visit: Visit, *, cause: str = "", subject: str = "", after: int = 0, limit: int = PER_PAGE) -> list[Box]:
    """Parked things as the filters say, each with what its repair needs."""
    rows = _QUERIES.rows(
        visit.conn, "parked", account=visit.me.account, cause=cause, subject=subject, after_id=after, limit=limit
    )
    return [Box(row, unmapped_of(visit, row) if row.remedy == "map_item" else []) for row in rows]


def unmapped_of(visit: Visit, row: Row[Any]) -> list[Unmapped]:
    """The items of a parked order that have no code yet, with suggestions."""
    if row.order_id is None:
        return []
    account = visit.me.account
    lines = _QUERIES.rows(visit.conn, "unmapped_lines", account=account, shop=row.shop, order_id=row.order_id)
    warehouses = warehouses_of(visit, row.shop)
    return [
        Unmapped(
            shop=row.shop,
            inventory_item_id=line.inventory_item_id,
            sku=line.sku or "",
            title=line.title or "",
            suggestions=suggestions(visit, sku=line.sku or "", barcode=line.barcode),
            warehouses=warehouses,
        )
        for line in lines[:_MOST_FORMS]
    ]


def warehouses_of(visit: Visit, shop: str) -> tuple[tuple[str, str], ...]:
    """The warehouses that feed a shop, as (connection, warehouse)."""
    rows = _QUERIES.rows(visit.conn, "warehouses_of_shop", account=visit.me.account, shop=shop)
    return tuple((row.connection, row.warehouse) for row in rows)


def suggestions(visit: Visit, *, sku: str, barcode: str) -> tuple[str, ...]:
    """Item codes that resemble a SKU or a barcode, the likeliest first."""
    key = re.sub(r"[^a-z0-9]", "", sku.lower())
    rows = _QUERIES.rows(visit.conn, "suggestions", account=visit.me.account, sku=sku, barcode=barcode, key=key)
    return tuple(row.item_code for row in rows)


def retry(visit: Visit) -> Go:
    """Asks that the selected things be tried again. What somebody else has closed meanwhile is passed over.

    Where an outcome is unknown, trying again can double an order: that is asked one by one, by whoever has looked.
    """
    chosen = _chosen(visit, looked=visit.form.get("looked") == "yes" and len(visit.form.all("parked")) == 1)
    ask_again(visit, chosen)
    return _back(visit, "retry" if chosen else "none")


def dismiss(visit: Visit) -> Go:
    """Says that the selected things need nothing more, with a note for whoever wonders later."""
    note = note_of(visit)
    chosen = _chosen(visit, looked=visit.form.get("looked") == "yes" and len(visit.form.all("parked")) == 1)
    if chosen and not note:
        raise Stop(422, NO_NOTE)
    ask_to_close(visit, chosen, note=note)
    return _back(visit, "dismissed" if chosen else "none")


def note_of(visit: Visit) -> str:
    """Why nothing more is needed."""
    return visit.form.get("note")[:1_000]


def ask_to_close(visit: Visit, parked_ids: Sequence[int], *, note: str) -> None:
    """Asks that parked things be closed."""
    me = visit.me
    events = [DismissAsked(parked_id=parked_id, by=me.name, note=note) for parked_id in parked_ids]
    visit.parts.ask(visit.conn, account=me.account, events=events, by=me.person_id)


def map_item(visit: Visit) -> Go:
    """Says which item code the chosen warehouses use for an item."""
    ask_mapping(visit)
    return _back(visit, "mapped")


def ask_mapping(visit: Visit) -> None:
    """Puts one mapping per chosen warehouse into the inbox. A field ``at`` is connection and warehouse, a tab between."""
    me, form = visit.me, visit.form
    code = form.get("code")[:200]
    chosen = {tuple(place.split("\t", 1)) for place in form.all("at")}
    known = {place for place in warehouses_of(visit, form.get("shop")) if place in chosen}
    if not code or not form.get("item") or not known:
        raise Stop(422, "Please give the warehouse's item code and choose at least one warehouse. Nothing was changed.")
    events = [
        ItemMapped(
            shop=form.get("shop"),
            inventory_item_id=form.get("item"),
            connection=connection,
            warehouse=warehouse,
            item_code=code,
            by=me.name,
        )
        for connection, warehouse in sorted(known)
    ]
    visit.parts.ask(visit.conn, account=me.account, events=events, by=me.person_id)


def _chosen(visit: Visit, *, looked: bool) -> list[int]:
    ids = [int(text) for text in visit.form.all("parked") if text.isascii() and text.isdigit() and len(text) < 19]
    if not ids:
        return []
    rows = _QUERIES.rows(visit.conn, "open_parked", account=visit.me.account, parked_ids=ids, looked=looked)
    return [int(row.parked_id) for row in rows]


def _back(visit: Visit, said: str) -> Go:
    return Go(to=back_to(visit, "/order" if visit.form.get("page") == "order" else "/parked", said))
