"""inventorySetQuantities, inventoryAdjustQuantities, inventoryMoveQuantities, inventoryActivate, inventoryDeactivate."""

from typing import Any

from stockbridge.testing.twins.shopify.api.errors import ApiError
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.model import inventory
from stockbridge.testing.twins.shopify.model.inventory import Batch, Entry
from stockbridge.testing.twins.shopify.model.world import problem

Args = dict[str, Any]


def _batch(given: Args, context: Any) -> Batch:
    reference = given.get("referenceDocumentUri")
    return Batch(given["reason"], reference, [], f"app:{context.app.title}", context.version)


def _compared(one: Args, owner: str) -> int | None:
    """The expected quantity. It may be null, but it must be there: Shopify tells the two apart (trap 1)."""
    if "changeFromQuantity" not in one:
        raise ApiError(f"{owner} must include the following argument: changeFromQuantity.", "INVALID_FIELD_ARGUMENTS")
    value: int | None = one["changeFromQuantity"]
    return value


def _entry(one: Args, path: list[str], name: str, context: Any) -> Entry:
    place = find(context, one["locationId"], "Location")
    item = find(context, one["inventoryItemId"], "InventoryItem")
    return Entry(path, item, place.id if place is not None else None, name)


def _answer(batch: Batch, context: Any) -> Args:
    group = None
    if batch.changes:
        number = context.world.mint("InventoryAdjustmentGroup")
        group = {
            "id": f"gid://shopify/InventoryAdjustmentGroup/{number}",
            "createdAt": context.world.now(),
            "reason": batch.reason,
            "referenceDocumentUri": batch.reference,
            "app": context.app,
            "changes": batch.changes,
        }
    elif not batch.errors:
        group = {
            "id": f"gid://shopify/InventoryAdjustmentGroup/{context.world.mint('InventoryAdjustmentGroup')}",
            "createdAt": context.world.now(),
            "reason": batch.reason,
            "referenceDocumentUri": batch.reference,
            "app": context.app,
            "changes": [],
        }
    return {"inventoryAdjustmentGroup": group, "userErrors": batch.errors}


def set_quantities(source: Any, args: Args, context: Any) -> Args:
    """Sets available or on_hand to absolute figures, up to 250 at once."""
    given = args["input"]
    batch = _batch(given, context)
    for index, one in enumerate(given["quantities"]):
        entry = _entry(one, ["input", "quantities", str(index)], given["name"], context)
        entry.target, entry.compare = one["quantity"], _compared(one, "InventoryQuantityInput")
        batch.entries.append(entry)
    inventory.check_common(batch)
    if given["name"] not in ("available", "on_hand"):
        text = "The quantity name must be either 'available' or 'on_hand'."
        batch.errors.append(problem(["input", "name"], text, "INVALID_NAME"))
        return _answer(batch, context)
    for entry in batch.entries:
        _check_bounds(batch, entry, entry.target or 0, inventory.SET_LIMIT, "quantity")
        if given["name"] == "on_hand" and (entry.target or 0) < 0:
            text = "The quantity can't be negative."
            batch.errors.append(problem([*entry.path, "quantity"], text, "INVALID_QUANTITY_NEGATIVE"))
    _common_checks(batch, context)
    inventory.apply(context.world, batch, inventory.set_one)
    return _answer(batch, context)


def _check_bounds(batch: Batch, entry: Entry, value: int, limit: int, name: str) -> None:
    if value > limit:
        text = f"The quantity can't be higher than {limit:,}."
        batch.errors.append(problem([*entry.path, name], text, "INVALID_QUANTITY_TOO_HIGH"))
    elif value < -limit:
        text = f"The quantity can't be lower than -{limit:,}."
        batch.errors.append(problem([*entry.path, name], text, "INVALID_QUANTITY_TOO_LOW"))


def _common_checks(batch: Batch, context: Any) -> None:
    inventory.check_places(context.world, batch)
    inventory.check_stocked(context.world, batch)
    inventory.check_stale(context.world, batch)


def adjust_quantities(source: Any, args: Args, context: Any) -> Args:
    """Adds deltas to one state, up to 250 at once."""
    given = args["input"]
    batch, name = _batch(given, context), given["name"]
    for index, one in enumerate(given["changes"]):
        entry = _entry(one, ["input", "changes", str(index)], name, context)
        entry.delta, entry.compare = one["delta"], _compared(one, "InventoryChangeInput")
        entry.document = one.get("ledgerDocumentUri")
        batch.entries.append(entry)
    inventory.check_common(batch)
    if name not in inventory.ADJUSTABLE:
        words = ", ".join(inventory.ADJUSTABLE)
        text = f"The specified quantity name is invalid. Valid values are: {words}."
        batch.errors.append(problem(["input", "name"], text, "INVALID_QUANTITY_NAME"))
        return _answer(batch, context)
    for entry in batch.entries:
        _check_bounds(batch, entry, entry.delta, inventory.ADJUST_LIMIT, "delta")
        _check_document(batch, [*entry.path, "ledgerDocumentUri"], name, entry.document)
    if len({entry.document for entry in batch.entries if entry.document}) > 1:
        text = (
            "All changes must have the same ledger document URI or, in the case of adjusting available, no ledger document URI."
        )
        batch.errors.append(problem(["input", "changes"], text, "MAX_ONE_LEDGER_DOCUMENT"))
    _common_checks(batch, context)
    inventory.apply(context.world, batch, inventory.adjust_one)
    return _answer(batch, context)


