"""Figures that a warehouse told one by one, taken together: in a busy hour a lane holds dozens of them, and each time we ask for what
changed it holds hundreds. What they share is then paid for once: the commit, the locks, the levels to look at."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from stockbridge.db import arrivals, stock
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Pool
from stockbridge.domain.claims import Figure
from stockbridge.domain.events import Event, FigureReported
from stockbridge.flow.corridor import House, Step, Taken
from stockbridge.flow.desk import Desk
from stockbridge.flow.stock import News, figure_of, follow, pool_of, says_the_same, still, told_one_by_one
from stockbridge.ports import Job

_Q = Queries("figures")
_log = structlog.get_logger("figures")

#: Locks are held until the commit, so a transaction must not grow long.
MOST = 50


def take(house: House, job: Job, loud: Sequence[tuple[Taken, Sequence[Event]]]) -> frozenset[int]:
    """Deal with those that say a single figure. Gives the arrivals that are done; nothing of a transaction that failed is, and its
    arrivals are left to be decided one by one."""
    told = [(taken, events[0]) for taken, events in loud if len(events) == 1 and isinstance(events[0], FigureReported)]
    done: set[int] = set()
    for start in range(0, len(told), MOST):
        some = told[start : start + MOST]
        if len(some) > 1 and _taken(house, job, some):
            done |= {taken.arrival_id for taken, _ in some}
    return frozenset(done)


def _taken(house: House, job: Job, some: Sequence[tuple[Taken, FigureReported]]) -> bool:
    try:
        with house.database.begin() as conn:
            _take(house, conn, job, some)
    except Exception as error:  # one of them that we cannot work through must not stop the others
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        _log.warning("figures.one_by_one", lane=job.key, reason=str(error))
        return False
    return True


def _take(house: House, conn: Connection, job: Job, some: Sequence[tuple[Taken, FigureReported]]) -> None:
    fresh = arrivals.hold_many(conn, account=job.account, arrival_ids=[taken.arrival_id for taken, _ in some])
    held = [(taken, event) for taken, event in some if taken.arrival_id in fresh]
    if not held:
        return
    whole = Step.of(house, conn, held[0][0], Desk(conn=conn, account=job.account))
    newest, asked, same = _newest(house, conn, job, held)
    told = [(pool, figure, taken.arrival.received_at, taken.arrival_id) for pool, (figure, taken) in sorted(newest.items())]
    told_one_by_one(whole, asked)
    stock.save_told(conn, account=job.account, told=told)
    if newest:
        follow(whole, {pool: figure for pool, (figure, _) in newest.items()})
    still(whole, same)
    outcomes = [(taken.arrival_id, FigureReported.__name__) for taken, _ in held]
    arrivals.finish_many(conn, account=job.account, outcomes=outcomes, now=whole.now)
    whole.close()


def _newest(
    house: House, conn: Connection, job: Job, held: Sequence[tuple[Taken, FigureReported]]
) -> tuple[dict[Pool, tuple[Figure, Taken]], dict[Pool, News], dict[Pool, Figure]]:
    """Of each pool the newest figure that was told, if it is newer than what is known; those that are news because we asked; and those
    that say once more what is known."""
    desk = Desk(conn=conn, account=job.account)
    told = [(Step.of(house, conn, taken, desk), taken, event) for taken, event in held]
    pools = stock.pool_columns(pool_of(step, event) for step, _, event in told)
    rows = _Q.rows(conn, "told_pools", account=job.account, **pools)
    known = {(row.connection, row.warehouse, row.item_code): stock.figure_of(row) for row in rows}
    newest: dict[Pool, tuple[Figure, Taken]] = {}
    asked: dict[Pool, News] = {}
    same: dict[Pool, Figure] = {}
    for step, taken, event in told:
        pool, figure = pool_of(step, event), figure_of(step, event)
        if figure.newer_than(known.get(pool)):
            if figure.asked_at is not None:
                asked[pool] = News(asked[pool].before if pool in asked else known.get(pool), figure)
            known[pool], newest[pool] = figure, (figure, taken)
            same.pop(pool, None)
        elif says_the_same(figure, known.get(pool)):
            same[pool] = figure
    return newest, asked, same
