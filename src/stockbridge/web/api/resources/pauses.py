"""What is paused, and pausing: everything, a shop or a warehouse system, until somebody lets it go on."""

from __future__ import annotations

from typing import Annotated, Any

from stockbridge.db import connections
from stockbridge.domain.events import PauseAsked
from stockbridge.web.api.paging import whole
from stockbridge.web.api.route import ROOT, Asked, Call, Given, Moment, Nothing, Page, Refusal, Route, Told, asking, says


class Paused(Told, frozen=True):
    """Something that is paused: nothing is sent to it or written to it. It is still read, and all is worked out."""

    connection: Annotated[str | None, says("The shop or warehouse system; null: everything.")]
    title: str
    paused_at: Moment | None
    paused_by: str


class What(Given, frozen=True):
    """What is meant: one connection, or everything."""

    connection: Annotated[str, says("The shop or warehouse system; left out with `everything`.", max_length=200)] = ""
    everything: Annotated[bool, says("All connections together. A pause of one of them is another pause, and stays.")] = False


def pauses(call: Call[Nothing, Nothing]) -> Page[Paused]:
    """List what is paused. Everything, and connection by connection, with who paused it when."""
    rows = connections.pauses(call.conn, account=call.account)
    return whole(
        [
            Paused(
                connection=row.connection or None,
                title=row.title if row.connection else "Everything",
                paused_at=row.paused_at,
                paused_by=row.paused_by or "",
            )
            for row in rows
        ]
    )


def pause(call: Call[Nothing, What]) -> Asked:
    """Pause a connection, or everything. Within seconds nothing is sent or written any more. It is still read; what is to be sent waits."""
    name, title = _meant(call, paused=True)
    call.ask([PauseAsked(connection=name, paused=True, by=call.by)])
    return Asked(asked=f"{title} is paused. Nothing is lost.", look_at=f"{ROOT}/pauses")


def resume(call: Call[Nothing, What]) -> Asked:
    """Let a connection go on, or everything. Numbers are worked out anew and only the newest is written; what else waits is sent once."""
    name, title = _meant(call, paused=False)
    call.ask([PauseAsked(connection=name, paused=False, by=call.by)])
    still = " Everything is still paused." if name and "" in _paused(call) else ""
    return Asked(asked=f"{title} goes on.{still}", look_at=f"{ROOT}/pauses")


def _meant(call: Call[Any, What], *, paused: bool) -> tuple[str, str]:
    """The connection, empty for everything, and what people call it."""
    body = call.body
    if bool(body.connection) is body.everything:
        raise Refusal(422, "wrong_body", "Name a 'connection', or say 'everything': true; one of them. Nothing was done.")
    known = connections.names(call.conn, account=call.account)
    if body.connection and body.connection not in known:
        sentence = f"There is no such connection. There is: {', '.join(known) or 'none'}. Nothing was done."
        raise Refusal(422, "unknown_connection", sentence)
    title = body.connection or "Everything"
    if (body.connection in _paused(call)) is paused:
        raise Refusal(409, "already", f"{title} {'is paused' if paused else 'goes on'} already. Nothing was done.")
    return body.connection, title


def _paused(call: Call[Any, Any]) -> set[str]:
    return {row.connection for row in connections.pauses(call.conn, account=call.account)}


ROUTES = (
    Route(method="GET", path="/pauses", scope="read", handler=pauses, answer=Page[Paused]),
    asking("/pauses", scope="pause", handler=pause, body=What, refuses=(409,)),
    asking("/pauses/resume", scope="pause", handler=resume, body=What, refuses=(409,)),
)
