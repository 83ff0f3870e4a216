"""Every two seconds: what was lost is found. One worker asks for all which lanes are due; each looks after itself."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from dbos import DBOS
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from stockbridge.engine import lanes, reaper
from stockbridge.engine.liveness import Liveness
from stockbridge.engine.words import DueJobs, Pace
from stockbridge.ports import Clock, Job

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.engine")

_REPEAT_GEAR = 15
_CALM_KINDS = ("step", "deliver", "publish")


@dataclass(slots=True, kw_only=True)
class Ticker:
    """A thread that calls `tick` every ``pace.sweep_s``. ``arm`` wakes lanes that were found due."""

    database: Engine
    clock: Clock
    liveness: Liveness
    pace: Pace
    due_jobs: DueJobs
    arm: Callable[[Connection, Sequence[Job]], int]
    _orphans: reaper.Orphans = field(default_factory=reaper.Orphans)
    #: whether nothing happens, and how many workers there are
    _gear: tuple[bool, int] | None = None
    _passes: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins, with a first pass at once."""
        self._thread = threading.Thread(target=self._loop, name="engine-ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the pass in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def tick(self) -> None:
        """One pass."""
        orphans = self._orphans.return_them(self.liveness.slot)
        if orphans:
            log.warning("engine.orphans_returned", jobs=orphans)
        if self.liveness.hold("ticker"):
            self._tick_for_all()
        else:
            self._gear = None

    def _tick_for_all(self) -> None:
        with self.database.begin() as conn:
            armed = self.arm(conn, self.due_jobs(conn, self.clock.now()))
        reaped = reaper.reap(self.liveness)
        buried = reaper.bury(self.database, self.clock)
        if reaped or buried:
            log.warning("engine.dead_workers", jobs_handed_over=reaped, jobs_given_up=buried)
        if armed:
            log.debug("engine.lanes_found_due", lanes=armed)
        self._set_gear()

    def _set_gear(self) -> None:
        """Polls rarely while nothing happens: an idle worker costs less, and the first job after a calm waits a little."""
        since = (self.clock.now() - timedelta(seconds=self.pace.calm_after_s)).isoformat()
        recent = DBOS.list_workflows(
            queue_name=list(_CALM_KINDS), start_time=since, limit=1, load_input=False, load_output=False
        )
        gear = not recent, self._workers()
        self._passes += 1
        # Now and then it is said again, for a worker that starts sets the queues anew.
        if gear == self._gear and self._passes % _REPEAT_GEAR:
            return
        for kind in self.pace.poll_s:
            queue = DBOS.retrieve_queue(kind)
            if queue is not None:
                queue.set_polling_interval_sec(self.pace.interval_s(kind, *gear))
        self._gear = gear

    def _workers(self) -> int:
        with self.database.begin() as conn:
            return max(1, lanes.workers(conn))

    def _loop(self) -> None:
        while True:
            try:
                self.tick()
            except SQLAlchemyError as error:  # the database is away: the next pass looks again
                log.warning("engine.tick_missed", error=str(error).splitlines()[0])
            except Exception:  # a fault in a question about due lanes must not stop the healing for good
                log.exception("engine.tick_failed")
            if self._stop.wait(self.pace.sweep_s):
                return
