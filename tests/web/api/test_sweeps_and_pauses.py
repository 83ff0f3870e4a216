"""Runs and pauses over the API: read as the pages show them, decided and asked for in the token's name."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.domain.events import PauseAsked, RunApproved, RunDropped, SweepAsked

Programs = Callable[..., Any]
SHOP = "shop.example"


def ask(program: Any, path: str, body: Any, status: int = 202) -> Any:
    answer = program.client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def events(room: Any) -> list[object]:
    return [event for _, event, _ in room.asked]


def test_runs_come_with_their_state_progress_and_causes(filled: Any, program: Programs) -> None:
    reader = program("read")
    runs = reader.all("/sweeps/runs", limit=1)
    assert [(each["run_id"], each["kind"], each["state"], each["progress_percent"]) for each in runs] == [
        (4, "delta", "running", 42),
        (3, "snapshot", "braked", 100),
        (2, "delta", "done", 100),
        (1, "full", "done", 100),
    ]
    night = reader.get("/sweeps/runs/1")
    assert night == runs[-1]
    assert (night["found"], night["writes"]) == (4, 3)
    assert night["causes"] == {"internal_move": 1, "lost_message": 1, "foreign_writer": 1, "unbacked": 1}
    assert night["left_alone"] == {"on_its_way": 4, "tolerated": 2}
    assert runs[2]["state_says"] == "It only looked. Nothing was changed."
    assert [each["run_id"] for each in reader.all("/sweeps/runs", kind="delta")] == [4, 2]
    assert reader.refused(404, "/sweeps/runs/99")["code"] == "no_such_run"
    assert reader.refused(404, "/sweeps/runs/99/corrections")["code"] == "no_such_run"


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_what_a_run_found_comes_level_by_level(filled: Any, program: Programs, limit: int) -> None:
    found = program("read").all("/sweeps/runs/1/corrections", limit=limit)
    assert [(each["sku"], each["was"], each["should"], each["cause"], each["written"]) for each in found] == [
        ("TENT-2P-GRN", 312, 320, "internal_move", True),
        ("TENT-2P-RED", 2, 1, "foreign_writer", True),
        ("STOVE-GAS", 1500, 1488, "lost_message", True),
        ("LAMP-300", 9, None, "unbacked", False),
    ]
    assert found[0]["why"] == "NORTH: PICK 40 → 48, QUARANTINE 20 → 12"


def test_what_a_run_found_is_a_table_that_no_spreadsheet_obeys(filled: Any, program: Programs) -> None:
    filled.sql("UPDATE item SET sku = '=HYPERLINK(\"http://evil\")' WHERE inventory_item_id = 'inv-1'")
    answer = program("read").client.get("/api/v1/sweeps/runs/1/corrections.csv")
    assert 'filename="sweep-1.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert '\'=HYPERLINK("http://evil")' in {row["SKU"] for row in rows}


def test_starting_approving_and_dropping_are_asked_in_the_tokens_name(filled: Any, program: Programs) -> None:
    erp = program("operate", "sources", name="ERP")
    assert ask(erp, "/sweeps/runs", {"shop": SHOP, "kind": "full", "dry": True})["look_at"] == "/api/v1/sweeps/runs"
    ask(erp, "/sweeps/runs", {"shop": SHOP})
    assert ask(erp, "/sweeps/runs/3/approve", {})["look_at"] == "/api/v1/sweeps/runs/3"
    ask(erp, "/sweeps/runs/3/drop", {"note": " a test list "})
    assert events(filled) == [
        SweepAsked(shop=SHOP, kind="full", dry=True, by="ERP (API)"),
        SweepAsked(shop=SHOP, kind="delta", dry=False, by="ERP (API)"),
        RunApproved(run_id=3, by="ERP (API)"),
        RunDropped(run_id=3, by="ERP (API)", note="a test list"),
    ]


def test_what_waits_for_nobody_is_not_decided(filled: Any, program: Programs) -> None:
    erp = program()
    for run, status in ((1, 409), (4, 409), (99, 404)):
        for what in ("approve", "drop"):
            ask(erp, f"/sweeps/runs/{run}/{what}", {}, status)
    assert ask(erp, "/sweeps/runs/1/approve", {}, 409)["detail"] == "It waits for nobody: done. Nothing was done."
    problem = ask(erp, "/sweeps/runs", {"shop": "north-wms"}, 422)
    assert problem["detail"] == "There is no such shop to compare. There is: shop.example. Nothing was done."
    assert filled.asked == []


def test_having_a_shop_compared_and_deciding_are_two_scopes(filled: Any, program: Programs) -> None:
    operator, manager = program("operate"), program("sources")
    for what in ("approve", "drop"):
        ask(operator, f"/sweeps/runs/3/{what}", {}, 403)
    ask(manager, "/sweeps/runs", {"shop": SHOP}, 403)
    assert filled.asked == []


def test_what_was_held_back_is_not_decided_as_a_parked_thing(filled: Any, program: Programs) -> None:
    filled.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, data, opened_at) VALUES ('acme',"
        " 'warehouse/north-wms/NORTH', 'braked:snapshot', 'north-wms', 'Held back', 'Nothing of it.', 'sweep',"
        " CAST(:data AS jsonb), now())",
        data='{"run_id": 3}',
    )
    [row] = filled.sql("SELECT parked_id FROM parked WHERE cause = 'braked:snapshot'")
    for what, body in (("retry", {}), ("dismiss", {"note": "no"})):
        problem = ask(program("operate"), f"/parked/{row['parked_id']}/{what}", body, 409)
        assert problem["code"] == "held_back"
        assert "/api/v1/sweeps/runs/3" in problem["detail"]
    assert filled.asked == []


def test_pausing_and_going_on_are_asked_as_the_command_line_asks_them(filled: Any, program: Programs) -> None:
    erp = program("pause", "read", name="ERP")
    filled.sql("UPDATE connection SET paused = false")
    assert ask(erp, "/pauses", {"connection": SHOP})["look_at"] == "/api/v1/pauses"
    ask(erp, "/pauses", {"everything": True})
    assert events(filled) == [
        PauseAsked(connection=SHOP, paused=True, by="ERP (API)"),
        PauseAsked(connection="", paused=True, by="ERP (API)"),
    ]
    filled.asked.clear()
    filled.sql(
        "UPDATE connection SET paused = true, paused_at = :now, paused_by = 'Bo' WHERE connection = :c",
        now=filled.clock.now(),
        c=SHOP,
    )
    filled.sql("UPDATE account SET paused_at = :now, paused_by = 'Ana' WHERE account = 'acme'", now=filled.clock.now())
    assert [(each["connection"], each["title"], each["paused_by"]) for each in erp.all("/pauses")] == [
        (None, "Everything", "Ana"),
        (SHOP, "Acme Outdoor shop", "Bo"),
    ]
    for body in ({"connection": SHOP}, {"everything": True}):
        assert ask(erp, "/pauses", body, 409)["code"] == "already"
    assert ask(erp, "/pauses/resume", {"connection": SHOP})["asked"] == f"{SHOP} goes on. Everything is still paused."
    assert ask(erp, "/pauses/resume", {"everything": True})["asked"] == "Everything goes on."
    assert (
        ask(erp, "/pauses/resume", {"connection": "north-wms"}, 409)["detail"] == "north-wms goes on already. Nothing was done."
    )
    assert events(filled) == [
        PauseAsked(connection=SHOP, paused=False, by="ERP (API)"),
        PauseAsked(connection="", paused=False, by="ERP (API)"),
    ]


def test_what_is_to_be_paused_must_be_said(filled: Any, program: Programs) -> None:
    erp = program("pause")
    for path in ("/pauses", "/pauses/resume"):
        for body in ({}, {"connection": SHOP, "everything": True}, {"connection": ""}):
            assert ask(erp, path, body, 422)["code"] == "wrong_body"
        assert ask(erp, path, {"connection": "nobody"}, 422)["detail"].startswith("There is no such connection. There is: ")
    assert filled.asked == []
    ask(program("sources", "operate", "map", "read"), "/pauses", {"everything": True}, 403)
