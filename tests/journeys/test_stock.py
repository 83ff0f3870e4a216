"""What the warehouse counts is what the shop offers: every figure, in every order, and nothing that is not known."""

from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import WMS, World

Made = Callable[..., World]
Right = Callable[[World], Truth]
WRITES = ("inventorySetQuantities", "inventoryAdjustQuantities")


def writes(world: World) -> int:
    return sum(len(world.streets.asked(name)) for name in WRITES)


def shown(world: World) -> int:
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    return int(level.available)


def figure(world: World, units: int, sequence: int, item: str = "W-PAN24") -> dict[str, Any]:
    return {
        "warehouse": "BER",
        "item_code": item,
        "zones": {"SHELF": units, "BULK": 0, "QUARANTINE": 7},
        "basis": "less_accepted",
        "moment": world.clock.now(),
        "sequence": sequence,
    }


@covers("INV-37")
@covers("INV-38")
@covers("INV-08")
def test_a_count_in_the_warehouse_reaches_the_shop(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4, "received")
    world.settle()
    assert shown(world) == 54
    world.wms.adjust("BER", "W-PAN24", "BULK", -20, "damaged")
    world.settle()
    assert shown(world) == 34


@covers("MAP-14")
def test_what_is_released_from_quarantine_is_offered_and_what_lies_in_it_is_not(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "QUARANTINE", 40)
    world.settle()
    assert shown(world) == 50
    world.wms.move("BER", "W-PAN24", "QUARANTINE", "SHELF", 10)
    world.settle()
    assert shown(world) == 60


@covers("X-22")
def test_an_older_figure_that_comes_late_never_replaces_a_newer_one(world: World) -> None:
    at = world.wms.sequence
    world.wms.inject("stock.changed", figure(world, 55, at + 20))
    world.settle()
    world.wms.inject("stock.changed", figure(world, 60, at + 10))
    world.settle()
    assert shown(world) == 55


@covers("IDEM-01")
@covers("IDEM-10")
def test_a_figure_that_is_told_three_times_is_written_once(world: World) -> None:
    before = writes(world)
    world.wms.desk.plan("stock.changed", "repeat", 2)
    world.wms.desk.plan("stock.changed", "repeat_as_new", 2)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    assert shown(world) == 54
    assert writes(world) == before + 1


def test_an_empty_answer_sets_nothing_to_zero_and_a_person_is_told(world: World) -> None:
    world.wms.shelves["BER"].items = lambda: []  # type: ignore[method-assign]
    world.wms.sequence += 1
    world.sweep("stock")
    world.settle()
    assert shown(world) == 50
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == ("empty_answer", "dismiss")
    assert "Nothing was set to zero" in parked.consequence
    del world.wms.shelves["BER"].items
    world.sweep("stock")
    world.settle()
    assert world.sight.parked() == [], "it answers again, and nobody needs to close it"


def test_one_figure_that_cannot_be_used_does_not_keep_the_others_of_its_list_out(world: World) -> None:
    """A warehouse whose list holds one impossible figure is right about all its other items; that one keeps what it had."""
    first = world.wms.shelves["BER"].items()[0]
    assert first != "W-PAN24"
    for item in ("W-PAN24", first):
        world.wms.desk.plan("stock.changed", "lose")
        world.wms.adjust("BER", item, "SHELF", -20)
    world.wms.faults.plan("stock", Fault("impossible"))
    world.sweep("stock")
    world.settle()
    assert shown(world) == 30
    assert world.wms.faults.fired["stock/impossible"]
    [parked] = world.sight.parked()
    assert parked.cause == "unread_figures"
    assert first in parked.title
    levels = {sku: world.shop.control.level(sku, "Berlin Central").available for sku in ("MUG-WHITE", "LANTERN")}  # type: ignore[union-attr]
    assert levels == {"MUG-WHITE": 50, "LANTERN": 50}
    world.sweep("stock")
    world.settle()
    assert world.sight.parked() == []
    assert sorted(world.shop.control.level(sku, "Berlin Central").available for sku in ("MUG-WHITE", "LANTERN", "PAN24")) == [  # type: ignore[union-attr]
        30,
        30,
        50,
    ]


