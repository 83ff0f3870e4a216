"""How many webhooks a second are stored before they are answered, and how soon: against a bare handler in the same run.

    python benchmarks/accept.py [--quick]

Everything is real: uvicorn with our protocol, the whole accept path (limits, signature, group commit, the engine's note which
lanes were woken), embedded PostgreSQL with durable commits, HTTP over loopback, 9 KB bodies with fresh ids. The bare handler does
the same but stores nothing. The load is made by a process of its own, so server, database and load share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import cast

import uvloop
from sqlalchemy import Connection, text
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stockbridge.db.connection import make_engine, open_database
from stockbridge.db.migrate import migrate
from stockbridge.engine import lanes
from stockbridge.ports import Job
from stockbridge.testing.edge import CountedIds, SignedInbound
from stockbridge.web.app import create_app
from stockbridge.web.bodies import Allowance, read_body
from stockbridge.web.parts import WebParts
from stockbridge.web.server import make_server

RATE = 167  # 10 000 a minute
GOAL_P99_MS, GOAL_PER_S = 25.0, 3_000.0
BODY = json.dumps({"id": 1, "lines": [{"sku": f"SKU-{n}", "note": "x" * 180} for n in range(42)]}).encode()
DOOR = SignedInbound()
STORED, BARE = "/hooks/acme/shop.example", "/bare"


class MarkingEngine:
    """Notes the woken lanes as the durable engine does, in the same transaction. Nobody works them off here."""

    def wake_all(self, connection: Connection, jobs: list[Job]) -> None:
        lanes.mark(connection, jobs, datetime.now(UTC))


class Now:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def serve(url: str) -> None:
    """The server's process: the application, and beside it the bare handler."""
    parts = WebParts(
        account="acme",
        database=make_engine(url),
        clock=Now(),
        ids=CountedIds(),
        engine=MarkingEngine(),
        inbound=lambda account, connection: DOOR if (account, connection) == (DOOR.account, DOOR.connection) else None,
        ask=lambda conn, *, account, event, by: None,
    )
    app = create_app(parts)
    allowance = Allowance(parts.settings.receiving_bytes)

    async def bare(request: Request) -> Response:
        body = await read_body(request, largest=parts.settings.largest_body, seconds=9.0, allowance=allowance)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        DOOR.identify(headers, body, datetime.now(UTC))
        return Response(status_code=200)

    app.router.routes.insert(0, Route(BARE, bare, methods=["POST"]))
    server = make_server(app, port=0, ready=lambda address: print(address, flush=True))
    uvloop.run(server.serve())


