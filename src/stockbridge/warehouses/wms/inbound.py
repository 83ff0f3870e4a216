"""Bytes of the WMS to our events: who sent it, what it is about, what it says. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

import stockbridge.warehouses.wms.signature as signature
import stockbridge.warehouses.wms.wire as wire
from stockbridge import shapes
from stockbridge.domain.events import (
    CancellationAnswered,
    Event,
    FigureReported,
    FiguresReported,
    Noted,
    OrderAccepted,
    OrderProgressed,
    ShipmentConfirmed,
    StockAdjusted,
)
from stockbridge.domain.values import Amount, Basis, Tracking, Units
from stockbridge.ports import Arrival, NotGenuine, Unreadable

T = TypeVar("T")

#: Kept with an arrival; everything else a caller may send (cookies, keys) is not.
KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp")
#: The finest part of a unit that a figure may name, in decimal places.
PLACES = 6
CONTROL = dict.fromkeys((*range(32), 127), " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class WmsInbound:
    """Reads what one connection's WMS sends."""

    account: str
    connection: str
    signing_secrets: tuple[str, ...] = field(repr=False)

    def identify(self, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Arrival:
        """Who sent it and what it is about. Raises NotGenuine. A genuine message that cannot be read is an arrival all
        the same: :meth:`read` says what is wrong with it."""
        lower = {name.lower(): value for name, value in headers.items()}
        if not self.signing_secrets:
            raise NotGenuine("This connection has no signing secret, so nobody can prove to be its WMS. Set one.")
        message_id = signature.verify(self.signing_secrets, lower, body, received_at)
        topic, subject = _about(body, message_id)
        return Arrival(
            account=self.account,
            connection=self.connection,
            topic=topic,
            subject=subject,
            dedupe_key=f"event/{message_id}",
            received_at=received_at,
            headers={name: lower[name].translate(CONTROL) for name in KEPT_HEADERS if name in lower},
            body=body,
        )

    def read(self, arrival: Arrival) -> Sequence[Event]:
        """What an arrival means: events, answers to our own calls, and polls alike. Raises Unreadable."""
        reader = READERS.get(arrival.topic)
        if reader is None:
            return (Noted(reason=f"The WMS sent '{_clean(arrival.topic)}', which Stockbridge does not use."),)
        return reader(arrival.body)


def _about(body: bytes, message_id: str) -> tuple[str, str]:
    """Topic and subject of an event."""
    try:
        peek = shapes.decode(body, wire.PeekEnvelope)
    except (ValueError, RecursionError):
        return "unreadable", f"unreadable/{message_id}"
    # An event must not pass for an answer to us or a poll: their topics are our own words.
    topic = peek.type if peek.type in EVENTS or peek.type not in READERS else f"event/{peek.type}"
    if peek.data.reference:
        return topic, order_subject(peek.data.reference)
    if peek.data.warehouse and peek.data.item_code:
        return topic, stock_subject(peek.data.warehouse, peek.data.item_code)
    return topic, f"event/{message_id}"


def order_subject(reference: str) -> str:
    """One order is handled one thing at a time."""
    return f"order/{reference}"


def stock_subject(warehouse: str, item_code: str = "") -> str:
    """One item's figure, or (without an item) a whole snapshot of a warehouse."""
    return f"stock/{warehouse}/{item_code}" if item_code else f"stock/{warehouse}"


def _decode(body: bytes, shape: type[T], what: str) -> T:
    try:
        return shapes.decode(body, shape)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{what} does not follow the contract: {str(error)[:300]}.") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{what} is not JSON that can be read: {str(error)[:300]}.") from error


def _clean(text: str) -> str:
    """Free text of theirs for our pages and tables: one line, bounded."""
    return text.translate(CONTROL).strip()[:500]


def _units(lines: Sequence[wire.Line], what: str) -> tuple[Units, ...]:
    """Lines summed per item code. An impossible number of units stops the whole message: nothing is filtered out."""
    total: Counter[str] = Counter()
    for line in lines:
        if line.units < 1:
            raise Unreadable(
                f"{what} names {line.units} units of {line.item_code}; it must be at least 1. Ask the WMS what really happened."
            )
        total[line.item_code] += line.units
    return tuple(Units(code, units) for code, units in total.items())


