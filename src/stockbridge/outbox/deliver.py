"""Performs effects: marked as being sent before the call, looked up before any repeat (DESIGN D8).

pending → sending → done
                  → refused   (said no, for good: the domain hears of it)
                  → pending   (certainly not done: later)
                  → unknown   → looked up: found → done
                                         not found twice, the other side settled → pending
                                         no look-up → parked
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy import Engine as Database

from stockbridge import shapes
from stockbridge.db.queries import Queries
from stockbridge.domain.effects import KINDS, Effect
from stockbridge.outbox.outcomes import Booking
from stockbridge.outbox.together import Together
from stockbridge.ports import (
    READINGS_LANE,
    Capability,
    Clock,
    DoorError,
    Engine,
    Job,
    LookUp,
    OpenDoor,
    Outbound,
    OutcomeUnknown,
    Receipt,
    Refused,
    TryLater,
)

_Q = Queries("outbox")
_log = structlog.get_logger("outbox")

#: Effects taken in one turn. All of them count as being sent from then on, so the death of the worker puts all of them in doubt.
BATCH = 25
#: Readings: a lost answer costs nothing, they are simply made again.
REPEATABLE = frozenset({"fetch_order"})
#: No job works longer than this in one go; what is left is found due and woken again.
SHIFT = timedelta(seconds=25)
#: How long a booked look-up may take before another worker makes it.
LOOK_UP_LEASE = timedelta(seconds=60)


class Calls(Protocol):
    """Runs calls, several at once or one after the other (in the simulation), and waits for all of them."""

    def run(self, calls: Sequence[Callable[[], None]]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What delivering needs. ``alive``: is the worker with this name still running? ``worker``: our own name."""

    database: Database
    engine: Engine
    clock: Clock
    calls: Calls
    door: Callable[[str, str], OpenDoor | None]
    worker: str
    alive: Callable[[Connection, str], bool]
    performed: Together[tuple[Row[Any], Receipt]] = field(default_factory=Together)

    def deliver(self, job: Job) -> None:
        """Work through the due effects of one lane until none is left or the shift is over."""
        door = self.door(job.account, job.connection)
        if door is None or door.outbound is None:
            return
        lane = _Lane(
            outbox=self, job=job, outbound=door.outbound, booking=Booking(self.database, self.engine, self.clock, self.worker)
        )
        ends, turn = self.clock.now() + SHIFT, 0
        while self.clock.now() < ends and lane.take_turn(first=not turn):
            turn += 1


