"""An order that is stopped says why, in the words of the parked page, until nothing stops it any more."""

from collections.abc import Callable

from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import World

Made = Callable[..., World]
Right = Callable[[World], Truth]


def test_an_order_whose_outcome_nobody_can_find_out_says_so(furnish: Made) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_answer"))
    world.wms.desk.plan("order.accepted", "lose")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    [parked] = world.sight.parked()
    assert world.sight.state(order.name) == "parked"
    assert world.sight.reason(order.name) == parked.title
    world.dismiss(parked.parked_id)
    world.pass_time(60)
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("accepted", "BER")


def test_an_order_that_goes_on_while_it_is_stopped_keeps_its_reason(furnish: Made, truth: Right) -> None:
    world = furnish(cancels="never")
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(10)
    world.shop.control.cancel(order.name)
    world.pass_time(60)
    [parked] = world.sight.parked()
    assert parked.cause == "cancel_declined"
    assert world.sight.reason(order.name) == parked.title
    world.wms.pick(truth(world).reference(order.name))
    world.pass_time(60)
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("parked", parked.title)


def test_an_order_that_is_read_again_while_it_is_stopped_keeps_its_reason(world: World) -> None:
    world.wms.faults.plan("submit", Fault("error_before", status=422))
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(30)
    [parked] = world.sight.parked()
    assert world.sight.reason(order.name) == parked.title
    world.shop.world.emit("orders/updated", order)
    world.sweep("orders")
    world.pass_time(60)
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("parked", parked.title)
    world.retry(parked.parked_id)
    world.pass_time(60)
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("accepted", "BER")
