"""What the house knows and shows, read from its database: for tests that look at the end of a walk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row

from stockbridge.db.queries import Queries

_Q = Queries("sight", folder=Path(__file__).parent)


class Sight:
    """Reads only. Orders are named as the shop names them (#1001)."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def _rows(self, query: str, **values: Any) -> Sequence[Row[Any]]:
        with self._database.begin() as conn:
            return _Q.rows(conn, query, **values)

    def orders(self) -> Sequence[Row[Any]]:
        """Every order: order_id, name, state, reason, retry_at."""
        return self._rows("orders")

    def state(self, name: str) -> str:
        """Where an order stands; empty when it was never seen."""
        return next((str(row.state) for row in self._rows("order", name=name)), "")

    def reason(self, name: str) -> str:
        """Why it stands there, in words."""
        return next((str(row.reason) for row in self._rows("order", name=name)), "")

    def submissions(self, name: str) -> Sequence[Row[Any]]:
        """What warehouses were asked for: reference, warehouse, state, reason, progress."""
        return self._rows("submissions", name=name)

    def parked(self) -> Sequence[Row[Any]]:
        """What waits for a person: parked_id, subject, cause, title, consequence, remedy, data."""
        return self._rows("parked")

    def causes(self) -> list[str]:
        """The causes of what waits, without what follows the colon."""
        return [str(row.cause).partition(":")[0] for row in self.parked()]

    def effects(self, kind: str = "") -> Sequence[Row[Any]]:
        """Effects of a kind: effect_id, key, kind, connection, state, attempts, reason, next_at."""
        return self._rows("effects", kind=kind)

    def journal(self, subject: str) -> list[str]:
        """The sentences written down about a subject."""
        return [str(row.text) for row in self._rows("journal", subject=subject)]

    def arrivals(self, topic: str = "") -> Sequence[Row[Any]]:
        """What came in: arrival_id, connection, topic, state, attempts, outcome, received_at."""
        return self._rows("arrivals", topic=topic)

    def level(self, location_id: str, inventory_item_id: str) -> Row[Any] | None:
        """One level as the house knows it."""
        rows = self._rows("level", location_id=location_id, inventory_item_id=inventory_item_id)
        return rows[0] if rows else None

    def unfinished(self) -> list[str]:
        """What is not at its end."""
        return [f"{row.what} {row.name}" for row in self._rows("unfinished")]
