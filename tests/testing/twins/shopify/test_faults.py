"""Answers that are late, cut, broken or refused, and things that happen between two calls (faults F17 to F20)."""

import json
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import Request, Response, ShopifyTwin
from stockbridge.testing.twins.shopify.faults import KINDS

TAG = 'mutation T($id: ID!) { tagsAdd(id: $id, tags: ["seen"]) { userErrors { message } } }'


def ask(shop: Any, query: str, **variables: Any) -> Response:
    body = json.dumps({"query": query, "variables": variables}).encode()
    token = shop.twin.token()
    return shop.twin.handle(Request("POST", "/admin/api/2026-10/graphql.json", {"x-shopify-access-token": token}, body))


@pytest.mark.parametrize(
    ("kind", "status", "cut", "done"),
    [
        ("drop_answer_after", 504, "dropped", True),
        ("timeout", 504, "hung", True),
        ("http_500_after", 500, None, True),
        ("http_500_before", 500, None, False),
        ("timeout_before", 504, "hung", False),
        ("http_429", 429, None, False),
        ("throttled", 200, None, False),
    ],
)
def test_a_planned_fault_spoils_one_answer_and_does_or_does_not_do_the_work(
    shop: Any, kind: str, status: int, cut: str | None, done: bool
) -> None:
    order = shop.place({"MUG-WHITE": 1})
    shop.twin.fail_next(kind)
    answer = ask(shop, TAG, id=f"gid://shopify/Order/{order.id}")
    assert (answer.status, answer.cut) == (status, cut)
    assert (order.tags == ["seen"]) is done
    assert ask(shop, TAG, id=f"gid://shopify/Order/{order.id}").json()["data"]["tagsAdd"]["userErrors"] == []


def test_a_fault_waits_for_the_request_it_is_meant_for(shop: Any) -> None:
    shop.twin.fail_next("http_500_before", match="tagsAdd", times=2)
    assert ask(shop, "{ shop { name } }").status == 200
    assert [ask(shop, TAG, id="gid://shopify/Order/1").status for _ in range(3)] == [500, 500, 200]


def test_a_throttled_fault_looks_like_throttling(shop: Any) -> None:
    shop.twin.fail_next("throttled")
    answer = ask(shop, "{ shop { name } }").json()
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["actualQueryCost"] is None


def test_an_internal_error_says_so_in_the_body(shop: Any) -> None:
    shop.twin.fail_next("http_500_after")
    assert ask(shop, "{ shop { name } }").json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


def test_a_broken_attempt_burns_its_idempotency_key(shop: Any) -> None:
    shop.twin.fail_next("broken_attempt", match="inventorySetQuantities")
    text = 'mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }'
    given = {
        "name": "available",
        "reason": "correction",
        "quantities": [shop.row("PAN24", "Berlin Central", 3, changeFromQuantity=None)],
    }
    assert ask(shop, text, i=given).json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert ask(shop, text, i=given).json()["data"]["inventorySetQuantities"]["userErrors"] == [
        {"code": "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"}
    ]


def test_a_request_whose_caller_has_given_up_is_performed_when_it_lands(shop: Any) -> None:
    shop.twin.fail_next("lands_late", match="tagsAdd")
    order = shop.twin.control.place({"PAN24": 1})
    text = 'mutation M($id: ID!) { tagsAdd(id: $id, tags: ["late"]) { userErrors { message } } }'
    assert ask(shop, text, id=f"gid://shopify/Order/{order.id}").cut == "dropped"
    assert "late" not in order.tags
    assert shop.twin.land() == 1
    assert "late" in order.tags
    assert shop.twin.land() == 0


def test_a_refusal_for_too_many_requests_may_or_may_not_say_how_long_to_wait(shop: Any) -> None:
    shop.twin.fail_next("http_429")
    shop.twin.fail_next("http_429_bare")
    told = [ask(shop, "{ shop { name } }") for _ in range(2)]
    assert [(each.status, each.headers.get("retry-after")) for each in told] == [(429, "5.0"), (429, None)]


def test_an_unknown_fault_is_refused_with_the_known_ones(twin: ShopifyTwin) -> None:
    with pytest.raises(ValueError, match="drop_answer_after") as wrong:
        twin.fail_next("earthquake")
    assert all(kind in str(wrong.value) for kind in KINDS)


def test_something_can_happen_right_after_a_matching_answer(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1})
    shop.twin.between("fulfillmentOrders", lambda: shop.do.cancel(order))
    gid = f"gid://shopify/Order/{order.id}"
    assert (
        ask(shop, "query A($id: ID!) { order(id: $id) { cancelledAt } }", id=gid).json()["data"]["order"]["cancelledAt"] is None
    )
    read = "query B($id: ID!) { order(id: $id) { cancelledAt fulfillmentOrders(first: 1) { nodes { status } } } }"
    assert ask(shop, read, id=gid).json()["data"]["order"]["cancelledAt"] is None
    assert ask(shop, read, id=gid).json()["data"]["order"]["cancelledAt"] is not None


def test_every_fault_is_on_the_ledger(shop: Any) -> None:
    for kind in ("timeout", "http_500_before"):
        shop.twin.fail_next(kind)
        ask(shop, "{ shop { name } }")
    assert [entry.data["fault"] for entry in shop.twin.ledger.of("fault")] == ["timeout", "http_500_before"]


def test_a_choice_that_does_not_exist_is_refused(twin: ShopifyTwin) -> None:
    with pytest.raises(ValueError, match="batch_atmic"):
        twin.set_choices({"batch_atmic": True})
    with pytest.raises(ValueError, match="unstocked_write"):
        twin.set_choices({"unstocked_write": "explode"})
