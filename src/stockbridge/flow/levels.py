"""A look at some levels: the facts of each, what it should be, and whether it is to be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Row

from stockbridge.db import stock
from stockbridge.domain.availability import source_stock
from stockbridge.domain.mapping import Location
from stockbridge.domain.ownership import Book, Sighting, compare, landed, look_again_at, to_sweep, unseen_units, watch_unseen
from stockbridge.domain.shares import Cell
from stockbridge.domain.stock import Combine, Derivation, SourceStock, publishable, unplaced_units
from stockbridge.flow import edits, odd
from stockbridge.flow.facts import Facts, Fed, gather
from stockbridge.flow.look import NOT_STOCKED, UNCOUNTED, WATCHED, Look
from stockbridge.flow.sharing import Sharing, Want, shared_pools
from stockbridge.ports import LevelRead, Levels


class Allot(Protocol):
    """Decides how much of what is free at each of its sources a cell may use; None: it shares that one with nobody."""

    def __call__(self, want: Want, facts: Facts) -> list[int | None]: ...


def read_all(levels: Levels, cells: Sequence[tuple[str, str]]) -> Iterator[LevelRead]:
    """Many levels, (inventory item, location), in calls of the size that the shop takes. Raises as ``levels.read`` does."""
    for start in range(0, len(cells), levels.at_once):
        yield from levels.read(cells[start : start + levels.at_once])


def look_at(
    conn: Connection,
    *,
    account: str,
    shop: str,
    due: Sequence[Row[Any]],
    reads: Sequence[LevelRead],
    asked_at: datetime,
    now: datetime,
) -> tuple[list[Look], set[Cell]]:
    """Judge some due levels by what was just read in the shop and what the ledger says now. Gives also the cells, of any shop, that
    must be looked at because the parts of shared stock have changed."""
    rows = {(row.location_id, row.inventory_item_id): row for row in due}
    facts = gather(conn, account=account, shop=shop, cells=list(rows), since=asked_at, now=now)
    pools = shared_pools(facts, list(rows))
    sharing = Sharing.of(conn, account=account, pools=pools)
    if pools:  # nobody changes the parts from now on: what they rest on is read again
        facts = gather(conn, account=account, shop=shop, cells=list(rows), since=asked_at, now=now)
    names = stock.hold_levels(conn, account=account, shop=shop, cells=list(rows))
    looks = []
    for read in reads:
        cell = (read.location_id, read.inventory_item_id)
        row = Due(dirty=rows[cell].dirty, stale=rows[cell].stale, level_id=names.get(cell))
        looks.append(judge(read, facts, sharing.use, at=asked_at, due=row))
    sharing.save(conn, account=account)
    edits.follow(conn, account=account, facts=facts, looks=looks, now=now)
    return looks, sharing.touched


class Due(NamedTuple):
    """What is known of a level that is due for a look, as `Look` says."""

    dirty: int = 0
    stale: int = 0
    level_id: int | None = None


_NOT_DUE = Due()


def judge(read: LevelRead, facts: Facts, allot: Allot, *, at: datetime | None = None, due: Due = _NOT_DUE) -> Look:
    """What a level should be, and whether anything is against writing it. ``at``: when the shop was asked; None: it
    was not, this is what it was last seen to show, and its count is not held against what orders told since."""
    cell = (read.location_id, read.inventory_item_id)
    location, feeding = facts.location(cell), facts.feeding(cell)
    seen = facts.sighting(cell, _count_of(read), at or facts.atlas.now)
    counted = _counted(read, facts, seen) if at else _Counted(book=facts.book(cell))
    book, by_hand = counted.book, counted.by_hand
    derivation, sure, shared = None, None, False
    note, later = _obstacle(read, location, facts, feeding)
    if feeding:
        held = _held(read, facts, book)
        sources = _shares(read, facts, feeding, allot, held.sold)
        said = odd.findings(facts.counts.get(cell), book, location)
        derivation = held.publishable(sources, location, said, odd.whose(facts.gone.get(cell, ()), book))
        if said := odd.drift(location, number=derivation.result, shown=read.available):
            derivation = replace(derivation, findings=(*derivation.findings, *said))
        shared = any(source.allotted is not None for source in sources)
        if doubted := facts.doubted.get(cell, 0):
            sure = held.without(doubted).publishable(sources, location, (), "").result
    mapping = facts.atlas.shops.get(facts.shop)
    return Look(
        read=read,
        location=location,
        derivation=derivation,
        dirty=due.dirty,
        stale=due.stale,
        level_id=due.level_id,
        later=later,
        note=note or odd.obstacle(location, book, by_hand),
        sure=sure,
        version=mapping.version if mapping else 0,
        shared=shared,
        book=book,
        by_hand=by_hand,
        sweep=counted.sweep,
        again_at=counted.again_at,
        settles_at=facts.landing[cell].until if shared and cell in facts.landing else None,
        settled=counted.settled,
        unsure=counted.unsure,
        fed=tuple((fed.source, fed.pool[2], facts.pools[fed.pool]) for fed in feeding),
    )


def _count_of(read: LevelRead) -> int | None:
    """The shop's own count: what it has on offer and holds."""
    return None if read.available is None or not read.tracked else read.available + read.committed + read.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """What the shop's own count says. ``by_hand``: units by which somebody else changed it; ``unsure``: or we, nobody can say; ``settled``:
    our writes without an answer of which nothing is to be found out any more; ``sweep``: the orders are to be looked through; ``again_at``: the
    level to be looked at once more."""

    book: Book
    by_hand: int = 0
    unsure: int = 0
    settled: tuple[int, ...] = ()
    sweep: bool = False
    again_at: datetime | None = None


