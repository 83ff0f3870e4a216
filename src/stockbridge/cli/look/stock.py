"""`stockbridge stock`: what is counted, promised, offered and shown; and why a number is what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import Row

from stockbridge.cli.places import called, did_you_mean
from stockbridge.cli.session import looking
from stockbridge.cli.talk import Problem, data_command, put, put_json, table
from stockbridge.db import reports
from stockbridge.domain.stock import HELD_BACK

#: a moment as derivations keep it
_UTC = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\+00:00|Z)")
SHOWS = ("all", "differs", "held", "unmapped")


@click.group()
def stock() -> None:
    """Look at stock, and explain a number."""


@stock.command("list")
@click.option("--search", default="", help="SKU, title, barcode or item code.")
@click.option("--location", default="", help="Only this location (its id or name).")
@click.option(
    "--show", type=click.Choice(SHOWS), default="all", show_default=True, help="Only where the shop differs, and so on."
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many at most.")
@data_command
def list_stock(search: str, location: str, show: str, limit: int, account: str | None, as_json: bool) -> None:
    """Items by location."""
    with looking(account) as (_, conn, name):
        where = _location(reports.locations(conn, account=name), location) if location else ""
        wanted = "" if show == "all" else show
        rows = reports.cells(conn, account=name, search=search, location=where, show=wanted, limit=limit)
    columns = {
        "sku": "SKU",
        "title": "Title",
        "location": "Location",
        "counted": "Counted#",
        "asked": "− On its way#",
        "held": "− Held back#",
        "desired": "= Offered#",
        "available": "Shop shows#",
        "written_at": "Last write",
        "why": "Why",
    }
    told = [{**row._mapping, "why": _why(row)} for row in rows]
    put(told, columns, json_wanted=as_json, empty="Nothing fits. Is a location mapped? See: stockbridge map sources")


@stock.command()
@click.argument("item")
@click.option("--location", default="", help="Its id or name; needed when the item is at several.")
@data_command
def explain(item: str, location: str, account: str | None, as_json: bool) -> None:
    """Why is this number what it is? ITEM is a SKU, an item code or an inventory item's id."""
    with looking(account) as (_, conn, name):
        where = _location(reports.locations(conn, account=name), location) if location else ""
        by_id = reports.cells(conn, account=name, item=item, location=where)
        found = by_id or [row for row in reports.cells(conn, account=name, search=item, location=where) if _is(row, item)]
        cell = _only(found, item)
        key = {"shop": cell.shop, "location_id": cell.location_id, "inventory_item_id": cell.inventory_item_id}
        parts = reports.derivation(conn, account=name, **key)
    if as_json:
        put_json({**cell._mapping, **parts})
        return
    _explain(cell, parts)


def _why(row: Row[Any]) -> str:
    """What a number does not say by itself."""
    if not row.location_id or (row.sources and not row.codes):
        return "no warehouse has an item code for it"
    found = row.held_back or {}
    whys = [f"{found[term]} {why}" for term, why in HELD_BACK.items() if found.get(term)]
    whys += [f"{row.short} too few"] if row.short else []
    return "; ".join([*whys, *([row.note] if row.note else [])])


def _is(row: Row[Any], item: str) -> bool:
    return item.lower() in {row.sku.lower(), *(code.lower() for code in (row.codes or "").split(", "))}


def _only(found: list[Row[Any]] | Any, item: str) -> Row[Any]:
    if not found:
        raise Problem(f"Nothing is known of {item} at any mapped location.", todo="See what there is: stockbridge stock list")
    if len(found) > 1:
        places = ", ".join(sorted({f"{row.location} ({row.inventory_item_id})" for row in found}))
        raise Problem(f"{item} is in several places: {places}.", todo="Say which: --location, or the inventory item's id.")
    one: Row[Any] = found[0]
    return one


def _location(known: Any, wanted: str) -> str:
    ids = [row.location_id for row in called(known, wanted, part=True)]
    if len(ids) != 1:
        names = ", ".join(f"{row.name} ({row.location_id})" for row in known) or "none"
        near = "" if ids else did_you_mean(known, wanted)
        raise Problem(
            f"{'No' if not ids else 'More than one'} location is called '{wanted}'.{near}", todo=f"There are: {names}."
        )
    return str(ids[0])


def _explain(cell: Row[Any], parts: Mapping[str, Any]) -> None:
    if not cell.location_id:
        click.echo(
            f"{cell.title} ({cell.sku or cell.inventory_item_id}): no warehouse has an item code for it. See: stockbridge map items"
        )
        return
    click.echo(f"{cell.title} ({cell.sku or cell.inventory_item_id}) at {cell.location}")
    derivation = parts["derivation"]
    steps = derivation.get("steps", []) if isinstance(derivation, dict) else []
    if not steps:
        click.echo("It has not been worked out yet." + (f" {cell.note}" if cell.note else ""))
        return
    if steps[-1]["sign"] != "=":
        steps = [*steps, {"label": "may be sold", "units": derivation["result"], "sign": "=", "why": ""}]
    widest = max(len(str(step["units"])) for step in steps)
    for step in steps:
        if step["sign"] == "=":
            click.echo(f"  {'-' * (widest + 2)}")
        reason = _UTC.sub(r"\1 \2 UTC", step["why"])
        why = f"  ({reason})" if reason else ""
        click.echo(f"  {step['sign']} {step['units']:>{widest}}  {step['label']}{why}")
    for finding in derivation.get("findings", ()):
        click.echo(f"  ! {finding}")
    click.echo(_shown(cell))
    claims = [{**row, "open": row["units"] - row["cancelled"] - row["contained"]} for row in parts["claims"]]
    if claims:
        click.echo()
        columns = {
            "name": "Order",
            "reference": "Reference",
            "warehouse": "Warehouse",
            "open": "Units in flight#",
            "state": "State",
        }
        table(claims, columns, title="In flight")


def _shown(cell: Row[Any]) -> str:
    if cell.available is None:
        return "The shop's own number has not been read yet."
    if cell.note:
        return f"The shop shows {cell.available}. Ours is not written: {cell.note}."
    if cell.available == cell.desired:
        return f"The shop shows {cell.available}: they agree."
    return f"The shop shows {cell.available}; {cell.desired} is on its way."
