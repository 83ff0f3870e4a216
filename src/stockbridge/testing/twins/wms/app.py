"""The twin as an ASGI application: the contract under /v1, the control API under /_twin, and its own work in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stockbridge.testing.twins.wms import control
from stockbridge.testing.twins.wms.answers import Answer
from stockbridge.testing.twins.wms.model.callbacks import Callback
from stockbridge.testing.twins.wms.model.twin import WmsTwin
from stockbridge.testing.twins.wms.service import MAX_BODY, WmsService

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: How often the twin looks whether something is due, and how long it waits for the other side to take an event.
TICK_S = 0.02
CALLBACK_TIMEOUT_S = 5.0
CALLBACKS_AT_ONCE = 32


class WmsApp:
    """The outermost layer is not Starlette's, because losing an answer means closing the connection under it."""

    def __init__(self, twin: WmsTwin) -> None:
        self.twin = twin
        self.service = WmsService(twin)
        routes = [Route("/_twin/{name:path}", self._control, methods=["GET", "POST"])]
        self._inner = Starlette(routes=routes, lifespan=self._lifespan)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._inner(scope, receive, send)
            return
        body = await _body(receive)
        query = scope["query_string"].decode("latin-1")
        target = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (f"?{query}" if query else "")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self.service.handle(scope["method"], target, headers, body)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        await _put_through(answer, send)

    async def _control(self, request: Request) -> Response:
        query = dict(request.query_params)
        answer = control.handle(self.twin, request.method, request.url.path, query, await request.body())
        return Response(answer.body, answer.status, dict(answer.headers))

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _work(self) -> None:
        """Picks and ships by the clock, and carries events, many at once and in no promised order."""
        carrying: set[asyncio.Task[None]] = set()
        async with httpx2.AsyncClient(timeout=CALLBACK_TIMEOUT_S, trust_env=False) as client:
            while True:
                self.twin.run_due()
                if self.twin.config.callback_url:
                    for callback, headers in self.twin.take_callbacks(CALLBACKS_AT_ONCE - len(carrying)):
                        task = asyncio.create_task(self._carry(client, callback, headers))
                        carrying.add(task)
                        task.add_done_callback(carrying.discard)
                await asyncio.sleep(TICK_S if len(carrying) < CALLBACKS_AT_ONCE else 0.002)

    async def _carry(self, client: httpx2.AsyncClient, callback: Callback, headers: Mapping[str, str]) -> None:
        try:
            answer = await client.post(self.twin.config.callback_url, headers=dict(headers), content=callback.body)
            status: int | None = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL):
            status = None
        self.twin.settle(callback, status)


async def _body(receive: Receive) -> bytes:
    """The whole body, but no more than a little over the limit; the service says what it thinks of the rest."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body") or len(body) > MAX_BODY:
            return bytes(body)


async def _put_through(answer: Answer, send: Send) -> None:
    if answer.fate in ("lost", "no_connection"):
        await _hang_up(send)
        return
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.fate == "cut":
        await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
        await asyncio.sleep(0.02)  # let the half be sent
        await _hang_up(send)
        return
    await send({"type": "http.response.body", "body": answer.body})


async def _hang_up(send: Send) -> None:
    """Close the connection without (the rest of) an answer. uvicorn's ``send`` belongs to the object that holds the socket."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionResetError("the twin closes the connection without an answer")
    transport.abort()
    while not getattr(cycle, "disconnected", True):
        await asyncio.sleep(0)
