"""`stockbridge map`: which code is which item, which zones feed which location."""

from pathlib import Path
from typing import Any

import pytest


def test_items_without_a_code_come_first(afternoon: Any) -> None:
    rows = afternoon.json("map", "items")
    assert (rows[0]["sku"], rows[0]["codes"]) == ("LAMP-300", [])
    assert {row["sku"] for row in afternoon.json("map", "items", "--unmapped")} == {"LAMP-300"}
    assert "NORTH: 100-011" in afternoon("map", "items", "--search", "TENT-2P-GRN").stdout


def test_mapping_one_item_asks_through_the_inbox(afternoon: Any) -> None:
    said = afternoon("map", "item", "LAMP-300", "LAMP300", "--warehouse", "NORTH").stderr
    assert "Mapped: LAMP-300 as LAMP300" in said
    [asked] = afternoon.asked()
    assert asked["topic"] == "item_mapped"
    assert {key: asked[key] for key in ("shop", "inventory_item_id", "connection", "warehouse", "item_code", "active")} == {
        "shop": "shop.example",
        "inventory_item_id": "inv-6",
        "connection": "north-wms",
        "warehouse": "NORTH",
        "item_code": "LAMP300",
        "active": True,
    }


def test_an_item_may_be_mapped_at_several_warehouses_at_once_and_unmapped(afternoon: Any) -> None:
    afternoon("map", "item", "LAMP-300", "L", "--warehouse", "NORTH", "--warehouse", "south-3pl/SOUTH")
    afternoon("map", "item", "SOCK-M", "SOCKM", "--warehouse", "SOUTH", "--remove")
    assert [(each["warehouse"], each["active"]) for each in afternoon.asked()] == [
        ("NORTH", True),
        ("SOUTH", True),
        ("SOUTH", False),
    ]


def test_what_is_not_certain_is_asked_back(afternoon: Any) -> None:
    assert "Say which warehouse: north-wms/NORTH, south-3pl/SOUTH" in afternoon("map", "item", "LAMP-300", "L", code=1).stderr
    assert "Did you mean LAMP-300?" in afternoon("map", "item", "LAMP-30", "L", "--warehouse", "NORTH", code=1).stderr
    assert afternoon.asked() == []


