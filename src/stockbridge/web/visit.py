"""One request to a page: who asks, what for, and the answers a page can give. Pages are plain functions of a visit.

Only the receiving of a form is asynchronous (DESIGN D16); the page itself runs in a thread, on a pooled connection and in
one transaction, which is kept unless the page fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stockbridge.db import connections, people
from stockbridge.db.errors import DatabaseProblem
from stockbridge.db.people import Person
from stockbridge.db.queries import Queries
from stockbridge.web.bodies import Allowance, BodyRefused, read_body
from stockbridge.web.origin import from_our_pages
from stockbridge.web.parts import WebParts
from stockbridge.web.policy import allowed
from stockbridge.web.problems import plain
from stockbridge.web.templating import render

_log = structlog.get_logger("web.pages")
_QUERIES = Queries("pages")
_LARGEST_FORM = 256 * 1024
_AWAY = (OperationalError, InterfaceError, PoolTimeout, DatabaseProblem)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form or of an address; a field may come several times."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field, without blanks around it."""
        return next((value.strip() for key, value in reversed(self.pairs) if key == name), default)

    def raw(self, name: str) -> str:
        """The last value of a field as it was sent."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def places(self, name: str, parts: int) -> tuple[str, ...]:
        """The parts of a field that holds several values with tabs between them; missing ones are empty."""
        return tuple([*self.raw(name).split("\t"), *[""] * parts][:parts])

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self.pairs if key == name]

    def number(self, name: str, default: int = 0) -> int:
        """A whole number that PostgreSQL's bigint can hold, or the default."""
        value = self.get(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else default

    def without(self, *names: str, **changed: str) -> str:
        """The same fields as part of an address, some left out, some changed."""
        pairs = [(key, value) for key, value in self.pairs if key not in names and key not in changed and value]
        return urlencode([*pairs, *((key, value) for key, value in changed.items() if value)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request to a page. ``person`` is None only where the policy lets anybody in."""

    parts: WebParts
    conn: Connection
    now: datetime
    path: str
    query: Form
    form: Form
    params: Mapping[str, str]
    client: str
    user_agent: str
    theme: str
    token: str = ""
    person: Person | None = None

    @property
    def account(self) -> str:
        """The account whose rows this visit may see."""
        return self.person.account if self.person else self.parts.account

    @property
    def me(self) -> Person:
        """The person who asks; a page that nobody may open without logging in always has one."""
        if self.person is None:
            raise Stop(403, "You need to log in for this.")
        return self.person


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to show: a template and its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    cookies: Mapping[str, str | None] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Go to another page of ours. ``cookies``: None removes one."""

    to: str
    cookies: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to keep: its name, its kind and what is in it."""

    name: str
    media_type: str
    content: bytes


class Stop(Exception):
    """The page cannot be shown; nothing it did is kept."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


Handler = Callable[[Visit], Page | Go | Download]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Serves one path: the handler of each method, behind the policy, the origin check and the log-in."""

    parts: WebParts
    path: str
    handlers: Mapping[str, Handler]
    allowance: Allowance

    async def serve(self, request: Request) -> Response:
        headers = dict(request.headers)
        if not from_our_pages(request.method, headers, self.parts.settings.base_url):
            return plain(request, 403, "This was not sent from one of Stockbridge's own pages, so nothing was done.")
        form = Form()
        if request.method == "POST":
            try:
                form = await self._form(request)
            except BodyRefused as refused:
                return plain(request, refused.status, f"Nothing was done: {refused.reason}.")
        return await run_in_threadpool(self._in_thread, request, form)

    async def _form(self, request: Request) -> Form:
        body = await read_body(request, largest=_LARGEST_FORM, seconds=self.parts.settings.receive_s, allowance=self.allowance)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=2_000)
        except ValueError:
            raise BodyRefused(400, "the form cannot be read") from None
        return Form(tuple((key, value.replace("\x00", "")) for key, value in pairs))

    def _in_thread(self, request: Request, form: Form) -> Response:
        try:
            with self.parts.database.begin() as conn:
                conn.execute(text("SET LOCAL statement_timeout = '10s'"))
                return self._visit(request, conn, form)
        except Stop as stop:
            return plain(request, stop.status, stop.sentence)
        except DataError:
            return plain(request, 400, "The address of this page is not one that Stockbridge made.")
        except _AWAY as error:
            _log.warning("web.database_away", path=self.path, error=type(error).__name__)
            return plain(
                request, 503, "The database does not answer. Orders are not lost: senders repeat them. Try again shortly."
            )

    def _visit(self, request: Request, conn: Connection, form: Form) -> Response:
        visit = self._open(request, conn, form)
        handler = self.handlers.get("GET" if request.method == "HEAD" else request.method)
        method = "GET" if request.method == "HEAD" else request.method
        if handler is None:
            raise Stop(405, "This address cannot be used like that.")
        if visit.person is None and method == "POST" and not allowed(method, self.path, None):
            raise Stop(403, "You are not logged in any more, so nothing was done. Log in and try again.")
        if not allowed(method, self.path, visit.person.role if visit.person else None):
            if visit.person is None and _by_script(request):
                return Response(status_code=204, headers={"hx-redirect": "/login"})
            if visit.person is None and method == "GET":
                back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/login?next={quote(back, safe='')}", status_code=303)
            raise Stop(403, "Your role does not allow this. An admin can change it on the page People.")
        return answer(visit, handler(visit))

    def _open(self, request: Request, conn: Connection, form: Form) -> Visit:
        parts, now = self.parts, self.parts.clock.now()
        token = request.cookies.get(session_cookie(parts), "")
        person = None
        if token:
            idle = parts.settings.session_idle
            person = people.session_person(conn, token=token, now=now, idle=idle, used=not _by_script(request))
        pairs = tuple((key, value.replace("\x00", "")) for key, value in request.query_params.multi_items())
        return Visit(
            parts=parts,
            conn=conn,
            now=now,
            path=self.path,
            query=Form(pairs),
            form=form,
            params=request.path_params,
            client=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
            theme=_theme(request),
            token=token,
            person=person,
        )


def answer(visit: Visit, given: Page | Go | Download) -> Response:
    """Turns what a page gives into an HTTP answer."""
    response: Response
    if isinstance(given, Download):
        headers = {"content-disposition": f'attachment; filename="{given.name}"'}
        return Response(given.content, media_type=given.media_type, headers=headers)
    if isinstance(given, Go):
        response = RedirectResponse(given.to, status_code=303)
    else:
        needs_you = _needs_you(visit) if visit.person else 0
        pauses = connections.pauses(visit.conn, account=visit.account) if visit.person else []
        frame = {
            "needs_you": needs_you,
            "pauses": pauses,
            "may_pause": allowed("POST", "/connections/switch", visit.person.role if visit.person else None),
            "person": visit.person,
            "path": visit.path,
            "theme": visit.theme,
            "now": visit.now,
            "query": visit.query,
        }
        html = render(given.template, {**frame, **given.values})
        response = HTMLResponse(html, status_code=given.status, headers=dict(given.headers))
    for name, value in given.cookies.items():
        set_cookie(response, visit.parts, name, value)
    return response


def _needs_you(visit: Visit) -> int:
    """How many things wait for a person, up to a hundred."""
    return int(_QUERIES.value(visit.conn, "needs_you", account=visit.account))


def set_cookie(response: Response, parts: WebParts, name: str, value: str | None) -> None:
    """Sets one of our cookies, which no script can read and no other site's form sends; None removes it."""
    settings = parts.settings
    longest = settings.session_longest if name == session_cookie(parts) else timedelta(days=365)
    response.set_cookie(
        name,
        value or "",
        max_age=int(longest.total_seconds()) if value is not None else 0,
        path="/",
        httponly=True,
        secure=settings.secure,
        samesite="lax",
    )


def session_cookie(parts: WebParts) -> str:
    """The name of the session's cookie. Browsers accept ``__Host-`` only from https, for this host and the path /."""
    return "__Host-stockbridge" if parts.settings.secure else "stockbridge"


def _by_script(request: Request) -> bool:
    """Whether a page refreshes itself: nobody need be sitting there, so it does not count as use of the session."""
    return "hx-request" in request.headers


def _theme(request: Request) -> str:
    theme = request.cookies.get("theme", "")
    return theme if theme in ("light", "dark") else "system"
