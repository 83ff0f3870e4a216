"""The rules of one location and its sources: the form, and what they would do while they are being written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stockbridge.db.queries import Queries
from stockbridge.domain import mapping_words
from stockbridge.domain.mapping import Location, Source
from stockbridge.domain.mapping_check import Finding
from stockbridge.domain.stock import Keep
from stockbridge.domain.zones import zones_of
from stockbridge.flow.drafts import Draft, Study
from stockbridge.flow.plan import Change, plan
from stockbridge.web.finding import escaped
from stockbridge.web.mapping_draft import draft_of, packed, places, studied
from stockbridge.web.mapping_fields import MOST_SOURCES, Reading, read
from stockbridge.web.mapping_zones import MOST, SIGNS, Node, tree
from stockbridge.web.visit import Page, Stop, Visit

_QUERIES = Queries("pages")
#: items that are worked out while somebody writes, and of those how many are shown
_TRIED, _SHOWN = 40, 8
#: with so many warehouses all are in the form; more are added one by one, for a form has only so many fields
_FEW, _NODES = 4, 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One warehouse in the form. ``state``: on, off (prepared) or none (not a source)."""

    n: int
    source: Source
    state: str
    nodes: Sequence[Node]
    keeps: str
    since: str


def show(visit: Visit) -> Page:
    """The form of one location, as its mapping stands."""
    draft = draft_of(visit, visit.query)
    return form_page(visit, draft, visit.query.get("location"), at=visit.query.places("at", 2))


def edit(visit: Visit) -> Page:
    """The same of a draft: the form that carries it names the location and the warehouse, with tabs between."""
    location, *at = visit.form.places("cell", 3)
    draft, reading = collected(visit)
    if reading is not None and reading.findings:
        return form_page(visit, draft, reading.location.location_id, more=reading.findings)
    return form_page(visit, draft, location, at=tuple(at))


def collected(visit: Visit) -> tuple[Draft, Reading | None]:
    """The draft with what the form says of a location, if it says something of one."""
    draft, location_id = draft_of(visit, visit.form), visit.form.get("location")
    if not location_id:
        return draft, None
    found = studied(visit, draft)
    _must_be_known(found, location_id)
    reading = read(visit, found.after.location(location_id), shop=draft.shop, zone=zone_of(visit, draft.shop))
    return draft.with_location(reading.location), reading


def form_page(visit: Visit, draft: Draft, location_id: str, *, at: tuple[str, ...] = (), more: Iterable[Finding] = ()) -> Page:
    """The form. ``more``: what of an earlier answer cannot be understood."""
    found = studied(visit, draft)
    _must_be_known(found, location_id)
    location = found.after.location(location_id)
    problems, warnings, shown = [*more, *found.problems], found.warnings, entries(visit, found, location, at)
    values = {
        "draft": packed(draft),
        "shop": draft.shop,
        "location": location,
        "name": found.known.name(location_id),
        "entries": shown,
        "others": [
            place for place in places(visit, found.before, found.after) if place not in {each.source.place for each in shown}
        ],
        "at": at,
        "signs": SIGNS,
        "combine": mapping_words.COMBINE,
        "not_stocked": mapping_words.NOT_STOCKED,
        "spent": mapping_words.SPENT,
        "owner": mapping_words.OWNER,
        "zone": zone_of(visit, draft.shop).key,
        "slots": slots(problems, warnings, shown, location_id),
        **tried(visit, found, location),
    }
    return Page(template="mapping_edit.html", values=values, status=422 if problems and visit.form.pairs else 200)


def preview(visit: Visit) -> Page:
    """What the form would do as it is written now: a part of the page, for a few items; and what is against it."""
    draft, reading = collected(visit)
    if reading is None:
        raise Stop(422, "Please choose a location first.")
    found = studied(visit, draft)
    problems = [*reading.findings, *found.problems]
    location = reading.location
    shown = entries(visit, found, location)
    values = {
        "slots": slots(problems, found.warnings, shown, location.location_id),
        "location": location,
        "entries": shown,
        **tried(visit, found, location),
    }
    return Page(template="mapping_preview.html", values=values)


def tried(visit: Visit, found: Study, location: Location) -> dict[str, Any]:
    """What would become of some items: those that change, the most first."""
    search = visit.form.get("try")[:100]
    both = {each.place for rules in (location, found.before.location(location.location_id)) for each in rules.sources}
    items = _QUERIES.rows(
        visit.conn,
        "sample",
        account=visit.me.account,
        shop=found.draft.shop,
        location_id=location.location_id,
        connections=[place[0] for place in sorted(both)],
        warehouses=[place[1] for place in sorted(both)],
        search=search,
        like=f"%{escaped(search)}%",
        limit=_TRIED,
    )
    sample = [row.inventory_item_id for row in items]
    changes = list(_planned(visit, found, sample)) if sample else []
    differing = sorted((each for each in changes if each.now != each.then), key=_weight, reverse=True)
    written = sum(each.counts for each in changes)
    return {"search": search, "looked": len(changes), "written": written, "examples": differing[:_SHOWN]}


