"""A validated document, turned into a tree that runs fast.

graphql-core parses and validates; running its executor on fifty full orders would cost a tenth of a second, so the
twin walks a tree of its own. A test holds it to graphql-core's executor on the same documents.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_leaf_type,
)
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from stockbridge.testing.twins.shopify.api.coerce import default_of, has_variables, literal

Resolver = Callable[[Any, dict[str, Any], Any], Any]
Condition = tuple[bool, Any]


@dataclass(slots=True)
class FieldPlan:
    """One field of one type in one selection: everything known before it runs."""

    key: str
    name: str
    parent: str
    nodes: list[FieldNode]
    resolver: Resolver
    type_name: str
    wrapping: tuple[str, ...]
    nonnull: bool
    leaf: bool
    definition: GraphQLField
    fixed_args: dict[str, Any] | None
    sub: "Selection | None"
    conditions: list[Condition] = field(default_factory=list)

    def args(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with variables put in; absent ones stay absent unless they have a default."""
        return self.fixed_args if self.fixed_args is not None else _args(self.definition, self.nodes[0], given)

    def wanted(self, given: Mapping[str, Any]) -> bool:
        """Whether @include and @skip let it through."""
        return all(expected == bool(literal(None, node, given)) for expected, node in self.conditions)


def _args(definition: GraphQLField, node: FieldNode, given: Mapping[str, Any]) -> dict[str, Any]:
    written = {one.name.value: one.value for one in node.arguments or ()}
    out: dict[str, Any] = {}
    for name, one in definition.args.items():
        found = literal(one.type, written[name], given) if name in written else Undefined
        if found is Undefined:
            found = default_of(one)
        if found is not Undefined:
            out[name] = found
    return out


def snake(name: str) -> str:
    """``displayName`` as Python spells it: ``display_name``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def default_resolver(name: str) -> Resolver:
    """Reads a dictionary's key or a record's attribute."""
    read = attrgetter(snake(name))

    def resolve(source: Any, args: dict[str, Any], context: Any) -> Any:
        return source.get(name) if type(source) is dict else read(source)

    return resolve


class Selection:
    """What is asked of an object, worked out per concrete type when that type first turns up."""

    __slots__ = ("_by_type", "_parts", "planner")

    def __init__(self, planner: "Planner", parts: list[tuple[str, SelectionSetNode]]) -> None:
        self.planner = planner
        self._parts = parts
        self._by_type: dict[str, list[FieldPlan]] = {}

    def fields(self, type_name: str) -> list[FieldPlan]:
        found = self._by_type.get(type_name)
        if found is None:
            found = self._by_type[type_name] = self.planner.collect(type_name, self._parts)
        return found


class Planner:
    """Builds the tree of one operation."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, resolvers: Mapping[str, Mapping[str, Resolver]]):
        self.schema = schema
        self.resolvers = resolvers
        self.fragments = {x.name.value: x for x in document.definitions if isinstance(x, FragmentDefinitionNode)}

    def root(self, operation: OperationDefinitionNode) -> Selection:
        kind = "Mutation" if operation.operation.value == "mutation" else "QueryRoot"
        return Selection(self, [(kind, operation.selection_set)])

    def collect(self, type_name: str, parts: list[tuple[str, SelectionSetNode]]) -> list[FieldPlan]:
        """Fields that apply to this type, merged by response key, in order."""
        found: dict[str, tuple[list[FieldNode], list[Condition]]] = {}
        for _, selections in parts:
            self._gather(type_name, selections, [], found)
        return [self._field(type_name, key, nodes, conditions) for key, (nodes, conditions) in found.items()]

    def _gather(self, type_name: str, selections: SelectionSetNode, outer: list[Condition], found: Any) -> None:
        for node in selections.selections:
            conditions = outer + _conditions(node)
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, ([], conditions))[0].append(node)
            elif isinstance(node, InlineFragmentNode):
                wanted = node.type_condition.name.value if node.type_condition else type_name
                if self.applies(type_name, wanted):
                    self._gather(type_name, node.selection_set, conditions, found)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if self.applies(type_name, fragment.type_condition.name.value):
                    self._gather(type_name, fragment.selection_set, conditions, found)

    def applies(self, type_name: str, wanted: str) -> bool:
        """Whether a fragment on ``wanted`` speaks about this type."""
        if type_name == wanted:
            return True
        kind = self.schema.type_map[wanted]
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return any(one.name == type_name for one in self.schema.get_possible_types(kind))
        return False

    def _field(self, type_name: str, key: str, nodes: list[FieldNode], conditions: list[Condition]) -> FieldPlan:
        name = nodes[0].name.value
        if name == "__typename":
            return _typename(type_name, key, nodes, conditions)
        parent = self.schema.type_map[type_name]
        assert isinstance(parent, GraphQLObjectType)
        definition = parent.fields[name]
        named = get_named_type(definition.type)
        variable = any(has_variables(one.value) for one in nodes[0].arguments or ())
        subs = [(named.name, one.selection_set) for one in nodes if one.selection_set is not None]
        return FieldPlan(
            key,
            name,
            type_name,
            nodes,
            self.resolvers.get(type_name, {}).get(name) or default_resolver(name),
            named.name,
            _wrapping(definition.type),
            isinstance(definition.type, GraphQLNonNull),
            is_leaf_type(named),
            definition,
            None if variable else _args(definition, nodes[0], {}),
            Selection(self, subs) if subs else None,
            conditions,
        )


def _typename(type_name: str, key: str, nodes: list[FieldNode], conditions: list[Condition]) -> FieldPlan:
    from_type = GraphQLField(GraphQLString)

    def resolve(source: Any, args: dict[str, Any], context: Any) -> str:
        return type_name

    return FieldPlan(key, "__typename", type_name, nodes, resolve, "String", (), True, True, from_type, {}, None, conditions)


def _conditions(node: Any) -> list[Condition]:
    out: list[Condition] = []
    for one in node.directives or ():
        if one.name.value in ("include", "skip"):
            out.append((one.name.value == "include", one.arguments[0].value))
    return out


def _wrapping(kind: Any) -> tuple[str, ...]:
    """The lists around a named type, outermost first: ``list!`` holds no nulls, ``list`` may."""
    out: list[str] = []
    while True:
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        elif isinstance(kind, GraphQLList):
            out.append("list!" if isinstance(kind.of_type, GraphQLNonNull) else "list")
            kind = kind.of_type
        else:
            return tuple(out)
