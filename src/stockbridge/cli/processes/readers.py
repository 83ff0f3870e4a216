"""The readers of all connections, kept in memory: the event loop may ask, and never waits for the database."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from stockbridge.db import connections
from stockbridge.db.errors import DatabaseProblem
from stockbridge.ports import Inbound
from stockbridge.wiring import Base

_log = structlog.get_logger("web")
_LOOK_EVERY_S = 1.0


class Readers:
    """Looks every second which connections there are. When the database is away, what was known stays known."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._found: Mapping[tuple[str, str], Inbound] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="readers", daemon=True)

    def start(self) -> None:
        """Looks once, then in a thread of its own. Raises what goes wrong with the first look."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join(timeout=5)

    def get(self, account: str, connection: str) -> Inbound | None:
        """The reader of a connection; None when there is none of that name, or its settings cannot be used."""
        return self._found.get((account, connection))

    def look(self) -> None:
        """Reads which connections there are."""
        with self._base.database.engine.begin() as conn:
            known = connections.load_all(conn, vault=self._base.vault)
        doors = {(each.account, each.connection): self._base.doors.door(each.account, each.connection) for each in known}
        self._found = {key: door.inbound for key, door in doors.items() if door is not None}

    def _keep(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            try:
                self.look()
            except (SQLAlchemyError, DatabaseProblem) as error:
                _log.warning("web.connections_unread", error=str(error))
