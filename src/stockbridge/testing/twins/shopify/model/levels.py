"""Stock levels: the only place where a quantity changes."""

from collections.abc import Mapping

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Level


def level_of(item: InventoryItem, location_id: int) -> Level | None:
    """The level row, active or not."""
    return item.levels.get(location_id)


def level_gid(level: Level) -> str:
    """Shopify's odd id of a level, query string and all."""
    return f"gid://shopify/InventoryLevel/{level.id}?inventory_item_id={level.item.id}"


def connect(world: World, item: InventoryItem, location_id: int, *, active: bool = True, cause: str) -> Level:
    """The level of this item here, made or made active if need be."""
    level = item.levels.get(location_id)
    now = world.now()
    if level is None:
        level = Level(world.mint("InventoryLevel"), item, location_id, now, now, is_active=active)
        item.levels[location_id] = level
        world.levels[level.id] = level
    elif level.is_active or not active:
        return level
    level.is_active = active
    level.updated_at = now
    if active:
        _log_switch(world, "level_connected", level, cause)
        world.emit("inventory_levels/connect", level)
    return level


def disconnect(world: World, level: Level, *, cause: str) -> None:
    """Makes a level inactive; its quantities stay (2026-04 and later)."""
    if not level.is_active:
        return
    level.is_active = False
    level.updated_at = world.now()
    _log_switch(world, "level_disconnected", level, cause)
    world.emit("inventory_levels/disconnect", level)


def _log_switch(world: World, kind: str, level: Level, cause: str) -> None:
    world.log(kind, item=gid("InventoryItem", level.item.id), location=gid("Location", level.location_id), cause=cause)


def change(world: World, level: Level, deltas: Mapping[str, int], *, cause: str, by: str = "shop", ref: str = "") -> None:
    """Adds to one or more states at once; ``on_hand`` follows by itself because it is a sum.

    Units: sellable units. ``cause`` says why, ``by`` who (the shop, a person, an app), ``ref`` which order or document.
    """
    if not level.item.tracked:
        return
    moved = {name: delta for name, delta in deltas.items() if delta}
    if not moved:
        return
    now = world.now()
    for name, delta in moved.items():
        level.states[name] += delta
        level.stamped[name] = now
    level.updated_at = now
    world.log(
        "level_changed",
        item=gid("InventoryItem", level.item.id),
        sku=level.item.sku,
        location=gid("Location", level.location_id),
        deltas=moved,
        after={**level.states, "on_hand": level.on_hand},
        cause=cause,
        by=by,
        ref=ref,
    )
    if "available" in moved or world.choose("level_webhook_on_every_state"):
        world.emit("inventory_levels/update", level)
