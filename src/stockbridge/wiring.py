"""The only place that knows every door and the clock: puts the house together from its settings."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import structlog
from sqlalchemy import Connection
from sqlalchemy import Engine as SqlEngine

from stockbridge.channels import shopify
from stockbridge.db import connections
from stockbridge.db.connection import Database, open_database
from stockbridge.db.connections import Configured
from stockbridge.db.migrate import migrate
from stockbridge.db.vault import Vault, load_keys, passing_key
from stockbridge.engine import lanes
from stockbridge.engine.client import DbosClientEngine
from stockbridge.engine.words import Pace, Schedule
from stockbridge.engine.worker import DbosEngine, run_engine_migrations
from stockbridge.flow import mapping, publish, step, sweeps
from stockbridge.flow.corridor import House
from stockbridge.outbox.budget import SharedBudget
from stockbridge.outbox.deliver import Outbox
from stockbridge.ports import Clock, Door, Engine, Http, Ids, Job, OpenDoor, Opening
from stockbridge.settings import Settings
from stockbridge.transport import Network
from stockbridge.warehouses import wms

#: Every kind of sales channel and warehouse system. A new one is one line here.
DOORS: Mapping[str, Door] = {door.kind: door for door in (shopify.DOOR, wms.DOOR)}

_log = structlog.get_logger("wiring")

#: How long a changed connection may go unnoticed by a process, in seconds.
NOTICE_S = 2.0


class SystemClock:
    """The machine's own time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        sleep(seconds)


class RandomIds:
    """Ids nobody can guess."""

    def new(self) -> str:
        return uuid.uuid4().hex


