"""A parcel left: which lines it holds, and what the channel must be told, once.

A shipment that cannot be matched line by line is not trimmed to fit: the whole report is parked (trap X-04). A parcel is a
fact: it also counts when it comes after the word that nothing more follows, for callbacks overtake each other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stockbridge.domain.effects import RecordFulfillment
from stockbridge.domain.events import FulfillmentRecorded, ShipmentConfirmed
from stockbridge.domain.orders import (
    ENDED,
    ClaimLine,
    Decision,
    Note,
    Order,
    Park,
    Shipment,
    Submission,
    SubmissionState,
)
from stockbridge.domain.submissions import heard, mark_accepted, revived, settle, unheard
from stockbridge.domain.values import Units


def shipped(order: Order, event: ShipmentConfirmed, *, shipment_id: str, notify_customer: bool, now: datetime) -> Decision:
    """A shipment was reported. ``shipment_id`` is the warehouse's own, made unique in the account. A repeat changes nothing."""
    if any(s.shipment_id == shipment_id for s in order.shipments):
        return Decision(order=order, notes=())
    submission = order.submission(event.reference)
    base = revived(submission)
    placed = _place(base, event)
    if isinstance(placed, str):
        return _rejected(order, event, placed)
    lines, units = placed
    taken = mark_accepted(replace(base, lines=lines), warehouse_ref="", sequence=event.sequence, now=now)
    taken = _after(submission, taken, final=event.final, now=now)
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
    changed = replace(order, shipments=(*order.shipments, shipment)) if units else order
    notes = (_shipped_note(shipment),) if units else ()
    if unheard(submission):
        decision = heard(changed, submission, taken, notes=notes)
    else:
        decision = Decision(order=settle(changed.with_submission(taken)), notes=notes)
    return _told(decision, taken, shipment, notify_customer=notify_customer)


def _after(before: Submission, taken: Submission, *, final: bool, now: datetime) -> Submission:
    """Where the submission stands after the parcel. With the last unit it is over. ``final`` with units left is no proof
    that they never ship: an earlier parcel may still be on its way to us. They stay claimed."""
    if before.state is SubmissionState.CANCELLING and taken.unshipped:
        return replace(taken, state=before.state)
    if final or not taken.unshipped or before.state is SubmissionState.SHIPPED:
        reason = before.reason if before.state in ENDED else ""
        return replace(taken, state=SubmissionState.SHIPPED, reason=reason, ended_at=now)
    return replace(taken, state=SubmissionState.ACCEPTED, ended_at=None)


def _told(decision: Decision, taken: Submission, shipment: Shipment, *, notify_customer: bool) -> Decision:
    """The channel is told about the parcel; a person is told about units that the warehouse says never follow."""
    order = decision.order
    assert order is not None
    effects = [*decision.effects]
    if shipment.lines:
        effects.append(_record(order, shipment, notify_customer=notify_customer))
    cause = f"rest:{taken.reference}"
    if taken.state is SubmissionState.SHIPPED and taken.unshipped:
        park = Park(
            cause=cause,
            title=f"{taken.warehouse} says that nothing more follows for {order.snapshot.name}, but {taken.unshipped} of its"
            f" units did not leave.",
            consequence="They stay set aside. Nobody else is asked for them until somebody decides, or their parcel is reported.",
            remedy="retry",
            data={"reference": taken.reference},
        )
        stopped = settle(order, parked=True)
        return replace(decision, order=replace(stopped, reason=park.title), effects=tuple(effects), parks=(park,))
    return replace(decision, effects=tuple(effects), unpark=(*decision.unpark, cause))


def _place(submission: Submission, event: ShipmentConfirmed) -> tuple[tuple[ClaimLine, ...], tuple[Units, ...]] | str:
    """Spread the shipped units over the lines with that item code, earliest first, never above what was asked for; units
    that were taken for cancelled come last. Returns the changed lines and the units by order line; or a sentence that says
    what does not fit."""
    left: dict[str, int] = {}
    for shipped_line in event.lines:
        left[shipped_line.key] = left.get(shipped_line.key, 0) + shipped_line.units
    shipped_here = [line.shipped for line in submission.lines]
    for also_cancelled in (False, True):
        for place, line in enumerate(submission.lines):
            room = line.units - (0 if also_cancelled else line.cancelled) - shipped_here[place]
            here = max(0, min(room, left.get(line.item_code, 0)))
            left[line.item_code] = left.get(line.item_code, 0) - here
            shipped_here[place] += here
    lines = [
        replace(line, shipped=n, cancelled=min(line.cancelled, line.units - n))
        for line, n in zip(submission.lines, shipped_here, strict=True)
    ]
    units = [
        Units(line.line_id, line.shipped - known.shipped)
        for line, known in zip(lines, submission.lines, strict=True)
        if line.shipped > known.shipped
    ]
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
        replace(s, fulfillment_id=event.fulfillment_id, written_at=now) if s.shipment_id == event.shipment_id else s
        for s in order.shipments
    )
    submission = order.submission(shipment.reference)
    units = {line.key: line.units for line in shipment.lines}
    lines = tuple(replace(line, written_back=line.written_back + units.get(line.line_id, 0)) for line in submission.lines)
    changed = replace(order, shipments=kept).with_submission(replace(submission, lines=lines))
    how = "was already in the shop" if event.adopted else "is in the shop"
    text = f"the tracking of {shipment.warehouse}'s shipment {how}"
    note = Note(kind="shipment.recorded", text=text, data={"fulfillment_id": event.fulfillment_id})
    return Decision(order=settle(changed), notes=(note,), unpark=(f"fulfillment:{event.shipment_id}",))
