"""The claim ledger: what a warehouse has been asked to ship and its figures do not show yet.

    claim(s, i) = units we asked s to ship, until s confirms their cancellation or a figure of s contains them

Source: DESIGN 'What available means'. Nothing that happens in the channel ends a claim. In doubt: not contained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stockbridge.domain.values import Amount, Basis
from stockbridge.domain.zones import zones_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """When something happened at a warehouse: its own sequence, and when word of it reached us."""

    sequence: int | None
    heard_at: datetime


def earliest(known: Mark | None, word: Mark) -> Mark:
    """The better of two words about one happening: whatever shows that it happened shows that it happened by then, so the
    lower sequence is nearer to the truth, and any sequence is better than none."""
    if known is None or (known.sequence is None and word.sequence is not None):
        return word
    if known.sequence is not None and word.sequence is not None and word.sequence < known.sequence:
        return word
    return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a warehouse reported of one item. ``asked_at``: when we asked, None when it came by itself."""

    zones: Mapping[str, Amount]
    basis: Basis
    occurred_at: datetime
    sequence: int | None = None
    asked_at: datetime | None = None

    def counted(self, zones: Iterable[str]) -> int:
        """Units in these zones and below them. May be negative: that is a finding, never a number to publish."""
        return zones_of(zones).counted(self.zones)

    def contains(self, mark: Mark | None) -> bool:
        """Does the figure include what happened at ``mark``? Without a common sequence only a figure that was asked for
        after word reached us does."""
        if mark is None:
            return False
        if self.sequence is not None and mark.sequence is not None:
            return mark.sequence <= self.sequence
        return self.asked_at is not None and self.asked_at > mark.heard_at

    def newer_than(self, other: Figure | None) -> bool:
        """May this figure replace ``other``? An older one never does; equal sequences tell the same story twice.

        Clocks have a coarse tick: of two different figures of one moment the one that was asked for later stands, else the
        lower one, so that the order in which they reach us decides nothing and no unit is offered on a coin's toss."""
        if other is None:
            return True
        if self.sequence is not None and other.sequence is not None:
            return self.sequence > other.sequence
        if self.occurred_at != other.occurred_at:
            return self.occurred_at > other.occurred_at
        return self._weight > other._weight

    @property
    def _weight(self) -> tuple[bool, float, Amount, list[tuple[str, Amount]]]:
        asked = self.asked_at.timestamp() if self.asked_at else 0.0
        return self.asked_at is not None, asked, -sum(self.zones.values()), sorted(self.zones.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Units of one order line asked of one warehouse. Units: whole sellable units.

    ``shipped``: each confirmed shipment of it. ``contained``: units a recorded figure is known to contain; never shrinks.
    """

    reference: str
    line_id: str
    item_code: str
    units: int
    cancelled: int = 0
    accepted: Mark | None = None
    reserved: Mark | None = None
    shipped: tuple[tuple[int, Mark], ...] = ()
    contained: int = 0

    @property
    def outstanding(self) -> int:
        """Units that must still be taken off the warehouse's figure."""
        return max(0, self.units - self.cancelled - self.contained)

    @property
    def shipped_units(self) -> int:
        return sum(units for units, _ in self.shipped)

    @property
    def unshipped(self) -> int:
        """Units the warehouse may still ship."""
        return max(0, self.units - self.cancelled - self.shipped_units)


def contained_units(claim: Claim, figure: Figure) -> int:
    """How many of the claim's units the figure already contains, by what its basis has taken off. Never less than before."""
    gone = sum(units for units, mark in claim.shipped if figure.contains(mark))
    if figure.basis is Basis.LESS_ACCEPTED and figure.contains(claim.accepted):
        gone = claim.units
    if figure.basis is Basis.LESS_RESERVED and figure.contains(claim.reserved):
        gone = claim.units
    return max(claim.contained, min(claim.units, gone))


def outstanding(claims: Iterable[Claim]) -> int:
    """claim(s, i): units to take off the figure of a pool, over every order and shop that uses it."""
    return sum(claim.outstanding for claim in claims)
