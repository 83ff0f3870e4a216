"""Effects in our words → calls in Shopify's. Every answer becomes a receipt that this door's own reader understands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

import stockbridge.channels.shopify.generated as g
import stockbridge.channels.shopify.plans as plans
import stockbridge.channels.shopify.wire as wire
from stockbridge.channels.shopify.client import Answer, Shopify
from stockbridge.channels.shopify.orders import fulfillment, fulfillment_order
from stockbridge.channels.shopify.plans import Share, Shipping
from stockbridge.channels.shopify.reads import ORDERS_AT_ONCE, fetch_orders, fetch_shipping
from stockbridge.domain.effects import Effect, FetchOrder, MoveFulfillmentOrder, RecordFulfillment, SetSellingPolicy
from stockbridge.domain.values import Tracking
from stockbridge.ports import Capability, DoorError, LookUp, OutcomeUnknown, Receipt, Refused, TryLater

R = TypeVar("R", bound=Struct)

#: Shared reading makes a fulfillment cost 54/25 + 10 points instead of 54 + 10.
SHIPPINGS_AT_ONCE = 25
#: One call takes at most so many lines (https://shopify.dev/docs/api/admin-graphql, fulfillmentCreate, seen 2026-11).
LINES_AT_ONCE = 512


class ShopifyOutbound:
    """Performs effects on one store. ``settle_s``: how long after a lost answer Shopify may still be at work."""

    capabilities = frozenset({Capability.FETCH_ORDERS, Capability.RECORD_FULFILLMENT, Capability.LOOK_UP, Capability.PUBLISH})

    def __init__(self, shopify: Shopify) -> None:
        self._shopify = shopify
        self.settle_s = float(shopify.settings.settle_s)

    def batch_size(self, kind: str) -> int:
        """How many effects of a kind are best handed over at once."""
        return {
            "fetch_order": ORDERS_AT_ONCE,
            "record_fulfillment": SHIPPINGS_AT_ONCE,
            "move_fulfillment_order": SHIPPINGS_AT_ONCE,
        }.get(kind, 1)

    def perform(self, effect: Effect, key: str) -> Receipt:
        """Do one thing. Raises TryLater, Refused, OutcomeUnknown."""
        done = self.perform_batch([(effect, key)])[0]
        if isinstance(done, DoorError):
            raise done
        return done

    def perform_batch(self, effects: Sequence[tuple[Effect, str]]) -> Sequence[Receipt | DoorError]:
        """Do several things with shared reading; each has its own outcome, in the same order."""
        orders = self._orders([e.order_id for e, _ in effects if isinstance(e, FetchOrder)])
        shippings = self._shippings([e.order_id for e, _ in effects if isinstance(e, MoveFulfillmentOrder | RecordFulfillment)])
        shippings = self._paid(shippings, {e.order_id for e, _ in effects if isinstance(e, RecordFulfillment)})
        return [self._one(effect, orders, shippings) for effect, _ in effects]

    def _one(
        self, effect: Effect, orders: dict[str, Receipt | DoorError], shippings: dict[str, Shipping | DoorError]
    ) -> Receipt | DoorError:
        try:
            if isinstance(effect, FetchOrder):
                return orders[effect.order_id]
            if isinstance(effect, MoveFulfillmentOrder | RecordFulfillment):
                # What was read together is good for the first effect of an order only: that one changes it.
                known = shippings.pop(effect.order_id, None)
                return known if isinstance(known, DoorError) else self._ship(effect, known)
            if isinstance(effect, SetSellingPolicy):
                return self._set_selling(effect)
            return Refused(f"A Shopify store cannot {type(effect).__name__}.", code="capability")
        except DoorError as error:
            return error

    def look_up(self, effect: Effect, key: str) -> Receipt | LookUp:
        """Whether an effect whose outcome is unknown was done. A fetch that was lost did no harm: not found, so repeated."""
        if isinstance(effect, MoveFulfillmentOrder | RecordFulfillment):
            return _found(effect, self._shipping(effect.order_id))
        if isinstance(effect, SetSellingPolicy):
            return LookUp.HARMLESS
        return LookUp.NOT_FOUND if isinstance(effect, FetchOrder) else LookUp.IMPOSSIBLE

    def look_up_batch(self, effects: Sequence[tuple[Effect, str]]) -> Sequence[Receipt | LookUp | DoorError]:
        """Several look-ups with shared reading; each has its own outcome, in the same order."""
        shippings = self._shippings([e.order_id for e, _ in effects if isinstance(e, MoveFulfillmentOrder | RecordFulfillment)])
        return [self._look_up(effect, key, shippings) for effect, key in effects]

    def _look_up(self, effect: Effect, key: str, shippings: dict[str, Shipping | DoorError]) -> Receipt | LookUp | DoorError:
        known = shippings.get(effect.order_id) if isinstance(effect, MoveFulfillmentOrder | RecordFulfillment) else None
        try:
            if isinstance(effect, MoveFulfillmentOrder | RecordFulfillment) and isinstance(known, Shipping):
                return _found(effect, known)
            return known if isinstance(known, DoorError) else self.look_up(effect, key)
        except DoorError as error:
            return error

    # --- reading ------------------------------------------------------------------------------------------------

    def _orders(self, ids: Sequence[str]) -> dict[str, Receipt | DoorError]:
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Receipt | DoorError] = {}
        for start in range(0, len(wanted), ORDERS_AT_ONCE):
            found.update(self._some_orders(wanted[start : start + ORDERS_AT_ONCE]))
        return found

    def _some_orders(self, ids: list[str]) -> dict[str, Receipt | DoorError]:
        read_at = self._shopify.clock.now()
        try:
            nodes = fetch_orders(self._shopify, ids)
        except Refused as error:
            # One id that Shopify cannot read spoils the whole list; alone, each speaks for itself.
            return (
                dict.fromkeys(ids, error) if len(ids) == 1 else {k: v for i in ids for k, v in self._some_orders([i]).items()}
            )
        except DoorError as error:
            return dict.fromkeys(ids, error)
        version = self._shopify.settings.api_version
        found: dict[str, Receipt | DoorError] = {}
        for order_id, node in zip(ids, nodes, strict=True):
            if isinstance(node, DoorError):
                found[order_id] = node
                continue
            answer = wire.OrderAnswer(order_id=order_id, read_at=read_at, api_version=version, order=node)
            found[order_id] = Receipt(reference=order_id, topic="answer/order", body=msgspec.json.encode(answer))
        return found

    def _shippings(self, ids: Sequence[str]) -> dict[str, Shipping | DoorError]:
        wanted = list(dict.fromkeys(ids))
        if len(wanted) < 2:
            return {}
        try:
            nodes = fetch_shipping(self._shopify, wanted)
        except Refused:
            return {}  # each is read by itself, and says for itself what is wrong
        except DoorError as error:
            return dict.fromkeys(wanted, error)
        return {
            i: node if isinstance(node, DoorError) else _shipping(node) if node else _no_order(i)
            for i, node in zip(wanted, nodes, strict=True)
        }

    def _paid(self, shippings: dict[str, Shipping | DoorError], records: set[str]) -> dict[str, Shipping | DoorError]:
        """The budget of all their records is waited for at once: ten waits one after the other would hold up their lane."""
        known = [i for i in records if isinstance(shippings.get(i), Shipping)]
        try:
            if known:
                self._shopify.reserve(g.CREATE_FULFILLMENT, len(known), urgent=True)
        except TryLater as error:
            return {**shippings, **dict.fromkeys(known, error)}
        return shippings

    def _shipping(self, order_id: str) -> Shipping:
        node = fetch_shipping(self._shopify, [order_id])[0]
        if isinstance(node, DoorError):
            raise node
        if node is None:
            raise _no_order(order_id)
        return _shipping(node)

    # --- shipping -----------------------------------------------------------------------------------------------

    def _ship(self, effect: MoveFulfillmentOrder | RecordFulfillment, known: Shipping | None) -> Receipt:
        """Shopify complains when fulfillment orders were moved or split since they were read: then once more, freshly read."""
        try:
            return self._act(effect, known or self._shipping(effect.order_id), paid=known is not None)
        except Complained:
            return self._act(effect, self._shipping(effect.order_id))

    def _act(self, effect: MoveFulfillmentOrder | RecordFulfillment, shipping: Shipping, *, paid: bool = False) -> Receipt:
        if isinstance(effect, MoveFulfillmentOrder):
            return self._move(effect, shipping)
        return self._record(effect, shipping, paid=paid)

    def _record(self, effect: RecordFulfillment, shipping: Shipping, *, paid: bool) -> Receipt:
        existing = plans.recognise(effect, shipping)
        if len(existing) > 1:
            raise Refused(
                f"Order {shipping.name} has {len(existing)} fulfillments that look like shipment {effect.shipment_id}. "
                "Cancel the surplus ones in Shopify, then retry.",
                code="ambiguous",
            )
        if existing:
            return _recorded(effect, existing[0], adopted=True)
        shares = plans.share_out(effect, shipping)
        if sum(len(share.lines) for share in shares) > LINES_AT_ONCE:
            raise Refused(
                f"Shipment {effect.shipment_id} has more than {LINES_AT_ONCE} lines, more than Shopify takes.", code="too_large"
            )
        asked = g.FulfillmentInput(
            line_items_by_fulfillment_order=[_share(each) for each in shares],
            notify_customer=effect.notify_customer and self._shopify.settings.notify_customer,
            tracking_info=_tracking(effect.tracking),
        )
        answer = self._shopify.call(g.CREATE_FULFILLMENT, g.CreateFulfillment(fulfillment=asked), urgent=True, paid=paid)
        made = _accepted(answer).fulfillment_create
        if made is None or made.fulfillment is None:
            raise OutcomeUnknown("Shopify's answer neither names a fulfillment nor complains.")
        return _recorded(effect, made.fulfillment.id, adopted=False)

    def _move(self, effect: MoveFulfillmentOrder, shipping: Shipping) -> Receipt:
        shares = plans.moves(effect, shipping)
        if not shares:
            there = plans.moved(effect, shipping)
            return _moved(effect, there if isinstance(there, list) else [], adopted=True)
        ids = []
        for share in shares:
            asked = g.MoveFulfillmentOrder(
                id=share.fulfillment_order_id,
                new_location_id=effect.to_location_id,
                lines=msgspec.UNSET if share.whole else _lines(share),
            )
            done = _accepted(self._shopify.call(g.MOVE_FULFILLMENT_ORDER, asked, urgent=True)).fulfillment_order_move
            if done and done.moved_fulfillment_order:
                ids.append(done.moved_fulfillment_order.id)
        return _moved(effect, ids, adopted=False)

    def _set_selling(self, effect: SetSellingPolicy) -> Receipt:
        policy = "CONTINUE" if effect.sells_when_out else "DENY"
        variant = g.ProductVariantsBulkInput(id=effect.variant_id, inventory_policy=policy)
        asked = g.SetSellingPolicy(product_id=effect.product_id, variants=[variant])
        try:
            done = _accepted(self._shopify.call(g.SET_SELLING_POLICY, asked, urgent=False)).product_variants_bulk_update
        except TryLater as error:
            if not error.credentials:
                raise
            # The one thing that needs this right: for all else the key is as good as ever.
            raise Refused(f"{error} The app needs the permission write_products for this.", code="scope") from error
        variants = (done.product_variants if done else None) or []
        body = msgspec.json.encode(wire.ItemsPolled(variants=variants))
        return Receipt(reference=effect.variant_id, topic="poll/items", body=body)


class Complained(Refused):
    """Shopify did not do it, and said why."""


def _accepted(answer: Answer[R]) -> R:
    if answer.user_errors:
        raise Complained(" ".join(error.message for error in answer.user_errors), code=answer.user_errors[0].code)
    return answer.data


def _shipping(node: g.ShippingPart) -> Shipping:
    return Shipping(
        order_id=node.id,
        name=node.name,
        cancelled=node.cancelled_at is not None,
        fulfillment_orders=tuple(fulfillment_order(each) for each in node.fulfillment_orders.nodes),
        fulfillments=tuple(fulfillment(each) for each in node.fulfillments),
    )


def _no_order(order_id: str) -> Refused:
    return Refused(
        f"The store shows no order {order_id}: it was deleted, or it is older than this app may read.", code="no_order"
    )


def _lines(share: Share) -> list[g.FulfillmentOrderLineItemInput]:
    return [g.FulfillmentOrderLineItemInput(id=each.key, quantity=each.units) for each in share.lines]


def _share(share: Share) -> g.FulfillmentOrderLineItemsInput:
    return g.FulfillmentOrderLineItemsInput(
        fulfillment_order_id=share.fulfillment_order_id, fulfillment_order_line_items=_lines(share)
    )


def _tracking(tracking: Tracking) -> g.FulfillmentTrackingInput | msgspec.UnsetType:
    """One number and address in the singular, several in the plural; addresses only where there is one for each number."""
    numbers, urls = list(tracking.numbers), list(tracking.urls)
    if not (numbers or urls or tracking.carrier):
        return msgspec.UNSET
    company = tracking.carrier or msgspec.UNSET
    if len(numbers) > 1:
        matching = urls if len(urls) == len(numbers) else msgspec.UNSET
        return g.FulfillmentTrackingInput(company=company, numbers=numbers, urls=matching)
    return g.FulfillmentTrackingInput(
        company=company, number=numbers[0] if numbers else msgspec.UNSET, url=urls[0] if urls else msgspec.UNSET
    )


def _found(effect: MoveFulfillmentOrder | RecordFulfillment, shipping: Shipping) -> Receipt | LookUp:
    if isinstance(effect, RecordFulfillment):
        found = plans.identify(effect, shipping)
        return found if isinstance(found, LookUp) else _recorded(effect, found, adopted=True)
    there = plans.moved(effect, shipping)
    return there if isinstance(there, LookUp) else _moved(effect, there, adopted=True)


def _recorded(effect: RecordFulfillment, fulfillment_id: str, *, adopted: bool) -> Receipt:
    answer = wire.FulfillmentAnswer(
        order_id=effect.order_id, shipment_id=effect.shipment_id, fulfillment_id=fulfillment_id, adopted=adopted
    )
    return Receipt(reference=fulfillment_id, topic="answer/fulfillment", body=msgspec.json.encode(answer), adopted=adopted)


def _moved(effect: MoveFulfillmentOrder, ids: list[str], *, adopted: bool) -> Receipt:
    answer = wire.MoveAnswer(
        order_id=effect.order_id, location_id=effect.to_location_id, fulfillment_order_ids=ids, adopted=adopted
    )
    return Receipt(reference=",".join(ids), topic="answer/move", body=msgspec.json.encode(answer), adopted=adopted)
