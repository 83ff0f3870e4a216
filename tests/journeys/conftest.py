"""A furnished world: one shop, one WMS with two warehouses, everything mapped and live."""

from collections.abc import Callable, Iterator

import pytest
import structlog

from stockbridge.db.connection import Database
from stockbridge.testing.truth import Pairing, Truth
from stockbridge.testing.twins.wms import Pace, Warehouse, WmsConfig, Zone
from stockbridge.testing.world import ACCOUNT, OURS, SIGNING, WMS, World

SKUS = ("MUG-WHITE", "MUG-BLUE", "PAN24", "LANTERN")
ZONES = (Zone("SHELF"), Zone("BULK"), Zone("QUARANTINE", False))
COUNTED = ("SHELF", "BULK")
CODES = {sku: f"W-{sku}" for sku in SKUS}
PAIRINGS = (
    Pairing(warehouse="BER", location="Berlin Central", zones=COUNTED, codes=CODES),
    Pairing(warehouse="HAM", location="Hamburg Port", zones=COUNTED, codes=CODES),
)


def wms_config(**more: object) -> WmsConfig:
    stock = {
        "BER": {f"W-{sku}": {"SHELF": 30, "BULK": 20, "QUARANTINE": 7} for sku in SKUS},
        "HAM": {f"W-{sku}": {"SHELF": 10, "BULK": 5, "QUARANTINE": 3} for sku in SKUS},
    }
    values: dict[str, object] = {
        "warehouses": (Warehouse("BER", "Berlin", ZONES), Warehouse("HAM", "Hamburg", ZONES)),
        "stock": stock,
        "callback_url": f"{OURS}/hooks/{ACCOUNT}/{WMS}",
        "signing_secrets": (SIGNING,),
        "pace": Pace(manual=True),
    }
    return WmsConfig(**{**values, **more})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def plain_words() -> Iterator[None]:
    """Errors are logged without the painted frames that take seconds to draw."""
    known = structlog.get_config()
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain], cache_logger_on_first_use=False)
    yield
    structlog.configure(**known)


def clear_shelves(world: World) -> None:
    """What no warehouse here has is not offered either: nothing is known behind it, and the full sweep would tell a person."""
    for item in world.shop.world.items.values():
        for location_id, level in item.levels.items():
            if item.sku not in SKUS and item.tracked and level.available > 0:
                world.shop.control.set_stock(item, location_id, quantity=0)


@pytest.fixture
def furnish(database: Database) -> Callable[..., World]:
    def make(
        *,
        seed: int = 1,
        mapped: bool = True,
        live: bool = True,
        settle_s: float = 120.0,
        kind: type[World] = World,
        **more: object,
    ) -> World:
        world = kind(database.engine, seed=seed, wms=wms_config(seed=seed, **more), settle_s=settle_s)
        clear_shelves(world)
        world.connect(live=live)
        if mapped:
            world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], priority=1, live=live)
            world.map_source("Hamburg Port", "HAM", ["SHELF", "BULK"], priority=2, live=live)
            for warehouse in ("BER", "HAM"):
                world.map_items(warehouse, CODES)
        world.settle()
        return world

    return make


@pytest.fixture
def truth() -> Callable[[World], Truth]:
    """What is right in a furnished world."""
    return lambda world: Truth(world.shop, world.wms, PAIRINGS)


@pytest.fixture
def world(furnish: Callable[..., World]) -> World:
    return furnish()
