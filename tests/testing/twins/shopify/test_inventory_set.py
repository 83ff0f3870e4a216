"""inventorySetQuantities: compare-and-set, mandatory arguments, atomic batches, error codes (fact sheet D.3, D.4, J)."""

import json
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import Request, ShopifyTwin

HERE, THERE = "Berlin Central", "Hamburg Port"
SKU = "PAN24"
PLAIN = "mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) { userErrors { code } } }"


def test_setting_available_moves_on_hand_by_the_same_difference(shop: Any) -> None:
    shop.place({SKU: 2}, at=HERE)
    before = shop.states(SKU, HERE)
    payload = shop.set(shop.row(SKU, HERE, before["available"] + 7, changeFromQuantity=before["available"]))
    after = shop.states(SKU, HERE)
    assert payload["userErrors"] == []
    assert after == {**before, "available": before["available"] + 7, "on_hand": before["on_hand"] + 7}
    assert after["committed"] == 2
    rows = [(one["name"], one["delta"]) for one in payload["inventoryAdjustmentGroup"]["changes"]]
    assert rows == [("available", 7), ("on_hand", 7)]


def test_setting_on_hand_leaves_committed_alone(shop: Any) -> None:
    shop.place({SKU: 3}, at=HERE)
    shop.set(shop.row(SKU, HERE, 50, changeFromQuantity=None), name="on_hand")
    after = shop.states(SKU, HERE)
    assert (after["on_hand"], after["committed"], after["available"]) == (50, 3, 47)


def test_the_answer_gives_no_receipt_of_the_new_quantity(shop: Any) -> None:
    payload = shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None))
    assert {one["quantityAfterChange"] for one in payload["inventoryAdjustmentGroup"]["changes"]} == {None}


def test_a_stale_expectation_is_refused_and_nothing_changes(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    payload = shop.set(shop.row(SKU, HERE, 1, changeFromQuantity=before["available"] + 1))
    assert payload["inventoryAdjustmentGroup"] is None
    assert payload["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert payload["userErrors"][0]["field"] == ["input", "quantities", "0", "changeFromQuantity"]
    assert shop.states(SKU, HERE) == before


def test_null_switches_the_comparison_off(shop: Any) -> None:
    assert shop.set(shop.row(SKU, HERE, 1, changeFromQuantity=None))["userErrors"] == []
    assert shop.states(SKU, HERE)["available"] == 1


def test_leaving_the_expectation_out_is_not_the_same_as_null(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    given = {"name": "available", "reason": "correction", "quantities": [shop.row(SKU, HERE, 1)]}
    text = PLAIN.replace("(input: $i)", '(input: $i) @idempotent(key: "k")')
    answer = shop.gql(text, i=given)
    assert answer["data"] == {"inventorySetQuantities": None}
    assert answer["errors"][0]["extensions"] == {"code": "INVALID_FIELD_ARGUMENTS"}
    assert answer["errors"][0]["message"] == "InventoryQuantityInput must include the following argument: changeFromQuantity."
    assert shop.states(SKU, HERE) == before


def test_the_same_holds_for_values_written_into_the_document(shop: Any) -> None:
    row = f'inventoryItemId: "{shop.item(SKU)}", locationId: "{shop.location(HERE)}", quantity: 4'
    text = (
        'mutation { inventorySetQuantities(input: {name: "available", reason: "correction", quantities: [{%s%s}]}) '
        '@idempotent(key: "%s") { userErrors { code } } }'
    )
    assert shop.error(text % (row, "", "a"))["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert shop.data(text % (row, ", changeFromQuantity: null", "b"))["inventorySetQuantities"]["userErrors"] == []
    assert shop.states(SKU, HERE)["available"] == 4


def test_the_idempotency_directive_is_mandatory(shop: Any) -> None:
    given = {"name": "available", "reason": "correction", "quantities": [shop.row(SKU, HERE, 1, changeFromQuantity=None)]}
    answer = shop.gql(PLAIN, i=given)
    assert answer["data"] == {"inventorySetQuantities": None}
    error = answer["errors"][0]
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert error["path"] == ["inventorySetQuantities"]


def test_one_bad_entry_refuses_the_whole_batch(shop: Any) -> None:
    good = shop.row(SKU, HERE, 1, changeFromQuantity=None)
    bad = {**shop.row(SKU, THERE, 1, changeFromQuantity=None), "inventoryItemId": "gid://shopify/InventoryItem/99"}
    before = shop.states(SKU, HERE)
    payload = shop.set(good, bad)
    assert payload["inventoryAdjustmentGroup"] is None
    assert payload["userErrors"] == [
        {
            "code": "INVALID_INVENTORY_ITEM",
            "field": ["input", "quantities", "1", "inventoryItemId"],
            "message": "The specified inventory item could not be found.",
        }
    ]
    assert shop.states(SKU, HERE) == before


def test_every_bad_entry_is_named(shop: Any) -> None:
    rows = [shop.row(SKU, place, 1, changeFromQuantity=-5) for place in (HERE, THERE)]
    fields = [one["field"][2] for one in shop.set(*rows)["userErrors"]]
    assert fields == ["0", "1"]


@pytest.mark.parametrize(
    ("quantity", "name", "code"),
    [
        (1_000_000_001, "available", "INVALID_QUANTITY_TOO_HIGH"),
        (-1_000_000_001, "available", "INVALID_QUANTITY_TOO_LOW"),
        (-1, "on_hand", "INVALID_QUANTITY_NEGATIVE"),
    ],
)
def test_quantities_have_bounds(shop: Any, quantity: int, name: str, code: str) -> None:
    assert shop.codes(shop.set(shop.row(SKU, HERE, quantity, changeFromQuantity=None), name=name)) == [code]


def test_available_may_be_negative(shop: Any) -> None:
    assert shop.set(shop.row(SKU, HERE, -3, changeFromQuantity=None))["userErrors"] == []
    assert shop.states(SKU, HERE)["available"] == -3


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name": "committed"}, "INVALID_NAME", ["input", "name"]),
        ({"reason": "because"}, "INVALID_REASON", ["input", "reason"]),
        ({"referenceDocumentUri": "no uri"}, "INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"]),
        ({"referenceDocumentUri": "gid://shopify/Order/1"}, "INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"]),
    ],
)
def test_what_is_common_to_the_batch_is_checked(shop: Any, more: Any, code: str, field: list[str]) -> None:
    payload = shop.set(shop.row(SKU, HERE, 1, changeFromQuantity=None), **more)
    assert [(one["code"], one["field"]) for one in payload["userErrors"]] == [(code, field)]


