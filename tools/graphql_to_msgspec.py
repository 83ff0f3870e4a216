#!/usr/bin/env python3
"""Turn our GraphQL documents into typed msgspec shapes, checked against a real schema.

usage: graphql_to_msgspec.py --schema admin_2026-10.json.gz [--queries DIR] [--out FILE | --check FILE]

The schema is an introspection result (plain or gzipped JSON). Every document is validated, and the use of anything
deprecated is an error. What is written:

* a Struct for every named fragment and every nested selection; enums stay plain text, so that a value added next quarter
  does not stop the reading of an order;
* a Struct for every input, in which absent (UNSET) and null (None) are different things; an argument named in ALWAYS_SENT
  has no default, so that nobody can forget it;
* an Operation per document with its text and the cost that Shopify will ask for it, by the cost rules fitted to recorded
  answers of real stores (2026-11): object 1, connection 2 + max(1, floor(2 ln n)) per row, mutation 10. A query whose name
  begins with Bulk is run by a bulk operation: no pages, no price.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

import graphql as g

ROOT = Path(__file__).resolve().parents[1]
QUERIES = ROOT / "src/stockbridge/channels/shopify/queries"

SCALARS = {"ID": "str", "String": "str", "Int": "int", "Float": "float", "Boolean": "bool", "DateTime": "datetime",
           "Decimal": "Decimal", "Money": "Decimal", "URL": "str", "UnsignedInt64": "str"}  # fmt: skip
#: Since API version 2026-04 Shopify refuses inventory writes in which this is absent; null means "do not compare".
ALWAYS_SENT = {"changeFromQuantity"}
#: Lists that we did not always ask for: an answer that was kept before has none, and is read all the same.
ASKED_LATER = {"refunds"}
#: Objects that Shopify does not charge for.
FREE = {"MoneyBag", "MoneyV2", "PageInfo", "LocationAddress"}

HEAD = '''"""Shapes and documents of the Shopify Admin API as this door uses it.

