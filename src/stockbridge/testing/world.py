"""A merchant's whole world in one process and one thread: the product's real rooms on a real PostgreSQL, the stepped engine, the
twins without sockets, one clock that is turned by hand. The same seed and the same calls give the same history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine

from stockbridge.db import arrivals, connections
from stockbridge.db import mapping as mappings
from stockbridge.db.connections import Configured
from stockbridge.db.queries import Queries
from stockbridge.db.vault import Vault
from stockbridge.domain.events import DismissAsked, Event, ItemMapped, MappingChanged, RetryAsked, SourceMapped
from stockbridge.domain.mapping import Location, Source
from stockbridge.domain.zones import zones_of
from stockbridge.flow import actions, sweeps
from stockbridge.flow.corridor import House
from stockbridge.ports import Arrival, HttpAnswer, HttpRequest, NotGenuine, OpenDoor, OutcomeUnknown, TryLater
from stockbridge.settings import Settings
from stockbridge.testing.engine import SteppedEngine
from stockbridge.testing.fakes import SeededIds, Streams
from stockbridge.testing.sight import Sight
from stockbridge.testing.twins.shopify import Request, ShopifyTwin, VirtualClock
from stockbridge.testing.twins.shopify.webhooks.emitter import Post
from stockbridge.testing.twins.wms import WmsConfig, WmsService, WmsTwin
from stockbridge.wiring import CallsInOrder, Doors, Work, build_work, schedules

_Q = Queries("world", folder=Path(__file__).parent)

ACCOUNT = "main"
SHOP = "harbor-goods.myshopify.com"
WMS = "harbor-wms"
SHOP_URL, WMS_URL, OURS = "https://" + SHOP, "https://wms.example.com", "https://bridge.example.com"
#: A fixed key: what a rehearsal seals is nobody's secret.
REHEARSAL_KEY = "c3RvY2ticmlkZ2UtcmVoZWFyc2FsLWtleS0zMmJ5dCE="
SIGNING = "whsec_c3RvY2ticmlkZ2UtdHdpbi1zaWduaW5nLXNlY3JldA=="


def source(warehouse: str, *zones: str, without: Sequence[str] = (), **more: Any) -> Source:
    """These zones of a warehouse of the world, for `World.map_location`."""
    return Source(connection=WMS, warehouse=warehouse, zones=zones_of(zones, without), **more)


class WorldClock(VirtualClock):
    """Time stands still until the world, or somebody who sleeps, moves it."""

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Killed(BaseException):
    """The process died here. No Exception: nothing in the house may catch it."""


class Streets(Streams):
    """The network between the house and the twins: no sockets, every call is a function call."""

    def __init__(self, clock: WorldClock, shop: ShopifyTwin, warehouse: WmsService) -> None:
        self._clock, self._warehouse = clock, warehouse
        self.shops = {SHOP_URL: shop}
        self.sent: list[HttpRequest] = []
        #: hosts that cannot be reached now
        self.down: set[str] = set()
        self._deaths: list[tuple[str, str]] = []

    def kill(self, match: str, when: str) -> None:
        """The process dies ``before`` or ``after`` the next call whose method, address or body contains ``match``."""
        self._deaths.append((match, when))

    def calm(self) -> None:
        """Everybody can be reached, and nobody dies any more."""
        self.down.clear()
        self._deaths.clear()

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Deliver one call; what becomes of the answer is the twin's fault to say."""
        self._die(request, "before")
        self.sent.append(request)
        for base in self.down:
            if request.url.startswith(base):
                raise TryLater(f"no connection to {base}")
        answer = self._carry(request)
        self._die(request, "after")
        return answer

    def _carry(self, request: HttpRequest) -> HttpAnswer:
        for base, shop in self.shops.items():
            if request.url.startswith(base):
                return self._to_shop(shop, request, request.url.removeprefix(base))
        if request.url.startswith(WMS_URL):
            return self._to_warehouse(request)
        raise TryLater(f"nobody lives at {request.url}")

    def _die(self, request: HttpRequest, moment: str) -> None:
        text = f"{request.method} {request.url} {request.body.decode('utf-8', 'replace')}"
        for death in self._deaths:
            if death[1] == moment and death[0] in text:
                self._deaths.remove(death)
                raise Killed(f"{moment} {death[0]}")

    def asked(self, match: str) -> list[HttpRequest]:
        """The calls so far whose method, address or body contain ``match``."""
        return [each for each in self.sent if match in f"{each.method} {each.url} {each.body.decode('utf-8', 'replace')}"]

    def _to_shop(self, shop: ShopifyTwin, request: HttpRequest, path: str) -> HttpAnswer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = shop.handle(Request(request.method, path, headers, request.body))
        if answer.cut == "hung":
            self._clock.sleep(request.deadline_s)
        if answer.cut:
            raise OutcomeUnknown("the answer was lost")
        return HttpAnswer(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()}, body=answer.body)

    def _to_warehouse(self, request: HttpRequest) -> HttpAnswer:
        answer = self._warehouse.handle(request.method, request.url.removeprefix(WMS_URL), dict(request.headers), request.body)
        if answer.fate == "no_connection":
            raise TryLater("no connection to the warehouse")
        if answer.fate != "answered" or answer.delay_s >= request.deadline_s:
            raise OutcomeUnknown("the answer was lost")
        self._clock.sleep(answer.delay_s)
        return HttpAnswer(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()}, body=answer.body)


