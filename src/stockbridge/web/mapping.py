"""Which warehouse feeds which location, and which item code stands for which item."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.events import SourceMapped
from stockbridge.flow.drafts import Draft, begin
from stockbridge.web.codes import ask_mapping, suggestions, warehouses_of
from stockbridge.web.finding import escaped
from stockbridge.web.mapping_draft import matrix, packed, places, studied
from stockbridge.web.mapping_edit import collected, form_page
from stockbridge.web.visit import Go, Page, Stop, Visit

PER_PAGE = 50
_QUERIES = Queries("pages")


def show(visit: Visit) -> Page:
    """Locations with what feeds them, then items, the ones without a code first."""
    account, query = visit.me.account, visit.query
    items = _items(visit)
    shops = sorted({row.shop for row in _QUERIES.rows(visit.conn, "locations", account=account)})
    values = {
        "shops": [_matrix(visit, begin(visit.conn, account=account, shop=shop)) for shop in shops],
        "items": items[:PER_PAGE],
        "more": _after(items[PER_PAGE - 1]) if len(items) > PER_PAGE else "",
        "unmapped": _QUERIES.value(visit.conn, "unmapped_items", account=account),
        "suggestions": suggestions(visit, [row for row in items if not row.mapped]),
        "warehouses": {shop: warehouses_of(visit, shop) for shop in sorted({row.shop for row in items})},
        "here": query,
        "said": query.get("said"),
    }
    return Page(template="mapping.html", values=values)


def show_draft(visit: Visit) -> Page:
    """The matrix with what is being changed, to change another place too."""
    draft, reading = collected(visit)
    if reading is not None and reading.findings:
        return form_page(visit, draft, reading.location.location_id, more=reading.findings)
    return Page(template="mapping_draft.html", values={"table": _matrix(visit, draft), "draft": packed(draft)})


def _matrix(visit: Visit, draft: Draft) -> dict[str, Any]:
    found = studied(visit, draft)
    columns = places(visit, found.before, found.after)
    idle = {
        finding.place: finding.text
        for finding in found.warnings
        if finding.place and not finding.field and not finding.location_id
    }
    return {
        "shop": draft.shop,
        "found": found,
        "columns": [(place, idle.get(place, "")) for place in columns],
        "lines": matrix(found, columns),
        "base": draft.base,
    }


def map_item(visit: Visit) -> Page | Go:
    """Says which item code the chosen warehouses use for an item."""
    return ask_mapping(visit) or Go(to="/mapping?said=mapped#items")


def map_source(visit: Visit) -> Go:
    """Says which zones of a warehouse feed a location, or (``active`` no) that they no longer do."""
    form, me = visit.form, visit.me
    connection, warehouse = form.places("at", 2)
    zones = tuple(zone for zone in form.all("zone") if zone)
    active = form.get("active") != "no"
    known = {(row.shop, row.location_id) for row in _QUERIES.rows(visit.conn, "locations", account=me.account)}
    if (form.get("shop"), form.get("location")) not in known or not connection or not warehouse:
        raise Stop(422, "Please choose a location and a warehouse. Nothing was changed.")
    if active and not zones:
        raise Stop(422, "Please choose at least one zone: zones that are not chosen are not counted. Nothing was changed.")
    event = SourceMapped(
        shop=form.get("shop"),
        location_id=form.get("location"),
        connection=connection,
        warehouse=warehouse,
        zones=zones,
        priority=form.number("priority", 100),
        keep_units=form.number("keep"),
        keep_percent_bp=min(10_000, 100 * form.number("keep_percent")),
        active=active,
        live=form.get("live") == "yes",
        by=me.name,
    )
    visit.parts.ask(visit.conn, account=me.account, events=[event], by=me.person_id)
    return Go(to="/mapping?said=source")


def _items(visit: Visit) -> list[Row[Any]]:
    mapped, sku, item = visit.query.places("after", 3)
    search = visit.query.get("q")[:200]
    return list(
        _QUERIES.rows(
            visit.conn,
            "items",
            account=visit.me.account,
            search=search,
            like=f"%{escaped(search)}%",
            after_mapped=mapped == "yes",
            after_sku=sku,
            after_item=item,
            limit=PER_PAGE + 1,
        )
    )


def _after(row: Row[Any]) -> str:
    return f"{'yes' if row.mapped else 'no'}\t{row.sku}\t{row.inventory_item_id}"
