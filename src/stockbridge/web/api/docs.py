"""The page that describes the API, made from its own description. It loads nothing from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from stockbridge.db.tokens import SCOPES
from stockbridge.web.api.openapi import describe
from stockbridge.web.api.table import DESCRIPTION, ROUTES
from stockbridge.web.visit import Page, Visit

_REF = "#/components/schemas/"


def show(visit: Visit) -> Page:
    """Every route, noun by noun, and every shape."""
    described = _described()
    nouns: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            nouns[operation["tags"][0]].append(_card(path, method, operation))
    values = {
        "nouns": dict(nouns),
        "shapes": {name: _shape(schema) for name, schema in sorted(described["components"]["schemas"].items())},
        "scopes": SCOPES,
        "description": DESCRIPTION,
        "base_url": visit.parts.settings.base_url,
    }
    return Page(template="api.html", values=values)


@cache
def _described() -> dict[str, Any]:
    return describe(ROUTES, version="")


def _card(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    status, answer = next((status, told) for status, told in operation["responses"].items() if status.startswith("2"))
    body = operation.get("requestBody")
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "told": operation["description"].split("\n\n"),
        "fields": [_field(each) for each in operation["parameters"]],
        "body": _name(body["content"]["application/json"]["schema"]) if body else "",
        "status": status,
        "answer": _name(next(iter(answer["content"].values()))["schema"]),
        "refuses": [each for each in operation["responses"] if not each.startswith("2")],
    }


def _field(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {**parameter, "kind": kind(parameter["schema"]), "told": parameter.get("description", "")}


def _shape(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {"told": f"{schema.get('description', '')} One of: {', '.join(map(str, schema['enum']))}.", "fields": []}
    required = schema.get("required", ())
    fields = [
        {"name": name, "kind": kind(about), "told": about.get("description", ""), "required": name in required}
        for name, about in schema.get("properties", {}).items()
    ]
    return {"told": schema.get("description", ""), "fields": fields}


def kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in words."""
    if "$ref" in schema:
        listed = _words(schema)
        return kind(listed) if listed else _name(schema)
    if "enum" in schema:
        return " or ".join(str(each) for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"{kind(schema['additionalProperties'])} by name"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "date-time": "moment"}
    name = schema.get("format") or schema.get("type", "")
    return words.get(name, str(name))


def _words(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The list of words that a name stands for, if it does."""
    found: Mapping[str, Any] = _described()["components"]["schemas"].get(_name(schema), {})
    return found if "enum" in found else {}


def _name(schema: Mapping[str, Any]) -> str:
    """The name of a shape; none: a table."""
    return str(schema.get("$ref", "")).removeprefix(_REF)
