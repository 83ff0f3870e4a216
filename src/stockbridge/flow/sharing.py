"""Stock that feeds several locations, while some levels are looked at: everybody's part is locked, decided anew where it must
be, and written with the look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from stockbridge.db import mapping as mappings
from stockbridge.domain.availability import Pool, free_of
from stockbridge.domain.shares import Cell, Part, borne, turn
from stockbridge.domain.stock import SourceStock
from stockbridge.flow.facts import Facts, Fed


def shared_pools(facts: Facts, cells: list[tuple[str, str]]) -> dict[Pool, list[Cell]]:
    """The pools that these cells of a shop have in common with others, with all cells that draw on each."""
    found: dict[Pool, list[Cell]] = {}
    for cell in cells:
        for fed in facts.feeding(cell):
            if facts.pools[fed.pool].of_one:
                continue
            parts = facts.atlas.sharing(fed.pool, fed.source.zones, facts.pools[fed.pool])
            if len(parts) > 1:
                known = found.setdefault(fed.pool, [])
                known.extend(part.cell for part in parts if part.cell not in known)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a cell draws on. ``seen``: units that it shows or has waiting, ``most``: that it may, while a write may still land;
    ``waiting``: those that wait alone; ``steady``: nothing of that is changing this moment; ``added_up``: the offers of its sources are; ``writes``: it can be brought to what it may use."""

    cell: Cell
    feeding: list[Fed]
    stocks: list[SourceStock]
    seen: int
    most: int | None
    waiting: int
    steady: bool
    added_up: bool
    writes: bool


def cuts_of(want: Want, facts: Facts) -> dict[int, list[Part]]:
    """Of which of its sources a cell has only a part, and with whom it shares each."""
    cuts = {n: facts.atlas.sharing(fed.pool, fed.source.zones, facts.pools[fed.pool]) for n, fed in enumerate(want.feeding)}
    return {n: cut for n, cut in cuts.items() if len(cut) > 1}


def bearing_of(
    want: Want, cuts: Mapping[int, object], last_held: Sequence[int | None]
) -> dict[int, tuple[int, int | None, int]]:
    """What each shared source of a cell bears of what it is seen to hold, of what it may hold, and of what waits."""
    alone = [stock.offer for n, stock in enumerate(want.stocks) if n not in cuts]
    seen = borne(want.seen, want.waiting, alone=alone, last_held=last_held, added_up=want.added_up)
    if want.most is None:
        return {n: (one, None, waits) for n, (one, waits) in zip(cuts, seen, strict=True)}
    most = borne(want.most, want.waiting, alone=alone, last_held=last_held, added_up=want.added_up)
    return {n: (one, other, waits) for n, (one, waits), (other, _) in zip(cuts, seen, most, strict=True)}


@dataclass(slots=True, kw_only=True)
class Sharing:
    """The parts of all pools that are shared, as they stand. ``touched``: cells that must be looked at because of a change."""

    parts: dict[tuple[Pool, Cell], Part] = field(default_factory=dict)
    changed: set[tuple[Pool, Cell]] = field(default_factory=set)
    touched: set[Cell] = field(default_factory=set)

    @classmethod
    def of(cls, conn: Connection, *, account: str, pools: Mapping[Pool, list[Cell]]) -> Sharing:
        """The parts of these pools, locked until the transaction ends; new ones are to be looked at."""
        if not pools:
            return cls()
        parts = mappings.parts(conn, account=account, wanted=dict(pools))
        return cls(parts=parts, touched={cell for (_, cell), part in parts.items() if part.held is None})

    def use(self, want: Want, facts: Facts) -> list[int | None]:
        """How much of what is free at each source a cell may use now; None where it shares with nobody."""
        cuts = cuts_of(want, facts)
        known = {n: self.parts.get((want.feeding[n].pool, want.cell)) for n in cuts}
        last = {n: part.held if part else None for n, part in known.items()}
        bearing = bearing_of(want, cuts, list(last.values()))
        usable: list[int | None] = [None] * len(want.feeding)
        for n, (seen, most, waiting) in bearing.items():
            least = None if want.steady else last[n] or 0
            mine = replace(want, seen=seen, most=most if least is None else max(most or 0, least), waiting=waiting)
            usable[n] = self._one(want.feeding[n], cuts[n], facts, mine)
        return usable

    def _one(self, fed: Fed, cut: list[Part], facts: Facts, want: Want) -> int:
        parts = [replace(self.parts.get((fed.pool, part.cell), part), share_bp=part.share_bp) for part in cut]
        n = next(n for n, part in enumerate(parts) if part.cell == want.cell)
        free = free_of(fed.source, fed.pool, facts.pools[fed.pool], facts.atlas)
        found = {"seen": want.seen, "most": want.most, "waiting": want.waiting, "writes": want.writes}
        done = turn(free, parts, n, **found, now=facts.atlas.now)  # type: ignore[arg-type]
        self.touched.update(done.look_at)
        for part in done.parts:
            self._keep(fed.pool, part)
        return done.usable

    def _keep(self, pool: Pool, part: Part) -> None:
        key = (pool, part.cell)
        known = self.parts.get(key)
        if known is None or replace(part, share_bp=0) != replace(known, share_bp=0):
            self.parts[key] = part
            self.changed.add(key)

    def save(self, conn: Connection, *, account: str) -> None:
        """Write what was decided."""
        changed = [(pool, self.parts[pool, cell]) for pool, cell in sorted(self.changed)]
        mappings.save_parts(conn, account=account, changed=changed)
