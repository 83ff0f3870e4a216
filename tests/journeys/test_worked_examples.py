"""The numbers that the systems we replace promise in their own words, played through; and where a number of theirs sells what is not
there, the naive rule in the same world beside ours. Told in docs/explain/stock.md."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from stockbridge.domain import availability
from stockbridge.domain.mapping import Location, Source
from stockbridge.domain.stock import Combine, Keep
from stockbridge.domain.zones import Zones
from stockbridge.flow import levels
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.world import WMS, World

Made = Callable[..., World]
SHELF = Zones(("SHELF", "BULK"))
CODES = {sku: f"W-{sku}" for sku in ("MUG-WHITE", "PAN24")}


def shown(world: World, location: str = "Berlin Central", sku: str = "PAN24") -> int:
    level = world.shop.control.level(sku, location)
    assert level is not None
    return int(level.available)


def lies(world: World, warehouse: str, units: float, sku: str = "PAN24") -> None:
    """So many units lie on the shelves of a warehouse."""
    world.wms.count(warehouse, f"W-{sku}", "BULK", 0)
    world.wms.count(warehouse, f"W-{sku}", "SHELF", units)
    world.settle()


def source(warehouse: str, **more: Any) -> Source:
    return Source(connection=WMS, warehouse=warehouse, zones=SHELF, **more)


def berlin(world: World, *sources: Source, **rules: Any) -> Location:
    return Location(location_id=world.location_id("Berlin Central"), live=True, sources=sources, **rules)


def row(world: World, sku: str = "PAN24") -> Any:
    found = world.sight.level(world.location_id("Berlin Central"), world.item_id(sku))
    assert found is not None
    return found


@covers("INV-03")
@covers("INV-04")
@covers("X-29")
@pytest.mark.parametrize("basis", ["physical", "less_accepted"])
def test_an_order_that_moves_from_one_location_to_another_takes_its_unit_along(furnish: Made, basis: str) -> None:
    """48 is after the order; moved, it is 49 here and 55 there, also when a count comes meanwhile and the move falls between our reading
    of the levels and our writing."""
    world = furnish(basis=basis)
    lies(world, "BER", 49)
    lies(world, "HAM", 56)
    world.shop.emitter.chaos.loss = 1.0  # nobody is asked to ship it before it has moved
    order = world.shop.control.place({"PAN24": 1}, at="Berlin Central")
    assert (shown(world), shown(world, "Hamburg Port")) == (48, 56), "reduced by the shop itself, before anybody acts"
    world.shop.control.route_now(order)
    world.settle()
    world.shop.emitter.chaos.loss = 0.0
    world.shop.between("LevelsAt", lambda: world.shop.control.move(order.name, "Hamburg Port"))
    world.wms.adjust("BER", "W-PAN24", "SHELF", -1)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 1)
    world.pass_time(60)
    world.sweep("stock", "levels")
    world.pass_time(60)
    assert (shown(world), shown(world, "Hamburg Port")) == (49, 55)


@covers("INV-01")
def test_the_level_is_overwritten_by_what_the_mapped_warehouse_has(world: World) -> None:
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=7)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 1)
    world.pass_time(10)
    assert shown(world) == 8, "43 may have been sold: no order was looked for yet"
    world.pass_time(60)
    assert shown(world) == 51


@covers("INV-02")
def test_without_a_mapping_nothing_is_written_and_it_is_said(furnish: Made) -> None:
    world = furnish(mapped=False)
    before = shown(world)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(30)
    assert shown(world) == before
    assert world.streets.asked("inventorySetQuantities") == []
    assert set(world.sight.causes()) == {"unmapped_codes"}


@covers("INV-05")
def test_with_stock_switched_off_orders_are_sent_and_their_parcels_recorded_all_the_same(furnish: Made) -> None:
    world = furnish(live=True)
    for place, warehouse in (("Berlin Central", "BER"), ("Hamburg Port", "HAM")):
        world.map_source(place, warehouse, ["SHELF", "BULK"], live=False)
    before = len(world.streets.asked("inventorySetQuantities"))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    world.wms.ship(next(iter(world.wms.orders)))
    world.pass_time(60)
    assert len(order.fulfillments) == 1
    assert len(world.streets.asked("inventorySetQuantities")) == before


@covers("INV-06")
@pytest.mark.parametrize("basis", ["physical", "less_reserved"])
def test_what_the_warehouse_has_set_aside_is_off_the_sum_of_its_zones(furnish: Made, basis: str) -> None:
    world = furnish(basis=basis)
    world.shop.control.place({"PAN24": 4}, at="Berlin Central")
    world.pass_time(30)
    world.wms.pick(next(iter(world.wms.orders)))
    world.sweep("stock")
    world.pass_time(30)
    assert shown(world) == 46


@covers("INV-10")
@covers("INV-32")
def test_one_changed_count_is_one_write_and_the_same_count_again_is_none(world: World) -> None:
    before = len(world.streets.asked("inventorySetQuantities"))
    world.wms.adjust("BER", "W-PAN24", "SHELF", 3)
    world.pass_time(30)
    world.wms.count("BER", "W-PAN24", "SHELF", 33)
    world.sweep("stock", "levels")
    world.pass_time(30)
    assert len(world.streets.asked("inventorySetQuantities")) == before + 1


@covers("INV-21")
@covers("INV-24")
def test_goods_on_their_way_between_two_warehouses_are_offered_at_neither_until_they_are_received(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "BULK", -10, "transfer")
    world.pass_time(10)
    assert (shown(world), shown(world, "Hamburg Port")) == (40, 15)
    world.wms.adjust("HAM", "W-PAN24", "QUARANTINE", 10, "received")
    world.pass_time(10)
    assert (shown(world), shown(world, "Hamburg Port")) == (40, 15), "at the dock, not on a shelf that counts"
    world.wms.move("HAM", "W-PAN24", "QUARANTINE", "SHELF", 10)
    world.pass_time(10)
    assert (shown(world), shown(world, "Hamburg Port")) == (40, 25)


@covers("INV-29")
@covers("INV-34")
@pytest.mark.parametrize(("cause", "units"), [("received", 6), ("adjusted", -4), ("damaged", -1), ("returned", 2)])
def test_whatever_changes_the_shelf_reaches_the_shop_in_seconds(world: World, cause: str, units: int) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", units, cause)
    world.pass_time(3)
    assert shown(world) == 50 + units


@covers("INV-30")
def test_the_warehouse_may_tell_or_be_asked(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", 2)
    world.pass_time(5)
    assert shown(world) == 52
    world.wms.desk.plan("*", "lose")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 2)
    world.pass_time(5)
    world.sweep("stock")
    world.pass_time(5)
    assert shown(world) == 54


@covers("INV-33")
def test_goods_are_matched_by_the_item_whatever_its_sku_is_called_later(world: World) -> None:
    world.shop.control.change_sku("PAN24", "PAN-24-NEW")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 2)
    world.pass_time(10)
    assert shown(world, sku="PAN-24-NEW") == 52


@covers("IDEM-06")
@covers("IDEM-07")
def test_an_event_that_is_told_again_after_a_day_is_not_applied_twice(world: World) -> None:
    world.wms.desk.plan("stock.changed", "repeat", 2)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10)
    world.pass_time(10)
    assert shown(world) == 40
    world.wms.desk.plan("stock.changed", "delay", 86_000.0)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10)
    world.sweep("stock")
    world.pass_time(87_000)
    assert shown(world) == 30


def empty_elsewhere(world: World) -> None:
    """The shop sells what all of its locations show together: here nothing lies at the others."""
    for location in ("Hamburg Port", "München South"):
        world.shop.control.set_stock("PAN24", location, quantity=0)


# -- drop-ship, and several warehouses behind one location


@covers("INV-17")
@covers("INV-18")
@covers("INV-20")
@covers("X-20")
def test_suppliers_are_never_added_up_six_and_four_is_six_and_an_order_of_ten_is_not_offered(world: World) -> None:
    lies(world, "BER", 6)
    lies(world, "HAM", 4)
    world.map_all(berlin(world, source("BER", priority=1), source("HAM", priority=2), combine=Combine.LARGEST))
    world.pass_time(10)
    assert shown(world) == 6
    empty_elsewhere(world)
    with pytest.raises(SoldOut):
        world.shop.control.place({"PAN24": 10})
    world.shop.control.place({"PAN24": 6})
    world.pass_time(30)
    assert {orders[0].warehouse for orders in world.wms.orders.values()} == {"BER"}
    assert shown(world) == 4, "what the other supplier has can be sold now"


@covers("INV-19")
def test_or_the_smallest_supplier_counts(world: World) -> None:
    lies(world, "BER", 6)
    lies(world, "HAM", 4)
    world.map_all(berlin(world, source("BER"), source("HAM", priority=2), combine=Combine.SMALLEST))
    world.pass_time(10)
    assert shown(world) == 4
    lies(world, "HAM", 0)
    world.pass_time(10)
    assert shown(world) == 0


@covers("X-20")
def test_adding_suppliers_up_sells_an_order_of_ten_that_nobody_can_ship(world: World) -> None:
    """The naive rule, in the same world."""
    lies(world, "BER", 6)
    lies(world, "HAM", 4)
    world.map_all(berlin(world, source("BER"), source("HAM", priority=2)))
    world.pass_time(10)
    assert shown(world) == 10
    empty_elsewhere(world)
    world.shop.control.place({"PAN24": 10})
    world.pass_time(30)
    assert world.sight.causes() == ["no_stock"]


@covers("INV-25")
@covers("INV-40")
@covers("X-17")
@covers("X-18")
def test_a_sum_is_shown_with_the_most_that_one_warehouse_can_ship_of_it(world: World) -> None:
    """The story's own: 480 in quarantine and 320 to sell, of them 230 and, in New Jersey, 90."""
    lies(world, "BER", 230)
    lies(world, "HAM", 90)
    for warehouse, units in (("BER", 300), ("HAM", 180)):
        world.wms.count(warehouse, "W-PAN24", "QUARANTINE", units)
    world.map_all(berlin(world, source("HAM", priority=1), source("BER", priority=2)))
    world.pass_time(10)
    assert shown(world) == 320, "not 800"
    assert row(world).derivation["single"] == 230
    order = world.shop.control.place({"PAN24": 200}, at="Berlin Central")
    world.pass_time(30)
    assert [each[0].warehouse for each in world.wms.orders.values()] == ["BER"], "90 in the first, so the second is asked"
    assert world.sight.state(order.name) == "accepted"
    assert (shown(world), row(world).derivation["single"]) == (120, 90)