def test_a_pair_may_appear_once_only(shop: Any) -> None:
    row = shop.row(SKU, HERE, 1, changeFromQuantity=None)
    payload = shop.set(row, shop.row(SKU, THERE, 1, changeFromQuantity=None), row)
    assert shop.codes(payload) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]
    assert payload["userErrors"][0]["field"] == ["input", "quantities", "2", "locationId"]


def test_an_unknown_location_is_named(shop: Any) -> None:
    row = {**shop.row(SKU, HERE, 1, changeFromQuantity=None), "locationId": "gid://shopify/Location/99"}
    assert shop.codes(shop.set(row)) == ["INVALID_LOCATION"]


def test_a_malformed_id_is_a_top_level_error(shop: Any) -> None:
    row = {**shop.row(SKU, HERE, 1, changeFromQuantity=None), "inventoryItemId": "gid://shopify/Product/1"}
    text = PLAIN.replace("(input: $i)", '(input: $i) @idempotent(key: "k")')
    error = shop.error(text, i={"name": "available", "reason": "correction", "quantities": [row]})
    assert error["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_a_bundles_own_stock_cannot_be_set(shop: Any) -> None:
    shop.do.bundle("Breakfast set", sku="SET", parts={"MUG-WHITE": 2, SKU: 1})
    assert shop.codes(shop.set(shop.row("SET", HERE, 1, changeFromQuantity=None))) == ["NON_MUTABLE_INVENTORY_ITEM"]


def test_a_sale_between_reading_and_writing_makes_the_write_stale(shop: Any) -> None:
    read = "query R($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 5) { nodes { id } } } }"
    token = shop.twin.token()
    before = shop.states(SKU, HERE)["available"]
    shop.twin.between("inventoryLevels", lambda: shop.do.place({SKU: 1}, at=HERE))
    ask(shop.twin, token, read, id=shop.item(SKU))
    payload = shop.set(shop.row(SKU, HERE, 99, changeFromQuantity=before))
    assert shop.codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.states(SKU, HERE)["available"] == before - 1


def ask(twin: ShopifyTwin, token: str, query: str, **variables: Any) -> Any:
    """One request through the front door."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    path = "/admin/api/2026-10/graphql.json"
    return twin.handle(Request("POST", path, {"x-shopify-access-token": token}, body)).json()


UNSTOCKED = [
    ("2026-07", "error", ["ITEM_NOT_STOCKED_AT_LOCATION"], None),
    ("2026-07", "inactive", [], False),
    ("2026-10", "inactive", [], False),
    ("2026-10", "active", [], True),
    ("2026-10", "error", [], False),
]


@pytest.mark.parametrize(("version", "choice", "codes", "active"), UNSTOCKED)
def test_writing_where_the_item_is_not_stocked_does_what_the_world_chose(
    shop: Any, version: str, choice: str, codes: list[str], active: bool | None
) -> None:
    shop.twin.set_choices({"unstocked_write": choice})
    shop.do.add_location("Pop-up")
    given = {"name": "available", "reason": "correction", "quantities": [shop.row(SKU, "Pop-up", 9, changeFromQuantity=None)]}
    text = PLAIN.replace("(input: $i)", '(input: $i) @idempotent(key: "k")')
    payload = shop.data(text, version, i=given)["inventorySetQuantities"]
    assert shop.codes(payload) == codes
    level = shop.do.level(SKU, "Pop-up")
    assert (level.is_active if level else None) == active


def test_an_inactive_level_is_shown_only_when_asked_for(shop: Any) -> None:
    shop.do.add_location("Pop-up")
    shop.set(shop.row(SKU, "Pop-up", 9, changeFromQuantity=None))
    text = """query L($id: ID!, $at: ID!) { inventoryItem(id: $id) {
        plain: inventoryLevel(locationId: $at) { id }
        all: inventoryLevel(locationId: $at, includeInactive: true) { isActive quantities(names: ["available"]) { quantity } } } }"""
    found = shop.data(text, id=shop.item(SKU), at=shop.location("Pop-up"))["inventoryItem"]
    assert found == {"plain": None, "all": {"isActive": False, "quantities": [{"quantity": 9}]}}


def test_in_another_world_the_good_entries_of_a_bad_batch_are_applied(shop: Any) -> None:
    shop.twin.set_choices({"batch_atomic": False})
    good, bad = shop.row(SKU, HERE, 1, changeFromQuantity=None), shop.row(SKU, THERE, 1, changeFromQuantity=-9)
    payload = shop.set(good, bad)
    assert shop.codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.states(SKU, HERE)["available"] == 1
    assert shop.states(SKU, THERE)["available"] != 1


def test_in_another_world_only_the_first_bad_entry_is_named(shop: Any) -> None:
    shop.twin.set_choices({"all_bad_entries_reported": False})
    rows = [shop.row(SKU, place, 1, changeFromQuantity=-5) for place in (HERE, THERE)]
    assert len(shop.set(*rows)["userErrors"]) == 1


def test_an_untracked_item_is_not_moved(shop: Any) -> None:
    shop.do.add_product("Gift note", sku="NOTE", tracked=False, stock={HERE: 0})
    assert shop.set(shop.row("NOTE", HERE, 9, changeFromQuantity=None))["userErrors"] == []
    assert shop.states("NOTE", HERE)["available"] == 0


def test_the_adjusting_app_and_reference_are_on_the_ledger(shop: Any) -> None:
    shop.set(shop.row(SKU, HERE, 3, changeFromQuantity=None), referenceDocumentUri="gid://stockbridge/Write/42")
    entry = shop.twin.ledger.of("level_changed")[-1]
    assert entry.data["by"] == "app:Stockbridge"
    assert entry.data["ref"] == "gid://stockbridge/Write/42"
    assert entry.data["after"]["available"] == 3


def test_staff_of_an_adjustment_need_a_scope_of_their_own_and_the_write_stands(shop: Any) -> None:
    text = """mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "k") {
        inventoryAdjustmentGroup { staffMember { id } reason } userErrors { code } } }"""
    given = {"name": "available", "reason": "correction", "quantities": [shop.row(SKU, HERE, 3, changeFromQuantity=None)]}
    answer = shop.gql(text, i=given)
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    group = answer["data"]["inventorySetQuantities"]["inventoryAdjustmentGroup"]
    assert group == {"staffMember": None, "reason": "correction"}
    assert shop.states(SKU, HERE)["available"] == 3
