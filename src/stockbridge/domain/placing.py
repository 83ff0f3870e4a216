"""An order was read whole: what of it is to be asked of which warehouse.

One unmapped line stops the whole order; nothing is ever asked for twice; an older reading changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stockbridge.domain.catalog import Codes, Unmapped, sentence
from stockbridge.domain.channel_order import ChannelLine, ChannelOrder, FulfillmentOrder
from stockbridge.domain.effects import Effect, MoveFulfillmentOrder, SubmissionLine, SubmitOrder
from stockbridge.domain.orders import (
    ENDED,
    OPEN_STATUSES,
    ClaimLine,
    Decision,
    Note,
    Order,
    OrderState,
    Park,
    Submission,
    SubmissionState,
    count_open,
    derive_state,
    reference_for,
    unallocated_units,
)
from stockbridge.domain.routing import Assignment, Candidate, Elsewhere, Free, Need, NoWarehouse, assign
from stockbridge.domain.submissions import cancel_order
from stockbridge.domain.values import Address, Units

#: A waiting order is read again after half its age, within these bounds (the channel routes a moment after placing).
RETRY_SOONEST, RETRY_LATEST = timedelta(seconds=1), timedelta(minutes=10)
ROUTABLE = frozenset({"OPEN", "IN_PROGRESS"})
#: Pickup, local delivery and the till are not ours to ship: their units stay unplaced.
SHIPPED_METHODS = frozenset({"SHIPPING", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What placing an order needs to know. ``unsent``: keys of effects that were never sent. ``elsewhere``: of what is ``free``, what
    other locations offer already."""

    account: str
    codes: Codes
    candidates: tuple[Candidate, ...]
    free: Free
    live: bool
    start_line: datetime | None
    unsent: frozenset[str] = frozenset()
    elsewhere: Elsewhere = field(default_factory=dict)


def see(order: Order | None, snapshot: ChannelOrder, *, shop: str, facts: Facts, now: datetime) -> Decision:
    """What follows from a fresh reading of an order."""
    if order is not None and _older(snapshot, order.snapshot):
        return Decision(order=order, notes=(Note(kind="order.older_reading", text="an older reading arrived late; ignored"),))
    known = order or Order(shop=shop, snapshot=snapshot, state=OrderState.WAITING, reason="", first_seen_at=now, retry_at=None)
    fresh = count_open(replace(known, snapshot=snapshot, retry_at=None))
    notes = () if order else (Note(kind="order.placed", text=f"{snapshot.name} was placed in the shop", data=_gist(snapshot)),)
    if snapshot.cancelled_at is not None:
        return _with_notes(cancel_order(fresh, unsent=facts.unsent, now=now), notes)
    watched = _watched(snapshot, facts)
    if watched and not fresh.submissions:
        left_alone = replace(fresh, state=OrderState.IGNORED, reason=watched)
        said = (known.state, known.reason) == (OrderState.IGNORED, watched)
        return Decision(order=left_alone, notes=notes if said else (*notes, Note(kind="order.watched", text=watched)))
    return _with_notes(_allocate(fresh, facts, now), notes)


def _older(snapshot: ChannelOrder, known: ChannelOrder) -> bool:
    return (snapshot.updated_at, snapshot.read_at) < (known.updated_at, known.read_at)


def _watched(snapshot: ChannelOrder, facts: Facts) -> str:
    """Why the order is only looked at, or empty when it is ours to send (DESIGN D13)."""
    if not facts.live:
        return "order flow is switched off for this shop: it is watched only"
    if facts.start_line is not None and snapshot.placed_at < facts.start_line:
        return "placed before this shop's start line: a person decides about it"
    return ""


def _gist(snapshot: ChannelOrder) -> dict[str, object]:
    return {"lines": len(snapshot.lines), "units": sum(line.quantity for line in snapshot.lines)}


def _with_notes(decision: Decision, notes: Sequence[Note]) -> Decision:
    return replace(decision, notes=(*notes, *decision.notes)) if notes else decision


def _allocate(order: Order, facts: Facts, now: datetime) -> Decision:
    groups, waiting, wanted = _needs(order)
    unmapped = _unmapped(order.snapshot, wanted, facts.codes)
    if unmapped:
        return _parked(order, _unmapped_park(unmapped), now)
    plans: list[tuple[FulfillmentOrder, Assignment]] = []
    free = dict(facts.free)
    for fulfillment_order, needs in groups:
        answer = assign(
            needs=needs,
            candidates=facts.candidates,
            codes=facts.codes,
            free=free,
            prefer_location=fulfillment_order.location_id,
            country=_country(fulfillment_order, order.snapshot),
            elsewhere=facts.elsewhere,
        )
        if isinstance(answer, NoWarehouse):
            return _parked(order, _no_stock_park(answer), now)
        _take(free, answer)
        plans.append((fulfillment_order, answer))
    return _submit(order, plans, waiting, facts, now)


