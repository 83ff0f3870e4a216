"""Timed passes that find what no message told us (DESIGN time limits). They store what they find; the steps decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from stockbridge.db import arrivals, connections, journal, people, stock
from stockbridge.db.queries import Queries
from stockbridge.domain.calendar import due_date
from stockbridge.domain.effects import FetchOrder
from stockbridge.domain.orders import Park
from stockbridge.flow.corridor import House
from stockbridge.outbox import append as outbox
from stockbridge.ports import DoorError, Job, TryLater

_C = Queries("connections")
_O = Queries("orders")
_P = Queries("prune")
_log = structlog.get_logger("sweep")

#: What a connection is stopped for when a sweep met a refused key.
_KEY_REFUSED = "credentials:reading"
#: An arrival that has waited so long was not seen by any job.
OVERLOOKED = timedelta(seconds=2)
#: A waiting order whose reading has brought nothing for so long is asked for again.
UNANSWERED = timedelta(minutes=5)
#: No sweep works longer than this in one go; the cursor remembers the rest.
SHIFT = timedelta(seconds=25)


def run(house: House, job: Job) -> None:
    """One sweep of one connection, page after page; what it finds goes into the inbox with the cursor, in one transaction."""
    if job.what == "waiting":
        fetch_waiting(house, job)
        return
    if job.what == "levels":
        look_at_all(house, job)
        return
    door = house.door(job.account, job.connection)
    if door is None or door.polls is None or job.what not in door.polls.sweeps:
        return
    place = {"account": job.account, "connection": job.connection, "what": job.what}
    ends = house.clock.now() + SHIFT
    while house.clock.now() < ends:
        with house.database.begin() as conn:
            cursor = _C.value(conn, "cursor", **place)
        try:
            found, after = door.polls.poll(job.what, cursor)
        except DoorError as error:
            _failed(house, job, error)
            return
        with house.database.begin() as conn:
            arrivals.store(conn, found)
            now = house.clock.now()
            _C.run(conn, "save_cursor", **place, cursor=after, now=now, found=len(found), error="")
            _C.run(conn, "contact", account=job.account, connection=job.connection, now=now)
            _let_in(conn, job, now)
            house.engine.wake_all(conn, arrivals.step_jobs(found))
        if after == cursor or not found:
            return


def _failed(house: House, job: Job, error: DoorError) -> None:
    _log.warning("sweep.failed", connection=job.connection, what=job.what, reason=str(error))
    now = house.clock.now()
    place = {"account": job.account, "connection": job.connection}
    with house.database.begin() as conn:
        _C.run(conn, "save_cursor", **place, what=job.what, cursor=None, now=now, found=0, error=str(error))
        _C.run(conn, "trouble", **place, error=str(error), now=now)
        if isinstance(error, TryLater) and error.credentials:
            _locked_out(conn, job, error, now)


def _locked_out(conn: Connection, job: Job, error: DoorError, now: datetime) -> None:
    """A person must see to the key or its rights, and until then the connection is shown as not working."""
    park = Park(
        cause=_KEY_REFUSED,
        title=f"{job.connection} does not let us in: {error}",
        consequence="Nothing is read from it or sent to it. Nothing is lost: all of it is made up for when it lets us in.",
        remedy="connection",
    )
    subject = f"connection/{job.connection}"
    journal.park(conn, account=job.account, subject=subject, connection=job.connection, parks=[park], now=now)


def _let_in(conn: Connection, job: Job, now: datetime) -> None:
    """That settles it once no other sweep is in trouble: a key may have some rights and lack others."""
    if not connections.in_trouble(conn, account=job.account, connection=job.connection):
        subject = f"connection/{job.connection}"
        journal.unpark(conn, account=job.account, subject=subject, causes=[_KEY_REFUSED], now=now, how="it lets us in again")


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


def look_at_all(house: House, job: Job) -> None:
    """Every mapped level of a shop is looked at: what no message told us is found here."""
    with house.database.begin() as conn:
        stock.touch_shop(conn, account=job.account, shop=job.connection, now=house.clock.now())
        house.engine.wake(conn, Job(kind="publish", account=job.account, connection=job.connection))


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
            if date is None or row.paused:
                continue
            _C.run(conn, "save_cursor", **place, cursor=date, now=moment, found=0, error="")
            for what in ("locations", "items", "stock", "levels"):
                house.engine.wake(conn, Job(kind="sweep", account=row.account, connection=row.connection, what=what))


def prune(house: House, moment: datetime, keep_days: int) -> None:
    """Forget what is finished and old, and what let people in once. What keeps an effect from being doubled is never pruned."""
    before = moment - timedelta(days=keep_days)
    with house.database.begin() as conn:
        people.forget_old(conn, now=moment)
    for query in ("arrivals", "journal", "publications", "readings"):
        while True:
            with house.database.begin() as conn:
                gone = _P.run(conn, query, before=before, most=5000)
            if gone < 5000:
                break


def due_jobs(conn: Connection, now: datetime) -> list[Job]:
    """Every lane with work that no job may know of (a lost wake-up, a retry whose time has come)."""
    return arrivals.due_jobs(conn, now=now, before=now - OVERLOOKED)


def sweep_jobs(conn: Connection, whats: Iterable[str]) -> list[Job]:
    """One job per connection and sweep of these names; a door that has no such sweep ignores it."""
    wanted = list(whats)
    return [
        Job(kind="sweep", account=row.account, connection=row.connection, what=what)
        for row in _C.rows(conn, "all")
        if not row.paused
        for what in wanted
    ]
