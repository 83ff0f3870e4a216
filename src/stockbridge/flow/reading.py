"""Asking one connection what we may have missed, from its own cursor on; what it says goes into the inbox with the cursor."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from stockbridge.db import arrivals, connections, journal
from stockbridge.db.queries import Queries
from stockbridge.domain.orders import Park
from stockbridge.flow.corridor import House
from stockbridge.ports import DoorError, Job, TryLater

_C = Queries("connections")
_log = structlog.get_logger("sweep")

#: What a connection is stopped for when a sweep met a refused key.
_KEY_REFUSED = "credentials:reading"
#: Nobody is asked longer than this in one go; the cursor remembers the rest.
SHIFT = timedelta(seconds=25)


def read(house: House, job: Job) -> bool:
    """Ask page after page; what is found goes into the inbox with the cursor, in one transaction. False: it could not be asked."""
    door = house.door(job.account, job.connection)
    if door is None or door.polls is None or job.what not in door.polls.sweeps:
        return True
    place = {"account": job.account, "connection": job.connection, "what": job.what}
    ends = house.clock.now() + SHIFT
    while house.clock.now() < ends:
        with house.database.begin() as conn:
            cursor = _C.value(conn, "cursor", **place)
        try:
            found, after = door.polls.poll(job.what, cursor)
        except DoorError as error:
            _failed(house, job, error)
            return False
        with house.database.begin() as conn:
            arrivals.store(conn, found)
            now = house.clock.now()
            _C.run(conn, "save_cursor", **place, cursor=after, now=now, found=len(found), error="")
            _C.run(conn, "contact", account=job.account, connection=job.connection, now=now)
            _let_in(conn, job, now)
            house.engine.wake_all(conn, arrivals.step_jobs(found))
        if after == cursor or not found:
            return True
    return True


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
