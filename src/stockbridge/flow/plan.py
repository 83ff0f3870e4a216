"""A dry run: what every level of a shop would be under another mapping, or after a sweep, and why. Nothing is written.

The numbers are judged by the same code as the live run's, from what the shop was last seen to show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row

from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.domain.availability import Pool, free_of
from stockbridge.domain.mapping import ShopMapping
from stockbridge.domain.shares import Cell, Part, split
from stockbridge.flow.facts import Facts, gather
from stockbridge.flow.levels import judge, read_all, sold_here
from stockbridge.flow.look import Look
from stockbridge.flow.sharing import Want, bearing_of, cuts_of, shared_pools
from stockbridge.ports import DoorError, LevelRead, Levels

_Q = Queries("mapping")
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One level in a plan. ``now``: what the shop shows, None when it is not stocked there or (``unread``) was never read;
    ``then``: what it would be, None when nothing would feed it. ``writes``: whether the live run would write it, or may, where
    nobody has read what the shop shows; ``why``: the sum in one line, or what is against writing it."""

    shop: str
    location_id: str
    inventory_item_id: str
    sku: str
    title: str
    location: str
    now: int | None
    then: int | None
    writes: bool
    why: str
    unread: bool = False

    @property
    def counts(self) -> bool:
        """Is it a level that the plan changes?"""
        return self.writes and self.now != self.then


class Reader(Protocol):
    """Reads levels in the shop, as (inventory item, location); those that it cannot read now are left out."""

    def __call__(self, cells: Sequence[tuple[str, str]]) -> Sequence[LevelRead]: ...


def plan(
    conn: Connection,
    *,
    account: str,
    shop: str,
    now: datetime,
    instead: ShopMapping | None = None,
    items: Sequence[str] = (),
    reader: Reader | None = None,
) -> Iterator[Change]:
    """Every level that the shop's mapping feeds, or would feed if it were ``instead``, page by page; ``items``: of these inventory
    items alone. ``reader``: asks the shop for levels that were never read; without it the plan says so."""
    before = mappings.newest_of(conn, account=account, shop=shop)
    mapping = before if instead is None else replace(instead, version=before.version + 1)
    feeds = [
        (location.location_id, source.connection, source.warehouse)
        for each in (mapping, before)
        for location in each.locations
        for source in location.sources
        if source.begun(now)
    ]
    columns = dict(
        zip(("locations", "connections", "warehouses"), map(list, zip(*sorted(set(feeds)), strict=True)), strict=False)
    )
    after = ("", "")
    while feeds:
        place = {"account": account, "shop": shop, "after_location": after[0], "after_item": after[1]}
        rows = _Q.rows(conn, "planned_cells", **place, **columns, only=list(items), most=PAGE)
        yield from _page(conn, account, shop, rows, now, None if instead is None else mapping, reader)
        if len(rows) < PAGE:
            return
        after = (rows[-1].location_id, rows[-1].inventory_item_id)


def _page(
    conn: Connection,
    account: str,
    shop: str,
    rows: Sequence[Row[Any]],
    now: datetime,
    instead: ShopMapping | None,
    reader: Reader | None,
) -> Iterator[Change]:
    reads = _reads(rows, reader)
    cells = [(row.location_id, row.inventory_item_id) for row in rows]
    facts = gather(conn, account=account, shop=shop, cells=cells, since=now, now=now, instead=instead)
    planned = settled(conn, account=account, reads=list(reads.values()), facts=facts, anew=instead is not None)
    for row, cell in zip(rows, cells, strict=True):
        yield _change(shop, row, judge(reads[cell], facts, planned.use))


def reader_of(levels: Levels | None, *, most: int) -> Reader | None:
    """Reads through a shop's door, no more than so many levels, so that a look at a plan never takes the calls that orders need."""
    if levels is None:
        return None
    left = most

    def read(cells: Sequence[tuple[str, str]]) -> list[LevelRead]:
        nonlocal left
        wanted = list(cells)[: max(0, left)]
        left -= len(wanted)
        found: list[LevelRead] = []
        try:
            found.extend(read_all(levels, wanted))
        except DoorError:
            left = 0
        return found

    return read


