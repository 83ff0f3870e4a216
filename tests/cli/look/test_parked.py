"""`stockbridge parked`, `retry`, `dismiss`."""

from typing import Any

import pytest


def test_what_waits_is_listed_oldest_first_with_cause_effect_and_remedy(afternoon: Any) -> None:
    rows = afternoon.json("parked", "list")
    assert [row["parked_id"] for row in rows] == [1, 2, 4, 3]
    assert rows[0]["name"] == "#1006"
    said = afternoon("parked", "list").stdout
    assert "LAMP-300 has no item code" in said
    assert "map_item" not in said
    for command in ("stockbridge map item SKU CODE", "stockbridge retry 2", "stockbridge dismiss 3 --note WHY"):
        assert command in said
    assert rows[0]["remedy"] == "map_item"  # programs read the code


def test_what_to_type_names_the_things_themselves(afternoon: Any) -> None:
    afternoon.sql(
        """UPDATE parked SET data = '{"items": [{"sku": "MUG BLUE", "inventory_item_id": "i1"},"""
        """ {"sku": "", "inventory_item_id": "gid://shopify/InventoryItem/2"}]}' WHERE parked_id = 1"""
    )
    said = afternoon("parked", "show", "1").stdout
    assert "stockbridge map item 'MUG BLUE' CODE; stockbridge map item gid://shopify/InventoryItem/2 CODE" in said
    afternoon.sql(
        """UPDATE parked SET remedy = 'map_code', data = '{"connection": "north-wms", "warehouse": "NORTH", "codes": ["X-1"]}'"""
        " WHERE parked_id = 1"
    )
    assert "stockbridge map item SKU X-1 --warehouse north-wms/NORTH" in afternoon("parked", "show", "1").stdout
    afternoon.sql("UPDATE parked SET remedy = 'connection' WHERE parked_id = 2")
    assert "stockbridge connections test south-3pl" in afternoon("parked", "show", "2").stdout
    afternoon.sql("UPDATE parked SET remedy = 'of a newer release' WHERE parked_id = 2")
    assert "stockbridge parked show 2" in afternoon("parked", "show", "2").stdout


def test_what_is_closed_asks_for_nothing(afternoon: Any) -> None:
    assert "To repair it" not in afternoon("parked", "show", "5").stdout


def test_a_cause_may_go_on_after_a_colon(afternoon: Any) -> None:
    assert [row["parked_id"] for row in afternoon.json("parked", "list", "--cause", "unreadable")] == [4]
    assert [row["parked_id"] for row in afternoon.json("parked", "list", "--cause", "unmapped_item")] == [1]
    assert afternoon.json("parked", "list", "--cause", "un") == []


def test_one_parked_thing_is_shown_even_when_it_is_closed(afternoon: Any) -> None:
    assert afternoon.json("parked", "show", "5")["closed_by"] == "Ana"
    assert "address incomplete" in afternoon("parked", "show", "2").stdout
    assert "Nothing parked has the number 77" in afternoon("parked", "show", "77", code=1).stderr


def test_retry_asks_through_the_inbox_in_the_name_of_the_person(afternoon: Any) -> None:
    said = afternoon("retry", "2", "4", "2").stderr
    assert "Asked to try 2 again" in said
    asked = afternoon.asked()
    assert [(each["topic"], each["parked_id"]) for each in asked] == [("retry_asked", 2), ("retry_asked", 4)]
    assert all(each["by"].endswith("(terminal)") and each["sent_by"] == each["by"] for each in asked)
    assert afternoon.sql("SELECT count(*) AS n FROM wakeup") != [{"n": 0}]


def test_retry_all_of_one_cause_leaves_the_others(afternoon: Any) -> None:
    afternoon("retry", "--all", "--cause", "refused")
    assert [each["parked_id"] for each in afternoon.asked()] == [2]


def test_retry_all_asks_for_everything_but_what_somebody_must_look_at_first(afternoon: Any) -> None:
    said = afternoon("retry", "--all").stderr
    assert {each["parked_id"] for each in afternoon.asked()} == {1, 2, 4}
    assert "Left out: 3, whose outcome is unknown" in said


def test_what_somebody_has_looked_at_is_retried_by_its_number(afternoon: Any) -> None:
    afternoon("retry", "3")
    assert [each["parked_id"] for each in afternoon.asked()] == [3]


@pytest.mark.parametrize("words", [(), ("1", "--all"), ("--cause", "refused"), ("1", "--cause", "refused")])
def test_retry_wants_ids_or_all_but_not_both(afternoon: Any, words: tuple[str, ...]) -> None:
    assert "Say which" in afternoon("retry", *words, code=2).stderr
    assert afternoon.asked() == []


def test_when_one_id_is_wrong_nothing_is_asked(afternoon: Any) -> None:
    assert "Closed already: 5" in afternoon("retry", "1", "5", code=1).stderr
    assert "number 99" in afternoon("retry", "1", "99", code=1).stderr
    assert afternoon.asked() == []


def test_dismissing_needs_a_note_that_stays(afternoon: Any) -> None:
    afternoon("dismiss", "1", code=2)
    assert "The note is empty" in afternoon("dismiss", "1", "--note", "  ", code=2).stderr
    afternoon("dismiss", "1", "--note", "sold from the shelf")
    assert [(each["topic"], each["note"]) for each in afternoon.asked()] == [("dismiss_asked", "sold from the shelf")]
