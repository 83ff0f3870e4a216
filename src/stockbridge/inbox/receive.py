"""Stores arrivals once, within a transaction of the caller's (DESIGN D6).

The same statement serves everyone who brings something: webhooks, sweeps, receipts of our own effects, and people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from stockbridge.db.queries import Queries
from stockbridge.ports import Arrival, Job, lane_of

#: PostgreSQL refuses an index entry above a third of a page (2704 bytes); three keys share one index row here.
LONGEST_KEY = 400
# Sent in PostgreSQL's binary form: as text, the bodies' array alone took 150 ms for a megabyte, now 30–50 (on a busy box, 2026-11).
_STORE = re.sub(r"(?<![:\w]):(\w+)", r"%(\1)b", next(q.sql for q in Queries("arrivals_in") if q.name == "arrivals_in.store"))


class Wakes(Protocol):
    """The durable engine, as far as storing needs it: many lanes at once, since within a transaction it may be asked only once."""

    def wake_all(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Make the jobs run soon, in the caller's transaction."""
        ...


def accept(conn: Connection, arrivals: Sequence[Arrival], engine: Wakes) -> list[int | None]:
    """Stores what arrived and wakes the lanes that got something new; gives what :func:`store` gives.

    Call it last in a transaction: until the commit, whoever else wakes the same lanes waits.
    """
    ids = store(conn, arrivals)
    wake(conn, engine, (arrival for arrival, new in zip(arrivals, ids, strict=True) if new is not None))
    return ids


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
        "lanes": [lane_of(arrival.subject) for arrival in kept],
        "headers": [msgspec.json.encode(arrival.headers).decode() for arrival in kept],
        "bodies": [arrival.body for arrival in kept],
        "received_ats": [arrival.received_at for arrival in kept],
    }
    new = conn.exec_driver_sql(_STORE, columns)
    ids = {(row.account, row.connection, row.dedupe_key): int(row.arrival_id) for row in new}
    return [ids.pop((arrival.account, arrival.connection, arrival.dedupe_key), None) for arrival in kept]


def wake(conn: Connection, engine: Wakes, arrivals: Iterable[Arrival]) -> None:
    """Wakes each lane once, in the caller's transaction, always in the same order, so that two callers cannot block each other."""
    jobs = sorted({job_of(storable(arrival)) for arrival in arrivals})
    if jobs:
        engine.wake_all(conn, jobs)


def job_of(arrival: Arrival) -> Job:
    """The job that understands an arrival."""
    return Job(kind="step", account=arrival.account, connection=arrival.connection, lane=lane_of(arrival.subject))


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
