"""Levels: read together, written with compare-and-set, and every entry of a rejected write told what became of it."""

from typing import Any

import pytest

from stockbridge.ports import LevelOutcome, LevelRead, LevelWrite, OutcomeUnknown, Refused, TryLater

SET_OK = {"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "g"}, "userErrors": []}}
ADJUST_OK = {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": {"id": "g"}, "userErrors": []}}
STALE = "CHANGE_FROM_QUANTITY_STALE"


def level(available: int, *, committed: int = 0, reserved: int = 0, active: bool = True, tracked: bool = True) -> Any:
    names = {"available": available, "committed": committed, "reserved": reserved}
    rows = [{"name": name, "quantity": n} for name, n in names.items()]
    return {"id": "i", "tracked": tracked, "inventoryLevel": {"isActive": active, "quantities": rows}}


def write(item: str, available: int, was: int, *, delta: bool = False, at: str = "L") -> LevelWrite:
    return LevelWrite(inventory_item_id=item, location_id=at, available=available, change_from=was, delta=delta)


def rejected(root: str, *rows: tuple[int | None, str, str], field: str = "quantities") -> Any:
    def path(n: int | None) -> list[str]:
        return ["input", field, str(n), "changeFromQuantity"] if n is not None else ["input", "reason"]

    return {root: {"userErrors": [{"code": code, "field": path(n), "message": message} for n, code, message in rows]}}


# --- reading -------------------------------------------------------------------------------------------------------------


def test_levels_are_read_one_call_for_each_location_in_the_order_asked(shop: Any) -> None:
    shop.store.on("LevelsAt", lambda v: {"nodes": [level(int(i), committed=1, reserved=2) for i in v["ids"]]})
    found = shop.door.levels.read([("1", "A"), ("5", "B"), ("3", "A")])
    assert [(r.inventory_item_id, r.location_id, r.available) for r in found] == [("1", "A", 1), ("5", "B", 5), ("3", "A", 3)]
    assert [(v["locationId"], v["ids"]) for _, v in shop.store.calls] == [("A", ["1", "3"]), ("B", ["5"])]
    assert (found[0].committed, found[0].reserved, found[0].active) == (1, 2, True)


def test_a_level_asked_for_twice_is_read_once(shop: Any) -> None:
    shop.store.on("LevelsAt", {"nodes": [level(4)]})
    assert len(shop.door.levels.read([("1", "A"), ("1", "A")])) == 2
    assert shop.store.calls[0][1]["ids"] == ["1"]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            level(7, active=False, committed=3),
            LevelRead(inventory_item_id="1", location_id="A", available=None, committed=3, reserved=0, active=False),
        ),
        (
            {"id": "1", "tracked": True, "inventoryLevel": None},
            LevelRead(inventory_item_id="1", location_id="A", available=None, committed=0, reserved=0, active=False),
        ),
        (None, LevelRead(inventory_item_id="1", location_id="A", available=None, committed=0, reserved=0, active=False)),
        (level(-3), LevelRead(inventory_item_id="1", location_id="A", available=-3, committed=0, reserved=0, active=True)),
        (
            level(0, tracked=False),
            LevelRead(inventory_item_id="1", location_id="A", available=0, committed=0, reserved=0, active=True, tracked=False),
        ),
    ],
    ids=["inactive", "never stocked", "no such item", "oversold", "untracked"],
)
def test_what_is_not_offered_is_told_apart_from_none_left(shop: Any, node: Any, expected: LevelRead) -> None:
    shop.store.on("LevelsAt", {"nodes": [node]})
    assert shop.door.levels.read([("1", "A")]) == [expected]


def test_more_than_250_at_once_is_a_mistake_of_the_caller(shop: Any) -> None:
    with pytest.raises(ValueError, match="250"):
        shop.door.levels.read([(str(n), "A") for n in range(251)])
    with pytest.raises(ValueError, match="250"):
        shop.door.levels.write([write(str(n), 1, 0) for n in range(251)], key="k", document="d")


def test_stock_is_never_urgent(shop: Any) -> None:
    shop.store.on("LevelsAt", {"nodes": [level(1)]})
    shop.store.on("SetAvailable", SET_OK)
    shop.door.levels.read([("1", "A")])
    shop.door.levels.write([write("1", 2, 1)], key="k", document="d")
    assert {urgent for _, urgent in shop.budget.takes} == {False}


# --- writing -------------------------------------------------------------------------------------------------------------


def test_levels_are_set_with_key_document_and_the_value_they_are_changed_from(shop: Any) -> None:
    shop.store.on("SetAvailable", SET_OK)
    found = shop.door.levels.write([write("1", 320, 800), write("2", 0, 0)], key="key-1", document="stockbridge://level/9")
    assert found == [LevelOutcome(outcome="written")] * 2
    assert shop.store.variables("SetAvailable") == {
        "key": "key-1",
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "stockbridge://level/9",
            "quantities": [
                {"changeFromQuantity": 800, "inventoryItemId": "1", "locationId": "L", "quantity": 320},
                {"changeFromQuantity": 0, "inventoryItemId": "2", "locationId": "L", "quantity": 0},
            ],
        },
    }
    assert "@idempotent(key: $key)" in shop.store.requests[-1].body.decode()


