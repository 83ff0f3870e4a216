"""`stockbridge doctor`: examines an installation from the outside in, and says in plain sentences what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import W_OK, access
from pathlib import Path
from stat import S_IMODE, S_IRWXG, S_IRWXO

import click
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from stockbridge.cli.session import chosen, is_set_up, quiet_log, waking
from stockbridge.cli.talk import as_json as json_option
from stockbridge.cli.talk import many_of, put_json, working
from stockbridge.db import connections, history, reports
from stockbridge.db.connection import Database, open_database
from stockbridge.db.errors import DatabaseProblem
from stockbridge.db.migrate import current_revision
from stockbridge.db.scripts import migrations
from stockbridge.db.vault import LostKey, WrongKey
from stockbridge.settings import Settings, WrongSettings, load
from stockbridge.wiring import DOORS, Base, SystemClock, open_base

_GIB = 1024**3
_LEAST_FREE, _LITTLE_FREE = _GIB // 2, 5 * _GIB
_SKEW_HINT_S, _SKEW_PROBLEM_S = 2.0, 60.0
_OLD = timedelta(minutes=5)

FINE, HINT, BAD = "fine", "hint", "problem"
_MARKS = {FINE: ("ok  ", "green"), HINT: ("note", "yellow"), BAD: ("BAD ", "red")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: 'fine', 'hint' or 'problem', a sentence, and what to do."""

    area: str
    state: str
    text: str
    todo: str = ""


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask the connected systems.")
@json_option
def doctor(offline: bool, as_json: bool) -> None:
    """Examine this installation and say what is wrong; exit code 1 when something is."""
    quiet_log(debug=chosen().debug)
    found: list[Finding] = []
    with working("Examining …"):
        for finding in examine(offline=offline):
            found.append(finding)
    if as_json:
        put_json([{"area": one.area, "state": one.state, "text": one.text, "todo": one.todo} for one in found])
    else:
        for one in found:
            _show(one)
        bad = sum(one.state == BAD for one in found)
        click.echo("\nNothing is wrong." if not bad else f"\n{bad} {'problem' if bad == 1 else 'problems'}.")
    if any(one.state == BAD for one in found):
        raise click.exceptions.Exit(1)


def _show(one: Finding) -> None:
    mark, color = _MARKS[one.state]
    click.echo(f"{click.style(mark, fg=color)} {one.area}: {one.text}")
    if one.todo:
        click.echo(f"     {one.todo}")


def examine(*, offline: bool) -> Iterator[Finding]:
    """Every finding, from the settings inwards; what rests on something broken is left out."""
    try:
        known = load(options=chosen().options)
    except WrongSettings as error:
        yield from (Finding("settings", BAD, problem, "Mend it; see docs/reference/settings.md.") for problem in error.problems)
        return
    yield Finding("settings", FINE, "every setting can be used.")
    yield from folder(known.data_dir)
    yield from key_file(known.key_path)
    if not is_set_up(known):
        text = "it is not set up yet: 'stockbridge run' makes it at its first start."
        yield Finding("database", HINT, text, "To look around first: stockbridge demo")
        return
    try:
        database = open_database(known.database_url or None, known.data_dir, pool_size=5, application_name="stockbridge-doctor")
    except (DatabaseProblem, PermissionError) as error:
        yield Finding("database", BAD, str(error))
        return
    try:
        yield from server(database, now=SystemClock().now())
        with database.engine.connect() as conn:
            current = list(schema(conn))
        yield from current
        if all(finding.state == FINE for finding in current):
            yield from _inside(known, offline=offline)
    except SQLAlchemyError as error:
        yield Finding("database", BAD, f"it does not answer as it should: {str(error).splitlines()[0]}")
    finally:
        database.close()


