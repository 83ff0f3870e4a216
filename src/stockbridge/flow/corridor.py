"""What every corridor is handed, and what becomes of a decision about an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from stockbridge.db import journal
from stockbridge.domain.orders import Decision, Order
from stockbridge.flow.desk import Desk
from stockbridge.outbox import append as outbox
from stockbridge.outbox.deliver import Calls
from stockbridge.ports import Arrival, Clock, Engine, Ids, Job, OpenDoor


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the corridors need of the house. ``door`` opens a connection, or gives None when there is none of that name.
    ``worker`` is our own name, and ``alive`` says whether the worker of some name still runs. ``calls`` makes several calls at once.
    ``folder``: where long files lie while they are read."""

    database: Database
    engine: Engine
    clock: Clock
    ids: Ids
    door: Callable[[str, str], OpenDoor | None]
    worker: str
    alive: Callable[[Connection, str], bool]
    calls: Calls
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An arrival that a lane has taken up, with how often it was begun."""

    arrival_id: int
    arrival: Arrival
    attempts: int


@dataclass(slots=True, kw_only=True)
class Step:
    """One transaction, or the part that one arrival has in it: the connection to the database, whose arrival it is, what lies on
    the desk, and the jobs to wake when it commits."""

    house: House
    conn: Connection
    account: str
    connection: str
    now: datetime
    desk: Desk
    arrival_id: int | None = None
    received_at: datetime | None = None
    headers: dict[str, str] = field(default_factory=dict)
    actor: str = ""
    wakes: set[Job] = field(default_factory=set)
    rejected: str = ""

    def wake(self, jobs: Iterable[Job]) -> None:
        """These jobs run when the transaction commits."""
        self.wakes.update(jobs)

    def wake_publishers(self, shops: Iterable[str]) -> None:
        """Levels of these shops are due."""
        self.wake(Job(kind="publish", account=self.account, connection=shop) for shop in shops)

    @classmethod
    def of(cls, house: House, conn: Connection, taken: Taken, desk: Desk | None = None) -> Step:
        """The step that deals with one arrival; at a ``desk`` that it shares with others, or at its own."""
        arrival = taken.arrival
        return cls(
            house=house,
            conn=conn,
            account=arrival.account,
            connection=arrival.connection,
            now=house.clock.now(),
            desk=desk or Desk(conn=conn, account=arrival.account),
            arrival_id=taken.arrival_id,
            received_at=arrival.received_at,
            headers=dict(arrival.headers),
        )

    def put_away(self) -> None:
        """Write what was decided so far: whoever asks the database now finds it."""
        self.wake(self.desk.put_away(self.now))

    def close(self) -> None:
        """The last that a transaction does: write what was decided, look at every level it changes, and hand the jobs to the
        engine; all in one fixed order, so that two transactions never wait for each other."""
        self.put_away()
        self.wake_publishers(self.desk.settle(self.now))
        if self.wakes:
            self.house.engine.wake_all(self.conn, sorted(self.wakes))


def apply(step: Step, before: Order | None, decision: Decision) -> None:
    """Put a decision about an order on the desk: state, ledger, effects, journal. What waits for a person is written at once."""
    order = decision.order
    if order is None:
        return
    account, subject, now = step.account, order.subject, step.now
    if decision.rejected:
        step.rejected = decision.parks[0].title if decision.parks else "not accepted"
    if decision.withdraw:
        step.put_away()
        outbox.withdraw(step.conn, account=account, keys=decision.withdraw, now=now)
    step.desk.decide(before, order)
    step.desk.send(order, decision.effects, decision.proven)
    step.desk.note(
        journal.lines(
            account=account, subject=subject, notes=decision.notes, at=now, actor=step.actor, arrival_id=step.arrival_id
        )
    )
    journal.unpark(step.conn, account=account, subject=subject, causes=decision.unpark, now=now, by=step.actor)
    if decision.parks:
        step.desk.stop(subject)
    journal.park(
        step.conn,
        account=account,
        subject=subject,
        connection=step.connection,
        parks=decision.parks,
        now=now,
        arrival_id=step.arrival_id if decision.rejected else None,
    )
