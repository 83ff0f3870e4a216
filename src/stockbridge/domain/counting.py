"""What warehouses report, added up by source and code before anybody needs to know whose code it is."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable
from operator import add

from stockbridge.domain.roll import Codes

#: Source (its number), item code, units there.
Count = tuple[int, Hashable, float]
#: Codes that are whole numbers below have a place of their own; every eight bytes for each source.
SMALL = 2**20


class Counting:
    """Sums of units, for so many sources; codes that are small whole numbers take eight bytes each, others are kept as they are."""

    def __init__(self, sources: int) -> None:
        self.width = sources
        #: by code and source
        self._sums = array("d")
        self._others: dict[tuple[int, Hashable], float] = {}

    def add(self, rows: Iterable[Count]) -> None:
        """Some rows, in any number and any order."""
        sums, width, size = self._sums, self.width, len(self._sums)
        for source, code, units in rows:
            if type(code) is int and -1 < (at := code * width + source) < size:
                sums[at] += units
            else:
                self._other(source, code, units)
                size = len(sums)

    def join(self, other: Counting) -> None:
        """What another one has added up is in this one too."""
        more = other._sums
        if len(more) > len(self._sums):
            self._sums, more = more, self._sums
        self._sums[: len(more)] = array("d", map(add, self._sums, more))
        for key, units in other._others.items():
            self._others[key] = self._others.get(key, 0.0) + units

    def of(self, source: int, codes: Codes, sums: array[float]) -> float:
        """Add what a source has of each item to ``sums``, by item; gives the units of codes that nobody mapped."""
        unknown = codes.spread(self._sums[source :: self.width], sums)
        for (its, code), units in self._others.items():
            if its == source:
                item = codes.find(code)
                if item >= 0:
                    sums[item] += units
                else:
                    unknown += units
        return unknown

    def _other(self, source: int, code: Hashable, units: float) -> None:
        if type(code) is int and 0 <= code < SMALL:
            needed = max((code + 1) * self.width, min(2 * len(self._sums), SMALL * self.width))
            self._sums.frombytes(bytes(8 * (needed - len(self._sums))))
            self._sums[code * self.width + source] += units
        else:
            self._others[source, code] = self._others.get((source, code), 0.0) + units
