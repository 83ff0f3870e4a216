"""Units that left a location without a warehouse being asked: a till, pickup, another app, a person in the shop's admin.

    spent(L, i) = units that left at L so, until the warehouse was told and its figure contains them

What an order says is taken as it stands: units that others recorded as shipped, less those that a warehouse of ours was asked to
ship (its claim has them), less what came back on the shelf. Each change of that is one entry, told to the warehouse once, and
contained on its own. Source: DESIGN 'What available means', docs/decisions/0009.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.claims import Figure, Mark
from stockbridge.domain.mapping import Location, Source
from stockbridge.domain.orders import OPEN_STATUSES, UNDONE, Order, SubmissionState, left_open

#: (order line, location)
Spot = tuple[str, str]
#: (location, inventory item)
Cell = tuple[str, str]
#: Instead of a location: any of them.
ANYWHERE = ""


class Told(StrEnum):
    """Who tells the warehouse of an entry. ``NOBODY``: it is not counted, and ``Entry.why`` says the reason."""

    BOOK = "book"
    OTHER = "other"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Units of one order line that left (or, negative, came back) at one location. Units: whole sellable units.

    ``connection`` … ``item_code``: the source that is told. ``told``: the warehouse's word that it booked them; ``settles_at``: the moment
    that a figure must be later than, where another system tells it. ``order_id`` empty: a person changed the number itself."""

    reference: str
    shop: str
    order_id: str
    order_name: str
    line_id: str
    location_id: str
    inventory_item_id: str
    units: int
    by: Told
    happened_at: datetime
    heard_at: datetime
    connection: str = ""
    warehouse: str = ""
    item_code: str = ""
    told: Mark | None = None
    settles_at: datetime | None = None
    contained: bool = False
    why: str = ""

    @property
    def pool(self) -> tuple[str, str, str]:
        """(connection, warehouse, item code)"""
        return self.connection, self.warehouse, self.item_code


def contained(entry: Entry, figure: Figure) -> bool:
    """Does the figure have it? In doubt: not."""
    if entry.contained:
        return True
    if entry.by is Told.BOOK:
        return figure.contains(entry.told)
    return entry.settles_at is not None and figure.occurred_at > entry.settles_at


def outstanding(open_: Iterable[tuple[str, str, int]]) -> int:
    """spent(L, i) of the entries that no figure contains, each as (order, line, units). What came back never counts for more than
    what left of the same line; what a person added to the number itself (no order) counts as it is, and may be negative."""
    lines: Counter[tuple[str, str]] = Counter()
    by_hand = 0
    for order_id, line_id, units in open_:
        if order_id:
            lines[order_id, line_id] += units
        else:
            by_hand += units
    return sum(max(0, units) for units in lines.values()) + by_hand


def eased(
    open_: Iterable[Entry], told: Iterable[Entry]
) -> dict[tuple[tuple[str, str, str], tuple[str, str, str]], tuple[int, int]]:
    """What figures contain from now on, by pool and cell (shop, location, item): the units, and by how many fewer count as having left.
    ``open_``: all entries of these pools that no figure had; ``told``: those of them that figures have now."""
    had, gone = list(open_), {entry.reference for entry in told}
    found = {}
    for key in sorted({_at(entry) for entry in had if entry.reference in gone}):
        here = [entry for entry in had if _at(entry) == key]
        left = [entry for entry in here if entry.reference not in gone]
        units = sum(entry.units for entry in here) - sum(entry.units for entry in left)
        found[key] = (units, max(0, _left(here)) - max(0, _left(left)))
    return found


def _at(entry: Entry) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    return entry.pool, (entry.shop, entry.location_id, entry.inventory_item_id)


def _left(entries: Iterable[Entry]) -> int:
    return outstanding((entry.order_id, entry.line_id, entry.units) for entry in entries)


