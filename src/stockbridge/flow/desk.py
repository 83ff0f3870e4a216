"""What lies on the desk while a transaction decides. Orders, pools and facts are fetched once, and what was decided is put away
together: decisions that share a transaction share the desk, and hold what others wait for as short as they can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import catalog, journal, orders, stock
from stockbridge.db import mapping as mappings
from stockbridge.db.orders import Place
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Pool
from stockbridge.domain.availability import Atlas, PoolFacts, free_of, overlap
from stockbridge.domain.catalog import Crossref
from stockbridge.domain.claims import Figure
from stockbridge.domain.effects import CancelSubmission, Effect, SubmitOrder
from stockbridge.domain.mapping import expanded
from stockbridge.domain.orders import ClaimLine, Order, SubmissionState
from stockbridge.domain.routing import Candidate
from stockbridge.domain.shares import Cell
from stockbridge.flow import leaving
from stockbridge.outbox import append as outbox
from stockbridge.ports import Job

_C = Queries("connections")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Desk:
    """The desk of one transaction. Whatever it has fetched is locked, or cannot change before the transaction ends."""

    conn: Connection
    account: str
    _orders: dict[Place, Order | None] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)
    #: subjects that nothing stops
    _unstopped: set[str] = field(default_factory=set)
    _shops: dict[str, tuple[Row[Any], tuple[Candidate, ...]]] = field(default_factory=dict)
    _atlas: Atlas | None = None
    _codes: dict[tuple[str, str], list[Crossref]] = field(default_factory=dict)
    _figures: dict[Pool, Figure] = field(default_factory=dict)
    _held: set[Pool] = field(default_factory=set)
    _held_alone: set[Pool] = field(default_factory=set)
    _claimed: dict[Pool, dict[tuple[str, str], int]] = field(default_factory=dict)
    #: of shared pools: what each cell shows and has waiting at most
    _parts: dict[Pool, dict[Cell, int]] = field(default_factory=dict)
    #: what was decided and is not written yet
    _decided: dict[Place, tuple[Order | None, Order]] = field(default_factory=dict)
    _effects: dict[str, list[tuple[str, Effect]]] = field(default_factory=dict)
    _proven: list[tuple[str, str]] = field(default_factory=list)
    _lines: list[journal.Line] = field(default_factory=list)
    _taken: list[mappings.Taken] = field(default_factory=list)
    #: what the end of the transaction looks at
    changed: set[Pool] = field(default_factory=set)
    touched: set[Pool] = field(default_factory=set)
    references: set[str] = field(default_factory=set)

    def lay_out(self, *, places: Iterable[Place], references: Sequence[str]) -> None:
        """Fetch several orders at once, by where they are or by a reference of ours: locked in one order."""
        self._places.update(orders.of_references(self.conn, account=self.account, references=references))
        wanted = sorted({*places, *self._places.values()})
        orders.lock_many(self.conn, account=self.account, orders=wanted)
        self._orders.update(dict.fromkeys(wanted))
        self._orders.update(orders.load_many(self.conn, account=self.account, places=wanted))
        subjects = {f"order/{order_id}" for _, order_id in wanted}
        self._unstopped |= subjects - journal.stopped(self.conn, account=self.account, subjects=subjects)

    def order(self, shop: str, order_id: str) -> Order | None:
        """An order, locked; None when it was never seen."""
        place = (shop, order_id)
        if place not in self._orders:
            orders.lock(self.conn, account=self.account, shop=shop, order_id=order_id)
            self._orders[place] = orders.load(self.conn, account=self.account, shop=shop, order_id=order_id)
        return self._orders[place]

    def order_of(self, reference: str) -> Order | None:
        """The order that a warehouse speaks of, locked; None when the reference is not ours."""
        if reference not in self._places:
            self._places.update(orders.of_references(self.conn, account=self.account, references=[reference]))
        place = self._places.get(reference)
        return self.order(*place) if place else None

    def pools(self) -> set[Pool]:
        """Those that the orders here have claims on."""
        return {pool for order in self._orders.values() for pool, *_ in _claims(order)}

    def shop(self, shop: str, *, now: datetime) -> tuple[Row[Any], tuple[Candidate, ...]]:
        """A shop's connection, and the warehouses that feed its locations."""
        if shop not in self._shops:
            connection = _C.one(self.conn, "one", account=self.account, connection=shop)
            self._shops[shop] = connection, self._candidates(shop, now)
        return self._shops[shop]

    def _candidates(self, shop: str, now: datetime) -> tuple[Candidate, ...]:
        if self._atlas is None:
            self._atlas = Atlas(mappings.newest(self.conn, account=self.account), now)
        mapping = self._atlas.shops.get(shop)
        if mapping is None:
            return ()
        open_ = stock.open_locations(self.conn, account=self.account, shop=shop)
        return tuple(
            Candidate(
                connection=source.connection,
                warehouse=source.warehouse,
                location_id=location.location_id,
                priority=source.priority,
                title=source.warehouse,
                section=self._atlas.section(source.place, source.zones),
                serves=expanded(source.serves),
            )
            for location in mapping.locations
            if location.location_id in open_
            for source in location.sources
            if source.begun(now)
        )

    def codes(self, shop: str, items: Iterable[str]) -> list[Crossref]:
        """The item codes of some inventory items, in every warehouse."""
        wanted = set(items)
        if missing := {item for item in wanted if (shop, item) not in self._codes}:
            self._codes.update({(shop, item): [] for item in missing})
            for entry in catalog.load_codes(self.conn, account=self.account, shop=shop, items=missing):
                self._codes[shop, entry.inventory_item_id].append(entry)
        return [entry for item in sorted(wanted) for entry in self._codes[shop, item]]

    def hold(self, pools: Iterable[Pool], *, alone: bool) -> None:
        """Nobody reports a figure of these pools before the transaction ends; ``alone``: and nobody else draws on them."""
        have = self._held_alone if alone else self._held | self._held_alone
        if missing := set(pools) - have:
            self._figures.update(stock.load_pools(self.conn, account=self.account, pools=missing, alone=alone))
            (self._held_alone if alone else self._held).update(missing)

    def free(self, shop: str, candidates: Iterable[Candidate], entries: Iterable[Crossref]) -> dict[Pool, int]:
        """Figure less claims, in units, wherever these warehouses count these items; held alone, so that two orders cannot take the
        last one."""
        asked = [
            (each, (entry.connection, entry.warehouse, entry.item_code))
            for each in candidates
            for entry in entries
            if (entry.connection, entry.warehouse) == (each.connection, each.warehouse)
        ]
        wanted = {pool for _, pool in asked}
        self.hold(wanted | self.pools(), alone=True)
        if missing := wanted - self._claimed.keys():
            claimed = stock.claimed(self.conn, account=self.account, pools=missing)
            self._claimed.update({pool: claimed.get(pool, {}) for pool in missing})
        return {each.pool(pool[2]): self._free(shop, each, pool) for each, pool in asked if pool in self._figures}

    def _free(self, shop: str, candidate: Candidate, pool: Pool) -> int:
        atlas = self._atlas or Atlas({}, _LONG_AGO)
        source = atlas.location(shop, candidate.location_id).source(candidate.connection, candidate.warehouse)
        facts = PoolFacts(zones=self._figures[pool].zones, claims=self._claimed[pool])
        return free_of(source, pool, facts, atlas) if source else 0

    def elsewhere(
        self, shop: str, candidates: Iterable[Candidate], entries: Iterable[Crossref]
    ) -> dict[tuple[str, tuple[str, str, str]], int]:
        """Of what is free, the units that other locations, of any shop, show and have waiting: by location and pool."""
        sharing = [each for each in candidates if self._others(shop, each)]
        if not sharing:
            return {}
        asked = [
            (each, (*_place(each), entry.item_code)) for each in sharing for entry in entries if _place(entry) == _place(each)
        ]
        if missing := {pool for _, pool in asked} - self._parts.keys():
            self._parts.update({pool: {} for pool in missing})
            for (pool, cell), part in mappings.known_parts(self.conn, account=self.account, pools=missing).items():
                self._parts[pool][cell] = part.held or 0
        return {(each.location_id, each.pool(pool[2])): self._held_by_others(shop, each, pool) for each, pool in asked}

    def _others(self, shop: str, candidate: Candidate) -> set[tuple[str, str]]:
        """The places that it shares its zones with."""
        if self._atlas is None:
            return set()
        feeds = dict(self._atlas.feeds(_place(candidate)))
        here = feeds.pop((shop, candidate.location_id), None)
        return {place for place, zones in feeds.items() if here is not None and overlap(zones, here)}

    def _held_by_others(self, shop: str, candidate: Candidate, pool: Pool) -> int:
        others = self._others(shop, candidate)
        return sum(held for cell, held in self._parts[pool].items() if cell[:2] in others)

    def nothing_stops(self, subject: str) -> bool:
        """Is it known that nothing about this subject waits for a person?"""
        return subject in self._unstopped

    def stop(self, subject: str) -> None:
        """Something about this subject waits for a person now."""
        self._unstopped.discard(subject)

    def decide(self, before: Order | None, after: Order) -> None:
        """An order is to be saved: nobody reports a figure of its pools from now on."""
        place = (after.shop, after.snapshot.order_id)
        first, _ = self._decided.get(place, (before, after))
        known, claims = _claims(before), _claims(after)
        changed = [key for key, claim in claims.items() if known.get(key) != claim]
        self.hold({pool for pool, *_ in (*known, *claims)}, alone=False)  # all at once: locked in one order
        self._decided[place], self._orders[place] = (first, after), after
        for key in changed:
            self._changed(after, key, known.get(key), claims[key])

    def _changed(self, order: Order, key: tuple[Pool, str, str], before: _Claim | None, after: _Claim) -> None:
        pool, reference, _ = key
        self.changed.add(pool)
        self.references.add(reference)
        if _weight(before) != _weight(after):
            self.touched.add(pool)
        if pool in self._claimed:
            by_place = self._claimed[pool] = dict(self._claimed[pool])
            for claim, sign in ((before, -1), (after, 1)):
                if claim is not None:
                    place = (order.shop, claim.location_id)
                    by_place[place] = by_place.get(place, 0) + sign * _outstanding(claim)
        if before is None:
            cell = (order.shop, after.location_id, after.line.inventory_item_id)
            units = _outstanding(after)
            shown = 0 if after.moving else units
            self._taken.append(mappings.Taken(pool=pool, cell=cell, units=units, shown=shown))
            if cell in (known := self._parts.get(pool, {})):
                known[cell] = max(0, known[cell] - shown)

    def send(self, order: Order, effects: Iterable[Effect], proven: Iterable[tuple[str, str]]) -> None:
        """Effects of an order: requests to a warehouse go to the submission's connection, everything else to the shop."""
        for effect in effects:
            to_warehouse = isinstance(effect, SubmitOrder | CancelSubmission)
            connection = order.submission(effect.reference).connection if to_warehouse else order.shop  # type: ignore[union-attr]
            self._effects.setdefault(connection, []).append((order.subject, effect))
        self._proven.extend(proven)

    def note(self, lines: Iterable[journal.Line]) -> None:
        """Lines for the journal."""
        self._lines.extend(lines)

    def put_away(self, now: datetime) -> list[Job]:
        """Write what was decided; gives the jobs to wake."""
        jobs: list[Job] = []
        orders.save_many(self.conn, account=self.account, pairs=list(self._decided.values()))
        self._book_what_left(now)
        mappings.take(self.conn, account=self.account, taken=self._taken)
        outbox.prove(self.conn, account=self.account, proven=self._proven, now=now)
        for connection, effects in sorted(self._effects.items()):
            jobs += outbox.append(self.conn, account=self.account, connection=connection, effects=effects, now=now)
        journal.write_lines(self.conn, self._lines)
        for pile in (self._decided, self._effects, self._proven, self._lines, self._taken):
            pile.clear()
        return jobs

    def ease(self, taken: Iterable[mappings.Taken]) -> None:
        """What left without a warehouse is in its figure now."""
        self._taken.extend(taken)

    def _book_what_left(self, now: datetime) -> None:
        """What the orders say has left without a warehouse being asked."""
        found = leaving.record(self.conn, account=self.account, pairs=list(self._decided.values()), now=now)
        self.touched |= found.pools
        self._taken += found.released
        self._lines += found.lines
        for connection, subject, effect in found.effects:
            self._effects.setdefault(connection, []).append((subject, effect))

    def settle(self, now: datetime) -> list[str]:
        """The last of a transaction: book what the figures show of the changed claims, and have every level looked at that
        this changes; gives the shops concerned."""
        if self.references:
            # One that was not there when its pool was held may have come: what cannot be locked is looked for again.
            self._figures |= stock.load_pools(
                self.conn, account=self.account, pools=self.changed - self._figures.keys(), alone=False
            )
            figures = {pool: figure for pool, figure in self._figures.items() if pool in self.changed}
            contained = stock.contain(self.conn, account=self.account, figures=figures, references=sorted(self.references))
            self.touched |= contained
        return stock.touch_pools(self.conn, account=self.account, pools=self.touched, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A row of the ledger, and where its units are."""

    line: ClaimLine
    location_id: str
    moving: bool


def _place(of: Candidate | Crossref) -> tuple[str, str]:
    return of.connection, of.warehouse


def _claims(order: Order | None) -> dict[tuple[Pool, str, str], _Claim]:
    """The ledger's rows of an order, by pool, reference and line."""
    return {
        ((s.connection, s.warehouse, line.item_code), s.reference, line.line_id): _Claim(
            line=line, location_id=s.location_id, moving=s.state is SubmissionState.MOVING
        )
        for s in (order.submissions if order else ())
        for line in s.lines
    }


def _outstanding(claim: _Claim | None) -> int:
    return max(0, claim.line.units - claim.line.cancelled - claim.line.contained) if claim else 0


def _weight(claim: _Claim | None) -> tuple[object, ...]:
    """What a level is computed from. That a warehouse accepted is none of it: only a figure that shows it is."""
    if claim is None:
        return ()
    return _outstanding(claim), claim.line.open_units, claim.location_id, claim.moving
