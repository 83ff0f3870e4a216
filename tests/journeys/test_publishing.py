"""How numbers get to the shop: looked at again after the write, one bad entry apart from the others, nothing twice, nothing for nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from stockbridge.db import connections
from stockbridge.db import mapping as mappings
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import NotStocked
from stockbridge.flow import step
from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import ACCOUNT, SHOP, World

Made = Callable[..., World]
Right = Callable[[World], Truth]


def shown(world: World, sku: str = "PAN24", at: str = "Berlin Central") -> int:
    level = world.shop.control.level(sku, at)
    assert level is not None
    return level.available


def calls(world: World, name: str) -> int:
    return len(world.streets.asked(f'"operationName":"{name}"'))


@covers("X-10")
def test_units_that_were_sold_between_reading_and_writing_and_put_back_by_hand_are_seen_after_the_write(
    world: World, truth: Right
) -> None:
    """The shop shows the same number as before, so the comparison finds nothing; but two units more are promised."""
    world.shop.emitter.chaos.loss = 1.0

    def sell_and_put_back() -> None:
        world.shop.control.place({"PAN24": 2})
        world.shop.control.adjust_stock("PAN24", "Berlin Central", 2)

    world.shop.between("LevelsAt", sell_and_put_back)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10)
    world.settle()
    assert shown(world) == 38
    world.sweep("orders")
    world.settle()
    assert shown(world) == 38
    assert truth(world).wrong() == []


def test_what_is_sold_right_after_a_write_costs_no_second_write(world: World) -> None:
    before = calls(world, "SetAvailable")
    world.shop.between("SetAvailable", lambda: world.shop.control.place({"PAN24": 3}))
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.settle()
    assert (shown(world), calls(world, "SetAvailable") - before) == (52, 1)


@covers("INV-32")
def test_a_change_costs_one_write_and_a_look_before_and_after_it_and_its_echo_costs_nothing(world: World) -> None:
    before = {name: calls(world, name) for name in ("LevelsAt", "SetAvailable")}
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(30)
    assert shown(world) == 55
    assert {name: calls(world, name) - n for name, n in before.items()} == {"LevelsAt": 2, "SetAvailable": 1}
    assert world.shop.ledger.of("webhook_delivered")[-1].data["topic"] == "inventory_levels/update"


@pytest.mark.parametrize("foreign", [False, True])
def test_an_echo_that_is_quicker_than_the_answer_costs_nothing_and_a_foreign_number_is_looked_at(
    world: World, foreign: bool
) -> None:
    """The webhook of our own write is worked through while we still wait for the answer to the write."""

    def echo() -> None:
        if foreign:
            world.shop.control.set_stock("PAN24", "Berlin Central", quantity=500)
        world.post()
        for job in world.engine.runnable():
            if job.kind == "step":
                step.run(world.house, job)

    before = calls(world, "LevelsAt")
    world.shop.between("SetAvailable", echo)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(30)
    assert shown(world) == 55
    assert (calls(world, "LevelsAt") - before > 2) is foreign


def spoil(world: World, skus: list[str]) -> None:
    """Somebody types other numbers in the shop; nobody hears of it before the next sweep."""
    world.shop.emitter.chaos.loss = 1.0
    for sku in skus:
        world.shop.control.set_stock(sku, "Berlin Central", quantity=99)


@covers("X-15")
@pytest.mark.parametrize("all_reported", [True, False])
def test_one_entry_that_the_shop_refuses_does_not_hold_up_the_rest_of_its_batch(furnish: Made, all_reported: bool) -> None:
    world = furnish()
    skus = [f"MANY-{n:03}" for n in range(24)]  # one more, and a person is asked first
    for sku in skus:
        world.shop.control.add_product(sku, sku=sku, stock={"Berlin Central": 0})
    world.sweep("items")
    world.map_items("BER", {sku: f"W-{sku}" for sku in skus})
    for sku in skus:
        world.wms.adjust("BER", f"W-{sku}", "SHELF", 4)
    world.sweep("levels")  # from now on a sweep asks the warehouse for what has changed since this one, and for nothing else
    world.settle()
    spoil(world, skus)
    world.shop.control.variant("MANY-007").requires_components = True
    world.shop.set_choices({"all_bad_entries_reported": all_reported})
    before = calls(world, "SetAvailable")
    world.sweep("levels")
    world.settle()
    assert [sku for sku in skus if shown(world, sku) != 4] == ["MANY-007"]
    assert world.sight.causes() == ["level_refused"]
    # all of them; then all but the one
    assert calls(world, "SetAvailable") - before == 2


@covers("X-15")
def test_a_shop_can_be_written_in_smaller_batches(furnish: Made) -> None:
    world = furnish()
    resize(world, 2)
    skus = ["MUG-BLUE", "MUG-WHITE", "PAN24", "LANTERN"]
    spoil(world, skus)
    before = calls(world, "SetAvailable")
    world.sweep("levels")
    world.settle()
    assert [shown(world, sku) for sku in skus] == [50] * 4
    assert calls(world, "SetAvailable") - before == 2


def resize(world: World, most: int) -> None:
    """The shop's connection is set to smaller batches."""
    with world.database.begin() as conn:
        known = next(each for each in connections.load_all(conn, vault=world.vault) if each.connection == SHOP)
        changed = replace(known, settings={**known.settings, "levels_at_once": most})
        connections.save(conn, changed, vault=world.vault, now=world.clock.now())
    world.restart()


