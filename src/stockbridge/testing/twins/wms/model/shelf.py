"""What lies where, what is set aside, and the figures that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import floor
from typing import Any

from stockbridge.testing.twins.wms.config import BasisWord, Warehouse

#: (item code, zone) → units
Spots = dict[tuple[str, str], int]


class Shelf:
    """One warehouse's stock. ``physical``: on the shelf. ``reserved``: set aside at a pick's start. ``charged``: of accepted
    orders that did not leave. The figure of a basis is physical less one of the two, zone by zone, and always exact."""

    def __init__(self, warehouse: Warehouse, basis: BasisWord) -> None:
        self.warehouse = warehouse
        self.basis = basis
        self.zones = tuple(zone.name for zone in warehouse.zones)
        self._pickable = warehouse.pickable()
        #: whole units, or parts of one where somebody counts so
        self.physical: defaultdict[tuple[str, str], Any] = defaultdict(int)
        self.reserved: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.charged: defaultdict[tuple[str, str], int] = defaultdict(int)

    def figure(self, item: str) -> dict[str, float]:
        """Units by zone, all zones, on this twin's basis."""
        less: Mapping[tuple[str, str], int] = {}
        if self.basis == "less_reserved":
            less = self.reserved
        elif self.basis == "less_accepted":
            less = self.charged
        return {zone: self.physical.get((item, zone), 0) - less.get((item, zone), 0) for zone in self.zones}

    def items(self) -> list[str]:
        """Item codes that have or had stock or demand here, sorted."""
        return sorted({item for item, _ in (*self.physical, *self.charged)})

    def charge(self, wants: Mapping[str, int]) -> Spots:
        """Demand of an accepted order, spread over the pickable zones in order; what is not there burdens the first."""
        spots: Spots = {}
        for item, units in wants.items():
            left = units
            for zone in self._pickable:
                free = max(0, self.physical.get((item, zone), 0) - self.charged.get((item, zone), 0))
                left -= _put(spots, (item, zone), min(free, left))
            _put(spots, (item, self._pickable[0]), left)
        self._add(self.charged, spots, 1)
        return spots

    def reserve(self, wants: Mapping[str, int]) -> Spots | None:
        """Set all of it aside, or nothing (None) when the pickable zones do not hold it free."""
        spots: Spots = {}
        for item, units in wants.items():
            left = units
            for zone in self._pickable:
                left -= _put(spots, (item, zone), min(self._free(item, zone), left))
            if left:
                return None
        self._add(self.reserved, spots, 1)
        return spots

    def where_to_take(self, wants: Mapping[str, int], own: Spots) -> Spots | None:
        """Where units for an order can be taken from: what is set aside for it first, then what is free; None: not there."""
        spots: Spots = {}
        for item, units in wants.items():
            left = units
            for zone in self._pickable:
                mine = min(own.get((item, zone), 0), self.physical.get((item, zone), 0))
                left -= _put(spots, (item, zone), min(mine, left))
            for zone in self._pickable:
                left -= _put(spots, (item, zone), min(self._free(item, zone), left))
            if left:
                return None
        return spots

    def take(self, spots: Spots) -> None:
        """Units leave the shelf."""
        self._add(self.physical, spots, -1)

    def release(self, kind: str, own: Spots, wants: Mapping[str, int], near: Iterable[tuple[str, str]] = ()) -> None:
        """``wants`` units of an order's reservation or charge end, those at ``near`` first. ``own`` shrinks with it."""
        table = self.reserved if kind == "reserved" else self.charged
        for item, units in wants.items():
            left = units
            for spot in (*[spot for spot in near if spot[0] == item], *[spot for spot in own if spot[0] == item]):
                give = min(own.get(spot, 0), left)
                if give:
                    own[spot] -= give
                    table[spot] -= give
                    left -= give

    def change(self, item: str, zone: str, delta: float) -> None:
        """Units are received, found, lost or moved. Never below nothing."""
        if self.physical[item, zone] + delta < 0:
            raise ValueError(f"{self.warehouse.code}/{zone} holds {self.physical[item, zone]} of {item}, not {-delta}.")
        self.physical[item, zone] += delta

    def _free(self, item: str, zone: str) -> int:
        whole: int = floor(self.physical.get((item, zone), 0))
        return max(0, whole - self.reserved.get((item, zone), 0))

    @staticmethod
    def _add(table: defaultdict[tuple[str, str], int], spots: Spots, sign: int) -> None:
        for spot, units in spots.items():
            table[spot] += sign * units


def _put(spots: Spots, spot: tuple[str, str], units: int) -> int:
    if units:
        spots[spot] = spots.get(spot, 0) + units
    return units
