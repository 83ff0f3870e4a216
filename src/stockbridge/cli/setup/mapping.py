"""`stockbridge map`: which item code stands for which item, and which zones of which warehouse feed a location."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, Row

from stockbridge.cli.places import called, did_you_mean
from stockbridge.cli.session import ask, looking, me, waking, worker_hint
from stockbridge.cli.setup.sheet import Entry, Known, read_sheet
from stockbridge.cli.talk import (
    Misused,
    Problem,
    account_option,
    counting,
    data_command,
    many_of,
    put,
    put_json,
    say,
    sure,
    table,
)
from stockbridge.db import connections as configured
from stockbridge.db import reports
from stockbridge.db.mapping import newest_of
from stockbridge.domain.events import ItemMapped, SourceMapped
from stockbridge.domain.zones import zones_of
from stockbridge.wiring import Base

_PREVIEW = 20
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


@click.group("map")
def mapping() -> None:
    """Say which item code stands for which item, and which zones feed a location."""


@mapping.command()
@click.option("--search", default="", help="SKU, title or barcode.")
@click.option("--unmapped", is_flag=True, help="Only items without a code.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many at most.")
@data_command
def items(search: str, unmapped: bool, limit: int, account: str | None, as_json: bool) -> None:
    """Items with their codes at each warehouse, the ones without any first."""
    with looking(account) as (_, conn, name):
        rows = reports.items(conn, account=name, search=search, limit=limit)
    listed: list[dict[str, Any]] = [dict(row._mapping) for row in rows if not (unmapped and row.mapped)]
    if as_json:
        put_json(listed)
        return
    for row in listed:
        row["codes"] = ", ".join(f"{code['warehouse']}: {code['item_code']}" for code in row["codes"])
    columns = {
        "sku": "SKU",
        "title": "Title",
        "barcode": "Barcode",
        "codes": "Codes",
        "inventory_item_id": "Item",
        "shop": "Shop",
    }
    table(listed, columns, empty="No item fits. Has the shop been read? It is, as soon as a worker runs.")


@mapping.command()
@click.argument("item")
@click.argument("item_code")
@click.option("--warehouse", "warehouses", multiple=True, help="Which warehouse (connection/warehouse). Default: the only one.")
@click.option("--shop", default="", help="Its shop, when two shops use the SKU.")
@click.option("--remove", is_flag=True, help="End the mapping instead.")
@account_option
def item(item: str, item_code: str, warehouses: tuple[str, ...], shop: str, remove: bool, account: str | None) -> None:
    """Map one item: ITEM is its SKU or inventory item id, ITEM_CODE what the warehouse calls it."""
    column = "inventory_item_id" if item.startswith("gid://") else "sku"
    lines = [f"{column},shop,warehouse,item_code"] + [_line(item, shop, each, item_code) for each in warehouses or ("",)]
    with looking(account) as (base, conn, name), waking(base) as client:
        reading = read_sheet("\n".join(lines), _known(base, conn, name))
        if reading.errors:
            raise Problem("\n".join(dict.fromkeys(text for _, text in reading.errors)), todo="Nothing was changed.")
        for entry in reading.entries:
            ask(base, conn, client, name, _event(entry, active=not remove))
        hint = worker_hint(conn)
    say(f"{'Ended' if remove else 'Mapped'}: {item} as {item_code}. {hint}".strip())


def _line(*cells: str) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


@mapping.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--skip-errors", is_flag=True, help="Apply the right rows although others are wrong.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_command
def import_items(file: Path, dry_run: bool, skip_errors: bool, yes: bool, account: str | None, as_json: bool) -> None:
    """Map many items from a CSV file: columns sku (or inventory_item_id), item_code, and if needed warehouse and shop.

    First it shows what would change and every row that is wrong, with its line; then it asks.
    """
    text = _text_of(file)
    with looking(account) as (base, conn, name), waking(base) as client:
        reading = read_sheet(text, _known(base, conn, name))
        changes = [entry for entry in reading.entries if entry.change != "same"]
        _preview(reading.entries, reading.errors, as_json=as_json)
        if reading.errors and not skip_errors:
            raise Problem(
                f"{many_of(len(reading.errors), 'row is', 'rows are')} wrong; nothing was changed.",
                todo="Mend what is wrong, or add --skip-errors.",
            )
        if dry_run or not changes:
            say("Nothing was changed." if dry_run else "Everything is mapped like this already.")
            return
        sure(f"Map {many_of(len(changes), 'item')}?", yes=yes)
        with counting("Mapping", len(changes)) as done:
            for entry in changes:
                ask(base, conn, client, name, _event(entry, active=True))
                done()
        hint = worker_hint(conn)
    say(f"Asked to map {many_of(len(changes), 'item')}. {hint}".strip())


def _text_of(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise Misused(f"There is no file {file}.", todo="Give the path of the file with the codes, or - for a pipe.") from error
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Misused(f"{file} is not a text.", todo="It must be a CSV file in UTF-8.") from error


def _preview(entries: Sequence[Entry], errors: Sequence[tuple[int, str]], *, as_json: bool) -> None:
    rows = [
        {
            "line": entry.line,
            "change": entry.change,
            "sku": entry.sku,
            "warehouse": f"{entry.connection}/{entry.warehouse}",
            "before": entry.before,
            "item_code": entry.item_code,
        }
        for entry in entries
    ]
    if as_json:
        put_json({"entries": rows, "errors": [{"line": line, "problem": text} for line, text in errors]})
        return
    changed = [row for row in rows if row["change"] != "same"]
    columns = {
        "line": "Line#",
        "change": "Change",
        "sku": "SKU",
        "warehouse": "Warehouse",
        "before": "Before",
        "item_code": "Code",
    }
    if changed:
        table(changed[:_PREVIEW], columns)
    if len(changed) > _PREVIEW:
        click.echo(f"… and {len(changed) - _PREVIEW} more")
    for line, text in errors:
        click.echo(f"Line {line}: {text}")
    count = {word: sum(row["change"] == word for row in rows) for word in ("new", "changed", "same")}
    click.echo(f"{count['new']} new, {count['changed']} changed, {count['same']} as they are, {len(errors)} wrong.")


@mapping.command()
@data_command
def sources(account: str | None, as_json: bool) -> None:
    """Locations, and the warehouses and zones that feed each."""
    with looking(account) as (_, conn, name):
        feeding = reports.sources(conn, account=name)
        places = reports.locations(conn, account=name)
        counted = reports.zones(conn, account=name)
    rows = [_source_row(place, feeding) for place in places]
    if as_json:
        put_json({"locations": rows, "warehouses": counted})
        return
    for row in rows:
        row["sources"] = "; ".join(
            f"{each['connection']}/{each['warehouse']}: {', '.join(each['zones'])}{'' if each['live'] else ' (watched)'}"
            for each in row["sources"]
        )
    table(
        rows,
        {"name": "Location", "location_id": "Id", "active": "Active", "sources": "Fed by"},
        empty="No location is known yet.",
    )
    zones = {"connection": "Connection", "warehouse": "Warehouse", "zones": "Zones that were counted"}
    put(counted, zones, json_wanted=False, empty="No warehouse has reported a count yet.")


def _source_row(place: Row[Any], feeding: Sequence[Row[Any]]) -> dict[str, Any]:
    here = [dict(each._mapping) for each in feeding if (each.shop, each.location_id) == (place.shop, place.location_id)]
    return {"shop": place.shop, "location_id": place.location_id, "name": place.name, "active": place.active, "sources": here}


@mapping.command()
@click.argument("location")
@click.option("--warehouse", required=True, help="Which warehouse: its name, or connection/warehouse.")
@click.option("--zone", "zones", multiple=True, help="A zone that counts; repeat it. Zones that are not named are not offered.")
@click.option("--shop", default="", help="The shop, when two shops have a location of this name.")
@click.option("--exclude", "excluded", multiple=True, help="A zone that is left out although one above it counts; repeat it.")
@click.option("--priority", type=int, default=100, show_default=True, help="Smaller ships first.")
@click.option("--keep", type=click.IntRange(0), default=0, show_default=True, help="Units of each item that are never offered.")
@click.option(
    "--keep-percent", type=click.IntRange(0, 100), default=0, show_default=True, help="The same as a share of what is there."
)
@click.option("--share", type=click.FloatRange(0, 100), help="Percent of zones that feed other locations too.")
@click.option(
    "--serves", multiple=True, help="A country that its goods may go to, such as DE, or EU; repeat it. 'any': everywhere."
)
@click.option("--from", "since", type=click.DateTime(_MOMENTS), help="Prepared now, counted from this moment (UTC).")
@click.option(
    "--live/--watched", default=None, help="Write the numbers to the shop, or only compare. Default: as it is; first: compare."
)
@click.option("--remove", is_flag=True, help="This warehouse no longer feeds the location.")
@account_option
def source(location: str, warehouse: str, shop: str, remove: bool, account: str | None, **said: Any) -> None:
    """Say which zones of a warehouse feed LOCATION (its name or id). What is not said of share, countries and moment stays."""
    zones: tuple[str, ...] = said["zones"]
    with looking(account) as (base, conn, name), waking(base) as client:
        place = _location(reports.locations(conn, account=name), location, shop)
        connection, code = _warehouse(_known(base, conn, name), warehouse)
        _check_zones(reports.zones(conn, account=name), (connection, code), zones, remove=remove)
        event = SourceMapped(
            shop=place.shop,
            location_id=place.location_id,
            connection=connection,
            warehouse=code,
            zones=zones,
            active=not remove,
            by=me(),
            **_rules(said),
        )
        ask(base, conn, client, name, event)
        live = newest_of(conn, account=name, shop=place.shop).location(place.location_id).live
        hint = worker_hint(conn)
    feeds = "no longer feeds" if remove else "feeds" if (live if event.live is None else event.live) else "is compared with"
    say(f"{code} ({', '.join(zones) or 'no zone'}) {feeds} {place.name}. {hint}".strip())


def _rules(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say of a source, as its event has it; None: it stays as it is."""
    share, since, serves = said["share"], said["since"], tuple(said["serves"])
    return {
        "priority": said["priority"],
        "keep_units": said["keep"],
        "keep_percent_bp": said["keep_percent"] * 100,
        "live": said["live"],
        "exclude": said["excluded"] or None,
        "share_bp": None if share is None else round(share * 100),
        "serves": None if not serves else () if serves == ("any",) else serves,
        "active_from": None if since is None else since.replace(tzinfo=UTC),
    }


