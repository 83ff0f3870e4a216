"""Shipments: from the warehouse's fact to the channel's record, once."""

from __future__ import annotations

from dataclasses import replace

from stockbridge.domain import shipments
from stockbridge.domain.events import FulfillmentRecorded, ShipmentConfirmed
from stockbridge.flow.corridor import Step, apply
from stockbridge.flow.orders import unknown_reference, with_parked_state


def confirmed(step: Step, event: ShipmentConfirmed) -> None:
    """A parcel left."""
    before = step.desk.order_of(event.reference)
    if before is None:
        unknown_reference(step, event.reference, f"shipment {event.shipment_id}")
        return
    shipment_id = f"{step.connection}/{event.shipment_id}"
    decision = shipments.shipped(before, event, shipment_id=shipment_id, notify_customer=True, now=step.now)
    if not decision.rejected:
        fits = (*decision.unpark, f"shipment_mismatch:{event.shipment_id}")
        decision = replace(decision, unpark=fits)
    apply(step, before, with_parked_state(step, decision))


def recorded(step: Step, event: FulfillmentRecorded) -> None:
    """The channel has our record of a shipment."""
    before = step.desk.order(step.connection, event.order_id)
    if before is None:
        return
    decision = shipments.recorded(before, event, now=step.now)
    apply(step, before, with_parked_state(step, decision))
