"""Fixtures for the engines: a clock and ids that are handed in, and workers as real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

import psycopg
import pytest
import structlog
from sqlalchemy import Engine, make_url

from stockbridge.db.connection import Database, make_engine, server_version
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


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Logs are captured: drawing a traceback on the terminal takes longer than most of these tests."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(scope="module")
def module_database(
    postgres_url: str, admin: psycopg.Connection, template: str, worker_id: str, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """One database for all tests of a file: making one for each would take longer than the tests."""
    name = f"{request.module.__name__.rpartition('.')[2]}_{worker_id}"
    admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    engine = make_engine(url)
    yield Database(url=url, engine=engine, server_version=server_version(engine))
    engine.dispose()
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(module_database: Database) -> Database:
    """The file's database, without what the test before left there."""
    with module_database.engine.begin() as conn:
        conn.exec_driver_sql("TRUNCATE wakeup, job_failure")
        if conn.exec_driver_sql("SELECT to_regclass('stepped.begun')").scalar_one() is not None:
            conn.exec_driver_sql("TRUNCATE stepped.begun, stepped.moment")
    return module_database


@pytest.fixture
def fresh(make_database: Callable[..., Database], template: str) -> Database:
    """A database of the test's own."""
    return make_database(template)


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
def workers(fresh: Database) -> Iterator[Callable[..., Workers]]:
    """Makes workers on the test's own database."""
    made: list[Workers] = []

    def make(*names: str, schedules: tuple[str, ...] = ()) -> Workers:
        made.append(made_workers(fresh.engine, fresh.url, *names, schedules=schedules))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def soon() -> Callable[[Callable[[], bool]], None]:
    """Waits until something is true, and fails when it does not become so."""

    def wait(until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 15
        while not until():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.01)

    return wait
