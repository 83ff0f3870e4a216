"""What people say of the mapping: each change is a version of the whole, checked before it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from stockbridge.db import journal, stock
from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.domain.events import MappingChanged, SourceMapped
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.mapping_check import Known, KnownLocation, contradictions
from stockbridge.domain.orders import Note, Park
from stockbridge.domain.stock import Keep
from stockbridge.domain.zones import zones_of
from stockbridge.flow.brake import hold_mapping
from stockbridge.flow.corridor import House, Step
from stockbridge.ports import Job

_Q = Queries("mapping")


def source_mapped(step: Step, event: SourceMapped) -> None:
    """One source of one location is as said from now on; all else stays."""
    mappings.lock(step.conn, account=step.account, shop=event.shop)
    before = mappings.newest_of(step.conn, account=step.account, shop=event.shop)
    location = before.location(event.location_id)
    location = replace(location, live=location.live if event.live is None else event.live)
    known = location.source(event.connection, event.warehouse)
    source = _said(event, known or Source(connection=event.connection, warehouse=event.warehouse, zones=zones_of(())))
    after = before.with_location(location).with_source(event.location_id, source)
    feeds = "feeds" if event.active else "no longer feeds"
    _change(step, before, after, event, note=f"{event.warehouse} ({source.zones.words}) {feeds} the location")


def _said(event: SourceMapped, known: Source) -> Source:
    """The source after a small change: what the event does not name stays as it is."""
    exclude = known.zones.exclude if event.exclude is None else event.exclude
    include = event.zones if event.active or event.zones else known.zones.include  # one that is switched off keeps its zones
    return replace(
        known,
        zones=zones_of(include, exclude),
        priority=event.priority,
        keep=Keep(units=event.keep_units, percent_bp=event.keep_percent_bp),
        share_bp=known.share_bp if event.share_bp is None else event.share_bp,
        serves=known.serves if event.serves is None else tuple(each.upper() for each in event.serves),
        active=event.active,
        active_from=known.active_from if event.active_from is None else event.active_from,
    )


def changed(step: Step, event: MappingChanged) -> None:
    """The whole mapping of a shop is as said from now on, unless somebody else changed it meanwhile."""
    mappings.lock(step.conn, account=step.account, shop=event.shop)
    before = mappings.newest_of(step.conn, account=step.account, shop=event.shop)
    if before.version != event.base:
        _reject(step, before, "Somebody else changed the mapping meanwhile. Nothing was changed.")
        return
    after = replace(before, locations=tuple(sorted(event.locations, key=lambda each: each.location_id)))
    _change(step, before, after, event, note=event.note or "changed")


def _change(step: Step, before: ShopMapping, after: ShopMapping, asked: MappingChanged | SourceMapped, *, note: str) -> None:
    if problems := contradictions(after, known(step.conn, account=step.account, shop=after.shop)):
        _reject(step, before, " ".join(problem.text for problem in problems))
        return
    if hold_mapping(step, after, base=before.version, seen=asked.seen, by=asked.by):
        return
    after = replace(after, version=before.version + 1)
    mappings.save(step.conn, account=step.account, mapping=after, by=asked.by or step.actor, note=note, now=step.now)
    for location in _changed_locations(before, after):
        _tell(step, location, note, asked.by)
    _look(step, after.shop)


def _changed_locations(before: ShopMapping, after: ShopMapping) -> list[Location]:
    named = {each.location_id for mapping in (before, after) for each in mapping.locations}
    return [after.location(place) for place in sorted(named) if before.location(place) != after.location(place)]


def _tell(step: Step, location: Location, note: str, by: str) -> None:
    zones = {f"{source.connection}/{source.warehouse}": source.zones.words for source in location.sources if source.active}
    line = Note(kind="source.mapped", text=note, data={"zones": zones})
    subject = f"location/{location.location_id}"
    journal.write(
        step.conn, account=step.account, subject=subject, notes=[line], at=step.now, actor=by, arrival_id=step.arrival_id
    )


def _look(step: Step, shop: str) -> None:
    """Every level of the shop is looked at, and of every shop that shares stock with it."""
    step.wake_publishers(_touch(step.conn, account=step.account, shop=shop, now=step.now))


def _touch(conn: Connection, *, account: str, shop: str, now: datetime) -> list[str]:
    shops = sorted({shop, *(row.shop for row in _Q.rows(conn, "sharing_shops", account=account, shop=shop))})
    for each in shops:
        stock.touch_shop(conn, account=account, shop=each, now=now)
    return shops


def _reject(step: Step, before: ShopMapping, why: str) -> None:
    """The change is kept and shown, and nothing of it is done."""
    step.rejected = why
    park = Park(
        cause=f"mapping_refused:{step.arrival_id}",
        title=f"A change of the mapping of {before.shop} was not made: {why}",
        consequence=f"The mapping stays as it was (version {before.version}).",
        remedy="dismiss",
    )
    journal.park(
        step.conn,
        account=step.account,
        subject=f"mapping/{before.shop}",
        connection=before.shop,
        parks=[park],
        now=step.now,
        arrival_id=step.arrival_id,
    )


def known(conn: Connection, *, account: str, shop: str) -> Known:
    """What a mapping is checked against."""
    locations = {
        row.location_id: KnownLocation(name=row.name, active=row.active, fulfillment_service=row.fulfillment_service)
        for row in _Q.rows(conn, "locations", account=account, shop=shop)
    }
    lying: dict[tuple[str, str], dict[str, int]] = {}
    for row in _Q.rows(conn, "zones", account=account):
        lying.setdefault((row.connection, row.warehouse), {})[row.zone] = int(row.units)
    reserving: dict[tuple[str, str], set[str]] = {}
    for row in _Q.rows(conn, "reserving", account=account):
        reserving.setdefault((row.connection, row.warehouse), set()).add(row.zone)
    others = [each for name, each in mappings.newest(conn, account=account).items() if name != shop]
    held = {place: frozenset(zones) for place, zones in reserving.items()}
    return Known(locations=locations, zones=lying, reserving=held, others=tuple(others))


def begin(house: House) -> None:
    """Prepared sources whose moment has come count from now on."""
    now = house.clock.now()
    with house.database.begin() as conn:
        for account, shop in mappings.begun(conn, now=now):
            mappings.lock(conn, account=account, shop=shop)
            mapping = mappings.newest_of(conn, account=account, shop=shop)
            mappings.write_sources(conn, account=account, mapping=mapping, now=now)
            shops = _touch(conn, account=account, shop=shop, now=now)
            house.engine.wake_all(conn, [Job(kind="publish", account=account, connection=each) for each in shops])