def _country(fulfillment_order: FulfillmentOrder, snapshot: ChannelOrder) -> str:
    """Where its goods go, as far as the shop says."""
    address = fulfillment_order.destination or snapshot.shipping_address
    return address.country_code.upper() if address else ""


Group = tuple[FulfillmentOrder, tuple[Need, ...]]


def _needs(order: Order) -> tuple[list[Group], str, frozenset[str]]:
    """What is to be allocated, by the fulfillment order that asks for it; what the rest waits for, in words; and the lines
    of both, for one line without an item code stops the whole order, also one that waits."""
    snapshot = order.snapshot
    lines = {line.line_id: line for line in snapshot.lines if line.requires_shipping}
    left = {line_id: unallocated_units(order, snapshot, line_id) for line_id in lines}
    taken, moving = _claimed_here(order)
    groups, waiting, wanted = [], "", set()
    for fo in snapshot.fulfillment_orders:
        if fo.method not in SHIPPED_METHODS or fo.status not in OPEN_STATUSES:
            continue
        needs = []
        for fo_line in fo.lines:
            if fo_line.line_id not in lines:
                continue
            place = (fo.location_id, fo_line.line_id)
            used = min(taken.get(place, 0), fo_line.remaining)
            taken[place] = taken.get(place, 0) - used
            units = min(fo_line.remaining - used, left[fo_line.line_id])
            if units <= 0:
                continue
            wanted.add(fo_line.line_id)
            obstacle = _obstacle(fo) or (_MOVING if fo_line.line_id in moving else "")
            if obstacle:
                waiting = obstacle
            else:
                left[fo_line.line_id] -= units
                needs.append(_need(lines[fo_line.line_id], units))
        if needs:
            groups.append((fo, tuple(needs)))
    if not snapshot.fulfillment_orders and any(line.current_quantity for line in lines.values()):
        waiting = "the shop has not decided yet which location ships it"
    return groups, waiting, frozenset(wanted)


#: Until a move is done nobody can tell which of a line's units it takes.
_MOVING = "other units of the same line are being moved to another location"


def _need(line: ChannelLine, units: int) -> Need:
    return Need(line_id=line.line_id, inventory_item_id=line.inventory_item_id or "", units=units, title=line.sku or line.title)


def _claimed_here(order: Order) -> tuple[dict[tuple[str | None, str], int], frozenset[str]]:
    """Open units already asked for, by location and line; and the lines of which units are being moved."""
    claimed: dict[tuple[str | None, str], int] = {}
    moving: set[str] = set()
    for submission in order.submissions:
        for line in submission.lines:
            if submission.state is SubmissionState.MOVING:
                moving.add(line.line_id)
                continue
            place = (submission.location_id, line.line_id)
            claimed[place] = claimed.get(place, 0) + line.open_units
    return claimed, frozenset(moving)


def _obstacle(fo: FulfillmentOrder) -> str:
    """Why a fulfillment order cannot be sent now; empty when it can."""
    if fo.holds:
        return "on hold in the shop: " + ", ".join(sorted(hold.replace("_", " ").lower() for hold in fo.holds))
    if fo.status not in ROUTABLE:
        return f"the shop says {fo.status.replace('_', ' ').lower()}"
    return ""


def _unmapped(snapshot: ChannelOrder, wanted: frozenset[str], codes: Codes) -> list[Unmapped]:
    return [
        Unmapped(line_id=line.line_id, sku=line.sku, title=line.title, inventory_item_id=line.inventory_item_id)
        for line in snapshot.lines
        if line.line_id in wanted and not codes.knows(line.inventory_item_id)
    ]


def _unmapped_park(unmapped: Sequence[Unmapped]) -> Park:
    return Park(
        cause="unmapped_item",
        title=sentence(unmapped),
        consequence="The whole order waits: no line of it is sent until every line has an item code.",
        remedy="map_item",
        data={"items": [{"inventory_item_id": u.inventory_item_id, "sku": u.sku, "title": u.title} for u in unmapped]},
    )


def _no_stock_park(answer: NoWarehouse) -> Park:
    return Park(
        cause="no_stock",
        title="No warehouse has everything: " + "; ".join(answer.lacked) + ".",
        consequence="The order is not sent. It is tried again by itself whenever stock arrives.",
        remedy="retry",
        data={"lacked": list(answer.lacked)},
    )


