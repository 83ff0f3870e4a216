"""A shop floor to try an engine on: lanes with pieces of work in a table, handlers that do them, and a record of every run.

What a piece of work does: `ok` · `slow <seconds>` · `fail` (raises the first time) · `die` (kills the process the first
time) · `poison` (kills it every time) · `last` (is taken as if the lane were empty after it, then more work arrives and
wakes the lane while it still runs) · `napping <seconds>` (slow, in the middle of its transaction).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from stockbridge.db.queries import Queries
from stockbridge.engine.words import KINDS, Failure, Handlers, Schedule, job_of, job_text
from stockbridge.ports import Clock, Job

_sql = Queries("floor", folder=Path(__file__).parent)


class Wakes(Protocol):
    """What the floor needs of an engine."""

    def wake(self, connection: Connection, job: Job) -> None: ...
    def wake_all(self, connection: Connection, jobs: Sequence[Job]) -> None: ...
    def failures(self, limit: int = 100) -> list[Failure]: ...
    def replay(self, key: str) -> bool: ...


class PlannedFailure(Exception):
    """A handler raised, as it was told to."""


class Floor:
    """The floor as one worker sees it. ``engine`` is set after the engine was made, for it needs the floor's handlers."""

    engine: Wakes

    def __init__(self, database: Engine, *, worker: str, clock: Clock, die: Callable[[], None]) -> None:
        self.database = database
        self.worker = worker
        self._clock = clock
        self._die = die

    @staticmethod
    def prepare(database: Engine) -> None:
        """Makes the floor's tables."""
        with database.begin() as conn:
            _sql.run(conn, "prepare")

    def handlers(self) -> Handlers:
        """One handler for all kinds."""
        return dict.fromkeys(KINDS, self.work)

    def schedule(self, name: str, cron: str) -> Schedule:
        """A schedule that notes its moments."""

        def fire(at: datetime) -> None:
            with self.database.begin() as conn:
                _sql.run(conn, "fired", name=name, at=at, worker=self.worker)

        return Schedule(name=name, cron=cron, handler=fire)

    def due(self, conn: Connection, now: datetime) -> list[Job]:
        """The lanes with work that the sweep may see."""
        return [job_of(row.job) for row in _sql.rows(conn, "due")]

    def add(self, conn: Connection, job: Job, does: str = "ok", *, swept: bool = False) -> None:
        """Puts work into a lane, without waking it."""
        _sql.run(conn, "add", key=job.key, job=job_text(job), does=does, swept=swept)

    def work(self, job: Job) -> None:
        """The handler: does the lane's work until there is none, each piece in a transaction of its own."""
        with self.database.begin() as conn:
            run_id = _sql.value(conn, "begin_run", key=job.key, job=job_text(job), worker=self.worker)
        try:
            while self._one(job, run_id):
                pass
        finally:
            with self.database.begin() as conn:
                _sql.run(conn, "end_run", run_id=run_id)

    def _one(self, job: Job, run_id: int) -> bool:
        with self.database.begin() as conn:
            piece = _sql.maybe(conn, "next", key=job.key)
            if piece is None:
                return False
            does, _, seconds = piece.does.partition(" ")
            if does == "napping":
                self._clock.sleep(float(seconds))
            if does in ("ok", "slow", "last", "napping") or (does in ("fail", "die") and piece.tries):
                _sql.run(conn, "done", work_id=piece.work_id, run_id=run_id)
            else:
                _sql.run(conn, "tried", work_id=piece.work_id)
        return self._after(job, does, seconds, tries=piece.tries)

    def _after(self, job: Job, does: str, seconds: str, *, tries: int) -> bool:
        if does == "slow":
            self._clock.sleep(float(seconds))
        elif does == "fail" and not tries:
            raise PlannedFailure("as planned")
        elif does == "poison" or (does == "die" and not tries):
            self._die()
        elif does == "last":
            with self.database.begin() as conn:
                self.add(conn, job)
                self.engine.wake(conn, job)
            return False
        return True

    def undone(self, account: str) -> int:
        """How many pieces of an account's work are not done."""
        return int(self._value("undone", pattern=_pattern(account)))

    def twice(self, account: str) -> int:
        """How many pieces of an account's work were done more than once."""
        return int(self._value("twice", pattern=_pattern(account)))

    def overlaps(self, account: str) -> int:
        """How many pairs of runs of one lane overlapped."""
        return int(self._value("overlaps", pattern=_pattern(account)))

    def runs(self, account: str) -> Sequence[Any]:
        """The runs of an account's lanes: key, job, worker, took (pieces done), begun_at, ended_at."""
        with self.database.begin() as conn:
            return _sql.rows(conn, "runs", pattern=_pattern(account))

    def moments(self, name: str) -> list[datetime]:
        """The moments at which a schedule called its handler."""
        with self.database.begin() as conn:
            return [row.at for row in _sql.rows(conn, "moments", name=name)]

    def _value(self, query: str, **parameters: object) -> Any:
        with self.database.begin() as conn:
            return _sql.value(conn, query, **parameters)


def _pattern(account: str) -> str:
    return f"%/{account}/%"
