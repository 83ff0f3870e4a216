"""Decisions of one sort about several orders, in one transaction: in a burst a lane holds dozens of orders just read, or just
accepted. What they share is then paid for once: the commit, the locks, the levels to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from stockbridge.db import arrivals
from stockbridge.domain.events import Event, OrderAccepted, OrderSeen
from stockbridge.flow.corridor import House, Step, Taken
from stockbridge.flow.desk import Desk
from stockbridge.ports import Job

_log = structlog.get_logger("together")

#: Locks are held until the commit, so a transaction must not grow long.
MOST = 20

Handle = Callable[[Step, Event], None]
Loud = tuple[Taken, Sequence[Event]]


def decide(house: House, job: Job, loud: Sequence[Loud], handle: Handle) -> frozenset[int]:
    """Deal with those that can be dealt with together. Gives the arrivals that are done; nothing of a transaction that failed is,
    and its arrivals are left to be decided one by one."""
    done: set[int] = set()
    for sort in (OrderSeen, OrderAccepted):
        alike = [(taken, events[0]) for taken, events in loud if len(events) == 1 and isinstance(events[0], sort)]
        for start in range(0, len(alike), MOST):
            some = alike[start : start + MOST]
            if len(some) > 1:
                done |= _some(house, job, some, handle)
    return frozenset(done)


def _some(house: House, job: Job, some: Sequence[tuple[Taken, Event]], handle: Handle) -> set[int]:
    try:
        with house.database.begin() as conn:
            _decide(house, conn, job, some, handle)
    except Exception as error:  # one of them that we cannot work through must not stop the others
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        _log.warning("together.one_by_one", lane=job.key, reason=str(error))
        return set()
    return {taken.arrival_id for taken, _ in some}


def _decide(house: House, conn: Connection, job: Job, some: Sequence[tuple[Taken, Event]], handle: Handle) -> None:
    fresh = arrivals.hold_many(conn, account=job.account, arrival_ids=[taken.arrival_id for taken, _ in some])
    held = [(taken, event) for taken, event in some if taken.arrival_id in fresh]
    if not held:
        return
    desk = _desk(conn, job, [event for _, event in held])
    whole = Step.of(house, conn, held[0][0], desk)
    outcomes = []
    for taken, event in held:
        step = Step.of(house, conn, taken, desk)
        handle(step, event)
        whole.wakes |= step.wakes
        if step.rejected:
            arrivals.park(conn, account=job.account, arrival_id=taken.arrival_id, outcome=step.rejected, now=step.now)
        else:
            outcomes.append((taken.arrival_id, type(event).__name__))
    arrivals.finish_many(conn, account=job.account, outcomes=outcomes, now=whole.now)
    whole.close()


def _desk(conn: Connection, job: Job, events: Sequence[Event]) -> Desk:
    """All orders locked in one order, then all pools in theirs: two transactions that hold several never wait for each other in a
    circle. A new order could draw on many pools, and nobody else may meanwhile; an acceptance needs its own to stay as they are."""
    desk = Desk(conn=conn, account=job.account)
    seen = [event.order for event in events if isinstance(event, OrderSeen)]
    references = [event.reference for event in events if isinstance(event, OrderAccepted)]
    desk.lay_out(places=[(job.connection, order.order_id) for order in seen], references=references)
    if seen:
        codes = desk.codes(job.connection, {line.inventory_item_id for o in seen for line in o.lines if line.inventory_item_id})
        desk.hold(desk.pools() | {(code.connection, code.warehouse, code.item_code) for code in codes}, alone=True)
    else:
        desk.hold(desk.pools(), alone=False)
    return desk
