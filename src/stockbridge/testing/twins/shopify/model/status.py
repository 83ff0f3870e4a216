"""Statuses that are never stored but read off an order: financial, fulfillment, return."""

from stockbridge.testing.twins.shopify.records.orders import Order


def financial_status(order: Order) -> str:
    """As ``displayFinancialStatus`` shows it."""
    received, refunded = order.received, order.refunded
    if not received:
        return "VOIDED" if order.cancelled_at is not None else "PENDING"
    if refunded >= received:
        return "REFUNDED"
    if refunded:
        return "PARTIALLY_REFUNDED"
    return "PAID" if received >= order.current_total else "PARTIALLY_PAID"


def fulfillment_status(order: Order) -> str:
    """As ``displayFulfillmentStatus`` shows it."""
    shipped = any(line.fulfilled for line in order.lines)
    open_units = any(line.unfulfilled_quantity > 0 for line in order.lines)
    if shipped:
        return "PARTIALLY_FULFILLED" if open_units else "FULFILLED"
    waiting = [x for x in order.fulfillment_orders if x.is_open]
    if waiting and all(x.status == "ON_HOLD" for x in waiting):
        return "ON_HOLD"
    if any(x.status == "IN_PROGRESS" for x in waiting):
        return "IN_PROGRESS"
    if waiting and all(x.status == "SCHEDULED" for x in waiting):
        return "SCHEDULED"
    return "UNFULFILLED"


def fulfillment_state(order: Order) -> str | None:
    """REST's coarser word: null, partial, fulfilled, restocked."""
    word = fulfillment_status(order)
    if word in ("FULFILLED", "PARTIALLY_FULFILLED"):
        return "fulfilled" if word == "FULFILLED" else "partial"
    return None


def return_status(order: Order) -> str:
    """Any requested, else any open, else any closed (fact sheet E.7)."""
    words = {one.status for one in order.returns}
    for status, shown in (("REQUESTED", "RETURN_REQUESTED"), ("OPEN", "IN_PROGRESS"), ("CLOSED", "RETURNED")):
        if status in words:
            return shown
    return "NO_RETURN"
