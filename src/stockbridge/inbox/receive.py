"""Stores arrivals once, within a transaction of the caller's (DESIGN D6).

The same statement serves everyone who brings something: webhooks, sweeps, receipts of our own effects, and people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from stockbridge.db.arrivals import LONGEST_KEY, storable, store
from stockbridge.ports import Arrival, Job, lane_of_arrival

__all__ = ["LONGEST_KEY", "Wakes", "accept", "job_of", "storable", "store", "wake"]


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


def wake(conn: Connection, engine: Wakes, arrivals: Iterable[Arrival]) -> None:
    """Wakes each lane once, in the caller's transaction, always in the same order, so that two callers cannot block each other."""
    jobs = sorted({job_of(storable(arrival)) for arrival in arrivals})
    if jobs:
        engine.wake_all(conn, jobs)


def job_of(arrival: Arrival) -> Job:
    """The job that understands an arrival."""
    return Job(kind="step", account=arrival.account, connection=arrival.connection, lane=lane_of_arrival(arrival.subject))
