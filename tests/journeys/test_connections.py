"""A key that is refused, and a shop that is switched: what is shown, what waits, and what is made up for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stockbridge.db import connections
from stockbridge.db.queries import Queries
from stockbridge.ports import HttpAnswer, HttpRequest
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, WMS_URL, Streets, World
from stockbridge.web.connections import state_of, trouble_of

Made = Callable[..., World]
Right = Callable[[World], Truth]


def change_key(world: World, key: str) -> None:
    """The warehouse system lets in whoever has this key, and nobody else."""
    world.wms.config = replace(world.wms.config, api_key=key)


def set_rights(world: World, rights: frozenset[str]) -> None:
    """What our app may do in the shop, also with the token that it has already."""
    world.shop.world.app.scopes = rights
    world.shop.tokens.live = {token: (end, rights) for token, (end, _) in world.shop.tokens.live.items()}


def card(world: World, connection: str) -> Any:
    """What the page of connections knows about one of them."""
    with world.database.begin() as conn:
        return next(row for row in Queries("pages").rows(conn, "connections", account=ACCOUNT) if row.connection == connection)


def switch(world: World, *, live: bool, since: timedelta = timedelta(0)) -> None:
    """Somebody switches the shop, as the page and the command line do."""
    now = world.clock.now()
    with world.database.begin() as conn:
        connections.switch_live(conn, account=ACCOUNT, connection=SHOP, live=live, start_line=now - since, now=now)


def test_a_warehouse_that_refuses_our_key_is_shown_as_not_letting_us_in_until_it_does(world: World, truth: Right) -> None:
    key = world.wms.config.api_key
    assert state_of(card(world, WMS)) == "good"
    change_key(world, "another")
    world.sweep("stock")
    assert state_of(card(world, WMS)) == "locked_out"
    assert "does not accept our key" in trouble_of(card(world, WMS))
    [parked] = world.sight.parked()
    assert parked.title.startswith(f"{WMS} does not let us in: The WMS does not accept our key")
    assert (parked.subject, parked.remedy) == (f"connection/{WMS}", "connection")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    change_key(world, key)
    world.sweep("stock")
    world.pass_time(400)
    assert state_of(card(world, WMS)) == "good"
    assert world.sight.causes() == []
    assert truth(world).creates(order.name) == [1]


def test_one_sweep_that_is_let_in_does_not_hide_another_that_is_not(world: World) -> None:
    key = world.wms.config.api_key
    change_key(world, "another")
    world.sweep("stock")
    world.settle()
    change_key(world, key)
    world.sweep("orders")
    world.settle()
    assert world.sight.causes() == ["credentials"]
    world.sweep("stock")
    world.settle()
    assert world.sight.causes() == []


def test_a_refused_key_is_tried_by_one_order_and_not_by_all_of_them(world: World, truth: Right) -> None:
    key = world.wms.config.api_key
    change_key(world, "another")
    orders = [world.shop.control.place({"PAN24": 1}) for _ in range(12)]
    world.pass_time(600)
    assert len(world.streets.asked(f"POST {WMS_URL}/v1/orders")) < 30, (
        "twelve that knock by themselves make more than a hundred calls, and all of them at each turn more than fifty"
    )
    change_key(world, key)
    world.pass_time(600)
    assert [truth(world).creates(order.name) for order in orders] == [[1]] * 12
    assert world.sight.causes() == []


def test_a_key_that_may_not_cancel_still_sends_orders(world: World, truth: Right, monkeypatch: pytest.MonkeyPatch) -> None:
    """One right is missing: what the key may do goes on, whatever waits for the right."""
    carry = Streets.send

    def without_the_right(self: Streets, request: HttpRequest) -> HttpAnswer:
        if request.url.endswith("/cancel"):
            return HttpAnswer(status=403, headers={}, body=b'{"error": {"code": "forbidden", "message": "not yours"}}')
        return carry(self, request)

    monkeypatch.setattr(Streets, "send", without_the_right)
    unwanted = world.shop.control.place({"PAN24": 1})
    world.pass_time(20)
    world.shop.control.cancel(unwanted.name)
    world.pass_time(20)
    orders = []
    for _ in range(6):
        orders.append(world.shop.control.place({"PAN24": 1}))
        world.pass_time(3)
    world.pass_time(20)
    assert [truth(world).creates(order.name) for order in orders] == [[1]] * 6


def test_a_key_that_may_not_write_stock_is_shown_while_orders_go_on(world: World, truth: Right) -> None:
    rights = world.shop.world.app.scopes
    set_rights(world, rights - {"write_inventory"})
    world.wms.adjust("BER", "W-PAN24", "SHELF", -20)
    order = world.shop.control.place({"MUG-WHITE": 1})
    world.pass_time(300)
    assert truth(world).creates(order.name) == [1]
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == ("credentials:levels", "connection")
    assert "publish stock" in parked.title
    assert world.shop.control.level("PAN24", "Berlin Central").available == 50  # type: ignore[union-attr]
    set_rights(world, rights)
    world.retry(parked.parked_id)
    world.pass_time(2)
    assert world.sight.parked() == []
    assert world.shop.control.level("PAN24", "Berlin Central").available == 30  # type: ignore[union-attr]


def test_a_right_to_write_stock_that_nothing_needs_any_more_is_not_missed(world: World) -> None:
    set_rights(world, world.shop.world.app.scopes - {"write_inventory"})
    world.wms.adjust("BER", "W-PAN24", "SHELF", -20)
    world.pass_time(100)
    assert world.sight.causes() == ["credentials"]
    world.wms.adjust("BER", "W-PAN24", "SHELF", 20)
    world.pass_time(100)
    assert world.sight.causes() == []


def test_trying_again_sends_what_waits_at_once_instead_of_at_its_time(world: World, truth: Right) -> None:
    key = world.wms.config.api_key
    change_key(world, "another")
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(120)
    late = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    change_key(world, key)
    world.settle()
    assert truth(world).creates(order.name) == []
    [parked] = world.sight.parked()
    world.retry(parked.parked_id)
    world.settle()
    assert [truth(world).creates(each.name) for each in (order, late)] == [[1], [1]]
    assert world.sight.causes() == []


def test_orders_that_came_while_a_shop_was_only_watched_are_sent_when_the_start_line_says_so(
    furnish: Made, truth: Right
) -> None:
    world = furnish(live=False)
    old = world.shop.control.place({"PAN24": 1})
    world.pass_time(3600)
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(600)
    assert world.sight.state(order.name) == "ignored"
    switch(world, live=True, since=timedelta(minutes=30))
    world.pass_time(30)
    assert truth(world).creates(order.name) == [1]
    assert truth(world).creates(old.name) == []
    assert world.sight.state(old.name) == "ignored"


def test_a_shop_that_is_switched_off_and_on_from_where_it_was_sends_every_order_once(world: World, truth: Right) -> None:
    switch(world, live=True)
    before = world.shop.control.place({"PAN24": 1})
    world.pass_time(20)
    switch(world, live=False)
    between = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    assert world.sight.state(between.name) == "ignored"
    switch(world, live=True, since=timedelta(minutes=5))
    world.pass_time(30)
    assert [truth(world).creates(each.name) for each in (before, between)] == [[1], [1]]
