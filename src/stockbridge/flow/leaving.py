"""What leaves without us: found in what orders say, and told to the warehouse that must know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import catalog, journal, spent, stock
from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Cell, Pool
from stockbridge.domain.availability import Atlas
from stockbridge.domain.effects import AdjustStock, Effect
from stockbridge.domain.mapping import Source
from stockbridge.domain.orders import Note, Order
from stockbridge.domain.spent import Entry, Left, Spot, Terms, Told, departures, dropped, entry_of, released, waiting

_C = Queries("connections")


@dataclass(slots=True, kw_only=True)
class Found:
    """What follows from some orders: levels of which pools to look at, what to send (to which connection, about what), what to write
    down; ``released``: what a location may offer again by itself, for those that share its stock."""

    pools: set[Pool] = field(default_factory=set)
    released: list[mappings.Taken] = field(default_factory=list)
    effects: list[tuple[str, str, Effect]] = field(default_factory=list)
    lines: list[journal.Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One order, before and after, as far as goods left it."""

    before: Order | None
    after: Order
    known: Mapping[Spot, Left]
    now: Mapping[Spot, Left]
    waited: Mapping[Cell, int]
    waits: Mapping[Cell, int]
    released: Mapping[Cell, int]

    @classmethod
    def of(cls, before: Order | None, after: Order) -> _Change:
        return cls(
            before=before,
            after=after,
            known=departures(before) if before else {},
            now=departures(after),
            waited=waiting(before) if before else {},
            waits=waiting(after),
            released=released(before, after),
        )

    @property
    def anything(self) -> bool:
        if self.waited != self.waits or self.released or dropped(self.before, self.after):
            return True
        known, now = ({spot: (left.gone, left.foreign) for spot, left in each.items()} for each in (self.known, self.now))
        return known != now

    @property
    def items(self) -> set[str]:
        """The inventory items of which something changed."""
        lines = {left.inventory_item_id for left in (*self.known.values(), *self.now.values())}
        cells = (*self.waited, *self.waits, *self.released, *dropped(self.before, self.after))
        return lines | {item for _, item in cells}

    def moves(self) -> dict[Cell, tuple[int, int, datetime]]:
        """By level: units that left the channel's count, units given up, and when."""
        found: dict[Cell, tuple[int, int, datetime]] = {}
        for spot in self.known.keys() | self.now.keys():
            left, was = self.now.get(spot), self.known.get(spot)
            some = left or was
            units = (left.gone if left else 0) - (was.gone if was else 0)
            if some is not None and units:
                cell = (spot[1], some.inventory_item_id)
                gone, given_up, at = found.get(cell, (0, 0, some.at))
                found[cell] = (gone + units, given_up, max(at, some.at))
        for cell, units in dropped(self.before, self.after).items():
            gone, given_up, at = found.get(cell, (0, 0, self.after.snapshot.updated_at))
            found[cell] = (gone, given_up + units, at)
        return found


def record(conn: Connection, *, account: str, pairs: Sequence[tuple[Order | None, Order]], now: datetime) -> Found:
    """Book what has left with these orders, as they were and as they are now; their rows are locked, and written."""
    changes = [change for change in (_Change.of(before, after) for before, after in pairs) if change.anything]
    found = Found()
    for shop in sorted({change.after.shop for change in changes}):
        _of_shop(conn, account, shop, [change for change in changes if change.after.shop == shop], now, found)
    return found


def _of_shop(conn: Connection, account: str, shop: str, changes: list[_Change], now: datetime, found: Found) -> None:
    rules = _Rules.of(conn, account, shop, {item for change in changes for item in change.items}, now)
    known = spent.of_orders(conn, account=account, shop=shop, order_ids=[change.after.snapshot.order_id for change in changes])
    for change in changes:
        order = change.after
        order_id = order.snapshot.order_id
        if change.waited != change.waits:
            place = {"account": account, "shop": shop, "order_id": order_id}
            spent.save_waiting(conn, **place, before=change.waited, after=change.waits)
            found.pools |= rules.pools(item for _, item in (*change.waited, *change.waits))
        if moves := change.moves():
            spent.move(conn, account=account, shop=shop, moves=moves)
            found.pools |= rules.pools(item for _, item in moves)
        for (location_id, item), units in change.released.items():
            cell = (shop, location_id, item)
            found.released += [mappings.Taken(pool=pool, cell=cell, units=0, back=units) for pool in rules.pools([item])]
        entries = _entries(change, [entry for entry in known if entry.order_id == order_id], rules, account=account, now=now)
        spent.add(conn, account=account, entries=entries)
        for entry in entries:
            _follow(entry, rules, found, account=account, now=now)
        _contain(conn, account, entries)


