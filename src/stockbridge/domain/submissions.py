"""A submission's life at its warehouse: accepted, refused, on its way, cancelled. A late answer never overwrites a later fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stockbridge.domain.claims import Mark, earliest
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
    count_open,
    derive_state,
)

#: No word of acceptance has reached us: the warehouse may or may not have it.
UNHEARD = frozenset({SubmissionState.INTENDED, SubmissionState.MOVING})


def settle(order: Order, *, parked: bool = False, waiting: str = "") -> Order:
    """The order with the open units and the state that its facts add up to."""
    counted = count_open(order)
    state, reason = derive_state(counted, parked=parked, waiting=waiting)
    return replace(counted, state=state, reason=reason or (order.reason if parked else ""))


def accepted(order: Order, event: OrderAccepted, *, now: datetime) -> Decision:
    """The warehouse has it: by its answer, by a look-up, or by anything it says later that shows it."""
    submission = order.submission(event.reference)
    if not unheard(submission):
        late = replace(submission, warehouse_ref=submission.warehouse_ref or event.warehouse_ref)
        return Decision(order=order.with_submission(_marked(late, event.sequence, now)))
    taken = _taken(submission, warehouse_ref=event.warehouse_ref, sequence=event.sequence, now=now)
    how = "was found there by our reference" if event.adopted else "accepted it"
    text = f"{submission.warehouse} {how}" + (f" as {event.warehouse_ref}" if event.warehouse_ref else "")
    note = Note(kind="submission.accepted", text=text, data={"reference": event.reference})
    return heard(order, submission, taken, receipt=event.warehouse_ref, notes=(note,))


def unheard(submission: Submission) -> bool:
    """Has no word of acceptance reached us? Also of one that is over for us (refused, withdrawn): the warehouse may have it."""
    return submission.accepted_at is None


def revived(submission: Submission) -> Submission:
    """One that we took for over before a word of acceptance came claims its units again; any other stays as it is."""
    if submission.state not in ENDED or not unheard(submission):
        return submission
    return replace(submission, lines=tuple(replace(line, cancelled=0) for line in submission.lines), ended_at=None)


def _taken(submission: Submission, *, warehouse_ref: str, sequence: int | None, now: datetime) -> Submission:
    return mark_accepted(revived(submission), warehouse_ref=warehouse_ref, sequence=sequence, now=now)


def heard(order: Order, before: Submission, taken: Submission, *, receipt: str = "", notes: tuple[Note, ...] = ()) -> Decision:
    """A first word of acceptance, whatever brought it: the request is proven. What nobody wants any more is asked back."""
    effects: tuple[Effect, ...] = ()
    unwanted = order.snapshot.cancelled_at is not None or before.state is SubmissionState.CANCELLED
    if unwanted and taken.state is SubmissionState.ACCEPTED and taken.unshipped:
        taken = replace(taken, state=SubmissionState.CANCELLING)
        effects = (_cancel(taken),)
        notes += (
            Note(kind="submission.cancelling", text="the order was cancelled meanwhile: the warehouse is asked not to ship"),
        )
    proven = ((f"submit:{taken.reference}", receipt),)
    unpark = ("refused",) if before.state is SubmissionState.REFUSED else ()
    changed = settle(order.with_submission(taken))
    return Decision(order=changed, effects=effects, notes=notes, proven=proven, unpark=unpark)


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
    return replace(submission, lines=tuple(replace(line, accepted=earliest(line.accepted, mark)) for line in submission.lines))


def refused(order: Order, event: OrderRefused, *, now: datetime) -> Decision:
    """The warehouse will not take it: its units are free again at once, and a person is told. They are asked of nobody
    again until a person says so (:func:`try_again`)."""
    submission = order.submission(event.reference)
    if submission.state not in UNHEARD:
        return Decision(
            order=order, notes=(Note(kind="submission.late_refusal", text="a refusal came after it was accepted; ignored"),)
        )
    if order.snapshot.cancelled_at is not None:
        gone = ended(submission, SubmissionState.CANCELLED, now=now, reason=event.reason)
        note = Note(kind="submission.cancelled", text=f"{submission.warehouse} did not take it, and it was cancelled meanwhile")
        return Decision(order=settle(order.with_submission(gone)), notes=(note,))
    park = Park(
        cause="refused",
        title=f"{submission.warehouse} refused {order.snapshot.name}: {event.reason}",
        consequence="The order is at no warehouse. Nothing is sent again by itself.",
        remedy="retry",
        data={"reference": event.reference, "code": event.code},
    )
    return _held(order, submission, park, kind="submission.refused", reason=event.reason, now=now)


def _held(order: Order, submission: Submission, park: Park, *, kind: str, reason: str, now: datetime) -> Decision:
    """Its units are free, and nobody is asked for them until a person decides."""
    changed = order.with_submission(ended(submission, SubmissionState.REFUSED, now=now, reason=reason))
    parked = replace(settle(changed, parked=True), reason=park.title)
    return Decision(order=parked, parks=(park,), notes=(Note(kind=kind, text=park.title),))


def ended(submission: Submission, state: SubmissionState, *, now: datetime, reason: str = "") -> Submission:
    """The submission is over: what has not shipped is cancelled at the source."""
    lines = tuple(replace(line, cancelled=line.cancelled + line.unshipped) for line in submission.lines)
    return replace(submission, state=state, reason=reason, ended_at=now, lines=lines)


def try_again(order: Order, *, now: datetime) -> Decision:
    """A person says that units which a warehouse refused, or of which it said that they never ship, may be asked for again.
    The next reading of the order asks for them."""
    return _decided(order, SubmissionState.CANCELLED, now=now)


def let_go(order: Order, *, now: datetime) -> Decision:
    """A person says that units of which a warehouse said that they never ship need nothing more: their claim ends, and
    nobody else is asked for them."""
    return _decided(order, SubmissionState.REFUSED, now=now)


def _decided(order: Order, state: SubmissionState, *, now: datetime) -> Decision:
    changed, unpark = order, []
    for submission in order.submissions:
        if submission.state is SubmissionState.REFUSED or (
            submission.state is SubmissionState.SHIPPED and submission.unshipped
        ):
            left = SubmissionState.SHIPPED if state is SubmissionState.CANCELLED and _part_left(submission) else state
            changed = changed.with_submission(ended(submission, left, now=now, reason=submission.reason))
            unpark.append(f"rest:{submission.reference}")
    return Decision(order=settle(changed), unpark=("refused", "cancelled_there", *unpark))


def progressed(order: Order, event: OrderProgressed, *, now: datetime) -> Decision:
    """The warehouse's own word for where it stands. Proof of acceptance, if that was still unknown."""
    before = order.submission(event.reference)
    first = unheard(before)
    submission = _taken(before, warehouse_ref="", sequence=event.sequence, now=now) if first else before
    if event.reserved:
        mark = Mark(sequence=event.sequence, heard_at=now)
        lines = tuple(replace(line, reserved=earliest(line.reserved, mark)) for line in submission.lines)
        submission = replace(submission, lines=lines)
    if submission.state in ENDED:
        return Decision(order=order.with_submission(submission))
    submission = replace(submission, progress=event.status)
    note = Note(kind="submission.progress", text=f"{submission.warehouse}: {event.status}", data={"reference": event.reference})
    if first:
        return heard(order, before, submission, notes=(note,))
    return Decision(order=settle(order.with_submission(submission)), notes=(note,))


