"""Units that left or came without the WMS: told once, looked up by our reference before anything is told again."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

import stockbridge.warehouses.wms.wire as wire
from stockbridge.domain.effects import AdjustStock
from stockbridge.ports import LookUp, OutcomeUnknown, Receipt, Refused
from stockbridge.warehouses.wms.client import Client, decode, error_of

PATH = "/v1/stock/adjustments"


def send(client: Client, effect: AdjustStock) -> Receipt:
    """Book it once. Raises TryLater (certainly not done), Refused, OutcomeUnknown."""
    answer = client.call("POST", PATH, payload=_payload(effect), expected=frozenset({409, 501}))
    if answer.status == 501:
        raise Refused("This WMS does not take adjustments of stock. Book the units there by hand.", code="not_supported")
    if answer.status == 409:
        return _exists_already(effect, error_of(answer).adjustment)
    body = decode(answer, wire.AdjustmentBody, "our adjustment")
    if body.reference != effect.reference:
        raise OutcomeUnknown(f"Sent adjustment {effect.reference}, the WMS answered about {body.reference}.")
    return Receipt(reference=body.reference, topic="answer/adjust", body=answer.body)


def look_up(client: Client, effect: AdjustStock) -> Receipt | LookUp:
    """Was it booked? Raises TryLater or OutcomeUnknown when the asking failed."""
    answer = client.call("GET", f"{PATH}/{quote(effect.reference, safe='')}", expected=frozenset({404, 501}))
    if answer.status == 501:
        return LookUp.IMPOSSIBLE
    if answer.status == 404:
        # A proxy or a wrong address says 404 as well; only the WMS's own word lets units be booked again.
        if error_of(answer).code == "adjustment_not_found":
            return LookUp.NOT_FOUND
        raise OutcomeUnknown(
            "The look-up was answered 404, but not by the WMS's own 'adjustment_not_found'. Check the address."
        )
    body = decode(answer, wire.AdjustmentBody, "our look-up")
    if body.copies > 1 or not _same(body, effect):
        return LookUp.AMBIGUOUS
    return _adopt(body)


def _exists_already(effect: AdjustStock, body: wire.AdjustmentBody | None) -> Receipt:
    if body is None or body.reference != effect.reference:
        raise OutcomeUnknown("The WMS says that our reference exists, but does not show the adjustment.")
    if not _same(body, effect):
        raise Refused(
            f"The WMS has another adjustment under our reference {effect.reference}: {body.units} of {body.item_code}. "
            "Compare the two, then book the difference by hand.",
            code="reference_conflict",
        )
    return _adopt(body)


def _same(body: wire.AdjustmentBody, effect: AdjustStock) -> bool:
    ours = (effect.reference, effect.warehouse, effect.item_code, effect.units)
    return (body.reference, body.warehouse, body.item_code, body.units) == ours


def _adopt(body: wire.AdjustmentBody) -> Receipt:
    return Receipt(reference=body.reference, topic="answer/adjust", body=msgspec.json.encode(body), adopted=True)


def _payload(effect: AdjustStock) -> dict[str, object]:
    return {
        "reference": effect.reference,
        "warehouse": effect.warehouse,
        "item_code": effect.item_code,
        "units": effect.units,
        "zones": list(effect.zones),
        "reason": effect.reason,
        "about": effect.about,
    }
