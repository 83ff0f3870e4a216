"""Loads an order whole and saves what changed of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from stockbridge import shapes
from stockbridge.db.queries import Queries, jsonb
from stockbridge.domain.channel_order import ChannelOrder, Reading
from stockbridge.domain.claims import Mark
from stockbridge.domain.orders import ClaimLine, Order, OrderState, Shipment, Submission, SubmissionState
from stockbridge.domain.values import Tracking, Units

_Q = Queries("orders")

#: Where an order is: (shop, order id).
Place = tuple[str, str]


def lock(conn: Connection, *, account: str, shop: str, order_id: str) -> None:
    """Wait until nobody else works on this order; held until the transaction ends."""
    _Q.run(conn, "lock", subject=f"{account}/{shop}/{order_id}")


def lock_many(conn: Connection, *, account: str, orders: Sequence[Place]) -> None:
    """The same for several, in one order."""
    if orders:
        _Q.rows(conn, "lock_many", subjects=sorted(f"{account}/{shop}/{order_id}" for shop, order_id in orders))


def of_references(conn: Connection, *, account: str, references: Sequence[str]) -> dict[str, Place]:
    """Which orders some references belong to; a reference that is not ours is left out."""
    if not references:
        return {}
    rows = _Q.rows(conn, "by_references", account=account, references=list(references))
    return {row.reference: (row.shop, row.order_id) for row in rows}


def load(conn: Connection, *, account: str, shop: str, order_id: str) -> Order | None:
    """The order with its submissions, claims and shipments; None when it was never seen."""
    return load_many(conn, account=account, places=[(shop, order_id)]).get((shop, order_id))


def load_many(conn: Connection, *, account: str, places: Sequence[Place]) -> dict[Place, Order]:
    """The same for several; one that was never seen is left out."""
    if not places:
        return {}
    columns = {"shops": [shop for shop, _ in places], "order_ids": [order_id for _, order_id in places]}
    return {(row.shop, row.order_id): _order(row) for row in _Q.rows(conn, "orders", account=account, **columns)}


def _order(row: Row[Any]) -> Order:
    claims: dict[str, list[ClaimLine]] = {}
    for claim in shapes.convert(row.claims, list[_ClaimRow]):
        claims.setdefault(claim.reference, []).append(_claim(claim))
    return Order(
        shop=row.shop,
        snapshot=shapes.convert(row.snapshot, ChannelOrder),
        state=OrderState(row.state),
        reason=row.reason,
        first_seen_at=row.first_seen_at,
        retry_at=row.retry_at,
        submissions=tuple(
            _submission(s, claims.get(s.reference, ())) for s in shapes.convert(row.submissions, list[_SubmissionRow])
        ),
        shipments=tuple(_shipment(s) for s in shapes.convert(row.shipments, list[_ShipmentRow])),
    )


def readings(conn: Connection, *, account: str, shop: str, order_ids: Sequence[str]) -> dict[str, Reading]:
    """The last reading of each of these orders; one never read is left out."""
    if not order_ids:
        return {}
    rows = _Q.rows(conn, "readings", account=account, shop=shop, order_ids=sorted(set(order_ids)))
    return {row.order_id: Reading(read_at=row.read_at, changes=_changes(row.updated_at, row.parts)) for row in rows}


def _changes(whole: datetime | None, parts: object) -> dict[str | None, datetime | None]:
    changes: dict[str | None, datetime | None] = {None: whole}
    changes.update(shapes.convert(parts, dict[str, datetime | None]).items())
    return changes


def waiting_since(conn: Connection, *, account: str, shop: str, since: datetime, most: int) -> list[str]:
    """Orders that wait for the channel and were first seen after ``since``, those not read for longest first."""
    return [row.order_id for row in _Q.rows(conn, "waiting_since", account=account, shop=shop, since=since, most=most)]


def booked(conn: Connection, *, account: str, said: Sequence[tuple[str, str, int]]) -> frozenset[int]:
    """Of some acceptances (our reference, the warehouse's id, its sequence), the places of those that are booked already with
    everything that follows from them."""
    columns = {"refs": [s[0] for s in said], "ids": [s[1] for s in said], "sequences": [s[2] for s in said]}
    return frozenset(int(row.place) - 1 for row in _Q.rows(conn, "booked", account=account, **columns))


def waiting_for_items(conn: Connection, *, account: str, shop: str, items: Sequence[str], most: int = 500) -> list[str]:
    """Parked orders that hold one of these inventory items, oldest first."""
    rows = _Q.rows(conn, "waiting_for_item", account=account, shop=shop, items=list(items), most=most)
    return [row.order_id for row in rows]


def save_many(conn: Connection, *, account: str, pairs: Sequence[tuple[Order | None, Order]]) -> None:
    """Write what differs between orders as loaded and as decided."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SAVED}
    for before, after in pairs:
        key = {"account": account, "shop": after.shop, "order_id": after.snapshot.order_id}
        _differences(rows, key, before, after)
    for name, values in rows.items():
        _Q.many(conn, name, values)


#: What an order is kept in, what refers to something after what it refers to.
_SAVED = ("save_order", "save_state", "save_submission", "save_claim", "save_shipment", "save_shipment_line")


def _differences(rows: dict[str, list[dict[str, Any]]], key: dict[str, str], before: Order | None, after: Order) -> None:
    if before is None or before.snapshot is not after.snapshot:
        rows["save_order"].append({**key, **_order_values(after)})
    elif (before.state, before.reason, before.retry_at) != (after.state, after.reason, after.retry_at):
        rows["save_state"].append({**key, "state": after.state, "reason": after.reason, "retry_at": after.retry_at})
    known = {s.reference: s for s in before.submissions} if before else {}
    for submission in after.submissions:
        if (was := known.get(submission.reference)) != submission:
            lines = {line.line_id: line for line in was.lines} if was else {}
            changed = [line for line in submission.lines if lines.get(line.line_id) != line]
            rows["save_submission"].append({**key, **_submission_values(submission)})
            rows["save_claim"] += [{**key, **_claim_values(submission, line)} for line in changed]
    recorded = {s.shipment_id: s for s in before.shipments} if before else {}
    for shipment in after.shipments:
        if recorded.get(shipment.shipment_id) != shipment:
            rows["save_shipment"].append({**key, **_shipment_values(shipment)})
        if shipment.shipment_id not in recorded:
            base = {"account": key["account"], "shipment_id": shipment.shipment_id, "reference": shipment.reference}
            rows["save_shipment_line"] += [{**base, "line_id": u.key, "units": u.units} for u in shipment.lines]


def _order_values(order: Order) -> dict[str, Any]:
    snapshot = order.snapshot
    address = snapshot.shipping_address
    return {
        "name": snapshot.name,
        "state": order.state,
        "reason": order.reason,
        "placed_at": snapshot.placed_at,
        "updated_at": snapshot.updated_at,
        "read_at": snapshot.read_at,
        "cancelled_at": snapshot.cancelled_at,
        "snapshot": msgspec.to_builtins(snapshot),
        "ship_to_name": address.name if address else "",
        "country_code": address.country_code if address else "",
        "tags": jsonb(list(snapshot.tags)),
        "first_seen_at": order.first_seen_at,
        "retry_at": order.retry_at,
    }


def _submission_values(submission: Submission) -> dict[str, Any]:
    return {
        "reference": submission.reference,
        "number": submission.number,
        "connection": submission.connection,
        "warehouse": submission.warehouse,
        "location_id": submission.location_id,
        "state": submission.state,
        "progress": submission.progress,
        "warehouse_ref": submission.warehouse_ref,
        "reason": submission.reason,
        "intended_at": submission.intended_at,
        "accepted_at": submission.accepted_at,
        "ended_at": submission.ended_at,
    }


def _claim_values(submission: Submission, line: ClaimLine) -> dict[str, Any]:
    return {
        "reference": submission.reference,
        "connection": submission.connection,
        "warehouse": submission.warehouse,
        "location_id": submission.location_id,
        "line_id": line.line_id,
        "inventory_item_id": line.inventory_item_id,
        "item_code": line.item_code,
        "units": line.units,
        "open_units": line.open_units,
        "cancelled": line.cancelled,
        "shipped": line.shipped,
        "written_back": line.written_back,
        "accepted_seq": line.accepted.sequence if line.accepted else None,
        "accepted_at": line.accepted.heard_at if line.accepted else None,
        "reserved_seq": line.reserved.sequence if line.reserved else None,
        "reserved_at": line.reserved.heard_at if line.reserved else None,
    }


def _shipment_values(shipment: Shipment) -> dict[str, Any]:
    return {
        "shipment_id": shipment.shipment_id,
        "reference": shipment.reference,
        "location_id": shipment.location_id,
        "warehouse": shipment.warehouse,
        "carrier": shipment.tracking.carrier,
        "tracking": msgspec.to_builtins(shipment.tracking),
        "shipped_at": shipment.shipped_at,
        "sequence": shipment.sequence,
        "received_at": shipment.received_at,
        "fulfillment_id": shipment.fulfillment_id,
        "written_at": shipment.written_at,
    }


def _mark(sequence: int | None, heard_at: Any) -> Mark | None:
    return None if heard_at is None else Mark(sequence=sequence, heard_at=heard_at)


class _ClaimRow(msgspec.Struct):
    reference: str
    line_id: str
    inventory_item_id: str
    item_code: str
    units: int
    open_units: int
    cancelled: int
    shipped: int
    written_back: int
    contained: int
    accepted_seq: int | None = None
    accepted_at: datetime | None = None
    reserved_seq: int | None = None
    reserved_at: datetime | None = None


class _SubmissionRow(msgspec.Struct):
    reference: str
    number: int
    connection: str
    warehouse: str
    location_id: str
    state: str
    progress: str
    warehouse_ref: str
    reason: str
    intended_at: datetime
    accepted_at: datetime | None = None
    ended_at: datetime | None = None


class _ShipmentRow(msgspec.Struct):
    shipment_id: str
    reference: str
    location_id: str
    warehouse: str
    tracking: Tracking
    shipped_at: datetime
    received_at: datetime
    lines: list[tuple[str, int]]
    sequence: int | None = None
    fulfillment_id: str | None = None
    written_at: datetime | None = None


def _claim(row: _ClaimRow) -> ClaimLine:
    return ClaimLine(
        line_id=row.line_id,
        inventory_item_id=row.inventory_item_id,
        item_code=row.item_code,
        units=row.units,
        open_units=row.open_units,
        cancelled=row.cancelled,
        shipped=row.shipped,
        written_back=row.written_back,
        accepted=_mark(row.accepted_seq, row.accepted_at),
        reserved=_mark(row.reserved_seq, row.reserved_at),
        contained=row.contained,
    )


def _submission(row: _SubmissionRow, lines: Sequence[ClaimLine]) -> Submission:
    return Submission(
        reference=row.reference,
        number=row.number,
        connection=row.connection,
        warehouse=row.warehouse,
        location_id=row.location_id,
        state=SubmissionState(row.state),
        progress=row.progress,
        warehouse_ref=row.warehouse_ref,
        reason=row.reason,
        intended_at=row.intended_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        lines=tuple(lines),
    )


def _shipment(row: _ShipmentRow) -> Shipment:
    return Shipment(
        shipment_id=row.shipment_id,
        reference=row.reference,
        location_id=row.location_id,
        warehouse=row.warehouse,
        tracking=row.tracking,
        shipped_at=row.shipped_at,
        received_at=row.received_at,
        sequence=row.sequence,
        fulfillment_id=row.fulfillment_id,
        written_at=row.written_at,
        lines=tuple(Units(line_id, units) for line_id, units in row.lines),
    )
