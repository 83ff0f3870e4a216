"""What was published and why, as it is kept and as it is told: pure functions over the entries of one level, in order of time.

A derivation is kept as words and figures: its words with every number and moment taken out, which thousands of levels share, and
the list of what was taken out. Nothing is lost: put together again it is what it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from stockbridge.domain.values import Amount

#: what stands for something that was taken out: within a text, a whole number, a whole text
_PART, _NUMBER, _TEXT = "\ue000", "\ue001", "\ue002"
_SIGNS = frozenset((_PART, _NUMBER, _TEXT))
_TAKEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?|\d+", re.ASCII)
#: texts that are another one for every item
_OF_THE_ITEM = frozenset({"item_code"})


class Answer(StrEnum):
    """What became of a number. ``AGREED``: the shop showed it already. ``KEPT_BACK``: it was not to be written, for a reason."""

    WRITTEN = "written"
    STALE = "stale"
    REFUSED = "refused"
    HELD = "held"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    SENDING = "sending"
    AGREED = "agreed"
    KEPT_BACK = "kept_back"


#: How an answer to one entry is kept where it is another than the answer to its batch.
OWN_ANSWERS: Mapping[int, Answer] = {1: Answer.STALE, 2: Answer.REFUSED, 3: Answer.HELD}
#: What the outcome of a batch says of its entries.
BATCH_ANSWERS: Mapping[str, Answer] = {
    "done": Answer.WRITTEN,
    "sending": Answer.SENDING,
    "unknown": Answer.UNKNOWN,
    "refused": Answer.NOT_SENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """Units of one order that were asked of a warehouse and that its figure did not show."""

    name: str
    units: int
    warehouse: str
    state: str
    shop: str = ""
    order_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One number of one level. ``shown``: what the shop had; ``offered``: what may be sold; ``wrote``: what was sent, if anything.
    ``derivation``: how it came about. ``orders``: what was in flight. ``key``: of the batch, as the shop's own log names it."""

    published_id: int
    at: datetime
    shown: int | None
    offered: int | None
    wrote: int | None
    committed: int
    reserved: int
    answer: Answer
    reason: str = ""
    key: str = ""
    derivation: Mapping[str, object] = field(default_factory=dict)
    orders: tuple[InFlight, ...] = ()

    @property
    def sources(self) -> tuple[Mapping[str, object], ...]:
        """What fed the level, as it was: warehouse, item code, zones counted and left out."""
        return tuple(_rows(self.derivation.get("sources")))

    @property
    def left_with(self) -> int | None:
        """What the shop showed afterwards, if that is certain."""
        if self.answer is Answer.WRITTEN and not self.derivation.get("by_difference"):
            return self.wrote
        return self.shown if self.answer in (Answer.AGREED, Answer.KEPT_BACK) else None


def answer_of(*, own: int | None, outcome: str | None, sent: bool, shown: int | None, offered: int | None) -> Answer:
    """What became of a number, from what is kept: its own answer if it has one, else that of its batch."""
    if own is not None:
        return OWN_ANSWERS.get(own, Answer.UNKNOWN)
    if not sent:
        return Answer.AGREED if shown == offered else Answer.KEPT_BACK
    return BATCH_ANSWERS.get(outcome or "done", Answer.UNKNOWN)


def outcome(entry: Entry) -> str:
    """What became of a number, as a sentence."""
    showed = "was not stocked there" if entry.shown is None else f"showed {entry.shown}"
    sent = f"The shop {showed}; we wrote {entry.wrote}"
    match entry.answer:
        case Answer.WRITTEN:
            return f"{sent}, and it took it."
        case Answer.STALE:
            return f"{sent}, but something was sold meanwhile: it was worked out anew."
        case Answer.REFUSED:
            return f"{sent}, and it refused: {entry.reason or 'it gave no reason'}."
        case Answer.HELD:
            return f"{sent}; another entry of the same batch held it up."
        case Answer.UNKNOWN:
            return f"{sent}, and the answer was lost: the next look read what it shows."
        case Answer.NOT_SENT:
            return f"{sent}, but the shop took nothing at that moment: it was tried again."
        case Answer.SENDING:
            return f"{sent}, and have not heard its answer."
        case Answer.AGREED:
            return f"The shop {showed} already: nothing was written."
    note = str(entry.derivation.get("note", ""))
    return f"The shop {showed}. Ours was not written{f': {note}' if note else ''}."


# -- words and figures -------------------------------------------------------------------------------------------------------


def take_out(document: object) -> tuple[str, list[int | str]]:
    """The words of a document (JSON), and the figures that were taken out of it, in order."""
    figures: list[int | str] = []
    return _taken(document, figures, item=False), figures


