"""Two shops sell the same goods from one warehouse: whatever happens, and however late or often it is told, no number is raised above
what can be sold there. The conditions stand in docs/explain/stock.md. ``make law SEEDS=200`` plays many more days than a commit waits for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from stockbridge.domain import availability, shares
from stockbridge.flow import sharing
from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Pairing, Truth
from stockbridge.testing.twins.shopify.webhooks.chaos import Chaos
from stockbridge.testing.twins.wms.model.core import TwinError
from stockbridge.testing.world import SHOP, World

from .two_shops import OTHER, Shared, share_berlin

Made = Callable[..., World]
SKUS = ("MUG-WHITE", "PAN24")
CODES = {sku: f"W-{sku}" for sku in SKUS}
SEEDS = range(int(os.environ.get("SEEDS", "4")))
BERLIN = Pairing(warehouse="BER", location="Berlin Central", zones=("SHELF", "BULK"), codes=CODES)
SHOP_FAULTS = ("drop_answer_after", "http_500_before", "http_500_after", "timeout_before")


def furnished(furnish: Made, **more: object) -> tuple[World, Shared]:
    world = furnish(mapped=False, **more)
    share_berlin(world, CODES)
    shared = Shared(world, {name: Truth(shop, world.wms, [BERLIN]) for name, shop in world.shops.items()}, CODES)
    shared.watch()
    return world, shared


class Days:
    """Random days of two shops and their warehouse."""

    def __init__(self, world: World, shared: Shared, seed: int) -> None:
        self.world, self.shared, self.chance = world, shared, Random(f"law:{seed}")
        self.losses = seed % 2 == 1
        self.log: list[str] = []
        for shop in world.shops.values():
            shop.emitter.chaos = Chaos(loss=0.1, duplicate=0.3, reorder=0.3, reorder_window_s=40.0)

    def live(self, steps: int) -> None:
        deeds = (
            [self.sell] * 5 + [self.ship] * 3 + [self.receive, self.move, self.cancel, self.trouble, self.publish, self.recount]
        )
        for _ in range(steps):
            deed = self.chance.choice(deeds)
            deed()
            self.log.append(deed.__name__)
            self.world.pass_time(self.chance.choice((0.0, 0.5, 3.0, 30.0)))
            assert self.shared.too_much == [], self.log

    def shop(self) -> str:
        return self.chance.choice((SHOP, OTHER))

    def sell(self) -> None:
        sku, shop = self.chance.choice(SKUS), self.shop()
        units = min(self.chance.randint(1, 9), self.shared.truths[shop].shown("Berlin Central", sku))
        if units > 0:
            self.world.shops[shop].control.place({sku: units}, at="Berlin Central")

    def ship(self) -> None:
        some = [order for orders in self.world.wms.orders.values() for order in orders if order.open()]
        if some:
            order = self.chance.choice(some)
            code, units = self.chance.choice(sorted(order.open().items()))
            try:
                self.world.wms.ship(order.reference, {code: self.chance.randint(1, units)})
            except TwinError:
                return

    def receive(self) -> None:
        self.world.wms.adjust("BER", self.chance.choice(list(CODES.values())), "SHELF", self.chance.randint(1, 9), "received")

    def move(self) -> None:
        """Goods come out of quarantine, or go there."""
        code, back = self.chance.choice(list(CODES.values())), self.losses and self.chance.random() < 0.5
        there = self.world.wms.shelves["BER"].physical[code, "BULK" if back else "QUARANTINE"]
        if there:
            units = self.chance.randint(1, min(3, there))
            places = ("BULK", "QUARANTINE") if back else ("QUARANTINE", "BULK")
            self.shared.lost += units if back else 0
            self.world.wms.move("BER", code, *places, units)

    def recount(self) -> None:
        if self.losses:
            units = self.chance.randint(1, 4)
            self.shared.lost += units
            self.world.wms.adjust("BER", self.chance.choice(list(CODES.values())), "SHELF", -units)

    def cancel(self) -> None:
        shop = self.world.shops[self.shop()]
        some = [order for order in shop.world.orders.values() if not order.cancelled_at and not order.fulfillments]
        if some:
            shop.control.cancel(self.chance.choice(some))

    def trouble(self) -> None:
        self.world.shops[self.shop()].fail_next(
            self.chance.choice(SHOP_FAULTS), self.chance.choice(("inventorySet", "LevelsAt"))
        )

    def publish(self) -> None:
        self.world.sweep(self.chance.choice(("stock", "levels", "orders")))

    def calm(self) -> None:
        for shop in self.world.shops.values():
            shop.emitter.chaos = Chaos()
            shop.faults.planned.clear()
        for _ in range(3):
            self.world.pass_time(400)
            self.world.sweep("orders", "stock", "levels")
            self.world.settle()


def problems(shared: Shared) -> list[str]:
    """In the end all that is there is offered, and not a unit more."""
    found = []
    for sku in SKUS:
        shown, there = sum(shared.shown(sku)), max(0, shared.there(sku) - sum(shared.waiting(sku)))
        if shown != there:
            found.append(f"{sku}: shown {shared.shown(sku)}, there {there}")
    return found


@covers("INV-43")
@covers("X-19")
@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_two_shops_on_one_warehouse_never_offer_a_unit_twice_whatever_happens(furnish: Made, seed: int) -> None:
    chance = Random(f"furniture:{seed}")
    world, shared = furnished(
        furnish,
        seed=seed,
        settle_s=60.0,
        basis=chance.choice(("physical", "less_accepted")),
        repeat_rate=0.2,
        reorder_rate=0.2,
        cancels=chance.choice(("until_picked", "always", "never")),
    )
    days = Days(world, shared, seed)
    days.live(24)
    days.calm()
    assert shared.too_much == []
    assert problems(shared) == [], days.log
    assert days.losses or "no_stock" not in world.sight.causes(), "an order was taken that nobody can ship"


@covers("X-19")
def test_what_one_shop_sells_is_gone_and_the_other_shops_number_stays(furnish: Made) -> None:
    world, shared = furnished(furnish)
    assert shared.shown("PAN24") == [25, 25]
    world.shop.control.place({"PAN24": 4}, at="Berlin Central")
    world.pass_time(30)
    assert shared.shown("PAN24") == [21, 25]
    world.wms.ship(next(iter(world.wms.orders.values()))[0].reference)
    world.pass_time(30)
    assert shared.shown("PAN24") == [21, 25]


@covers("X-19")
def test_what_a_shop_puts_back_on_sale_by_itself_is_given_to_nobody_before_it_is_seen(furnish: Made) -> None:
    """A cancelled order: the shop offers its units again, the warehouse gives them up, and the shop's word of its number is late."""
    world, shared = furnished(furnish)
    world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    other = world.shops[OTHER]
    order = other.control.place({"PAN24": 4}, at="Berlin Central")
    world.pass_time(30)
    assert shared.shown("PAN24") == [22, 21]
    other.fail_next("http_500_before", "LevelsAt", times=3)
    other.control.cancel(order)
    world.pass_time(60)
    assert sum(shared.shown("PAN24")) == shared.there("PAN24") == 47
    assert shared.too_much == []


