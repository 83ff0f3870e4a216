"""inventoryAdjustQuantities, inventoryMoveQuantities, activation and deactivation (fact sheet D.3 to D.5)."""

from typing import Any

import pytest

HERE, THERE = "Berlin Central", "Hamburg Port"
SKU = "LANTERN"
DOCUMENT = "wms://count/7"
MOVE = """
mutation Move($i: InventoryMoveQuantitiesInput!, $k: String!) { inventoryMoveQuantities(input: $i) @idempotent(key: $k) {
  inventoryAdjustmentGroup { changes { name delta } } userErrors { code field message } } }"""
ACTIVATE = """
mutation A($item: ID!, $at: ID!, $available: Int, $onHand: Int, $k: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $at, available: $available, onHand: $onHand) @idempotent(key: $k) {
    inventoryLevel { id isActive quantities(names: ["available", "on_hand"]) { quantity } } userErrors { field message } } }"""
DEACTIVATE = "mutation D($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { field message } } }"


def test_adjusting_available_adds_and_mirrors_into_on_hand(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    payload = shop.adjust(SKU, HERE, -4)
    after = shop.states(SKU, HERE)
    assert (after["available"], after["on_hand"]) == (before["available"] - 4, before["on_hand"] - 4)
    assert [one["name"] for one in payload["inventoryAdjustmentGroup"]["changes"]] == ["available", "on_hand"]


def test_adjusting_with_a_stale_expectation_is_refused(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    payload = shop.adjust(SKU, HERE, -4, changeFromQuantity=before["available"] - 1)
    assert shop.codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.states(SKU, HERE) == before


def test_a_zero_delta_is_accepted_and_changes_nothing(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    assert shop.adjust(SKU, HERE, 0)["userErrors"] == []
    assert shop.states(SKU, HERE) == before


def test_incoming_is_outside_on_hand(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    payload = shop.adjust(SKU, HERE, 30, name="incoming", ledgerDocumentUri=DOCUMENT)
    after = shop.states(SKU, HERE)
    assert (after["incoming"], after["on_hand"]) == (30, before["on_hand"])
    assert [one["name"] for one in payload["inventoryAdjustmentGroup"]["changes"]] == ["incoming"]


@pytest.mark.parametrize("name", ["damaged", "quality_control", "reserved", "safety_stock"])
def test_other_states_are_part_of_on_hand(shop: Any, name: str) -> None:
    before = shop.states(SKU, HERE)
    shop.adjust(SKU, HERE, 5, name=name, ledgerDocumentUri=DOCUMENT)
    after = shop.states(SKU, HERE)
    assert (after[name], after["on_hand"], after["available"]) == (5, before["on_hand"] + 5, before["available"])


@pytest.mark.parametrize(
    ("name", "document", "code"),
    [
        ("available", DOCUMENT, "INVALID_AVAILABLE_DOCUMENT"),
        ("damaged", None, "INVALID_QUANTITY_DOCUMENT"),
        ("damaged", "gid://shopify/Order/1", "INTERNAL_LEDGER_DOCUMENT"),
        ("committed", DOCUMENT, "INVALID_QUANTITY_NAME"),
        ("on_hand", None, "INVALID_QUANTITY_NAME"),
    ],
)
def test_ledger_documents_and_names_are_checked(shop: Any, name: str, document: str | None, code: str) -> None:
    more = {"ledgerDocumentUri": document} if document else {}
    assert shop.codes(shop.adjust(SKU, HERE, 1, name=name, **more)) == [code]


def test_all_changes_of_a_call_share_one_document(shop: Any) -> None:
    rows = [
        {
            "inventoryItemId": shop.item(SKU),
            "locationId": shop.location(place),
            "delta": 1,
            "changeFromQuantity": None,
            "ledgerDocumentUri": f"wms://{n}",
        }
        for n, place in enumerate((HERE, THERE))
    ]
    text = 'mutation A($i: InventoryAdjustQuantitiesInput!) { inventoryAdjustQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }'
    given = {"name": "damaged", "reason": "damaged", "changes": rows}
    assert shop.codes(shop.data(text, i=given)["inventoryAdjustQuantities"]) == ["MAX_ONE_LEDGER_DOCUMENT"]


def test_a_change_without_expectation_is_refused(shop: Any) -> None:
    text = 'mutation A($i: InventoryAdjustQuantitiesInput!) { inventoryAdjustQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }'
    rows = [{"inventoryItemId": shop.item(SKU), "locationId": shop.location(HERE), "delta": 1}]
    error = shop.error(text, i={"name": "available", "reason": "correction", "changes": rows})
    assert error["message"] == "InventoryChangeInput must include the following argument: changeFromQuantity."


@pytest.mark.parametrize(
    ("delta", "code"), [(2_000_000_001, "INVALID_QUANTITY_TOO_HIGH"), (-2_000_000_001, "INVALID_QUANTITY_TOO_LOW")]
)
def test_deltas_have_bounds(shop: Any, delta: int, code: str) -> None:
    assert shop.codes(shop.adjust(SKU, HERE, delta)) == [code]


def move(
    shop: Any,
    *,
    to: str = "damaged",
    at: str = HERE,
    frm: str = "available",
    units: int = 3,
    there: str | None = None,
    **more: Any,
) -> Any:
    ends = {
        "from": {"locationId": shop.location(at), "name": frm, "changeFromQuantity": None},
        "to": {"locationId": shop.location(there or at), "name": to, "changeFromQuantity": None},
    }
    for end in ends.values():
        if end["name"] != "available":
            end["ledgerDocumentUri"] = DOCUMENT
    change = {"inventoryItemId": shop.item(SKU), "quantity": units, **ends}
    given = {"reason": "damaged", "referenceDocumentUri": "wms://move/1", "changes": [change], **more}
    return shop.data(MOVE, i=given, k=shop.key())["inventoryMoveQuantities"]


def test_moving_between_states_keeps_on_hand(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    assert move(shop)["userErrors"] == []
    after = shop.states(SKU, HERE)
    assert after == {**before, "available": before["available"] - 3, "damaged": 3}


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"there": THERE}, "DIFFERENT_LOCATIONS"),
        ({"to": "available"}, "SAME_QUANTITY_NAME"),
        ({"units": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"to": "committed"}, "INVALID_QUANTITY_NAME"),
    ],
)
def test_impossible_moves_are_refused(shop: Any, how: Any, code: str) -> None:
    before = shop.states(SKU, HERE)
    assert code in shop.codes(move(shop, **how))
    assert shop.states(SKU, HERE) == before


def activate(shop: Any, at: str, **more: Any) -> Any:
    return shop.data(ACTIVATE, item=shop.item(SKU), at=shop.location(at), k=shop.key(), **more)["inventoryActivate"]


def level_id(shop: Any, at: str) -> str:
    level = shop.do.level(SKU, at)
    return f"gid://shopify/InventoryLevel/{level.id}?inventory_item_id={level.item.id}"


def test_activating_stocks_the_item_there(shop: Any) -> None:
    shop.do.add_location("Pop-up")
    found = activate(shop, "Pop-up")["inventoryLevel"]
    assert found["isActive"]
    assert [one["quantity"] for one in found["quantities"]] == [0, 0]


def test_activating_seeds_a_quantity_in_one_world_and_not_in_another(shop: Any) -> None:
    shop.do.add_location("Pop-up")
    shop.do.add_location("Pop-down")
    assert activate(shop, "Pop-up", available=8)["inventoryLevel"]["quantities"][0]["quantity"] == 8
    shop.twin.set_choices({"activate_seeds_available": False})
    assert activate(shop, "Pop-down", available=8)["inventoryLevel"]["quantities"][0]["quantity"] == 0


def test_activating_an_active_level_is_harmless_without_quantities_and_refused_with(shop: Any) -> None:
    assert activate(shop, HERE)["userErrors"] == []
    refused = activate(shop, HERE, available=3)["userErrors"][0]
    assert refused["message"] == "Not allowed to set available quantity when the item is already active at the location."
    assert activate(shop, HERE, available=3, onHand=3)["userErrors"]


def test_deactivating_keeps_the_row_and_its_quantities(shop: Any) -> None:
    before = shop.states(SKU, HERE)
    assert shop.data(DEACTIVATE, id=level_id(shop, HERE))["inventoryDeactivate"]["userErrors"] == []
    level = shop.do.level(SKU, HERE)
    assert not level.is_active
    assert shop.states(SKU, HERE) == before
    found = activate(shop, HERE)["inventoryLevel"]
    assert found["id"] == level_id(shop, HERE)
    assert found["quantities"][0]["quantity"] == before["available"]


def test_an_inactive_level_no_longer_counts_for_the_variant(shop: Any) -> None:
    text = '{ productVariants(first: 1, query: "sku:LANTERN") { nodes { inventoryQuantity } } }'
    before = shop.data(text)["productVariants"]["nodes"][0]["inventoryQuantity"]
    gone = shop.states(SKU, HERE)["available"]
    shop.data(DEACTIVATE, id=level_id(shop, HERE))
    assert shop.data(text)["productVariants"]["nodes"][0]["inventoryQuantity"] == before - gone


def test_an_item_must_stay_stocked_somewhere(shop: Any) -> None:
    for place in (HERE, THERE):
        shop.data(DEACTIVATE, id=level_id(shop, place))
    errors = shop.data(DEACTIVATE, id=level_id(shop, "München South"))["inventoryDeactivate"]["userErrors"]
    assert "need to be stocked at a minimum of 1 location" in errors[0]["message"]


def test_the_level_id_carries_its_item_in_a_query_string(shop: Any) -> None:
    found = shop.data(
        "query L($id: ID!) { inventoryLevel(id: $id) { id item { sku } location { name } } }", id=level_id(shop, HERE)
    )
    assert found["inventoryLevel"] == {"id": level_id(shop, HERE), "item": {"sku": SKU}, "location": {"name": HERE}}


def test_levels_of_a_location_can_be_asked_for_by_time(shop: Any) -> None:
    shop.twin.advance(60)
    since = shop.twin.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    shop.twin.advance(1)
    shop.adjust(SKU, HERE, 1)
    text = "query L($id: ID!, $q: String) { location(id: $id) { inventoryLevels(first: 250, query: $q) { nodes { item { sku } } } } }"
    found = shop.data(text, id=shop.location(HERE), q=f"updated_at:>'{since}'")["location"]["inventoryLevels"]["nodes"]
    assert found == [{"item": {"sku": SKU}}]
