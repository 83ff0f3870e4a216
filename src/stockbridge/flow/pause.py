"""Pausing: nothing is sent over a connection, or over any, until a person says otherwise. Readings go on, and so do decisions.

When it goes on, numbers are worked out anew rather than sent as they were; and what waits to be sent is what still holds, for
whatever was decided meanwhile has withdrawn the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from stockbridge.db import connections, journal, stock
from stockbridge.domain.events import PauseAsked
from stockbridge.domain.orders import Note
from stockbridge.flow.corridor import Step
from stockbridge.flow.look import Look

NOTE = "paused: worked out and compared, not written"


def asked(step: Step, event: PauseAsked) -> None:
    """A person pauses a connection or everything, or lets it go on. Asked for twice it is done once."""
    place = {"account": step.account, "connection": event.connection}
    if not connections.set_paused(step.conn, **place, paused=event.paused, by=event.by, now=step.now):
        return
    what = "" if event.connection else ": everything"
    note = Note(kind="connection.changed", text=f"paused{what}" if event.paused else f"resumed{what}")
    journal.write(
        step.conn,
        account=step.account,
        subject=f"connection/{event.connection}",
        notes=[note],
        at=step.now,
        actor=event.by,
        arrival_id=step.arrival_id,
    )
    if not event.paused:
        _go_on(step, event.connection)


def _go_on(step: Step, connection: str) -> None:
    """Every level of what was paused is looked at, and what waits is tried at once."""
    shops = connections.shops(step.conn, account=step.account)
    for shop in shops if connection not in shops else [connection]:
        stock.touch_shop(step.conn, account=step.account, shop=shop, now=step.now)
        step.wake_publishers([shop])
    waiting = [connection] if connection else connections.names(step.conn, account=step.account)
    for name in waiting:
        step.wake(connections.hurry(step.conn, account=step.account, connection=name, now=step.now))


def hold(conn: Connection, looks: Sequence[Look], *, account: str, shop: str) -> list[Look]:
    """The looks at levels, with none to be written while the shop is paused."""
    if not connections.rests(conn, account=account, connection=shop):
        return list(looks)
    return [replace(look, note=NOTE) if look.to_write or look.held or look.read.available is None else look for look in looks]
