"""What we know of a whole shop, as a frame for one comparison; and what no comparison with a snapshot can judge.

Judged are locations whose sources are added up and share their places with nobody, by :mod:`stockbridge.domain.compare`. Everything else
is read: a level is passed over only if the shop shows what it should, and what we saw there the last time.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Cell, amounts
from stockbridge.domain.availability import Atlas, overlap
from stockbridge.domain.frame import ABSENT, Feed, Frame, Place
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.stock import Combine
from stockbridge.flow.look import NOT_STOCKED, UNCOUNTED, WATCHED

_Q = Queries("whole")
#: What is said of a level that a comparison can judge.
USUAL = ("", WATCHED, UNCOUNTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """A source of a location, by its number in the frame."""

    number: int
    location_id: str
    source: Source


@dataclass(slots=True, kw_only=True)
class Known:
    """All of it. ``whole``: locations of which every level is read; ``closely``: levels elsewhere that are read, whatever the shop
    shows."""

    conn: Connection
    account: str
    mapping: ShopMapping
    atlas: Atlas
    frame: Frame
    fed: Sequence[Fed]
    whole: list[str]
    counts: list[array[int]] = field(default_factory=list)
    closely: set[Cell] = field(default_factory=set)

    @property
    def _place(self) -> dict[str, str]:
        return {"account": self.account, "shop": self.mapping.shop}

    def fill(self) -> None:
        """Load what the frame rests on."""
        self.counts = self.frame.tie(self._counted())
        for place, its in self._warehouses():
            self._claims(place, its)
            self._odd_items(place, its)
        self.frame.remember(self._seen())

    def _warehouses(self) -> list[tuple[tuple[str, str], list[Fed]]]:
        places = sorted({fed.source.place for fed in self.fed})
        return [(place, [fed for fed in self.fed if fed.source.place == place]) for place in places]

    def _counted(self) -> Iterator[tuple[int, str, int]]:
        for (connection, warehouse), its in self._warehouses():
            rows = _Q.stream(self.conn, "counted", **self._place, connection=connection, warehouse=warehouse)
            for row in rows:
                units = amounts(row.zones or {})
                for fed in its:
                    yield fed.number, row.inventory_item_id, fed.source.zones.counted(units)

    def _claims(self, place: tuple[str, str], its: Sequence[Fed]) -> None:
        """Claims weigh on the source of the place they were made for. Where that is no place of this warehouse, only a look at the
        whole of it tells whom they weigh on, unless it feeds one place alone."""
        feeds = {at for at, _ in self.atlas.feeds(place)}
        numbers = {(self.mapping.shop, fed.location_id): fed.number for fed in its}
        warehouse = {"connection": place[0], "warehouse": place[1]}
        for row in _Q.rows(self.conn, "claimed", **self._place, **warehouse):
            at, item_id = (row.shop, row.location_id), row.inventory_item_id
            if at in numbers:
                self.frame.claim(numbers[at], item_id, row.units)
            elif len(feeds) == 1:
                self.frame.claim(its[0].number, item_id, row.units)
            elif at not in feeds:
                self.closely |= {(fed.location_id, item_id) for fed in its}

    def _odd_items(self, place: tuple[str, str], its: Sequence[Fed]) -> None:
        for fed in its:
            codes = list(fed.source.keeps)
            rows = _Q.rows(self.conn, "closely", **self._place, connection=place[0], warehouse=place[1], codes=codes)
            self.closely |= {(fed.location_id, row.inventory_item_id) for row in rows}

    def _seen(self) -> Iterator[tuple[str, str, int]]:
        places = [place.location_id for place in self.frame.places]
        rows = _Q.stream(self.conn, "seen", **self._place, places=places, usual=list(USUAL), not_stocked=NOT_STOCKED)
        for row in rows:
            yield row.location_id, row.inventory_item_id, ABSENT if row.available is None else row.available


def gather(conn: Connection, *, account: str, mapping: ShopMapping, now: datetime) -> Known:
    """Everything that is known of a shop at this moment, by this mapping of it."""
    atlas = Atlas({**mappings.newest(conn, account=account), mapping.shop: mapping}, now)
    mapped = [location for location in mapping.locations if any(source.begun(now) for source in location.sources)]
    judged = [location for location in mapped if _can_be_judged(location, mapping.shop, atlas)]
    feeding = [(location.location_id, source) for location in judged for source in location.feeding(now)]
    fed = [Fed(number=number, location_id=at, source=source) for number, (at, source) in enumerate(feeding)]
    place = {"account": account, "shop": mapping.shop}
    frame = Frame(
        places=[_place(location, fed) for location in judged],
        sources=[f"{each.source.connection}/{each.source.warehouse}" for each in fed],
        codes=(),
        items=(row.inventory_item_id for row in _Q.stream(conn, "items", **place)),
        placed=(tuple[Any, ...](row) for row in _Q.rows(conn, "placed", **place)),
    )
    whole = [location.location_id for location in mapped if location not in judged]
    known = Known(conn=conn, account=account, mapping=mapping, atlas=atlas, frame=frame, fed=fed, whole=whole)
    known.fill()
    return known


def _place(location: Location, fed: Sequence[Fed]) -> Place:
    its = [each for each in fed if each.location_id == location.location_id]
    feeds = tuple(Feed(source=each.number, keep=each.source.keep) for each in its)
    return Place(location_id=location.location_id, feeds=feeds, keep=location.keep.units)


def _can_be_judged(location: Location, shop: str, atlas: Atlas) -> bool:
    """Are its sources added up, and does none of them share its places with another location, of any shop?"""
    place = (shop, location.location_id)
    feeding = atlas.feeding(place)
    if not feeding or location.keep.percent_bp or (location.combine is not Combine.SUM and len(feeding) > 1):
        return False
    return not any(
        at != place and overlap(zones, source.zones) for source in feeding for at, zones in atlas.feeds(source.place)
    )
