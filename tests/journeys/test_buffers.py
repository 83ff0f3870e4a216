"""What is held back from sale: a share or a number of units, never less than nothing."""

from collections.abc import Callable
from typing import Any

from stockbridge.db import reports
from stockbridge.domain.stock import Term
from stockbridge.testing.covers import covers
from stockbridge.testing.world import ACCOUNT, World


def shown(world: World) -> int:
    level = world.shop.control.level("PAN24", "Berlin Central")
    assert level is not None
    return int(level.available)


@covers("INV-11")
def test_a_buffer_of_five_percent_keeps_five_of_a_hundred_back(world: World) -> None:
    world.wms.count("BER", "W-PAN24", "SHELF", 80)
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], keep_percent_bp=500)
    world.settle()
    assert shown(world) == 95


@covers("INV-12")
def test_a_buffer_in_units_is_kept_back_and_never_makes_the_offer_negative(world: World) -> None:
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], keep_units=12)
    world.settle()
    assert shown(world) == 38
    world.wms.count("BER", "W-PAN24", "BULK", 0)
    world.wms.count("BER", "W-PAN24", "SHELF", 7)
    world.settle()
    assert shown(world) == 0


def row(world: World) -> Any:
    """The item's row on the stock page."""
    with world.database.begin() as conn:
        found = reports.cells(conn, account=ACCOUNT, search="PAN24")
    return next(cell for cell in found if cell.location == "Berlin Central")


def test_what_is_held_back_reaches_the_stock_page_reason_by_reason(world: World) -> None:
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"], keep_units=12)
    world.settle()
    world.set_shop(live=False)  # the order stays in the shop alone
    world.shop.control.place({"PAN24": 3})
    world.pass_time(30)
    found = row(world)
    assert found.held_back == {Term.UNPLACED: 3, Term.KEEP: 12}
    assert (found.counted, found.asked, found.held, found.short, found.desired) == (50, 0, 15, 0, 35)
    world.wms.count("BER", "W-PAN24", "BULK", 0)
    world.wms.count("BER", "W-PAN24", "SHELF", 2)
    world.settle()
    found = row(world)
    assert (found.counted, found.short, found.desired) == (2, 1, 0), "two lie there, three are promised"
    assert found.held_back == {Term.UNPLACED: 3}


def test_what_is_asked_of_a_warehouse_reaches_the_stock_page(furnish: Callable[..., World]) -> None:
    world = furnish(basis="physical")
    world.shop.control.place({"PAN24": 3})
    world.pass_time(10)
    found = row(world)
    assert (found.counted, found.asked, found.held, found.desired) == (50, 3, 0, 47)
