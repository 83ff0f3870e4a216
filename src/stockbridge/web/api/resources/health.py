"""How it goes, and who asks."""

from __future__ import annotations

from typing import Annotated

from stockbridge.db.queries import Queries
from stockbridge.db.tokens import SCOPES
from stockbridge.web import connections as pages
from stockbridge.web import words
from stockbridge.web.api.route import Call, Moment, Nothing, Route, Told, says

_QUERIES = Queries("pages")


class Waiting(Told, frozen=True):
    """What has begun and not ended, of one kind."""

    what: str
    many: int
    oldest: Annotated[Moment | None, says("Since when the oldest waits.")]


class ParkedCause(Told, frozen=True):
    """How many things wait for a person, of one cause."""

    cause: str
    cause_says: str
    many: int
    oldest: Moment


class Health(Told, frozen=True):
    """How it goes."""

    version: str
    now: Annotated[Moment, says("Our clock.")]
    in_trouble: Annotated[list[str], says("Connections whose last call failed, or that turn us away.")]
    paused: Annotated[list[str], says("Connections that are paused, for themselves or because everything is.")]
    needs_you: Annotated[list[ParkedCause], says("What waits for a person, by cause.")]
    on_its_way: Annotated[list[Waiting], says("Messages not yet understood, calls not yet answered, levels to be looked at.")]


class ThisToken(Told, frozen=True):
    """The token that asks."""

    name: str
    scopes: Annotated[list[str], says(f"What it may do: {', '.join(SCOPES)}.")]
    created_at: Moment
    expires_at: Moment


def health(call: Call[Nothing, Nothing]) -> Health:
    """Read how it goes. What is in trouble, what waits for a person, what is on its way."""
    connections = _QUERIES.rows(call.conn, "connections", account=call.account)
    causes = _QUERIES.rows(call.conn, "parked_causes", account=call.account)
    waiting = _QUERIES.rows(call.conn, "on_its_way", account=call.account)
    return Health(
        version=call.parts.version,
        now=call.now,
        in_trouble=[row.connection for row in connections if pages.state_of(row) in pages.TROUBLED],
        paused=[row.connection for row in connections if row.resting],
        needs_you=[
            ParkedCause(cause=row.cause, cause_says=words.cause(row.cause), many=row.many, oldest=row.oldest) for row in causes
        ],
        on_its_way=[Waiting(what=row.what, many=row.many, oldest=row.oldest) for row in waiting],
    )


def me(call: Call[Nothing, Nothing]) -> ThisToken:
    """Read what this token is. Any token may; good for a first try."""
    token = call.token
    return ThisToken(name=token.name, scopes=list(token.scopes), created_at=token.created_at, expires_at=token.expires_at)


ROUTES = (
    Route(method="GET", path="/health", scope="read", handler=health, answer=Health),
    Route(method="GET", path="/token", scope="", handler=me, answer=ThisToken),
)