# -- what an order says


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is known of one line at one location. ``gone``: units that left the channel's own count there, by whoever's record, less
    those that came back; ``foreign``: those of them that no warehouse of ours was asked for. ``at``: when that last changed."""

    inventory_item_id: str
    gone: int
    foreign: int
    at: datetime


def departures(order: Order) -> dict[Spot, Left]:
    """What left and came back, by line and location; a line that nothing happened to is left out."""
    snapshot = order.snapshot
    items = {line.line_id: line.inventory_item_id for line in snapshot.lines if line.inventory_item_id}
    gone, moments = _gone(order, items)
    foreign = _foreign(order, items)
    return {
        spot: Left(inventory_item_id=items[spot[0]], gone=gone[spot], foreign=foreign.get(spot, 0), at=moments[spot])
        for spot in moments
    }


def _gone(order: Order, items: Mapping[str, str]) -> tuple[Counter[Spot], dict[Spot, datetime]]:
    """Our own records count from when we know of them, also before a reading shows them."""
    snapshot, gone = order.snapshot, Counter[Spot]()
    moments: dict[Spot, datetime] = {}
    happened = [
        (line.key, record.location_id, line.units if record.status not in UNDONE else 0, record.updated_at or record.created_at)
        for record in snapshot.fulfillments
        for line in record.lines
    ]
    happened += [(back.line_id, back.location_id, -back.units, back.at) for back in snapshot.restocks]
    shown = {record.fulfillment_id for record in snapshot.fulfillments}
    happened += [
        (line.key, parcel.location_id, line.units, parcel.written_at or parcel.received_at)
        for parcel in order.shipments
        if parcel.fulfillment_id and parcel.fulfillment_id not in shown
        for line in parcel.lines
    ]
    for line_id, location_id, units, at in happened:
        if line_id in items and location_id:
            gone[line_id, location_id] += units
            moments[line_id, location_id] = max(at, moments.get((line_id, location_id), at))
    return gone, moments


def _foreign(order: Order, items: Mapping[str, str]) -> dict[Spot, int]:
    snapshot = order.snapshot
    ours = {shipment.fulfillment_id for shipment in order.shipments if shipment.fulfillment_id}
    found: Counter[Spot] = Counter()
    for record in snapshot.fulfillments:
        if record.fulfillment_id not in ours and record.status not in UNDONE and record.location_id:
            for line in record.lines:
                if line.key in items:
                    found[line.key, record.location_id] += line.units
    for line_id in items:
        claimed, closed = _claimed(order, line_id)
        own = _recorded(order, line_id)
        _take_off(found, line_id, max(0, sum(closed.values()) - own), first=closed)
        left = sum(units for (line, _), units in found.items() if line == line_id)
        _take_back(found, snapshot, line_id, left=left, ours=max(own, claimed))
    return {spot: units for spot, units in found.items() if units}


def _claimed(order: Order, line_id: str) -> tuple[int, Counter[str]]:
    """Units of a line that warehouses were asked for and that were not cancelled there: their claims have them, whoever records
    them as shipped. And those of them that the channel does not hold open any more, by location."""
    claimed, closed = 0, Counter[str]()
    for submission in order.submissions:
        for line in submission.lines:
            if line.line_id == line_id:
                claimed += line.units - line.cancelled
                closed[submission.location_id] += line.units - line.cancelled - line.open_units
    return claimed, closed


def _recorded(order: Order, line_id: str) -> int:
    """Units of a line in records of our own that stand, also before a reading shows them."""
    undone = {record.fulfillment_id for record in order.snapshot.fulfillments if record.status in UNDONE}
    return sum(
        units.units
        for parcel in order.shipments
        if parcel.fulfillment_id and parcel.fulfillment_id not in undone
        for units in parcel.lines
        if units.key == line_id
    )


def _take_off(found: Counter[Spot], line_id: str, units: int, *, first: Mapping[str, int]) -> None:
    """Records of units that a warehouse of ours was asked for, and that are not open any more, are taken for its own: its claim has
    them. At its location before others."""
    for spot in sorted((spot for spot in found if spot[0] == line_id), key=lambda spot: (spot[1] not in first, spot)):
        taken = min(units, found[spot])
        found[spot] -= taken
        units -= taken


def _take_back(found: Counter[Spot], snapshot: ChannelOrder, line_id: str, *, left: int, ours: int) -> None:
    """Units that came back where they lie now, up to what left without a warehouse. What a warehouse of ours shipped is its own to
    take back and count; of a line that both shipped, that is taken to be the first to come back."""
    for back in sorted((b for b in snapshot.restocks if b.line_id == line_id), key=lambda b: (b.at, b.location_id)):
        kept = min(ours, back.units)
        ours -= kept
        units = min(left, back.units - kept)
        left -= units
        if units:
            found[line_id, back.location_id] -= units


def waiting(order: Order) -> dict[Cell, int]:
    """Units that the channel holds open at a location and that no warehouse was asked for there: known, and unplaced."""
    items = {line.line_id: line.inventory_item_id for line in order.snapshot.lines if line.inventory_item_id}
    found: Counter[Cell] = Counter()
    for (line_id, location_id), units in _waits(order).items():
        if line_id in items:
            found[location_id, items[line_id]] += units
    return dict(found)


def _waits(order: Order) -> Counter[Spot]:
    """The same, by line and location."""
    held = left_open(order)
    for submission in order.submissions:
        if submission.state is not SubmissionState.MOVING:
            for line in submission.lines:
                place = (submission.location_id, line.line_id)
                held[place] = held.get(place, 0) - line.open_units
    return Counter({(line_id, location): units for (location, line_id), units in held.items() if units > 0 and location})


def dropped(before: Order | None, after: Order) -> dict[Cell, int]:
    """Units that an order gave up between two readings, by where they were held: the channel may have put them back on offer, or
    not, and does not say which. Where nobody said from where they were held: up to so many at each of its locations, or anywhere
    (:data:`ANYWHERE`)."""
    snapshot = after.snapshot
    known = _kept(before.snapshot) if before else Counter[Spot]()
    now, given_up = _kept(snapshot), _given_up(before.snapshot) if before else {}
    places = {fo.location_id for fo in snapshot.fulfillment_orders if fo.location_id} or {ANYWHERE}
    items = {line.line_id: line.inventory_item_id for line in snapshot.lines if line.inventory_item_id}
    found: Counter[Cell] = Counter()
    for line_id, units in _given_up(snapshot).items():
        lost = units - given_up.get(line_id, 0)
        if line_id not in items or lost <= 0:
            continue
        for spot in sorted(spot for spot in known if spot[0] == line_id):
            part = max(0, min(lost, known[spot] - now[spot]))
            lost -= part
            found[spot[1], items[line_id]] += part
        for location_id in places if lost else ():
            found[location_id, items[line_id]] += lost
    return {cell: units for cell, units in found.items() if units}


def released(before: Order | None, after: Order) -> dict[Cell, int]:
    """Units that a location holds for an order no more although they did not leave, or that came back to it: the channel may offer
    them there again by itself, before anybody has seen its number. What only waited there, and was asked of nobody since, was counted
    with the number already."""
    if before is None:
        return {}
    known, now, asked = _kept(before.snapshot), _kept(after.snapshot), _newly_asked(before, after)
    waited, waits = _waits(before), _waits(after)
    back = _restocked(after.snapshot)
    back.subtract(_restocked(before.snapshot))
    items = {line.line_id: line.inventory_item_id for line in after.snapshot.lines if line.inventory_item_id}
    found: Counter[Cell] = Counter()
    for spot in known.keys() | back.keys():
        if spot[0] in items:
            counted = max(0, waited[spot] - waits[spot] - asked[spot])
            found[spot[1], items[spot[0]]] += max(0, known[spot] - now[spot] - counted) + max(0, back[spot])
    return {cell: units for cell, units in found.items() if units > 0}


def _newly_asked(before: Order, after: Order) -> Counter[Spot]:
    """Units of which a warehouse was first asked between two states of an order, where they are."""
    known, found = {submission.reference for submission in before.submissions}, Counter[Spot]()
    for submission in after.submissions:
        if submission.reference not in known and submission.state is not SubmissionState.MOVING:
            for line in submission.lines:
                found[line.line_id, submission.location_id] += line.units
    return found


def _restocked(snapshot: ChannelOrder) -> Counter[Spot]:
    back: Counter[Spot] = Counter()
    for restock in snapshot.restocks:
        back[restock.line_id, restock.location_id] += restock.units
    return back


def _given_up(snapshot: ChannelOrder) -> dict[str, int]:
    """Units of each line that are neither wanted any more nor shipped. One that is not routed yet holds all that it wants."""
    still: Counter[str] = Counter()
    for (line_id, _), units in _kept(snapshot).items():
        still[line_id] += units
    cancelled = snapshot.cancelled_at is not None
    wanted = {line.line_id: 0 if cancelled else line.current_quantity for line in snapshot.lines}
    return {line.line_id: max(0, line.quantity - max(wanted[line.line_id], still[line.line_id])) for line in snapshot.lines}


def _kept(snapshot: ChannelOrder) -> Counter[Spot]:
    """Units open or shipped, by line and location."""
    kept: Counter[Spot] = Counter()
    for fo in snapshot.fulfillment_orders:
        if fo.status in OPEN_STATUSES and fo.location_id:
            for fo_line in fo.lines:
                kept[fo_line.line_id, fo.location_id] += fo_line.remaining
    for record in snapshot.fulfillments:
        if record.status not in UNDONE and record.location_id:
            for line in record.lines:
                kept[line.key, record.location_id] += line.units
    return kept


# -- who is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By which rules an entry is made: those of its location, and the source that is told (the first in order that counts the item;
    None: nothing there counts it). ``live``: we may send something for this shop and location."""

    location: Location
    source: Source | None
    item_code: str
    start_line: datetime
    live: bool


