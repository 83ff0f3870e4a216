"""Days at random in a shop with a till, other apps and busy hands: nothing is offered that is gone, and the warehouse knows it all once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from stockbridge.db import mapping as mappings
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Owner, Spent
from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Pairing, Truth
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import ACCOUNT, SHOP, World

SKUS = ("PAN24", "LANTERN")
PLACES = {"Berlin Central": "BER", "Hamburg Port": "HAM"}


class WithTill(Truth):
    """The truth of the twins, less what was handed over and the warehouse has not booked yet."""

    gone: Counter[tuple[str, str]]

    def offer(self, pairing: Pairing, sku: str) -> int:
        code = pairing.codes[sku]
        booked = sum(
            entry.data["units"]
            for entry in self.wms.ledger.of("adjusted")
            if entry.warehouse == pairing.warehouse and entry.data["item_code"] == code
        )
        return super().offer(pairing, sku) - (self.gone[pairing.location, sku] + booked)


def begin(world: World, **rules: Any) -> WithTill:
    with world.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
    locations = tuple(replace(each, **rules) for each in mapping.locations)
    world.say(MappingChanged(shop=SHOP, base=mapping.version, locations=locations, seen=True, by="ana"))
    world.pass_time(10)
    codes = {sku: f"W-{sku}" for sku in SKUS}
    pairings = [Pairing(warehouse=code, location=at, zones=("SHELF", "BULK"), codes=codes) for at, code in PLACES.items()]
    truth = WithTill(world.shop, world.wms, pairings)
    truth.gone = Counter()
    truth.watch()
    return truth


class Life:
    """What people do, drawn from a seed."""

    def __init__(self, world: World, truth: WithTill, seed: int, *, edits: bool) -> None:
        self.world, self.truth, self.random = world, truth, Random(seed)
        self.control = world.shop.control
        self.sales: list[tuple[Any, str, str, int]] = []
        self.waiting: list[tuple[Any, str, str, int]] = []
        self.deeds = [self.till, self.online, self.pickup, self.hand_over, self.bring_back, self.ship, self.receive, self.lose]
        self.deeds += [self.cancel, *([self.edit] if edits else [])]

    def one(self) -> None:
        self.random.choice(self.deeds)()
        self.world.pass_time(self.random.choice((0, 1, 4, 20, 60)))

    def _pick(self) -> tuple[str, str, int]:
        return self.random.choice(list(PLACES)), self.random.choice(SKUS), self.random.randint(1, 3)

    def till(self) -> None:
        at, sku, units = self._pick()
        if self.truth.shown(at, sku) >= units:
            self.sales.append((self.control.sell_over_the_counter({sku: units}, at=at), at, sku, units))
            self.truth.gone[at, sku] += units

    def online(self, method: str = "SHIPPING") -> None:
        at, sku, units = self._pick()
        try:
            order = self.control.place({sku: units}, at=at, method=method)
        except SoldOut:
            return
        if method != "SHIPPING":
            self.waiting.append((order, at, sku, units))

    def pickup(self) -> None:
        self.online("PICK_UP")

    def hand_over(self) -> None:
        if self.waiting:
            order, at, sku, units = self.waiting.pop(self.random.randrange(len(self.waiting)))
            if order.cancelled_at is None and self.control.fulfill(order):
                self.sales.append((order, at, sku, units))
                self.truth.gone[at, sku] += units

    def bring_back(self) -> None:
        if self.sales:
            order, at, sku, units = self.sales.pop()
            self.control.refund(order, {sku: units}, restock="RETURN", at=at)
            self.truth.gone[at, sku] -= units

    def ship(self) -> None:
        made = [
            each for copies in self.world.wms.orders.values() for each in copies if each.open() and each.status != "cancelled"
        ]
        if made:
            order = self.random.choice(made)
            self.world.wms.ship(order.reference, order.open())

    def receive(self) -> None:
        at, sku, units = self._pick()
        self.world.wms.adjust(PLACES[at], f"W-{sku}", "SHELF", units, "received")

    def cancel(self) -> None:
        if self.waiting:
            self.control.cancel(self.waiting.pop()[0], restock=self.random.random() < 0.7)

    def edit(self) -> None:
        at, sku, units = self._pick()
        self.control.adjust_stock(sku, at, units)
        self.truth.gone[at, sku] -= units

    def lose(self) -> None:
        kind = self.random.choice(("lose_answer", "lose_request", "no_connection"))
        self.world.wms.faults.plan("adjust", Fault(kind))


@pytest.mark.parametrize("seed", [1, 2, 3])
@covers("MAP-28")
@covers("INV-28")
def test_with_a_till_nothing_is_offered_twice_and_the_warehouse_knows_it_all(furnish: Callable[..., World], seed: int) -> None:
    world = furnish(seed=seed)
    truth = begin(world, spent=Spent.BOOK)
    life = Life(world, truth, seed, edits=False)
    for _ in range(30):
        life.one()
    world.pass_time(900)
    assert truth.too_high == []
    assert truth.wrong() == []
    booked = Counter[tuple[str, str]]()
    for entry in world.wms.ledger.of("adjusted"):
        at = next(place for place, code in PLACES.items() if code == entry.warehouse)
        booked[at, str(entry.data["item_code"]).removeprefix("W-")] -= entry.data["units"]
    assert +booked == +truth.gone, "told once, no more and no less"


@pytest.mark.parametrize("seed", [4, 5])
@covers("IDEM-11")
@covers("INV-28")
def test_with_busy_hands_in_the_shop_both_sides_end_up_equal(furnish: Callable[..., World], seed: int) -> None:
    world = furnish(seed=seed)
    truth = begin(world, owner=Owner.BOTH)
    life = Life(world, truth, seed, edits=True)
    for _ in range(30):
        life.one()
    world.pass_time(900)
    assert truth.wrong() == []
    told = [(entry.warehouse, entry.data["item_code"], entry.data["units"]) for entry in world.wms.ledger.of("adjusted")]
    world.pass_time(3600, schedules_too=True)
    assert told == [
        (entry.warehouse, entry.data["item_code"], entry.data["units"]) for entry in world.wms.ledger.of("adjusted")
    ]
    assert truth.wrong() == []
