"""Parsing and validating, with complaints in Shopify's words and codes instead of the specification's.

Source: fact sheet C.3 (recorded responses of graphql-ruby based shops).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse, validate
from graphql.language import DocumentNode, FieldNode, FragmentDefinitionNode, Node, OperationDefinitionNode, Visitor, visit

from stockbridge.testing.twins.shopify.api.errors import Rejected

Shaped = tuple[str, dict[str, Any]]


@lru_cache(maxsize=256)
def checked(schema: GraphQLSchema, text: str) -> DocumentNode:
    """The document; one that was valid once is not checked again. Raises Rejected with Shopify's errors if it is not valid
    for this schema."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as broken:
        place = broken.locations[0] if broken.locations else None
        where = f" at [{place.line}, {place.column}]" if place else ""
        raise Rejected(
            [
                {
                    "message": f"syntax error, {broken.message.removeprefix('Syntax Error: ')}{where}",
                    "locations": [{"line": place.line, "column": place.column}] if place else [],
                    "extensions": {"code": "PARSE_ERROR"},
                }
            ]
        ) from broken
    found = validate(schema, document, max_errors=20)
    if found:
        paths = _Paths(schema)
        visit(document, paths)
        raise Rejected([shape(error, paths) for error in found])
    return document


class _Paths(Visitor):
    """Remembers where each node of a document stands, in Shopify's path style."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.schema = schema
        self.trail: list[str] = []
        self.of: dict[int, list[str]] = {}

    def enter(self, node: Node, *_: Any) -> None:
        step = _step(node)
        if step is not None:
            self.trail.append(step)
        self.of[id(node)] = list(self.trail)

    def leave(self, node: Node, *_: Any) -> None:
        if _step(node) is not None:
            self.trail.pop()


def _step(node: Node) -> str | None:
    if isinstance(node, OperationDefinitionNode):
        word = node.operation.value
        return f"{word} {node.name.value}" if node.name else word
    if isinstance(node, FragmentDefinitionNode):
        return f"fragment {node.name.value}"
    if isinstance(node, FieldNode):
        return node.alias.value if node.alias else node.name.value
    if node.kind in ("argument", "object_field"):
        return str(node.name.value)  # type: ignore[attr-defined]
    return None


def shape(error: GraphQLError, paths: _Paths) -> dict[str, Any]:
    """One of graphql-core's complaints as Shopify would put it."""
    message, extensions = error.message, {"code": "graphqlValidationError"}
    for pattern, make in _SHAPES:
        found = pattern.match(error.message)
        if found:
            message, extensions = make(paths.schema, *found.groups())
            break
    node = error.nodes[0] if error.nodes else None
    return {
        "message": message,
        "locations": [{"line": x.line, "column": x.column} for x in error.locations or ()][:1],
        "path": paths.of.get(id(node), []) if node is not None else [],
        "extensions": extensions,
    }


def _undefined_field(schema: GraphQLSchema, name: str, kind: str, *_: Any) -> Shaped:
    return (
        f"Field '{name}' doesn't exist on type '{kind}'",
        {"code": "undefinedField", "typeName": kind, "fieldName": name},
    )


def _unknown_argument(schema: GraphQLSchema, name: str, owner: str, *_: Any) -> Shaped:
    field = owner.split(".")[-1]
    return (
        f"Field '{field}' doesn't accept argument '{name}'",
        {"code": "argumentNotAccepted", "name": field, "typeName": "Field", "argumentName": name},
    )


def _missing_argument(schema: GraphQLSchema, owner: str, name: str, *_: Any) -> Shaped:
    field = owner.split(".")[-1]
    return (
        f"Field '{field}' is missing required arguments: {name}",
        {"code": "missingRequiredArguments", "className": "Field", "name": field, "arguments": name},
    )


def _missing_directive_argument(schema: GraphQLSchema, owner: str, name: str, *_: Any) -> Shaped:
    return (
        f"Directive '{owner}' is missing required arguments: {name}",
        {"code": "missingRequiredArguments", "className": "Directive", "name": owner, "arguments": name},
    )


def _missing_input(schema: GraphQLSchema, kind: str, name: str, *_: Any) -> Shaped:
    wanted = str(schema.type_map[kind].fields[name].type)  # type: ignore[attr-defined]
    return (
        f"Argument '{name}' on InputObject '{kind}' is required. Expected type {wanted}",
        {
            "code": "missingRequiredInputObjectAttribute",
            "argumentName": name,
            "argumentType": wanted,
            "inputObjectType": kind,
        },
    )


def _unknown_input(schema: GraphQLSchema, name: str, kind: str, *_: Any) -> Shaped:
    return (
        f"InputObject '{kind}' doesn't accept argument '{name}'",
        {"code": "argumentNotAccepted", "name": kind, "typeName": "InputObject", "argumentName": name},
    )


