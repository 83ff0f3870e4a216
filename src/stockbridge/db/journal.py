"""The journal, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from stockbridge.db.queries import Queries, json_rows
from stockbridge.domain.orders import Note, Park

_Q = Queries("journal")


#: A line of the journal, as its columns.
Line = Mapping[str, Any]


def lines(
    *,
    account: str,
    subject: str,
    notes: Iterable[Note],
    at: datetime,
    actor: str = "",
    arrival_id: int | None = None,
) -> list[Line]:
    """One line per note."""
    return [
        {
            "account": account,
            "at": at,
            "subject": subject,
            "kind": note.kind,
            "text": note.text,
            "actor": actor,
            "data": dict(note.data),
            "arrival_id": arrival_id,
        }
        for note in notes
    ]


def write_lines(conn: Connection, written: Sequence[Line]) -> None:
    """Into the journal, in this order."""
    if written:
        _Q.run(conn, "write", rows=json_rows(written))


def write(
    conn: Connection,
    *,
    account: str,
    subject: str,
    notes: Iterable[Note],
    at: datetime,
    actor: str = "",
    arrival_id: int | None = None,
) -> None:
    """One line per note, at once."""
    write_lines(conn, lines(account=account, subject=subject, notes=notes, at=at, actor=actor, arrival_id=arrival_id))


def stopped(conn: Connection, *, account: str, subjects: Iterable[str]) -> set[str]:
    """Of these subjects, those about which something waits for a person."""
    return {row.subject for row in _Q.rows(conn, "stopped", account=account, subjects=sorted(subjects))}


def park(
    conn: Connection,
    *,
    account: str,
    subject: str,
    connection: str,
    parks: Iterable[Park],
    now: datetime,
    arrival_id: int | None = None,
    effect_id: int | None = None,
) -> None:
    """Open what is not open yet, one per subject and cause."""
    for parked in parks:
        _Q.run(
            conn,
            "park",
            account=account,
            subject=subject,
            cause=parked.cause,
            connection=connection,
            title=parked.title,
            consequence=parked.consequence,
            remedy=parked.remedy,
            data=dict(parked.data),
            arrival_id=arrival_id,
            effect_id=effect_id,
            now=now,
        )


def unpark(
    conn: Connection, *, account: str, subject: str, causes: Sequence[str], now: datetime, by: str = "", how: str = "solved"
) -> list[str]:
    """Close what no longer holds; gives the causes that were open."""
    if not causes:
        return []
    rows = _Q.rows(conn, "unpark", account=account, subject=subject, causes=list(causes), now=now, by=by, how=how)
    return [row.cause for row in rows]


def unpark_and_ask(
    conn: Connection, *, account: str, subject: str, causes: Sequence[str], now: datetime, by: str = ""
) -> str | None:
    """Close what no longer holds; gives the title of what still stops the subject, the oldest first, or None."""
    place = {"account": account, "subject": subject, "causes": list(causes)}
    title: str | None = _Q.value(conn, "unpark_and_ask", **place, now=now, by=by)
    return title
