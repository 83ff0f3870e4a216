"""What one look at a level leads to: the number, what of it may be written now, and why it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stockbridge.domain.stock import Keep, SourceStock
from stockbridge.flow.levels import Look, _judge, _source
from stockbridge.ports import LevelRead

READ = LevelRead(inventory_item_id="i", location_id="l", available=20, committed=4, reserved=1, active=True)
COUNTED = SourceStock(name="BER", counted=30, claimed=3)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass
class Due:
    """A due level's row."""

    dirty: int = 5
    stale: int = 1


@dataclass
class Fed:
    """A row of what feeds a level."""

    connection: str = "wms"
    warehouse: str = "BER"
    item_code: str = "A"
    figure: dict[str, int] | None = field(default_factory=lambda: {"SHELF": 7, "BULK": 4, "QUARANTINE": 9})
    zones: Sequence[str] = ("SHELF", "BULK", "NEW")
    keep_units: int = 2
    keep_percent_bp: int = 500
    occurred_at: datetime | None = NOW


def look(
    read: LevelRead = READ,
    sources: Sequence[SourceStock] = (COUNTED,),
    *,
    live: bool = True,
    open_claimed: int = 5,
    doubted: int = 0,
    unsettled: bool = False,
) -> Look:
    row: Any = Due()
    return _judge(read, row, sources, live=live, open_claimed=open_claimed, doubted=doubted, unsettled=unsettled)


def test_a_level_is_what_its_sources_have_less_what_the_shop_holds_and_no_warehouse_was_asked_for() -> None:
    assert look().desired == 27
    assert look(open_claimed=3).desired == 25
    assert look(sources=[COUNTED, COUNTED]).desired == 54
    assert (look().dirty, look().stale, look().live, look().subject) == (5, 1, True, "stock/l/i")


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
        ({"sources": []}, "no active source feeds it"),
        ({"sources": [replace(COUNTED, counted=None)]}, "no warehouse has counted it yet"),
        ({"read": replace(READ, tracked=False)}, "the shop does not track this item"),
        ({"read": replace(READ, available=None)}, "the item is not stocked at this location in the shop"),
        ({"read": replace(READ, active=False)}, "the item is not stocked at this location in the shop"),
        ({"live": False}, "watched only: writing is switched off for this location"),
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
    assert look(sources=[replace(COUNTED, counted=None), COUNTED]).to_write


def test_a_level_that_nobody_feeds_has_no_number() -> None:
    seen = look(sources=[], doubted=3)
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


def test_a_source_counts_only_the_zones_that_feed_the_level() -> None:
    fed: Any = Fed()
    source = _source(fed, {("wms", "BER", "A"): 3, ("wms", "HAM", "A"): 8})
    assert source == SourceStock(
        name="BER",
        counted=11,
        claimed=3,
        keep=Keep(units=2, percent_bp=500),
        zones=("SHELF", "BULK", "NEW"),
        as_of="2026-11-02T09:00:00+00:00",
    )


def test_a_source_that_was_never_counted_is_not_counted_as_empty() -> None:
    fed: Any = Fed(figure=None, occurred_at=None)
    source = _source(fed, {})
    assert (source.counted, source.claimed, source.as_of) == (None, 0, "")
