"""Topics: the enum's spelling and the header's spelling of the same thing."""

_RESOURCES = (
    "fulfillment_orders",
    "fulfillment_events",
    "fulfillment_holds",
    "fulfillments",
    "inventory_levels",
    "inventory_items",
    "order_transactions",
    "bulk_operations",
    "locations",
    "products",
    "customers",
    "refunds",
    "returns",
    "orders",
    "shop",
    "app",
)


def path_of(topic: str) -> str:
    """``ORDERS_CREATE`` as the header says it: ``orders/create``."""
    lower = topic.lower()
    for resource in _RESOURCES:
        if lower.startswith(resource + "_"):
            return f"{resource}/{lower[len(resource) + 1 :]}"
    return lower


def enum_of(path: str) -> str:
    """``orders/create`` as the enum says it: ``ORDERS_CREATE``."""
    return path.replace("/", "_").upper()


SCOPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ORDERS_", ("read_orders",)),
    ("REFUNDS_", ("read_orders",)),
    ("ORDER_TRANSACTIONS_", ("read_orders",)),
    (
        "FULFILLMENT_ORDERS_",
        (
            "read_merchant_managed_fulfillment_orders",
            "read_assigned_fulfillment_orders",
            "read_third_party_fulfillment_orders",
        ),
    ),
    ("FULFILLMENTS_", ("read_fulfillments",)),
    ("FULFILLMENT_EVENTS_", ("read_fulfillments",)),
    ("INVENTORY_LEVELS_", ("read_inventory",)),
    ("INVENTORY_ITEMS_", ("read_inventory", "read_products")),
    ("LOCATIONS_", ("read_locations",)),
    ("PRODUCTS_", ("read_products",)),
    ("CUSTOMERS_", ("read_customers",)),
    ("RETURNS_", ("read_returns",)),
)
"""Which scopes open a topic; any one of them is enough (fact sheet P.3)."""


def scopes_for(topic: str) -> tuple[str, ...]:
    """Scopes of which one is needed to subscribe; empty if none is."""
    return next((scopes for prefix, scopes in SCOPES if topic.startswith(prefix)), ())
