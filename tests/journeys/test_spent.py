"""What leaves a location without the warehouse being asked: never sold twice, told to the warehouse once, and named in the sum."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stockbridge.db import mapping as mappings
from stockbridge.db import stock
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Spent
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World

Made = Callable[..., World]


def rule(world: World, **changes: object) -> None:
    """Every location of the shop gets these rules."""
    with world.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
    locations = tuple(replace(each, **changes) for each in mapping.locations)  # type: ignore[arg-type]
    world.say(MappingChanged(shop=SHOP, base=mapping.version, locations=locations, seen=True, by="ana"))
    world.settle()


@pytest.fixture
def booking(furnish: Made) -> World:
    world = furnish()
    rule(world, spent=Spent.BOOK)
    world.pass_time(10)
    return world


def shown(world: World, sku: str = "PAN24", at: str = "Berlin Central") -> int:
    level = world.shop.control.level(sku, at)
    assert level is not None
    return int(level.available)


def look(world: World, sku: str = "PAN24", at: str = "Berlin Central") -> Any:
    return world.sight.level(f"gid://shopify/Location/{world.shop.control.location(at).id}", world.item_id(sku))


def physical(world: World, sku: str = "PAN24", warehouse: str = "BER") -> int:
    shelf = world.wms.shelves[warehouse]
    return sum(shelf.physical.get((f"W-{sku}", zone), 0) for zone in ("SHELF", "BULK"))


def told(world: World) -> list[tuple[str, int]]:
    """What the warehouse booked because it was told so: item and units."""
    return [(entry.data["item_code"], entry.data["units"]) for entry in world.wms.ledger.of("adjusted")]


def over_the_counter(world: World, units: int = 2) -> Any:
    return world.shop.control.sell_over_the_counter({"PAN24": units}, at="Berlin Central")


def rises(world: World) -> list[int]:
    """By how much an app raised the level, each time."""
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    deltas = [
        entry.data["deltas"].get("available", 0)
        for entry in world.shop.ledger.of("level_changed")
        if entry.data["sku"] == "PAN24" and entry.data["location"] == place and str(entry.data["by"]).startswith("app:")
    ]
    return [delta for delta in deltas if delta > 0]


@covers("MAP-28")
@covers("INV-28")
def test_a_sale_over_the_counter_is_booked_in_the_warehouse_once_and_never_offered_again(booking: World) -> None:
    world = booking
    before = len(rises(world))
    sale = over_the_counter(world)
    world.settle()
    world.pass_time(60)
    assert shown(world) == 48
    assert told(world) == [("W-PAN24", -2)]
    assert physical(world) == 48
    assert rises(world)[before:] == [], "at no moment were the two offered again"
    online = world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    world.pass_time(30)
    assert world.sight.state(online.name) == "accepted"
    assert shown(world) == 45
    assert any("BER has booked −2 W-PAN24" in line for line in world.journal_of(sale))


@covers("MAP-28")
def test_until_the_warehouse_knows_the_sum_names_the_sale(booking: World) -> None:
    world = booking
    world.streets.down.add("https://wms.example.com/v1/stock/adjustments")
    sale = over_the_counter(world)
    world.settle()
    [step] = [step for step in look(world).derivation["steps"] if step["term"] == "spent"]
    assert (step["units"], step["sign"]) == (2, "−")
    assert f"{sale.name} (2)" in step["why"]
    assert shown(world) == 48
    world.streets.down.clear()
    world.pass_time(600)
    assert told(world) == [("W-PAN24", -2)]
    assert [step for step in look(world).derivation["steps"] if step["term"] == "spent"] == []
    assert shown(world) == 48


@covers("MAP-28")
def test_a_sale_that_is_heard_of_after_the_warehouse_has_counted_it_is_not_taken_off_again(world: World) -> None:
    """The till's own system has told the warehouse; our message about the sale was lost, and its order is found much later."""
    world.shop.emitter.chaos.loss = 1.0
    over_the_counter(world)
    world.pass_time(1200)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -2, "sold elsewhere")
    world.wms.adjust("BER", "W-PAN24", "BULK", 1, "received")
    world.pass_time(60)
    assert (physical(world), shown(world), told(world)) == (49, 49, [])


@covers("X-24")
def test_a_return_to_the_shelf_is_counted_once_where_adding_up_both_restocks_counts_it_twice(booking: World) -> None:
    """Shopify restocks, and the warehouse is told: 50 − 2 + 1 = 49. Who applies the warehouse's change as an addition to what the shop
    shows, or pushes a level that does not know of the return, shows 50 or 48."""
    world = booking
    sale = over_the_counter(world)
    world.pass_time(30)
    world.shop.control.refund(sale, {"PAN24": 1}, restock="RETURN", at="Berlin Central")
    in_the_shop, naive = shown(world), shown(world)
    world.pass_time(60)
    for _, units in told(world)[1:]:  # the naive connector: each event of the warehouse is added to what the shop shows
        naive += units
    assert (in_the_shop, naive) == (49, 50)
    assert told(world) == [("W-PAN24", -2), ("W-PAN24", 1)]
    assert (shown(world), physical(world)) == (49, 49)


