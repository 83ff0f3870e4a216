"""What a shop allows is one bucket for every worker: orders first, nobody turned away, and nobody who is told to wait knocks for ever."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from stockbridge.db import connections
from stockbridge.db.connections import Configured
from stockbridge.domain.budget import KEPT, Bucket
from stockbridge.outbox.budget import SharedBudget
from stockbridge.outbox.deliver import BATCH
from stockbridge.ports import HttpAnswer, HttpRequest, Opening
from stockbridge.testing.covers import covers
from stockbridge.testing.engine import SteppedEngine
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import ACCOUNT, SHOP, World, WorldClock
from stockbridge.wiring import CallsInOrder, Doors, Work, build_work

Made = Callable[..., World]
Right = Callable[[World], Truth]
OTHER = "harbor-outlet.myshopify.com"
#: Points: half of what ten readings cost that are made at the same moment.
ROOM = 500


class TwoHouses(World):
    """Two worker houses on one database, with nothing in common but that; the seed says which of them does a job."""

    def _start(self) -> SteppedEngine:
        engine = super()._start()
        doors = Doors(
            database=self.database, vault=self.vault, clock=self.clock, ids=self.ids, http=self.streets, notice_s=3600.0
        )
        other = build_work(
            database=self.database,
            engine=engine,
            clock=self.clock,
            ids=self.ids,
            door=doors.door,
            worker=self.ids.new(),
            calls=CallsInOrder(),
            alive=lambda _conn, _worker: True,
            folder=self.folder,
        )
        self._built.append(other)
        return engine

    def _later(self, kind: str) -> Any:
        return lambda job: self.random.choice(self._built).handlers()[kind](job)


def allow(world: World, *, size: int, per_s: int) -> None:
    """The shop allows so much from now on, and both sides know it; the bucket is full."""
    knobs = world.shop.world.knobs
    knobs.bucket_size, knobs.restore_rate = size, per_s
    world.clock.advance(60)
    world.sweep("locations")
    world.clock.advance(60)


def turned_away(world: World) -> int:
    """How often a shop said THROTTLED."""
    return sum(len(shop.ledger.of("throttled")) for shop in world.shops.values())


def asked(world: World, name: str) -> int:
    return len(world.streets.asked(f'"operationName":"{name}"'))


def tokens(world: World) -> set[str]:
    """Each house asks for a token of its own, so its calls can be told from the other's."""
    return {sent.headers["x-shopify-access-token"] for sent in world.streets.sent if "x-shopify-access-token" in sent.headers}


def sleeps(world: World) -> list[float]:
    """Every wait from now on, in seconds."""
    found: list[float] = []
    sleep = world.clock.sleep

    def noted(seconds: float) -> None:
        found.append(seconds)
        sleep(seconds)

    world.clock.sleep = noted  # type: ignore[method-assign]
    return found


def many_items(world: World, many: int) -> None:
    """So many more items, all of them dirty."""
    skus = [f"MANY-{n:04}" for n in range(many)]
    for sku in skus:
        world.shop.control.add_product(sku, sku=sku, stock={"Berlin Central": 0})
    world.sweep("items")
    world.map_items("BER", {sku: f"W-{sku}" for sku in skus})
    for sku in skus:
        world.wms.count("BER", f"W-{sku}", "SHELF", 4)


@covers("RATE-06")
@covers("RATE-11")
@covers("RATE-01", instead="X-27")
@pytest.mark.slow
def test_hundreds_of_submissions_and_hundreds_of_callbacks_share_one_budget_and_all_arrive(furnish: Made, truth: Right) -> None:
    world = furnish(kind=TwoHouses)
    for sku in ("PAN24", "LANTERN"):
        world.wms.count("BER", f"W-{sku}", "SHELF", 500)
    world.settle()
    shipped = [world.shop.control.place({"PAN24": 1}) for _ in range(200)]
    world.pass_time(120)
    assert len(world.wms.orders) == 200
    allow(world, size=500, per_s=25)
    new = [world.shop.control.place({"LANTERN": 1}) for _ in range(200)]
    for reference in list(world.wms.orders):
        world.wms.ship(reference)
    world.pass_time(900)
    assert [world.sight.state(order.name) for order in new] == ["accepted"] * 200
    assert [truth(world).creates(order.name) for order in new] == [[1]] * 200
    assert [len(order.fulfillments) for order in shipped] == [1] * 200
    assert turned_away(world) == 0
    assert len(tokens(world)) == 2, "both houses worked"
    assert truth(world).wrong() == []


