"""Which places of a warehouse count: parts of a tree of places, given by their paths.

``WH/Stock`` is that place and everything below it; ``=WH/Stock`` is that place alone. What is excluded wins. Paths are the
warehouse's own words, parted by ``/``; a warehouse with flat zones simply has no ``/`` in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import floor

from stockbridge.domain.values import Amount

#: Before a path: that place alone, not what is below it.
ALONE = "="
#: A place below a path that nobody has named yet.
_NEW = "/\x00"


@dataclass(frozen=True, slots=True)
class Zones:
    """The places that count. Nothing counts that is not named."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __contains__(self, path: object) -> bool:
        """Does this place count?"""
        return _counts(self, str(path))

    def excluded(self, path: str) -> bool:
        """Would this place count if it were not left out by name?"""
        return any(_covers(each, path) for each in self.include) and path not in self

    def amount(self, zones: Mapping[str, Amount]) -> Amount:
        """What lies in the places that count, parts of a unit and all. May be negative: a finding, never a number to publish."""
        return sum((units for path, units in zones.items() if path in self), 0)

    def counted(self, zones: Mapping[str, Amount]) -> int:
        """Whole units in the places that count: rounded down once, after all of them were added up."""
        return floor(self.amount(zones))

    def overlaps(self, other: Zones) -> bool:
        """Is there a place, known or not, that counts in both?"""
        return any(path in self and path in other for path in _probes(self, other))

    def same(self, other: Zones) -> bool:
        """Do both count exactly the same places, also those that nobody has named yet?"""
        return all((path in self) == (path in other) for path in _probes(self, other))

    @property
    def empty(self) -> bool:
        """Is there no place, known or not, that counts?"""
        return not any(path in self for path in _probes(self))

    def meets(self, pattern: str, places: Iterable[str]) -> bool:
        """Does one of these places lie where the pattern points?"""
        return any(_covers(pattern, path) for path in places)

    @property
    def named(self) -> tuple[str, ...]:
        """The places that count by their own name, as the warehouse says them."""
        return tuple(each.removeprefix(ALONE) for each in self.include)

    @property
    def words(self) -> str:
        """For people: ``WH/Stock without WH/Stock/Quarantine``."""
        return _words(self)


def zones_of(include: Iterable[str], exclude: Iterable[str] = ()) -> Zones:
    """The zones as given, without blanks around them, the stroke at the end of a path, and repetition."""
    return Zones(_tidy(include), _tidy(exclude))


def _tidy(patterns: Iterable[str]) -> tuple[str, ...]:
    tidy = (each.strip().rstrip("/") for each in patterns)
    return tuple(dict.fromkeys(each for each in tidy if each.removeprefix(ALONE)))


@lru_cache(maxsize=4096)
def _words(zones: Zones) -> str:
    shown = ", ".join(_said(each) for each in zones.include) or "no zone"
    return f"{shown} without {', '.join(_said(each) for each in zones.exclude)}" if zones.exclude else shown


@lru_cache(maxsize=65_536)
def _counts(zones: Zones, place: str) -> bool:
    return any(_covers(each, place) for each in zones.include) and not any(_covers(each, place) for each in zones.exclude)


def _covers(pattern: str, path: str) -> bool:
    if pattern.startswith(ALONE):
        return path == pattern[1:]
    return path == pattern or path.startswith(pattern + "/")


def _said(pattern: str) -> str:
    return f"{pattern[1:]} alone" if pattern.startswith(ALONE) else pattern


def _probes(*all_zones: Zones) -> Iterator[str]:
    """Places that tell any two selections apart: each that is named, and one below it that nobody has named."""
    for zones in all_zones:
        for pattern in (*zones.include, *zones.exclude):
            path = pattern.removeprefix(ALONE)
            yield path
            yield path + _NEW
