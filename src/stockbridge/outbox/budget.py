"""One rate budget per connection, shared by every worker through the database; orders before stock (DESIGN: 95 % of it used,
no throttled answers)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine as Database

from stockbridge.db.queries import Queries
from stockbridge.ports import Clock, TryLater

_Q = Queries("connections")

#: Share of the bucket that only urgent calls may use.
RESERVED_FOR_ORDERS = 0.2
#: Points by which the other side's word may exceed our own count, for rounding and clocks.
SLACK = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBudget:
    """A leaky bucket in one row: taken by one UPDATE, so two workers cannot spend the same points."""

    database: Database
    clock: Clock
    account: str
    connection: str

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
        place = {"account": self.account, "connection": self.connection}
        now = self.clock.now()
        with self.database.begin() as conn:
            row = _Q.maybe(conn, "budget", **place, now=now)
            if row is None:
                return 0.0
            floor = 0.0 if urgent else row.maximum * RESERVED_FOR_ORDERS
            payable = min(cost, row.maximum - floor)
            if _Q.maybe(conn, "take_budget", **place, now=now, cost=payable, floor=floor) is not None:
                return 0.0
        missing = payable + floor - row.available
        return float(max(0.05, missing / max(row.restore_per_s, 0.1)))

    def correct(self, *, available: float, maximum: float, restore_per_s: float) -> None:
        """Believe the other side where it says less than we thought."""
        with self.database.begin() as conn:
            _Q.run(
                conn,
                "correct_budget",
                account=self.account,
                connection=self.connection,
                available=available,
                maximum=maximum,
                restore_per_s=restore_per_s,
                slack=SLACK,
                now=self.clock.now(),
            )
