"""Which warehouses feed which location: one to one, chosen zones of a tree, several warehouses in one location, several locations on
one warehouse; and nothing that nobody said."""

from collections.abc import Callable

import pytest

from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms import Warehouse, Zone
from stockbridge.testing.world import World, source

Made = Callable[..., World]
Right = Callable[[World], Truth]
BERLIN, HAMBURG = "Berlin Central", "Hamburg Port"
SHELF = ("SHELF", "BULK")
CODE = {"PAN24": "W-PAN24"}
GERMANY = {"first_name": "A", "last_name": "B", "city": "Berlin", "zip": "10115", "country": "Germany", "country_code": "DE"}
AMERICA = {**GERMANY, "city": "Boston", "zip": "02108", "country": "United States", "country_code": "US"}


def shown(world: World, location: str = BERLIN, sku: str = "PAN24") -> int:
    level = world.shop.control.level(sku, location)
    assert level is not None
    return int(level.available)


def writes(world: World) -> int:
    return len(world.streets.asked("inventorySetQuantities"))


def shipped_from(world: World, order: str) -> list[str]:
    return sorted(made.warehouse for made in world.sight.submissions(order))


@pytest.fixture
def tree(furnish: Made) -> World:
    """One warehouse with places inside places, as Odoo has them, and nothing mapped yet."""
    lying = {
        "WH/Stock": 2,
        "WH/Stock/Zone-A/Bin-A3": 40,
        "WH/Stock/Zone-B": 30,
        "WH/Stock/B2B": 11,
        "WH/Stock/Safety-Reserve": 9,
        "WH/Input": 100,
        "WH/Output": 50,
        "WH/Quality": 25,
        "WH/Pack": 12,
        "Virtual/Inventory adjustment": 77,
    }
    zones = tuple(Zone(path) for path in (*lying, "WH/Stock/Zone-A/Bin-A9"))
    world = furnish(mapped=False, warehouses=(Warehouse("WH", "Main", zones),), stock={"WH": {"W-PAN24": lying}})
    world.map_items("WH", CODE)
    return world


@covers("MAP-01")
@covers("MAP-02")
@covers("MAP-27")
@covers("INV-02")
def test_even_one_warehouse_feeds_no_location_before_somebody_said_so(furnish: Made, truth: Right) -> None:
    zones = (Zone("SHELF"), Zone("BULK"))
    world = furnish(mapped=False, warehouses=(Warehouse("BER", "Berlin", zones),), stock={"BER": {"W-PAN24": {"SHELF": 33}}})
    world.map_items("BER", CODE)
    order = world.shop.control.place({"PAN24": 1}, address=GERMANY)
    world.pass_time(60)
    assert writes(world) == 0
    assert world.wms.orders == {}
    assert world.sight.state(order.name) == "parked"
    world.map_source(BERLIN, "BER", ["SHELF"])
    world.pass_time(300, schedules_too=True)
    [reference] = world.wms.orders
    world.wms.ship(reference)
    world.pass_time(30)
    assert len(world.shop.control.order(order.id).fulfillments) == 1, "now its tracking can be written back"
    assert shown(world) == 32


@covers("MAP-09")
@covers("MAP-10")
@covers("MAP-15")
@covers("MAP-17")
@covers("INV-10")
def test_one_to_one_a_change_in_a_warehouse_changes_its_own_location_with_one_call(world: World) -> None:
    assert (shown(world), shown(world, HAMBURG)) == (50, 15), "the same item, a whole number for each place; zones are not seen"
    before = writes(world)
    world.wms.adjust("HAM", "W-PAN24", "BULK", 4, "received")
    world.settle()
    assert (shown(world), shown(world, HAMBURG)) == (50, 19)
    assert writes(world) == before + 1


@covers("MAP-11")
@covers("MAP-12")
@covers("MAP-13")
@covers("MAP-14")
@covers("MAP-18")
def test_a_place_counts_with_all_below_it_and_what_is_left_out_wins(tree: World) -> None:
    tree.map_location(BERLIN, source("WH", "WH/Stock", without=["WH/Stock/B2B"]))
    tree.settle()
    assert shown(tree) == 2 + 40 + 30 + 9, "neither input, output, quality, packing nor what is no place at all"
    tree.wms.adjust("WH", "W-PAN24", "WH/Stock/Zone-A/Bin-A9", 5, "received")
    tree.settle()
    assert shown(tree) == 86, "a bin that nobody named counts by itself"
    tree.wms.adjust("WH", "W-PAN24", "WH/Stock/B2B", 50, "received")
    tree.settle()
    assert shown(tree) == 86
    tree.map_location(BERLIN, source("WH", "=WH/Stock", "WH/Stock/Zone-B"))
    tree.settle()
    assert shown(tree) == 32, "that place alone, and a chosen zone"


@covers("INV-13")
def test_a_reserve_that_is_left_out_is_a_buffer(tree: World) -> None:
    tree.map_location(BERLIN, source("WH", "WH/Stock", without=["WH/Stock/Safety-Reserve"]))
    tree.settle()
    assert shown(tree) == 83
    tree.wms.move("WH", "W-PAN24", "WH/Stock/Zone-B", "WH/Stock/Safety-Reserve", 10)
    tree.settle()
    assert shown(tree) == 73


