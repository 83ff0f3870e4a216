"""Switching a connection: what it means is said first, and it happens only after that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from stockbridge.db import connections, journal
from stockbridge.db.queries import Queries
from stockbridge.domain.events import PauseAsked
from stockbridge.domain.orders import Note
from stockbridge.web.visit import Go, Page, Stop, Visit

_QUERIES = Queries("pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One position of a switch, in words. ``fits``: whether a connection can be put there and is not there yet."""

    title: str
    button: str
    means: tuple[str, ...]
    fits: Callable[[Any], bool]


SWITCHES = {
    "live": Switch(
        title="Switch {title} on?",
        button="Switch it on",
        means=(
            "Orders placed in it are sent to the warehouses by themselves, each once.",
            "The customers of these orders are told of their parcels by the shop.",
            "Stock numbers are switched on for each location on the page Mapping.",
        ),
        fits=lambda row: row.kind == "shopify" and not row.live,
    ),
    "watched": Switch(
        title="Only watch {title}?",
        button="Only watch it",
        means=(
            "New orders are read and shown, and not sent to any warehouse: somebody else must see to them.",
            "Orders that a warehouse has been asked to ship go on, and the shop is told of their parcels.",
            "Nothing is lost: everything that arrives is kept. It can be switched on again from where it was.",
        ),
        fits=lambda row: row.kind == "shopify" and row.live,
    ),
    "paused": Switch(
        title="Pause {title}?",
        button="Pause it",
        means=(
            "Within seconds nothing is sent to it or written to it any more. It is still read, and all is worked out as before.",
            "Nothing is lost: what is to be sent waits here. Orders placed meanwhile ship later.",
            "When it goes on, numbers are worked out anew and only the newest is written; what else waits is sent once.",
        ),
        fits=lambda row: not row.paused,
    ),
    "running": Switch(
        title="Let {title} go on?",
        button="Let it go on",
        means=(
            "Every stock number of it is worked out anew, and written where the shop shows another.",
            "What else waits is sent now, in order and each once; what was cancelled meanwhile is not.",
        ),
        fits=lambda row: row.paused,
    ),
}


def show(visit: Visit) -> Page:
    """What a switch means, and the button that does it."""
    to = visit.query.get("to")
    row = _connection(visit, visit.query.get("connection"), to)
    switch = SWITCHES[to]
    values = {
        "row": row,
        "to": to,
        "title": switch.title.format(title=row.title),
        "button": switch.button,
        "means": switch.means,
        "missed": _missed(visit, row) if to == "live" else 0,
    }
    return Page(template="switch.html", values=values)


def change(visit: Visit) -> Go:
    """Puts the switch where the form says, and writes down who did it."""
    to = visit.form.get("to")
    row = _connection(visit, visit.form.get("connection"), to)
    if to in ("live", "watched"):
        _switch_live(visit, row, live=to == "live")
    else:
        event = PauseAsked(connection=row.connection, paused=to == "paused", by=visit.me.name)
        visit.parts.ask(visit.conn, account=visit.me.account, events=[event], by=visit.me.person_id)
    return Go(to=f"/connections?said={to}")


def _switch_live(visit: Visit, row: Any, *, live: bool) -> None:
    place = {"account": visit.me.account, "connection": row.connection}
    start = row.start_line if visit.form.get("since") == "before" and row.start_line else visit.now
    connections.switch_live(visit.conn, **place, live=live, start_line=start, now=visit.now)
    text = f"switched on for orders placed from {start:%Y-%m-%d %H:%M} UTC on" if live else "only watched"
    _note(visit, row.connection, text)


def again(visit: Visit) -> Go:
    """What failed at a connection and waits for its next time is tried now."""
    name = visit.form.get("connection")
    if not any(row.connection == name for row in _QUERIES.rows(visit.conn, "connections", account=visit.me.account)):
        raise Stop(404, "There is no such connection.")
    jobs = connections.hurry(visit.conn, account=visit.me.account, connection=name, now=visit.now)
    _note(visit, name, "asked to try again now")
    visit.parts.engine.wake_all(visit.conn, jobs)
    return Go(to="/connections?said=again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All connections together, as far as they can be switched together."""

    paused: bool
    connection: str = ""
    title: str = "everything"
    kind: str = ""
    live: bool = False
    start_line: None = None


def _connection(visit: Visit, name: str, to: str) -> Row[Any] | Everything:
    if not name and to in ("paused", "running"):
        pauses = connections.pauses(visit.conn, account=visit.me.account)
        everything = Everything(paused=any(not row.connection for row in pauses))
        if not SWITCHES[to].fits(everything):
            raise Stop(409, "It is like that already, so nothing was changed. Somebody else may have been quicker.")
        return everything
    rows = _QUERIES.rows(visit.conn, "connections", account=visit.me.account)
    row = next((row for row in rows if row.connection == name), None)
    if row is None or to not in SWITCHES:
        raise Stop(404, "There is no such connection or switch.")
    if not SWITCHES[to].fits(row):
        raise Stop(409, "It is like that already, so nothing was changed. Somebody else may have been quicker.")
    return row


def _missed(visit: Visit, row: Any) -> int:
    since = row.start_line
    if since is None:
        return 0
    return int(_QUERIES.value(visit.conn, "watched_since", account=visit.me.account, shop=row.connection, since=since))


def _note(visit: Visit, name: str, text: str) -> None:
    note = Note(kind="connection.changed", text=text)
    journal.write(
        visit.conn,
        account=visit.me.account,
        subject=f"connection/{name}",
        notes=[note],
        at=visit.now,
        actor=visit.me.name,
    )
