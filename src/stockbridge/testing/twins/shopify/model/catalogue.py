"""Products, SKUs and locations: what merchants change by hand."""

from collections.abc import Mapping
from decimal import Decimal

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.levels import change, connect, disconnect
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Product, Variant
from stockbridge.testing.twins.shopify.records.places import Address, Location


def add_location(world: World, name: str, address: Address, *, online: bool = True, priority: int = 0) -> Location:
    """A new active location."""
    now = world.now()
    made = Location(world.mint("Location"), name, address, now, now, fulfills_online_orders=online, priority=priority)
    made.is_primary = not world.locations
    world.locations[made.id] = made
    world.log("location_added", location=gid("Location", made.id), name=name)
    world.emit("locations/create", made)
    return made


def deactivate_location(world: World, place: Location, destination: Location | None) -> None:
    """Closes a location. Its levels become inactive; stock moves to the destination if one is named."""
    now = world.now()
    for item in world.items.values():
        level = item.levels.get(place.id)
        if level is None or not level.is_active:
            continue
        if destination is not None and level.available:
            units = level.available
            change(world, level, {"available": -units}, cause="location deactivated")
            target = connect(world, item, destination.id, cause="location deactivated")
            change(world, target, {"available": units}, cause="location deactivated")
        disconnect(world, level, cause="location deactivated")
    place.is_active, place.deactivated_at, place.updated_at = False, now, now
    world.log("location_deactivated", location=gid("Location", place.id), name=place.name)
    world.emit("locations/deactivate", place)


def activate_location(world: World, place: Location) -> None:
    """Opens it again; its levels stay inactive until somebody stocks the items."""
    place.is_active, place.deactivated_at, place.updated_at = True, None, world.now()
    world.log("location_activated", location=gid("Location", place.id), name=place.name)
    world.emit("locations/activate", place)


def add_product(world: World, title: str, *, vendor: str, product_type: str = "", tags: list[str] | None = None) -> Product:
    """A product without variants yet; add_variant follows."""
    now = world.now()
    handle = "-".join(title.lower().split())
    made = Product(world.mint("Product"), title, handle, vendor, now, now, product_type, tags=list(tags or []))
    world.products[made.id] = made
    world.log("product_added", product=gid("Product", made.id), title=title)
    return made


def add_variant(
    world: World,
    product: Product,
    *,
    sku: str | None,
    price: Decimal,
    title: str = "Default Title",
    item: InventoryItem | None = None,
    tracked: bool = True,
    weight_kg: float = 0.0,
    stock: Mapping[int, int] | None = None,
) -> Variant:
    """A variant with its inventory item (or one shared with another variant), stocked at the named locations."""
    now = world.now()
    if item is None:
        item = InventoryItem(world.mint("InventoryItem"), sku, now, now, tracked=tracked, weight_kg=weight_kg)
        world.items[item.id] = item
    name = "Title" if title == "Default Title" else "Option"
    made = Variant(world.mint("ProductVariant"), product, item, title, price, now, now, options=[(name, title)])
    made.position = len(product.variants) + 1
    product.variants.append(made)
    item.variants.append(made)
    world.variants[made.id] = made
    for location_id, quantity in (stock or {}).items():
        level = connect(world, item, location_id, cause="product added")
        change(world, level, {"available": quantity}, cause="product added")
    return made


def change_sku(world: World, item: InventoryItem, sku: str | None) -> None:
    """The merchant renames a SKU. Lines of older orders keep the old one."""
    world.log("sku_changed", item=gid("InventoryItem", item.id), before=item.sku, after=sku)
    item.sku, item.updated_at = sku, world.now()
    world.emit("inventory_items/update", item)
    for variant in item.variants:
        variant.updated_at = variant.product.updated_at = world.now()
        world.emit("products/update", variant.product)


def delete_variant(world: World, variant: Variant) -> None:
    """Takes a variant out of the catalogue; order lines keep their snapshot, without a variant."""
    world.variants.pop(variant.id)
    variant.product.variants.remove(variant)
    variant.item.variants.remove(variant)
    for order in world.orders.values():
        for line in order.lines:
            if line.variant is variant and not line.unfulfilled_quantity:
                line.variant = None
    if not variant.item.variants:
        world.items.pop(variant.item.id)
        world.emit("inventory_items/delete", variant.item)
    variant.product.updated_at = world.now()
    world.log("variant_deleted", variant=gid("ProductVariant", variant.id), sku=variant.item.sku)
    world.emit("products/update", variant.product)
