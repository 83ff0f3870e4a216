"""Writes effects down, in the transaction of the decision that asked for them, and wakes their lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from stockbridge.db.queries import Queries
from stockbridge.domain.effects import Effect, FetchOrder, kind_of
from stockbridge.ports import Job, lane_of

_Q = Queries("outbox")


def append(
    conn: Connection, *, account: str, connection: str, subject: str, effects: Iterable[Effect], now: datetime
) -> list[Job]:
    """One row per new effect (a key that is there already adds nothing); gives the jobs to wake.

    A reading that is asked for already and not begun is not asked for twice."""
    lane = lane_of(subject)
    added = False
    for effect in effects:
        kind = kind_of(effect)
        place = {"account": account, "connection": connection, "subject": subject, "kind": kind}
        if isinstance(effect, FetchOrder) and _Q.maybe(conn, "fetch_waiting", **place) is not None:
            continue
        payload = msgspec.to_builtins(effect)
        added = _Q.value(conn, "append", **place, key=effect.key, lane=lane, payload=payload, now=now) is not None or added
    return [Job(kind="deliver", account=account, connection=connection, lane=lane)] if added else []


def unsent(conn: Connection, *, account: str, keys: Sequence[str]) -> frozenset[str]:
    """Of these keys, those that were never sent; locked so that they stay so until the transaction ends."""
    if not keys:
        return frozenset()
    return frozenset(row.key for row in _Q.rows(conn, "unsent", account=account, keys=list(keys)))


def withdraw(conn: Connection, *, account: str, keys: Sequence[str], now: datetime) -> None:
    """Drop effects that were never sent."""
    if keys:
        _Q.run(conn, "withdraw", account=account, keys=list(keys), now=now)


def prove(conn: Connection, *, account: str, proven: Iterable[tuple[str, str]], now: datetime) -> None:
    """Something else shows that these were performed: they are not sent (again)."""
    for key, receipt in proven:
        _Q.run(conn, "prove", account=account, key=key, receipt=receipt, now=now)


def revive(conn: Connection, *, account: str, effect_id: int, now: datetime) -> list[Job]:
    """A person asked to try again; gives the jobs to wake."""
    row = _Q.maybe(conn, "revive", account=account, effect_id=effect_id, now=now)
    return [Job(kind="deliver", account=account, connection=row.connection, lane=row.lane)] if row else []