def _shipment(body: wire.ShipmentBody, reference: str | None) -> ShipmentConfirmed:
    what = f"Shipment {body.shipment_id}"
    if not reference:
        raise Unreadable(f"{what} does not say which order it belongs to.")
    lines = _units(body.lines, what)
    if not lines and not body.final:
        raise Unreadable(f"{what} holds no lines.")
    return ShipmentConfirmed(
        reference=reference,
        shipment_id=body.shipment_id,
        warehouse=body.warehouse,
        lines=lines,
        tracking=Tracking(
            carrier=_clean(body.carrier),
            numbers=tuple(number for each in body.tracking_numbers if (number := _clean(each))),
            urls=tuple(url for each in body.tracking_urls if (url := _clean(each)).startswith(("https://", "http://"))),
        ),
        occurred_at=body.shipped_at,
        sequence=body.sequence,
        final=body.final,
    )


def _cancellation(body: wire.CancellationBody, reference: str | None, *, confirmed: bool) -> CancellationAnswered:
    if not reference:
        raise Unreadable("A cancellation does not say which order it belongs to.")
    if body.result not in ("", "confirmed" if confirmed else "declined"):
        raise Unreadable(
            f"The event says that {reference} was {'cancelled' if confirmed else 'not cancelled'}, and its result"
            f" says '{_clean(body.result)}'. Ask the WMS which is true."
        )
    return CancellationAnswered(
        reference=reference,
        confirmed=confirmed,
        occurred_at=body.at,
        sequence=body.sequence,
        reason=_clean(body.reason),
        lines=_units(body.lines, f"The cancellation of {reference}") if confirmed else (),
    )


def _cancel_result(body: wire.CancellationBody, reference: str | None) -> Event:
    """The answer to our asking. A word we do not know decides nothing."""
    if body.result in ("confirmed", "declined"):
        return _cancellation(body, reference, confirmed=body.result == "confirmed")
    return Noted(
        reason=f"The WMS answered '{_clean(body.result)}' to the cancellation of {reference}; its decision is awaited."
    )


def _order(body: wire.OrderBody, *, adopted: bool) -> list[Event]:
    """Everything that an order's state tells, oldest first: the events that callbacks would have told one by one."""
    events: list[Event] = [
        OrderAccepted(
            reference=body.reference,
            warehouse_ref=body.order_id,
            occurred_at=body.accepted_at,
            sequence=body.sequence,
            adopted=adopted,
        )
    ]
    if body.reserved_sequence is not None or body.reserved_at is not None:
        events.append(
            OrderProgressed(
                reference=body.reference,
                status=_clean(body.status),
                occurred_at=body.reserved_at or body.accepted_at,
                sequence=body.reserved_sequence,
                reserved=True,
            )
        )
    events.extend(_shipment(each, body.reference) for each in body.shipments)
    if body.cancellation is not None:
        events.append(_cancel_result(body.cancellation, body.reference))
    return events


def _figure(body: wire.FigureBody) -> FigureReported:
    return FigureReported(
        warehouse=body.warehouse,
        item_code=body.item_code,
        zones=_amounts(body.zones, body.item_code),
        basis=_basis(body.basis),
        occurred_at=body.moment,
        sequence=body.sequence,
    )


def _amounts(zones: Mapping[str, wire.Amount], item: str) -> dict[str, Amount]:
    """Exactly as they were written."""
    found = {zone: Decimal(repr(units)) if isinstance(units, float) else units for zone, units in zones.items()}
    for zone, units in found.items():
        if isinstance(units, Decimal) and units != round(units, PLACES):
            raise Unreadable(
                f"The figure of {item} does not follow the contract: {units} in {zone} has more than {PLACES} decimal places."
            )
    return found


def _basis(word: str) -> Basis:
    try:
        return Basis(word)
    except ValueError:
        raise Unreadable(
            f"A stock figure states the basis '{_clean(word)}', which is none of {', '.join(Basis)}; it is not used."
        ) from None


def _read_accepted(body: bytes) -> Sequence[Event]:
    return _order(_decode(body, wire.Envelope[wire.OrderBody], "An order.accepted event").data, adopted=False)


def _read_status(body: bytes) -> Sequence[Event]:
    data = _decode(body, wire.Envelope[wire.StatusBody], "An order.status event").data
    return (
        OrderProgressed(
            reference=data.reference,
            status=_clean(data.status),
            occurred_at=data.at,
            sequence=data.sequence,
            reserved=data.reserved,
        ),
    )


