"""Brings the rehearsal up: both twins behind real HTTP in this process, the product's own web and worker processes beside it, the
embedded PostgreSQL under them. Everything can be killed and comes back."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Protocol

import httpx2
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from stockbridge.db import connections
from stockbridge.db.connections import Configured
from stockbridge.db.queries import Queries
from stockbridge.domain.events import Event, ItemMapped, SourceMapped
from stockbridge.engine.client import DbosClientEngine
from stockbridge.flow import actions, sweeps
from stockbridge.settings import Settings, child_environment
from stockbridge.testing.rehearsal.furniture import (
    ACCOUNT,
    API_KEY,
    COUNTED,
    GOODS,
    PLACES,
    SHOP,
    SIGNING,
    UNMAPPED,
    WMS,
    Furniture,
    code_of,
)
from stockbridge.testing.rehearsal.oracle import Oracle
from stockbridge.testing.twins.shopify import Plan, ShopifyTwin, WallClock
from stockbridge.testing.twins.shopify.server import served
from stockbridge.testing.twins.wms import WmsTwin
from stockbridge.testing.twins.wms.server import serve
from stockbridge.wiring import Base, open_base, open_client

_Q = Queries("rehearsal", folder=Path(__file__).parent)
START_S = 150.0
PORTS = range(18_000, 32_000)
SECRET = "rehearsal-secret"


class StageTrouble(RuntimeError):
    """The rehearsal could not be brought up. The log of the process that failed lies beside its data."""


class Process(Protocol):
    """A process of the product that can be killed and started again. ``starts``: how often it was."""

    starts: int

    @property
    def dead(self) -> bool: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(slots=True)
class Child:
    """One of the product's own processes. ``keep``: started again whenever it dies."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.PIPE)

    @property
    def dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """As the machine would: without a word."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass(slots=True, kw_only=True)
class Stage:
    """The running rehearsal. ``shop`` and ``wms`` are the twins themselves; ``address`` is where the pages are."""

    furniture: Furniture
    settings: Settings
    shop: ShopifyTwin
    wms: WmsTwin
    oracle: Oracle
    base: Base
    engine: DbosClientEngine
    web: Child
    worker: Process
    address: str
    extra: list[Process] = field(default_factory=list)

    def stop(self) -> None:
        """End every process of the product."""
        for child in (self.worker, *self.extra, self.web):
            child.stop()

    def say(self, *events: Event, by: str = "rehearsal") -> None:
        """A person asks for something: through the same inbox as everything else."""
        self.in_transaction(lambda conn: self._ask(conn, events, by))

    def _ask(self, conn: Connection, events: Sequence[Event], by: str) -> None:
        for event in events:
            actions.ask(
                conn, engine=self.engine, ids=self.base.ids, account=ACCOUNT, event=event, by=by, now=self.base.clock.now()
            )

    def sweep(self, *whats: str) -> None:
        """These sweeps begin now instead of at their time."""

        def wake(conn: Connection) -> None:
            for job in sorted(sweeps.sweep_jobs(conn, whats)):
                self.engine.wake(conn, job)

        self.in_transaction(wake)

    def in_transaction(self, work: Callable[[Connection], object]) -> None:
        """Run a transaction, again if the database was away for a moment."""
        for _ in range(40):
            try:
                with self.base.database.engine.begin() as conn:
                    work(conn)
                return
            except OperationalError:
                sleep(0.25)
        raise StageTrouble("the database did not come back")

    def count(self, query: str, **values: object) -> int:
        """A number from the product's own tables, for waiting; never for judging."""
        found: list[int] = []
        self.in_transaction(lambda conn: found.append(int(_Q.value(conn, query, account=ACCOUNT, **values) or 0)))
        return found[-1]

    def waiting(self) -> list[str]:
        """Everything that waits for a person, in words."""
        found: list[list[str]] = []
        self.in_transaction(lambda conn: found.append([row[0] for row in _Q.rows(conn, "parked_all", account=ACCOUNT)]))
        return found[-1]

    def at_rest(self) -> bool:
        """Is nothing on its way: no webhook, no callback, no work of ours? One that its sender repeats in a minute because
        we did not answer is not waited for: the sweeps find what it would have said."""
        soon = datetime.now(UTC) + timedelta(seconds=5)  # noqa: TID251  the rehearsal runs on the wall clock
        with self.shop.lock:
            dues = [self.shop.emitter.next_at()]
        with self.wms.lock:
            dues.append(self.wms.desk.next_due())
        return not any(due is not None and due < soon for due in dues) and not self.count("unfinished")

    def rest(self, patience_s: float = 30.0) -> bool:
        """Wait until everything is at rest, twice in a row; False when it does not come to rest in time."""
        calm = 0

        def calm_twice() -> bool:
            nonlocal calm
            calm = calm + 1 if self.at_rest() else 0
            return calm >= 2

        return until(calm_twice, patience_s, every_s=0.15)

    def database_pid(self) -> int:
        """The postmaster's process id."""
        cluster = self.base.database.cluster
        pid = cluster.server_pid if cluster else None
        if pid is None:
            raise StageTrouble("the database is not running")
        return pid

    def keep_alive(self, stop: threading.Event) -> None:
        """Start again whatever died, until told to stop."""
        while not stop.wait(0.1):
            for child in (self.web, self.worker, *self.extra):
                if child.dead and not stop.is_set():
                    child.start()


