"""The numbers: every row adds up, every number explains itself, and what is missing is listed."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]


def test_the_closing_number_of_an_item_is_said_once(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=inv-3").text)
    assert "= 1 490 may be sold" not in shown
    assert shown.count("= 1 490 is offered here.") == 1


def test_stock_shows_count_flight_offer_and_shop_side_by_side(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/stock").text)
    assert "TENT-2P-GRN Fell tent, 2 person / Green London : TENT-2P-GRN 328 3 5 buffer 320 320 In step 20 s ago" in shown
    assert "LAMP-300 Head lamp 300 lm London : LAMP-300 – 0 – – 9 Not mapped never" in shown
    assert "Not written A change this large waits for a person: 5 to 189." in shown


def test_every_row_of_the_stock_page_adds_up(filled: Any, visitor: Visitor) -> None:
    """Counted − on its way out − held back = offered, as the page says; what is missing to that is named."""
    page, sums = visitor("viewer").get("/stock").text, []
    for row in re.findall(r"<tr>\s*<td class=\"head\">.*?</tr>", page, re.S):
        cells = dict(re.findall(r'data-label="(Counted|On its way out|Held back|Offered)" class="[^"]*">([^<]*)', row))
        if cells["Held back"] != "–":
            counted, asked, held, offered = (
                int(cells[name].replace("\u202f", "")) for name in ("Counted", "On its way out", "Held back", "Offered")
            )
            short = re.search(r"(\d+) too few", row)
            sums.append((counted - asked - held + int(short[1] if short else 0), offered))
    assert len(sums) == 4
    assert [left for left, _ in sums] == [right for _, right in sums]
    shown = words_of(page)
    assert "1 500 0 10 5 waiting orders 5 buffer 1 490 1 488" in shown.replace("\u202f", " ")
    assert "40 now" not in shown


def test_a_count_that_came_after_the_number_was_worked_out_is_shown_beside_it(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE figure SET zones = '{\"PICK\": 50, \"BULK\": 280}' WHERE item_code = '100-011'")
    assert "London : TENT-2P-GRN 328 now 330 3 5 buffer 320" in words_of(visitor("viewer").get("/stock").text)


def test_an_item_without_a_code_and_without_a_level_is_listed_as_not_mapped(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO item VALUES ('acme', 'shop.example', 'inv-8', 'v-8', 'p-8', 'BOX-1', '', 'Gift box', true, true, :now)",
        now=filled.clock.now(),
    )
    client = visitor("viewer")
    assert "2 not mapped" in client.get("/mapping").text
    for query in ("show=unmapped", "show=unmapped&q=box", "q=BOX-1", "shop=shop.example"):
        page = client.get(f"/stock?{query}").text
        assert '<a href="/mapping?q=BOX-1#items">Give it an item code' in page, query
    assert "BOX-1" not in client.get("/stock?location=loc-1").text, "it is at no location"
    assert "BOX-1" not in client.get("/stock?show=differs").text
    filled.sql("UPDATE item SET tracked = false WHERE inventory_item_id IN ('inv-6', 'inv-8')")
    assert "BOX-1" not in client.get("/stock").text


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("show=differs", ["LAMP-300", "MUG-TI-450", "SOCK-M", "STOVE-GAS", "STOVE-GAS", "TENT-2P-RED"]),
        ("show=unmapped", ["LAMP-300"]),
        ("show=held", ["SOCK-M"]),
        ("q=tent", ["TENT-2P-GRN", "TENT-2P-RED"]),
        ("q=sockm", ["SOCK-M"]),
        ("q=5012345000035", ["STOVE-GAS", "STOVE-GAS"]),
        ("location=loc-2", ["SOCK-M", "STOVE-GAS"]),
        ("location=nowhere", []),
    ],
)
def test_stock_is_found_by_view_and_search(filled: Any, visitor: Visitor, query: str, skus: list[str]) -> None:
    page = visitor("viewer").get(f"/stock?{query}").text
    assert re.findall(r'class="head"><a [^>]*>[^<]+<span class="hidden">: ([^<]+)<', page) == skus


def test_a_number_explains_itself(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=inv-1").text)
    assert "Why is it 320?" in shown
    assert "+ 328 NORTH has reported for PICK, BULK at 11:59 − 3 asked of it and not in that figure" in shown
    assert "= 320 is offered here." in shown
    assert "QUARANTINE 12 no" in shown
    assert "#1003 NORTH · SB-1003-1 2 Accepted" in shown
    assert "Wrote 320 to London" in shown


def test_a_difference_that_is_left_is_not_said_to_be_on_its_way(filled: Any, visitor: Visitor) -> None:
    """Within the tolerance, or held back by the brake: nothing is being done about it."""
    level = "/stock/item?shop=shop.example&location=loc-1&item=inv-1"
    filled.sql("UPDATE level SET desired = 320, available = 322, clean = dirty, note = '' WHERE inventory_item_id = 'inv-1'")
    page = visitor("viewer").get(level).text
    assert "It is not corrected by itself." in page
    assert "on its way." not in page
    filled.sql("UPDATE level SET dirty = clean + 1 WHERE inventory_item_id = 'inv-1'")
    assert "It is being corrected." in visitor("viewer").get(level).text


def test_a_number_that_was_never_worked_out_says_so(filled: Any, visitor: Visitor) -> None:
    for stored in ("NULL", "'{}'", "'[1, 2]'", '\'{"steps": [{"label": 1}, 7], "result": "x"}\''):
        filled.sql(f"UPDATE level SET derivation = {stored} WHERE inventory_item_id = 'inv-6'")
        page = visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=inv-6")
        assert "has not been worked out yet" in page.text
    assert visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=none").status_code == 404


@pytest.mark.parametrize(
    ("show", "available", "dirty", "note", "found"),
    [
        ("oversell", 400, False, "", True),
        ("oversell", 300, False, "", False),
        ("suppressed", 300, False, "", True),
        ("suppressed", 400, False, "", False),
        ("drifting", 400, False, "watched only", True),
        ("drifting", 400, True, "", False),  # it is being corrected
        ("drifting", 320, False, "", False),
    ],
)
def test_what_is_wrong_with_a_number_is_a_view_of_its_own(
    filled: Any, visitor: Visitor, show: str, available: int, dirty: bool, note: str, found: bool
) -> None:
    filled.sql("UPDATE level SET clean = dirty, desired = 5, available = 5")
    filled.sql(
        "UPDATE level SET desired = 320, available = :a, clean = dirty - :d, note = :n WHERE inventory_item_id = 'inv-1'",
        a=available,
        d=int(dirty),
        n=note,
    )
    page = visitor("viewer").get(f"/stock?show={show}").text
    assert re.findall(r'class="head"><a [^>]*>[^<]+<span class="hidden">: ([^<]+)<', page) == ["TENT-2P-GRN"] * found


def test_what_waits_for_a_person_is_a_view_of_its_own(filled: Any, visitor: Visitor) -> None:
    assert "Nothing fits" in visitor("viewer").get("/stock?show=parked").text
    filled.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) "
        "VALUES ('acme', 'stock/loc-1/inv-1', 'level_refused', 'shop.example', 't', 'c', 'retry', :now)",
        now=filled.clock.now(),
    )
    page = visitor("viewer").get("/stock?show=parked").text
    assert re.findall(r'class="head"><a [^>]*>[^<]+<span class="hidden">: ([^<]+)<', page) == ["TENT-2P-GRN"]


def test_what_a_braked_run_would_change_is_a_view_of_its_own_until_it_is_decided(filled: Any, visitor: Visitor) -> None:
    filled.sql("DELETE FROM correction")
    filled.sql("UPDATE run SET state = 'braked' WHERE run_id = 1")
    filled.sql(
        "INSERT INTO correction (account, run_id, shop, location_id, inventory_item_id, found_at, was, should, writes, cause) "
        "VALUES ('acme', 1, 'shop.example', 'loc-1', 'inv-1', :now, 320, 20, true, 'unknown'),"
        " ('acme', 1, 'shop.example', 'loc-1', 'inv-3', :now, 9, NULL, false, 'unbacked')",
        now=filled.clock.now(),
    )
    page = visitor("viewer").get("/stock?show=braked").text
    assert re.findall(r'class="head"><a [^>]*>[^<]+<span class="hidden">: ([^<]+)<', page) == ["TENT-2P-GRN"]
    filled.sql("UPDATE run SET state = 'dropped' WHERE run_id = 1")
    assert "Nothing fits" in visitor("viewer").get("/stock?show=braked").text


def test_the_list_goes_on_where_the_page_before_ended(filled: Any, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = re.findall(r'class="head"><a href="([^"]+)"', visitor("viewer").get("/stock").text)
    monkeypatch.setattr("stockbridge.web.stock.PER_PAGE", 2)
    client, address, seen = visitor("viewer"), "/stock", []
    while address:
        page = client.get(address).text
        seen += re.findall(r'class="head"><a href="([^"]+)"', page)
        more = re.search(r'href="(/stock\?after=[^"]+)">Next', page)
        address = more[1] if more else ""
    assert seen == whole
    assert len(seen) == len(set(seen)) > 4


def test_a_level_whose_item_the_shop_never_showed_is_found_among_those_not_written(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO level (account, shop, location_id, inventory_item_id, next_at, note) "
        "VALUES ('acme', 'shop.example', 'loc-1', 'ghost', :now, 'the item is not stocked')",
        now=filled.clock.now(),
    )
    assert "ghost" in visitor("viewer").get("/stock?show=held").text
    assert visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=ghost").status_code == 200


ITEM = "/stock/item?shop=shop.example&location=loc-1&item=inv-1"


def test_an_item_is_shown_at_every_location_with_what_matters_first(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/stock/item?shop=shop.example&item=inv-3").text)
    assert "STOVE-GAS at London" in shown
    assert "The shop shows 1 488, and 1 490 may be sold: 2 could be sold and are not shown." in shown.replace("\u202f", " ")
    assert "Every location" in shown
    assert "Leeds : STOVE-GAS 40" in shown
    leeds = words_of(visitor("viewer").get("/stock/item?shop=shop.example&item=inv-3&location=loc-2").text)
    assert "41 too many: they could be sold and are not there. It is not corrected by itself." in leeds


def test_the_past_of_a_number_is_listed_with_what_led_to_it_and_who_else_changed_it(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get(ITEM).text)
    assert "373 320 320 Written NORTH counted 380 → 325 2 of order #1003 are in NORTH's count, or were cancelled" in shown
    assert "Somebody else changed it by +45: 405 was left there, and orders do not explain 450." in shown
    assert "Kept for 90 days." in shown


def test_a_moment_in_the_past_shows_the_number_that_stood_then(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get(f"{ITEM}&at=2026-11-21T12:30").text)
    assert "Why was it 405? at London, 21 Nov 2026 12:30 (Europe/London)" in shown
    assert "+ 412 NORTH has" in shown
    assert "The shop showed 390; we wrote 405, and it took it. It stood until" in shown
    assert "NORTH : counted PICK 132, BULK 280; left out QUARANTINE 12." in shown
    assert "#1003 NORTH 2 Accepted" in shown
    assert f"stockbridge://publication/{'a' * 32}" in shown
    before = words_of(visitor("viewer").get(f"{ITEM}&at=2020-01-01").text)
    assert "No number is remembered from then" in before
    assert "That is not a moment" in words_of(visitor("viewer").get(f"{ITEM}&at=soon").text)


def test_the_chart_has_what_the_shop_showed_and_what_may_be_sold(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get(f"{ITEM}&span=1").text
    at, offered, shown = json.loads(unescape(re.search(r'data-points="([^"]+)"', page)[1]))  # type: ignore[index]
    assert (offered, shown) == ([405, 405, 373, 373, 320, 320, 320], [390, 405, 450, 373, 373, 320, 320])
    assert at == sorted(at)
    assert at[-1] == filled.clock.now().timestamp()


def changed_by_others(room: Any, *changes: tuple[str, str, int, int]) -> None:
    """At a location, an item, so many hours ago, by so many units."""
    for location, item, hours, units in changes:
        room.sql(
            "INSERT INTO foreign_change (account, shop, location_id, inventory_item_id, at, units, reference) "
            "VALUES ('acme', 'shop.example', :l, :i, :at, :u, :r)",
            l=location,
            i=item,
            at=room.clock.now() - timedelta(hours=hours),
            u=units,
            r="hand-1" if units == 7 else "",
        )


def test_what_others_changed_is_a_view_of_its_own_and_the_item_says_how_often_by_how_much_and_where_the_name_is(
    filled: Any, visitor: Visitor
) -> None:
    assert "Nothing fits" in visitor("viewer").get("/stock?show=foreign").text
    assert "Changed by others" not in words_of(visitor("viewer").get(ITEM).text)
    changed_by_others(filled, ("loc-1", "inv-1", 2, 7), ("loc-1", "inv-1", 30, -10), ("loc-1", "inv-1", 31 * 24, 500))
    listed = visitor("viewer").get("/stock?show=foreign").text
    assert re.findall(r'class="head"><a [^>]*>[^<]+<span class="hidden">: ([^<]+)<', listed) == ["TENT-2P-GRN"]
    said = words_of(visitor("viewer").get(ITEM).text).replace("\u202f", " ")
    assert "changed this number in the shop 2 times in the last 30 days, by −3 in all." in said
    assert "the warehouse was told +7" in said
    assert "no warehouse was told −10" in said
    assert "The name of the app or person is in the Shopify admin" in said


def test_who_else_writes_a_shops_numbers_is_said_location_by_location(filled: Any, visitor: Visitor) -> None:
    assert "changed in the shop by others" not in visitor("viewer").get("/connections").text
    changed_by_others(
        filled, ("loc-1", "inv-1", 2, 7), ("loc-1", "inv-3", 30, -10), ("loc-1", "inv-1", 5, 4), ("loc-2", "inv-3", 3, -1)
    )
    page = visitor("viewer").get("/connections").text
    said = words_of(page)
    assert "Numbers changed in the shop by others, in the last 30 days" in said
    assert "London 3 2 11 10 2 h ago Leeds 1 1 0 1 3 h ago" in said
    assert "Shopify tells us that a number changed and not by whom." in said
    assert "/stock?show=foreign&amp;location=loc-1" in page
