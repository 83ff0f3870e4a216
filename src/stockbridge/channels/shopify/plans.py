"""What to ask of Shopify for one effect, from what the order looks like now. Pure: facts in, a plan or a Refused out.

Fulfillment orders change their ids with every move and split (facts F.3), so nothing here is remembered between calls:
a plan is made from a reading a moment old, and keyed by order line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stockbridge.domain.channel_order import ChannelFulfillment, FulfillmentOrder
from stockbridge.domain.effects import MoveFulfillmentOrder, RecordFulfillment
from stockbridge.domain.values import Tracking, Units
from stockbridge.ports import LookUp, Refused, TryLater

#: Fulfillment orders that may be shipped from, and those that may be moved (facts F.2: not once progress was reported).
SHIPPABLE = ("OPEN", "IN_PROGRESS", "INCOMPLETE")
MOVABLE = ("OPEN",)
DEAD = ("CANCELLED", "ERROR", "FAILURE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
    """What an order still has to ship and what was shipped, in our words."""

    order_id: str
    name: str
    cancelled: bool
    fulfillment_orders: tuple[FulfillmentOrder, ...]
    fulfillments: tuple[ChannelFulfillment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Units taken from one fulfillment order, by its own line ids. ``whole``: they are all it has left."""

    fulfillment_order_id: str
    lines: tuple[Units, ...]
    whole: bool


def wanted(lines: Iterable[Units]) -> Counter[str]:
    """Units by order line."""
    total: Counter[str] = Counter()
    for each in lines:
        total[each.key] += each.units
    return +total


def recognise(effect: RecordFulfillment, shipping: Shipping) -> list[str]:
    """The fulfillments that are this shipment's: alive, bound to no other, with its lines, tracking numbers and location.
    Numbers that a person added later do not make it another shipment's."""
    ours = _numbers(effect.tracking)
    same = [(each.fulfillment_id, _numbers(each.tracking)) for each in _alike(effect, shipping)]
    return [fulfillment_id for fulfillment_id, theirs in same if (ours <= theirs if ours else not theirs)]


def _numbers(tracking: Tracking) -> set[str]:
    return {"".join(number.split()).casefold() for number in tracking.numbers}


def _alike(effect: RecordFulfillment, shipping: Shipping) -> list[ChannelFulfillment]:
    lines = wanted(effect.lines)
    return [each for each in _candidates(effect, shipping) if wanted(each.lines) == lines]


def _candidates(effect: RecordFulfillment, shipping: Shipping) -> list[ChannelFulfillment]:
    return [
        each
        for each in shipping.fulfillments
        if each.status not in DEAD and each.fulfillment_id not in effect.bound and each.location_id == effect.location_id
    ]


def identify(effect: RecordFulfillment, shipping: Shipping) -> str | LookUp:
    """Whether a fulfillment whose answer was lost exists (DESIGN D8): by lines, tracking and location; then by what remains."""
    exact = recognise(effect, shipping)
    if len(exact) == 1:
        return exact[0]
    if exact:
        return LookUp.AMBIGUOUS
    lines = wanted(effect.lines)
    if lines <= _remaining(shipping, effect.location_id, SHIPPABLE):
        return LookUp.NOT_FOUND
    alike = _alike(effect, shipping)
    if len(alike) == 1 and not effect.tracking.numbers:
        return alike[0].fulfillment_id
    touched = any(wanted(each.lines).keys() & lines.keys() for each in _candidates(effect, shipping))
    return LookUp.AMBIGUOUS if touched else LookUp.NOT_FOUND


def share_out(effect: RecordFulfillment, shipping: Shipping) -> list[Share]:
    """Which units of which fulfillment orders this shipment is, earliest first, never above what remains."""
    need = wanted(effect.lines)
    if not need:
        raise Refused(f"The shipment {effect.shipment_id} has no units, so there is nothing to record.", code="empty")
    here = _at(shipping, effect.location_id, SHIPPABLE)
    if not need <= _remaining(shipping, effect.location_id, SHIPPABLE):
        raise _why_not(shipping, effect.location_id, need, SHIPPABLE, "recorded as shipped")
    return _take(here, need)


