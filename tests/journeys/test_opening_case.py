"""The case that opens the guide: 800 shown, 320 real, 90 of them in New Jersey."""

from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.db.queries import Queries
from stockbridge.flow import runs as flow_runs
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.twins.wms import Warehouse, Zone
from stockbridge.testing.world import ACCOUNT, SHOP, World

Made = Callable[..., World]
_P = Queries("pages")
#: warehouse → location, units that can be sold, units that cannot
PLACES = {"NJ": ("New Jersey", 90, 110), "TX": ("Texas", 140, 170), "UK": ("United Kingdom", 90, 200)}
ZONES = (Zone("SHELF"), Zone("QUARANTINE", False))


@pytest.fixture
def opening(furnish: Made) -> World:
    """A shop into which a connector wrote the sum of everything it found, at one location; ours only watches so far."""
    stock = {code: {"W-MUG": {"SHELF": good, "QUARANTINE": bad}} for code, (_, good, bad) in PLACES.items()}
    warehouses = tuple(Warehouse(code, place[0], ZONES) for code, place in PLACES.items())
    world = furnish(mapped=False, warehouses=warehouses, stock=stock)
    for name, _, _ in PLACES.values():
        world.shop.control.add_location(name, service=False, city=name, country="United States", country_code="US")
    summed = sum(good + bad for _, good, bad in PLACES.values())
    world.shop.control.add_product(
        "Mug", sku="MUG", price="9.00", stock={"New Jersey": summed, "Texas": 0, "United Kingdom": 0}
    )
    world.sweep("locations", "items")
    world.settle()
    for code, (name, _, _) in PLACES.items():
        world.map_source(name, code, ["SHELF"], live=False)
        world.map_items(code, {"MUG": "W-MUG"})
    world.settle()
    return world


def offered(world: World) -> dict[str, int]:
    return {name: int(world.shop.control.level("MUG", name).available) for name, _, _ in PLACES.values()}  # type: ignore[union-attr]


def go_live(world: World) -> None:
    for code, (name, _, _) in PLACES.items():
        world.map_source(name, code, ["SHELF"], live=True)
    world.settle()


def found(world: World) -> tuple[Any, dict[str, tuple[int, int, str]]]:
    with world.database.begin() as conn:
        [run] = _P.rows(conn, "runs", account=ACCOUNT, kind="", before=0, limit=1)
        rows = _P.rows(conn, "found_by", account=ACCOUNT, run_id=run.run_id, after=0, limit=1_000, sort="")
    return run, {row.location: (row.was, row.should, row.cause) for row in rows if row.sku == "MUG" and row.should is not None}


@covers("INV-25")
@covers("REC-11")
def test_eight_hundred_shown_and_three_hundred_and_twenty_real_is_detected_before_anything_is_written(opening: World) -> None:
    assert offered(opening) == {"New Jersey": 800, "Texas": 0, "United Kingdom": 0}
    flow_runs.start(opening.house, account=ACCOUNT, shop=SHOP, kind="full", dry=True)
    opening.settle()
    _, plan = found(opening)
    assert {place: each[:2] for place, each in plan.items()} == {
        "New Jersey": (800, 90),
        "Texas": (0, 140),
        "United Kingdom": (0, 90),
    }
    assert offered(opening)["New Jersey"] == 800


@covers("INV-25")
def test_once_it_is_live_what_does_not_exist_cannot_be_sold(opening: World) -> None:
    order = opening.shop.control.place({"MUG": 400})  # the sum of everything sells what nobody has
    opening.shop.control.cancel(order)
    opening.settle()
    go_live(opening)
    assert offered(opening) == {"New Jersey": 90, "Texas": 140, "United Kingdom": 90}
    with pytest.raises(SoldOut):
        opening.shop.control.place({"MUG": 400})


@covers("INV-25")
def test_a_connector_that_writes_the_sum_again_unheard_is_found_and_put_right(opening: World) -> None:
    go_live(opening)
    opening.shop.emitter.chaos.loss = 1.0
    opening.shop.control.set_stock("MUG", "New Jersey", quantity=800)
    opening.settle()
    opening.sweep("levels")
    opening.settle()
    run, differed = found(opening)
    assert run.state == "done"
    assert differed == {"New Jersey": (800, 90, "foreign_writer")}
    assert offered(opening)["New Jersey"] == 90
