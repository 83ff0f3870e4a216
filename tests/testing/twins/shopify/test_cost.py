"""What queries cost, and what happens to those who do not wait (fact sheet C.1 to C.5)."""

from datetime import timedelta
from typing import Any

import pytest

from stockbridge.testing.twins.shopify.api.cost import Bucket, weight
from stockbridge.testing.twins.shopify.clock import DAWN

ADDRESS = "address { address1 city zip countryCode }"
PRICES = {
    "all locations": (
        f"{{ locations(first: 250, includeInactive: true, includeLegacy: true) {{ nodes {{ id name isActive {ADDRESS} }} }} }}",
        13,
    ),
    "ids of 250 orders": ("{ orders(first: 250, sortKey: UPDATED_AT) { nodes { id updatedAt } } }", 13),
    "the same through edges": ("{ orders(first: 250) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 13),
    "levels of a location": (
        '{ location(id: "gid://shopify/Location/1") { inventoryLevels(first: 250) { nodes { quantities(names: ["available"]) { quantity } item { id sku } } } } }',
        36,
    ),
    "items with their levels": (
        '{ inventoryItems(first: 250) { nodes { id inventoryLevels(first: 10) { nodes { id quantities(names: ["available"]) { quantity } location { id } } } } } }',
        167,
    ),
    "variants with products": (
        "{ productVariants(first: 250) { nodes { sku barcode product { id } inventoryItem { id } } } }",
        35,
    ),
    "levels of many items by id": (
        'query Q($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryItem { inventoryLevel(locationId: "gid://shopify/Location/1") { quantities(names: ["available"]) { quantity } } } } }',
        3,
    ),
    "one object": ("{ shop { name } }", 1),
    "money is free": (
        '{ order(id: "gid://shopify/Order/1") { totalPriceSet { shopMoney { amount } presentmentMoney { amount } } } }',
        1,
    ),
    "counting is dear": ("{ ordersCount { count } }", 10),
    "a service costs two": ('{ location(id: "gid://shopify/Location/1") { fulfillmentService { id } } }', 3),
    "the dearest branch counts": (
        "query Q($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { customer { id } shippingAddress { city } } ... on Location { name } } }",
        3,
    ),
}


@pytest.mark.parametrize("name", PRICES)
def test_a_query_costs_what_the_price_list_says(shop: Any, name: str) -> None:
    text, price = PRICES[name]
    answer = shop.gql(text, ids=[]) if "$ids" in text else shop.gql(text)
    assert answer["extensions"]["cost"]["requestedQueryCost"] == price


MUTATIONS = {
    "set, errors only": ('inventorySetQuantities(input: $i) @idempotent(key: "k") { userErrors { message } }', 10),
    "set, with changes": (
        'inventorySetQuantities(input: $i) @idempotent(key: "k") { inventoryAdjustmentGroup { changes { item { id } location { id } } } userErrors { message } }',
        13,
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_costs_ten_and_its_inner_objects(shop: Any, name: str) -> None:
    body, price = MUTATIONS[name]
    rows = [shop.row("PAN24", "Berlin Central", 5, changeFromQuantity=None)]
    given = {"name": "available", "reason": "correction", "quantities": rows}
    answer = shop.gql("mutation M($i: InventorySetQuantitiesInput!) {" + body + "}", i=given)
    assert answer["extensions"]["cost"]["requestedQueryCost"] == price


def test_aliased_mutations_cost_ten_each(shop: Any) -> None:
    text = 'mutation { a: tagsAdd(id: "gid://shopify/Order/1", tags: []) { userErrors { message } } b: tagsAdd(id: "gid://shopify/Order/1", tags: []) { userErrors { message } } }'
    assert shop.gql(text)["extensions"]["cost"]["requestedQueryCost"] == 20


@pytest.mark.parametrize(("size", "expected"), [(1, 1), (5, 3), (10, 4), (20, 5), (50, 7), (100, 9), (250, 11)])
def test_big_pages_are_cheap(size: int, expected: int) -> None:
    assert weight(size) == expected


def test_unused_points_are_given_back(shop: Any) -> None:
    answer = shop.gql("{ orders(first: 250) { nodes { id lineItems(first: 20) { nodes { id } } } } }")
    cost = answer["extensions"]["cost"]
    assert cost["actualQueryCost"] < cost["requestedQueryCost"]
    assert cost["throttleStatus"]["currentlyAvailable"] == 2000 - cost["actualQueryCost"]


def test_the_actual_cost_is_never_above_the_requested_one(shop: Any) -> None:
    for number in range(3):
        shop.place({"MUG-WHITE": 1 + number})
    for text in (
        "{ orders(first: 2) { nodes { id } } }",
        "{ orders(first: 100) { nodes { id customer { id } } } }",
        "{ shop { name } }",
    ):
        cost = shop.gql(text)["extensions"]["cost"]
        assert 0 < cost["actualQueryCost"] <= cost["requestedQueryCost"]


def test_an_empty_bucket_answers_throttled_with_status_200(shop: Any) -> None:
    shop.twin.world.knobs.bucket_size = 30
    text = "{ orders(first: 250) { nodes { id } } }"
    shop.place({"MUG-WHITE": 1})
    answers = [shop.gql(text) for _ in range(12)]
    throttled = [one for one in answers if "data" not in one]
    assert throttled
    error = throttled[0]["errors"][0]
    assert error["message"] == "Throttled"
    assert error["extensions"]["code"] == "THROTTLED"
    cost = throttled[0]["extensions"]["cost"]
    assert cost["actualQueryCost"] is None
    assert cost["throttleStatus"]["currentlyAvailable"] < cost["requestedQueryCost"] == 13


def test_waiting_as_long_as_the_answer_says_is_enough(shop: Any) -> None:
    shop.twin.world.knobs.bucket_size = 40
    text = (
        "mutation { "
        + " ".join(f'm{n}: tagsAdd(id: "gid://shopify/Order/1", tags: []) {{ userErrors {{ message }} }}' for n in range(4))
        + " }"
    )
    assert "data" in shop.gql(text)
    cost = shop.gql(text)["extensions"]["cost"]
    wait = (cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]) / cost["throttleStatus"]["restoreRate"]
    shop.twin.advance(wait)
    assert "data" in shop.gql(text)


def test_a_throttled_mutation_changed_nothing(shop: Any) -> None:
    shop.twin.world.knobs.bucket_size = 5
    before = shop.states("PAN24", "Berlin Central")
    rows = [shop.row("PAN24", "Berlin Central", 5, changeFromQuantity=None)]
    given = {"name": "available", "reason": "correction", "quantities": rows}
    text = 'mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "k") { userErrors { message } } }'
    assert shop.gql(text, i=given)["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert shop.states("PAN24", "Berlin Central") == before
    shop.twin.world.knobs.bucket_size = 100
    assert shop.data(text, i=given)["inventorySetQuantities"]["userErrors"] == []


def test_a_single_query_over_a_thousand_points_is_never_run(shop: Any) -> None:
    text = "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { variant { product { variants(first: 50) { nodes { id } } } } } } } } }"
    answer = shop.gql(text)
    assert "data" not in answer
    extensions = answer["errors"][0]["extensions"]
    assert extensions["code"] == "MAX_COST_EXCEEDED"
    assert extensions["cost"] > extensions["maxCost"] == 1000


def test_throttling_can_be_switched_off_for_load_runs(shop: Any) -> None:
    shop.twin.world.knobs.throttling = False
    shop.twin.world.knobs.bucket_size = 1
    assert all("data" in shop.gql("{ orders(first: 250) { nodes { id } } }") for _ in range(20))


def test_the_bucket_refills_steadily_and_never_overflows() -> None:
    bucket = Bucket(2000, 100)
    bucket.refill(DAWN)
    assert bucket.take(1500)
    assert not bucket.take(501)
    bucket.refill(DAWN + timedelta(seconds=3))
    assert bucket.status()["currentlyAvailable"] == 800
    bucket.refill(DAWN + timedelta(seconds=60))
    assert bucket.status() == {"maximumAvailable": 2000, "currentlyAvailable": 2000, "restoreRate": 100}
