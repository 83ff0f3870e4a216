"""All that the numbers of some levels rest on, taken at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.db.stock import amounts
from stockbridge.domain.availability import Atlas, Pool, PoolFacts
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.ownership import Book, Doubt, Side, Sighting
from stockbridge.domain.ownership import side_of as _side
from stockbridge.domain.spent import outstanding

_Q = Queries("stock")
#: (location, inventory item)
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """One source of a cell, with the pool that its item is there."""

    source: Source
    pool: Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Units that left a cell without a warehouse being asked, and that no figure has yet; of an order, or changed by hand (no order)."""

    order_id: str
    order_name: str
    line_id: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is known of the shop's own count of a cell, with what orders have told since the last look (``moves``: their rows), writes of
    ours without an answer, and how often somebody else changed it lately: times, units, when last."""

    book: Book
    moves: tuple[int, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    changes: tuple[int, int, str] = (0, 0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A write whose outcome nobody knows: the level may still come to show so many ``units``, until then."""

    units: int
    until: datetime


#: So long after its call ended a write may still land (DESIGN D8); the longest call, for one whose caller died.
SETTLES, CALL = timedelta(seconds=120), timedelta(seconds=75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of some cells of a shop. Units: whole sellable units. ``bundles``: items that are made of others. ``waiting``: open
    there, known, and asked of nobody. ``swept_at``: when the shop's orders were last looked through; ``news_since``: since when something
    about one waits to be read."""

    shop: str
    atlas: Atlas
    pools: Mapping[Pool, PoolFacts]
    codes: Mapping[tuple[str, str, str], str]
    open_claimed: Mapping[Cell, int]
    doubted: Mapping[Cell, int]
    unsettled: frozenset[Cell]
    bundles: frozenset[str] = frozenset()
    landing: Mapping[Cell, Landing] = field(default_factory=dict)
    gone: Mapping[Cell, Sequence[Gone]] = field(default_factory=dict)
    waiting: Mapping[Cell, int] = field(default_factory=dict)
    counts: Mapping[Cell, Count] = field(default_factory=dict)
    swept_at: datetime | None = None
    news_since: datetime | None = None

    def spent(self, cell: Cell) -> int:
        """spent(L, i): units that left there without a warehouse being asked, until a figure has them. What a person added to the
        number counts the other way, and may make it negative."""
        return outstanding((each.order_id, each.line_id, each.units) for each in self.gone.get(cell, ()))

    def book(self, cell: Cell) -> Book:
        """What is known of the shop's own count of a cell."""
        count = self.counts.get(cell)
        return count.book if count else Book()

    def sighting(self, cell: Cell, units: int | None, at: datetime) -> Sighting:
        """One reading of the shop's own count, with what it is held against."""
        count = self.counts.get(cell)
        return Sighting(
            count=units,
            at=at,
            moved=bool(count and count.moves),
            doubts=count.doubts if count else (),
            swept_at=self.swept_at,
            news_since=self.news_since,
        )

    def location(self, cell: Cell) -> Location:
        """The rules of the cell's location."""
        return self.atlas.location(self.shop, cell[0])

    def feeding(self, cell: Cell) -> list[Fed]:
        """The sources of a cell that count at this moment and have a code for its item, in order of preference."""
        found = []
        for source in self.atlas.feeding((self.shop, cell[0])):
            code = self.codes.get((*source.place, cell[1]))
            if code is not None:
                found.append(Fed(source=source, pool=(*source.place, code)))
        return found


def gather(
    conn: Connection,
    *,
    account: str,
    shop: str,
    cells: Sequence[Cell],
    since: datetime,
    now: datetime,
    instead: ShopMapping | None = None,
) -> Facts:
    """What is known of some cells at this moment. ``since``: when the shop was read. ``instead``: as if that were its mapping."""
    shops = mappings.newest(conn, account=account)
    if instead is not None:
        shops = {**shops, shop: instead}
    columns = {"locations": [cell[0] for cell in cells], "items": [cell[1] for cell in cells], **_places(shops, shop, cells)}
    row = _Q.one(conn, "facts", account=account, shop=shop, since=since, settles=SETTLES, call=CALL, **columns)
    pools, codes = _pools(row, shops, shop)
    return Facts(
        shop=shop,
        atlas=Atlas(shops, now),
        pools=pools,
        codes=codes,
        open_claimed=_by_cell(row.open_claimed),
        doubted=_by_cell(row.doubted),
        unsettled=frozenset((location, item) for location, item in row.unsettled or ()),
        bundles=frozenset(row.bundles or ()),
        landing={
            (location, item): Landing(units=units, until=datetime.fromisoformat(until))
            for location, item, units, until in row.landing or ()
        },
        gone=_gone(row.spent or ()),
        waiting=_by_cell(row.waiting),
        counts=_counts(row),
        swept_at=row.swept_at,
        news_since=row.news_since,
    )


def _places(shops: Mapping[str, ShopMapping], shop: str, cells: Sequence[Cell]) -> dict[str, list[Any]]:
    """The warehouses that may feed some cells of a shop, as columns for unnest, and whether each feeds several locations of any shop."""
    asked = {cell[0] for cell in cells}
    fed = Counter(source.place for mapping in shops.values() for location in mapping.locations for source in location.sources)
    locations = shops[shop].locations if shop in shops else ()
    places = sorted({source.place for location in locations if location.location_id in asked for source in location.sources})
    return {
        "connections": [place[0] for place in places],
        "warehouses": [place[1] for place in places],
        "several": [fed[place] > 1 for place in places],
    }


def _gone(rows: Sequence[Sequence[Any]]) -> dict[Cell, list[Gone]]:
    found: dict[Cell, list[Gone]] = {}
    for location, item, order_id, name, line_id, units in rows:
        found.setdefault((location, item), []).append(Gone(order_id=order_id, order_name=name, line_id=line_id, units=units))
    return found


def _counts(row: Row[Any]) -> dict[Cell, Count]:
    moves, doubts = _listed(row.moves), _listed(row.doubts)
    changes = {(location, item): (times, units, last) for location, item, times, units, last in row.changes or ()}
    return {
        (location, item): Count(
            book=_book(book, moves.get((location, item), ())),
            moves=tuple(number for number, *_ in moves.get((location, item), ())),
            doubts=tuple(_doubt(*each) for each in doubts.get((location, item), ())),
            changes=changes.get((location, item), (0, 0, "")),
        )
        for location, item, *book in row.books or ()
    }


def _listed(rows: Sequence[Sequence[Any]] | None) -> dict[Cell, list[Sequence[Any]]]:
    """What there is of each cell, in the order in which it comes."""
    found: dict[Cell, list[Sequence[Any]]] = {}
    for location, item, *each in rows or ():
        found.setdefault((location, item), []).append(each)
    return found


def _doubt(write: int, units: int, until: str) -> Doubt:
    return Doubt(write=write, units=units, until=datetime.fromisoformat(until))


def _book(row: Sequence[Any], moves: Sequence[Sequence[Any]]) -> Book:
    """What happened before the count was first agreed on is in it; where that cannot be told, it is agreed on anew."""
    base, base_at, gone, given, dropped, odd, odd_since, unseen, unseen_since = row
    since = _moment(base_at)
    sides = [_side(datetime.fromisoformat(at), since) for *_, at in moves]
    new = [move for move, side in zip(moves, sides, strict=True) if side is not Side.BEFORE]
    return Book(
        base=None if Side.UNKNOWN in sides else base,
        base_at=since,
        gone=gone + sum(left for _, left, *_ in new),
        given=given,
        dropped=dropped + sum(units for _, _, units, _ in new),
        odd=odd,
        odd_since=_moment(odd_since),
        unseen=unseen,
        unseen_since=_moment(unseen_since),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _pools(
    row: Row[Any], shops: Mapping[str, ShopMapping], shop: str
) -> tuple[dict[Pool, PoolFacts], dict[tuple[str, str, str], str]]:
    """What is known of each pool, and the warehouses' codes of the items."""
    others = _by_pool(row.others)
    claims, idle = _by_pool(row.claims), _by_pool(row.idle)
    fed: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for its_shop, mapping in shops.items():
        for location in mapping.locations:
            for source in location.sources:
                fed.setdefault(source.place, []).append((its_shop, location.location_id))
    pools: dict[Pool, PoolFacts] = {}
    codes = {}
    for connection, warehouse, code, items, zones, occurred_at, basis in row.pools or ():
        pool = (connection, warehouse, code)
        mapped = [(shop, item) for item in items] + [(each[0], each[1]) for each in others.get(pool, ())]
        places = fed.get(pool[:2], ())
        pools[pool] = PoolFacts(
            zones=None if zones is None else amounts(zones),
            as_of=occurred_at[:19] + "+00:00" if occurred_at else "",
            basis=basis or "",
            claims={(its_shop, location): units for its_shop, location, units in claims.get(pool, ())},
            cells=sorted((its, location, item) for its, item in mapped for place, location in places if place == its),
            idle=frozenset((its_shop, location, item) for its_shop, location, item in idle.get(pool, ())),
        )
        codes.update({(connection, warehouse, item): code for item in items})
    return pools, codes


def _by_pool(rows: Sequence[Sequence[Any]] | None) -> dict[Pool, list[Sequence[Any]]]:
    found: dict[Pool, list[Sequence[Any]]] = {}
    for connection, warehouse, code, *said in rows or ():
        found.setdefault((connection, warehouse, code), []).append(said)
    return found


def _by_cell(rows: Sequence[Sequence[Any]] | None) -> dict[Cell, int]:
    return {(location, item): units for location, item, units in rows or ()}
