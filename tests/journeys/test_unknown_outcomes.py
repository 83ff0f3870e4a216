"""A call whose answer is lost may have been done: it is looked up before anything is repeated, and never doubled."""

from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.outbox import append
from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import SHOP_URL, WMS_URL, Killed, World
from stockbridge.warehouses.wms.outbound import WmsOutbound

Made = Callable[..., World]
Right = Callable[[World], Truth]
SUBMIT = f"POST {WMS_URL}/v1/orders"
ASKABLE = ("unique_reference", "look_up")


def submits(world: World) -> int:
    return len([call for call in world.streets.asked(SUBMIT) if not call.url.endswith("/cancel")])


@covers("X-01")
@covers("ORD-05")
@covers("IDEM-04")
@pytest.mark.parametrize("personality", ASKABLE)
@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage_after", "cut_answer", "slow_answer"])
def test_an_order_whose_answer_is_lost_after_it_was_accepted_is_found_by_our_reference(
    furnish: Made, truth: Right, personality: str, fault: str
) -> None:
    world = furnish(personality=personality)
    world.wms.faults.plan("submit", Fault(fault, seconds=60.0, status=502))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    assert truth(world).creates(order.name) == [1]
    assert submits(world) == 1
    assert world.sight.state(order.name) == "accepted"
    assert any("was found there by our reference" in line for line in world.journal_of(order))


def test_a_warehouse_that_cannot_be_asked_leaves_a_lost_answer_to_a_person_who_says_it_is_there(
    furnish: Made, truth: Right
) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_answer"))
    world.wms.desk.plan("order.accepted", "lose")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(600)
    assert submits(world) == 1
    [parked] = world.sight.parked()
    assert (parked.cause.partition(":")[0], parked.remedy) == ("unknown_outcome", "decide")
    assert "not sent again by itself" in parked.consequence
    assert world.sight.state(order.name) == "parked"
    world.dismiss(parked.parked_id)
    world.pass_time(600)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"
    assert world.sight.parked() == []


def test_a_warehouse_that_cannot_be_asked_gets_the_order_again_when_a_person_says_so(furnish: Made, truth: Right) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_request"))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    [parked] = world.sight.parked()
    assert truth(world).copies(order.name) == []
    world.retry(parked.parked_id)
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"
    assert world.sight.parked() == []


@pytest.mark.parametrize("sign", ["status", "shipment"])
def test_what_the_warehouse_does_later_shows_that_it_had_the_order_and_nobody_needs_to_decide(
    furnish: Made, truth: Right, sign: str
) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_answer"))
    world.wms.desk.plan("order.accepted", "lose")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    assert world.sight.causes() == ["unknown_outcome"]
    reference = truth(world).reference(order.name)
    if sign == "status":
        world.wms.pick(reference)
    else:
        world.wms.ship(reference)
    world.pass_time(60)
    assert world.sight.causes() == []
    assert world.sight.state(order.name) == ("accepted" if sign == "status" else "done")
    assert submits(world) == 1
    assert truth(world).records(order.name) == truth(world).parcels(order.name)


def test_a_request_lost_before_the_warehouse_took_it_is_sent_again_after_a_second_look(furnish: Made, truth: Right) -> None:
    world = furnish(personality="look_up", settle_s=120.0)
    world.wms.faults.plan("submit", Fault("lose_request"))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(100)
    assert submits(world) == 1
    assert len(world.streets.asked(f"GET {WMS_URL}/v1/orders/")) == 1
    world.pass_time(60)
    assert submits(world) == 2
    assert len(world.streets.asked(f"GET {WMS_URL}/v1/orders/")) == 2
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"


@covers("X-01")
@pytest.mark.parametrize("personality", ASKABLE)
@pytest.mark.parametrize("seconds", [1.0, 45.0, 110.0])
def test_a_warehouse_that_takes_the_order_after_it_hung_up_never_has_it_twice(
    furnish: Made, truth: Right, personality: str, seconds: float
) -> None:
    world = furnish(personality=personality, settle_s=120.0)
    world.wms.faults.plan("submit", Fault("late", seconds=seconds))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(400)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"
    assert truth(world).wrong() == []


@covers("RATE-08")
@pytest.mark.parametrize(("status", "wait"), [(429, 20.0), (503, 45.0)])
def test_a_warehouse_that_asks_for_patience_is_asked_again_when_it_said(
    furnish: Made, truth: Right, status: int, wait: float
) -> None:
    world = furnish()
    world.wms.faults.plan("submit", Fault("error_before", seconds=wait, status=status))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(wait - 5)
    assert submits(world) == 1
    world.pass_time(30)
    assert submits(world) == 2
    assert truth(world).creates(order.name) == [1]


