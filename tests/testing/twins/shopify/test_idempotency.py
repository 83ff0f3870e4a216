"""What an idempotency key means: replay, mismatch, in flight, broken, forgotten (fact sheet J.1)."""

from typing import Any

import pytest

HERE, SKU = "Berlin Central", "APRON-INK"
REFUND = 'mutation R($i: RefundInput!) { refundCreate(input: $i) @idempotent(key: "r") { refund { id } userErrors { field message } } }'


def test_a_repeated_call_is_answered_from_memory_and_not_done_again(shop: Any) -> None:
    first = shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None), key="same")
    shop.do.set_stock(SKU, HERE, quantity=77)
    again = shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None), key="same")
    assert again == first
    assert shop.states(SKU, HERE)["available"] == 77


def test_the_same_key_with_other_arguments_is_a_mismatch(shop: Any) -> None:
    shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None), key="same")
    payload = shop.set(shop.row(SKU, HERE, 6, changeFromQuantity=None), key="same")
    assert shop.codes(payload) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert payload["userErrors"][0]["message"] == "The same idempotency key cannot be used with different operation parameters."
    assert shop.states(SKU, HERE)["available"] == 5


def test_five_three_five_with_keys_from_the_content_would_be_swallowed(shop: Any) -> None:
    """Trap 3: a key made of the content alone hides the third write."""
    for quantity in (5, 3, 5):
        shop.set(shop.row(SKU, HERE, quantity, changeFromQuantity=None), key=f"content-{quantity}")
    assert shop.states(SKU, HERE)["available"] == 3


def test_a_key_that_is_in_flight_says_so(shop: Any) -> None:
    given = {"name": "available", "reason": "correction", "quantities": [shop.row(SKU, HERE, 5, changeFromQuantity=None)]}
    shop.twin.api.keys.hold("inventorySetQuantities", "busy", {"input": given}, shop.twin.clock.now())
    payload = shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None), key="busy")
    assert shop.codes(payload) == ["IDEMPOTENCY_CONCURRENT_REQUEST"]


def test_a_key_whose_first_attempt_broke_is_burnt(shop: Any) -> None:
    shop.twin.api.break_attempts = 1
    given = {"name": "available", "reason": "correction", "quantities": [shop.row(SKU, HERE, 5, changeFromQuantity=None)]}
    text = 'mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "b") { userErrors { code } } }'
    answer = shop.gql(text, i=given)
    assert answer["data"] == {"inventorySetQuantities": None}
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert shop.codes(shop.data(text, i=given)["inventorySetQuantities"]) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]


def test_keys_are_forgotten_after_a_day(shop: Any) -> None:
    shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None), key="old")
    shop.twin.advance(23 * 3600)
    assert shop.codes(shop.set(shop.row(SKU, HERE, 6, changeFromQuantity=None), key="old")) != []
    shop.twin.advance(2 * 3600)
    assert shop.set(shop.row(SKU, HERE, 6, changeFromQuantity=None), key="old")["userErrors"] == []
    assert shop.states(SKU, HERE)["available"] == 6


def test_a_refused_call_is_replayed_with_its_errors_in_one_world(shop: Any) -> None:
    row = shop.row(SKU, HERE, 5, changeFromQuantity=-1)
    assert shop.codes(shop.set(row, key="bad")) == ["CHANGE_FROM_QUANTITY_STALE"]
    shop.do.set_stock(SKU, HERE, quantity=-1)
    assert shop.codes(shop.set(row, key="bad")) == ["CHANGE_FROM_QUANTITY_STALE"]


def test_and_tried_again_in_another(shop: Any) -> None:
    shop.twin.set_choices({"replay_keeps_user_errors": False})
    row = shop.row(SKU, HERE, 5, changeFromQuantity=-1)
    assert shop.codes(shop.set(row, key="bad")) == ["CHANGE_FROM_QUANTITY_STALE"]
    shop.do.set_stock(SKU, HERE, quantity=-1)
    assert shop.set(row, key="bad")["userErrors"] == []


def test_a_world_without_replay_does_it_again(shop: Any) -> None:
    shop.twin.set_choices({"idempotency_replays": False})
    text = 'mutation A($i: InventoryAdjustQuantitiesInput!) { inventoryAdjustQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }'
    change = {"inventoryItemId": shop.item(SKU), "locationId": shop.location(HERE), "delta": -1, "changeFromQuantity": None}
    before = shop.states(SKU, HERE)["available"]
    for _ in range(2):
        shop.data(text, i={"name": "available", "reason": "correction", "changes": [change]})
    assert shop.states(SKU, HERE)["available"] == before - 2


def test_a_request_that_never_ran_leaves_its_key_free(shop: Any) -> None:
    text = 'mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }'
    row = shop.row(SKU, HERE, 5)
    shop.error(text, i={"name": "available", "reason": "correction", "quantities": [row]})
    good = {**row, "changeFromQuantity": None}
    payload = shop.data(text, i={"name": "available", "reason": "correction", "quantities": [good]})["inventorySetQuantities"]
    assert payload["userErrors"] == []


@pytest.mark.parametrize("key", ["", "   "])
def test_a_blank_key_is_refused(shop: Any, key: str) -> None:
    text = "mutation M($i: InventorySetQuantitiesInput!, $k: String!) { inventorySetQuantities(input: $i) @idempotent(key: $k) { userErrors { code } } }"
    row = shop.row(SKU, HERE, 5, changeFromQuantity=None)
    error = shop.error(text, i={"name": "available", "reason": "correction", "quantities": [row]}, k=key)
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_refunds_demand_a_key_and_are_made_once(shop: Any) -> None:
    order = shop.place({SKU: 2})
    given = {"orderId": f"gid://shopify/Order/{order.id}", "note": "sorry"}
    bare = REFUND.replace(' @idempotent(key: "r")', "")
    assert shop.error(bare, i=given)["extensions"]["code"] == "BAD_REQUEST"
    first, second = shop.data(REFUND, i=given), shop.data(REFUND, i=given)
    assert first == second
    assert len(order.refunds) == 1
    mismatch = shop.data(REFUND, i={**given, "note": "other"})["refundCreate"]["userErrors"]
    assert "different operation parameters" in mismatch[0]["message"]


def test_keys_of_different_mutations_do_not_meet(shop: Any) -> None:
    shop.set(shop.row(SKU, HERE, 5, changeFromQuantity=None), key="r")
    order = shop.place({SKU: 1})
    assert shop.data(REFUND, i={"orderId": f"gid://shopify/Order/{order.id}"})["refundCreate"]["userErrors"] == []