def folder(data_dir: Path) -> Iterator[Finding]:
    """The data folder and the disk that it is on."""
    if not data_dir.exists():
        yield Finding("data folder", HINT, f"{data_dir} does not exist yet; it is made at the first start.")
    elif not access(data_dir, W_OK):
        yield Finding("data folder", BAD, f"{data_dir} cannot be written to.", "Use the user that Stockbridge runs as.")
        return
    else:
        yield Finding("data folder", FINE, f"{data_dir}.")
    there = next(place for place in (data_dir, *data_dir.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    state = BAD if free < _LEAST_FREE else HINT if free < _LITTLE_FREE else FINE
    todo = "" if state == FINE else "Make room: a full disk stops everything. Old backups lie in the folder 'backups'."
    yield Finding("disk", state, f"{free / _GIB:.1f} GiB are free.", todo)


def key_file(path: Path) -> Iterator[Finding]:
    """The key that encrypts credentials."""
    if not path.exists():
        yield Finding(
            "key", HINT, f"{path} is not there; it is made at the first start of all.", "Then keep a copy of it elsewhere."
        )
        return
    mode = S_IMODE(path.stat().st_mode)
    if mode & (S_IRWXG | S_IRWXO):
        yield Finding("key", BAD, f"others may read {path} (mode {mode:o}).", f"chmod 600 {path}")
        return
    yield Finding("key", FINE, f"{path}; a backup does not hold it: keep a copy elsewhere.")


def server(database: Database, *, now: datetime) -> Iterator[Finding]:
    """The PostgreSQL server and its clock."""
    whose = "the embedded one" if database.cluster is not None else "your own"
    version = f"{database.server_version // 10000}.{database.server_version % 10000}"
    yield Finding("database", FINE, f"PostgreSQL {version}, {whose}.")
    with database.engine.connect() as conn:
        skew = reports.skew_s(conn, now=now)
    if abs(skew) < _SKEW_HINT_S:
        yield Finding("clock", FINE, "this machine and the database agree.")
        return
    state = BAD if abs(skew) >= _SKEW_PROBLEM_S else HINT
    text = f"the database's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}."
    yield Finding("clock", state, text, "Let both machines set their clocks by NTP: old and new could be mixed up.")


def schema(conn: Connection) -> Iterator[Finding]:
    """Is the database what this release needs?"""
    needed = migrations()[-1].revision
    found = current_revision(conn)
    if found is None:
        yield Finding("schema", HINT, "the database is empty; its tables are made at the first start.")
    elif found != needed:
        yield Finding("schema", BAD, f"the database is at {found}, this release needs {needed}.", "Run: stockbridge migrate")
    else:
        yield Finding("schema", FINE, f"at {found}.")


@contextmanager
def _base(known: Settings) -> Iterator[Base]:
    base = open_base(known, migrated=False, pool_size=5, key=False)
    try:
        yield base
    finally:
        base.close()


def _inside(known: Settings, *, offline: bool) -> Iterator[Finding]:
    with _base(known) as base:
        yield from work(base)
        yield numbers(base)
        with base.database.engine.begin() as conn:
            configured = connections.load_all(conn, vault=base.vault)
        if locked := [each.connection for each in configured if each.locked]:
            lost = not known.key_path.exists()
            yield Finding("key", BAD, str(LostKey(known.key_path) if lost else WrongKey(locked)))
            return
        if not configured:
            yield Finding("connections", HINT, "nothing is connected yet.", "Begin with: stockbridge connections add --help")
        for each in configured:
            yield connection(base, each, offline=offline)
            yield from trouble(base, each)


def work(base: Base) -> Iterator[Finding]:
    """Workers, lanes in trouble, what waits too long, what waits for a person."""
    with base.database.engine.begin() as conn:
        running = reports.workers(conn)
        names = [row.account for row in reports.accounts(conn)]
        waiting = [row for name in names for row in reports.waiting(conn, account=name) if row.many]
        parked = sum(len(reports.parked(conn, account=name, limit=10_000)) for name in names)
    with waking(base) as client:
        failures = client.failures()
    if running:
        yield Finding("workers", FINE, f"{running} at work.")
    else:
        yield Finding("workers", HINT, "none is running.", "Start one: stockbridge run, or stockbridge worker")
    for failure in failures:
        text = f"{failure.job.kind} of {failure.job.connection} has failed {many_of(failure.times, 'time')}: {failure.error}"
        yield Finding("engine", BAD, text, f"It is tried again at {failure.rest_until:%H:%M:%S} UTC.")
    old = [row for row in waiting if row.oldest is not None and base.clock.now() - row.oldest > _OLD]
    for row in old:
        one = row.what.replace("_", " ").removesuffix("s")
        waits = many_of(row.many, f"{one} waits", f"{one}s wait")
        yield Finding("work", HINT, f"{waits}, the oldest since {row.oldest:%Y-%m-%d %H:%M} UTC.")
    if parked:
        many = many_of(parked, "thing waits", "things wait")
        yield Finding("parked", HINT, f"{many} for a person.", "See: stockbridge parked list")


def numbers(base: Base) -> Finding:
    """How much room the published numbers take."""
    with base.database.engine.begin() as conn:
        size = history.size(conn)
    each = f", about {size.bytes // size.numbers} bytes each" if size.numbers else ""
    since = f", the oldest from {size.since:%Y-%m-%d}" if size.since else ""
    text = (
        f"{size.bytes / 1024**2:.1f} MiB for about {size.numbers} published numbers{each}{since}. "
        f"They are kept for {base.settings.history_days} days (setting history_days)."
    )
    return Finding("history", FINE, text)


def trouble(base: Base, each: connections.Configured) -> Iterator[Finding]:
    """What the work itself last met at a connection; a test by hand may go well where a call for an order does not."""
    with base.database.engine.begin() as conn:
        row = next(row for row in reports.connections(conn, account=each.account) if row.connection == each.connection)
    if not row.failing and not row.stop_cause:
        return
    waits = f" Waiting to be sent: {row.going_out}; none of it is lost." if row.going_out else ""
    text = f"it does not work: {row.last_error or 'the cause is on the page Needs you'}{waits}"
    change = f"stockbridge connections add {each.kind} {each.connection}"
    todo = (
        f"Enter the right key: {change}"
        if row.stop_cause == "credentials"
        else f"See: stockbridge connections test {each.connection}"
    )
    yield Finding(f"calls to {each.connection}", BAD, text, todo)


def connection(base: Base, each: connections.Configured, *, offline: bool) -> Finding:
    """Can a connection be used, and does the other side let us in?"""
    area = f"connection {each.connection}"
    if each.kind not in DOORS:
        return Finding(area, BAD, f"this release knows no kind '{each.kind}'.", "Install the release that made it.")
    door = base.doors.door(each.account, each.connection)
    if door is None:
        return Finding(area, BAD, "its settings cannot be used.", "Enter them again: stockbridge connections add --help")
    if offline or door.check is None:
        return Finding(area, FINE, "its settings can be used; it was not asked.")
    health = door.check()
    text = " ".join(health.findings) or "it answers, and we may do what we need."
    if not health.ok:
        return Finding(area, BAD, text)
    if each.paused:
        return Finding(area, HINT, f"it is paused. {text}", f"Let it go on: stockbridge resume {each.connection}")
    return Finding(area, FINE, text)