def _taken(value: object, figures: list[int | str], *, item: bool) -> str:
    """The words as JSON. It is put together piece by piece: that is a third of what it takes to copy the document and to encode that."""
    if isinstance(value, str):
        words, parts = (_A_TEXT, (value,)) if item else _parted(value)
        figures.extend(parts)
        return words
    if isinstance(value, dict):
        pairs = [f"{_json(str(key))}:{_taken(each, figures, item=key in _OF_THE_ITEM)}" for key, each in value.items()]
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join([_taken(each, figures, item=item) for each in value])}]"
    if isinstance(value, bool) or not isinstance(value, int):
        return _json(value)
    figures.append(value)
    return _A_NUMBER


@lru_cache(maxsize=16_384)
def _parted(text: str) -> tuple[str, tuple[int | str, ...]]:
    """A text without its numbers and moments as JSON, and these. Thousands of levels share the same texts."""
    if not _SIGNS.isdisjoint(text):
        return _A_TEXT, (text,)
    return _json(_TAKEN.sub(_PART, text)), tuple(_compact(each) for each in _TAKEN.findall(text))


@lru_cache(maxsize=4096, typed=True)
def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_A_NUMBER, _A_TEXT = _json(_NUMBER), _json(_TEXT)


def _compact(text: str) -> int | str:
    short = text.isdigit() and len(text) < 16 and (text == "0" or text[0] != "0")
    return int(text) if short else text


def put_back(words: str, figures: Sequence[int | str]) -> object:
    """The document that ``take_out`` took apart."""
    return _whole(json.loads(words), iter(figures))


def _whole(value: object, figures: Iterator[int | str]) -> object:
    if isinstance(value, dict):
        return {key: _whole(each, figures) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each, figures) for each in value]
    if not isinstance(value, str):
        return value
    if value in (_NUMBER, _TEXT):
        return next(figures)
    return "".join(str(next(figures)) if sign == _PART else sign for sign in value) if _PART in value else value


# -- what led to it ----------------------------------------------------------------------------------------------------------


def causes(before: Entry | None, after: Entry) -> tuple[str, ...]:
    """What was another than when the number was last worked out, a sentence each. Empty: nothing of what it is made of."""
    if before is None:
        return ("the first number that is kept for it",)
    return (
        *_figures_changed(before, after),
        *_orders_changed(before, after),
        *_held_changed(before, after),
        *_notes_changed(before, after),
    )


def _figures_changed(before: Entry, after: Entry) -> Iterator[str]:
    old, new = _sources(before), _sources(after)
    for name, source in new.items():
        known = old.get(name)
        counted, was = _counted(source), _counted(known) if known else None
        if known is None:
            yield f"{name} feeds it now"
        elif counted != was:
            yield f"{name} counted {_amount(was)} → {_amount(counted)}"
        elif _zone_names(source) != _zone_names(known):
            yield f"other zones of {name} count"
        if known and (known.get("keep_units"), known.get("keep_percent_bp")) != (
            source.get("keep_units"),
            source.get("keep_percent_bp"),
        ):
            yield f"the buffer of {name} was changed"
    yield from (f"{name} no longer feeds it" for name in old if name not in new)
    if before.derivation.get("mapping_version") != after.derivation.get("mapping_version"):
        yield "the mapping was changed"


def _orders_changed(before: Entry, after: Entry) -> Iterator[str]:
    old = {(o.order_id, o.name, o.warehouse): o.units for o in before.orders}
    new = {(o.order_id, o.name, o.warehouse): o.units for o in after.orders}
    for key, units in new.items():
        if units > old.get(key, 0):
            yield f"order {key[1]} took {units - old.get(key, 0)} at {key[2]}"
    for key, units in old.items():
        if units > new.get(key, 0):
            yield f"{units - new.get(key, 0)} of order {key[1]} are in {key[2]}'s count, or were cancelled"


def _held_changed(before: Entry, after: Entry) -> Iterator[str]:
    named = {"unplaced": "in orders not yet at a warehouse", "keep": "kept back"}
    for term, text in named.items():
        was, now = units_of(before, term), units_of(after, term)
        if was != now:
            yield f"{text}: {was} → {now}"
    for sign, text in (("−", "left without a warehouse knowing"), ("+", "added in the shop")):
        was, now = units_of(before, "spent", sign=sign), units_of(after, "spent", sign=sign)
        if was != now:
            yield f"{text}: {was} → {now}{_whose(after if now > was else before, sign)}"


