"""Payloads have the field names of Shopify's official samples, and values that belong together."""

import json
from collections.abc import Callable
from typing import Any

import pytest

HERE, THERE = "Berlin Central", "Hamburg Port"
SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!) { webhookSubscriptionCreate(topic: $topic,
  webhookSubscription: {uri: "https://bridge.example/h"}) { userErrors { message } } }"""
Sample = Callable[[str], Any]


def heard(shop: Any, topic: str, act: Callable[[], Any]) -> list[Any]:
    """The payloads of one topic that an act causes."""
    shop.data(SUBSCRIBE, topic=topic)
    start = len(shop.twin.emitter.deliveries)
    act()
    shop.twin.advance(2)
    return [json.loads(one.body) for one in shop.twin.emitter.deliveries[start:] if one.subscription.topic == topic]


def one(shop: Any, topic: str, act: Callable[[], Any]) -> Any:
    found = heard(shop, topic, act)
    assert len(found) == 1, (topic, len(found))
    return found[0]


@pytest.fixture
def order(shop: Any) -> Any:
    return shop.place({"MUG-WHITE": 4, "PAN24": 2}, at=HERE)


def test_orders_create_has_exactly_the_fields_of_the_sample(shop: Any, sample: Sample) -> None:
    ours, theirs = one(shop, "ORDERS_CREATE", lambda: shop.do.place({"MUG-WHITE": 1})), sample("orders_create")
    assert set(ours) == set(theirs)
    assert set(ours["line_items"][0]) == set(theirs["line_items"][0])
    assert set(ours["shipping_lines"][0]) == set(theirs["shipping_lines"][0])
    assert set(ours["shipping_address"]) == set(theirs["shipping_address"])
    assert set(ours["customer"]) == set(theirs["customer"])
    assert set(ours["customer"]["default_address"]) == set(theirs["customer"]["default_address"])


def test_orders_create_belongs_together(shop: Any) -> None:
    found = one(shop, "ORDERS_CREATE", lambda: shop.do.place({"MUG-WHITE": 3}, tags=["b", "a"], attributes={"gift": "yes"}))
    line = found["line_items"][0]
    assert (line["quantity"], line["current_quantity"], line["fulfillable_quantity"]) == (3, 3, 3)
    assert found["admin_graphql_api_id"] == f"gid://shopify/Order/{found['id']}"
    assert found["tags"] == "a, b"
    assert found["note_attributes"] == [{"name": "gift", "value": "yes"}]
    assert (found["financial_status"], found["fulfillment_status"], found["cancelled_at"]) == ("paid", None, None)
    assert found["total_price"] == found["total_price_set"]["shop_money"]["amount"] == "40.90"
    assert found["name"] == f"#{found['order_number']}"
    assert found["created_at"] == "2026-11-02T10:00:00+01:00"
    assert "checkout_id" not in found
    assert "fulfillment_orders" not in found


def test_orders_cancelled_is_the_order_with_its_cancellation(shop: Any, order: Any) -> None:
    found = one(shop, "ORDERS_CANCELLED", lambda: shop.do.cancel(order))
    assert (found["cancel_reason"], found["financial_status"]) == ("customer", "refunded")
    assert found["cancelled_at"] is not None
    assert [x["current_quantity"] for x in found["line_items"]] == [0, 0]
    assert [x["quantity"] for x in found["line_items"]] == [4, 2]


def test_inventory_levels_update_says_what_and_where_but_not_why(shop: Any, sample: Sample) -> None:
    ours = one(shop, "INVENTORY_LEVELS_UPDATE", lambda: shop.do.set_stock("PAN24", HERE, quantity=3))
    assert set(ours) == set(sample("inventory_levels_update"))
    level = shop.do.level("PAN24", HERE)
    assert ours["available"] == 3
    assert ours["admin_graphql_api_id"] == f"gid://shopify/InventoryLevel/{level.id}?inventory_item_id={level.item.id}"


def test_every_line_of_an_order_changes_a_level(shop: Any) -> None:
    found = heard(shop, "INVENTORY_LEVELS_UPDATE", lambda: shop.do.place({"MUG-WHITE": 1, "PAN24": 1}))
    assert len(found) == 2


def test_shipping_changes_no_available_and_so_sends_no_level(shop: Any, order: Any) -> None:
    assert heard(shop, "INVENTORY_LEVELS_UPDATE", lambda: shop.do.fulfill(order)) == []
    shop.twin.set_choices({"level_webhook_on_every_state": True})
    shop.do.fulfill(shop.place({"MUG-BLUE": 1}))
    assert shop.twin.emitter.deliveries


def test_levels_connect_and_disconnect(shop: Any, sample: Sample) -> None:
    shop.do.add_location("Pop-up")
    ours = one(shop, "INVENTORY_LEVELS_CONNECT", lambda: shop.do.set_stock("PAN24", "Pop-up", quantity=3))
    assert set(ours) == set(sample("inventory_levels_connect"))
    gone = heard(shop, "INVENTORY_LEVELS_DISCONNECT", lambda: shop.do.deactivate_location("Pop-up"))
    assert [set(x) for x in gone] == [set(sample("inventory_levels_disconnect"))]


def test_fulfillments_create_has_the_fields_of_the_sample(shop: Any, order: Any, sample: Sample) -> None:
    ours = one(shop, "FULFILLMENTS_CREATE", lambda: shop.do.fulfill(order, tracking={"company": "UPS", "number": "1Z"}))
    theirs = sample("fulfillments_create")
    assert set(ours) == set(theirs)
    assert set(ours["line_items"][0]) == set(theirs["line_items"][0])
    assert ours["name"] == "#1001.1"
    assert (ours["tracking_number"], ours["tracking_numbers"], ours["tracking_company"]) == ("1Z", ["1Z"], "UPS")
    assert ours["location_id"] == order.fulfillment_orders[0].location.id
    assert [x["quantity"] for x in ours["line_items"]] == [4, 2]


def test_fulfillments_update_comes_with_new_tracking(shop: Any, order: Any) -> None:
    shop.do.fulfill(order)
    text = 'mutation T($id: ID!) { fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: {numbers: ["A", "B"]}) { userErrors { message } } }'
    gid = f"gid://shopify/Fulfillment/{order.fulfillments[0].id}"
    found = one(shop, "FULFILLMENTS_UPDATE", lambda: shop.data(text, id=gid))
    assert found["tracking_numbers"] == ["A", "B"]


def test_refunds_create_has_the_fields_of_a_real_one(shop: Any, order: Any, sample: Sample) -> None:
    ours, theirs = one(shop, "REFUNDS_CREATE", lambda: shop.do.refund(order, {"MUG-WHITE": 1})), sample("refunds_create")
    assert set(ours) == set(theirs)
    assert set(ours["refund_line_items"][0]) == set(theirs["refund_line_items"][0])
    assert set(ours["refund_line_items"][0]["line_item"]) == set(theirs["refund_line_items"][0]["line_item"])
    assert set(ours["transactions"][0]) == set(theirs["transactions"][0])
    row = ours["refund_line_items"][0]
    assert (row["quantity"], row["restock_type"], row["location_id"]) == (1, "cancel", order.fulfillment_orders[0].location.id)


def test_orders_edited_carries_deltas_only(shop: Any, order: Any, sample: Sample) -> None:
    found = one(shop, "ORDERS_EDITED", lambda: shop.do.edit(order, quantities={"PAN24": 3, "MUG-WHITE": 1}))["order_edit"]
    assert set(sample("orders_edited")["order_edit"]) <= set(found)
    assert found["order_id"] == order.id
    by_sku = {line.sku: line.id for line in order.lines}
    assert found["line_items"] == {
        "additions": [{"id": by_sku["PAN24"], "delta": 1}],
        "removals": [{"id": by_sku["MUG-WHITE"], "delta": 3}],
    }


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("FULFILLMENT_ORDERS_MOVED", "fulfillment_orders_moved"),
        ("FULFILLMENT_ORDERS_SPLIT", "fulfillment_orders_split"),
        ("FULFILLMENT_ORDERS_PLACED_ON_HOLD", "fulfillment_orders_placed_on_hold"),
        ("FULFILLMENT_ORDERS_HOLD_RELEASED", "fulfillment_orders_hold_released"),
        ("FULFILLMENT_ORDERS_CANCELLED", "fulfillment_orders_cancelled"),
        ("FULFILLMENT_ORDERS_PROGRESS_REPORTED", "fulfillment_orders_progress_reported"),
        ("FULFILLMENT_ORDERS_MANUALLY_REPORTED_PROGRESS_STOPPED", "fulfillment_orders_manually_reported_progress_stopped"),
        ("FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE", "fulfillment_orders_order_routing_complete"),
        ("FULFILLMENT_ORDERS_MERGED", "fulfillment_orders_merged"),
        ("FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_SUBMITTED", "fulfillment_orders_fulfillment_request_submitted"),
        ("FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_ACCEPTED", "fulfillment_orders_fulfillment_request_accepted"),
        ("FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_REJECTED", "fulfillment_orders_fulfillment_request_rejected"),
        ("FULFILLMENT_ORDERS_CANCELLATION_REQUEST_SUBMITTED", "fulfillment_orders_cancellation_request_submitted"),
        ("FULFILLMENT_ORDERS_CANCELLATION_REQUEST_ACCEPTED", "fulfillment_orders_cancellation_request_accepted"),
        ("FULFILLMENT_ORDERS_CANCELLATION_REQUEST_REJECTED", "fulfillment_orders_cancellation_request_rejected"),
        (
            "FULFILLMENT_ORDERS_FULFILLMENT_SERVICE_FAILED_TO_COMPLETE",
            "fulfillment_orders_fulfillment_service_failed_to_complete",
        ),
    ],
)
def test_fulfillment_order_topics_have_the_fields_of_their_samples(
    shop: Any, order: Any, sample: Sample, topic: str, name: str
) -> None:
    found = one(shop, topic, lambda: ACTS[topic](shop, order))
    assert strays(found, sample(name)) == []
    assert '"order_id"' not in json.dumps(found)


def strays(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Fields at any depth that only one of the two has; what is null or empty on one side has no fields to compare."""
    if isinstance(ours, list) and isinstance(theirs, list) and ours and theirs:
        return strays(ours[0], theirs[0], path)
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        return []
    inside = [stray for name in set(ours) & set(theirs) for stray in strays(ours[name], theirs[name], f"{path}.{name}")]
    return [*(f"{path}.{name}" for name in sorted(set(ours) ^ set(theirs))), *inside]