def _parked(order: Order, park: Park, now: datetime) -> Decision:
    """It waits for a person, and is looked at again by itself. Its history says so once for each reason, not for each look."""
    known = order.state is OrderState.PARKED and order.reason == park.title
    state = replace(order, state=OrderState.PARKED, reason=park.title, retry_at=_retry_at(order, now))
    other = {"unmapped_item": "no_stock", "no_stock": "unmapped_item"}[park.cause]
    notes = () if known else (Note(kind=f"order.{park.cause}", text=park.title),)
    return Decision(order=state, parks=(park,), unpark=(other,), notes=notes)


def _retry_at(order: Order, now: datetime) -> datetime:
    return now + min(RETRY_LATEST, max(RETRY_SOONEST, (now - order.first_seen_at) / 2))


def _take(free: dict[tuple[str, str, str], int], answer: Assignment) -> None:
    for need in answer.needs:
        pool = answer.candidate.pool(answer.codes[need.line_id])
        free[pool] = free.get(pool, 0) - need.units


def _submit(
    order: Order, plans: Sequence[tuple[FulfillmentOrder, Assignment]], waiting: str, facts: Facts, now: datetime
) -> Decision:
    effects: list[Effect] = []
    notes: list[Note] = []
    submissions = list(order.submissions)
    for fo, plan in plans:
        number = len(submissions) + 1
        reference = reference_for(account=facts.account, shop=order.shop, snapshot=order.snapshot, number=number)
        moving = fo.location_id is not None and fo.location_id != plan.candidate.location_id
        submission = _new_submission(reference, number, plan, moving=moving, now=now)
        submissions.append(submission)
        effects.append(_move(order, submission, fo) if moving else submit_effect(order.snapshot, submission))
        units = sum(need.units for need in plan.needs)
        notes.append(
            Note(
                kind="order.assigned",
                text=f"{units} unit{'s' if units != 1 else ''} assigned to {plan.candidate.title or plan.candidate.warehouse}: {plan.why}",
                data={"reference": reference, "warehouse": plan.candidate.warehouse, "moved": moving},
            )
        )
    placed = replace(order, submissions=tuple(submissions), retry_at=_retry_at(order, now) if waiting else None)
    state, reason = derive_state(placed, parked=False, waiting=waiting)
    return Decision(
        order=replace(placed, state=state, reason=reason),
        effects=tuple(effects),
        notes=tuple(notes),
        unpark=("unmapped_item", "no_stock"),
    )


def _new_submission(reference: str, number: int, plan: Assignment, *, moving: bool, now: datetime) -> Submission:
    return Submission(
        reference=reference,
        number=number,
        connection=plan.candidate.connection,
        warehouse=plan.candidate.warehouse,
        location_id=plan.candidate.location_id,
        state=SubmissionState.MOVING if moving else SubmissionState.INTENDED,
        intended_at=now,
        lines=tuple(
            ClaimLine(
                line_id=need.line_id,
                inventory_item_id=need.inventory_item_id,
                item_code=plan.codes[need.line_id],
                units=need.units,
                open_units=need.units,
            )
            for need in plan.needs
        ),
    )


def _move(order: Order, submission: Submission, fo: FulfillmentOrder) -> MoveFulfillmentOrder:
    return MoveFulfillmentOrder(
        reference=submission.reference,
        order_id=order.snapshot.order_id,
        from_location_id=fo.location_id or "",
        to_location_id=submission.location_id,
        lines=tuple(Units(line.line_id, line.units) for line in submission.lines),
    )


def submit_effect(snapshot: ChannelOrder, submission: Submission) -> SubmitOrder:
    """The request to the warehouse that a submission stands for: the same facts always give the same request."""
    lines = {line.line_id: line for line in snapshot.lines}
    return SubmitOrder(
        reference=submission.reference,
        warehouse=submission.warehouse,
        order_name=snapshot.name,
        lines=tuple(
            SubmissionLine(
                line_id=line.line_id,
                item_code=line.item_code,
                units=line.units,
                title=lines[line.line_id].title,
                unit_price=lines[line.line_id].unit_price,
            )
            for line in submission.lines
        ),
        ship_to=_destination(snapshot, submission.location_id),
        shipping_method=snapshot.shipping_method,
        currency=snapshot.currency,
        note=snapshot.note,
    )


def _destination(snapshot: ChannelOrder, location_id: str) -> Address | None:
    """Where the parcel goes: the fulfillment order's own destination, which may differ from the order's address after an edit."""
    for fo in snapshot.fulfillment_orders:
        if fo.location_id == location_id and fo.destination is not None:
            return fo.destination
    return snapshot.shipping_address


def has_open_submission(order: Order) -> bool:
    """Is some warehouse still at work on it?"""
    return any(s.state not in ENDED for s in order.submissions)
