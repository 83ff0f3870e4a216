"""What is held back from sale: a share or a number of units, never less than nothing."""

from stockbridge.testing.covers import covers
from stockbridge.testing.world import World


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
