"""Where the sources' advice, taken literally, sells what is not there: the naive rule and ours over the same twins, the same day."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from stockbridge.domain.stock import Combine, Keep
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.world import World, source

Made = Callable[..., World]
#: What a connector writes: units by location, from units by warehouse.
Rule = Callable[[Mapping[str, int]], Mapping[str, int]]
BERLIN, HAMBURG = "Berlin Central", "Hamburg Port"
SHELF = ("SHELF", "BULK")
PLACES = {"BER": BERLIN, "HAM": HAMBURG}


def counted(world: World) -> dict[str, int]:
    """What the two warehouses have of PAN24."""
    return {code: sum(world.wms.shelves[code].physical.get(("W-PAN24", zone), 0) for zone in SHELF) for code in PLACES}


def stock(world: World, *, ber: int, ham: int) -> None:
    for warehouse, units in (("BER", ber), ("HAM", ham)):
        world.wms.count(warehouse, "W-PAN24", "SHELF", units)
        world.wms.count(warehouse, "W-PAN24", "BULK", 0)


def offered(world: World) -> dict[str, int]:
    levels = {place: world.shop.control.level("PAN24", place) for place in PLACES.values()}
    return {place: level.available if level else 0 for place, level in levels.items()}


def naive(furnish: Made, rule: Rule, *, ber: int, ham: int) -> World:
    """A world in which a connector with this rule writes, and we do nothing."""
    world = furnish(mapped=False, live=False)
    stock(world, ber=ber, ham=ham)
    world.shop.control.set_stock("PAN24", "München South", quantity=0)
    for place, units in {BERLIN: 0, HAMBURG: 0, **rule(counted(world))}.items():
        world.shop.control.set_stock("PAN24", place, quantity=units)
    return world


def ours(furnish: Made, *, ber: int, ham: int, **rules: object) -> World:
    """The same with us: both warehouses feed one location by these rules."""
    world = furnish()
    stock(world, ber=ber, ham=ham)
    world.shop.control.set_stock("PAN24", "München South", quantity=0)
    world.map_location(HAMBURG)
    world.map_location(BERLIN, source("BER", *SHELF, priority=1), source("HAM", *SHELF, priority=2), **rules)  # type: ignore[arg-type]
    world.settle()
    world.shop.control.set_stock("PAN24", HAMBURG, quantity=0)
    world.settle()
    return world


def sold(world: World, units: int) -> int:
    """Buyers take one after the other until nothing is left or they have that many."""
    taken = 0
    while taken < units:
        try:
            world.shop.control.place({"PAN24": 1})
        except SoldOut:
            break
        taken += 1
    return taken


@covers("X-21")
def test_every_warehouse_overwriting_one_location_shows_the_last_one_and_ours_the_sum(furnish: Made) -> None:
    def overwrite(units: Mapping[str, int]) -> Mapping[str, int]:
        last = 0
        for each in units.values():
            last = each  # every warehouse writes what it has, the last one stands
        return {BERLIN: last}

    assert offered(naive(furnish, overwrite, ber=220, ham=100))[BERLIN] == 100, "a third of what is there"
    assert offered(ours(furnish, ber=220, ham=100))[BERLIN] == 320


@covers("X-19")
def test_one_shelf_published_to_two_locations_is_sold_twice_and_ours_once(furnish: Made) -> None:
    there = 8
    twice = naive(furnish, lambda units: {BERLIN: units["BER"], HAMBURG: units["BER"]}, ber=there, ham=0)
    assert sold(twice, 20) == 2 * there

    world = furnish(mapped=False)
    stock(world, ber=there, ham=0)
    world.shop.control.set_stock("PAN24", "München South", quantity=0)
    for place in (BERLIN, HAMBURG):
        world.shop.control.set_stock("PAN24", place, quantity=0)
    world.map_items("BER", {"PAN24": "W-PAN24"})
    world.map_source(BERLIN, "BER", SHELF, share_bp=5000)
    world.map_source(HAMBURG, "BER", SHELF, share_bp=5000)
    world.settle()
    assert sum(offered(world).values()) == there
    taken = 0
    for _ in range(20):
        taken += sold(world, 1)
        world.pass_time(20)
    assert taken == there


@covers("X-20")
def test_suppliers_added_up_take_an_order_that_none_can_ship_and_ours_does_not(furnish: Made) -> None:
    summed = naive(furnish, lambda units: {BERLIN: sum(units.values())}, ber=6, ham=4)
    order = summed.shop.control.place({"PAN24": 10})
    assert order is not None
    assert max(counted(summed).values()) < 10, "nobody can ship it"

    world = ours(furnish, ber=6, ham=4, combine=Combine.LARGEST)
    assert offered(world)[BERLIN] == 6
    with pytest.raises(SoldOut):
        world.shop.control.place({"PAN24": 10})
    taken = world.shop.control.place({"PAN24": 6})
    world.pass_time(30)
    assert [made.warehouse for made in world.sight.submissions(taken.name)] == ["BER"]


@covers("X-20")
def test_the_smallest_of_all_suppliers_is_nothing_as_soon_as_one_is_out_and_ours_is_a_choice(furnish: Made) -> None:
    assert offered(naive(furnish, lambda units: {BERLIN: min(units.values())}, ber=6, ham=0))[BERLIN] == 0
    assert offered(ours(furnish, ber=6, ham=0, combine=Combine.LARGEST))[BERLIN] == 6


@covers("X-25")
@pytest.mark.parametrize("there", [19, 1, 100])
def test_a_share_that_is_rounded_down_keeps_too_little_back_and_ours_never(furnish: Made, there: int) -> None:
    kept_at_least = Fraction(there * 5, 100)
    down = naive(furnish, lambda units: {BERLIN: units["BER"] - units["BER"] * 5 // 100}, ber=there, ham=0)
    world = ours(furnish, ber=there, ham=0, keep=Keep(percent_bp=500))
    if there % 20:
        assert there - offered(down)[BERLIN] < kept_at_least
    assert there - offered(world)[BERLIN] >= kept_at_least
    assert offered(world)[BERLIN] == {19: 18, 1: 0, 100: 95}[there]
