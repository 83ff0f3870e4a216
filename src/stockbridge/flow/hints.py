"""What needs nothing but a look: hints about orders and levels, and words from which nothing follows. All of a batch at once, for they
touch no stock and lock no order; a burst of orders brings three of them for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from stockbridge.db import arrivals, orders, stock
from stockbridge.db.queries import Queries
from stockbridge.domain.channel_order import Reading
from stockbridge.domain.events import Event, LevelHinted, Noted, OrderAccepted, OrderHinted, RoutingCompleted
from stockbridge.flow.corridor import House, Step
from stockbridge.flow.desk import Desk
from stockbridge.flow.fetch import fetch
from stockbridge.ports import Job

_L = Queries("levels")
_log = structlog.get_logger("hints")


HINTS = (Noted, OrderHinted, LevelHinted, RoutingCompleted)
#: An order that has waited longer for its routing waits for something else: a release, a date.
YOUNG = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An arrival that was read: what it says, and the outcome that is written beside it. ``repeats``: it comes beside the answer
    to a call of ours, and probably says the same."""

    arrival_id: int
    events: Sequence[Event]
    outcome: str
    repeats: bool = False

    @property
    def only_hints(self) -> bool:
        return bool(self.events) and all(isinstance(event, HINTS) for event in self.events)

    @property
    def acceptance(self) -> OrderAccepted | None:
        """The one acceptance that it is, if its warehouse counts."""
        event = self.events[0] if len(self.events) == 1 else None
        return event if isinstance(event, OrderAccepted) and event.sequence is not None else None


def repeats(reads: Sequence[Read]) -> frozenset[int]:
    """The acceptances that are probably known: callbacks say again what the answer to our own call has said, or will. They are
    looked at after the rest."""
    first: dict[str, int] = {}
    again: set[int] = set()
    for read in reads:
        accepted = read.acceptance
        if accepted is not None and first.setdefault(accepted.reference, read.arrival_id) != read.arrival_id:
            again.add(read.arrival_id)
    return frozenset(again.union(read.arrival_id for read in reads if read.repeats and read.acceptance))


def take(house: House, job: Job, quiet: Sequence[Read]) -> frozenset[int]:
    """Deal with all of them in one transaction. Gives the arrivals that need a decision of their own: acceptances that were not
    known, and everything if the transaction failed, for then nothing of it was done."""
    if not quiet:
        return frozenset()
    try:
        with house.database.begin() as conn:
            return _take(house, conn, job, quiet)
    except Exception as error:  # one of them that we cannot work through must not stop the others
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        _log.warning("hints.one_by_one", lane=job.key, reason=str(error))
        return frozenset(read.arrival_id for read in quiet)


def _take(house: House, conn: Connection, job: Job, quiet: Sequence[Read]) -> frozenset[int]:
    fresh = arrivals.hold_many(conn, account=job.account, arrival_ids=[read.arrival_id for read in quiet], hints=True)
    held = [read for read in quiet if read.arrival_id in fresh]
    news = _news(conn, job.account, [read for read in held if read.acceptance])
    said = [(read.arrival_id, event) for read in held if read.arrival_id not in news for event in read.events]
    desk = Desk(conn=conn, account=job.account)
    step = Step(house=house, conn=conn, account=job.account, connection=job.connection, now=house.clock.now(), desk=desk)
    order_hinted(step, [(at, event) for at, event in said if isinstance(event, OrderHinted)])
    level_hinted(step, [event for _, event in said if isinstance(event, LevelHinted)])
    if routed := [at for at, event in said if isinstance(event, RoutingCompleted)]:
        routing_completed(step, routed)
    outcomes = [(read.arrival_id, read.outcome) for read in held if read.arrival_id not in news]
    arrivals.finish_many(conn, account=job.account, outcomes=outcomes, now=step.now)
    step.close()
    return news


def _news(conn: Connection, account: str, reads: Sequence[Read]) -> frozenset[int]:
    """Of these acceptances, those that are not booked yet."""
    said = [(e.reference, e.warehouse_ref, e.sequence or 0) for read in reads if (e := read.acceptance)]
    booked = orders.booked(conn, account=account, said=said) if said else frozenset()
    return frozenset(read.arrival_id for place, read in enumerate(reads) if place not in booked)


def order_hinted(step: Step, hints: Sequence[tuple[int, OrderHinted]]) -> None:
    """Something changed about these orders: they are read, unless what we know covers it."""
    dated = [hint.order_id for _, hint in hints if hint.updated_at is not None]
    known = orders.readings(step.conn, account=step.account, shop=step.connection, order_ids=dated)
    causes = {hint.order_id: str(arrival_id) for arrival_id, hint in hints if not _covered(hint, known.get(hint.order_id))}
    fetch(step, step.connection, causes)


def _covered(hint: OrderHinted, reading: Reading | None) -> bool:
    return reading is not None and hint.updated_at is not None and reading.covers(hint.part, hint.updated_at)


def routing_completed(step: Step, routed: Sequence[int]) -> None:
    """So many orders can be sent now: as many young ones that wait are read again at once, those not read for longest first. No
    more, for a reading costs; one that is missed is read again by itself a second later."""
    place = {"account": step.account, "shop": step.connection}
    waiting = orders.waiting_since(step.conn, **place, since=step.now - YOUNG, most=len(routed))
    fetch(step, step.connection, dict.fromkeys(waiting, f"routed:{max(routed)}"))


def one_routing(step: Step, event: RoutingCompleted) -> None:
    """A single hint among other events."""
    routing_completed(step, [step.arrival_id or 0])


def one_order(step: Step, event: OrderHinted) -> None:
    """A single hint among other events."""
    order_hinted(step, [(step.arrival_id or 0, event)])


def one_level(step: Step, event: LevelHinted) -> None:
    """A single hint among other events."""
    level_hinted(step, [event])


def level_hinted(step: Step, hints: Sequence[LevelHinted]) -> None:
    """The channel said that levels changed. Our own write's echo changes nothing; anything else is looked at."""
    if not hints:
        return
    cells = sorted({(hint.location_id, hint.inventory_item_id, hint.available) for hint in hints}, key=str)
    columns = {
        "locations": [cell[0] for cell in cells],
        "items": [cell[1] for cell in cells],
        "availables": [cell[2] for cell in cells],
    }
    shop = step.connection
    news = _L.rows(step.conn, "news_in_hints", account=step.account, shop=shop, **columns)
    touched = [(shop, row.location_id, row.inventory_item_id) for row in news]
    step.wake_publishers(stock.touch_cells(step.conn, account=step.account, cells=touched, now=step.now))
