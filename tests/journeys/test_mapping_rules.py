"""How much of what lies there is offered: buffers, drop-ship, what is prepared, and versions."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from stockbridge.db.mapping import newest_of
from stockbridge.domain.events import ItemMapped
from stockbridge.domain.mapping import ShopMapping
from stockbridge.domain.stock import Combine, Keep
from stockbridge.testing.covers import covers
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World, source

Made = Callable[..., World]
BERLIN, HAMBURG = "Berlin Central", "Hamburg Port"
SHELF = ("SHELF", "BULK")


def shown(world: World, location: str = BERLIN, sku: str = "PAN24") -> int:
    level = world.shop.control.level(sku, location)
    assert level is not None
    return int(level.available)


def mapping(world: World) -> ShopMapping:
    with world.database.begin() as conn:
        return newest_of(conn, account=ACCOUNT, shop=SHOP)


def suppliers(world: World, *, ber: int, ham: int, combine: Combine) -> None:
    """Berlin Central sells what two suppliers have, who ship themselves."""
    world.map_location(HAMBURG)
    for warehouse, units in (("BER", ber), ("HAM", ham)):
        world.wms.count(warehouse, "W-PAN24", "SHELF", units)
        world.wms.count(warehouse, "W-PAN24", "BULK", 0)
    world.map_location(BERLIN, source("BER", *SHELF, priority=1), source("HAM", *SHELF, priority=2), combine=combine)
    world.settle()


@covers("INV-12")
@covers("INV-14")
def test_an_item_has_a_buffer_of_its_own_and_all_others_the_default(world: World) -> None:
    figures = dict(world.wms.shelves["BER"].physical)
    world.map_location(
        BERLIN, source("BER", *SHELF, keep=Keep(units=4), keeps={"W-PAN24": Keep(units=45), "W-LANTERN": Keep()})
    )
    world.settle()
    assert {sku: shown(world, sku=sku) for sku in ("PAN24", "LANTERN", "MUG-WHITE")} == {
        "PAN24": 5,
        "LANTERN": 50,
        "MUG-WHITE": 46,
    }
    assert dict(world.wms.shelves["BER"].physical) == figures, "nothing is held back in the warehouse itself"


@covers("INV-11")
@covers("MAP-22")
@covers("INV-26")
@pytest.mark.parametrize(
    ("each", "after", "offered"),
    [(Keep(percent_bp=500), Keep(), 18), (Keep(), Keep(percent_bp=500), 19)],
    ids=["each warehouse, then the sum", "the sum, then the location"],
)
def test_where_a_share_is_held_back_is_said_and_what_is_not_whole_is_rounded_up(
    world: World, each: Keep, after: Keep, offered: int
) -> None:
    suppliers(world, ber=10, ham=10, combine=Combine.SUM)
    world.map_location(BERLIN, source("BER", *SHELF, keep=each), source("HAM", *SHELF, keep=each), keep=after)
    world.settle()
    assert shown(world) == offered
    world.wms.count("BER", "W-PAN24", "SHELF", 100)
    world.wms.count("HAM", "W-PAN24", "SHELF", 0)
    world.settle()
    assert shown(world) == 95


@covers("INV-17")
@covers("INV-18")
@covers("INV-20")
@covers("MAP-26")
def test_of_several_suppliers_the_one_that_has_most_is_offered_and_ships(world: World) -> None:
    suppliers(world, ber=4, ham=6, combine=Combine.LARGEST)
    assert shown(world) == 6
    order = world.shop.control.place({"PAN24": 6})
    world.pass_time(30)
    assert [made.warehouse for made in world.sight.submissions(order.name)] == ["HAM"], (
        "the other comes first, and has not enough"
    )
    assert shown(world) == 4


@covers("INV-19")
@covers("MAP-26")
def test_the_smallest_is_taken_among_the_suppliers_that_carry_the_item(world: World) -> None:
    suppliers(world, ber=4, ham=6, combine=Combine.SMALLEST)
    assert shown(world) == 4
    world.wms.count("BER", "W-PAN24", "SHELF", 0)
    world.settle()
    assert shown(world) == 0, "it is out at one who carries it"
    gone = ItemMapped(
        shop=SHOP,
        inventory_item_id=world.item_id("PAN24"),
        connection=WMS,
        warehouse="BER",
        item_code="W-PAN24",
        active=False,
        by="ana",
    )
    world.say(gone)
    world.settle()
    assert shown(world) == 6, "who does not carry it has no say"


@covers("MAP-24")
def test_a_source_that_is_prepared_counts_from_its_moment_on(world: World) -> None:
    begins = world.clock.now() + timedelta(hours=2)
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("BER", *SHELF), source("HAM", *SHELF, active_from=begins))
    world.pass_time(3600, schedules_too=True)
    assert shown(world) == 50
    world.pass_time(3700, schedules_too=True)
    assert shown(world) == 65


@covers("MAP-24")
@covers("MAP-05")
def test_a_source_that_is_switched_off_keeps_its_rules_and_is_switched_on_again(world: World) -> None:
    world.map_location(HAMBURG)
    world.map_location(
        BERLIN, source("BER", *SHELF), source("HAM", "SHELF", without=["BULK"], serves=("EU",), priority=7), sells_to=("DE",)
    )
    world.settle()
    assert shown(world) == 60
    world.map_source(BERLIN, "HAM", [], active=False)
    world.settle()
    assert shown(world) == 50
    world.map_source(BERLIN, "HAM", ["SHELF"], priority=7)
    world.settle()
    assert shown(world) == 60
    kept = next(each for each in mapping(world).locations if each.sources).source(WMS, "HAM")
    assert kept == source("HAM", "SHELF", without=["BULK"], serves=("EU",), priority=7), "a small change leaves the rest alone"


@covers("MAP-16")
def test_a_change_made_from_an_old_version_is_not_made_and_is_shown(world: World) -> None:
    base = mapping(world).version
    world.map_source(BERLIN, "BER", SHELF, keep_units=3)
    world.map_location(BERLIN, source("BER", *SHELF, keep=Keep(units=40)), base=base)
    world.settle()
    assert shown(world) == 47
    [parked] = world.sight.parked()
    assert "Somebody else changed the mapping meanwhile. Nothing was changed." in parked.title
    assert mapping(world).version == base + 1
