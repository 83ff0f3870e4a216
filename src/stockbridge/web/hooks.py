"""The one public endpoint: POST /hooks/{account}/{connection}. Stored first, answered second, understood later (DESIGN D6)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import Response

from stockbridge.inbox.writer import NotStored, Settled, Writer
from stockbridge.ports import Arrival, Inbound, NotGenuine
from stockbridge.web.bodies import Allowance, BodyRefused, read_body
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

    async def receive(self, request: Request) -> Response:
        """200 once the message is stored (a repeat included), 401 when it is not genuine, 503 when it could not be stored."""
        settings = self._settings
        try:
            body = await read_body(
                request, largest=settings.largest_body, seconds=settings.receive_s, allowance=self._allowance
            )
        except BodyRefused as refused:
            return _answer(refused.status, close=True)
        try:
            arrival = await self._identify(request, body)
        except NotGenuine:
            return _answer(401)
        return _answer(200 if await self._stored(arrival) else 503)

    async def _identify(self, request: Request, body: bytes) -> Arrival:
        inbound = self._parts.inbound(request.path_params["account"], request.path_params["connection"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        received_at = self._parts.clock.now()
        if len(body) > _BESIDE_THE_LOOP:
            return await asyncio.to_thread(_identify, inbound, headers, body, received_at)
        return _identify(inbound, headers, body, received_at)

    async def _stored(self, arrival: Arrival) -> bool:
        ticket: Ticket = asyncio.get_running_loop().create_future()
        if not self.writer.alive or not self.writer.offer(arrival, ticket):
            _log.warning("hooks.full", waiting=self.writer.waiting)
            return False
        try:
            async with asyncio.timeout(self._settings.answer_s):
                await ticket
        except (TimeoutError, NotStored):
            return False  # it may yet be stored: the sender's repeat is then the same row
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


def _answer(status: int, *, close: bool = False) -> Response:
    headers = {"connection": "close"} if close else {}
    if status == 503:
        headers["retry-after"] = "5"
    return Response(status_code=status, headers=headers)
