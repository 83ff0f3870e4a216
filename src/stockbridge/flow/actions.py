"""What a person may ask, and what follows when the outbox met a wall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import arrivals, connections, journal
from stockbridge.db.queries import Queries
from stockbridge.domain import submissions
from stockbridge.domain.claims import Mark
from stockbridge.domain.events import (
    BatchAsked,
    BatchStopped,
    DismissAsked,
    EffectRefused,
    EffectStuck,
    Event,
    MappingChanged,
    OrderAccepted,
    OrderRefused,
    PauseAsked,
    RetryAsked,
    RunApproved,
    RunDropped,
    SourceMapped,
    SweepAsked,
)
from stockbridge.domain.orders import Decision, Note, Order, Park
from stockbridge.flow import brake, own_words, spent
from stockbridge.flow.corridor import Step, apply
from stockbridge.flow.fetch import fetch
from stockbridge.flow.orders import with_parked_state
from stockbridge.outbox import append as outbox
from stockbridge.ports import Arrival, Engine, Ids, Job

_J = Queries("journal")
_P = Queries("actions")


def ask(conn: Connection, *, engine: Engine, ids: Ids, account: str, event: Event, by: str, now: datetime) -> None:
    """A person asks for something: it enters the inbox like everything else, in the caller's transaction."""
    ask_all(conn, engine=engine, ids=ids, account=account, events=[event], by=by, now=now)


def ask_all(
    conn: Connection, *, engine: Engine, ids: Ids, account: str, events: Sequence[Event], by: str, now: datetime
) -> None:
    """A person asks for several things at once: stored in one statement, their lanes woken in one."""
    said = [
        Arrival(
            account=account,
            connection=own_words.PEOPLE,
            topic=own_words.topic_of(event),
            subject=_subject(event),
            dedupe_key=ids.new(),
            received_at=now,
            headers={"stockbridge-by": by},
            body=own_words.write(event),
        )
        for event in events
    ]
    arrivals.store(conn, said)
    engine.wake_all(conn, arrivals.step_jobs(said))


def _subject(event: Event) -> str:
    if isinstance(event, RetryAsked | DismissAsked):
        return f"parked/{event.parked_id}"
    if isinstance(event, PauseAsked):
        return f"connection/{event.connection}"
    if isinstance(event, SourceMapped | MappingChanged):
        return f"mapping/{event.shop}"
    if isinstance(event, SweepAsked):
        return f"sweep/{event.shop}"
    if isinstance(event, RunApproved | RunDropped):
        return f"run/{event.run_id}"
    if isinstance(event, BatchAsked | BatchStopped):
        return f"batch/{event.batch_id}"
    return f"item/{getattr(event, 'inventory_item_id', '')}"


def answer(step: Step, event: RetryAsked | DismissAsked) -> None:
    """A person decided about a parked thing."""
    row = _J.maybe(step.conn, "parked", account=step.account, parked_id=event.parked_id)
    if row is None or row.closed_at is not None:
        return
    step.actor = event.by
    retry = isinstance(event, RetryAsked)
    how = "tried again" if retry else "needs nothing more"
    _J.run(step.conn, "close", account=step.account, parked_id=row.parked_id, now=step.now, by=event.by, how=how)
    note = getattr(event, "note", "")
    text = f"{'asked to try again' if retry else 'closed'}: {row.cause.split(':')[0].replace('_', ' ')}{f' ({note})' if note else ''}"
    journal.write(
        step.conn,
        account=step.account,
        subject=row.subject,
        notes=[Note(kind="person.decided", text=text)],
        at=step.now,
        actor=event.by,
        arrival_id=step.arrival_id,
    )
    if row.cause.startswith("braked:"):
        brake.answer(step, int(row.data["run_id"]), again=retry, by=event.by, note=note)
        return
    (_retry if retry else _dismiss)(step, row)


def _retry(step: Step, row: Row[Any]) -> None:
    if row.arrival_id is not None:
        job = arrivals.replay(step.conn, account=step.account, arrival_id=row.arrival_id)
        step.wake([job] if job else [])
    if row.effect_id is not None:
        if row.cause.startswith("unknown_outcome"):
            _send_again(step, row)
        else:
            step.wake(outbox.revive(step.conn, account=step.account, effect_id=row.effect_id, now=step.now))
    if row.subject == f"connection/{row.connection}":
        step.wake(connections.hurry(step.conn, account=step.account, connection=row.connection, now=step.now))
    if row.cause in ("refused", "cancelled_there") or row.cause.startswith("rest:"):
        _settle_rest(step, row, submissions.try_again)
    order = _order_of(step, row)
    if order is not None:
        fetch(step, order[0], {order[1]: f"asked:{step.arrival_id}"})


def _settle_rest(step: Step, row: Row[Any], decide: Callable[..., Decision]) -> None:
    """Units that a warehouse did not take or says it will not ship: a person said whether to ask for them again."""
    before = _load(step, row)
    if before is not None:
        apply(step, before, with_parked_state(step, decide(before, now=step.now)))


