"""An order placed in the shop reaches one warehouse once, whatever becomes of the messages about it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import SHOP, SHOP_URL, WMS_URL, World

Made = Callable[..., World]
Right = Callable[[World], Truth]


def submitted(world: World) -> int:
    return len([call for call in world.streets.asked(f"POST {WMS_URL}/v1/orders") if not call.url.endswith("/cancel")])


@covers("ORD-10")
@covers("IDEM-01")
@covers("IDEM-02")
def test_a_webhook_that_comes_three_times_twice_at_once_makes_one_warehouse_order(world: World, truth: Right) -> None:
    world.shop.next_webhook("orders/create", copies=3, gaps_s=(0.0, 5.0))
    order = world.shop.control.place({"PAN24": 2})
    world.post()
    knocks = [each for each in world.shop.emitter.deliveries if each.topic == "orders/create"]
    assert [each.attempts for each in knocks] == [1, 1, 0]
    assert len(world.sight.arrivals("orders/create")) == 1
    assert submitted(world) == 0
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert submitted(world) == 1
    assert world.sight.state(order.name) == "accepted"


@covers("REC-13")
@covers("REC-06")
@covers("X-11")
def test_an_order_whose_webhooks_are_lost_is_found_by_the_sweep(world: World, truth: Right) -> None:
    world.shop.emitter.chaos.loss = 1.0
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    assert world.sight.state(order.name) == ""
    world.pass_time(150, schedules_too=True)
    assert truth(world).creates(order.name) == [1]


def test_an_order_that_is_swept_and_announced_is_sent_once(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    for _ in range(3):
        world.sweep("orders")
        world.settle()
    assert truth(world).creates(order.name) == [1]


def test_an_order_the_shop_has_not_assigned_yet_is_sent_once_when_it_has(furnish: Made, truth: Right) -> None:
    world = furnish()
    world.shop.world.knobs.routing_delay_s = 20.0
    order = world.shop.control.place({"PAN24": 1})
    world.settle()
    assert world.sight.state(order.name) == "waiting"
    assert "not decided" in world.sight.reason(order.name)
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"


@covers("IDEM-01")
def test_an_old_webhook_that_comes_after_a_newer_one_changes_nothing(world: World, truth: Right) -> None:
    world.shop.next_webhook("orders/create", delay_s=90.0)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    world.sweep("orders")
    world.shop.control.cancel(order.name)
    world.pass_time(5)
    assert world.sight.state(order.name) == "cancelled"
    world.pass_time(200)
    assert world.sight.state(order.name) == "cancelled"
    assert [copy.status for copy in truth(world).copies(order.name)] == ["cancelled"]


@covers("ORD-09")
@covers("ORD-03")
def test_the_warehouse_is_told_our_reference_the_orders_name_its_lines_its_address_and_its_method(
    world: World, truth: Right
) -> None:
    order = world.shop.control.place({"PAN24": 2, "LANTERN": 1}, shipping_title="Express", note="leave at the door")
    world.pass_time(10)
    [copy] = truth(world).copies(order.name)
    said = copy.request
    assert said["reference"].startswith(order.name.removeprefix("#"))
    assert {line["item_code"]: line["units"] for line in said["lines"]} == {"W-PAN24": 2, "W-LANTERN": 1}
    assert {Decimal(line["price"]) for line in said["lines"]} == {Decimal(64), Decimal(49)}
    assert order.shipping_address is not None
    assert said["ship_to"]["city"] == order.shipping_address.city
    assert (said["shipping_method"], said["currency"], said["note"]) == ("Express", "EUR", "leave at the door")
    [row] = world.sight.submissions(order.name)
    assert row.reference == said["reference"]


@covers("SKU-08")
@covers("SKU-09")
@covers("SKU-10")
def test_one_line_without_an_item_code_parks_the_whole_order_and_mapping_it_releases_it(world: World, truth: Right) -> None:
    world.shop.control.set_stock("SOCKS-M", "Berlin Central", quantity=20)
    order = world.shop.control.place({"PAN24": 1, "SOCKS-M": 2})
    world.pass_time(30)
    assert submitted(world) == 0
    assert world.sight.state(order.name) == "parked"
    [parked] = [row for row in world.sight.parked() if row.subject.startswith("order/")]
    assert "SOCKS-M" in parked.title
    assert "no line of it is sent" in parked.consequence
    assert parked.remedy == "map_item"
    world.wms.adjust("BER", "W-SOCKS-M", "SHELF", 10)
    world.settle()
    world.map_items("BER", {"SOCKS-M": "W-SOCKS-M"})
    world.settle()
    [copy] = truth(world).copies(order.name)
    assert {line.item_code: line.ordered for line in copy.lines} == {"W-PAN24": 1, "W-SOCKS-M": 2}
    assert world.sight.state(order.name) == "accepted"
    assert [row for row in world.sight.parked() if row.subject.startswith("order/")] == []


@covers("X-06")
@covers("ROU-11")
def test_two_lines_of_one_item_are_summed_before_they_are_held_against_the_stock(world: World) -> None:
    stock = world.wms.count("HAM", "W-PAN24", "SHELF", 0), world.wms.count("HAM", "W-PAN24", "BULK", 0)
    assert stock
    world.wms.count("BER", "W-PAN24", "BULK", 0)
    world.wms.count("BER", "W-PAN24", "SHELF", 3)
    world.pass_time(5)
    lines = [{"sku": "PAN24", "quantity": 2}, {"sku": "PAN24", "quantity": 2}]
    order = world.shop.control.place(lines, oversell=True)
    world.pass_time(10)
    assert world.sight.state(order.name) == "parked"
    assert submitted(world) == 0


def test_two_lines_of_one_item_reach_the_warehouse_as_two_lines(world: World, truth: Right) -> None:
    order = world.shop.control.place([{"sku": "PAN24", "quantity": 2}, {"sku": "PAN24", "quantity": 1}])
    world.pass_time(10)
    [copy] = truth(world).copies(order.name)
    assert sorted(line.ordered for line in copy.lines) == [1, 2]


@covers("X-06")
@covers("ROU-15")
def test_of_two_orders_that_race_for_the_last_unit_one_is_sent_and_the_other_when_stock_arrives(
    world: World, truth: Right
) -> None:
    for warehouse in ("BER", "HAM"):
        world.wms.count(warehouse, "W-PAN24", "BULK", 0)
        world.wms.count(warehouse, "W-PAN24", "SHELF", 1 if warehouse == "BER" else 0)
    world.pass_time(5)
    first = world.shop.control.place({"PAN24": 1})
    second = world.shop.control.place({"PAN24": 1}, oversell=True)
    world.pass_time(30)
    states = sorted((world.sight.state(first.name), world.sight.state(second.name)))
    assert states == ["accepted", "parked"]
    assert world.sight.causes() == ["no_stock"]
    world.wms.adjust("HAM", "W-PAN24", "SHELF", 5, "received")
    world.pass_time(5)
    assert truth(world).creates(first.name) == [1]
    assert truth(world).creates(second.name) == [1]
    assert world.sight.causes() == []
    assert truth(world).wrong() == []


@covers("X-07")
def test_what_needs_no_shipping_is_left_out_of_what_the_warehouse_is_asked(world: World, truth: Right) -> None:
    world.shop.control.add_product("Gift card", sku="GIFT", requires_shipping=False, tracked=False)
    order = world.shop.control.place({"PAN24": 1, "GIFT": 1})
    world.pass_time(10)
    [copy] = truth(world).copies(order.name)
    assert [line.item_code for line in copy.lines] == ["W-PAN24"]
    only = world.shop.control.place({"GIFT": 1})
    world.pass_time(10)
    assert world.sight.state(only.name) == "ignored"


def test_an_order_on_hold_waits_and_is_sent_when_it_is_released(world: World, truth: Right) -> None:
    world.shop.emitter.chaos.delay_s = 3.0
    order = world.shop.control.place({"PAN24": 1})
    world.shop.advance(1)
    world.shop.control.hold(order.name, reason="HIGH_RISK_OF_FRAUD")
    world.pass_time(60)
    assert submitted(world) == 0
    assert world.sight.state(order.name) == "waiting"
    assert "high risk of fraud" in world.sight.reason(order.name)
    world.shop.control.release(order.name)
    world.pass_time(180, schedules_too=True)
    assert truth(world).creates(order.name) == [1]


@covers("X-07")
@pytest.mark.parametrize("method", ["PICK_UP", "LOCAL"])
def test_what_the_customer_fetches_is_left_alone_and_not_offered_again(world: World, truth: Right, method: str) -> None:
    order = world.shop.control.place({"PAN24": 3}, method=method, at="Berlin Central")
    world.pass_time(60)
    assert submitted(world) == 0
    assert world.sight.state(order.name) == "ignored"
    world.sweep("levels")
    world.settle()
    assert truth(world).shown("Berlin Central", "PAN24") == 47
    assert truth(world).wrong() == []


@covers("X-13")
@covers("X-09")
@covers("ROU-17")
def test_an_order_at_a_location_without_a_warehouse_is_moved_before_it_is_sent(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1}, at="München South")
    world.pass_time(30)
    calls = [("move" if "ulfillmentOrderMove" in str(call.body) else "submit") for call in world.streets.sent
             if "fulfillmentOrderMove" in str(call.body) or (call.url == f"{WMS_URL}/v1/orders" and call.method == "POST")]  # fmt: skip
    assert calls == ["move", "submit"]
    open_ = [one for one in order.fulfillment_orders if one.is_open and one.remaining]
    assert [one.location.name for one in open_] == ["Berlin Central"]
    assert truth(world).creates(order.name) == [1]
    assert truth(world).wrong() == []


def test_an_order_whose_move_the_shop_refuses_is_parked_and_sent_after_a_retry(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1}, at="München South")
    world.shop.advance(1)
    for one in order.fulfillment_orders:
        one.status, one.progress = "IN_PROGRESS", True
    world.pass_time(60)
    assert submitted(world) == 0
    assert world.sight.state(order.name) == "parked"
    [parked] = world.sight.parked()
    assert parked.remedy == "retry"
    assert "move the order" in parked.title
    for one in order.fulfillment_orders:
        one.status, one.progress = "OPEN", False
    world.retry(parked.parked_id)
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"


@pytest.mark.parametrize("line", ["watched", "start"])
def test_a_shop_that_is_watched_and_orders_before_the_start_line_cause_no_outward_call(
    furnish: Made, truth: Right, line: str
) -> None:
    world = furnish(live=line != "watched")
    if line == "start":
        world.set_shop(live=True, start_line=world.clock.now() + timedelta(hours=1))
    known = len(world.wms.ledger.entries)
    before = len(world.streets.sent)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(400)
    assert world.sight.state(order.name) == "ignored"
    assert ("switched off" if line == "watched" else "start line") in world.sight.reason(order.name)
    assert len(world.wms.ledger.entries) == known
    assert [call for call in world.streets.sent[before:] if "mutation" in str(call.body) and line == "watched"] == []
    assert [call for call in world.streets.sent[before:] if call.url.startswith(WMS_URL)] == []


def test_an_order_that_was_only_watched_is_left_alone_when_the_shop_goes_live_before_its_start_line(furnish: Made) -> None:
    world = furnish(live=False)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    world.set_shop(live=True, start_line=world.clock.now())
    world.shop.control.edit(order.name, quantities={"PAN24": 1})
    world.pass_time(300, schedules_too=True)
    assert submitted(world) == 0


@covers("FUL-16")
def test_nothing_about_an_order_is_typed_twice_from_the_shop_to_the_customers_tracking(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(10)
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(10)
    assert truth(world).records(order.name) == truth(world).parcels(order.name)
    assert world.sight.state(order.name) == "done"
    assert {call.url.split("/")[2] for call in world.streets.sent} == {SHOP, "wms.example.com"}


def test_an_order_that_waits_is_asked_for_once_while_the_shop_is_away_and_read_when_it_is_back(
    world: World, truth: Right
) -> None:
    world.shop.world.knobs.routing_delay_s = 30.0
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(1)
    assert world.sight.state(order.name) == "waiting"
    world.shop.emitter.chaos.loss = 1.0
    world.streets.down.add(SHOP_URL)
    world.pass_time(120)
    asked = [row for row in world.sight.effects("fetch_order") if row.state == "pending"]
    assert len(asked) == 1
    world.streets.down.clear()
    world.pass_time(300)
    assert truth(world).creates(order.name) == [1]
