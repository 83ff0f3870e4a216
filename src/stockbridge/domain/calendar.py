"""When something is due by a shop's own calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

NIGHT_HOUR = 2


def due_date(now: datetime, *, zone: str, done: str | None, hour: int = NIGHT_HOUR) -> str | None:
    """The local date whose nightly run is due and not ``done`` yet (ISO text), or None.

    A date, not an hour, is what is done once: when clocks go forward and two o'clock does not exist the run comes at three,
    when they go back and it exists twice the second one finds the date done."""
    local = now.astimezone(ZoneInfo(zone))
    date = local.date() if local.hour >= hour else local.date() - timedelta(days=1)
    due = date.isoformat()
    return due if done is None or due > done else None