def _unknown_input_of(schema: GraphQLSchema, kind: str, name: str, *_: Any) -> Shaped:
    return _unknown_input(schema, name, kind)


def _unused(schema: GraphQLSchema, name: str, operation: str | None = None, *_: Any) -> Shaped:
    where = operation or "anonymous query"
    return f"Variable ${name} is declared by {where} but not used", {"code": "variableNotUsed", "variableName": name}


def _needs_selection(schema: GraphQLSchema, field: str, kind: str, *_: Any) -> Shaped:
    plain = kind.strip("[]!")
    return (
        f"Field must have selections (field '{field}' returns {plain} but has no selections. "
        f"Did you mean '{field} {{ ... }}'?)",
        {"code": "selectionMismatch", "nodeName": f"field '{field}'", "typeName": plain},
    )


def _no_selection(schema: GraphQLSchema, field: str, kind: str, *_: Any) -> Shaped:
    plain = kind.strip("[]!")
    return (
        f"Selections can't be made on scalars (field '{field}' returns {plain} but has selections)",
        {"code": "selectionMismatch", "nodeName": f"field '{field}'", "typeName": plain},
    )


def _unknown_directive(schema: GraphQLSchema, name: str, *_: Any) -> Shaped:
    return f"Directive @{name} is not defined", {"code": "undefinedDirective", "directiveName": name}


def _unknown_type(schema: GraphQLSchema, name: str, *_: Any) -> Shaped:
    return f"No such type {name}, so it can't be a fragment condition", {"code": "undefinedType", "typeName": name}


def _unknown_variable(schema: GraphQLSchema, name: str, *_: Any) -> Shaped:
    return f"Variable ${name} is used but not declared", {"code": "variableNotDefined", "variableName": name}


def _mismatch(schema: GraphQLSchema, name: str, have: str, want: str, *_: Any) -> Shaped:
    return (
        f"Type mismatch on variable ${name} and argument ({have} / {want})",
        {"code": "variableMismatch", "variableName": name, "typeName": have, "errorMessage": "Type mismatch"},
    )


def _literal(schema: GraphQLSchema, value: str, kind: str, *_: Any) -> Shaped:
    return (
        f"Argument has an invalid value ({value}). Expected type '{kind}'.",
        {"code": "argumentLiteralsIncompatible", "typeName": kind, "value": value},
    )


def _literal_first(schema: GraphQLSchema, kind: str, value: str, *_: Any) -> Shaped:
    return _literal(schema, value, kind)


def _bad_enum(schema: GraphQLSchema, value: str, kind: str, *_: Any) -> Shaped:
    return _literal(schema, value, kind)


_SHAPES: list[tuple[re.Pattern[str], Callable[..., Shaped]]] = [
    (re.compile(r"Cannot query field '(\w+)' on type '(\w+)'"), _undefined_field),
    (re.compile(r"Unknown argument '(\w+)' on field '([\w.]+)'"), _unknown_argument),
    (re.compile(r"(?:Argument|Field) '([\w.]+?)\.?(\w+)' of required type"), _missing_argument),
    (re.compile(r"Field '([\w.]+)' argument '(\w+)' of type"), _missing_argument),
    (re.compile(r"Argument '([\w.]+)\((\w+):\)' of type"), _missing_argument),
    (re.compile(r"Expected value of type '(\w+)' to include required field '(\w+)'"), _missing_input),
    (re.compile(r"Expected value of type '(\w+)' not to include unknown field '(\w+)'"), _unknown_input_of),
    (re.compile(r"Argument '@(\w+)\((\w+):\)' of type"), _missing_directive_argument),
    (re.compile(r"Directive '@(\w+)' argument '(\w+)' of type"), _missing_directive_argument),
    (re.compile(r"Field '(\w+)\.(\w+)' of required type '([^']+)' was not provided"), _missing_input),
    (re.compile(r"Field '(\w+)' is not defined by type '(\w+)'"), _unknown_input),
    (re.compile(r"Variable '\$(\w+)' is never used(?: in operation '(\w+)')?"), _unused),
    (re.compile(r"Field '(\w+)' of type '([^']+)' must have a selection"), _needs_selection),
    (re.compile(r"Field '(\w+)' must not have a selection since type '([^']+)'"), _no_selection),
    (re.compile(r"Unknown directive '@(\w+)'"), _unknown_directive),
    (re.compile(r"Unknown type '(\w+)'"), _unknown_type),
    (re.compile(r"Variable '\$(\w+)' is not defined"), _unknown_variable),
    (re.compile(r"Variable '\$(\w+)' of type '([^']+)' used in position expecting type '([^']+)'"), _mismatch),
    (re.compile(r"Value '([^']+)' does not exist in '(\w+)' enum"), _bad_enum),
    (re.compile(r"Expected value of type '([^']+)', found (.+?)[.;]"), _literal_first),
    (re.compile(r"(\w+) cannot represent .*?: (.+)"), _literal_first),
]
