"""A sweep of a shop as a run: its sources are asked, every level is compared page by page, and what differs is looked at by the same
publisher as after any event. It goes on after a crash at the page it was at; what would change too much waits for a person."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import mapping as mappings
from stockbridge.db import runs, stock
from stockbridge.db.queries import Queries
from stockbridge.domain.drift import Tally
from stockbridge.domain.mapping import ShopMapping
from stockbridge.flow.brake import conclude
from stockbridge.flow.bulk import stage
from stockbridge.flow.bulk.stage import Taking
from stockbridge.flow.comparing import Compared, Desk
from stockbridge.flow.corridor import House
from stockbridge.flow.levels import read_all
from stockbridge.flow.reading import read
from stockbridge.ports import DoorError, Job, LevelRead, Levels, TryLater

_Q = Queries("runs")
_C = Queries("connections")

#: Levels compared at a time: as many as a channel gives in one call.
PAGE = 250
#: No run works longer than this in one go; it is found due and goes on.
SHIFT = timedelta(seconds=25)
#: What a sweep asked for is understood by then, or the comparison goes on without it.
PATIENCE = timedelta(minutes=5)
#: A shop that cannot be asked is asked again after this …
AGAIN = timedelta(minutes=1)
#: … and a run that has come no further for so long has failed.
GIVE_UP = timedelta(hours=6)


def start(house: House, *, account: str, shop: str, kind: str, dry: bool = False, by: str = "") -> int | None:
    """A sweep of a shop begins; None when one like it is running, or nothing is mapped there."""
    with house.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=account, shop=shop)
        now = house.clock.now()
        most = stage.AT_ONCE_FROM
        run_id = runs.begin(conn, account=account, mapping=mapping, kind=kind, dry=dry, by=by, now=now, at_once_from=most)
        if run_id is not None:
            house.engine.wake(conn, Job(kind="sweep", account=account, connection=shop, what="runs"))
    return run_id


def work(house: House, job: Job) -> None:
    """Take the shop's runs further, until none is due or the shift is over."""
    ends = house.clock.now() + SHIFT
    while house.clock.now() < ends:
        with house.database.begin() as conn:
            run = runs.due(conn, account=job.account, shop=job.connection, now=house.clock.now())
            mapping = _mapping(conn, job, run) if run else None
        if run is None or mapping is None or not _Turn(house, job, run, mapping).take():
            return


def _mapping(conn: Connection, job: Job, run: Row[Any]) -> ShopMapping:
    """The mapping that the run began with: it is compared by this one to its end."""
    found = mappings.version(conn, account=job.account, shop=run.shop, number=run.mapping_version)
    return found or ShopMapping(shop=run.shop)