def _planned(visit: Visit, found: Study, items: Sequence[str]) -> Iterable[Change]:
    return plan(visit.conn, account=visit.me.account, shop=found.draft.shop, now=visit.now, instead=found.after, items=items)


def _weight(change: Change) -> tuple[bool, int]:
    """What is written first, then what moves farthest."""
    return change.counts, abs((change.then or 0) - (change.now or 0))


def entries(visit: Visit, found: Study, location: Location, at: tuple[str, ...] = ()) -> list[Entry]:
    """The warehouses of the form: its sources, the one that was chosen (``at``), and all others where there are few. A form that was
    sent keeps its order."""
    lying: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in _QUERIES.rows(visit.conn, "zones_of_places", account=visit.me.account):
        lying[row.connection, row.warehouse][row.zone] = row.units
    known = places(visit, found.before, found.after)
    wanted = [each.place for each in sorted(location.sources, key=lambda source: source.place)]
    wanted += [place for place in known if len(known) <= _FEW or place == at]
    sent = _sent(visit, location.location_id)
    ordered = list(dict.fromkeys([*sent, *wanted]))
    zone, most = zone_of(visit, found.draft.shop), max(10, min(MOST, _NODES // max(1, len(ordered))))
    return [_entry(n, place, location.source(*place), lying[place], zone, most) for n, place in enumerate(ordered)]


def _sent(visit: Visit, location_id: str) -> list[tuple[str, str]]:
    """The warehouses of the form that was sent, in its order, if it was of this location."""
    found = [visit.form.places(f"at.{n}", 2) for n in range(MOST_SOURCES) if visit.form.get(f"at.{n}")]
    return [(place[0], place[1]) for place in found] if visit.form.get("location") == location_id else []


def _entry(n: int, place: tuple[str, str], source: Source | None, lying: Mapping[str, int], zone: ZoneInfo, most: int) -> Entry:
    shown = source or Source(connection=place[0], warehouse=place[1], zones=zones_of(()))
    since = shown.active_from.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if shown.active_from else ""
    return Entry(
        n=n,
        source=shown,
        state="none" if source is None else "on" if source.active else "off",
        nodes=tree(lying, shown.zones, most=most),
        keeps="\n".join(_written(code, keep) for code, keep in sorted(shown.keeps.items())),
        since=since,
    )


def _written(code: str, keep: Keep) -> str:
    whole, rest = divmod(keep.percent_bp, 100)
    return f"{code}; {keep.units}; {whole}{f'.{rest:02}' if rest else ''}"


@dataclass(frozen=True, slots=True)
class Slot:
    """What is said at one field."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def slots(
    problems: Iterable[Finding], warnings: Iterable[Finding], shown: Sequence[Entry], location_id: str
) -> dict[str, Slot]:
    """What is said, by the field that it belongs to: ``0-zones`` of the first warehouse, ``rule-keep`` of the location; what belongs
    to no field of this form stands under ``all``."""
    numbers = {each.source.place: each.n for each in shown}
    said: dict[str, Slot] = defaultdict(Slot)
    for finding in problems:
        key = _slot(finding, numbers, location_id)
        said[key] = replace(said[key], problems=(*said[key].problems, finding.text))
    for finding in warnings:
        if finding.location_id in ("", location_id) and (finding.location_id or finding.place in numbers):
            key = _slot(finding, numbers, location_id)
            said[key] = replace(said[key], warnings=(*said[key].warnings, finding.text))
    return dict(said)


def _slot(finding: Finding, numbers: Mapping[tuple[str, str], int], location_id: str) -> str:
    if finding.location_id not in ("", location_id):
        return "all"
    if finding.place is not None and finding.place in numbers:
        return f"{numbers[finding.place]}-{finding.field or 'zones'}"
    return f"rule-{finding.field}" if finding.field else "all"


def zone_of(visit: Visit, shop: str) -> ZoneInfo:
    """The zone in which the shop's people write moments."""
    row = _QUERIES.maybe(visit.conn, "shop_zone", account=visit.me.account, shop=shop)
    try:
        return ZoneInfo(row.time_zone if row else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _must_be_known(found: Study, location_id: str) -> None:
    if location_id not in found.known.locations:
        raise Stop(404, "The shop has no such location. Nothing was changed.")
