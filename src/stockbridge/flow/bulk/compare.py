"""A comparison of everything, by several processes: counts of warehouses and levels of a shop, out of files that do not fit memory.

Pieces of both files are dealt to whoever is free. First all hands add up counts, each its own; the sums of all are what every hand
then judges levels by. Nothing is concluded before both files were read to their ends.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stockbridge.domain.compare import Comparison, Shown, Tally
from stockbridge.domain.counting import Count, Counting
from stockbridge.domain.frame import Difference, Found, Frame
from stockbridge.flow.bulk.hands import Hands
from stockbridge.flow.bulk.pieces import Piece, pieces

#: A file shorter than this is read sooner than a helper has begun.
SHORT = 16 * 1024 * 1024
#: In a column of units: nothing is shown.
NOTHING = -(2**62)
#: What a hand has met: the cells that were shown, how many levels of each sort, and those of items that nobody has heard of.
Met = tuple[bytes, Tally, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A file, and what makes rows of some of its whole lines. ``read`` is a function of a module, so that helpers find it."""

    path: Path
    read: Callable[[bytes], Iterable[Any]]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a comparison found. The differences are packed, 24 bytes each; :meth:`differences` gives them in the shop's ids."""

    frame: Frame
    tally: Tally = field(default_factory=Tally)
    #: levels on offer whose item nobody has heard of: inventory item, location
    strangers: list[tuple[str, str]] = field(default_factory=list)
    cells: array[int] = field(default_factory=lambda: array("q"))
    shows: array[int] = field(default_factory=lambda: array("q"))
    should: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.cells)

    def differences(self) -> Iterator[Difference]:
        """Every level that is not what it should be, once; in no order."""
        shown = (None if units == NOTHING else units for units in self.shows)
        return self.frame.named(zip(self.cells, shown, self.should, strict=True))

    def note(self, found: Iterable[Found]) -> None:
        """Differences that were found."""
        for cell, shows, should in found:
            self.cells.append(cell)
            self.shows.append(NOTHING if shows is None else shows)
            self.should.append(should)

    def gather(self, parts: Sequence[Met]) -> bytearray:
        """Put together what each hand has met; gives the cells that were shown."""
        union = 0
        for seen, tally, strangers in parts:
            union |= int.from_bytes(seen, "little")
            self.tally.add(tally)
            self.strangers += strangers
        shown = bytearray(union.to_bytes(len(parts[0][0]), "little"))
        again = sum(seen.count(1) for seen, *_ in parts) - shown.count(1)
        if again:
            self.tally.repeated += again
            self.tally.compared -= again
            self._forget_repeated()
        return shown

    def _forget_repeated(self) -> None:
        """Two hands met the same level in two lines: it is one difference."""
        once = {cell: (shows, should) for cell, shows, should in zip(self.cells, self.shows, self.should, strict=True)}
        self.cells, self.shows, self.should = array("q", once), array("q"), array("q")
        for shows, should in once.values():
            self.shows.append(shows)
            self.should.append(should)


def helpers_for(sizes: Iterable[int], processors: int) -> int:
    """How many helpers are worth their start: none for short files, and one process for each processor at most."""
    return min(3, processors - 1) if sum(sizes) > SHORT else 0


def compare(
    framed: Callable[[], Frame], *, sources: int, hands: Hands, counted: Sequence[Lines], shown: Sequence[Lines]
) -> Outcome:
    """Compare all of it. ``framed`` puts the frame together, for so many ``sources``, while helpers begin to count; ``counted``: files
    of :data:`Count`; ``shown``: files of :data:`Shown`. Raises what the readers raise (Unreadable), and
    :class:`~stockbridge.flow.bulk.hands.HandLost`."""
    made: list[Frame] = []
    hands.tell(_open, sources)
    for _ in hands.spread(_count, _cut(counted), meanwhile=lambda: made.append(framed())):
        pass
    [frame] = made
    counting, *others = hands.all(_counting)
    for each in others:
        counting.join(each)
    counts, unknown = frame.settle(counting)
    hands.tell(_begin, frame)
    return _judge(Outcome(frame=frame, tally=Tally(unknown=unknown)), counts, hands, shown)


def judge(frame: Frame, counts: Sequence[array[int]], *, hands: Hands, shown: Sequence[Lines]) -> Outcome:
    """The same where the counts are added up already, by source and item."""
    hands.tell(_begin, frame)
    return _judge(Outcome(frame=frame), counts, hands, shown)


def _judge(outcome: Outcome, counts: Sequence[array[int]], hands: Hands, shown: Sequence[Lines]) -> Outcome:
    hands.tell(_settle, counts)
    for found in hands.spread(_look, _cut(shown)):
        outcome.note(found)
    outcome.note(_unseen(hands.own, outcome.gather(hands.all(_seen))))
    return outcome


def _cut(files: Sequence[Lines]) -> list[tuple[Callable[[bytes], Iterable[Any]], Piece]]:
    return [(lines.read, piece) for lines in files for piece in pieces(lines.path)]


# --- what every hand does ---------------------------------------------------------------------------------------


def _open(kept: dict[str, Any], sources: int) -> None:
    kept["counting"] = Counting(sources)


def _count(kept: dict[str, Any], item: tuple[Callable[[bytes], Iterable[Count]], Piece]) -> None:
    read, piece = item
    for lines in piece.gulps():
        kept["counting"].add(read(lines))


def _counting(kept: dict[str, Any]) -> Counting:
    counting: Counting = kept.pop("counting")
    return counting


def _begin(kept: dict[str, Any], frame: Frame) -> None:
    kept["frame"] = frame


def _settle(kept: dict[str, Any], counts: Sequence[array[int]]) -> None:
    kept["comparison"] = Comparison(kept["frame"], counts)


def _look(kept: dict[str, Any], item: tuple[Callable[[bytes], Iterable[Shown]], Piece]) -> list[Found]:
    read, piece = item
    return [found for lines in piece.gulps() for found in kept["comparison"].look(read(lines))]


def _seen(kept: dict[str, Any]) -> Met:
    comparison: Comparison = kept["comparison"]
    return bytes(comparison.seen), comparison.tally, comparison.strangers


def _unseen(kept: dict[str, Any], seen: bytearray) -> Iterator[Found]:
    comparison: Comparison = kept["comparison"]
    comparison.seen = seen
    return comparison.unseen()