@covers("X-19")
def test_a_shop_whose_number_nobody_has_seen_yet_may_show_anything(furnish: Made) -> None:
    """One shop shows all fifty; its levels cannot be read while a second one is given its part, and it sells meanwhile."""
    world = furnish(mapped=False)
    world.add_shop(OTHER, seed=2)
    for name in (SHOP, OTHER):
        world.map_items("BER", CODES, shop=name)
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], shop=SHOP, share_bp=5_000)
    world.settle()
    shared = Shared(world, {name: Truth(shop, world.wms, [BERLIN]) for name, shop in world.shops.items()}, CODES)
    assert shared.shown("PAN24")[0] == 50
    world.shops[OTHER].control.set_stock("PAN24", "Berlin Central", quantity=0)
    world.shop.fail_next("http_500_before", "LevelsAt", times=200)
    shared.watch()
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], shop=OTHER, share_bp=5_000)
    world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    world.pass_time(60)
    assert shared.too_much == []
    world.shop.faults.planned.clear()
    world.pass_time(600)
    assert sum(shared.shown("PAN24")) == shared.there("PAN24") == 47


@covers("X-19")
def test_a_shop_that_has_sold_its_part_is_given_of_the_others(furnish: Made) -> None:
    world, shared = furnished(furnish)
    world.shops[OTHER].control.place({"PAN24": 25}, at="Berlin Central")
    world.pass_time(60)
    first, second = shared.shown("PAN24")
    assert second > 0
    assert first + second == 25
    assert shared.too_much == []


