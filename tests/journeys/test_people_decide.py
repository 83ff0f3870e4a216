"""What a person decides about a parked thing is done once, for that thing alone, and is written down with their name."""

from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.domain.events import DismissAsked, OrderGone, RetryAsked
from stockbridge.flow import orders
from stockbridge.flow.corridor import Step
from stockbridge.flow.desk import Desk
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import ACCOUNT, SHOP, WMS_URL, World

Made = Callable[..., World]
Right = Callable[[World], Truth]
SUBMIT = f"POST {WMS_URL}/v1/orders"


def gave_up(world: World, truth: Right) -> Any:
    """Three were asked for, one left, and the warehouse says that nothing more follows."""
    order = world.shop.control.place({"PAN24": 3})
    world.pass_time(10)
    world.wms.ship(truth(world).reference(order.name), {"W-PAN24": 1}, final=True)
    world.pass_time(30)
    assert world.sight.causes() == ["rest"]
    return order


def gone(world: World, order: Any) -> None:
    """The shop says that it has no such order any more."""
    with world.database.begin() as conn:
        step = Step(
            house=world.house,
            conn=conn,
            account=ACCOUNT,
            connection=SHOP,
            now=world.clock.now(),
            desk=Desk(conn=conn, account=ACCOUNT),
        )
        orders.gone(step, OrderGone(order_id=f"gid://shopify/Order/{order.id}"))
        step.close()


def test_units_that_a_person_lets_go_are_asked_of_nobody(world: World, truth: Right) -> None:
    order = gave_up(world, truth)
    [parked] = world.sight.parked()
    world.dismiss(parked.parked_id)
    world.pass_time(60)
    world.sweep("orders")
    world.pass_time(60)
    assert world.sight.parked() == []
    assert len(truth(world).copies(order.name)) == 1
    assert truth(world).records(order.name) == truth(world).parcels(order.name)


def test_units_that_a_person_asks_for_again_are_sent_again_alone(world: World, truth: Right) -> None:
    order = gave_up(world, truth)
    [parked] = world.sight.parked()
    world.retry(parked.parked_id)
    world.pass_time(60)
    _, again = truth(world).copies(order.name)
    assert {line.item_code: line.ordered for line in again.lines} == {"W-PAN24": 2}
    world.wms.ship(again.reference)
    world.pass_time(60)
    assert world.sight.state(order.name) == "done"
    assert world.sight.parked() == []
    assert truth(world).records(order.name) == truth(world).parcels(order.name)


@pytest.mark.parametrize("second", ["try again", "it is there"])
def test_a_button_that_is_pressed_twice_or_by_two_people_is_answered_once(furnish: Made, truth: Right, second: str) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_request"), times=2)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    [parked] = world.sight.parked()
    later = RetryAsked if second == "try again" else DismissAsked
    world.say(RetryAsked(parked_id=parked.parked_id, by="ana"), later(parked_id=parked.parked_id, by="bo"))
    world.pass_time(60)
    assert len(world.streets.asked(SUBMIT)) == 2
    assert truth(world).copies(order.name) == []
    assert world.sight.causes() == ["unknown_outcome"], "the second request was lost too, and somebody must look again"
    decided = [line for line in world.journal_of(order) if line.startswith(("asked to try again", "closed"))]
    assert decided == ["asked to try again: unknown outcome"]


@pytest.mark.parametrize(("button", "how"), [("try again", "tried again"), ("it is there", "needs nothing more")])
def test_what_a_person_decided_and_what_follows_from_it_bears_their_name(furnish: Made, button: str, how: str) -> None:
    world = furnish(personality="neither")
    world.wms.faults.plan("submit", Fault("lose_answer"))
    world.wms.desk.plan("order.accepted", "lose")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    [parked] = world.sight.parked()
    asked = RetryAsked if button == "try again" else DismissAsked
    world.say(asked(parked_id=parked.parked_id, by="bo"))
    world.settle()
    with world.database.begin() as conn:
        closed = conn.exec_driver_sql("SELECT closed_by, closed_how FROM parked WHERE subject LIKE 'order/%%'").all()
        said = conn.exec_driver_sql("SELECT kind, actor FROM journal WHERE subject LIKE 'order/%%' AND actor <> ''").all()
    assert [tuple(row) for row in closed] == [("bo", how)]
    follows = [("submission.accepted", "bo")] if button == "it is there" else []
    assert [tuple(row) for row in said] == [("person.decided", "bo"), *follows]
    assert world.sight.state(order.name) == "accepted"


def test_what_a_person_noted_is_written_down(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    world.wms.decide_cancel(truth(world).reference(order.name), True, "damaged")
    world.pass_time(30)
    [parked] = world.sight.parked()
    world.say(DismissAsked(parked_id=parked.parked_id, by="ana", note="refunded by phone"))
    world.pass_time(30)
    assert "closed: cancelled there (refunded by phone)" in world.journal_of(order)
    assert world.sight.state(order.name) != "parked"


@pytest.mark.parametrize("first", ["gone", "rest"])
def test_a_decision_about_one_thing_leaves_what_else_stops_the_order(world: World, truth: Right, first: str) -> None:
    order = world.shop.control.place({"PAN24": 3})
    world.pass_time(10)
    gone(world, order)
    world.wms.ship(truth(world).reference(order.name), {"W-PAN24": 1}, final=True)
    world.pass_time(30)
    parked = {park.cause.partition(":")[0]: park for park in world.sight.parked()}
    other = "rest" if first == "gone" else "gone"
    world.dismiss(parked[first].parked_id)
    world.pass_time(10)
    assert world.sight.causes() == [other]
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("parked", parked[other].title)
    world.dismiss(parked[other].parked_id)
    world.pass_time(10)
    assert (world.sight.causes(), world.sight.state(order.name)) == ([], "done")


def test_an_order_of_which_nobody_ships_anything_may_go_from_the_shop(world: World, truth: Right) -> None:
    order = gave_up(world, truth)
    gone(world, order)
    assert world.sight.causes() == ["rest"]


def test_an_order_that_the_shop_no_longer_has_is_told_while_a_warehouse_is_at_work_on_it(world: World) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    gone(world, order)
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == ("gone", "dismiss")
    assert parked.title == f"{order.name} is no longer in the shop, but a warehouse has it."
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("parked", parked.title)
    world.dismiss(parked.parked_id)
    world.settle()
    assert (world.sight.state(order.name), world.sight.reason(order.name)) == ("accepted", "BER")