def _counted(read: LevelRead, facts: Facts, seen: Sighting) -> _Counted:
    """The shop's own count held against what we know of it. While a record or a move is under way it says nothing."""
    cell = (read.location_id, read.inventory_item_id)
    if cell in facts.unsettled:
        return _Counted(book=facts.book(cell))
    book, ours = landed(facts.book(cell), seen)
    seen = replace(seen, doubts=tuple(doubt for doubt in seen.doubts if doubt not in ours))
    book, moved = compare(book, seen)
    over = moved or not (book.odd or seen.may_land or seen.count is None)
    known = facts.open_claimed.get(cell, 0) + facts.waiting.get(cell, 0)
    book = watch_unseen(book, unseen_units(committed=read.committed, known=known), seen.at)
    return _Counted(
        book=book,
        by_hand=0 if seen.doubts else moved,
        unsure=moved if seen.doubts else 0,
        settled=tuple(doubt.write for doubt in (*ours, *(seen.doubts if over else ()))),
        sweep=to_sweep(book, seen),
        again_at=look_again_at(book, seen),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What comes off what the sources of a cell offer. Units."""

    committed: int
    reserved: int
    open_claimed: int
    spent: int

    @property
    def unplaced(self) -> int:
        return unplaced_units(committed=self.committed, reserved=self.reserved, open_claimed=self.open_claimed)

    @property
    def sold(self) -> int:
        """Units of this cell that are sold or gone, and that no claim and no figure has yet."""
        return self.unplaced + max(0, self.spent)

    def without(self, doubted: int) -> _Held:
        """As if these claimed units were not open any more."""
        return replace(self, open_claimed=self.open_claimed - doubted)

    def publishable(self, sources: list[SourceStock], location: Location, findings: Sequence[str], whose: str) -> Derivation:
        rules: dict[str, Any] = {"keep": location.keep, "combine": location.combine, "findings": findings, "whose": whose}
        return publishable(sources=sources, unplaced=self.unplaced, spent=self.spent, **rules)


def sold_here(read: LevelRead, facts: Facts) -> int:
    """Units of a level that are sold or gone, and that no claim and no figure has yet, by what is known before it is looked at."""
    return _held(read, facts, facts.book((read.location_id, read.inventory_item_id))).sold


def _held(read: LevelRead, facts: Facts, book: Book) -> _Held:
    """Units that are missing from the shop's count, and that nobody has named yet, have left; of an order that is being read they are
    not waiting for a warehouse any more."""
    cell = (read.location_id, read.inventory_item_id)
    return _Held(
        committed=read.committed,
        reserved=read.reserved,
        open_claimed=facts.open_claimed.get(cell, 0),
        spent=facts.spent(cell) + book.missing,
    )


def _shares(read: LevelRead, facts: Facts, feeding: list[Fed], allot: Allot, sold: int) -> list[SourceStock]:
    """What each source has for this cell."""
    cell = (read.location_id, read.inventory_item_id)
    location = facts.location(cell)
    stocks = [source_stock(fed.source, fed.pool, facts.pools[fed.pool], facts.atlas) for fed in feeding]
    if all(facts.pools[fed.pool].of_one for fed in feeding):
        return stocks
    want = Want(
        cell=(facts.shop, *cell),
        feeding=feeding,
        stocks=stocks,
        seen=max(0, read.available or 0) + sold,
        most=facts.landing[cell].units + sold if cell in facts.landing else None,
        waiting=sold,
        steady=cell not in facts.unsettled,
        added_up=location.combine is Combine.SUM,
        writes=location.live and read.tracked and read.active and read.available is not None,
    )
    here = (facts.shop, location.location_id)
    return [
        stock if units is None else replace(stock, allotted=units, asked_here=facts.pools[fed.pool].claims.get(here, 0))
        for fed, stock, units in zip(feeding, stocks, allot(want, facts), strict=True)
    ]


def _obstacle(read: LevelRead, location: Location, facts: Facts, feeding: Sequence[Fed]) -> tuple[str, bool]:
    """Why a level is not written, and whether to look again in a moment."""
    if not feeding:
        return "no active source feeds it", False
    if all(facts.pools[fed.pool].zones is None for fed in feeding):
        return UNCOUNTED, False
    if read.inventory_item_id in facts.bundles:
        return "a bundle: the shop computes its number from what it is made of", False
    if not read.tracked:
        return "the shop does not track this item", False
    if read.available is None or not read.active:
        return NOT_STOCKED, False
    if not location.live:
        return WATCHED, False
    if (read.location_id, read.inventory_item_id) in facts.unsettled:
        return "a shipment is being recorded; looked at again in a moment", True
    return "", False
