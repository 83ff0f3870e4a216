"""The append-only list of everything that happened in the shop, for oracles and invariants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``data`` holds plain values only."""

    seq: int
    at: datetime
    kind: str
    data: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"seq": self.seq, "at": self.at.isoformat(), "kind": self.kind, **self.data}


class Ledger:
    """Grows only. Nothing in the product can see it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, at: datetime, kind: str, data: dict[str, Any]) -> None:
        self.entries.append(Entry(len(self.entries) + 1, at, kind, data))

    def of(self, *kinds: str) -> list[Entry]:
        """Entries of these kinds, oldest first."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def since(self, seq: int) -> list[Entry]:
        """Entries after that sequence number."""
        return self.entries[seq:]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)
