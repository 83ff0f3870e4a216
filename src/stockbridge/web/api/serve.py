"""Serves the routes of one address: token, scope, query, body, one transaction, answer.

Only the receiving of the body is asynchronous (DESIGN D16). A token travels in a header that no browser sends by itself, so no page of
somebody else's can use it: cookies are not looked at, and the origin need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from stockbridge.db import tokens
from stockbridge.db.errors import DatabaseProblem
from stockbridge.db.tokens import Token
from stockbridge.web import bodies
from stockbridge.web.api.problems import problem
from stockbridge.web.api.reading import read_body, read_query
from stockbridge.web.api.route import Call, File, Refusal, Route, Told
from stockbridge.web.bodies import Allowance, BodyRefused
from stockbridge.web.parts import WebParts

_log = structlog.get_logger("web.api")
LONGEST_KEY = 255
_AWAY = (OperationalError, InterfaceError, PoolTimeout, DatabaseProblem)
_BODY_CODES = {413: "too_large", 415: "not_json", 408: "too_slow", 503: "busy"}
_LET_IN = {"www-authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Served:
    """One address with the route of each method."""

    parts: WebParts
    routes: Mapping[str, Route]
    allowance: Allowance

    async def serve(self, request: Request) -> Response:
        """Answers one request."""
        largest = max(route.largest for route in self.routes.values())
        try:
            raw = await bodies.read_body(
                request, largest=largest, seconds=self.parts.settings.receive_s, allowance=self.allowance
            )
        except BodyRefused as refused:
            code = _BODY_CODES.get(refused.status, "no_body")
            return problem(Refusal(refused.status, code, f"Nothing was done: {refused.reason}.", {"connection": "close"}))
        return await run_in_threadpool(self._in_thread, request, raw)

    def _in_thread(self, request: Request, raw: bytes) -> Response:
        route = self.routes["GET" if request.method == "HEAD" else request.method]
        try:
            return self._answer(request, raw, route)
        except Refusal as refusal:
            return problem(refusal)
        except DataError:
            return problem(Refusal(400, "wrong_value", "A value is not one that can be looked up."))
        except _AWAY as error:
            _log.warning("api.database_away", path=route.address, error=type(error).__name__)
            return problem(Refusal(503, "away", "The database does not answer. Nothing was done; try again shortly."))

    def _answer(self, request: Request, raw: bytes, route: Route) -> Response:
        token = self._token(request, route)
        given: dict[str, Any] = {
            "query": read_query(request.query_params.multi_items(), route.query),
            "body": read_body(raw, request.headers.get("content-type", ""), route.body),
            "numbers": _numbers(request),
        }
        with self.parts.database.begin() as conn:
            conn.execute(text("SET LOCAL statement_timeout = '10s'"))
            call = Call(parts=self.parts, conn=conn, now=self.parts.clock.now(), token=token, **given)
            if route.reads:  # all parts of an answer are of one moment
                conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
                return _told(route.status, route.handler(call))
            return _written(conn, call, route, key=_key(request), request_hash=_hash_of(request, raw))

    def _token(self, request: Request, route: Route) -> Token:
        """Who asks, in a transaction of its own: that a token was used is kept also when what it asked is refused."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Refusal(401, "no_token", "A token is needed: send it with the header 'Authorization: Bearer …'.", _LET_IN)
        now = self.parts.clock.now()
        with self.parts.database.begin() as conn:
            token = tokens.find(conn, secret=secret.strip(), now=now)
        if token is None or token.account != self.parts.account:
            raise Refusal(401, "wrong_token", "There is no such token. An admin makes one: People, API tokens.", _LET_IN)
        if not token.works(now):
            how = "was revoked" if token.revoked_at else f"ended on {token.expires_at:%Y-%m-%d}"
            raise Refusal(401, "ended_token", f"The token '{token.name}' {how}. An admin makes a new one.", _LET_IN)
        if route.scope and route.scope not in token.scopes:
            what = tokens.SCOPES[route.scope]
            raise Refusal(403, "wrong_scope", f"The token '{token.name}' may not {what}: it lacks the scope '{route.scope}'.")
        return token


def _written(conn: Connection, call: Call[Any, Any], route: Route, *, key: str, request_hash: bytes) -> Response:
    """Does what is asked, or gives the answer that the same request with the same key got before."""
    if key:
        before = tokens.claim_key(conn, token=call.token, key=key, request_hash=request_hash, now=call.now)
        if before is not None and not before.same:
            raise Refusal(422, "key_reused", "This Idempotency-Key came with another request before. Use a new one.")
        if before is not None:
            return _json(before.status, before.body, {"idempotent-replayed": "true"})
    body = msgspec.json.encode(route.handler(call))
    if key:
        tokens.keep_answer(conn, token=call.token, key=key, status=route.status, body=body)
    return _json(route.status, body)


def _told(status: int, answer: Told) -> Response:
    if isinstance(answer, File):
        headers = {"content-disposition": f'attachment; filename="{answer.name}"'}
        return Response(answer.content, status, headers, media_type=answer.media_type)
    return _json(status, msgspec.json.encode(answer))


def _json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json")


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Refusal(400, "wrong_key", f"An Idempotency-Key has at most {LONGEST_KEY} plain characters.")
    return key


def _hash_of(request: Request, raw: bytes) -> bytes:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return sha256(asked + raw).digest()


def _numbers(request: Request) -> dict[str, int]:
    found = {}
    for name, value in request.path_params.items():
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise Refusal(404, "no_such_thing", f"{name} is a whole number.")
        found[name] = int(value)
    return found
