"""The first walk through all rooms: one order, one count."""

from stockbridge.testing.covers import covers
from stockbridge.testing.world import World


def test_what_the_warehouse_counts_is_what_the_shop_offers(world: World) -> None:
    assert world.shop.control.level("PAN24", "Berlin Central").available == 50
    assert world.shop.control.level("PAN24", "Hamburg Port").available == 15


@covers("FUL-16")
@covers("FUL-25")
def test_an_order_is_sent_once_shipped_and_its_tracking_comes_back(world: World) -> None:
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(30)
    [(reference, copies)] = world.wms.orders.items()
    assert len(copies) == 1
    world.wms.ship(reference)
    world.pass_time(30)
    [fulfillment] = world.shop.control.order(order.id).fulfillments
    assert [line.quantity for line in fulfillment.lines] == [2]
