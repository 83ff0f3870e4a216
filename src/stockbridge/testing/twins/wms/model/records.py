"""What the WMS writes down: orders, and the ledger that only ever grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stockbridge.testing.twins.wms.model.shelf import Spots


@dataclass(slots=True, kw_only=True)
class OrderLine:
    line_id: str
    item_code: str
    ordered: int
    shipped: int = 0
    given_up: int = 0

    @property
    def open(self) -> int:
        return self.ordered - self.shipped - self.given_up


@dataclass(slots=True, kw_only=True)
class Order:
    """``sequence`` is the acceptance's; ``changed_sequence`` the last change's."""

    order_id: str
    reference: str
    warehouse: str
    lines: list[OrderLine]
    accepted_at: datetime
    sequence: int
    changed_sequence: int
    request: Mapping[str, Any]
    status: str = "accepted"
    reserved_at: datetime | None = None
    reserved_sequence: int | None = None
    reserved: Spots = field(default_factory=dict)
    charged: Spots = field(default_factory=dict)
    shipments: list[dict[str, Any]] = field(default_factory=list)
    cancellation: dict[str, Any] | None = None

    def open(self) -> dict[str, int]:
        """Item code → units that neither left nor were given up."""
        total: Counter[str] = Counter()
        for line in self.lines:
            total[line.item_code] += line.open
        return {item: units for item, units in total.items() if units}

    def book(self, wants: Mapping[str, int], name: str) -> None:
        """Units are shipped or given up: first line of an item first."""
        left = dict(wants)
        for line in self.lines:
            units = min(line.open, left.get(line.item_code, 0))
            if units:
                setattr(line, name, getattr(line, name) + units)
                left[line.item_code] -= units

    def to_wire(self, copies: int = 1) -> dict[str, Any]:
        """The order as the contract shows it."""
        return {
            "order_id": self.order_id,
            "reference": self.reference,
            "warehouse": self.warehouse,
            "status": self.status,
            "accepted_at": self.accepted_at,
            "sequence": self.sequence,
            "lines": [{"line_id": line.line_id, "item_code": line.item_code, "units": line.ordered} for line in self.lines],
            "reserved_at": self.reserved_at,
            "reserved_sequence": self.reserved_sequence,
            "shipments": self.shipments,
            "cancellation": self.cancellation,
            "changed_sequence": self.changed_sequence,
            "copies": copies,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that really happened. ``kind``: accepted, refused, reserved, status, shipped, cancelled, cancel_declined,
    stock, adjusted, forgotten."""

    sequence: int
    moment: datetime
    kind: str
    reference: str = ""
    warehouse: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """Append only: what oracles read."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.creates: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.kind == "accepted":
            self.creates[entry.reference] += 1

    def of(self, kind: str, reference: str = "") -> list[Entry]:
        """Entries of a kind, of one order if a reference is given."""
        return [each for each in self.entries if each.kind == kind and reference in ("", each.reference)]

    def shipped(self, reference: str) -> dict[str, int]:
        """Item code → units that really left for an order."""
        total: Counter[str] = Counter()
        for entry in self.of("shipped", reference):
            total.update(entry.data["lines"])
        return dict(total)
