"""Real processes of the command, with an embedded PostgreSQL of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

PATIENCE_S = 90.0


def until(look: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """Waits until something is true, and gives it."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


@dataclass
class Started:
    """A running command: what it says so far is in its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def address(self) -> str:
        """Where the pages are, once they answer."""
        return str(until(lambda: re.search(r"(?:Stockbridge is|The pages are) at (http://\S+)", self.said)).group(1))

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Ends it; gives its exit code and how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(60), time.monotonic() - began

    def children(self) -> dict[str, int]:
        """Its child processes by command."""
        pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0") for pid in pids}
        return {word: pid for pid, words in lines.items() for word in ("web", "worker") if word in words}

    def ready(self) -> bool:
        try:
            return httpx2.get(f"{self.address()}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False


@dataclass
class House:
    """One installation, and the commands that run on it."""

    folder: Path
    running: list[Started] = field(default_factory=list)

    def start(self, *words: str) -> Started:
        log = self.folder.parent / f"{len(self.running)}.log"
        command = [sys.executable, "-m", "stockbridge", "--data-dir", str(self.folder), *words]
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder.parent)
        self.running.append(Started(process, log))
        return self.running[-1]

    def run(self, *words: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "stockbridge", "--data-dir", str(self.folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder.parent, timeout=120, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def server(self) -> int:
        """The postmaster's process number."""
        [file] = self.folder.glob("pg*/data/postmaster.pid")
        return int(file.read_text().split()[0])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation that has never been started."""
    found = House(tmp_path / "data")
    yield found
    for each in found.running:
        if each.process.poll() is None:
            each.process.terminate()
            try:
                each.process.wait(20)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Waits until something is true."""
    return until


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether a process has ended."""

    def look(number: int) -> bool:
        try:
            os.kill(number, 0)
            return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (ProcessLookupError, FileNotFoundError):
            return True

    return look
