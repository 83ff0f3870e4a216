"""`stockbridge orders`."""

import time
from typing import Any

import pytest


def test_the_newest_order_comes_first(afternoon: Any) -> None:
    rows = afternoon.json("orders", "list")
    assert [row["name"] for row in rows][:2] == ["#1011", "#1012"]
    assert len(rows) == 12
    assert rows[0].keys() >= {"name", "state", "placed_at", "shop", "order_id", "units", "warehouses", "parked", "reason"}


def test_tabs_states_and_words_narrow_the_list(afternoon: Any) -> None:
    def names(*words: str) -> set[str]:
        return {row["name"] for row in afternoon.json("orders", "list", *words)}

    assert names("--state", "parked") == {"#1006", "#1007"}
    assert names("--tab", "unwritten") == {"#1004"}
    assert names("--search", "RM100200301GB") == {"#1003"}
    assert names("--search", "S-56") == {"#1005"}
    assert len(names("--limit", "3")) == 3


def test_the_table_says_why_an_order_waits(afternoon: Any) -> None:
    said = afternoon("orders", "list", "--state", "waiting").stdout
    assert "#1008" in said
    assert "No warehouse has 40" in said


def test_a_state_that_there_is_not_is_refused_with_those_that_there_are(afternoon: Any) -> None:
    said = afternoon("orders", "list", "--state", "nonsense", code=2).stderr
    assert "'waiting', 'parked', 'assigned', 'accepted'" in said


def test_times_name_their_zone(afternoon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    afternoon.sql("UPDATE orders SET placed_at = '2026-11-23T07:30Z' WHERE name = '#1011'")
    try:
        assert "2026-11-23 16:30:00 JST" in afternoon("orders", "show", "1011").stdout
    finally:
        monkeypatch.undo()
        time.tzset()


def test_nothing_found_is_said(afternoon: Any) -> None:
    assert afternoon("orders", "list", "--search", "no such thing").stdout == "No order fits.\n"


def test_an_order_tells_its_story_by_name_with_or_without_its_sign(afternoon: Any) -> None:
    for name in ("#1003", "1003", "shop://order/1003"):
        order = afternoon.json("orders", "show", name)
        assert order["name"] == "#1003"
    assert [line["kind"] for line in order["timeline"]][:2] == ["order.placed", "order.assigned"]
    assert [each["reference"] for each in order["submissions"]] == ["SB-1003-1"]
    assert [each["shipment_id"] for each in order["shipments"]] == ["north-wms/P-2"]
    assert {each["line_id"] for each in order["claims"]} == {"l1", "l2"}


def test_an_order_for_people_shows_reasons_tracking_and_what_is_parked(afternoon: Any) -> None:
    said = afternoon("orders", "show", "1003").stdout
    for part in ("part_shipped", "Assigned to NORTH: it has all lines", "RM100200301GB", "W-7002", "MUG-TI-450"):
        assert part in said
    parked = afternoon("orders", "show", "1006").stdout
    assert "LAMP-300 has no item code at any warehouse" in parked
    assert "stockbridge map item SKU CODE" in parked
    assert "Needs you (parked)" in parked
    assert "map_item" not in parked


def test_an_unknown_order_is_a_problem_with_a_hint(afternoon: Any) -> None:
    assert "There is no order 4711" in afternoon("orders", "show", "4711", code=1).stderr


def test_a_name_that_two_shops_use_asks_for_the_shop(afternoon: Any) -> None:
    afternoon.sql(
        "INSERT INTO orders (account, shop, order_id, name, state, placed_at, updated_at, read_at, snapshot, first_seen_at)"
        " SELECT account, 'outlet.example', 'shop://order/9', name, state, placed_at, updated_at, read_at, snapshot, first_seen_at"
        " FROM orders WHERE name = '#1001'"
    )
    assert "2 orders are called 1001" in afternoon("orders", "show", "1001", code=1).stderr
    assert afternoon.json("orders", "show", "1001", "--shop", "outlet.example")["order_id"] == "shop://order/9"
