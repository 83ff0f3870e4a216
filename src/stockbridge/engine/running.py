"""Runs one job as both engines do it: take its note away, call the handler, keep what became of it."""

import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from stockbridge.engine import lanes
from stockbridge.engine.words import Handler
from stockbridge.ports import Clock, Job

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.engine")

_PAUSE_S = 0.2
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs jobs. ``patience_s``: how long a job whose database went away waits for its return, to start afresh then."""

    database: Engine
    clock: Clock
    patience_s: float = 0.0

    def run(self, job: Job, handlers: Mapping[str, Handler]) -> str:
        """Runs the handler of the job's kind; gives 'done', 'resting' or 'failed'. An exception of the handler is kept as
        the lane's failure and does not come out; what is no Exception (a kill in a simulation) does."""
        return self._guarded(job, lambda: self._once(job, handlers[job.kind]))

    def call(self, job: Job, work: Callable[[], None]) -> str:
        """The same for work that is no lane's (a schedule): nothing is begun, and it never rests."""

        def once() -> str:
            work()
            self._in_transaction(lambda conn: lanes.well(conn, job.key))
            return "done"

        return self._guarded(job, once)

    def _once(self, job: Job, handler: Handler) -> str:
        state = self._in_transaction(lambda conn: lanes.begin(conn, job, self.clock.now()))
        if state == "resting":
            return "resting"
        handler(job)
        if state == "failing":
            self._in_transaction(lambda conn: lanes.well(conn, job.key))
        return "done"

    def _guarded(self, job: Job, once: Callable[[], str]) -> str:
        waited_s = 0.0
        while True:
            try:
                return once()
            except Exception as error:  # noqa: BLE001 - whatever a handler raises is its lane's failure, and nobody else's
                if database_is_away(error) and waited_s < self.patience_s:
                    waited_s += self._wait_for_database(self.patience_s - waited_s)
                    continue
                self._keep(job, error)
                return "failed"

    def _wait_for_database(self, patience_s: float) -> float:
        waited_s = 0.0
        while waited_s < patience_s:
            self.clock.sleep(_PAUSE_S)
            waited_s += _PAUSE_S
            with suppress(DBAPIError, TimeoutError):
                self._in_transaction(lambda conn: conn.exec_driver_sql("SELECT 1"))
                break
        return waited_s

    def _keep(self, job: Job, error: Exception) -> None:
        last = "".join(traceback.format_exception_only(error)).strip()
        log.error("engine.job_failed", job=job.key, error=last, exc_info=error)
        with suppress(DBAPIError, TimeoutError):  # the database is still away: the log has it, and the lane is found due later
            self._in_transaction(lambda conn: lanes.fail(conn, job, last, self.clock.now()))

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        with self.database.begin() as conn:
            return work(conn)


def database_is_away(error: Exception) -> bool:
    """Whether the error says that the database could not be reached, or broke off: a fresh start may go well."""
    return isinstance(error, OperationalError | InterfaceError | TimeoutError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
