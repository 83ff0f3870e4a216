"""The page of sweeps: what was found and why, what waits for approval, and a file that no spreadsheet obeys."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.domain.events import RunApproved, RunDropped, SweepAsked
from stockbridge.web import sweeps

Visitor = Callable[..., TestClient]


def events(room: Any) -> list[object]:
    return [event for _, event, _ in room.asked]


def test_runs_are_shown_with_their_causes_and_when_the_next_ones_come(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get("/sweeps").text
    assert "Moved inside the warehouse 1" in page
    assert "Under way" in page
    assert "Next: everything" in page
    assert "02:00 in Europe/London" in page
    assert "/sweeps/start" not in page


def test_what_a_run_found_is_shown_level_by_level(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get("/sweeps/run?run=1").text
    assert "TENT-2P-GRN" in page
    assert "Another app or person wrote it" in page
    assert "left as it is" in page


@pytest.mark.parametrize("role", ["viewer", "operator", "manager"])
def test_only_a_manager_approves_what_was_held_back(filled: Any, visitor: Visitor, role: str) -> None:
    client = visitor(role)
    page = client.get("/sweeps/run?run=3").text
    assert "331 of 600 numbers" in page
    assert ("Approve: change 2 numbers" in page) == (role == "manager")
    answer = client.post("/sweeps/decide", data={"run": "3", "do": "approve"})
    assert answer.status_code == (303 if role == "manager" else 403)
    assert len(filled.asked) == (role == "manager")


def test_approving_dropping_and_starting_are_asked_for_by_name(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    client.post("/sweeps/decide", data={"run": "3", "do": "approve"})
    client.post("/sweeps/decide", data={"run": "3", "do": "drop", "note": "a test list"})
    client.post("/sweeps/start", data={"shop": "shop.example", "kind": "full", "dry": "yes"})
    asked = events(filled)
    assert [type(event) for event in asked] == [RunApproved, RunDropped, SweepAsked]
    assert asked[1].note == "a test list"  # type: ignore[attr-defined]
    assert (asked[2].kind, asked[2].dry) == ("full", True)  # type: ignore[attr-defined]


def test_what_is_decided_already_or_does_not_exist_is_not_decided_again(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    assert client.post("/sweeps/decide", data={"run": "1", "do": "approve"}).status_code == 409
    assert client.post("/sweeps/decide", data={"run": "77", "do": "approve"}).status_code == 404
    assert client.post("/sweeps/start", data={"shop": "nobody", "kind": "full"}).status_code == 422
    assert filled.asked == []


def test_the_file_is_one_that_a_spreadsheet_shows_and_never_obeys(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE item SET sku = '=HYPERLINK(\"http://evil\")', title = '@SUM(1)' WHERE inventory_item_id = 'inv-1'")
    answer = visitor("viewer").get("/sweeps/file?run=1")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="sweep-1.csv"' in answer.headers["content-disposition"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("SKU,Title,Location,Was,Should be")
    assert len(lines) == 5
    assert any(line.startswith("\"'=HYPERLINK(") and "'@SUM(1)" in line for line in lines)


def test_a_file_that_is_cut_says_so(filled: Any, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "FILE", 2)
    lines = visitor("viewer").get("/sweeps/file?run=1").content.decode("utf-8-sig").splitlines()
    assert (len(lines), lines[-1]) == (4, "… and more. All of it: stockbridge sweep show 1 --csv")


@pytest.mark.parametrize(
    ("state", "says"), [("dropped", "Would change"), ("approved", "Changed"), ("superseded", "Would change")]
)
def test_a_run_that_did_nothing_does_not_say_that_it_did(filled: Any, visitor: Visitor, state: str, says: str) -> None:
    filled.sql("UPDATE run SET state = :state WHERE run_id = 3", state=state)
    page = visitor("viewer").get("/sweeps/run?run=3").text
    assert f"<dt>{says}</dt>" in page


def test_a_run_that_failed_does_not_say_that_all_is_well(filled: Any, visitor: Visitor) -> None:
    filled.sql("DELETE FROM correction WHERE run_id = 3")
    filled.sql("UPDATE run SET state = 'failed', reason = 'the shop gave no list' WHERE run_id = 3")
    page = visitor("viewer").get("/sweeps/run?run=3").text
    assert "The shop gave no list." in page
    assert "Nothing differed" not in page


def held_back(filled: Any) -> int:
    """A line on Needs you about run 3; its number."""
    filled.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, data, opened_at) VALUES ('acme',"
        " 'warehouse/north-wms/NORTH', 'braked:snapshot', 'north-wms', 'A whole list of NORTH was held back', 'Nothing of it.',"
        " 'sweep', CAST(:data AS jsonb), now())",
        data='{"run_id": 3}',
    )
    return int(filled.sql("SELECT parked_id FROM parked WHERE cause = 'braked:snapshot'")[0]["parked_id"])


def test_what_was_held_back_leads_from_needs_you_to_its_plan(filled: Any, visitor: Visitor) -> None:
    held_back(filled)
    page = visitor("operator").get("/parked?cause=braked").text
    assert 'href="/sweeps/run?run=3"' in page
    assert "Would change too much at once" in page


@pytest.mark.parametrize("what", ["retry", "dismiss"])
def test_what_was_held_back_is_decided_only_where_its_plan_is_shown(filled: Any, visitor: Visitor, what: str) -> None:
    number = held_back(filled)
    client = visitor("operator")
    page = client.get("/parked?cause=braked").text
    assert "Close it" not in page
    assert "role Manager" in visitor("viewer").get("/parked?cause=braked").text
    client.post(f"/parked/{what}", data={"parked": str(number), "note": "no"})
    assert filled.asked == []
