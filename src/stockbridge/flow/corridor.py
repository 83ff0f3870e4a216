"""What every corridor is handed, and how a decision about an order is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from stockbridge.db import journal, orders, stock
from stockbridge.db.stock import Pool
from stockbridge.domain.effects import CancelSubmission, Effect, SubmitOrder
from stockbridge.domain.orders import Decision, Order
from stockbridge.outbox import append as outbox
from stockbridge.ports import Arrival, Clock, Engine, Ids, Job, OpenDoor


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the corridors need of the house. ``door`` opens a connection, or gives None when there is none of that name.
    ``worker`` is our own name, and ``alive`` says whether the worker of some name still runs."""

    database: Database
    engine: Engine
    clock: Clock
    ids: Ids
    door: Callable[[str, str], OpenDoor | None]
    worker: str
    alive: Callable[[Connection, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An arrival that a lane has taken up, with how often it was begun."""

    arrival_id: int
    arrival: Arrival
    attempts: int


@dataclass(slots=True, kw_only=True)
class Step:
    """One transaction: the connection to the database, whose arrival it is, the pools of stock whose claims it changed, and the
    jobs to wake when it commits."""

    house: House
    conn: Connection
    account: str
    connection: str
    now: datetime
    arrival_id: int | None = None
    received_at: datetime | None = None
    headers: dict[str, str] = field(default_factory=dict)
    actor: str = ""
    pools: set[Pool] = field(default_factory=set)
    wakes: set[Job] = field(default_factory=set)
    rejected: str = ""

    def wake(self, jobs: Iterable[Job]) -> None:
        """These jobs run when the transaction commits."""
        self.wakes.update(jobs)

    def wake_publishers(self, shops: Iterable[str]) -> None:
        """Levels of these shops are due."""
        self.wake(Job(kind="publish", account=self.account, connection=shop) for shop in shops)

    @classmethod
    def of(cls, house: House, conn: Connection, taken: Taken) -> Step:
        """The step that deals with one arrival."""
        arrival = taken.arrival
        return cls(
            house=house,
            conn=conn,
            account=arrival.account,
            connection=arrival.connection,
            now=house.clock.now(),
            arrival_id=taken.arrival_id,
            received_at=arrival.received_at,
            headers=dict(arrival.headers),
        )

    def close(self) -> None:
        """The last that a transaction does: book what the figures show of the changed claims, look at every level they feed, and
        hand the jobs to the engine; all in one fixed order, so that two transactions never wait for each other."""
        if self.pools:
            figures = stock.load_pools(self.conn, account=self.account, pools=self.pools)
            stock.contain(self.conn, account=self.account, figures=figures)
            self.wake_publishers(stock.touch_pools(self.conn, account=self.account, pools=self.pools, now=self.now))
        if self.wakes:
            self.house.engine.wake_all(self.conn, sorted(self.wakes))


def apply(step: Step, before: Order | None, decision: Decision) -> None:
    """Save a decision about an order: state, ledger, effects, journal, parked things, and which pools it touches."""
    order = decision.order
    if order is None:
        return
    account, subject, now = step.account, order.subject, step.now
    if decision.rejected:
        step.rejected = decision.parks[0].title if decision.parks else "not accepted"
    outbox.withdraw(step.conn, account=account, keys=decision.withdraw, now=now)
    outbox.prove(step.conn, account=account, proven=decision.proven, now=now)
    orders.save(step.conn, account=account, before=before, after=order)
    for connection, effects in _by_connection(order, decision.effects).items():
        step.wake(outbox.append(step.conn, account=account, subject=subject, connection=connection, effects=effects, now=now))
    journal.write(
        step.conn,
        account=account,
        subject=subject,
        notes=decision.notes,
        at=now,
        actor=step.actor,
        arrival_id=step.arrival_id,
    )
    journal.unpark(step.conn, account=account, subject=subject, causes=decision.unpark, now=now, by=step.actor)
    journal.park(
        step.conn,
        account=account,
        subject=subject,
        connection=step.connection,
        parks=decision.parks,
        now=now,
        arrival_id=step.arrival_id if decision.rejected else None,
    )
    step.pools |= changed_pools(before, order)


def _by_connection(order: Order, effects: Iterable[Effect]) -> dict[str, list[Effect]]:
    """Warehouse requests go to the submission's connection, everything else to the shop."""
    sorted_effects: dict[str, list[Effect]] = {}
    for effect in effects:
        to_warehouse = isinstance(effect, SubmitOrder | CancelSubmission)
        connection = order.submission(effect.reference).connection if to_warehouse else order.shop  # type: ignore[union-attr]
        sorted_effects.setdefault(connection, []).append(effect)
    return sorted_effects


def changed_pools(before: Order | None, after: Order) -> set[Pool]:
    """The pools of stock whose claims differ between two states of an order."""
    known = {(s.reference, line.line_id): line for s in before.submissions for line in s.lines} if before else {}
    return {
        (s.connection, s.warehouse, line.item_code)
        for s in after.submissions
        for line in s.lines
        if known.get((s.reference, line.line_id)) != line
    }
