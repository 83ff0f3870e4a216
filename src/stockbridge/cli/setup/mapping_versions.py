"""`stockbridge map show`, `versions`, `restore`, `check`, `dry-run`, `apply`: the mapping of a shop as one document, in versions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click
import msgspec
from sqlalchemy import Connection

from stockbridge import shapes
from stockbridge.cli.session import ask, looking, me, waking, worker_hint
from stockbridge.cli.setup.mapping import mapping
from stockbridge.cli.talk import Misused, Problem, account_option, data_command, many_of, put_json, say, sure, table
from stockbridge.db import mapping as mappings
from stockbridge.db import reports
from stockbridge.domain.mapping import ShopMapping
from stockbridge.domain.mapping_words import said
from stockbridge.domain.spreadsheet import csv
from stockbridge.flow.drafts import HEADING, Study, begin, proposed, row_of, study, whole
from stockbridge.flow.plan import Change, plan, reader_of
from stockbridge.wiring import Base

_SHOWN = 50
_COLUMNS = {"sku": "SKU", "location": "Location", "now": "Now#", "then": "Then#", "why": "Why"}
_shop = click.option("--shop", default="", help="Which shop. Default: the only one.")
_file = click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))


@mapping.command("show")
@click.option("--version", "number", type=click.IntRange(0, 2**31 - 1), help="Default: as it stands.")
@_shop
@data_command
def show(number: int | None, shop: str, account: str | None, as_json: bool) -> None:
    """The mapping of a shop, in sentences; with --json as the document that dry-run and apply take."""
    with looking(account) as (_, conn, name):
        place = _shop_of(conn, name, shop)
        found = _version(conn, name, place, number)
        known = study(conn, account=name, draft=begin(conn, account=name, shop=place)).known
    if as_json:
        put_json(msgspec.to_builtins(found))
        return
    click.echo(f"Version {found.version} of the mapping of {place}")
    for location, sentences in said(found, known.name):
        click.echo(f"\n{location}")
        for sentence in sentences:
            click.echo(f"  {sentence}")


@mapping.command("versions")
@_shop
@data_command
def versions(shop: str, account: str | None, as_json: bool) -> None:
    """The versions of a shop's mapping, the newest first."""
    with looking(account) as (_, conn, name):
        place = _shop_of(conn, name, shop)
        rows = [dict(row._mapping) for row in mappings.versions(conn, account=name, shop=place, most=1_000)]
    if as_json:
        put_json(rows)
        return
    table(rows, {"version": "Version#", "at": "When", "by": "Who", "note": "What"}, empty="Nobody has mapped anything yet.")


@mapping.command("check")
@_file
@_shop
@data_command
def check(file: Path | None, shop: str, account: str | None, as_json: bool) -> None:
    """Say what is wrong with the mapping, or with the one in FILE, and what is odd about it. Exit code 1 when something is wrong."""
    with looking(account) as (_, conn, name):
        found = _study(conn, name, shop, file, None)
    problems, warnings = [each.text for each in found.problems], [each.text for each in found.warnings]
    if as_json:
        put_json({"problems": problems, "warnings": warnings})
    for text in [] if as_json else warnings:
        click.echo(f"To be looked at: {text}")
    if problems:
        raise Problem("\n".join(problems), todo="A mapping like this is not taken.")
    if not as_json:
        say("Nothing is wrong with it.")


@mapping.command("dry-run")
@_file
@click.option("--restore", type=click.IntRange(0, 2**31 - 1), metavar="VERSION", help="As if this version stood again.")
@click.option("--all", "every", is_flag=True, help="Also the levels that would stay as they are.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, of all levels that are meant.")
@_shop
@data_command
def dry_run(
    file: Path | None, restore: int | None, every: bool, as_csv: bool, shop: str, account: str | None, as_json: bool
) -> None:
    """Show what the mapping in FILE (see: map show --json) would change, level by level. Nothing is written."""
    if (file is None) == (restore is None):
        raise Misused("Say which mapping: a FILE, or --restore with the number of a version.")
    with looking(account) as (base, conn, name):
        found = _study(conn, name, shop, file, restore)
        changes = (each for each in _planned(base, conn, name, found) if every or each.counts)
        if as_csv:
            for line in csv(HEADING, map(row_of, changes)):
                click.echo(line, nl=False)
        elif as_json:
            put_json(
                {"differences": found.differences, "problems": [p.text for p in found.problems], "changes": _rows(changes)}
            )
        else:
            _tell(found, changes)
    _must_stand(found)


