"""An order cancelled in the shop is not sent, or asked back, or ships with somebody told: one of the three, always."""

from collections.abc import Callable

import pytest

from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import WMS_URL, World

Made = Callable[..., World]
Right = Callable[[World], Truth]
SUBMIT = f"POST {WMS_URL}/v1/orders"


def test_an_order_cancelled_before_we_read_it_is_never_sent(world: World, truth: Right) -> None:
    world.shop.emitter.chaos.delay_s = 20.0
    order = world.shop.control.place({"PAN24": 1})
    world.shop.advance(2)
    world.shop.control.cancel(order.name)
    world.pass_time(120)
    assert truth(world).copies(order.name) == []
    assert world.sight.state(order.name) in ("cancelled", "")
    assert truth(world).wrong() == []


@covers("CAN-07")
def test_an_order_cancelled_while_the_warehouse_cannot_be_reached_is_never_sent(world: World, truth: Right) -> None:
    world.streets.down.add(WMS_URL)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    assert world.sight.state(order.name) == "assigned"
    world.shop.control.cancel(order.name)
    world.pass_time(30)
    world.streets.down.clear()
    world.pass_time(600)
    assert truth(world).copies(order.name) == []
    assert world.sight.state(order.name) == "cancelled"
    assert truth(world).wrong() == []


def test_an_order_cancelled_while_the_shop_still_moves_it_is_never_sent(world: World, truth: Right) -> None:
    world.shop.between("fulfillmentOrderMove", lambda: world.shop.control.cancel(order.name))
    order = world.shop.control.place({"PAN24": 1}, at="München South")
    world.pass_time(120)
    assert [copy.status for copy in truth(world).copies(order.name)] in ([], ["cancelled"])
    assert world.sight.state(order.name) == "cancelled"
    assert truth(world).wrong() == []


