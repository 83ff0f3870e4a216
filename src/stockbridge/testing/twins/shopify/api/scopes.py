"""Which scopes a root field demands (fact sheet B.3). Any one of the listed is enough; write implies read."""

FO_SCOPES = {
    "merchant": "merchant_managed_fulfillment_orders",
    "assigned": "assigned_fulfillment_orders",
    "third_party": "third_party_fulfillment_orders",
}
_READ_FO = tuple(f"read_{x}" for x in FO_SCOPES.values())
_WRITE_FO = tuple(f"write_{x}" for x in FO_SCOPES.values())

ROOT_SCOPES: dict[str, tuple[str, ...]] = {
    "locations": ("read_locations",),
    "location": ("read_locations",),
    "inventoryItem": ("read_inventory", "read_products"),
    "inventoryItems": ("read_inventory", "read_products"),
    "inventoryLevel": ("read_inventory",),
    "productVariant": ("read_products",),
    "productVariants": ("read_products",),
    "product": ("read_products",),
    "products": ("read_products",),
    "order": ("read_orders",),
    "orders": ("read_orders",),
    "ordersCount": ("read_orders",),
    "refund": ("read_orders",),
    "return": ("read_returns", "read_orders"),
    "customer": ("read_customers",),
    "fulfillment": ("read_orders", "read_fulfillments", *_READ_FO),
    "fulfillmentOrder": _READ_FO,
    "fulfillmentOrders": _READ_FO,
    "assignedFulfillmentOrders": ("read_assigned_fulfillment_orders",),
    "inventorySetQuantities": ("write_inventory",),
    "inventoryAdjustQuantities": ("write_inventory",),
    "inventoryMoveQuantities": ("write_inventory",),
    "inventoryActivate": ("write_inventory",),
    "inventoryDeactivate": ("write_inventory",),
    "productVariantsBulkUpdate": ("write_products",),
    "fulfillmentCreate": _WRITE_FO,
    "fulfillmentCancel": ("write_fulfillments", *_WRITE_FO),
    "fulfillmentTrackingInfoUpdate": ("write_fulfillments", *_WRITE_FO),
    "fulfillmentEventCreate": ("write_fulfillments",),
    "fulfillmentOrderMove": _WRITE_FO,
    "fulfillmentOrderSplit": _WRITE_FO,
    "fulfillmentOrderHold": _WRITE_FO,
    "fulfillmentOrderReleaseHold": _WRITE_FO,
    "fulfillmentOrderOpen": _WRITE_FO,
    "fulfillmentOrderReportProgress": _WRITE_FO,
    "fulfillmentOrderCancel": _WRITE_FO,
    "fulfillmentOrderMerge": _WRITE_FO,
    "fulfillmentOrdersReroute": _WRITE_FO,
    "fulfillmentOrderSubmitFulfillmentRequest": _WRITE_FO,
    "fulfillmentOrderSubmitCancellationRequest": _WRITE_FO,
    "fulfillmentOrderAcceptFulfillmentRequest": ("write_assigned_fulfillment_orders",),
    "fulfillmentOrderRejectFulfillmentRequest": ("write_assigned_fulfillment_orders",),
    "fulfillmentOrderAcceptCancellationRequest": ("write_assigned_fulfillment_orders",),
    "fulfillmentOrderRejectCancellationRequest": ("write_assigned_fulfillment_orders",),
    "fulfillmentOrderClose": ("write_assigned_fulfillment_orders",),
    "orderCancel": ("write_orders",),
    "orderUpdate": ("write_orders",),
    "refundCreate": ("write_orders",),
    "tagsAdd": ("write_orders", "write_products", "write_customers"),
    "tagsRemove": ("write_orders", "write_products", "write_customers"),
}

ALL_SCOPES = frozenset(
    [
        "read_all_orders",
        "read_customers",
        "read_fulfillments",
        "read_inventory",
        "read_locations",
        "read_orders",
        "read_products",
        "read_returns",
        "write_assigned_fulfillment_orders",
        "write_fulfillments",
        "write_inventory",
        "write_locations",
        "write_merchant_managed_fulfillment_orders",
        "write_orders",
        "write_products",
        "write_returns",
        "write_third_party_fulfillment_orders",
    ]
)
"""What a connector usually asks for; the default of the twin's app."""


def allowed(scopes: frozenset[str], wanted: tuple[str, ...]) -> bool:
    """Whether any of the wanted scopes is granted; a write scope grants its read scope."""
    return not wanted or any(one in scopes or one.replace("read_", "write_", 1) in scopes for one in wanted)
