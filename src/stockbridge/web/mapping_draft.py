"""A mapping that somebody is still writing travels in the forms of its pages, packed: nothing of it is kept here, so leaving the
pages throws it away, and two people cannot get into each other's."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import msgspec

from stockbridge import shapes
from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.flow.drafts import Draft, Study, begin, study
from stockbridge.web.visit import Form, Stop, Visit

_QUERIES = Queries("pages")
#: A draft never unpacks to more bytes than this.
_LARGEST = 4 * 1024 * 1024


def packed(draft: Draft) -> str:
    """A draft as the field of a form."""
    return urlsafe_b64encode(zlib.compress(msgspec.json.encode(draft))).decode()


def unpacked(text: str) -> Draft:
    """The draft in such a field. Raises Stop when it is none of ours."""
    try:
        raw = zlib.decompressobj().decompress(urlsafe_b64decode(text.encode()), _LARGEST)
        return shapes.decode(raw, Draft)
    except (ValueError, zlib.error, msgspec.MsgspecError):
        raise Stop(422, "What was being changed cannot be read any more. Nothing was changed; please begin again.") from None


def draft_of(visit: Visit, fields: Form) -> Draft:
    """What is being changed: the draft that the form carries, or a new one for the shop that it names."""
    if text := fields.get("draft"):
        found = unpacked(text)
        shop = found.shop
    else:
        shop = fields.get("shop")
        found = begin(visit.conn, account=visit.me.account, shop=shop)
    if not _QUERIES.maybe(visit.conn, "shop_zone", account=visit.me.account, shop=shop):
        raise Stop(404, "There is no shop of this name. Nothing was changed.")
    return found


def studied(visit: Visit, draft: Draft) -> Study:
    """What it comes to."""
    return study(visit.conn, account=visit.me.account, draft=draft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One warehouse at one location."""

    place: tuple[str, str]
    source: Source | None
    changed: bool
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One location with every warehouse."""

    location_id: str
    name: str
    open: bool
    rules: Location
    cells: tuple[Cell, ...]
    changed: bool

    @property
    def fed(self) -> bool:
        """Does a warehouse feed it, or is it prepared to?"""
        return any(cell.source and cell.source.active for cell in self.cells)


def places(visit: Visit, *mappings: ShopMapping) -> list[tuple[str, str]]:
    """Every warehouse there is, as (connection, warehouse)."""
    known = {(row.connection, row.warehouse) for row in _QUERIES.rows(visit.conn, "places", account=visit.me.account)}
    known |= {source.place for each in mappings for location in each.locations for source in location.sources}
    return sorted(known)


def matrix(found: Study, columns: list[tuple[str, str]]) -> list[Line]:
    """The locations of a shop, those that are open first, each with every warehouse."""
    named = {each.location_id for each in found.after.locations if each.sources}
    locations = sorted(
        {*found.known.locations, *named}, key=lambda each: (not _open(found, each), found.known.name(each), each)
    )
    lines = []
    for location_id in locations:
        before, after = found.before.location(location_id), found.after.location(location_id)
        cells = tuple(
            Cell(
                place=place,
                source=(source := after.source(*place)),
                changed=before.source(*place) != source,
                counts=source is not None and after.counts(source),
            )
            for place in columns
        )
        name, is_open = found.known.name(location_id), _open(found, location_id)
        lines.append(Line(location_id=location_id, name=name, open=is_open, rules=after, cells=cells, changed=before != after))
    return lines


def _open(found: Study, location_id: str) -> bool:
    known = found.known.locations.get(location_id)
    return known is not None and known.active
