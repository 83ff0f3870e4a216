"""`stockbridge stock`."""

from typing import Any


def test_stock_is_listed_item_by_location_with_the_whole_chain(afternoon: Any) -> None:
    rows = {(row["sku"], row["location"]): row for row in afternoon.json("stock", "list")}
    tent = rows["TENT-2P-GRN", "London"]
    assert (tent["figure"], tent["in_flight"], tent["desired"], tent["available"]) == (328, 3, 320, 320)
    assert rows["SOCK-M", "Leeds"]["note"].startswith("A change this large waits")


def test_stock_can_be_narrowed_by_location_name_search_and_difference(afternoon: Any) -> None:
    for word in ("Leeds", "leeds", "lee"):
        assert {row["location"] for row in afternoon.json("stock", "list", "--location", word)} == {"Leeds"}
    assert {row["sku"] for row in afternoon.json("stock", "list", "--search", "100-011")} == {"TENT-2P-GRN"}
    assert {row["sku"] for row in afternoon.json("stock", "list", "--show", "held")} == {"SOCK-M"}
    assert len(afternoon.json("stock", "list", "--limit", "2")) == 2


def test_an_unknown_location_lists_those_that_there_are(afternoon: Any) -> None:
    said = afternoon("stock", "list", "--location", "Paris", code=1).stderr
    assert "No location is called 'Paris'" in said
    assert "Did you mean 'Leeds'?" in afternoon("stock", "list", "--location", "Lees", code=1).stderr
    assert "London (loc-1)" in said


def test_a_number_is_explained_as_a_sum_that_adds_up(afternoon: Any) -> None:
    said = afternoon("stock", "why", "TENT-2P-GRN").stdout
    lines = [line.split() for line in said.splitlines() if line.startswith("  ") and line.split()[0] in "+−="]
    assert lines[0][:2] == ["+", "328"]
    assert lines[-1][:2] == ["=", "320"]
    parts = sum(int(number) if sign == "+" else -int(number) for sign, number, *_ in lines[:-1])
    assert parts == 320
    assert "they agree" in said
    assert "#1003" in said  # whose units are in flight


def test_an_item_goes_by_its_sku_its_item_code_or_its_id(afternoon: Any) -> None:
    for name in ("tent-2p-grn", "100-011", "inv-1"):
        cell = afternoon.json("stock", "why", name)
        assert (cell["inventory_item_id"], cell["derivation"]["result"]) == ("inv-1", 320)
        assert [source["warehouse"] for source in cell["sources"]] == ["NORTH"]
        assert cell["claims"]


def test_part_of_a_sku_is_not_enough_to_explain_something_else(afternoon: Any) -> None:
    assert "Nothing is known of TENT" in afternoon("stock", "why", "TENT", code=1).stderr


def test_an_item_at_several_locations_asks_which(afternoon: Any) -> None:
    said = afternoon("stock", "why", "STOVE-GAS", code=1).stderr
    assert "STOVE-GAS is in several places" in said
    assert "--location" in said
    assert afternoon.json("stock", "why", "STOVE-GAS", "--location", "Leeds")["location"] == "Leeds"


def test_what_has_not_been_worked_out_is_said_so(afternoon: Any) -> None:
    assert "not been worked out yet" in afternoon("stock", "why", "SOCK-M").stdout


def test_findings_and_a_number_on_its_way_are_told(afternoon: Any) -> None:
    said = afternoon("stock", "why", "TENT-2P-RED").stdout
    assert "! NORTH keeps 5 units back" in said
    assert "The shop shows 1; 0 is on its way." in said


def test_every_row_of_the_list_adds_up_and_says_what_is_held_back(afternoon: Any) -> None:
    rows = {(row["sku"], row["location"]): row for row in afternoon.json("stock", "list")}
    worked_out = [row for row in rows.values() if row["held"] is not None]
    assert len(worked_out) == 4
    for row in worked_out:
        assert row["counted"] - row["asked"] - row["held"] + row["short"] == row["desired"]
    assert rows["STOVE-GAS", "London"]["why"] == "5 waiting orders; 5 buffer"
    assert rows["STOVE-GAS", "Leeds"]["why"] == "3 too few"
    said = afternoon("stock", "list", "--search", "STOVE").stdout
    for heading in ("Counted", "− On its way", "− Held back", "= Offered"):
        assert heading in said


def test_an_item_without_a_code_is_listed_and_explained_although_it_is_at_no_location(afternoon: Any) -> None:
    afternoon.sql(
        "INSERT INTO item SELECT account, shop, 'inv-8', 'v-8', 'p-8', 'BOX-1', '', 'Gift box', true, true, seen_at FROM item "
        "WHERE inventory_item_id = 'inv-1'"
    )
    rows = afternoon.json("stock", "list", "--show", "unmapped")
    assert [row["sku"] for row in rows] == ["BOX-1", "LAMP-300"]
    assert {row["why"] for row in rows} == {"no warehouse has an item code for it"}
    assert "no warehouse has an item code for it" in afternoon("stock", "why", "BOX-1").stdout


def test_the_moment_of_a_count_is_written_for_people(afternoon: Any) -> None:
    said = afternoon("stock", "why", "STOVE-GAS", "--location", "London").stdout
    assert "reported for PICK, BULK at 5 Jan 2026 11:57:00 GMT" in said
