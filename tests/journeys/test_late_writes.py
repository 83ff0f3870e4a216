"""A write of ours whose answer was lost may land long after: it is never taken for somebody else's hand, nor told to a warehouse."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stockbridge.db import mapping as mappings
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Owner
from stockbridge.testing.covers import covers
from stockbridge.testing.world import ACCOUNT, SHOP, World

SET, ADJUST = "inventorySetQuantities", "inventoryAdjustQuantities"


@pytest.fixture
def both(furnish: Callable[..., World]) -> World:
    """What a person types in the shop becomes an adjustment in the warehouse."""
    world = furnish()
    with world.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
    locations = tuple(replace(each, owner=Owner.BOTH) for each in mapping.locations)
    world.say(MappingChanged(shop=SHOP, base=mapping.version, locations=locations, seen=True, by="ana"))
    world.pass_time(10)
    return world


def shown(world: World) -> int:
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    return int(level.available)


def edit(world: World, quantity: int) -> None:
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=quantity)


def told(world: World) -> list[int]:
    return [entry.data["units"] for entry in world.wms.ledger.of("adjusted")]


def history(world: World) -> list[str]:
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    return world.sight.journal(f"stock/{place}/{world.item_id('PAN24')}")


def somebody_else(world: World) -> list[str]:
    return [line for line in history(world) if "somebody other" in line]


def received(world: World, units: int) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", units, "received")


def land(world: World) -> Any:
    return world.shop.land()


@covers("IDEM-09")
@covers("INV-28")
def test_a_write_that_lands_after_a_newer_one_was_refused_as_stale_is_ours(both: World) -> None:
    both.shop.fail_next("lands_late", SET)
    received(both, 6)
    both.settle()
    both.shop.between("LevelsAt", lambda: land(both))
    both.pass_time(300)
    assert any("something was sold while we wrote" in line for line in history(both)), "the newer write was stale"
    assert (shown(both), told(both), somebody_else(both)) == (56, [], [])


@covers("IDEM-09")
@covers("INV-28")
def test_a_write_that_lands_after_a_newer_one_that_was_answered_is_ours(both: World) -> None:
    """A lowering by difference compares nothing: it lands whatever the shop shows by then."""
    lowered_by_difference(both, "lands_late")
    both.pass_time(10)
    assert shown(both) == 44
    assert land(both)
    both.pass_time(300)
    assert (shown(both), told(both), somebody_else(both)) == (44, [], [])


def lowered_by_difference(world: World, fault: str) -> None:
    """Six units fewer in the warehouse, in a rush: after two stale answers the difference is sent, and its answer is lost."""
    world.shop.fail_next(fault, ADJUST)
    sales = iter([1, 1])

    def sell() -> None:
        if next(sales, 0):
            world.shop.control.place({"PAN24": 1}, at="Berlin Central")

    world.shop.between("LevelsAt", sell, times=3)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -4, "damaged")


@covers("INV-28")
@covers("IDEM-11")
def test_a_hand_that_cannot_be_told_from_a_write_of_ours_is_booked_nowhere_and_a_person_is_told(both: World) -> None:
    """The write landed, its answer was lost, and somebody typed three more before we looked: nine units, of which no word tells."""
    both.shop.fail_next("drop_answer_after", SET)
    both.shop.between(SET, lambda: edit(both, 59))
    received(both, 6)
    both.pass_time(60)
    assert (shown(both), told(both)) == (59, []), "nothing is booked, nothing is written over it yet"
    both.pass_time(300)
    assert (shown(both), told(both), somebody_else(both)) == (56, [], [])
    [parked] = both.sight.parked()
    assert (parked.cause, parked.remedy) == ("hand_unsure", "dismiss")
    assert "changed by +9 while a write of ours was without an answer" in parked.title
    edit(both, 59)
    both.pass_time(60)
    assert (shown(both), told(both)) == (59, [3]), "made once more, it counts"


@covers("INV-28")
@covers("INV-42")
def test_a_hand_on_the_number_some_minutes_after_a_write_whose_answer_was_lost_reaches_the_warehouse(both: World) -> None:
    """The write never lands: once it cannot any more, nothing is in doubt."""
    both.shop.fail_next("lands_late", SET)
    received(both, 6)
    both.settle()
    both.pass_time(20)
    assert shown(both) == 56, "written anew"
    both.pass_time(300)
    edit(both, 59)
    both.pass_time(60)
    assert told(both) == [3]
