"""What a mapping says, and what one says differently from another, in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from stockbridge.domain.mapping import Location, NotStocked, Owner, ShopMapping, Source, Spent, percent
from stockbridge.domain.stock import Combine, Keep

#: What a location's people call it.
Name = Callable[[str], str]

COMBINE = {
    Combine.SUM: "What all its warehouses can offer is added up.",
    Combine.LARGEST: "Only the warehouse that can offer most counts: for goods that one supplier must ship alone.",
    Combine.SMALLEST: "Only the warehouse that can offer least counts: for goods that are offered when every supplier has them.",
}
NOT_STOCKED = {
    NotStocked.PARK: "An item that the shop does not stock there is left alone and shown.",
    NotStocked.ACTIVATE: "An item that the shop does not stock there is stocked there by us.",
}
SPENT = {
    Spent.OTHER: "Units that left without the warehouse (a till, pickup) are told to it by another system.",
    Spent.BOOK: "Units that left without the warehouse (a till, pickup) are booked there by us.",
}
OWNER = {
    Owner.WAREHOUSE: "The number is the warehouse's: a change by hand in the shop is overwritten, and shown.",
    Owner.BOTH: "A change by hand in the shop is booked once in the warehouse; a change in the warehouse is published.",
    Owner.SHOP: "The number is the shop's: nothing is written to it, and a change there by hand is booked once in the warehouse.",
}


def said(mapping: ShopMapping, name: Name) -> list[tuple[str, list[str]]]:
    """Every location that has rules, with a sentence for each."""
    return [(name(each.location_id), [*_rules(each), *map(_source, each.sources)]) for each in mapping.locations]


def differences(before: ShopMapping, after: ShopMapping, name: Name) -> list[str]:
    """What the second says that the first does not, one sentence each; none when they say the same."""
    named = sorted({each.location_id for mapping in (before, after) for each in mapping.locations})
    return [
        f"{name(place)}: {sentence}"
        for place in named
        for sentence in _of_location(before.location(place), after.location(place))
    ]


def _rules(location: Location) -> Iterator[str]:
    yield "Its numbers are written to the shop." if location.live else "Its numbers are only compared, not written."
    if len(location.sources) > 1 or location.combine is not Combine.SUM:
        yield COMBINE[location.combine]
    if location.keep != Keep():
        yield f"{keep(location.keep)} kept back after that."
    if location.sells_to:
        yield f"It sells to {', '.join(location.sells_to)} only."
    if location.not_stocked is NotStocked.ACTIVATE:
        yield NOT_STOCKED[location.not_stocked]
    if location.spent is Spent.BOOK:
        yield SPENT[location.spent]
    if location.owner is not Owner.WAREHOUSE:
        yield OWNER[location.owner]
    if location.tolerance:
        yield f"A difference of {location.tolerance} is left alone."


def _source(source: Source) -> str:
    parts = [f"{source.zones.words}", f"order of choice {source.priority}"]
    if source.share_bp is not None:
        parts.append(f"a share of {percent(source.share_bp)}")
    if source.keep != Keep():
        parts.append(f"{keep(source.keep)} kept back")
    if source.keeps:
        parts.append(f"other buffers for {len(source.keeps)} {'item' if len(source.keeps) == 1 else 'items'}")
    if source.serves:
        parts.append(f"ships to {', '.join(source.serves)} only")
    if source.active_from:
        parts.append(f"from {source.active_from.isoformat(timespec='minutes')} on")
    return f"{source.warehouse} {'feeds it' if source.active else 'is prepared, and switched off'}: {'; '.join(parts)}."


def keep(held: Keep) -> str:
    """A buffer in words: ``5 units or 10 %``."""
    units = f"{held.units} {'unit' if held.units == 1 else 'units'}" if held.units else ""
    share = percent(held.percent_bp) if held.percent_bp else ""
    return " or ".join(each for each in (units, share) if each) or "nothing"


def _of_location(before: Location, after: Location) -> Iterator[str]:
    if before.live != after.live:
        yield "numbers are written to the shop." if after.live else "numbers are only compared, no longer written."
    if before.combine is not after.combine:
        yield f"{COMBINE[after.combine][:1].lower()}{COMBINE[after.combine][1:]}"
    yield from _changed("kept back after the sum", keep(before.keep), keep(after.keep))
    yield from _changed("sells to", _anywhere(before.sells_to), _anywhere(after.sells_to))
    if before.not_stocked is not after.not_stocked:
        yield f"{NOT_STOCKED[after.not_stocked][:1].lower()}{NOT_STOCKED[after.not_stocked][1:]}"
    if before.spent is not after.spent:
        yield f"{SPENT[after.spent][:1].lower()}{SPENT[after.spent][1:]}"
    if before.owner is not after.owner:
        yield f"{OWNER[after.owner][:1].lower()}{OWNER[after.owner][1:]}"
    told = (f"{each.told_after_s} s" for each in (before, after))
    yield from _changed("the warehouse is taken to know from another system after", *told)
    yield from _changed("differences left alone up to", str(before.tolerance), str(after.tolerance))
    for place in sorted({each.place for location in (before, after) for each in location.sources}):
        yield from _of_source(before.source(*place), after.source(*place))


def _of_source(before: Source | None, after: Source | None) -> Iterator[str]:
    if after is None:
        if before is not None:
            yield f"{before.warehouse} is taken away."
        return
    if before is None:
        yield _source(after)
        return
    who = after.warehouse
    if before.active != after.active:
        yield f"{who} feeds it again." if after.active else f"{who} feeds it no more."
    if not before.zones.same(after.zones):
        yield from _changed(f"{who}, zones that count", before.zones.words, after.zones.words)
    elif replace(before, zones=after.zones) == after and before != after:
        yield f"{who}, zones that count: written as {after.zones.words}, which is the same."
    yield from _changed(f"{who}, kept back", keep(before.keep), keep(after.keep))
    yield from _of_keeps(who, before, after)
    yield from _changed(f"{who}, ships to", _anywhere(before.serves), _anywhere(after.serves))
    yield from _changed(f"{who}, share", _share(before), _share(after))
    yield from _changed(f"{who}, order of choice", str(before.priority), str(after.priority))
    yield from _changed(f"{who}, from", _since(before), _since(after))


def _of_keeps(who: str, before: Source, after: Source) -> Iterator[str]:
    changed = [code for code in sorted({*before.keeps, *after.keeps}) if before.keeps.get(code) != after.keeps.get(code)]
    for code in changed[:5]:
        yield from _changed(f"{who}, kept back of {code}", _own(before, code), _own(after, code))
    if len(changed) > 5:
        yield f"{who}, kept back of {len(changed) - 5} more items: changed."


def _own(source: Source, code: str) -> str:
    return keep(source.keeps[code]) if code in source.keeps else "as of all"


def _changed(what: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{what}: {before} → {after}."


def _anywhere(countries: Sequence[str]) -> str:
    return ", ".join(countries) or "everywhere"


def _share(source: Source) -> str:
    return "not shared" if source.share_bp is None else percent(source.share_bp)


def _since(source: Source) -> str:
    return source.active_from.isoformat(timespec="minutes") if source.active_from else "at once"
