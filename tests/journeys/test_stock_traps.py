"""Where a number that was right when it was worked out sells what is not there: the naive rule and ours over the same twins, the same
day."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from stockbridge.db import connections
from stockbridge.db import mapping as mappings
from stockbridge.domain.effects import SubmissionLine, SubmitOrder
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Spent
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.twins.wms.model.core import TwinError
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World, source

Made = Callable[..., World]
BERLIN, HAMBURG = "Berlin Central", "Hamburg Port"
SHELF = ("SHELF", "BULK")


def shown(world: World, place: str = BERLIN) -> int:
    level = world.shop.control.level("PAN24", place)
    assert level is not None
    return int(level.available)


def physical(world: World, warehouse: str = "BER", zones: tuple[str, ...] = SHELF) -> int:
    return sum(world.wms.shelves[warehouse].physical.get(("W-PAN24", zone), 0) for zone in zones)


def lies(world: World, warehouse: str, units: int) -> None:
    world.wms.count(warehouse, "W-PAN24", "BULK", 0)
    world.wms.count(warehouse, "W-PAN24", "SHELF", units)


def overwrite(world: World, units: int, place: str = BERLIN) -> None:
    """The naive connector's write: this is the number, whatever was there."""
    world.shop.control.set_stock("PAN24", place, quantity=units)


def bare(furnish: Made, **more: Any) -> World:
    """A world in which a naive connector writes, and we do nothing."""
    return furnish(mapped=False, live=False, **more)


def sold_out(world: World, taken: int = 0) -> int:
    """Buyers take one after the other at Berlin until nothing is left: all that was sold."""
    while shown(world):
        world.shop.control.place({"PAN24": 1}, at=BERLIN)
        taken += 1
    return taken


@covers("X-10")
def test_a_number_set_blindly_over_a_sale_sells_its_units_twice_and_ours_is_compared_and_computed_anew(furnish: Made) -> None:
    """The count says 40; two are sold between our looking and our writing."""
    naive = bare(furnish)
    naive.wms.adjust("BER", "W-PAN24", "SHELF", -10, "damaged")
    number = physical(naive)
    naive.shop.control.place({"PAN24": 2}, at=BERLIN)
    overwrite(naive, number)
    assert sold_out(naive, taken=2) == 42 > physical(naive)

    world = furnish()
    world.shop.between("LevelsAt", lambda: world.shop.control.place({"PAN24": 2}, at=BERLIN))
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10, "damaged")
    world.settle()
    assert shown(world) == 38
    assert sold_out(world, taken=2) == 40 == physical(world)


@covers("INV-27", instead="X-15")
@covers("X-15")
@pytest.mark.parametrize(("most", "calls"), [(100, 3), (250, 2)], ids=["naive", "ours"])
def test_a_call_holds_two_hundred_and_fifty_levels_unless_the_connection_is_set_to_fewer(
    world: World, most: int, calls: int
) -> None:
    """The rule of a hundred a call, run as the connection's setting, takes more calls of the limited budget for the same 270 levels."""
    sizes = calls_for(world, 270, most)
    assert most - 4 <= max(sizes) <= most, "four of the shop's own items are among what is looked at, and are right"
    assert len([size for size in sizes if size > 10]) == calls


def calls_for(world: World, many: int, most: int) -> list[int]:
    """How many levels each write holds that it takes to publish so many of one location, with so many in a call; each is right
    afterwards."""
    skus = [f"MANY-{n:03}" for n in range(many)]
    for sku in skus:
        world.shop.control.add_product(sku, sku=sku, stock={BERLIN: 0})
    with world.database.begin() as conn:
        known = next(each for each in connections.load_all(conn, vault=world.vault) if each.connection == SHOP)
        changed = replace(known, settings={**known.settings, "levels_at_once": most})
        connections.save(conn, changed, vault=world.vault, now=world.clock.now())
    world.restart()
    world.sweep("items")
    world.map_items("BER", {sku: f"W-{sku}" for sku in skus})
    for sku in skus:
        world.wms.count("BER", f"W-{sku}", "SHELF", 4)
    world.settle()
    world.shop.emitter.chaos.loss = 1.0
    for sku in skus:  # nobody hears of it before the sweep, which finds all of them
        world.shop.control.set_stock(sku, BERLIN, quantity=99)
    before = len(world.streets.asked('"operationName":"SetAvailable"'))
    world.sweep("levels")
    world.settle()
    levels = [world.shop.control.level(sku, BERLIN) for sku in skus]
    assert [level.available for level in levels if level] == [4] * many
    calls = world.streets.asked('"operationName":"SetAvailable"')[before:]
    return [len(msgspec.json.decode(call.body)["variables"]["input"]["quantities"]) for call in calls]


