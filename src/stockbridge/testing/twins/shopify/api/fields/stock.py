"""Locations, inventory items and levels."""

from typing import Any

from stockbridge.testing.twins.shopify.api.errors import ApiError, access_denied
from stockbridge.testing.twins.shopify.api.fields.common import count, identity, kilograms, metafield, number
from stockbridge.testing.twins.shopify.api.listing import Page, page
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.api.scopes import allowed
from stockbridge.testing.twins.shopify.api.searching import searched
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.records.catalogue import STATES, InventoryItem, Level
from stockbridge.testing.twins.shopify.records.places import Location

NAMES = (*STATES, "on_hand")
LEVEL_FIELDS = {
    "id": lambda one: one.id,
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "inventory_item_id": lambda one: one.item.id,
}


def quantities(source: Level, args: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    """The named states of a level, in the order asked for."""
    out = []
    for name in args["names"]:
        if name not in NAMES:
            raise ApiError(f"The quantity name '{name}' is invalid.", "INVALID_FIELD_ARGUMENTS")
        row = {
            "id": f"gid://shopify/InventoryQuantity/{source.id}?inventory_item_id={source.item.id}&name={name}",
            "name": name,
            "quantity": source.on_hand if name == "on_hand" else source.states[name],
            "updatedAt": source.stamped.get(name),
        }
        out.append(row)
    return out


def _seen(level: Level | None, args: dict[str, Any]) -> Level | None:
    return level if level is not None and (level.is_active or args.get("includeInactive")) else None


def _item_level(source: InventoryItem, args: dict[str, Any], context: Any) -> Level | None:
    place = find(context, args["locationId"], "Location")
    return _seen(source.levels.get(place.id), args) if place is not None else None


def _place_level(source: Location, args: dict[str, Any], context: Any) -> Level | None:
    item = find(context, args["inventoryItemId"], "InventoryItem")
    return _seen(item.levels.get(source.id), args) if item is not None else None


def _levels(rows: list[Level], args: dict[str, Any], context: Any) -> Page:
    shown = [one for one in rows if _seen(one, args)]
    return page(searched(shown, args, context, LEVEL_FIELDS, ("inventory_group_id",)), args, lambda one: (one.id, 0))


def _item_levels(source: InventoryItem, args: dict[str, Any], context: Any) -> Page:
    return _levels(sorted(source.levels.values(), key=lambda one: one.id), args, context)


def _place_levels(source: Location, args: dict[str, Any], context: Any) -> Page:
    rows = [one for one in context.world.levels.values() if one.location_id == source.id]
    return _levels(rows, args, context)


def _address(source: Location, args: dict[str, Any], context: Any) -> dict[str, Any]:
    at = source.address
    return {
        "address1": at.address1,
        "address2": at.address2,
        "city": at.city,
        "country": at.country,
        "countryCode": at.country_code,
        "formatted": [x for x in (at.address1, f"{at.zip} {at.city}", at.country) if x],
        "latitude": at.latitude,
        "longitude": at.longitude,
        "phone": at.phone or "",
        "province": at.province,
        "provinceCode": at.province_code,
        "zip": at.zip,
    }


def _unfulfilled(source: Location, args: dict[str, Any], context: Any) -> bool:
    return any(x.location is source and x.is_open for x in context.world.fulfillment_orders.values())


def _stocked(source: Location, args: dict[str, Any], context: Any) -> bool:
    return any(x.location_id == source.id and x.is_active for x in context.world.levels.values())


def _duplicates(source: InventoryItem, args: dict[str, Any], context: Any) -> int:
    if not source.sku:
        return 0
    return sum(1 for one in context.world.items.values() if one.sku == source.sku and one is not source)


def _staff(source: dict[str, Any], args: dict[str, Any], context: Any) -> Any:
    if not allowed(context.scopes, ("read_users",)):
        raise access_denied("staffMember", ("read_users",))
    return None


def _changes(source: dict[str, Any], args: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = source["changes"]
    if args.get("quantityNames"):
        rows = [one for one in rows if one["name"] in args["quantityNames"]]
    return rows


def _by_service(read: str) -> Any:
    return lambda source, args, context: source.service is not None if read == "is" else source.service


LOCATION = {
    "id": identity,
    "legacyResourceId": number,
    "address": _address,
    "addressVerified": lambda s, a, c: True,
    "activatable": lambda s, a, c: not s.is_active,
    "deactivatable": lambda s, a, c: s.is_active,
    "deletable": lambda s, a, c: not s.is_active,
    "deactivatedAt": lambda s, a, c: s.deactivated_at and s.deactivated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "isFulfillmentService": _by_service("is"),
    "fulfillmentService": _by_service("self"),
    "hasActiveInventory": _stocked,
    "hasUnfulfilledOrders": _unfulfilled,
    "inventoryLevel": _place_level,
    "inventoryLevels": _place_levels,
    "metafield": metafield,
}
SERVICE = {"id": lambda s, a, c: f"{gid('FulfillmentService', s.id)}?id=true"}
ITEM = {
    "id": identity,
    "legacyResourceId": number,
    "trackedEditable": lambda s, a, c: {"locked": False, "reason": None},
    "duplicateSkuCount": _duplicates,
    "unitCost": lambda s, a, c: None if s.cost is None else {"amount": s.cost, "currencyCode": c.world.shop.currency},
    "measurement": lambda s, a, c: {"id": gid("InventoryItemMeasurement", s.id), "weight": kilograms(s.weight_kg)},
    "variants": lambda s, a, c: page(s.variants, {"first": 50, **a}),
    "variant": lambda s, a, c: s.variants[0] if s.variants else None,
    "inventoryLevel": _item_level,
    "inventoryLevels": _item_levels,
    "locationsCount": lambda s, a, c: count(sum(1 for one in s.levels.values() if one.is_active)),
    "inventoryHistoryUrl": lambda s, a, c: f"https://{c.world.shop.domain}/admin/products/inventory/{s.id}/inventory_history",
}
LEVEL = {
    "id": identity,
    "canDeactivate": lambda s, a, c: s.is_active and sum(1 for one in s.item.levels.values() if one.is_active) > 1,
    "deactivationAlert": lambda s, a, c: None,
    "location": lambda s, a, c: c.world.locations[s.location_id],
    "quantities": quantities,
}
CHANGE = {"location": lambda s, a, c: c.world.locations[s["location_id"]]}
GROUP = {"changes": _changes, "staffMember": _staff, "app": lambda s, a, c: s["app"]}
FIELDS: dict[str, dict[str, Any]] = {
    "Location": LOCATION,
    "FulfillmentService": SERVICE,
    "InventoryItem": ITEM,
    "InventoryLevel": LEVEL,
    "InventoryChange": CHANGE,
    "InventoryAdjustmentGroup": GROUP,
}
