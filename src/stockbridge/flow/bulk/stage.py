"""The stage of a full sweep in which the shop's levels are taken all at once: ordered, awaited, compared, and what is left to read listed.

The ticket is in the run's row before anybody waits for it. Where a snapshot cannot be had, the run reads every level by itself and
says so.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import runs
from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import ShopMapping
from stockbridge.flow.bulk.compare import Lines, Outcome, helpers_for, judge
from stockbridge.flow.bulk.files import file_of, written
from stockbridge.flow.bulk.hands import HandLost, Hands
from stockbridge.flow.bulk.known import Known, gather
from stockbridge.flow.corridor import House
from stockbridge.flow.look import WATCHED
from stockbridge.ports import DoorError, Levels, OutcomeUnknown, Refused, Snapshot, TryLater

_Q = Queries("runs")
#: From so many levels on a snapshot costs less than reading them (docs/decisions/0011).
AT_ONCE_FROM = 2_000
#: The shop is asked again whether it is ready after this long …
READY = timedelta(seconds=15)
#: … and no longer than this.
MAKING = timedelta(hours=2)
#: What cannot be had now is asked for again after this long, so often.
AGAIN, TRIES = timedelta(minutes=1), 5


class Taking:
    """A run and its snapshot."""

    def __init__(self, house: House, account: str, run: Row[Any], mapping: ShopMapping, levels: Levels) -> None:
        self.house, self.account, self.run, self.mapping, self.levels = house, account, run, mapping, levels

    def order(self) -> bool:
        """Have the shop begin, unless it was told to already; False: it does not now, and is asked again."""
        if self.run.ticket:
            return True
        try:
            ticket = self._ordered()
        except DoorError as error:
            return self._in_vain(error)
        self._set("ordered", ticket=ticket, now=self.house.clock.now())
        return True

    def _ordered(self) -> str:
        try:
            return self.levels.order_snapshot(since=self.run.began_at)
        except OutcomeUnknown:  # if it was begun, it is found
            return self.levels.order_snapshot(since=self.run.began_at)

    def take(self) -> bool:
        """Fetch and compare what is ready. False: the run waits for something."""
        if self.run.tries >= TRIES:  # whoever tried is dead
            return self._in_vain(Refused("comparing it was begun five times, and never came to its end"))
        if not self.run.ticket:
            return self.order()
        try:
            with file_of(self.house.folder, self.run.run_id) as path:
                snapshot = self.levels.fetch_snapshot(self.run.ticket, written(path))
                if snapshot is None:
                    return self._wait()
                self._set("in_vain", next_at=self.house.clock.now(), reason="compares the shop's list of all its levels")
                self._compare(snapshot, Lines(path=path, read=snapshot.read))
        except (DoorError, HandLost, OSError) as error:
            return self._in_vain(error)
        return True

    def _wait(self) -> bool:
        now = self.house.clock.now()
        if now - (self.run.ordered_at or now) >= MAKING:
            return self._in_vain(Refused("it was not ready after two hours"))
        reason = "waits for the shop's list of all its levels"
        self._set("pause", next_at=now + READY, reason=reason)
        return False

    def _in_vain(self, error: Exception) -> bool:
        """Once more in a while, if that may help; the run goes on by itself otherwise, which is True."""
        now = self.house.clock.now()
        passing = not isinstance(error, Refused) and not (isinstance(error, TryLater) and error.credentials)
        if passing and self.run.tries + 1 < TRIES:
            after = timedelta(seconds=error.after_s) if isinstance(error, TryLater) and error.after_s else AGAIN
            self._set("in_vain", next_at=now + after, reason=_said(error))
            return False
        remark = f"Every level was read by itself, for the shop's list of all its levels could not be had: {_said(error)}."
        self._set("by_reads", remark=remark, now=now)
        return True

    def _compare(self, snapshot: Snapshot, shown: Lines) -> None:
        helpers = helpers_for([snapshot.size], os.cpu_count() or 1)
        with Hands(helpers=helpers, needs=[snapshot.read, judge]) as hands:
            with self.house.database.begin() as conn:
                known = gather(conn, account=self.account, mapping=self.mapping, now=self.house.clock.now())
            outcome = judge(known.frame, known.counts, hands=hands, shown=[shown])
        with self.house.database.begin() as conn:
            run = runs.hold(conn, account=self.account, run_id=self.run.run_id)
            if run is not None and run.state == "running" and run.stage == "snapshot":
                self._list(conn, known, outcome)

    def _list(self, conn: Connection, known: Known, outcome: Outcome) -> None:
        """The levels that are read one by one from now on, and all others as visited."""
        place = {"account": self.account, "run_id": self.run.run_id}
        runs.list_cells(conn, **place, cells=((each.location_id, each.inventory_item_id) for each in outcome.differences()))
        runs.list_cells(conn, **place, cells=((at, item_id) for item_id, at in outcome.strangers))
        runs.list_cells(conn, **place, cells=known.closely)
        shop = {**place, "shop": self.run.shop}
        places = [each.location_id for each in known.frame.places]
        feeds = runs.feeds(self.mapping, self.run.began_at)
        feeds.pop("places")
        _Q.run(conn, "list_open", **shop, places=places)
        _Q.run(conn, "list_whole", **shop, **feeds, whole=known.whole)
        live = [each.location_id for each in self.mapping.locations if each.live]
        found = _Q.one(conn, "in_step", **shop, places=places, live=live, watched=WATCHED)
        visited = max(0, self.run.expected - found.listed)
        counts = {
            "levels": found.levels,
            "units": int(found.units),
            "watched": found.watched,
            "not_written": max(0, visited - found.levels - found.watched),
        }
        _Q.run(conn, "compared", **place, visited=visited, counts=counts, now=self.house.clock.now())

    def _set(self, query: str, **values: Any) -> None:
        with self.house.database.begin() as conn:
            _Q.run(conn, query, account=self.account, run_id=self.run.run_id, **values)


def _said(error: Exception) -> str:
    return (error.strerror or "the disk" if isinstance(error, OSError) else str(error)).rstrip(".")
