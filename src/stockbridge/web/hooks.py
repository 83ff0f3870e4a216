"""The one public endpoint: POST /hooks/{account}/{connection}. Stored first, answered second, understood later (DESIGN D6)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from datetime import datetime

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from stockbridge.inbox.writer import NotStored, Settled, Writer
from stockbridge.ports import Arrival, Inbound, NotGenuine
from stockbridge.web.bodies import Allowance, BodyRefused, receive_body
from stockbridge.web.parts import WebParts

_log = structlog.get_logger("web.hooks")
#: larger bodies are identified beside the event loop, so that one of them cannot hold up the small ones
_BESIDE_THE_LOOP = 256 * 1024
_NOBODY = b"the secret of a connection that does not exist"

Ticket = asyncio.Future[int | None]


class Hooks:
    """Receives webhooks: reads within limits, asks the door whether they are genuine, and answers once they are stored."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._allowance = Allowance(parts.settings.receiving_bytes)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.writer = Writer(database=parts.database, engine=parts.engine, settled=self._settled, limits=parts.settings.inbox)

    def open(self) -> None:
        """Starts the writer; to be called on the event loop that serves the requests."""
        self._loop = asyncio.get_running_loop()
        self.writer.start()

    async def close(self) -> None:
        """Writes what is still waiting."""
        await asyncio.to_thread(self.writer.stop)

    async def receive(self, scope: Scope, receive: Receive) -> tuple[int, bool]:
        """200 once the message is stored (a repeat included), 401 when it is not genuine, 503 when it could not be stored; and
        whether the connection must end, since what the sender still has to say will not be read."""
        settings = self._settings
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await receive_body(
                headers, receive, largest=settings.largest_body, seconds=settings.receive_s, allowance=self._allowance
            )
        except BodyRefused as refused:
            return refused.status, True
        try:
            arrival = await self._identify(scope["path"], headers, body)
        except NotGenuine:
            return 401, False
        return (200 if await self._stored(arrival) else 503), False

    async def _identify(self, path: str, headers: dict[str, str], body: bytes) -> Arrival:
        _, _, account, connection = path.split("/")
        inbound = self._parts.inbound(account, connection)
        received_at = self._parts.clock.now()
        if len(body) > _BESIDE_THE_LOOP:
            return await asyncio.to_thread(_identify, inbound, headers, body, received_at)
        return _identify(inbound, headers, body, received_at)

    async def _stored(self, arrival: Arrival) -> bool:
        ticket: Ticket = asyncio.get_running_loop().create_future()
        if not self.writer.alive or not self.writer.offer(arrival, ticket):
            _log.warning("hooks.full", waiting=self.writer.waiting)
            return False
        impatience = ticket.get_loop().call_later(self._settings.answer_s, _give_up, ticket)
        try:
            await ticket
        except NotStored:
            return False  # it may yet be stored: the sender's repeat is then the same row
        finally:
            impatience.cancel()
        return True

    def _settled(self, settled: Sequence[Settled]) -> None:
        """In the writer's thread: one message to the loop for a whole batch."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, settled)


def _identify(inbound: Inbound | None, headers: dict[str, str], body: bytes, received_at: datetime) -> Arrival:
    if inbound is None:
        hmac.digest(_NOBODY, body, "sha256")  # an unknown name answers no faster than a wrong signature
        raise NotGenuine("there is no such connection")
    return inbound.identify(headers, body, received_at)


def _resolve(settled: Sequence[Settled]) -> None:
    for one in settled:
        ticket = one.ticket
        if not isinstance(ticket, asyncio.Future) or ticket.done():
            continue
        if one.error is None:
            ticket.set_result(one.arrival_id)
        else:
            ticket.set_exception(one.error)


def _give_up(ticket: Ticket) -> None:
    if not ticket.done():
        ticket.set_exception(NotStored(NotStored.__doc__))


class HookDoor:
    """Lets webhooks in before anything that is there for people: in a rush, every layer would be paid for thousands of times."""

    def __init__(self, app: ASGIApp, *, hooks: Hooks) -> None:
        self.app = app
        self.hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_hook(scope["path"]):
            await self.app(scope, receive, send)
            return
        status, ends = await self.hooks.receive(scope, receive) if scope["method"] == "POST" else (405, True)
        headers = [_EMPTY, *([_LATER] if status == 503 else []), *([_CLOSE] if ends else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


_EMPTY, _LATER, _CLOSE = (b"content-length", b"0"), (b"retry-after", b"5"), (b"connection", b"close")


def _is_hook(path: str) -> bool:
    return path.startswith("/hooks/") and path.count("/") == 3 and not path.endswith("/") and not path.startswith("/hooks//")
