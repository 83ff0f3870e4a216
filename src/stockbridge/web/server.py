"""Runs the application on uvicorn with the deadline that uvicorn lacks: a whole request, headers included, within 10 seconds.

Seen in uvicorn 0.54 (2026-11): a body that trickles in is kept open for as long as it trickles, and headers have neither a
limit of time nor of size.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_S = 10.0
LARGEST_HEAD = 64 * 1024


class PunctualProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a request that is not here in time or whose headers never end.

    The clock starts with the connection, or with the first byte of the next request on it.
    """

    request_s = REQUEST_S
    _deadline: asyncio.TimerHandle | None = None
    _head = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._start_clock()
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD:
            self._hang_up()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._start_clock()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._stop_clock()
        super().on_message_complete()

    def _start_clock(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.request_s, self._hang_up)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._stop_clock()
        self.transport.abort()


class Server(uvicorn.Server):
    """A uvicorn server that tells ``ready`` its address once it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None] | None = None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self._ready is not None:
            listening = self.servers[0].sockets[0].getsockname()
            self._ready(f"http://{listening[0]}:{listening[1]}")


def make_server(
    app: ASGIApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] | None = None,
    trusted_proxies: str = "",
    request_s: float = REQUEST_S,
) -> Server:
    """Gives a server; ``run()`` runs it until SIGTERM or ``should_exit``. Port 0 takes a free one and tells it to ``ready``."""
    protocol = type("Protocol", (PunctualProtocol,), {"request_s": request_s})
    options: dict[str, Any] = {
        "http": protocol,
        "ws": "none",
        "loop": "uvloop",
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "date_header": True,
        "backlog": 2048,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": 10,
        "proxy_headers": bool(trusted_proxies),
        "forwarded_allow_ips": trusted_proxies or None,
    }
    return Server(uvicorn.Config(app, host=host, port=port, **options), ready)
