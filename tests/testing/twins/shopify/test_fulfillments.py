"""Fulfillments: checks in Shopify's order, partial shipments, tracking, cancelling (fact sheet F.4)."""

from typing import Any

import pytest

HERE, THERE = "Berlin Central", "Hamburg Port"
CREATE = """mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id name status displayStatus totalQuantity createdAt location { name } trackingInfo(first: 5) { company number url }
    fulfillmentLineItems(first: 5) { nodes { quantity lineItem { sku } } } fulfillmentOrders(first: 5) { nodes { id } } }
  userErrors { field message } } }"""
TRACK = """mutation T($id: ID!, $t: FulfillmentTrackingInput!) { fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $t) {
  fulfillment { trackingInfo { company number url } } userErrors { field message } } }"""
CANCEL = (
    "mutation C($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status displayStatus } userErrors { field message } } }"
)
EVENT = """mutation E($e: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $e) { fulfillmentEvent { id status happenedAt city }
  userErrors { field message } } }"""


def gid(one: Any, kind: str = "FulfillmentOrder") -> str:
    return f"gid://shopify/{kind}/{one.id}"


def lines(one: Any, *quantities: int) -> list[dict[str, Any]]:
    rows = zip(one.lines, quantities, strict=False)
    return [{"id": gid(line, "FulfillmentOrderLineItem"), "quantity": units} for line, units in rows if units is not None]


def create(shop: Any, *groups: Any, **more: Any) -> Any:
    """Each group is a fulfillment order, or one with its lines."""
    rows = []
    for group in groups:
        one, parts = group if isinstance(group, tuple) else (group, None)
        row = {"fulfillmentOrderId": one if isinstance(one, str) else gid(one)}
        rows.append({**row, "fulfillmentOrderLineItems": parts} if parts is not None else row)
    return shop.data(CREATE, f={"lineItemsByFulfillmentOrder": rows, **more})["fulfillmentCreate"]


@pytest.fixture
def one(shop: Any) -> Any:
    return shop.place({"MUG-WHITE": 4, "PAN24": 2}, at=HERE).fulfillment_orders[0]


