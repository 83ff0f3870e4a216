"""`stockbridge connections`: shops and warehouse systems; connect, test, pause, switch live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from sqlalchemy import Connection

from stockbridge.cli.session import chosen, first_account, looking, me, opened, quiet_log, waking, worker_hint
from stockbridge.cli.setup import forms
from stockbridge.cli.setup.forms import Form
from stockbridge.cli.setup.pauses import pause, resume
from stockbridge.cli.talk import Misused, Problem, account_option, data_command, put, put_json, say, sure, working
from stockbridge.db import connections as table
from stockbridge.db import journal, reports
from stockbridge.db.connections import Configured
from stockbridge.domain.orders import Note
from stockbridge.ports import Job
from stockbridge.wiring import DOORS, NOTICE_S, Base, check_settings


@click.group()
def connections() -> None:
    """Connect shops and warehouse systems, test and switch them."""


@connections.command("list")
@data_command
def list_connections(account: str | None, as_json: bool) -> None:
    """Every connection with its health."""
    with looking(account) as (_, conn, name):
        rows = reports.connections(conn, account=name)
    columns = {
        "connection": "Name",
        "kind": "Kind",
        "title": "Title",
        "live": "Live",
        "paused": "Paused",
        "last_in_at": "Last heard",
        "last_out_at": "Last answered",
        "going_out": "Going out#",
        "parked": "Needs you#",
        "last_error": "Last trouble",
    }
    put(rows, columns, json_wanted=as_json, empty="Nothing is connected. Begin with: stockbridge connections add --help")


@connections.command()
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option("--title", default="", help="What people call it. Default: its name.")
@click.option("--time-zone", default="", help="Its time zone, such as Europe/Berlin, for the nightly comparison. Default: UTC.")
@click.option("--set", "words", multiple=True, metavar="NAME=VALUE", help="A setting; a list with commas. May be repeated.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="A TOML file with settings and secrets."
)
@click.option("--secret-env", multiple=True, metavar="NAME=VARIABLE", help="A secret that a variable of the environment holds.")
@click.option("--secret-file", multiple=True, metavar="NAME=FILE", help="A secret that a file holds.")
@click.option("--check", "only_check", is_flag=True, help="Only say whether this would do; save nothing.")
@account_option
def add(
    kind: str | None,
    name: str | None,
    title: str,
    time_zone: str,
    words: tuple[str, ...],
    file: Path | None,
    secret_env: tuple[str, ...],
    secret_file: tuple[str, ...],
    only_check: bool,
    account: str | None,
) -> None:
    """Connect a shop or a warehouse system, or change how it is connected.

    KIND is shopify or wms. NAME is a shop's myshopify.com address, or a name of your choice for a warehouse system. Secrets
    come from variables, files or hidden questions, never from the command line. A new shop is only watched: nothing is
    written or sent until 'stockbridge connections live NAME on'.
    """
    form = Form()
    content = forms.read_file(file, form) if file else {}
    kind, name = kind or _text(content.get("kind")), name or _text(content.get("name"))
    if kind not in DOORS or not name:
        kinds = "; ".join(f"{door.kind}: {door.title}" for door in DOORS.values())
        raise Misused(f"There is no kind '{kind}'." if kind else "Say a kind and a name.", todo=f"Kinds are: {kinds}.")
    quiet_log(debug=chosen().debug)
    with opened() as base:
        own = first_account(base, account)
        before = _before(base, own, kind, name)
        _fill(form, kind, name, before, words=words, secret_env=secret_env, secret_file=secret_file)
        form.title = title or form.title or (before.title if before else name)
        form.time_zone = time_zone or form.time_zone or (before.time_zone if before else "UTC")
        _check(form, kind, name)
        if only_check:
            say("This would do. Nothing was saved.")
        else:
            _save(base, own, kind, name, form, before)


def _before(base: Base, account: str, kind: str, name: str) -> Configured | None:
    with base.database.engine.begin() as conn:
        before = _configured(conn, base, account).get(name)
    if before is not None and before.kind != kind:
        raise Problem(f"{name} is a connection of kind {before.kind} already.", todo="Choose another name.")
    return before


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _fill(
    form: Form,
    kind: str,
    name: str,
    before: Configured | None,
    *,
    words: Sequence[str],
    secret_env: Sequence[str],
    secret_file: Sequence[str],
) -> None:
    """What is there already, then the file, then the words; at last what a person answers."""
    door = DOORS[kind]
    if before is not None:
        form.settings, form.secrets = {**before.settings, **form.settings}, {**before.secrets, **form.secrets}
    elif _named_by_domain(kind):
        form.settings.setdefault("domain", name)
    forms.add_words(door, words, form)
    for secret, variable in forms.split(secret_env, "--secret-env", form):
        forms.add_secret_from_variable(secret, variable, form)
    for secret, path in forms.split(secret_file, "--secret-file", form):
        forms.add_secret_from_file(secret, path, form)
    if not form.problems:
        forms.ask_for_rest(door, form)


def _check(form: Form, kind: str, name: str) -> None:
    """Raises Misused with everything that is wrong, found without the network."""
    problems = list(form.problems)
    try:
        check_settings(kind, form.settings, form.secrets)
    except ValueError as error:
        problems += getattr(error, "problems", (str(error),))
    if not name.isprintable() or any(sign in name for sign in "/ \t?#%"):
        problems.append("The name becomes part of an address: use letters, digits, dots and dashes.")
    if _named_by_domain(kind) and form.settings.get("domain") != name:
        problems.append(f"A shop's name is its domain: call the connection {form.settings.get('domain')}.")
    try:
        ZoneInfo(form.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(f"There is no time zone {form.time_zone!r}; it must be like Europe/Berlin.")
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise Misused(f"The connection cannot be made like this.\n{listed}")


def _named_by_domain(kind: str) -> bool:
    """Shops go by their domain."""
    return any(each.name == "domain" for each in fields(DOORS[kind].settings))


def _save(base: Base, account: str, kind: str, name: str, form: Form, before: Configured | None) -> None:
    after = Configured(
        account=account,
        connection=name,
        kind=kind,
        title=form.title,
        settings=form.settings,
        secrets=form.secrets,
        time_zone=form.time_zone,
        live=bool(before and before.live),
        start_line=before.start_line if before else None,
    )
    with base.database.engine.begin() as conn, waking(base) as client:
        table.save(conn, after, vault=base.vault, now=base.clock.now())
        _note(base, conn, account, name, "connected" if before is None else "settings changed")
        # not before every worker has noticed the new settings: the old key would be turned away once more
        noticed = base.clock.now() + timedelta(seconds=NOTICE_S + 1)
        waits = table.hurry(conn, account=account, connection=name, now=noticed) if before else []
        client.wake_all(conn, sorted({*_first_sweeps(after), *waits}))
        hint = worker_hint(conn)
    say(f"{'Changed' if before else 'Connected'}: {name}. Test it: stockbridge connections test {name}")
    if hint:
        say(hint)


def _first_sweeps(new: Configured) -> list[Job]:
    """What is read at once, so that there is something to map: not at the next full hour."""
    return [
        Job(kind="sweep", account=new.account, connection=new.connection, what=what)
        for what in ("locations", "items", "subscriptions", "stock", "orders")
    ]


@connections.command()
@click.argument("name")
@data_command
def test(name: str, account: str | None, as_json: bool) -> None:
    """Ask the other side who we are to it, and say what is wrong."""
    with looking(account) as (base, conn, own):
        known = _one(conn, base, own, name)
    with opened() as base:
        door = base.doors.door(own, name)
        if door is None or door.check is None:
            raise Problem(
                f"The settings of {name} cannot be used.", todo="Enter them again: stockbridge connections add --help"
            )
        with working(f"Asking {name} …"):
            health = door.check()
    if as_json:
        put_json({"connection": name, "ok": health.ok, "findings": health.findings})
    else:
        for finding in health.findings:
            click.echo(finding)
        click.echo(f"{name} works." if health.ok else f"{name} does not work yet.")
    if health.ok and known.paused:
        say(f"It is paused. Let it go on: stockbridge resume {name}")
    if not health.ok:
        raise click.exceptions.Exit(1)


connections.add_command(pause)
connections.add_command(resume)


@connections.command()
@click.argument("name")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.option(
    "--since", metavar="TIME", help="Orders placed from this moment on are sent, such as 2026-11-22T08:00Z. Default: now."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@account_option
def live(name: str, switch: str, since: str | None, yes: bool, account: str | None) -> None:
    """Switch the order flow of a shop on or off. Stock is switched per location: stockbridge map source."""
    with looking(account) as (base, conn, own):
        _one(conn, base, own, name)
        start = _moment(since) if since else base.clock.now()
        if switch == "on":
            sure(f"Orders placed in {name} from {_minute(start)} on will be sent to warehouses. Go on?", yes=yes)
        table.switch_live(conn, account=own, connection=name, live=switch == "on", start_line=start, now=base.clock.now())
        _note(base, conn, own, name, f"orders placed from {_minute(start)} on are sent" if switch == "on" else "only watched")
    say(f"{name} is live: orders placed from {_minute(start)} on are sent." if switch == "on" else f"{name} is only watched.")


def _minute(moment: datetime) -> str:
    """As the pages write it: 23 Nov 2026, 07:30 UTC."""
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%b %Y, %H:%M} UTC"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misused(f"{text!r} is not a time.", todo="Write it like 2026-11-22T08:00Z.") from error
    if moment.tzinfo is None:
        raise Misused(f"{text!r} does not say which time zone.", todo="Add Z for UTC, or +01:00.")
    return moment.astimezone(UTC)


def _configured(conn: Connection, base: Base, account: str) -> dict[str, Configured]:
    return {each.connection: each for each in table.load_all(conn, vault=base.vault) if each.account == account}


def _one(conn: Connection, base: Base, account: str, name: str) -> Configured:
    known = _configured(conn, base, account)
    if name not in known:
        raise Problem(f"There is no connection '{name}'.", todo=f"There is: {', '.join(known) or 'none yet'}.")
    return known[name]


def _note(base: Base, conn: Connection, account: str, name: str, text: str) -> None:
    note = Note(kind="connection.changed", text=text)
    journal.write(conn, account=account, subject=f"connection/{name}", notes=[note], at=base.clock.now(), actor=me())
