"""Addresses, locations, the shop and its people."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Address:
    """A postal address as Shopify keeps it: names in full, codes beside them."""

    first_name: str = ""
    last_name: str = ""
    address1: str = ""
    city: str = ""
    zip: str = ""
    country: str = ""
    country_code: str = ""
    province: str | None = None
    province_code: str | None = None
    address2: str | None = None
    company: str | None = None
    phone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    id: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Service:
    """A fulfillment service (3PL app) that owns a location."""

    id: int
    handle: str
    service_name: str
    callback_url: str | None = None
    inventory_management: bool = False
    tracking_support: bool = False
    type: str = "THIRD_PARTY"
    location: "Location | None" = None


@dataclass(slots=True)
class Location:
    """A Shopify location. Inactive ones stay listed when asked for."""

    id: int
    name: str
    address: Address
    created_at: datetime
    updated_at: datetime
    is_active: bool = True
    fulfills_online_orders: bool = True
    ships_inventory: bool = True
    is_primary: bool = False
    priority: int = 0
    deactivated_at: datetime | None = None
    service: Service | None = None


@dataclass(slots=True)
class App:
    """An app that is installed in the shop: it has a secret, scopes, and owns what it writes."""

    id: int
    title: str
    client_id: str
    client_secret: str
    scopes: frozenset[str]
    secrets_before: list[str] = field(default_factory=list)

    @property
    def handle(self) -> str:
        return self.title.lower().replace(" ", "-")


@dataclass(slots=True)
class Shop:
    """The shop itself."""

    id: int
    domain: str
    name: str
    email: str
    currency: str
    timezone: str
    country_code: str
    created_at: datetime
    plan: str = "Basic"
    taxes_included: bool = True
    weight_unit: str = "KILOGRAMS"
    location_limit: int = 200


@dataclass(slots=True)
class Customer:
    """A fictional buyer."""

    id: int
    first_name: str
    last_name: str
    email: str
    created_at: datetime
    updated_at: datetime
    phone: str | None = None
    address: Address | None = None
    locale: str = "en"
    orders: int = 0
