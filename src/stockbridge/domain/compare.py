"""What a shop shows against what it should show, over everything that either side knows, in one pass over each.

    counted     what warehouses report, in any number of rows and any order, added up per source and item
    shown       what the shop shows, one row per level, in any order: each is judged as it comes
    unseen      what can be sold at a mapped location and the shop does not show there

Compared is the number that the shop should show, demand taken off and buffers kept, never the raw count; it is the number of
:func:`stockbridge.domain.stock.publishable` (a property test holds it to that). What is remembered of an item does not grow with
the rows: eight bytes for each source, one for each location, and its names. Differences are handed on, not kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stockbridge.domain.frame import ABSENT, UNSEEN, Found, Frame, Place
from stockbridge.domain.stock import Keep

#: Inventory item, location, available (None: not stocked there), committed, reserved, tracked.
Shown = tuple[str, str, int | None, int, int, bool]
#: In a column of units: no source that feeds the location has the item.
UNFED = UNSEEN


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was met on the way. Of the levels of the shop, ``compared`` were judged and showed ``units`` together; ``untracked`` are
    left alone, ``unmapped`` belong to no warehouse, ``repeated`` had come before. ``unknown``: units of warehouses with codes that
    nobody mapped."""

    compared: int = 0
    units: int = 0
    untracked: int = 0
    unmapped: int = 0
    repeated: int = 0
    unknown: float = 0

    @property
    def left(self) -> int:
        """Levels that were not judged."""
        return self.untracked + self.unmapped + self.repeated

    def leave(self, *, repeated: int) -> None:
        """A level is not judged: it came twice, or else the shop does not track the item."""
        if repeated:
            self.repeated += 1
        else:
            self.untracked += 1

    def add(self, other: Tally) -> None:
        """Take over what another one has met."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def differs(shows: int | None, should: int, tolerance: int = 0) -> bool:
    """Is it worth a correction? Crossing zero always is, however small (trap X-14)."""
    if shows is None:
        return should > 0
    return abs(shows - should) > tolerance or (shows > 0) != (should > 0)


class Comparison:
    """Judges levels against settled counts: all that the shop shows, then what it does not show. ``seen``: the cells it showed."""

    def __init__(self, frame: Frame, counts: Sequence[array[int]]) -> None:
        self.frame = frame
        self.tally = Tally()
        items, width = len(frame.items), frame.width
        self.seen = bytearray((items + 1) * width)
        #: by cell: what could be offered if the shop held nothing for orders; may be negative
        self._free = array("q", [UNFED]) * len(self.seen)
        mapped = frame.mapped()
        for number, place in enumerate(frame.places):
            column = _free(place, counts, frame.claimed, [mapped[feed.source] for feed in place.feeds])
            self._free[number : items * width : width] = column
        for cell, units in frame.spent.items():
            self._free[cell] -= units if self._free[cell] != UNFED else 0
        #: by cell: what is plainly right, also as it was last seen
        self._plain = self._free
        if frame.known:
            self._plain = array(
                "q", [units if units == last else UNFED for units, last in zip(self._free, frame.known, strict=True)]
            )
        #: levels on offer at our locations whose item nobody has heard of: inventory item, location
        self.strangers: list[tuple[str, str]] = []

    def look(self, rows: Iterable[Shown]) -> list[Found]:
        """Judge some levels; gives those that differ. What is plainly right costs least."""
        frame, free, seen, found = self.frame, self._plain, self.seen, list[Found]()
        find, place, width, nowhere = frame.items.find, frame.numbers.get, frame.width, len(frame.items)
        elsewhere, right, units = width - 1, 0, 0
        last, item, begin = "", -1, nowhere * width
        for item_id, location_id, available, committed, reserved, tracked in rows:
            if item_id != last:
                last, item = item_id, find(item_id)
                begin = (item if item >= 0 else nowhere) * width
            cell = begin + place(location_id, elsewhere)
            if free[cell] == available and tracked and not (committed or reserved or seen[cell]) and available >= 0:
                seen[cell] = 1
                right += 1
                units += available
            elif item < 0:
                self._strange(item_id, location_id, available, tracked=tracked)
            elif one := self._judge(cell, available, committed + reserved, tracked=tracked):
                found.append(one)
        self.tally.compared += right
        self.tally.units += units
        return found

    def _strange(self, item_id: str, location_id: str, available: int | None, *, tracked: bool) -> None:
        self.tally.unmapped += 1
        if tracked and (available or 0) > 0 and location_id in self.frame.numbers:
            self.strangers.append((item_id, location_id))

    def _judge(self, cell: int, available: int | None, held: int, *, tracked: bool) -> Found | None:
        """A level that is not plainly right."""
        free, tally = self._free[cell], self.tally
        if free == UNFED:
            tally.unmapped += 1
            return self._unfed(cell, available, tracked=tracked)
        if self.seen[cell] or not tracked:
            tally.leave(repeated=self.seen[cell])
            changed = not self.seen[cell] and self._last(cell) > ABSENT  # it was tracked
            self.seen[cell] = 1
            return (cell, available, max(0, free)) if changed else None
        self.seen[cell] = 1
        tally.compared += 1
        tally.units += available or 0
        should = max(0, free - max(0, held - self.frame.placed.get(cell, 0)))
        if self.frame.known and _as_it_was(self._last(cell), available, should):
            return None
        wrong = bool(self.frame.known) or differs(available, should, self.frame.tolerance)
        return (cell, available, should) if wrong else None

    def _unfed(self, cell: int, available: int | None, *, tracked: bool) -> Found | None:
        """On offer with nothing behind it: only found where what was last seen counts too, for somebody then looks closely."""
        ours = self.frame.known and (cell + 1) % self.frame.width
        return (cell, available, 0) if ours and tracked and (available or 0) > 0 else None

    def _last(self, cell: int) -> int:
        return self.frame.known[cell] if self.frame.known else UNSEEN

    def unseen(self) -> Iterator[Found]:
        """Of the cells that the shop did not show: those where there is something to sell, or where something was seen."""
        width = self.frame.width
        self.seen[width - 1 :: width] = b"\x01" * (len(self.seen) // width)
        cell, end = self.seen.find(0), width * len(self.frame.items)
        while 0 <= cell < end:
            if _missed(self._free[cell], self._last(cell)):
                yield cell, None, max(0, self._free[cell])
            cell = self.seen.find(0, cell + 1)


def _missed(free: int, last: int) -> bool:
    """Is it worth a look that the shop does not show it?"""
    return last > ABSENT or (free > 0 and last != ABSENT)


def _as_it_was(last: int, shows: int | None, should: int) -> bool:
    """Is it as it should be, and as it was when it was last seen?"""
    if shows is None:
        return last == ABSENT or (last == UNSEEN and not should)
    return last == shows == should


def _free(
    place: Place, counts: Sequence[array[int]], claimed: Sequence[Mapping[int, int]], fed: Sequence[bytearray]
) -> array[int]:
    """What a location could offer of each item, in the order of items; UNFED where no source of it has the item."""
    offers = [_offers(counts[feed.source], claimed[feed.source], feed.keep) for feed in place.feeds]
    if len(offers) == 1:
        free, known = offers[0], fed[0]
    else:
        free, known = array("q", map(place.combine, zip(*offers, strict=True))), bytearray(map(any, zip(*fed, strict=True)))
    if place.keep:
        free = array("q", [units - place.keep for units in free])
    item = known.find(0)
    while item >= 0:
        free[item] = UNFED
        item = known.find(0, item + 1)
    return free


def _offers(counts: array[int], claimed: Mapping[int, int], keep: Keep) -> array[int]:
    """Free units of a source less its buffer, by item; a negative rest stays negative."""
    offers = array("q", counts)
    for item, units in claimed.items():
        offers[item] -= units
    if keep == Keep():
        return offers
    least, percent = keep.units, keep.percent_bp
    kept = [share if (share := -(-units * percent // 10_000)) > least else least for units in counts]
    return array("q", [rest - held if rest > held else min(rest, 0) for rest, held in zip(offers, kept, strict=True)])
