"""The network, for every door: one call with one deadline, and what it means when it fails.

``TryLater``: no connection was made, so nothing was sent. ``OutcomeUnknown``: the request may have arrived.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from stockbridge.ports import HttpAnswer, HttpRequest, HttpStream, OutcomeUnknown, TryLater

#: The longest answer that is read, in bytes.
MOST_BYTES = 32 * 1024 * 1024


class Network:
    """Calls over real sockets. One client per process, used by all threads; certificates are the machine's own."""

    def __init__(self, *, connect_s: float = 5.0, connections: int = 64) -> None:
        self._connect_s = connect_s
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx2.Client(limits=limits, follow_redirects=False, trust_env=False)
        self._closing = threading.Lock()

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Send, and read the whole answer before the deadline; no redirects are followed."""
        ends = time.monotonic() + request.deadline_s
        timeout = httpx2.Timeout(request.deadline_s, connect=min(self._connect_s, request.deadline_s))
        try:
            with self._client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body, timeout=timeout
            ) as answer:
                body = self._read(answer, ends)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return HttpAnswer(status=answer.status_code, headers=headers, body=body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise TryLater(f"no connection to {_host(request.url)}: {_why(error)}") from error
        except httpx2.HTTPError as error:
            raise OutcomeUnknown(f"no whole answer from {_host(request.url)}: {_why(error)}") from error
        except (httpx2.InvalidURL, ValueError) as error:
            raise TryLater(f"the address {request.url!r} cannot be used: {error}") from error

    @contextmanager
    def stream(self, request: HttpRequest) -> Iterator[HttpStream]:
        """An answer of any length, part by part; whatever goes wrong on the way is TryLater. No redirects are followed."""
        timeout = httpx2.Timeout(request.deadline_s, connect=min(self._connect_s, request.deadline_s))
        try:
            with self._client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body, timeout=timeout
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                yield HttpStream(status=answer.status_code, headers=headers, parts=answer.iter_bytes())
        except httpx2.HTTPError as error:
            raise TryLater(f"no whole answer from {_host(request.url)}: {_why(error)}") from error
        except httpx2.InvalidURL as error:  # such an address may be a key by itself: it is not said
            raise TryLater(f"an address at {_host(request.url)} cannot be used") from error

    def _read(self, answer: httpx2.Response, ends: float) -> bytes:
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > MOST_BYTES:
                raise OutcomeUnknown(f"the answer is longer than {MOST_BYTES} bytes")
            if time.monotonic() > ends:
                raise OutcomeUnknown("the answer did not arrive whole before the deadline")
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """Give the sockets back."""
        with self._closing:
            self._client.close()


def _host(url: str) -> str:
    return url.split("/")[2] if url.count("/") >= 2 else url


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
