"""What happened to an order or a number, as the journal has it. Part of other answers; it has no route of its own."""

from __future__ import annotations

from typing import Annotated, Any

from stockbridge.db.queries import Queries
from stockbridge.web.api.route import Call, Moment, Told, says

_QUERIES = Queries("pages")


class Happened(Told, frozen=True):
    """One line of the journal."""

    at: Moment
    kind: Annotated[str, says("A dotted word for programs: order.placed, level.written …")]
    text: Annotated[str, says("What happened and why, for people.")]
    actor: Annotated[str, says("Who did it; empty: nobody, it followed by itself.")]


def timeline(call: Call[Any, Any], subject: str, *, limit: int) -> list[Happened]:
    """The newest lines about a subject, the newest first."""
    rows = _QUERIES.rows(call.conn, "timeline", account=call.account, subject=subject, limit=limit)
    return [Happened(at=row.at, kind=row.kind, text=row.text, actor=row.actor) for row in rows]
