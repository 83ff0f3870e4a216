"""The group-commit writer: one thread, one connection, one insert and one commit for all that came in meanwhile.

There is no waiting timer: a batch is what queued up while the last one was committed, so a lone arrival is written at
once and a rush shares its commits.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from stockbridge.db.errors import DatabaseProblem
from stockbridge.db.queries import Queries
from stockbridge.inbox import receive
from stockbridge.ports import Arrival

_log = structlog.get_logger("inbox.writer")
_QUERIES = Queries("arrivals_in")
_HEARD_EVERY = timedelta(seconds=5)


class NotStored(Exception):
    """The database could not store this now; nothing may be promised. The sender should try again."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one arrival: its id, None for a repeat, or why it is not stored. ``ticket`` is the offerer's own."""

    ticket: object
    arrival_id: int | None = None
    error: NotStored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait, and how long the database may take. A statement that outlives the sender's patience is cut off."""

    waiting: int = 2_000
    waiting_bytes: int = 64 * 1024 * 1024
    batch: int = 500
    batch_bytes: int = 8 * 1024 * 1024
    lock_ms: int = 800
    statement_ms: int = 5_000


@dataclass(slots=True)
class _Item:
    arrival: Arrival
    ticket: object
    size: int


@dataclass(slots=True)
class _Load:
    """How many bytes wait, counted by two threads."""

    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, size: int, limit: int) -> bool:
        with self.lock:
            if self.size and self.size + size > limit:
                return False
            self.size += size
            return True

    def remove(self, size: int) -> None:
        with self.lock:
            self.size -= size


class Writer:
    """Stores arrivals in batches. ``settled`` is called in the writer's thread, after each commit or failure."""

    def __init__(
        self,
        *,
        database: Database,
        engine: receive.Wakes,
        settled: Callable[[Sequence[Settled]], None],
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._engine = engine
        self._settled = settled
        self._limits = limits or Limits()
        self._queue: queue.Queue[_Item | None] = queue.Queue(maxsize=self._limits.waiting)
        self._load = _Load()
        self._conn: Connection | None = None
        self._heard: dict[tuple[str, str], datetime] = {}
        self._thread = threading.Thread(target=self._work, name="inbox-writer", daemon=True)

    def start(self) -> None:
        """Starts the thread. The database need not be there yet."""
        self._thread.start()

    def stop(self) -> None:
        """Writes what is still waiting, then ends the thread."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many arrivals wait to be written (about)."""
        return self._queue.qsize()

    def offer(self, arrival: Arrival, ticket: object) -> bool:
        """Takes an arrival to be stored, or gives False when too much is waiting already. Never blocks."""
        size = len(arrival.body)
        if not self._load.add(size, self._limits.waiting_bytes):
            return False
        try:
            self._queue.put_nowait(_Item(arrival, ticket, size))
        except queue.Full:
            self._load.remove(size)
            return False
        return True

    def _work(self) -> None:
        more = True
        while more:
            batch, more = self._collect()
            if not batch:
                continue
            settled = self._write(batch)
            for item in batch:
                self._load.remove(item.size)
            self._settled(settled)
        self._disconnect()

    def _collect(self) -> tuple[list[_Item], bool]:
        """What is there now: waits for the first only."""
        batch: list[_Item] = []
        size = 0
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            size += item.size
            if len(batch) >= self._limits.batch or size >= self._limits.batch_bytes:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _write(self, batch: list[_Item]) -> list[Settled]:
        try:
            return self._transaction(batch)
        except (OperationalError, DatabaseProblem) as error:
            return self._failed(batch, error)
        except DBAPIError as error:
            if error.connection_invalidated or len(batch) == 1:
                return self._failed(batch, error)
        except Exception as error:  # noqa: BLE001  whatever it is, the thread must live on and the senders must hear a no
            return self._failed(batch, error)
        # One row that cannot be stored must not take the others with it.
        return [settled for item in batch for settled in self._write([item])]

    def _transaction(self, batch: list[_Item]) -> list[Settled]:
        conn = self._connected()
        with conn.begin():
            self._note_heard(conn, batch)
            ids = receive.accept(conn, [item.arrival for item in batch], self._engine)
        return [Settled(item.ticket, arrival_id) for item, arrival_id in zip(batch, ids, strict=True)]

    def _note_heard(self, conn: Connection, batch: list[_Item]) -> None:
        """Every few seconds is enough for people, and spares the row that every batch would otherwise rewrite."""
        newest = {(item.arrival.account, item.arrival.connection): item.arrival.received_at for item in batch}
        due = {key: at for key, at in newest.items() if key not in self._heard or at - self._heard[key] >= _HEARD_EVERY}
        if not due:
            return
        self._heard.update(due)
        accounts, connections = [account for account, _ in due], [connection for _, connection in due]
        _QUERIES.run(conn, "heard_from", accounts=accounts, connections=connections, at=max(due.values()))

    def _failed(self, batch: list[_Item], error: Exception) -> list[Settled]:
        _log.warning("inbox.not_stored", arrivals=len(batch), error=type(error).__name__)
        self._disconnect()
        return [Settled(item.ticket, error=NotStored(NotStored.__doc__)) for item in batch]

    def _connected(self) -> Connection:
        if self._conn is None or self._conn.invalidated:
            self._disconnect()
            self._conn = self._database.connect()
            _QUERIES.run(self._conn, "patience", lock_ms=self._limits.lock_ms, statement_ms=self._limits.statement_ms)
            self._conn.commit()
        return self._conn

    def _disconnect(self) -> None:
        conn, self._conn = self._conn, None
        if conn is None:
            return
        try:
            conn.invalidate()  # it carries our own time limits: never back into the pool
            conn.close()
        except SQLAlchemyError as error:
            _log.debug("inbox.disconnect", error=type(error).__name__)
