"""Orders at the points of their way that the tests begin from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stockbridge.domain import placing, submissions
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.events import OrderAccepted
from stockbridge.domain.orders import Order
from stockbridge.testing.making import at, channel_line, channel_order, facts, fulfillment_order


@pytest.fixture
def reading() -> Callable[..., ChannelOrder]:
    """A reading of the usual order: five apples and three pears, to be shipped from L1."""

    def make(second: float = 0, *, apples: int = 5, pears: int = 3, **more: object) -> ChannelOrder:
        lines = [channel_line("a", "apple", 5), channel_line("p", "pear", 3)]
        open_ = {key: n for key, n in (("a", apples), ("p", pears)) if n}
        more.setdefault("fulfillment_orders", [fulfillment_order("L1", open_)] if open_ else [])
        return channel_order(lines, second=second, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def placed(reading: Callable[..., ChannelOrder]) -> Order:
    """The usual order, assigned to W1 and not sent yet."""
    decision = placing.see(None, reading(0), shop="shop", facts=facts(), now=at(1))
    assert decision.order is not None
    return decision.order


@pytest.fixture
def ref(placed: Order) -> str:
    """The reference of its submission."""
    return placed.submissions[0].reference


@pytest.fixture
def accepted(placed: Order, ref: str) -> Order:
    """The usual order, accepted by W1 at its sequence 10."""
    event = OrderAccepted(reference=ref, warehouse_ref="W-1", occurred_at=at(2), sequence=10)
    decision = submissions.accepted(placed, event, now=at(2))
    assert decision.order is not None
    return decision.order
