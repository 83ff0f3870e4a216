"""A web room over a real database, filled with believable rows, and people who are logged in."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from stockbridge.db import people
from stockbridge.db.connection import Database
from stockbridge.domain.events import Event
from stockbridge.ports import Inbound
from stockbridge.testing.edge import NOON, CountedIds, NotingEngine, SignedInbound, StandingClock
from stockbridge.testing.past import Flying, publish
from stockbridge.web.app import create_app
from stockbridge.web.parts import WebParts, WebSettings
from stockbridge.web.server import Server, make_server

BASE = "http://testserver"


@dataclass
class Room:
    """The web room and what a test wants to see of it."""

    database: Database
    clock: StandingClock
    engine: NotingEngine
    door: SignedInbound
    parts: WebParts
    asked: list[tuple[str, Event, str]] = field(default_factory=list)

    def sql(self, statement: str, **values: object) -> list[dict[str, object]]:
        """Runs SQL and keeps what it did."""
        with self.database.engine.begin() as conn:
            result = conn.execute(text(statement), values)
            return [dict(row._mapping) for row in result] if result.returns_rows else []

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(str(self.sql(f"SELECT count(*) AS n FROM {table}")[0]["n"]))

    def with_settings(self, **changed: object) -> "Room":
        """The same room with other settings."""
        settings = replace(self.parts.settings, **changed)  # type: ignore[arg-type]
        return replace(self, parts=replace(self.parts, settings=settings))

    def log_in(self, role: str) -> str:
        """Makes a person of a role (once) and gives the token of a new session."""
        with self.database.engine.begin() as conn:
            person = people.find_person(conn, account="acme", person_id=role) or people.add_person(
                conn,
                account="acme",
                person_id=role,
                email=f"{role}@acme.example",
                name=f"{role.title()} Person",
                role=role,
                password_hash=None,
                now=self.clock.now(),
            )
            longest = timedelta(hours=12)
            return people.start_session(conn, person=person, now=self.clock.now(), longest=longest, user_agent="a test")


@pytest.fixture
def room(database: Database) -> Room:
    """A room with an empty database and one door, shop.example."""
    clock, engine, door = StandingClock(), NotingEngine(), SignedInbound()
    asked: list[tuple[str, Event, str]] = []

    def inbound(account: str, connection: str) -> Inbound | None:
        return door if (account, connection) == (door.account, door.connection) else None

    def ask(_conn: Connection, *, account: str, events: Sequence[Event], by: str) -> None:
        asked.extend((account, event, by) for event in events)

    parts = WebParts(
        account="acme",
        database=database.engine,
        clock=clock,
        ids=CountedIds(),
        engine=engine,
        inbound=inbound,
        ask=ask,
        settings=WebSettings(base_url=BASE),
    )
    return Room(database, clock, engine, door, parts, asked)


@pytest.fixture
def visitor(room: Room) -> Iterator[Callable[..., TestClient]]:
    """Makes browsers; `visitor()` is nobody, `visitor("operator")` is logged in."""
    opened: list[TestClient] = []

    def make(role: str = "", *, to: Room = room) -> TestClient:
        client = TestClient(create_app(to.parts), base_url=to.parts.settings.base_url, follow_redirects=False)
        client.headers |= {"origin": to.parts.settings.base_url, "sec-fetch-site": "same-origin"}
        client.__enter__()
        opened.append(client)
        if role:
            name = "__Host-stockbridge" if to.parts.settings.secure else "stockbridge"
            client.cookies.set(name, to.log_in(role))
        return client

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@dataclass
class Served:
    """A server on a real socket, in a thread of its own."""

    address: str
    port: int
    server: Server


@pytest.fixture
def serve(room: Room) -> Iterator[Callable[..., Served]]:
    """Serves rooms on real sockets."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(to: Room = room, *, request_s: float = 10.0) -> Served:
        ready = threading.Event()
        address: list[str] = []

        def tell(where: str) -> None:
            address.append(where)
            ready.set()

        server = make_server(create_app(to.parts), port=0, ready=tell, request_s=request_s)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
        thread.start()
        assert ready.wait(20)
        running.append((server, thread))
        return Served(address[0], int(address[0].rsplit(":", 1)[1]), server)

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(15)


@pytest.fixture
def filled(room: Room) -> Room:
    """The room with an afternoon's worth of rows in its tables (tests/web/afternoon.sql)."""
    from pathlib import Path

    afternoon = (Path(__file__).parent / "afternoon.sql").read_text()
    with room.database.engine.begin() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("SELECT set_config('afternoon.now', %s, true)", (NOON.isoformat(),))
        raw.execute(afternoon)
        remember(conn)
    return room


def remember(conn: Connection) -> None:
    """Three numbers of the tent in London: yesterday, an hour later when somebody had changed it, and this morning."""
    place: dict[str, Any] = {"account": "acme", "shop": "shop.example", "cell": ("loc-1", "inv-1")}
    zones: dict[str, Any] = {"zones": (("PICK", 0), ("BULK", 280)), "left_out": (("QUARANTINE", 12),)}
    order = Flying(name="#1003", units=2, order_id="shop://order/1003", shop="shop.example")
    publish(conn, **place, at=NOON - timedelta(hours=24), key="a" * 32, counted=412, shown=390, orders=[order], **zones)
    publish(conn, **place, at=NOON - timedelta(hours=23), key="b" * 32, counted=380, shown=450, orders=[order], **zones)
    publish(conn, **place, at=NOON - timedelta(hours=2), key="c" * 32, counted=325, shown=373, **zones)
