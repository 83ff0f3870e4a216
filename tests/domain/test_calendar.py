"""The nightly run is due once per local date, whatever the clocks do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.calendar import due_date

ZONES = ["UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe"]


@pytest.mark.parametrize("zone", ZONES)
def test_over_a_year_it_is_due_once_on_every_local_date(zone: str) -> None:
    now, end = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)
    done = due_date(now, zone=zone, done=None)
    runs: list[tuple[str, datetime]] = []
    while now < end:
        due = due_date(now, zone=zone, done=done)
        if due is not None:
            runs.append((due, now))
            done = due
        now += timedelta(minutes=5)
    dates = [due for due, _ in runs]
    assert set(Counter(dates).values()) == {1}
    assert dates == [(date.fromisoformat(dates[0]) + timedelta(days=n)).isoformat() for n in range(len(dates))]
    assert len(dates) in (365, 366)
    for due, moment in runs:
        local = moment.astimezone(ZoneInfo(zone))
        assert local.date().isoformat() == due
        assert local.hour in (2, 3)


def test_before_two_in_the_morning_the_day_before_is_due() -> None:
    night = datetime(2026, 11, 3, 6, 59, tzinfo=UTC)  # 01:59 in New York
    assert due_date(night, zone="America/New_York", done="2026-11-01") == "2026-11-02"
    assert due_date(night, zone="America/New_York", done="2026-11-02") is None
    assert due_date(night + timedelta(minutes=1), zone="America/New_York", done="2026-11-02") == "2026-11-03"


def test_where_two_oclock_does_not_exist_it_is_due_at_three() -> None:
    spring = datetime(2026, 3, 8, 6, 55, tzinfo=UTC)  # 01:55; five minutes later it is 03:00
    assert due_date(spring, zone="America/New_York", done="2026-03-07") is None
    assert due_date(spring + timedelta(minutes=5), zone="America/New_York", done="2026-03-07") == "2026-03-08"


def test_a_clock_that_was_set_back_makes_nothing_due_again() -> None:
    assert due_date(datetime(2026, 5, 1, 12, tzinfo=UTC), zone="UTC", done="2026-05-02") is None


@given(st.integers(0, 10 * 365 * 24 * 60), st.sampled_from(ZONES), st.integers(0, 23))
def test_what_was_done_is_not_due_again_the_same_moment(minute: int, zone: str, hour: int) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    due = due_date(moment, zone=zone, done=None, hour=hour)
    assert due is not None
    assert due_date(moment, zone=zone, done=due, hour=hour) is None