def told_by(order: Order, left: Left, terms: Terms) -> tuple[Told, str]:
    """Who tells the warehouse, and, when nobody, why it is not counted."""
    if terms.source is None:
        return Told.NOBODY, "no warehouse that feeds this location counts the item"
    if order.snapshot.placed_at < terms.start_line or left.at < terms.start_line:
        return Told.NOBODY, "before this shop's start line: whoever served the shop then has told the warehouse"
    if terms.live and terms.location.books:
        return Told.BOOK, ""
    return Told.OTHER, ""


def entry_of(
    order: Order, spot: Spot, left: Left, units: int, terms: Terms, *, known: Iterable[Entry], account: str, heard_at: datetime
) -> Entry:
    """The entry that says what has changed since the ``known`` ones of the same line and location. They are all told by the same."""
    before = list(known)
    by, why = (before[-1].by, before[-1].why) if before else told_by(order, left, terms)
    last = before[-1] if before else None
    source = terms.source
    return Entry(
        reference=reference_of(account, order.shop, order.snapshot, spot, len(before) + 1),
        shop=order.shop,
        order_id=order.snapshot.order_id,
        order_name=order.snapshot.name,
        line_id=spot[0],
        location_id=spot[1],
        inventory_item_id=left.inventory_item_id,
        units=units,
        by=by,
        happened_at=left.at,
        heard_at=heard_at,
        connection=last.connection if last else source.connection if source else "",
        warehouse=last.warehouse if last else source.warehouse if source else "",
        item_code=last.item_code if last else terms.item_code,
        settles_at=left.at + timedelta(seconds=terms.location.told_after_s),
        contained=by is Told.NOBODY,
        why=why,
    )


def reference_of(account: str, shop: str, snapshot: ChannelOrder, spot: Spot, number: int) -> str:
    """Our reference for the n-th word about a line at a location: the same facts always give the same."""
    digest = sha256(f"{account}\n{shop}\n{snapshot.order_id}\n{spot[0]}\n{spot[1]}".encode()).hexdigest()[:10]
    name = "".join(c for c in snapshot.name if c.isalnum() or c in "-_") or "order"
    return f"{name}-{digest}-left{number}"
