"""Stand-ins for what a door is handed: time that is turned by hand, ids from a seed, a network without sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol
from urllib.parse import urlsplit

from stockbridge.ports import Http, HttpAnswer, HttpRequest, HttpStream, Opening, OutcomeUnknown, TryLater

#: A Monday morning.
DAWN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
#: Bytes of a streamed answer that come at once.
PIECE = 4096


class FakeClock:
    """Stands still until it is moved or somebody sleeps on it."""

    def __init__(self, start: datetime = DAWN) -> None:
        self._lock = threading.Lock()
        self._now = start

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=max(0.0, seconds))

    def move_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = max(self._now, moment)


class SeededIds:
    """The same ids for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)

    def new(self) -> str:
        return f"{self._random.getrandbits(128):032x}"


class FreeBudget:
    """A rate budget that always has room; it remembers what was taken."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, bool]] = []

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None:
        self.taken.append((cost, urgent))

    def hold(self, seconds: float) -> None:
        return None

    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None:
        return None


class Answered(Protocol):
    """What a handler gives back. ``fate``: answered, lost, cut or no_connection."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def delay_s(self) -> float: ...
    @property
    def fate(self) -> str: ...


class Streams:
    """Answers that come part by part, for a network that gives them whole."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        raise NotImplementedError

    @contextmanager
    def stream(self, request: HttpRequest) -> Iterator[HttpStream]:
        try:
            answer = self.send(request)
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from error
        parts = (answer.body[at : at + PIECE] for at in range(0, len(answer.body), PIECE))
        yield HttpStream(status=answer.status, headers=answer.headers, parts=parts)


Handler = Callable[[str, str, Mapping[str, str], bytes], Answered]


@dataclass
class InProcessHttp(Streams):
    """The network as a table: scheme and host → handler. What a handler says of the answer's fate becomes the port's error."""

    clock: FakeClock
    hosts: dict[str, Handler] = field(default_factory=dict)
    sent: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        parts = urlsplit(request.url)
        handler = self.hosts.get(f"{parts.scheme}://{parts.netloc}")
        if handler is None:
            raise TryLater(f"No connection to {parts.netloc}.")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = handler(request.method, target, request.headers, request.body)
        if answer.fate == "no_connection":
            raise TryLater(f"No connection to {parts.netloc}.")
        if answer.fate != "answered":
            raise OutcomeUnknown(f"The connection to {parts.netloc} closed before the answer was whole.")
        if answer.delay_s >= request.deadline_s:
            self.clock.sleep(request.deadline_s)
            raise OutcomeUnknown(f"{parts.netloc} did not answer within {request.deadline_s:g} seconds.")
        self.clock.sleep(answer.delay_s)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(status=answer.status, headers=headers, body=answer.body)


@dataclass
class ScriptedHttp(Streams):
    """Gives the answers it was given, in order; one that is an exception is raised."""

    answers: list[HttpAnswer | Exception]
    sent: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True)
class PlainAnswer:
    """An answer that simply arrives."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay_s: float = 0.0
    fate: str = "answered"


Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


def asgi_handler(app: AsgiApp) -> Handler:
    """An ASGI application as a handler, without its lifespan. An application that raises closes the connection."""

    def handle(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        path, _, query = target.partition("?")
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "server": ("in-process", 80),
            "client": ("in-process", 1),
        }
        try:
            return asyncio.run(_exchange(app, scope, body))
        except ConnectionError:
            return PlainAnswer(0, {}, b"", fate="lost")

    return handle


async def _exchange(app: AsgiApp, scope: Message, body: bytes) -> PlainAnswer:
    status, headers, parts = 0, dict[str, str](), bytearray()
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update((name.decode().lower(), value.decode()) for name, value in message.get("headers", ()))
        else:
            parts.extend(message.get("body", b""))

    await app(scope, receive, send)
    return PlainAnswer(status, headers, bytes(parts))


def opening(
    *,
    settings: Mapping[str, object],
    secrets: Mapping[str, str],
    clock: FakeClock,
    http: Http,
    account: str = "acme",
    connection: str = "wms",
) -> Opening:
    """What a door is handed, with everything in it a fake."""
    return Opening(
        account=account,
        connection=connection,
        settings=settings,
        secrets=secrets,
        clock=clock,
        ids=SeededIds(),
        http=http,
        budget=FreeBudget(),
    )
