"""A raise does not rest on units of orders whose change was heard of and not read (docs/decisions/0006)."""

from collections.abc import Callable

from stockbridge.testing.truth import Truth
from stockbridge.testing.world import World


def level(world: World) -> int:
    found = world.shop.control.level("PAN24", "Berlin Central")
    assert found is not None
    return found.quantity("available")


def test_goods_received_while_a_cancelled_order_is_unread_are_offered_only_as_far_as_it_is_sure(
    world: World, truth: Callable[[World], Truth]
) -> None:
    first = world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    world.pass_time(20)
    assert level(world) == 47
    world.shop.fail_next("http_500_before", "FetchOrders", times=30)
    world.shop.control.cancel(first)
    world.settle()
    world.shop.emitter.chaos.loss = 1.0
    world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    world.shop.emitter.chaos.loss = 0.0
    assert level(world) == 44
    world.wms.adjust("BER", "W-PAN24", "SHELF", 5, "received")
    world.settle()
    assert level(world) == 49, "5 came, and 3 of what is there were sold to somebody we have not read of"
    world.shop.faults.planned.clear()
    world.pass_time(600, schedules_too=True)
    assert truth(world).wrong() == []
    assert level(world) == 52


def test_a_lowering_goes_out_at_once_although_an_order_is_unread(world: World) -> None:
    order = world.shop.control.place({"PAN24": 3}, at="Berlin Central")
    world.pass_time(20)
    world.shop.fail_next("http_500_before", "FetchOrders", times=30)
    world.shop.control.cancel(order)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -20, "broken")
    world.settle()
    assert level(world) == 27
