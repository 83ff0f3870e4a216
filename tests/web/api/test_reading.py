"""What programs read is what the pages show."""

from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.web.api.resources.orders import OrderView
from stockbridge.web.api.resources.stock import StockView

Programs = Callable[..., Any]
LEVEL = {"shop": "shop.example", "location_id": "loc-1", "inventory_item_id": "inv-1"}


def test_a_level_comes_with_its_whole_chain_and_the_chain_adds_up(filled: Any, program: Programs) -> None:
    levels = program("read").all("/stock")
    by_place = {(each["sku"], each["location"]): each for each in levels}
    tent = by_place["TENT-2P-GRN", "London"]
    chain = [tent[name] for name in ("counted", "on_its_way_out", "held_back", "offered", "shop_shows", "state")]
    assert chain == [328, 3, 5, 320, 320, "in_step"]
    assert tent["held_back_for"] == {"keep": 5}
    worked_out = [each for each in levels if each["held_back"] is not None]
    assert len(worked_out) == 4
    for each in worked_out:
        assert each["counted"] - each["on_its_way_out"] - each["held_back"] + each["too_few"] == each["offered"], each["sku"]


@pytest.mark.parametrize("path", ["/stock", "/items", "/item-codes", "/parked"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_any_size_hold_every_row_once(filled: Any, program: Programs, path: str, limit: int) -> None:
    reader = program("read")
    whole = reader.get(path, limit=200)
    assert whole["next_cursor"] is None
    assert len(whole["data"]) > 2
    assert reader.all(path, limit=limit) == whole["data"]


def test_orders_come_in_pages_too_the_newest_first(filled: Any, program: Programs) -> None:
    reader = program("orders")
    found = reader.all("/orders", limit=5)
    assert [each["name"] for each in found][:3] == ["#1011", "#1012", "#1010"]
    assert found == reader.get("/orders", limit=200)["data"]
    assert len(found) == 12


def test_a_number_explains_itself(filled: Any, program: Programs) -> None:
    why = program("read").get("/stock/why", **LEVEL)
    assert [(step["sign"], step["units"], step["label"]) for step in why["steps"]] == [
        ("+", 328, "NORTH has"),
        ("−", 3, "asked of it and not in that figure"),
        ("−", 5, "kept back"),
    ]
    assert why["level"]["offered"] == 320
    assert {each["order_name"] for each in why["claims"]} == {"#1003", "#1011"}
    assert why["sources"][0]["item_code"] == "100-011"
    assert why["history"][0]["text"] == "Wrote 320 to London: the warehouse counted 328 in PICK and BULK."


def test_a_number_of_the_past_explains_itself_too(filled: Any, program: Programs) -> None:
    """A date alone is the end of that day in the shop's zone."""
    reader = program("read")
    why = reader.get("/stock/why", **LEVEL, at="2026-11-21")
    then = why["then"]
    assert (then["offered"], then["shop_showed"], then["wrote"], then["answer"]) == (373, 450, 373, "written")
    assert (then["at"], then["stood_until"]) == ("2026-11-21T13:00:00Z", "2026-11-22T10:00:00Z")
    assert then["answer_says"] == "The shop showed 450; we wrote 373, and it took it."
    assert then["changed_elsewhere"] == 45, "450 where we had left 405"
    assert "NORTH counted 412 → 380" in then["causes"]
    assert [(step["sign"], step["units"]) for step in why["steps"]] == [("+", 380), ("−", 2), ("−", 5)]
    assert why["steps"] == then["steps"]
    assert then["sources"][0]["counted"] == {"PICK": 100, "BULK": 280}
    assert then["sources"][0]["left_out"] == {"QUARANTINE": 12}
    assert [(each["order_name"], each["units"]) for each in then["orders"]] == [("#1003", 2)]
    assert (why["level"]["offered"], why["sources"], why["claims"]) == (320, [], []), "the level is as it is now"
    assert reader.get("/stock/why", **LEVEL, at="2026-11-21T12:30:00+00:00")["then"]["offered"] == 405
    assert reader.get("/stock/why", **LEVEL, at="2026-11-22T11:00")["then"]["stood_until"] is None
    assert reader.get("/stock/why", **LEVEL)["then"] is None


def test_what_is_no_moment_or_is_not_remembered_is_said_so(filled: Any, program: Programs) -> None:
    reader = program("read")
    for wrong in ("soon", "2026-13-01", "9999-12-31", "2026-11-22T25:00"):
        problem = reader.refused(400, "/stock/why", params={**LEVEL, "at": wrong})
        assert problem["detail"] == "The field 'at' is not a moment. Write it like 2026-11-17T14:00."
    for before in ("2026-10-01", "0001-01-01", "0001-01-01T00:00+14:00"):
        problem = reader.refused(404, "/stock/why", params={**LEVEL, "at": before})
        assert problem["detail"] == "No number is remembered from then or before: they are kept for 90 days."


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_every_number_of_a_level_is_told_the_newest_first(filled: Any, program: Programs, limit: int) -> None:
    found = program("read").all("/stock/history", **LEVEL, limit=limit)
    assert [(each["offered"], each["shop_showed"]) for each in found] == [(320, 373), (373, 450), (405, 390)]
    assert [each["stood_until"] for each in found] == [None, found[0]["at"], found[1]["at"]]


def test_the_chart_has_the_points_of_the_page(filled: Any, program: Programs) -> None:
    chart = program("read").get("/stock/chart", **LEVEL)
    shown = [(each["at"], each["offered"], each["shop_shows"]) for each in chart["points"]]
    assert shown[:2] == [("2026-11-21T12:00:00Z", 405, 390), ("2026-11-21T12:00:00.500000Z", 405, 405)], "written, then shown"
    assert shown[-1] == ("2026-11-22T12:00:00Z", 320, 320), "the last point is the present"
    assert len(shown) == 7
    assert (chart["since"], chart["cut"], chart["kept_days"]) == ("2026-11-15T12:00:00Z", False, 90)
    short = program("read").get("/stock/chart", **LEVEL, days=1)
    assert len(short["points"]) == 7


def test_every_view_of_the_page_of_stock_is_one_of_the_api(filled: Any, program: Programs) -> None:
    reader = program("read", "orders")
    for view in StockView:
        assert reader.all("/stock", show=view.value, limit=200) == reader.all("/stock", show=view.value, limit=1), view
    assert {each["state"] for each in reader.all("/stock", show="held")} == {"noted"}
    for tab in OrderView:
        assert reader.all("/orders", view=tab.value) is not None


def test_what_is_not_known_is_not_found(filled: Any, program: Programs) -> None:
    reader = program()
    assert reader.refused(404, "/stock/why", params={**LEVEL, "location_id": "loc-9"})["code"] == "no_such_level"
    assert reader.refused(404, "/orders/one", params={"shop": "shop.example", "order_id": "x"})["code"] == "no_such_order"
    assert reader.refused(404, "/parked/99999")["code"] == "no_such_parked"
    assert reader.refused(404, f"/parked/{10**18}")["code"] == "no_such_thing"
    assert reader.refused(404, "/nowhere")["code"] == "no_such_address"


def test_filters_are_those_of_the_page(filled: Any, program: Programs) -> None:
    reader = program("read", "orders")
    assert {each["location_id"] for each in reader.all("/stock", location_id="loc-2")} == {"loc-2"}
    assert [each["sku"] for each in reader.all("/stock", search="lamp")] == ["LAMP-300"]
    assert {each["state"] for each in reader.all("/stock", show="unmapped")} == {"unmapped"}
    assert [each["name"] for each in reader.all("/orders", search="SB-1005-1")] == ["#1005"]
    assert {each["state"] for each in reader.all("/orders", view="done")} == {"done"}
    assert [each["cause"] for each in reader.all("/parked", cause="refused")] == ["refused"]
    assert {each["warehouse"] for each in reader.all("/item-codes", warehouse="NORTH")} == {"NORTH"}


def test_an_order_comes_whole(filled: Any, program: Programs) -> None:
    order = program("orders").get("/orders/one", shop="shop.example", order_id="shop://order/1003")
    assert [(line["sku"], line["wanted"], line["shipped"], line["open"]) for line in order["lines"]] == [
        ("TENT-2P-GRN", 2, 2, 0),
        ("MUG-TI-450", 4, 0, 4),
    ]
    assert [each["reference"] for each in order["submissions"]] == ["SB-1003-1"]
    assert order["shipments"][0]["tracking_numbers"] == ["RM100200301GB"]
    assert order["timeline"][-1]["text"] == "Placed in the shop: 6 units in 2 lines."


def test_places_connections_sweeps_and_health_are_read(filled: Any, program: Programs) -> None:
    filled.sql("UPDATE connection SET paused = true WHERE connection = 'north-wms'")
    reader = program("read")
    assert {"London"} <= {each["name"] for each in reader.all("/locations")}
    assert {each["warehouse"] for each in reader.all("/sources", location_id="loc-1")} == {"NORTH"}
    assert {each["warehouse"] for each in reader.all("/warehouses")} >= {"NORTH"}
    paused = {each["connection"]: each["paused"] for each in reader.all("/connections")}
    assert paused["north-wms"] is True
    assert paused["shop.example"] is False
    assert {each["connection"] for each in reader.all("/sweeps", connection="shop.example")} <= {"shop.example"}
    health = reader.get("/health")
    assert sorted(health["paused"]) == ["north-wms", "outlet.example"]
    filled.sql("UPDATE account SET paused_at = :now, paused_by = 'Ana' WHERE account = 'acme'", now=filled.clock.now())
    assert set(reader.get("/health")["paused"]) == set(paused), "everything is paused"
    assert {each["cause"] for each in health["needs_you"]} == {"unmapped_item", "refused", "unknown_outcome", "unreadable"}


def test_another_account_is_not_seen(filled: Any, program: Programs) -> None:
    filled.sql("INSERT INTO account VALUES ('other', 'Other', :now)", now=filled.clock.now())
    for table in ("item", "level", "crossref", "orders", "location"):
        filled.sql(
            f"CREATE TEMP TABLE c AS SELECT * FROM {table}; UPDATE c SET account = 'other', shop = 'x' || shop;"
            f"INSERT INTO {table} OVERRIDING USER VALUE SELECT * FROM c; DROP TABLE c"
        )
    reader = program()
    for path in ("/stock", "/items", "/item-codes", "/orders", "/locations"):
        assert not any(each["shop"].startswith("x") for each in reader.all(path)), path