def _check_document(batch: Batch, path: list[str], name: str, document: str | None) -> None:
    if name == "available" and document is not None:
        text = "A ledger document URI is not allowed when adjusting available."
        batch.errors.append(problem(path, text, "INVALID_AVAILABLE_DOCUMENT"))
    elif name != "available" and document is None:
        text = "A ledger document URI is required except when adjusting available."
        batch.errors.append(problem(path, text, "INVALID_QUANTITY_DOCUMENT"))
    elif document is not None and document.startswith("gid://shopify/"):
        batch.errors.append(
            problem(path, "Internal (gid://shopify/) ledger documents are not allowed.", "INTERNAL_LEDGER_DOCUMENT")
        )


def move_quantities(source: Any, args: Args, context: Any) -> Args:
    """Moves units between two states of one item at one location."""
    given = args["input"]
    batch = _batch(given, context)
    for index, one in enumerate(given["changes"]):
        _move_entries(batch, index, one, context)
    inventory.check_common(batch)
    inventory.check_places(context.world, batch)
    inventory.check_stocked(context.world, batch)
    inventory.check_stale(context.world, batch)
    inventory.apply(context.world, batch, inventory.adjust_one)
    batch.changes = [one for one in batch.changes if one["name"] != "on_hand"]
    return _answer(batch, context)


def _move_entries(batch: Batch, index: int, one: Args, context: Any) -> None:
    path = ["input", "changes", str(index)]
    here, there = one["from"], one["to"]
    if one["quantity"] < 0:
        batch.errors.append(problem([*path, "quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"))
    if here["locationId"] != there["locationId"]:
        text = "The quantities can't be moved between different locations."
        batch.errors.append(problem(path, text, "DIFFERENT_LOCATIONS"))
    if here["name"] == there["name"]:
        text = "The quantity names for each change can't be the same."
        batch.errors.append(problem(path, text, "SAME_QUANTITY_NAME"))
    for end, sign in ((here, -1), (there, 1)):
        word = "from" if sign < 0 else "to"
        entry = _entry({**end, "inventoryItemId": one["inventoryItemId"]}, path, end["name"], context)
        entry.delta, entry.document = sign * one["quantity"], end.get("ledgerDocumentUri")
        entry.compare = _compared(end, "InventoryMoveQuantityTerminalInput")
        entry.compare_field = word
        if end["name"] not in inventory.ADJUSTABLE:
            words = ", ".join(inventory.ADJUSTABLE)
            text = f"The specified quantity name is invalid. Valid values are: {words}."
            batch.errors.append(problem([*path, word, "name"], text, "INVALID_QUANTITY_NAME"))
        else:
            _check_document(batch, [*path, word, "ledgerDocumentUri"], end["name"], entry.document)
        batch.entries.append(entry)


def activate(source: Any, args: Args, context: Any) -> Args:
    """Stocks an item at a location."""
    item = find(context, args["inventoryItemId"], "InventoryItem")
    if item is None:
        text = "The product couldn't be stocked because it doesn't exist."
        return {"inventoryLevel": None, "userErrors": [problem(["inventoryItemId"], text)]}
    place = find(context, args["locationId"], "Location")
    level, errors = inventory.activate(
        context.world,
        item,
        place.id if place is not None else 0,
        available=args.get("available"),
        on_hand=args.get("onHand"),
        by=f"app:{context.app.title}",
    )
    return {"inventoryLevel": level if not errors else None, "userErrors": errors}


def deactivate(source: Any, args: Args, context: Any) -> Args:
    """Unstocks an item at a location."""
    level = find(context, args["inventoryLevelId"], "InventoryLevel")
    if level is None:
        return {"userErrors": [problem(["inventoryLevelId"], "The inventory level couldn't be found.")]}
    return {"userErrors": inventory.deactivate(context.world, level)}


MUTATIONS: dict[str, Any] = {
    "inventorySetQuantities": set_quantities,
    "inventoryAdjustQuantities": adjust_quantities,
    "inventoryMoveQuantities": move_quantities,
    "inventoryActivate": activate,
    "inventoryDeactivate": deactivate,
}
