"""The fulfillment-service loop: requests, cancellations, and their answers. Plain user errors, no codes, no idempotency."""

from collections.abc import Callable
from typing import Any

from stockbridge.testing.twins.shopify.api.fields.visible import visible
from stockbridge.testing.twins.shopify.api.mutations.fulfillments import parts_of
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.model import requests as rules
from stockbridge.testing.twins.shopify.model.world import World, problem
from stockbridge.testing.twins.shopify.records.fulfillment import FulfillmentOrder

Args = dict[str, Any]
Rule = Callable[[World, FulfillmentOrder, str | None], list[dict[str, Any]]]
MISSING = problem(["id"], "Fulfillment order does not exist.")


def submit(source: Any, args: Args, context: Any) -> Args:
    """Asks the service to ship; a partial request leaves the rest in an order of its own."""
    names = ("originalFulfillmentOrder", "submittedFulfillmentOrder", "unsubmittedFulfillmentOrder")
    one = find(context, args["id"], "FulfillmentOrder")
    if one is None or not visible(one, context):
        return {**dict.fromkeys(names), "userErrors": [MISSING]}
    parts = parts_of(context, args.get("fulfillmentOrderLineItems"))
    if parts is not None and any(line is None for line, _ in parts):
        text = "Fulfillment order line item does not exist."
        return {**dict.fromkeys(names), "userErrors": [problem(["fulfillmentOrderLineItems"], text)]}
    rest, errors = rules.submit(context.world, one, parts, args.get("message"))
    if errors:
        return {**dict.fromkeys(names), "userErrors": errors}
    return {**dict.fromkeys(names, one), "unsubmittedFulfillmentOrder": rest, "userErrors": []}


def _simple(rule: Rule) -> Any:
    def resolve(source: Any, args: Args, context: Any) -> Args:
        one = find(context, args["id"], "FulfillmentOrder")
        if one is None or not visible(one, context):
            return {"fulfillmentOrder": None, "userErrors": [MISSING]}
        errors = rule(context.world, one, args.get("message"))
        return {"fulfillmentOrder": None if errors else one, "userErrors": errors}

    return resolve


MUTATIONS: dict[str, Any] = {
    "fulfillmentOrderSubmitFulfillmentRequest": submit,
    "fulfillmentOrderAcceptFulfillmentRequest": _simple(rules.accept),
    "fulfillmentOrderRejectFulfillmentRequest": _simple(rules.reject),
    "fulfillmentOrderSubmitCancellationRequest": _simple(rules.submit_cancellation),
    "fulfillmentOrderAcceptCancellationRequest": _simple(rules.accept_cancellation),
    "fulfillmentOrderRejectCancellationRequest": _simple(rules.reject_cancellation),
    "fulfillmentOrderClose": _simple(rules.close),
}
