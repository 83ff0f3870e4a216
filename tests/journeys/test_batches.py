"""The same for many orders: asked once, worked through a few at a time, shown order by order, stopped when somebody says so."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from stockbridge.domain.batches import AT_ONCE, PATIENCE
from stockbridge.domain.events import BatchAsked, BatchStopped
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import SHOP, World

Made = Callable[..., World]
Right = Callable[[World], Truth]


def refused(world: World, many: int) -> list[Any]:
    """So many orders stop, because the warehouse refused them."""
    world.wms.faults.plan("submit", Fault("error_before", status=422), times=many)
    orders = [world.shop.control.place({"PAN24": 1}) for _ in range(many)]
    world.pass_time(60)
    assert world.sight.causes() == ["refused"] * many
    return orders


def ask(world: World, orders: Sequence[Any], batch_id: str = "b1") -> None:
    named = tuple((SHOP, f"gid://shopify/Order/{order.id}") for order in orders)
    world.say(BatchAsked(batch_id=batch_id, action="retry", orders=named, by="ana"))


def rows(world: World, sql: str) -> list[Any]:
    with world.database.begin() as conn:
        return list(conn.exec_driver_sql(sql).all())


def outcomes(world: World) -> list[tuple[str, bool, str]]:
    return [tuple(row) for row in rows(world, "SELECT state, fine, said FROM batch_order ORDER BY number")]


def test_what_many_orders_wait_for_is_tried_again_and_each_says_what_became_of_it(world: World, truth: Right) -> None:
    orders = refused(world, 3)
    world.wms.faults.plan("submit", Fault("error_before", status=422), times=1)
    ask(world, orders)
    world.pass_time(30)
    states = outcomes(world)
    assert [state for state, _, _ in states] == ["done"] * 3
    assert sorted(fine for _, fine, _ in states) == [False, True, True]
    [said] = [said for _, fine, said in states if not fine]
    assert "refused" in said
    assert sorted(world.sight.state(order.name) for order in orders) == ["accepted", "accepted", "parked"]
    assert rows(world, "SELECT state, orders FROM batch") == [("done", 3)]
    assert sorted(truth(world).creates(order.name) for order in orders) == [[], [1], [1]]


def test_an_order_of_which_nothing_is_stopped_is_left_as_it_is(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(20)
    ask(world, [order])
    world.pass_time(10)
    assert outcomes(world) == [("done", True, "the warehouse has it: BER")]
    assert truth(world).creates(order.name) == [1]


def test_asked_twice_it_is_done_once(world: World, truth: Right) -> None:
    orders = refused(world, 2)
    ask(world, orders)
    ask(world, orders)
    world.pass_time(30)
    assert rows(world, "SELECT count(*) FROM batch_order") == [(2,)]
    assert [truth(world).creates(order.name) for order in orders] == [[1], [1]]


def test_orders_that_the_house_does_not_know_are_not_in_it(world: World) -> None:
    world.say(BatchAsked(batch_id="b1", action="retry", orders=((SHOP, "gid://shopify/Order/404"), ("else", "x")), by="ana"))
    world.pass_time(5)
    assert rows(world, "SELECT state, (SELECT count(*) FROM batch_order) FROM batch") == [("done", 0)]


def test_no_more_than_some_are_under_way_at_once_and_what_is_stopped_is_begun_for_no_other(furnish: Made) -> None:
    world = furnish()
    orders = refused(world, AT_ONCE + 5)
    world.wms.faults.plan("submit", Fault("no_connection"), times=10_000)
    ask(world, orders)
    world.pass_time(5)
    assert rows(world, "SELECT state, count(*) FROM batch_order GROUP BY 1 ORDER BY 1") == [("asked", AT_ONCE), ("waiting", 5)]
    world.say(BatchStopped(batch_id="b1", by="bo"))
    world.pass_time(5)
    assert rows(world, "SELECT state, stopped_by FROM batch") == [("stopped", "bo")]
    assert rows(world, "SELECT state, count(*) FROM batch_order GROUP BY 1 ORDER BY 1") == [("left", AT_ONCE + 5)]
    assert world.sight.causes().count("refused") == 5, "what was not begun waits as before"


def test_an_order_that_hangs_is_not_waited_for_for_ever(world: World) -> None:
    orders = refused(world, 1)
    world.wms.faults.plan("submit", Fault("no_connection"), times=10_000)
    ask(world, orders)
    world.pass_time((PATIENCE + timedelta(seconds=5)).total_seconds())
    [(state, fine, said)] = outcomes(world)
    assert (state, fine) == ("done", False)
    assert said.startswith("still under way")


def test_a_batch_goes_on_after_the_process_died(world: World, truth: Right) -> None:
    orders = refused(world, 2)
    named = tuple((SHOP, f"gid://shopify/Order/{order.id}") for order in orders)
    world.say(BatchAsked(batch_id="b1", action="retry", orders=named, by="ana"))
    world.restart()
    world.pass_time(30)
    assert rows(world, "SELECT state FROM batch") == [("done",)]
    assert [truth(world).creates(order.name) for order in orders] == [[1], [1]]


def test_what_is_over_for_long_is_forgotten(world: World) -> None:
    from stockbridge.flow import sweeps

    ask(world, refused(world, 1))
    world.pass_time(30)
    sweeps.prune(world.house, world.clock.now() + timedelta(days=400), 90, 90)
    assert rows(world, "SELECT count(*) FROM batch_order") == [(0,)]
