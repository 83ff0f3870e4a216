"""A submission's life at its warehouse: accepted, refused, on its way, cancelled. A late answer never overwrites a later fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stockbridge.domain.claims import Mark
from stockbridge.domain.effects import CancelSubmission, Effect, SubmitOrder
from stockbridge.domain.events import CancellationAnswered, OrderAccepted, OrderProgressed, OrderRefused
from stockbridge.domain.orders import (
    ENDED,
    ClaimLine,
    Decision,
    Note,
    Order,
    Park,
    Submission,
    SubmissionState,
    derive_state,
)


def settle(order: Order, *, parked: bool = False, waiting: str = "") -> Order:
    """The order with the state that its facts add up to."""
    state, reason = derive_state(order, parked=parked, waiting=waiting)
    return replace(order, state=state, reason=reason or (order.reason if parked else ""))


def accepted(order: Order, event: OrderAccepted, *, now: datetime) -> Decision:
    """The warehouse has it: by its answer, by a look-up, or by anything it says later that shows it."""
    submission = order.submission(event.reference)
    if submission.state not in (SubmissionState.INTENDED, SubmissionState.MOVING):
        late = replace(submission, warehouse_ref=submission.warehouse_ref or event.warehouse_ref)
        return Decision(order=order.with_submission(_marked(late, event.sequence, now)))
    taken = mark_accepted(submission, warehouse_ref=event.warehouse_ref, sequence=event.sequence, now=now)
    changed = order.with_submission(taken)
    how = "was found there by our reference" if event.adopted else "accepted it"
    text = f"{submission.warehouse} {how}" + (f" as {event.warehouse_ref}" if event.warehouse_ref else "")
    notes: tuple[Note, ...] = (Note(kind="submission.accepted", text=text, data={"reference": event.reference}),)
    effects: tuple[Effect, ...] = ()
    if order.snapshot.cancelled_at is not None:
        changed = changed.with_submission(replace(taken, state=SubmissionState.CANCELLING))
        effects = (_cancel(submission),)
        notes += (Note(kind="submission.cancelling", text="the order was cancelled meanwhile: the warehouse is asked not to ship"),)
    proven = ((f"submit:{event.reference}", event.warehouse_ref),)
    return Decision(order=settle(changed), effects=effects, notes=notes, proven=proven)


def mark_accepted(submission: Submission, *, warehouse_ref: str, sequence: int | None, now: datetime) -> Submission:
    """The submission as accepted at ``sequence`` of the warehouse, heard of now."""
    taken = replace(
        submission,
        state=SubmissionState.ACCEPTED,
        warehouse_ref=warehouse_ref or submission.warehouse_ref,
        accepted_at=submission.accepted_at or now,
    )
    return _marked(taken, sequence, now)


def _marked(submission: Submission, sequence: int | None, now: datetime) -> Submission:
    mark = Mark(sequence=sequence, heard_at=now)
    lines = tuple(line if line.accepted else replace(line, accepted=mark) for line in submission.lines)
    return replace(submission, lines=lines)


def refused(order: Order, event: OrderRefused, *, now: datetime) -> Decision:
    """The warehouse will not take it: its units are free again at once, and a person is told."""
    submission = order.submission(event.reference)
    if submission.state not in (SubmissionState.INTENDED, SubmissionState.MOVING):
        return Decision(order=order, notes=(Note(kind="submission.late_refusal", text="a refusal came after it was accepted; ignored"),))
    changed = order.with_submission(ended(submission, SubmissionState.REFUSED, now=now, reason=event.reason))
    park = Park(
        cause="refused",
        title=f"{submission.warehouse} refused {order.snapshot.name}: {event.reason}",
        consequence="The order is at no warehouse. Nothing is sent again by itself.",
        remedy="retry",
        data={"reference": event.reference, "code": event.code},
    )
    parked = replace(settle(changed, parked=True), reason=park.title)
    return Decision(order=parked, parks=(park,), notes=(Note(kind="submission.refused", text=park.title),))


def ended(submission: Submission, state: SubmissionState, *, now: datetime, reason: str = "") -> Submission:
    """The submission is over: what has not shipped is cancelled at the source."""
    lines = tuple(replace(line, cancelled=line.cancelled + line.unshipped, open_units=0) for line in submission.lines)
    return replace(submission, state=state, reason=reason, ended_at=now, lines=lines)


def progressed(order: Order, event: OrderProgressed, *, now: datetime) -> Decision:
    """The warehouse's own word for where it stands. Proof of acceptance, if that was still unknown."""
    submission = order.submission(event.reference)
    base = order
    proven: tuple[tuple[str, str], ...] = ()
    if submission.state in (SubmissionState.INTENDED, SubmissionState.MOVING):
        submission = mark_accepted(submission, warehouse_ref="", sequence=event.sequence, now=now)
        proven = ((f"submit:{event.reference}", ""),)
    lines = submission.lines
    if event.reserved:
        mark = Mark(sequence=event.sequence, heard_at=now)
        lines = tuple(line if line.reserved else replace(line, reserved=mark) for line in lines)
    if submission.state in ENDED:
        return Decision(order=order)
    changed = base.with_submission(replace(submission, progress=event.status, lines=lines))
    note = Note(kind="submission.progress", text=f"{submission.warehouse}: {event.status}", data={"reference": event.reference})
    return Decision(order=settle(changed), notes=(note,), proven=proven)


