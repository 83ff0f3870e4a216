"""The twin over HTTP: an ASGI app, a driver that delivers webhooks, and ways to serve both.

Control calls under ``/_twin`` have no password: bind to loopback.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from threading import Thread

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from stockbridge.testing.twins.shopify import remote
from stockbridge.testing.twins.shopify.api.scopes import ALL_SCOPES
from stockbridge.testing.twins.shopify.clock import Clock, VirtualClock, WallClock
from stockbridge.testing.twins.shopify.seed import Plan
from stockbridge.testing.twins.shopify.twin import Request, Response, ShopifyTwin
from stockbridge.testing.twins.shopify.webhooks.emitter import CONNECT_TIMEOUT_S, TIMEOUT_S, Post

IN_FLIGHT = 64
"""Webhooks that may be on the wire at once."""
IDLE_S = 0.25
HANG_S = 60.0


class Driver:
    """Does what a served twin owes the world: its agenda, and its webhooks over real HTTP."""

    def __init__(self, twin: ShopifyTwin) -> None:
        self.twin = twin
        self.wake = asyncio.Event()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        limits = httpx2.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        pool = httpx2.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
        async with httpx2.AsyncClient(timeout=limits, limits=pool, follow_redirects=False, trust_env=False) as client:
            while True:
                self.wake.clear()
                self.twin.run_due()
                with self.twin.lock:
                    posts = self.twin.emitter.take_due()
                for post in posts:
                    await self._slots.acquire()
                    task = asyncio.create_task(self._send(client, post))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                try:
                    await asyncio.wait_for(self.wake.wait(), self._pause())
                except TimeoutError:
                    continue

    def _pause(self) -> float:
        due = self.twin.next_at()
        if due is None or isinstance(self.twin.clock, VirtualClock):
            return IDLE_S
        return max(0.001, min(IDLE_S, (due - self.twin.clock.now()) / timedelta(seconds=1)))

    async def _send(self, client: httpx2.AsyncClient, post: Post) -> None:
        try:
            answer: int | str = await asyncio.wait_for(self._post(client, post), TIMEOUT_S)
        except TimeoutError:
            answer = "timeout"
        except httpx2.TimeoutException:
            answer = "timeout"
        except httpx2.HTTPError as broken:
            answer = type(broken).__name__
        finally:
            self._slots.release()
        with self.twin.lock:
            self.twin.emitter.settle(post, answer)

    async def _post(self, client: httpx2.AsyncClient, post: Post) -> int:
        answer = await client.post(post.url, content=post.body, headers=post.headers)
        return int(answer.status_code)


def create_app(twin: ShopifyTwin, *, hang_s: float = HANG_S) -> Starlette:
    """The twin as an ASGI application; its lifespan runs the driver."""
    driver: list[Driver] = []
    running: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        driver.append(Driver(twin))
        task = asyncio.create_task(driver[0].run())
        running.append(task)
        yield
        task.cancel()

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if running and running[0].done():
            running[0].result()  # a twin whose driver broke must not look alive: this raises what broke it
        request = await _read(scope, receive)
        control = request.path.startswith("/_twin")
        answer = remote.answer(twin, request) if control else twin.handle(request)
        if driver:
            driver[0].wake.set()
        await _write(answer, send, hang_s)

    class Everything:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await endpoint(scope, receive, send)

    return Starlette(routes=[Route("/{path:path}", Everything(), methods=["GET", "POST", "PUT", "DELETE"])], lifespan=lifespan)


async def _read(scope: Scope, receive: Receive) -> Request:
    http = HttpRequest(scope, receive)
    query = scope["query_string"].decode()
    path = scope["path"] + (f"?{query}" if query else "")
    return Request(scope["method"], path, {name.lower(): value for name, value in http.headers.items()}, await http.body())


async def _write(answer: Response, send: Send, hang_s: float) -> None:
    """Writes the answer; one that is cut promises bytes that never come, so that the connection breaks."""
    if answer.cut == "hung":
        await asyncio.sleep(hang_s)
    length = str(len(answer.body) if answer.cut is None else 10)
    headers = [*answer.headers.items(), ("content-length", length)]
    start: Message = {"type": "http.response.start", "status": answer.status if answer.cut is None else 200}
    start["headers"] = [(name.encode(), value.encode()) for name, value in headers]
    await send(start)
    await send(
        {"type": "http.response.body", "body": answer.body if answer.cut is None else b"{", "more_body": answer.cut is not None}
    )


def _server(twin: ShopifyTwin, *, hang_s: float = HANG_S) -> uvicorn.Server:
    app = create_app(twin, hang_s=hang_s)
    return uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="on", ws="none"))


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


@contextmanager
def served(twin: ShopifyTwin, *, host: str = "127.0.0.1", port: int = 0, hang_s: float = HANG_S) -> Iterator[str]:
    """Serves the twin from a thread of this process; gives its base URL. Port 0 takes a free one."""
    listener = _listen(host, port)
    server = _server(twin, hang_s=hang_s)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    base = f"http://{host}:{listener.getsockname()[1]}"
    twin.bulk.base_url = base
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield base
    finally:
        server.should_exit = server.force_exit = True
        thread.join(5)
        listener.close()


def serve(
    listener: socket.socket,
    *,
    seed: int = 1,
    shop: str = "nordlicht.myshopify.com",
    virtual_clock: bool = False,
    client_id: str = "twin-client-id",
    client_secret: str = "twin-client-secret",
    scopes: frozenset[str] = ALL_SCOPES,
    plan: Plan | None = None,
    ready: Callable[[str, ShopifyTwin], None] | None = None,
) -> None:
    """Serves a new twin on a socket that listens already, until interrupted. ``ready`` is told the base URL."""
    clock: Clock = VirtualClock() if virtual_clock else WallClock()
    twin = ShopifyTwin(
        seed=seed, shop=shop, clock=clock, client_id=client_id, client_secret=client_secret, scopes=scopes, plan=plan
    )
    host, port = listener.getsockname()[:2]
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    twin.bulk.base_url = base
    if ready is not None:
        ready(base, twin)
    _server(twin).run(sockets=[listener])
