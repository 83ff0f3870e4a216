"""bulkOperationRunQuery, bulkOperationRunMutation, bulkOperationCancel, stagedUploadsCreate."""

from typing import Any

from stockbridge.testing.twins.shopify.api.bulk_run import refusal
from stockbridge.testing.twins.shopify.api.schema import schema
from stockbridge.testing.twins.shopify.model.bulk import CONCURRENT
from stockbridge.testing.twins.shopify.model.world import problem

Args = dict[str, Any]


def _refused(path: list[str] | None, message: str, code: str | None) -> Args:
    return {"bulkOperation": None, "userErrors": [problem(path, message, code)]}


def _busy(context: Any, kind: str) -> Args | None:
    running = context.bulk.running(kind)
    if len(running) < CONCURRENT:
        return None
    ids = ", ".join(f"gid://shopify/BulkOperation/{one.id}" for one in running)
    text = f"A bulk {kind.lower()} operation for this app and shop is already in progress: {ids}."
    return _refused(None, text, "OPERATION_IN_PROGRESS")


def run_query(source: Any, args: Args, context: Any) -> Args:
    """Starts a bulk query; the result is a JSONL file, later."""
    text = args["query"]
    found = refusal(schema(context.version), text)
    if found is not None:
        return _refused(["query"], found, "INVALID")
    busy = _busy(context, "QUERY")
    if busy is not None:
        return busy
    made = context.bulk.start("QUERY", text, lambda: context.desk.bulk_query(text, args["groupObjects"], context))
    return {"bulkOperation": made, "userErrors": []}


def run_mutation(source: Any, args: Args, context: Any) -> Args:
    """Starts a bulk mutation over the lines of an uploaded file."""
    path = args["stagedUploadPath"]
    if path not in context.bulk.uploads or context.bulk.uploads[path] is None:
        text = f"The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly for the stagedUploadPath mutation argument: {path}"
        return _refused(None, text, "NO_SUCH_FILE")
    lines = [one for one in (context.bulk.uploads[path] or b"").decode().splitlines() if one.strip()]
    if not lines:
        return _refused(None, "The uploaded file is empty.", "INVALID_STAGED_UPLOAD_FILE")
    found = context.desk.bulk_mutation_refusal(args["mutation"], context)
    if found is not None:
        return _refused(["mutation"], found, "INVALID_MUTATION")
    busy = _busy(context, "MUTATION")
    if busy is not None:
        return busy
    text = args["mutation"]
    made = context.bulk.start("MUTATION", text, lambda: context.desk.bulk_mutation(text, lines, context))
    return {"bulkOperation": made, "userErrors": []}


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


def staged_uploads(source: Any, args: Args, context: Any) -> Args:
    """Addresses to upload files to: a multipart POST with all parameters and ``file``."""
    targets = []
    for one in args["input"]:
        key = f"tmp/{context.world.shop.id}/bulk/{context.world.uuid()}/{one['filename']}"
        context.bulk.uploads[key] = None
        url = f"{context.bulk.base_url}/_uploads"
        rows = [("key", key), ("Content-Type", one["mimeType"]), ("success_action_status", "201"), ("acl", "private")]
        parameters = [{"name": name, "value": value} for name, value in rows]
        targets.append({"url": url, "resourceUrl": None, "parameters": parameters})
    return {"stagedTargets": targets, "userErrors": []}


MUTATIONS: dict[str, Any] = {
    "bulkOperationRunQuery": run_query,
    "bulkOperationRunMutation": run_mutation,
    "bulkOperationCancel": cancel,
    "stagedUploadsCreate": staged_uploads,
}