def test_the_naive_rule_offers_the_same_fifty_twice(furnish: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap X-19, in the same harness: each location shows all there is."""

    def all_of_it(free: int, parts: list[shares.Part], n: int, **found: Any) -> shares.Turn:
        return replace(shares.turn(free, parts, n, **found), usable=free, look_at=())

    monkeypatch.setattr(sharing, "turn", all_of_it)
    world, shared = furnished(furnish)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5, "received")
    world.pass_time(30)
    assert shared.shown("PAN24") == [55, 55]
    assert shared.too_much != []


def test_forgetting_what_was_asked_offers_sold_units_again(furnish: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap X-23, in the same harness: what the warehouse was asked for and does not show yet is not taken off."""
    monkeypatch.setattr(availability, "charged", lambda facts, here, feeds: 0)
    world, shared = furnished(furnish, basis="physical")
    world.shop.control.place({"PAN24": 10}, at="Berlin Central")
    world.pass_time(60)
    world.sweep("levels")
    world.pass_time(60)
    assert sum(shared.shown("PAN24")) > shared.there("PAN24")


def both_warehouses_behind_berlin(world: World) -> None:
    """The first shop's Berlin is fed by its share of BER, and by all of HAM; the other shop has BER alone."""
    world.map_source("Hamburg Port", "HAM", ["SHELF", "BULK"], priority=2, active=False)
    world.map_source("Berlin Central", "HAM", ["SHELF", "BULK"], priority=2)
    world.pass_time(30)


@covers("X-19")
def test_an_order_takes_no_units_that_another_shop_offers_when_its_own_location_has_enough(furnish: Made) -> None:
    """25 of BER and 15 of HAM are on offer; the third order of ten would still find ten in BER, but these are the other shop's."""
    world, shared = furnished(furnish)
    both_warehouses_behind_berlin(world)
    assert shared.shown("PAN24") == [40, 25]
    for _ in range(3):
        world.shop.control.place({"PAN24": 10}, at="Berlin Central")
        world.pass_time(30)
    assert sorted(orders[0].warehouse for orders in world.wms.orders.values()) == ["BER", "BER", "HAM"]
    assert shared.shown("PAN24") == [10, 25]
    assert shared.there("PAN24") == 30


@covers("X-19")
def test_an_order_that_is_there_goes_before_units_that_are_only_on_offer_elsewhere(furnish: Made) -> None:
    """30 units fit nowhere in the location's own part; the warehouse has them, and the other shop is lowered."""
    world, shared = furnished(furnish)
    order = world.shop.control.place({"PAN24": 30}, at="Berlin Central", oversell=True)
    world.pass_time(60)
    assert world.sight.state(order.name) == "accepted"
    world.pass_time(60)
    assert sum(shared.shown("PAN24")) == shared.there("PAN24") == 20


def test_a_raise_whose_answer_is_lost_is_counted_as_made_until_it_cannot_land_any_more(furnish: Made) -> None:
    world, shared = furnished(furnish)
    world.shops[OTHER].fail_next("http_500_before", "inventorySet")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 10, "received")
    world.pass_time(20)
    assert shared.shown("PAN24") == [30, 25], "nobody knows whether the other shop took it"
    with world.database.begin() as conn:
        [held] = conn.exec_driver_sql(f"SELECT held FROM allotment WHERE shop = '{OTHER}' AND item_code = 'W-PAN24'").scalars()
    assert held == 30
    world.pass_time(150)
    assert shared.shown("PAN24") == [30, 30]


@covers("INV-43")
def test_what_a_shop_does_not_stock_at_its_location_is_left_to_the_other(furnish: Made) -> None:
    world, shared = furnished(furnish)
    level = world.shops[OTHER].control.level("PAN24", "Berlin Central")
    assert level is not None
    level.is_active, level.states["available"] = False, 0
    world.sweep("levels")
    world.pass_time(30)
    world.pass_time(900)
    world.sweep("levels")
    world.pass_time(30)
    assert shared.shown("PAN24")[0] == 50
    level.is_active = True
    world.sweep("levels")
    world.pass_time(60)
    assert shared.shown("PAN24") == [25, 25]
