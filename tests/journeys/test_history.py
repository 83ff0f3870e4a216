"""Every published number can be asked why it was what it was: now, and at any moment that is still remembered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from stockbridge.db import history
from stockbridge.domain.history import Answer, Told
from stockbridge.flow import sweeps
from stockbridge.testing.twins.shopify.faults import Interlude
from stockbridge.testing.world import ACCOUNT, SHOP, World

Made = Callable[..., World]


def cell(world: World, sku: str = "PAN24", location: str = "Berlin Central") -> tuple[str, str]:
    return f"gid://shopify/Location/{world.shop.control.location(location).id}", world.item_id(sku)


def told(world: World, **more: Any) -> list[Told]:
    """What is remembered of the pan in Berlin, the newest first."""
    with world.database.begin() as conn:
        until = more.pop("until", world.clock.now())
        return history.told(conn, account=ACCOUNT, shop=SHOP, cell=cell(world), until=until, **more)


def terms(one: Told) -> dict[str, int]:
    return {step["term"]: step["units"] for step in one.entry.derivation["steps"]}


def set_by_hand(world: World, available: int) -> None:
    """Somebody types another number into the shop's admin."""
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=available)


def test_a_published_number_keeps_what_the_shop_showed_what_was_written_and_why(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4, "received")
    world.settle()
    newest, *_ = told(world)
    entry = newest.entry
    assert (entry.shown, entry.offered, entry.wrote, entry.answer) == (50, 54, 54, Answer.WRITTEN)
    assert terms(newest) == {"figure": 54, "publishable": 54}
    [source] = entry.derivation["sources"]
    assert dict(map(tuple, source["counted"])) == {"SHELF": 34, "BULK": 20}
    assert dict(map(tuple, source["left_out"])) == {"QUARANTINE": 7}
    assert newest.causes == ("BER counted 50 → 54",)
    assert f"stockbridge://publication/{entry.key}" in str(world.streets.asked("inventorySetQuantities")[-1].body)


def test_orders_in_flight_are_named(world: World) -> None:
    world.wms.desk.plan("stock.changed", "lose")  # the warehouse's figure does not show the order yet
    order = world.shop.control.place({"PAN24": 3})
    world.pass_time(30)
    newest, *_ = told(world)
    assert [(each.name, each.units, each.warehouse) for each in newest.entry.orders] == [(order.name, 3, "BER")]
    assert (newest.entry.shown, newest.entry.offered, newest.entry.wrote) == (47, 47, None)
    assert newest.entry.answer is Answer.AGREED, "the shop took them off itself"
    assert newest.elsewhere == 0


def test_a_past_moment_is_answered_with_the_number_that_stood_then(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    then = world.clock.now()
    world.pass_time(3600)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -30)
    world.settle()
    assert [one.entry.offered for one in told(world, limit=1)] == [24]
    assert [one.entry.offered for one in told(world, limit=1, until=then)] == [54]


def test_nothing_is_kept_again_when_nothing_changed(world: World) -> None:
    before = len(told(world))
    for _ in range(3):
        world.pass_time(1000)
        world.wms.adjust("BER", "W-PAN24", "QUARANTINE", 1, "returned")  # looked at anew, and nothing comes of it
        world.sweep("stock", "levels")
        world.settle()
    assert len(told(world)) == before
    with world.database.begin() as conn:
        [kept] = conn.execute(text("SELECT count(*) AS wordings FROM wording")).all()
        [numbers] = conn.execute(text("SELECT count(*) AS n FROM published")).all()
    assert kept.wordings < numbers.n, "items that are worked out alike share their words"


def test_somebody_else_who_changed_the_number_is_found_out(world: World) -> None:
    set_by_hand(world, 90)
    world.settle()
    newest, *_ = told(world)
    assert (newest.expected, newest.entry.shown, newest.elsewhere, newest.entry.wrote) == (50, 90, 40, 50)


def test_a_sale_is_nobody_elses_doing(world: World) -> None:
    world.shop.control.place({"PAN24": 2})
    world.settle()
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    assert [one.elsewhere for one in told(world)] == [0] * len(told(world))


def test_who_changed_the_mapping_is_named(world: World) -> None:
    world.pass_time(10)
    world.map_source("Berlin Central", "BER", ["SHELF"], priority=1)
    world.settle()
    newest, *_ = told(world)
    assert newest.entry.wrote == 30
    assert any("other zones of BER count" in cause or "BER counted 50 → 30" in cause for cause in newest.causes)
    assert any("BER (SHELF) feeds the location, by ana" in decision for decision in newest.decisions)


def test_a_stale_answer_is_kept_beside_the_write_that_followed(world: World) -> None:
    world.shop.faults.interludes.append(Interlude("LevelsAt", lambda: world.shop.control.place({"PAN24": 1})))
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    answers = [one.entry.answer for one in told(world)]
    assert answers.index(Answer.WRITTEN) < answers.index(Answer.STALE)
    after = told(world)[answers.index(Answer.STALE) - 1]
    assert "something was sold while we wrote" in after.causes


def test_a_number_whose_answer_was_lost_says_so(world: World) -> None:
    world.shop.faults.plan("drop_answer_after", "inventorySetQuantities")
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    newest, unknown, *_ = told(world)
    assert (unknown.entry.wrote, unknown.entry.answer) == (54, Answer.UNKNOWN)
    assert (newest.entry.shown, newest.entry.answer) == (54, Answer.AGREED), "it had been taken after all"
    assert newest.elsewhere == 0


def test_old_numbers_are_forgotten_by_the_day_and_a_batch_stays_as_long_as_its_numbers(world: World) -> None:
    world.wms.adjust("BER", "W-PAN24", "SHELF", 4)
    world.settle()
    began = world.clock.now()
    sweeps.prune(world.house, began, 1, 30)
    world.pass_time(2 * 86_400)
    world.wms.adjust("BER", "W-PAN24", "SHELF", 2)
    world.settle()
    kept = len(told(world))
    sweeps.prune(world.house, world.clock.now() + timedelta(days=20), 1, 30)
    assert [one.entry.key for one in told(world) if one.entry.answer is Answer.WRITTEN and not one.entry.key] == []
    assert len(told(world)) == kept
    sweeps.prune(world.house, began + timedelta(days=31, hours=1), 1, 30)
    assert [one.entry.wrote for one in told(world)] == [56], "the partition of its day is still there"
    sweeps.prune(world.house, world.clock.now() + timedelta(days=40), 1, 30)
    assert told(world) == []
    with world.database.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM wording")).scalar_one() == 0
