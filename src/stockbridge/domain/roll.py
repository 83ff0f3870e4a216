"""A roll of names: each text gets a number, and a million of them fit in a few megabytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence

#: Numbers below fit eight bytes.
MOST = 2**63


class Roll:
    """Texts and their numbers, from 0, in the order in which they came. Texts that differ only by a decimal number behind the same
    beginning, as ids mostly do, take eight to twenty bytes each; others are kept as they are."""

    def __init__(self) -> None:
        self._beginning: str | None = None
        self._building: dict[int, int] = {}
        self._ends = array("q")
        #: where they did not come in ascending order: as they came, and the number of each of the ascending ones
        self._came = array("q")
        self._order = array("i")
        #: the place behind the one that was found last: lists mostly go through the roll in order
        self._next = 0
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._texts) or len(self._ends) or len(self._building)

    def add(self, text: str) -> int:
        """The number of a text, which is entered unless it is there already. Not after :meth:`seal`."""
        if self._beginning is None:
            self._beginning = text.rstrip("0123456789")
        end = None if self._texts else self._end(text)
        if end is not None:
            return self._building.setdefault(end, len(self._building))
        self._spell_out()
        number = self._numbers.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
        return number

    def seal(self) -> None:
        """No more are added: from now on texts can be found."""
        ends = array("q", self._building)
        ascending = array("q", sorted(self._building))
        if ascending != ends:
            self._order = array("i", sorted(range(len(ends)), key=ends.__getitem__))
            self._came, ends = ends, ascending
        self._ends, self._building = ends, {}

    def find(self, text: str) -> int:
        """The number of a text; -1 for one that is not on the roll."""
        if self._texts:
            return self._numbers.get(text, -1)
        beginning, ends = self._beginning or "", self._ends
        try:
            end = int(text[len(beginning) :])
        except ValueError:
            return -1
        place = self._next
        if place >= len(ends) or ends[place] != end:
            place = bisect_left(ends, end)
            if place == len(ends) or ends[place] != end:
                return -1
        if f"{beginning}{end}" != text:
            return -1
        self._next = place + 1
        return self._order[place] if self._order else place

    def name(self, number: int) -> str:
        """The text of a number."""
        if self._texts:
            return self._texts[number]
        return f"{self._beginning}{(self._came or self._ends)[number]}"

    def _end(self, text: str) -> int | None:
        beginning = self._beginning or ""
        try:
            end = int(text[len(beginning) :])
        except ValueError:
            return None
        return end if 0 <= end < MOST and f"{beginning}{end}" == text else None

    def _spell_out(self) -> None:
        """Texts that do not fit the pattern came: all are kept as they are."""
        if not self._texts:
            self._texts = [f"{self._beginning}{end}" for end in self._building]
            self._numbers = {text: number for number, text in enumerate(self._texts)}
            self._building = {}


class Codes:
    """Which item each code of a warehouse system means. Codes that are small whole numbers take four bytes each; others are kept
    as they are."""

    def __init__(self) -> None:
        self._items: dict[Hashable, int] = {}
        self._table = array("i")

    def add(self, code: Hashable, item: int) -> int:
        """A code means an item; gives the item that had it first. Not after :meth:`seal`."""
        return self._items.setdefault(code, item)

    def seal(self) -> None:
        """No more are added."""
        most = 8 * len(self._items) + 1024
        if not all(type(code) is int and 0 <= code < most for code in self._items):
            return
        table = array("i", [-1]) * (max(self._items, default=-1) + 1)  # type: ignore[type-var, operator]
        for code, item in self._items.items():
            table[code] = item
        self._table, self._items = table, {}

    def find(self, code: Hashable) -> int:
        """The item of a code; -1 for a code that nobody mapped."""
        if self._items:
            return self._items.get(code, -1)
        return self._table[code] if type(code) is int and 0 <= code < len(self._table) else -1

    def spread(self, units: Sequence[float], sums: array[float]) -> float:
        """Add units, by small whole code from 0, to ``sums``, by item; gives those of codes that nobody mapped."""
        items = list(map(self.find, range(len(units)))) if self._items else self._table
        unknown = sum(units[len(items) :])
        for item, many in zip(items, units, strict=False):
            if item >= 0:
                sums[item] += many
            else:
                unknown += many
        return unknown

    def items(self) -> Iterable[int]:
        """Every item that has a code of its own."""
        return self._items.values() if self._items else (item for item in self._table if item >= 0)
