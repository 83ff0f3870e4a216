"""The mapping and the demand within which a whole shop is compared, item by item and place by place, by numbers."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import floor

from stockbridge.domain.counting import Counting
from stockbridge.domain.roll import Codes, Roll
from stockbridge.domain.stock import Keep

#: A cell (item and location packed), what is shown there (None: nothing), what should be.
Found = tuple[int, int | None, int]
#: Sums of fractions are a little off: so much is no unit.
DUST = 1e-6
#: In a column of what was last seen: nothing that could be relied on; the item was not stocked there.
UNSEEN = -(2**62)
ABSENT = UNSEEN + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source of a location, by its number in the frame, and its buffer."""

    source: int
    keep: Keep = field(default_factory=Keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location of the shop and what feeds it. ``combine``: sum, max (largest single source) or min (smallest)."""

    location_id: str
    feeds: tuple[Feed, ...]
    keep: int = 0
    combine: Callable[[Iterable[int]], int] = sum


class Frame:
    """The mapping and the demand within which a comparison happens, as they are when it begins.

    ``sources``: the connection of each, by number. ``codes``: (connection, item code, inventory item) of every mapped item; a code
    that several items have feeds each of them with all of its units. ``claimed``: (source, item code, units) asked of a source and
    not contained in its count. ``placed``: (location, inventory item, units) that the shop holds there and that are claimed on a
    source of that location. ``spent``: the same of units that left the location without a source being told. ``items``: more items of
    the shop, with or without a code.

    After :meth:`remember` also those levels are found that are as they should be and not as they were last seen."""

    def __init__(
        self,
        *,
        places: Sequence[Place],
        sources: Sequence[str],
        codes: Iterable[tuple[str, Hashable, str]],
        claimed: Iterable[tuple[int, Hashable, int]] = (),
        placed: Iterable[tuple[str, str, int]] = (),
        spent: Iterable[tuple[str, str, int]] = (),
        items: Iterable[str] = (),
        tolerance: int = 0,
    ) -> None:
        self.places = tuple(place for place in places if place.feeds)
        self.sources, self.tolerance = tuple(sources), tolerance
        self.known = array("q")
        self._tied: list[bytearray] = []
        self.numbers = {place.location_id: number for number, place in enumerate(self.places)}
        self.items = Roll()
        self.codes = {connection: Codes() for connection in self.sources}
        #: items with the code of another one: connection, item, that other one
        self._shared: list[tuple[str, int, int]] = []
        for connection, code, item_id in codes:
            item = self.items.add(item_id)
            first = self.codes[connection].add(code, item) if connection in self.codes else item
            if first != item:
                self._shared.append((connection, item, first))
        for item_id in items:
            self.items.add(item_id)
        self.items.seal()
        for each in self.codes.values():
            each.seal()
        self.claimed = self._claims(claimed)
        self.placed = self._cells(placed)
        self.spent = self._cells(spent)

    @property
    def width(self) -> int:
        """Cells of an item: one for each place, and one for all locations that are no place of ours."""
        return len(self.places) + 1

    def settle(self, counting: Counting) -> tuple[list[array[int]], float]:
        """Whole units by source and item, fractions floored once per source; and the units of codes that nobody mapped."""
        counts, unknown = [], 0.0
        for source, connection in enumerate(self.sources):
            sums = array("d", bytes(8 * len(self.items)))
            unknown += counting.of(source, self.codes[connection], sums)
            counts.append(array("q", map(floor, map(DUST.__add__, sums))))
        for source, item, first in self._copies():
            counts[source][item] = counts[source][first]
        return counts, unknown

    def tie(self, rows: Iterable[tuple[int, str, int]]) -> list[array[int]]:
        """Whole units by source and item, out of rows that name the shop's items themselves: (source, inventory item, units). What is
        named has a code there."""
        counts = [array("q", bytes(8 * len(self.items))) for _ in self.sources]
        self._tied = [bytearray(len(self.items)) for _ in self.sources]
        for source, item_id, units in rows:
            item = self.items.find(item_id)
            if item >= 0:
                counts[source][item] += units
                self._tied[source][item] = 1
        return counts

    def claim(self, source: int, item_id: str, units: int) -> None:
        """Units asked of a source, and not contained in its count."""
        item = self.items.find(item_id)
        if item >= 0:
            self.claimed[source][item] = self.claimed[source].get(item, 0) + units

    def remember(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """What was last seen: (location, inventory item, available, or :data:`ABSENT`); of every other level nothing can be relied
        on."""
        self.known = array("q", [UNSEEN]) * (len(self.items) * self.width + self.width)
        for location_id, item_id, available in rows:
            place, item = self.numbers.get(location_id, -1), self.items.find(item_id)
            if place >= 0 and item >= 0:
                self.known[item * self.width + place] = available

    def mapped(self) -> list[bytearray]:
        """Of each source, which items have a code there."""
        if self._tied:
            return self._tied
        known = {connection: bytearray(len(self.items)) for connection in self.codes}
        for connection, codes in self.codes.items():
            for item in codes.items():
                known[connection][item] = 1
        for connection, item, _ in self._shared:
            known[connection][item] = 1
        return [known[connection] for connection in self.sources]

    def named(self, found: Iterable[Found]) -> Iterator[Difference]:
        """Differences in the shop's own ids."""
        for cell, shows, should in found:
            item, place = divmod(cell, self.width)
            item_id, location_id = self.items.name(item), self.places[place].location_id
            yield Difference(inventory_item_id=item_id, location_id=location_id, shows=shows, should=should)

    def _claims(self, rows: Iterable[tuple[int, Hashable, int]]) -> list[dict[int, int]]:
        found: list[dict[int, int]] = [{} for _ in self.sources]
        for source, code, units in rows:
            item = self.codes[self.sources[source]].find(code)
            if item >= 0:
                found[source][item] = found[source].get(item, 0) + units
        for source, item, first in self._copies():
            if first in found[source]:
                found[source][item] = found[source][first]
        return found

    def _cells(self, rows: Iterable[tuple[str, str, int]]) -> dict[int, int]:
        found: dict[int, int] = {}
        for location_id, item_id, units in rows:
            place, item = self.numbers.get(location_id, -1), self.items.find(item_id)
            if place >= 0 and item >= 0:
                cell = item * self.width + place
                found[cell] = found.get(cell, 0) + units
        return found

    def _copies(self) -> Iterator[tuple[int, int, int]]:
        for connection, item, first in self._shared:
            for source, each in enumerate(self.sources):
                if each == connection:
                    yield source, item, first


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A level that is not what it should be. ``shows`` None: the item is not stocked at the location."""

    inventory_item_id: str
    location_id: str
    shows: int | None
    should: int