class Sender(asyncio.Protocol):
    """One keep-alive connection: sends one request at a time and waits for the whole answer."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[int] | None = None
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own is one in all but name

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if b"\r\n\r\n" in self.buffer and self.answer is not None and not self.answer.done():
            status, self.buffer = int(self.buffer[9:12]), b""
            self.answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(0)

    async def send(self, request: bytes) -> int:
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer


@dataclass(frozen=True)
class Load:
    """What one load saw: answers per second, times in milliseconds, and how many were not 200."""

    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    sent: int
    failed: int

    def figures(self) -> dict[str, float | int]:
        return {name: round(getattr(self, name), 2) for name in ("per_s", "p50_ms", "p99_ms", "max_ms", "sent", "failed")}


def summed(times: list[float], seconds: float, failed: int) -> Load:
    """Percentiles by nearest rank."""
    ordered = sorted(times) or [0.0]
    rank = [ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] * 1000 for share in (0.5, 0.99, 1.0)]
    return Load(len(times) / seconds, *rank, sent=len(times), failed=failed)


class Requests:
    """Requests for one path, each with an id and a subject of its own."""

    def __init__(self, path: str, run: str) -> None:
        fixed = DOOR.headers(BODY, event_id="", subject="")
        head = f"POST {path} HTTP/1.1\r\nHost: b\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}\r\n"
        kept = "".join(f"{name}: {fixed[name]}\r\n" for name in ("x-signature", "x-topic"))
        self.head, self.run, self.number = (head + kept).encode(), run, 0

    def next(self) -> bytes:
        self.number += 1
        own = f"x-event-id: {self.run}-{self.number}\r\nx-subject: order/{self.number}\r\n\r\n"
        return self.head + own.encode() + BODY


async def connect(port: int, count: int) -> list[Sender]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Sender, "127.0.0.1", port))[1] for _ in range(count)]


async def open_loop(port: int, requests: Requests, *, rate: float, seconds: float) -> Load:
    """Requests leave at their times, whatever the answers do; waiting for a free connection counts as time."""
    free: asyncio.Queue[Sender] = asyncio.Queue()
    for sender in await connect(port, 64):
        free.put_nowait(sender)
    times: list[float] = []
    failed = 0

    async def one(due: float) -> None:
        nonlocal failed
        sender = await free.get()
        failed += await sender.send(requests.next()) != 200
        times.append(perf_counter() - due)
        free.put_nowait(sender)

    began = perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        if (wait := due - perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    return summed(times, perf_counter() - began, failed)


async def saturated(port: int, requests: Requests, *, connections: int, seconds: float) -> Load:
    """As many as possible: every connection sends its next request as soon as it has its answer."""
    times: list[float] = []
    failed = 0
    began = perf_counter()

    async def keep(sender: Sender) -> None:
        nonlocal failed
        while (sent := perf_counter()) - began < seconds:
            failed += await sender.send(requests.next()) != 200
            times.append(perf_counter() - sent)

    await asyncio.gather(*(keep(sender) for sender in await connect(port, connections)))
    return summed(times, perf_counter() - began, failed)


def measure(port: int, *, quick: bool, rows: Callable[[], int]) -> tuple[dict[str, object], int]:
    """All loads in turn, the bare handler beside each; gives the figures and how many answers 200 were not stored."""
    seconds = 5.0 if quick else 15.0
    uvloop.run(saturated(port, Requests(STORED, "warm"), connections=16, seconds=1.0))
    uvloop.run(saturated(port, Requests(BARE, "warm"), connections=16, seconds=1.0))
    before, yes = rows(), 0
    figures: dict[str, object] = {}
    for name, path in (("bare", BARE), ("stored", STORED)):
        steady = uvloop.run(open_loop(port, Requests(path, f"{name}-steady"), rate=RATE, seconds=seconds))
        most = uvloop.run(saturated(port, Requests(path, f"{name}-most"), connections=96, seconds=seconds))
        figures[name] = {"at_167_per_s": steady.figures(), "saturated": most.figures()}
        if path == STORED:
            yes = sum(load.sent - load.failed for load in (steady, most))
            figures["steady"], figures["most"] = steady.p99_ms, most.per_s
        else:
            figures["bare_most"] = most.per_s
    figures["share_of_bare"] = round(float(str(figures["most"])) / float(str(figures["bare_most"])), 3)
    return figures, yes - (rows() - before)


def main() -> int:
    """Starts database and server, measures, prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under 45 seconds")
    parser.add_argument("--serve", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return 0
    with tempfile.TemporaryDirectory(prefix="sb-accept-") as folder:
        database = open_database(None, Path(folder) / "data")
        server = None
        try:
            migrate(database, backup_dir=None)
            server = subprocess.Popen(
                [sys.executable, __file__, "--serve", database.url], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
            )
            assert server.stdout is not None
            port = int(server.stdout.readline().strip().rsplit(":", 1)[1])

            def rows() -> int:
                with database.engine.connect() as conn:
                    return int(conn.execute(text("SELECT count(*) FROM arrival")).scalar_one())

            figures, missing = measure(port, quick=options.quick, rows=rows)
        finally:
            if server is not None:
                server.terminate()
                with suppress(subprocess.TimeoutExpired):
                    server.wait(15)
            database.close()
    p99, most = float(str(figures.pop("steady"))), float(str(figures.pop("most")))
    figures.pop("bare_most")
    figures |= {"answered_yes_but_not_stored": missing, "load_average": os.getloadavg()[0], "cores": os.cpu_count()}
    goal = {"p99_ms_at_167_per_s": GOAL_P99_MS, "per_s_saturated": GOAL_PER_S}
    met = p99 <= GOAL_P99_MS and most >= GOAL_PER_S and missing == 0
    print(json.dumps({"figures": figures, "goal": goal, "met": met}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
