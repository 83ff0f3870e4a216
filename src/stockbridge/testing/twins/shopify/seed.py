"""A small believable shop: three locations, a catalogue, fictional people. The same seed gives the same shop."""

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from stockbridge.testing.twins.shopify.model import catalogue
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.places import Address, Customer

FIRST = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Elif",
    "Finn",
    "Greta",
    "Hanna",
    "Ivo",
    "Jana",
    "Karim",
    "Lena",
    "Mika",
    "Nora",
    "Otto",
    "Paula",
    "Rosa",
    "Samir",
    "Tilda",
    "Yusuf",
]
LAST = [
    "Albrecht",
    "Brandt",
    "Celik",
    "Dietz",
    "Engel",
    "Falk",
    "Graf",
    "Hoffer",
    "Iversen",
    "Jansen",
    "Kranz",
    "Lindner",
    "Maurer",
    "Nowak",
    "Ostrow",
    "Petzold",
]
STREETS = [
    "Ahornweg",
    "Birkenallee",
    "Dorfstrasse",
    "Eichenring",
    "Gartenstrasse",
    "Hafenkai",
    "Lindenplatz",
    "Muehlgasse",
    "Rosenweg",
    "Seestrasse",
]
CITIES = (
    ("Berlin", "10115", "Germany", "DE", "Berlin", "BE", 52.53, 13.38),
    ("Hamburg", "20095", "Germany", "DE", "Hamburg", "HH", 53.55, 10.00),
    ("München", "80331", "Germany", "DE", "Bayern", "BY", 48.14, 11.57),
    ("Wien", "1010", "Austria", "AT", None, None, 48.21, 16.37),
    ("Utrecht", "3511 AB", "Netherlands", "NL", None, None, 52.09, 5.12),
    ("Lyon", "69001", "France", "FR", None, None, 45.77, 4.83),
    ("Aarhus", "8000", "Denmark", "DK", None, None, 56.16, 10.20),
)
CATALOGUE = (
    ("Merino Beanie", "Nordlicht", "29.90", ("Forest", "Ash", "Rust"), "BEANIE", 0.12),
    ("Wool Socks", "Nordlicht", "14.50", ("S", "M", "L"), "SOCKS", 0.08),
    ("Enamel Mug", "Herdwerk", "12.00", ("White", "Blue"), "MUG", 0.31),
    ("Cast Iron Pan 24 cm", "Herdwerk", "64.00", ("Default Title",), "PAN24", 2.4),
    ("Linen Apron", "Herdwerk", "38.00", ("Natural", "Ink"), "APRON", 0.35),
    ("Camp Lantern", "Weitblick", "49.00", ("Default Title",), "LANTERN", 0.6),
    ("Day Pack 18 l", "Weitblick", "89.00", ("Olive", "Black"), "PACK18", 0.74),
    ("Steel Bottle 0.7 l", "Weitblick", "24.90", ("Steel", "Moss"), "BOTTLE07", 0.28),
)
PLACES = (("Berlin Central", CITIES[0]), ("Hamburg Port", CITIES[1]), ("München South", CITIES[2]))


@dataclass(frozen=True)
class Plan:
    """How large the shop is and what stands on its shelves."""

    locations: int = 3
    products: int = len(CATALOGUE)
    stock: tuple[int, int] = (20, 120)
    customers: int = 20


def furnish(world: World, plan: Plan | None = None) -> None:
    """Fills an empty world with locations, products, stock and customers."""
    plan = plan or Plan()
    rng = Random(f"{world.seed}:seed")
    for index in range(plan.locations):
        name, city = PLACES[index % len(PLACES)]
        title = name if index < len(PLACES) else f"{name} {index // len(PLACES) + 1}"
        at = replace(_address(world, rng, city), first_name="", last_name="")
        catalogue.add_location(world, title, at, priority=index)
    for index in range(plan.products):
        _product(world, rng, plan, index)
    for _ in range(plan.customers):
        add_customer(world, rng)


def _product(world: World, rng: Random, plan: Plan, index: int) -> None:
    title, vendor, price, options, code, weight = CATALOGUE[index % len(CATALOGUE)]
    lap = index // len(CATALOGUE)
    mark = f"-{lap + 1}" if lap else ""
    product = catalogue.add_product(world, f"{title}{mark}", vendor=vendor, product_type="Goods")
    for option in options:
        sku = f"{code}{mark}" if option == "Default Title" else f"{code}-{option.upper()}{mark}"
        stock = {place: rng.randint(*plan.stock) for place in world.locations}
        variant = catalogue.add_variant(
            world, product, sku=sku, price=Decimal(price), title=option, weight_kg=weight, stock=stock
        )
        variant.barcode = f"40{rng.randrange(10**10, 10**11)}"


def add_customer(world: World, rng: Random) -> Customer:
    """A fictional buyer with an address of their own."""
    now = world.now()
    home = _address(world, rng, rng.choice(CITIES))
    email = f"{home.first_name}.{home.last_name}{rng.randrange(100)}@example.com".lower()
    phone = f"+4930{rng.randrange(10**6, 10**7)}"
    made = Customer(world.mint("Customer"), home.first_name, home.last_name, email, now, now, phone, home)
    world.customers[made.id] = made
    return made


def _address(world: World, rng: Random, city: tuple[str, str, str, str, str | None, str | None, float, float]) -> Address:
    town, code, country, country_code, province, province_code, latitude, longitude = city
    return Address(
        rng.choice(FIRST),
        rng.choice(LAST),
        f"{rng.choice(STREETS)} {rng.randint(1, 140)}",
        town,
        code,
        country,
        country_code,
        province,
        province_code,
        latitude=round(latitude + rng.uniform(-0.05, 0.05), 6),
        longitude=round(longitude + rng.uniform(-0.05, 0.05), 6),
        phone=f"+4930{rng.randrange(10**6, 10**7)}",
        id=world.mint("MailingAddress"),
    )