@covers("INV-41")
@covers("CAN-08")
def test_the_warehouse_confirms_and_the_units_are_offered_again(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(10)
    assert truth(world).shown("Berlin Central", "PAN24") == 48
    world.shop.control.cancel(order.name)
    world.pass_time(30)
    assert [copy.status for copy in truth(world).copies(order.name)] == ["cancelled"]
    assert world.sight.state(order.name) == "cancelled"
    assert truth(world).shown("Berlin Central", "PAN24") == 50
    assert truth(world).wrong() == []


@covers("CAN-08")
@covers("X-08")
@pytest.mark.parametrize("promptly", [True, False])
def test_the_warehouse_declines_and_one_person_is_told_once(furnish: Made, truth: Right, promptly: bool) -> None:
    world = furnish(cancels="never", cancel_pending_s=0.0 if promptly else 40.0)
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(10)
    world.shop.control.cancel(order.name)
    world.pass_time(120)
    assert world.sight.causes() == ["cancel_declined"]
    [parked] = world.sight.parked()
    assert parked.remedy == "dismiss"
    assert truth(world).shown("Berlin Central", "PAN24") == 48
    assert truth(world).wrong() == []
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(60)
    assert truth(world).shown("Berlin Central", "PAN24") == 48
    causes = world.sight.causes()
    assert causes.count("cancel_declined") == 1
    assert "fulfillment" in causes  # the shop has no record of a parcel of a cancelled order: somebody must know


@covers("CAN-14")
def test_an_order_cancelled_while_its_request_is_on_its_way_is_asked_back(world: World, truth: Right) -> None:
    world.wms.faults.plan("submit", Fault("late", seconds=20.0))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    world.shop.control.cancel(order.name)
    world.pass_time(400)
    assert [copy.status for copy in truth(world).copies(order.name)] == ["cancelled"]
    assert world.sight.state(order.name) == "cancelled"
    assert truth(world).wrong() == []


def test_an_order_cancelled_while_nobody_knows_whether_it_arrived_ends_cancelled_everywhere(
    furnish: Made, truth: Right
) -> None:
    world = furnish(personality="look_up", settle_s=60.0)
    world.wms.faults.plan("submit", Fault("lose_request"))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    world.shop.control.cancel(order.name)
    world.pass_time(400)
    assert [copy.status for copy in truth(world).copies(order.name)] in ([], ["cancelled"])
    assert world.sight.state(order.name) == "cancelled"
    assert world.sight.unfinished() == []
    assert truth(world).wrong() == []


def test_an_answer_to_the_cancellation_that_is_lost_is_found_by_looking(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    world.wms.faults.plan("cancel", Fault("lose_answer"))
    world.wms.desk.plan("order.cancelled", "lose")
    world.shop.control.cancel(order.name)
    world.pass_time(300)
    assert world.sight.state(order.name) == "cancelled"
    assert truth(world).wrong() == []


def test_the_warehouse_cancels_by_itself_and_a_person_decides_what_becomes_of_the_order(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    world.wms.decide_cancel(truth(world).reference(order.name), True, "damaged")
    world.pass_time(30)
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == ("cancelled_there", "retry")
    assert world.sight.state(order.name) == "parked"
    world.retry(parked.parked_id)
    world.pass_time(30)
    assert sorted(copy.status for copy in truth(world).copies(order.name)) == ["accepted", "cancelled"]
    assert world.sight.state(order.name) == "accepted"
    assert truth(world).wrong() == []


def test_a_person_may_leave_it_cancelled(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    world.wms.decide_cancel(truth(world).reference(order.name), True, "damaged")
    world.pass_time(30)
    [parked] = world.sight.parked()
    world.dismiss(parked.parked_id)
    world.pass_time(60)
    assert len(truth(world).copies(order.name)) == 1
    assert world.sight.parked() == []
    assert truth(world).wrong() == []


def test_an_order_parked_for_its_mapping_leaves_the_list_when_it_is_cancelled(world: World) -> None:
    world.shop.control.set_stock("SOCKS-M", "Berlin Central", quantity=20)
    order = world.shop.control.place({"SOCKS-M": 1})
    world.pass_time(10)
    assert world.sight.causes() == ["unmapped_item"]
    world.shop.control.cancel(order.name)
    world.pass_time(10)
    assert world.sight.causes() == []
    assert world.sight.state(order.name) == "cancelled"


@pytest.mark.parametrize("basis", ["physical", "less_reserved", "less_accepted"])
@pytest.mark.parametrize("word", ["a last parcel", "no units named"])
def test_units_that_a_warehouse_gave_up_are_not_sold_again_before_a_person_decides(
    furnish: Made, truth: Right, basis: str, word: str
) -> None:
    world = furnish(basis=basis)
    order = world.shop.control.place({"PAN24": 3})
    world.pass_time(10)
    reference = truth(world).reference(order.name)
    world.wms.pick(reference)
    world.pass_time(10)
    if word == "a last parcel":
        world.wms.ship(reference, {"W-PAN24": 1}, final=True)
    else:
        world.wms.desk.plan("order.cancelled", "lose")
        cancellation = world.wms.decide_cancel(reference, True, "damaged")
        cancellation["lines"].clear()
        world.wms.inject("order.cancelled", cancellation)
    world.pass_time(60)
    assert world.sight.causes() == ["rest"]
    assert truth(world).shown("Berlin Central", "PAN24") == 47
    assert truth(world).wrong() == []


@covers("CAN-08")
def test_a_confirmation_that_names_no_units_frees_none_until_they_are_named(furnish: Made, truth: Right) -> None:
    world = furnish(basis="physical", cancel_pending_s=300.0)
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(10)
    world.shop.control.cancel(order.name)
    world.pass_time(10)
    reference = truth(world).reference(order.name)
    word = {"reference": reference, "at": world.clock.now(), "result": "confirmed", "sequence": world.wms.sequence}
    world.wms.inject("order.cancelled", word)
    world.pass_time(60)
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == (f"rest:{reference}", "dismiss")
    assert truth(world).shown("Berlin Central", "PAN24") == 48
    world.pass_time(300)
    assert world.sight.parked() == []
    assert world.sight.state(order.name) == "cancelled"
    assert truth(world).shown("Berlin Central", "PAN24") == 50
    assert truth(world).wrong() == []
