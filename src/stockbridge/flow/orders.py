"""Orders: which facts each event needs, which decision it asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stockbridge.db import journal
from stockbridge.db.queries import Queries
from stockbridge.domain import placing, submissions
from stockbridge.domain.catalog import Codes
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.events import (
    CancellationAnswered,
    FulfillmentOrderMoved,
    OrderAccepted,
    OrderGone,
    OrderProgressed,
    OrderRefused,
    OrderSeen,
)
from stockbridge.domain.orders import Decision, Order, OrderState, Park, SubmissionState
from stockbridge.domain.placing import Facts
from stockbridge.flow.corridor import Step, apply
from stockbridge.outbox import append as outbox

_C = Queries("connections")

Answer = OrderAccepted | OrderRefused | OrderProgressed | CancellationAnswered


def seen(step: Step, event: OrderSeen) -> None:
    """An order was read whole: what of it is to be asked of which warehouse."""
    snapshot, shop = event.order, step.connection
    before = step.desk.order(shop, snapshot.order_id)
    facts = _facts(step, shop, before, snapshot)
    decision = placing.see(before, snapshot, shop=shop, facts=facts, now=step.now)
    apply(step, before, with_parked_state(step, decision))


def with_parked_state(step: Step, decision: Decision) -> Decision:
    """An order that something else still stops stays parked, whatever this decision was about. What is proven to be done
    needs nobody's decision any more."""
    solved = tuple(f"{cause}:{key}" for key, _ in decision.proven for cause in ("unknown_outcome", "struggling"))
    decision = replace(decision, unpark=(*decision.unpark, *solved))
    if decision.order is None:
        return decision
    if decision.parks:
        return _stopped(decision, decision.order)
    subject = decision.order.subject
    if step.desk.nothing_stops(subject):
        return replace(decision, unpark=())
    solved = decision.unpark
    left = journal.unpark_and_ask(step.conn, account=step.account, subject=subject, causes=solved, now=step.now, by=step.actor)
    if left is not None:
        stopped = submissions.settle(decision.order, parked=True)
        return replace(decision, order=replace(stopped, reason=left), unpark=())
    return replace(decision, unpark=())


def _stopped(decision: Decision, order: Order) -> Decision:
    """Whatever parks something about an order stops the order: what people see must say so."""
    if order.state is OrderState.PARKED:
        return decision
    stopped = submissions.settle(order, parked=True)
    return replace(decision, order=replace(stopped, reason=decision.parks[0].title))


def _facts(step: Step, shop: str, before: Order | None, snapshot: ChannelOrder) -> Facts:
    connection, candidates = step.desk.shop(shop, now=step.now)
    entries = step.desk.codes(shop, {line.inventory_item_id for line in snapshot.lines if line.inventory_item_id})
    return Facts(
        account=step.account,
        codes=Codes(entries),
        candidates=candidates,
        free=step.desk.free(shop, candidates, entries),
        live=connection.live,
        start_line=connection.start_line,
        unsent=_unsent(step, before) if snapshot.cancelled_at else frozenset(),
        elsewhere=step.desk.elsewhere(shop, candidates, entries),
    )


def _unsent(step: Step, order: Order | None) -> frozenset[str]:
    """Of the calls that would bring this order to a warehouse, those that nobody has made."""
    step.put_away()
    keys = [key for s in (order.submissions if order else ()) for key in _keys(s.reference, s.location_id)]
    return outbox.unsent(step.conn, account=step.account, keys=keys)


def _keys(reference: str, location_id: str) -> tuple[str, str]:
    return f"submit:{reference}", f"move:{reference}:{location_id}"


def gone(step: Step, event: OrderGone) -> None:
    """The channel has no such order (any more): a person is told if a warehouse has it."""
    before = step.desk.order(step.connection, event.order_id)
    if before is None or not placing.has_open_submission(before):
        return
    park = Park(
        cause="gone",
        title=f"{before.snapshot.name} is no longer in the shop, but a warehouse has it.",
        consequence="The warehouse will ship it.",
        remedy="dismiss",
    )
    apply(step, before, with_parked_state(step, Decision(order=before, parks=(park,))))


_ANSWERS: dict[type, Callable[..., Decision]] = {
    OrderAccepted: submissions.accepted,
    OrderRefused: submissions.refused,
    OrderProgressed: submissions.progressed,
    CancellationAnswered: submissions.cancellation_answered,
}


def answered(step: Step, event: Answer) -> None:
    """A warehouse said where a submission stands."""
    before = step.desk.order_of(event.reference)
    if before is None:
        unknown_reference(step, event.reference, type(event).__name__)
        return
    decision = _ANSWERS[type(event)](before, event, now=step.now)
    apply(step, before, with_parked_state(step, decision))


def unknown_reference(step: Step, reference: str, what: str) -> None:
    """A warehouse speaks of an order that we never sent: loud, kept, replayable."""
    park = Park(
        cause="unknown_reference",
        title=f"{step.connection} speaks of an order {reference} that was never sent there by us.",
        consequence="What it says has not been acted on.",
        remedy="replay",
        data={"what": what},
    )
    journal.park(
        step.conn,
        account=step.account,
        subject=f"reference/{reference}",
        connection=step.connection,
        parks=[park],
        now=step.now,
        arrival_id=step.arrival_id,
    )
    step.rejected = park.title


def moved(step: Step, event: FulfillmentOrderMoved) -> None:
    """The channel has moved units to the location that will ship them: now the warehouse is asked."""
    before = step.desk.order(step.connection, event.order_id)
    if before is None:
        return
    order = before
    key = step.headers.get("stockbridge-effect", "")
    for submission in before.submissions:
        ours = not key or key == f"move:{submission.reference}:{submission.location_id}"
        if ours and submission.state is SubmissionState.MOVING and submission.location_id == event.location_id:
            effect = placing.submit_effect(order.snapshot, submission)
            decision = submissions.submit_now(order, submission.reference, effect, now=step.now)
            apply(step, order, decision)
            order = decision.order or order
