"""Whatever comes in is kept; what cannot be read or done is parked, and nothing else waits for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stockbridge.db import arrivals as table
from stockbridge.db import people
from stockbridge.flow import hints, step, sweeps
from stockbridge.ports import Job
from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.shopify.webhooks.emitter import Delivery
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World

Made = Callable[..., World]
Right = Callable[[World], Truth]


def shop_post(world: World, topic: str, body: bytes, webhook_id: str = "w-1") -> int:
    emitter = world.shop.emitter
    subscription = next(iter(emitter.subscriptions.values()))
    delivery = Delivery(0, subscription, topic, webhook_id, "e-1", subscription.uri, body, world.clock.now())
    post = emitter._post(delivery)
    return world.knock(SHOP, post.headers, body)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 500, b'{"id": "x"', b"null", b"", b'{"order_id": {"a": 1}}'])
def test_a_genuine_message_that_nobody_can_read_is_kept_and_parked_and_can_be_read_again(world: World, body: bytes) -> None:
    assert shop_post(world, "orders/updated", body) == 200
    world.settle()
    [parked] = world.sight.parked()
    assert parked.cause.startswith("unreadable")
    assert parked.remedy == "replay"
    assert "kept as it came" in parked.consequence
    world.retry(parked.parked_id)
    world.settle()
    [again] = world.sight.parked()
    assert again.parked_id != parked.parked_id


def test_a_message_with_a_wrong_signature_is_turned_away_and_leaves_no_trace(world: World) -> None:
    before = len(world.sight.arrivals())
    assert world.knock(SHOP, {"x-shopify-hmac-sha256": "AAAA", "x-shopify-topic": "orders/create"}, b"{}") == 401
    assert world.knock(WMS, {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}, b"{}") == 401
    assert len(world.sight.arrivals()) == before


def test_a_topic_that_nobody_knows_is_noted_and_nothing_follows(world: World) -> None:
    assert shop_post(world, "moons/rise", b'{"id": 7, "colour": "blue"}') == 200
    world.wms.inject("pallet.wrapped", {"pallet": 3})
    world.settle()
    assert [row.state for topic in ("moons/rise", "pallet.wrapped") for row in world.sight.arrivals(topic)] == [1, 1]
    assert world.sight.parked() == []


def test_a_word_for_a_state_that_we_do_not_know_is_kept_as_the_warehouses_own(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    reference = truth(world).reference(order.name)
    data = {
        "reference": reference,
        "order_id": "x",
        "status": "being gift-wrapped",
        "at": world.clock.now(),
        "sequence": 900,
        "reserved": False,
    }
    world.wms.inject("order.status", data)
    world.settle()
    [row] = world.sight.submissions(order.name)
    assert (row.state, row.progress) == ("accepted", "being gift-wrapped")


@covers("RATE-10")
def test_a_message_that_breaks_us_every_time_is_parked_after_five_tries_and_the_others_go_on(
    world: World, truth: Right, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, poison = step.handle, "9" * 13

    def breaking(one: Any, event: Any) -> None:
        if getattr(event, "order_id", "").endswith(poison):
            raise RuntimeError("a bug of ours")
        handle(one, event)

    together = hints.order_hinted

    def breaking_together(one: Any, said: Any) -> None:
        for _, hint in said:
            breaking(one, hint) if hint.order_id.endswith(poison) else None
        together(one, said)

    monkeypatch.setattr(step, "handle", breaking)
    monkeypatch.setattr(hints, "order_hinted", breaking_together)
    shop_post(
        world,
        "orders/updated",
        b'{"id": %s, "admin_graphql_api_id": "gid://shopify/Order/%s"}' % (poison.encode(), poison.encode()),
    )
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    [parked] = world.sight.parked()
    assert parked.cause.startswith("failed")
    assert "a bug of ours" in parked.title
    [arrival] = [row for row in world.sight.arrivals("orders/updated") if row.state == 2]
    assert arrival.attempts == step.MAX_ATTEMPTS
    monkeypatch.undo()
    world.retry(parked.parked_id)
    world.settle()
    assert world.sight.parked() == []


def test_what_no_wake_up_told_of_is_found_within_seconds(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    wake = world.engine.wake_all
    world.engine.wake_all = lambda conn, jobs: None  # type: ignore[method-assign]
    world.engine.wake = lambda conn, job: None  # type: ignore[method-assign]
    world.shop.run_due()
    world.post()
    assert world.run() == 0
    world.engine.wake_all = wake  # type: ignore[method-assign]
    world.clock.advance(3)
    world.pass_time(30)
    assert truth(world).creates(order.name) == [1]


def test_a_lane_whose_wake_ups_are_all_lost_is_worked_off_by_the_ticker_alone(world: World, truth: Right) -> None:
    world.engine.wake = lambda conn, job: None  # type: ignore[method-assign]
    order = world.shop.control.place({"PAN24": 1})
    for _ in range(30):
        world.clock.advance(3)
        world.settle()
    assert truth(world).creates(order.name) == [1]


def test_the_same_message_under_the_same_id_is_stored_once_even_after_months(world: World) -> None:
    body = b'{"id": 5, "admin_graphql_api_id": "gid://shopify/Order/5"}'
    for _ in range(3):
        assert shop_post(world, "orders/updated", body) == 200
        world.settle()
    assert len(world.sight.arrivals("orders/updated")) == 1


def test_the_nightly_comparison_runs_once_for_each_local_date(world: World) -> None:
    started = len(world.streets.asked("SweepItems"))
    moment = world.clock.now().replace(hour=1, minute=0)
    counts = []
    for day in range(2):
        for minute in range(0, 180, 5):
            sweeps.nightly(world.house, moment + timedelta(days=day, minutes=minute))
        jobs = [job for job in world.engine.runnable() if job.what == "items"]
        counts.append(len(jobs))
        world.clock.move_to(max(world.clock.now(), moment + timedelta(days=day, hours=3)))
        world.settle()
    assert counts == [2, 2]  # the shop and the warehouse system, once each
    assert len(world.streets.asked("SweepItems")) >= started


def test_pruning_forgets_old_messages_and_still_sends_nothing_twice(world: World, truth: Right) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(10)
    [paper] = world.wms.ship(truth(world).reference(order.name))
    world.pass_time(10)
    sweeps.prune(world.house, world.clock.now() + timedelta(days=90), 30, 30)
    assert world.sight.arrivals() == []
    world.wms.inject("shipment.confirmed", {"order_id": "x", **paper})
    world.shop.world.emit("orders/updated", order)
    world.sweep("orders", "stock")
    world.pass_time(60)
    assert truth(world).creates(order.name) == [1]
    assert truth(world).records(order.name) == truth(world).parcels(order.name)
    assert world.sight.state(order.name) == "done"


def test_what_is_parked_or_still_new_is_never_pruned(world: World) -> None:
    shop_post(world, "orders/updated", b"{")
    world.settle()
    shop_post(world, "orders/updated", b'{"id": 5, "admin_graphql_api_id": "gid://shopify/Order/5"}', "w-2")
    sweeps.prune(world.house, world.clock.now() + timedelta(days=90), 30, 30)
    assert sorted(row.state for row in world.sight.arrivals()) == [0, 2]


def test_pruning_forgets_sessions_links_and_failed_log_ins_that_have_ended(world: World) -> None:
    began, hour = world.clock.now(), timedelta(hours=1)
    with world.database.begin() as conn:
        person = people.add_person(
            conn, account=ACCOUNT, person_id="ana", email="a@x", name="Ana", role="viewer", password_hash=None, now=began
        )
        for longest in (hour, timedelta(days=7)):
            people.start_session(conn, person=person, now=began, longest=longest, user_agent="")
        people.create_invite_link(conn, account=ACCOUNT, role="viewer", now=began, valid_for=hour)
        people.note_failed_login(conn, keys=["a"], now=began)
    sweeps.prune(world.house, began + timedelta(days=2), 30, 30)
    with world.database.begin() as conn:
        left = [
            conn.exec_driver_sql(f"SELECT count(*) FROM {each}").scalar() for each in ("session", "login_link", "login_attempt")
        ]
    assert left == [1, 0, 0]


def test_two_workers_on_one_lane_do_each_arrival_once(world: World) -> None:
    shop_post(world, "orders/updated", b'{"id": 5, "admin_graphql_api_id": "gid://shopify/Order/5"}')
    [job] = [job for job in world.engine.runnable() if job.kind == "step"]
    with world.database.begin() as first, world.database.begin() as second:
        taken = table.due(first, job=job, most=10)
        assert len(taken) == 1
        assert table.due(second, job=job, most=10) == []
    assert isinstance(job, Job)
