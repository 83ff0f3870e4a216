"""A lock on a file, which the kernel gives back by itself when its holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from stockbridge.db.embedded.account import Account

POLL_S = 0.02


class FileLock:
    """One open file and the flock on it. Several of them in one process exclude one another, as processes do.

    A shared lock is left by closing the file, not by unlocking it: a forked child shares the open file, and unlocking
    here would take the lock away from the child too.
    """

    def __init__(self, path: Path, account: Account) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        account.own_fd(self.fd)

    def try_shared(self) -> bool:
        """Takes the lock together with other sharers; False when somebody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Takes the lock alone; False when anybody else holds it. A shared lock held before is then lost."""
        return self._try(fcntl.LOCK_EX)

    def wait(self, *, shared: bool, timeout_s: float) -> bool:
        """Takes the lock as soon as it is free; False when it was not within `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not (self.try_shared() if shared else self.try_exclusive()):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def unlock(self) -> None:
        """Unlocks for everyone who shares this open file: only for a lock that is held alone."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets go of the lock. May be called twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
