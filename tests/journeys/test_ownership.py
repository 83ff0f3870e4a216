"""Whose number it is: a hand on it in the shop is told from a sale, named, and reaches the warehouse once, or not at all, as was agreed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stockbridge.db import mapping as mappings
from stockbridge.db import spent
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Owner
from stockbridge.flow import sweeps
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import ACCOUNT, SHOP, World

Made = Callable[..., World]
WRITES = ("inventorySetQuantities", "inventoryAdjustQuantities")


def owned(world: World, owner: Owner) -> World:
    """Every location of the shop is owned so; and time passes, for moments are told in whole seconds."""
    with world.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
    locations = tuple(replace(each, owner=owner) for each in mapping.locations)
    world.say(MappingChanged(shop=SHOP, base=mapping.version, locations=locations, seen=True, by="ana"))
    world.pass_time(10)
    return world


@pytest.fixture
def both(world: World) -> World:
    return owned(world, Owner.BOTH)


def level(world: World, sku: str = "PAN24") -> Any:
    found = world.shop.control.level(sku, "Berlin Central")
    assert found is not None
    return found


def shown(world: World) -> int:
    return int(level(world).available)


def look(world: World) -> Any:
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    return world.sight.level(place, world.item_id("PAN24"))


def history(world: World) -> list[str]:
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    return world.sight.journal(f"stock/{place}/{world.item_id('PAN24')}")


def physical(world: World) -> int:
    shelf = world.wms.shelves["BER"]
    return sum(shelf.physical.get(("W-PAN24", zone), 0) for zone in ("SHELF", "BULK"))


def told(world: World) -> list[int]:
    return [entry.data["units"] for entry in world.wms.ledger.of("adjusted")]


def edit(world: World, quantity: int, name: str = "available") -> None:
    world.shop.control.set_stock("PAN24", "Berlin Central", name=name, quantity=quantity)


def writes(world: World) -> int:
    return sum(len(world.streets.asked(name)) for name in WRITES)


@covers("INV-28")
@covers("INV-42")
@covers("IDEM-11")
def test_an_edit_in_the_shop_becomes_one_adjustment_in_the_warehouse_and_no_loop_follows(both: World) -> None:
    before = writes(both)
    edit(both, 57)
    both.pass_time(120)
    assert told(both) == [7]
    assert (shown(both), physical(both)) == (57, 57)
    assert writes(both) == before, "what the person typed was never touched"
    both.pass_time(3600, schedules_too=True)
    assert told(both) == [7]
    assert (shown(both), writes(both)) == (57, before)


@covers("INV-28")
@covers("MAP-25")
def test_a_lowering_by_hand_and_a_count_in_the_warehouse_both_arrive(both: World) -> None:
    edit(both, 44)
    both.pass_time(5)
    both.wms.adjust("BER", "W-PAN24", "SHELF", 10, "received")
    both.pass_time(120)
    assert told(both) == [-6]
    assert (shown(both), physical(both)) == (54, 54)


@covers("IDEM-10")
def test_an_edit_of_what_is_on_hand_is_an_edit_like_another(both: World) -> None:
    edit(both, 52, name="on_hand")
    both.pass_time(120)
    assert (told(both), shown(both)) == ([2], 52)


@covers("INV-42")
def test_units_that_somebody_sets_aside_as_damaged_in_the_shop_are_taken_off_in_the_warehouse(both: World) -> None:
    both.shop.control.adjust_stock("PAN24", "Berlin Central", -2)
    both.shop.control.adjust_stock("PAN24", "Berlin Central", 2, name="damaged")
    both.pass_time(120)
    assert (told(both), shown(both), physical(both)) == ([-2], 48, 48)


@covers("IDEM-11")
@covers("IDEM-10")
def test_sales_shipments_cancellations_and_our_own_writes_are_nobodys_edit(both: World) -> None:
    first = both.shop.control.place({"PAN24": 3}, at="Berlin Central")
    second = both.shop.control.place({"PAN24": 2}, at="Berlin Central")
    both.pass_time(20)
    both.shop.control.cancel(second, restock=False)
    reference = next(ref for ref, made in both.wms.orders.items() if made[0].request["order_name"] == first.name)
    both.wms.ship(reference, {"W-PAN24": 3})
    both.pass_time(60)
    both.wms.adjust("BER", "W-PAN24", "SHELF", -4, "damaged")
    both.pass_time(120)
    assert told(both) == []
    assert shown(both) == 43
    assert not [line for line in history(both) if "somebody other" in line]


@covers("IDEM-11")
def test_a_sale_over_the_counter_is_booked_as_a_sale_and_not_as_an_edit_too(both: World) -> None:
    both.shop.control.sell_over_the_counter({"PAN24": 2}, at="Berlin Central")
    both.pass_time(180)
    assert told(both) == [-2]
    assert (shown(both), physical(both)) == (48, 48)
    assert not [line for line in history(both) if "somebody other" in line]


@covers("IDEM-11")
def test_a_lost_answer_of_the_warehouse_does_not_book_an_edit_twice(both: World) -> None:
    both.wms.faults.plan("adjust", Fault("lose_answer"))
    edit(both, 55)
    both.pass_time(600)
    assert (told(both), shown(both)) == ([5], 55)


@covers("IDEM-09")
def test_a_write_of_ours_whose_answer_was_lost_is_not_taken_for_somebody_elses(both: World) -> None:
    both.shop.faults.plan("drop_answer_after", "inventorySetQuantities")
    both.wms.adjust("BER", "W-PAN24", "SHELF", 6, "received")
    both.pass_time(180)
    assert (shown(both), told(both)) == (56, [])
    assert not [line for line in history(both) if "somebody other" in line]


@covers("IDEM-09")
@covers("IDEM-10")
@covers("INV-31")
def test_where_the_warehouse_owns_the_number_an_edit_is_overwritten_and_somebody_is_named(world: World) -> None:
    world.pass_time(10)
    edit(world, 57)
    world.settle()
    assert shown(world) == 50
    world.pass_time(60)
    assert (shown(world), told(world), physical(world)) == (50, [], 50)
    assert any("somebody other than Stockbridge changed the number in the shop by +7" in line for line in history(world))
    world.wms.adjust("BER", "W-PAN24", "SHELF", 1)
    world.settle()
    [finding] = look(world).derivation["findings"]
    assert "once in the last 30 days" in finding
    with world.database.begin() as conn:
        [row] = spent.foreign_by_location(conn, account=ACCOUNT, shop=SHOP, since=world.clock.now().replace(year=2000))
    assert (row.name, row.changes, row.items, row.raised, row.lowered) == ("Berlin Central", 1, 1, 7, 0)


def test_changes_by_others_are_forgotten_after_a_while_and_not_within_the_month_that_they_are_counted_for(world: World) -> None:
    world.pass_time(10)
    edit(world, 57)
    world.pass_time(60)

    def known() -> int:
        with world.database.begin() as conn:
            place = {"account": ACCOUNT, "shop": SHOP, "since": world.clock.now() - timedelta(days=400)}
            return len(spent.foreign_by_location(conn, **place))

    for days, left in ((29, 1), (31, 0)):
        sweeps.prune(world.house, world.clock.now() + timedelta(days=days), 7, 7)
        assert known() == left


@covers("MAP-25")
@covers("INV-31")
def test_where_the_shop_owns_the_number_nothing_is_written_there_and_the_difference_is_shown_as_drift(world: World) -> None:
    owned(world, Owner.SHOP)
    before = writes(world)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5, "found")
    world.pass_time(30)
    assert (shown(world), writes(world)) == (50, before)
    assert any("a drift of +5" in finding for finding in look(world).derivation["findings"])
    edit(world, 53)
    world.pass_time(120)
    assert (told(world), physical(world), writes(world)) == ([3], 58, before)


@covers("INV-09")
@covers("MAP-25")
def test_goods_on_their_way_in_count_when_they_are_in_a_zone_that_counts(both: World) -> None:
    """In transit or in quarantine they are in no counted zone; the move into one raises no event, and is found by the sweep."""
    both.wms.adjust("BER", "W-PAN24", "QUARANTINE", 40, "arrived")
    both.shop.control.adjust_stock("PAN24", "Berlin Central", 40, name="incoming")
    both.pass_time(60)
    assert shown(both) == 50
    both.wms.desk.plan("stock.changed", "lose")
    both.wms.move("BER", "W-PAN24", "QUARANTINE", "SHELF", 40)
    both.sweep("stock")
    both.pass_time(60)
    assert (shown(both), told(both)) == (90, [])


def test_units_committed_to_an_order_that_was_never_read_are_named_and_looked_for(world: World) -> None:
    world.pass_time(10)
    heard = len(world.streets.asked("SweepOrders"))
    world.shop.control.adjust_stock("PAN24", "Berlin Central", 4, name="committed")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 1)
    world.settle()
    assert shown(world) == 47
    assert any("4 units are committed to orders that we have not seen" in each for each in look(world).derivation["findings"])
    world.pass_time(30)
    assert len(world.streets.asked("SweepOrders")) > heard
