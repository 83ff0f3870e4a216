"""Which warehouse ships what: candidates in order of preference, the first that has everything wins.

Needs are summed per item before they are compared with stock, so two lines of one item cannot both take the last unit (trap X-06).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stockbridge.domain.catalog import Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Units of one order line that some location should ship."""

    line_id: str
    inventory_item_id: str
    units: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A warehouse that feeds a location. ``priority``: smaller is asked first. ``section``: which of its places, when they are parted
    between locations. ``serves``: countries that its goods may go to; none: everywhere."""

    connection: str
    warehouse: str
    location_id: str
    priority: int
    title: str = ""
    section: str = ""
    serves: frozenset[str] = frozenset()

    def pool(self, item_code: str) -> tuple[str, str, str]:
        """Where its stock of an item stands in ``Free``."""
        return self.connection, f"{self.warehouse}\t{self.section}" if self.section else self.warehouse, item_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Our decision: this warehouse ships these lines. ``codes``: item code by order line."""

    candidate: Candidate
    needs: tuple[Need, ...]
    codes: Mapping[str, str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWarehouse:
    """No warehouse can ship all lines: what each lacked, one sentence each."""

    lacked: tuple[str, ...]


#: What is free in each pool (``Candidate.pool``), in units; a pool that is not in it was never counted.
Free = Mapping[tuple[str, str, str], int]
#: Of that, what other locations show and have waiting: by the candidate's location and pool.
Elsewhere = Mapping[tuple[str, tuple[str, str, str]], int]


def assign(
    *,
    needs: Sequence[Need],
    candidates: Sequence[Candidate],
    codes: Codes,
    free: Free,
    prefer_location: str | None,
    country: str = "",
    elsewhere: Elsewhere | None = None,
) -> Assignment | NoWarehouse:
    """The first candidate that has every line in stock and may ship to the ``country``. The channel's own choice of location is asked first, then by
    priority, then by name: the same facts always give the same answer. Units that other locations offer (``elsewhere``) are taken only
    when nobody has everything without them: an order that is there goes before one that may come."""
    of = {"needs": needs, "candidates": candidates, "codes": codes, "prefer_location": prefer_location, "country": country}
    if elsewhere:
        answer = _first(**of, free=lambda c, code: _own(c, code, free, elsewhere))  # type: ignore[arg-type]
        if isinstance(answer, Assignment):
            return answer
    return _first(**of, free=lambda c, code: free.get(c.pool(code)))  # type: ignore[arg-type]


def _own(candidate: Candidate, code: str, free: Free, elsewhere: Elsewhere) -> int | None:
    pool = candidate.pool(code)
    has = free.get(pool)
    return None if has is None else has - elsewhere.get((candidate.location_id, pool), 0)


def _first(
    *,
    needs: Sequence[Need],
    candidates: Sequence[Candidate],
    codes: Codes,
    free: Callable[[Candidate, str], int | None],
    prefer_location: str | None,
    country: str,
) -> Assignment | NoWarehouse:
    ordered = sorted(
        candidates, key=lambda c: (c.location_id != prefer_location, c.priority, c.warehouse, c.connection, c.location_id)
    )
    lacked: list[str] = []
    for candidate in ordered:
        if candidate.serves and country not in candidate.serves:
            lacked.append(f"{candidate.title or candidate.warehouse} does not ship to {country or 'an unknown country'}")
            continue
        found = _codes_at(candidate, needs, codes)
        missing = _missing(candidate, needs, found, free)
        if not missing:
            why = (
                "the shop chose this location and it has everything"
                if candidate.location_id == prefer_location
                else "the first warehouse in the list that has everything"
            )
            if lacked:
                why += "; " + "; ".join(lacked)
            return Assignment(candidate=candidate, needs=tuple(needs), codes=found, why=why)
        lacked.append(f"{candidate.title or candidate.warehouse} lacks {', '.join(missing)}")
    return NoWarehouse(lacked=tuple(lacked) or ("no warehouse feeds any location of this shop",))


def _codes_at(candidate: Candidate, needs: Sequence[Need], codes: Codes) -> dict[str, str]:
    found = {}
    for need in needs:
        code = codes.at(candidate.connection, candidate.warehouse, need.inventory_item_id)
        if code is not None:
            found[need.line_id] = code
    return found


def _missing(
    candidate: Candidate, needs: Sequence[Need], found: Mapping[str, str], free: Callable[[Candidate, str], int | None]
) -> list[str]:
    """What this warehouse lacks, in words; empty when it can ship everything."""
    wanted: Counter[str] = Counter()
    missing = []
    for need in needs:
        if need.line_id in found:
            wanted[found[need.line_id]] += need.units
        else:
            missing.append(f"an item code for {need.title or need.inventory_item_id}")
    for code, units in sorted(wanted.items()):
        has = free(candidate, code)
        if has is None:
            missing.append(f"a count of {code}")
        elif has < units:
            missing.append(f"{units - max(0, has)} of {units} {code}")
    return missing