def test_without_lines_everything_left_is_shipped(shop: Any, one: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    made = create(shop, one)["fulfillment"]
    assert (made["status"], made["displayStatus"], made["totalQuantity"]) == ("SUCCESS", "FULFILLED", 6)
    assert made["name"] == "#1001-F1"
    assert made["location"] == {"name": HERE}
    assert [(x["lineItem"]["sku"], x["quantity"]) for x in made["fulfillmentLineItems"]["nodes"]] == [
        ("MUG-WHITE", 4),
        ("PAN24", 2),
    ]
    after = shop.states("MUG-WHITE", HERE)
    assert after == {**before, "committed": 0, "on_hand": before["on_hand"] - 4}
    assert one.status == "CLOSED"


def test_a_partial_shipment_leaves_the_rest_open_under_the_same_id(shop: Any, one: Any) -> None:
    first = create(shop, (one, lines(one, 3)))["fulfillment"]
    assert first["fulfillmentLineItems"]["nodes"] == [{"quantity": 3, "lineItem": {"sku": "MUG-WHITE"}}]
    assert (one.status, one.remaining) == ("IN_PROGRESS", 3)
    second = create(shop, one)["fulfillment"]
    assert (second["name"], second["totalQuantity"]) == ("#1001-F2", 3)
    text = "query O($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillments { name } lineItems(first: 5) { nodes { unfulfilledQuantity } } } }"
    found = shop.data(text, id=gid(one.order, "Order"))["order"]
    assert found["displayFulfillmentStatus"] == "FULFILLED"
    assert [x["unfulfilledQuantity"] for x in found["lineItems"]["nodes"]] == [0, 0]


def test_partly_shipped_shows_on_the_order(shop: Any, one: Any) -> None:
    create(shop, (one, lines(one, 1)))
    text = "query O($id: ID!) { order(id: $id) { displayFulfillmentStatus } }"
    assert shop.data(text, id=gid(one.order, "Order"))["order"]["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"


def test_two_fulfillment_orders_of_one_place_become_one_fulfillment(shop: Any, one: Any) -> None:
    split = """mutation S($s: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $s) { userErrors { message } } }"""
    shop.data(split, s=[{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": lines(one, 1)}])
    sibling = one.order.fulfillment_orders[1]
    made = create(shop, one, sibling)["fulfillment"]
    assert len(made["fulfillmentOrders"]["nodes"]) == 2
    quantities = {x["lineItem"]["sku"]: x["quantity"] for x in made["fulfillmentLineItems"]["nodes"]}
    assert quantities == {"MUG-WHITE": 4, "PAN24": 2}


def refused(payload: Any) -> tuple[str, list[str]]:
    assert payload["fulfillment"] is None
    assert len(payload["userErrors"]) == 1
    return payload["userErrors"][0]["message"], payload["userErrors"][0]["field"]


def test_shipping_again_what_is_closed_is_refused(shop: Any, one: Any) -> None:
    create(shop, one)
    text = f"Fulfillment order {one.id} has an unfulfillable status= closed."
    assert refused(create(shop, one)) == (text, ["fulfillment"])


def test_places_cannot_be_mixed(shop: Any, one: Any) -> None:
    shop.do.set_stock("LANTERN", HERE, quantity=0)
    shop.do.set_stock("LANTERN", THERE, quantity=5)
    shop.do.edit(one.order, add={"LANTERN": 1})
    first, second = one.order.fulfillment_orders
    message, _ = refused(create(shop, first, second))
    places = sorted([first.location.id, second.location.id])
    assert (
        message
        == f"All fulfillment orders must be assigned to a single location. Multiple locations with ids [{places[0]}, {places[1]}] were found."
    )


def test_orders_cannot_be_mixed(shop: Any, one: Any) -> None:
    other = shop.place({"PAN24": 1}, at=HERE).fulfillment_orders[0]
    ids = sorted([one.order.id, other.order.id])
    text = f"All fulfillment orders must belong to the same order. Multiple orders with ids [{ids[0]}, {ids[1]}] were found."
    assert refused(create(shop, one, other))[0] == text


def test_unknown_ones_are_refused(shop: Any, one: Any) -> None:
    assert refused(create(shop, "gid://shopify/FulfillmentOrder/5"))[0] == "Fulfillment order does not exist."
    ghost = [{"id": "gid://shopify/FulfillmentOrderLineItem/5", "quantity": 1}]
    assert refused(create(shop, (one, ghost)))[0] == "Fulfillment order line item does not exist."
    other = shop.place({"LANTERN": 1}, at=HERE).fulfillment_orders[0]
    assert refused(create(shop, (one, lines(other, 1))))[0] == "Fulfillment order line item does not exist."


def test_quantities_are_checked_first_and_against_what_is_left(shop: Any, one: Any) -> None:
    assert refused(create(shop, (one, lines(one, 5))))[0] == "Invalid fulfillment order line item quantity requested."
    message, field = refused(create(shop, ("gid://shopify/FulfillmentOrder/5", lines(one, 1)), (one, lines(one, 1, 0))))
    assert message == "Quantity must be greater than 0"
    assert field == ["fulfillment", "lineItemsByFulfillmentOrder", "1", "fulfillmentOrderLineItems", "1", "quantity"]
    assert one.remaining == 6


def test_nothing_at_all_is_refused(shop: Any) -> None:
    assert refused(create(shop))[0]


def test_what_is_on_hold_is_refused_in_one_world_and_shipped_in_another(shop: Any, one: Any) -> None:
    shop.do.hold(one.order)
    assert "unfulfillable status= on_hold" in refused(create(shop, one))[0]
    shop.twin.set_choices({"fulfill_on_hold": "allow"})
    assert create(shop, one)["userErrors"] == []


def test_an_id_of_another_kind_is_a_top_level_error(shop: Any, one: Any) -> None:
    given = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": gid(one.order, "Order")}]}
    assert shop.error(CREATE, f=given)["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_a_repeated_call_ships_again_because_there_is_no_key(shop: Any, one: Any) -> None:
    """Trap 8: nothing protects from a blind retry but the remaining quantity."""
    parts = lines(one, 1)
    assert create(shop, (one, parts), trackingInfo={"number": "A"})["userErrors"] == []
    assert create(shop, (one, parts), trackingInfo={"number": "A"})["userErrors"] == []
    assert len(one.order.fulfillments) == 2


TRACKING = [
    (
        {"company": "DHL", "number": "JD1"},
        [("DHL", "JD1", "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=JD1")],
    ),
    ({"company": "Radkurier", "number": "7"}, [("Radkurier", "7", None)]),
    ({"company": "Radkurier", "number": "7", "url": "https://rad.example/7"}, [("Radkurier", "7", "https://rad.example/7")]),
    ({"numbers": ["1", "2"], "urls": ["https://a.example/1"]}, [(None, "1", "https://a.example/1"), (None, "2", None)]),
    ({"company": "UPS"}, [("UPS", None, None)]),
    ({}, []),
]


@pytest.mark.parametrize(("given", "expected"), TRACKING)
def test_tracking_is_kept_parcel_by_parcel(shop: Any, one: Any, given: Any, expected: list[Any]) -> None:
    made = create(shop, one, trackingInfo=given)["fulfillment"]
    assert [(x["company"], x["number"], x["url"]) for x in made["trackingInfo"]] == expected


def test_new_tracking_replaces_the_old_even_on_a_cancelled_one(shop: Any, one: Any) -> None:
    made = create(shop, one, trackingInfo={"numbers": ["1", "2"]})["fulfillment"]["id"]
    found = shop.data(TRACK, id=made, t={"number": "3"})["fulfillmentTrackingInfoUpdate"]["fulfillment"]
    assert [x["number"] for x in found["trackingInfo"]] == ["3"]
    shop.data(CANCEL, id=made)
    assert shop.data(TRACK, id=made, t={"number": "4"})["fulfillmentTrackingInfoUpdate"]["userErrors"] == []
    unknown = shop.data(TRACK, id="gid://shopify/Fulfillment/5", t={"number": "4"})["fulfillmentTrackingInfoUpdate"]
    assert unknown["userErrors"][0]["message"] == "Fulfillment does not exist."


def test_cancelling_commits_the_units_again_in_a_new_fulfillment_order(shop: Any, one: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    made = create(shop, one)["fulfillment"]["id"]
    found = shop.data(CANCEL, id=made)["fulfillmentCancel"]["fulfillment"]
    assert found == {"status": "CANCELLED", "displayStatus": "CANCELED"}
    assert shop.states("MUG-WHITE", HERE) == before
    fresh = one.order.fulfillment_orders[1]
    assert (one.status, fresh.status, fresh.remaining) == ("CLOSED", "OPEN", 6)
    assert [line.unfulfilled_quantity for line in one.order.lines] == [4, 2]


def test_cancelling_twice_is_silent_and_an_unknown_one_is_not(shop: Any, one: Any) -> None:
    made = create(shop, one)["fulfillment"]["id"]
    for _ in range(2):
        assert shop.data(CANCEL, id=made)["fulfillmentCancel"]["userErrors"] == []
    assert shop.states("MUG-WHITE", HERE)["committed"] == 4
    unknown = shop.data(CANCEL, id="gid://shopify/Fulfillment/5")["fulfillmentCancel"]["userErrors"]
    assert unknown == [{"field": ["id"], "message": "Fulfillment not found."}]


def test_in_another_world_cancelling_reopens_the_old_fulfillment_order(shop: Any, one: Any) -> None:
    shop.twin.set_choices({"fulfillment_cancel": "reopen"})
    made = create(shop, one)["fulfillment"]["id"]
    shop.data(CANCEL, id=made)
    assert (one.status, one.remaining) == ("OPEN", 6)
    assert len(one.order.fulfillment_orders) == 1


def test_units_of_a_still_open_one_go_back_into_it(shop: Any, one: Any) -> None:
    made = create(shop, (one, lines(one, 3)))["fulfillment"]["id"]
    shop.data(CANCEL, id=made)
    assert one.remaining == 6
    assert len(one.order.fulfillment_orders) == 1


def test_carrier_events_move_the_display_status(shop: Any, one: Any) -> None:
    made = create(shop, one)["fulfillment"]["id"]
    for status, shown in (("IN_TRANSIT", "IN_TRANSIT"), ("FAILURE", "NOT_DELIVERED"), ("DELIVERED", "DELIVERED")):
        given = {"fulfillmentId": made, "status": status, "happenedAt": "2026-11-02T10:00:00Z", "city": "Lyon"}
        event = shop.data(EVENT, e=given)["fulfillmentEventCreate"]["fulfillmentEvent"]
        assert (event["status"], event["city"], event["happenedAt"]) == (status, "Lyon", "2026-11-02T10:00:00Z")
        text = "query F($id: ID!) { fulfillment(id: $id) { displayStatus deliveredAt events(first: 9) { nodes { status } } } }"
        found = shop.data(text, id=made)["fulfillment"]
        assert found["displayStatus"] == shown
    assert found["deliveredAt"] == "2026-11-02T10:00:00Z"
    assert len(found["events"]["nodes"]) == 3
    unknown = shop.data(EVENT, e={"fulfillmentId": "gid://shopify/Fulfillment/5", "status": "DELIVERED"})
    assert unknown["fulfillmentEventCreate"]["userErrors"]


def test_a_person_can_ship_too_and_the_ledger_tells_the_difference(shop: Any, one: Any) -> None:
    shop.do.fulfill(one.order, tracking={"company": "DHL", "number": "X"})
    other = shop.place({"PAN24": 1}, at=HERE).fulfillment_orders[0]
    create(shop, other)
    apps = [entry.data["app"] for entry in shop.twin.ledger.of("fulfillment_created")]
    assert apps == [None, "Stockbridge"]
