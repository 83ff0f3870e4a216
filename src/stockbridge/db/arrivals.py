"""Stores what arrives, once; finishes, parks and replays it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.ports import Arrival, Job, lane_of

_Q = Queries("inbox")


def store(conn: Connection, arrivals: Sequence[Arrival]) -> list[int | None]:
    """Insert each once; gives the new ids, None where the same delivery was stored before. In the caller's transaction."""
    return [
        _Q.value(
            conn,
            "store",
            account=a.account,
            connection=a.connection,
            dedupe_key=a.dedupe_key,
            topic=a.topic,
            subject=a.subject,
            lane=lane_of(a.subject),
            headers=dict(a.headers),
            body=a.body,
            received_at=a.received_at,
        )
        for a in arrivals
    ]


def step_jobs(arrivals: Sequence[Arrival]) -> list[Job]:
    """The jobs that will understand these arrivals, in one fixed order."""
    return sorted({Job(kind="step", account=a.account, connection=a.connection, lane=lane_of(a.subject)) for a in arrivals})


def due(conn: Connection, *, job: Job, most: int) -> Sequence[Row[Any]]:
    """New arrivals of a lane, oldest first; the attempt is counted."""
    rows = _Q.rows(conn, "due", account=job.account, connection=job.connection, lane=job.lane, most=most)
    return sorted(rows, key=lambda row: row.arrival_id)


def hold(conn: Connection, *, account: str, arrival_id: int) -> bool:
    """Is it still new? If so it is locked until the transaction ends."""
    return _Q.maybe(conn, "hold", account=account, arrival_id=arrival_id) is not None


def finish(conn: Connection, *, account: str, arrival_id: int, outcome: str, now: datetime) -> None:
    """It was understood."""
    _Q.run(conn, "finish", account=account, arrival_id=arrival_id, outcome=outcome, now=now)


def park(conn: Connection, *, account: str, arrival_id: int, outcome: str, now: datetime) -> None:
    """It waits for a person."""
    _Q.run(conn, "park", account=account, arrival_id=arrival_id, outcome=outcome, now=now)


def replay(conn: Connection, *, account: str, arrival_id: int) -> Job | None:
    """Read a parked arrival again; gives the job to wake, None when it is not parked."""
    row = _Q.maybe(conn, "replay", account=account, arrival_id=arrival_id)
    return Job(kind="step", account=account, connection=row.connection, lane=row.lane) if row else None


def due_jobs(conn: Connection, *, now: datetime, before: datetime) -> list[Job]:
    """Every lane with work that waits: what a lost wake-up left behind. ``before``: arrivals older than this count."""
    rows = _Q.rows(conn, "due_lanes", now=now, before=before)
    return [
        Job(kind=row.kind, account=row.account, connection=row.connection, lane=row.lane, what=row.what) for row in rows
    ]