# -- the same moment, two rules


class Moments(WorldClock):
    """Every thread has its own time: who sleeps is later than the others, and nobody else is."""

    def __init__(self) -> None:
        super().__init__()
        self._own = threading.local()

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=getattr(self._own, "slept", 0.0))

    def sleep(self, seconds: float) -> None:
        self._own.slept = getattr(self._own, "slept", 0.0) + seconds

    def move_to(self, moment: datetime) -> None:
        self._own.slept = 0.0
        super().move_to(moment)


class AtOnce(World):
    """A world in which many houses can be made to call the shop at the same moment."""

    clock_kind = Moments


class Cached:
    """The naive rule: wait for what the last answer said is left. Every worker reads the same."""

    def __init__(self) -> None:
        self.left, self.rate = float("inf"), 1.0

    def bind(self, clock: WorldClock) -> "Cached":
        self.clock = clock
        return self

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None:
        if self.left < cost:
            self.clock.sleep((cost - self.left) / self.rate)

    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None:
        self.left, self.rate = available, restore_per_s


class Naive(Doors):
    """Doors whose shop is paced by the naive rule."""

    cached: Cached

    def _opening(self, each: Configured) -> Opening:
        opening = super()._opening(each)
        return replace(opening, budget=self.cached) if each.kind == "shopify" else opening


def house(world: World, cached: Cached | None) -> Work:
    """One more worker house: a process of its own, with its own doors."""
    kind = Doors if cached is None else Naive
    doors = kind(
        database=world.database, vault=world.vault, clock=world.clock, ids=world.ids, http=world.streets, notice_s=3600.0
    )
    if isinstance(doors, Naive):
        doors.cached = cached.bind(world.clock)  # type: ignore[union-attr]
    return build_work(
        database=world.database,
        engine=world.engine,
        clock=world.clock,
        ids=world.ids,
        door=doors.door,
        worker=world.ids.new(),
        calls=CallsInOrder(),
        alive=lambda _conn, _worker: True,
        folder=world.folder,
    )


class Crossing:
    """The first calls that match wait until so many are on the street; then they arrive in the order of their moments."""

    def __init__(self, world: World, match: str, many: int) -> None:
        self._carry, self._clock, self._match = world.streets._carry, world.clock, match.encode()
        self._all, self._turn, self._moments = threading.Barrier(many, timeout=60), threading.Condition(), list[datetime]()
        self._expected = many
        world.streets._carry = self.carry  # type: ignore[method-assign]

    def carry(self, request: HttpRequest) -> HttpAnswer:
        if self._match not in request.body:
            return self._carry(request)
        moment = self._clock.now()
        with self._turn:
            if not self._expected:
                return self._carry(request)
            self._expected -= 1
            self._moments.append(moment)
        self._all.wait()
        with self._turn:
            self._turn.wait_for(lambda: min(self._moments) == moment, timeout=60)
            answer = self._carry(request)
            self._moments.remove(moment)
            self._turn.notify_all()
        return answer


