"""Timed passes that find what no message told us (DESIGN time limits). They store what they find; the steps decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from stockbridge.db import arrivals, history, people, spent, tokens
from stockbridge.db import runs as stored_runs
from stockbridge.db.queries import Queries
from stockbridge.domain.calendar import due_date
from stockbridge.domain.effects import FetchOrder
from stockbridge.flow import batches, runs
from stockbridge.flow.bulk import files
from stockbridge.flow.corridor import House
from stockbridge.flow.reading import read
from stockbridge.outbox import append as outbox
from stockbridge.ports import Job

_C = Queries("connections")
_O = Queries("orders")
_P = Queries("prune")
_log = structlog.get_logger("sweep")

#: An arrival that has waited so long was not seen by any job.
OVERLOOKED = timedelta(seconds=2)
#: A waiting order whose reading has brought nothing for so long is asked for again.
UNANSWERED = timedelta(minutes=5)
#: Rows that are forgotten in one transaction.
PRUNED = 5000


def run(house: House, job: Job) -> None:
    """One timed pass of one connection: what it may have missed is read, or a shop's numbers are compared."""
    match job.what:
        case "waiting":
            fetch_waiting(house, job)
        case "runs":
            runs.work(house, job)
        case "batches":
            batches.work(house, job)
        case "levels" | "full":
            kind = "delta" if job.what == "levels" else "full"
            runs.start(house, account=job.account, shop=job.connection, kind=kind)
        case _:
            read(house, job)


def fetch_waiting(house: House, job: Job) -> None:
    """Orders whose time to be looked at again has come are read again."""
    now = house.clock.now()
    place = {"account": job.account, "shop": job.connection}
    with house.database.begin() as conn:
        rows = _O.rows(conn, "waiting", **place, now=now, most=200)
        readings = [FetchOrder(order_id=row.order_id, cause=f"again:{row.retry_at.isoformat()}") for row in rows]
        wakes = outbox.append_readings(conn, account=job.account, connection=job.connection, readings=readings, now=now)
        asked = [row.order_id for row in rows]
        _O.run(conn, "waiting_asked", **place, order_ids=asked, now=now, retry_at=now + UNANSWERED)
        house.engine.wake_all(conn, wakes)


def wake(house: House, whats: Iterable[str]) -> None:
    """Sweeps of these names begin for every connection."""
    with house.database.begin() as conn:
        house.engine.wake_all(conn, sorted(sweep_jobs(conn, whats)))


def nightly(house: House, moment: datetime) -> None:
    """The full comparison, once per local date of each shop, from two in the morning (once also when clocks change)."""
    with house.database.begin() as conn:
        for row in _C.rows(conn, "all"):
            place = {"account": row.account, "connection": row.connection, "what": "nightly"}
            done = _C.value(conn, "cursor", **place)
            date = due_date(moment, zone=row.time_zone, done=done)
            if date is None:
                continue
            _C.run(conn, "save_cursor", **place, cursor=date, now=moment, found=0, error="")
            for what in ("locations", "items", "stock", "full"):
                house.engine.wake(conn, Job(kind="sweep", account=row.account, connection=row.connection, what=what))


def prune(house: House, moment: datetime, keep_days: int, history_days: int) -> None:
    """Forget what is finished and old, and what let people in once. What keeps an effect from being doubled is never pruned; a
    batch of level writes stays as long as the numbers that name it."""
    before, published_before = moment - timedelta(days=keep_days), moment - timedelta(days=history_days)
    with house.database.begin() as conn:
        people.forget_old(conn, now=moment)
        tokens.forget_old(conn, now=moment)
        files.tidy(conn, house.folder)
    oldest_of = {"publications": min(before, published_before), "foreign_changes": min(before, moment - spent.COUNTED_FOR)}
    for query in ("arrivals", "journal", "publications", "readings", "runs", "batches", "corrections", "foreign_changes"):
        oldest = oldest_of.get(query, before)
        while True:
            with house.database.begin() as conn:
                gone = _P.run(conn, query, before=oldest, most=PRUNED)
            if gone < PRUNED:
                break
    _prune_history(house, moment, published_before)


def _prune_history(house: House, moment: datetime, before: datetime) -> None:
    """Whole days are dropped at once. Whoever reads at that moment is not waited for: the next hour is as good."""
    try:
        with house.database.begin() as conn:
            history.tend(conn, now=moment, before=before)
    except OperationalError as error:
        if error.connection_invalidated:
            raise
        _log.warning("prune.history_in_use", reason=str(error.orig))
    gone = PRUNED
    while gone == PRUNED:
        with house.database.begin() as conn:
            gone = history.forget(conn, before=before, most=PRUNED)


def due_jobs(conn: Connection, now: datetime) -> list[Job]:
    """Every lane with work that no job may know of (a lost wake-up, a retry whose time has come)."""
    open_ = stored_runs.due_shops(conn, now=now)
    sweeping = [Job(kind="sweep", account=account, connection=shop, what="runs") for account, shop in open_]
    return [*arrivals.due_jobs(conn, now=now, before=now - OVERLOOKED), *sweeping, *batches.due_jobs(conn, now=now)]


def sweep_jobs(conn: Connection, whats: Iterable[str]) -> list[Job]:
    """One job per connection and sweep of these names; a door that has no such sweep ignores it."""
    wanted = list(whats)
    return [
        Job(kind="sweep", account=row.account, connection=row.connection, what=what)
        for row in _C.rows(conn, "all")
        for what in wanted
    ]