def _reads(rows: Sequence[Row[Any]], reader: Reader | None) -> dict[tuple[str, str], LevelRead]:
    """What the shop was last seen to show of each cell; what was never read is asked for."""
    reads = {(row.location_id, row.inventory_item_id): _known(row) for row in rows}
    never = [(item, location) for (location, item), read in reads.items() if isinstance(read, _Unread)]
    for read in reader(never) if reader and never else ():
        reads[read.location_id, read.inventory_item_id] = read
    return reads


class _Unread(LevelRead):
    """A level that nobody has read yet."""


def settled(conn: Connection, *, account: str, reads: Sequence[LevelRead], facts: Facts, anew: bool = False) -> Planned:
    """The parts of shared stock as they are once everything has settled; ``anew``: when all of them are made anew first."""
    cells = [(read.location_id, read.inventory_item_id) for read in reads]
    parts = mappings.known_parts(conn, account=account, pools=shared_pools(facts, cells))
    if anew:
        parts = {key: replace(part, split_at=None) for key, part in parts.items()}
    return Planned(
        parts=parts, waiting={(facts.shop, *cell): sold_here(read, facts) for cell, read in zip(cells, reads, strict=True)}
    )


def _known(row: Row[Any]) -> LevelRead:
    shape = _Unread if row.read_at is None else LevelRead
    return shape(
        inventory_item_id=row.inventory_item_id,
        location_id=row.location_id,
        available=row.available,
        committed=row.committed or 0,
        reserved=row.reserved or 0,
        active=row.available is not None,
        tracked=row.tracked,
    )


def _change(shop: str, row: Row[Any], look: Look) -> Change:
    unread = isinstance(look.read, _Unread)
    why = f"stocked there first; {_sum(look)}" if look.activates else look.note or _sum(look)
    if unread and look.derivation:
        why = f"the shop has not been read here yet; {_sum(look)}"
    return Change(
        shop=shop,
        location_id=row.location_id,
        inventory_item_id=row.inventory_item_id,
        sku=row.sku,
        title=row.title,
        location=row.location,
        now=look.read.available,
        then=look.desired,
        writes=look.to_write
        or look.activates
        or (look.later and look.differs)
        or (unread and look.location.live and look.read.tracked and look.desired is not None),
        why=why,
        unread=unread,
    )


def _sum(look: Look) -> str:
    """The sum in one line: ``BER has 100 − 7 asked of it … = 82``."""
    steps = look.derivation.steps if look.derivation else ()
    return " ".join(f"{step.sign} {step.units} {step.label}" for step in steps if step.sign != "·").removeprefix("+ ")


@dataclass(slots=True, kw_only=True)
class Planned:
    """The parts of shared stock as they would be once everything has settled: nobody waits for anybody."""

    parts: Mapping[tuple[Pool, Cell], Part]
    waiting: Mapping[Cell, int] = field(default_factory=dict)

    def use(self, want: Want, facts: Facts) -> list[int | None]:
        """What each source of a cell is allotted of stock that others draw on too; None where nobody else does."""
        usable: list[int | None] = [None] * len(want.feeding)
        cuts = cuts_of(want, facts)
        known = [self.parts.get((want.feeding[n].pool, want.cell)) for n in cuts]
        for n, (_, _, waiting) in bearing_of(want, cuts, [part.held if part else None for part in known]).items():
            fed = want.feeding[n]
            parts = [self._part(fed.pool, part, want, waiting) for part in cuts[n]]
            given = split(free_of(fed.source, fed.pool, facts.pools[fed.pool], facts.atlas), parts, now=facts.atlas.now)
            usable[n] = next(units for part, units in zip(parts, given, strict=True) if part.cell == want.cell)
        return usable

    def _part(self, pool: Pool, part: Part, want: Want, waiting: int) -> Part:
        known = self.parts.get((pool, part.cell), part)
        waits = waiting if part.cell == want.cell else self.waiting.get(part.cell, known.waiting)
        return replace(known, share_bp=part.share_bp, waiting=waits)
