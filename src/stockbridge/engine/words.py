"""The words of the engine: what it is given and what it tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from stockbridge import shapes
from stockbridge.ports import Job

#: Does all work that is due in the job's lane, and returns. It is called again after a crash, so it must find its work in
#: rows, each finished in a transaction of its own. It returns after at most about 30 s even if work is left (the lane is
#: found due and called again): the engine counts a run that five deaths of the process interrupted as a failure.
Handler = Callable[[Job], None]
Handlers = Mapping[str, Handler]
#: Which lanes have rows that are due: one statement over partial indexes. It is asked every two seconds by one worker.
DueJobs = Callable[[Connection, datetime], Sequence[Job]]

KINDS = ("step", "deliver", "publish", "sweep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Calls ``handler`` with each moment (aware, UTC) that ``cron`` names (UTC; five fields, or six with seconds first).

    Each moment is handled once however many workers run, up to 10 s late; a moment at which no worker ran is left out."""

    name: str
    cron: str
    handler: Callable[[datetime], None]


#: With more workers than this, the queues are looked at more often: together they must be able to begin more jobs.
MOST_TURNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a worker works. ``jobs``: how many jobs of a kind one worker runs at once. ``poll_s``: how often a kind's queue
    is looked at while there is traffic; after ``calm_after_s`` without any, ``calm_factor`` times as rarely. ``shared``: the kinds
    whose queue all workers look at in turn, so that each looks the more rarely the more they are: what gathers meanwhile is dealt
    with at once, and a look costs more than most jobs."""

    jobs: Mapping[str, int] = field(default_factory=lambda: {"step": 8, "deliver": 16, "publish": 4, "sweep": 4})
    poll_s: Mapping[str, float] = field(default_factory=lambda: {"step": 0.1, "deliver": 0.1, "publish": 0.25, "sweep": 1.0})
    shared: frozenset[str] = frozenset({"step", "publish", "sweep"})
    calm_factor: float = 3.0
    calm_after_s: float = 10.0
    sweep_s: float = 2.0
    slots: int = 32
    keep: timedelta = timedelta(days=1)

    def interval_s(self, kind: str, calm: bool, workers: int) -> float:
        """Seconds between two looks of one worker at a kind's queue."""
        return (
            self.poll_s[kind] * (self.calm_factor if calm else 1.0) * (min(workers, MOST_TURNS) if kind in self.shared else 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A lane whose job failed ``times`` times in a row. It is tried again by itself at ``rest_until``."""

    key: str
    job: Job
    times: int
    error: str
    first_at: datetime
    last_at: datetime
    rest_until: datetime


class NoFreeSlot(Exception):
    """Every worker slot is taken. Stop a worker, or raise the number of slots in the settings of all workers."""


def job_text(job: Job) -> str:
    """The job as JSON text."""
    return msgspec.json.encode(job).decode()


def job_of(plain: Mapping[str, object]) -> Job:
    """The job back from what JSON gave."""
    return shapes.convert(plain, Job)
