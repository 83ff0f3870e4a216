"""When something is due by a shop's own calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

NIGHT_HOUR = 2
MINUTES = 60


def due_date(now: datetime, *, zone: str, done: str | None, hour: int = NIGHT_HOUR) -> str | None:
    """The local date whose nightly run is due and not ``done`` yet (ISO text), or None.

    A date, not an hour, is what is done once: when clocks go forward and two o'clock does not exist the run comes at three,
    when they go back and it exists twice the second one finds the date done."""
    local = now.astimezone(ZoneInfo(zone))
    date = local.date() if local.hour >= hour else local.date() - timedelta(days=1)
    due = date.isoformat()
    return due if done is None or due > done else None


def next_night(now: datetime, *, zone: str, done: str | None, hour: int = NIGHT_HOUR) -> datetime:
    """When the next nightly run begins: at once if one is due, otherwise at that hour of the shop's next day. UTC."""
    if due_date(now, zone=zone, done=done, hour=hour) is not None:
        return now
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() if local.hour < hour else local.date() + timedelta(days=1)
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_quarter(now: datetime, *, every_min: int) -> datetime:
    """The next full multiple of so many minutes within the hour, as cron counts them."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    minute = (now.minute // every_min + 1) * every_min
    return hour + (timedelta(minutes=minute) if minute < MINUTES else timedelta(hours=1))
