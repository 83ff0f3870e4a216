"""`stockbridge sweep`."""

from typing import Any


def test_runs_are_listed_and_one_is_shown_with_what_it_found(afternoon: Any) -> None:
    assert [row["run_id"] for row in afternoon.json("sweep", "list")] == [4, 3, 2, 1]
    assert [row["state"] for row in afternoon.json("sweep", "list", "--kind", "snapshot")] == ["braked"]
    assert "stockbridge sweep approve" in afternoon("sweep", "list").stdout
    said = afternoon("sweep", "show", "3").stdout
    assert "331 of 600 numbers" in said
    assert "TENT-2P-GRN" in said
    assert "Problem: There is no run 99" in afternoon("sweep", "show", "99", code=1).stderr


def test_what_a_run_found_is_printed_as_a_table_that_no_spreadsheet_obeys(afternoon: Any) -> None:
    afternoon.sql("UPDATE item SET sku = '=1+1' WHERE inventory_item_id = 'inv-1'")
    lines = afternoon("sweep", "show", "3", "--csv").stdout.splitlines()
    assert lines[0] == "SKU,Title,Location,Was,Should be,Shown now,Cause,Why"
    assert any(line.startswith("'=1+1,") for line in lines)


def test_a_sweep_and_a_dry_run_are_asked_for(afternoon: Any) -> None:
    afternoon("sweep", "run", "--full")
    afternoon("sweep", "dry-run", "--shop", "shop.example")
    afternoon("sweep", "run", "--shop", "nobody", code=2)
    asked = afternoon.asked()
    assert [(each["topic"], each["shop"], each["kind"], each["dry"]) for each in asked] == [
        ("sweep_asked", "shop.example", "full", False),
        ("sweep_asked", "shop.example", "delta", True),
    ]


def test_what_was_held_back_is_approved_or_dropped_and_nothing_else_is(afternoon: Any) -> None:
    afternoon("sweep", "approve", "3")
    afternoon("sweep", "drop", "3", "--note", "a test list")
    afternoon("sweep", "approve", "1", code=1)
    asked = afternoon.asked()
    assert [(each["topic"], each["run_id"]) for each in asked] == [("run_approved", 3), ("run_dropped", 3)]
    assert asked[1]["note"] == "a test list"