def test_a_delta_goes_out_as_the_difference_with_an_explicit_null(shop: Any) -> None:
    shop.store.on("AdjustAvailable", ADJUST_OK)
    shop.door.levels.write([write("1", 3, 10, delta=True)], key="k", document="d")
    asked = shop.store.variables("AdjustAvailable")
    assert asked["input"]["changes"] == [{"changeFromQuantity": None, "delta": -7, "inventoryItemId": "1", "locationId": "L"}]
    assert b'"changeFromQuantity":null' in shop.store.requests[-1].body


def test_deltas_go_first_and_under_a_key_of_their_own(shop: Any) -> None:
    shop.store.on("SetAvailable", SET_OK)
    shop.store.on("AdjustAvailable", ADJUST_OK)
    shop.door.levels.write([write("1", 5, 1), write("2", 3, 10, delta=True)], key="k", document="d")
    assert shop.store.names() == ["AdjustAvailable", "SetAvailable"]
    assert shop.store.variables("AdjustAvailable")["key"] != shop.store.variables("SetAvailable")["key"] == "k"


def test_one_stale_entry_rejects_all_and_only_it_is_stale(shop: Any) -> None:
    shop.store.on("SetAvailable", rejected("inventorySetQuantities", (1, STALE, "changed meanwhile")))
    found = shop.door.levels.write([write(str(n), 1, 0) for n in range(3)], key="k", document="d")
    assert [each.outcome for each in found] == ["held", "stale", "held"]


def test_each_bad_entry_is_told_its_own_reason(shop: Any) -> None:
    rows = [
        (0, "NON_MUTABLE_INVENTORY_ITEM", "Bundles count themselves"),
        (2, STALE, "changed"),
        (2, "INVALID_LOCATION", "no such place"),
    ]
    shop.store.on("SetAvailable", rejected("inventorySetQuantities", *rows))
    found = shop.door.levels.write([write(str(n), 1, 0) for n in range(4)], key="k", document="d")
    assert [each.outcome for each in found] == ["refused", "held", "refused", "held"]
    assert found[0].reason == "Bundles count themselves (NON_MUTABLE_INVENTORY_ITEM)"


def test_should_shopify_ever_write_the_good_entries_of_a_bad_call_they_count_as_written(shop: Any) -> None:
    answer = rejected("inventorySetQuantities", (1, STALE, "changed"))
    answer["inventorySetQuantities"]["inventoryAdjustmentGroup"] = {"id": "g"}
    shop.store.on("SetAvailable", answer)
    found = shop.door.levels.write([write(str(n), 1, 0) for n in range(3)], key="k", document="d")
    assert [each.outcome for each in found] == ["written", "stale", "written"]


def test_positions_are_the_caller_s_when_sets_and_deltas_are_mixed(shop: Any) -> None:
    shop.store.on("SetAvailable", rejected("inventorySetQuantities", (1, STALE, "changed")))
    shop.store.on(
        "AdjustAvailable", rejected("inventoryAdjustQuantities", (0, "INVALID_INVENTORY_ITEM", "gone"), field="changes")
    )
    writes = [write("1", 1, 0), write("2", 0, 1, delta=True), write("3", 1, 0), write("4", 0, 1, delta=True)]
    found = shop.door.levels.write(writes, key="k", document="d")
    assert [each.outcome for each in found] == ["held", "refused", "stale", "held"]


def test_a_complaint_about_no_entry_refuses_the_whole_write(shop: Any) -> None:
    shop.store.on("SetAvailable", rejected("inventorySetQuantities", (None, "INVALID_REASON", "no such reason")))
    with pytest.raises(Refused, match="no such reason") as caught:
        shop.door.levels.write([write("1", 1, 0)], key="k", document="d")
    assert caught.value.code == "INVALID_REASON"


def test_a_lost_answer_is_unknown(shop: Any) -> None:
    shop.store.on("SetAvailable", OutcomeUnknown("late"))
    with pytest.raises(OutcomeUnknown):
        shop.door.levels.write([write("1", 1, 0)], key="k", document="d")


def test_nothing_sent_is_try_later(shop: Any) -> None:
    shop.store.on("AdjustAvailable", TryLater("no connection"))
    with pytest.raises(TryLater):
        shop.door.levels.write([write("1", 0, 1, delta=True), write("2", 1, 0)], key="k", document="d")


def test_what_was_written_is_not_forgotten_when_the_second_call_cannot_be_made(shop: Any) -> None:
    shop.store.on("AdjustAvailable", ADJUST_OK)
    shop.store.on("SetAvailable", TryLater("no connection"))
    found = shop.door.levels.write([write("1", 0, 1, delta=True), write("2", 1, 0)], key="k", document="d")
    assert [each.outcome for each in found] == ["written", "held"]


def test_a_lost_second_answer_makes_the_whole_write_unknown(shop: Any) -> None:
    shop.store.on("AdjustAvailable", ADJUST_OK)
    shop.store.on("SetAvailable", OutcomeUnknown("late"))
    with pytest.raises(OutcomeUnknown):
        shop.door.levels.write([write("1", 0, 1, delta=True), write("2", 1, 0)], key="k", document="d")


def test_nothing_to_write_calls_nobody(shop: Any) -> None:
    assert shop.door.levels.write([], key="k", document="d") == []
    assert shop.store.requests == []