def moves(effect: MoveFulfillmentOrder, shipping: Shipping) -> list[Share]:
    """Which units of which fulfillment orders must still be moved; none when they are at the target already."""
    need, missing = wanted(effect.lines), Counter[str]()
    source = _remaining(shipping, effect.from_location_id, MOVABLE)
    target = _remaining(shipping, effect.to_location_id, (*SHIPPABLE, "ON_HOLD", "SCHEDULED"))
    for key, units in need.items():
        missing[key] = units if source[key] >= units else max(0, units - target[key])
    missing = +missing
    if not missing <= source:
        raise _why_not(shipping, effect.from_location_id, missing, MOVABLE, "moved")
    return _take(_at(shipping, effect.from_location_id, MOVABLE), missing)


def moved(effect: MoveFulfillmentOrder, shipping: Shipping) -> list[str] | LookUp:
    """The fulfillment orders at the target that hold the units, if a move whose answer was lost was made."""
    need = wanted(effect.lines)
    statuses = (*SHIPPABLE, "ON_HOLD", "SCHEDULED")
    there = need <= _remaining(shipping, effect.to_location_id, statuses)
    still = need <= _remaining(shipping, effect.from_location_id, MOVABLE)
    if there and still:
        return LookUp.AMBIGUOUS
    if not there:
        return LookUp.NOT_FOUND
    found = _at(shipping, effect.to_location_id, statuses)
    return [each.fulfillment_order_id for each in found if any(line.line_id in need for line in each.lines)]


def _at(shipping: Shipping, location_id: str, statuses: Sequence[str]) -> list[FulfillmentOrder]:
    return [each for each in shipping.fulfillment_orders if each.location_id == location_id and each.status in statuses]


def _remaining(shipping: Shipping, location_id: str, statuses: Sequence[str]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in _at(shipping, location_id, statuses):
        for line in each.lines:
            total[line.line_id] += line.remaining
    return total


def _take(orders: Sequence[FulfillmentOrder], need: Counter[str]) -> list[Share]:
    left, shares = need.copy(), []
    for order in orders:
        taken = []
        for line in order.lines:
            units = min(left[line.line_id], line.remaining)
            if units > 0:
                left[line.line_id] -= units
                taken.append(Units(line.fulfillment_order_line_id, units))
        if taken:
            whole = sum(each.units for each in taken) == sum(line.remaining for line in order.lines)
            shares.append(Share(fulfillment_order_id=order.fulfillment_order_id, lines=tuple(taken), whole=whole))
    return shares


def _why_not(
    shipping: Shipping, location_id: str, need: Counter[str], statuses: Sequence[str], deed: str
) -> Refused | TryLater:
    """The plainest reason why units cannot be shipped or moved, with what to do about it."""
    short = need - _remaining(shipping, location_id, statuses)
    holding = [o for o in shipping.fulfillment_orders if any(line.line_id in short and line.remaining for line in o.lines)]
    what = f"{sum(short.values())} of {sum(need.values())} units of order {shipping.name} cannot be {deed}"
    if shipping.cancelled:
        return Refused(
            f"{what}: the order is cancelled in Shopify. Get the goods back, or make a new order for them.", code="cancelled"
        )
    if not shipping.fulfillment_orders:
        return TryLater(f"Shopify has not yet assigned order {shipping.name} to a location.", after_s=5.0)
    for each in holding:
        if each.status == "ON_HOLD" and each.location_id == location_id:
            reason = ", ".join(each.holds) or "no reason given"
            return Refused(f"{what}: Shopify holds them ({reason}). Release the hold in Shopify, then retry.", code="on_hold")
    for each in holding:
        if each.location_id == location_id and each.status not in (*statuses, "CLOSED", "CANCELLED"):
            state = f"{each.status}, {each.request_status}".lower()
            return Refused(
                f"{what}: their fulfillment order is {state}. Reopen it in Shopify, then retry.", code=each.status.lower()
            )
    if any(each.location_id != location_id and each.status not in ("CLOSED", "CANCELLED") for each in holding):
        return Refused(
            f"{what}: Shopify has them assigned to another location. Move them in Shopify, then retry.", code="elsewhere"
        )
    return Refused(
        f"{what}: only {sum((need - short).values())} are left to ship there. Somebody else has fulfilled, refunded or removed the rest; "
        "compare the order in Shopify with the warehouse's shipment.",
        code="not_enough",
    )