# -- what is held back, and what is rounded


@covers("INV-11")
@covers("X-25")
@pytest.mark.parametrize(("has", "per_source", "after_the_sum"), [((19, 19), 36, 36), ((10, 10), 18, 19), ((100, 1), 95, 95)])
def test_five_percent_is_rounded_up_at_each_source_or_once_after_the_sum_as_the_mapping_says(
    world: World, has: tuple[int, int], per_source: int, after_the_sum: int
) -> None:
    lies(world, "BER", has[0])
    lies(world, "HAM", has[1])
    five = Keep(percent_bp=500)
    world.map_all(berlin(world, source("BER", keep=five), source("HAM", priority=2, keep=five)))
    world.pass_time(10)
    assert shown(world) == per_source
    world.map_all(berlin(world, source("BER"), source("HAM", priority=2), keep=five))
    world.pass_time(10)
    assert shown(world) == after_the_sum


@covers("INV-26")
def test_parts_of_a_unit_are_added_up_exactly_and_rounded_down_once_at_each_warehouse(world: World) -> None:
    world.map_all(berlin(world, source("BER"), source("HAM", priority=2)))
    world.wms.count("BER", "W-PAN24", "SHELF", 80.25)
    world.wms.count("BER", "W-PAN24", "BULK", 19.25)
    lies(world, "HAM", 0.5)
    world.pass_time(10)
    assert shown(world) == 99
    assert "0.5 left over by rounding" in str(row(world).derivation)
    assert world.sight.parked() == []


