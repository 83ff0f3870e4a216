"""bulkOperationRunQuery, bulkOperationRunMutation, bulkOperationCancel, stagedUploadsCreate."""

from typing import Any

from stockbridge.testing.twins.shopify.model.world import problem

Args = dict[str, Any]


def cancel(source: Any, args: Args, context: Any) -> Args:
    """Cancels an operation that is still on its way."""
    one = context.bulk.get(args["id"])
    if one is None:
        return {"bulkOperation": None, "userErrors": [problem(["id"], "Bulk operation does not exist")]}
    if one.status not in ("CREATED", "RUNNING"):
        text = f"A bulk operation cannot be canceled when it is {one.status.lower()}"
        return {"bulkOperation": one, "userErrors": [problem(None, text)]}
    one.status = "CANCELING"
    return {"bulkOperation": one, "userErrors": []}


MUTATIONS: dict[str, Any] = {"bulkOperationCancel": cancel}
