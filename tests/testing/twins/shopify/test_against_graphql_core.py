"""The twin's own executor answers exactly as graphql-core's would, with the same resolvers."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLResolveInfo, build_schema, execute_sync, parse

from stockbridge.testing.twins.shopify.api.coerce import variables
from stockbridge.testing.twins.shopify.api.execute import Context, leaf
from stockbridge.testing.twins.shopify.api.plan import default_resolver
from stockbridge.testing.twins.shopify.api.resolvers import table
from stockbridge.testing.twins.shopify.api.schema import schema, sdl
from stockbridge.testing.twins.shopify.api.typenames import type_of

ORDERS = """
query Some($first: Int!, $money: Boolean!, $brief: Boolean!) {
  orders(first: $first, sortKey: CREATED_AT, reverse: true) {
    edges {
      cursor
      node {
        __typename
        ...Head
        total: totalPriceSet @include(if: $money) { shopMoney { amount currencyCode } }
        totalTaxSet @skip(if: $brief) { presentmentMoney { amount } }
        lineItems(first: 5) { nodes { id sku quantity variant { id sku inventoryItem { tracked } } } }
        lineItems(first: 5) { nodes { title originalUnitPriceSet { shopMoney { amount } } } }
        fulfillmentOrders(first: 5) {
          nodes { id status supportedActions { action } destination { city countryCode } lineItems(first: 5) { nodes { remainingQuantity } } }
        }
        discountApplications(first: 1) { nodes { index ... on DiscountCodeApplication { code } value { ... on PricingPercentageValue { percentage } } } }
      }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
fragment Head on Order { id name createdAt tags customAttributes { key value } ...People }
fragment People on Order { email shippingAddress { firstName city countryCodeV2 latitude } customer { displayName } }
"""
NODES = """
query Mixed($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Order { name lineItems(first: 1) { nodes { sku } } }
    ... on InventoryItem { sku inventoryLevels(first: 3) { nodes { quantities(names: ["available", "on_hand"]) { name quantity } } } }
    ... on Location { name address { city formatted } }
    ... on LegacyInteroperability { legacyResourceId }
  }
}
"""
SMALL = """
{ counted: ordersCount { count precision } services: locations(first: 5) { nodes { name } }
  shop { name currencyCode resourceLimits { locationLimit } }
  locations(first: 2) { nodes { name } }
  currentAppInstallation { accessScopes { handle } }
  nothing: order(id: "gid://shopify/Order/12345") { id }
  productVariants(first: 3, query: "sku:MUG*") { nodes { sku price selectedOptions { name value } product { title variantsCount { count } } } }
}
"""


def reference(context: Context, text: str, variables: dict[str, Any]) -> Any:
    """What graphql-core makes of it."""
    built = build_schema(sdl("2026-10"), assume_valid=True)
    resolvers = table(built)

    def resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
        own = resolvers.get(info.parent_type.name, {}).get(info.field_name) or default_resolver(info.field_name)
        value = own(source, args, context)
        return leaf(value) if isinstance(value, datetime | Decimal) else value

    for one in built.type_map.values():
        if isinstance(one, GraphQLObjectType):
            for field in one.fields.values():
                field.resolve = field.resolve or resolve
    found = execute_sync(
        built, parse(text), variable_values=variables, type_resolver=lambda value, info, kind: type_of(value, kind.name)
    )
    assert found.errors is None, found.errors
    return found.data


@pytest.fixture
def busy(shop: Any) -> Any:
    for number in range(4):
        shop.place(
            {"MUG-WHITE": 1 + number, "PAN24": 1},
            tags=["b", "a"],
            attributes={"gift": "yes"},
            discount_percent=10 * (number % 2),
        )
    return shop


def context(shop: Any) -> Context:
    twin = shop.twin
    made = Context(twin.world, twin.world.app, twin.world.app.scopes, "2026-10", twin.emitter)
    made.bulk = twin.bulk
    return made


@pytest.mark.parametrize("brief", [True, False])
@pytest.mark.parametrize("money", [True, False])
def test_a_page_of_orders_with_fragments_aliases_and_directives(busy: Any, money: bool, brief: bool) -> None:
    given = {"first": 3, "money": money, "brief": brief}
    assert busy.data(ORDERS, **given) == reference(context(busy), ORDERS, given)


def test_nodes_of_different_types(busy: Any) -> None:
    order = next(iter(busy.twin.world.orders))
    ids = [f"gid://shopify/Order/{order}", busy.item("MUG-WHITE"), busy.location("Berlin Central")]
    given = {"ids": ids}
    assert busy.data(NODES, **given) == reference(context(busy), NODES, given)


def test_several_roots_and_an_absent_node(busy: Any) -> None:
    assert busy.data(SMALL) == reference(context(busy), SMALL, {})


def test_an_error_in_a_field_that_may_be_null_leaves_the_rest(busy: Any) -> None:
    text = '{ shop { name } bad: inventoryItem(id: "nonsense") { sku } }'
    answer = busy.gql(text)
    assert answer["data"] == {"shop": {"name": "Nordlicht"}, "bad": None}
    assert answer["errors"][0]["path"] == ["bad"]


def test_an_error_in_a_field_that_may_not_be_null_takes_its_parent_with_it(busy: Any) -> None:
    text = '{ inventoryItems(first: 1) { nodes { sku inventoryLevels(first: 1) { nodes { quantities(names: ["nonsense"]) { name } } } } } }'
    answer = busy.gql(text)
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["inventoryItems", "nodes", 0, "inventoryLevels", "nodes", 0, "quantities"]


def test_errors_deep_inside_lists_name_their_whole_path(busy: Any) -> None:
    busy.twin.world.app.scopes = frozenset({"read_orders"})
    text = "{ shop { name } some: orders(first: 2) { edges { node { name customer { id } } } } }"
    answer = busy.gql(text)
    assert [one["path"] for one in answer["errors"]] == [["some", "edges", n, "node", "customer"] for n in (0, 1)]
    assert [one["node"]["customer"] for one in answer["data"]["some"]["edges"]] == [None, None]


def test_errors_inside_a_mutations_answer_name_their_whole_path(busy: Any) -> None:
    busy.twin.world.app.scopes = frozenset({"write_orders"})
    order = next(iter(busy.twin.world.orders))
    text = "mutation U($id: ID!) { t: orderUpdate(input: {id: $id}) { order { customer { id } } } }"
    answer = busy.gql(text, id=f"gid://shopify/Order/{order}")
    assert [one["path"] for one in answer["errors"]] == [["t", "order", "customer"]]


def test_the_same_text_is_parsed_and_planned_once(busy: Any) -> None:
    first = busy.twin.api.prepare(SMALL, "2026-10")
    assert busy.twin.api.prepare(SMALL, "2026-10") is first
    assert busy.twin.api.prepare(SMALL, "2026-07") is not first


def test_defaults_of_the_schema_apply_to_what_is_left_out(busy: Any) -> None:
    plan = busy.twin.api.prepare("{ orders(first: 1) { nodes { id } } }", "2026-10").selections[None].fields("QueryRoot")[0]
    assert plan.args({}) == {"first": 1, "reverse": False, "sortKey": "PROCESSED_AT"}
    text = "mutation M($i: FulfillmentInput!) { fulfillmentCreate(fulfillment: $i) { userErrors { message } } }"
    prepared = busy.twin.api.prepare(text, "2026-10")
    given = variables(schema("2026-10"), prepared.operations["M"], {"i": {"lineItemsByFulfillmentOrder": []}})
    assert given == {"i": {"lineItemsByFulfillmentOrder": [], "notifyCustomer": False}}