def _gid(order: Any) -> str:
    return f"gid://shopify/FulfillmentOrder/{order.fulfillment_orders[0].id}"


def _split(shop: Any, order: Any) -> None:
    line = order.fulfillment_orders[0].lines[0]
    row = {
        "fulfillmentOrderId": _gid(order),
        "fulfillmentOrderLineItems": [{"id": f"gid://shopify/FulfillmentOrderLineItem/{line.id}", "quantity": 1}],
    }
    text = "mutation S($s: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $s) { userErrors { message } } }"
    shop.data(text, s=[row])


def _released(shop: Any, order: Any) -> None:
    shop.do.hold(order)
    shop.do.release(order)


def _simple(field: str) -> Any:
    text = f"mutation M($id: ID!) {{ {field}(id: $id) {{ userErrors {{ message }} }} }}"
    return lambda shop, order: shop.data(text, id=_gid(order))


def _stopped(shop: Any, order: Any) -> None:
    _simple("fulfillmentOrderReportProgress")(shop, order)
    _simple("fulfillmentOrderOpen")(shop, order)


def _merged(shop: Any, order: Any) -> None:
    _split(shop, order)
    rows = [{"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{x.id}"} for x in order.fulfillment_orders]
    text = "mutation M($i: [FulfillmentOrderMergeInput!]!) { fulfillmentOrderMerge(fulfillmentOrderMergeInputs: $i) { userErrors { message } } }"
    shop.data(text, i=[{"mergeIntents": rows}])