def cancel_order(order: Order, *, unsent: frozenset[str], now: datetime) -> Decision:
    """The order was cancelled in the channel: what was never sent ends now, what a warehouse has is asked back."""
    effects: list[Effect] = []
    withdraw: list[str] = []
    notes: list[Note] = []
    changed = order
    for submission in order.submissions:
        if _unasked(submission, unsent):
            keys = (f"submit:{submission.reference}", f"move:{submission.reference}:{submission.location_id}")
            withdraw += [key for key in keys if key in unsent]
            gone = ended(submission, SubmissionState.CANCELLED, now=now, reason="cancelled before it was sent")
            changed = changed.with_submission(gone)
            notes.append(Note(kind="submission.cancelled", text=f"cancelled before {submission.warehouse} was asked"))
        elif submission.state is SubmissionState.ACCEPTED and submission.unshipped and not submission.reason:
            effects.append(_cancel(submission))
            changed = changed.with_submission(replace(submission, state=SubmissionState.CANCELLING))
            notes.append(Note(kind="submission.cancelling", text=f"{submission.warehouse} is asked not to ship"))
    return Decision(
        order=settle(changed),
        effects=tuple(effects),
        withdraw=tuple(withdraw),
        notes=tuple(notes),
        unpark=("unmapped_item", "no_stock", "refused", "cancelled_there"),
    )


