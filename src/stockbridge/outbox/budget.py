"""One rate budget per connection, shared by every worker through the database; orders before stock (DESIGN: 95 % of it used,
no throttled answers)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine as Database

from stockbridge.db.queries import Queries
from stockbridge.ports import Clock, TryLater

_Q = Queries("connections")

#: Share of the bucket that only urgent calls may use.
RESERVED_FOR_ORDERS = 0.2
#: A connection that had no budget is taken to have none for so long.
UNLIMITED_FOR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBudget:
    """A leaky bucket in one row, which may run into debt: who comes when it is empty reserves what will have flowed in, and waits
    for it. One UPDATE reserves, so two workers cannot spend the same points; a dear call is not starved by cheap ones."""

    database: Database
    clock: Clock
    account: str
    connection: str
    _unlimited: _Unlimited = field(default_factory=lambda: _Unlimited())

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None:
        """Take a place in the queue for ``cost`` points and wait until they may be spent, dear calls and cheap ones in the order in
        which they came. Raises TryLater when that is too far off.

        What is not urgent stands aside while orders need the points; when its patience is used up it queues like everybody, so
        stock is late in a rush and never forgotten. A connection whose limits are not known yet is let through: its first answer
        says them."""
        waited = 0.0
        while not urgent and waited < patience_s:
            wait = self._reserve(cost, kept=RESERVED_FOR_ORDERS, patience_s=0.0)
            if wait == 0:
                return
            pause = min(abs(wait), patience_s - waited)
            self.clock.sleep(pause)
            waited += pause
        wait = self._reserve(cost, kept=0.0, patience_s=patience_s)
        if wait < 0:
            raise TryLater("the rate limit is used up for the moment", after_s=-wait)
        if wait > 0:
            self.clock.sleep(wait)

    def _reserve(self, cost: float, *, kept: float, patience_s: float) -> float:
        """Reserve the points. Gives the seconds until they may be spent, or, reserving nothing, the seconds that it would take
        as a negative number, if that is more than the patience."""
        now = self.clock.now()
        if self._unlimited.still(now):
            return 0.0
        place = {"account": self.account, "connection": self.connection, "now": now, "cost": cost, "kept": kept}
        with self.database.begin() as conn:
            taken = _Q.maybe(conn, "reserve_budget", **place, patience_s=patience_s)
            told = taken or _Q.maybe(conn, "budget_wait", **place)
        if told is None:
            self._unlimited.until = now + UNLIMITED_FOR
            return 0.0
        return float(told.wait_s) if taken else -max(0.05, float(told.wait_s))

    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None:
        """Believe the other side where it says less than we thought."""
        self._unlimited.until = None
        with self.database.begin() as conn:
            _Q.run(
                conn,
                "correct_budget",
                account=self.account,
                connection=self.connection,
                available=available,
                maximum=maximum,
                restore_per_s=restore_per_s,
                refund=refund,
                now=self.clock.now(),
            )


@dataclass(slots=True)
class _Unlimited:
    """Until when nobody is asked again whether this connection has a budget: most warehouse systems have none."""

    until: datetime | None = None

    def still(self, now: datetime) -> bool:
        return self.until is not None and now < self.until
