"""The inventory mutations: set, adjust, move, activate, deactivate, with their rules and error codes.

Source: Shopify Admin API 2026-07 and 2026-10, fact sheet sections D.3 to D.5 and P.2 (recorded responses, 2026).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stockbridge.testing.twins.shopify.model.levels import change, connect, disconnect
from stockbridge.testing.twins.shopify.model.world import World, problem
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Level

REASONS = frozenset(
    [
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    ]
)
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
SET_LIMIT = 1_000_000_000
ADJUST_LIMIT = 2_000_000_000
STALE = "The change_from_quantity argument no longer matches the persisted quantity."


@dataclass(slots=True)
class Entry:
    """One wished change of one batch, resolved as far as it goes."""

    path: list[str]
    item: InventoryItem | None
    location_id: int | None
    name: str
    delta: int = 0
    target: int | None = None
    compare: int | None = None
    document: str | None = None
    compare_field: str = "changeFromQuantity"


@dataclass(slots=True)
class Batch:
    """A whole call: the entries and what is common to them."""

    reason: str
    reference: str | None
    entries: list[Entry]
    by: str
    version: str
    changes: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def check_common(batch: Batch) -> None:
    """Reason and reference, common to set, adjust and move."""
    if batch.reason not in REASONS:
        text = "The specified reason is invalid. Valid values are: " + ", ".join(sorted(REASONS)) + "."
        batch.errors.append(problem(["input", "reason"], text, "INVALID_REASON"))
    if batch.reference is not None and (":" not in batch.reference or batch.reference.startswith("gid://shopify/")):
        text = "The specified reference document is invalid."
        batch.errors.append(problem(["input", "referenceDocumentUri"], text, "INVALID_REFERENCE_DOCUMENT"))


def check_places(world: World, batch: Batch) -> None:
    """Unknown items and locations, bundles, repeated pairs."""
    seen: set[tuple[int, int]] = set()
    for entry in batch.entries:
        if entry.item is None:
            text = "The specified inventory item could not be found."
            batch.errors.append(problem([*entry.path, "inventoryItemId"], text, "INVALID_INVENTORY_ITEM"))
        elif any(variant.requires_components for variant in entry.item.variants):
            text = "The specified inventory item is not allowed to be adjusted via API."
            batch.errors.append(problem([*entry.path, "inventoryItemId"], text, "NON_MUTABLE_INVENTORY_ITEM"))
        if entry.location_id is None or entry.location_id not in world.locations:
            text = "The specified location could not be found."
            batch.errors.append(problem([*entry.path, "locationId"], text, "INVALID_LOCATION"))
        elif entry.item is not None and entry.target is not None:
            pair = (entry.item.id, entry.location_id)
            if pair in seen:
                text = "The combination of inventoryItemId and locationId must be unique."
                code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
                batch.errors.append(problem([*entry.path, "locationId"], text, code))
            seen.add(pair)


def check_stale(world: World, batch: Batch) -> None:
    """Compare-and-set: the expected quantity must still be there."""
    for entry in batch.entries:
        if entry.compare is None or entry.item is None or entry.location_id is None:
            continue
        level = entry.item.levels.get(entry.location_id)
        if (level.quantity(entry.name) if level else 0) != entry.compare:
            path = [*entry.path, entry.compare_field]
            batch.errors.append(problem(path, STALE, "CHANGE_FROM_QUANTITY_STALE"))


def check_stocked(world: World, batch: Batch) -> None:
    """Writing where the item is not stocked: an error in one world, an inactive or active level in another."""
    if world.choose("unstocked_write") != "error" or batch.version != "2026-07":
        return
    for entry in batch.entries:
        if entry.item and entry.location_id and not _stocked(entry.item, entry.location_id):
            text = "The specified inventory item is not stocked at the location."
            batch.errors.append(problem([*entry.path, "locationId"], text, "ITEM_NOT_STOCKED_AT_LOCATION"))


def _stocked(item: InventoryItem, location_id: int) -> bool:
    level = item.levels.get(location_id)
    return level is not None and level.is_active


def apply(world: World, batch: Batch, one: Callable[[World, Batch, Entry], None]) -> None:
    """Carries out the entries: all or none, unless this world applies the good ones of a bad batch."""
    if not batch.errors:
        good = batch.entries
    elif world.choose("batch_atomic") or any(len(error["field"] or []) < 3 for error in batch.errors):
        good = []
    else:
        bad = {error["field"][2] for error in batch.errors}
        good = [entry for entry in batch.entries if entry.path[2] not in bad]
    for entry in good:
        one(world, batch, entry)
    if batch.errors and not world.choose("all_bad_entries_reported"):
        del batch.errors[1:]


def writable_level(world: World, item: InventoryItem, location_id: int) -> Level:
    """The level to write to; made where there is none, active or not as this world chooses."""
    level = item.levels.get(location_id)
    if level is not None:
        return level
    active = world.choose("unstocked_write") == "active"
    return connect(world, item, location_id, active=active, cause="written to")


def set_one(world: World, batch: Batch, entry: Entry) -> None:
    """Sets ``available`` or ``on_hand``; the other follows by the same difference."""
    assert entry.item is not None
    assert entry.location_id is not None
    assert entry.target is not None
    level = writable_level(world, entry.item, entry.location_id)
    delta = entry.target - level.quantity(entry.name)
    change(world, level, {"available": delta}, cause=batch.reason, by=batch.by, ref=batch.reference or "")
    for name in ("available", "on_hand"):
        batch.changes.append(_row(entry, name, delta))


def adjust_one(world: World, batch: Batch, entry: Entry) -> None:
    """Adds a delta to one state; all but ``incoming`` mirror into on_hand."""
    assert entry.item is not None
    assert entry.location_id is not None
    level = writable_level(world, entry.item, entry.location_id)
    change(world, level, {entry.name: entry.delta}, cause=batch.reason, by=batch.by, ref=batch.reference or "")
    batch.changes.append(_row(entry, entry.name, entry.delta))
    if entry.name != "incoming":
        batch.changes.append(_row(entry, "on_hand", entry.delta))


def _row(entry: Entry, name: str, delta: int) -> dict[str, Any]:
    return {
        "name": name,
        "delta": delta,
        "quantityAfterChange": None,
        "ledgerDocumentUri": entry.document,
        "item": entry.item,
        "location_id": entry.location_id,
    }


def activate(
    world: World, item: InventoryItem, location_id: int, *, available: int | None, on_hand: int | None, by: str
) -> tuple[Level | None, list[dict[str, Any]]]:
    """Stocks an item at a location (fact sheet D.5)."""
    if location_id not in world.locations or not world.locations[location_id].is_active:
        return None, [problem(["locationId"], "The product couldn't be stocked because the location wasn't found.")]
    if available is not None and on_hand is not None:
        return None, [problem(["available"], "Cannot set both available and on hand quantities.")]
    level = item.levels.get(location_id)
    if level is not None and level.is_active:
        if available is None and on_hand is None:
            return level, []
        name, key = ("available", "available") if available is not None else ("on_hand", "onHand")
        text = f"Not allowed to set {name.replace('_', ' ')} quantity when the item is already active at the location."
        return level, [problem([key], text)]
    level = connect(world, item, location_id, cause="activated")
    if available is not None and world.choose("activate_seeds_available"):
        change(world, level, {"available": available - level.available}, cause="activated", by=by)
    if on_hand is not None:
        change(world, level, {"available": on_hand - level.on_hand}, cause="activated", by=by)
    return level, []


def deactivate(world: World, level: Level) -> list[dict[str, Any]]:
    """Unstocks an item; it must stay active somewhere."""
    others = [x for x in level.item.levels.values() if x.is_active and x is not level]
    if level.is_active and not others:
        place = world.locations[level.location_id].name
        text = f"The product couldn't be unstocked from {place} because products need to be stocked at a minimum of 1 location."
        return [problem(None, text)]
    disconnect(world, level, cause="deactivated")
    return []
