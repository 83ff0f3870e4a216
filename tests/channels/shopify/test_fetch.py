"""Orders are fetched together, whole, and each answers for itself."""

from typing import Any

import pytest

from stockbridge.channels.shopify.reads import order_of
from stockbridge.domain import events as e
from stockbridge.domain.effects import FetchOrder
from stockbridge.ports import Arrival, DoorError, LookUp, Receipt, Refused, TryLater


def fetch(number: int) -> FetchOrder:
    return FetchOrder(order_id=f"gid://shopify/Order/{number}", cause="test")


def batch(shop: Any, *numbers: int) -> list[Receipt | DoorError]:
    return list(shop.door.outbound.perform_batch([(fetch(n), f"k{n}") for n in numbers]))


def order(shop: Any, receipt: Any) -> Any:
    """What the receipt says once it lies in the inbox."""
    assert isinstance(receipt, Receipt)
    arrival = Arrival(
        account="acme",
        connection="shop",
        topic=receipt.topic,
        subject="s",
        dedupe_key="k",
        received_at=shop.clock.now(),
        headers={},
        body=receipt.body,
    )
    (event,) = shop.door.inbound.read(arrival)
    return event


def echo(make: Any, **changes: Any) -> Any:
    """A store that has every order it is asked for."""
    return lambda v: {"nodes": [make.order(int(i.rsplit("/", 1)[1]), **changes) for i in v["ids"]]}


def test_twenty_five_orders_are_one_call_and_more_are_two(shop: Any, make: Any) -> None:
    shop.store.on("FetchOrders", echo(make))
    found = batch(shop, *range(1, 26))
    assert shop.store.names() == ["FetchOrders"]
    assert [r.reference for r in found if isinstance(r, Receipt)] == [f"gid://shopify/Order/{n}" for n in range(1, 26)]
    batch(shop, *range(1, 27))
    assert len(shop.store.calls) == 3


def test_the_batch_size_fits_the_call(shop: Any) -> None:
    assert shop.door.outbound.batch_size("fetch_order") == 25
    assert shop.door.outbound.batch_size("submit_order") == 1


def test_an_order_asked_for_twice_is_read_once(shop: Any, make: Any) -> None:
    shop.store.on("FetchOrders", echo(make))
    assert len(batch(shop, 1, 1)) == 2
    assert shop.store.variables("FetchOrders")["ids"] == ["gid://shopify/Order/1"]


def test_the_moment_of_reading_is_before_the_question(shop: Any, make: Any) -> None:
    before = shop.clock.now()

    def slow(v: Any) -> Any:
        shop.clock.sleep(5)
        return echo(make)(v)

    shop.store.on("FetchOrders", slow)
    event = order(shop, batch(shop, 1)[0])
    assert isinstance(event, e.OrderSeen)
    assert event.order.read_at == before


def test_an_order_that_is_not_there_is_gone_and_the_others_are_seen(shop: Any, make: Any) -> None:
    shop.store.on("FetchOrders", {"nodes": [make.order(1), None]})
    first, second = batch(shop, 1, 2)
    assert isinstance(order(shop, first), e.OrderSeen)
    assert order(shop, second) == e.OrderGone(order_id="gid://shopify/Order/2")


def test_one_id_that_shopify_cannot_read_does_not_spoil_the_others(shop: Any, make: Any) -> None:
    def picky(v: Any) -> Any:
        if "gid://shopify/Order/2" in v["ids"]:
            return make.trouble("RESOURCE_NOT_FOUND", "invalid id", data={"nodes": None})
        return echo(make)(v)

    shop.store.on("FetchOrders", picky)
    found = batch(shop, 1, 2, 3)
    assert [type(r) for r in found] == [Receipt, Refused, Receipt]


def test_trouble_with_the_store_is_everybody_s(shop: Any) -> None:
    shop.store.on("FetchOrders", TryLater("no connection"))
    assert [type(r) for r in batch(shop, 1, 2)] == [TryLater, TryLater]


def test_alone_the_trouble_is_raised(shop: Any) -> None:
    shop.store.on("FetchOrders", TryLater("no connection"))
    with pytest.raises(TryLater):
        shop.door.outbound.perform(fetch(1), "k")


def test_a_lost_fetch_did_no_harm(shop: Any) -> None:
    assert shop.door.outbound.look_up(fetch(1), "k") is LookUp.NOT_FOUND