def _contain(conn: Connection, account: str, entries: Sequence[Entry]) -> None:
    """What happened long ago the figures have already. The parts of shared stock were lowered with those."""
    pools = {entry.pool for entry in entries if not entry.contained}
    if pools:
        spent.contain(conn, account=account, figures=stock.load_pools(conn, account=account, pools=pools, alone=False))


def _entries(change: _Change, known: list[Entry], rules: _Rules, *, account: str, now: datetime) -> list[Entry]:
    """What has changed since the last word about each line and place."""
    made = []
    for spot in sorted({*change.now, *((entry.line_id, entry.location_id) for entry in known)}):
        said = [entry for entry in known if (entry.line_id, entry.location_id) == spot]
        left = change.now.get(spot) or _nothing(said[0], change.after)
        units = left.foreign - sum(entry.units for entry in said)
        if units:
            terms = rules.terms(spot[1], left.inventory_item_id)
            made.append(entry_of(change.after, spot, left, units, terms, known=said, account=account, heard_at=now))
    return made


def _nothing(entry: Entry, order: Order) -> Left:
    """It was said that units left, and the order knows nothing of it any more."""
    return Left(inventory_item_id=entry.inventory_item_id, gone=0, foreign=0, at=order.snapshot.updated_at)


def _follow(entry: Entry, rules: _Rules, found: Found, *, account: str, now: datetime) -> None:
    if entry.by is not Told.NOBODY:
        found.pools.add(entry.pool)
    subject = f"order/{entry.order_id}"
    notes = [
        Note(kind="order.left", text=_sentence(entry, rules.title(entry.location_id)), data={"reference": entry.reference})
    ]
    found.lines += journal.lines(account=account, subject=subject, notes=notes, at=now)
    if entry.by is Told.BOOK:
        found.effects.append((entry.connection, subject, told_of(entry, rules.zones(entry))))


def _sentence(entry: Entry, location: str) -> str:
    what = f"{_units(entry.units)} {'left' if entry.units > 0 else 'came back to'} {location} without a warehouse being asked"
    if entry.by is Told.NOBODY:
        return f"{what}; not counted: {entry.why}"
    return f"{what}; {entry.warehouse} is told by {'us' if entry.by is Told.BOOK else 'another system'}"


def _units(units: int) -> str:
    return f"{abs(units)} unit{'s' if abs(units) != 1 else ''}"


def told_of(entry: Entry, zones: tuple[str, ...]) -> AdjustStock:
    """What the warehouse is told of an entry."""
    if not entry.order_id:
        reason = "the number was changed in the shop"
    elif entry.units > 0:
        reason = "sold or shipped by others"
    else:
        reason = "came back, or was not shipped by others after all"
    return AdjustStock(
        reference=entry.reference,
        warehouse=entry.warehouse,
        item_code=entry.item_code,
        units=-entry.units,
        zones=zones,
        reason=reason,
        about=entry.order_name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """By which rules what leaves a shop's locations is told."""

    shop: Row[Any]
    atlas: Atlas
    codes: Mapping[tuple[str, str, str], str]
    titles: Mapping[str, str]

    @classmethod
    def of(cls, conn: Connection, account: str, shop: str, items: set[str], now: datetime) -> _Rules:
        entries = catalog.load_codes(conn, account=account, shop=shop, items=items)
        return cls(
            shop=_C.one(conn, "one", account=account, connection=shop),
            atlas=Atlas(mappings.newest(conn, account=account), now),
            codes={(each.connection, each.warehouse, each.inventory_item_id): each.item_code for each in entries},
            titles=stock.location_names(conn, account=account, shop=shop),
        )

    def title(self, location_id: str) -> str:
        return self.titles.get(location_id, location_id)

    def pools(self, items: Iterable[str]) -> set[Pool]:
        """Where these items are counted: their levels are looked at."""
        wanted = set(items)
        return {(connection, warehouse, code) for (connection, warehouse, item), code in self.codes.items() if item in wanted}

    def terms(self, location_id: str, item: str) -> Terms:
        """The first source in order that counts the item is told."""
        location = self.atlas.location(self.shop.connection, location_id)
        source, code = first_source(self.atlas.feeding((self.shop.connection, location_id)), self.codes, item)
        return Terms(
            location=location,
            source=source,
            item_code=code,
            start_line=self.shop.start_line or self.shop.created_at,
            live=self.shop.live and location.live,
        )

    def zones(self, entry: Entry) -> tuple[str, ...]:
        source = self.atlas.location(entry.shop, entry.location_id).source(entry.connection, entry.warehouse)
        return source.zones.named if source else ()


def first_source(sources: Iterable[Source], codes: Mapping[tuple[str, str, str], str], item: str) -> tuple[Source | None, str]:
    """The source that is told of what happens to an item, and its code there: the first in order that counts it."""
    for source in sources:
        code = codes.get((*source.place, item))
        if code is not None:
            return source, code
    return None, ""
