"""Writes effects down, in the transaction of the decision that asked for them, and wakes their lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from stockbridge.db.queries import Queries
from stockbridge.domain.effects import Effect, FetchOrder, kind_of
from stockbridge.ports import READINGS_LANE, Job, lane_of

_Q = Queries("outbox")


def append_readings(
    conn: Connection, *, account: str, connection: str, readings: Sequence[FetchOrder], now: datetime
) -> list[Job]:
    """Readings of some orders. One that is asked for already and not begun is not asked for twice."""
    if not readings:
        return []
    subjects = {f"order/{reading.order_id}": reading for reading in readings}
    place = {"account": account, "connection": connection}
    asked = {row.subject for row in _Q.rows(conn, "readings_asked", **place, subjects=sorted(subjects))}
    effects = [(subject, reading) for subject, reading in sorted(subjects.items()) if subject not in asked]
    return append(conn, **place, effects=effects, now=now)


def append(
    conn: Connection, *, account: str, connection: str, effects: Sequence[tuple[str, Effect]], now: datetime
) -> list[Job]:
    """One row per new effect, given with its subject (a key that is there already adds nothing); gives the jobs to wake."""
    if not effects:
        return []
    columns = {
        "keys": [effect.key for _, effect in effects],
        "kinds": [kind_of(effect) for _, effect in effects],
        "subjects": [subject for subject, _ in effects],
        "lanes": [READINGS_LANE if isinstance(effect, FetchOrder) else lane_of(subject) for subject, effect in effects],
        "payloads": [msgspec.json.encode(effect).decode() for _, effect in effects],
    }
    lanes = {row.lane for row in _Q.rows(conn, "append", account=account, connection=connection, now=now, **columns)}
    return [Job(kind="deliver", account=account, connection=connection, lane=lane) for lane in sorted(lanes)]


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
    pairs = sorted(set(proven))
    if pairs:
        columns = {"keys": [key for key, _ in pairs], "receipts": [receipt for _, receipt in pairs]}
        _Q.run(conn, "prove", account=account, now=now, **columns)


def revive(conn: Connection, *, account: str, effect_id: int, now: datetime) -> list[Job]:
    """A person asked to try again; gives the jobs to wake."""
    row = _Q.maybe(conn, "revive", account=account, effect_id=effect_id, now=now)
    return [Job(kind="deliver", account=account, connection=row.connection, lane=row.lane)] if row else []