@dataclass(frozen=True, slots=True)
class _Sent:
    """One claimed row with its effect."""

    row: Row[Any]
    effect: Effect

    @property
    def key(self) -> str:
        key: str = self.row.key
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    outbox: Outbox
    job: Job
    outbound: Outbound
    booking: Booking

    @property
    def place(self) -> dict[str, Any]:
        return {"account": self.job.account, "connection": self.job.connection, "lane": self.job.lane}

    def take_turn(self, *, first: bool) -> int:
        """Find out about effects whose outcome is unknown, and send what is due; gives how many there were."""
        now, worker = self.outbox.clock.now(), self.outbox.worker
        with self.outbox.database.begin() as conn:
            if first:
                self._recover(conn, now)
            unknown = _Q.rows(conn, "claim_unknown", **self.place, now=now, booked=now + LOOK_UP_LEASE, most=BATCH)
            due = _Q.rows(conn, "claim", **self.place, worker=worker, now=now, most=BATCH, readings=READINGS_LANE)
        sent = [_Sent(row, _effect(row)) for row in due]
        doubtful = [_Sent(row, _effect(row)) for row in unknown]
        looks = [self._look(batch) for batch in self._batches(doubtful)]
        self.outbox.calls.run([*looks, *(self._call(batch) for batch in self._batches(sent))])
        return len(unknown) + len(due)

    def _recover(self, conn: Connection, now: datetime) -> None:
        """What a dead worker, or an earlier run of this lane, left as being sent: its outcome is not known."""
        worker = self.outbox.worker
        _Q.run(conn, "abandon_own", **self.place, worker=worker, under_way=[], before=now, now=now)
        for row in _Q.rows(conn, "senders", **self.place, worker=worker):
            if row.sent_by is None or not self.outbox.alive(conn, row.sent_by):
                _Q.run(conn, "abandon", **self.place, worker=row.sent_by, now=now)

    def _batches(self, sent: list[_Sent]) -> list[list[_Sent]]:
        batches: list[list[_Sent]] = []
        by_kind: dict[str, list[_Sent]] = {}
        for one in sorted(sent, key=lambda s: s.row.effect_id):
            size = self.outbound.batch_size(one.row.kind)
            open_ = by_kind.get(one.row.kind)
            if open_ is None or len(open_) >= size:
                open_ = by_kind[one.row.kind] = []
                batches.append(open_)
            open_.append(one)
        return batches

    def _call(self, batch: list[_Sent]) -> Callable[[], None]:
        def call() -> None:
            outcomes = list(zip(batch, self._outcomes(batch), strict=True))
            performed = [(one.row, outcome) for one, outcome in outcomes if isinstance(outcome, Receipt)]
            if performed:
                place = (self.job.account, self.job.connection)
                self.outbox.performed.write(place, performed, lambda every: self.booking.done(self.job, every))
            for one, outcome in outcomes:
                if not isinstance(outcome, Receipt):
                    self._book_trouble(one, outcome)

        return call

    def _outcomes(self, batch: list[_Sent]) -> Sequence[Receipt | DoorError]:
        try:
            if len(batch) == 1:
                return [self.outbound.perform(batch[0].effect, batch[0].key)]
            return self.outbound.perform_batch([(one.effect, one.key) for one in batch])
        except DoorError as error:
            return [error] * len(batch)
        except Exception as error:  # noqa: BLE001  a bug in a door must not lose what was being sent: its outcome is unknown
            _log.exception("outbox.door_failed", connection=self.job.connection, keys=[one.key for one in batch])
            return [OutcomeUnknown(f"{type(error).__name__}: {error}")] * len(batch)

    def _book_trouble(self, one: _Sent, outcome: DoorError) -> None:
        if isinstance(outcome, OutcomeUnknown) and one.row.kind in REPEATABLE:
            outcome = TryLater(str(outcome))  # a reading may be repeated
        match outcome:
            case TryLater():
                self.booking.later(self.job, one.row, outcome)
            case Refused():
                self.booking.refused(self.job, one.row, outcome)
            case _:
                self.booking.unknown(self.job, one.row, outcome)

    def _look(self, batch: list[_Sent]) -> Callable[[], None]:
        def call() -> None:
            for one, outcome in zip(batch, self._found(batch), strict=True):
                self._book_look(one, outcome)

        return call

    def _found(self, batch: list[_Sent]) -> Sequence[Receipt | LookUp | DoorError]:
        try:
            return self.outbound.look_up_batch([(one.effect, one.key) for one in batch])
        except Exception as error:  # noqa: BLE001  a bug in a door must not end the whole turn: these are asked about again later
            _log.exception("outbox.look_up_failed", connection=self.job.connection, keys=[one.key for one in batch])
            return [OutcomeUnknown(f"{type(error).__name__}: {error}")] * len(batch)

    def _book_look(self, one: _Sent, found: Receipt | LookUp | DoorError) -> None:
        match found:
            case DoorError():
                self.booking.look_up_failed(self.job, one.row, found)
            case Receipt():
                self.booking.done(self.job, [(one.row, found)])
            case LookUp.NOT_FOUND:
                self._not_found(one)
            case LookUp.HARMLESS:
                self.booking.resend(
                    self.job, one.row, "nobody can be asked whether it was done; asked once more, it does no harm"
                )
            case LookUp.IMPOSSIBLE:
                self.booking.stuck(self.job, one.row, "the warehouse system cannot be asked whether it has it")
            case LookUp.AMBIGUOUS:
                self.booking.stuck(self.job, one.row, "what was found there could be it, or could be something else")

    def _not_found(self, one: _Sent) -> None:
        """Once is not enough: the server may still be at work on it. Twice, or with a reference it keeps unique, is; and a
        reading may be repeated at any time."""
        now = self.outbox.clock.now()
        settled = _settled(one.row, self.outbound.settle_s)
        harmless = one.row.kind in REPEATABLE or Capability.UNIQUE_REFERENCE in self.outbound.capabilities
        if harmless or (one.row.not_found and now >= settled):
            self.booking.resend(self.job, one.row, "looked up and not there: sent again with the same reference")
        else:
            self.booking.not_found(self.job, one.row, again_at=max(settled, now + timedelta(seconds=1)))


def _settled(row: Row[Any], settle_s: float) -> datetime:
    sent_at: datetime = row.sent_at
    return sent_at + timedelta(seconds=settle_s)


def _effect(row: Row[Any]) -> Effect:
    return shapes.convert(row.payload, KINDS[row.kind])
