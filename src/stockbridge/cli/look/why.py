"""`stockbridge stock why`: why a number is what it is, now or at any moment that is still remembered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection, Row

from stockbridge.cli.places import called, did_you_mean
from stockbridge.cli.session import looking
from stockbridge.cli.talk import Misused, Problem, data_command, put_json, table
from stockbridge.db import history, reports, spent
from stockbridge.domain.history import Told, moment_meant, outcome, zones_of
from stockbridge.wiring import Base

#: a moment as derivations keep it
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)")
#: how many of the last numbers are told with the present one
_LAST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about: the level, its shop's zone, and the moment; none: now."""

    cell: Row[Any]
    zone: ZoneInfo
    until: datetime
    past: bool

    @property
    def place(self) -> tuple[str, str]:
        return self.cell.location_id, self.cell.inventory_item_id

    def clock(self, at: datetime) -> str:
        """A moment in the shop's zone."""
        there = at.astimezone(self.zone)
        return f"{there.day} {there:%b %Y %H:%M:%S %Z}"


@click.command()
@click.argument("item")
@click.option("--location", default="", help="Its id or name; needed when the item is at several.")
@click.option(
    "--at", "moment", metavar="TIME", help="Then, not now: 2026-11-17T14:00 in the shop's time zone; a date alone is its end."
)
@data_command
def why(item: str, location: str, moment: str | None, account: str | None, as_json: bool) -> None:
    """Why is this number what it is, or was then? ITEM is a SKU, an item code or an inventory item's id."""
    with looking(account) as (base, conn, name):
        asked = _asked(base, conn, name, item, location, moment)
        told = _told(conn, name, asked) if asked.cell.location_id else []
        if asked.past:
            _then(conn, name, asked, told, as_json)
            return
        cell = asked.cell
        key = {"shop": cell.shop, "location_id": cell.location_id, "inventory_item_id": cell.inventory_item_id}
        parts = reports.derivation(conn, account=name, **key)
        since = asked.until - spent.COUNTED_FOR
        others = spent.foreign_of_cell(conn, account=name, shop=cell.shop, cell=asked.place, since=since)
    if as_json:
        changes = [{"at": one.at, "units": one.units, "warehouse_told": one.told} for one in others]
        put_json({**cell._mapping, **parts, "changed_by_others": changes, "history": [as_data(one) for one in told]})
        return
    _now(asked, parts, told)
    _others(asked, others)


@click.command(hidden=True)
@click.argument("item")
@click.option("--location", default="", help="Its id or name; needed when the item is at several.")
@data_command
@click.pass_context
def explain(ctx: click.Context, item: str, location: str, account: str | None, as_json: bool) -> None:
    """The older name of 'why'."""
    ctx.invoke(why, item=item, location=location, moment=None, account=account, as_json=as_json)


def _asked(base: Base, conn: Connection, account: str, item: str, location: str, moment: str | None) -> Asked:
    where = location_id(reports.locations(conn, account=account), location) if location else ""
    by_id = reports.cells(conn, account=account, item=item, location=where)
    found = by_id or [row for row in reports.cells(conn, account=account, search=item, location=where) if _is(row, item)]
    cell = _only(found, item)
    shops = [row for row in reports.connections(conn, account=account) if row.connection == cell.shop]
    zone, now = shops[0].time_zone if shops else "UTC", base.clock.now()
    try:
        until = moment_meant(moment, zone=zone, now=now) if moment else now
    except (ValueError, OverflowError) as error:
        raise Misused(f"{moment!r} is not a time.", todo="Write it like 2026-11-17T14:00, or 2026-11-17.") from error
    return Asked(cell=cell, zone=ZoneInfo(zone), until=until, past=moment is not None)


def _told(conn: Connection, account: str, asked: Asked) -> list[Told]:
    most = 1 if asked.past else _LAST
    return history.told(conn, account=account, shop=asked.cell.shop, cell=asked.place, until=asked.until, limit=most)


def as_data(told: Told) -> dict[str, Any]:
    """An entry for programs."""
    entry = asdict(told.entry)
    more = {"causes": told.causes, "decisions": told.decisions, "elsewhere": told.elsewhere, "expected": told.expected}
    return {**entry, **more, "outcome": outcome(told.entry)}


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


def location_id(known: Any, wanted: str) -> str:
    """The id of the location that is meant. Raises Problem when none is, or several are."""
    ids = [row.location_id for row in called(known, wanted, part=True)]
    if len(ids) != 1:
        names = ", ".join(f"{row.name} ({row.location_id})" for row in known) or "none"
        near = "" if ids else did_you_mean(known, wanted)
        raise Problem(
            f"{'No' if not ids else 'More than one'} location is called '{wanted}'.{near}", todo=f"There are: {names}."
        )
    return str(ids[0])


def _then(conn: Connection, account: str, asked: Asked, told: Sequence[Told], as_json: bool) -> None:
    cell = asked.cell
    if not told:
        raise Problem(
            f"No number of {cell.sku or cell.inventory_item_id} is remembered from {asked.clock(asked.until)} or before.",
            todo="Numbers are kept as long as the setting history_days says, and from the day on which it was set up.",
        )
    one = told[0]
    after = history.next_after(conn, account=account, shop=cell.shop, cell=asked.place, entry=one.entry)
    if as_json:
        head = {
            "sku": cell.sku,
            "location": cell.location,
            "asked_for": asked.until,
            "stood_until": after.at if after else None,
        }
        put_json({**head, **as_data(one)})
        return
    click.echo(f"{_head(cell)}, as of {asked.clock(asked.until)}")
    _sum(one.entry.derivation, asked)
    click.echo(f"{asked.clock(one.entry.at)}: {outcome(one.entry)}")
    stood = f"It stood until {asked.clock(after.at)}." if after else "It still stands."
    click.echo(stood)
    _sources(one.entry.sources)
    if one.entry.committed or one.entry.reserved:
        click.echo(f"The shop itself held {one.entry.committed} for orders and {one.entry.reserved} reserved.")
    _what_led(one)
    if one.entry.orders:
        click.echo()
        columns = {"name": "Order", "units": "Units in flight#", "warehouse": "Warehouse", "state": "State"}
        table([asdict(order) for order in one.entry.orders], columns, title="In flight then")