class World:
    """Everything together. ``shop`` and ``wms`` are the twins; ``settle`` lets all that is due happen."""

    clock_kind: type[WorldClock] = WorldClock

    def __init__(self, database: Engine, *, seed: int = 1, wms: WmsConfig | None = None, settle_s: float = 120.0) -> None:
        self.database = database
        self.random = Random(f"world:{seed}")
        self.clock = self.clock_kind()
        self.ids = SeededIds(seed)
        self.shop = ShopifyTwin(seed=seed, shop=SHOP, clock=self.clock)
        self.shops = {SHOP: self.shop}
        config = wms or WmsConfig(seed=seed, callback_url=f"{OURS}/hooks/{ACCOUNT}/{WMS}", signing_secrets=(SIGNING,))
        self.wms = WmsTwin(config, self.clock)
        self.streets = Streets(self.clock, self.shop, WmsService(self.wms))
        self.vault = Vault([REHEARSAL_KEY])
        self.sight = Sight(database)
        SteppedEngine.prepare(database)
        self.rejected: list[str] = []
        self._settle_s = settle_s
        self._folder = TemporaryDirectory(prefix="stockbridge-world-")
        self.folder = Path(self._folder.name)
        self.engine = self._start()

    def _start(self) -> SteppedEngine:
        self.doors = Doors(
            database=self.database, vault=self.vault, clock=self.clock, ids=self.ids, http=self.streets, notice_s=3600.0
        )
        built: list[Work] = []
        self._built = built
        engine = SteppedEngine(
            engine=self.database,
            clock=self.clock,
            handlers={kind: self._later(kind) for kind in ("step", "deliver", "publish", "sweep")},
            due_jobs=sweeps.due_jobs,
            schedules=schedules(Settings(), lambda: built[0].house),
        )
        self.incarnation = self.ids.new()
        built.append(
            build_work(
                database=self.database,
                engine=engine,
                clock=self.clock,
                ids=self.ids,
                door=self.doors.door,
                worker=self.incarnation,
                calls=CallsInOrder(),
                alive=lambda _conn, worker: worker == self.incarnation,
                folder=self.folder,
            )
        )
        return engine

    def _later(self, kind: str) -> Any:
        return lambda job: self._built[0].handlers()[kind](job)

    @property
    def house(self) -> House:
        return self._built[0].house

    def restart(self) -> None:
        """The process died: everything in memory is gone, the database is not."""
        self.engine = self._start()

    # -- furnishing ------------------------------------------------------------------------------------------------

    def connect(self, *, live: bool = True, start_line: datetime | None = None) -> None:
        """Configure the shop and the warehouse system, and read what is there: as a person would on the first day."""
        self.set_shop(live=live, start_line=start_line)
        self._save(self._warehouse())
        for what in ("locations", "items", "subscriptions", "stock", "orders"):
            self.sweep(what)
        self.settle()

    def add_shop(self, domain: str, *, seed: int) -> ShopifyTwin:
        """Another shop of the same merchant, connected and read."""
        shop = self.shops[domain] = self.streets.shops["https://" + domain] = ShopifyTwin(
            seed=seed, shop=domain, clock=self.clock
        )
        self._save(self._shop(domain, live=True, start_line=None))
        self.sweep("locations", "items", "subscriptions", "orders")
        self.settle()
        return shop

    def set_shop(self, *, live: bool, start_line: datetime | None = None) -> None:
        """Orders flow, or are watched only; those placed before the start line are left alone."""
        self._save(self._shop(SHOP, live=live, start_line=start_line))

    def _save(self, configured: Configured) -> None:
        now = self.clock.now()
        with self.database.begin() as conn:
            connections.save_account(conn, account=ACCOUNT, title="Harbor Goods", now=now)
            connections.save(conn, configured, vault=self.vault, now=now)

    def _shop(self, domain: str, *, live: bool, start_line: datetime | None) -> Configured:
        return Configured(
            account=ACCOUNT,
            connection=domain,
            kind="shopify",
            title="Harbor Goods",
            settings={"domain": domain, "webhook_url": f"{OURS}/hooks/{ACCOUNT}/{domain}"},
            secrets={"client_id": "twin-client-id", "client_secret": "twin-client-secret"},
            live=live,
            start_line=start_line,
        )

    def _warehouse(self) -> Configured:
        return Configured(
            account=ACCOUNT,
            connection=WMS,
            kind="wms",
            title="Harbor WMS",
            settings={
                "url": WMS_URL,
                "warehouses": [each.code for each in self.wms.config.warehouses],
                "personality": self.wms.config.personality,
                "settle_s": self._settle_s,
            },
            secrets={"api_key": self.wms.config.api_key, "signing_secret": self.wms.config.signing_secrets[0]},
        )

    def sweep(self, *whats: str) -> None:
        """These sweeps are due now."""
        sweeps.wake(self.house, whats)
        self.run()

    def say(self, *events: Event, by: str = "ana") -> None:
        """A person asks for something."""
        with self.database.begin() as conn:
            for event in events:
                actions.ask(conn, engine=self.engine, ids=self.ids, account=ACCOUNT, event=event, by=by, now=self.clock.now())
        self.run()

    def retry(self, parked_id: int) -> None:
        """A person presses 'try again'."""
        self.say(RetryAsked(parked_id=parked_id, by="ana"))

    def dismiss(self, parked_id: int) -> None:
        """A person presses 'needs nothing more' (of an unknown outcome: 'it is there')."""
        self.say(DismissAsked(parked_id=parked_id, by="ana"))

    def map_items(self, warehouse: str, codes: Mapping[str, str], *, shop: str = SHOP) -> None:
        """In this warehouse these SKUs have these item codes."""
        self.say(
            *(
                ItemMapped(
                    shop=shop,
                    inventory_item_id=self.item_id(sku, shop=shop),
                    connection=WMS,
                    warehouse=warehouse,
                    item_code=code,
                    by="ana",
                )
                for sku, code in codes.items()
            )
        )

    def map_source(
        self, location: str, warehouse: str, zones: Sequence[str], *, live: bool = True, shop: str = SHOP, **more: Any
    ) -> None:
        """These zones of this warehouse feed this location."""
        self.say(
            SourceMapped(
                seen=True,
                shop=shop,
                location_id=self.location_id(location, shop=shop),
                connection=WMS,
                warehouse=warehouse,
                zones=tuple(zones),
                live=live,
                by="ana",
                **more,
            )
        )

    def map_all(self, *locations: Location, shop: str = SHOP) -> None:
        """The whole mapping of a shop is this from now on."""
        with self.database.begin() as conn:
            base = mappings.newest_of(conn, account=ACCOUNT, shop=shop).version
        self.say(MappingChanged(shop=shop, base=base, locations=locations, by="ana"))

    def map_location(self, location: str, *sources: Source, live: bool = True, base: int | None = None, **rules: Any) -> None:
        """The rules of a location are these from now on, as a new version of the whole mapping."""
        with self.database.begin() as conn:
            known = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
        location_id = f"gid://shopify/Location/{self.shop.control.location(location).id}"
        after = known.with_location(Location(location_id=location_id, sources=sources, live=live, **rules))
        base = known.version if base is None else base
        self.say(MappingChanged(shop=SHOP, base=base, locations=after.locations, seen=True, by="ana"))

    def item_id(self, sku: str, *, shop: str = SHOP) -> str:
        """The inventory item of a SKU, in the shop's own words."""
        return f"gid://shopify/InventoryItem/{self.shops[shop].control.item(sku).id}"

    def location_id(self, name: str, *, shop: str = SHOP) -> str:
        """A location, in the shop's own words."""
        return f"gid://shopify/Location/{self.shops[shop].control.location(name).id}"

    def cancel_fulfillment(self, fulfillment: Any) -> None:
        """Staff take back the record of a shipment."""
        text = 'mutation { fulfillmentCancel(id: "gid://shopify/Fulfillment/%d") { userErrors { message } } }'
        answer = self.shop.graphql(text % fulfillment.id)
        if answer.get("errors") or answer["data"]["fulfillmentCancel"]["userErrors"]:
            raise ValueError(str(answer))

    def journal_of(self, order: Any) -> list[str]:
        """What was written down about one of the shop's orders, in sentences."""
        return self.sight.journal(f"order/gid://shopify/Order/{order.id}")

    # -- time and traffic --------------------------------------------------------------------------------------------

    def door(self, connection: str) -> OpenDoor:
        """One of our doors, open."""
        found = self.doors.door(ACCOUNT, connection)
        if found is None:
            raise LookupError(connection)
        return found

    def knock(self, connection: str, headers: Mapping[str, str], body: bytes) -> int:
        """A message arrives at our public door; gives the HTTP status that its sender sees."""
        try:
            arrival = self.door(connection).inbound.identify(headers, body, self.clock.now())
        except NotGenuine as error:
            self.rejected.append(str(error))
            return 401
        self.receive([arrival])
        return 200

    def receive(self, found: Sequence[Arrival]) -> None:
        """Store arrivals and wake their lanes."""
        with self.database.begin() as conn:
            arrivals.store(conn, found)
            for job in arrivals.step_jobs(found):
                self.engine.wake(conn, job)

    def post(self) -> int:
        """Deliver every webhook and callback that is due; gives how many."""
        told = [shop.deliver_due(partial(self._webhook, domain)) for domain, shop in self.shops.items()]
        return sum(told) + self.wms.deliver_due(self._callback)

    def _webhook(self, domain: str, post: Post) -> int:
        return self.knock(domain, post.headers, post.body)

    def _callback(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        return self.knock(WMS, headers, body)

    def run(self) -> int:
        """Run what the engine has to do, in an order that the seed chooses."""
        return self.engine.run_until_idle(self.random)

    def settle(self, limit: int = 200) -> None:
        """Let everything that is due now happen, until nothing is."""
        for _ in range(limit):
            for shop in self.shops.values():
                shop.run_due()
            self.wms.run_due()
            if not self.post() + self.run() + self.engine.sweep():
                return
        raise RuntimeError(f"the world does not come to rest: {self.sight.unfinished()}")

    def pass_time(self, seconds: float, *, schedules_too: bool = False) -> None:
        """Let time pass, stopping at everything that is due on the way."""
        end = self.clock.now() + timedelta(seconds=seconds)
        self.settle()
        while (due := self._next(end, schedules_too=schedules_too)) is not None:
            self.clock.move_to(due)
            if schedules_too:
                self.engine.advance(due)
            self.settle()
        self.clock.move_to(end)
        self.settle()

    def _next(self, end: datetime, *, schedules_too: bool) -> datetime | None:
        with self.database.begin() as conn:
            ours = _next_due(conn)
        moments = [*(shop.next_at() for shop in self.shops.values()), self.wms.next_due(), ours]
        if schedules_too:
            moments.append(self.engine.next_moment())
        later = [moment for moment in moments if moment is not None and moment <= end]
        return max(min(later), self.clock.now() + timedelta(milliseconds=50)) if later else None


def _next_due(conn: Connection) -> datetime | None:
    moment: datetime | None = _Q.value(conn, "next_due")
    return moment
