"""What a location may offer, and why.

    rest        = figure in the counted zones − claims
                  (of places that feed several locations: what this location was allotted of it, domain/shares.py)
    offer       = min(rest, max(0, rest − keep))
    publishable = max(0, combine(offers) − spent − unplaced − keep at the location)
    unplaced    = max(0, committed + reserved in the channel − open units that are claimed here)
    combine     = the sum, or the largest or smallest single source

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


_NO_KEEP = Keep()


class Combine(StrEnum):
    """How the offers of several sources make one number.

    LARGEST and SMALLEST are for goods that one source must ship alone (drop-ship): suppliers are never added up (trap X-20)."""

    SUM = "sum"
    LARGEST = "largest"
    SMALLEST = "smallest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStock:
    """One source of a location: what it reports for the zones that count, and what is claimed of it.

    ``counted`` is None when the warehouse has never reported the item: nothing is known, and nothing is offered. ``allotted``: this
    location's part of what is free, when the same places feed others too; ``asked_here``: units claimed for this location alone.
    ``rounded``: parts of a unit that it reports beyond ``counted``. ``zones``, ``left_out`` and ``rounded`` are for people."""

    name: str
    counted: int | None
    claimed: int
    keep: Keep = field(default_factory=Keep)
    zones: str = ""
    left_out: str = ""
    as_of: str = ""
    allotted: int | None = None
    asked_here: int = 0
    rounded: str = ""

    @property
    def on_hand(self) -> int:
        """What a share that is held back is a share of: what lies there, or of it this location's part with what was asked for it, so
        that asking a warehouse changes nothing."""
        return (self.counted or 0) if self.allotted is None else max(0, self.allotted + self.asked_here)

    @property
    def free(self) -> int:
        """Figure less claims: what is really free there, for all locations that it feeds. May be negative (a finding)."""
        return (self.counted or 0) - self.claimed

    @property
    def rest(self) -> int:
        """What of that is this location's."""
        return self.free if self.allotted is None else self.allotted

    @property
    def kept(self) -> int:
        """Units of it that are not for sale."""
        return self.keep.of(self.on_hand)

    @property
    def offer(self) -> int:
        """Free units less the buffer. A negative rest stays negative: it is owed by the other sources of the location."""
        return min(self.rest, max(0, self.rest - self.kept))


class Term(StrEnum):
    """What a line of a derivation stands for in the formula above. ``SHORT``: what is promised beyond what is there. ``OTHER``: a
    source beside the one that counts; its line is no part of the sum."""

    FIGURE = "figure"
    CLAIM = "claim"
    SHARE = "share"
    OTHER = "other"
    SPENT = "spent"
    UNPLACED = "unplaced"
    KEEP = "keep"
    SHORT = "short"
    PUBLISHABLE = "publishable"


#: Why units are held back from sale, in two or three words.
HELD_BACK: Mapping[Term, str] = {
    Term.SHARE: "other locations",
    Term.UNPLACED: "waiting orders",
    Term.SPENT: "left unseen by the warehouse",
    Term.KEEP: "buffer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a derivation. ``sign``: '+', '−', '=', or '·' for a line that is no part of the sum."""

    term: Term
    label: str
    units: int
    sign: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """The number and how it came about, for people: read top to bottom it is the sum. ``single``: the most that one source alone
    could ship of it (trap X-17: shown beside a sum of several)."""

    result: int
    steps: tuple[Step, ...]
    findings: tuple[str, ...] = ()
    single: int | None = None


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
    keep: Keep = _NO_KEEP,
    combine: Combine = Combine.SUM,
    findings: Sequence[str] = (),
    whose: str = "",
) -> Derivation:
    """What a location may offer of an item, with its derivation. Never negative.

    A source that was never counted adds nothing and is named among the findings. ``keep`` is held back after combining. ``spent`` below
    0: units added in the shop that no figure has yet; ``whose``: the orders of those units, in words; ``findings``: more to say."""
    steps, total, on_hand = _combined(sources, combine)
    kept = keep.of(on_hand)
    steps.extend(_steps_of_location(spent=spent, unplaced=unplaced, keep=kept, whose=whose))
    said = [finding for source in sources for finding in _findings(source)]
    raw = total - spent - unplaced - kept
    if raw < 0:
        steps, short = _give_way(steps, -raw)
        if short:
            said.append(f"{short} more promised than there is: nothing is offered.")
            label, why = "promised beyond what is there", "never less than zero is offered"
            steps.append(Step(term=Term.SHORT, label=label, units=short, sign="+", why=why))
    result = max(0, raw)
    steps.append(Step(term=Term.PUBLISHABLE, label="may be sold", units=result, sign="=", why=""))
    single = max((source.offer for source in sources if source.counted is not None), default=0)
    return Derivation(result=result, steps=tuple(steps), findings=(*said, *findings), single=max(0, min(single, result)))