def test_a_warehouse_that_does_not_know_our_key_is_shown_and_not_hammered(furnish: Made, truth: Right) -> None:
    world = furnish()
    world.wms.faults.plan("submit", Fault("error_before", status=401), times=1000)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(3600)
    assert submits(world) <= 25
    [parked] = world.sight.parked()
    assert (parked.cause, parked.subject) == ("credentials", "connection/harbor-wms")
    assert "does not accept our key" in parked.title
    assert "Nothing is lost" in parked.consequence
    world.wms.faults.clear()
    world.pass_time(600)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.parked() == []


@covers("ORD-12")
@covers("IDEM-05")
def test_an_order_that_the_warehouse_refuses_is_parked_and_its_units_are_free_again(furnish: Made, truth: Right) -> None:
    world = furnish()
    world.wms.faults.plan("submit", Fault("error_before", status=422))
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(60)
    assert submits(world) == 1
    assert world.sight.state(order.name) == "parked"
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == ("refused", "retry")
    assert truth(world).wrong() == []
    world.retry(parked.parked_id)
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"
    assert world.sight.parked() == []


@covers("X-01")
@covers("X-02")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", [SUBMIT, "fulfillmentCreate", "fulfillmentOrderMove", "inventorySetQuantities", "OrderPart"])
@pytest.mark.parametrize("personality", ASKABLE)
def test_a_process_that_dies_around_a_call_neither_loses_nor_doubles_anything(
    furnish: Made, truth: Right, when: str, call: str, personality: str
) -> None:
    world = furnish(personality=personality, settle_s=30.0)
    world.streets.kill(call, when)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 3)
    order = world.shop.control.place({"PAN24": 2}, at="München South")
    deaths = 0
    for _ in range(4):
        try:
            world.pass_time(60)
            for copy in truth(world).copies(order.name):
                if copy.open():
                    world.wms.ship(copy.reference)
        except Killed:
            deaths += 1
            world.restart()
    world.pass_time(200)
    assert deaths == 1
    assert truth(world).creates(order.name) == [1]
    assert truth(world).records(order.name) == truth(world).parcels(order.name)
    assert len(truth(world).parcels(order.name)) == 1
    assert world.sight.state(order.name) == "done"
    assert truth(world).wrong() == []
    assert world.sight.unfinished() == []


def test_a_process_that_dies_between_two_orders_calls_sends_both_once(world: World, truth: Right) -> None:
    names = [world.shop.control.place({"PAN24": 1}).name for _ in range(4)]
    world.streets.kill(SUBMIT, "after")
    world.streets.kill(SUBMIT, "before")
    deaths = 0
    for _ in range(4):
        try:
            world.pass_time(100)
        except Killed:
            deaths += 1
            world.restart()
    assert deaths == 2
    assert [truth(world).creates(name) for name in names] == [[1]] * 4


def test_a_warehouse_that_cannot_be_reached_gets_everything_when_it_is_back(world: World, truth: Right) -> None:
    world.streets.down.add(WMS_URL)
    names = [world.shop.control.place({"PAN24": 1}).name for _ in range(3)]
    world.pass_time(300)
    assert world.sight.causes() == ["unreachable"]
    assert {world.sight.state(name) for name in names} == {"assigned"}
    world.streets.down.clear()
    world.pass_time(400)
    assert [truth(world).creates(name) for name in names] == [[1]] * 3
    assert world.sight.causes() == []


def test_a_shop_that_cannot_be_reached_is_read_when_it_is_back(world: World, truth: Right) -> None:
    world.streets.down.add(SHOP_URL)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(300)
    world.streets.down.clear()
    world.pass_time(400)
    assert truth(world).creates(order.name) == [1]
    assert truth(world).wrong() == []
    assert world.sight.causes() == []


def test_an_answer_that_comes_after_the_callback_of_the_same_order_adds_nothing(world: World, truth: Right) -> None:
    world.wms.faults.plan("submit", Fault("lose_answer"))
    world.wms.faults.plan("look_up", Fault("lose_answer"), times=3)
    order = world.shop.control.place({"PAN24": 1})
    for _ in range(50):
        if truth(world).copies(order.name):
            break
        world.shop.run_due()
        world.post()
        for job in world.engine.runnable():
            world.engine.run_one(job)
        world.engine.sweep()
        world.clock.advance(0.2)
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(120)
    assert world.sight.state(order.name) == "done"
    assert submits(world) == 1
    assert truth(world).records(order.name) == truth(world).parcels(order.name)


