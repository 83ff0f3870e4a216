"""A parcel left: which lines it holds, and what the channel must be told, once.

A shipment that cannot be matched line by line is not trimmed to fit: the whole report is parked (trap X-04).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stockbridge.domain.effects import RecordFulfillment
from stockbridge.domain.events import FulfillmentRecorded, ShipmentConfirmed
from stockbridge.domain.orders import (
    ClaimLine,
    Decision,
    Note,
    Order,
    Park,
    Shipment,
    Submission,
    SubmissionState,
)
from stockbridge.domain.submissions import ended, mark_accepted, settle
from stockbridge.domain.values import Units


def shipped(order: Order, event: ShipmentConfirmed, *, shipment_id: str, notify_customer: bool, now: datetime) -> Decision:
    """A shipment was reported. ``shipment_id`` is the warehouse's own, made unique in the account. A repeat changes nothing."""
    if any(s.shipment_id == shipment_id for s in order.shipments):
        return Decision(order=order, notes=())
    submission = order.submission(event.reference)
    placed = _place(submission, event)
    if isinstance(placed, str):
        return _rejected(order, event, placed)
    lines, units = placed
    taken = submission
    proven: tuple[tuple[str, str], ...] = ()
    if submission.state in (SubmissionState.INTENDED, SubmissionState.MOVING):
        taken = mark_accepted(submission, warehouse_ref="", sequence=event.sequence, now=now)
        lines = tuple(replace(line, accepted=mark.accepted) for line, mark in zip(lines, taken.lines, strict=True))
        proven = ((f"submit:{event.reference}", ""),)
    taken = replace(taken, lines=lines)
    shipment = Shipment(
        shipment_id=shipment_id,
        reference=event.reference,
        location_id=submission.location_id,
        warehouse=submission.warehouse,
        tracking=event.tracking,
        shipped_at=event.occurred_at,
        received_at=now,
        sequence=event.sequence,
        lines=units,
    )
    if event.final or not taken.unshipped:
        taken = ended(taken, SubmissionState.SHIPPED, now=now)
    changed = replace(order.with_submission(taken), shipments=(*order.shipments, shipment))
    effect = _record(changed, shipment, notify_customer=notify_customer)
    return Decision(order=settle(changed), effects=(effect,), notes=(_shipped_note(shipment),), proven=proven)


def _place(submission: Submission, event: ShipmentConfirmed) -> tuple[tuple[ClaimLine, ...], tuple[Units, ...]] | str:
    """Spread the shipped units over the lines with that item code, earliest first, never above what is unshipped.
    Returns the changed lines and the units by order line; or a sentence that says what does not fit."""
    left: dict[str, int] = {}
    for shipped_line in event.lines:
        left[shipped_line.key] = left.get(shipped_line.key, 0) + shipped_line.units
    lines, units = [], []
    for line in submission.lines:
        here = min(line.unshipped, left.get(line.item_code, 0))
        if here:
            left[line.item_code] -= here
            units.append(Units(line.line_id, here))
        lines.append(replace(line, shipped=line.shipped + here))
    over = {code: n for code, n in left.items() if n}
    if over:
        known = {line.item_code for line in submission.lines}
        return "; ".join(
            f"{n} more {code} than were asked for" if code in known else f"{n} {code}, which is not in the order"
            for code, n in sorted(over.items())
        )
    return tuple(lines), tuple(units)


def _rejected(order: Order, event: ShipmentConfirmed, problem: str) -> Decision:
    park = Park(
        cause=f"shipment_mismatch:{event.shipment_id}",
        title=f"{event.warehouse} reports a shipment of {order.snapshot.name} that does not fit: {problem}.",
        consequence="The shop has not been told about this shipment; the customer sees no tracking for it.",
        remedy="retry",
        data={"reference": event.reference, "shipment_id": event.shipment_id, "tracking": list(event.tracking.numbers)},
    )
    note = Note(kind="shipment.mismatch", text=park.title)
    return Decision(order=order, parks=(park,), notes=(note,), rejected=True)


def _record(order: Order, shipment: Shipment, *, notify_customer: bool) -> RecordFulfillment:
    return RecordFulfillment(
        order_id=order.snapshot.order_id,
        shipment_id=shipment.shipment_id,
        location_id=shipment.location_id,
        lines=shipment.lines,
        tracking=shipment.tracking,
        notify_customer=notify_customer,
        bound=tuple(s.fulfillment_id for s in order.shipments if s.fulfillment_id),
    )


def _shipped_note(shipment: Shipment) -> Note:
    total = sum(line.units for line in shipment.lines)
    numbers = ", ".join(shipment.tracking.numbers) or "no tracking number"
    return Note(
        kind="shipment.confirmed",
        text=f"{shipment.warehouse} shipped {total} unit{'s' if total != 1 else ''} ({numbers})",
        data={"shipment_id": shipment.shipment_id},
    )


def recorded(order: Order, event: FulfillmentRecorded, *, now: datetime) -> Decision:
    """The channel has the record: the units are written back. A repeat changes nothing."""
    shipment = next((s for s in order.shipments if s.shipment_id == event.shipment_id), None)
    if shipment is None or shipment.fulfillment_id is not None:
        return Decision(order=order)
    kept = tuple(
        replace(s, fulfillment_id=event.fulfillment_id, written_at=now) if s.shipment_id == event.shipment_id else s for s in order.shipments
    )
    submission = order.submission(shipment.reference)
    units = {line.key: line.units for line in shipment.lines}
    lines = tuple(
        replace(
            line,
            written_back=line.written_back + units.get(line.line_id, 0),
            open_units=max(0, line.open_units - units.get(line.line_id, 0)),
        )
        for line in submission.lines
    )
    changed = replace(order, shipments=kept).with_submission(replace(submission, lines=lines))
    how = "was already in the shop" if event.adopted else "is in the shop"
    text = f"the tracking of {shipment.warehouse}'s shipment {how}"
    note = Note(kind="shipment.recorded", text=text, data={"fulfillment_id": event.fulfillment_id})
    return Decision(order=settle(changed), notes=(note,), unpark=(f"fulfillment:{event.shipment_id}",))