def test_an_answer_that_is_cut_short_is_never_taken_for_the_whole(furnish: Made) -> None:
    world = furnish()
    world.wms.adjust("HAM", "W-PAN24", "SHELF", 1)
    world.settle()
    world.wms.faults.plan("stock", Fault("truncate"), times=2)
    world.sweep("stock")
    world.settle()
    assert {world.shop.control.level(sku, "Berlin Central").available for sku in ("MUG-WHITE", "PAN24", "LANTERN")} == {50}  # type: ignore[union-attr]
    assert world.wms.faults.fired["stock/truncate"]


@covers("X-16")
def test_an_item_that_a_whole_list_no_longer_names_is_not_offered_any_more(world: World) -> None:
    shelf = world.wms.shelves["BER"]
    kept = [item for item in shelf.items() if item != "W-PAN24"]
    shelf.items = lambda: kept  # type: ignore[method-assign]
    world.wms.sequence += 1
    world.sweep("stock")
    world.settle()
    assert shown(world) == 0
    assert world.shop.control.level("LANTERN", "Berlin Central").available == 50  # type: ignore[union-attr]


@covers("INV-31")
@covers("X-10")
def test_a_sale_between_reading_and_writing_is_noticed_and_the_level_computed_again(world: World, truth: Right) -> None:
    right = truth(world)
    right.watch()
    world.shop.between("LevelsAt", lambda: world.shop.control.place({"PAN24": 2}))
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10)
    world.pass_time(30)
    assert shown(world) == 38
    assert right.wrong() == []
    assert right.too_high == []
    item, place = world.item_id("PAN24"), world.shop.control.location("Berlin Central").id
    assert any("computed anew" in line for line in world.sight.journal(f"stock/gid://shopify/Location/{place}/{item}"))


def test_after_two_stale_answers_a_lowering_goes_out_as_a_difference(world: World, truth: Right) -> None:
    right = truth(world)
    right.watch()
    sales = [4]

    def sell() -> None:
        world.shop.control.place({"PAN24": 1})
        sales[0] -= 1
        if sales[0]:
            world.shop.between("LevelsAt", sell)

    world.shop.between("LevelsAt", sell)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10)
    world.pass_time(60)
    assert len(world.streets.asked("inventoryAdjustQuantities")) >= 1
    assert right.wrong() == []
    assert right.too_high == []


def test_a_persons_edit_between_reading_and_a_difference_is_put_right(world: World, truth: Right) -> None:
    edits = [3]

    def edit() -> None:
        world.shop.control.adjust_stock("PAN24", "Berlin Central", 5)
        edits[0] -= 1
        if edits[0]:
            world.shop.between("LevelsAt", edit)

    world.shop.emitter.chaos.loss = 1.0
    world.shop.between("LevelsAt", edit)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -10)
    world.pass_time(60)
    assert shown(world) == 40
    assert truth(world).wrong() == []


def test_one_entry_that_the_shop_refuses_does_not_hold_up_the_others(world: World) -> None:
    world.shop.control.variant("MUG-BLUE").requires_components = True
    for sku in ("MUG-BLUE", "MUG-WHITE", "PAN24", "LANTERN"):
        world.wms.adjust("BER", f"W-{sku}", "SHELF", 1)
    world.pass_time(30)
    level = world.shop.control.level
    assert [level(sku, "Berlin Central").available for sku in ("MUG-WHITE", "PAN24", "LANTERN")] == [51, 51, 51]  # type: ignore[union-attr]
    assert world.sight.causes() == ["level_refused"]
    assert writes(world) < 12


@pytest.mark.parametrize(
    "fault", ["drop_answer_after", "timeout", "http_500_before", "http_500_after", "throttled", "http_429"]
)
def test_a_level_whose_answer_is_lost_ends_right_and_is_not_written_over_a_sale(world: World, truth: Right, fault: str) -> None:
    right = truth(world)
    right.watch()
    world.shop.fail_next(fault, "inventorySetQuantities")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.settle()
    world.shop.control.place({"PAN24": 3})
    world.pass_time(120)
    assert shown(world) == 52
    assert right.wrong() == []
    assert right.too_high == []


