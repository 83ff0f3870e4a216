"""One page of a sweep: what the shop shows is compared with what it should show, and each difference is given its cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.db.runs import Found
from stockbridge.domain.drift import Before, Cause, level_cause
from stockbridge.domain.mapping import ShopMapping
from stockbridge.flow.facts import Cell, Facts, gather
from stockbridge.flow.levels import judge
from stockbridge.flow.look import NOT_STOCKED, Look
from stockbridge.flow.plan import settled
from stockbridge.ports import LevelRead

_Q = Queries("runs")


@dataclass(slots=True, kw_only=True)
class Compared:
    """What a page came to. ``pairs``: (shown, should) of every level that is ours to write; ``found``: what differs and why;
    ``seen``: looks at levels about which there is nothing to do; ``aside``: how many levels were left alone, by reason."""

    pairs: list[tuple[int, int]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    seen: list[Look] = field(default_factory=list)
    aside: Counter[str] = field(default_factory=Counter)
    #: looks at levels where the shop has begun or ceased to stock the item, with the note of before: the publisher acts on it
    turned: list[Look] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where the levels of a page are sorted; ``mapping``: what they are compared by."""

    conn: Connection
    account: str
    run: Row[Any]
    mapping: ShopMapping
    now: datetime
    page: Compared = field(default_factory=Compared)
    told: dict[Cell, Row[Any]] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)

    def compare(self, cells: Sequence[Row[Any]], reads: Sequence[LevelRead], *, asked_at: datetime) -> Compared:
        """Judge what was just read by the same code as the publisher, and say of each level what it came to."""
        if not cells:
            return self.page
        places = [(row.location_id, row.inventory_item_id) for row in cells]
        place = {"account": self.account, "shop": self.run.shop}
        facts = gather(self.conn, **place, cells=places, since=asked_at, now=self.now, instead=self.mapping)
        use = settled(self.conn, account=self.account, reads=reads, facts=facts).use
        looks = [judge(read, facts, use) for read in reads]
        self._open_up(places, cells)
        for row, look in zip(cells, looks, strict=True):
            self._sort(row, look, facts)
        return self.page

    def _open_up(self, places: list[Cell], rows: Sequence[Row[Any]]) -> None:
        """What is known beforehand of this page: figures that had to be asked for, and goods that came back."""
        columns = {"locations": [cell[0] for cell in places], "items": [cell[1] for cell in places]}
        shop = {"account": self.account, "shop": self.run.shop}
        if not self.run.dry:
            open_ = _Q.rows(self.conn, "open_corrections", **shop, **columns)
            self.told = {(row.location_id, row.inventory_item_id): row for row in open_}
        since = min((row.read_at for row in rows if row.read_at is not None), default=None)
        if since is not None:
            back = _Q.rows(self.conn, "returned", **shop, since=since, items=columns["items"])
            self.returned = {row.item: row.units for row in back}

    def _sort(self, row: Row[Any], look: Look, facts: Facts) -> None:
        """One level: due for a look anyway, in step, left alone with a reason, or different."""
        cell = (row.location_id, row.inventory_item_id)
        shown, target = look.read.available, look.target
        told = self.told.get(cell)
        feeding = facts.feeding(cell)
        if all(facts.pools[fed.pool].zones is None for fed in feeding):
            self._nothing_behind(look, mapped=bool(feeding))
        elif row.busy or look.later:
            self.page.aside["on_its_way"] += 1
        elif shown is None or target is None or not look.read.tracked:
            self.page.aside["not_written"] += 1
        elif not look.location.live:
            self._watched(row, look, shown, target)
        else:
            self._ours(row, look, shown, target)
        if told is not None:
            self._take_up(told, look)
        if row.busy or look.later or look.to_write or not row.known:
            return
        if (row.note == NOT_STOCKED) != (look.note == NOT_STOCKED):
            self.page.turned.append(replace(look, note=row.note))
        elif _outdated(row, look):
            self.page.seen.append(look)

    def _nothing_behind(self, look: Look, *, mapped: bool) -> None:
        """The shop has it at a mapped location, and no warehouse has it: visited, shown, and left to a person (trap X-16)."""
        shown = look.read.available or 0
        if not look.read.tracked or shown <= 0 or self.run.kind == "delta":
            self.page.aside["not_written"] += 1
            return
        cause = Cause.UNCOUNTED if mapped else Cause.UNBACKED
        self._found(look, was=shown, should=None, cause=cause, writes=False)
        self.page.aside[str(cause)] += 1

    def _watched(self, row: Row[Any], look: Look, shown: int, target: int) -> None:
        """Only compared: in a sweep of everything, and in one that only looks, it is said what it should be."""
        self.page.aside["watched"] += 1
        if look.differs and (self.run.dry or self.run.kind == "full"):
            cause = self._cause(row, look, shown, target)
            self._found(look, was=shown, should=target, cause=cause, writes=False, why=look.note)

    def _ours(self, row: Row[Any], look: Look, shown: int, target: int) -> None:
        self.page.pairs.append((shown, target if look.to_write else shown))
        if look.to_write:
            told = self.told.get((row.location_id, row.inventory_item_id))
            cause = Cause(told.cause) if told is not None else self._cause(row, look, shown, target)
            if told is None:
                self._found(look, was=shown, should=target, cause=cause)
        elif target != shown:
            self.page.aside["tolerated"] += 1

    def _cause(self, row: Row[Any], look: Look, shown: int, target: int) -> Cause:
        before = Before(shown=row.available, held=row.held, desired=row.desired)
        held = look.read.committed + look.read.reserved
        returned = self.returned.get(row.inventory_item_id, 0)
        return level_cause(before, shown=shown, held=held, desired=target, returned=returned)

    def _take_up(self, told: Row[Any], look: Look) -> None:
        """A figure that had to be asked for: this run found it. What changed nothing to be seen is forgotten."""
        key = {"account": self.account, "correction_id": told.correction_id}
        if look.target is None or told.was == look.target:
            _Q.run(self.conn, "forget_open", **key)
        else:
            writes = look.location.live
            _Q.run(self.conn, "take_up", **key, run_id=self.run.run_id, should=look.target, writes=writes)

    def _found(self, look: Look, *, was: int, should: int | None, cause: Cause, writes: bool = True, why: str = "") -> None:
        self.page.found.append(
            Found(shop=self.run.shop, **look.cell, was=was, should=should, cause=cause, writes=writes, why=why)
        )


def _outdated(row: Row[Any], look: Look) -> bool:
    return (row.available, row.desired, row.note) != (look.read.available, look.desired, look.note)