def cancel_order(order: Order, *, unsent: frozenset[str], now: datetime) -> Decision:
    """The order was cancelled in the channel: what was never sent ends now, what a warehouse has is asked back."""
    effects: list[Effect] = []
    withdraw: list[str] = []
    notes: list[Note] = []
    changed = order
    for submission in order.submissions:
        keys = [f"submit:{submission.reference}", f"move:{submission.reference}:{submission.location_id}"]
        never_sent = [key for key in keys if key in unsent]
        if submission.state in (SubmissionState.INTENDED, SubmissionState.MOVING) and never_sent:
            withdraw += never_sent
            gone = ended(submission, SubmissionState.CANCELLED, now=now, reason="cancelled before it was sent")
            changed = changed.with_submission(gone)
            notes.append(Note(kind="submission.cancelled", text=f"cancelled before {submission.warehouse} was asked"))
        elif submission.state is SubmissionState.ACCEPTED and submission.unshipped:
            effects.append(_cancel(submission))
            changed = changed.with_submission(replace(submission, state=SubmissionState.CANCELLING))
            notes.append(Note(kind="submission.cancelling", text=f"{submission.warehouse} is asked not to ship"))
    return Decision(
        order=settle(changed),
        effects=tuple(effects),
        withdraw=tuple(withdraw),
        notes=tuple(notes),
        unpark=("unmapped_item", "no_stock", "refused"),
    )


def _cancel(submission: Submission) -> CancelSubmission:
    return CancelSubmission(
        reference=submission.reference, warehouse=submission.warehouse, reason="the customer or the shop cancelled the order"
    )


def cancellation_answered(order: Order, event: CancellationAnswered, *, now: datetime) -> Decision:
    """The warehouse confirmed or declined. A confirmation gives the units back; a declined one ships."""
    submission = order.submission(event.reference)
    if submission.state in ENDED:
        return Decision(order=order)
    if event.confirmed:
        changed = order.with_submission(_cancelled(submission, event, now=now))
        note = Note(kind="submission.cancelled", text=f"{submission.warehouse} will not ship it")
        return Decision(order=settle(changed), notes=(note,), unpark=("cancel_declined",))
    changed = order.with_submission(replace(submission, state=SubmissionState.ACCEPTED))
    park = Park(
        cause="cancel_declined",
        title=f"{submission.warehouse} will ship {order.snapshot.name} although it was cancelled"
        + (f": {event.reason}" if event.reason else "."),
        consequence="The parcel leaves. The customer may have to send it back.",
        remedy="dismiss",
        data={"reference": event.reference},
    )
    note = Note(kind="submission.cancel_declined", text=park.title)
    return Decision(order=settle(changed, parked=True), parks=(park,), notes=(note,))


def _cancelled(submission: Submission, event: CancellationAnswered, *, now: datetime) -> Submission:
    if not event.lines:
        state = SubmissionState.SHIPPED if any(line.shipped for line in submission.lines) else SubmissionState.CANCELLED
        return ended(submission, state, now=now, reason=event.reason)
    left = {units.key: units.units for units in event.lines}
    lines: list[ClaimLine] = []
    for line in submission.lines:
        gone = min(line.unshipped, left.get(line.item_code, 0))
        left[line.item_code] = left.get(line.item_code, 0) - gone
        lines.append(replace(line, cancelled=line.cancelled + gone, open_units=max(0, line.open_units - gone)))
    rest = replace(submission, lines=tuple(lines), state=SubmissionState.ACCEPTED)
    return rest if rest.unshipped else ended(rest, SubmissionState.CANCELLED, now=now, reason=event.reason)


def submit_now(order: Order, reference: str, effect: SubmitOrder) -> Decision:
    """The fulfillment order has been moved: now the warehouse is asked."""
    submission = order.submission(reference)
    if submission.state is not SubmissionState.MOVING:
        return Decision(order=order)
    changed = order.with_submission(replace(submission, state=SubmissionState.INTENDED))
    note = Note(kind="order.moved", text="the shop moved it to the location of that warehouse", data={"reference": reference})
    return Decision(order=settle(changed), effects=(effect,), notes=(note,))
