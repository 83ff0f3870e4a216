"""The same thing asked for many orders: a few at a time, so that new orders do not wait, until all are dealt with or a person stops it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.domain.batches import AT_ONCE, Action, Standing, ended
from stockbridge.domain.events import BatchAsked, BatchStopped, Event, RetryAsked
from stockbridge.domain.orders import OrderState
from stockbridge.flow import actions, own_words
from stockbridge.flow.corridor import House, Step
from stockbridge.ports import Job

_Q = Queries("batches")
#: No batch is worked on longer than this in one go; it is found due and goes on.
SHIFT = timedelta(seconds=20)
#: How often a batch that waits for what it asked looks again.
LOOK = timedelta(seconds=1)

Ask = Callable[[Connection, str, Sequence[Row[Any]], str], Sequence[Event]]


def asked(step: Step, event: BatchAsked) -> None:
    """Somebody wants the same for many orders: they are kept, and worked through by and by."""
    place = {"account": step.account, "batch_id": event.batch_id}
    begun = _Q.run(step.conn, "begin", **place, action=event.action, orders=len(event.orders), by=event.by, now=step.now)
    if begun:
        shops, order_ids = [shop for shop, _ in event.orders], [order_id for _, order_id in event.orders]
        _Q.run(step.conn, "add", **place, shops=shops, order_ids=order_ids)
        step.wake([job_of(step.account)])


def stopped(step: Step, event: BatchStopped) -> None:
    """Somebody stops it: what was not begun stays as it is."""
    place = {"account": step.account, "batch_id": event.batch_id}
    if _Q.run(step.conn, "stop", **place, by=event.by, now=step.now):
        _Q.run(step.conn, "leave", **place, now=step.now)


def job_of(account: str) -> Job:
    """The job that works batches through."""
    return Job(kind="sweep", account=account, connection=own_words.PEOPLE, what="batches")


def due_jobs(conn: Connection, *, now: datetime) -> list[Job]:
    """One for each account with a batch that is to go on."""
    return [job_of(row.account) for row in _Q.rows(conn, "due_accounts", now=now)]


def work(house: House, job: Job) -> None:
    """Take the account's batches further, until all wait for what they asked or the shift is over."""
    ends = house.clock.now() + SHIFT
    while house.clock.now() < ends:
        if not _turn(house, job.account):
            return


def _turn(house: House, account: str) -> bool:
    """What was asked for is looked at, and the next are asked for; was there a batch to go on with?"""
    now = house.clock.now()
    with house.database.begin() as conn:
        batch = _Q.maybe(conn, "due", account=account, now=now)
        if batch is None:
            return False
        place = {"account": account, "batch_id": batch.batch_id}
        open_ = _Q.rows(conn, "under_way", **place)
        over = [(row.number, end) for row in open_ if (end := ended(_standing(row), now=now)) is not None]
        _Q.many(
            conn,
            "settle",
            [{**place, "number": number, "fine": end.fine, "said": end.said, "now": now} for number, end in over],
        )
        room = AT_ONCE - len(open_) + len(over)
        rows = _Q.rows(conn, "next", **place, now=now, most=room) if room > 0 else []
        if not _Q.run(conn, "finish", **place, now=now):
            _Q.run(conn, "later", **place, at=now + LOOK)
        events = ASKS[Action(batch.action)](conn, account, rows, batch.asked_by) if rows else ()
        if events:
            actions.ask_all(
                conn, engine=house.engine, ids=house.ids, account=account, events=events, by=batch.asked_by, now=now
            )
    return True


def _standing(row: Row[Any]) -> Standing:
    return Standing(state=OrderState(row.state), reason=row.reason, busy=row.busy, stopped=row.stopped, asked_at=row.asked_at)


def _retry(conn: Connection, account: str, rows: Sequence[Row[Any]], by: str) -> Sequence[Event]:
    subjects = [f"order/{row.order_id}" for row in rows]
    stopped_ = _Q.rows(conn, "stopped_of", account=account, subjects=subjects)
    return [RetryAsked(parked_id=row.parked_id, by=by) for row in stopped_]


#: What is asked for each order of a batch.
ASKS: Mapping[Action, Ask] = {Action.RETRY: _retry}
