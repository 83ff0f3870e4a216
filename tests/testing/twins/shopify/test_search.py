"""Search: what is understood filters, what is not lets everything through and leaves a warning (trap 19)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stockbridge.testing.twins.shopify.api.search import parse

ROWS = [
    {"id": 1, "name": "alpha", "tags": ["red", "blue"], "at": datetime(2026, 11, 1, tzinfo=UTC), "open": True, "sku": "A-1"},
    {"id": 2, "name": "beta", "tags": ["blue"], "at": datetime(2026, 11, 2, tzinfo=UTC), "open": False, "sku": "B 2"},
    {"id": 3, "name": "gamma ray", "tags": [], "at": datetime(2026, 11, 3, tzinfo=UTC), "open": True, "sku": None},
]
FIELDS = {name: (lambda one, name=name: one[name]) for name in ("id", "name", "tags", "at", "open", "sku")}

CASES = [
    ("name:alpha", [1]),
    ("name:'gamma ray'", [3]),
    ('name:"gamma ray"', [3]),
    ("name:ga*", [3]),
    ("NOT name:alpha", [2, 3]),
    ("-name:alpha", [2, 3]),
    ("tags:blue", [1, 2]),
    ("tags:blue AND open:true", [1]),
    ("tags:blue open:true", [1]),
    ("name:alpha OR name:beta", [1, 2]),
    ("(name:alpha OR name:beta) AND open:false", [2]),
    ("name:alpha OR name:beta open:true", [1]),
    ("id:>1", [2, 3]),
    ("id:>=2 id:<3", [2]),
    ("at:>'2026-11-01T00:00:00Z'", [2, 3]),
    ("at:>=2026-11-02", [2, 3]),
    ("at:<='2026-11-02T00:00:00+00:00'", [1, 2]),
    ("at:'2026-11-02T00:00:00Z'", [2]),
    ("open:false", [2]),
    ("sku:'B 2'", [2]),
    ("sku:b*", [2]),
    ("gamma", [3]),
    ("", [1, 2, 3]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_search_finds(text: str, expected: list[int]) -> None:
    search = parse(text, FIELDS)
    assert [one["id"] for one in ROWS if search.test(one)] == expected
    assert search.warnings == []


def test_a_misspelt_field_matches_everything_with_a_warning() -> None:
    search = parse("nmae:alpha", FIELDS)
    assert all(search.test(one) for one in ROWS)
    assert search.warnings == [{"field": "nmae", "message": "Invalid search field for this query.", "code": "invalid_field"}]


def test_a_misspelt_field_beside_a_good_one_leaves_the_good_one_working() -> None:
    search = parse("nmae:alpha open:false", FIELDS)
    assert [one["id"] for one in ROWS if search.test(one)] == [2]


def test_a_value_that_makes_no_sense_matches_everything_with_a_warning() -> None:
    search = parse("at:>yesterday", FIELDS)
    assert all(search.test(one) for one in ROWS)
    assert search.warnings[0]["code"] == "invalid_value"


def test_a_field_that_shopify_has_but_the_twin_cannot_test_gives_no_warning() -> None:
    search = parse("gateway:bogus", FIELDS, ["gateway"])
    assert all(search.test(one) for one in ROWS)
    assert search.warnings == []


ORDERS = "query O($q: String) { orders(first: 50, query: $q) { nodes { name } } }"


def names(shop: Any, query: str) -> list[str]:
    return [one["name"] for one in shop.data(ORDERS, q=query)["orders"]["nodes"]]


def test_a_warning_reaches_the_client_in_the_extensions(shop: Any) -> None:
    shop.place({"MUG-WHITE": 1})
    answer = shop.gql(ORDERS, q="updatd_at:>'2030-01-01T00:00:00Z'")
    assert len(answer["data"]["orders"]["nodes"]) == 1
    found = answer["extensions"]["search"][0]
    assert found["path"] == ["orders"]
    assert found["query"] == "updatd_at:>'2030-01-01T00:00:00Z'"
    assert found["warnings"][0]["code"] == "invalid_field"


def test_without_a_search_there_is_no_search_extension(shop: Any) -> None:
    assert "search" not in shop.gql("{ orders(first: 1) { nodes { id } } }")["extensions"]


def test_orders_by_change_time_and_state(shop: Any) -> None:
    first = shop.place({"MUG-WHITE": 1})
    shop.twin.advance(600)
    second = shop.place({"MUG-WHITE": 1}, tags=["vip"])
    shop.twin.advance(600)
    middle = (second.created_at).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert names(shop, f"updated_at:>='{middle}'") == [second.name]
    shop.do.cancel(first)
    assert names(shop, f"updated_at:>='{middle}'") == [first.name, second.name]
    assert names(shop, "status:cancelled") == [first.name]
    assert names(shop, "status:open") == [second.name]
    assert names(shop, "tag:vip") == [second.name]
    assert names(shop, "name:#1002") == [second.name]
    assert names(shop, "fulfillment_status:unshipped") == [first.name, second.name]
    shop.do.fulfill(second)
    assert names(shop, "fulfillment_status:shipped") == [second.name]


def test_the_search_index_can_lag_behind_writes(shop: Any) -> None:
    shop.twin.world.knobs.search_lag_s = 5
    order = shop.place({"MUG-WHITE": 1})
    assert names(shop, "status:open") == []
    assert names(shop, "") == [order.name]
    shop.twin.advance(6)
    assert names(shop, "status:open") == [order.name]


def test_skus_are_found_on_items_and_variants(shop: Any) -> None:
    assert [
        x["sku"]
        for x in shop.data('{ inventoryItems(first: 5, query: "sku:PAN24") { nodes { sku } } }')["inventoryItems"]["nodes"]
    ] == ["PAN24"]
    assert len(shop.data('{ productVariants(first: 5, query: "sku:MUG*") { nodes { sku } } }')["productVariants"]["nodes"]) == 2
    assert len(shop.data('{ products(first: 5, query: "vendor:Herdwerk") { nodes { id } } }')["products"]["nodes"]) == 3


def test_inactive_and_service_locations_hide_unless_asked_for(shop: Any) -> None:
    shop.do.add_location("3PL North", service=True)
    shop.do.deactivate_location("München South")
    text = (
        "query L($i: Boolean, $l: Boolean) { locations(first: 10, includeInactive: $i, includeLegacy: $l) { nodes { name } } }"
    )
    plain = {one["name"] for one in shop.data(text)["locations"]["nodes"]}
    everything = {one["name"] for one in shop.data(text, i=True, l=True)["locations"]["nodes"]}
    assert plain == {"Berlin Central", "Hamburg Port"}
    assert everything - plain == {"3PL North", "München South"}


def test_counting_orders_says_how_exact_it_is(shop: Any) -> None:
    for _ in range(3):
        shop.place({"MUG-WHITE": 1})
    assert shop.data("{ ordersCount { count precision } }")["ordersCount"] == {"count": 3, "precision": "EXACT"}
    assert shop.data("{ ordersCount(limit: 2) { count precision } }")["ordersCount"] == {"count": 2, "precision": "AT_LEAST"}