def test_where_nobody_can_be_asked_the_callback_alone_tells_that_the_order_was_accepted(furnish: Made) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_answer"))
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    assert world.sight.state(order.name) == "accepted"
    assert world.sight.parked() == []


def test_a_look_up_that_breaks_holds_up_nothing_else_of_its_lane_and_is_made_again(
    world: World, truth: Right, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lane, whatever the order's name: a bug met by one question must not keep the other orders from the warehouse."""
    monkeypatch.setattr(append, "lane_of", lambda subject: 3)
    world.wms.faults.plan("submit", Fault("lose_answer"))
    world.wms.desk.plan("order.accepted", "lose")
    original = WmsOutbound.look_up_batch

    def broken(self: WmsOutbound, effects: Any) -> Any:
        raise ValueError("a bug in this door")

    monkeypatch.setattr(WmsOutbound, "look_up_batch", broken)
    lost, troubles = world.shop.control.place({"PAN24": 1}), []
    for _ in range(20):
        world.pass_time(0.25)
        troubles += world.engine.failures()
    other = world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    assert (world.sight.state(lost.name), world.sight.state(other.name)) == ("assigned", "accepted")
    assert troubles == [], "the lane itself is well"
    monkeypatch.setattr(WmsOutbound, "look_up_batch", original)
    world.pass_time(120)
    assert world.sight.state(lost.name) == "accepted"
    assert [truth(world).creates(order.name) for order in (lost, other)] == [[1], [1]]


@pytest.mark.parametrize("fault", ["lose_answer", "lose_request"])
def test_a_lost_answer_to_a_cancellation_is_asked_for_again_where_nobody_can_be_asked(
    furnish: Made, truth: Right, fault: str
) -> None:
    """Unlike an order, it does no harm twice: no person is needed, and the customer is not sent what he cancelled."""
    world = furnish(personality="neither")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    world.wms.faults.plan("cancel", Fault(fault))
    world.wms.desk.plan("order.cancelled", "lose")
    world.shop.control.cancel(order.name)
    world.pass_time(30)
    assert [copy.status for copy in truth(world).copies(order.name)] == ["cancelled"]
    assert world.sight.state(order.name) == "cancelled"
    assert world.sight.parked() == []


def test_a_cancellation_that_fails_again_and_again_is_asked_for_more_and_more_rarely_and_a_person_is_told(
    furnish: Made, truth: Right
) -> None:
    world = furnish(personality="neither")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    world.wms.faults.plan("cancel", Fault("error_before", status=500), times=1000)
    world.shop.control.cancel(order.name)
    world.pass_time(600)
    tries = len([call for call in world.streets.asked(SUBMIT) if call.url.endswith("/cancel")])
    assert 4 <= tries <= 12
    assert world.sight.causes() == ["struggling"]
    world.wms.faults.clear()
    world.retry(world.sight.parked()[0].parked_id)
    world.pass_time(10)
    assert [copy.status for copy in truth(world).copies(order.name)] == ["cancelled"]
    assert world.sight.parked() == []


@pytest.mark.parametrize("personality", ASKABLE)
def test_one_order_that_the_warehouse_cannot_manage_is_shown_to_a_person_and_hammers_nobody(
    furnish: Made, truth: Right, personality: str
) -> None:
    world = furnish(personality=personality)
    world.wms.faults.plan("submit", Fault("error_before", status=500), times=1000)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(900)
    assert submits(world) <= 14
    [parked] = world.sight.parked()
    assert parked.cause.startswith("struggling:")
    assert "500" in parked.title
    world.wms.faults.clear()
    world.pass_time(600)
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "accepted"
    assert world.sight.parked() == []


def test_what_struggled_is_settled_by_whatever_shows_that_it_was_done(furnish: Made, truth: Right) -> None:
    world = furnish(personality="unique_reference")
    world.wms.faults.plan("submit", Fault("error_before", status=500), times=3)
    world.wms.faults.plan("submit", Fault("lose_answer"))
    order = world.shop.control.place({"PAN24": 1})
    for _ in range(40):
        world.pass_time(0.25)
        if world.sight.causes() == ["struggling"]:
            break
    world.pass_time(1)  # it has been looked up, and waits for its fourth try
    world.wms.faults.plan("look_up", Fault("error_before", status=500), times=1000)
    assert (truth(world).creates(order.name), world.sight.causes()) == ([], ["struggling"])
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert "struggling" not in world.sight.causes(), "its callback told that it has the order"
    assert world.sight.state(order.name) == "accepted"
