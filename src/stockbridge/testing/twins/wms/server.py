"""The twin behind a real port: in a thread of this process, or in a process of its own."""

from __future__ import annotations

import multiprocessing
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvicorn

from stockbridge.testing.twins.wms.app import WmsApp
from stockbridge.testing.twins.wms.config import Clock, WallClock, WmsConfig
from stockbridge.testing.twins.wms.model.twin import WmsTwin

START_S = 20.0


@dataclass(frozen=True, slots=True)
class RunningTwin:
    """Where it listens. ``twin`` is the model itself when it runs in this process, None otherwise (use /_twin/…)."""

    url: str
    port: int
    twin: WmsTwin | None
    stop: Callable[[], None]


@contextmanager
def serve(config: WmsConfig, *, host: str = "127.0.0.1", port: int = 0, clock: Clock | None = None) -> Iterator[RunningTwin]:
    """The twin in a thread, on a free port unless one is named."""
    twin = WmsTwin(config, clock or WallClock())
    with socket.create_server((host, port), backlog=2_048) as listener:
        server = _server(twin)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="twin-wms", daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(10)

        try:
            _wait_until_started(server, thread)
            number = listener.getsockname()[1]
            yield RunningTwin(f"http://{host}:{number}", number, twin, stop)
        finally:
            stop()


@contextmanager
def serve_in_process(config: WmsConfig, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[RunningTwin]:
    """The twin in a process of its own, with the machine's clock."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(config, host, port, theirs), name="twin-wms", daemon=True)
    process.start()

    def stop() -> None:
        process.terminate()
        process.join(10)

    try:
        if not ours.poll(START_S):
            raise RuntimeError("The WMS twin did not start.")
        number = ours.recv()
        yield RunningTwin(f"http://{host}:{number}", number, None, stop)
    finally:
        stop()


def run(config: WmsConfig, listener: socket.socket, *, announce: Callable[[int], None] | None = None) -> None:
    """Serve on a socket that listens already, until the process is told to stop. ``announce`` is told the port."""
    if announce is not None:
        announce(listener.getsockname()[1])
    _server(WmsTwin(config, WallClock())).run(sockets=[listener])


def _child(config: WmsConfig, host: str, port: int, pipe: Connection) -> None:
    with socket.create_server((host, port), backlog=2_048) as listener:
        run(config, listener, announce=pipe.send)


def _server(twin: WmsTwin) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            WmsApp(twin),
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
            lifespan="on",
            http="httptools",
        )
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(START_S / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("The WMS twin did not start.")
