"""Which item code a warehouse uses for what the channel sells. All lines resolve, or none are sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossref:
    """One verified entry: in this warehouse, this inventory item is called ``item_code``."""

    inventory_item_id: str
    connection: str
    warehouse: str
    item_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """A line that no warehouse has a code for."""

    line_id: str
    sku: str
    title: str
    inventory_item_id: str | None


class Codes:
    """The cross-reference entries of some inventory items, for looking up."""

    def __init__(self, entries: Iterable[Crossref]) -> None:
        self._by_place: dict[tuple[str, str, str], str] = {}
        self._items: set[str] = set()
        for entry in entries:
            self._by_place[entry.connection, entry.warehouse, entry.inventory_item_id] = entry.item_code
            self._items.add(entry.inventory_item_id)

    def knows(self, inventory_item_id: str | None) -> bool:
        """Has any warehouse a code for it?"""
        return inventory_item_id in self._items

    def at(self, connection: str, warehouse: str, inventory_item_id: str | None) -> str | None:
        """The code that one warehouse uses, or None."""
        return self._by_place.get((connection, warehouse, inventory_item_id or ""))


def sentence(lines: Sequence[Unmapped]) -> str:
    """Says which lines are not mapped, for the parked page."""
    names = [f"{line.sku or 'no SKU'} ({line.title})" for line in lines]
    head = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{head} {'has' if len(names) == 1 else 'have'} no item code in any warehouse."