@covers("X-24")
@covers("INV-22")
def test_goods_that_the_warehouse_shipped_come_back_when_the_warehouse_counts_them_and_not_before(booking: World) -> None:
    world = booking
    order = world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    world.pass_time(20)
    [reference] = world.wms.orders
    world.wms.ship(reference, {"W-PAN24": 3})
    world.pass_time(60)
    assert shown(world) == 47
    world.shop.control.refund(order, {"PAN24": 1}, restock="RETURN", at="Berlin Central")
    world.pass_time(60)
    assert shown(world) == 47, "the warehouse owns the number: it has not unpacked the parcel"
    world.wms.adjust("BER", "W-PAN24", "SHELF", 1, "returned")
    world.pass_time(60)
    assert shown(world) == 48
    assert told(world) == []


def test_an_answer_that_is_lost_books_nothing_twice(booking: World) -> None:
    world = booking
    world.wms.faults.plan("adjust", Fault("lose_answer"))
    over_the_counter(world)
    world.pass_time(400)
    assert told(world) == [("W-PAN24", -2)]
    assert shown(world) == 48


def test_a_warehouse_that_takes_no_adjustments_is_told_by_a_person(furnish: Made) -> None:
    world = furnish(adjusts=False)
    rule(world, spent=Spent.BOOK)
    over_the_counter(world)
    world.pass_time(30)
    [parked] = world.sight.parked()
    assert "does not take adjustments" in parked.title
    assert shown(world) == 48
    world.wms.adjust("BER", "W-PAN24", "SHELF", -2, "booked by hand")
    world.dismiss(parked.parked_id)
    world.pass_time(5)
    world.wms.adjust("BER", "W-LANTERN", "SHELF", 1)
    world.sweep("stock")
    world.pass_time(30)
    assert shown(world) == 48
    assert [step for step in look(world).derivation["steps"] if step["term"] == "spent"] == []


@covers("MAP-28")
def test_where_another_system_tells_the_warehouse_a_later_figure_has_the_sale(world: World) -> None:
    over_the_counter(world)
    world.pass_time(30)
    assert (shown(world), told(world)) == (48, [])
    world.wms.adjust("BER", "W-LANTERN", "SHELF", 1)
    world.sweep("stock")
    world.settle()
    assert shown(world) == 48, "a figure of this moment may not have it yet"
    world.wms.adjust("BER", "W-PAN24", "SHELF", -2, "the till told it")
    world.settle()
    world.pass_time(timedelta(minutes=16).total_seconds())
    world.sweep("stock")
    world.settle()
    assert shown(world) == 48
    assert [step for step in look(world).derivation["steps"] if step["term"] == "spent"] == []


def test_what_was_placed_online_and_shipped_by_another_app_is_subtracted_all_the_way(booking: World) -> None:
    """Committed, then fulfilled by somebody else before the warehouse was asked: unplaced, then spent, never both and never neither."""
    world = booking
    before = len(rises(world))
    order = world.shop.control.place({"PAN24": 4}, at="Berlin Central", method="PICK_UP")
    world.pass_time(20)
    assert shown(world) == 46
    world.shop.control.fulfill(order)
    world.pass_time(60)
    assert (shown(world), physical(world)) == (46, 46)
    assert told(world) == [("W-PAN24", -4)]
    assert rises(world)[before:] == []


def test_an_order_of_before_the_start_line_is_not_booked_and_the_reason_is_kept(furnish: Made) -> None:
    world = furnish()
    rule(world, spent=Spent.BOOK)
    world.set_shop(live=True, start_line=world.clock.now() + timedelta(hours=1))
    sale = over_the_counter(world)
    world.pass_time(60)
    assert told(world) == []
    assert any("before this shop's start line" in line for line in world.journal_of(sale))


@covers("INV-41")
def test_units_of_a_confirmed_cancellation_are_offered_again(booking: World) -> None:
    world = booking
    order = world.shop.control.place({"PAN24": 5}, at="Berlin Central")
    world.pass_time(20)
    assert shown(world) == 45
    world.shop.control.cancel(order)
    world.pass_time(60)
    assert shown(world) == 50
    assert told(world) == []


@covers("MAP-28")
@covers("X-19")
def test_what_leaves_one_of_two_locations_on_one_shelf_comes_off_its_own_part_also_once_the_warehouse_knows(
    furnish: Made,
) -> None:
    world = furnish(mapped=False)
    world.map_items("BER", {"PAN24": "W-PAN24"})
    for priority, (place, share_bp) in enumerate([("Berlin Central", 6000), ("Hamburg Port", 4000)], start=1):
        world.map_source(place, "BER", ["SHELF", "BULK"], share_bp=share_bp, priority=priority)
    rule(world, spent=Spent.BOOK)
    world.pass_time(60)
    assert (shown(world), shown(world, at="Hamburg Port")) == (30, 20)
    over_the_counter(world, 4)
    seen = {(shown(world), shown(world, at="Hamburg Port"))}
    for _ in range(60):
        world.pass_time(1)
        seen.add((shown(world), shown(world, at="Hamburg Port")))
    assert seen == {(26, 20)}, "the other location's number never moved"
    assert (told(world), physical(world)) == ([("W-PAN24", -4)], 46)
    assert mapping_parts(world) == {"Berlin Central": (26, 26, 0), "Hamburg Port": (20, 20, 0)}


def mapping_parts(world: World) -> dict[str, tuple[int, int, int]]:
    """Each location's part of the shared shelf: allotted, held, waiting."""
    with world.database.begin() as conn:
        parts = mappings.known_parts(conn, account=ACCOUNT, pools=[(WMS, "BER", "W-PAN24")]).items()
        names = stock.location_names(conn, account=ACCOUNT, shop=SHOP)
    return {names[cell[1]]: (part.allotted or 0, part.held or 0, part.waiting) for (_, cell), part in parts}
