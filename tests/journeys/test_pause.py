"""While something is paused nothing is sent to it and everything is still read; afterwards numbers are worked out anew."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from stockbridge.domain.events import PauseAsked
from stockbridge.flow import sweeps
from stockbridge.flow.pause import NOTE
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import SHOP, WMS, WMS_URL, World

Right = Callable[[World], Truth]


def pause(world: World, connection: str, *, paused: bool = True) -> None:
    world.say(PauseAsked(connection=connection, paused=paused, by="ana"))


def shown(world: World) -> int:
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    return int(level.available)


def mutations(world: World) -> int:
    """What was sent to the shop."""
    return len(world.streets.asked('"mutation'))


def submitted(world: World) -> int:
    return len(world.streets.asked(f"POST {WMS_URL}"))


def note(world: World) -> str:
    with world.database.begin() as conn:
        return str(
            conn.execute(
                text("SELECT note FROM level WHERE inventory_item_id = :i ORDER BY note DESC LIMIT 1"),
                {"i": world.item_id("PAN24")},
            ).scalar_one()
        )


@pytest.mark.parametrize("what", [SHOP, ""], ids=["the shop", "everything"])
def test_while_it_is_paused_no_number_is_written_and_afterwards_the_newest_one_is(world: World, what: str) -> None:
    pause(world, what)
    before = mutations(world)
    for units in (4, 5, -2):
        world.wms.adjust("BER", "W-PAN24", "SHELF", units)
        world.pass_time(60)
    assert (shown(world), mutations(world)) == (50, before)
    assert note(world) == NOTE
    pause(world, what, paused=False)
    world.settle()
    assert shown(world) == 57
    assert mutations(world) == before + 1, "worked out anew and written once; not the three numbers one after the other"
    assert note(world) == ""


def test_a_number_that_is_right_again_when_it_goes_on_is_not_written(world: World) -> None:
    pause(world, SHOP)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    world.wms.adjust("BER", "W-PAN24", "SHELF", -4)
    world.settle()
    before = mutations(world)
    pause(world, SHOP, paused=False)
    world.settle()
    assert mutations(world) == before


@pytest.mark.parametrize("what", [WMS, ""], ids=["the warehouse", "everything"])
def test_while_it_is_paused_orders_wait_and_then_go_out_once(world: World, truth: Right, what: str) -> None:
    pause(world, what)
    before = submitted(world)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(300)
    assert submitted(world) == before
    assert world.sight.state(order.name) == "assigned", "it was read and decided all the same"
    pause(world, what, paused=False)
    world.pass_time(10)
    assert truth(world).creates(order.name) == [1]


def test_an_order_that_is_cancelled_while_its_warehouse_is_paused_is_never_sent(world: World, truth: Right) -> None:
    pause(world, WMS)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    world.shop.control.cancel(order)
    world.pass_time(30)
    pause(world, WMS, paused=False)
    world.pass_time(60)
    assert truth(world).creates(order.name) == []


def test_a_paused_shop_is_read_and_told_of_parcels_once_it_goes_on(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    pause(world, SHOP)
    before = mutations(world)
    world.wms.ship(truth(world).reference(order.name), {"W-PAN24": 1})
    late = world.shop.control.place({"PAN24": 2})
    world.pass_time(120)
    assert world.sight.state(late.name) == "accepted", "its warehouse is not paused"
    assert (world.sight.state(order.name), mutations(world)) == ("shipped", before)
    pause(world, SHOP, paused=False)
    world.pass_time(30)
    assert world.sight.state(order.name) == "done"


def test_a_paused_warehouse_is_still_counted(world: World) -> None:
    pause(world, WMS)
    world.wms.desk.plan("stock.changed", "lose")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.sweep("stock")
    world.settle()
    assert shown(world) == 54


def test_a_paused_connection_is_not_woken_again_and_again(world: World) -> None:
    pause(world, WMS)
    world.shop.control.place({"PAN24": 1})
    world.pass_time(3)
    with world.database.begin() as conn:
        due = sweeps.due_jobs(conn, world.clock.now())
    assert [job for job in due if job.connection == WMS] == []


def test_what_is_asked_twice_is_done_once_and_one_pause_does_not_end_the_other(world: World) -> None:
    pause(world, SHOP)
    since = world.clock.now()
    world.pass_time(60)
    pause(world, SHOP)
    with world.database.begin() as conn:
        row = conn.execute(text("SELECT paused_at, paused_by FROM connection WHERE connection = :c"), {"c": SHOP}).one()
    assert tuple(row) == (since, "ana")
    pause(world, "")
    pause(world, SHOP, paused=False)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    assert shown(world) == 50, "everything is still paused"
    pause(world, "", paused=False)
    world.settle()
    assert shown(world) == 54