@covers("X-17")
def test_an_order_that_the_sum_allows_fails_at_the_one_warehouse_that_is_asked_and_ours_asks_the_one_that_has_it(
    furnish: Made,
) -> None:
    """320 are offered: 90 in the first warehouse, 230 in the second; an order of 200."""
    naive = bare(furnish)
    lies(naive, "HAM", 90)
    lies(naive, "BER", 230)
    overwrite(naive, physical(naive, "HAM") + physical(naive, "BER"))
    naive.shop.control.place({"PAN24": 200}, at=BERLIN)
    asked = SubmissionLine(line_id="1", item_code="W-PAN24", units=200)
    first = SubmitOrder(reference="naive-1", warehouse="HAM", order_name="#1", lines=(asked,), ship_to=None, shipping_method="")
    door = naive.door(WMS).outbound
    assert door is not None
    door.perform(first, first.key)
    with pytest.raises(TwinError, match="on the shelf of HAM"):
        naive.wms.ship("naive-1", {"W-PAN24": 200})  # it was taken, and cannot be shipped from there

    world = furnish()
    lies(world, "HAM", 90)
    lies(world, "BER", 230)
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("HAM", *SHELF, priority=1), source("BER", *SHELF, priority=2))
    world.pass_time(10)
    assert shown(world) == 320
    order = world.shop.control.place({"PAN24": 200}, at=BERLIN)
    world.pass_time(30)
    assert [(made.warehouse, made.state) for made in world.sight.submissions(order.name)] == [("BER", "accepted")]


@covers("X-18")
def test_everything_that_lies_in_a_warehouse_is_eight_hundred_and_what_can_be_sold_of_it_is_three_hundred_and_twenty(
    furnish: Made,
) -> None:
    """480 of the 800 are in quarantine: the naive connector offers them, and the order that takes one cannot be shipped."""

    def fill(world: World) -> World:
        lies(world, "BER", 230)
        lies(world, "HAM", 90)
        for warehouse, units in (("BER", 300), ("HAM", 180)):
            world.wms.count(warehouse, "W-PAN24", "QUARANTINE", units)
        for place in (HAMBURG, "München South"):
            world.shop.control.set_stock("PAN24", place, quantity=0)
        return world

    naive = fill(bare(furnish))
    overwrite(naive, sum(physical(naive, code, (*SHELF, "QUARANTINE")) for code in ("BER", "HAM")))
    assert shown(naive) == 800
    naive.shop.control.place({"PAN24": 400})

    world = fill(furnish())
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("HAM", *SHELF, priority=1), source("BER", *SHELF, priority=2))
    world.pass_time(60)
    assert shown(world) == 320
    with pytest.raises(SoldOut):
        world.shop.control.place({"PAN24": 400})


@covers("X-22")
def test_the_last_word_to_arrive_puts_ghosts_on_sale_and_ours_is_the_newest(furnish: Made) -> None:
    """55 is what lies there; the older 60 comes after it."""

    def tell(world: World) -> None:
        at = world.wms.sequence
        for units, sequence in ((55, 20), (60, 10)):
            zones = {"SHELF": units, "BULK": 0, "QUARANTINE": 7}
            what = {"warehouse": "BER", "item_code": "W-PAN24", "zones": zones, "basis": "less_accepted"}
            world.wms.inject("stock.changed", {**what, "moment": world.clock.now(), "sequence": at + sequence})

    naive = bare(furnish)
    naive.wms.deliver_due(lambda url, headers, body: 200)
    tell(naive)

    def obey(url: str, headers: Any, body: bytes) -> int:
        zones = msgspec.json.decode(body)["data"]["zones"]
        overwrite(naive, sum(zones[zone] for zone in SHELF))
        return 200

    naive.wms.deliver_due(obey)
    assert shown(naive) == 60

    world = furnish()
    tell(world)
    world.settle()
    assert shown(world) == 55