def _unasked(submission: Submission, unsent: frozenset[str]) -> bool:
    """Was the warehouse never asked? While the channel still moves the units, the request does not even exist."""
    if submission.state is SubmissionState.MOVING:
        return True
    return submission.state is SubmissionState.INTENDED and f"submit:{submission.reference}" in unsent


def _cancel(submission: Submission) -> CancelSubmission:
    return CancelSubmission(
        reference=submission.reference, warehouse=submission.warehouse, reason="the customer or the shop cancelled the order"
    )


def cancellation_answered(order: Order, event: CancellationAnswered, *, now: datetime) -> Decision:
    """The warehouse confirmed or declined. A confirmation gives the units back; what was declined ships. A repeat changes nothing."""
    submission = order.submission(event.reference)
    if submission.state in ENDED and not submission.unshipped:
        return Decision(order=order)
    proven = ((f"submit:{event.reference}", ""),) if submission.state in UNHEARD else ()
    if event.confirmed:
        return replace(_confirmed(order, submission, event, now=now), proven=proven)
    if submission.reason or submission.state is SubmissionState.SHIPPED:  # said before, or over
        return Decision(order=order)
    told = mark_accepted(submission, warehouse_ref="", sequence=event.sequence, now=now) if proven else submission
    why = event.reason or "it will ship although it was cancelled"
    changed = order.with_submission(replace(told, state=SubmissionState.ACCEPTED, reason=why))
    park = Park(
        cause="cancel_declined",
        title=f"{submission.warehouse} will ship {order.snapshot.name} although it was cancelled"
        + (f": {event.reason}" if event.reason else "."),
        consequence="The parcel leaves. The customer may have to send it back.",
        remedy="dismiss",
        data={"reference": event.reference},
    )
    note = Note(kind="submission.cancel_declined", text=park.title)
    stopped = replace(settle(changed, parked=True), reason=park.title)
    return Decision(order=stopped, parks=(park,), notes=(note,), proven=proven)


def _confirmed(order: Order, submission: Submission, event: CancellationAnswered, *, now: datetime) -> Decision:
    if not event.lines:
        return _unnamed(order, submission, event, now=now)
    wanted = order.snapshot.cancelled_at is None
    left = _cancelled(submission, event, wanted=wanted, now=now)
    if left == submission:
        return Decision(order=order)
    named = f"rest:{event.reference}"
    if left.state is SubmissionState.CANCELLED and wanted and submission.state is not SubmissionState.CANCELLING:
        park = Park(
            cause="cancelled_there",
            title=f"{submission.warehouse} cancelled {order.snapshot.name}, although the shop did not"
            + (f": {event.reason}" if event.reason else "."),
            consequence="What has not left is at no warehouse. Nothing is sent again by itself.",
            remedy="retry",
            data={"reference": event.reference},
        )
        held = _held(order, left, park, kind="submission.cancelled_there", reason=event.reason, now=now)
        return replace(held, unpark=(named,))
    note = Note(kind="submission.cancelled", text=f"{submission.warehouse} will not ship it")
    return Decision(order=settle(order.with_submission(left)), notes=(note,), unpark=("cancel_declined", named))


