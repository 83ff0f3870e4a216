"""What is wrong with a mapping, and what is odd about it: one sentence each, for people, with the field that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stockbridge.domain import countries
from stockbridge.domain.availability import overlap
from stockbridge.domain.mapping import WHOLE_BP, Location, ShopMapping, Source, percent
from stockbridge.domain.stock import Keep
from stockbridge.domain.zones import ALONE

#: So many zones are named in one sentence.
_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLocation:
    """A location as its shop shows it."""

    name: str
    active: bool = True
    fulfillment_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a mapping is checked against. ``locations``: those of the shop, by id. ``zones``: units lying in each zone of each
    (connection, warehouse). ``reserving``: zones of a warehouse that it reserves from for orders. ``others``: the mappings of
    the account's other shops."""

    locations: Mapping[str, KnownLocation] = field(default_factory=dict)
    zones: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    reserving: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    others: Sequence[ShopMapping] = ()

    def name(self, location_id: str) -> str:
        """What people call a location."""
        found = self.locations.get(location_id)
        return found.name if found else location_id


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence. ``location_id``, ``place`` (connection, warehouse) and ``field`` say where it belongs; empty: to what is around it."""

    text: str
    location_id: str = ""
    place: tuple[str, str] | None = None
    field: str = ""


def contradictions(mapping: ShopMapping, known: Known) -> tuple[Finding, ...]:
    """Why this mapping cannot stand; empty when it can."""
    found: list[Finding] = []
    for location in mapping.locations:
        name = known.name(location.location_id)
        if _fed(location):
            found += _of_place(location, name, known)
        found += _of_rules(location, name)
        for source in location.sources:
            found += _of_source(source, location, name)
        found += _twice_in(location, name)
    return tuple(dict.fromkeys([*found, *_stands_twice(mapping, known), *_sold_twice(mapping, known)]))


def _of_place(location: Location, name: str, known: Known) -> Iterator[Finding]:
    place, id_ = known.locations.get(location.location_id), location.location_id
    if not known.locations:
        return  # the shop was never read: nothing is known of its locations
    if place is None:
        yield Finding(f"The shop has no location {id_}.", id_)
    elif not place.active:
        yield Finding(f"{name} is deactivated in the shop: nothing can be offered there.", id_)
    elif place.fulfillment_service:
        yield Finding(f"{name} belongs to a fulfillment service, which alone may write its stock.", id_)


def _of_rules(location: Location, name: str) -> Iterator[Finding]:
    id_ = location.location_id
    if location.keep.percent_bp > WHOLE_BP:
        yield Finding(f"The buffer of {name} is over 100 %.", id_, field="keep")
    if location.keep.units < 0 or location.keep.percent_bp < 0:
        yield Finding(f"The buffer of {name} is less than nothing.", id_, field="keep")
    if location.told_after_s < 0:
        yield Finding(
            f"The time after which the warehouse of {name} is taken to know is less than nothing.", id_, field="told_after_s"
        )
    if location.tolerance < 0:
        yield Finding(f"The tolerance of {name} is less than nothing.", id_, field="tolerance")
    for text in _strange(location.sells_to, f"{name} sells to"):
        yield Finding(text, id_, field="sells_to")


def _of_source(source: Source, location: Location, name: str) -> Iterator[Finding]:
    where, id_, place = f"{source.warehouse} at {name}", location.location_id, source.place
    if source.active and not source.zones.include:
        yield Finding(f"{where} names no zone: zones that are not named are not counted.", id_, place, "zones")
    elif source.active and source.zones.empty:
        yield Finding(f"{where} leaves out every zone that it names: nothing of it is counted.", id_, place, "zones")
    for text in _of_keep(source.keep, f"The buffer of {where}"):
        yield Finding(text, id_, place, "keep")
    for code, keep in source.keeps.items():
        for text in _of_keep(keep, f"The buffer of {code} in {where}"):
            yield Finding(text, id_, place, "keeps")
    if source.share_bp is not None and not 0 <= source.share_bp <= WHOLE_BP:
        yield Finding(f"The share of {where} is not between 0 and 100 %.", id_, place, "share")
    for text in _strange(source.serves, f"{where} serves"):
        yield Finding(text, id_, place, "serves")


def _strange(codes: Sequence[str], says: str) -> Iterator[str]:
    for code in codes:
        if not countries.known(code):
            meant = countries.meant(code)
            hint = f"{meant} is meant, perhaps" if meant else "use two letters such as DE, or EU"
            yield f"{says} '{code}', which is no country: {hint}."


def _of_keep(keep: Keep, what: str) -> Iterator[str]:
    if keep.percent_bp > WHOLE_BP:
        yield f"{what} is over 100 %."
    if keep.units < 0 or keep.percent_bp < 0:
        yield f"{what} is less than nothing."


def _twice_in(location: Location, name: str) -> Iterator[Finding]:
    places = [source.place for source in location.sources]
    for place in sorted(set(places)):
        if places.count(place) > 1:
            text = f"{place[1]} stands twice at {name}: one would overwrite the other. Put its zones into one entry."
            yield Finding(text, location.location_id, place)


def _stands_twice(mapping: ShopMapping, known: Known) -> Iterator[Finding]:
    ids = [location.location_id for location in mapping.locations]
    for each in sorted(set(ids)):
        if ids.count(each) > 1:
            yield Finding(f"{known.name(each)} stands twice in the mapping: one would overwrite the other.", each)


#: A source with its location and shop.
_Feeding = tuple[str, Location, Source]


def _sold_twice(mapping: ShopMapping, known: Known) -> Iterator[Finding]:
    """The same places of a warehouse feeding several locations: only with shares, and only when they are wholly the same. A source
    whose condition keeps it from being counted at a location sells nothing there."""
    feeding = list(_feeding(mapping))
    elsewhere = [each for other in known.others for each in _feeding(other)]
    for n, (shop, location, source) in enumerate(feeding):
        same = [
            each
            for each in [*feeding[:n], *feeding[n + 1 :], *elsewhere]
            if each[2].place == source.place and each[1] is not location and overlap(each[2].zones, source.zones)
        ]
        if same:
            for text, what in _shared(shop, location, source, same, known):
                yield Finding(text, location.location_id, source.place, what)


def _feeding(mapping: ShopMapping) -> Iterator[_Feeding]:
    for location in mapping.locations:
        for source in location.sources:
            if source.active and location.counts(source):
                yield mapping.shop, location, source


def _shared(shop: str, location: Location, source: Source, same: Sequence[_Feeding], known: Known) -> Iterator[tuple[str, str]]:
    name = known.name(location.location_id)
    names = [known.name(other.location_id) if owner == shop else f"{other.location_id} of {owner}" for owner, other, _ in same]
    if any(not other.zones.same(source.zones) for _, _, other in same):
        yield (
            f"{name} and {', '.join(names)} count some of the same zones of {source.warehouse}, but not all of them. "
            "Choose the same zones, which are then shared, or zones that have nothing in common.",
            "zones",
        )
        return
    shares = [source.share_bp, *(other.share_bp for _, _, other in same)]
    if any(share is None for share in shares):
        yield (
            f"{source.warehouse} feeds {name} and {', '.join(names)}: its stock would be counted twice. Give each a share of it "
            "(together 100 %), or let one hold it all and the others none.",
            "share",
        )
    elif not any(shares):
        yield (
            f"Nobody has a share of {source.warehouse}, which feeds {name} and {', '.join(names)}: let one of them hold it.",
            "share",
        )
    elif sum(share or 0 for share in shares) > WHOLE_BP:
        yield f"The shares of {source.warehouse} at {name} and {', '.join(names)} are over 100 % together.", "share"


def warnings(mapping: ShopMapping, known: Known) -> tuple[Finding, ...]:
    """What may be meant so, and should be looked at."""
    found: list[Finding] = []
    every = [
        source
        for each in (mapping, *known.others)
        for location in each.locations
        for source in location.sources
        if source.active
    ]
    offered = [source for each in (mapping, *known.others) for _, _, source in _feeding(each)]
    places = {source.place for location in mapping.locations for source in location.sources} | set(known.zones)
    for place in sorted(places):
        found += _lying_idle(place, [source for source in every if source.place == place], known)
    for location in mapping.locations:
        for source in location.sources:
            if source.active:
                found += _odd(source, location, known)
        found += _of_shares(location, offered, known)
    return tuple(dict.fromkeys(found))


def left_behind(before: ShopMapping, after: ShopMapping, known: Known) -> tuple[Finding, ...]:
    """Locations that were written, and that nothing feeds any more: what they offer stays as it is, and is sold from."""
    found = []
    for was in before.locations:
        now = after.location(was.location_id)
        if was.live and _fed(was) and not _fed(now):
            name = known.name(was.location_id)
            text = (
                f"No warehouse feeds {name} any more: the shop goes on showing its last numbers there, and sells from them. "
                "Set them to zero in the shop, or keep a warehouse here with a share of 0 %."
            )
            found.append(Finding(text, was.location_id))
    return tuple(found)


def _fed(location: Location) -> bool:
    return any(source.active for source in location.sources)


def _lying_idle(place: tuple[str, str], counted: Sequence[Source], known: Known) -> Iterator[Finding]:
    """Stock that no location offers."""
    lying = known.zones.get(place, {})
    if not counted:
        if units := sum(max(0, each) for each in lying.values()):
            yield Finding(f"{place[1]} feeds no location: {units} units lie there and are not offered.", place=place)
        return
    reserving = known.reserving.get(place, frozenset())
    idle = [path for path in sorted({*lying, *reserving}) if not any(path in source.zones for source in counted)]
    for path in idle:
        if path in reserving:
            yield Finding(
                f"{place[1]} still reserves for orders from {path}, which is not counted.", place=place, field="zones"
            )
    named = [f"{lying[path]} in {path}" for path in idle if path not in reserving and lying.get(path, 0) > 0]
    if named:
        listed = ", ".join(named[:_NAMED]) + (f" and more in {len(named) - _NAMED} other zones" if len(named) > _NAMED else "")
        text = f"Units of {place[1]} lie where no location counts them: {listed}."
        yield Finding(text, place=place, field="zones")


def _odd(source: Source, location: Location, known: Known) -> Iterator[Finding]:
    id_, name, place = location.location_id, known.name(location.location_id), source.place
    if source.serves and not location.counts(source):
        text = (
            f"{source.warehouse} may ship to {', '.join(source.serves)} only, and {name} is not declared to sell nowhere else: "
            "its stock is not counted there. Orders may still be sent to it."
        )
        yield Finding(text, id_, place, "serves")
    counted = known.zones.get(place)
    if counted is None:
        yield Finding(f"{source.warehouse} has not counted anything yet: {name} offers nothing of it.", id_, place)
        return
    for pattern in (*source.zones.include, *source.zones.exclude):
        if not source.zones.meets(pattern, counted):
            path = pattern.removeprefix(ALONE)
            yield Finding(f"{source.warehouse} has never counted a zone {path}: is it spelt like that?", id_, place, "zones")


def _of_shares(location: Location, offered: Sequence[Source], known: Known) -> Iterator[Finding]:
    """Parts of shared stock that nobody offers, or a part where nobody shares."""
    name = known.name(location.location_id)
    for source in location.sources:
        if not source.active or source.share_bp is None or not location.counts(source):
            continue
        same = [each for each in offered if each.place == source.place and overlap(each.zones, source.zones)]
        whole = sum(each.share_bp or 0 for each in same)
        if len(same) == 1 and source.share_bp < WHOLE_BP:
            text = f"{source.warehouse} feeds {name} alone: its share of {percent(source.share_bp)} has no effect, all of it is offered there."
            yield Finding(text, location.location_id, source.place, "share")
        elif len(same) > 1 and 0 < whole < WHOLE_BP:
            text = f"The shares of {source.warehouse} are {percent(whole)} together: they are taken in proportion, nothing is left over."
            yield Finding(text, location.location_id, source.place, "share")
