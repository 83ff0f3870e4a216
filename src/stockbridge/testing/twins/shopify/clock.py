"""The twin's clocks: a virtual one that tests and the simulation turn by hand, and the wall clock for a served twin."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

DAWN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""Where a virtual clock starts unless told otherwise: a Monday morning."""


class Clock(Protocol):
    """Anything that tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class VirtualClock:
    """A clock that stands still until it is moved; never backwards."""

    def __init__(self, start: datetime = DAWN) -> None:
        if start.tzinfo is None:
            raise ValueError("A clock needs an aware start time.")
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        self._now = max(self._now, moment)

    def advance(self, seconds: float) -> None:
        self.move_to(self._now + timedelta(seconds=seconds))


class WallClock:
    """The machine's clock. Only a twin that is served to the outside world uses it: it is a world of its own."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the served twin stands for another company's computer
