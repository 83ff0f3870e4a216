"""Fixtures for the embedded server's tests: data folders of their own, and other processes that hold a server."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from stockbridge.db.embedded import Cluster
from stockbridge.db.embedded.layout import Layout

HOLDER = """
import sys
from pathlib import Path
from stockbridge.db.embedded import Cluster
cluster = Cluster(Path(sys.argv[1]), durable=False)
sys.stdout.write(cluster.acquire() + "\\n")
sys.stdout.flush()
sys.stdin.read()
cluster.release()
"""


class Holder:
    """Another process that uses the server of a data folder, until it is told to leave or is killed."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def url(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:  # log lines may come first
            if line.startswith("postgresql"):
                return line.strip()
        raise AssertionError("the other process did not get a server")

    def leave(self) -> None:
        self.process.communicate("", timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Callable[[], Holder]]:
    """Starts another process that holds the server of `data_dir`."""
    holders: list[Holder] = []

    def start() -> Holder:
        holders.append(Holder(data_dir))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder; whatever a test leaves running in it is stopped."""
    folder = tmp_path / "data"
    yield folder
    if (folder / "pg18" / "data" / "PG_VERSION").exists():
        with contextlib.suppress(Exception), Cluster(folder, durable=False):
            pass


@pytest.fixture
def cluster(data_dir: Path) -> Iterator[Cluster]:
    """A server that this process holds."""
    with Cluster(data_dir, durable=False) as held:
        yield held


@pytest.fixture
def layout(data_dir: Path) -> Layout:
    return Layout.of(data_dir, 18)


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition, and fails when it does not come true."""
    return wait_until


@pytest.fixture
def sql() -> Callable[[str, str], list[tuple[object, ...]]]:
    """Runs one statement at a URL, on a connection of its own that waits for a server on its way up."""

    def run(url: str, statement: str) -> list[tuple[object, ...]]:
        deadline = time.monotonic() + 20
        while True:
            try:
                with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                    cursor = connection.execute(statement)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    return run


@pytest.fixture
def kill9() -> Callable[[int | None], None]:
    def kill(pid: int | None) -> None:
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    return kill
