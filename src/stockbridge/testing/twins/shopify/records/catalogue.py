"""Products, variants, inventory items and stock levels."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control", "incoming")
"""The states that are kept; ``on_hand`` is always their sum without ``incoming`` (fact sheet D.2)."""
ON_HAND_STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")


@dataclass(slots=True)
class InventoryItem:
    """What is counted. One item may stand behind several variants."""

    id: int
    sku: str | None
    created_at: datetime
    updated_at: datetime
    tracked: bool = True
    requires_shipping: bool = True
    cost: Decimal | None = None
    weight_kg: float = 0.0
    harmonized_system_code: str | None = None
    country_code_of_origin: str | None = None
    province_code_of_origin: str | None = None
    variants: list["Variant"] = field(default_factory=list)
    levels: dict[int, "Level"] = field(default_factory=dict)


@dataclass(slots=True)
class Variant:
    """What is sold."""

    id: int
    product: "Product"
    item: InventoryItem
    title: str
    price: Decimal
    created_at: datetime
    updated_at: datetime
    options: list[tuple[str, str]] = field(default_factory=list)
    barcode: str | None = None
    compare_at_price: Decimal | None = None
    taxable: bool = True
    inventory_policy: str = "DENY"
    requires_components: bool = False
    components: list[tuple["Variant", int]] = field(default_factory=list)
    position: int = 1

    @property
    def display_name(self) -> str:
        return self.product.title if self.title == "Default Title" else f"{self.product.title} - {self.title}"


@dataclass(slots=True)
class Product:
    """A product with its variants."""

    id: int
    title: str
    handle: str
    vendor: str
    created_at: datetime
    updated_at: datetime
    product_type: str = ""
    status: str = "ACTIVE"
    tags: list[str] = field(default_factory=list)
    is_gift_card: bool = False
    variants: list[Variant] = field(default_factory=list)


@dataclass(slots=True)
class Level:
    """The stock of one item at one location, by state."""

    id: int
    item: InventoryItem
    location_id: int
    created_at: datetime
    updated_at: datetime
    is_active: bool = True
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    stamped: dict[str, datetime] = field(default_factory=dict)

    @property
    def available(self) -> int:
        return self.states["available"]

    @property
    def on_hand(self) -> int:
        return sum(self.states[name] for name in ON_HAND_STATES)

    def quantity(self, name: str) -> int:
        return self.on_hand if name == "on_hand" else self.states[name]
