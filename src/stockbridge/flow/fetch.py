"""Asking for orders to be read. A reading is harmless; one that is asked for already is not asked for twice."""

from __future__ import annotations

from collections.abc import Mapping

from stockbridge.db import orders
from stockbridge.domain.effects import FetchOrder
from stockbridge.flow.corridor import Step
from stockbridge.outbox import append as outbox


def fetch(step: Step, shop: str, causes: Mapping[str, str]) -> None:
    """Ask for these orders to be read, each for its cause."""
    readings = [FetchOrder(order_id=order_id, cause=cause) for order_id, cause in sorted(causes.items())]
    step.wake(outbox.append_readings(step.conn, account=step.account, connection=shop, readings=readings, now=step.now))


def fetch_waiting(step: Step, shop: str, items: list[str], *, cause: str) -> None:
    """Orders of a shop that wait for these inventory items are read again at once."""
    waiting = orders.waiting_for_items(step.conn, account=step.account, shop=shop, items=items)
    fetch(step, shop, dict.fromkeys(waiting, cause))