def _read_shipment(body: bytes) -> Sequence[Event]:
    data = _decode(body, wire.Envelope[wire.ShipmentBody], "A shipment.confirmed event").data
    return (_shipment(data, data.reference),)


def _read_cancelled(body: bytes) -> Sequence[Event]:
    data = _decode(body, wire.Envelope[wire.CancellationBody], "An order.cancelled event").data
    return (_cancellation(data, data.reference, confirmed=True),)


def _read_declined(body: bytes) -> Sequence[Event]:
    data = _decode(body, wire.Envelope[wire.CancellationBody], "An order.cancel_declined event").data
    return (_cancellation(data, data.reference, confirmed=False),)


def _read_stock_changed(body: bytes) -> Sequence[Event]:
    return (_figure(_decode(body, wire.Envelope[wire.FigureBody], "A stock.changed event").data),)


def _read_unreadable(body: bytes) -> Sequence[Event]:
    """Raises always, with the reason; were the reader mended meanwhile, the message says so."""
    peek = _decode(body, wire.PeekEnvelope, "The message")
    raise Unreadable(f"The message '{_clean(peek.type)}' could not be read when it came; deliver it again.")


def _read_submit_answer(body: bytes) -> Sequence[Event]:
    return _order(_decode(body, wire.OrderBody, "The answer to our order"), adopted=False)


def _read_adopted(body: bytes) -> Sequence[Event]:
    return _order(_decode(body, wire.OrderBody, "The order found under our reference"), adopted=True)


def _read_cancel_answer(body: bytes) -> Sequence[Event]:
    data = _decode(body, wire.CancellationBody, "The answer to our cancellation")
    return (_cancel_result(data, data.reference),)


def _read_adjusted(body: bytes) -> Sequence[Event]:
    data = _decode(body, wire.AdjustmentBody, "The answer to our adjustment")
    return (StockAdjusted(reference=data.reference, occurred_at=data.at, sequence=data.sequence),)


def _read_snapshot(body: bytes) -> Sequence[Event]:
    page = _decode(body, wire.SnapshotPage, "A stock snapshot")
    basis = _basis(page.basis)
    figures: list[FigureReported] = []
    unread: list[tuple[str, str]] = []
    for raw in page.items:
        try:
            item = _decode(bytes(raw), wire.ItemFigure, "A figure of the stock snapshot")
            zones = _amounts(item.zones, item.item_code)
        except Unreadable as error:
            unread.append((_code(bytes(raw)), str(error)))
            continue
        figures.append(
            FigureReported(
                warehouse=page.warehouse,
                item_code=item.item_code,
                zones=zones,
                basis=basis,
                occurred_at=page.moment,
                sequence=page.sequence,
            )
        )
    return (
        FiguresReported(
            warehouse=page.warehouse,
            figures=tuple(figures),
            complete=page.complete,
            occurred_at=page.moment,
            sequence=page.sequence,
            unread=tuple(unread),
        ),
    )


def _code(item: bytes) -> str:
    """The item code of a figure that cannot be used, if it says one."""
    try:
        return shapes.decode(item, wire.PeekItem).item_code
    except (ValueError, RecursionError):
        return ""


#: What a WMS may tell by itself.
EVENTS: dict[str, Callable[[bytes], Sequence[Event]]] = {
    "order.accepted": _read_accepted,
    "order.status": _read_status,
    "shipment.confirmed": _read_shipment,
    "order.cancelled": _read_cancelled,
    "order.cancel_declined": _read_declined,
    "stock.changed": _read_stock_changed,
}

#: Topic → what reads it. Events come in an envelope; answers and polls are the bare body.
READERS: dict[str, Callable[[bytes], Sequence[Event]]] = {
    **EVENTS,
    "unreadable": _read_unreadable,
    "answer/submit": _read_submit_answer,
    "answer/adopted": _read_adopted,
    "answer/cancel": _read_cancel_answer,
    "answer/adjust": _read_adjusted,
    "poll/orders": _read_adopted,
    "poll/stock": _read_snapshot,
    "poll/stock_changes": lambda body: (_figure(_decode(body, wire.FigureBody, "A stock figure")),),
}