@covers("X-24")
def test_a_return_booked_by_both_systems_is_counted_twice_and_ours_has_one_owner(furnish: Made) -> None:
    """Three were shipped, one comes back. The shop restocks it when it is refunded; the warehouse when it is unpacked."""
    naive = bare(furnish)
    overwrite(naive, physical(naive))
    order = naive.shop.control.place({"PAN24": 3}, at=BERLIN)
    naive.shop.control.route_now(order)
    naive.wms.adjust("BER", "W-PAN24", "SHELF", -3, "shipped")
    naive.shop.control.fulfill(order)
    assert (shown(naive), physical(naive)) == (47, 47)
    before = shown(naive)
    naive.shop.control.refund(order, {"PAN24": 1}, restock="RETURN", at=BERLIN)
    naive.wms.adjust("BER", "W-PAN24", "SHELF", shown(naive) - before, "the shop's word: restocked")
    naive.wms.adjust("BER", "W-PAN24", "SHELF", 1, "the parcel was unpacked")
    overwrite(naive, physical(naive))
    there = 50 - 3 + 1
    assert shown(naive) == there + 1

    world = furnish()
    book_what_leaves(world)
    order = world.shop.control.place({"PAN24": 3}, at=BERLIN)
    world.pass_time(20)
    [reference] = world.wms.orders
    world.wms.ship(reference, {"W-PAN24": 3})
    world.pass_time(60)
    world.shop.control.refund(order, {"PAN24": 1}, restock="RETURN", at=BERLIN)
    world.pass_time(60)
    assert shown(world) == 47, "on the way"
    world.wms.adjust("BER", "W-PAN24", "SHELF", 1, "returned")
    world.pass_time(60)
    assert (shown(world), physical(world)) == (there, there)


def book_what_leaves(world: World) -> None:
    with world.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
    locations = tuple(replace(each, spent=Spent.BOOK) for each in mapping.locations)
    world.say(MappingChanged(shop=SHOP, base=mapping.version, locations=locations, seen=True, by="ana"))
    world.pass_time(10)


@covers("X-29")
def test_a_number_worked_out_before_an_order_moved_takes_its_unit_back_and_ours_moves_with_it(furnish: Made) -> None:
    """49 and 56 lie there; an order of one at Berlin moves to Hamburg between the working out of the numbers and the writing of
    them."""
    naive = bare(furnish)
    two_shelves(naive)
    for place, warehouse in ((BERLIN, "BER"), (HAMBURG, "HAM")):
        overwrite(naive, physical(naive, warehouse), place)
    order = naive.shop.control.place({"PAN24": 1}, at=BERLIN)
    naive.shop.control.route_now(order)
    numbers = {BERLIN: physical(naive, "BER") - 1, HAMBURG: physical(naive, "HAM")}
    naive.shop.control.move(order.name, HAMBURG)
    assert (shown(naive), shown(naive, HAMBURG)) == (49, 55), "the shop itself moves the unit"
    for place, units in numbers.items():
        overwrite(naive, units, place)
    assert (shown(naive), shown(naive, HAMBURG)) == (48, 56), "one too few here, one sold twice there"

    world = furnish()
    two_shelves(world)
    world.settle()
    order = world.shop.control.place({"PAN24": 1}, at=BERLIN)
    world.shop.control.route_now(order)
    world.shop.between("LevelsAt", lambda: world.shop.control.move(order.name, HAMBURG))
    for warehouse in ("BER", "HAM"):
        world.wms.adjust(warehouse, "W-PAN24", "SHELF", -1)
        world.wms.adjust(warehouse, "W-PAN24", "SHELF", 1)
    world.pass_time(60)
    assert (shown(world), shown(world, HAMBURG)) == (49, 55)


def two_shelves(world: World) -> None:
    lies(world, "BER", 49)
    lies(world, "HAM", 56)
