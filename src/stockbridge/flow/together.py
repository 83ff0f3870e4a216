"""Decisions of one sort about several orders, in one transaction: in a burst a lane holds dozens of orders just read, or just
accepted. What they share is then paid for once: the commit, the locks, the levels to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from stockbridge.db import arrivals, catalog, orders, stock
from stockbridge.domain.events import Event, OrderAccepted, OrderSeen
from stockbridge.flow.corridor import House, Step, Taken
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
    _lock(conn, job, [event for _, event in held])
    whole = Step.of(house, conn, held[0][0])
    outcomes = []
    for taken, event in held:
        step = Step.of(house, conn, taken)
        handle(step, event)
        whole.pools |= step.pools
        whole.wakes |= step.wakes
        if step.rejected:
            arrivals.park(conn, account=job.account, arrival_id=taken.arrival_id, outcome=step.rejected, now=step.now)
        else:
            outcomes.append((taken.arrival_id, type(event).__name__))
    arrivals.finish_many(conn, account=job.account, outcomes=outcomes, now=whole.now)
    whole.close()


def _lock(conn: Connection, job: Job, events: Sequence[Event]) -> None:
    """All orders in one order, then all pools that a new order could draw on in theirs: two transactions that hold several never
    wait for each other in a circle."""
    seen = [event.order for event in events if isinstance(event, OrderSeen)]
    subjects = {(job.connection, order.order_id) for order in seen}
    references = [event.reference for event in events if isinstance(event, OrderAccepted)]
    subjects |= set(orders.of_references(conn, account=job.account, references=references))
    orders.lock_many(conn, account=job.account, orders=sorted(subjects))
    items = {line.inventory_item_id for order in seen for line in order.lines if line.inventory_item_id}
    if items:
        codes = catalog.load_codes(conn, account=job.account, shop=job.connection, items=items)
        pools = {(code.connection, code.warehouse, code.item_code) for code in codes}
        stock.load_pools(conn, account=job.account, pools=pools)
