"""Differences that a sweep finds: what they come from, as far as facts tell, and when there are so many that a person decides.

What a sweep compares with is the number that may be offered, buffers taken off and everything in flight explained
(DESIGN 'What available means'); never the raw count. A share is taken of what there is; where there is nothing there is no
share, and that is said as such (traps X-14, X-26).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stockbridge.domain.values import Amount

#: Fewer changes than this are never braked.
MANY_LEVELS = 25
#: More than this part of the levels, in basis points, waits for a person …
LEVELS_BP = 1_000
#: … and so does more than this part of the units.
UNITS_BP = 2_500
#: A change this young may still be told by a message that is on its way: it is no drift.
ON_ITS_WAY = timedelta(minutes=1)


class Cause(StrEnum):
    """What a difference comes from. ``UNBACKED`` and ``UNCOUNTED`` are offered in the shop with nothing known behind them."""

    INTERNAL_MOVE = "internal_move"
    COUNT = "count"
    LOST_MESSAGE = "lost_message"
    RETURN = "return"
    EDI = "edi"
    FOREIGN_WRITER = "foreign_writer"
    MAPPING = "mapping"
    UNBACKED = "unbacked"
    UNCOUNTED = "uncounted"
    UNKNOWN = "unknown"


#: Kinds of connection whose figures come in files, beside any flow of orders.
IMPORTS = frozenset({"edi", "sheet"})


def figure_cause(*, before: Mapping[str, Amount] | None, after: Mapping[str, Amount], tells: bool, kind: str = "") -> Cause:
    """Why a figure that we asked for is not the one we knew. ``tells``: the warehouse sends a message for each change, so one was
    lost; of the others only the difference is known. ``kind``: of the connection."""
    if kind in IMPORTS:
        return Cause.EDI
    if before is not None and sum(before.values()) == sum(after.values()):
        return Cause.INTERNAL_MOVE
    return Cause.LOST_MESSAGE if tells else Cause.COUNT


def is_news(*, occurred_at: datetime, asked_at: datetime, tells: bool) -> bool:
    """Would we not have heard of it but for asking? What has just happened is told by a message in a moment."""
    return not tells or asked_at - occurred_at >= ON_ITS_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the last look at a level found, in units: what the shop showed and held (committed and reserved), and our number."""

    shown: int | None
    held: int
    desired: int | None


def level_cause(before: Before, *, shown: int, held: int, desired: int, returned: int) -> Cause:
    """Why the shop shows another number than it should, when no figure tells. ``returned``: units of the item that came back by
    orders that changed since the last look.

    Only the shop's number moved: somebody else wrote it, or goods were put back there. Only ours moved: what moved it was
    never told to us in time. Units that an order took move both alike."""
    if before.shown is None or before.desired is None:
        return Cause.UNKNOWN
    theirs, ours = shown - before.shown, desired - before.desired
    if theirs == ours:
        return Cause.UNKNOWN
    if theirs and ours:  # what orders took or gave back moves both by as much
        theirs, ours = theirs + held - before.held, ours + held - before.held
    if theirs and not ours:
        return Cause.RETURN if 0 < theirs <= returned else Cause.FOREIGN_WRITER
    return Cause.LOST_MESSAGE if ours and not theirs else Cause.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a change would do. ``levels`` and ``units``: all that are compared, as the shop shows them now; ``changed``: levels that
    would be written; ``moved``: units by which they differ; ``emptied``: of these levels, those that would show none; ``filled``:
    those that show none now."""

    levels: int = 0
    units: int = 0
    changed: int = 0
    moved: int = 0
    emptied: int = 0
    filled: int = 0

    def plus(self, changes: Iterable[tuple[int, int]]) -> Tally:
        """With these (now, then) besides; levels that stay as they are among them."""
        pairs = list(changes)
        changed = [(now, then) for now, then in pairs if now != then]
        return Tally(
            levels=self.levels + len(pairs),
            units=self.units + sum(abs(now) for now, _ in pairs),
            changed=self.changed + len(changed),
            moved=self.moved + sum(abs(then - now) for now, then in changed),
            emptied=self.emptied + sum(then <= 0 < now for now, then in changed),
            filled=self.filled + sum(now <= 0 < then for now, then in changed),
        )


def braked(tally: Tally) -> str:
    """Why a change waits for a person, in one sentence; empty when it does not.

    changed ≥ 25 levels, and changed > 10 % of the levels or moved > 25 % of the units. Where the shop shows no units at all
    there is no percentage: any change of so many levels waits."""
    if tally.changed < MANY_LEVELS:
        return ""
    if not tally.units:
        return f"it would put {tally.changed} numbers on offer in a shop that shows nothing at all"
    much = []
    if tally.changed * 10_000 > tally.levels * LEVELS_BP:
        much.append(f"{tally.changed} of {tally.levels} numbers ({_percent(tally.changed, tally.levels)})")
    if tally.moved * 10_000 > tally.units * UNITS_BP:
        much.append(f"{tally.moved} units where the shop shows {tally.units} ({_percent(tally.moved, tally.units)})")
    if not much:
        return ""
    empty = f", and set {tally.emptied} to zero" if tally.emptied else ""
    return f"it would change {' and '.join(much)}{empty}"


def _percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %" if whole else "there was none before"
