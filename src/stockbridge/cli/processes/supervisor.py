"""Keeps child processes running until it is told to stop; then they have eight seconds to finish what they have in hand."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Protocol

#: A child that ends with this code asks to be started afresh at once (the sysexits word for "try again").
AGAIN = 75
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
#: A child that has lived so long was well: the next pause is the first again.
_WELL_AFTER_S = 60.0
#: A child that asks for a fresh start sooner than this is treated like any other that died.
_TOO_SOON_S = 1.0
_LOOK_EVERY_S = 0.05
#: How long a child may take to finish what it has in hand.
PATIENCE_S = 8.0


class Stop(Protocol):
    """What says that it is time to end."""

    @property
    def asked(self) -> bool: ...
    def wait(self, timeout_s: float | None = None) -> bool: ...


@dataclass(slots=True)
class Child:
    """One process to keep running. ``deaths``: how often in a row it has died young."""

    name: str
    command: Sequence[str]
    keep_fds: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    due: float = 0.0
    deaths: int = 0


def pause_after(code: int, *, lived_s: float, deaths: int) -> tuple[float, int]:
    """How long to wait before the next start, in seconds, and how many deaths are counted now."""
    if code == AGAIN and lived_s >= _TOO_SOON_S:
        return 0.0, 0
    counted = 1 if lived_s >= _WELL_AFTER_S else deaths + 1
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(counted - 1, 16)), counted


@dataclass(slots=True)
class Supervisor:
    """``commands``: name to command line. ``say`` is told in words when a child died, and at the end what is waited for."""

    commands: Mapping[str, Sequence[str]]
    say: Callable[[str], None]
    keep_fds: Sequence[int] = ()
    patience_s: float = PATIENCE_S
    clock: Callable[[], float] = monotonic
    children: list[Child] = field(default_factory=list)

    def run(self, stop: Stop, *, each_look: Callable[[], None] = lambda: None) -> None:
        """Starts every child and restarts the dead until ``stop``; then ends them, politely first."""
        self.children = [Child(name, command, self.keep_fds) for name, command in self.commands.items()]
        try:
            while not stop.asked:
                for child in self.children:
                    self._look_at(child)
                each_look()
                stop.wait(_LOOK_EVERY_S)
        finally:
            self._end_all()

    def _look_at(self, child: Child) -> None:
        if child.process is None:
            if self.clock() >= child.due:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        pause_s, child.deaths = pause_after(code, lived_s=self.clock() - child.began, deaths=child.deaths)
        self._let_go(child)
        child.due = self.clock() + pause_s
        self.say(f"{child.name} {_ended(code)}; it is started again {f'in {pause_s:g} s' if pause_s else 'now'}.")

    def _start(self, child: Child) -> None:
        child.began = self.clock()
        # Its own session: Ctrl-C in the terminal reaches us alone, and we end the children in order. Standard input is the
        # leash: it ends when this process does, even by kill -9.
        child.process = subprocess.Popen(
            list(child.command), stdin=subprocess.PIPE, pass_fds=tuple(child.keep_fds), start_new_session=True
        )

    def _let_go(self, child: Child) -> None:
        if child.process is not None and child.process.stdin is not None:
            child.process.stdin.close()
        child.process = None

    def _end_all(self) -> None:
        alive = {child.name: child.process for child in self.children if child.process is not None}
        for process in alive.values():
            process.send_signal(signal.SIGTERM)
        if alive:
            self.say(f"Stopping: {' and '.join(alive)} may finish what is in hand, for up to {self.patience_s:g} s.")
        deadline = self.clock() + self.patience_s
        while alive and self.clock() < deadline:
            for name in [name for name, process in alive.items() if process.poll() is not None]:
                del alive[name]
                self.say(f"{name} has ended.")
            sleep(_LOOK_EVERY_S if alive else 0)
        for name, process in alive.items():
            process.kill()  # nothing is lost by this: every step is a transaction
            process.wait()
            self.say(f"{name} was not done and was ended. Nothing is lost: the next start goes on where it was.")
        for child in self.children:
            self._let_go(child)


def _ended(code: int) -> str:
    if code == AGAIN:
        return "asks for a fresh start"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