def _send_again(step: Step, row: Row[Any]) -> None:
    """A person looked and it is not there: it is sent again, with the same reference."""
    woken = _P.maybe(step.conn, "send_again", account=step.account, effect_id=row.effect_id, now=step.now)
    step.wake(_deliver(step, woken))


def _deliver(step: Step, row: Row[Any] | None) -> list[Job]:
    return [Job(kind="deliver", account=step.account, connection=row.connection, lane=row.lane)] if row else []


def _dismiss(step: Step, row: Row[Any]) -> None:
    """Nothing more is needed. For an unknown outcome that means: a person looked, and it is there."""
    data: Mapping[str, Any] = row.data
    reference = data.get("reference")
    if row.cause.startswith("unknown_outcome") and reference and data.get("kind") == "submit_order":
        before = _load(step, row)
        if before is not None:
            event = OrderAccepted(reference=str(reference), warehouse_ref="", occurred_at=step.now, adopted=True)
            apply(step, before, with_parked_state(step, _settled(submissions.accepted(before, event, now=step.now))))
            return
    if data.get("kind") == "adjust_stock":
        spent.book(step, str(reference), Mark(sequence=None, heard_at=step.now), "was told by a person of")
        return
    if row.cause.startswith("rest:"):
        _settle_rest(step, row, submissions.let_go)
        return
    before = _load(step, row)
    if before is not None:
        apply(step, before, with_parked_state(step, Decision(order=submissions.settle(before))))


def _settled(decision: Decision) -> Decision:
    """With the state that the facts add up to, now that nothing is parked for it."""
    return decision if decision.order is None else replace(decision, order=submissions.settle(decision.order))


def _order_of(step: Step, row: Row[Any]) -> tuple[str, str] | None:
    """The shop and order that a parked row is about."""
    if not row.subject.startswith("order/"):
        return None
    order_id = row.subject.removeprefix("order/")
    shop = _P.value(step.conn, "shop_of", account=step.account, order_id=order_id)
    return (shop, order_id) if shop else None


def _load(step: Step, row: Row[Any]) -> Order | None:
    place = _order_of(step, row)
    return step.desk.order(*place) if place else None


def effect_ended(step: Step, event: EffectRefused | EffectStuck) -> None:
    """The outbox cannot go on with an effect: the order it belongs to is stopped, with the cause."""
    connection = step.headers.get("stockbridge-connection", "")
    reference = str(event.payload.get("reference", ""))
    order = _order_named(step, event.payload, reference)
    if isinstance(event, EffectRefused) and event.kind == "submit_order" and order is not None:
        word = OrderRefused(reference=reference, reason=event.reason, code=event.code)
        apply(step, order, submissions.refused(order, word, now=step.now))
        return
    park = _stuck_park(event, connection) if isinstance(event, EffectStuck) else _refused_park(event)
    if order is None:
        subject = f"effect/{event.key}"
    else:
        subject = order.subject
        stopped = replace(submissions.settle(order, parked=True), reason=park.title)
        apply(step, order, Decision(order=stopped, notes=(Note(kind="effect.stopped", text=park.title),)))
    journal.park(
        step.conn,
        account=step.account,
        subject=subject,
        connection=connection,
        parks=[park],
        now=step.now,
        effect_id=event.effect_id,
    )


def _order_named(step: Step, payload: Mapping[str, object], reference: str) -> Order | None:
    order = step.desk.order_of(reference) if reference else None
    if order is not None or not payload.get("order_id"):
        return order
    order_id = str(payload["order_id"])
    shop = _P.value(step.conn, "shop_of", account=step.account, order_id=order_id)
    return step.desk.order(shop, order_id) if shop else None


_WHAT = {
    "submit_order": "send the order to the warehouse",
    "cancel_submission": "ask the warehouse not to ship",
    "record_fulfillment": "tell the shop about a shipment",
    "move_fulfillment_order": "move the order to the location that ships it",
    "fetch_order": "read the order from the shop",
    "adjust_stock": "tell the warehouse of units that left or came without it",
    "set_selling_policy": "tell the shop whether the item sells when it is out of stock",
}


#: What does not happen while an effect is refused.
_MEANWHILE = {
    "record_fulfillment": "The customer sees no tracking for this parcel.",
    "adjust_stock": "The units stay off sale until the warehouse knows. Book them there by hand, then say that nothing more is needed.",
}


def _stuck_park(event: EffectStuck, connection: str) -> Park:
    return Park(
        cause=f"unknown_outcome:{event.key}",
        title=f"We tried to {_WHAT[event.kind]}, got no answer, and {event.reason}.",
        consequence="It is not sent again by itself, because that could double it.",
        remedy="decide",
        data={"kind": event.kind, "reference": event.payload.get("reference"), "connection": connection},
    )


def _refused_park(event: EffectRefused) -> Park:
    cause = f"fulfillment:{event.payload['shipment_id']}" if event.kind == "record_fulfillment" else f"refused:{event.key}"
    return Park(
        cause=cause,
        title=f"We could not {_WHAT[event.kind]}: {event.reason}",
        consequence=_MEANWHILE.get(event.kind, "The order does not go on by itself."),
        remedy="retry",
        data={"kind": event.kind, "reference": event.payload.get("reference"), "code": event.code},
    )
