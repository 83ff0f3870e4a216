"""Running the inside of a bulk operation: a query without pages to JSONL, or one mutation per uploaded line.

Source: fact sheet section H (rules and messages of recorded shops; those marked [guess] in docs are our wording).
"""

import json
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSchema, get_named_type
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode

from stockbridge.testing.twins.shopify.api.errors import Rejected
from stockbridge.testing.twins.shopify.api.plan import Condition, FieldPlan, Planner
from stockbridge.testing.twins.shopify.api.validate import checked

MAX_CONNECTIONS = 5
MAX_DEPTH = 2
MAX_TEXT = 65_535


class BulkPlanner(Planner):
    """Plans connections without pages: ``first`` and cursors are ignored in bulk queries."""

    def _field(self, type_name: str, key: str, nodes: list[FieldNode], conditions: list[Condition]) -> FieldPlan:
        plan = super()._field(type_name, key, nodes, conditions)
        if plan.type_name.endswith("Connection"):
            given = plan.args({})
            kept = {name: one for name, one in given.items() if name not in ("first", "last", "after", "before")}
            plan.fixed_args = {**kept, "first": None, "everything": True}
        return plan


def refusal(schema: GraphQLSchema, text: str) -> str | None:
    """Why this text cannot be a bulk query, or None."""
    if len(text.encode()) > MAX_TEXT:
        return f"The query is too long. It must be at most {MAX_TEXT} bytes."
    try:
        document = checked(schema, text)
    except Rejected as rejected:
        return f"Invalid bulk query: {rejected.errors[0]['message']}"
    rows = [x for x in document.definitions if isinstance(x, OperationDefinitionNode)]
    if len(rows) != 1 or rows[0].operation.value != "query":
        return "Invalid bulk query: exactly one query operation is needed."
    for node in rows[0].selection_set.selections:
        if isinstance(node, FieldNode) and node.name.value in ("node", "nodes"):
            return "Bulk queries cannot contain a top level `node` field."
    found: list[int] = []
    problem = _walk(schema, BulkPlanner(schema, document, {}), "QueryRoot", rows[0].selection_set, 0, found)
    if problem is None and not found:
        return "Bulk queries must contain at least one connection."
    if problem is None and len(found) > MAX_CONNECTIONS:
        return f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."
    return problem


def _walk(
    schema: GraphQLSchema, planner: Planner, kind: str, selections: SelectionSetNode, depth: int, found: list[int]
) -> str | None:
    for node in selections.selections:
        if isinstance(node, InlineFragmentNode):
            inner = node.type_condition.name.value if node.type_condition else kind
            problem = _walk(schema, planner, inner, node.selection_set, depth, found)
        elif isinstance(node, FragmentSpreadNode):
            fragment = planner.fragments[node.name.value]
            problem = _walk(schema, planner, fragment.type_condition.name.value, fragment.selection_set, depth, found)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            problem = _walk_field(schema, planner, kind, node, depth, found)
        else:
            continue
        if problem is not None:
            return problem
    return None


def _walk_field(
    schema: GraphQLSchema, planner: Planner, kind: str, node: FieldNode, depth: int, found: list[int]
) -> str | None:
    named: Any = get_named_type(schema.type_map[kind].fields[node.name.value].type)  # type: ignore[attr-defined]
    assert node.selection_set is not None
    if named.name.endswith("Connection"):
        depth += 1
        found.append(depth)
        if depth > MAX_DEPTH + 1:
            return f"Bulk queries cannot contain connections with a nesting depth greater than {MAX_DEPTH}."
        asked = [one.name.value for one in node.selection_set.selections if isinstance(one, FieldNode)]
        if "nodes" in asked:
            return "Selecting via 'nodes' is not supported inside of a bulk query. Please use 'edges'."
        if not _selects_id(node.selection_set) and _nested(schema, named.name, node.selection_set):
            return "The parent 'node' field for a nested connection must select the 'id' field without an alias."
    return _walk(schema, planner, named.name, node.selection_set, depth, found)


def _inside(selections: SelectionSetNode) -> Iterator[FieldNode]:
    """Fields of ``edges{node{…}}``."""
    for edge in selections.selections:
        if isinstance(edge, FieldNode) and edge.name.value == "edges" and edge.selection_set:
            for node in edge.selection_set.selections:
                if isinstance(node, FieldNode) and node.name.value == "node" and node.selection_set:
                    yield from (x for x in node.selection_set.selections if isinstance(x, FieldNode))


def _selects_id(selections: SelectionSetNode) -> bool:
    return any(one.name.value == "id" and one.alias is None for one in _inside(selections))


def _nested(schema: GraphQLSchema, connection: str, selections: SelectionSetNode) -> bool:
    edge: Any = get_named_type(schema.type_map[connection].fields["edges"].type)  # type: ignore[attr-defined]
    node: Any = get_named_type(edge.fields["node"].type)
    fields = getattr(node, "fields", {})
    return any(
        one.name.value in fields and str(get_named_type(fields[one.name.value].type)).endswith("Connection")
        for one in _inside(selections)
    )


def flatten(data: dict[str, Any], *, grouped: bool) -> tuple[list[str], int]:
    """The answer as JSON lines: parents first, then children, or each child right after its parent."""
    roots: list[dict[str, Any]] = []
    for value in data.values():
        roots += _rows(value) if _is_connection(value) else []
    if not roots:
        roots = [row for value in data.values() if isinstance(value, dict) for row in _loose(value)]
    lines: list[str] = []
    later: list[dict[str, Any]] = []
    for root in roots:
        children = _split(root)
        lines.append(_line(root))
        if grouped:
            lines += [_line(one) for one in _deep(children)]
        else:
            later += children
    lines += [_line(one) for one in _deep(later)]
    return lines, len(roots)


def _loose(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of connections that hang on a single root object."""
    return [row for one in value.values() if _is_connection(one) for row in _rows(one)]


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("edges"), list)


def _rows(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in value["edges"] if edge.get("node") is not None]


def _split(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Takes the connections out of a row and gives their rows, each with ``__parentId``."""
    children: list[dict[str, Any]] = []
    for key in [name for name, value in row.items() if _is_connection(value)]:
        children += [{**one, "__parentId": row.get("id")} for one in _rows(row.pop(key))]
    return children


def _deep(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for row in rows:
        below = _split(row)
        out += [row, *_deep(below)]
    return out


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False)