def test_fetching_is_urgent(shop: Any, make: Any) -> None:
    shop.store.on("FetchOrders", echo(make))
    batch(shop, 1)
    assert [urgent for _, urgent in shop.budget.takes] == [True]


# --- pages ---------------------------------------------------------------------------------------------------------------


def test_all_pages_of_lines_are_read(shop: Any, make: Any) -> None:
    shop.store.on("FetchOrders", {"nodes": [make.order(1, lineItems=make.page(make.line(1), more="p2"))]})
    shop.store.on(
        "MoreLines",
        {"order": {"lineItems": make.page(make.line(2), more="p3")}},
        {"order": {"lineItems": make.page(make.line(3))}},
    )
    event = order(shop, batch(shop, 1)[0])
    assert [line.sku for line in event.order.lines] == ["SKU-1", "SKU-2", "SKU-3"]
    assert [v["after"] for n, v in shop.store.calls if n == "MoreLines"] == ["p2", "p3"]


def test_all_pages_of_fulfillment_orders_and_of_their_lines_are_read(shop: Any, make: Any) -> None:
    first = make.asked(31, (1, 1), more="l2")
    second = make.asked(32, (3, 1), more="l9")
    shop.store.on("FetchOrders", {"nodes": [make.order(1, fulfillmentOrders=make.page(first, more="f2"))]})
    shop.store.on("MoreFulfillmentOrders", {"order": {"fulfillmentOrders": make.page(second)}})
    shop.store.on(
        "MoreFulfillmentOrderLines",
        lambda v: {"fulfillmentOrder": {"lineItems": make.page(make.asked_line(31, 2 if v["after"] == "l2" else 4, 5))}},
    )
    event = order(shop, batch(shop, 1)[0])
    assert [[line.line_id[-1] for line in each.lines] for each in event.order.fulfillment_orders] == [["1", "2"], ["3", "4"]]


def test_all_lines_of_a_fulfillment_are_read(shop: Any, make: Any) -> None:
    shipped = make.shipped(41, (1, 1)) | {"fulfillmentLineItems": make.page({"quantity": 1, "lineItem": {"id": "a"}}, more="m")}
    shop.store.on("FetchOrders", {"nodes": [make.order(1, fulfillments=[shipped])]})
    shop.store.on(
        "MoreFulfillmentLines", {"fulfillment": {"fulfillmentLineItems": make.page({"quantity": 2, "lineItem": {"id": "b"}})}}
    )
    event = order(shop, batch(shop, 1)[0])
    assert [(u.key, u.units) for u in event.order.fulfillments[0].lines] == [("a", 1), ("b", 2)]


def test_an_order_that_changes_while_it_is_read_is_read_again_later(shop: Any, make: Any) -> None:
    shop.store.on("FetchOrders", {"nodes": [make.order(1, fulfillmentOrders=make.page(make.asked(31, (1, 1), more="l2")))]})
    shop.store.on("MoreFulfillmentOrderLines", {"fulfillmentOrder": None})
    (found,) = batch(shop, 1)
    assert isinstance(found, TryLater)
    assert found.after_s == 1.0


@pytest.mark.parametrize("trouble", [TryLater("busy"), Refused("no", code="x"), {"order": None}])
def test_a_large_order_that_cannot_be_read_to_its_end_keeps_no_other_back(shop: Any, make: Any, trouble: Any) -> None:
    large = make.order(2, lineItems=make.page(make.line(1), more="p2"))
    shop.store.on("FetchOrders", {"nodes": [make.order(1), large, make.order(3)]})
    shop.store.on("MoreLines", trouble)
    found = batch(shop, 1, 2, 3)
    assert [isinstance(each, Receipt) for each in found] == [True, False, True]
    assert isinstance(found[1], TryLater | Refused)
    assert shop.store.names() == ["FetchOrders", "MoreLines"], "the others are not asked for again"


def test_the_order_of_a_fulfillment_order_can_be_found(shop: Any) -> None:
    shop.store.on(
        "OrderOfFulfillmentOrder", {"fulfillmentOrder": {"orderId": "gid://shopify/Order/1"}}, {"fulfillmentOrder": None}
    )
    client = shop.door.levels._shopify
    assert order_of(client, "gid://shopify/FulfillmentOrder/3") == "gid://shopify/Order/1"
    assert order_of(client, "gid://shopify/FulfillmentOrder/4") is None
