"""Understands what arrived: one transaction per arrival, one lane at a time (DESIGN D6, D7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Row
from sqlalchemy.exc import OperationalError

from stockbridge.db import arrivals, journal
from stockbridge.domain import events as ev
from stockbridge.domain.events import Event
from stockbridge.domain.orders import Park
from stockbridge.flow import (
    actions,
    batches,
    brake,
    catalog,
    figures,
    hints,
    mapping,
    orders,
    own_words,
    pause,
    shipments,
    spent,
    stock,
    together,
)
from stockbridge.flow.corridor import House, Step, Taken
from stockbridge.ports import Arrival, Job, Unreadable

_log = structlog.get_logger("step")
T = TypeVar("T")

BATCH = 100
#: No job works longer than this in one go; its lane is found due and woken again.
SHIFT = timedelta(seconds=25)
#: An arrival that could not be worked through so often is parked: it must not hold the others up.
MAX_ATTEMPTS = 5


def run(house: House, job: Job) -> None:
    """Understand every new arrival of one lane, oldest first, until none is left or the shift is over; hints after the rest.

    What comes in while the last batch is worked through has woken the lane again, so a batch that is not full is the last."""
    ends = house.clock.now() + SHIFT
    while house.clock.now() < ends:
        with house.database.begin() as conn:
            rows = arrivals.due(conn, job=job, most=BATCH)
        _batch(house, job, [_taken(job, row) for row in rows])
        if len(rows) < BATCH:
            return


def _taken(job: Job, row: Row[Any]) -> Taken:
    arrival = Arrival(
        account=job.account,
        connection=job.connection,
        topic=row.topic,
        subject=row.subject,
        dedupe_key=row.dedupe_key,
        received_at=row.received_at,
        headers=row.headers,
        body=row.body,
    )
    return Taken(arrival_id=row.arrival_id, arrival=arrival, attempts=row.attempts)


def _batch(house: House, job: Job, batch: Sequence[Taken]) -> None:
    """Decisions first, those of one sort together and the others each in its own transaction; then what needs none: hints, and what
    is known."""
    reads: list[tuple[Taken, hints.Read]] = []
    for taken in batch:
        events = _guarded(house, taken, partial(_read, house, taken.arrival))
        if events is not None:
            ours = "stockbridge-effect" in taken.arrival.headers
            reads.append(
                (taken, hints.Read(arrival_id=taken.arrival_id, events=events, outcome=_outcome(events), repeats=not ours))
            )
    again = hints.repeats([read for _, read in reads])
    loud = [(taken, read.events) for taken, read in reads if not read.only_hints and taken.arrival_id not in again]
    done = together.decide(house, job, loud, handle) | figures.take(house, job, loud)
    for taken, events in loud:
        if taken.arrival_id not in done:
            _guarded(house, taken, partial(_decide, house, taken, events))
    quiet = [(taken, read) for taken, read in reads if read.only_hints or taken.arrival_id in again]
    left = hints.take(house, job, [read for _, read in quiet])
    for taken, read in quiet:
        if taken.arrival_id in left:
            _guarded(house, taken, partial(_decide, house, taken, read.events))


def _guarded(house: House, taken: Taken, work: Callable[[], T]) -> T | None:
    """One arrival. What cannot be read, or fails again and again, is parked with its cause; nothing is dropped."""
    try:
        return work()
    except Unreadable as error:
        _park(house, taken, cause="unreadable", why=str(error))
    except OperationalError as error:
        if error.connection_invalidated:
            raise
        _log.warning("step.again", arrival=taken.arrival_id, reason=str(error.orig))
    except Exception as error:  # noqa: BLE001  one arrival that we cannot work through must not stop the others
        _log.exception("step.failed", arrival=taken.arrival_id, topic=taken.arrival.topic)
        if taken.attempts >= MAX_ATTEMPTS:
            _park(house, taken, cause="failed", why=f"{type(error).__name__}: {error}")
    return None


def _decide(house: House, taken: Taken, events: Sequence[Event]) -> None:
    arrival, arrival_id = taken.arrival, taken.arrival_id
    with house.database.begin() as conn:
        maps = any(isinstance(event, MAPS) for event in events)
        if not arrivals.hold(conn, account=arrival.account, arrival_id=arrival_id, maps=maps):
            return
        step = Step.of(house, conn, taken)
        for event in events:
            handle(step, event)
        outcome = step.rejected or _outcome(events)
        ending = arrivals.park if step.rejected else arrivals.finish
        ending(conn, account=arrival.account, arrival_id=arrival_id, outcome=outcome, now=step.now)
        step.close()


def _outcome(events: Sequence[Event]) -> str:
    return ", ".join(sorted({_word(event) for event in events})) or "nothing in it"


def _read(house: House, arrival: Arrival) -> Sequence[Event]:
    if arrival.connection in own_words.CONNECTIONS:
        return own_words.read(arrival)
    door = house.door(arrival.account, arrival.connection)
    if door is None:
        raise Unreadable(f"there is no connection called {arrival.connection} any more")
    return door.inbound.read(arrival)


def _word(event: Event) -> str:
    return event.reason if isinstance(event, ev.Noted) else type(event).__name__


def _nothing(step: Step, event: ev.Noted) -> None:
    """Kept in the inbox; nothing follows."""


#: What happened → who deals with it. Every event is here (a test holds it to that).
HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    ev.Noted: _nothing,
    ev.OrderHinted: hints.one_order,
    ev.OrderSeen: orders.seen,
    ev.OrderGone: orders.gone,
    ev.FulfillmentOrderMoved: orders.moved,
    ev.OrderAccepted: orders.answered,
    ev.OrderRefused: orders.answered,
    ev.OrderProgressed: orders.answered,
    ev.CancellationAnswered: orders.answered,
    ev.ShipmentConfirmed: shipments.confirmed,
    ev.FulfillmentRecorded: shipments.recorded,
    ev.StockAdjusted: spent.adjusted,
    ev.FigureReported: stock.reported,
    ev.FiguresReported: stock.reported,
    ev.LevelHinted: hints.one_level,
    ev.RoutingCompleted: hints.one_routing,
    ev.ItemsSeen: catalog.items_seen,
    ev.LocationsSeen: catalog.locations_seen,
    ev.ItemMapped: catalog.item_mapped,
    ev.SourceMapped: mapping.source_mapped,
    ev.MappingChanged: mapping.changed,
    ev.SellingAsked: catalog.selling_asked,
    ev.RetryAsked: actions.answer,
    ev.DismissAsked: actions.answer,
    ev.PauseAsked: pause.asked,
    ev.SweepAsked: brake.asked,
    ev.RunApproved: brake.approved,
    ev.RunDropped: brake.dropped,
    ev.BatchAsked: batches.asked,
    ev.BatchStopped: batches.stopped,
    ev.EffectRefused: actions.effect_ended,
    ev.EffectStuck: actions.effect_ended,
}

#: What changes which level a warehouse's figure feeds; nothing else may happen in the account at the same moment.
MAPS = (ev.ItemMapped, ev.SourceMapped, ev.MappingChanged)


def handle(step: Step, event: Event) -> None:
    """Deal with one event, in the step's transaction."""
    HANDLERS[type(event)](step, event)


def _park(house: House, taken: Taken, *, cause: str, why: str) -> None:
    now, arrival, arrival_id = house.clock.now(), taken.arrival, taken.arrival_id
    park = Park(
        cause=f"{cause}:{arrival_id}",
        title=f"A message from {arrival.connection} ({arrival.topic}) cannot be worked through: {why}",
        consequence="What it says has not been acted on. It is kept as it came and can be read again.",
        remedy="replay",
        data={"topic": arrival.topic},
    )
    with house.database.begin() as conn:
        arrivals.park(conn, account=arrival.account, arrival_id=arrival_id, outcome=why, now=now)
        journal.park(
            conn,
            account=arrival.account,
            subject=arrival.subject,
            connection=arrival.connection,
            parks=[park],
            now=now,
            arrival_id=arrival_id,
        )
