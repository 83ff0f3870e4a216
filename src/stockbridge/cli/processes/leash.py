"""A child process ends when the one that started it is gone, however it went: it reads a pipe that only its parent holds open."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


def tie_to_parent() -> None:
    """From now on the end of standard input ends this process, as SIGTERM would."""
    threading.Thread(target=_wait_for_end, name="leash", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


class Ending:
    """Set by SIGTERM and SIGINT. To be made in the main thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._event.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """True once one of them has come."""
        return self._event.wait(timeout_s)

    @property
    def asked(self) -> bool:
        """Whether one of them has come."""
        return self._event.is_set()
