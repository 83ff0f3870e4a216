"""The pruned schema promises nothing that Shopify's real one does not have."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    parse_value,
    validate_schema,
    value_from_ast_untyped,
)

from stockbridge.testing.twins.shopify.api.resolvers import table
from stockbridge.testing.twins.shopify.api.schema import VERSIONS, schema

Real = Callable[[str], dict[str, Any]]


def spelt(kind: dict[str, Any]) -> str:
    if kind["kind"] == "NON_NULL":
        return spelt(kind["ofType"]) + "!"
    if kind["kind"] == "LIST":
        return f"[{spelt(kind['ofType'])}]"
    return str(kind["name"])


def ours(version: str) -> list[Any]:
    return [one for name, one in schema(version).type_map.items() if not name.startswith("__")]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_is_a_valid_schema(version: str) -> None:
    assert validate_schema(schema(version)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_exists_and_is_of_the_same_kind(version: str, real_schema: Real) -> None:
    real = real_schema(version)
    words = {
        GraphQLObjectType: "OBJECT",
        GraphQLInterfaceType: "INTERFACE",
        GraphQLUnionType: "UNION",
        GraphQLEnumType: "ENUM",
        GraphQLInputObjectType: "INPUT_OBJECT",
    }
    wrong = [one.name for one in ours(version) if real.get(one.name, {}).get("kind") != words.get(type(one), "SCALAR")]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_has_the_real_type_and_nullability(version: str, real_schema: Real) -> None:
    real = real_schema(version)
    wrong = []
    for one in ours(version):
        if not isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            continue
        theirs = {field["name"]: spelt(field["type"]) for field in real[one.name]["fields"]}
        wrong += [f"{one.name}.{name}" for name, field in one.fields.items() if theirs.get(name) != str(field.type)]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_argument_has_the_real_type_and_default(version: str, real_schema: Real) -> None:
    real = real_schema(version)
    wrong = []
    for one in ours(version):
        if not isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            continue
        theirs = {
            (field["name"], a["name"]): (spelt(a["type"]), default_of(a["defaultValue"]))
            for field in real[one.name]["fields"]
            for a in field["args"]
        }
        for name, field in one.fields.items():
            mine = {a: (str(arg.type), given(arg)) for a, arg in field.args.items()}
            wrong += [f"{one.name}.{name}({a}): {told}" for a, told in mine.items() if theirs.get((name, a)) != told]
    assert wrong == []


def default_of(text: str | None) -> Any:
    """A default as introspection spells it; null and none at all are the same to a caller."""
    found = text and value_from_ast_untyped(parse_value(text))
    return None if found is None else found


def given(arg: Any) -> Any:
    node = arg.ast_node.default_value
    return None if node is None else value_from_ast_untyped(node)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_required_argument_or_input_field_is_missing(version: str, real_schema: Real) -> None:
    """Leaving out an optional one is pruning; leaving out a required one would accept what Shopify refuses."""
    real = real_schema(version)
    wrong = []
    for one in ours(version):
        if isinstance(one, GraphQLObjectType):
            for field in real[one.name]["fields"]:
                if field["name"] in one.fields:
                    needed = [a["name"] for a in field["args"] if a["type"]["kind"] == "NON_NULL" and a["defaultValue"] is None]
                    wrong += [f"{one.name}.{field['name']}({a})" for a in needed if a not in one.fields[field["name"]].args]
        if isinstance(one, GraphQLInputObjectType):
            needed = [f["name"] for f in real[one.name]["inputFields"] if f["type"]["kind"] == "NON_NULL"]
            wrong += [f"{one.name}.{name}" for name in needed if name not in one.fields]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_input_field_has_the_real_type_and_default(version: str, real_schema: Real) -> None:
    real = real_schema(version)
    wrong = []
    for one in ours(version):
        if isinstance(one, GraphQLInputObjectType):
            theirs = {f["name"]: (spelt(f["type"]), default_of(f["defaultValue"])) for f in real[one.name]["inputFields"]}
            mine = {name: (str(field.type), given(field)) for name, field in one.fields.items()}
            wrong += [f"{one.name}.{name}: {told}" for name, told in mine.items() if theirs.get(name) != told]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_enum_value_exists(version: str, real_schema: Real) -> None:
    real = real_schema(version)
    wrong = []
    for one in ours(version):
        if isinstance(one, GraphQLEnumType):
            theirs = {value["name"] for value in real[one.name]["enumValues"]}
            wrong += [f"{one.name}.{value}" for value in one.values if value not in theirs]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_member_of_a_union_and_interface_is_a_real_one(version: str, real_schema: Real) -> None:
    real = real_schema(version)
    wrong = []
    for one in ours(version):
        if isinstance(one, GraphQLUnionType | GraphQLInterfaceType):
            theirs = {member["name"] for member in real[one.name]["possibleTypes"]}
            members = schema(version).get_possible_types(one)
            wrong += [f"{one.name}: {member.name}" for member in members if member.name not in theirs]
    assert wrong == []


def test_the_two_versions_differ_where_shopify_changed_something() -> None:
    old, new = schema("2026-07").type_map, schema("2026-10").type_map
    assert "jobResult" not in old["OrderCancelPayload"].fields  # type: ignore[attr-defined]
    assert "jobResult" in new["OrderCancelPayload"].fields  # type: ignore[attr-defined]
    assert "ITEM_NOT_STOCKED_AT_LOCATION" in old["InventorySetQuantitiesUserErrorCode"].values  # type: ignore[attr-defined]
    assert "ITEM_NOT_STOCKED_AT_LOCATION" not in new["InventorySetQuantitiesUserErrorCode"].values  # type: ignore[attr-defined]
    assert "FULFILLMENT_NOT_REQUIRED" in new["OrderDisplayFulfillmentStatus"].values  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_root_field_has_a_resolver_and_no_resolver_is_orphaned(version: str) -> None:
    resolvers = table(schema(version))
    for root in ("QueryRoot", "Mutation"):
        assert set(schema(version).type_map[root].fields) == set(resolvers[root])  # type: ignore[attr-defined]


def test_resolvers_speak_only_of_fields_that_the_newest_schema_has() -> None:
    known = schema("2026-10").type_map
    wrong = [
        f"{name}.{field}"
        for name, fields in table(schema("2026-10")).items()
        for field in fields
        if name not in known or field not in known[name].fields  # type: ignore[attr-defined]
    ]
    assert wrong == []
