"""The fulfillment-service loop: a merchant asks a 3PL to ship, or to stop; the 3PL accepts, refuses, or gives up the rest.

Source: fact sheet section F.5. Messages without [R] there are ours.
"""

from typing import Any

from stockbridge.testing.twins.shopify.model import routing
from stockbridge.testing.twins.shopify.model.fulfillment_orders import Errors, Part, check_parts, take
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.orders import touch
from stockbridge.testing.twins.shopify.model.world import World, problem
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder, MerchantRequest

NOT_A_SERVICE = "The fulfillment order's assigned fulfillment service must be of api type"


def submit(
    world: World, one: FulfillmentOrder, parts: list[Part] | None, message: str | None
) -> tuple[FulfillmentOrder | None, Errors]:
    """The merchant asks for all or some units; what is not asked for becomes an order of its own. Gives (rest, errors)."""
    if one.location.service is None:
        return None, [problem(["id"], NOT_A_SERVICE)]
    if one.status not in ("OPEN", "INCOMPLETE") or one.request_status in ("SUBMITTED", "ACCEPTED"):
        return None, [problem(["id"], "Fulfillment order is not in a requestable state.")]
    errors = check_parts(one, parts or [])
    if errors:
        return None, errors
    rest: FulfillmentOrder | None = None
    if parts is not None and sum(units for _, units in parts) < one.remaining:
        chosen = {line.id: units for line, units in parts}
        others = [(x, x.remaining_quantity - chosen.get(x.id, 0)) for x in one.lines]
        rest = routing.new_fulfillment_order(world, one.order, one.location, method=one.method, like=one)
        take(world, one, rest, [(x, units) for x, units in others if units > 0])
    one.status, one.request_status = "OPEN", "SUBMITTED"
    made = _ask(world, one, "FULFILLMENT_REQUEST", message)
    _told(world, one, "fulfillment_request_submitted", made)
    return rest, []


def accept(world: World, one: FulfillmentOrder, message: str | None) -> Errors:
    """The service takes the request on."""
    if not _stands(one, "SUBMITTED"):
        return [problem(["id"], "Cannot accept fulfillment request: it was not submitted.")]
    one.status, one.request_status = "IN_PROGRESS", "ACCEPTED"
    _told(world, one, "fulfillment_request_accepted", message)
    return []


def reject(world: World, one: FulfillmentOrder, message: str | None) -> Errors:
    """The service does not take it on; the merchant can move it or ask again."""
    if not _stands(one, "SUBMITTED"):
        return [problem(["id"], "Cannot reject fulfillment request: it was not submitted.")]
    one.request_status = "REJECTED"
    _told(world, one, "fulfillment_request_rejected", message)
    return []


def submit_cancellation(world: World, one: FulfillmentOrder, message: str | None) -> Errors:
    """The merchant asks the service to stop."""
    if one.request_status not in ("ACCEPTED", "CANCELLATION_REJECTED") or not one.is_open:
        return [problem(["id"], "Cannot request cancellation: the fulfillment request was not accepted.")]
    one.request_status = "CANCELLATION_REQUESTED"
    made = _ask(world, one, "CANCELLATION_REQUEST", message)
    _told(world, one, "cancellation_request_submitted", made)
    return []


def accept_cancellation(world: World, one: FulfillmentOrder, message: str | None) -> Errors:
    """The service stops: the order closes empty, and its units wait in a new one for the merchant."""
    if not _stands(one, "CANCELLATION_REQUESTED"):
        return [problem(["id"], "Cannot accept cancellation request: it was not submitted.")]
    made = routing.new_fulfillment_order(world, one.order, one.location, method=one.method, like=one)
    take(world, one, made, [(x, x.remaining_quantity) for x in list(one.lines) if x.remaining_quantity])
    one.status, one.request_status = "CLOSED", "CANCELLATION_ACCEPTED"
    _told(world, one, "cancellation_request_accepted", message)
    return []


def reject_cancellation(world: World, one: FulfillmentOrder, message: str | None) -> Errors:
    """Too late: the service goes on."""
    if not _stands(one, "CANCELLATION_REQUESTED"):
        return [problem(["id"], "Cannot reject cancellation request: it was not submitted.")]
    one.request_status = "CANCELLATION_REJECTED"
    _told(world, one, "cancellation_request_rejected", message)
    return []


def close(world: World, one: FulfillmentOrder, message: str | None) -> Errors:
    """The service gives up what it has not shipped."""
    if one.location.service is None:
        return [problem(["id"], NOT_A_SERVICE)]
    if one.status != "IN_PROGRESS" or one.request_status != "ACCEPTED":
        return [problem(["id"], "The fulfillment order is not in an in progress state.")]
    one.status, one.request_status = "INCOMPLETE", "CLOSED"
    _told(world, one, "fulfillment_service_failed_to_complete", message)
    return []


def _stands(one: FulfillmentOrder, request: str) -> bool:
    """Whether a request still waits for its answer: what was shipped or cancelled meanwhile does not."""
    return one.is_open and one.request_status == request


def _ask(world: World, one: FulfillmentOrder, kind: str, message: str | None) -> MerchantRequest:
    made = MerchantRequest(world.mint("FulfillmentOrderMerchantRequest"), one, kind, world.now(), message)
    one.requests.append(made)
    return made


def _told(world: World, one: FulfillmentOrder, what: str, said: Any) -> None:
    one.updated_at = world.now()
    world.log(what, order=gid("Order", one.order.id), fulfillment_order=gid("FulfillmentOrder", one.id))
    world.emit(f"fulfillment_orders/{what}", one, said)
    touch(world, one.order)