def test_a_location_that_is_closed_gets_no_more_writes_and_no_more_orders(world: World, truth: Right) -> None:
    world.shop.control.deactivate_location("Hamburg Port", to="München South")
    world.sweep("locations")
    world.settle()
    before = writes(world)
    world.wms.adjust("HAM", "W-PAN24", "SHELF", 5)
    world.pass_time(60)
    assert writes(world) == before
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    assert {copy.warehouse for copy in truth(world).copies(order.name)} == {"BER"}


def test_an_item_that_is_not_stocked_at_the_location_is_left_alone_and_the_page_says_why(world: World) -> None:
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    level.is_active = False
    before = writes(world)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(60)
    assert writes(world) == before
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    row = world.sight.level(place, world.item_id("PAN24"))
    assert row is not None
    assert "not stocked at this location" in row.note
    assert world.sight.unfinished() == []


@covers("INV-16")
def test_a_reorder_minimum_that_the_warehouse_system_names_is_not_kept_back_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a buffer that a person has mapped is kept back."""
    plain = world.wms.figure
    monkeypatch.setattr(world.wms, "figure", lambda *which: {**plain(*which), "reorder_minimum": 20, "reorder_maximum": 90})
    world.wms.adjust("BER", "W-PAN24", "SHELF", 2)
    world.pass_time(5)
    assert shown(world) == 52
    world.sweep("stock", "levels")
    world.pass_time(5)
    assert shown(world) == 52
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], keep_units=20)
    world.settle()
    assert shown(world) == 32


def test_an_item_that_the_shop_does_not_track_is_left_alone(world: World) -> None:
    world.shop.control.item("PAN24").tracked = False
    before = writes(world)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(60)
    assert writes(world) == before
    assert world.sight.unfinished() == []


@covers("MAP-24")
@covers("MAP-05")
def test_a_location_that_is_not_live_is_computed_and_not_written(furnish: Made) -> None:
    world = furnish(live=False)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(60)
    assert writes(world) == 0
    place = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    row = world.sight.level(place, world.item_id("PAN24"))
    assert row is not None
    assert row.desired == 55
    assert row.note.startswith("watched only")
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"])
    world.settle()
    assert shown(world) == 55


@covers("INV-32")
@covers("IDEM-11")
def test_a_day_in_which_nothing_happens_writes_nothing(world: World) -> None:
    world.pass_time(60)
    before = writes(world)
    for _ in range(4):
        world.pass_time(900)
        world.sweep("stock", "levels", "items", "locations", "orders")
        world.settle()
    assert writes(world) == before


@covers("INV-22")
@pytest.mark.parametrize("lost", [False, True])
def test_a_figure_that_a_person_types_in_the_shop_is_put_right(world: World, lost: bool) -> None:
    if lost:
        world.shop.emitter.chaos.loss = 1.0
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=500)
    world.pass_time(10)
    assert shown(world) == (500 if lost else 50)
    world.sweep("levels")
    world.settle()
    assert shown(world) == 50


@covers("INV-39")
def test_a_count_of_an_item_that_is_mapped_to_nothing_is_said_and_offered_once_it_is_mapped(world: World) -> None:
    world.wms.adjust("BER", "W-SOCKS-M", "SHELF", 9)
    world.settle()
    [parked] = world.sight.parked()
    assert parked.cause == "unmapped_codes"
    assert "W-SOCKS-M" in parked.title
    world.map_items("BER", {"SOCKS-M": "W-SOCKS-M"})
    world.settle()
    assert world.sight.parked() == []
    level = world.shop.control.level("SOCKS-M", "Berlin Central")
    assert level is not None
    assert level.available == 9


def test_what_is_said_of_items_that_are_mapped_to_nothing_names_only_those_that_are_left(world: World) -> None:
    world.wms.adjust("BER", "W-SOCKS-M", "SHELF", 9)
    world.wms.adjust("BER", "W-SOCKS-L", "SHELF", 4)
    world.settle()
    world.map_items("BER", {"SOCKS-M": "W-SOCKS-M"})
    world.settle()
    [parked] = world.sight.parked()
    assert "W-SOCKS-L" in parked.title
    assert "W-SOCKS-M" not in parked.title


@covers("INV-07")
def test_more_promised_than_there_is_is_shown_as_zero(world: World) -> None:
    world.shop.control.place({"PAN24": 3})
    world.pass_time(10)
    world.wms.count("BER", "W-PAN24", "SHELF", 0)
    world.wms.count("BER", "W-PAN24", "BULK", 1)
    world.pass_time(10)
    assert shown(world) == 0


@covers("INV-35")
@covers("REC-06")
def test_a_count_whose_message_was_lost_is_found_by_the_sweep(world: World) -> None:
    world.wms.desk.plan("*", "lose")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5)
    world.pass_time(30)
    assert shown(world) == 50
    world.pass_time(960, schedules_too=True)
    assert shown(world) == 55


@covers("INV-04")
@covers("X-23")
@pytest.mark.parametrize("basis", ["physical", "less_reserved", "less_accepted"])
@pytest.mark.parametrize("accepts", ["at once", "answer lost", "message late"])
def test_an_orders_way_to_the_customer_changes_the_offer_only_when_it_is_placed(
    furnish: Made, truth: Right, basis: str, accepts: str
) -> None:
    """While the word of a shipment is still on its way and the figure already lacks it, less may be offered for a moment
    (in doubt: not contained). More is never offered, and it is right as soon as both have come."""
    world = furnish(basis=basis)
    right = truth(world)
    right.watch()
    if accepts == "answer lost":
        world.wms.faults.plan("submit", Fault("lose_answer"))
    order = world.shop.control.place({"PAN24": 4})
    late = 25.0 if accepts == "message late" else 0.0

    def deed(what: Callable[[str], object]) -> None:
        if late:
            world.wms.desk.plan("shipment.confirmed", "delay", late)
            world.wms.desk.plan("order.status", "delay", late)
        what(right.reference(order.name))

    world.pass_time(30)
    deeds: tuple[Callable[[str], object], ...] = (
        lambda reference: None,
        world.wms.pick,
        lambda reference: world.wms.ship(reference, {"W-PAN24": 1}),
        lambda reference: world.wms.ship(reference, {"W-PAN24": 3}),
    )
    for what in deeds:
        deed(what)
        world.pass_time(late + 5)
        world.sweep("stock", "levels")
        world.settle()
        assert shown(world) == 46
    assert max(right.written("PAN24", "Berlin Central"), default=0) <= 50
    world.pass_time(60)
    assert world.sight.state(order.name) == "done"
    assert right.wrong() == []
    assert right.too_high == []


@pytest.mark.parametrize("basis", ["physical", "less_reserved", "less_accepted"])
def test_counts_and_orders_in_any_order_never_offer_more_than_there_is(furnish: Made, truth: Right, basis: str) -> None:
    world = furnish(basis=basis)
    right = truth(world)
    right.watch()
    for turn in range(4):
        world.shop.control.place({"PAN24": 2 + turn})
        world.wms.adjust("BER", "W-PAN24", "SHELF", 3)
        world.sweep("stock")
        world.pass_time(20)
        for orders in list(world.wms.orders.values()):
            if orders[0].open():
                world.wms.pick(orders[0].reference)
                world.sweep("stock")
                world.wms.ship(orders[0].reference)
        world.sweep("stock", "levels")
        world.pass_time(20)
    assert right.wrong() == []
    assert right.too_high == []


def test_a_level_waits_while_a_shipment_is_being_recorded(world: World, truth: Right) -> None:
    right = truth(world)
    right.watch()
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(10)
    world.shop.fail_next("drop_answer_after", "fulfillmentCreate")
    world.shop.fail_next("http_500_before", "Shipping", times=4)
    world.wms.ship(right.reference(order.name))
    world.settle()
    world.wms.adjust("BER", "W-PAN24", "SHELF", 6)
    world.pass_time(300)
    assert right.wrong() == []
    assert right.too_high == []
    assert world.door(WMS) is not None