def _findings(source: SourceStock) -> list[str]:
    if source.counted is None:
        return [f"{source.name} has never reported this item, so nothing is offered from it."]
    return [f"{source.name} reports a negative count ({source.counted})."] if source.counted < 0 else []


def _combined(sources: Sequence[SourceStock], combine: Combine) -> tuple[list[Step], int, int]:
    """The lines of all sources, what they offer together, and the units on hand that this rests on."""
    if combine is Combine.SUM:
        steps = [step for source in sources for step in _steps_of(source)]
        return steps, sum(source.offer for source in sources), sum(source.on_hand for source in sources)
    carrying = [source for source in sources if source.counted is not None]
    if not carrying:
        return [], 0, 0
    pick = max if combine is Combine.LARGEST else min
    chosen = pick(carrying, key=lambda source: source.offer)
    why = f"not added up: only the {combine.value} single source counts here"
    others = [
        Step(term=Term.OTHER, label=f"{source.name} could offer", units=max(0, source.offer), sign="·", why=why)
        for source in carrying
        if source is not chosen
    ]
    return [*_steps_of(chosen), *others], chosen.offer, chosen.on_hand


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


def _steps_of_location(*, spent: int, unplaced: int, keep: int, whose: str = "") -> list[Step]:
    gone = "sold or shipped here by somebody else; the warehouse has not been told" + (f": {whose}" if whose else "")
    came = "changed by hand; the warehouse is being told" + (f": {whose}" if whose else "")
    held = "the shop holds these units for orders that no warehouse was asked for"
    steps = (
        Step(term=Term.SPENT, label="left without a warehouse knowing", units=max(0, spent), sign="−", why=gone),
        Step(term=Term.SPENT, label="added in the shop", units=max(0, -spent), sign="+", why=came),
        Step(term=Term.UNPLACED, label="in orders not yet at a warehouse", units=unplaced, sign="−", why=held),
        Step(term=Term.KEEP, label="kept back at this location", units=keep, sign="−", why="buffer of the location"),
    )
    return [step for step in steps if step.units]


def _steps_of(source: SourceStock) -> list[Step]:
    when = f" at {source.as_of}" if source.as_of else ""
    left_out = f"; not counted: {source.left_out}" if source.left_out else ""
    rounded = f"; {source.rounded} left over by rounding" if source.rounded else ""
    why = f"reported for {source.zones or 'no zone'}{when}{left_out}{rounded}"
    steps = [Step(term=Term.FIGURE, label=f"{source.name} has", units=source.counted or 0, sign="+", why=why)]
    if source.claimed:
        why = "orders sent or being sent there that its figure does not show yet"
        steps.append(Step(term=Term.CLAIM, label="asked of it and not in that figure", units=source.claimed, sign="−", why=why))
    if elsewhere := source.free - source.rest:
        why = "the same stock feeds several locations; each has its part, so that nothing is sold twice"
        steps.append(Step(term=Term.SHARE, label="for the other locations it feeds", units=elsewhere, sign="−", why=why))
    held = source.rest - source.offer
    if held:
        steps.append(Step(term=Term.KEEP, label="kept back", units=held, sign="−", why=f"buffer of {source.name}"))
    return steps
