"""Items that are not ours to write, and what a shop does when nothing is left of one."""

import pytest

from stockbridge.domain.events import SellingAsked
from stockbridge.testing.covers import covers
from stockbridge.testing.world import SHOP, World


def policy(world: World, sku: str) -> str:
    return str(world.shop.control.variant(sku).inventory_policy)


def note(world: World, sku: str) -> str:
    """Why the level of an item at the first location is not written."""
    with world.database.begin() as conn:
        found = conn.exec_driver_sql(
            "SELECT note FROM level WHERE inventory_item_id = %s ORDER BY location_id LIMIT 1", (world.item_id(sku),)
        )
        return str(found.scalar_one())


def test_a_bundle_is_left_alone_with_the_reason(world: World) -> None:
    world.shop.control.bundle("Kitchen set", sku="SET", parts={"PAN24": 1})
    world.sweep("items")
    world.map_items("BER", {"SET": "W-SET"})
    world.wms.count("BER", "W-SET", "SHELF", 5)
    world.settle()
    assert note(world, "SET") == "a bundle: the shop computes its number from what it is made of"
    assert not world.streets.asked(f'"inventoryItemId":"{world.item_id("SET")}"')


@covers("INV-15")
@pytest.mark.parametrize(("before", "when_out", "after"), [("DENY", True, "CONTINUE"), ("CONTINUE", False, "DENY")])
def test_whether_an_item_sells_when_it_is_out_is_respected_until_a_person_says_otherwise(
    world: World, before: str, when_out: bool, after: str
) -> None:
    world.shop.control.variant("PAN24").inventory_policy = before
    world.wms.count("BER", "W-PAN24", "SHELF", 0)
    world.wms.count("BER", "W-PAN24", "BULK", 0)
    world.settle()
    assert policy(world, "PAN24") == before, "a level of nothing changes no policy"
    world.say(SellingAsked(shop=SHOP, inventory_item_id=world.item_id("PAN24"), when_out=when_out, by="ana"))
    world.settle()
    assert policy(world, "PAN24") == after
    assert len(world.streets.asked("SetSellingPolicy")) == 1


def test_without_the_right_to_change_products_the_person_is_told_and_all_else_goes_on(world: World) -> None:
    world.shop.world.app.scopes -= {"write_products"}
    world.clock.advance(90_000)  # the old key runs out
    world.say(SellingAsked(shop=SHOP, inventory_item_id=world.item_id("PAN24"), when_out=True, by="ana"))
    world.settle()
    assert policy(world, "PAN24") == "DENY"
    assert world.sight.causes() == ["refused"]
    world.wms.count("BER", "W-PAN24", "SHELF", 7)
    world.settle()
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    assert level.available == 7 + 20


def waiting(world: World) -> list[str]:
    """What waits for a person, by its titles."""
    return [str(row.title) for row in world.sight.parked() if row.cause == "not_stocked"]


def test_items_that_the_shop_does_not_stock_at_a_location_are_said_once_and_closed_when_it_does(world: World) -> None:
    levels = [world.shop.control.level(sku, "Berlin Central") for sku in ("LANTERN", "PAN24")]
    for level in levels:
        assert level is not None
        level.is_active = False
    world.sweep("levels")
    world.settle()
    assert waiting(world) == ["Berlin Central does not stock 2 items that a warehouse feeds there: LANTERN, PAN24"]
    for level in levels:
        assert level is not None
        level.is_active = True
    world.sweep("levels")
    world.settle()
    assert waiting(world) == []
