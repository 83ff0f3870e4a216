"""A stand-in for the durable engine that does one thing at a time, when told, in an order that a seed chooses.

It keeps the promises of the real one (`contract_engine` holds both to them): jobs of one commit, one at a time per lane,
again after a crash, lost wake-ups found, schedules once. What was begun survives in the database, so a simulation may kill
the "process" anywhere by raising something that is no Exception, and go on with the same engine or with a new one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from croniter import croniter  # type: ignore[import-untyped]  # comes with dbos: both engines read cron alike
from sqlalchemy import Connection, Engine

from stockbridge.db.queries import Queries
from stockbridge.engine import lanes
from stockbridge.engine.running import Runner
from stockbridge.engine.words import DueJobs, Failure, Handlers, Schedule, job_of, job_text
from stockbridge.ports import Clock, Job

_sql = Queries("engine", folder=Path(__file__).parent)

_MAX_BEGINS = 6
_DEATH_WEIGHT = 3
_SCHEDULE = "schedule"


class SteppedEngine:
    """ports.Engine without threads. ``clock`` is the simulation's: its ``sleep`` moves it forward. A database's first
    engine is made with `prepare`; further ones over the same database are further workers."""

    def __init__(
        self, *, engine: Engine, clock: Clock, handlers: Handlers, due_jobs: DueJobs, schedules: Sequence[Schedule] = ()
    ) -> None:
        self._database = engine
        self._clock = clock
        self._handlers = handlers
        self._due_jobs = due_jobs
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._runner = Runner(database=engine, clock=clock)
        self._seen_until = clock.now()

    @staticmethod
    def prepare(engine: Engine) -> None:
        """Makes the stand-in's own tables, in the schema `stepped`. May be called again."""
        with engine.begin() as conn:
            _sql.run(conn, "prepare")

    def wake(self, connection: Connection, job: Job) -> None:
        """Makes the job run soon, in the caller's transaction: no commit, no job."""
        self.wake_all(connection, [job])

    def wake_all(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """The same for several lanes at once."""
        lanes.mark(connection, jobs, self._clock.now())

    def runnable(self) -> list[Job]:
        """What could be run now, in a fixed order: lanes woken, jobs cut off by a crash, moments of schedules (as jobs of
        the kind 'schedule')."""
        with self._database.begin() as conn:
            woken = {job.key: job for job in lanes.woken(conn)}
            cut_off = {row.key: job_of(row.job) for row in _sql.rows(conn, "unfinished")}
            moments = [_moment_job(row.name, row.at) for row in _sql.rows(conn, "moments")]
        both = woken | cut_off
        return [both[key] for key in sorted(both)] + moments

    def run_one(self, job: Job) -> str:
        """Runs one of the runnable jobs to its end; gives 'done', 'failed' or 'resting'. A raise that is no Exception comes
        out, and the job is runnable again: the process died in the middle of it."""
        return self._run_moment(job) if job.kind == _SCHEDULE else self._run_job(job)

    def run_until_idle(self, rng: Random, *, limit: int = 100_000) -> int:
        """Runs what is runnable, in the order that ``rng`` chooses, until nothing is; gives the number of runs. More than
        ``limit`` of them: a RuntimeError, for then jobs wake each other for ever."""
        for done in range(limit):
            choices = self.runnable()
            if not choices:
                return done
            self.run_one(rng.choice(choices))
        raise RuntimeError(f"not idle after {limit} runs")

    def sweep(self) -> int:
        """What the real engine's ticker does every two seconds: wakes the lanes that are found due; gives their number."""
        with self._database.begin() as conn:
            now = self._clock.now()
            jobs = self._due_jobs(conn, now)
            tired = lanes.resting(conn, jobs, now)
            return len(lanes.mark(conn, [job for job in jobs if job.key not in tired], now))

    def next_moment(self) -> datetime | None:
        """The next moment of any schedule."""
        return min((next(_moments(schedule.cron, self._seen_until)) for schedule in self._schedules.values()), default=None)

    def advance(self, to: datetime) -> int:
        """Moves the clock to a moment, and makes the schedules' moments on the way runnable; gives the number of those that
        no other worker had noted."""
        noted = 0
        with self._database.begin() as conn:
            for schedule in self._schedules.values():
                for moment in _moments(schedule.cron, self._seen_until):
                    if moment > to:
                        break
                    noted += len(_sql.rows(conn, "note_moment", name=schedule.name, at=moment))
        ahead_s = (to - self._clock.now()).total_seconds()
        if ahead_s > 0:
            self._clock.sleep(ahead_s)
        self._seen_until = max(self._seen_until, to)
        return noted

    def failures(self, limit: int = 100) -> list[Failure]:
        """The lanes in trouble, the latest first."""
        with self._database.begin() as conn:
            return lanes.failures(conn, limit)

    def replay(self, key: str) -> bool:
        """Lets a lane in trouble try again now. False: it is in no trouble."""
        with self._database.begin() as conn:
            job = lanes.well(conn, key)
            if job is not None:
                self.wake(conn, job)
        return job is not None

    def _run_job(self, job: Job) -> str:
        with self._database.begin() as conn:
            begins = int(_sql.value(conn, "begin", key=job.key, job=job_text(job)))
        if begins > _MAX_BEGINS:
            outcome = "failed"
            with self._database.begin() as conn:
                words = f"The worker process died {_MAX_BEGINS} times while it did this."
                lanes.fail(conn, job, words, self._clock.now(), weight=_DEATH_WEIGHT)
        else:
            outcome = self._runner.run(job, self._handlers)
        with self._database.begin() as conn:
            _sql.run(conn, "end", key=job.key)
        return outcome

    def _run_moment(self, job: Job) -> str:
        at = datetime.fromisoformat(job.what)
        schedule = self._schedules[job.connection]
        known = Job(kind="sweep", account="", connection="", what=f"schedule {schedule.name}")
        outcome = self._runner.call(known, lambda: schedule.handler(at))
        with self._database.begin() as conn:
            _sql.run(conn, "moment_done", name=schedule.name, at=at)
        return outcome


def _moments(cron: str, after: datetime) -> Iterator[datetime]:
    times = croniter(cron, after, second_at_beginning=True)
    while True:
        yield times.get_next(datetime)


def _moment_job(name: str, at: datetime) -> Job:
    return Job(kind=_SCHEDULE, account="", connection=name, what=at.isoformat())
