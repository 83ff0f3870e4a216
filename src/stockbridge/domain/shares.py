"""Stock that feeds several locations: who may offer how much of it, so that nothing is sold twice.

Each location has an allotment of what is free (figure − claims); together they are never more than that. A sale at a location
moves units of its own allotment from *shown* to *waiting* (sold there, asked of no warehouse yet), and asking a warehouse takes
them off the allotment and off what is free alike: so the others' numbers do not move. What a location may still *hold* is what
it was last seen to show and to have waiting; nobody else is given that before it was seen to be gone.

Source: DESIGN 'What available means' (a pool that feeds several locations), docs/decisions/0008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: A cell of a shop: (shop, location, inventory item).
Cell = tuple[str, str, str]
#: So long a split stands before the parts are made anew.
SPLIT_STANDS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One location's part of a pool. Units: whole sellable units.

    ``allotted``: what it may offer and has waiting; None: never decided. ``held``: the most that it may show and have waiting
    this moment; None: never looked at. ``waiting``: units sold there that no warehouse was asked for."""

    cell: Cell
    share_bp: int
    allotted: int | None = None
    held: int | None = None
    waiting: int = 0
    split_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What became of the parts of a pool when one location was looked at. ``usable``: what that location may show and have waiting
    now; ``look_at``: others that must be looked at, for their part has changed or there is room now for what they were given."""

    usable: int
    parts: tuple[Part, ...]
    look_at: tuple[Cell, ...]


def turn(
    free: int, parts: Sequence[Part], n: int, *, seen: int, most: int | None, waiting: int, writes: bool, now: datetime
) -> Turn:
    """Part ``n`` was looked at: ``seen`` units of the pool it was seen to show and have waiting, ``waiting`` of them the latter; ``most``:
    what it may hold, when a write whose answer was lost may still land; ``writes``: it will be brought to what it may use.

    It is not raised as long as one may land: that one could land and be sold out between our look and our write, which would then find
    the number it compares with."""
    may_raise, most = most is None, seen if most is None else max(seen, most)
    before = parts[n].held
    known = [*parts[:n], replace(parts[n], held=most, waiting=waiting), *parts[n + 1 :]]
    anew, given = to_split(known, now=now), split(free, known, now=now)
    usable = within(seen, given[n], free, [*known[:n], *known[n + 1 :]]) if may_raise else min(seen, given[n])
    after = [
        replace(part, allotted=units, split_at=now if anew else part.split_at) for part, units in zip(known, given, strict=True)
    ]
    if writes:
        after[n] = replace(after[n], held=max(most, usable))
    loosened = before is None or most < before
    look_at = [
        part.cell
        for k, (part, units) in enumerate(zip(known, given, strict=True))
        if k != n and (units != part.allotted or (loosened and units > (part.held or 0)))
    ]
    return Turn(usable=usable, parts=tuple(after), look_at=tuple(look_at))


def borne(
    units: int, waiting: int, *, alone: Sequence[int], last_held: Sequence[int | None], added_up: bool
) -> list[tuple[int, int]]:
    """Of the ``units`` that a location shows and has waiting, and of those that wait: how many each shared source bears.

    ``alone``: what the sources that it shares with nobody can bear, which goes first; ``last_held``: what each shared one was last
    seen to bear; the last one bears the rest. What is not added up may be asked of any of them: each bears all of it."""
    if not added_up:
        most = max(alone, default=0)
        return [(units if units > most else 0, waiting if waiting > most else 0) for _ in last_held]
    have = sum(max(0, each) for each in alone)
    left, waits = max(0, units - have), max(0, waiting - have)
    found = []
    for k, held in enumerate(last_held):
        last = k == len(last_held) - 1
        bears = left if last or held is None else min(left, max(0, held))
        found.append((bears, min(waits, bears)))
        left, waits = left - bears, waits - found[-1][1]
    return found


def weights(parts: Sequence[Part]) -> list[int]:
    """The shares as declared; where nobody declared any, alike."""
    return [part.share_bp for part in parts] if any(part.share_bp for part in parts) else [1] * len(parts)


def ideal(free: int, parts: Sequence[Part]) -> list[int]:
    """What each would be given if it were split now: first what waits, then the rest by shares. Sums up to ``free``."""
    waiting = sum(part.waiting for part in parts)
    if free < waiting:
        return _owed(free, parts)
    given = _by_weight(free - waiting, weights(parts))
    return [part.waiting + units for part, units in zip(parts, given, strict=True)]


def _owed(free: int, parts: Sequence[Part]) -> list[int]:
    """Less than is sold already: who has sold gets it, in order; a negative rest is borne by those with most of it to bear, first."""
    left, given = max(0, free), []
    for part in parts:
        units = min(left, part.waiting)
        given.append(units)
        left -= units
    if free < 0:
        bearer = max(range(len(parts)), key=lambda n: (parts[n].waiting, -n))
        given[bearer] += free
    return given


def _by_weight(units: int, shares: Sequence[int]) -> list[int]:
    """Whole units by shares; what rounding leaves goes to the largest remainders, the first of equal ones first."""
    whole = sum(shares)
    given = [units * share // whole for share in shares]
    order = sorted(range(len(shares)), key=lambda n: (-(units * shares[n] % whole), n))
    for n in order[: units - sum(given)]:
        given[n] += 1
    return given


def to_split(parts: Sequence[Part], *, now: datetime) -> bool:
    """Are the parts to be made anew? When one is new, when the split is old, or when one has nothing left to offer."""
    if any(part.allotted is None or part.split_at is None or part.split_at + SPLIT_STANDS <= now for part in parts):
        return True
    return any(_dry(part, n, parts) for n, part in enumerate(parts))


def split(free: int, parts: Sequence[Part], *, now: datetime) -> list[int]:
    """What each is allotted from now on; sums up to ``free``. As before where that will do; otherwise made anew."""
    aim = ideal(free, parts)
    if to_split(parts, now=now):
        return aim
    allotted = [part.allotted or 0 for part in parts]
    gap = free - sum(allotted)
    sign = 1 if gap > 0 else -1
    room = [max(0, sign * (goal - have)) for goal, have in zip(aim, allotted, strict=True)]
    for n in sorted(range(len(parts)), key=lambda n: (-room[n], n)):
        moved = min(room[n], abs(gap))
        allotted[n] += sign * moved
        gap -= sign * moved
    return allotted


def _dry(part: Part, n: int, parts: Sequence[Part]) -> bool:
    """Has it a share and nothing left to offer, or, with or without one, less than it owes? Somebody else then has more than there is."""
    left = (part.allotted or 0) - part.waiting
    return left < 0 or (left == 0 and weights(parts)[n] > 0)


def within(seen: int, allotted: int, free: int, others: Sequence[Part]) -> int:
    """How much of its allotment a location that shows and has waiting ``seen`` units may use this moment: a raise waits until the
    others were seen to hold no more than leaves room for it. Somebody who was never looked at may hold anything.

    What it may itself still hold is no room: it is only a bound, and the bounds of all may be more than there is."""
    if allotted <= seen:
        return allotted
    if any(other.held is None for other in others):
        return seen
    room = free - sum(other.held or 0 for other in others)
    return max(seen, min(allotted, room))
