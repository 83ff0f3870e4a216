"""What a location may offer, and why.

    rest        = figure in the counted zones − claims
    offer       = min(rest, max(0, rest − keep))
    publishable = max(0, combine(offers) − spent − unplaced − keep at the location)
    unplaced    = max(0, committed + reserved in the channel − open units that are claimed here)

Source: DESIGN 'What available means'. Units: whole sellable units. Every number keeps its derivation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Units held back from sale: a number, or a share (basis points) of what is on hand, whichever is more. Rounded up."""

    units: int = 0
    percent_bp: int = 0

    def of(self, on_hand: int) -> int:
        share = -(-max(0, on_hand) * self.percent_bp // 10_000)
        return max(self.units, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStock:
    """One source of a location: what it reports for the zones that count, and what is claimed of it.

    ``counted`` is None when the warehouse has never reported the item: nothing is known, and nothing is offered."""

    name: str
    counted: int | None
    claimed: int
    keep: Keep = field(default_factory=Keep)
    zones: tuple[str, ...] = ()
    as_of: str = ""

    @property
    def rest(self) -> int:
        """Figure less claims: what is really free there. May be negative (a finding)."""
        return (self.counted or 0) - self.claimed

    @property
    def kept(self) -> int:
        return self.keep.of(self.counted or 0)

    @property
    def offer(self) -> int:
        """Free units less the buffer. A negative rest stays negative: it is owed by the other sources of the location."""
        return min(self.rest, max(0, self.rest - self.kept))


class Term(StrEnum):
    """What a line of a derivation stands for in the formula above. ``SHORT``: what is promised beyond what is there."""

    FIGURE = "figure"
    CLAIM = "claim"
    SPENT = "spent"
    UNPLACED = "unplaced"
    KEEP = "keep"
    SHORT = "short"
    PUBLISHABLE = "publishable"


#: Why units are held back from sale, in two or three words.
HELD_BACK: Mapping[Term, str] = {
    Term.UNPLACED: "waiting orders",
    Term.SPENT: "left unseen by the warehouse",
    Term.KEEP: "buffer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a derivation. ``sign``: '+', '−' or '='."""

    term: Term
    label: str
    units: int
    sign: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """The number and how it came about, for people: read top to bottom it is the sum."""

    result: int
    steps: tuple[Step, ...]
    findings: tuple[str, ...] = ()


def unplaced_units(*, committed: int, reserved: int, open_claimed: int) -> int:
    """Units the channel holds for orders that no warehouse has been asked for yet."""
    return max(0, committed + reserved - open_claimed)


def cautious(*, available: int, number: int, doubted: int) -> int:
    """What to write where a level now shows ``available``: a lowering goes out at once; a raise only as far as it does not
    rest on doubtful units (docs/decisions/0006). ``doubted`` is the number with the open units of orders left out whose change
    we have heard of and not read; it is never above ``number``. ``available`` itself: nothing to write yet."""
    return number if number < available else max(available, min(number, doubted))


def publishable(
    *,
    sources: Sequence[SourceStock],
    unplaced: int,
    spent: int = 0,
    keep: int = 0,
) -> Derivation:
    """What a location may offer of an item, with its derivation. Sources are added up.

    Never negative. A source that was never counted adds nothing and is named among the findings."""
    steps: list[Step] = []
    findings: list[str] = []
    total = 0
    for source in sources:
        total += source.offer if source.counted is not None else -source.claimed
        steps.extend(_steps_of(source))
        if source.counted is None:
            findings.append(f"{source.name} has never reported this item, so nothing is offered from it.")
        elif source.counted < 0:
            findings.append(f"{source.name} reports a negative count ({source.counted}).")
    steps.extend(_steps_of_location(spent=spent, unplaced=unplaced, keep=keep))
    raw = total - spent - unplaced - keep
    if raw < 0:
        steps, short = _give_way(steps, -raw)
        if short:
            findings.append(f"{short} more promised than there is: nothing is offered.")
            label, why = "promised beyond what is there", "never less than zero is offered"
            steps.append(Step(term=Term.SHORT, label=label, units=short, sign="+", why=why))
    result = max(0, raw)
    steps.append(Step(term=Term.PUBLISHABLE, label="may be sold", units=result, sign="=", why=""))
    return Derivation(result=result, steps=tuple(steps), findings=tuple(findings))


def _give_way(steps: Sequence[Step], lacking: int) -> tuple[list[Step], int]:
    """A buffer is kept from new sales, not from orders that are promised already: it is the first to go. Gives the steps with what
    is left of each buffer, and how many units are lacking even so."""
    left: list[Step] = []
    for step in reversed(steps):
        given = min(lacking, step.units) if step.term is Term.KEEP else 0
        lacking -= given
        if not given or given < step.units:
            left.append(replace(step, units=step.units - given))
    return left[::-1], lacking


def _steps_of_location(*, spent: int, unplaced: int, keep: int) -> list[Step]:
    gone = "sold or shipped here by somebody else; the warehouse has not been told"
    held = "the shop holds these units for orders that no warehouse was asked for"
    steps = (
        Step(term=Term.SPENT, label="left without a warehouse knowing", units=spent, sign="−", why=gone),
        Step(term=Term.UNPLACED, label="in orders not yet at a warehouse", units=unplaced, sign="−", why=held),
        Step(term=Term.KEEP, label="kept back at this location", units=keep, sign="−", why="buffer of the location"),
    )
    return [step for step in steps if step.units]


def _steps_of(source: SourceStock) -> list[Step]:
    zones = ", ".join(source.zones) or "no zone"
    steps = [
        Step(
            term=Term.FIGURE,
            label=f"{source.name} has",
            units=source.counted or 0,
            sign="+",
            why=f"reported for {zones}{' at ' + source.as_of if source.as_of else ''}",
        )
    ]
    if source.claimed:
        steps.append(
            Step(
                term=Term.CLAIM,
                label="asked of it and not in that figure",
                units=source.claimed,
                sign="−",
                why="orders sent or being sent there that its figure does not show yet",
            )
        )
    held = source.rest - source.offer
    if held:
        steps.append(Step(term=Term.KEEP, label="kept back", units=held, sign="−", why=f"buffer of {source.name}"))
    return steps
