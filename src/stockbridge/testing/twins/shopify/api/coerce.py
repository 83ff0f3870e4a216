"""Input values: literals and variables to plain Python, keeping *absent* and *null* apart.

Shopify tells them apart on purpose (``changeFromQuantity``), and its messages differ from the specification's.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    type_from_ast,
    value_from_ast,
    value_from_ast_untyped,
)
from graphql.language import (
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    print_ast,
)

from stockbridge.testing.twins.shopify.api.errors import Rejected

Problem = dict[str, Any]
_INT = range(-(2**31), 2**31)


_DEFAULTS: dict[int, tuple[GraphQLArgument | GraphQLInputField, Any]] = {}
"""Defaults worked out so far, by identity; the key's object is kept so that its identity is not used again."""


def default_of(one: GraphQLArgument | GraphQLInputField) -> Any:
    """The default value as the schema's text writes it; ``Undefined`` if there is none. Works with graphql-core 3.2 and 3.3."""
    found = _DEFAULTS.get(id(one))
    if found is None:
        node = one.ast_node.default_value if one.ast_node is not None else None
        found = _DEFAULTS[id(one)] = (one, Undefined if node is None else value_from_ast(node, one.type))
    return found[1]


def variables(schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    """Coerced variables; absent ones stay absent. Raises Rejected (INVALID_VARIABLE)."""
    out: dict[str, Any] = {}
    for node in operation.variable_definitions or ():
        name, kind = node.variable.name.value, type_from_ast(schema, node.type)
        if name not in given:
            if node.default_value is not None:
                out[name] = value_from_ast(node.default_value, kind)  # type: ignore[arg-type]
            elif isinstance(kind, GraphQLNonNull):
                raise Rejected([_invalid(node, None, [{"path": [], "explanation": "Expected value to not be null"}])])
            continue
        problems: list[Problem] = []
        out[name] = value(kind, given[name], [], problems)
        if problems:
            raise Rejected([_invalid(node, given[name], problems)])
    return out


def _invalid(node: Any, given: Any, problems: list[Problem]) -> Problem:
    name, kind = node.variable.name.value, print_ast(node.type)
    details = ", ".join(
        f"{x['explanation']}" if not x["path"] else f"{'.'.join(map(str, x['path']))} ({x['explanation']})" for x in problems
    )
    tail = f" for {details}" if any(x["path"] for x in problems) else ""
    places = [{"line": node.loc.start_token.line, "column": node.loc.start_token.column}] if node.loc else []
    return {
        "message": f"Variable ${name} of type {kind} was provided invalid value{tail}",
        "locations": places,
        "extensions": {"code": "INVALID_VARIABLE", "value": given, "problems": problems},
    }


def value(kind: Any, given: Any, path: list[str | int], problems: list[Problem]) -> Any:
    """One value from JSON, coerced to its type; what is wrong is added to ``problems``."""
    if isinstance(kind, GraphQLNonNull):
        if given is None:
            problems.append({"path": path, "explanation": "Expected value to not be null"})
            return None
        return value(kind.of_type, given, path, problems)
    if given is None:
        return None
    if isinstance(kind, GraphQLList):
        rows = given if isinstance(given, list) else [given]
        return [value(kind.of_type, one, [*path, index], problems) for index, one in enumerate(rows)]
    if isinstance(kind, GraphQLInputObjectType):
        return _object(kind, given, path, problems)
    if isinstance(kind, GraphQLEnumType):
        if given not in kind.values:
            words = ", ".join(kind.values)
            problems.append({"path": path, "explanation": f'Expected "{given}" to be one of: {words}'})
        return given
    return _scalar(kind, given, path, problems)


def _object(kind: GraphQLInputObjectType, given: Any, path: list[str | int], problems: list[Problem]) -> Any:
    if not isinstance(given, dict):
        problems.append({"path": path, "explanation": f"Expected {given!r} to be a key-value object."})
        return None
    out: dict[str, Any] = {}
    for name in given:
        if name not in kind.fields:
            problems.append({"path": [*path, name], "explanation": f"Field is not defined on {kind.name}"})
    for name, one in kind.fields.items():
        if name in given:
            out[name] = value(one.type, given[name], [*path, name], problems)
        elif (default := default_of(one)) is not Undefined:
            out[name] = default
        elif isinstance(one.type, GraphQLNonNull):
            problems.append({"path": [*path, name], "explanation": "Expected value to not be null"})
    return out


def _scalar(kind: GraphQLScalarType, given: Any, path: list[str | int], problems: list[Problem]) -> Any:
    name, good = kind.name, True
    if name == "Int":
        good = type(given) is int and given in _INT
    elif name == "Float":
        good = type(given) in (int, float)
    elif name == "Boolean":
        good = type(given) is bool
    elif name == "String":
        good = isinstance(given, str)
    elif name == "ID":
        good = isinstance(given, str) or type(given) is int
        given = str(given)
    if not good:
        problems.append({"path": path, "explanation": f"Could not coerce value {given!r} to {name}"})
    return given


def literal(kind: Any, node: ValueNode, given: Mapping[str, Any]) -> Any:
    """A value written in the document, with variables put in. ``Undefined`` for an absent variable.

    Without a type (arguments of directives) the value is taken as it is written.
    """
    if isinstance(node, VariableNode):
        return given.get(node.name.value, Undefined)
    if kind is None:
        return value_from_ast_untyped(node)
    if isinstance(kind, GraphQLNonNull):
        return literal(kind.of_type, node, given)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(kind, GraphQLList):
        if not isinstance(node, ListValueNode):
            return [literal(kind.of_type, node, given)]
        rows = (literal(kind.of_type, one, given) for one in node.values)
        return [None if one is Undefined else one for one in rows]
    if isinstance(kind, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        return _literal_object(kind, node, given)
    return value_from_ast(node, kind)


def _literal_object(kind: GraphQLInputObjectType, node: ObjectValueNode, given: Mapping[str, Any]) -> dict[str, Any]:
    nodes = {one.name.value: one.value for one in node.fields}
    out: dict[str, Any] = {}
    for name, one in kind.fields.items():
        found = literal(one.type, nodes[name], given) if name in nodes else Undefined
        if found is Undefined:
            found = default_of(one)
        if found is not Undefined:
            out[name] = found
    return out


def has_variables(node: ValueNode) -> bool:
    """Whether a literal contains a variable anywhere."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(has_variables(one) for one in node.values)
    if isinstance(node, ObjectValueNode):
        return any(has_variables(one.value) for one in node.fields)
    return False
