"""Fixtures for the engines: a clock and ids that are handed in, and workers as real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from sqlalchemy import Engine

from stockbridge.db.connection import Database
from stockbridge.engine.client import DbosClientEngine
from stockbridge.engine.worker import run_engine_migrations
from stockbridge.testing.engine_worker import SystemClock
from stockbridge.testing.fakes import FakeClock
from stockbridge.testing.floor import Floor


class CountedIds:
    def __init__(self, prefix: str = "id") -> None:
        self._numbers, self._prefix = count(1), prefix

    def new(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class Workers:
    """Worker processes of the durable engine on one database. While `comes_back`, a killed one is started again."""

    def __init__(self, database: Engine, url: str, *, schedules: tuple[str, ...] = ()) -> None:
        self.url = url
        self._schedules = schedules
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.comes_back = True
        self.slots: dict[str, str] = {}
        self.incarnations: dict[str, str] = {}
        self.floor = Floor(database, worker="test", clock=SystemClock(), die=lambda: None)
        self.floor.engine = DbosClientEngine(
            url=url, engine=database, ids=CountedIds(f"w{time.monotonic_ns()}"), clock=SystemClock()
        )

    def start(self, *names: str, wait: bool = True) -> None:
        for name in names:
            command = [sys.executable, "-m", "stockbridge.testing.engine_worker", self.url, name, *self._schedules]
            self.processes[name] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for name in names if wait else ():
            self._await_ready(name)

    def _await_ready(self, name: str) -> None:
        stdout = self.processes[name].stdout
        assert stdout is not None
        for line in stdout:
            if line.startswith("ready "):
                _, self.slots[name], self.incarnations[name] = line.split()
                return
        raise AssertionError("the worker ended before it was ready")

    def signal(self, name: str, number: int) -> None:
        os.kill(self.processes[name].pid, number)

    def kill(self, name: str) -> None:
        self.signal(name, signal.SIGKILL)
        self.processes[name].wait()

    def go(self, until: Callable[[], bool], *, timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not until():
            for name, process in self.processes.items():
                if self.comes_back and process.poll() is not None:
                    self.start(name, wait=False)
            assert time.monotonic() < deadline, "the engine did not get there"
            time.sleep(0.02)
        time.sleep(0.3)  # what would be done once too often, happens now

    @contextmanager
    def paused(self) -> Iterator[None]:
        for name in self.processes:
            self.signal(name, signal.SIGSTOP)
        yield
        for name in self.processes:
            self.signal(name, signal.SIGCONT)

    def fire_schedules(self, name: str) -> None:
        self.go(lambda: len(self.floor.moments(name)) >= 4)

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def made_workers(database: Engine, url: str, *names: str, schedules: tuple[str, ...] = ()) -> Workers:
    run_engine_migrations(url)
    Floor.prepare(database)
    workers = Workers(database, url, schedules=schedules)
    workers.start(*names)
    return workers


@pytest.fixture(scope="session")
def make_workers() -> Callable[..., Workers]:
    """Makes workers on any database; whoever asks stops them."""
    return made_workers


@pytest.fixture
def workers(database: Database) -> Iterator[Callable[..., Workers]]:
    """Makes workers on the test's own database."""
    made: list[Workers] = []

    def make(*names: str, schedules: tuple[str, ...] = ()) -> Workers:
        made.append(made_workers(database.engine, database.url, *names, schedules=schedules))
        return made[-1]

    yield make
    for one in made:
        one.stop()
