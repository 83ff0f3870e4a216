"""The rows the engine keeps about lanes: woken and not begun, in trouble. Shared by the durable engine and its stand-in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stockbridge.db.queries import Queries
from stockbridge.engine.words import Failure, job_of, job_text
from stockbridge.ports import Job

_sql = Queries("engine")

STALE_AFTER = timedelta(seconds=5)
GRACE_S = 5.0
#: The name under which a worker's liveness session is known to the server.
LIVENESS = "stockbridge-live"
_FIRST_REST_S = 2.0
_LONGEST_REST_S = 300.0
_ERROR_CHARS = 2000


def mark(conn: Connection, jobs: Sequence[Job], at: datetime) -> list[Job]:
    """Notes the jobs as woken; gives those that were not noted yet, by key: they need a hint in the engine's queue."""
    by_key = {job.key: job for job in sorted(jobs, key=lambda job: job.key)}
    if not by_key:
        return []
    texts = [job_text(job) for job in by_key.values()]
    fresh = {row.key for row in _sql.rows(conn, "mark", keys=list(by_key), jobs=texts, at=at)}
    return [job for key, job in by_key.items() if key in fresh]


def mark_again(conn: Connection, jobs: Sequence[Job], at: datetime) -> list[Job]:
    """Renews the notes of those of the jobs that were woken more than 5 s ago and have not begun; gives these, by key."""
    by_key = {job.key: job for job in jobs}
    old = {row.key for row in _sql.rows(conn, "mark_again", keys=sorted(by_key), before=at - STALE_AFTER, at=at)}
    return [by_key[key] for key in sorted(old)]


def woken(conn: Connection) -> list[Job]:
    """The jobs that were woken and have not begun, by key."""
    return [job_of(row.job) for row in _sql.rows(conn, "woken")]


def begin(conn: Connection, job: Job, now: datetime) -> str:
    """Takes the note away, so that whoever wakes the lane from now on is heard again. Gives 'well', or 'failing' (it failed
    and is tried again), or 'resting' (not yet)."""
    row = _sql.one(conn, "begin", key=job.key)
    if row.rest_until is None:
        return "well"
    return "resting" if row.rest_until > now else "failing"


def resting(conn: Connection, jobs: Sequence[Job], now: datetime) -> set[str]:
    """The keys of those of the jobs that rest after a failure."""
    return {row.key for row in _sql.rows(conn, "resting", keys=[job.key for job in jobs], now=now)}


def fail(conn: Connection, job: Job, error: str, now: datetime, *, weight: int = 1) -> Failure:
    """Notes a failure. The lane rests 2 s, after each further failure in a row twice as long, at most 5 minutes."""
    times = int(_sql.value(conn, "failed_times", key=job.key) or 0) + weight
    rest_s = min(_LONGEST_REST_S, _FIRST_REST_S * 2 ** min(times - 1, 16))
    until = now + timedelta(seconds=rest_s)
    words = error[:_ERROR_CHARS]
    _sql.run(conn, "fail", key=job.key, job=job_text(job), times=times, error=words, at=now, rest_until=until)
    return Failure(key=job.key, job=job, times=times, error=words, first_at=now, last_at=now, rest_until=until)


def well(conn: Connection, key: str) -> Job | None:
    """Forgets the failures of a lane; gives its job, None if it had none."""
    plain = _sql.value(conn, "well", key=key)
    return None if plain is None else job_of(plain)


def failures(conn: Connection, limit: int) -> list[Failure]:
    """The lanes in trouble, the latest first."""
    return [
        Failure(
            key=row.key,
            job=job_of(row.job),
            times=row.times,
            error=row.error,
            first_at=row.first_at,
            last_at=row.last_at,
            rest_until=row.rest_until,
        )
        for row in _sql.rows(conn, "failures", limit=limit)
    ]


def workers(conn: Connection) -> int:
    """How many worker processes are connected."""
    return int(_sql.value(conn, "workers", name=LIVENESS))


def alive(conn: Connection, incarnation: str) -> bool:
    """Whether the worker process with this incarnation lives (or may live: for 5 s after a start of the server, everybody
    does, since those who live need a moment to take their locks again)."""
    return bool(_sql.value(conn, "alive", name=f"worker:{incarnation}", grace_s=GRACE_S))
