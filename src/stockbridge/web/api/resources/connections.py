"""Connections and their sweeps: does each work, when was it last heard from, is it paused. Reading only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from stockbridge.db.queries import Queries
from stockbridge.web import connections as pages
from stockbridge.web import words
from stockbridge.web.api.paging import whole
from stockbridge.web.api.route import Call, Given, Moment, Nothing, Page, Route, Told, says

_QUERIES = Queries("pages")


class ConnectionState(StrEnum):
    """How a connection is. good: messages come and go; silent: not heard from yet; watched: nothing is sent or written; error: the last
    call failed; locked_out: it turns us away; paused: nothing is sent until it goes on."""

    GOOD = "good"
    SILENT = "silent"
    WATCHED = "watched"
    ERROR = "error"
    LOCKED_OUT = "locked_out"
    PAUSED = "paused"


class Connection(Told, frozen=True):
    """A shop or warehouse system that is connected."""

    connection: str
    kind: str
    title: str
    state: ConnectionState
    state_says: str
    trouble: Annotated[str, says("Why it does not work, in the words of what was tried last; empty: it does.")]
    live: Annotated[bool, says("A shop: whether its orders are sent. false: only watched.")]
    paused: Annotated[
        bool, says("Nothing is sent to it or written to it, for itself or because everything is paused. It is still read.")
    ]
    time_zone: str
    last_in_at: Annotated[Moment | None, says("When it was last heard from.")]
    last_out_at: Annotated[Moment | None, says("When it was last asked.")]
    going_out: Annotated[int, says("Calls that wait to go out.")]
    needs_you: Annotated[int, says("Things about it that wait for a person.")]
    headroom_percent: Annotated[int | None, says("How much of its rate limit is free; null: it has none.")]


class Sweeps(Given, frozen=True):
    """Which sweeps. An empty filter lets everything through."""

    connection: Annotated[str, says("Only this connection.", max_length=200)] = ""


class Sweep(Told, frozen=True):
    """A timed pass that looks for what no message told us."""

    connection: str
    what: str
    what_says: str
    ran_at: Annotated[Moment | None, says("When it last ran.")]
    found: Annotated[int, says("Messages that it read. Most are known already and change nothing.")]
    error: Annotated[str, says("Why the last run did not succeed; empty: it did.")]


def connections(call: Call[Nothing, Nothing]) -> Page[Connection]:
    """List connections. Each with its health, as on the page."""
    return whole(
        [
            Connection(
                connection=row.connection,
                kind=row.kind,
                title=row.title,
                state=ConnectionState(pages.state_of(row)),
                state_says=words.badge(words.CONNECTION, pages.state_of(row)).sentence,
                trouble=pages.trouble_of(row),
                live=row.live,
                paused=row.resting,
                time_zone=row.time_zone,
                last_in_at=row.last_in_at,
                last_out_at=row.last_out_at,
                going_out=row.going_out,
                needs_you=row.parked,
                headroom_percent=pages.headroom(row, call.now),
            )
            for row in _QUERIES.rows(call.conn, "connections", account=call.account)
        ]
    )


def sweeps(call: Call[Sweeps, Nothing]) -> Page[Sweep]:
    """List sweeps. Every timed pass with its last run."""
    return whole(
        [
            Sweep(
                connection=row.connection,
                what=row.what,
                what_says=words.sweep(row.what),
                ran_at=row.ran_at,
                found=row.found,
                error=row.error,
            )
            for row in _QUERIES.rows(call.conn, "sweeps", account=call.account)
            if call.query.connection in ("", row.connection)
        ]
    )


ROUTES = (
    Route(method="GET", path="/connections", scope="read", handler=connections, answer=Page[Connection]),
    Route(method="GET", path="/sweeps", scope="read", handler=sweeps, query=Sweeps, answer=Page[Sweep]),
)