def test_a_file_with_a_wrong_row_changes_nothing_unless_told_to(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(
        "sku,item_code,warehouse\nLAMP-300,L,NORTH\nNO-SUCH,X,NORTH\nTENT-2P-GRN,100-011,NORTH\nTENT-2P-RED,NEW,NORTH\n"
    )
    result = afternoon("map", "import", str(file), "--yes", code=1)
    assert "Line 3: No item has the SKU NO-SUCH." in result.stdout
    assert "1 new, 1 changed, 1 as they are, 1 wrong." in result.stdout
    assert "1 row is wrong; nothing was changed." in result.stderr
    assert afternoon.asked() == []
    afternoon("map", "import", str(file), "--yes", "--skip-errors")
    assert {(each["inventory_item_id"], each["item_code"]) for each in afternoon.asked()} == {("inv-6", "L"), ("inv-2", "NEW")}


def test_a_dry_run_shows_the_changes_as_data(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("sku;item_code;warehouse\nTENT-2P-RED;NEW;NORTH\n")
    shown = afternoon.json("map", "import", str(file), "--dry-run")
    assert shown["errors"] == []
    assert [(row["line"], row["change"], row["before"], row["item_code"]) for row in shown["entries"]] == [
        (2, "changed", "100-028", "NEW")
    ]
    assert afternoon.asked() == []


def test_a_file_may_come_through_a_pipe_and_needs_yes_then(afternoon: Any) -> None:
    text = "sku,item_code,warehouse\nLAMP-300,L,NORTH\n"
    assert "Add --yes" in afternoon("map", "import", "-", answers=text, code=2).stderr
    afternoon("map", "import", "-", "--yes", answers=text)
    assert len(afternoon.asked()) == 1


def test_a_file_that_is_no_text_is_a_clear_problem(afternoon: Any, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00s")
    assert "must be a CSV file in UTF-8" in afternoon("map", "import", str(tmp_path / "x.csv"), code=2).stderr


def test_a_file_that_is_not_there_is_said_to_be_so(afternoon: Any) -> None:
    said = afternoon("map", "import", "nofile.csv", "--yes", code=2).stderr
    assert "There is no file nofile.csv." in said
    assert "UTF-8" not in said
    assert "Errno" not in said


def test_a_location_may_be_written_small_but_only_a_whole_name_is_mapped(afternoon: Any) -> None:
    words = ["--warehouse", "NORTH", "--zone", "PICK"]
    assert "is compared with Pop-up store" in afternoon("map", "source", "POP-UP STORE", *words).stderr
    said = afternoon("map", "source", "pop-up", *words, code=1).stderr
    assert "No location is called 'pop-up'. Did you mean 'Pop-up store'?" in said
    assert "Did you mean 'London'?" in afternoon("map", "source", "Lodnon", *words, code=1).stderr


def test_sources_show_locations_what_feeds_them_and_the_zones_that_were_counted(afternoon: Any) -> None:
    shown = afternoon.json("map", "sources")
    by_name = {row["name"]: row for row in shown["locations"]}
    assert by_name["London"]["sources"][0]["zones"] == ["PICK", "BULK"]
    assert by_name["Pop-up store"]["sources"] == []
    assert {row["warehouse"]: row["zones"] for row in shown["warehouses"]}["NORTH"] == ["BULK", "PICK", "QUARANTINE"]
    assert "SOUTH: MAIN (watched)" in afternoon("map", "sources").stdout


def test_zones_are_mapped_to_a_location_and_only_watched_unless_said_otherwise(afternoon: Any) -> None:
    words = ["map", "source", "Pop-up store", "--warehouse", "NORTH", "--zone", "PICK", "--keep", "2", "--keep-percent", "5"]
    assert "is compared with Pop-up store" in afternoon(*words).stderr
    afternoon(*words, "--live")
    first, second = afternoon.asked()
    assert (first["topic"], first["location_id"], first["zones"], first["live"]) == ("source_mapped", "loc-3", ["PICK"], None)
    assert (first["keep_units"], first["keep_percent_bp"], second["live"]) == (2, 500, True)


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["Paris", "--warehouse", "NORTH", "--zone", "PICK"], "No location is called 'Paris'", 1),
        (["London", "--warehouse", "EAST", "--zone", "PICK"], "No warehouse is called 'EAST'", 1),
        (["London", "--warehouse", "NORTH", "--zone", "PICKS"], "It counts: BULK, PICK, QUARANTINE", 1),
        (["London", "--warehouse", "NORTH"], "Name at least one zone", 2),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(afternoon: Any, words: list[str], said: str, code: int) -> None:
    assert said in afternoon("map", "source", *words, code=code).stderr
    assert afternoon.asked() == []


def test_a_source_can_be_taken_away(afternoon: Any) -> None:
    afternoon("map", "source", "London", "--warehouse", "NORTH", "--remove")
    assert [(each["active"], each["zones"]) for each in afternoon.asked()] == [(False, [])]


def test_a_source_is_named_with_what_is_left_out_its_share_its_countries_and_its_moment(afternoon: Any) -> None:
    words = ["map", "source", "Pop-up store", "--warehouse", "NORTH", "--zone", "PICK"]
    more = ["--exclude", "PICK/Odd", "--share", "33.33", "--serves", "EU", "--serves", "NO", "--from", "2026-12-01T08:00"]
    afternoon(*words, *more)
    afternoon(*words)
    afternoon(*words, "--serves", "any")
    first, second, third = afternoon.asked()
    named = ("exclude", "share_bp", "serves", "active_from", "live")
    assert [first[key] for key in named] == [["PICK/Odd"], 3333, ["EU", "NO"], "2026-12-01T08:00:00Z", None]
    assert [second[key] for key in named] == [None] * 5, "what is not said stays as it is"
    assert third["serves"] == []
