"""Wrong documents get Shopify's words and codes, not the specification's (fact sheet C.3)."""

from typing import Any

import pytest

CASES = {
    "unknown field on a plain user error": (
        "mutation X($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { code } } }",
        "Field 'code' doesn't exist on type 'UserError'",
        {"code": "undefinedField", "typeName": "UserError", "fieldName": "code"},
        ["mutation X", "fulfillmentCreate", "userErrors", "code"],
    ),
    "unknown argument": (
        'query Q { shop(id: "1") { name } }',
        "Field 'shop' doesn't accept argument 'id'",
        {"code": "argumentNotAccepted", "name": "shop", "typeName": "Field", "argumentName": "id"},
        ["query Q", "shop", "id"],
    ),
    "missing argument": (
        "query Q { order { id } }",
        "Field 'order' is missing required arguments: id",
        {"code": "missingRequiredArguments", "className": "Field", "name": "order", "arguments": "id"},
        ["query Q", "order"],
    ),
    "no selection": (
        "{ shop }",
        "Field must have selections (field 'shop' returns Shop but has no selections. Did you mean 'shop { ... }'?)",
        {"code": "selectionMismatch", "nodeName": "field 'shop'", "typeName": "Shop"},
        ["query", "shop"],
    ),
    "selection on a scalar": (
        "{ shop { name { first } } }",
        "Selections can't be made on scalars (field 'name' returns String but has selections)",
        {"code": "selectionMismatch", "nodeName": "field 'name'", "typeName": "String"},
        ["query", "shop", "name"],
    ),
    "unused variable": (
        "query Q($x: Int) { shop { name } }",
        "Variable $x is declared by Q but not used",
        {"code": "variableNotUsed", "variableName": "x"},
        ["query Q"],
    ),
    "undeclared variable": (
        "query Q { order(id: $id) { id } }",
        "Variable $id is used but not declared",
        {"code": "variableNotDefined", "variableName": "id"},
        ["query Q", "order", "id"],
    ),
    "unknown directive": (
        "{ shop @magic { name } }",
        "Directive @magic is not defined",
        {"code": "undefinedDirective", "directiveName": "magic"},
        ["query", "shop"],
    ),
    "unknown type": (
        '{ node(id: "gid://shopify/Order/1") { ... on Wizard { id } } }',
        "No such type Wizard, so it can't be a fragment condition",
        {"code": "undefinedType", "typeName": "Wizard"},
        ["query", "node"],
    ),
    "wrong variable type": (
        "query Q($id: String!) { order(id: $id) { id } }",
        "Type mismatch on variable $id and argument (String! / ID!)",
        {"code": "variableMismatch", "variableName": "id", "typeName": "String!", "errorMessage": "Type mismatch"},
        None,
    ),
    "wrong enum literal": (
        "{ orders(first: 1, sortKey: BEAUTY) { nodes { id } } }",
        "Argument has an invalid value (BEAUTY). Expected type 'OrderSortKeys'.",
        {"code": "argumentLiteralsIncompatible", "typeName": "OrderSortKeys", "value": "BEAUTY"},
        None,
    ),
    "missing directive argument": (
        'mutation { inventoryDeactivate(inventoryLevelId: "x") @idempotent { userErrors { message } } }',
        "Directive 'idempotent' is missing required arguments: key",
        {"code": "missingRequiredArguments", "className": "Directive", "name": "idempotent", "arguments": "key"},
        None,
    ),
    "missing input field": (
        'mutation { inventorySetQuantities(input: {name: "available", reason: "correction"}) { userErrors { message } } }',
        "Argument 'quantities' on InputObject 'InventorySetQuantitiesInput' is required. Expected type [InventoryQuantityInput!]!",
        {
            "code": "missingRequiredInputObjectAttribute",
            "argumentName": "quantities",
            "argumentType": "[InventoryQuantityInput!]!",
            "inputObjectType": "InventorySetQuantitiesInput",
        },
        None,
    ),
    "unknown input field": (
        'mutation { inventorySetQuantities(input: {name: "a", reason: "b", quantities: [], ignoreCompareQuantity: true}) { userErrors { message } } }',
        "InputObject 'InventorySetQuantitiesInput' doesn't accept argument 'ignoreCompareQuantity'",
        {
            "code": "argumentNotAccepted",
            "name": "InventorySetQuantitiesInput",
            "typeName": "InputObject",
            "argumentName": "ignoreCompareQuantity",
        },
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_document_is_refused_in_shopifys_words(shop: Any, name: str) -> None:
    text, message, extensions, path = CASES[name]
    answer = shop.gql(text)
    assert "data" not in answer
    error = answer["errors"][0]
    assert error["message"] == message
    assert error["extensions"] == extensions
    if path is not None:
        assert error["path"] == path
    assert error["locations"][0].keys() == {"line", "column"}


def test_text_that_is_no_graphql_is_a_parse_error(shop: Any) -> None:
    error = shop.error("{ shop { name }")
    assert error["extensions"] == {"code": "PARSE_ERROR"}
    assert error["message"].startswith("syntax error, ")


def test_a_document_without_a_query_is_refused(shop: Any) -> None:
    assert "errors" in shop.twin.api.answer({"variables": {}}, "2026-10", frozenset())
    assert "errors" in shop.twin.api.answer(None, "2026-10", frozenset())
    assert "errors" in shop.twin.api.answer([], "2026-10", frozenset())


def test_of_several_operations_one_must_be_named(shop: Any) -> None:
    text = "query A { shop { name } } query B { shop { email } }"
    assert shop.error(text)["message"] == "An operation name is required"
    body = {"query": text, "operationName": "B"}
    assert shop.twin.api.answer(body, "2026-10", frozenset())["data"] == {"shop": {"email": "owner@nordlicht.myshopify.com"}}
    wrong = shop.twin.api.answer({"query": text, "operationName": "C"}, "2026-10", frozenset())
    assert wrong["errors"][0]["message"] == 'No operation named "C"'


VARIABLES = {
    "missing": ({}, [], "Expected value to not be null"),
    "null": ({"id": None}, [], "Expected value to not be null"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_required_variable_must_be_there(shop: Any, name: str) -> None:
    given, path, explanation = VARIABLES[name]
    error = shop.error("query Q($id: ID!) { order(id: $id) { id } }", **given)
    assert error["message"] == "Variable $id of type ID! was provided invalid value"
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["problems"] == [{"path": path, "explanation": explanation}]


def test_a_variable_names_what_is_wrong_inside_it(shop: Any) -> None:
    text = "mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) { userErrors { message } } }"
    error = shop.error(text, i={"name": "available", "reason": "x", "quantities": [{"quantity": "many", "compareQuantity": 1}]})
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    problems = {tuple(one["path"]): one["explanation"] for one in error["extensions"]["problems"]}
    assert problems[("quantities", 0, "compareQuantity")] == "Field is not defined on InventoryQuantityInput"
    assert problems[("quantities", 0, "inventoryItemId")] == "Expected value to not be null"
    assert problems[("quantities", 0, "quantity")].startswith("Could not coerce value")
    assert "quantities.0.compareQuantity (Field is not defined on InventoryQuantityInput)" in error["message"]


def test_an_unknown_enum_value_in_a_variable_lists_the_known_ones(shop: Any) -> None:
    error = shop.error("query Q($k: OrderSortKeys) { orders(first: 1, sortKey: $k) { nodes { id } } }", k="BEAUTY")
    assert 'Expected "BEAUTY" to be one of: ' in error["extensions"]["problems"][0]["explanation"]


@pytest.mark.parametrize("wrong", [1.5, "3", True, 2**40])
def test_only_whole_numbers_in_range_are_integers(shop: Any, wrong: Any) -> None:
    error = shop.error("query Q($n: Int) { orders(first: $n) { nodes { id } } }", n=wrong)
    assert error["extensions"]["code"] == "INVALID_VARIABLE"


def test_ids_may_be_given_as_numbers_but_must_be_global(shop: Any) -> None:
    error = shop.error("query Q($id: ID!) { order(id: $id) { id } }", id=5)
    assert error["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    assert error["message"] == "Invalid id: 5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gid://shopify/Order/0", "invalid id"),
        ("gid://shopify/Product/12", "Invalid id: gid://shopify/Product/12"),
        ("nonsense", "Invalid id: nonsense"),
    ],
)
def test_a_bad_id_is_a_top_level_error_and_a_null_root(shop: Any, text: str, message: str) -> None:
    answer = shop.gql("query Q($id: ID!) { order(id: $id) { id } }", id=text)
    assert answer["data"] == {"order": None}
    assert answer["errors"][0]["message"] == message
    assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    assert answer["errors"][0]["path"] == ["order"]


def test_an_unknown_id_is_just_null(shop: Any) -> None:
    assert shop.data('{ order(id: "gid://shopify/Order/77") { id } }') == {"order": None}
    assert shop.data('{ nodes(ids: ["gid://shopify/Order/77"]) { id } }') == {"nodes": [None]}


def test_more_than_250_entries_in_an_array_are_refused_with_the_arguments_path(shop: Any) -> None:
    text = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    error = shop.error(text, ids=[f"gid://shopify/Order/{n}" for n in range(1, 252)])
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert error["extensions"] == {"code": "MAX_INPUT_SIZE_EXCEEDED"}
    assert error["path"] == ["nodes", "ids"]
    assert len(shop.data(text, ids=[f"gid://shopify/Order/{n}" for n in range(1, 251)])["nodes"]) == 250


def test_251_levels_in_one_write_are_refused_before_anything_is_written(shop: Any) -> None:
    rows = [shop.row("PAN24", "Berlin Central", 5, changeFromQuantity=None)] * 251
    before = len(shop.twin.ledger)
    text = 'mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "k") { userErrors { message } } }'
    error = shop.error(text, i={"name": "available", "reason": "correction", "quantities": rows})
    assert error["path"] == ["inventorySetQuantities", "input", "quantities"]
    assert len(shop.twin.ledger) == before
