"""Runs a plan against the shop. Errors bubble to the nearest nullable field, as the specification asks."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from stockbridge.testing.twins.shopify.api.errors import ApiError
from stockbridge.testing.twins.shopify.api.plan import FieldPlan, Selection
from stockbridge.testing.twins.shopify.api.typenames import type_of
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.places import App


@dataclass
class Context:
    """What a resolver may know about the request."""

    world: World
    app: App
    scopes: frozenset[str]
    version: str
    emitter: Any
    variables: dict[str, Any] = field(default_factory=dict)
    errors: list[ApiError] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    bulk: Any = None
    desk: Any = None


def run(selection: Selection, type_name: str, source: Any, context: Context) -> dict[str, Any]:
    """The answer for one object. Raises ApiError if a field that may not be null has none."""
    out: dict[str, Any] = {}
    given, errors = context.variables, context.errors
    for plan in selection.fields(type_name):
        if plan.conditions and not plan.wanted(given):
            continue
        before = len(errors)
        try:
            value = plan.resolver(source, plan.args(given), context)
            out[plan.key] = None if value is None else complete(plan, value, plan.wrapping, context)
            if len(errors) > before:
                deeper(errors[before:], plan.key)
        except ApiError as error:
            error.path.insert(0, plan.key)
            if not error.locations:
                token = plan.nodes[0].loc.start_token if plan.nodes[0].loc else None
                error.locations = [{"line": token.line, "column": token.column}] if token else []
            if plan.nonnull:
                raise
            deeper(errors[before:], plan.key)
            errors.append(error)
            out[plan.key] = None
    return out


def deeper(errors: list[ApiError], step: str | int) -> None:
    """Errors that were swallowed further down learn one more step of where they happened."""
    for error in errors:
        error.path.insert(0, step)


def complete(plan: FieldPlan, value: Any, wrapping: tuple[str, ...], context: Context) -> Any:
    """A resolved value as JSON: lists opened, leaves written, objects run."""
    if wrapping:
        return _list(plan, value, wrapping, context)
    if plan.leaf:
        kind = type(value)
        return value if kind is str or kind is int or kind is bool else leaf(value)
    assert plan.sub is not None
    return run(plan.sub, type_of(value, plan.type_name), value, context)


def _list(plan: FieldPlan, value: Any, wrapping: tuple[str, ...], context: Context) -> list[Any]:
    out: list[Any] = []
    for index, one in enumerate(value):
        before = len(context.errors)
        try:
            out.append(None if one is None else complete(plan, one, wrapping[1:], context))
        except ApiError as error:
            error.path.insert(0, index)
            if wrapping[0] == "list!":
                raise
            deeper(context.errors[before:], index)
            context.errors.append(error)
            out.append(None)
        else:
            if len(context.errors) > before:
                deeper(context.errors[before:], index)
    return out


def leaf(value: Any) -> Any:
    """Times in UTC with a Z, decimals as text, the rest as it is."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        return decimal_text(value)
    return value


def decimal_text(value: Decimal) -> str:
    """Money as GraphQL shows it: no needless zeros, but always one place."""
    text = f"{value:f}"
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text.endswith(".") else text
