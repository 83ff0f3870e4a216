"""`stockbridge web`: the pages and the address that webhooks go to, in this process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy import Connection

from stockbridge import __version__
from stockbridge.cli.processes import memory
from stockbridge.cli.processes.leash import Ending, tie_to_parent
from stockbridge.cli.processes.listening import listen_at
from stockbridge.cli.processes.readers import Readers
from stockbridge.cli.session import chosen, first_account, opened, set_up_log, settings, waking
from stockbridge.cli.setup.links import first_link
from stockbridge.cli.talk import account_option, say
from stockbridge.db.migrate import current_revision
from stockbridge.db.scripts import migrations
from stockbridge.domain.events import Event
from stockbridge.engine.client import DbosClientEngine
from stockbridge.flow import actions
from stockbridge.ports import Inbound, Levels
from stockbridge.settings import Settings
from stockbridge.web.app import create_app
from stockbridge.web.parts import WebParts, WebSettings
from stockbridge.web.server import Server, make_server
from stockbridge.wiring import Base

_LONGEST_SESSION = timedelta(days=7)


def schema_problem(conn: Connection) -> str:
    """A sentence when the database is not at this release's schema."""
    needed, found = migrations()[-1].revision, current_revision(conn)
    return "" if found == needed else f"The database is at {found or 'nothing'}, and this release needs {needed}."


def make_parts(
    base: Base, client: DbosClientEngine, *, account: str, inbound: Callable[[str, str], Inbound | None]
) -> WebParts:
    """What the web room works with."""

    def ask(conn: Connection, *, account: str, events: Sequence[Event], by: str) -> None:
        actions.ask_all(conn, engine=client, ids=base.ids, account=account, events=events, by=by, now=base.clock.now())

    def levels(account: str, shop: str) -> Levels | None:
        door = base.doors.door(account, shop)
        return door.levels if door else None

    return WebParts(
        account=account,
        database=base.database.engine,
        clock=base.clock,
        ids=base.ids,
        engine=client,
        inbound=inbound,
        ask=ask,
        settings=_web_settings(base.settings),
        schema_problem=schema_problem,
        levels=levels,
        version=__version__,
    )


def _web_settings(known: Settings) -> WebSettings:
    idle = timedelta(hours=known.session_hours)
    return WebSettings(
        base_url=known.address,
        session_idle=idle,
        session_longest=max(idle, _LONGEST_SESSION),
        history_days=known.history_days,
        metrics_token=known.metrics_token,
        delta_every_min=known.delta_every_min,
    )


@contextmanager
def made_server(base: Base, *, account: str, ready: Callable[[str], None] | None = None) -> Iterator[Server]:
    """A server with everything behind it, not yet running."""
    known = base.settings
    with waking(base) as client:
        readers = Readers(base)
        readers.start()
        try:
            app = create_app(make_parts(base, client, account=account, inbound=readers.get))
            yield make_server(app, host=known.host, port=known.port, ready=ready)
        finally:
            readers.stop()


def listen(known: Settings) -> socket.socket:
    """The socket that the pages listen on. Raises Problem when the port is taken."""
    return listen_at(known.host, known.port, choose="--port, or STOCKBRIDGE_PORT")


@click.command()
@click.option("--host", help="The address to listen on. Default: the setting host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port to listen on; 0 takes a free one. Default: the setting port."
)
@account_option
@click.option("--fd", type=int, hidden=True, help="A socket that listens already.")
@click.option("--leash", is_flag=True, hidden=True, help="End with standard input.")
def web(host: str | None, port: int | None, account: str | None, fd: int | None, leash: bool) -> None:
    """Run the pages and the address that webhooks go to.

    Several may run beside each other, behind one proxy. SIGTERM ends it when the requests in hand are answered.
    """
    known = settings(host=host, port=port)
    set_up_log(level="debug" if chosen().debug else known.log_level, json=known.log_json)
    Ending()  # uvicorn raises a signal it has handled once more at its end; by default that would kill us on the spot
    if leash:
        tie_to_parent()
    listener = listen(known) if fd is None else socket.socket(fileno=fd)
    with listener, opened(known, pool_size=None) as base:
        name = first_account(base, account)
        if fd is None:
            tell_first_link(base, name)
        with made_server(base, account=name, ready=None if fd is not None else _listening) as server:
            memory.settle()
            server.run(sockets=[listener])


def tell_first_link(base: Base, account: str) -> None:
    """Prints the one-time link that makes the first admin, while there is nobody."""
    link = first_link(base, account)
    if link:
        say(f"Nobody can log in yet. Make the first admin here (once, within a day):\n  {link}")


def _listening(address: str) -> None:
    say(f"The pages are at {address}")