def _now(asked: Asked, parts: Mapping[str, Any], told: Sequence[Told]) -> None:
    cell = asked.cell
    if not cell.location_id:
        click.echo(f"{_title(cell)}: no warehouse has an item code for it. See: stockbridge map items")
        return
    click.echo(_head(cell))
    if not _sum(parts["derivation"], asked):
        click.echo("It has not been worked out yet." + (f" {cell.note}" if cell.note else ""))
        return
    click.echo(_shown(cell))
    _sources([_zones(row) for row in parts["sources"]])
    claims = [{**row, "open": row["units"] - row["cancelled"] - row["contained"]} for row in parts["claims"]]
    columns = {
        "name": "Order",
        "reference": "Reference",
        "warehouse": "Warehouse",
        "open": "Units in flight#",
        "state": "State",
    }
    if any(claim["open"] for claim in claims):
        click.echo()
        table([claim for claim in claims if claim["open"]], columns, title="In flight")
    if told:
        click.echo("\nThe last numbers, the newest first (ask for any with --at)")
        for one in told:
            click.echo(f"  {asked.clock(one.entry.at)}: {outcome(one.entry)}")
            _what_led(one, indent="      ")


def _others(asked: Asked, others: Sequence[Row[Any]]) -> None:
    if not others:
        return
    often = "once" if others[0].many == 1 else f"{others[0].many} times"
    click.echo(f"\nChanged in the shop by others {often} in the last 30 days, by {_signed(others[0].in_all)} in all")
    for one in others:
        told = "the warehouse was told" if one.told else "no warehouse was told"
        click.echo(f"  {asked.clock(one.at)}: {_signed(one.units)} ({told})")
    click.echo("  Shopify does not tell us who did. The item's inventory history in the Shopify admin names the app or person.")


def _signed(units: int) -> str:
    return f"{units:+d}".replace("-", "−")


def _head(cell: Row[Any]) -> str:
    return f"{_title(cell)} at {cell.location}"


def _title(cell: Row[Any]) -> str:
    return f"{cell.title} ({cell.sku or cell.inventory_item_id})"


def _sum(derivation: object, asked: Asked) -> bool:
    """The number as a sum; False when there is none."""
    steps = derivation.get("steps", []) if isinstance(derivation, dict) else []
    if not isinstance(derivation, dict) or not steps:
        return False
    if steps[-1]["sign"] != "=":
        steps = [*steps, {"label": "may be sold", "units": derivation["result"], "sign": "=", "why": ""}]
    widest = max(len(str(step["units"])) for step in steps)
    for step in steps:
        if step["sign"] == "=":
            click.echo(f"  {'-' * (widest + 2)}")
        reason = _MOMENT.sub(lambda found: asked.clock(datetime.fromisoformat(found[0])), step["why"])
        click.echo(f"  {step['sign']} {step['units']:>{widest}}  {step['label']}{f'  ({reason})' if reason else ''}")
    for finding in derivation.get("findings", ()):
        click.echo(f"  ! {finding}")
    return True


def _zones(row: Mapping[str, Any]) -> dict[str, Any]:
    """The zones of a source as the history keeps them."""
    zones = row["zones"] or {}
    counted = [[zone, zones.get(zone, 0)] for zone in row["counted"]] if row["zones"] is not None else []
    left_out = [[zone, units] for zone, units in sorted(zones.items()) if zone not in row["counted"]]
    return {"warehouse": row["warehouse"], "counted": counted, "left_out": left_out}


def _sources(sources: Sequence[Mapping[str, object]]) -> None:
    for source in sources:
        counted = ", ".join(f"{zone} {units}" for zone, units in zones_of(source, "counted")) or "none"
        left_out = ", ".join(f"{zone} {units}" for zone, units in zones_of(source, "left_out"))
        click.echo(f"Zones of {source['warehouse']}: counted {counted}{f'; left out {left_out}' if left_out else ''}.")


def _what_led(one: Told, indent: str = "") -> None:
    if one.causes:
        click.echo(f"{indent}What had changed: {'; '.join(one.causes)}.")
    for decision in one.decisions:
        click.echo(f"{indent}Decided: {decision}")
    if one.elsewhere:
        click.echo(
            f"{indent}! Somebody else changed it by {_signed(one.elsewhere)} (a person, another app, a till): "
            f"{one.expected} was left there, {one.entry.shown} was found, and orders do not explain it."
        )


def _shown(cell: Row[Any]) -> str:
    if cell.available is None:
        return "The shop's own number has not been read yet."
    if cell.note:
        return f"The shop shows {cell.available}. Ours is not written: {cell.note}."
    if cell.available == cell.desired:
        return f"The shop shows {cell.available}: they agree."
    if cell.busy:
        return f"The shop shows {cell.available}; {cell.desired} is on its way."
    return (
        f"The shop shows {cell.available} and {cell.desired} may be sold. It is left: it is near enough, or waits for approval."
    )
