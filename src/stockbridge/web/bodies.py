"""Receives a request's body within our own limits of size, time and memory: the server beneath us has none.

Every refusal closes the connection, since what the sender still has to say will not be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

FREE_BYTES = 64 * 1024

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BodyRefused(Exception):
    """The body will not be taken; ``status`` says why in HTTP's words."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class Allowance:
    """How many bytes the bodies now being received may hold together. One event loop uses it, so it needs no lock.

    The first 64 KiB of each body are free: many large bodies cannot keep out the usual small ones.
    """

    limit: int
    held: int = 0

    def take(self, before: int, after: int) -> bool:
        """Takes what a body that grew from ``before`` to ``after`` bytes needs; False when there is no room for it."""
        more = self.share(after) - self.share(before)
        if more and self.held + more > self.limit:
            return False
        self.held += more
        return True

    def give_back(self, size: int) -> None:
        """Gives back what a body of ``size`` bytes took."""
        self.held -= self.share(size)

    @staticmethod
    def share(size: int) -> int:
        """How much of a body of ``size`` bytes counts."""
        return max(0, size - FREE_BYTES)


async def read_body(request: Request, *, largest: int, seconds: float, allowance: Allowance) -> bytes:
    """Gives the whole body, as :func:`receive_body` does."""
    return await receive_body(request.headers, request.receive, largest=largest, seconds=seconds, allowance=allowance)


async def receive_body(
    headers: Mapping[str, str], receive: Receive, *, largest: int, seconds: float, allowance: Allowance
) -> bytes:
    """Gives the whole body. ``headers``: names in lower case.

    Raises BodyRefused: 413 above ``largest`` bytes (at once, when the sender announces it), 415 for a compressed body,
    408 after ``seconds``, 503 when the allowance is used up, 400 when the sender leaves.
    """
    if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise BodyRefused(415, "compressed bodies are not read")
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > largest:
        raise BodyRefused(413, "the body is too large")
    try:
        async with asyncio.timeout(seconds):
            return await _collect(receive, largest, allowance)
    except TimeoutError:
        raise BodyRefused(408, "the request took too long") from None


async def _collect(receive: Receive, largest: int, allowance: Allowance) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise BodyRefused(400, "the sender left")
            chunk = message.get("body", b"")
            if size + len(chunk) > largest:
                raise BodyRefused(413, "the body is too large")
            if not allowance.take(size, size + len(chunk)):
                raise BodyRefused(503, "too much is being received; try again")
            size += len(chunk)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)
    finally:
        allowance.give_back(size)