class _Turn:
    """One step of a run: a stage, or a page."""

    def __init__(self, house: House, job: Job, run: Row[Any], mapping: ShopMapping) -> None:
        self.house, self.account, self.run, self.mapping = house, job.account, run, mapping

    def take(self) -> bool:
        """False: the run waits for something."""
        match self.run.stage:
            case "read":
                self._order()
                return self._ask_sources()
            case "wait":
                return self._wait()
            case "snapshot":
                return self._take_all()
        return self._page()

    # -- all levels at once ---------------------------------------------------------------------------------------------

    def _order(self) -> None:
        """The shop makes its list of levels while the sources are asked."""
        door = self.house.door(self.account, self.run.shop)
        if self.run.way == "snapshot" and door is not None and door.levels is not None:
            Taking(self.house, self.account, self.run, self.mapping, door.levels).order()

    def _take_all(self) -> bool:
        door = self.house.door(self.account, self.run.shop)
        if door is None or door.levels is None:
            return self._later(TryLater(f"{self.run.shop} is paused or cannot be opened"))
        return Taking(self.house, self.account, self.run, self.mapping, door.levels).take()

    # -- what the sources have to say ----------------------------------------------------------------------------------

    def _sources(self) -> list[str]:
        return sorted(set(runs.feeds(self.mapping, self.run.began_at)["connections"]))

    def _ask_sources(self) -> bool:
        """Each source tells what changed since its own cursor; in a full run, or without a cursor, all that it has."""
        deaf = []
        for connection in self._sources():
            for what in self._whats(connection):
                if not read(self.house, Job(kind="sweep", account=self.account, connection=connection, what=what)):
                    deaf.append(connection)
        reason = f"{', '.join(sorted(set(deaf)))} could not be asked; compared with what is known of it" if deaf else ""
        self._set("to_stage", stage="wait", now=self.house.clock.now(), reason=reason)
        return True

    def _whats(self, connection: str) -> list[str]:
        with self.house.database.begin() as conn:
            place = {"account": self.account, "connection": connection, "what": "stock_changes"}
            cursor = _C.value(conn, "cursor", **place)
        door = self.house.door(self.account, connection)
        has = door.polls.sweeps if door is not None and door.polls is not None else ()
        wanted = ("stock_changes", "stock") if self.run.kind == "full" or cursor is None else ("stock_changes",)
        return [what for what in wanted if what in has]

    def _wait(self) -> bool:
        """What they told is understood first: it is drift that was found, not drift that is left."""
        with self.house.database.begin() as conn:
            columns = {"connections": self._sources(), "until": self.run.read_at}
            unread = _Q.value(conn, "unread_arrivals", account=self.account, **columns)
        now = self.house.clock.now()
        if unread and now < self.run.read_at + PATIENCE:
            return False  # found due again in a moment
        self._set("to_stage", stage="snapshot" if self.run.way == "snapshot" else "compare", now=now, reason="")
        return True

    def _set(self, query: str, **values: Any) -> None:
        with self.house.database.begin() as conn:
            _Q.run(conn, query, account=self.account, run_id=self.run.run_id, **values)

    # -- the comparison ------------------------------------------------------------------------------------------------

    def _page(self) -> bool:
        """One page of levels; after the last one the run comes to its end."""
        door, asked_at = self.house.door(self.account, self.run.shop), self.house.clock.now()
        with self.house.database.begin() as conn:
            began = self.run.began_at
            cells = runs.cells(conn, account=self.account, run=self.run, mapping=self.mapping, now=began, most=PAGE)
        try:
            if door is None or door.levels is None:
                raise TryLater(f"{self.run.shop} is paused or cannot be opened")
            reads = read_cells(door.levels, cells)
        except DoorError as error:
            return self._later(error)
        with self.house.database.begin() as conn:
            run = runs.hold(conn, account=self.account, run_id=self.run.run_id)
            if run is None or run.state != "running" or run.pages != self.run.pages:
                return True  # somebody else was quicker
            now = self.house.clock.now()
            desk = Desk(conn=conn, account=self.account, run=run, mapping=self.mapping, now=now)
            page = desk.compare(cells, reads, asked_at=asked_at)
            self._save(conn, page, cells, run, asked_at, now)
        return True

    def _save(
        self, conn: Connection, page: Compared, cells: list[Row[Any]], run: Row[Any], asked_at: datetime, now: datetime
    ) -> None:
        runs.save_found(conn, account=self.account, run_id=run.run_id, found=page.found, now=now)
        if not run.dry:
            looks = [
                {"account": self.account, "shop": run.shop, "asked_at": asked_at, **look.values(now)}
                for look in [*page.seen, *page.turned]
            ]
            _Q.many(conn, "look_was", looks)
            turned = [(run.shop, look.read.location_id, look.read.inventory_item_id) for look in page.turned]
            shops = stock.touch_cells(conn, account=self.account, cells=turned, now=now)
            jobs = [Job(kind="publish", account=self.account, connection=shop) for shop in shops]
            self.house.engine.wake_all(conn, jobs)
        tally, counts = tally_of(run.counts).plus(page.pairs), dict(run.counts)
        counts |= {**asdict(tally), **{name: counts.get(name, 0) + many for name, many in page.aside.items()}}
        last = (cells[-1].location_id, cells[-1].inventory_item_id) if cells else (run.after_location, run.after_item)
        ends = {"after_location": last[0], "after_item": last[1], "visited": len(cells), "counts": counts}
        _Q.run(conn, "turn_page", account=self.account, run_id=run.run_id, now=now, reason="", **ends)
        if len(cells) < PAGE:
            _Q.run(conn, "forget_cells", account=self.account, run_id=run.run_id)
            conclude(conn, self.house, account=self.account, run=run, tally=tally, now=now)

    def _later(self, error: DoorError) -> bool:
        """The shop cannot be asked: the run goes on at this page in a while, and fails when that has lasted for hours."""
        now = self.house.clock.now()
        if now - self.run.began_at > GIVE_UP:
            self._set("end", state="failed", now=now, reason=str(error))
            self._set("forget_cells")
            return True
        after = timedelta(seconds=error.after_s) if isinstance(error, TryLater) and error.after_s else AGAIN
        self._set("pause", next_at=now + after, reason=str(error))
        return False


def read_cells(levels: Levels, cells: list[Row[Any]]) -> list[LevelRead]:
    """What the shop shows at some levels now."""
    return list(read_all(levels, [(row.inventory_item_id, row.location_id) for row in cells]))


def tally_of(counts: dict[str, Any]) -> Tally:
    """What a run has counted so far."""
    names = asdict(Tally())
    return Tally(**{name: counts.get(name, 0) for name in names})
