"""Tokens, scopes, versions, and a shop that is shut (fact sheet A.1, B)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from stockbridge.testing.twins.shopify import Request, Response, ShopifyTwin

GRAPHQL = "/admin/api/2026-10/graphql.json"
FORM = {"content-type": "application/x-www-form-urlencoded"}
GOOD = {"grant_type": "client_credentials", "client_id": "twin-client-id", "client_secret": "twin-client-secret"}


def grant(twin: ShopifyTwin, **changes: str) -> Response:
    body = urlencode({**GOOD, **changes}).encode()
    return twin.handle(Request("POST", "/admin/oauth/access_token", FORM, body))


def ask(twin: ShopifyTwin, token: str, query: str = "{ shop { name } }", path: str = GRAPHQL) -> Response:
    return twin.handle(Request("POST", path, {"x-shopify-access-token": token}, json.dumps({"query": query}).encode()))


def test_client_credentials_give_a_token_for_a_day(twin: ShopifyTwin) -> None:
    answer = grant(twin)
    assert answer.status == 200
    found = answer.json()
    assert found["access_token"].startswith("shpat_")
    assert found["expires_in"] == 86_399
    assert "write_inventory" in found["scope"].split(",")
    assert ask(twin, found["access_token"]).json()["data"] == {"shop": {"name": "Nordlicht"}}


def test_json_is_as_good_as_a_form(twin: ShopifyTwin) -> None:
    request = Request("POST", "/admin/oauth/access_token", {"content-type": "application/json"}, json.dumps(GOOD).encode())
    assert twin.handle(request).status == 200


@pytest.mark.parametrize("wrong", [{"client_secret": "x"}, {"client_id": "x"}, {"grant_type": "password"}])
def test_wrong_credentials_get_no_token(twin: ShopifyTwin, wrong: dict[str, str]) -> None:
    answer = grant(twin, **wrong)
    assert answer.status == 400
    assert "error" in answer.json()


def test_a_token_dies_after_its_day_and_a_new_one_works(twin: ShopifyTwin) -> None:
    token = grant(twin).json()["access_token"]
    twin.advance(86_399)
    assert ask(twin, token).status == 200
    twin.advance(2)
    answer = ask(twin, token)
    assert answer.status == 401
    assert answer.json()["errors"].startswith("[API] Invalid API key or access token")
    assert ask(twin, grant(twin).json()["access_token"]).status == 200


def test_two_tokens_live_side_by_side(twin: ShopifyTwin) -> None:
    first, second = (grant(twin).json()["access_token"] for _ in range(2))
    assert first != second
    assert ask(twin, first).status == ask(twin, second).status == 200


def test_revoked_and_unknown_tokens_are_refused(twin: ShopifyTwin) -> None:
    token = twin.token()
    twin.tokens.revoke_all()
    assert ask(twin, token).status == ask(twin, "shpat_guess").status == ask(twin, "").status == 401


def test_both_secrets_open_during_a_rotation(twin: ShopifyTwin) -> None:
    twin.rotate_secret("second")
    assert grant(twin).status == grant(twin, client_secret="second").status == 200
    twin.revoke_old_secrets()
    assert grant(twin).status == 400
    assert grant(twin, client_secret="second").status == 200


@pytest.mark.parametrize(
    ("version", "status", "served"),
    [
        ("2026-07", 200, "2026-07"),
        ("2026-10", 200, "2026-10"),
        ("2025-10", 200, "2026-07"),
        ("2026-04", 200, "2026-07"),
        ("1999-01", 404, None),
        ("unstable", 404, None),
    ],
)
def test_expired_versions_fall_forward_and_unknown_ones_do_not(
    twin: ShopifyTwin, version: str, status: int, served: str | None
) -> None:
    answer = ask(twin, twin.token(), path=f"/admin/api/{version}/graphql.json")
    assert answer.status == status
    assert answer.headers.get("x-shopify-api-version") == served


def test_the_versions_speak_different_dialects(twin: ShopifyTwin) -> None:
    query = 'mutation { orderCancel(orderId: "gid://shopify/Order/1", reason: OTHER, restock: true) { jobResult { status } } }'
    old = ask(twin, twin.token(), query, "/admin/api/2026-07/graphql.json").json()
    assert old["errors"][0]["extensions"]["code"] == "undefinedField"
    assert "data" in ask(twin, twin.token(), query).json()


@pytest.mark.parametrize("path", ["/", "/admin", "/admin/api/2026-10/orders.json", "/admin/api/2026-10/graphql.json/x"])
def test_there_is_no_rest_and_nothing_else(twin: ShopifyTwin, path: str) -> None:
    assert ask(twin, twin.token(), path=path).status == 404


@pytest.mark.parametrize("status", [402, 403, 423])
def test_a_shut_shop_answers_nothing_until_it_opens(twin: ShopifyTwin, status: int) -> None:
    token = twin.token()
    twin.world.knobs.shop_status = status
    assert ask(twin, token).status == status
    twin.world.knobs.shop_status = 0
    assert ask(twin, token).status == 200


def test_granted_scopes_can_be_read_and_writing_implies_reading(shop: Any) -> None:
    shop.twin.world.app.scopes = frozenset({"write_orders"})
    found = shop.data("{ currentAppInstallation { accessScopes { handle } app { title } } }")["currentAppInstallation"]
    assert [x["handle"] for x in found["accessScopes"]] == ["read_orders", "write_orders"]
    assert shop.data("{ orders(first: 1) { nodes { id } } }")


@pytest.mark.parametrize(
    ("query", "field", "scope"),
    [
        ("{ orders(first: 1) { nodes { id } } }", "orders", "read_orders"),
        ("{ locations(first: 1) { nodes { id } } }", "locations", "read_locations"),
        ("{ products(first: 1) { nodes { id } } }", "products", "read_products"),
        (
            'mutation { inventoryDeactivate(inventoryLevelId: "gid://shopify/InventoryLevel/1") { userErrors { message } } }',
            "inventoryDeactivate",
            "write_inventory",
        ),
        (
            'mutation { orderUpdate(input: {id: "gid://shopify/Order/1"}) { userErrors { message } } }',
            "orderUpdate",
            "write_orders",
        ),
    ],
)
def test_a_missing_scope_is_an_error_with_its_name(shop: Any, query: str, field: str, scope: str) -> None:
    shop.twin.world.app.scopes = frozenset()
    error = shop.error(query)
    assert error["message"] == f"Access denied for {field} field. Required access: `{scope}` access scope."
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["path"] == [field]


def test_a_nested_field_without_its_scope_is_null_and_the_rest_stands(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1})
    shop.twin.world.app.scopes = frozenset({"read_orders"})
    answer = shop.gql("query O($id: ID!) { order(id: $id) { name customer { id } } }", id=f"gid://shopify/Order/{order.id}")
    assert answer["data"]["order"] == {"name": "#1001", "customer": None}
    assert answer["errors"][0]["path"] == ["order", "customer"]


def test_fulfillment_orders_hide_silently_without_the_scope_for_their_location(shop: Any) -> None:
    """Trap 12: no error, just nothing to ship."""
    shop.do.add_location("3PL", service=True)
    mine, theirs = shop.place({"MUG-WHITE": 1}), shop.place({"MUG-WHITE": 1}, at="3PL")
    text = "query O($a: ID!, $b: ID!) { a: order(id: $a) { fulfillmentOrders(first: 5) { nodes { id } } } b: order(id: $b) { fulfillmentOrders(first: 5) { nodes { id } } } }"
    given = {"a": f"gid://shopify/Order/{mine.id}", "b": f"gid://shopify/Order/{theirs.id}"}

    def seen(*scopes: str) -> tuple[int, int]:
        shop.twin.world.app.scopes = frozenset({"read_orders", *scopes})
        found = shop.data(text, **given)
        return len(found["a"]["fulfillmentOrders"]["nodes"]), len(found["b"]["fulfillmentOrders"]["nodes"])

    assert seen() == (0, 0)
    assert seen("read_merchant_managed_fulfillment_orders") == (1, 0)
    assert seen("write_third_party_fulfillment_orders") == (0, 1)
    assert seen("read_merchant_managed_fulfillment_orders", "read_assigned_fulfillment_orders") == (1, 1)


def test_a_fulfillment_order_one_may_not_see_cannot_be_moved_either(shop: Any) -> None:
    one = shop.place({"MUG-WHITE": 1}).fulfillment_orders[0]
    shop.twin.world.app.scopes = frozenset({"write_third_party_fulfillment_orders"})
    text = "mutation M($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) { userErrors { message } } }"
    payload = shop.data(text, id=f"gid://shopify/FulfillmentOrder/{one.id}", to=shop.location("Hamburg Port"))
    assert payload["fulfillmentOrderMove"]["userErrors"][0]["message"] == "Fulfillment order does not exist."


def test_the_shop_describes_itself(shop: Any) -> None:
    found = shop.data(
        "{ shop { myshopifyDomain ianaTimezone timezoneAbbreviation timezoneOffsetMinutes weightUnit plan { publicDisplayName } resourceLimits { locationLimit } } publicApiVersions { handle supported } }"
    )
    assert found["shop"]["myshopifyDomain"] == "nordlicht.myshopify.com"
    assert (found["shop"]["timezoneAbbreviation"], found["shop"]["timezoneOffsetMinutes"]) == ("CET", 60)
    assert [x["handle"] for x in found["publicApiVersions"]] == ["2026-07", "2026-10"]
