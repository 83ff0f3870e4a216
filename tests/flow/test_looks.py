"""What one look at a level leads to: the number, what of it may be written now, and why it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stockbridge.domain.availability import Atlas, PoolFacts
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.stock import Keep
from stockbridge.domain.zones import Zones
from stockbridge.flow.facts import Facts
from stockbridge.flow.levels import Look, judge
from stockbridge.flow.sharing import Want
from stockbridge.ports import LevelRead

READ = LevelRead(inventory_item_id="i", location_id="l", available=20, committed=4, reserved=1, active=True)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BER = Source(connection="wms", warehouse="BER", zones=Zones(("SHELF",)))
COUNTED = PoolFacts(zones={"SHELF": 30, "QUARANTINE": 9}, as_of="2026-11-02T09:00:00+00:00", claims={("s", "l"): 3})
NEVER = PoolFacts()


def alone(want: Want, facts: Facts) -> list[int | None]:
    return [None for _ in want.feeding]


def look(
    read: LevelRead = READ,
    pools: Sequence[PoolFacts] = (COUNTED,),
    *,
    location: Location | None = None,
    open_claimed: int = 5,
    doubted: int = 0,
    unsettled: bool = False,
) -> Look:
    sources = tuple(replace(BER, warehouse=f"W{n}") for n, _ in enumerate(pools))
    rules = replace(location or Location(location_id="l", live=True), sources=sources)
    facts = Facts(
        shop="s",
        atlas=Atlas({"s": ShopMapping(shop="s", version=7, locations=(rules,))}, NOW),
        pools={("wms", f"W{n}", "A"): pool for n, pool in enumerate(pools)},
        codes={("wms", f"W{n}", "i"): "A" for n, _ in enumerate(pools)},
        open_claimed={("l", "i"): open_claimed},
        doubted={("l", "i"): doubted},
        unsettled=frozenset({("l", "i")} if unsettled else ()),
    )
    return replace(judge(read, facts, alone), dirty=5, stale=1)


WATCHED = Location(location_id="l")


def test_a_level_is_what_its_sources_have_less_what_the_shop_holds_and_no_warehouse_was_asked_for() -> None:
    assert look().desired == 27
    assert look(open_claimed=3).desired == 25
    assert look(pools=[COUNTED, COUNTED]).desired == 54
    assert (look().dirty, look().stale, look().version, look().subject) == (5, 1, 7, "stock/l/i")


@pytest.mark.parametrize(
    ("available", "doubted", "target", "held"),
    [(20, 0, 27, False), (20, 2, 25, True), (20, 9, 20, True), (30, 9, 27, False), (27, 9, 27, False)],
    ids=["sure", "a raise in doubt", "a raise wholly in doubt", "a lowering", "right already"],
)
def test_a_raise_goes_only_as_far_as_it_does_not_rest_on_units_in_doubt(
    available: int, doubted: int, target: int, held: bool
) -> None:
    seen = look(replace(READ, available=available), doubted=doubted)
    assert (seen.desired, seen.target, seen.held) == (27, target, held)
    assert seen.to_write is (target != available)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"pools": []}, "no active source feeds it"),
        ({"pools": [NEVER]}, "no warehouse has counted it yet"),
        ({"read": replace(READ, tracked=False)}, "the shop does not track this item"),
        ({"read": replace(READ, available=None)}, "the item is not stocked at this location in the shop"),
        ({"read": replace(READ, active=False)}, "the item is not stocked at this location in the shop"),
        ({"location": WATCHED}, "watched only: writing is switched off for this location"),
        ({}, "a shipment is being recorded; looked at again in a moment"),
    ],
)
def test_a_level_that_is_not_written_says_why_and_only_an_unsettled_one_is_looked_at_again_in_a_moment(
    facts: dict[str, Any], why: str
) -> None:
    seen = look(**facts, unsettled=True)
    assert (seen.note, seen.later, seen.to_write) == (why, not facts, False)
    assert seen.values(NOW)["note"] == why
    if facts:
        assert look(**facts).note == why


def test_a_level_that_nothing_keeps_from_being_written_says_nothing() -> None:
    assert (look().note, look().later, look().to_write) == ("", False, True)


def test_one_source_that_counts_is_enough() -> None:
    assert look(pools=[NEVER, COUNTED]).to_write


def test_a_level_that_nobody_feeds_has_no_number() -> None:
    seen = look(pools=[], doubted=3)
    assert (seen.desired, seen.target, seen.held) == (None, None, False)
    assert (seen.values(NOW)["desired"], seen.values(NOW)["derivation"]) == (None, {})


def test_a_level_that_is_not_stocked_keeps_its_number_in_the_row() -> None:
    seen = look(replace(READ, available=None), doubted=3)
    assert (seen.target, seen.values(NOW)["desired"]) == (27, 27)


def test_the_row_keeps_what_was_read_and_how_the_number_came_about() -> None:
    row = look().values(NOW)
    assert (row["location_id"], row["inventory_item_id"], row["read_at"]) == ("l", "i", NOW)
    assert (row["available"], row["committed"], row["reserved"], row["desired"]) == (20, 4, 1, 27)
    assert row["derivation"]["steps"][-1]["units"] == 27


def test_a_source_counts_only_the_zones_that_feed_the_level_and_says_what_it_leaves_out() -> None:
    assert next(step.why for step in look().derivation.steps) == (  # type: ignore[union-attr]
        "reported for SHELF at 2026-11-02T09:00:00+00:00; not counted: QUARANTINE 9"
    )


@pytest.mark.parametrize(
    ("available", "tolerance", "written"),
    [(26, 0, True), (26, 1, False), (28, 1, False), (25, 1, True), (29, 2, False), (0, 27, True)],
    ids=["exact by default", "one below", "one above", "two below", "two above", "crossing zero always counts"],
)
def test_a_difference_within_the_tolerance_is_left_alone(available: int, tolerance: int, written: bool) -> None:
    lenient = Location(location_id="l", live=True, tolerance=tolerance)
    assert look(replace(READ, available=available), location=lenient).to_write is written


def test_the_buffer_of_the_location_is_taken_off_after_the_sources_were_added_up() -> None:
    kept = Location(location_id="l", live=True, keep=Keep(percent_bp=500))
    assert look(pools=[COUNTED, COUNTED], location=kept).desired == 51
