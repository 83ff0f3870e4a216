"""Brings what a shop offers to what can be sold: look, compute, write, look again (DESIGN D9, D10).

One publisher per shop holds the pen. A level stays due until a look finds that nothing is left to do; so a lost answer, a
stale compare or a crash only means another look. Under a backlog several batches are under way at once: what a call costs the rate
limit is little, and what takes long is the way there and back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from stockbridge.db import journal, stock
from stockbridge.db.queries import Queries, json_rows
from stockbridge.domain.orders import Note, Park
from stockbridge.flow import history, pause, unstocked
from stockbridge.flow.corridor import House
from stockbridge.flow.levels import look_at
from stockbridge.flow.look import Look
from stockbridge.ports import DoorError, Job, LevelOutcome, LevelRead, Levels, LevelWrite, OutcomeUnknown, Refused, TryLater

_Q = Queries("stock")
_C = Queries("connections")
_log = structlog.get_logger("publish")

#: Batches under way at once in one shop; taken up together; and how long one may still be begun (the pen is kept only between).
SIDE_BY_SIDE, IN_ONE_GO, BEGUN_WITHIN = 8, 24, timedelta(seconds=10)
#: Items that are stocked at their location in one batch at most: each is a call of its own.
ACTIVATIONS = 20
#: Longer than a shift and the longest batch with its waits for the rate limit; a dead worker's pen is picked up at once.
LEASE = timedelta(minutes=3)
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
            rest = pen.last_read_at + PACE - house.clock.now()
            if rest > timedelta(0) and not pen.pressed and pen.anything_due():
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
    #: was more due than one batch holds, the last time?
    pressed: bool = False
    #: could the shop not be asked, the last time?
    stuck: bool = False

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
        """All that is due, as far as it fits. False when nothing is due, or the shop cannot be asked now."""
        at_once = self.levels.at_once
        with self.house.database.begin() as conn:
            due = _Q.rows(conn, "dirty_levels", **self.place, now=self.house.clock.now(), most=at_once * IN_ONE_GO)
        if not due:
            return False
        self.last_read_at, self.pressed, self.stuck = self.house.clock.now(), len(due) > at_once, False
        due = sorted(due, key=_place)  # everybody locks levels in this order, and those of one location are read together
        batches: deque[Sequence[Row[Any]]] = deque(due[start : start + at_once] for start in range(0, len(due), at_once))
        self.house.calls.run([partial(self._work_through, batches)] * min(SIDE_BY_SIDE, len(batches)))
        return not self.stuck

    def _work_through(self, batches: deque[Sequence[Row[Any]]]) -> None:
        """One after the other, as long as there are any; several do so side by side."""
        until = self.last_read_at + BEGUN_WITHIN
        while batches and not self.stuck and self.house.clock.now() <= until:
            try:
                batch = batches.popleft()
            except IndexError:  # another was quicker
                return
            self._batch(batch)

    def _batch(self, due: Sequence[Row[Any]]) -> None:
        asked_at = self.house.clock.now()
        try:
            reads = self.levels.read([(row.inventory_item_id, row.location_id) for row in due])
        except DoorError as error:
            self._trouble(due, error)
            return
        with self.house.database.begin() as conn:
            looks, others = look_at(conn, **self.place, due=due, reads=reads, asked_at=asked_at, now=self.house.clock.now())
            looks = pause.hold(conn, looks, **self.place)
            news = history.news(conn, **self.place, looks=looks)
            self._save_looks(conn, looks)
            unstocked.say(conn, **self.place, due=due, looks=looks, now=self.house.clock.now())
            wakes = stock.touch_cells(conn, account=self.account, cells=others, now=self.house.clock.now())
            bare = [(look, self.house.ids.new()) for look in looks if look.activates]
            for look, key in bare[:ACTIVATIONS]:
                self._begin(conn, key, {"activate": [look.cell]})
            writing = [look for look in looks if look.to_write]
            writes = [self._write_of(look) for look in writing]
            key = self.house.ids.new()
            if not writes:
                self._let_in(conn)
            else:
                described = [
                    {
                        "location": w.location_id,
                        "item": w.inventory_item_id,
                        "to": w.available,
                        "adds": w.available - w.change_from,
                    }
                    for w in writes
                ]
                self._begin(conn, key, {"writes": described})
            apart = [(w.location_id, w.inventory_item_id) for w in writes if w.delta]
            history.keep(conn, **self.place, looks=news, key=key, at=asked_at, by_difference=apart)
            jobs = [Job(kind="publish", account=self.account, connection=shop) for shop in wakes if shop != self.shop]
            if any(look.sweep for look in looks):
                jobs.append(Job(kind="sweep", account=self.account, connection=self.shop, what="orders"))
            self.house.engine.wake_all(conn, jobs)
        if writes:
            self._send(writing, writes, key)
        for look, key in bare[:ACTIVATIONS]:
            self._activate(look, key)

    def _begin(self, conn: Connection, key: str, what: dict[str, Any]) -> None:
        _Q.run(conn, "begin_publication", **self.place, key=key, writes=what, now=self.house.clock.now())

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
        saved = [{**look.values(now), "writing": look.target if look.to_write else None} for look in looks]
        _Q.run(conn, "save_looks", **self.place, rows=json_rows(saved))
        settled = [look for look in looks if not (look.to_write or look.later or look.held or look.activates)]
        if settled:
            rows = [{**look.cell, "dirty": look.dirty, "note": look.note} for look in settled]
            _Q.run(conn, "finish_looks", **self.place, rows=json_rows(rows))
        for look in looks:
            if look.later:
                next_at = now + SETTLE_PAUSE
                _Q.run(conn, "look_again", **self.place, **look.cell, next_at=next_at, stale=look.stale, note=look.note)
            elif look.held and not look.to_write:
                self._hold(conn, look)
            elif look.settles_at and not look.to_write:
                _Q.run(conn, "look_later", **self.place, **look.cell, at=look.settles_at)

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
        written = [look for look, outcome in zip(looks, outcomes, strict=True) if outcome.outcome == "written"]
        self._book(looks, outcomes, key, self._seen_after(written))

    def _seen_after(self, written: Sequence[Look]) -> dict[tuple[str, str], LevelRead]:
        """What the shop shows after a write; nothing when it cannot be asked."""
        try:
            reads = self.levels.read([(_item(look), _location(look)) for look in written]) if written else ()
        except DoorError:
            return {}
        return {(read.location_id, read.inventory_item_id): read for read in reads}

    def _book(
        self, looks: Sequence[Look], outcomes: Sequence[LevelOutcome], key: str, seen: dict[tuple[str, str], LevelRead]
    ) -> None:
        now = self.house.clock.now()
        with self.house.database.begin() as conn:
            _Q.run(conn, "end_publication", account=self.account, key=key, outcome="done", now=now)
            self._let_in(conn)
            stock.hold_levels(conn, **self.place, cells=[(_location(look), _item(look)) for look in looks])
            booked = list(zip(looks, outcomes, strict=True))
            self._written(conn, [look for look, outcome in booked if outcome.outcome == "written"], seen)
            for look, outcome in booked:
                self._book_one(conn, look, outcome)

    def _written(self, conn: Connection, looks: Sequence[Look], seen: dict[tuple[str, str], LevelRead]) -> None:
        """All that were written, together. A level is clean only if the shop now shows what we wrote, less what it sold since: units
        that came to be committed without leaving what is on offer were sold twice."""
        if not looks:
            return
        now, rows, again, lines = self.house.clock.now(), [], [], []
        for look in looks:
            after = seen.get((_location(look), _item(look)))
            if after is None or after.available is None or not _as_written(look, after):
                again.append(look)
            shown = after if after is not None and after.available is not None else replace(look.read, available=look.target)
            units = {"available": shown.available, "committed": shown.committed, "reserved": shown.reserved}
            rows.append({**look.cell, **units, "written": look.target, "given": look.adds, "dirty": look.dirty})
            lines += journal.lines(account=self.account, subject=look.subject, notes=[_note_of(look)], at=now)
        _Q.run(conn, "save_written", **self.place, rows=json_rows(rows), now=now)
        _Q.many(conn, "touch_one", [{**self.place, **look.cell, "now": now} for look in again])
        journal.write_lines(conn, lines)
        for subject in sorted(journal.stopped(conn, account=self.account, subjects=[look.subject for look in looks])):
            journal.unpark(conn, account=self.account, subject=subject, causes=["level_refused"], now=now)

    def _book_one(self, conn: Connection, look: Look, outcome: LevelOutcome) -> None:
        now = self.house.clock.now()
        history.answered(conn, **self.place, look=look, outcome=outcome, now=now)
        match outcome.outcome:
            case "written":
                if look.held or look.to_confirm:  # not all was written, or others wait for units: looked at again
                    _Q.run(conn, "touch_one", **self.place, **look.cell, now=now)
                if look.held:
                    self._hold(conn, look)
                elif look.settles_at:
                    _Q.run(conn, "look_later", **self.place, **look.cell, at=look.settles_at)
            case "stale":
                next_at = now + STALE_PAUSE if look.stale else now
                _Q.run(
                    conn, "look_again", **self.place, **look.cell, next_at=next_at, stale=look.stale + 1, note="sold meanwhile"
                )
                self._note(conn, look, Note(kind="level.stale", text="something was sold while we wrote; computed anew"))
            case "refused":
                self._finish(conn, look, outcome.reason)
                self._refused(conn, look, outcome.reason)
            case _:
                _Q.run(conn, "look_again", **self.place, **look.cell, next_at=now, stale=look.stale, note="held up by another")

    def _finish(self, conn: Connection, look: Look, note: str) -> None:
        _Q.run(conn, "finish_looks", **self.place, rows=json_rows([{**look.cell, "dirty": look.dirty, "note": note}]))

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

    def _activate(self, look: Look, key: str) -> None:
        """The item is stocked at its location from now on, with nothing on offer; the next look brings its number."""
        try:
            self.levels.activate(_item(look), _location(look), key=key)
        except Refused as error:
            self._end(key, "refused")
            with self.house.database.begin() as conn:
                self._finish(conn, look, str(error))
                self._refused(conn, look, str(error))
        except DoorError as error:
            self._end(key, "unknown" if isinstance(error, OutcomeUnknown) else "refused")
            self._trouble([look], error)  # the next look reads whether it is stocked
        else:
            self._end(key, "done")
            with self.house.database.begin() as conn:
                now = self.house.clock.now()
                _Q.run(
                    conn, "look_again", **self.place, **look.cell, next_at=now, stale=look.stale, note="stocked a moment ago"
                )
                self._note(conn, look, Note(kind="level.activated", text="the shop now stocks the item at this location"))

    def _end(self, key: str, outcome: str) -> None:
        with self.house.database.begin() as conn:
            _Q.run(conn, "end_publication", account=self.account, key=key, outcome=outcome, now=self.house.clock.now())

    def _trouble(self, cells: Sequence[Row[Any] | Look], error: DoorError) -> None:
        """The shop cannot be asked or did not answer: the same levels are due again in a moment."""
        self.stuck = True
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


def _as_written(look: Look, after: LevelRead) -> bool:
    """Does the shop show what we wrote? What it has sold meanwhile it has taken off itself."""
    sold = after.committed + after.reserved - look.read.committed - look.read.reserved
    return sold >= 0 and after.active and after.available == (look.target or 0) - sold


def _note_of(look: Look) -> Note:
    text = f"the shop now offers {look.target} (it showed {look.read.available})"
    return Note(kind="level.written", text=text, data={"from": look.read.available, "to": look.target})


def _place(row: Row[Any]) -> tuple[str, str]:
    return row.location_id, row.inventory_item_id


def _location(cell: Row[Any] | Look) -> str:
    location: str = cell.read.location_id if isinstance(cell, Look) else cell.location_id
    return location


def _item(cell: Row[Any] | Look) -> str:
    item: str = cell.read.inventory_item_id if isinstance(cell, Look) else cell.inventory_item_id
    return item
