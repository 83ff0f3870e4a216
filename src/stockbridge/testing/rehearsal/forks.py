"""Workers that start warm: one process imports everything once and forks a worker whenever it is asked to, so that hundreds of
deaths fit into minutes. The worker itself is the product's own, from its settings on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from stockbridge.settings import load
from stockbridge.wiring import open_base, start_worker


def work() -> None:
    """A worker's whole life, in a fork."""
    ending = Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    base = open_base(load())
    running = start_worker(base)
    ending.wait()
    running.stop()
    base.close()


def serve(commands: Sequence[str] | None = None) -> None:
    """Fork a worker for each line that arrives, and say its process id; end with the input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: the kernel forgets them by itself
    for _ in commands or sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the pipe is for process ids alone
            try:
                work()
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


@dataclass(slots=True)
class ForkServer:
    """The process that forks, seen from the outside."""

    process: subprocess.Popen[str]

    @classmethod
    def begin(cls, environment: dict[str, str], log: Path) -> ForkServer:
        with log.open("a") as written:
            return cls(
                subprocess.Popen(
                    [sys.executable, "-m", "stockbridge.testing.rehearsal.forks"],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=written,
                    text=True,
                )
            )

    def fork(self) -> int:
        """A new worker's process id."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the fork server has no pipes")
        self.process.stdin.write("start\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Forked:
    """One warm worker; the same verbs as a cold one."""

    name: str
    server: ForkServer
    pid: int = 0
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        self.pid = self.server.fork()

    @property
    def dead(self) -> bool:
        """It has run and runs no more (nor is it a corpse that nobody has buried)."""
        if not self.pid:
            return False
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return state in "ZX"

    def kill(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def stop(self) -> None:
        self.kill()


if __name__ == "__main__":
    serve()
