"""How a worker shows that it lives: a session of its own that holds its locks, and is lost with it.

The session holds `executor:<slot>` (whose unfinished work is whose), `worker:<incarnation>` (is the sender of this row
alive?) and, in one worker, `ticker`. PostgreSQL frees them when the process dies, when its machine stays silent for 11 s
(keepalives), or when the process is frozen for 30 s (idle_session_timeout).
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from stockbridge.db.queries import Queries
from stockbridge.engine.client import engine_url
from stockbridge.engine.lanes import GRACE_S, LIVENESS
from stockbridge.engine.words import NoFreeSlot

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.engine")

_sql = Queries("engine")

PING_S = 1.0
_RETRY_S = 0.2
_FROZEN_S = 30
#: How long a slot of ours that somebody else holds is asked for again: a reaper holds it for less than a second.
_PATIENCE = 25
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}


class Liveness:
    """The session, and a thread that keeps it. ``lost`` is called, once, when the slot now belongs to somebody else: the
    work in hand is being done again elsewhere, and this process has to end."""

    def __init__(self, *, url: str, incarnation: str, slots: int, lost: Callable[[], None]) -> None:
        self._engine = _engine(url)
        self._incarnation = incarnation
        self._slots = slots
        self._lost = lost
        self._mutex = threading.RLock()
        self._conn: Connection | None = None
        self._wanted: set[str] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.slot = ""

    def start(self) -> str:
        """Takes the first free slot, and keeps it; gives its name. Raises NoFreeSlot, OperationalError."""
        self._conn = self._engine.connect()
        for number in range(self._slots):
            if self._take(f"executor:{number}"):
                self.slot = str(number)
                break
        else:
            self._drop()
            raise NoFreeSlot(f"all {self._slots} worker slots are taken")
        self._take(f"worker:{self._incarnation}")
        self._wanted = {f"executor:{self.slot}", f"worker:{self._incarnation}"}
        self._thread = threading.Thread(target=self._keep, name="engine-liveness", daemon=True)
        self._thread.start()
        return self.slot

    def stop(self) -> None:
        """Gives everything back."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        with self._mutex, suppress(SQLAlchemyError):
            if self._conn is not None:
                _sql.rows(self._conn, "release_all")  # at once, not when the server notices that we hung up
        self._drop()

    def hold(self, name: str) -> bool:
        """Takes a lock for as long as the session lives, if it is free or ours. Asked again, it says whether it is still ours."""
        with self._mutex:
            if self._conn is None:
                return False
            if name in self._wanted:
                return True
            if not self._ask("take", name):
                return False
            self._wanted.add(name)
            return True

    def while_dead(self, slot: str, work: Callable[[], int]) -> int:
        """Does ``work`` while holding a dead worker's slot, so that nobody starts with it meanwhile; gives its count, or 0
        when the slot's owner lives, or may live: after a start of the server, owners need a moment to come back."""
        name = f"executor:{slot}"
        with self._mutex:
            if self._conn is None or name in self._wanted or self._server_age_s() < GRACE_S or not self._ask("take", name):
                return 0
            try:
                return work()
            finally:
                self._ask("release", name)

    def _keep(self) -> None:
        while not self._stop.wait(PING_S if self._conn is not None else _RETRY_S):
            with self._mutex:
                try:
                    if self._conn is None:
                        self._return()
                    else:
                        self._conn.exec_driver_sql("SELECT 1")
                # Not only the driver's errors: when the ticker was first to meet the lost session, SQLAlchemy refuses it itself.
                except SQLAlchemyError as error:
                    log.warning("engine.session_lost", slot=self.slot, error=str(getattr(error, "orig", error)).strip())
                    self._drop()

    def _return(self) -> None:
        """A new session after the old one was lost. The ticker's lock is asked for again by the ticker."""
        self._conn = self._engine.connect()
        self._wanted = {f"executor:{self.slot}", f"worker:{self._incarnation}"}
        for _ in range(_PATIENCE):
            if self._take(f"executor:{self.slot}"):
                self._take(f"worker:{self._incarnation}")
                log.info("engine.session_back", slot=self.slot)
                return
            self._stop.wait(_RETRY_S)
        log.error("engine.slot_lost", slot=self.slot)
        self._stop.set()
        self._lost()

    def _take(self, name: str) -> bool:
        return self._ask("take", name)

    def _ask(self, query: str, name: str) -> bool:
        assert self._conn is not None
        return bool(_sql.value(self._conn, query, name=name))

    def _server_age_s(self) -> float:
        assert self._conn is not None
        return float(_sql.value(self._conn, "server_age"))

    def _drop(self) -> None:
        with self._mutex:
            conn, self._conn = self._conn, None
            self._wanted = set()
            if conn is not None:
                with suppress(SQLAlchemyError):
                    conn.close()


def _engine(url: str) -> Engine:
    arguments: dict[str, Any] = {
        "application_name": LIVENESS,
        "connect_timeout": 5,
        "options": f"-c idle_session_timeout={_FROZEN_S * 1000} -c statement_timeout=5000",
        **_KEEPALIVE,
    }
    return create_engine(engine_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments)