@covers("X-22")
def test_of_several_figures_that_come_at_once_the_newest_of_each_item_counts(world: World) -> None:
    at = world.wms.sequence

    def told(item: str, units: int, sequence: int) -> None:
        zones = {"SHELF": units, "BULK": 0, "QUARANTINE": 7}
        what = {"warehouse": "BER", "item_code": item, "zones": zones, "basis": "less_accepted"}
        world.wms.inject("stock.changed", {**what, "moment": world.clock.now(), "sequence": at + sequence})

    for item, units, sequence in [("W-PAN24", 55, 20), ("W-LANTERN", 31, 5), ("W-PAN24", 60, 10), ("W-LANTERN", 33, 8)]:
        told(item, units, sequence)
    world.settle()
    assert (shown(world), shown(world, "LANTERN")) == (55, 33)
    assert world.sight.unfinished() == []


# --- items that are not stocked at a location ----------------------------------------------------------------------------------


def unstocked(world: World, rule: NotStocked) -> None:
    """The item is no longer stocked in Berlin, and this is what shall happen with such items."""
    with world.database.begin() as conn:
        mapping = mappings.newest_of(conn, account=ACCOUNT, shop=SHOP)
    places = tuple(replace(location, not_stocked=rule) for location in mapping.locations)
    world.say(MappingChanged(shop=SHOP, base=mapping.version, locations=places, seen=True, by="ana"))
    world.settle()
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    level.is_active = False


def is_stocked(world: World) -> bool:
    level = world.shop.control.level("PAN24", "Berlin Central")
    return level is not None and level.is_active


def test_an_item_is_stocked_at_its_location_once_where_the_rules_say_so_and_then_has_its_number(world: World) -> None:
    unstocked(world, NotStocked.ACTIVATE)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(30)
    assert is_stocked(world)
    assert (shown(world), calls(world, "ActivateLevel")) == (55, 1)
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    assert "the shop now stocks the item at this location" in world.sight.journal(f"stock/{place}/{world.item_id('PAN24')}")


def test_an_item_is_not_stocked_where_the_rules_do_not_say_so(world: World) -> None:
    unstocked(world, NotStocked.PARK)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(30)
    assert (is_stocked(world), calls(world, "ActivateLevel")) == (False, 0)


@pytest.mark.parametrize("fault", ["drop_answer_after", "http_500_before", "throttled"])
def test_an_item_is_stocked_also_when_the_answer_is_lost(world: World, fault: str) -> None:
    unstocked(world, NotStocked.ACTIVATE)
    world.shop.fail_next(fault, "inventoryActivate")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(60)
    assert (is_stocked(world), shown(world)) == (True, 55)
    assert world.sight.unfinished() == []


def test_an_item_that_the_shop_will_not_stock_waits_for_a_person_and_is_not_asked_for_again_and_again(world: World) -> None:
    unstocked(world, NotStocked.ACTIVATE)
    world.shop.control.location("Berlin Central").is_active = False
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(60)
    assert calls(world, "ActivateLevel") == 1
    assert world.sight.causes() == ["level_refused"]
