"""Which warehouses feed a location, and by which rules: the mapping of one shop, a document that is versioned as a whole.

A location has sources; a source is a warehouse with the places that count, its buffer, where its goods may go and since when.
Source of the words: docs/explain/stock.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from stockbridge.domain.countries import GROUPS
from stockbridge.domain.stock import Combine, Keep
from stockbridge.domain.zones import Zones, zones_of

WHOLE_BP = 10_000


class NotStocked(StrEnum):
    """What happens with an item that the shop does not stock at a location that we feed."""

    ACTIVATE = "activate"
    PARK = "park"


class Spent(StrEnum):
    """Who tells the warehouse of units that left at a location without it (a till, pickup, another app).

    BOOK: we do. OTHER: another system does, and a figure contains them once it is later by ``Location.told_after_s``."""

    BOOK = "book"
    OTHER = "other"


class Owner(StrEnum):
    """Whose number it is, when a person changes it in the shop or the warehouse (docs/decisions/0009).

    WAREHOUSE: the warehouse's figure is published, and a change made in the shop is overwritten and named. SHOP: nothing is published; a
    change made in the shop is booked in the warehouse, and what the warehouse changes is shown as drift. BOTH: either reaches the
    other, once."""

    WAREHOUSE = "warehouse"
    SHOP = "shop"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A warehouse that feeds a location.

    ``keeps``: buffers of single items, by the warehouse's item code. ``serves``: countries that its goods may go to, none
    named: everywhere. ``share_bp``: its part, in basis points, of places that feed several locations; None: not shared.
    ``active_from``: prepared, and counted from that moment."""

    connection: str
    warehouse: str
    zones: Zones
    priority: int = 100
    keep: Keep = field(default_factory=Keep)
    keeps: Mapping[str, Keep] = field(default_factory=dict)
    serves: tuple[str, ...] = ()
    share_bp: int | None = None
    active: bool = True
    active_from: datetime | None = None

    @property
    def place(self) -> tuple[str, str]:
        """(connection, warehouse)"""
        return self.connection, self.warehouse

    def keep_of(self, item_code: str) -> Keep:
        """The buffer of one item: its own, or the source's."""
        return self.keeps.get(item_code, self.keep)

    def begun(self, now: datetime) -> bool:
        """Is it switched on, and has its time come?"""
        return self.active and (self.active_from is None or self.active_from <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The rules of one location.

    ``live``: levels are written; otherwise only compared (DESIGN D13). ``keep``: held back after the sources were combined.
    ``sells_to``: countries, when it is declared to sell nowhere else. ``tolerance``: units of difference that are left alone.
    ``told_after_s``: so long after units left without the warehouse a figure is taken to have them, when another system tells it."""

    location_id: str
    sources: tuple[Source, ...] = ()
    live: bool = False
    combine: Combine = Combine.SUM
    keep: Keep = field(default_factory=Keep)
    sells_to: tuple[str, ...] = ()
    not_stocked: NotStocked = NotStocked.PARK
    spent: Spent = Spent.OTHER
    tolerance: int = 0
    owner: Owner = Owner.WAREHOUSE
    told_after_s: int = 900

    @property
    def books(self) -> bool:
        """Do we tell the warehouse what leaves here without it? Where the shop's number counts, nobody else would."""
        return self.spent is Spent.BOOK or self.owner is not Owner.WAREHOUSE

    def counts(self, source: Source) -> bool:
        """May the source's goods go wherever this location sells? One with a condition counts only where nothing else is sold."""
        served = expanded(source.serves)
        return not served or (bool(self.sells_to) and expanded(self.sells_to) <= served)

    def feeding(self, now: datetime) -> tuple[Source, ...]:
        """The sources that count at this moment, in order of preference."""
        counted = [source for source in self.sources if source.begun(now) and self.counts(source)]
        return tuple(sorted(counted, key=lambda source: (source.priority, source.warehouse, source.connection)))

    def source(self, connection: str, warehouse: str) -> Source | None:
        """Its source at one warehouse; there is at most one."""
        return next((each for each in self.sources if each.place == (connection, warehouse)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopMapping:
    """The whole mapping of one shop. ``version`` 0: nobody has mapped anything yet."""

    shop: str
    version: int = 0
    locations: tuple[Location, ...] = ()

    def location(self, location_id: str) -> Location:
        """The rules of a location; one that nobody has mapped has no sources."""
        found = next((each for each in self.locations if each.location_id == location_id), None)
        return found or Location(location_id=location_id)

    def with_location(self, location: Location) -> ShopMapping:
        """The same with the rules of one location replaced."""
        others = [each for each in self.locations if each.location_id != location.location_id]
        return replace(self, locations=tuple(sorted([*others, location], key=lambda each: each.location_id)))

    def with_source(self, location_id: str, source: Source) -> ShopMapping:
        """The same with one source of a location added or replaced."""
        location = self.location(location_id)
        others = [each for each in location.sources if each.place != source.place]
        ordered = sorted([*others, source], key=lambda each: (each.priority, each.warehouse, each.connection))
        return self.with_location(replace(location, sources=tuple(ordered)))


def tidied(mapping: ShopMapping) -> ShopMapping:
    """The same as it is kept: paths of zones without blanks around them or a stroke at their end, countries in capitals."""
    return replace(mapping, locations=tuple(_tidy(each) for each in mapping.locations))


def _tidy(location: Location) -> Location:
    sources = tuple(
        replace(each, zones=zones_of(each.zones.include, each.zones.exclude), serves=_capitals(each.serves))
        for each in location.sources
    )
    return replace(location, sources=sources, sells_to=_capitals(location.sells_to))


def _capitals(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip().upper() for each in codes))


def expanded(countries: Iterable[str]) -> frozenset[str]:
    """Country codes with ``EU`` replaced by its members."""
    return frozenset(code for each in countries for code in GROUPS.get(each.upper(), (each.upper(),)))


def may_ship_to(source: Source, country_code: str) -> bool:
    """May goods of this source go to that country? Without a condition: anywhere. With one: nowhere that is not known."""
    served = expanded(source.serves)
    return not served or country_code.upper() in served


def percent(basis_points: int) -> str:
    """A share for people: ``12.5 %``."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}{f'.{rest:02}'.rstrip('0') if rest else ''} %"
