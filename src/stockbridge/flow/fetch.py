"""Asking for orders to be read. A reading is harmless; one that is asked for already is not asked for twice."""

from __future__ import annotations

from collections.abc import Iterable

from stockbridge.db import orders
from stockbridge.domain.effects import FetchOrder
from stockbridge.flow.corridor import Step
from stockbridge.outbox import append as outbox


def fetch(step: Step, shop: str, order_ids: Iterable[str], *, cause: str) -> None:
    """Ask for these orders to be read."""
    for order_id in order_ids:
        effect = FetchOrder(order_id=order_id, cause=cause)
        place = {"account": step.account, "connection": shop, "subject": f"order/{order_id}"}
        step.wake(outbox.append(step.conn, **place, effects=[effect], now=step.now))


def fetch_waiting(step: Step, shop: str, items: list[str], *, cause: str) -> None:
    """Orders of a shop that wait for these inventory items are read again at once."""
    fetch(step, shop, orders.waiting_for_items(step.conn, account=step.account, shop=shop, items=items), cause=cause)
