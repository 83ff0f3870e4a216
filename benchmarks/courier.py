"""Delivers the twins' webhooks over connections that stay open: their own client costs more than what we measure (2 ms a webhook, 2026-11)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2

from stockbridge.testing.twins.shopify.server import Driver
from stockbridge.testing.twins.shopify.webhooks.emitter import Post
from stockbridge.testing.twins.wms.app import WmsApp
from stockbridge.testing.twins.wms.model.callbacks import Callback


class Courier:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Gives the status. Raises httpx2.ConnectError."""
        try:
            return await self._post(url, headers, body)
        except (OSError, asyncio.IncompleteReadError):  # a connection that lay idle was closed; the others lay as long
            self.free.clear()
        try:
            return await self._post(url, headers, body)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise httpx2.ConnectError(str(error)) from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        to = urlsplit(url)
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection(to.hostname, to.port)
        head = [f"POST {to.path} HTTP/1.1", f"host: {to.netloc}", f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"content-length: " in answer:
            await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
        self.free.append((reader, writer))
        return int(answer[9:12])


def by_courier() -> None:
    """All webhooks of this process go by courier."""
    couriers: dict[int, Courier] = {}

    async def post(self: Driver, client: object, post: Post) -> int:
        return await couriers.setdefault(id(self), Courier()).post(post.url, post.headers, post.body)

    async def carry(self: WmsApp, client: object, callback: Callback, headers: Mapping[str, str]) -> None:
        try:
            status: int | None = await couriers.setdefault(id(self), Courier()).post(
                self.twin.config.callback_url, headers, callback.body
            )
        except httpx2.ConnectError:
            status = None
        self.twin.settle(callback, status)

    Driver._post = post  # type: ignore[method-assign,assignment]
    WmsApp._carry = carry  # type: ignore[method-assign,assignment]
