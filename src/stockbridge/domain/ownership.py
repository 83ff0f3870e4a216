"""Whose hand changed a number in the shop: told from the shop's own count, for it names nobody.

The channel's count of a level is what it has on offer and holds (available + committed + reserved). It moves by what leaves and comes
back with orders, and by what is written there; a sale alone does not move it (available − n, committed + n). So, with all orders read
and all our writes booked,

    base = count + gone − given

stays what it was: gone, what orders say has left, less what came back; given, what our writes added. A difference is either an order
that we have not read yet, or somebody else's hand. It is believed to be a hand once it has been seen twice with nothing under way, and
with the orders swept in between; until then, units that are missing count as having left. Nothing is believed to be a hand that a write
of ours may be, whose answer was lost: such a write may land long after newer ones.
Source: DESIGN 'What available means', docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import combinations

from stockbridge.domain.channel_order import ROUNDING

#: A difference is looked at again after this long, and believed no sooner than after ``SURE``: messages and the channel's own search
#: for changed orders take seconds.
AGAIN = timedelta(seconds=5)
SURE = timedelta(seconds=15)
#: Of so many writes without an answer, the newest, it is tried which of them together explain a difference.
AT_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is known of the channel's count of one level. ``base`` None: never agreed. ``dropped``: units that orders gave up and the
    channel may not have put back on offer. ``odd``: the difference that nothing explains, seen since ``odd_since``; ``unseen``: units
    committed to orders that were never read."""

    base: int | None = None
    base_at: datetime | None = None
    gone: int = 0
    given: int = 0
    dropped: int = 0
    odd: int = 0
    odd_since: datetime | None = None
    unseen: int = 0
    unseen_since: datetime | None = None

    @property
    def missing(self) -> int:
        """Units that are off the channel's count and nobody said why: until it is known, they have left."""
        return max(0, -self.odd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A write of ours that got no answer: what it adds if it lands, and until when it may. ``write``: which one."""

    write: int
    units: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One reading of a level's count (None: it is not stocked or not tracked), asked for at ``at``. ``moved``: orders have told of something
    since the reading before. ``doubts``: writes of ours of which it is not known whether they have landed, the oldest first. ``swept_at``:
    when the orders were last looked through whole; ``news_since``: since when something about an order waits to be read; None: nothing does."""

    count: int | None
    at: datetime
    moved: bool = False
    doubts: tuple[Doubt, ...] = ()
    swept_at: datetime | None = None
    news_since: datetime | None = None

    @property
    def may_land(self) -> bool:
        """May a write of ours still land, or have landed after this reading was asked for?"""
        return any(doubt.until >= self.at for doubt in self.doubts)

    def quiet(self, since: datetime) -> bool:
        """Would an order that explains a difference seen since then have been read by now, and a write of ours have landed?"""
        if self.may_land or self.at < since + SURE or self.swept_at is None or self.swept_at < since + AGAIN:
            return False
        return self.news_since is None or self.news_since > self.swept_at


class Side(Enum):
    """On which side of the first agreement about a count something happened."""

    BEFORE = "before"
    AFTER = "after"
    UNKNOWN = "unknown"


def side_of(happened_at: datetime, base_at: datetime | None) -> Side:
    """Channels name moments in whole seconds, by a clock that is not ours."""
    if base_at is None or happened_at < base_at - ROUNDING:
        return Side.BEFORE
    return Side.AFTER if happened_at > base_at + ROUNDING else Side.UNKNOWN


def landed(book: Book, seen: Sighting) -> tuple[Book, tuple[Doubt, ...]]:
    """The book with those of our writes without an answer that explain the difference, or what is new in it; and these writes. The
    fewest that do."""
    if seen.count is None or book.base is None or not seen.doubts:
        return book, ()
    odd = seen.count + book.gone - book.given - book.base
    for some in _some_of(seen.doubts[-AT_MOST:]):
        units = sum(doubt.units for doubt in some)
        if odd and units in (odd, odd - book.odd):
            return replace(book, given=book.given + units), some
    return book, ()


def _some_of(doubts: tuple[Doubt, ...]) -> Iterator[tuple[Doubt, ...]]:
    for many in range(1, len(doubts) + 1):
        yield from combinations(doubts, many)


def compare(book: Book, seen: Sighting) -> tuple[Book, int]:
    """The book after a reading, and by how many units somebody else has changed the count (0: nobody that we know of). Where there are
    doubts, these units may be partly ours."""
    if seen.count is None:
        return Book(unseen=book.unseen, unseen_since=book.unseen_since), 0
    total = seen.count + book.gone - book.given
    if book.base is None:
        return replace(book, base=total, base_at=seen.at, dropped=0, odd=0, odd_since=None), 0
    odd = total - book.base
    if odd < 0 and book.dropped:  # given up by an order, and not put back on offer
        known = min(-odd, book.dropped)
        book, odd = replace(book, base=(book.base or 0) - known, dropped=book.dropped - known), odd + known
    if odd == 0:
        if not book.odd and book.odd_since is None and (seen.moved or not book.dropped):
            return book, 0  # nearly always
        return replace(book, odd=0, odd_since=None, dropped=book.dropped if seen.moved else 0), 0
    if odd != book.odd or book.odd_since is None or seen.moved:
        return replace(book, odd=odd, odd_since=seen.at), 0
    if not seen.quiet(book.odd_since):
        return book, 0
    # base_at stays: an order that explains it after all, read late, is added up and undoes what was believed
    return replace(book, base=(book.base or 0) + odd, odd=0, odd_since=None, dropped=0), odd


def unseen_units(*, committed: int, known: int) -> int:
    """Units that the channel holds for orders which we have never read. ``known``: open units of all orders that we know, there."""
    return max(0, committed - known)


def watch_unseen(book: Book, units: int, at: datetime) -> Book:
    """The book with what of the committed units belongs to no order that we know."""
    if not units:
        return replace(book, unseen=0, unseen_since=None) if book.unseen or book.unseen_since else book
    return replace(book, unseen=units, unseen_since=book.unseen_since or at)


def to_sweep(book: Book, seen: Sighting) -> bool:
    """Is it time to look through the orders for one that explains what was seen?"""
    since = [moment for moment in (book.odd_since, book.unseen_since) if moment is not None and moment + AGAIN <= seen.at]
    return any(seen.swept_at is None or seen.swept_at < moment + AGAIN for moment in since)


def look_again_at(book: Book, seen: Sighting) -> datetime | None:
    """When the level must be looked at once more by itself; None: whatever changes it will say so."""
    if book.odd:
        return seen.at + AGAIN
    if seen.may_land:
        return max(doubt.until for doubt in seen.doubts) + AGAIN
    since = book.unseen_since
    if since is not None and (seen.swept_at is None or seen.swept_at < since + AGAIN):
        return seen.at + AGAIN
    return None
