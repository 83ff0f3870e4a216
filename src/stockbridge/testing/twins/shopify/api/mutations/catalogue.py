"""productVariantsBulkUpdate, as far as stock needs it: whether a variant sells when nothing is available."""

from typing import Any

from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.model.world import problem

Args = dict[str, Any]


def update_variants(source: Any, args: Args, context: Any) -> Args:
    """Changes variants of one product; without partial updates one that is wrong spoils all."""
    product = find(context, args["productId"], "Product")
    if product is None:
        return _refused(problem(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST"))
    found = []
    for index, one in enumerate(args["variants"]):
        if not one.get("id"):
            path = ["variants", str(index), "id"]
            return _refused(problem(path, "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING"))
        variant = find(context, one["id"], "ProductVariant")
        if variant is None or variant not in product.variants:
            path = ["variants", str(index), "id"]
            return _refused(problem(path, "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"))
        found.append((variant, one))
    for variant, one in found:
        if one.get("inventoryPolicy"):
            variant.inventory_policy = one["inventoryPolicy"]
    context.world.emit("products/update", product)
    return {"product": product, "productVariants": [variant for variant, _ in found], "userErrors": []}


def _refused(error: Any) -> Args:
    return {"product": None, "productVariants": None, "userErrors": [error]}


MUTATIONS: dict[str, Any] = {"productVariantsBulkUpdate": update_variants}
