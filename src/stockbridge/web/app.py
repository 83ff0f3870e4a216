"""Puts the web room together: every route for people is here, who may use it is in policy.py; machines come in by hooks.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stockbridge.web import (
    batches,
    connections,
    item,
    login,
    many,
    mapping,
    mapping_edit,
    mapping_plan,
    mapping_versions,
    order,
    orders,
    overview,
    parked,
    people,
    problems,
    stock,
    sweeps,
    switches,
    tokens,
)
from stockbridge.web.api import docs
from stockbridge.web.api import problems as api_problems
from stockbridge.web.api.table import addresses
from stockbridge.web.bodies import Allowance
from stockbridge.web.edge import SecurityHeaders
from stockbridge.web.health import Health
from stockbridge.web.hooks import HookDoor, Hooks
from stockbridge.web.parts import WebParts
from stockbridge.web.static import Static
from stockbridge.web.visit import Endpoint, Handler

PAGES: Mapping[str, Mapping[str, Handler]] = {
    "/": {"GET": overview.show},
    "/orders": {"GET": orders.show},
    "/orders/view": {"POST": orders.keep},
    "/orders/ask": {"POST": batches.confirm},
    "/orders/batch": {"GET": batches.show, "POST": batches.start},
    "/orders/stop": {"POST": batches.stop},
    "/order": {"GET": order.show},
    "/raw": {"GET": order.show_raw},
    "/stock": {"GET": stock.show},
    "/stock/item": {"GET": item.show},
    "/parked": {"GET": parked.show},
    "/parked/retry": {"POST": parked.retry},
    "/parked/dismiss": {"POST": parked.dismiss},
    "/parked/many": {"GET": many.show, "POST": many.change},
    "/parked/map": {"POST": parked.map_item},
    "/mapping": {"GET": mapping.show},
    "/mapping/item": {"POST": mapping.map_item},
    "/mapping/source": {"POST": mapping.map_source},
    "/sweeps": {"GET": sweeps.show},
    "/sweeps/run": {"GET": sweeps.show_run},
    "/sweeps/file": {"GET": sweeps.download},
    "/sweeps/start": {"POST": sweeps.start},
    "/sweeps/decide": {"POST": sweeps.decide},
    "/mapping/edit": {"GET": mapping_edit.show, "POST": mapping_edit.edit},
    "/mapping/preview": {"POST": mapping_edit.preview},
    "/mapping/draft": {"POST": mapping.show_draft},
    "/mapping/plan": {"POST": mapping_plan.show},
    "/mapping/plan.csv": {"POST": mapping_plan.download},
    "/mapping/save": {"POST": mapping_plan.save},
    "/mapping/versions": {"GET": mapping_versions.show},
    "/mapping/version": {"GET": mapping_versions.show_one},
    "/connections": {"GET": connections.show},
    "/connections/again": {"POST": switches.again},
    "/connections/switch": {"GET": switches.show, "POST": switches.change},
    "/people": {"GET": people.show},
    "/people/invite": {"POST": people.invite},
    "/people/withdraw": {"POST": people.withdraw},
    "/people/role": {"POST": people.change_role},
    "/people/active": {"POST": people.change_active},
    "/people/link": {"POST": people.login_link},
    "/people/sign-out": {"POST": people.sign_out},
    "/tokens": {"GET": tokens.show},
    "/tokens/create": {"POST": tokens.create},
    "/tokens/revoke": {"POST": tokens.revoke},
    "/api": {"GET": docs.show},
    "/me": {"GET": login.show_me},
    "/me/password": {"POST": login.change_password},
    "/me/sign-out": {"POST": login.end_my_session},
    "/login": {"GET": login.show_login, "POST": login.log_in},
    "/logout": {"POST": login.log_out},
    "/link/{token}": {"GET": login.show_link, "POST": login.use_link},
    "/theme": {"POST": login.choose_theme},
}


def create_app(parts: WebParts) -> Starlette:
    """Gives the application. It must be run with its lifespan, which starts and stops the thread that stores messages."""
    hooks = Hooks(parts)
    health = Health(parts, hooks.writer)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        hooks.open()
        yield
        await hooks.close()

    return Starlette(
        routes=[
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
            Route("/metrics", health.metrics),
            Route("/static/{name:path}", Static().serve),
            *addresses(parts),
            *page_routes(parts, PAGES),
        ],
        middleware=[Middleware(HookDoor, hooks=hooks), Middleware(SecurityHeaders, secure=parts.settings.secure)],
        exception_handlers={404: missing, 405: missing, 500: missing},
        lifespan=lifespan,
    )


def missing(request: Request, error: Exception) -> Response:
    """Answers programs and people each in their own way when there is no such address, or something broke."""
    for_programs = request.url.path.startswith("/api/")
    return api_problems.missing(request, error) if for_programs else problems.missing(request, error)


def page_routes(parts: WebParts, pages: Mapping[str, Mapping[str, Handler]]) -> list[Route]:
    """The routes of the pages; all of them share the memory that forms may take."""
    allowance = Allowance(parts.settings.receiving_bytes)
    return [
        Route(path, Endpoint(parts, path, handlers, allowance).serve, methods=list(handlers))
        for path, handlers in pages.items()
    ]