def _unnamed(order: Order, submission: Submission, event: CancellationAnswered, *, now: datetime) -> Decision:
    """A confirmation that names no units: a parcel may have left before it, and its word still be on its way. What is left
    stays claimed, and a person is told, once; naming the units later, or the parcel's word, settles it (decision 0006)."""
    if submission.state in ENDED:
        return Decision(order=order)
    over = replace(
        submission,
        state=SubmissionState.SHIPPED,
        reason=event.reason,
        accepted_at=submission.accepted_at or now,
        ended_at=now,
    )
    park = Park(
        cause=f"rest:{event.reference}",
        title=f"{submission.warehouse} cancelled {order.snapshot.name}, but does not say which units will not ship"
        + (f": {event.reason}" if event.reason else "."),
        consequence="What has not left stays set aside, in case a parcel is on its way. Nobody else is asked for it until"
        " somebody decides, or the warehouse says more.",
        remedy="retry" if order.snapshot.cancelled_at is None else "dismiss",
        data={"reference": event.reference},
    )
    stopped = settle(order.with_submission(over), parked=True)
    note = Note(kind="submission.cancelled_unnamed", text=park.title)
    return Decision(order=replace(stopped, reason=park.title), notes=(note,), parks=(park,), unpark=("cancel_declined",))


def _cancelled(submission: Submission, event: CancellationAnswered, *, wanted: bool, now: datetime) -> Submission:
    """What is left after a confirmation. ``lines`` name all that will not ship of the submission, so a repeat adds nothing."""
    known = replace(submission, accepted_at=submission.accepted_at or now)
    left = {units.key: units.units for units in event.lines}
    for line in submission.lines:
        left[line.item_code] = left.get(line.item_code, 0) - line.cancelled
    lines: list[ClaimLine] = []
    for line in submission.lines:
        gone = max(0, min(line.unshipped, left[line.item_code]))
        left[line.item_code] -= gone
        lines.append(replace(line, cancelled=line.cancelled + gone))
    if lines == list(submission.lines):
        return submission
    rest = replace(known, lines=tuple(lines), state=SubmissionState.ACCEPTED, reason="" if wanted else "the rest of it ships")
    return rest if rest.unshipped else _over(rest, event, now=now)


def _over(submission: Submission, event: CancellationAnswered, *, now: datetime) -> Submission:
    state = SubmissionState.SHIPPED if _part_left(submission) else SubmissionState.CANCELLED
    return ended(submission, state, now=now, reason=event.reason)


def _part_left(submission: Submission) -> bool:
    return any(line.shipped for line in submission.lines)


def submit_now(order: Order, reference: str, effect: SubmitOrder, *, now: datetime | None = None) -> Decision:
    """The fulfillment order has been moved: now the warehouse is asked, unless the order was cancelled on the way."""
    submission = order.submission(reference)
    if submission.state is not SubmissionState.MOVING:
        return Decision(order=order)
    moment = now or order.snapshot.read_at
    if order.snapshot.cancelled_at is not None:
        gone = ended(submission, SubmissionState.CANCELLED, now=moment, reason="cancelled before it was sent")
        note = Note(kind="submission.cancelled", text=f"cancelled before {submission.warehouse} was asked")
        return Decision(order=settle(order.with_submission(gone)), notes=(note,))
    changed = order.with_submission(
        replace(submission, state=SubmissionState.INTENDED, intended_at=max(moment, submission.intended_at))
    )
    note = Note(kind="order.moved", text="the shop moved it to the location of that warehouse", data={"reference": reference})
    return Decision(order=settle(changed), effects=(effect,), notes=(note,))