def _at_a_service(*fields: str) -> Any:
    """Asks a 3PL for everything, then does these in turn."""

    def act(shop: Any, order: Any) -> None:
        shop.do.add_location("3PL", service=True)
        ours = shop.place({"PAN24": 1}, at="3PL")
        for field in ("fulfillmentOrderSubmitFulfillmentRequest", *fields):
            _simple(field)(shop, ours)

    return act


_ACCEPT, _STOP = "fulfillmentOrderAcceptFulfillmentRequest", "fulfillmentOrderSubmitCancellationRequest"

ACTS: dict[str, Callable[[Any, Any], Any]] = {
    "FULFILLMENT_ORDERS_MERGED": _merged,
    "FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_SUBMITTED": _at_a_service(),
    "FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_ACCEPTED": _at_a_service(_ACCEPT),
    "FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_REJECTED": _at_a_service("fulfillmentOrderRejectFulfillmentRequest"),
    "FULFILLMENT_ORDERS_CANCELLATION_REQUEST_SUBMITTED": _at_a_service(_ACCEPT, _STOP),
    "FULFILLMENT_ORDERS_CANCELLATION_REQUEST_ACCEPTED": _at_a_service(
        _ACCEPT, _STOP, "fulfillmentOrderAcceptCancellationRequest"
    ),
    "FULFILLMENT_ORDERS_CANCELLATION_REQUEST_REJECTED": _at_a_service(
        _ACCEPT, _STOP, "fulfillmentOrderRejectCancellationRequest"
    ),
    "FULFILLMENT_ORDERS_FULFILLMENT_SERVICE_FAILED_TO_COMPLETE": _at_a_service(_ACCEPT, "fulfillmentOrderClose"),
    "FULFILLMENT_ORDERS_MOVED": lambda shop, order: shop.do.move(order, THERE),
    "FULFILLMENT_ORDERS_SPLIT": _split,
    "FULFILLMENT_ORDERS_PLACED_ON_HOLD": lambda shop, order: shop.do.hold(order),
    "FULFILLMENT_ORDERS_HOLD_RELEASED": _released,
    "FULFILLMENT_ORDERS_CANCELLED": _simple("fulfillmentOrderCancel"),
    "FULFILLMENT_ORDERS_PROGRESS_REPORTED": _simple("fulfillmentOrderReportProgress"),
    "FULFILLMENT_ORDERS_MANUALLY_REPORTED_PROGRESS_STOPPED": _stopped,
    "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE": lambda shop, order: shop.do.place({"PAN24": 1}),
}


