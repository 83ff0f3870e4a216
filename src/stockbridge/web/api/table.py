"""Every route of the API. A resource is a file in ``resources`` and its name here; what describes the API is made from this."""

from __future__ import annotations

from collections import defaultdict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from stockbridge.web.api.openapi import describe
from stockbridge.web.api.resources import (
    connections,
    health,
    items,
    mapping,
    mapping_plan,
    orders,
    parked,
    pauses,
    places,
    stock,
    stock_past,
    sweeps,
)
from stockbridge.web.api.route import Route
from stockbridge.web.api.serve import Served
from stockbridge.web.bodies import Allowance
from stockbridge.web.parts import WebParts

RESOURCES = (
    stock,
    stock_past,
    places,
    items,
    mapping,
    mapping_plan,
    orders,
    parked,
    connections,
    sweeps,
    pauses,
    health,
)
ROUTES: tuple[Route, ...] = tuple(route for resource in RESOURCES for route in resource.ROUTES)
DESCRIPTION = "/api/openapi.json"


def addresses(parts: WebParts) -> list[Address]:
    """The routes as Starlette serves them, and their description, which everybody may read: it says nothing of this installation."""
    by_path: dict[str, dict[str, Route]] = defaultdict(dict)
    for route in ROUTES:
        by_path[route.address][route.method] = route
    allowance = Allowance(parts.settings.receiving_bytes)
    described = msgspec.json.format(msgspec.json.encode(describe(ROUTES, version=parts.version)), indent=1)

    async def description(_request: Request) -> Response:
        return Response(described, media_type="application/json", headers={"cache-control": "no-cache"})

    served = [Address(path, Served(parts, routes, allowance).serve, methods=list(routes)) for path, routes in by_path.items()]
    return [Address(DESCRIPTION, description), *served]
