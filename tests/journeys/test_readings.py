"""A reading costs nothing: cut off, it is made again at once, not after the other side has settled."""

import pytest

from stockbridge.ports import HttpAnswer, HttpRequest
from stockbridge.testing.twins.shopify.webhooks.chaos import Chaos
from stockbridge.testing.world import World


class Death(BaseException):
    """The process is gone."""


def test_a_process_that_dies_while_it_reads_an_order_reads_it_again_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = world.streets.send

    def die(request: HttpRequest) -> HttpAnswer:
        answer = send(request)
        if b"FetchOrders" in request.body:
            raise Death
        return answer

    monkeypatch.setattr(world.streets, "send", die)
    world.shop.control.place({"PAN24": 1})
    with pytest.raises(Death):
        world.pass_time(5)
    monkeypatch.undo()
    world.restart()
    world.pass_time(5)
    assert len(world.wms.orders) == 1


def test_an_order_read_before_it_was_routed_is_read_again_as_soon_as_the_shop_says_that_one_was(world: World) -> None:
    world.shop.world.knobs.routing_delay_s = 30.0
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(29)
    assert world.sight.state(order.name) == "waiting"
    world.pass_time(2)
    assert world.sight.state(order.name) == "accepted"


def test_when_the_word_of_the_routing_is_lost_too_the_order_is_read_again_by_itself(world: World) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.shop.emitter.chaos = Chaos(loss=1.0)
    world.pass_time(10)
    assert world.sight.state(order.name) in ("accepted", "")
    world.shop.emitter.chaos = Chaos()
    world.sweep("orders")
    world.pass_time(10)
    assert world.sight.state(order.name) == "accepted"


def test_what_a_sweep_names_and_a_reading_has_covered_is_not_read_again(world: World) -> None:
    world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    world.sweep("orders")
    world.pass_time(5)
    before = len(world.streets.asked("FetchOrders"))
    world.sweep("fulfillment_orders")
    world.pass_time(5)
    assert world.streets.asked("SweepFulfillmentOrders")
    assert len(world.streets.asked("FetchOrders")) == before


def test_a_change_in_the_very_second_of_a_reading_is_read_although_it_bears_the_known_moment(world: World) -> None:
    world.shop.world.knobs.routing_delay_s = 0.0
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(0.05)
    world.settle()
    world.sweep("orders")
    assert world.sight.state(order.name) == "accepted"
    world.shop.emitter.chaos = Chaos(loss=1.0)
    second = order.updated_at.replace(microsecond=0)
    world.shop.control.cancel(order.name)
    assert order.updated_at.replace(microsecond=0) == second, "the case is that both changes bear the same second"
    world.pass_time(120)
    world.sweep("orders")
    world.pass_time(5)
    assert world.sight.state(order.name) == "cancelled"
