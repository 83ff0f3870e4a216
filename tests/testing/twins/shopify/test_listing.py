"""Pages and cursors."""

from typing import Any

import pytest

PAGE = """query P($first: Int, $last: Int, $after: String, $before: String, $reverse: Boolean, $sort: OrderSortKeys) {
  orders(first: $first, last: $last, after: $after, before: $before, reverse: $reverse, sortKey: $sort) {
    edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
def five(shop: Any) -> Any:
    for _ in range(5):
        shop.place({"MUG-WHITE": 1})
        shop.twin.advance(10)
    return shop


def names(answer: Any) -> list[str]:
    return [one["node"]["name"] for one in answer["orders"]["edges"]]


def walk(shop: Any, **how: Any) -> list[str]:
    """All pages of two, following the end cursor."""
    seen: list[str] = []
    after = None
    while True:
        found = shop.data(PAGE, first=2, after=after, **how)
        seen += names(found)
        info = found["orders"]["pageInfo"]
        if not info["hasNextPage"]:
            return seen
        after = info["endCursor"]


@pytest.mark.parametrize("sort", ["ID", "CREATED_AT", "UPDATED_AT", "PROCESSED_AT", "ORDER_NUMBER"])
def test_pages_cover_everything_once_in_order(five: Any, sort: str) -> None:
    assert walk(five, sort=sort) == ["#1001", "#1002", "#1003", "#1004", "#1005"]
    assert walk(five, sort=sort, reverse=True) == ["#1005", "#1004", "#1003", "#1002", "#1001"]


def test_the_page_knows_its_neighbours(five: Any) -> None:
    first = five.data(PAGE, first=2)
    info = first["orders"]["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    second = five.data(PAGE, first=3, after=info["endCursor"])["orders"]["pageInfo"]
    assert (second["hasNextPage"], second["hasPreviousPage"]) == (False, True)


def test_pages_from_the_end(five: Any) -> None:
    found = five.data(PAGE, last=2)
    assert names(found) == ["#1004", "#1005"]
    before = found["orders"]["pageInfo"]["startCursor"]
    assert names(five.data(PAGE, last=2, before=before)) == ["#1002", "#1003"]


def test_an_order_that_changes_while_paging_moves_past_the_cursor(five: Any) -> None:
    """Fault F30: pages by change time shift; an overlap is needed to miss nothing."""
    first = five.data(PAGE, first=2, sort="UPDATED_AT")
    five.do.cancel("#1001")
    rest = five.data(PAGE, first=10, sort="UPDATED_AT", after=first["orders"]["pageInfo"]["endCursor"])
    assert names(rest) == ["#1003", "#1004", "#1005", "#1001"]


def test_an_empty_page_has_no_cursors(shop: Any) -> None:
    info = shop.data(PAGE, first=2)["orders"]["pageInfo"]
    assert info == {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


def test_a_page_size_is_demanded_and_limited(shop: Any) -> None:
    assert shop.error("{ orders { nodes { id } } }")["message"] == "you must provide one of first or last"
    assert "250" in shop.error("{ orders(first: 251) { nodes { id } } }")["message"]


@pytest.mark.parametrize("cursor", ["nonsense", "", "W10=", "eyJhIjoxfQ=="])
def test_a_foreign_cursor_is_refused_or_ignored_when_empty(five: Any, cursor: str) -> None:
    answer = five.gql(PAGE, first=2, after=cursor)
    if cursor:
        assert answer["errors"][0]["message"] == f"Invalid cursor: {cursor}"
    else:
        assert len(answer["data"]["orders"]["edges"]) == 2


def test_lines_of_an_order_are_paged_too(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1, "PAN24": 1, "LANTERN": 1})
    text = """query L($id: ID!, $after: String) { order(id: $id) { lineItems(first: 2, after: $after) {
        nodes { sku } pageInfo { hasNextPage endCursor } } } }"""
    first = shop.data(text, id=f"gid://shopify/Order/{order.id}")["order"]["lineItems"]
    assert [one["sku"] for one in first["nodes"]] == ["MUG-WHITE", "PAN24"]
    rest = shop.data(text, id=f"gid://shopify/Order/{order.id}", after=first["pageInfo"]["endCursor"])["order"]["lineItems"]
    assert [one["sku"] for one in rest["nodes"]] == ["LANTERN"]
    assert not rest["pageInfo"]["hasNextPage"]
