"""Arrivals to store."""

from collections.abc import Callable

import pytest

from stockbridge.ports import Arrival
from stockbridge.testing.edge import NOON


@pytest.fixture
def arrival() -> Callable[..., Arrival]:
    """Makes an arrival; what a test does not name is the same for all."""

    def make(key: str = "e1", **changed: object) -> Arrival:
        values: dict[str, object] = {
            "account": "acme",
            "connection": "shop.example",
            "topic": "orders/create",
            "subject": "order/1",
            "dedupe_key": key,
            "received_at": NOON,
            "headers": {"x-topic": "orders/create"},
            "body": b'{"id": 1}',
        }
        return Arrival(**(values | changed))  # type: ignore[arg-type]

    return make
