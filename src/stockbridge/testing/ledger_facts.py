"""What the small world of the claim ledger is made of (testing/ledger.py): how it is laid out, and what is true in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from stockbridge.domain.stock import Keep
from stockbridge.domain.values import Basis


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a world is laid out. ``feeds``: (shop, location) → warehouses. ``clocked``: figures and words share a sequence."""

    basis: Basis
    feeds: dict[tuple[str, str], tuple[str, ...]]
    clocked: bool = True
    keep: Keep = field(default_factory=Keep)
    stock: int = 10


@dataclass
class Request:
    """What a warehouse knows of one submission, by order line."""

    order_id: str
    warehouse: str
    items: dict[str, str]
    units: dict[str, int]
    accepted: bool = False
    reserved: bool = False
    refused: bool = False
    shipped: dict[str, int] = field(default_factory=dict)
    cancelled: dict[str, int] = field(default_factory=dict)

    def left(self, line_id: str) -> int:
        """Units that the warehouse may still ship."""
        if self.refused:
            return 0
        return self.units[line_id] - self.shipped.get(line_id, 0) - self.cancelled.get(line_id, 0)


@dataclass
class Sale:
    """An order as it really stands in its shop. ``open``: remaining units by location and line."""

    order_id: str
    shop: str
    items: dict[str, str]
    ordered: dict[str, int]
    open: dict[tuple[str, str], int]
    records: dict[str, dict[str, int]] = field(default_factory=dict)
    cancelled: bool = False
    changed: int = 0
