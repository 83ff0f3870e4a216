"""Which code stands for an item: suggested where it is missed, asked about when no warehouse counts it, and told only once."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]
NORTH = "north-wms\tNORTH"
FIELDS = {"shop": "shop.example", "item": "inv-6", "code": "LAMP-3000", "at": NORTH}


#: where the way to what waits for a person stands on every page
NEEDS_YOU = "Needs you"


def forms_of(page: str) -> list[dict[str, list[str]]]:
    """The hidden fields of each form of a page that maps."""
    forms = re.findall(r'<form method="post" action="/(?:mapping/item|parked/map)">(.*?)</form>', page, re.S)
    found = []
    for form in forms:
        fields: dict[str, list[str]] = {}
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
            fields.setdefault(name, []).append(unescape(value))
        found.append(fields)
    return found


def missed(room: Any, *warehouses: tuple[str, str], codes: str = '["LAMP300"]', more: str = "") -> None:
    """Warehouses that count codes which belong to no item, as the corridor says it."""
    for connection, warehouse in warehouses:
        room.sql(
            "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, data, opened_at) VALUES ('acme', "
            "'warehouse/' || :c || '/' || :w, 'unmapped_codes', :c, :w || ' counts items that are mapped to nothing in a shop: "
            "LAMP300' || :more, 'Their stock is not offered anywhere.', 'map_code', jsonb_build_object('warehouse', CAST(:w AS text), "
            "'codes', CAST(:codes AS jsonb)), :now)",
            c=connection,
            w=warehouse,
            codes=codes,
            more=more,
            now=room.clock.now(),
        )


@pytest.mark.parametrize("path", ["/mapping/item", "/parked/map"])
def test_a_code_that_the_warehouse_has_never_counted_is_asked_about_first(filled: Any, visitor: Visitor, path: str) -> None:
    client = visitor("operator")
    asked = client.post(path, data=FIELDS)
    assert asked.status_code == 422
    assert "NORTH has never counted LAMP-3000. Map it anyway?" in words_of(asked.text)
    assert "item code of LAMP-300 Head lamp 300 lm" in words_of(asked.text)
    assert filled.asked == []
    *_, sure = forms_of(asked.text)
    assert client.post(path, data=sure).status_code == 303
    assert [(event.item_code, event.warehouse) for _, event, _ in filled.asked] == [("LAMP-3000", "NORTH")]


def test_codes_that_may_have_been_meant_are_offered_with_one_press(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    page = client.post("/mapping/item", data=FIELDS | {"item": "inv-4", "code": "lamp300"}).text
    near = forms_of(page)[0]
    assert near["code"] == ["LAMP300"]
    assert "Did you mean one of these?" in page
    client.post("/mapping/item", data=near)
    assert [(event.item_code, event.inventory_item_id) for _, event, _ in filled.asked] == [("LAMP300", "inv-4")]


def test_without_anything_alike_the_codes_that_look_like_the_item_are_offered(filled: Any, visitor: Visitor) -> None:
    page = visitor("operator").post("/mapping/item", data=FIELDS | {"code": "NONSENSE"}).text
    assert [form["code"] for form in forms_of(page)] == [["LAMP300"], ["NONSENSE"]]


def test_a_warehouse_that_has_counted_nothing_yet_is_not_asked_about(filled: Any, visitor: Visitor) -> None:
    filled.sql("DELETE FROM figure WHERE warehouse = 'SOUTH'")
    client = visitor("operator")
    both = client.post("/mapping/item", data=FIELDS | {"at": [NORTH, "south-3pl\tSOUTH"], "code": "NEW-1"})
    assert "NORTH has never counted NEW-1." in words_of(both.text)
    assert client.post("/mapping/item", data=FIELDS | {"at": "south-3pl\tSOUTH", "code": "NEW-1"}).status_code == 303
    assert [event.warehouse for _, event, _ in filled.asked] == ["SOUTH"]


def test_saying_yes_to_one_code_is_no_yes_to_another(filled: Any, visitor: Visitor) -> None:
    assert visitor("operator").post("/mapping/item", data=FIELDS | {"sure": "LAMP-3"}).status_code == 422
    assert visitor("viewer").post("/mapping/item", data=FIELDS | {"sure": "LAMP-3000"}).status_code == 403
    client = visitor("operator")
    client.headers |= {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    assert client.post("/mapping/item", data=FIELDS | {"sure": "LAMP-3000"}).status_code == 403
    assert filled.asked == []


def test_the_question_shows_what_was_typed_and_runs_none_of_it(filled: Any, visitor: Visitor) -> None:
    typed = FIELDS | {"code": '"><script>alert(1)</script>', "view": '"><b>', "page": "parked"}
    page = visitor("operator").post("/parked/map", data=typed).text
    assert "<script>alert" not in page
    assert '"><b>' not in page


def test_the_mapping_page_suggests_the_same_code_as_the_card_of_the_order(filled: Any, visitor: Visitor) -> None:
    page = visitor("operator").get("/mapping").text
    assert 'name="code" required maxlength="200" autocomplete="off" list="code-mapping-inv-6-list" value="LAMP300"' in page


def test_a_code_that_stands_for_another_item_of_the_shop_is_not_suggested(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO crossref VALUES ('acme', 'shop.example', 'inv-7', 'north-wms', 'NORTH', 'LAMP300', true, :now, '')",
        now=filled.clock.now(),
    )
    assert "LAMP300" not in visitor("operator").get("/order?shop=shop.example&id=shop://order/1006").text
    filled.sql("UPDATE crossref SET shop = 'outlet.example' WHERE inventory_item_id = 'inv-7'")
    assert 'value="LAMP300"' in visitor("operator").get("/order?shop=shop.example&id=shop://order/1006").text


def test_one_code_that_several_warehouses_miss_is_one_thing_to_do(filled: Any, visitor: Visitor) -> None:
    missed(filled, ("north-wms", "NORTH"), ("south-3pl", "SOUTH"))
    client = visitor("operator")
    page, overview = client.get("/parked").text, client.get("/parked?cause=unmapped_codes").text
    sentence = "NORTH and SOUTH count items that are mapped to nothing in a shop: LAMP300"
    assert words_of(page).count(sentence) == 1
    assert page.count('<input type="checkbox" name="parked"') == 5, "each may still be chosen by itself"
    assert f'{NEEDS_YOU}<span class="count">5</span>' in page
    assert "All 5" in words_of(page)
    assert "Codes without an item 1" in words_of(overview)
    filled.sql("UPDATE parked SET opened_at = opened_at - interval '1 day' WHERE remedy = 'map_code'")
    shown = client.get("/").text
    assert words_of(shown).count(sentence) == 1
    assert '<a class="button" href="/mapping#items">Map the codes</a>' in shown


def test_what_is_told_together_is_closed_together(filled: Any, visitor: Visitor) -> None:
    missed(filled, ("north-wms", "NORTH"), ("south-3pl", "SOUTH"))
    client = visitor("operator")
    box = client.get("/parked?cause=unmapped_codes").text.split('class="parked-box"')[1]
    ids = re.findall(r'name="parked" value="(\d+)"', box)
    client.post("/parked/dismiss", data={"parked": ids, "note": "samples"})
    assert len(ids) == len(filled.asked) == 2


def test_other_codes_are_another_thing_to_do(filled: Any, visitor: Visitor) -> None:
    missed(filled, ("north-wms", "NORTH"))
    missed(filled, ("south-3pl", "SOUTH"), codes='["LAMP300", "X"]', more=", X")
    page = visitor("operator").get("/parked?cause=unmapped_codes").text
    assert page.count('class="parked-box"') == 2
    assert f'{NEEDS_YOU}<span class="count">6</span>' in page


def test_codes_without_an_item_are_mapped_where_they_are_told_when_an_item_looks_like_them(
    filled: Any, visitor: Visitor
) -> None:
    missed(filled, ("north-wms", "NORTH"))
    page = visitor("operator").get("/parked?cause=unmapped_codes").text
    assert "This item has no code and looks like it:" in words_of(page)
    assert 'value="LAMP300"' in page
    assert "/parked/map" not in visitor("viewer").get("/parked?cause=unmapped_codes").text