def test_a_part_of_a_unit_is_kept_to_the_last_digit() -> None:
    thirds = {"SHELF": Decimal("0.1"), "BULK": Decimal("0.2")}
    assert SHELF.amount({**thirds, "QUARANTINE": 7}) == Decimal("0.3")


# -- the drop


def drop(world: World, sold: int) -> int:
    """800 are shown and 320 are there; five sell every second while the count arrives. Gives the seconds until the shop takes no more
    than there is."""
    lies(world, "BER", 800)
    assert shown(world) == 800
    world.wms.count("BER", "W-PAN24", "SHELF", 320)
    wrong_for = 0
    for second in range(sold // 5):
        for _ in range(5):
            world.shop.control.place({"PAN24": 1}, at="Berlin Central")
        if shown(world) > 320 - 5 * (second + 1):
            wrong_for = second + 1
        world.pass_time(1)
    return wrong_for


@covers("X-23")
@pytest.mark.slow
def test_in_a_product_drop_the_wrong_480_are_gone_within_seconds_and_nobody_buys_one_of_them(furnish: Made) -> None:
    world = furnish(basis="physical")
    assert drop(world, sold=60) <= 3
    world.pass_time(60)
    assert shown(world) == 260
    sold = sum(line.quantity for order in world.shop.world.orders.values() for line in order.lines if line.sku == "PAN24")
    assert sold + shown(world) == 320


@covers("X-23")
@pytest.mark.slow
def test_whoever_writes_the_warehouses_number_as_it_is_puts_sold_units_on_sale_again(
    furnish: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The naive rule, in the same world: neither claims nor units that wait are taken off."""
    world = furnish(basis="physical")
    monkeypatch.setattr(availability, "charged", lambda facts, here, feeds: 0)
    monkeypatch.setattr(levels, "unplaced_units", lambda **held: 0)
    drop(world, sold=60)
    world.sweep("levels")
    world.pass_time(60)
    assert shown(world) > 260
