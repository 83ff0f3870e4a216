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
#: Points by which the other side's word may exceed our own count, for rounding and clocks.
SLACK = 5.0
#: A connection that had no budget is taken to have none for so long.
UNLIMITED_FOR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBudget:
    """A leaky bucket in one row: taken by one UPDATE, so two workers cannot spend the same points."""

    database: Database
    clock: Clock
    account: str
    connection: str
    _unlimited: _Unlimited = field(default_factory=lambda: _Unlimited())

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None:
        """Wait until ``cost`` points may be spent, and spend them. Raises TryLater when that is too far off.

        A connection whose limits are not known yet is let through: its first answer says them."""
        waited = 0.0
        while True:
            wait = self._try(cost, urgent=urgent)
            if wait <= 0:
                return
            if waited + wait > patience_s:
                raise TryLater("the rate limit is used up for the moment", after_s=wait)
            self.clock.sleep(wait)
            waited += wait

    def _try(self, cost: float, *, urgent: bool) -> float:
        """Spend, or give the seconds after which it is worth trying again."""
        if self._unlimited.still(self.clock.now()):
            return 0.0
        now, kept = self.clock.now(), 0.0 if urgent else RESERVED_FOR_ORDERS
        place = {"account": self.account, "connection": self.connection, "now": now}
        with self.database.begin() as conn:
            if _Q.maybe(conn, "take_budget", **place, cost=cost, kept=kept) is not None:
                return 0.0
            row = _Q.maybe(conn, "budget", **place)
        if row is None:
            self._unlimited.until = now + UNLIMITED_FOR
            return 0.0
        floor = row.maximum * kept
        missing = min(cost, row.maximum - floor) + floor - row.available
        return float(max(0.05, missing / max(row.restore_per_s, 0.1)))

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
                slack=SLACK + refund,
                now=self.clock.now(),
            )


@dataclass(slots=True)
class _Unlimited:
    """Until when nobody is asked again whether this connection has a budget: most warehouse systems have none."""

    until: datetime | None = None

    def still(self, now: datetime) -> bool:
        return self.until is not None and now < self.until
