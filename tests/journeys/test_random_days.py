"""Days in which anything may happen, drawn from a seed; then calm. Whatever happened, the end is the same: every order once,
every parcel once, every level right, nothing left undone. A failure names its seed: `-k "[7]"` plays that day again."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.shopify.webhooks.chaos import Chaos
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.twins.wms.model.core import TwinError
from stockbridge.testing.world import WMS_URL, Killed, World

Made = Callable[..., World]
Right = Callable[[World], Truth]
SKUS = ("MUG-WHITE", "PAN24")
CALLS = (
    f"POST {WMS_URL}/v1/orders",
    "fulfillmentCreate",
    "fulfillmentOrderMove",
    "inventorySet",
    "OrderPart",
    f"GET {WMS_URL}",
)
WMS_FAULTS = (
    "lose_answer",
    "slow_answer",
    "error_after",
    "cut_answer",
    "lose_request",
    "late",
    "error_before",
    "no_connection",
)
SHOP_FAULTS = ("drop_answer_after", "http_500_before", "http_500_after", "timeout_before", "throttled", "http_429")
SHOP_CALLS = ("fulfillmentCreate", "fulfillmentOrderMove", "inventorySet", "LevelsAt", "OrderPart")
STEPS = 14


class Day:
    """One random day in one world."""

    def __init__(self, world: World, right: Truth, seed: int) -> None:
        self.world, self.right = world, right
        self.chance = Random(f"day:{seed}")
        self.orders: list[str] = []
        self.deaths = 0
        world.shop.emitter.chaos = Chaos(loss=0.15, duplicate=0.3, reorder=0.3, reorder_window_s=40.0)

    def live(self) -> None:
        deeds = (self.place, self.place, self.place, self.cancel, self.ship, self.ship, self.pick, self.count, self.trouble)
        deeds += (
            self.trouble,
            self.die,
            self.sweep,
            self.type_a_figure,
            self.hold,
            self.sell_while_we_write,
            self.lose_an_answer,
        )
        for _ in range(STEPS):
            self.chance.choice(deeds)()
            self.wait(self.chance.choice((0.0, 1.0, 5.0, 20.0, 45.0)))

    def wait(self, seconds: float) -> None:
        self.survive(lambda: self.world.pass_time(seconds))

    def survive(self, deed: Callable[[], object]) -> None:
        for _ in range(8):
            try:
                deed()
                return
            except Killed:
                self.deaths += 1
                self.world.restart()

    def place(self) -> None:
        items = {sku: self.chance.randint(1, 3) for sku in self.chance.sample(SKUS, self.chance.randint(1, 2))}
        at = self.chance.choice((None, None, "München South", "Hamburg Port"))
        self.orders.append(self.world.shop.control.place(items, at=at, oversell=at is not None).name)

    def _some_order(self) -> str | None:
        return self.chance.choice(self.orders) if self.orders else None

    def cancel(self) -> None:
        name = self._some_order()
        order = self.world.shop.control.order(name) if name else None
        if order and not order.cancelled_at and not order.fulfillments:
            self.world.shop.control.cancel(order.name)

    def ship(self) -> None:
        name = self._some_order()
        for copy in self.right.copies(name) if name else []:
            open_ = copy.open()
            if open_:
                code, units = self.chance.choice(sorted(open_.items()))
                try:
                    self.world.wms.ship(copy.reference, {code: self.chance.randint(1, units)})
                except TwinError:
                    return

    def pick(self) -> None:
        name = self._some_order()
        for copy in self.right.copies(name) if name else []:
            self.world.wms.pick(copy.reference)

    def count(self) -> None:
        warehouse, sku = self.chance.choice(("BER", "HAM")), self.chance.choice(SKUS)
        self.world.wms.adjust(warehouse, f"W-{sku}", "SHELF", self.chance.randint(-2, 5))

    def trouble(self) -> None:
        if self.chance.random() < 0.5:
            fault = Fault(self.chance.choice(WMS_FAULTS), seconds=self.chance.choice((2.0, 20.0, 30.0)), status=503)
            self.world.wms.faults.plan(self.chance.choice(("submit", "submit", "look_up", "cancel", "stock")), fault)
        else:
            self.world.shop.fail_next(self.chance.choice(SHOP_FAULTS), self.chance.choice(SHOP_CALLS))

    def lose_an_answer(self) -> None:
        self.world.wms.faults.plan("submit", Fault(self.chance.choice(("lose_answer", "late", "error_after")), seconds=20.0))
        self.place()

    def sell_while_we_write(self) -> None:
        self.world.shop.between("LevelsAt", self.place)
        self.count()

    def die(self) -> None:
        self.world.streets.kill(self.chance.choice(CALLS), self.chance.choice(("before", "after")))

    def sweep(self) -> None:
        self.survive(lambda: self.world.sweep(*self.chance.sample(("orders", "stock", "levels", "fulfillment_orders"), 2)))

    def type_a_figure(self) -> None:
        self.world.shop.control.adjust_stock(self.chance.choice(SKUS), "Berlin Central", self.chance.randint(-3, 3))

    def hold(self) -> None:
        name = self._some_order()
        if name and not self.world.shop.control.order(name).cancelled_at:
            self.world.shop.control.hold(name)

    def calm(self) -> None:
        world = self.world
        world.shop.emitter.chaos = Chaos()
        world.shop.faults.planned.clear()
        world.wms.faults.clear()
        world.streets.calm()
        world.wms.config = world.wms.desk.config = replace(world.wms.config, lose_rate=0.0, repeat_rate=0.0, reorder_rate=0.0)
        for name in self.orders:
            world.shop.control.release(name)
        for _ in range(4):
            world.pass_time(260)
            world.sweep("orders", "fulfillment_orders", "stock", "levels", "locations")
            world.settle()
            self.decide()
        world.pass_time(260)

    def decide(self) -> None:
        """What a person does: looks at what is parked, finds out, presses the button."""
        for parked in self.world.sight.parked():
            reference = parked.data.get("reference")
            there = bool(self.world.wms.orders.get(reference or ""))
            if parked.cause.startswith("unknown_outcome:submit") and there:
                self.world.dismiss(parked.parked_id)
            elif parked.remedy != "dismiss" and not parked.cause.startswith(("unmapped", "no_stock")):
                self.world.retry(parked.parked_id)
        self.world.settle()

    def problems(self) -> list[str]:
        """Everything that is not as it must be in the end."""
        found = [f"level: {wrong}" for wrong in self.right.wrong()]
        found += [f"left undone: {what}" for what in self.world.sight.unfinished()]
        for name in self.orders:
            found += [f"{name}: {what}" for what in self._of_order(name)]
        return found

    def _of_order(self, name: str) -> list[str]:
        order, state = self.world.shop.control.order(name), self.world.sight.state(name)
        found = [f"sent {times} times under one reference" for times in self.right.creates(name) if times != 1]
        asked = sum(line.ordered - line.given_up for copy in self.right.copies(name) for line in copy.lines)
        wanted = sum(line.quantity for line in order.lines)
        stopped = [row for row in self.world.sight.parked() if row.subject.endswith(str(order.id))]
        if order.cancelled_at:
            shipped = sum(line.shipped for copy in self.right.copies(name) for line in copy.lines)
            if asked != shipped and not stopped:
                found.append(f"cancelled, but the warehouse still has {asked - shipped} to ship")
            return found if state in ("cancelled", "parked", "done", "part_shipped", "shipped", "") else [*found, f"is {state}"]
        if asked != wanted and not stopped:
            found.append(f"asked for {asked} of {wanted}, {state}, nothing parked")
        if self.right.records(name) != self.right.parcels(name) and not stopped:
            found.append(f"recorded {self.right.records(name)}, left {self.right.parcels(name)}")
        if state not in ("accepted", "part_shipped", "done") and not stopped:
            found.append(f"is {state}, and nothing is parked")
        return found


@covers("INV-43")
@covers("FUL-26")
@covers("IDEM-01")
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_after_any_day_and_some_calm_everything_is_once_and_right(furnish: Made, truth: Right, seed: int) -> None:
    chance = Random(f"world:{seed}")
    personality = chance.choice(("unique_reference", "look_up", "neither"))
    world = furnish(
        seed=seed,
        settle_s=60.0,
        personality=personality,
        basis=chance.choice(("physical", "less_reserved", "less_accepted")),
        lose_rate=0.0 if personality == "neither" else 0.1,  # who cannot be asked must at least tell
        repeat_rate=0.2,
        reorder_rate=0.2,
        cancels=chance.choice(("until_picked", "always", "never")),
    )
    day = Day(world, truth(world), seed)
    day.live()
    day.calm()
    assert day.problems() == [], f"seed {seed}"
