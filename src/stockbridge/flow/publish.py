"""Brings what a shop offers to what can be sold: look, compute, write, look again (DESIGN D9, D10).

One publisher per shop holds the pen. A level stays due until a look finds that nothing is left to do; so a lost answer, a
stale compare or a crash only means another look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from stockbridge.db import journal
from stockbridge.db.queries import Queries
from stockbridge.domain.orders import Note, Park
from stockbridge.flow.corridor import House
from stockbridge.flow.levels import Look, look_at
from stockbridge.ports import DoorError, Job, LevelOutcome, Levels, LevelWrite, OutcomeUnknown, TryLater

_Q = Queries("stock")
_C = Queries("connections")
_log = structlog.get_logger("publish")

BATCH = 250
#: Longer than a shift and the longest call with its wait for the rate limit; a dead worker's pen is picked up at once.
LEASE = timedelta(seconds=75)
#: No job works longer than this in one go; what is left is found due and woken again.
SHIFT = timedelta(seconds=25)
#: After this many stale answers a lowering goes out as a difference (DESIGN D9).
STALE_BEFORE_DELTA = 2
LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Between two looks at a shop: in a rush every order touches levels, and one look serves all that came meanwhile.
PACE = timedelta(milliseconds=400)
#: A key that is not accepted will not be a moment later; "Try again now" and a new key do not wait for it.
REFUSED_KEY_S = 60.0
#: What a connection is stopped for when reading or writing levels met a refused key.
_KEY_REFUSED = "credentials:levels"
STALE_PAUSE = timedelta(milliseconds=200)
SETTLE_PAUSE = timedelta(seconds=1)


def run(house: House, job: Job) -> None:
    """Work through the due levels of one shop until none is left."""
    door = house.door(job.account, job.connection)
    if door is None or door.levels is None:
        return
    pen = _Pen(house=house, account=job.account, shop=job.connection, levels=door.levels)
    if not pen.take():
        return
    try:
        ends = house.clock.now() + SHIFT
        while house.clock.now() < ends and pen.take() and pen.write_once():
            if (rest := pen.last_read_at + PACE - house.clock.now()) > timedelta(0) and pen.anything_due():
                house.clock.sleep(rest.total_seconds())
    finally:
        pen.put_down()


@dataclass(slots=True, kw_only=True)
class _Pen:
    house: House
    account: str
    shop: str
    levels: Levels
    last_read_at: datetime = LONG_AGO

    @property
    def place(self) -> dict[str, Any]:
        return {"account": self.account, "shop": self.shop}

    @property
    def _lease(self) -> dict[str, Any]:
        return {"account": self.account, "name": f"publish/{self.shop}", "holder": self.house.worker}

    def take(self) -> bool:
        """Take or keep the pen; False when another publisher has it. A dead one's pen lies on the floor: it is picked up."""
        now = self.house.clock.now()
        times = {"now": now, "until": now + LEASE}
        with self.house.database.begin() as conn:
            if _Q.maybe(conn, "take_lease", **self._lease, **times) is not None:
                return True
            holder = _Q.value(conn, "holder", account=self.account, name=self._lease["name"])
            if holder is None or self.house.alive(conn, holder):
                return False
            return _Q.maybe(conn, "inherit_lease", **self._lease, **times, dead=holder) is not None

    def put_down(self) -> None:
        with self.house.database.begin() as conn:
            _Q.run(conn, "drop_lease", **self._lease, now=self.house.clock.now())

    def anything_due(self) -> bool:
        """Would another look at the shop be worth its price at this moment?"""
        with self.house.database.begin() as conn:
            return bool(_Q.rows(conn, "dirty_levels", **self.place, now=self.house.clock.now(), most=1))

    def write_once(self) -> bool:
        """One batch. False when nothing is due, or the shop cannot be asked now."""
        with self.house.database.begin() as conn:
            due = _Q.rows(conn, "dirty_levels", **self.place, now=self.house.clock.now(), most=BATCH)
        if not due:
            return False
        due = sorted(due, key=_place)  # everybody locks levels in this order
        cells = [(row.location_id, row.inventory_item_id) for row in due]
        asked_at = self.last_read_at = self.house.clock.now()
        try:
            reads = self.levels.read([(item, location) for location, item in cells])
        except DoorError as error:
            self._trouble(due, error)
            return False
        with self.house.database.begin() as conn:
            looks = look_at(conn, account=self.account, shop=self.shop, due=due, reads=reads, asked_at=asked_at)
            self._save_looks(conn, looks)
            writes = [self._write_of(look) for look in looks if look.to_write]
            key = self.house.ids.new()
            if not writes:
                self._let_in(conn)
            else:
                described = [{"location": w.location_id, "item": w.inventory_item_id, "to": w.available} for w in writes]
                _Q.run(conn, "begin_publication", **self.place, key=key, writes={"writes": described}, now=asked_at)
        if writes:
            self._send([look for look in looks if look.to_write], writes, key)
        return True

    def _write_of(self, look: Look) -> LevelWrite:
        read, desired = look.read, look.target
        if read.available is None or desired is None:
            raise ValueError("a level that was not read cannot be written")
        return LevelWrite(
            inventory_item_id=read.inventory_item_id,
            location_id=read.location_id,
            available=desired,
            change_from=read.available,
            delta=_by_difference(look),
        )

    def _save_looks(self, conn: Connection, looks: Sequence[Look]) -> None:
        now = self.house.clock.now()
        _Q.many(conn, "save_look", [{**self.place, **look.values(now)} for look in looks])
        settled = [look for look in looks if not look.to_write and not look.later and not look.held]
        _Q.many(conn, "finish_look", [{**self.place, **s.cell, "dirty": s.dirty, "note": s.note} for s in settled])
        for look in looks:
            if look.later:
                next_at = now + SETTLE_PAUSE
                _Q.run(conn, "look_again", **self.place, **look.cell, next_at=next_at, stale=look.stale, note=look.note)
            elif look.held and not look.to_write:
                self._hold(conn, look)

    def _hold(self, conn: Connection, look: Look) -> None:
        """The rest of a raise waits until the orders it rests on were read."""
        next_at = self.house.clock.now() + SETTLE_PAUSE
        note = "raised further once the orders that changed have been read"
        _Q.run(conn, "look_again", **self.place, **look.cell, next_at=next_at, stale=look.stale, note=note)

    def _send(self, looks: Sequence[Look], writes: Sequence[LevelWrite], key: str) -> None:
        document = f"stockbridge://publication/{key}"
        try:
            outcomes = self.levels.write(writes, key=key, document=document)
        except OutcomeUnknown as error:
            self._end(key, "unknown")
            self._trouble(looks, error)  # the next look reads the truth before anything is written
            return
        except DoorError as error:
            self._end(key, "refused")
            self._trouble(looks, error)
            return
        self._book(looks, outcomes, key)

    def _book(self, looks: Sequence[Look], outcomes: Sequence[LevelOutcome], key: str) -> None:
        now = self.house.clock.now()
        with self.house.database.begin() as conn:
            _Q.run(conn, "end_publication", account=self.account, key=key, outcome="done", now=now)
            self._let_in(conn)
            for look, outcome in zip(looks, outcomes, strict=True):
                self._book_one(conn, look, outcome)

    def _book_one(self, conn: Connection, look: Look, outcome: LevelOutcome) -> None:
        now = self.house.clock.now()
        match outcome.outcome:
            case "written":
                _Q.run(conn, "save_written", **self.place, **look.cell, written=look.target, now=now, dirty=look.dirty)
                if _by_difference(look) or look.held:  # nothing was compared, or not all was written: looked at again
                    _Q.run(conn, "touch_one", **self.place, **look.cell, now=now)
                if look.held:
                    self._hold(conn, look)
                text = f"the shop now offers {look.target} (it showed {look.read.available})"
                self._note(
                    conn, look, Note(kind="level.written", text=text, data={"from": look.read.available, "to": look.target})
                )
                self._solved(conn, look)
            case "stale":
                next_at = now + STALE_PAUSE if look.stale else now
                _Q.run(
                    conn, "look_again", **self.place, **look.cell, next_at=next_at, stale=look.stale + 1, note="sold meanwhile"
                )
                self._note(conn, look, Note(kind="level.stale", text="something was sold while we wrote; computed anew"))
            case "refused":
                _Q.run(conn, "finish_look", **self.place, **look.cell, dirty=look.dirty, note=outcome.reason)
                self._refused(conn, look, outcome.reason)
            case _:
                _Q.run(conn, "look_again", **self.place, **look.cell, next_at=now, stale=look.stale, note="held up by another")

    def _note(self, conn: Connection, look: Look, note: Note) -> None:
        now = self.house.clock.now()
        journal.write(conn, account=self.account, subject=look.subject, notes=[note], at=now)

    def _refused(self, conn: Connection, look: Look, reason: str) -> None:
        park = Park(
            cause="level_refused",
            title=f"The shop does not take the level of {look.read.inventory_item_id}: {reason}",
            consequence="What the shop shows for it may be wrong until this is mended.",
            remedy="retry",
            data={"location_id": look.read.location_id, "inventory_item_id": look.read.inventory_item_id},
        )
        now = self.house.clock.now()
        journal.park(conn, account=self.account, subject=look.subject, connection=self.shop, parks=[park], now=now)

    def _solved(self, conn: Connection, look: Look) -> None:
        journal.unpark(conn, account=self.account, subject=look.subject, causes=["level_refused"], now=self.house.clock.now())

    def _end(self, key: str, outcome: str) -> None:
        with self.house.database.begin() as conn:
            _Q.run(conn, "end_publication", account=self.account, key=key, outcome=outcome, now=self.house.clock.now())

    def _trouble(self, cells: Sequence[Row[Any] | Look], error: DoorError) -> None:
        """The shop cannot be asked or did not answer: the same levels are due again in a moment."""
        now = self.house.clock.now()
        again_s = REFUSED_KEY_S if isinstance(error, TryLater) and error.credentials else 2.0
        after = error.after_s if isinstance(error, TryLater) and error.after_s else again_s
        with self.house.database.begin() as conn:
            _C.run(conn, "trouble", account=self.account, connection=self.shop, error=str(error), now=now)
            for cell in cells:
                next_at = now + timedelta(seconds=after)
                where = {"location_id": _location(cell), "inventory_item_id": _item(cell)}
                _Q.run(conn, "look_again", **self.place, **where, next_at=next_at, stale=cell.stale, note=str(error))
            if isinstance(error, TryLater) and error.credentials:
                self._locked_out(conn, error, now)

    def _locked_out(self, conn: Connection, error: TryLater, now: datetime) -> None:
        """The key may have all other rights: orders go on, so that nothing but this would show it."""
        park = Park(
            cause=_KEY_REFUSED,
            title=f"{self.shop} does not let us publish stock: {error}",
            consequence="What it offers stays as it is, even where it is wrong. It is mended when it lets us in.",
            remedy="connection",
        )
        subject = f"connection/{self.shop}"
        journal.park(conn, account=self.account, subject=subject, connection=self.shop, parks=[park], now=now)

    def _let_in(self, conn: Connection) -> None:
        now, subject = self.house.clock.now(), f"connection/{self.shop}"
        journal.unpark(conn, account=self.account, subject=subject, causes=[_KEY_REFUSED], now=now, how="it lets us in again")


def _by_difference(look: Look) -> bool:
    """Does this level go out as a difference? Only a lowering, and only after stale answers (DESIGN D9)."""
    lowering = look.desired is not None and look.read.available is not None and look.desired < look.read.available
    return look.stale >= STALE_BEFORE_DELTA and lowering


def _place(row: Row[Any]) -> tuple[str, str]:
    return row.location_id, row.inventory_item_id


def _location(cell: Row[Any] | Look) -> str:
    location: str = cell.read.location_id if isinstance(cell, Look) else cell.location_id
    return location


def _item(cell: Row[Any] | Look) -> str:
    item: str = cell.read.inventory_item_id if isinstance(cell, Look) else cell.inventory_item_id
    return item
