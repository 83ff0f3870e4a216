"""`stockbridge stock why`: a number explains itself, now and at any moment that is remembered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stockbridge.db import spent
from stockbridge.testing.past import Flying, publish

LONDON = ZoneInfo("Europe/London")
TENT = ("stock", "why", "TENT-2P-GRN", "--location", "London")


@pytest.fixture
def remembered(afternoon: Any) -> Any:
    """Yesterday at noon 412 were counted and 400 written; an hour later somebody had made it 450, and 380 were counted."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    place: dict[str, Any] = {"account": "acme", "shop": "shop.example", "cell": ("loc-1", "inv-1")}
    order = Flying(name="#1003", units=7)
    with afternoon.database.engine.begin() as conn:
        zones = {"zones": (("PICK", 0), ("BULK", 100)), "left_out": (("QUARANTINE", 12),)}
        publish(conn, **place, at=noon, key="a" * 32, counted=412, shown=390, orders=[order], **zones)
        publish(conn, **place, at=noon + timedelta(hours=1), key="b" * 32, counted=380, shown=450, **zones)
    afternoon.noon = noon
    return afternoon


def at(moment: datetime) -> str:
    return moment.astimezone(LONDON).strftime("%Y-%m-%dT%H:%M")


def test_a_moment_in_the_past_is_answered_with_the_number_that_stood_then(remembered: Any) -> None:
    said = remembered(*TENT, "--at", at(remembered.noon + timedelta(minutes=30))).stdout
    lines = [line.split() for line in said.splitlines() if line.startswith("  ") and line.split()[0] in "+−="]
    assert [line[:2] for line in lines] == [["+", "412"], ["−", "7"], ["−", "5"], ["=", "400"]]
    assert "The shop showed 390; we wrote 400, and it took it." in said
    assert "Zones of NORTH: counted PICK 312, BULK 100; left out QUARANTINE 12." in said
    assert "#1003" in said
    assert "It stood until" in said


def test_who_else_changed_it_and_what_had_changed_is_said(remembered: Any) -> None:
    said = remembered(*TENT, "--at", at(remembered.noon + timedelta(hours=2))).stdout
    assert "NORTH counted 412 → 380" in said
    assert "Somebody else changed it by +50" in said
    assert "400 was left there, 450 was found" in said
    assert "It still stands." in said
    assert "The last numbers" in remembered(*TENT).stdout, "the present number comes with the last ones of the past"


def test_a_date_alone_is_its_end(remembered: Any) -> None:
    date = remembered.noon.astimezone(LONDON).date().isoformat()
    found = remembered.json(*TENT, "--at", date)
    assert (found["shown"], found["wrote"], found["answer"], found["elsewhere"]) == (450, 375, "written", 50)
    assert found["key"] == "b" * 32
    assert found["stood_until"] is None


def test_a_moment_before_everything_that_is_remembered_is_said_so(remembered: Any) -> None:
    said = remembered(*TENT, "--at", "2020-01-01", code=1).stderr
    assert "No number of TENT-2P-GRN is remembered from 1 Jan 2020 23:59:59 GMT or before" in said
    assert "'soon' is not a time" in remembered(*TENT, "--at", "soon", code=2).stderr


def test_the_older_name_of_the_command_still_works(afternoon: Any) -> None:
    assert afternoon("stock", "explain", "TENT-2P-GRN").stdout == afternoon("stock", "why", "TENT-2P-GRN").stdout


def test_doctor_says_how_much_room_the_history_takes(remembered: Any) -> None:
    said = remembered("doctor", "--offline", code=1).stdout
    assert "published numbers" in said
    assert "kept for 90 days (setting history_days)" in said


def test_changes_by_others_are_counted_and_it_is_said_where_the_name_is(remembered: Any) -> None:
    assert "by others" not in remembered(*TENT).stdout
    with remembered.database.engine.begin() as conn:
        for hours, units, reference in ((1, 7, "hand-1"), (3, -10, "")):
            at_ = datetime.now(UTC) - timedelta(hours=hours)
            place = {"account": "acme", "shop": "shop.example", "cell": ("loc-1", "inv-1")}
            spent.changed_by_hand(conn, **place, at=at_, units=units, reference=reference)  # type: ignore[arg-type]
    said = remembered(*TENT).stdout
    assert "Changed in the shop by others 2 times in the last 30 days, by −3 in all" in said
    assert "+7 (the warehouse was told)" in said
    assert "−10 (no warehouse was told)" in said
    assert "inventory history in the Shopify admin names the app or person" in said
    found = remembered.json(*TENT)
    assert [(one["units"], one["warehouse_told"]) for one in found["changed_by_others"]] == [(7, True), (-10, False)]
