"""Stock: every item at every location, its number step by step, and why."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.web import stock as pages
from stockbridge.web import words
from stockbridge.web.api import past
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.past import PastNumber, SumLine
from stockbridge.web.api.resources.timeline import Happened, timeline
from stockbridge.web.api.route import Call, Given, Moment, Nothing, Page, Refusal, Route, Told, says
from stockbridge.web.finding import escaped
from stockbridge.web.item import derivation

_QUERIES = Queries("pages")


class StockView(StrEnum):
    """The views of the page of stock. differs: the shop shows another number; oversell: it shows more than may be sold; suppressed: less;
    drifting: another number, and nothing is on its way to correct it; held: not written, for a reason; braked: a change of it would be
    one of too many at once and waits for approval; parked: something about it waits for a person; foreign: somebody
    else has changed it in the shop lately; unmapped: no item code."""

    DIFFERS = "differs"
    OVERSELL = "oversell"
    SUPPRESSED = "suppressed"
    DRIFTING = "drifting"
    HELD = "held"
    BRAKED = "braked"
    PARKED = "parked"
    FOREIGN = "foreign"
    UNMAPPED = "unmapped"


class CellState(StrEnum):
    """How the number of an item at a location stands. in_step: the shop shows it; differs: it shows another, which is left (within the
    tolerance, or waiting for approval); dirty: it is being worked out again; watched: it is only compared; unmapped: no item code; uncounted: no count yet; noted: it is not
    written, for the reason in the note."""

    IN_STEP = "in_step"
    DIFFERS = "differs"
    DIRTY = "dirty"
    WATCHED = "watched"
    UNMAPPED = "unmapped"
    UNCOUNTED = "uncounted"
    NOTED = "noted"


class Levels(Paged, frozen=True):
    """Which levels. An empty filter lets everything through."""

    shop: Annotated[str, says("Only this shop.", max_length=200)] = ""
    location_id: Annotated[str, says("Only this location.", max_length=200)] = ""
    inventory_item_id: Annotated[str, says("Only this item.", max_length=200)] = ""
    search: Annotated[str, says("A part of the SKU, title or item code, or the barcode.", max_length=200)] = ""
    show: Annotated[StockView | None, says("One of the page's views; oversell: the shop shows more than may be sold.")] = None


class OneLevel(Given, frozen=True):
    """Which level."""

    shop: Annotated[str, says("The shop.", min_length=1, max_length=200)]
    location_id: Annotated[str, says("The location.", min_length=1, max_length=200)]
    inventory_item_id: Annotated[str, says("The item.", min_length=1, max_length=200)]


class Explained(OneLevel, frozen=True):
    """Which level, and when."""

    at: Annotated[
        str,
        says(
            "Then, not now: 2026-11-17T14:00 in the shop's time zone, or with an offset; a date alone is the end of that day.",
            max_length=40,
        ),
    ] = ""


class Level(Told, frozen=True):
    """One item at one location. counted − on_its_way_out − held_back + too_few = offered, all as of when it was last worked out."""

    shop: str
    location_id: Annotated[str | None, says("null: the item has no item code anywhere, so it is at no location yet.")]
    location: str
    inventory_item_id: str
    sku: str
    title: str
    state: CellState
    state_says: Annotated[str, says("The state as a sentence.")]
    note: Annotated[str, says("Why it is not written, when it is not.")]
    counted: Annotated[int | None, says("What the sources report for their counted zones.")]
    on_its_way_out: Annotated[int | None, says("Units that a warehouse was asked to ship and that its count still contains.")]
    held_back: Annotated[int | None, says("Units of waiting orders, sold unseen by the warehouse, and buffers.")]
    held_back_for: Annotated[dict[str, int], says("held_back by reason: unplaced, spent, keep.")]
    too_few: Annotated[int | None, says("Units promised beyond what is there: less than zero is never offered.")]
    offered: Annotated[int | None, says("What the shop should offer. null: not worked out yet.")]
    shop_shows: Annotated[int | None, says("What the shop offered when it was last read.")]
    committed: Annotated[int | None, says("What the shop holds for its open orders.")]
    read_at: Moment | None
    written: Annotated[int | None, says("What we wrote last.")]
    written_at: Moment | None
    live: Annotated[bool, says("Whether the number is written, or only compared.")]


class CountedSource(Told, frozen=True):
    """A warehouse behind the number."""

    connection: str
    warehouse: str
    item_code: Annotated[str | None, says("null: the item has no code there.")]
    counted_zones: list[str]
    zones: Annotated[dict[str, int | float] | None, says("Units by zone as last reported, those that do not count included.")]
    basis: Annotated[str | None, says("physical, less_reserved or less_accepted: what the figure has already taken off.")]
    occurred_at: Annotated[Moment | None, says("The moment of the figure, by the warehouse's clock.")]
    received_at: Annotated[Moment | None, says("When we heard of it.")]
    keep_units: int
    keep_percent: float
    live: bool


class Claim(Told, frozen=True):
    """Units of one order that a warehouse behind the number was asked to ship."""

    reference: str
    shop: str
    order_id: str
    order_name: str | None
    warehouse: str
    state: str
    units: Annotated[int, says("Units that count here: not cancelled, and not yet contained in the warehouse's figure.")]
    shipped: int


class LevelExplained(Told, frozen=True):
    """A number and everything it was worked out from. With `at`, the steps and findings are those of that moment, and `then` has the rest
    of it: what is known of sources and claims is of now, and is left out."""

    level: Annotated[Level, says("As it is now.")]
    then: Annotated[PastNumber | None, says("The number that stood at that moment; null: the present one is explained.")]
    steps: list[SumLine]
    findings: Annotated[list[str], says("What was noticed on the way, in sentences.")]
    sources: list[CountedSource]
    claims: list[Claim]
    history: Annotated[list[Happened], says("What was written, the newest first.")]


def levels(call: Call[Levels, Nothing]) -> Page[Level]:
    """List stock levels. Items by location, by SKU: what is counted, what goes off it, what is offered, what the shop shows."""
    query = call.query
    sku, item, location = place(query, "stock", ("", "", ""))
    rows = _cells(
        call,
        location=query.location_id,
        item=query.inventory_item_id,
        shop=query.shop,
        show=query.show.value if query.show else "",
        search=query.search,
        like=f"%{escaped(query.search)}%",
        after_sku=sku,
        after_item=item,
        after_location=location,
        limit=query.limit + 1,
    )
    return page(query, "stock", rows, _level, lambda row: (row.sku, row.inventory_item_id, row.location_id))


def why(call: Call[Explained, Nothing]) -> LevelExplained:
    """Explain one stock level. The number step by step, the figures and orders it came from, and what was written; now, or `at` a moment."""
    asked = call.query
    level = known_level(call)
    subject = f"stock/{asked.location_id}/{asked.inventory_item_id}"
    if asked.at:
        then = past.at_moment(call, asked.at)
        return LevelExplained(
            level=level,
            then=then,
            steps=then.steps,
            findings=then.findings,
            sources=[],
            claims=[],
            history=timeline(call, subject, limit=50),
        )
    key = {"shop": asked.shop, "location_id": asked.location_id, "inventory_item_id": asked.inventory_item_id}
    stored = _QUERIES.value(call.conn, "derivation", account=call.account, **key)
    steps, _, findings = derivation(stored)
    sources = _QUERIES.rows(call.conn, "sources_of_cell", account=call.account, **key)
    claims = _QUERIES.rows(call.conn, "claims_of_cell", account=call.account, **key)
    return LevelExplained(
        level=level,
        then=None,
        steps=[past.sum_line(step) for step in steps],
        findings=findings,
        sources=[_source(row) for row in sources],
        claims=[_claim(row) for row in claims],
        history=timeline(call, subject, limit=50),
    )


def known_level(call: Call[Any, Nothing]) -> Level:
    """The level that is asked about. Raises Refusal."""
    asked = call.query
    chosen = {"shop": asked.shop, "location": asked.location_id, "item": asked.inventory_item_id}
    beginning = {"after_sku": "", "after_item": "", "after_location": ""}
    rows = _cells(call, **chosen, **beginning, show="", search="", like="", limit=1)
    if not rows:
        raise Refusal(404, "no_such_level", "Nothing is known of this item at this location.")
    return _level(rows[0])


def _cells(call: Call[Any, Any], **chosen: Any) -> Sequence[Row[Any]]:
    return _QUERIES.rows(call.conn, "cells", account=call.account, **chosen)


def _level(row: Row[Any]) -> Level:
    state = CellState(pages.state_of(row))
    return Level(
        shop=row.shop,
        location_id=row.location_id or None,
        location=row.location or "",
        inventory_item_id=row.inventory_item_id,
        sku=row.sku,
        title=row.title,
        state=state,
        state_says=words.badge(words.CELL, state).sentence,
        note=row.note,
        counted=row.counted,
        on_its_way_out=row.asked,
        held_back=row.held,
        held_back_for=dict(row.held_back or {}),
        too_few=row.short,
        offered=row.desired,
        shop_shows=row.available,
        committed=row.committed,
        read_at=row.read_at,
        written=row.written,
        written_at=row.written_at,
        live=bool(row.live),
    )


def _source(row: Row[Any]) -> CountedSource:
    return CountedSource(
        connection=row.connection,
        warehouse=row.warehouse,
        item_code=row.item_code,
        counted_zones=list(row.counted),
        zones=row.zones,
        basis=row.basis,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        keep_units=row.keep_units,
        keep_percent=row.keep_percent_bp / 100,
        live=row.live,
    )


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        reference=row.reference,
        shop=row.shop,
        order_id=row.order_id,
        order_name=row.name,
        warehouse=row.warehouse,
        state=row.state,
        units=row.units - row.cancelled - row.contained,
        shipped=row.shipped,
    )


ROUTES = (
    Route(method="GET", path="/stock", scope="read", handler=levels, query=Levels, answer=Page[Level]),
    Route(method="GET", path="/stock/why", scope="read", handler=why, query=Explained, answer=LevelExplained, refuses=(404,)),
)
