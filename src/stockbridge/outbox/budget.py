"""One rate budget per connection, shared by every worker through the database; orders before stock (DESIGN: 95 % of it used,
no throttled answers)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from stockbridge.db.queries import Queries
from stockbridge.domain.budget import Bucket
from stockbridge.ports import Clock, TryLater

_Q = Queries("connections")

#: A connection that had no budget is taken to have none for so long.
UNLIMITED_FOR = timedelta(seconds=5)
#: Nobody tries again sooner, in seconds.
SHORTEST_S = 0.02
#: Nobody queues for longer than his patience; a wait that is so much longer, in seconds, was asked for by the other side.
HELD_S = 30.0
#: A clock counts in steps: who comes a hair too early would wait twice.
HAIR_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBudget:
    """The bucket of ``domain.budget`` in one row, which is locked while something is taken: two workers cannot spend the same points,
    and a dear call is not starved by cheap ones."""

    database: Database
    clock: Clock
    account: str
    connection: str
    _unlimited: _Unlimited = field(default_factory=lambda: _Unlimited())

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None:
        """Wait until ``cost`` points may be spent. Raises TryLater when that is too far off.

        What is urgent queues, dear calls and cheap ones in the order in which they came. What is not stands aside while orders need the
        points, but for the part that is its own; when its patience is used up it queues like everybody, so stock is late in a rush
        and never forgotten. A connection whose limits are not known yet is let through: its first answer says them."""
        waited = 0.0
        while not urgent and waited < patience_s:
            wait = self._taken(lambda bucket: bucket.spare(cost))
            if wait <= 0:
                return
            pause = min(max(SHORTEST_S, wait + HAIR_S), patience_s - waited)
            self.clock.sleep(pause)
            waited += pause
        wait = self.reserve(cost, patience_s=patience_s)
        if wait > 0:
            self.clock.sleep(wait)

    def reserve(self, cost: float, *, patience_s: float) -> float:
        """Take a place in the queue. Gives the seconds until the points may be spent. Raises TryLater when they are too many."""
        wait = self._taken(lambda bucket: bucket.queue(cost, patience_s=patience_s))
        if wait > patience_s:
            held = wait > patience_s + HELD_S
            why = "it turned one of us away and wants to be left alone" if held else "the rate limit is used up for the moment"
            raise TryLater(why, after_s=max(SHORTEST_S, wait), asked=False)
        return wait

    def _taken(self, take: Callable[[Bucket], tuple[Bucket | None, float]]) -> float:
        """Take points, if they are given. Gives the seconds to wait, for them or until another try."""
        now = self.clock.now()
        if self._unlimited.still(now):
            return 0.0
        with self.database.begin() as conn:
            bucket = self._bucket(conn, now)
            if bucket is None:
                self._unlimited.until = now + UNLIMITED_FOR
                return 0.0
            left, wait = take(bucket)
            if left is not None:
                self._save(conn, left, now)
        return wait

    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None:
        """Believe the other side where it says less than we thought."""
        self._unlimited.until = None
        now = self.clock.now()
        limits = {"level": available, "maximum": maximum, "restore_per_s": restore_per_s}
        with self.database.begin() as conn:
            known = self._bucket(conn, now)
            self._save(conn, known.told(**limits, refund=refund) if known else Bucket.new(**limits), now)

    def hold(self, seconds: float) -> None:
        """Nobody asks for so long, in whatever process: the other side turned one of us away. Where nothing is known of its limits,
        everybody finds that out for himself."""
        now = self.clock.now()
        with self.database.begin() as conn:
            bucket = self._bucket(conn, now)
            if bucket is not None:
                self._save(conn, bucket.held(seconds), now)

    def _bucket(self, conn: Connection, now: datetime) -> Bucket | None:
        """What may be spent now, locked; None: this connection has no limits that we know of."""
        row = _Q.maybe(conn, "budget", account=self.account, connection=self.connection)
        if row is None:
            return None
        bucket = Bucket(level=row.available, aside=row.aside, maximum=row.maximum, restore_per_s=row.restore_per_s)
        return bucket.after((now - row.at).total_seconds())

    def _save(self, conn: Connection, bucket: Bucket, now: datetime) -> None:
        _Q.run(
            conn,
            "save_budget",
            account=self.account,
            connection=self.connection,
            available=bucket.level,
            aside=bucket.aside,
            maximum=bucket.maximum,
            restore_per_s=bucket.restore_per_s,
            now=now,
        )


@dataclass(slots=True)
class _Unlimited:
    """Until when nobody is asked again whether this connection has a budget: most warehouse systems have none."""

    until: datetime | None = None

    def still(self, now: datetime) -> bool:
        return self.until is not None and now < self.until
