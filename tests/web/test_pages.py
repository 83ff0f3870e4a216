"""What the pages show and what their buttons ask for."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from stockbridge.domain.effects import KINDS
from stockbridge.domain.events import DismissAsked, ItemMapped, RetryAsked, SourceMapped
from stockbridge.testing.edge import words_of
from stockbridge.web import words
from stockbridge.web.templating import ago, lasts, moments, number, safe_url

Visitor = Callable[..., TestClient]


def order(number: int) -> str:
    return f"/order?shop=shop.example&id={quote(f'shop://order/{number}', safe='')}"


def names(page: str) -> list[str]:
    """The orders that a list shows, in its order."""
    return re.findall(r'class="head"><a [^>]*>(#\d+)</a>', page)


def test_moments_in_sentences_are_written_like_all_other_times(filled: Any, visitor: Visitor) -> None:
    client = visitor("viewer")
    page = client.get("/stock/item?shop=shop.example&location=loc-1&item=inv-3").text
    assert 'reported for PICK, BULK at <time datetime="2026-01-05T11:57:00+00:00"' in page
    filled.sql(
        "INSERT INTO journal (account, at, subject, kind, text, actor) VALUES ('acme', :now, 'connection/shop.example', "
        "'connection.changed', 'orders from 2026-11-22T07:15:37.123Z on are sent', 'Ana')",
        now=filled.clock.now(),
    )
    assert "orders from 22 Nov 07:15 on are sent, by Ana" in words_of(client.get("/connections").text)
    for odd in ("2026-13-41T25:00:00Z", "0001-01-01T00:00:00+14:00", "<b>2026-01-05T11:57:00Z</b>", ""):
        assert moments(odd).count("<time") == odd.count("<b>")
        assert "<b>" not in moments(odd)


def test_the_timeline_tells_seconds_apart_and_says_nothing_twice(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get(order(1003)).text
    assert re.findall(r"data-seconds>([^<]+)<", page)[-2:] == ["22 Nov 09:00:01", "22 Nov 09:00:01"]
    assert "22 Nov 11:20:00" in page
    assert "Order placed" not in words_of(page)


@pytest.mark.parametrize(("number", "said"), [(1003, True), (1001, False), (1004, False)])
def test_what_the_warehouse_said_last_is_shown_until_all_has_left(
    filled: Any, visitor: Visitor, number: int, said: bool
) -> None:
    assert ("they say" in visitor("viewer").get(order(number)).text) == said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["#1011", "#1012", "#1010", "#1009", "#1008", "#1007", "#1006", "#1005", "#1004", "#1003", "#1002", "#1001"]),
        ("tab=attention", ["#1007", "#1006", "#1004"]),
        ("tab=waiting", ["#1011", "#1008"]),
        ("tab=unwritten", ["#1004"]),
        ("tab=done", ["#1002", "#1001"]),
        ("tab=nonsense&state=done", ["#1002", "#1001"]),
        ("warehouse=SOUTH", ["#1005", "#1002"]),
        ("tag=gift", ["#1006", "#1002"]),
        ("tag=gift&state=done", ["#1002"]),
        ("shop=other.example", []),
        ("q=%231003", ["#1003"]),
        ("q=1003", ["#1003"]),
        ("q=TENT-2P-RED", ["#1008", "#1004"]),
        ("q=RM100200301GB", ["#1003"]),
        ("q=SB-1005-1", ["#1005"]),
        ("q=W-7009", ["#1012"]),
        ("q=STOVE", ["#1005", "#1002"]),
        ("q=%25", []),
        ("q=_001", []),
        ("q=' OR 1=1 --", []),
    ],
)
def test_orders_are_found_by_view_filter_and_search(filled: Any, visitor: Visitor, query: str, expected: list[str]) -> None:
    assert names(visitor("viewer").get(f"/orders?{query}").text) == expected


def test_tabs_say_how_many_they_hold(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/orders").text)
    assert "All 12 Needs attention 3 Waiting for warehouse 2 Shipped, not written back 1 Done 2" in shown


def test_pages_of_orders_follow_one_another_without_gap_or_repeat(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO orders (account, shop, order_id, name, state, placed_at, updated_at, read_at, snapshot, first_seen_at) "
        "SELECT 'acme', 'shop.example', 'x' || n, '#2' || lpad(n::text, 3, '0'), 'done', :now, :now, :now, '{\"lines\": []}', :now "
        "FROM generate_series(1, 120) AS n",
        now=filled.clock.now(),
    )
    client, seen, address = visitor("viewer"), [], "/orders?state=done"
    for _ in range(5):
        page = client.get(address).text
        seen += names(page)
        older = re.search(r'href="(/orders[^"]*)">Older', page)
        if not older:
            break
        assert "state=done" in older[1], "the filter stays"
        address = unescape(older[1])
    assert len(seen) == len(set(seen)) == 122


@pytest.mark.parametrize("before", ["x", "2026-01-01~", "2026-01-01T00:00:00~a", "9999-99-99~x", "~", "%00"])
def test_a_made_up_address_is_no_error(filled: Any, visitor: Visitor, before: str) -> None:
    assert visitor("viewer").get(f"/orders?before={before}").status_code == 200
    assert visitor("viewer").get(f"/stock?after={before}").status_code == 200
    assert visitor("viewer").get(f"/parked?after={before}").status_code == 200


def test_an_order_shows_lines_warehouses_parcels_and_reasons(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get(order(1003)).text)
    assert "Fell tent, 2 person / Green TENT-2P-GRN NORTH as 100-011 2 2 0 2" in shown
    assert "Titanium mug 450 ml MUG-TI-450 NORTH as 100-042 4 0 4 0" in shown
    assert "our reference SB-1003-1 · theirs W-7002" in shown
    assert "they say “picking”" in shown
    assert "RM100200301GB" in shown
    assert "Assigned to NORTH: it has all lines, and comes first in the list." in shown


def test_a_tracking_link_is_followed_only_to_the_web(filled: Any, visitor: Visitor) -> None:
    client = visitor("viewer")
    assert 'href="https://track.example/RM100200300GB"' in client.get(order(1001)).text
    assert "javascript:" not in client.get(order(1003)).text


def test_raw_exchanges_are_for_those_who_repair(filled: Any, visitor: Visitor) -> None:
    operator, viewer = visitor("operator"), visitor("viewer")
    assert "/raw?arrival=1" in operator.get(order(1003)).text
    assert "/raw?" not in viewer.get(order(1003)).text
    assert "Please ring twice" in unescape(operator.get("/raw?arrival=1").text)
    assert "SB-1003-1" in operator.get("/raw?effect=1").text
    assert viewer.get("/raw?arrival=1").status_code == 403
    for missing in ("/raw", "/raw?arrival=999", "/raw?arrival=x", "/raw?effect=99999999999999999999"):
        assert operator.get(missing).status_code == 404


def test_an_order_that_does_not_exist_says_so(filled: Any, visitor: Visitor) -> None:
    assert visitor("viewer").get("/order?shop=shop.example&id=none").status_code == 404
    assert visitor("viewer").get("/order").status_code == 404


def test_an_unknown_state_shows_its_name(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE orders SET state = 'half_forgotten' WHERE name = '#1001'")
    assert "half forgotten" in visitor("viewer").get("/orders").text
    assert visitor("viewer").get(order(1001)).status_code == 200


def test_what_is_parked_shows_cause_effect_and_button(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("operator").get("/parked").text)
    assert "LAMP-300 has no item code at any warehouse Item not mapped · shop.example · order #1006 · since 55 min ago" in shown
    assert "What this means: The whole order waits; nothing of it was sent." in shown
    assert "Look on the other side first." in shown


def test_a_stock_number_that_is_parked_names_the_item_and_leads_to_it(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) VALUES ('acme', "
        "'stock/loc-2/inv-3', 'level_refused', 'shop.example', 'The shop does not take the level of inv-3: too large', 'x', 'retry', "
        ":now)",
        now=filled.clock.now(),
    )
    page = visitor("operator").get("/parked?cause=level_refused").text
    assert "The shop does not take the level of STOVE-GAS: too large" in page
    assert '<a href="/stock/item?shop=shop.example&amp;location=loc-2&amp;item=inv-3">STOVE-GAS at Leeds</a>' in page


def test_a_viewer_sees_what_is_parked_but_no_buttons(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get("/parked").text
    assert "/parked/retry" not in page
    assert "Somebody with the role Operator can repair this" in page


def test_an_item_that_looks_like_a_code_is_suggested(filled: Any, visitor: Visitor) -> None:
    assert 'value="LAMP300"' in visitor("operator").get("/parked?cause=unmapped_item").text


def test_trying_again_is_asked_for_by_the_person(filled: Any, visitor: Visitor) -> None:
    answer = visitor("operator").post("/parked/retry", data={"parked": "2", "view": "cause=refused"})
    assert answer.headers["location"] == "/parked?cause=refused&said=retry"
    assert filled.asked == [("acme", RetryAsked(parked_id=2, by="Operator Person"), "operator")]


def test_many_are_tried_again_at_once_but_never_where_the_outcome_is_unknown(filled: Any, visitor: Visitor) -> None:
    unknown = filled.sql("SELECT parked_id FROM parked WHERE remedy = 'decide'")[0]["parked_id"]
    client = visitor("operator")
    client.post("/parked/retry", data={"parked": ["1", "2", str(unknown), "4711", "x", ""], "looked": "yes"})
    assert [event.parked_id for _, event, _ in filled.asked] == [1, 2]
    client.post("/parked/retry", data={"parked": str(unknown)})
    assert len(filled.asked) == 2
    client.post("/parked/retry", data={"parked": str(unknown), "looked": "yes"})
    assert filled.asked[-1][1] == RetryAsked(parked_id=unknown, by="Operator Person")


def test_what_somebody_else_closed_meanwhile_is_not_asked_for_again(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE parked SET closed_at = :now WHERE parked_id = 2", now=filled.clock.now())
    answer = visitor("operator").post("/parked/retry", data={"parked": "2"})
    assert answer.headers["location"] == "/parked?said=none"
    assert filled.asked == []


def test_what_is_parked_in_another_account_is_out_of_reach(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE parked SET account = 'other' WHERE parked_id = 2")
    visitor("operator").post("/parked/retry", data={"parked": "2"})
    assert filled.asked == []


def test_closing_needs_a_note(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    assert client.post("/parked/dismiss", data={"parked": "2"}).status_code == 422
    assert filled.asked == []
    client.post("/parked/dismiss", data={"parked": "2", "note": "shipped by hand", "page": "order", "view": "shop=s&id=1"})
    assert filled.asked == [("acme", DismissAsked(parked_id=2, by="Operator Person", note="shipped by hand"), "operator")]


def test_mapping_an_item_is_asked_for_each_chosen_warehouse(filled: Any, visitor: Visitor) -> None:
    fields = {"shop": "shop.example", "item": "inv-6", "code": " LAMP300 ", "at": ["north-wms\tNORTH", "made\tup"]}
    assert visitor("operator").post("/parked/map", data=fields).status_code == 303
    event = ItemMapped(
        shop="shop.example",
        inventory_item_id="inv-6",
        connection="north-wms",
        warehouse="NORTH",
        item_code="LAMP300",
        by="Operator Person",
    )
    assert filled.asked == [("acme", event, "operator")]


@pytest.mark.parametrize("missing", ["code", "item", "at", "shop"])
def test_half_a_mapping_is_not_asked_for(filled: Any, visitor: Visitor, missing: str) -> None:
    fields = {"shop": "shop.example", "item": "inv-6", "code": "LAMP300", "at": "north-wms\tNORTH"}
    answer = visitor("operator").post("/mapping/item", data={key: value for key, value in fields.items() if key != missing})
    assert answer.status_code == 422
    assert filled.asked == []


def test_once_all_is_mapped_the_button_tries_again(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO crossref VALUES ('acme', 'shop.example', 'inv-6', 'north-wms', 'NORTH', 'LAMP300', true, :now, '')",
        now=filled.clock.now(),
    )
    page = visitor("operator").get(order(1006)).text
    assert "/parked/map" not in page
    assert "/parked/retry" in page


def test_a_source_is_asked_for_with_its_zones(filled: Any, visitor: Visitor) -> None:
    fields = {
        "shop": "shop.example",
        "location": "loc-3",
        "at": "north-wms\tNORTH",
        "zone": ["PICK", "BULK"],
        "keep": "7",
        "keep_percent": "10",
        "priority": "30",
        "active": "yes",
    }
    manager = visitor("manager")
    assert manager.post("/mapping/source", data=fields).headers["location"] == "/mapping?said=source"
    [(_, event, by)] = filled.asked
    assert by == "manager"
    assert event == SourceMapped(
        shop="shop.example",
        location_id="loc-3",
        connection="north-wms",
        warehouse="NORTH",
        zones=("PICK", "BULK"),
        priority=30,
        keep_units=7,
        keep_percent_bp=1000,
        active=True,
        live=False,
        by="Manager Person",
    )
    assert manager.post("/mapping/source", data=fields | {"zone": []}).status_code == 422
    assert manager.post("/mapping/source", data=fields | {"location": "none"}).status_code == 422
    assert len(filled.asked) == 1


def test_mapping_lists_what_has_no_code_first(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get("/mapping").text
    assert re.findall(r'class="head"><code>([^<]+)</code>', page)[0] == "LAMP-300"
    assert "1 not mapped" in page
    assert "No warehouse feeds it:" in page


def test_connections_say_how_they_are(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/connections").text)
    assert "Acme Outdoor shop shopify · shop.example Working" in shown
    assert "Southern 3PL wms · south-3pl In trouble" in shown
    assert "Outlet shop shopify · outlet.example Paused" in shown
    assert "It answered 503 Service Unavailable three times." in shown
    assert "70 %" in shown, "900 left and 100 a second since 5 seconds, of 2000"
    assert "No answer within 20 seconds." in shown


def test_every_state_has_words_and_every_badge_a_sentence() -> None:
    assert words.EFFECT_KIND.keys() == KINDS.keys()
    for table in (words.ORDER, words.SUBMISSION, words.EFFECT, words.CELL, words.CONNECTION):
        for badge in table.values():
            assert badge.text
            assert badge.sentence.endswith(".")
            assert badge.tone in {"quiet", "moving", "good", "attention", "bad"}


def test_metrics_count_and_name_nobody(filled: Any, visitor: Visitor) -> None:
    told = filled.with_settings(metrics_token="a token")
    client = visitor(to=told)
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 403
    text = client.get("/metrics", headers={"authorization": "Bearer a token"}).text
    assert 'stockbridge_orders{state="done"} 2.0' in text
    assert 'stockbridge_parked{cause="unmapped_item"} 1.0' in text
    assert "stockbridge_accept_lag_seconds_count 6.0" in text
    assert 'stockbridge_accept_lag_seconds_bucket{le="2.0"} 3.0' in text
    for private in ("Shah", "acme", "1003", "shop.example", "TENT"):
        assert private not in text


def test_without_a_token_metrics_are_for_this_machine_only(filled: Any, visitor: Visitor) -> None:
    assert visitor().get("/metrics").status_code == 403, "the test client calls itself 'testclient'"


def test_machines_can_ask_whether_it_is_up_and_ready(room: Any, visitor: Visitor) -> None:
    from dataclasses import replace

    client = visitor()
    assert client.get("/healthz").json()["up"] is True
    assert client.get("/readyz").json() == {"ready": True, "problem": ""}
    old = replace(room, parts=replace(room.parts, schema_problem=lambda conn: "Run the migrations."))
    answer = visitor(to=old).get("/readyz")
    assert (answer.status_code, answer.json()["problem"]) == (503, "Run the migrations.")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0 ms"),
        (0.25, "250 ms"),
        (1.94, "1.9 s"),
        (59, "59 s"),
        (61, "1 min"),
        (7300, "2 h"),
        (200_000, "2 d"),
        (None, "–"),
    ],
)
def test_durations_are_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert lasts(seconds) == text


def test_numbers_times_and_links_are_written_for_people(room: Any) -> None:
    assert number(1234567) == "1\u202f234\u202f567"
    assert (number(-5), number(None)) == ("−5", "–")
    assert ago(None, room.clock.now()) == "never"
    assert safe_url("javascript:alert(1)") == safe_url("http://[") == safe_url("https:x") == ""