def _location(known: Sequence[Row[Any]], wanted: str, shop: str) -> Row[Any]:
    places = [row for row in known if shop in ("", row.shop)]
    found = called(places, wanted)
    if len(found) != 1:
        near = "" if found else did_you_mean(places, wanted)
        names = ", ".join(f"{row.name} ({row.shop})" for row in found or known) or "none has been read yet"
        raise Problem(
            f"{'Several locations are' if found else 'No location is'} called '{wanted}'.{near}", todo=f"There are: {names}."
        )
    return found[0]


def _warehouse(known: Known, wanted: str) -> tuple[str, str]:
    found = [place for place in known.places if wanted in (place[1], "/".join(place))]
    if len(found) != 1:
        listed = ", ".join("/".join(place) for place in known.places) or "none yet: connect a warehouse system first"
        raise Problem(
            f"{'Several warehouses are' if found else 'No warehouse is'} called '{wanted}'.", todo=f"There are: {listed}."
        )
    return found[0]


def _check_zones(counted: Sequence[Row[Any]], place: tuple[str, str], zones: Sequence[str], *, remove: bool) -> None:
    if not zones and not remove:
        raise Misused("Name at least one zone.", todo="Zones that are not named are not offered. See: stockbridge map sources")
    known = next((row.zones for row in counted if (row.connection, row.warehouse) == place), None)
    if known is None:
        return
    strange = [zone for zone in zones if not zones_of([zone]).meets(zone, known)]
    if strange:
        raise Problem(f"{place[1]} has never counted a zone {', '.join(strange)}.", todo=f"It counts: {', '.join(known)}.")


def _known(base: Base, conn: Connection, account: str) -> Known:
    """What there is to map: items, warehouses (those that counted, that feed, or that a connection's settings name), codes."""
    places = {(row.connection, row.warehouse) for row in reports.zones(conn, account=account)}
    places |= {(row.connection, row.warehouse) for row in reports.sources(conn, account=account)}
    for each in configured.load_all(conn, vault=base.vault):
        named = each.settings.get("warehouses")
        if each.account == account and isinstance(named, list | tuple):
            places |= {(each.connection, str(code)) for code in named}
    return Known(
        items=[(row.shop, row.inventory_item_id, row.sku) for row in reports.catalogue(conn, account=account)],
        places=sorted(places),
        codes={
            (row.shop, row.inventory_item_id, row.connection, row.warehouse): row.item_code
            for row in reports.codes(conn, account=account)
        },
    )


def _event(entry: Entry, *, active: bool) -> ItemMapped:
    return ItemMapped(
        shop=entry.shop,
        inventory_item_id=entry.inventory_item_id,
        connection=entry.connection,
        warehouse=entry.warehouse,
        item_code=entry.item_code,
        active=active,
        by=me(),
    )
