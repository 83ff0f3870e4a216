"""Which item code stands for an item: codes that look like it, and the question before one is mapped that nobody counts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.events import ItemMapped
from stockbridge.web.visit import Form, Page, Stop, Visit

_QUERIES = Queries("pages")
#: how many items of one page get suggestions: each is compared with every code that any warehouse counts
MOST_SUGGESTED = 20
_FEW = 6
_KEPT = ("shop", "item", "page", "view")


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One item that has no code at any warehouse, and codes that look like it."""

    shop: str
    inventory_item_id: str
    sku: str
    title: str
    suggestions: tuple[str, ...]
    warehouses: tuple[tuple[str, str], ...]


def warehouses_of(visit: Visit, shop: str) -> tuple[tuple[str, str], ...]:
    """The warehouses that feed a shop, as (connection, warehouse)."""
    rows = _QUERIES.rows(visit.conn, "warehouses_of_shop", account=visit.me.account, shop=shop)
    return tuple((row.connection, row.warehouse) for row in rows)


def suggestions(visit: Visit, items: Iterable[Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Item codes that resemble the SKU or the barcode of items, the likeliest first, by shop and item."""
    few = list(items)[:MOST_SUGGESTED]
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    columns = {
        "shops": [row.shop for row in few],
        "items": [row.inventory_item_id for row in few],
        "skus": [row.sku or "" for row in few],
        "barcodes": [row.barcode or "" for row in few],
        "keys": [key_of(row.sku or "") for row in few],
    }
    for row in _QUERIES.rows(visit.conn, "suggestions", account=visit.me.account, **columns) if few else ():
        found[row.shop, row.inventory_item_id].append(row.item_code)
    return {item: tuple(codes[:_FEW]) for item, codes in found.items()}


def unmapped(visit: Visit, items: Sequence[Row[Any]]) -> list[Unmapped]:
    """Items without a code, each with what its mapping needs."""
    like = suggestions(visit, items)
    feeding = {shop: warehouses_of(visit, shop) for shop in sorted({row.shop for row in items})}
    return [
        Unmapped(
            shop=row.shop,
            inventory_item_id=row.inventory_item_id,
            sku=row.sku or "",
            title=row.title or "",
            suggestions=like.get((row.shop, row.inventory_item_id), ()),
            warehouses=feeding[row.shop],
        )
        for row in items[:MOST_SUGGESTED]
    ]


def key_of(text: str) -> str:
    """What is left of a SKU or a code when only letters and digits count."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def ask_mapping(visit: Visit) -> Page | None:
    """Puts one mapping per chosen warehouse into the inbox. A field ``at`` is connection and warehouse, a tab between.

    A code that a chosen warehouse has never counted is asked about first, and nothing is done: the page with the question."""
    me, form = visit.me, visit.form
    code = form.get("code")[:200]
    chosen = {tuple(place.split("\t", 1)) for place in form.all("at")}
    known = sorted(place for place in warehouses_of(visit, form.get("shop")) if place in chosen)
    if not code or not form.get("item") or not known:
        raise Stop(422, "Please give the warehouse's item code and choose at least one warehouse. Nothing was changed.")
    strange = _never_counted(visit, known, code)
    if strange and form.get("sure") != code:
        return _question(visit, known, strange, code)
    events = [
        ItemMapped(
            shop=form.get("shop"),
            inventory_item_id=form.get("item"),
            connection=connection,
            warehouse=warehouse,
            item_code=code,
            by=me.name,
        )
        for connection, warehouse in known
    ]
    visit.parts.ask(visit.conn, account=me.account, events=events, by=me.person_id)
    return None


def _never_counted(visit: Visit, places: Sequence[tuple[str, str]], code: str) -> list[tuple[str, str]]:
    """Of these warehouses, those that have counted something and never this code."""
    rows = _QUERIES.rows(visit.conn, "never_counted", account=visit.me.account, code=code, **_columns(places))
    return [(row.connection, row.warehouse) for row in rows]


def _question(visit: Visit, places: Sequence[tuple[str, str]], strange: Sequence[tuple[str, str]], code: str) -> Page:
    form = visit.form
    item = _QUERIES.maybe(
        visit.conn, "item", account=visit.me.account, shop=form.get("shop"), inventory_item_id=form.get("item")
    )
    kept = [(name, form.get(name)) for name in _KEPT if form.get(name)]
    values = {
        "code": code,
        "item": item,
        "warehouses": [warehouse for _, warehouse in strange],
        "near": _near(visit, places, item, code),
        "action": visit.path,
        "fields": [*kept, *(("at", f"{connection}\t{warehouse}") for connection, warehouse in places)],
        "back": _back(form),
    }
    return Page(template="code.html", values=values, status=422)


def _near(visit: Visit, places: Sequence[tuple[str, str]], item: Row[Any] | None, code: str) -> list[str]:
    """Codes that these warehouses count and that may be meant: spelt nearly the same, or looking like the item's SKU."""
    rows = _QUERIES.rows(visit.conn, "near_codes", account=visit.me.account, code=code, key=key_of(code), **_columns(places))
    spelt = {row.item_code.upper(): row.item_code for row in rows}
    near = [spelt[each] for each in get_close_matches(code.upper(), spelt, n=4, cutoff=0.6)]
    like = next(iter(suggestions(visit, [item]).values()), ()) if item else ()
    return list(dict.fromkeys([*near, *(each for each in like if each != code)]))[:_FEW]


def _columns(places: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {"connections": [place[0] for place in places], "warehouses": [place[1] for place in places]}


def _back(form: Form) -> str:
    view = form.get("view")[:2_000]
    page = {"order": "/order", "parked": "/parked"}.get(form.get("page"), "/mapping")
    return f"{page}?{view}" if view else page
