"""The numbers: every row adds up, every number explains itself, and what is missing is listed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]


def test_the_closing_number_of_an_item_is_said_once(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=inv-3").text)
    assert "may be sold" not in shown
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


def test_a_number_that_was_never_worked_out_says_so(filled: Any, visitor: Visitor) -> None:
    for stored in ("NULL", "'{}'", "'[1, 2]'", '\'{"steps": [{"label": 1}, 7], "result": "x"}\''):
        filled.sql(f"UPDATE level SET derivation = {stored} WHERE inventory_item_id = 'inv-6'")
        page = visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=inv-6")
        assert "has not been worked out yet" in page.text
    assert visitor("viewer").get("/stock/item?shop=shop.example&location=loc-1&item=none").status_code == 404