@covers("MAP-03")
@covers("MAP-19")
@covers("MAP-22")
def test_several_warehouses_make_one_location_and_are_added_up(world: World) -> None:
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("BER", *SHELF, priority=1), source("HAM", *SHELF, priority=2))
    world.settle()
    assert shown(world) == 65
    world.wms.adjust("HAM", "W-PAN24", "SHELF", 3, "received")
    world.settle()
    assert shown(world) == 68
    order = world.shop.control.place({"PAN24": 51}, address=GERMANY)
    world.pass_time(30)
    assert shown(world) == 17
    assert world.sight.state(order.name) != "done"


@covers("MAP-20")
@covers("MAP-28")
def test_a_store_and_an_online_location_on_one_shelf_never_offer_it_twice(furnish: Made) -> None:
    world = furnish(mapped=False)
    world.map_items("BER", CODE)
    world.map_source(BERLIN, "BER", SHELF, share_bp=6000, priority=1)
    world.map_source(HAMBURG, "BER", SHELF, share_bp=4000, priority=2)
    world.settle()
    assert (shown(world), shown(world, HAMBURG)) == (30, 20)
    world.shop.control.place({"PAN24": 5}, address=GERMANY)
    world.pass_time(60)
    assert shown(world) + shown(world, HAMBURG) == 45
    assert 20 in (shown(world), shown(world, HAMBURG)) or 30 in (shown(world), shown(world, HAMBURG)), "only one of them moved"
    world.wms.count("BER", "W-PAN24", "BULK", 0)
    world.pass_time(1200, schedules_too=True)
    assert shown(world) + shown(world, HAMBURG) <= 25, "what is counted less is offered less, by both together"


@covers("MAP-23")
def test_the_same_zones_for_a_second_location_are_refused_until_their_shares_are_said(world: World) -> None:
    before = shown(world), shown(world, HAMBURG)
    world.map_source(HAMBURG, "BER", SHELF)
    world.settle()
    [parked] = world.sight.parked()
    assert parked.cause.startswith("mapping_refused")
    assert "BER feeds Berlin Central and Hamburg Port: its stock would be counted twice" in parked.title
    assert (shown(world), shown(world, HAMBURG)) == before
    world.map_source(BERLIN, "BER", SHELF, share_bp=10_000)
    world.map_source(HAMBURG, "BER", SHELF, share_bp=0)
    world.map_source(HAMBURG, "HAM", SHELF, active=False)
    world.pass_time(60)
    assert (shown(world), shown(world, HAMBURG)) == (50, 0), "one holds it all, the other nothing"


@covers("MAP-08")
def test_a_location_of_a_fulfillment_service_is_never_mapped(world: World) -> None:
    world.shop.control.add_location("FBA Leipzig", service=True)
    world.sweep("locations")
    world.settle()
    before = writes(world)
    world.map_source("FBA Leipzig", "HAM", ["SHELF"])
    world.settle()
    [parked] = world.sight.parked()
    assert "FBA Leipzig belongs to a fulfillment service, which alone may write its stock." in parked.title
    assert writes(world) == before


@covers("MAP-06")
def test_a_new_order_goes_to_the_warehouse_that_comes_first_unless_it_cannot(world: World) -> None:
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("BER", *SHELF, priority=2), source("HAM", *SHELF, priority=1))
    world.settle()
    first = world.shop.control.place({"PAN24": 1}, address=GERMANY)
    world.pass_time(20)
    second = world.shop.control.place({"PAN24": 20}, address=GERMANY)
    world.pass_time(20)
    assert (shipped_from(world, first.name), shipped_from(world, second.name)) == (["HAM"], ["BER"])


@covers("MAP-07")
@covers("INV-05")
def test_tracking_comes_back_by_the_mapping_although_no_stock_is_written(furnish: Made) -> None:
    world = furnish(live=True, mapped=False)
    world.map_items("HAM", CODE)
    world.map_source(HAMBURG, "HAM", SHELF, live=False)
    world.settle()
    order = world.shop.control.place({"PAN24": 2}, address=GERMANY)
    world.pass_time(60)
    [reference] = world.wms.orders
    world.wms.ship(reference)
    world.pass_time(30)
    [made] = world.shop.control.order(order.id).fulfillments
    assert made.location.name == HAMBURG, "at the mapped location, not at a default one"
    assert writes(world) == 0


@covers("MAP-21")
def test_stock_for_the_union_alone_counts_only_where_nothing_else_is_sold(world: World) -> None:
    world.map_location(HAMBURG)
    both = source("BER", *SHELF, priority=1), source("HAM", *SHELF, priority=2, serves=("EU",))
    world.map_location(BERLIN, *both)
    world.settle()
    assert shown(world) == 50, "somebody in America may buy here, and HAM may not ship to them"
    world.map_location(BERLIN, *both, sells_to=("DE", "FR"))
    world.settle()
    assert shown(world) == 65
    world.map_location(BERLIN, *both, sells_to=("DE", "US"))
    world.settle()
    assert shown(world) == 50


@covers("MAP-21")
def test_an_order_that_a_warehouse_may_not_ship_is_never_sent_there(world: World) -> None:
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("BER", *SHELF, priority=2), source("HAM", *SHELF, priority=1, serves=("EU",)))
    world.settle()
    here = world.shop.control.place({"PAN24": 1}, address=GERMANY)
    there = world.shop.control.place({"PAN24": 1}, address=AMERICA)
    world.pass_time(30)
    assert (shipped_from(world, here.name), shipped_from(world, there.name)) == (["HAM"], ["BER"])
