"""A worker process of the durable engine on the shop floor, to be killed: `python -m stockbridge.testing.engine_worker URL NAME`."""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4  # noqa: TID251 - this module is a process's outermost part, like wiring

import structlog

from stockbridge.db.connection import make_engine
from stockbridge.engine.words import Pace
from stockbridge.engine.worker import DbosEngine
from stockbridge.testing.floor import Floor


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - as above

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class RandomIds:
    """Ids from the machine's randomness."""

    def new(self) -> str:
        return uuid4().hex


def die() -> None:
    """kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: Sequence[str]) -> None:
    """Works until told to stop by SIGTERM. A third argument makes a schedule of that name that fires every second."""
    url, name, *schedules = arguments
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    database = make_engine(url, pool_size=40)
    floor = Floor(database, worker=name, clock=SystemClock(), die=die)
    engine = DbosEngine(
        url=url,
        engine=database,
        ids=RandomIds(),
        clock=SystemClock(),
        handlers=floor.handlers(),
        due_jobs=floor.due,
        schedules=[floor.schedule(one, "* * * * * *") for one in schedules],
        pace=Pace(calm_after_s=600.0),
    )
    floor.engine = engine
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    engine.launch()
    sys.stdout.write(f"ready {engine.slot} {engine.incarnation}\n")
    sys.stdout.flush()
    stopped.wait()
    engine.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