Written by tools/graphql_to_msgspec.py from queries/*.graphql. Do not edit: change the documents and run `{run}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

V = TypeVar("V", bound=Struct)
R = TypeVar("R", bound=Struct)


@dataclass(frozen=True, slots=True)
class Operation(Generic[V, R]):
    """One document: what it takes, what it gives, and the cost that Shopify is expected to ask for it."""

    name: str
    mutation: bool
    variables: type[V]
    result: type[R]
    cost: int
    document: str


'''
RUN = "python tools/graphql_to_msgspec.py --schema SCHEMA --out src/stockbridge/channels/shopify/generated.py"


class Broken(Exception):
    """A document does not fit the schema, or uses what this generator does not know."""


def camel(name: str) -> str:
    return name[0].upper() + name[1:]


def snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


@dataclass
class Row:
    """One field of a Struct."""

    name: str
    annotation: str
    default: str = ""

    def __str__(self) -> str:
        return f"    {self.name}: {self.annotation}{self.default}"


@dataclass
class Generator:
    """Walks the documents once and collects the classes in the order in which they can stand in a file."""

    schema: g.GraphQLSchema
    document: g.DocumentNode
    classes: dict[str, str] = field(default_factory=dict)
    operations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        nodes = self.document.definitions
        self.fragments = {d.name.value: d for d in nodes if isinstance(d, g.FragmentDefinitionNode)}

    def run(self) -> str:
        for node in self.document.definitions:
            if isinstance(node, g.OperationDefinitionNode):
                self.operation(node)
        return HEAD.format(run=RUN) + "\n\n".join(self.classes.values()) + "\n\n" + "\n".join(self.operations)

    # --- operations ---------------------------------------------------------------------------------------------

    def operation(self, node: g.OperationDefinitionNode) -> None:
        assert node.name is not None
        name = node.name.value
        root = self.schema.get_root_type(node.operation)
        assert root is not None
        result = self.struct(f"{name}Data", node.selection_set, root)
        rows = [self.variable(v) for v in node.variable_definitions or ()]
        body = "\n".join(str(r) for r in sorted(rows, key=lambda r: bool(r.default))) or "    pass"
        self.classes[name] = f'class {name}(Struct, frozen=True, kw_only=True, rename="camel"):\n{body}\n'
        mutation = node.operation is g.OperationType.MUTATION
        cost = Cost(self.schema, self.fragments).operation(node, root)
        parts = [node, *(self.fragments[f] for f in self.spreads(node, []))]
        text = "\n\n".join(g.print_ast(p) for p in parts)
        self.operations.append(
            f'{snake(name)[1:].upper()}: Operation[{name}, {result}] = Operation(\n    name="{name}",\n    mutation={mutation},\n'
            f'    variables={name},\n    result={result},\n    cost={cost},\n    document="""{text}""",\n)\n'
        )

    def variable(self, node: g.VariableDefinitionNode) -> Row:
        kind = g.type_from_ast(self.schema, node.type)
        assert kind is not None
        return self.input_row(node.variable.name.value, kind)

    def spreads(self, node: g.Node, found: list[str]) -> list[str]:
        for child in walk(node):
            if isinstance(child, g.FragmentSpreadNode) and child.name.value not in found:
                found.append(child.name.value)
                self.spreads(self.fragments[child.name.value], found)
        return found

    # --- inputs -------------------------------------------------------------------------------------------------

    def input_row(self, name: str, kind: g.GraphQLInputType) -> Row:
        annotation = self.input_type(kind)
        if g.is_non_null_type(kind) or name in ALWAYS_SENT:
            return Row(snake(name), annotation)
        return Row(snake(name), f"{annotation} | UnsetType", " = UNSET")

    def input_type(self, kind: g.GraphQLInputType) -> str:
        named = g.get_named_type(kind)
        if isinstance(named, g.GraphQLInputObjectType):
            self.input_struct(named)
            return wrapped(kind, named.name)
        return wrapped(kind, "str" if g.is_enum_type(named) else SCALARS[named.name])

    def input_struct(self, kind: g.GraphQLInputObjectType) -> None:
        if kind.name in self.classes:
            return
        self.classes[kind.name] = ""
        live = {n: f for n, f in kind.fields.items() if not f.deprecation_reason}
        rows = sorted((self.input_row(n, f.type) for n, f in live.items()), key=lambda r: bool(r.default))
        text = f'class {kind.name}(Struct, frozen=True, kw_only=True, rename="camel"):\n' + "\n".join(map(str, rows)) + "\n"
        del self.classes[kind.name]
        self.classes[kind.name] = text

    # --- results ------------------------------------------------------------------------------------------------

    def shape(self, name: str, selection: g.SelectionSetNode, kind: g.GraphQLNamedType) -> str:
        """The class of one selection: the fragment's own where the selection is that one fragment and nothing else."""
        only = selection.selections[0] if len(selection.selections) == 1 else None
        if isinstance(only, g.FragmentSpreadNode):
            fragment = self.fragments[only.name.value]
            return self.struct(
                only.name.value, fragment.selection_set, self.schema.type_map[fragment.type_condition.name.value]
            )
        if isinstance(only, g.InlineFragmentNode) and only.type_condition is not None:
            return self.shape(name, only.selection_set, self.schema.type_map[only.type_condition.name.value])
        return self.struct(name, selection, kind)

    def struct(self, name: str, selection: g.SelectionSetNode, kind: g.GraphQLNamedType) -> str:
        if name in self.classes:
            return name
        if not isinstance(kind, g.GraphQLObjectType):
            raise Broken(
                f"{name}: {kind.name} needs exactly one inline fragment; reading several kinds apart is not written yet"
            )
        rows = sorted((self.row(name, node, kind) for node in self.flat(selection)), key=lambda r: bool(r.default))
        head = f'class {name}(Struct, frozen=True, kw_only=True, rename="camel"):\n'
        self.classes[name] = head + "\n".join(map(str, rows)) + "\n"
        return name

    def flat(self, selection: g.SelectionSetNode) -> list[g.FieldNode]:
        found: list[g.FieldNode] = []
        for node in selection.selections:
            if isinstance(node, g.FragmentSpreadNode):
                found += self.flat(self.fragments[node.name.value].selection_set)
            elif isinstance(node, g.FieldNode):
                found.append(node)
            else:
                raise Broken("an inline fragment beside other selections is not supported")
        return found

    def row(self, owner: str, node: g.FieldNode, kind: g.GraphQLObjectType) -> Row:
        name = (node.alias or node.name).value
        definition = kind.fields[node.name.value]
        named = g.get_named_type(definition.type)
        if g.is_enum_type(named):
            inner = "str"
        elif node.selection_set is None:
            inner = SCALARS[named.name]
        else:
            inner = self.shape(owner + camel(name), node.selection_set, named)
        if name in ASKED_LATER:
            return Row(snake(name), bare(definition.type.of_type, inner) + " | None", " = None")
        return Row(snake(name), wrapped(definition.type, inner), "" if g.is_non_null_type(definition.type) else " = None")


def wrapped(kind: g.GraphQLType, inner: str) -> str:
    """The Python annotation of a GraphQL type around the name of its innermost type."""
    if g.is_non_null_type(kind):
        return bare(kind.of_type, inner)
    return bare(kind, inner) + " | None"


def bare(kind: g.GraphQLType, inner: str) -> str:
    return f"list[{wrapped(kind.of_type, inner)}]" if g.is_list_type(kind) else inner


def walk(node: g.Node) -> list[g.Node]:
    found: list[g.Node] = []

    class Visit(g.Visitor):
        def enter(self, child: g.Node, *_: object) -> None:
            found.append(child)

    g.visit(node, Visit())
    return found


@dataclass
class Cost:
    """The cost that Shopify asks before it runs a document."""

    schema: g.GraphQLSchema
    fragments: dict[str, g.FragmentDefinitionNode]

    def operation(self, node: g.OperationDefinitionNode, root: g.GraphQLObjectType) -> int:
        if node.name is not None and node.name.value.startswith("Bulk"):
            return 0
        if node.operation is not g.OperationType.MUTATION:
            return self.children(node.selection_set, root)
        total = 0
        for call in node.selection_set.selections:
            assert isinstance(call, g.FieldNode)
            assert call.selection_set is not None
            payload = g.get_named_type(root.fields[call.name.value].type)
            total += 10 + self.children(call.selection_set, payload, price=0)
        return total

    def children(self, selection: g.SelectionSetNode, kind: g.GraphQLNamedType, price: int = 1) -> int:
        total, branches = 0, [0]
        for node in selection.selections:
            if isinstance(node, g.FieldNode):
                total += self.field(node, kind, price)
            elif isinstance(node, g.FragmentSpreadNode):
                total += self.children(self.fragments[node.name.value].selection_set, kind, price)
            elif isinstance(node, g.InlineFragmentNode) and node.type_condition is not None:
                branches.append(self.children(node.selection_set, self.schema.type_map[node.type_condition.name.value]))
        return total + max(branches)

    def field(self, node: g.FieldNode, kind: g.GraphQLNamedType, price: int) -> int:
        if node.selection_set is None:
            return 0
        assert isinstance(kind, g.GraphQLObjectType | g.GraphQLInterfaceType)
        named = g.get_named_type(kind.fields[node.name.value].type)
        if named.name.endswith("Connection"):
            rows = max(1, math.floor(2 * math.log(page_size(node))))
            return 2 + rows * self.children(node.selection_set, named)
        free = named.name in FREE or named.name.endswith("Error")
        return (0 if free else price) + self.children(node.selection_set, named)


def page_size(node: g.FieldNode) -> int:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last") and isinstance(argument.value, g.IntValueNode):
            return int(argument.value.value)
    raise Broken(f"{node.name.value}: a page needs a literal size, so that its price is known")


def load_schema(path: Path) -> g.GraphQLSchema:
    """A schema from an introspection result, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        found = json.loads(file.read())
    return g.build_client_schema(found.get("data", found), assume_valid=True)


def load_documents(folder: Path) -> g.DocumentNode:
    """All documents of a folder as one, in the order of their file names."""
    return g.parse("\n".join(path.read_text() for path in sorted(folder.glob("*.graphql"))))


def problems(schema: g.GraphQLSchema, document: g.DocumentNode) -> list[str]:
    """What is wrong with the documents under this schema, deprecations included."""
    found = g.validate(schema, document, [*g.specified_rules, g.NoDeprecatedCustomRule])
    return [error.message for error in found]


def generate(schema: g.GraphQLSchema, document: g.DocumentNode) -> str:
    """The text of the generated module; raises :class:`Broken` when the documents do not fit the schema."""
    wrong = problems(schema, document)
    if wrong:
        raise Broken("\n".join(wrong))
    return Generator(schema, document).run()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Turn our GraphQL documents into typed msgspec shapes.")
    parser.add_argument("--schema", type=Path, required=True)
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--check", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        text = generate(load_schema(chosen.schema), load_documents(chosen.queries))
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    if chosen.check:
        return 0 if chosen.check.read_text() == text else 1
    if chosen.out:
        chosen.out.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
