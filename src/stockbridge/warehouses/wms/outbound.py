"""Our effects to calls of the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

import stockbridge.warehouses.wms.adjustments as adjustments
import stockbridge.warehouses.wms.wire as wire
from stockbridge.domain.effects import AdjustStock, CancelSubmission, Effect, SubmitOrder
from stockbridge.ports import Capability, DoorError, LookUp, OutcomeUnknown, Receipt, Refused
from stockbridge.warehouses.wms.client import Client, decode, error_of
from stockbridge.warehouses.wms.settings import Settings

ALWAYS = frozenset({Capability.SUBMIT, Capability.CANCEL, Capability.COUNT, Capability.ADJUST})
CAPABILITIES = {
    "unique_reference": ALWAYS | {Capability.LOOK_UP, Capability.UNIQUE_REFERENCE},
    "look_up": ALWAYS | {Capability.LOOK_UP},
    "neither": ALWAYS,
}


class WmsOutbound:
    """Performs effects at one WMS."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._client = client
        self.settle_s = settings.settle_s
        self.capabilities = CAPABILITIES[settings.personality]

    def batch_size(self, kind: str) -> int:
        """The contract takes one order per call."""
        return 1

    def perform_batch(self, effects: Sequence[tuple[Effect, str]]) -> Sequence[Receipt | DoorError]:
        """Each effect by itself; what went wrong with one is its own answer."""
        return [self._outcome(effect, key) for effect, key in effects]

    def _outcome(self, effect: Effect, key: str) -> Receipt | DoorError:
        try:
            return self.perform(effect, key)
        except DoorError as error:
            return error

    def perform(self, effect: Effect, key: str) -> Receipt:
        """Do it once. Raises TryLater (certainly not done), Refused, OutcomeUnknown. Our reference is the id we send."""
        match effect:
            case SubmitOrder():
                return self._submit(effect)
            case CancelSubmission():
                return self._cancel(effect)
            case AdjustStock():
                return adjustments.send(self._client, effect)
            case _:
                raise Refused(f"A WMS cannot do this: {type(effect).__name__}.", code="not_supported")

    def look_up(self, effect: Effect, key: str) -> Receipt | LookUp:
        """Was it done? Raises TryLater or OutcomeUnknown when the *asking* failed: the effect is as unknown as before."""
        if isinstance(effect, AdjustStock):
            able = Capability.LOOK_UP in self.capabilities
            return adjustments.look_up(self._client, effect) if able else LookUp.IMPOSSIBLE
        if not isinstance(effect, (SubmitOrder, CancelSubmission)):
            return LookUp.IMPOSSIBLE
        # The contract answers a repeated cancellation like the first; a repeated order would be a second order.
        nobody_to_ask = LookUp.HARMLESS if isinstance(effect, CancelSubmission) else LookUp.IMPOSSIBLE
        if Capability.LOOK_UP not in self.capabilities:
            return nobody_to_ask
        answer = self._client.call("GET", _path(effect.reference), expected=frozenset({404, 501}))
        if answer.status == 501:
            return nobody_to_ask
        if answer.status == 404:
            # A proxy or a wrong address says 404 as well; only the WMS's own word lets an order be sent again.
            if error_of(answer).code == "order_not_found":
                return LookUp.NOT_FOUND
            raise OutcomeUnknown("The look-up was answered 404, but not by the WMS's own 'order_not_found'. Check the address.")
        order = decode(answer, wire.OrderBody, "our look-up")
        if order.reference != effect.reference:
            raise OutcomeUnknown(f"Asked for order {effect.reference}, the WMS answered with {order.reference}.")
        if isinstance(effect, CancelSubmission):
            return _adopt(order, answer.body) if order.cancellation is not None else LookUp.NOT_FOUND
        if order.copies > 1 or not _same_goods(order, effect):
            return LookUp.AMBIGUOUS
        return _adopt(order, answer.body)

    def look_up_batch(self, effects: Sequence[tuple[Effect, str]]) -> Sequence[Receipt | LookUp | DoorError]:
        """Each by itself."""
        found: list[Receipt | LookUp | DoorError] = []
        for effect, key in effects:
            try:
                found.append(self.look_up(effect, key))
            except DoorError as error:
                found.append(error)
        return found

    def _submit(self, effect: SubmitOrder) -> Receipt:
        answer = self._client.call("POST", "/v1/orders", payload=_payload(effect), expected=frozenset({409}))
        if answer.status == 409:
            return self._exists_already(effect, error_of(answer).order)
        order = decode(answer, wire.OrderBody, "our order")
        if order.reference != effect.reference:
            raise OutcomeUnknown(f"Sent order {effect.reference}, the WMS answered about {order.reference}.")
        return Receipt(reference=order.order_id, topic="answer/submit", body=answer.body)

    def _exists_already(self, effect: SubmitOrder, order: wire.OrderBody | None) -> Receipt:
        if order is None or order.reference != effect.reference:
            raise OutcomeUnknown("The WMS says that our reference exists, but does not show the order.")
        if not _same_goods(order, effect):
            raise Refused(
                f"The WMS has another order under our reference {effect.reference}: its lines differ from ours. "
                "Compare the two, then cancel it there or here.",
                code="reference_conflict",
            )
        return _adopt(order, msgspec.json.encode(order))

    def _cancel(self, effect: CancelSubmission) -> Receipt:
        answer = self._client.call("POST", f"{_path(effect.reference)}/cancel", payload={"reason": effect.reason})
        body = decode(answer, wire.CancellationBody, "our cancellation")
        if body.reference != effect.reference:
            raise OutcomeUnknown(f"Asked to cancel {effect.reference}, the WMS answered about {body.reference}.")
        return Receipt(reference=effect.reference, topic="answer/cancel", body=answer.body)


def _path(reference: str) -> str:
    return f"/v1/orders/{quote(reference, safe='')}"


def _adopt(order: wire.OrderBody, body: bytes) -> Receipt:
    return Receipt(reference=order.order_id, topic="answer/adopted", body=body, adopted=True)


def _same_goods(order: wire.OrderBody, effect: SubmitOrder) -> bool:
    """Is it the order we meant? What the WMS does not show is not held against it."""
    if order.warehouse and order.warehouse != effect.warehouse:
        return False
    if order.lines is None:
        return True
    ours: Counter[str] = Counter()
    for mine in effect.lines:
        ours[mine.item_code] += mine.units
    theirs: Counter[str] = Counter()
    for line in order.lines:
        theirs[line.item_code] += line.units
    return ours == theirs


def _payload(effect: SubmitOrder) -> dict[str, object]:
    return {
        "reference": effect.reference,
        "warehouse": effect.warehouse,
        "order_name": effect.order_name,
        "lines": [
            {
                "line_id": line.line_id,
                "item_code": line.item_code,
                "units": line.units,
                "title": line.title,
                "price": format(line.unit_price.amount, "f") if line.unit_price else None,
            }
            for line in effect.lines
        ],
        "ship_to": effect.ship_to,
        "shipping_method": effect.shipping_method,
        "currency": effect.currency,
        "note": effect.note,
    }
