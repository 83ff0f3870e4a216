"""`stockbridge stock`: what is counted, promised, offered and shown; and why a number is what it is."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import Row

from stockbridge.cli.look.why import explain, location_id, why
from stockbridge.cli.session import looking
from stockbridge.cli.talk import data_command, put
from stockbridge.db import reports
from stockbridge.domain.stock import HELD_BACK

SHOWS = ("all", "oversell", "suppressed", "drifting", "parked", "differs", "held", "foreign", "unmapped")


@click.group()
def stock() -> None:
    """Look at stock, and ask a number why it is what it is."""


stock.add_command(why)
stock.add_command(explain)


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
        where = location_id(reports.locations(conn, account=name), location) if location else ""
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


def _why(row: Row[Any]) -> str:
    """What a number does not say by itself."""
    if not row.location_id or (row.sources and not row.codes):
        return "no warehouse has an item code for it"
    found = row.held_back or {}
    whys = [f"{found[term]} {why}" for term, why in HELD_BACK.items() if found.get(term)]
    whys += [f"{row.short} too few"] if row.short else []
    return "; ".join([*whys, *([row.note] if row.note else [])])
