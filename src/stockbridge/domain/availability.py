"""From what is known of some pools to what each location has of them: which places count, whose claims weigh on them, who shares.

A pool is (connection, warehouse, item code). Its places may be parted between locations: a claim weighs on the places of the
location it was made for; one whose location is mapped no more is charged once, to the mapped places in order, never to none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from stockbridge.domain.mapping import WHOLE_BP, Location, ShopMapping, Source
from stockbridge.domain.shares import Cell, Part
from stockbridge.domain.stock import SourceStock
from stockbridge.domain.values import Amount
from stockbridge.domain.zones import Zones

#: (connection, warehouse, item code)
Pool = tuple[str, str, str]
#: (shop, location)
Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFacts:
    """What is known of a pool: ``zones`` None when it was never counted, ``basis``: what its figure says it is; ``claims``: units by the place they were asked for;
    ``cells``: every cell that is mapped to it, of every shop; ``idle``: those whose shop does not stock the item there: they sell
    nothing, and have no share."""

    zones: Mapping[str, Amount] | None = None
    as_of: str = ""
    basis: str = ""
    claims: Mapping[Place, int] = field(default_factory=dict)
    cells: Sequence[Cell] = ()
    idle: frozenset[Cell] = frozenset()

    @property
    def of_one(self) -> bool:
        """Does at most one cell draw on it, so that nobody shares?"""
        return len(self.cells) < 2


@dataclass(frozen=True, slots=True)
class Atlas:
    """The mappings of all shops of an account at one moment. What follows from them is worked out once."""

    shops: Mapping[str, ShopMapping]
    now: datetime
    _counting: dict[tuple[Place, tuple[str, str]], Source | None] = field(default_factory=dict, compare=False, repr=False)
    _feeds: dict[tuple[str, str], list[tuple[Place, Zones]]] = field(default_factory=dict, compare=False, repr=False)
    _feeding: dict[Place, tuple[Source, ...]] = field(default_factory=dict, compare=False, repr=False)

    def location(self, shop: str, location_id: str) -> Location:
        """The rules of a location; one that nobody has mapped has no sources."""
        found = self.shops.get(shop)
        return found.location(location_id) if found else Location(location_id=location_id)

    def feeding(self, place: Place) -> tuple[Source, ...]:
        """The sources of a location that count at this moment, in order of preference."""
        if place not in self._feeding:
            self._feeding[place] = self.location(*place).feeding(self.now)
        return self._feeding[place]

    def counting(self, place: Place, at: tuple[str, str]) -> Source | None:
        """The source of a location at one warehouse, if it counts at this moment."""
        key = (place, at)
        if key not in self._counting:
            self._counting[key] = next((source for source in self.feeding(place) if source.place == at), None)
        return self._counting[key]

    def feeds(self, at: tuple[str, str]) -> list[tuple[Place, Zones]]:
        """The places that a warehouse feeds, with the zones of each, in order of preference."""
        if at not in self._feeds:
            self._feeds[at] = self._fed_by(at)
        return self._feeds[at]

    def _fed_by(self, at: tuple[str, str]) -> list[tuple[Place, Zones]]:
        found = [
            (source.priority, (shop, location.location_id), source.zones)
            for shop, mapping in self.shops.items()
            for location in mapping.locations
            if (source := location.source(*at)) is not None and source.begun(self.now)
        ]
        return [(place, zones) for _, place, zones in sorted(found, key=lambda each: each[:2])]

    def section(self, at: tuple[str, str], here: Zones) -> str:
        """Which part of a warehouse these places are, when it is parted between locations; empty when it is not."""
        fed = [zones for _, zones in self.feeds(at)]
        if all(overlap(zones, here) for zones in fed):
            return ""
        return next(zones.words for zones in fed if overlap(zones, here))

    def sharing(self, pool: Pool, here: Zones, facts: PoolFacts) -> list[Part]:
        """The cells that offer units of the same places of a pool, each with its share; one: it shares with nobody."""
        if facts.of_one:
            return [Part(cell=cell, share_bp=WHOLE_BP) for cell in facts.cells]
        parts: list[tuple[Cell, Source]] = []
        for cell in facts.cells:
            source = self.counting(cell[:2], pool[:2])
            if source is not None and overlap(source.zones, here):
                parts.append((cell, source))
        several = [cell[:2] for cell, _ in parts]
        shares = [WHOLE_BP if source.share_bp is None else source.share_bp for _, source in parts]
        return [
            Part(cell=cell, share_bp=0 if cell in facts.idle else share // several.count(cell[:2]))
            for (cell, _), share in zip(parts, shares, strict=True)
        ]


@lru_cache(maxsize=4096)
def overlap(one: Zones, other: Zones) -> bool:
    """Is there a place that counts in both?"""
    return one.overlaps(other)


def charged(facts: PoolFacts, here: Zones, feeds: Sequence[tuple[Place, Zones]]) -> int:
    """Claims of a pool that weigh on some of its places, in units."""
    if not facts.claims:
        return 0
    zones = dict(feeds)
    tied = sum(units for place, units in facts.claims.items() if place in zones and overlap(zones[place], here))
    untied = sum(units for place, units in facts.claims.items() if place not in zones)
    return tied + _of_untied(untied, facts, here, feeds)


def _of_untied(untied: int, facts: PoolFacts, here: Zones, feeds: Sequence[tuple[Place, Zones]]) -> int:
    """The part of nobody's claims that these places bear: the first places bear what they have, and what is left over."""
    if not untied:
        return 0
    groups: list[Zones] = []
    for _, zones in feeds:
        if not any(overlap(zones, group) for group in groups):
            groups.append(zones)
    if not groups:
        return untied
    borne = []
    for group in groups:
        tied = sum(units for place, units in facts.claims.items() if (its := dict(feeds).get(place)) and overlap(its, group))
        borne.append(min(untied, max(0, group.counted(facts.zones or {}) - tied)))
        untied -= borne[-1]
    borne[0] += untied
    return next((units for units, group in zip(borne, groups, strict=True) if overlap(group, here)), 0)


def source_stock(source: Source, pool: Pool, facts: PoolFacts, atlas: Atlas, *, allotted: int | None = None) -> SourceStock:
    """What one source has of an item, for the sum at its location."""
    counted = None if facts.zones is None else source.zones.counted(facts.zones)
    over = 0 if counted is None else source.zones.amount(facts.zones or {}) - counted
    return SourceStock(
        name=source.warehouse,
        counted=counted,
        rounded=f"{over:f}".rstrip("0") if over else "",
        claimed=charged(facts, source.zones, atlas.feeds(source.place)),
        keep=source.keep_of(pool[2]),
        zones=source.zones.words,
        left_out=_left_out(source.zones, facts.zones or {}),
        as_of=facts.as_of,
        allotted=allotted,
    )


def _left_out(zones: Zones, figure: Mapping[str, Amount]) -> str:
    """What lies in other places, in words: ``QUARANTINE 12``."""
    return ", ".join(f"{path} {units}" for path, units in sorted(figure.items()) if units and path not in zones)


def free_of(source: Source, pool: Pool, facts: PoolFacts, atlas: Atlas) -> int:
    """Figure less claims in the places of a source, in units; may be negative."""
    stock = source_stock(source, pool, facts, atlas)
    return stock.free
