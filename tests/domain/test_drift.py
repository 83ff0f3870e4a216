"""Where a difference comes from, and when there are so many that a person decides."""

from datetime import UTC, datetime, timedelta

import pytest

from stockbridge.domain.calendar import next_night, next_quarter
from stockbridge.domain.drift import Before, Cause, Tally, braked, figure_cause, is_news, level_cause

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
BEFORE = Before(shown=50, held=3, desired=50)


@pytest.mark.parametrize(
    ("before", "after", "tells", "kind", "cause"),
    [
        ({"A": 5, "Q": 5}, {"A": 8, "Q": 2}, True, "wms", Cause.INTERNAL_MOVE),
        ({"A": 5}, {"A": 4}, True, "wms", Cause.LOST_MESSAGE),
        ({"A": 5}, {"A": 4}, False, "wms", Cause.COUNT),
        ({"A": 5, "Q": 5}, {"A": 8, "Q": 2}, True, "edi", Cause.EDI),
        (None, {"A": 4}, False, "wms", Cause.COUNT),
    ],
)
def test_a_figure_that_had_to_be_asked_for(
    before: dict[str, int] | None, after: dict[str, int], tells: bool, kind: str, cause: Cause
) -> None:
    assert figure_cause(before=before, after=after, tells=tells, kind=kind) is cause


@pytest.mark.parametrize(
    ("shown", "held", "desired", "returned", "cause"),
    [
        (70, 3, 50, 0, Cause.FOREIGN_WRITER),
        (53, 3, 50, 3, Cause.RETURN),
        (54, 3, 50, 3, Cause.FOREIGN_WRITER),
        (50, 3, 44, 0, Cause.LOST_MESSAGE),
        (48, 5, 40, 0, Cause.LOST_MESSAGE),
        (60, 5, 48, 0, Cause.FOREIGN_WRITER),
        (60, 3, 44, 0, Cause.UNKNOWN),
        (48, 5, 48, 0, Cause.UNKNOWN),
    ],
)
def test_a_level_that_shows_another_number(shown: int, held: int, desired: int, returned: int, cause: Cause) -> None:
    assert level_cause(BEFORE, shown=shown, held=held, desired=desired, returned=returned) is cause


def test_of_a_level_that_was_never_looked_at_nothing_is_known() -> None:
    never = Before(shown=None, held=0, desired=None)
    assert level_cause(never, shown=4, held=0, desired=5, returned=0) is Cause.UNKNOWN


def test_what_has_just_happened_is_told_by_a_message_if_there_are_any() -> None:
    young, old = NOON - timedelta(seconds=59), NOON - timedelta(seconds=60)
    assert [is_news(occurred_at=at, asked_at=NOON, tells=True) for at in (young, old)] == [False, True]
    assert is_news(occurred_at=young, asked_at=NOON, tells=False)


def tally(changes: int, *, levels: int, units: int = 100, by: int = 1) -> Tally:
    same = [(units, units)] * (levels - changes)
    return Tally().plus([(units, units - by)] * changes + same)


@pytest.mark.parametrize(
    ("counted", "held"),
    [
        (tally(24, levels=24), False),
        (tally(25, levels=250), False),
        (tally(25, levels=249), True),
        (tally(25, levels=1_000, by=100), False),
        (tally(25, levels=1_000, units=100, by=1_001), True),
        (Tally(levels=1_000, units=10_000, changed=25, moved=2_500), False),
        (Tally(levels=1_000, units=10_000, changed=25, moved=2_501), True),
        (Tally(levels=1_000, units=0, changed=25, moved=25, filled=25), True),
        (Tally(levels=1_000, units=0, changed=24, moved=9_999, filled=24), False),
    ],
)
def test_many_changes_wait_when_they_are_a_great_part(counted: Tally, held: bool) -> None:
    assert bool(braked(counted)) is held


def test_the_reason_says_how_much_and_never_divides_by_nothing() -> None:
    emptied = Tally().plus([(8, 0)] * 30 + [(8, 8)] * 30)
    assert braked(emptied) == (
        "it would change 30 of 60 numbers (50 %) and 240 units where the shop shows 480 (50 %), and set 30 to zero"
    )
    filled = Tally().plus([(0, 8)] * 30)
    assert (filled.filled, filled.emptied) == (30, 0)
    assert braked(filled) == "it would put 30 numbers on offer in a shop that shows nothing at all"


def test_the_next_sweeps_are_named_by_the_clock_of_the_shop() -> None:
    assert next_quarter(NOON.replace(minute=14, second=59), every_min=15) == NOON.replace(minute=15)
    assert next_quarter(NOON.replace(minute=45), every_min=15) == NOON.replace(hour=13)
    assert next_quarter(NOON.replace(minute=56), every_min=25) == NOON.replace(hour=13)
    done = "2026-11-02"
    assert next_night(NOON, zone="America/New_York", done=done) == datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert next_night(NOON.replace(hour=6), zone="Europe/Berlin", done="2026-11-01") == NOON.replace(hour=6)
    assert next_night(NOON.replace(hour=0), zone="Europe/Berlin", done="2026-11-01") == NOON.replace(hour=1)
