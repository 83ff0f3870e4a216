"""What arrivals mean: webhooks are hints, what we fetched ourselves is believed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stockbridge.domain import events as e
from stockbridge.domain.values import Money, Tracking, Units
from stockbridge.ports import Arrival, Unreadable

Read = Callable[[str, Any], e.Event]


@pytest.fixture
def read(shop: Any) -> Read:
    def understand(topic: str, body: Any) -> e.Event:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        arrival = Arrival(
            account="acme",
            connection="shop",
            topic=topic,
            subject="s",
            dedupe_key="k",
            received_at=shop.clock.now(),
            headers={},
            body=raw,
        )
        (event,) = shop.door.inbound.read(arrival)
        return event

    return understand


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", {"id": 5, "updated_at": "2026-11-22T07:00:00-05:00"}),
        ("orders/updated", {"id": 5, "updated_at": "2026-11-22T07:00:00-05:00"}),
        ("orders/cancelled", {"admin_graphql_api_id": "gid://shopify/Order/5", "updated_at": "2026-11-22T12:00:00Z"}),
    ],
)
def test_an_order_webhook_is_a_hint_to_fetch_the_order(read: Read, topic: str, body: Any) -> None:
    assert read(topic, body) == e.OrderHinted(
        order_id="gid://shopify/Order/5", updated_at=datetime(2026, 11, 22, 12, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/edited", {"order_edit": {"order_id": 5}}),
        ("refunds/create", {"id": 1, "order_id": 5, "updated_at": "2026-11-22T12:00:00Z"}),
        ("fulfillments/update", {"id": 1, "order_id": 5}),
        ("fulfillment_events/create", {"id": 1, "order_id": 5}),
        ("order_transactions/create", {"id": 1, "order_id": 5}),
        ("returns/approve", {"id": 1, "order": {"admin_graphql_api_id": "gid://shopify/Order/5"}}),
        ("fulfillment_orders/moved", {"order_id": "gid://shopify/Order/5"}),
    ],
)
def test_everything_that_belongs_to_an_order_hints_at_it_without_claiming_its_time(read: Read, topic: str, body: Any) -> None:
    assert read(topic, body) == e.OrderHinted(order_id="gid://shopify/Order/5")


def test_a_deleted_order_is_gone(read: Read) -> None:
    assert read("orders/delete", {"id": 5}) == e.OrderGone(order_id="gid://shopify/Order/5")


def test_an_order_webhook_that_names_no_order_cannot_be_read(read: Read) -> None:
    with pytest.raises(Unreadable, match="names no order"):
        read("orders/updated", {})


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"id": ', b"\xff"])
def test_a_broken_body_is_unreadable_and_says_so_in_a_sentence(read: Read, raw: bytes) -> None:
    with pytest.raises(Unreadable, match="could not be read"):
        read("orders/updated", raw)


@pytest.mark.parametrize("when", ["yesterday", "", "2026-11-22T12:00:00", None])
def test_a_time_that_cannot_be_trusted_is_left_out(read: Read, when: Any) -> None:
    assert read("orders/updated", {"id": 5, "updated_at": when}) == e.OrderHinted(order_id="gid://shopify/Order/5")


def test_a_level_webhook_is_a_hint_with_the_figure_it_claims(read: Read) -> None:
    found = read(
        "inventory_levels/update",
        {"inventory_item_id": 7, "location_id": 1, "available": -2, "updated_at": "2026-11-22T12:00:00Z"},
    )
    assert found == e.LevelHinted(
        inventory_item_id="gid://shopify/InventoryItem/7",
        location_id="gid://shopify/Location/1",
        available=-2,
        updated_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
    )


def test_a_disconnected_level_offers_nothing_that_is_known(read: Read) -> None:
    found = read("inventory_levels/disconnect", {"inventory_item_id": 7, "location_id": 1})
    assert isinstance(found, e.LevelHinted)
    assert found.available is None


def test_a_level_webhook_without_its_location_is_unreadable(read: Read) -> None:
    with pytest.raises(Unreadable, match="which item or location"):
        read("inventory_levels/update", {"inventory_item_id": 7})


@pytest.mark.parametrize(
    "topic",
    [
        "fulfillment_orders/scheduled_fulfillment_order_ready",
        "fulfillment_holds/added",
        "products/update",
        "inventory_items/update",
        "locations/create",
        "app/uninstalled",
        "brand/new",
    ],
)
def test_other_topics_are_noted_with_the_reason(read: Read, topic: str) -> None:
    found = read(topic, {"id": 1, "surprise": {"deep": [1, 2]}})
    assert isinstance(found, e.Noted)
    assert found.reason.endswith(".")


def test_a_finished_routing_is_told_though_it_names_no_order(read: Read) -> None:
    body = {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/3", "status": "open"}}
    assert read("fulfillment_orders/order_routing_complete", body) == e.RoutingCompleted()


# --- what we fetched ---------------------------------------------------------------------------------------------------


def answer(order: Any, order_id: str = "gid://shopify/Order/1") -> dict[str, Any]:
    return {"order_id": order_id, "read_at": "2026-11-22T12:00:00Z", "api_version": "2026-10", "order": order}


def seen(read: Read, node: Any) -> Any:
    found = read("answer/order", answer(node))
    assert isinstance(found, e.OrderSeen)
    return found.order


def test_a_fetched_order_is_seen_whole(read: Read, make: Any) -> None:
    node = make.order(
        1,
        lines=(make.line(11, quantity=2),),
        fulfillmentOrders=make.page(make.asked(31, (11, 2))),
        fulfillments=[make.shipped(41, (11, 1), numbers=("A", "B"))],
    )
    order = seen(read, node)
    assert (order.order_id, order.name, order.currency, order.email, order.tags) == (
        "gid://shopify/Order/1",
        "#1001",
        "EUR",
        "jo@example.com",
        ("vip",),
    )
    assert order.placed_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert order.read_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert order.total == Money(Decimal("39.80"), "EUR")
    assert order.shipping_method == "Standard"
    (line,) = order.lines
    assert (line.line_id, line.inventory_item_id, line.quantity, line.unit_price) == (
        "gid://shopify/LineItem/11",
        "gid://shopify/InventoryItem/11",
        2,
        Money(Decimal("19.90"), "EUR"),
    )
    (asked,) = order.fulfillment_orders
    assert (asked.status, asked.method, asked.location_id, asked.lines[0].remaining) == (
        "OPEN",
        "SHIPPING",
        "gid://shopify/Location/1",
        2,
    )
    (shipped,) = order.fulfillments
    assert shipped.tracking == Tracking(carrier="DHL", numbers=("A", "B"))
    assert shipped.lines == (Units("gid://shopify/LineItem/11", 1),)


def test_an_order_that_the_store_does_not_show_is_gone(read: Read) -> None:
    assert read("answer/order", answer(None, "gid://shopify/Order/9")) == e.OrderGone(order_id="gid://shopify/Order/9")


def test_values_that_no_version_has_yet_do_not_stop_the_reading(read: Read, make: Any) -> None:
    asked = make.asked(31, (11, 1), status="BEING_TELEPORTED", requestStatus="WISHED", deliveryMethod={"methodType": "DRONE"})
    node = make.order(
        1,
        displayFinancialStatus="BARTERED",
        displayFulfillmentStatus="FULFILLMENT_NOT_REQUIRED",
        fulfillmentOrders=make.page(asked),
    )
    order = seen(read, node)
    assert (order.financial_status, order.fulfillment_status) == ("BARTERED", "FULFILLMENT_NOT_REQUIRED")
    assert (order.fulfillment_orders[0].status, order.fulfillment_orders[0].method) == ("BEING_TELEPORTED", "DRONE")


def test_nothing_known_is_empty_text_not_a_crash(read: Read, make: Any) -> None:
    line = make.line(11, sku=None, variant=None)
    asked = make.asked(31, (11, 1), deliveryMethod=None, assignedLocation={"name": "gone", "location": None})
    gone = make.shipped(41, location=1) | {"location": None}
    order = seen(read, make.order(1, lines=(line,), email=None, sourceName=None, displayFinancialStatus=None, shippingLine=None,
                                  fulfillmentOrders=make.page(asked), fulfillments=[gone]))  # fmt: skip
    assert (order.email, order.source_name, order.financial_status, order.shipping_method) == ("", "", "", "")
    assert (order.lines[0].sku, order.lines[0].inventory_item_id, order.lines[0].variant_id) == ("", None, None)
    assert (order.fulfillment_orders[0].location_id, order.fulfillment_orders[0].method) == (None, "")
    assert order.fulfillments[0].location_id is None


def test_a_hold_says_why_in_the_words_that_a_person_gave(read: Read, make: Any) -> None:
    holds = [
        {"reason": "OTHER", "displayReason": "Other", "reasonNotes": "call first"},
        {"reason": "HIGH_RISK_OF_FRAUD", "displayReason": "High risk of fraud", "reasonNotes": None},
    ]
    order = seen(read, make.order(1, fulfillmentOrders=make.page(make.asked(31, (11, 1), fulfillmentHolds=holds))))
    assert order.fulfillment_orders[0].holds == ("call first", "High risk of fraud")


ADDRESS = {"name": "Jo Do", "company": None, "address1": "1 High St", "address2": None, "city": "Ottawa", "provinceCode": "ON", "zip": "K1N",
           "countryCodeV2": "CA", "phone": "+1", "latitude": 45.4, "longitude": -75.7}  # fmt: skip
PLACE = {"firstName": "Jo", "lastName": "Do", "company": None, "address1": "1 High St", "address2": None, "city": "Ottawa", "province": "Ontario",
         "zip": "K1N", "countryCode": "CA", "phone": None, "email": None}  # fmt: skip


def destination(read: Read, make: Any, place: Any, address: Any) -> Any:
    asked = make.asked(31, (11, 1), destination=place)
    return (
        seen(read, make.order(1, shippingAddress=address, fulfillmentOrders=make.page(asked))).fulfillment_orders[0].destination
    )


def test_the_destination_takes_province_code_position_and_email_from_the_same_address(read: Read, make: Any) -> None:
    found = destination(read, make, PLACE, ADDRESS)
    assert (found.name, found.province_code, found.latitude, found.email) == ("Jo Do", "ON", 45.4, "jo@example.com")


def test_a_destination_elsewhere_keeps_its_own_province(read: Read, make: Any) -> None:
    found = destination(read, make, {**PLACE, "zip": "M5V", "city": "Toronto"}, ADDRESS)
    assert (found.city, found.province_code, found.latitude) == ("Toronto", "Ontario", None)


def test_an_order_without_any_address_has_none(read: Read, make: Any) -> None:
    assert destination(read, make, None, None) is None


# --- receipts and sweeps -----------------------------------------------------------------------------------------------


def test_a_recorded_fulfillment_is_read_back(read: Read) -> None:
    body = {"order_id": "o", "shipment_id": "s", "fulfillment_id": "f", "adopted": True}
    assert read("answer/fulfillment", body) == e.FulfillmentRecorded(
        order_id="o", shipment_id="s", fulfillment_id="f", adopted=True
    )


def test_a_move_is_read_back(read: Read) -> None:
    body = {"order_id": "o", "location_id": "l", "fulfillment_order_ids": ["a"], "adopted": False}
    assert read("answer/move", body) == e.FulfillmentOrderMoved(order_id="o", location_id="l")


def test_a_swept_order_is_a_hint(read: Read) -> None:
    found = read("poll/order", {"order_id": "o", "updated_at": "2026-11-22T12:00:00Z"})
    assert found == e.OrderHinted(order_id="o", updated_at=datetime(2026, 11, 22, 12, tzinfo=UTC))


def variant(number: int, title: str) -> dict[str, Any]:
    return {
        "id": f"v{number}",
        "sku": None,
        "barcode": None,
        "title": title,
        "updatedAt": "2026-11-22T12:00:00Z",
        "inventoryPolicy": "CONTINUE",
        "requiresComponents": number == 2,
        "product": {"id": "p", "title": "Shirt"},
        "inventoryItem": {"id": f"i{number}", "tracked": True, "requiresShipping": False, "updatedAt": "2026-11-22T12:00:00Z"},
    }


def test_items_are_seen_with_a_title_that_a_person_knows(read: Read) -> None:
    found = read("poll/items", {"variants": [variant(1, "Default Title"), variant(2, "Red / L")]})
    assert isinstance(found, e.ItemsSeen)
    assert [item.title for item in found.items] == ["Shirt", "Shirt · Red / L"]
    assert (found.items[0].sku, found.items[0].tracked, found.items[0].requires_shipping) == ("", True, False)
    assert [(item.bundle, item.sells_when_out) for item in found.items] == [(False, True), (True, True)]


def test_locations_are_seen_with_inactive_and_foreign_ones(read: Read) -> None:
    rows = [
        {"id": "l1", "name": "Main", "isActive": True, "isFulfillmentService": False, "address": {"countryCode": "DE"}},
        {"id": "l2", "name": "3PL", "isActive": False, "isFulfillmentService": True, "address": {"countryCode": None}},
    ]
    found = read("poll/locations", {"locations": rows})
    assert found == e.LocationsSeen(
        locations=(
            e.LocationSeen(location_id="l1", name="Main", active=True, fulfillment_service=False, country_code="DE"),
            e.LocationSeen(location_id="l2", name="3PL", active=False, fulfillment_service=True, country_code=""),
        )
    )


def test_the_keeper_s_report_is_noted_in_words(read: Read) -> None:
    body = {"created": ["A", "B"], "updated": [], "deleted": ["C"], "failed": [["D", "no permission"]]}
    assert read("poll/subscriptions", body) == e.Noted(
        reason="Webhook subscriptions repaired: 2 created (A, B); 1 removed (C); D failed: no permission."
    )


@pytest.mark.parametrize(
    "topic", ["answer/order", "answer/fulfillment", "answer/move", "poll/order", "poll/items", "poll/locations"]
)
def test_a_receipt_that_is_not_ours_is_unreadable(read: Read, topic: str) -> None:
    with pytest.raises(Unreadable):
        read(topic, {"id": 1})
