"""Describes the API in OpenAPI 3.1, from the routes and shapes that answer: what is not in them cannot be promised."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stockbridge.db.tokens import ANSWERS_KEPT, SCOPES
from stockbridge.web.api.problems import Problem
from stockbridge.web.api.route import LARGEST_BODY, File, Given, Nothing, Route
from stockbridge.web.api.serve import LONGEST_KEY

Described = dict[str, Any]

_REF = "#/components/schemas/{name}"
_HOURS = int(ANSWERS_KEPT.total_seconds() // 3600)
_ABOUT = f"""What other programs may read of Stockbridge and ask of it: the same as its pages, with the same effect.

Send a token with every request: `Authorization: Bearer sb_…`. An admin makes it on the page *API tokens* (from the page *People*), or with
`stockbridge token create`. Its scopes say what it may do: {"; ".join(f"`{name}`: {what}" for name, what in SCOPES.items())}.

What is written is *asked*: it is in the inbox when the answer 202 comes, happens in moments, and the journal names the token. Send an
`Idempotency-Key` with it: the same request with the same key is answered the same for {_HOURS} hours and done once; another request with it
is refused. Lists come in pages: send `next_cursor` back as `cursor`. What is not answered is a problem (RFC 9457): `detail` says what is
wrong in a sentence, `code` is for programs. Fields that are not declared are refused. Answers may gain fields in later releases, and
lists of words may gain words."""
_PROBLEMS = {
    400: "The address, or the JSON, cannot be read.",
    401: "No token, an unknown one, or one that ended.",
    403: "The token lacks the scope.",
    404: "There is no such thing.",
    408: "The request took too long.",
    409: "It is not in a state for that. Nothing was done.",
    413: f"The body is larger than {LARGEST_BODY // 1024} KiB (4 MiB where it holds a whole mapping).",
    415: "The body does not say that it is JSON, or is compressed.",
    422: "The body was read, and cannot be done. Nothing was.",
    503: "The database does not answer. Nothing was done.",
}
_ALWAYS = (400, 401, 403, 503)
_WITH_BODY = (408, 413, 415, 422)


def describe(routes: Sequence[Route], *, version: str) -> Described:
    """The description of some routes."""
    answers = [route.answer for route in routes if route.answer is not File]
    shapes = [Problem, *answers, *(route.body for route in routes if route.body is not Nothing)]
    unique = list(dict.fromkeys(shapes))
    found, schemas = msgspec.json.schema_components(unique, ref_template=_REF)
    refs = dict(zip(unique, found, strict=True))
    schemas |= _words(routes)
    paths: dict[str, Described] = {}
    for route in routes:
        paths.setdefault(route.address, {})[route.method.lower()] = _operation(route, refs)
    described = {
        "openapi": "3.1.0",
        "info": {"title": "Stockbridge", "version": version or "0", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": noun} for noun in dict.fromkeys(route.noun for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {str(status): _problem(status, refs) for status in _PROBLEMS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return _with_short_names(described)


def _words(routes: Sequence[Route]) -> Described:
    """The shapes that fields of addresses name: lists of words."""
    found: Described = {}
    for shape in dict.fromkeys(route.query for route in routes):
        _, components = msgspec.json.schema_components([shape], ref_template=_REF)
        found |= {name: about for name, about in components.items() if name != shape.__name__}
    return found


def _with_short_names(described: Described) -> Described:
    """A page of levels is called LevelPage, and not as the library calls it, Page_Level_."""
    found: Described = msgspec.json.decode(re.sub(rb'\bPage_(\w+)_"', rb'\1Page"', msgspec.json.encode(described)))
    return found


def _operation(route: Route, refs: Mapping[type, Described]) -> Described:
    summary, _, rest = (inspect.getdoc(route.handler) or "").partition(". ")
    needs = f"Scope: `{route.scope}`." if route.scope else "Scope: any."
    refuses = sorted({*_ALWAYS, *(_WITH_BODY if route.method != "GET" else ()), *route.refuses})
    content = {"text/csv": {"schema": {"type": "string"}}}
    if route.answer is not File:
        content = {"application/json": {"schema": refs[route.answer]}}
    answer = {"description": _headline(route, refs), "content": content}
    operation: Described = {
        "operationId": f"{route.noun}.{route.handler.__name__}".replace("-", "_"),
        "summary": summary.rstrip("."),
        "description": f"{rest.strip()}\n\n{needs}".strip(),
        "tags": [route.noun],
        "security": [{"token": [route.scope] if route.scope else []}],
        "parameters": _parameters(route),
        "responses": {
            str(route.status): answer,
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in refuses},
        },
    }
    if route.body is not Nothing:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[route.body]}}}
    return operation


def _headline(route: Route, refs: Mapping[type, Described]) -> str:
    return "It was asked, and happens in its turn." if route.status == 202 else "The answer."


def _parameters(route: Route) -> list[Described]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    return [*in_path, *_fields(route.query), *([] if route.reads else [_key()])]


def _fields(shape: type[Given]) -> list[Described]:
    _, components = msgspec.json.schema_components([shape], ref_template=_REF)
    schema = components[shape.__name__]
    required = schema.get("required", ())
    return [_field(name, dict(about), required=name in required) for name, about in schema["properties"].items()]


def _field(name: str, schema: Described, *, required: bool) -> Described:
    """A field of an address. There is no null in an address: what may be left out is simply not there."""
    description = schema.pop("description", "")
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        schema = options[0]
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema}


def _key() -> Described:
    told = "Makes the request safe to send again: choose a new one for each thing you ask."
    schema = {"type": "string", "maxLength": LONGEST_KEY, "pattern": "^[ -~]*$"}
    return {"name": "Idempotency-Key", "in": "header", "required": False, "description": told, "schema": schema}


def _problem(status: int, refs: Mapping[type, Described]) -> Described:
    return {"description": _PROBLEMS[status], "content": {"application/problem+json": {"schema": refs[Problem]}}}
