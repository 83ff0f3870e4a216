"""The mapping of a shop as the document that programs read, change and send back: the same as of `stockbridge map show --json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from stockbridge import shapes
from stockbridge.domain.mapping import NotStocked, Owner, ShopMapping, Spent
from stockbridge.domain.mapping_check import Finding
from stockbridge.domain.stock import Combine
from stockbridge.web.api.route import Fault, Given, Moment, Told, says

#: A document is never larger than this.
LARGEST = 4 * 1024 * 1024
_MOST = 2_000_000_000
#: Where a finding's field is called otherwise in the document.
_CALLED = {"share": "share_bp", "from": "active_from"}

Units = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Path = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Countries = Annotated[list[Annotated[str, msgspec.Meta(max_length=20)]], msgspec.Meta(max_length=500)]


class MappedZones(Given, frozen=True):
    """The places of a warehouse that count: each with all that is below it; with `=` in front that place alone."""

    include: Annotated[list[Path], says("The places that count. What is not named is not offered.", max_length=2000)] = []
    exclude: Annotated[list[Path], says("Places below them that do not count.", max_length=2000)] = []


class MappedKeep(Given, frozen=True):
    """What is held back from sale: units, or a share of what is there, whichever is more."""

    units: Units = 0
    percent_bp: Annotated[BasisPoints, says("In hundredths of a percent: 1250 is 12.5 %. Rounded up.")] = 0


class MappedSource(Given, frozen=True):
    """A warehouse that feeds a location."""

    connection: Annotated[Name, says("The warehouse system.")]
    warehouse: Name
    zones: MappedZones
    priority: Annotated[Units, says("Smaller ships first.")] = 100
    keep: MappedKeep = MappedKeep()
    keeps: Annotated[dict[Name, MappedKeep], says("Of single items, by the warehouse's item code.", max_length=20_000)] = {}
    serves: Annotated[Countries, says("Countries that its goods may go to, such as DE, or EU; none named: everywhere.")] = []
    share_bp: Annotated[
        BasisPoints | None,
        says("Its part, in hundredths of a percent, of zones that feed several locations; null: they feed this one alone."),
    ] = None
    active: Annotated[bool, says("false: prepared, and not counted.")] = True
    active_from: Annotated[Moment | None, says("Counted from this moment on; null: at once.")] = None


class MappedLocation(Given, frozen=True):
    """The rules of a location."""

    location_id: Name
    sources: Annotated[list[MappedSource], msgspec.Meta(max_length=500)] = []
    live: Annotated[bool, says("Whether its numbers are written, or only compared.")] = False
    combine: Annotated[Combine, says("How several warehouses make one number.")] = Combine.SUM
    keep: Annotated[MappedKeep, says("Held back after that.")] = MappedKeep()
    sells_to: Annotated[Countries, says("Countries, when it is declared to sell nowhere else.")] = []
    not_stocked: Annotated[NotStocked, says("What happens with an item that the shop does not stock there.")] = NotStocked.PARK
    spent: Annotated[Spent, says("Who tells the warehouse of units that left without it.")] = Spent.OTHER
    tolerance: Annotated[Units, says("Units of difference that are left alone.")] = 0
    owner: Annotated[Owner, says("Whose number it is, when a person changes it in the shop.")] = Owner.WAREHOUSE
    told_after_s: Annotated[
        Units, says("So many seconds after units left without the warehouse it knows, when another system tells it.")
    ] = 900


class MappingDocument(Given, frozen=True):
    """The whole mapping of a shop. What it does not name, feeds nothing."""

    shop: Name
    version: Annotated[int, says("The version that it was drawn from: leave it as it was read.", ge=0, le=2**31 - 1)]
    locations: Annotated[list[MappedLocation], msgspec.Meta(max_length=5000)]


class MappingFinding(Told, frozen=True):
    """A sentence about a mapping, and where it belongs."""

    detail: str
    pointer: Annotated[str | None, says("Where in the answer or body: a JSON pointer. null: to nothing that stands in it.")]
    location_id: str | None
    connection: str | None
    warehouse: str | None


def written(mapping: ShopMapping) -> MappingDocument:
    """The document of a mapping. It is not held to the limits of what may be sent: it stands already."""
    document: MappingDocument = msgspec.to_builtins(mapping)
    return document


def meant(document: MappingDocument) -> ShopMapping:
    """The mapping that a document says."""
    return shapes.convert(msgspec.to_builtins(document), ShopMapping)


def told(findings: Iterable[Finding], mapping: ShopMapping) -> list[MappingFinding]:
    """Findings with their places in the document of a mapping."""
    return [
        MappingFinding(
            detail=each.text,
            pointer=pointer(each, mapping),
            location_id=each.location_id or None,
            connection=each.place[0] if each.place else None,
            warehouse=each.place[1] if each.place else None,
        )
        for each in findings
    ]


def faults(findings: Iterable[Finding], mapping: ShopMapping) -> list[Fault]:
    """The same as faults of a body that holds the document."""
    return [Fault(detail=each.text, pointer=pointer(each, mapping) or "#/document") for each in findings]


def pointer(finding: Finding, mapping: ShopMapping) -> str | None:
    """Where a finding belongs in the document of a mapping; of what stands there twice, at the last."""
    found = [n for n, each in enumerate(mapping.locations) if each.location_id == finding.location_id]
    if not found:
        return None
    place, where = found[-1], f"#/document/locations/{found[-1]}"
    if finding.place is not None:
        sources = [n for n, each in enumerate(mapping.locations[place].sources) if each.place == finding.place]
        if not sources:
            return where
        where = f"{where}/sources/{sources[-1]}"
    return f"{where}/{_CALLED.get(finding.field, finding.field)}" if finding.field else where
