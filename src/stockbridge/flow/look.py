"""What one look at a level found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from stockbridge.domain.availability import PoolFacts
from stockbridge.domain.mapping import Location, NotStocked, Source
from stockbridge.domain.ownership import Book
from stockbridge.domain.stock import Derivation, cautious
from stockbridge.ports import LevelRead

#: Why a level is not written whose item the shop does not stock at the location.
NOT_STOCKED = "the item is not stocked at this location in the shop"
#: Why one is not written that nobody has counted, or whose location we only watch.
UNCOUNTED = "no warehouse has counted it yet"
WATCHED = "watched only: writing is switched off for this location"
#: Columns of a level that hold its book.
_BOOK = ("base", "base_at", "gone", "given", "dropped", "odd", "odd_since", "unseen", "unseen_since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a level found. ``later``: it cannot be judged this moment. ``note``: why it is not written.
    ``sure``: the number without units of orders whose change was heard of and not read; None when there are none. ``version``: of
    the mapping that it was judged by. ``shared``: it draws on stock that feeds other locations too. ``settles_at``: until then a
    write whose answer was lost may still land; the others that share are told afterwards what there is room for. ``book``: the shop's own count as we
    know it now; ``by_hand``: units by which somebody else changed it, as is certain now; ``sweep``: the orders are to be looked through,
    and ``again_at``: the level looked at once more, for what nothing explains. ``settled``: our writes without an
    answer of which nothing is to be found out any more; ``unsure``: units of which nobody can say whether one of those brought them.
    ``fed``: what feeds it, with the item's code there and what is known of it; ``level_id``: its short name."""

    read: LevelRead
    location: Location
    derivation: Derivation | None
    dirty: int = 0
    stale: int = 0
    version: int = 0
    shared: bool = False
    later: bool = False
    note: str = ""
    sure: int | None = None
    settles_at: datetime | None = None
    book: Book = field(default_factory=Book)
    by_hand: int = 0
    sweep: bool = False
    again_at: datetime | None = None
    settled: tuple[int, ...] = ()
    unsure: int = 0
    fed: tuple[tuple[Source, str, PoolFacts], ...] = ()
    level_id: int | None = None

    @property
    def desired(self) -> int | None:
        return self.derivation.result if self.derivation else None

    @property
    def target(self) -> int | None:
        """What may be written now: a raise does not rest on doubtful units (docs/decisions/0006)."""
        if self.sure is None or self.desired is None or self.read.available is None:
            return self.desired
        return cautious(available=self.read.available, number=self.desired, doubted=self.sure)

    @property
    def held(self) -> bool:
        """Is part of a raise held back until an order was read?"""
        return self.target != self.desired

    @property
    def to_write(self) -> bool:
        """Is there something to write, and nothing against it?"""
        return not self.note and not self.later and self.differs

    @property
    def differs(self) -> bool:
        """Does the shop show another number than it should, by more than the location tolerates? Crossing zero always counts."""
        target, shown = self.target, self.read.available
        if target is None or shown is None or target == shown:
            return False
        return abs(target - shown) > self.location.tolerance or min(target, shown) <= 0

    @property
    def activates(self) -> bool:
        """Is the item to be stocked at its location first? Where the location's rules say so, and nothing else keeps it from being
        written."""
        bare = self.derivation is not None and self.read.tracked and self.note == NOT_STOCKED
        return bare and self.location.live and self.location.not_stocked is NotStocked.ACTIVATE

    @property
    def to_confirm(self) -> bool:
        """Is it to be read again once it is written? Nobody else is given units of shared stock before they were seen to be gone."""
        return self.shared and self.read.available is not None and self.target is not None and self.target < self.read.available

    @property
    def adds(self) -> int:
        """What writing it adds to what the shop shows."""
        return (self.target or 0) - (self.read.available or 0)

    @property
    def subject(self) -> str:
        return f"stock/{self.read.location_id}/{self.read.inventory_item_id}"

    @property
    def cell(self) -> dict[str, str]:
        return {"location_id": self.read.location_id, "inventory_item_id": self.read.inventory_item_id}

    def values(self, now: datetime) -> dict[str, Any]:
        """The level's row after this look."""
        return {
            **self.cell,
            "desired": self.desired,
            "derivation": msgspec.to_builtins(self.derivation) if self.derivation else {},
            "available": self.read.available,
            "committed": self.read.committed,
            "reserved": self.read.reserved,
            "read_at": now,
            "note": self.note,
            **{name: getattr(self.book, name) for name in _BOOK},
        }