def _whose(entry: Entry, sign: str) -> str:
    """The orders of units that left without a warehouse knowing, as its line names them."""
    for step in _rows(entry.derivation.get("steps")):
        _, colon, names = str(step.get("why", "")).partition(": ")
        if (step.get("term"), step.get("sign")) == ("spent", sign) and colon:
            return f", {names}"
    return ""


def _notes_changed(before: Entry, after: Entry) -> Iterator[str]:
    if before.answer is Answer.STALE:
        yield "something was sold while we wrote"
    elif before.answer in (Answer.UNKNOWN, Answer.SENDING):
        yield "the answer to the write before was lost"
    elif before.answer in (Answer.REFUSED, Answer.NOT_SENT, Answer.HELD):
        yield "the write before was not done"


def units_of(entry: Entry, term: str, *, sign: str = "") -> int:
    """How many units the lines of one kind come to; ``sign``: those with that sign alone."""
    rows = [step for step in _rows(entry.derivation.get("steps")) if step.get("term") == term]
    lines = [step.get("units") for step in rows if not sign or step.get("sign") == sign]
    return sum(units for units in lines if isinstance(units, int))


def elsewhere(before: Entry | None, after: Entry, *, recorded: int = 0) -> int:
    """By how many units somebody else changed what the shop shows since ``before``: what neither our own write nor orders explain.
    ``recorded``: units that we recorded as shipped meanwhile, which are no longer committed and changed nothing that is shown."""
    if before is None or before.left_with is None or after.shown is None or after.shown == before.left_with:
        return 0
    held = after.committed + after.reserved - before.committed - before.reserved + recorded
    return after.shown - before.left_with + held


def _sources(entry: Entry) -> dict[str, Mapping[str, object]]:
    return {str(source.get("warehouse", "")): source for source in entry.sources}


def _rows(value: object) -> list[Mapping[str, object]]:
    """The objects of a list that was kept; what is none is left out."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def zones_of(source: Mapping[str, object], which: str) -> list[tuple[str, Amount]]:
    """The zones of a source that were ``counted`` or ``left_out``, with their units; parts of a unit are kept as exact text."""
    zones = source.get(which)
    if not isinstance(zones, list | tuple):
        return []
    return [(str(name), units if isinstance(units, int) else Decimal(str(units))) for name, units in zones]


def _zone_names(source: Mapping[str, object]) -> list[str]:
    return sorted(name for name, _ in zones_of(source, "counted"))


def _counted(source: Mapping[str, object]) -> Amount | None:
    return None if source.get("unknown") else sum((units for _, units in zones_of(source, "counted")), 0)


def _amount(units: Amount | None) -> str:
    return "nothing yet" if units is None else str(units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry with what led to it: what had changed, who decided something about it, and by how many units somebody else had
    changed what the shop shows. ``expected``: what the shop should still have shown."""

    entry: Entry
    causes: tuple[str, ...]
    decisions: tuple[str, ...] = ()
    elsewhere: int = 0
    expected: int | None = None


def tell(
    entries: Sequence[Entry],
    *,
    recorded: Sequence[tuple[datetime, int]] = (),
    decisions: Sequence[tuple[datetime, str]] = (),
    complete: bool,
) -> list[Told]:
    """Entries, the newest first, with what led to each. ``complete``: the last one is the first that there is; else it only says
    what was before. ``recorded``: when we recorded units as shipped; ``decisions``: when a person decided what."""
    told = []
    for place, entry in enumerate(entries):
        before = entries[place + 1] if place + 1 < len(entries) else None
        if before is None and not complete:
            break
        since = before.at if before else None
        shipped = sum(units for at, units in recorded if since is not None and since < at <= entry.at)
        told.append(
            Told(
                entry=entry,
                causes=causes(before, entry),
                decisions=tuple(text for at, text in decisions if (since is None or since < at) and at <= entry.at),
                elsewhere=elsewhere(before, entry, recorded=shipped),
                expected=before.left_with if before else None,
            )
        )
    return told


# -- moments -----------------------------------------------------------------------------------------------------------------


def moment_meant(text: str, *, zone: str, now: datetime) -> datetime:
    """The moment that a person means: ISO, in the shop's zone unless it says another; a date alone is the end of that day, or
    ``now`` while it lasts. Raises ValueError."""
    here = ZoneInfo(zone)
    wanted = text.strip()
    if len(wanted) == 10:
        end = datetime.combine(date.fromisoformat(wanted) + timedelta(days=1), time(), here) - timedelta(seconds=1)
        return min(end.astimezone(now.tzinfo), now) if date.fromisoformat(wanted) == now.astimezone(here).date() else end
    moment = datetime.fromisoformat(wanted)
    return moment if moment.tzinfo else moment.replace(tzinfo=here)