def test_inventory_items_and_products_update_when_a_sku_changes(shop: Any, sample: Sample) -> None:
    item = one(shop, "INVENTORY_ITEMS_UPDATE", lambda: shop.do.change_sku("PAN24", "PAN24-B"))
    assert set(item) == set(sample("inventory_items_update"))
    assert item["sku"] == "PAN24-B"
    product = one(shop, "PRODUCTS_UPDATE", lambda: shop.do.change_sku("PAN24-B", "PAN24-C"))
    assert product["variants"][0]["sku"] == "PAN24-C"
    shared = set(sample("products_update")["variants"][0]) & set(product["variants"][0])
    assert {"id", "sku", "inventory_item_id", "product_id", "price", "updated_at", "inventory_quantity"} <= shared


@pytest.mark.parametrize(
    ("topic", "name"), [("LOCATIONS_CREATE", "locations_create"), ("LOCATIONS_DEACTIVATE", "locations_deactivate")]
)
def test_locations(shop: Any, sample: Sample, topic: str, name: str) -> None:
    acts = {
        "LOCATIONS_CREATE": lambda: shop.do.add_location("Pop-up"),
        "LOCATIONS_DEACTIVATE": lambda: shop.do.deactivate_location(THERE),
    }
    found = one(shop, topic, acts[topic])
    assert set(found) == set(sample(name))
    assert found["active"] is (topic == "LOCATIONS_CREATE")


def test_a_location_closes_with_its_stock_moved_or_left(shop: Any) -> None:
    here, there = shop.states("PAN24", HERE)["available"], shop.states("PAN24", THERE)["available"]
    shop.do.deactivate_location(THERE, to=HERE)
    assert shop.states("PAN24", HERE)["available"] == here + there
    assert not shop.do.level("PAN24", THERE).is_active
    shop.do.activate_location(THERE)
    assert shop.do.location(THERE).is_active
    assert not shop.do.level("PAN24", THERE).is_active


def test_paid_fulfilled_partially_fulfilled_and_updated(shop: Any) -> None:
    for topic in (
        "ORDERS_PAID",
        "ORDERS_FULFILLED",
        "ORDERS_PARTIALLY_FULFILLED",
        "ORDERS_UPDATED",
        "FULFILLMENT_EVENTS_CREATE",
    ):
        shop.data(SUBSCRIBE, topic=topic)
    shop.do.set_stock("MUG-WHITE", HERE, quantity=1)
    shop.do.set_stock("MUG-WHITE", THERE, quantity=1)
    shop.do.set_stock("MUG-WHITE", "München South", quantity=0)
    order = shop.place({"MUG-WHITE": 2})
    shop.place({"PAN24": 1}, paid=False)
    made = shop.do.fulfill(order)
    text = "mutation E($id: ID!) { fulfillmentEventCreate(fulfillmentEvent: {fulfillmentId: $id, status: DELIVERED}) { userErrors { message } } }"
    shop.data(text, id=f"gid://shopify/Fulfillment/{made[0].id}")
    topics = [entry.topic for entry in shop.twin.emitter.deliveries]
    assert topics.count("orders/paid") == 1
    assert topics.count("orders/partially_fulfilled") == 1
    assert topics.count("orders/fulfilled") == 1
    assert topics.count("orders/updated") == 2
    assert topics.count("fulfillment_events/create") == 1
