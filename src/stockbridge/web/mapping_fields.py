"""Reads the form in which the rules of one location and its sources are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import Location, NotStocked, Owner, Source, Spent
from stockbridge.domain.mapping_check import Finding
from stockbridge.domain.stock import Combine, Keep
from stockbridge.domain.zones import zones_of
from stockbridge.web.mapping_zones import chosen
from stockbridge.web.visit import Form, Visit

_QUERIES = Queries("pages")
_E = TypeVar("_E", bound=StrEnum)
_MOST_UNITS = 2_000_000_000
#: Warehouses that one form can hold.
MOST_SOURCES = 200


@dataclass(slots=True)
class Reading:
    """A location as a form says it, and what of the form cannot be understood."""

    location: Location
    findings: list[Finding] = field(default_factory=list)


def read(visit: Visit, before: Location, *, shop: str, zone: ZoneInfo) -> Reading:
    """What the form says of a location; ``before``: what was said of it so far. ``zone``: in which moments are written."""
    form = visit.form
    reading = Reading(before)
    fields = _Fields(form, reading, before.location_id)
    sources = tuple(_sources(visit, fields, before, shop, zone))
    reading.location = Location(
        location_id=before.location_id,
        sources=tuple(sorted(sources, key=lambda each: (each.priority, each.warehouse, each.connection))),
        live=form.get("live") == "yes",
        combine=_one_of(Combine, form.get("combine"), before.combine),
        keep=fields.keep("keep", "keep_percent", "keep"),
        sells_to=_countries(form.get("sells_to")),
        not_stocked=_one_of(NotStocked, form.get("not_stocked"), before.not_stocked),
        spent=_one_of(Spent, form.get("spent"), before.spent),
        owner=_one_of(Owner, form.get("owner"), before.owner),
        told_after_s=before.told_after_s,
        tolerance=fields.units("tolerance", "tolerance"),
    )
    return reading


def _sources(visit: Visit, fields: _Fields, before: Location, shop: str, zone: ZoneInfo) -> Iterator[Source]:
    form = visit.form
    for n in range(MOST_SOURCES):
        connection, warehouse = form.places(f"at.{n}", 2)
        if not connection or not warehouse:
            return
        state = form.get(f"state.{n}")
        if state not in ("on", "off"):
            continue
        known = before.source(connection, warehouse) or Source(connection=connection, warehouse=warehouse, zones=zones_of(()))
        here = _Fields(form, fields.reading, before.location_id, (connection, warehouse))
        zones = chosen(form.all(f"zone.{n}"), form.get(f"more.{n}"))
        yield Source(
            connection=connection,
            warehouse=warehouse,
            zones=known.zones if zones.same(known.zones) else zones,  # said in another order is said the same
            priority=here.units(f"priority.{n}", "priority", known.priority),
            keep=here.keep(f"keep.{n}", f"keep_percent.{n}", "keep"),
            keeps=_keeps(visit, here, form.raw(f"keeps.{n}"), shop),
            serves=_countries(form.get(f"serves.{n}")),
            share_bp=here.share(f"share.{n}", "share"),
            active=state == "on",
            active_from=here.moment(f"from.{n}", "from", zone),
        )


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a location, or of one source; what cannot be read is said at its field."""

    form: Form
    reading: Reading
    location_id: str
    place: tuple[str, str] | None = None

    def wrong(self, text: str, what: str) -> None:
        self.reading.findings.append(Finding(text, self.location_id, self.place, what))

    def units(self, name: str, what: str, default: int = 0) -> int:
        text = self.form.get(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and int(text[:11]) <= _MOST_UNITS):
            self.wrong(f"'{text[:40]}' is no whole number.", what)
            return default
        return int(text)

    def percent(self, name: str, what: str) -> int:
        """In basis points."""
        text = self.form.get(name).removesuffix("%").strip().replace(",", ".")
        found = basis_points(text) if text else 0
        if found is None:
            self.wrong(f"'{text[:40]}' is no percentage: write it like 5 or 12.5.", what)
        return found or 0

    def keep(self, units: str, percent: str, what: str) -> Keep:
        return Keep(units=self.units(units, what), percent_bp=self.percent(percent, what))

    def share(self, name: str, what: str) -> int | None:
        return self.percent(name, what) if self.form.get(name) else None

    def moment(self, name: str, what: str, zone: ZoneInfo) -> datetime | None:
        text = self.form.get(name)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.wrong(f"'{text[:40]}' is no moment: write it like 2026-12-01 08:00.", what)
            return None


def basis_points(text: str) -> int | None:
    """A percentage with at most two decimals, as basis points; None when it is none."""
    found = re.fullmatch(r"(\d{1,5})(?:\.(\d{1,2}))?", text, re.ASCII)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def _countries(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.upper() for each in re.split(r"[\s,;]+", text[:2_000]) if each))


def _one_of(kind: type[_E], value: str, default: _E) -> _E:
    return kind(value) if value in list(kind) else default


def _keeps(visit: Visit, fields: _Fields, text: str, shop: str) -> dict[str, Keep]:
    """Buffers of single items: a line each, code (or SKU), units, percent. A first line of headings is passed over."""
    lines = [(n, _cells(line)) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if lines and not any(sign.isdigit() for cell in lines[0][1][1:] for sign in cell):
        lines = lines[1:]
    assert fields.place is not None
    place = {"connection": fields.place[0], "warehouse": fields.place[1]}
    names = sorted({cells[0] for _, cells in lines})
    rows = _QUERIES.rows(visit.conn, "called_at", account=visit.me.account, shop=shop, **place, names=names) if names else ()
    called = {row.name: row.item_code for row in rows} | {row.name: row.name for row in rows if row.name == row.item_code}
    found: dict[str, Keep] = {}
    for n, (name, units, percent, *_) in lines:
        share = basis_points(percent.removesuffix("%").strip().replace(",", ".") or "0")
        if not (units or "0").isdigit() or not (units or "0").isascii() or len(units) > 9 or share is None:
            fields.wrong(f"Line {n}: write the item's code, units, and percent if wanted, like W-100; 5; 2.5.", "keeps")
        elif name not in called:
            fields.wrong(f"Line {n}: nothing at {fields.place[1]} is called {name[:80]}.", "keeps")
        elif called[name] in found:
            fields.wrong(f"Line {n}: {name[:80]} stands twice.", "keeps")
        else:
            found[called[name]] = Keep(units=int(units or "0"), percent_bp=share)
    return found


def _cells(line: str) -> list[str]:
    sign = "\t" if "\t" in line else ";" if ";" in line else ","
    cells = [each.strip().strip('"').strip() for each in line.split(sign)]
    return [*cells, "", "", ""][: max(3, len(cells))]
