"""Stores what arrives, once; finishes, parks and replays it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.ports import READINGS_LANE, Arrival, Job, lane_of_arrival

_Q = Queries("inbox")
#: PostgreSQL refuses an index entry above a third of a page (2704 bytes); three keys share one index row here.
LONGEST_KEY = 400
# Sent in PostgreSQL's binary form: as text, the bodies' array alone took 150 ms for a megabyte, now 30–50 (on a busy box, 2026-11).
_STORE = re.sub(r"(?<![:\w]):(\w+)", r"%(\1)b", next(q.sql for q in Queries("arrivals_in") if q.name == "arrivals_in.store"))


def store(conn: Connection, arrivals: Sequence[Arrival]) -> list[int | None]:
    """Stores what arrived; gives, in the order of ``arrivals``, the id of each new row and None for each repeat.

    Of two alike in one call the first is stored. Text that PostgreSQL cannot hold is mended as :func:`storable` says;
    the body is kept byte for byte.
    """
    if not arrivals:
        return []
    kept = [storable(arrival) for arrival in arrivals]
    columns = {
        "accounts": [arrival.account for arrival in kept],
        "connections": [arrival.connection for arrival in kept],
        "dedupe_keys": [arrival.dedupe_key for arrival in kept],
        "topics": [arrival.topic for arrival in kept],
        "subjects": [arrival.subject for arrival in kept],
        "lanes": [lane_of_arrival(arrival.subject) for arrival in kept],
        "headers": [msgspec.json.encode(arrival.headers).decode() for arrival in kept],
        "bodies": [arrival.body for arrival in kept],
        "received_ats": [arrival.received_at for arrival in kept],
    }
    new = conn.exec_driver_sql(_STORE, columns)
    ids = {(row.account, row.connection, row.dedupe_key): int(row.arrival_id) for row in new}
    return [ids.pop((arrival.account, arrival.connection, arrival.dedupe_key), None) for arrival in kept]


def storable(arrival: Arrival) -> Arrival:
    """The arrival in a form that PostgreSQL can hold: it refuses NUL and lone surrogates in text, and very long keys.

    A long key or subject keeps its beginning and the hash of the whole, so different ones stay different.
    """
    texts = (arrival.dedupe_key, arrival.subject, arrival.topic, *arrival.headers.keys(), *arrival.headers.values())
    if all(text.isascii() and "\x00" not in text for text in texts) and max(map(len, texts[:3])) <= LONGEST_KEY:
        return arrival  # nearly all of them
    return replace(
        arrival,
        dedupe_key=_short(_clean(arrival.dedupe_key)),
        subject=_short(_clean(arrival.subject)),
        topic=_clean(arrival.topic)[:LONGEST_KEY],
        headers={_clean(name): _clean(value) for name, value in arrival.headers.items()},
    )


def _clean(text: str) -> str:
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _short(text: str) -> str:
    if len(text) <= LONGEST_KEY:
        return text
    return f"{text[:LONGEST_KEY]}~{sha256(text.encode()).hexdigest()}"


def step_jobs(arrivals: Sequence[Arrival]) -> list[Job]:
    """The jobs that will understand these arrivals, in one fixed order."""
    return sorted(
        {
            Job(kind="step", account=a.account, connection=a.connection, lane=lane_of_arrival(storable(a).subject))
            for a in arrivals
        }
    )


def due(conn: Connection, *, job: Job, most: int) -> Sequence[Row[Any]]:
    """New arrivals of a lane, oldest first; the attempt is counted."""
    rows = _Q.rows(conn, "due", account=job.account, connection=job.connection, lane=job.lane, most=most)
    return sorted(rows, key=lambda row: row.arrival_id)


def hold(conn: Connection, *, account: str, arrival_id: int, maps: bool = False) -> bool:
    """Is it still new? If so it is locked until the transaction ends, and the account's mapping stays as it is until then.

    ``maps``: it changes the mapping. It waits until all who read the mapping are done, and others wait for it. Without that, of
    two transactions side by side (a source mapped, a code mapped; a figure in, a code mapped) neither sees the other's half,
    and a level that both of them feed would never be looked at."""
    return _Q.maybe(conn, "hold_alone" if maps else "hold", account=account, arrival_id=arrival_id) is not None


def hold_many(conn: Connection, *, account: str, arrival_ids: Sequence[int], hints: bool = False) -> frozenset[int]:
    """Of these, those that are still new; locked, and the mapping with them, as :func:`hold` does. ``hints``: whatever follows from them
    may be done again, so that their transaction need not wait for the disk."""
    rows = _Q.rows(conn, "hold_hints" if hints else "hold_many", account=account, ids=sorted(arrival_ids))
    return frozenset(row.arrival_id for row in rows)


def finish(conn: Connection, *, account: str, arrival_id: int, outcome: str, now: datetime) -> None:
    """It was understood."""
    _Q.run(conn, "finish", account=account, arrival_id=arrival_id, outcome=outcome, now=now)


def finish_many(conn: Connection, *, account: str, outcomes: Sequence[tuple[int, str]], now: datetime) -> None:
    """Several were understood, each with its outcome."""
    if not outcomes:
        return
    ids, reasons = [arrival_id for arrival_id, _ in outcomes], [reason for _, reason in outcomes]
    _Q.run(conn, "finish_many", account=account, ids=ids, reasons=reasons, now=now)


def park(conn: Connection, *, account: str, arrival_id: int, outcome: str, now: datetime) -> None:
    """It waits for a person."""
    _Q.run(conn, "park", account=account, arrival_id=arrival_id, outcome=outcome, now=now)


def replay(conn: Connection, *, account: str, arrival_id: int) -> Job | None:
    """Read a parked arrival again; gives the job to wake, None when it is not parked."""
    row = _Q.maybe(conn, "replay", account=account, arrival_id=arrival_id)
    return Job(kind="step", account=account, connection=row.connection, lane=row.lane) if row else None


def due_jobs(conn: Connection, *, now: datetime, before: datetime) -> list[Job]:
    """Every lane with work that waits: what a lost wake-up left behind. ``before``: arrivals older than this count."""
    rows = _Q.rows(conn, "due_lanes", now=now, before=before, readings=READINGS_LANE)
    return [Job(kind=row.kind, account=row.account, connection=row.connection, lane=row.lane, what=row.what) for row in rows]
