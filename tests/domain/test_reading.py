"""Which changes the last reading of an order covers."""

from datetime import UTC, datetime, timedelta

import pytest

from stockbridge.domain.channel_order import ROUNDING, Reading

CHANGED = datetime(2026, 11, 2, 9, 0, 7, tzinfo=UTC)
LATER = CHANGED + timedelta(seconds=1)


def reading(after: timedelta, **changes: datetime | None) -> Reading:
    return Reading(read_at=CHANGED + after, changes={None: CHANGED, **changes})


def test_an_older_change_is_covered() -> None:
    assert reading(timedelta(0)).covers(None, CHANGED - timedelta(seconds=1))


def test_a_newer_change_is_not() -> None:
    assert not reading(timedelta(minutes=5)).covers(None, LATER)


@pytest.mark.parametrize(("after", "covered"), [(timedelta(0), False), (ROUNDING / 2, False), (ROUNDING, True)])
def test_the_known_moment_covers_only_when_its_second_was_surely_over(after: timedelta, covered: bool) -> None:
    assert reading(after).covers(None, CHANGED) is covered


def test_each_part_has_its_own_moment() -> None:
    known = reading(ROUNDING * 3, fo1=LATER)
    assert known.covers("fo1", LATER)
    assert not known.covers(None, LATER)


@pytest.mark.parametrize("part", ["fo1", "fo2"])
def test_a_part_that_was_not_there_or_bore_no_moment_is_not_covered(part: str) -> None:
    assert not reading(ROUNDING * 3, fo1=None).covers(part, CHANGED)


def test_the_channel_names_whole_seconds_and_its_clock_may_be_one_ahead_of_ours() -> None:
    assert not reading(timedelta(seconds=1.9)).covers(None, CHANGED)
    assert reading(timedelta(seconds=2)).covers(None, CHANGED)
