"""A mapping that somebody is still writing: what it would say, what is against it, what it would change. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from stockbridge.db import mapping as mappings
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Location, ShopMapping, tidied
from stockbridge.domain.mapping_check import Finding, Known, contradictions, left_behind, warnings
from stockbridge.domain.mapping_words import differences
from stockbridge.flow.mapping import known
from stockbridge.flow.plan import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Locations as they are to be, the others staying as they are in version ``base``."""

    shop: str
    base: int
    locations: tuple[Location, ...] = ()

    def with_location(self, location: Location) -> Draft:
        """The same with one more location as it is to be."""
        others = [each for each in self.locations if each.location_id != location.location_id]
        return replace(self, locations=tuple(sorted([*others, location], key=lambda each: each.location_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A draft beside the mapping as it stands. ``current``: the draft was made from that."""

    draft: Draft
    before: ShopMapping
    after: ShopMapping
    known: Known
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def current(self) -> bool:
        return self.draft.base == self.before.version

    @property
    def differences(self) -> list[str]:
        """What it says that the mapping of now does not, one sentence each."""
        return differences(self.before, self.after, self.known.name)

    def event(self, *, by: str, note: str, seen: bool) -> MappingChanged:
        """What asks for it. ``seen``: the person was shown what it would change."""
        locations = tuple(each for each in self.after.locations if each != Location(location_id=each.location_id))
        said = note or " ".join(self.differences)[:500]
        return MappingChanged(shop=self.draft.shop, base=self.draft.base, locations=locations, note=said, seen=seen, by=by)


def begin(conn: Connection, *, account: str, shop: str) -> Draft:
    """A draft that changes nothing yet."""
    return Draft(shop=shop, base=mappings.newest_of(conn, account=account, shop=shop).version)


def whole(conn: Connection, *, account: str, mapping: ShopMapping, base: int) -> Draft:
    """A draft in which the mapping says all of this, and nothing else."""
    now = mappings.newest_of(conn, account=account, shop=mapping.shop)
    named = sorted({each.location_id for known in (now, mapping) for each in known.locations})
    changed = [mapping.location(place) for place in named if mapping.location(place) != now.location(place)]
    return Draft(shop=mapping.shop, base=base, locations=tuple(changed))


def proposed(conn: Connection, *, account: str, mapping: ShopMapping) -> Study:
    """A whole mapping that somebody wrote down, drawn from the version that it names: what it comes to. What stands in it twice is a
    contradiction and not dropped."""
    tidy = tidied(mapping)
    found = study(conn, account=account, draft=whole(conn, account=account, mapping=tidy, base=tidy.version))
    return replace(found, problems=contradictions(tidy, found.known))


def study(conn: Connection, *, account: str, draft: Draft) -> Study:
    """What a draft comes to. Made from an older version, it is laid on the mapping of now."""
    before = mappings.newest_of(conn, account=account, shop=draft.shop)
    after = replace(before, shop=draft.shop, locations=_laid(before, draft.locations))
    facts = known(conn, account=account, shop=draft.shop)
    return Study(
        draft=draft,
        before=before,
        after=after,
        known=facts,
        problems=contradictions(after, facts),
        warnings=(*left_behind(before, after, facts), *warnings(after, facts)),
    )


def _laid(before: ShopMapping, locations: Sequence[Location]) -> tuple[Location, ...]:
    after = before
    for location in locations:
        after = after.with_location(location)
    return after.locations


#: The heading of a plan as a table.
HEADING = (
    "SKU",
    "Title",
    "Location",
    "Shop shows",
    "Would be",
    "Difference",
    "Written",
    "Why",
    "Shop",
    "Location id",
    "Item id",
)


def row_of(change: Change) -> tuple[str | int | None, ...]:
    """A line of a plan as a table."""
    apart = None if change.now is None or change.then is None else change.then - change.now
    return (
        change.sku,
        change.title,
        change.location,
        change.now,
        change.then,
        apart,
        "yes" if change.counts else "no",
        change.why,
        change.shop,
        change.location_id,
        change.inventory_item_id,
    )