def read_at_once(world: World, *, houses: int, cached: Cached | None) -> list[Any]:
    """Orders come in, and so many houses read a part of them at the same moment. Gives the orders."""
    orders = [world.shop.control.place({"PAN24": 1}) for _ in range(houses * BATCH)]
    world.post()
    while steps := [job for job in world.engine.runnable() if job.kind == "step"]:
        world.engine.run_one(steps[0])
    [job] = [job for job in world.engine.runnable() if job.kind == "deliver"]
    works = [house(world, cached) for _ in range(houses)]
    for work in works:  # each knows what is left before the others ask
        door = work.house.door(ACCOUNT, SHOP)
        assert door is not None
        assert door.levels is not None
        door.levels.read([(world.item_id("PAN24"), world.location_id("Berlin Central"))])
    crossing = Crossing(world, '"operationName":"FetchOrders"', houses)
    threads = [threading.Thread(target=work.handlers()["deliver"], args=(job,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    world.streets._carry = crossing._carry  # type: ignore[method-assign]
    return orders


@covers("X-27")
@covers("RATE-06")
@covers("RATE-03", instead="X-27")
@pytest.mark.parametrize("naive", [True, False], ids=["naive", "ours"])
def test_workers_that_read_the_same_credit_overspend_it_and_workers_that_share_a_bucket_do_not(
    furnish: Made, naive: bool
) -> None:
    """Ten houses read a batch of orders each at the same moment, and the shop allows half of that at once."""
    world = furnish(kind=AtOnce)
    world.wms.count("BER", "W-PAN24", "SHELF", 500)
    world.settle()
    allow(world, size=ROOM, per_s=200)
    before = turned_away(world)
    orders = read_at_once(world, houses=10, cached=Cached() if naive else None)
    if naive:
        assert turned_away(world) > before
        return
    assert turned_away(world) == before
    world.clock.advance(60)
    world.pass_time(60)
    assert {world.sight.state(order.name) for order in orders} == {"accepted"}
    assert turned_away(world) == before


# -- orders before stock


@covers("RATE-06")
def test_what_stock_leaves_is_there_for_an_order_at_once(furnish: Made) -> None:
    """Hundreds of levels are published, as fast as it goes; an order that comes then waits for nothing."""
    world = furnish(kind=TwoHouses)
    small_batches(world, 1)
    allow(world, size=1000, per_s=50)
    many_items(world, 60)
    waited = sleeps(world)
    world.settle()
    assert sum(waited) > 0, "stock stood aside for what is kept for orders"
    assert world.shop.api.bucket is not None
    assert world.shop.api.bucket.level >= 1000 * KEPT
    waited.clear()
    order = comes_through(world)
    assert world.sight.state(order.name) == "accepted"
    assert sum(waited) == 0
    assert turned_away(world) == 0


@covers("RATE-06")
def test_while_stock_stands_aside_an_order_passes_it(furnish: Made) -> None:
    world = furnish(kind=TwoHouses)
    small_batches(world, 1)
    allow(world, size=1000, per_s=50)
    many_items(world, 60)
    passed: list[tuple[str, float]] = []
    sleep = world.clock.sleep

    def an_order_comes(seconds: float) -> None:
        world.clock.sleep = sleep  # type: ignore[method-assign]
        waited = sleeps(world)
        order = comes_through(world)
        passed.append((world.sight.state(order.name), sum(waited)))
        world.clock.sleep = sleep  # type: ignore[method-assign]
        sleep(seconds)

    world.clock.sleep = an_order_comes  # type: ignore[method-assign]
    world.pass_time(120)
    assert passed == [("accepted", 0)], "the order waited for nothing while stock waited for its part"
    assert [level.available for level in levels(world, 60)] == [4] * 60, "and stock was late, and came"
    assert turned_away(world) == 0


def comes_through(world: World) -> Any:
    """An order comes and is worked through, at this very moment, while nobody else does anything."""
    order = world.shop.control.place({"PAN24": 1})
    world.shop.control.route_now(order)
    world.post()
    while jobs := [job for job in world.engine.runnable() if job.kind in ("step", "deliver")]:
        world.engine.run_one(jobs[0])
    return order


def level_of(world: World) -> int:
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    return int(level.available)


def levels(world: World, many: int) -> list[Any]:
    return [world.shop.control.level(f"MANY-{n:04}", "Berlin Central") for n in range(many)]


def small_batches(world: World, most: int) -> None:
    with world.database.begin() as conn:
        known = next(each for each in connections.load_all(conn, vault=world.vault) if each.connection == SHOP)
        changed = replace(known, settings={**known.settings, "levels_at_once": most})
        connections.save(conn, changed, vault=world.vault, now=world.clock.now())
    world.restart()


# -- what the answers say


def known_budget(world: World, shop: str) -> Bucket | None:
    budget = SharedBudget(database=world.database, clock=world.clock, account=ACCOUNT, connection=shop)
    with world.database.begin() as conn:
        return budget._bucket(conn, world.clock.now())


@covers("RATE-05")
def test_what_a_call_cost_is_taken_from_its_answer_and_what_it_did_not_cost_comes_back(world: World) -> None:
    allow(world, size=1000, per_s=1)
    for _ in range(5):
        world.shop.control.place({"PAN24": 1})
        world.settle()
    ours, theirs = known_budget(world, SHOP), world.shop.api.bucket
    assert ours is not None
    assert theirs is not None
    assert theirs.level < 1000
    assert theirs.level - 15 <= ours.level <= theirs.level, "we never think that there is more"


@covers("RATE-02", instead="X-27")
def test_each_shop_has_its_own_bucket_and_an_idle_one_is_used_whole(furnish: Made) -> None:
    world = furnish()
    other = world.add_shop(OTHER, seed=2)
    allow(world, size=1000, per_s=10)
    waited = sleeps(world)
    orders = [world.shop.control.place({"PAN24": 1}) for _ in range(3)]
    world.pass_time(5)
    assert [world.sight.state(order.name) for order in orders] == ["accepted"] * 3
    assert sum(waited) == 0, "the burst that an idle shop has"
    assert world.shop.api.bucket is not None
    assert other.api.bucket is not None
    spent = known_budget(world, SHOP)
    full = known_budget(world, OTHER)
    assert spent is not None
    assert full is not None
    assert (full.level, full.maximum) == (2000, 2000)
    assert spent.level < 1000


# -- told to wait


def moments_of(world: World, match: str) -> list[datetime]:
    """Notes when calls that match are made from now on."""
    found: list[datetime] = []
    send = world.streets.send

    def noted(request: HttpRequest) -> HttpAnswer:
        if match.encode() in request.body:
            found.append(world.clock.now())
        return send(request)

    world.streets.send = noted  # type: ignore[method-assign]
    return found


@covers("RATE-04")
@pytest.mark.parametrize(("fault", "wait_s"), [("http_429", 5.0), ("http_429_bare", 2.0)])
def test_who_is_told_to_wait_waits_so_long_or_two_seconds_and_asks_again(
    world: World, truth: Right, fault: str, wait_s: float
) -> None:
    world.shop.fail_next(fault, "FetchOrders", times=2)
    calls = moments_of(world, "FetchOrders")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(calls[:3])]
    assert all(wait_s <= wait < wait_s + 2 for wait in waits), "and until there is room for it again"
    assert world.sight.state(order.name) == "accepted"
    assert truth(world).creates(order.name) == [1]


@covers("RATE-04")
@covers("RATE-06")
def test_when_one_house_is_turned_away_the_others_wait_too(furnish: Made) -> None:
    world = furnish(kind=TwoHouses)
    world.shop.fail_next("http_429", "LevelsAt")
    calls = moments_of(world, "query")
    for units in (1, 2):
        world.wms.adjust("BER", "W-PAN24", "SHELF", units)
        world.settle()
    told = next(at for at in calls if at)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    after = [at for at in calls if at > told]
    assert min(after) >= told + timedelta(seconds=5)
    assert (world.sight.state(order.name), level_of(world), turned_away(world)) == ("accepted", 52, 0)


@covers("RATE-04")
@pytest.mark.parametrize("many", [1, 2, 7])
def test_a_throttled_answer_is_waited_out_and_the_call_is_made_once_more(world: World, truth: Right, many: int) -> None:
    world.shop.fail_next("throttled", "FetchOrders", times=many)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(120)
    assert turned_away(world) == many
    assert asked(world, "FetchOrders") >= many + 1
    assert world.sight.state(order.name) == "accepted"
    assert truth(world).creates(order.name) == [1]
    assert world.sight.parked() == []


@covers("X-27")
@covers("RATE-04")
@pytest.mark.parametrize("fault", ["http_429", "http_429_bare", "throttled"])
def test_a_limit_that_is_never_lifted_is_shown_to_a_person_and_knocked_at_ever_more_rarely(world: World, fault: str) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    [reference] = world.wms.orders
    world.shop.fail_next(fault, times=1_000_000)
    world.wms.ship(reference)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    calls = moments_of(world, "")
    world.pass_time(3600)
    assert not order.fulfillments
    half = calls[0] + timedelta(minutes=30)
    late = [moment for moment in calls if moment > half]
    assert 0 < len(late) <= 2 * 6 * 3, "stock and the parcel, a try each five minutes, of three calls at most"
    [parked] = [each for each in world.sight.parked() if each.subject == f"connection/{SHOP}"]
    assert "turns us away again and again" in parked.title
    world.shop.faults.planned.clear()
    world.pass_time(600)
    assert len(order.fulfillments) == 1
    assert level_of(world) == 54
    assert world.sight.parked() == []
