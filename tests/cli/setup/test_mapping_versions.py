"""`stockbridge map show`, `versions`, `check`, `dry-run`, `apply`, `restore`: the mapping as one document."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def more(afternoon: Any) -> Any:
    """An afternoon after which version 2 keeps more back in London."""
    afternoon.sql(
        "INSERT INTO mapping SELECT account, shop, 2, jsonb_set(jsonb_set(document, '{version}', '2'), "
        "'{locations,0,sources,0,keep,units}', '50'), 'Ben', 'more', at FROM mapping"
    )
    return afternoon


def document(terminal: Any, file: Path, **source: Any) -> Path:
    """The mapping as it stands with one thing changed in London's source."""
    shown = terminal.json("map", "show")
    shown["locations"][0]["sources"][0] |= source
    file.write_text(json.dumps(shown))
    return file


def test_any_version_is_shown_in_sentences_and_as_a_document(more: Any) -> None:
    assert "NORTH feeds it: PICK, BULK; order of choice 10; 50 units kept back." in more("map", "show").stdout
    assert "5 units kept back" in more("map", "show", "--version", "1").stdout
    assert more.json("map", "show", "--version", "1")["locations"][0]["sources"][0]["keep"]["units"] == 5
    assert "no version 9" in more("map", "show", "--version", "9", code=1).stderr
    assert [(row["version"], row["by"], row["note"]) for row in more.json("map", "versions")] == [
        (2, "Ben", "more"),
        (1, "Ana", "the first one"),
    ]


def test_a_dry_run_shows_every_number_that_would_be_written(more: Any, tmp_path: Path) -> None:
    file = document(more, tmp_path / "m.json", keep={"units": 100, "percent_bp": 0})
    shown = more.json("map", "dry-run", str(file))
    assert shown["differences"] == ["London: NORTH, kept back: 50 units → 100 units."]
    assert {each["sku"]: (each["now"], each["then"]) for each in shown["changes"]} == {
        "TENT-2P-GRN": (320, 225),
        "TENT-2P-RED": (1, 0),
        "STOVE-GAS": (1488, 1400),
    }
    assert "London: NORTH, kept back: 50 units → 100 units." in more("map", "dry-run", str(file)).stdout
    again = more.json("map", "dry-run", "--restore", "1")
    assert {each["sku"]: each["then"] for each in again["changes"]}["STOVE-GAS"] == 1495
    assert more.asked() == []


def test_a_dry_run_as_csv_is_obeyed_by_no_spreadsheet(more: Any) -> None:
    more.sql("UPDATE item SET sku = '=1+1' WHERE inventory_item_id = 'inv-3'")
    rows = list(csv.DictReader(io.StringIO(more("map", "dry-run", "--restore", "1", "--csv").stdout)))
    assert {row["SKU"]: row["Would be"] for row in rows}["'=1+1"] == "1495"


def test_a_document_is_applied_after_a_yes_and_names_the_version_it_was_made_from(more: Any, tmp_path: Path) -> None:
    file = document(more, tmp_path / "m.json", serves=["GB"])
    assert "Add --yes" in more("map", "apply", str(file), code=2).stderr
    said = more("map", "apply", str(file), "--yes", "--note", "Brexit")
    assert "London: NORTH, ships to: everywhere → GB." in said.stdout
    assert "Asked for version 3." in said.stderr
    [asked] = more.asked()
    assert (asked["topic"], asked["base"], asked["seen"], asked["note"]) == ("mapping_changed", 2, True, "Brexit")
    assert asked["locations"][0]["sources"][0]["serves"] == ["GB"]
    more.sql(
        "INSERT INTO mapping SELECT account, shop, 3, jsonb_set(document, '{version}', '3'), '', '', at FROM mapping WHERE version = 1"
    )
    assert (
        "made from version 2, and the mapping is at version 3 by now" in more("map", "apply", str(file), "--yes", code=1).stderr
    )
    assert len(more.asked()) == 1


def test_an_old_version_is_restored_as_a_new_one(more: Any) -> None:
    assert "says this already" in more("map", "restore", "2", "--yes").stderr
    more("map", "restore", "1", "--yes")
    [asked] = more.asked()
    assert (asked["base"], asked["note"], asked["locations"][0]["sources"][0]["keep"]["units"]) == (2, "version 1 again", 5)


def test_what_cannot_stand_is_said_and_not_applied(more: Any, tmp_path: Path) -> None:
    file = document(more, tmp_path / "m.json", serves=["UK"], share_bp=10_001)
    for words in (["check"], ["dry-run"], ["apply", "--yes"]):
        said = more("map", words[0], str(file), *words[1:], code=1).stderr
        assert "GB is meant, perhaps" in said, words
        assert "not between 0 and 100 %" in said
    checked = more("map", "check")
    assert "Units of NORTH lie where no location counts them: 12 in QUARANTINE." in checked.stdout
    assert "Nothing is wrong" in checked.stderr
    (tmp_path / "odd.json").write_text('{"shop": 3}')
    assert "is no mapping" in more("map", "check", str(tmp_path / "odd.json"), code=2).stderr
    assert "Say which mapping" in more("map", "dry-run", code=2).stderr
    assert more.asked() == []
