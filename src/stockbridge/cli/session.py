"""What nearly every command begins with: the settings, the open database, the account; and what can go wrong there."""

from __future__ import annotations

import logging
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import getuid

import click
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from stockbridge.cli import Chosen
from stockbridge.cli.talk import Misused, Problem
from stockbridge.db import connections, reports
from stockbridge.db.embedded import holds_cluster
from stockbridge.db.errors import DatabaseProblem
from stockbridge.db.migrate import current_revision
from stockbridge.db.scripts import migrations
from stockbridge.db.vault import KeyProblem, WrongKey
from stockbridge.domain.events import Event
from stockbridge.engine.client import DbosClientEngine
from stockbridge.engine.words import NoFreeSlot
from stockbridge.flow import actions
from stockbridge.settings import Settings, WrongSettings, load
from stockbridge.wiring import Base, open_base, open_client

FIRST_ACCOUNT = "main"
#: A command that runs for moments needs few connections.
_POOL = 5


def chosen() -> Chosen:
    """What was said before the command."""
    said = click.get_current_context().find_object(Chosen)
    return said or Chosen({}, debug=False)


def settings(**options: object) -> Settings:
    """The settings; ``options`` are the command's own, None where one was not given. Raises Misused with every mistake."""
    said = chosen()
    given = {name: str(value) for name, value in options.items() if value is not None}
    try:
        found = load(options={**said.options, **given})
    except WrongSettings as error:
        listed = "\n".join(f"  {problem}" for problem in error.problems)
        many = "A setting cannot" if len(error.problems) == 1 else f"{len(error.problems)} settings cannot"
        raise Misused(f"{many} be used.\n{listed}") from error
    return found


def quiet_log(*, debug: bool) -> None:
    """Commands that run for moments: the log is for trouble only, and never on standard output."""
    set_up_log(level="debug" if debug else "error", json=False)


def set_up_log(*, level: str, json: bool) -> None:
    """Structured lines on standard error, for people or as JSON. What failed is shown without the values it worked with:
    credentials are among them."""
    number = logging.getLevelNamesMapping()[level.upper()]
    ending = structlog.processors.JSONRenderer() if json else _for_people()
    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if json:
        steps.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*steps, ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, force=True)


def _for_people() -> structlog.dev.ConsoleRenderer:
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)


@contextmanager
def expected() -> Iterator[None]:
    """Turns the trouble that can be expected into one sentence and what to do."""
    try:
        yield
    except (DatabaseProblem, KeyProblem, NoFreeSlot) as error:
        raise Problem(str(error)) from error
    except (OperationalError, InterfaceError) as error:
        text = str(error.orig).strip().splitlines()
        raise Problem(
            f"The database does not answer: {text[0] if text else type(error.orig).__name__}",
            todo="Run 'stockbridge doctor'; if it was only restarting, try again.",
        ) from error
    except PoolTimeout as error:
        raise Problem("Every connection to the database is in use.", todo="Raise pool_size, or try again.") from error
    except DBAPIError as error:
        if "does not exist" not in str(error.orig):
            raise
        raise Problem("The database is not at this release's schema.", todo="Run 'stockbridge migrate'.") from error
    except PermissionError as error:
        raise Problem(f"No permission: {error.filename}", todo="Use the user that Stockbridge runs as.") from error


@contextmanager
def opened(found: Settings | None = None, *, pool_size: int | None = _POOL) -> Iterator[Base]:
    """The open house, its database at this release's schema; given back at the end."""
    known = found or settings()
    with expected():
        base = open_base(known, migrated=pool_size is None, pool_size=pool_size)
        try:
            if pool_size is None:
                _keyed(base)
            elif not _current(base):
                base.close()
                base = open_base(known, pool_size=pool_size)
            yield base
        finally:
            base.close()


def _keyed(base: Base) -> None:
    """Who works for good must be able to open every connection; who mends one need not."""
    with base.database.engine.begin() as conn:
        locked = [each.connection for each in connections.load_all(conn, vault=base.vault) if each.locked]
    if locked:
        raise WrongKey(locked)


def _current(base: Base) -> bool:
    """A look at one row, where what a start does takes a second."""
    with base.database.engine.connect() as conn:
        return current_revision(conn) == migrations()[-1].revision


@contextmanager
def looking(account: str | None) -> Iterator[tuple[Base, Connection, str]]:
    """For commands that read or ask: the house, one transaction, the account. They set nothing up."""
    quiet_log(debug=chosen().debug)
    known = settings()
    must_be_set_up(known)
    with opened(known) as base, base.database.engine.begin() as conn:
        yield base, conn, account_of(conn, account)


def is_set_up(known: Settings) -> bool:
    """Is there a database? The embedded one is made by what runs or connects, never by a look."""
    return bool(known.database_url) or holds_cluster(known.data_dir)


def must_be_set_up(known: Settings) -> None:
    """Raises Problem when there is no database yet."""
    if not is_set_up(known):
        raise Problem(
            f"Nothing is set up yet: there is no database in {known.data_dir}.",
            todo="Begin with: stockbridge run. To look around first: stockbridge demo. If your data is in another folder, say so"
            " before the command: stockbridge --data-dir FOLDER …",
        )


def account_of(conn: Connection, wanted: str | None) -> str:
    """The account that is meant: the one named, or the only one."""
    names = [row.account for row in reports.accounts(conn)]
    if wanted is not None:
        if wanted in names:
            return wanted
        raise Misused(f"There is no account '{wanted}'.", todo=f"There is: {', '.join(names) or 'none yet'}.")
    if not names:
        raise Problem("Nothing is set up yet.", todo="Add a shop or a warehouse system: stockbridge connections add --help")
    if len(names) > 1:
        raise Misused("There is more than one account.", todo=f"Add --account with one of: {', '.join(names)}.")
    return str(names[0])


def first_account(base: Base, wanted: str | None) -> str:
    """The account that is meant; the first one is made when there is none."""
    with base.database.engine.begin() as conn:
        if wanted is None and not reports.accounts(conn):
            connections.save_account(conn, account=FIRST_ACCOUNT, title="Main account", now=base.clock.now())
        return account_of(conn, wanted)


def me() -> str:
    """Who sits at this terminal, as the journal names them."""
    try:
        name = pwd.getpwuid(getuid()).pw_name
    except KeyError:
        name = str(getuid())
    return f"{name} (terminal)"


@contextmanager
def waking(base: Base) -> Iterator[DbosClientEngine]:
    """The engine, for waking jobs."""
    client = open_client(base)
    try:
        yield client
    finally:
        client.close()


def ask(base: Base, conn: Connection, client: DbosClientEngine, account: str, event: Event) -> None:
    """Puts what the person at this terminal asks for into the inbox."""
    actions.ask(conn, engine=client, ids=base.ids, account=account, event=event, by=me(), now=base.clock.now())


def worker_hint(conn: Connection) -> str:
    """Says so when nobody will act on what was asked."""
    return "" if reports.workers(conn) else "No worker is running: it happens as soon as 'stockbridge run' is started."
