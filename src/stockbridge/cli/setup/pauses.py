"""`stockbridge pause` and `stockbridge resume`: nothing is sent over a connection, or over any, until somebody says otherwise."""

from __future__ import annotations

import click

from stockbridge.cli.session import ask, looking, me, waking, worker_hint
from stockbridge.cli.talk import Problem, account_option, say
from stockbridge.db import connections as table
from stockbridge.domain.events import PauseAsked

#: what stands for all connections together
ALL = "all"


@click.command()
@click.argument("what", metavar="NAME|all")
@account_option
def pause(what: str, account: str | None) -> None:
    """Send and write nothing to a shop, a warehouse system or all of them, until it is resumed.

    Everything is still read and worked out. What is to be sent waits, and nothing is lost.
    """
    _ask(what, account, paused=True)


@click.command()
@click.argument("what", metavar="NAME|all")
@account_option
def resume(what: str, account: str | None) -> None:
    """Let what was paused go on: stock numbers are worked out anew, and what else waits is sent once."""
    _ask(what, account, paused=False)


def _ask(what: str, account: str | None, *, paused: bool) -> None:
    with looking(account) as (base, conn, own), waking(base) as client:
        known = table.names(conn, account=own)
        if what != ALL and what not in known:
            raise Problem(f"There is no connection '{what}'.", todo=f"There is: {', '.join([ALL, *known])}.")
        name = "" if what == ALL else what
        now_paused = {row.connection for row in table.pauses(conn, account=own)}
        if (name in now_paused) is paused:
            say(f"{_title(what)} {'is paused' if paused else 'goes on'} already.")
            return
        ask(base, conn, client, own, PauseAsked(connection=name, paused=paused, by=me()))
        hint = worker_hint(conn)
    if paused:
        say(f"{_title(what)} is being paused. Nothing is lost: it goes on with stockbridge resume {what}")
    else:
        rest = f" Everything is still paused: stockbridge resume {ALL}" if name and "" in now_paused else ""
        say(f"{_title(what)} goes on.{rest}")
    if hint:
        say(hint)


def _title(what: str) -> str:
    return "Everything" if what == ALL else what
