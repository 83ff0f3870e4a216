"""The durable engine of a worker process: DBOS Transact on our database (docs/decisions/0004-engine.md)."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import Connection, Engine

from stockbridge.engine import lanes, reaper
from stockbridge.engine.client import APPLICATION, JOB, SCHEMA, VERSION, DbosClientEngine, engine_url
from stockbridge.engine.liveness import Liveness
from stockbridge.engine.running import Runner
from stockbridge.engine.ticker import Ticker
from stockbridge.engine.words import KINDS, DueJobs, Handlers, Pace, Schedule, job_of
from stockbridge.ports import Clock, Ids, Job

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.engine")

_SCHEDULED = "scheduled"
_PATIENCE_S = 120.0
_EXIT_LOST = 75  # the sysexits word for "try again": the supervisor starts us afresh


def run_engine_migrations(url: str) -> None:
    """Brings the engine's own schema up to date. Several processes may do it at once: the engine sees to that."""
    DBOS.migrate(engine_url(url), schema=SCHEMA)


def _exit() -> None:
    os._exit(_EXIT_LOST)


class DbosEngine(DbosClientEngine):
    """ports.Engine for a worker: runs the jobs too. One per process. ``handlers``: one for each kind of job it may run.

    ``lost`` is called when this process has lost its place to another; left out, the process exits with code 75."""

    def __init__(
        self,
        *,
        url: str,
        engine: Engine,
        ids: Ids,
        clock: Clock,
        handlers: Handlers,
        due_jobs: DueJobs,
        schedules: Sequence[Schedule] = (),
        pace: Pace | None = None,
        lost: Callable[[], None] = _exit,
    ) -> None:
        super().__init__(url=url, engine=engine, ids=ids, clock=clock)
        unknown = set(handlers) - set(KINDS)
        if unknown:
            raise ValueError(f"no such kind of job: {', '.join(sorted(unknown))}")
        self._handlers = handlers
        self._due_jobs = due_jobs
        self._pace = pace or Pace()
        self._schedules = {schedule.name: schedule for schedule in [*schedules, self._retention()]}
        self._runner = Runner(database=engine, clock=clock, patience_s=_PATIENCE_S)
        #: Names this process run in rows (a `sending` effect); see lanes.alive.
        self.incarnation = ids.new()
        self._liveness = Liveness(url=url, incarnation=self.incarnation, slots=self._pace.slots, lost=lost)
        self._ticker = Ticker(
            database=engine, clock=clock, liveness=self._liveness, pace=self._pace, due_jobs=due_jobs, arm=self._arm
        )

    @property
    def slot(self) -> str:
        """The executor slot of this worker; empty before the launch."""
        return self._liveness.slot

    def launch(self) -> None:
        """Takes a slot, picks up what its last owner left, and begins to work. Raises NoFreeSlot."""
        slot = self._liveness.start()
        DBOS(config=self._config(slot))
        scheduled = self._register()
        DBOS.listen_queues([kind for kind in KINDS if kind in self._handlers])
        DBOS.launch()
        for kind in KINDS:
            self._open_queue(kind)
        self._apply_schedules(scheduled)
        self._ticker.start()
        log.info("engine.launched", slot=slot, incarnation=self.incarnation)

    def stop(self, *, wait_s: int = 10) -> None:
        """Stops taking jobs, waits up to ``wait_s`` for those in hand, and lets go. What is unfinished is taken up later."""
        self._ticker.stop()
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=wait_s)
        self._liveness.stop()
        self.close()

    def _config(self, slot: str) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "application_version": VERSION,
            "executor_id": slot,
            "system_database_url": self._url,
            "dbos_system_schema": SCHEMA,
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "max_executor_threads": sum(self._pace.jobs.values()) + 8,
            "sys_db_pool_size": 8,
            "log_level": "ERROR",
            "console_log_level": "ERROR",
        }

    def _open_queue(self, kind: str) -> None:
        # One in flight per key, over all workers: the lane's exclusiveness is a row of the engine, so it outlives the
        # server's death, which an advisory lock does not.
        DBOS.register_queue(
            kind,
            partition_concurrency=1,
            worker_concurrency=self._pace.jobs[kind],
            polling_interval_sec=self._pace.poll_s[kind],
        )

    def _register(self) -> Callable[[datetime, str], None]:
        """Tells DBOS what may run; gives the workflow of the schedules."""

        @DBOS.workflow(name=JOB, max_recovery_attempts=reaper.MAX_RECOVERIES)
        def job(plain: dict[str, object]) -> str:
            return self._runner.run(job_of(plain), self._handlers)

        @DBOS.workflow(name=_SCHEDULED, max_recovery_attempts=reaper.MAX_RECOVERIES)
        def scheduled(at: datetime, name: str) -> None:
            self._fire(at, name)

        return scheduled

    def _apply_schedules(self, workflow: Callable[[datetime, str], None]) -> None:
        for found in DBOS.list_schedules():
            if found["schedule_name"] not in self._schedules:
                DBOS.delete_schedule(found["schedule_name"])
        DBOS.apply_schedules(
            [
                {"schedule_name": one.name, "workflow_fn": workflow, "schedule": one.cron, "context": one.name}
                for one in self._schedules.values()
            ]
        )

    def _retention(self) -> Schedule:
        def forget(at: datetime) -> None:
            reaper.forget((at - self._pace.keep).isoformat())

        return Schedule(name="engine_retention", cron="17 * * * *", handler=forget)

    def _fire(self, at: datetime | str, name: str) -> None:
        schedule = self._schedules.get(name)
        if schedule is None:  # fired by an older release's schedule
            return
        moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)  # JSON knows no times
        job = Job(kind="sweep", account="", connection="", what=f"schedule {name}")
        self._runner.call(job, lambda: schedule.handler(moment))

    def _arm(self, conn: Connection, jobs: Sequence[Job]) -> int:
        """Wakes the lanes that were found due: those not woken yet, and those woken long ago whose hint is gone."""
        now = self._clock.now()
        tired = lanes.resting(conn, jobs, now)
        due = [job for job in jobs if job.key not in tired]
        fresh = lanes.mark(conn, due, now)
        stale = lanes.mark_again(conn, due, now)
        queued = reaper.queued_keys(sorted({job.kind for job in stale})) if stale else {}
        again = [job for job in stale if job.key not in queued.get(job.kind, ())]
        for job in [*fresh, *again]:
            self._hint(conn, job)
        return len(fresh) + len(again)