@mapping.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--note", default="", help="Why, for the list of versions.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_shop
@account_option
def apply(file: Path, note: str, yes: bool, shop: str, account: str | None) -> None:
    """Make the mapping in FILE the one that stands, after showing what it would change."""
    _change(shop, account, file=file, restore=None, note=note, yes=yes)


@mapping.command("restore")
@click.argument("version", type=click.IntRange(0, 2**31 - 1))
@click.option("--note", default="", help="Why, for the list of versions.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_shop
@account_option
def restore(version: int, note: str, yes: bool, shop: str, account: str | None) -> None:
    """Make an old VERSION stand again, as a new one, after showing what it would change."""
    _change(shop, account, file=None, restore=version, note=note or f"version {version} again", yes=yes)


def _change(shop: str, account: str | None, *, file: Path | None, restore: int | None, note: str, yes: bool) -> None:
    with looking(account) as (base, conn, name), waking(base) as client:
        found = _study(conn, name, shop, file, restore)
        if not found.differences:
            say("The mapping says this already. Nothing was changed.")
            return
        _tell(found, (each for each in _planned(base, conn, name, found) if each.counts))
        _must_stand(found)
        sure(f"Save this as version {found.before.version + 1}?", yes=yes)
        ask(base, conn, client, name, found.event(by=me(), note=note, seen=True))
        hint = worker_hint(conn)
    say(f"Asked for version {found.before.version + 1}. {hint}".strip())


def _tell(found: Study, changes: Iterator[Change]) -> None:
    for sentence in found.differences:
        click.echo(sentence)
    for finding in found.warnings:
        click.echo(f"To be looked at: {finding.text}")
    shown = list(islice(changes, _SHOWN))
    rest = sum(1 for _ in changes)
    table(_rows(iter(shown)), _COLUMNS, empty="No number would be written.")
    if rest:
        click.echo(f"… and {rest} more: see them all with --csv")
    click.echo(f"{many_of(len(shown) + rest, 'number')} would be written. Nothing is written yet.")


def _rows(changes: Iterator[Change]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(each) for each in changes]


def _must_stand(found: Study) -> None:
    if found.problems:
        raise Problem("\n".join(each.text for each in found.problems), todo="A mapping like this is not taken.")
    if not found.current:
        raise Problem(
            f"The document was made from version {found.draft.base}, and the mapping is at version {found.before.version} by now.",
            todo="Look at 'stockbridge map show', put your change into that, and try again.",
        )


def _study(conn: Connection, account: str, shop: str, file: Path | None, restore: int | None) -> Study:
    """The mapping that is meant, beside the one that stands."""
    if file is not None:
        document = _document(file)
        place = _shop_of(conn, account, shop or document.shop)
        if document.shop != place:
            raise Misused(f"The document is of the shop {document.shop}, not of {place}.")
        return proposed(conn, account=account, mapping=document)
    if restore is not None:
        place = _shop_of(conn, account, shop)
        base = begin(conn, account=account, shop=place).base
        draft = whole(conn, account=account, mapping=_version(conn, account, place, restore), base=base)
    else:
        draft = begin(conn, account=account, shop=_shop_of(conn, account, shop))
    return study(conn, account=account, draft=draft)


def _planned(base: Base, conn: Connection, account: str, found: Study) -> Iterator[Change]:
    door = base.doors.door(account, found.draft.shop)
    reader = reader_of(door.levels if door else None, most=_READS)
    return plan(conn, account=account, shop=found.draft.shop, now=base.clock.now(), instead=found.after, reader=reader)


#: Levels that a shop is asked for, when nobody has read them yet.
_READS = 5_000


def _version(conn: Connection, account: str, shop: str, number: int | None) -> ShopMapping:
    if number is None:
        return mappings.newest_of(conn, account=account, shop=shop)
    found = mappings.version(conn, account=account, shop=shop, number=number)
    if found is None:
        raise Problem(f"There is no version {number} of the mapping of {shop}.", todo="See: stockbridge map versions")
    return found


def _shop_of(conn: Connection, account: str, wanted: str) -> str:
    shops = sorted({row.shop for row in reports.locations(conn, account=account)})
    if wanted in shops:
        return wanted
    if wanted or len(shops) != 1:
        says = f"There is no shop '{wanted}'." if wanted else "There is not exactly one shop."
        raise Misused(says, todo=f"Add --shop with one of: {', '.join(shops) or 'none has been read yet'}.")
    return str(shops[0])


def _document(file: Path) -> ShopMapping:
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return shapes.decode(text, ShopMapping)
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise Misused(f"{file} is no mapping: {error}.", todo="See what one looks like: stockbridge map show --json") from error