def until(true: Callable[[], bool], patience_s: float, *, every_s: float = 0.05) -> bool:
    """Wait until something is true; False when it is not in time."""
    ends = monotonic() + patience_s
    while monotonic() < ends:
        if true():
            return True
        sleep(every_s)
    return true()


def free_port() -> int:
    """A port of this machine that nobody uses at the moment, below those that the system gives to whoever calls out: a webhook that
    is sent before anybody listens could be given the very port it calls, reach itself, and hold the port for good."""
    for port in Random().sample(PORTS, 200):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise StageTrouble("no port is free on this machine")


def command(*words: str, sabotage: str = "") -> list[str]:
    """How one of the product's own processes is started; with a rule broken on purpose, if one is named."""
    if not sabotage:
        return [sys.executable, "-m", "stockbridge", *words]
    broken = f"import sys; from stockbridge.testing.sabotage import apply; apply({sabotage!r}); "
    broken += f"sys.argv = {['stockbridge', *words]!r}; from stockbridge.cli import main; main()"
    return [sys.executable, "-c", broken]


@contextmanager
def raised(
    furniture: Furniture, folder: Path, *, port: int = 0, sabotage: str = "", manual: bool = True, workers: int = 1
) -> Iterator[Stage]:
    """The rehearsal, up and mapped; taken down again at the end."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=folder, port=port)
    hook = f"{address}/hooks/{ACCOUNT}"
    with ExitStack() as stack:
        shop = ShopifyTwin(
            seed=furniture.seed,
            shop=SHOP,
            clock=WallClock(),
            client_id="rehearsal-app",
            client_secret=SECRET,
            plan=Plan(locations=0, products=0, customers=12),
        )
        furniture.stock_shop(shop)
        shop_url = stack.enter_context(served(shop))
        wms_running = stack.enter_context(serve(furniture.wms_config(callback_url=f"{hook}/{WMS}", manual=manual)))
        wms = wms_running.twin
        if wms is None:
            raise StageTrouble("the WMS twin runs elsewhere")
        base = open_base(settings, pool_size=6)
        stack.callback(base.close)
        engine = open_client(base)
        stack.callback(engine.close)
        environment = child_environment(data_dir=folder, port=port, log_level="warning")
        folder.mkdir(parents=True, exist_ok=True)
        web = Child("web", command("web", "--leash", sabotage=sabotage), environment, folder / "web.log")
        worker = Child("worker", command("worker", "--leash", sabotage=sabotage), environment, folder / "worker.log")
        stage = Stage(
            furniture=furniture,
            settings=settings,
            shop=shop,
            wms=wms,
            oracle=Oracle(shop, wms),
            base=base,
            engine=engine,
            web=web,
            worker=worker,
            address=address,
        )
        stage.extra.extend(
            Child(f"worker-{n}", command("worker", "--leash", sabotage=sabotage), environment, folder / f"worker-{n}.log")
            for n in range(2, workers + 1)
        )
        _configure(stage, shop_url, wms_running.url, hook)
        stop = threading.Event()
        for child in (web, worker, *stage.extra):
            child.start()
        stack.callback(stage.stop)
        keeper = threading.Thread(target=stage.keep_alive, args=(stop,), daemon=True)
        keeper.start()
        stack.callback(keeper.join, 2)
        stack.callback(stop.set)
        _wait_for_pages(stage)
        yield stage


def _configure(stage: Stage, shop_url: str, wms_url: str, hook: str) -> None:
    now = datetime.now(UTC)  # noqa: TID251  the rehearsal runs on the wall clock
    shop = Configured(
        account=ACCOUNT,
        connection=SHOP,
        kind="shopify",
        title="Harbor Goods",
        settings={"domain": SHOP, "base_url": shop_url, "webhook_url": f"{hook}/{SHOP}", "settle_s": 5},
        secrets={"client_id": "rehearsal-app", "client_secret": SECRET},
        time_zone="America/New_York",
        live=True,
    )
    wms = Configured(
        account=ACCOUNT,
        connection=WMS,
        kind="wms",
        title="Harbor WMS",
        settings={"url": wms_url, "warehouses": list(PLACES), "personality": "look_up", "settle_s": 2, "deadline_s": 5},
        secrets={"api_key": API_KEY, "signing_secret": SIGNING},
    )
    with stage.base.database.engine.begin() as conn:
        connections.save_account(conn, account=ACCOUNT, title="Harbor Goods", now=now)
        for each in (shop, wms):
            connections.save(conn, each, vault=stage.base.vault, now=now)


def _wait_for_pages(stage: Stage) -> None:
    def ready() -> bool:
        try:
            return httpx2.get(f"{stage.address}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    if not until(ready, START_S):
        last = stage.web.log.read_text(errors="replace")[-2000:]  # its folder may be gone when somebody reads this
        raise StageTrouble(f"the pages did not come up, started {stage.web.starts} times; {stage.web.log} ends with:\n{last}")


def learn(stage: Stage) -> bool:
    """Read what is there: locations, goods, webhooks, stock, as on a first day. False when that takes too long."""
    stage.sweep("locations", "items", "subscriptions", "stock")
    return (
        until(lambda: stage.count("learned") >= len(PLACES) + len(GOODS) + len(GOODS) * len(PLACES), START_S) and stage.rest()
    )


def map_everything(stage: Stage) -> None:
    """What a person does on the mapping page: which zones feed which location, which code is which item."""
    for warehouse, (location, _where, priority) in PLACES.items():
        location_id = f"gid://shopify/Location/{stage.shop.control.location(location).id}"
        stage.say(
            SourceMapped(
                seen=True,
                shop=SHOP,
                location_id=location_id,
                connection=WMS,
                warehouse=warehouse,
                zones=COUNTED,
                priority=priority,
                live=True,
            )
        )
    stage.say(*(mapping(stage, sku, warehouse) for sku in GOODS if sku != UNMAPPED for warehouse in PLACES))


def mapping(stage: Stage, sku: str, warehouse: str) -> ItemMapped:
    """In this warehouse this SKU has the warehouse's own code."""
    item = f"gid://shopify/InventoryItem/{stage.shop.control.item(sku).id}"
    return ItemMapped(shop=SHOP, inventory_item_id=item, connection=WMS, warehouse=warehouse, item_code=code_of(sku))
