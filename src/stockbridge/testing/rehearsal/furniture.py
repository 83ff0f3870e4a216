"""What the rehearsal's merchant has: three warehouses with zones, three locations, a small catalogue. Drawn from the seed.

The table for the mug is fixed in its totals (trap X-18): 800 units lie in all zones of all warehouses, 320 of them can be sold,
90 of those in New Jersey. A connector that adds everything up shows 800 at one location.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.wms import Pace, Warehouse, WmsConfig, Zone

SHOP = "harbor-goods.myshopify.com"
WMS = "harbor-wms"
ACCOUNT = "main"
SIGNING = "whsec_c3RvY2ticmlkZ2UtcmVoZWFyc2FsLXNpZ25pbmctc2VjcmV0"
API_KEY = "rehearsal-key"

COUNTED = ("SHELF", "BULK")
NOT_COUNTED = ("QUARANTINE", "B2B")
ZONES = (*(Zone(name) for name in COUNTED), *(Zone(name, pickable=False) for name in NOT_COUNTED))
#: warehouse → (location in the shop, where it is, priority)
PLACES: Mapping[str, tuple[str, Mapping[str, str], int]] = {
    "NJ": (
        "New Jersey",
        {"city": "Newark", "zip": "07102", "province_code": "NJ", "country": "United States", "country_code": "US"},
        1,
    ),
    "TX": (
        "Texas",
        {"city": "Dallas", "zip": "75201", "province_code": "TX", "country": "United States", "country_code": "US"},
        2,
    ),
    "UK": ("United Kingdom", {"city": "Leeds", "zip": "LS1 4AP", "country": "United Kingdom", "country_code": "GB"}, 3),
}
#: warehouse → (units that can be sold, units that cannot)
MUG_TOTALS = {"NJ": (90, 110), "TX": (140, 170), "UK": (90, 200)}
MUG = "MUG-HARBOR"
#: sold, but no warehouse has a code for it until the story maps it
UNMAPPED = "GIFTBOX"
GOODS = {
    MUG: "Harbor Mug",
    "TEAPOT-RED": "Teapot, red",
    "TEAPOT-BLUE": "Teapot, blue",
    "TRAY-OAK": "Oak tray",
    "TOWEL-LINEN": "Linen towel",
    "JAR-LARGE": "Storage jar, large",
    UNMAPPED: "Gift box",
}


@dataclass(frozen=True, slots=True)
class Furniture:
    """One merchant, drawn from a seed. ``stock``: warehouse → item code → zone → units."""

    seed: int
    basis: str
    stock: Mapping[str, Mapping[str, Mapping[str, int]]]

    def naive(self, sku: str) -> int:
        """What a connector shows that adds up everything it finds."""
        return sum(
            sum(zones.values()) for items in self.stock.values() for code, zones in items.items() if code == code_of(sku)
        )

    def wms_config(self, *, callback_url: str, manual: bool) -> WmsConfig:
        """The warehouse system's twin."""
        return WmsConfig(
            name="Harbor WMS",
            seed=self.seed,
            personality="look_up",
            basis=self.basis,  # type: ignore[arg-type]
            warehouses=tuple(Warehouse(code, place[0], ZONES) for code, place in PLACES.items()),
            stock=self.stock,
            items=tuple(code_of(sku) for sku in GOODS),
            api_key=API_KEY,
            signing_secrets=(SIGNING,),
            callback_url=callback_url,
            pace=Pace(manual=True)
            if manual
            else Pace(pick_s=8, pack_s=4, ship_s=4, parcel_gap_s=6, split_rate=0.3, split_to=2),
        )

    def stock_shop(self, shop: ShopifyTwin) -> None:
        """Locations and goods in the shop, with the levels that a connector left there which adds everything up."""
        for _, (name, where, _priority) in PLACES.items():
            shop.control.add_location(name, service=False, **where)
        names = [place[0] for place in PLACES.values()]
        for sku, title in GOODS.items():
            shop.control.add_product(title, sku=sku, price="18.50", stock={names[0]: self.naive(sku), names[1]: 0, names[2]: 0})


def code_of(sku: str) -> str:
    """The warehouse's own code for a SKU: never the same text, so that nothing works by accident."""
    return f"HW-{sku.replace('-', '')}"


def draw(seed: int) -> Furniture:
    """The merchant of a seed. The mug's totals are the story's; everything else varies."""
    rng = Random(f"furniture:{seed}")
    stock: dict[str, dict[str, dict[str, int]]] = {}
    for warehouse in PLACES:
        shelves = stock[warehouse] = {}
        for sku in GOODS:
            sellable, other = MUG_TOTALS[warehouse] if sku == MUG else (rng.randint(60, 140), rng.randint(0, 60))
            shelves[code_of(sku)] = {**_split(rng, sellable, COUNTED), **_split(rng, other, NOT_COUNTED)}
    basis = rng.choice(("physical", "less_reserved", "less_accepted"))
    return Furniture(seed=seed, basis=basis, stock=stock)


def _split(rng: Random, total: int, zones: tuple[str, ...]) -> dict[str, int]:
    first = rng.randint(0, total)
    return {zones[0]: first, zones[1]: total - first}
