"""A file of item codes, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.cli.setup.sheet import Known, read_sheet

ITEMS = [
    ("shop-a", "gid://I/1", "RED"),
    ("shop-a", "gid://I/2", "BLUE"),
    ("shop-a", "gid://I/3", "TWIN"),
    ("shop-b", "gid://I/4", "TWIN"),
]
ONE = Known(items=ITEMS, places=[("wms", "MAIN")], codes={("shop-a", "gid://I/1", "wms", "MAIN"): "R-1"})
TWO = Known(items=ITEMS, places=[("wms", "EAST"), ("wms", "WEST"), ("3pl", "WEST")], codes={})


def test_rows_are_new_changed_or_as_they_are() -> None:
    text = "sku,item_code\nRED,R-1\nBLUE,B-1\n"
    assert [entry.change for entry in read_sheet(text, ONE).entries] == ["same", "new"]
    assert [entry.change for entry in read_sheet("sku,item_code\nRED,R-2\n", ONE).entries] == ["changed"]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_usual_separators_and_a_byte_order_mark_are_understood(sign: str) -> None:
    reading = read_sheet(f"\ufeffSKU{sign}Item_Code\nRED{sign}R-9\n", ONE)
    assert [(entry.sku, entry.item_code) for entry in reading.entries] == [("RED", "R-9")]
    assert reading.errors == []


def test_every_wrong_row_is_named_with_its_line_and_the_right_ones_are_kept() -> None:
    text = "sku,item_code\nRED,R-1\nREDD,X\nBLUE,\n,Y\nRED,R-2\n"
    reading = read_sheet(text, ONE)
    assert [entry.line for entry in reading.entries] == [2]
    assert dict(reading.errors) == {
        3: "No item has the SKU REDD. Did you mean RED?",
        4: "item_code is empty.",
        5: "sku is empty.",
        6: "The same item and warehouse stand in line 2 already.",
    }


def test_one_warehouse_need_not_be_named_several_must() -> None:
    assert read_sheet("sku,item_code\nRED,R\n", ONE).entries[0].warehouse == "MAIN"
    [(line, text)] = read_sheet("sku,item_code\nRED,R\n", TWO).errors
    assert (line, text) == (2, "Say which warehouse: wms/EAST, wms/WEST, 3pl/WEST.")


def test_a_warehouse_name_that_two_systems_use_needs_its_connection() -> None:
    reading = read_sheet("sku,warehouse,item_code\nRED,EAST,1\nBLUE,WEST,2\nRED,3pl/WEST,3\nRED,NORTH,4\n", TWO)
    assert [(entry.connection, entry.warehouse) for entry in reading.entries] == [("wms", "EAST"), ("3pl", "WEST")]
    assert [text.split(":")[0] for _, text in reading.errors] == [
        "Several warehouses are called WEST",
        "No warehouse is called NORTH",
    ]


def test_a_sku_that_two_items_have_is_never_guessed() -> None:
    [(_, text)] = read_sheet("sku,item_code\nTWIN,T\n", ONE).errors
    assert "2 items have the SKU TWIN" in text
    assert "gid://I/3, gid://I/4" in text
    assert read_sheet("sku,shop,item_code\nTWIN,shop-b,T\n", ONE).entries[0].inventory_item_id == "gid://I/4"
    by_id = read_sheet("inventory_item_id,item_code\ngid://I/3,T\n4,U\n", ONE)
    assert [entry.shop for entry in by_id.entries] == ["shop-a", "shop-b"]


@pytest.mark.parametrize("text", ["", "RED,R-1\n", "sku,code\nRED,R\n", "item_code\nR\n"])
def test_without_the_needed_columns_nothing_is_read(text: str) -> None:
    reading = read_sheet(text, ONE)
    assert reading.entries == []
    assert reading.errors[0][0] == 1


def test_an_unknown_column_is_an_error_not_ignored() -> None:
    assert (1, "There is no column 'warehose'. Did you mean warehouse?") in read_sheet(
        "sku,item_code,warehose\nRED,R,X\n", ONE
    ).errors


def test_empty_lines_are_passed_over() -> None:
    assert len(read_sheet("sku,item_code\n\nRED,R\n,\n\n", ONE).entries) == 1


@given(st.text(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused_but_never_crashes(text: str) -> None:
    reading = read_sheet("sku,item_code,warehouse\n" + text, ONE)
    for entry in reading.entries:
        assert entry.item_code
        assert (entry.connection, entry.warehouse) == ("wms", "MAIN")