class ThreadedCalls:
    """Runs calls side by side, never more than ``at_once`` in this process."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="call")

    def run(self, calls: Sequence[Callable[[], None]]) -> None:
        """Returns when all of them have ended; the first bug among them is raised."""
        for future in [self._pool.submit(call) for call in calls]:
            future.result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


class CallsInOrder:
    """Runs calls one after the other (the simulation's way)."""

    def run(self, calls: Sequence[Callable[[], None]]) -> None:
        for call in calls:
            call()


class Doors:
    """Opens configured connections and keeps them open until their configuration changes."""

    def __init__(
        self, *, database: SqlEngine, vault: Vault, clock: Clock, ids: Ids, http: Http, notice_s: float = NOTICE_S
    ) -> None:
        self._database, self._vault, self._clock, self._ids, self._http = database, vault, clock, ids, http
        self._notice_s = notice_s
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._open: dict[tuple[str, str], tuple[int, OpenDoor | None, Configured]] = {}

    def door(self, account: str, connection: str) -> OpenDoor | None:
        """An open door, or None when there is no such connection or its settings cannot be used."""
        self._refresh()
        found = self._open.get((account, connection))
        if found is None:
            self._refresh(now=True)
            found = self._open.get((account, connection))
        if found is None or found[1] is None:
            return None
        return found[1]

    def _refresh(self, *, now: bool = False) -> None:
        with self._lock:
            if not now and monotonic() - self._looked < self._notice_s:
                return
            with self._database.begin() as conn:
                configured = connections.load_all(conn, vault=self._vault)
            self._open = {(each.account, each.connection): self._opened(each) for each in configured}
            self._looked = monotonic()

    def _opened(self, each: Configured) -> tuple[int, OpenDoor | None, Configured]:
        known = self._open.get((each.account, each.connection))
        if known and known[0] == each.version:
            return (each.version, known[1], each)
        kind = DOORS.get(each.kind)
        if kind is None or each.locked:
            return (each.version, None, each)
        try:
            return (each.version, kind.open(self._opening(each)), each)
        except ValueError as error:  # settings that cannot be used: said on the connections page
            _log.error("door.settings", connection=each.connection, problem=str(error))
            return (each.version, None, each)

    def _opening(self, each: Configured) -> Opening:
        budget = SharedBudget(database=self._database, clock=self._clock, account=each.account, connection=each.connection)
        return Opening(
            account=each.account,
            connection=each.connection,
            settings=each.settings,
            secrets=each.secrets,
            clock=self._clock,
            ids=self._ids,
            http=self._http,
            budget=budget,
        )


def check_settings(kind: str, settings: Mapping[str, object], secrets: Mapping[str, str]) -> None:
    """Raises ValueError with every mistake when a connection of this kind cannot be opened with these settings."""
    DOORS[kind].open(
        Opening(
            account="",
            connection="",
            settings=settings,
            secrets=secrets,
            clock=SystemClock(),
            ids=RandomIds(),
            http=Network(),
            budget=_NoBudget(),
        )
    )


class _NoBudget:
    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None: ...
    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None: ...
    def hold(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What every process of the product has: the open database, the key, the doors."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    ids: Ids
    doors: Doors
    network: Network

    def close(self) -> None:
        """Give everything back; the last user of an embedded database stops it."""
        self.network.close()
        self.database.close()


def open_base(settings: Settings, *, migrated: bool = True, pool_size: int | None = None, key: bool = True) -> Base:
    """Open the database (started when it is ours), bring it up to date, load the key. Raises LostKey.

    ``key=False``: for who only looks; a key is used if there is one, and none is made."""
    url = settings.database_url or None
    database = open_database(url, settings.data_dir, pool_size=pool_size or settings.pool_size)
    try:
        if migrated:
            migrate(database, backup_dir=settings.data_dir / "backups")
            run_engine_migrations(database.url)
        vault = _vault(database, settings.key_path) if key or settings.key_path.exists() else Vault([passing_key()])
    except BaseException:
        database.close()
        raise
    clock, ids, network = SystemClock(), RandomIds(), Network()
    doors = Doors(database=database.engine, vault=vault, clock=clock, ids=ids, http=network)
    return Base(settings=settings, database=database, vault=vault, clock=clock, ids=ids, doors=doors, network=network)


def _vault(database: Database, file: Path) -> Vault:
    with database.engine.begin() as conn:
        return Vault(load_keys(file, needed=connections.hold_key(conn)))


def open_client(base: Base) -> DbosClientEngine:
    """The engine as a process sees it that only wakes jobs (the web pages, the command line)."""
    return DbosClientEngine(url=base.database.url, engine=base.database.engine, ids=base.ids, clock=base.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker's jobs are made of; built the same way for the real engine and for the stand-in."""

    house: House
    outbox: Outbox

    def handlers(self) -> dict[str, Callable[[Job], None]]:
        """One for each kind of job."""
        return {
            "step": lambda job: step.run(self.house, job),
            "deliver": self.outbox.deliver,
            "publish": lambda job: publish.run(self.house, job),
            "sweep": lambda job: sweeps.run(self.house, job),
        }


def schedules(settings: Settings, house: Callable[[], House]) -> list[Schedule]:
    """What happens by the clock (UTC). ``house`` is asked when a moment comes."""

    def sweep(*whats: str) -> Callable[[datetime], None]:
        return lambda moment: sweeps.wake(house(), whats)

    return [
        Schedule(
            name="orders",
            cron=f"*/{settings.orders_every_min} * * * *",
            handler=sweep("orders", "fulfillment_orders", "stock_changes"),
        ),
        Schedule(name="delta", cron=f"*/{settings.delta_every_min} * * * *", handler=sweep("levels")),
        Schedule(name="begin", cron="* * * * *", handler=lambda moment: mapping.begin(house())),
        Schedule(name="keep", cron="*/5 * * * *", handler=sweep("subscriptions")),
        Schedule(name="catalog", cron="11 * * * *", handler=sweep("items", "locations")),
        Schedule(name="nightly", cron="*/5 * * * *", handler=lambda moment: sweeps.nightly(house(), moment)),
        Schedule(
            name="prune",
            cron="41 * * * *",
            handler=lambda moment: sweeps.prune(house(), moment, settings.keep_days, settings.history_days),
        ),
    ]


def build_work(
    *,
    database: SqlEngine,
    engine: Engine,
    clock: Clock,
    ids: Ids,
    door: Callable[[str, str], OpenDoor | None],
    worker: str,
    calls: ThreadedCalls | CallsInOrder,
    alive: Callable[[Connection, str], bool],
    folder: Path,
) -> Work:
    """The rooms, connected. ``folder``: for files that are gone when they were read."""
    house = House(
        database=database,
        engine=engine,
        clock=clock,
        ids=ids,
        door=door,
        worker=worker,
        alive=alive,
        calls=calls,
        folder=folder,
    )
    outbox = Outbox(database=database, engine=engine, clock=clock, calls=calls, door=door, worker=worker, alive=alive)
    return Work(house=house, outbox=outbox)


@dataclass(slots=True)
class Worker:
    """A running worker. ``stop`` lets the jobs in hand finish."""

    engine: DbosEngine
    calls: ThreadedCalls

    def stop(self) -> None:
        self.engine.stop()
        self.calls.close()


def start_worker(base: Base) -> Worker:
    """Launch the engine with all rooms behind it."""
    settings = base.settings
    built: list[Work] = []  # the engine is made first, because the rooms wake it
    engine = DbosEngine(
        url=base.database.url,
        engine=base.database.engine,
        ids=base.ids,
        clock=base.clock,
        handlers={kind: _later(built, kind) for kind in ("step", "deliver", "publish", "sweep")},
        due_jobs=sweeps.due_jobs,
        schedules=schedules(settings, lambda: built[0].house),
        pace=Pace(
            # A job without a free call would only keep its lane from other workers.
            jobs={"step": 8, "deliver": min(settings.worker_jobs, settings.calls_in_flight), "publish": 4, "sweep": 4},
            # looked at this rarely a job finds several rows: the engine's own work is what costs most per row
            poll_s={"step": 0.2, "deliver": 0.2, "publish": 0.3, "sweep": 0.6},
        ),
    )
    calls = ThreadedCalls(settings.calls_in_flight)
    work = build_work(
        database=base.database.engine,
        engine=engine,
        clock=base.clock,
        ids=base.ids,
        door=base.doors.door,
        worker=engine.incarnation,
        calls=calls,
        alive=lanes.alive,
        folder=settings.data_dir / "work",
    )
    built.append(work)
    engine.launch()
    return Worker(engine=engine, calls=calls)


def _later(built: Sequence[Work], kind: str) -> Callable[[Job], None]:
    return lambda job: built[0].handlers()[kind](job)
