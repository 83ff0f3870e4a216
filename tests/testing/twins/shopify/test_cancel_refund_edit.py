"""Cancelling, refunding, editing, returning: what happens to units, money and fulfillment orders (fact sheet E.3 to E.7)."""

from decimal import Decimal
from typing import Any

import pytest

HERE, THERE = "Berlin Central", "Hamburg Port"
CANCEL = """mutation C($id: ID!, $restock: Boolean!, $refund: Boolean, $method: OrderCancelRefundMethodInput, $note: String) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: $restock, refund: $refund, refundMethod: $method, staffNote: $note) {
    job { id done } orderCancelUserErrors { code field message } } }"""
REFUND = """mutation R($i: RefundInput!, $k: String!) { refundCreate(input: $i) @idempotent(key: $k) {
  refund { id totalRefundedSet { shopMoney { amount } } refundLineItems(first: 5) { nodes { quantity restockType restocked location { name } lineItem { sku } } } }
  userErrors { field message } } }"""
UPDATE = "mutation U($i: OrderInput!) { orderUpdate(input: $i) { order { tags note customAttributes { key value } shippingAddress { city } } userErrors { field message } } }"


def gid(one: Any, kind: str = "Order") -> str:
    return f"gid://shopify/{kind}/{one.id}"


def state(shop: Any, order: Any) -> Any:
    text = """query O($id: ID!) { order(id: $id) { cancelledAt cancelReason displayFinancialStatus displayFulfillmentStatus returnStatus edited
        currentTotalPriceSet { shopMoney { amount } } refunds { refundLineItems(first: 5) { nodes { quantity restockType } } }
        fulfillmentOrders(first: 9) { nodes { status lineItems(first: 9) { nodes { sku totalQuantity remainingQuantity } } } }
        lineItems(first: 9) { nodes { sku quantity currentQuantity unfulfilledQuantity refundableQuantity } } } }"""
    return shop.data(text, id=gid(order))["order"]


@pytest.fixture
def order(shop: Any) -> Any:
    return shop.place({"MUG-WHITE": 4, "PAN24": 2}, at=HERE)


def cancel(shop: Any, order: Any, **more: Any) -> Any:
    return shop.data(CANCEL, **{"id": gid(order), "restock": True, **more})["orderCancel"]


def test_cancelling_is_a_job_that_takes_a_moment(shop: Any, order: Any) -> None:
    job = cancel(shop, order)["job"]
    assert job["done"] is False
    assert state(shop, order)["cancelledAt"] is None
    shop.twin.advance(1)
    assert shop.data("query J($id: ID!) { job(id: $id) { done } }", id=job["id"])["job"]["done"] is True
    found = state(shop, order)
    assert found["cancelledAt"] is not None
    assert found["cancelReason"] == "CUSTOMER"


def test_cancelling_with_restock_gives_the_units_back(shop: Any, order: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    cancel(shop, order)
    shop.twin.advance(1)
    after = shop.states("MUG-WHITE", HERE)
    assert after == {**before, "available": before["available"] + 4, "committed": 0}


def test_cancelling_without_restock_writes_them_off(shop: Any, order: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    cancel(shop, order, restock=False)
    shop.twin.advance(1)
    after = shop.states("MUG-WHITE", HERE)
    assert after == {**before, "committed": 0, "on_hand": before["on_hand"] - 4}


def test_a_cancelled_orders_fulfillment_order_closes_but_keeps_its_remaining_quantity(shop: Any, order: Any) -> None:
    """Trap of E.4: never derive what to ship from remainingQuantity without the status."""
    cancel(shop, order)
    shop.twin.advance(1)
    found = state(shop, order)["fulfillmentOrders"]["nodes"][0]
    assert found["status"] == "CLOSED"
    assert [x["remainingQuantity"] for x in found["lineItems"]["nodes"]] == [4, 2]


def test_in_another_world_the_remaining_quantity_goes_to_zero(shop: Any, order: Any) -> None:
    shop.twin.set_choices({"cancel_keeps_remaining": False})
    shop.do.cancel(order)
    found = state(shop, order)["fulfillmentOrders"]["nodes"][0]
    assert [x["remainingQuantity"] for x in found["lineItems"]["nodes"]] == [0, 0]


@pytest.mark.parametrize(
    ("more", "status"),
    [({"refund": True}, "REFUNDED"), ({"method": {"originalPaymentMethodsRefund": True}}, "REFUNDED"), ({}, "PAID")],
)
def test_money_goes_back_when_asked_for(shop: Any, order: Any, more: Any, status: str) -> None:
    cancel(shop, order, **more)
    shop.twin.advance(1)
    assert state(shop, order)["displayFinancialStatus"] == status


def test_an_unpaid_cancelled_order_is_voided(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1}, paid=False)
    shop.do.cancel(order)
    assert state(shop, order)["displayFinancialStatus"] == "VOIDED"


def refusal(payload: Any) -> tuple[str, str | None]:
    assert payload["job"] is None
    return payload["orderCancelUserErrors"][0]["message"], payload["orderCancelUserErrors"][0]["code"]


def test_what_cannot_be_cancelled_and_why(shop: Any, order: Any) -> None:
    assert refusal(cancel(shop, order, id="gid://shopify/Order/5"))[1] == "NOT_FOUND"
    both = {"refund": True, "method": {"originalPaymentMethodsRefund": True}}
    assert refusal(cancel(shop, order, **both))[0] == "Only one of the arguments `refund` or `refund_method` is allowed."
    assert refusal(cancel(shop, order, note="x" * 256))[1] == "INVALID"
    shop.do.cancel(order)
    assert refusal(cancel(shop, order)) == ("Cannot cancel an order that has already been canceled", "INVALID")
    shipped = shop.place({"MUG-WHITE": 1})
    shop.do.fulfill(shipped)
    assert refusal(cancel(shop, shipped)) == ("Cannot cancel an order that has outstanding fulfillments", "INVALID")
    returned = shop.place({"MUG-WHITE": 1})
    shop.do.return_goods(returned, {"MUG-WHITE": 1})
    assert refusal(cancel(shop, returned)) == ("Cannot cancel an order that has returns", "INVALID")


def test_two_cancellations_at_once(shop: Any, order: Any) -> None:
    cancel(shop, order)
    assert refusal(cancel(shop, order)) == ("Cancellation is already in progress", None)


def test_a_shipment_that_wins_the_race_makes_the_job_fail(shop: Any, order: Any) -> None:
    text = CANCEL.replace("job { id done }", "job { id done } jobResult { id }")
    payload = shop.data(text, id=gid(order), restock=True)["orderCancel"]
    shop.do.fulfill(order)
    shop.twin.advance(1)
    job = shop.twin.world.jobs[payload["job"]["id"].split("/")[-1]]
    assert (job.done, job.status) == (True, "FAILED")
    assert state(shop, order)["cancelledAt"] is None


def test_an_order_cancelled_before_routing_never_gets_a_fulfillment_order(shop: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    order = shop.place({"MUG-WHITE": 2}, at=HERE, routed=False)
    shop.do.cancel(order)
    shop.twin.advance(5)
    assert order.fulfillment_orders == []
    assert shop.states("MUG-WHITE", HERE) == before


def refund(shop: Any, order: Any, rows: list[Any], **more: Any) -> Any:
    return shop.data(REFUND, i={"orderId": gid(order), "refundLineItems": rows, **more}, k=shop.key())["refundCreate"]


def row(order: Any, sku: str, quantity: int, kind: str, **more: Any) -> Any:
    line = next(x for x in order.lines if x.sku == sku)
    return {"lineItemId": gid(line, "LineItem"), "quantity": quantity, "restockType": kind, **more}


def test_refunding_unshipped_units_takes_them_out_of_the_fulfillment_order(shop: Any, order: Any) -> None:
    """Trap 23: this is how a merchant takes a line off, and it is not a cancellation."""
    before = shop.states("MUG-WHITE", HERE)
    made = refund(shop, order, [row(order, "MUG-WHITE", 3, "CANCEL")])["refund"]
    line = made["refundLineItems"]["nodes"][0]
    assert (line["restocked"], line["location"]) == (True, {"name": HERE})
    after = shop.states("MUG-WHITE", HERE)
    assert after == {**before, "available": before["available"] + 3, "committed": 1}
    found = state(shop, order)
    assert found["cancelledAt"] is None
    mug = found["lineItems"]["nodes"][0]
    assert (mug["quantity"], mug["currentQuantity"], mug["unfulfilledQuantity"]) == (4, 1, 1)
    assert found["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"][0] == {
        "sku": "MUG-WHITE",
        "totalQuantity": 1,
        "remainingQuantity": 1,
    }


def test_a_line_that_is_refunded_whole_leaves_the_fulfillment_order(shop: Any, order: Any) -> None:
    refund(shop, order, [row(order, "MUG-WHITE", 4, "CANCEL")])
    found = state(shop, order)["fulfillmentOrders"]["nodes"][0]
    assert [x["sku"] for x in found["lineItems"]["nodes"]] == ["PAN24"]
    refund(shop, order, [row(order, "PAN24", 2, "CANCEL")])
    assert state(shop, order)["fulfillmentOrders"]["nodes"][0]["status"] == "CLOSED"


def test_refunding_shipped_units_with_restock_puts_them_on_the_shelf_named(shop: Any, order: Any) -> None:
    shop.do.fulfill(order)
    before = shop.states("MUG-WHITE", THERE)
    refund(shop, order, [row(order, "MUG-WHITE", 2, "RETURN", locationId=shop.location(THERE))])
    after = shop.states("MUG-WHITE", THERE)
    assert after == {**before, "available": before["available"] + 2, "on_hand": before["on_hand"] + 2}
    assert state(shop, order)["lineItems"]["nodes"][0]["currentQuantity"] == 2


def test_refunding_shipped_units_without_restock_moves_nothing(shop: Any, order: Any) -> None:
    shop.do.fulfill(order)
    before = shop.states("MUG-WHITE", HERE)
    made = refund(shop, order, [row(order, "MUG-WHITE", 2, "NO_RESTOCK")])["refund"]
    assert made["refundLineItems"]["nodes"][0]["restocked"] is False
    assert made["refundLineItems"]["nodes"][0]["location"] is None
    assert shop.states("MUG-WHITE", HERE) == before


def test_refunding_unshipped_units_without_restock_writes_them_off(shop: Any, order: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    refund(shop, order, [row(order, "MUG-WHITE", 1, "NO_RESTOCK")])
    after = shop.states("MUG-WHITE", HERE)
    assert after == {**before, "committed": 3, "on_hand": before["on_hand"] - 1}


def test_refunds_before_routing_shrink_what_will_be_routed(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 4}, at=HERE, routed=False)
    refund(shop, order, [row(order, "MUG-WHITE", 3, "CANCEL")])
    shop.twin.advance(1)
    assert [one.remaining for one in order.fulfillment_orders] == [1]
    assert shop.states("MUG-WHITE", HERE)["committed"] == 1


def test_what_cannot_be_refunded_and_why(shop: Any, order: Any) -> None:
    def errors(*rows: Any, **more: Any) -> list[str]:
        return [x["message"] for x in refund(shop, order, list(rows), **more)["userErrors"]]

    assert errors(row(order, "MUG-WHITE", 5, "NO_RESTOCK")) == ["Quantity cannot refund more items than were purchased"]
    assert errors(row(order, "MUG-WHITE", 1, "RETURN")) == ["Location must be present to restock"]
    pay = {"orderId": gid(order), "gateway": "bogus", "kind": "REFUND", "amount": "5.00"}
    assert errors(transactions=[pay]) == ["Transactions require a parent_id associated with the order"]
    parent = gid(order.transactions[0], "OrderTransaction")
    too_much = {**pay, "amount": "9999.00", "parentId": parent}
    assert errors(transactions=[too_much])[0].startswith("Refund amount $9999.00 is greater than net payment received $")
    assert errors(orderId="gid://shopify/Order/5") == ["Order does not exist"]
    shop.do.fulfill(order)
    assert errors(row(order, "MUG-WHITE", 1, "CANCEL")) == ["Quantity cannot refund more items than were purchased"]
    other = shop.place({"LANTERN": 1})
    assert errors(row(other, "LANTERN", 1, "CANCEL")) == ["Line item does not exist"]
    assert order.refunds == []


def test_money_can_be_given_back_without_units(shop: Any, order: Any) -> None:
    parent = gid(order.transactions[0], "OrderTransaction")
    pay = {"orderId": gid(order), "gateway": "bogus", "kind": "REFUND", "amount": "5.00", "parentId": parent}
    made = refund(shop, order, [], transactions=[pay])["refund"]
    assert made["totalRefundedSet"]["shopMoney"]["amount"] == "5.0"
    assert state(shop, order)["displayFinancialStatus"] == "PARTIALLY_REFUNDED"


def test_staff_refund_by_sku_and_get_the_same_refusals(shop: Any, order: Any) -> None:
    shop.do.refund(order, {"MUG-WHITE": 1})
    assert shop.states("MUG-WHITE", HERE)["committed"] == 3
    with pytest.raises(ValueError, match="more items than were purchased"):
        shop.do.refund(order, {"MUG-WHITE": 4})


def test_an_edit_adds_units_in_place_and_says_so_in_deltas(shop: Any, order: Any) -> None:
    shop.do.edit(order, quantities={"PAN24": 5, "MUG-WHITE": 1}, add={"LANTERN": 1})
    found = state(shop, order)
    assert found["edited"] is True
    lines = {x["sku"]: x for x in found["lineItems"]["nodes"]}
    assert (lines["PAN24"]["quantity"], lines["PAN24"]["currentQuantity"]) == (5, 5)
    assert (lines["MUG-WHITE"]["quantity"], lines["MUG-WHITE"]["currentQuantity"]) == (4, 1)
    assert len(found["fulfillmentOrders"]["nodes"]) == 1
    remaining = {x["sku"]: x["remainingQuantity"] for x in found["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]}
    assert remaining == {"MUG-WHITE": 1, "PAN24": 5, "LANTERN": 1}
    assert (shop.states("PAN24", HERE)["committed"], shop.states("LANTERN", HERE)["committed"]) == (5, 1)
    entry = shop.twin.ledger.of("order_edited")[-1].data
    assert sorted(entry["additions"].values()) == [1, 3]
    assert list(entry["removals"].values()) == [3]


def test_an_edit_after_shipping_makes_a_new_fulfillment_order(shop: Any, order: Any) -> None:
    shop.do.fulfill(order)
    shop.do.edit(order, add={"LANTERN": 2})
    statuses = [one.status for one in order.fulfillment_orders]
    assert statuses == ["CLOSED", "OPEN"]


def test_an_edit_before_routing_is_routed_with_the_rest(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1}, routed=False)
    shop.do.edit(order, quantities={"MUG-WHITE": 3})
    shop.twin.advance(1)
    assert [one.remaining for one in order.fulfillment_orders] == [3]


def test_a_return_goes_through_its_states(shop: Any, order: Any) -> None:
    shop.do.fulfill(order)
    made = shop.do.return_goods(order, {"MUG-WHITE": 2}, requested=True)
    assert state(shop, order)["returnStatus"] == "RETURN_REQUESTED"
    made.status = "OPEN"
    assert state(shop, order)["returnStatus"] == "IN_PROGRESS"
    before = shop.states("MUG-WHITE", THERE)
    shop.do.receive_return(made, restock_at=THERE)
    assert state(shop, order)["returnStatus"] == "RETURNED"
    assert shop.states("MUG-WHITE", THERE)["on_hand"] == before["on_hand"] + 2
    text = """query R($id: ID!) { return(id: $id) { name status totalQuantity returnLineItems(first: 5) { nodes { quantity processedQuantity
        ... on ReturnLineItem { fulfillmentLineItem { lineItem { sku } } } } } refunds(first: 5) { nodes { totalRefundedSet { shopMoney { amount } } } } } }"""
    found = shop.data(text, id=gid(made, "Return"))["return"]
    assert (found["name"], found["status"], found["totalQuantity"]) == ("#1001-R1", "CLOSED", 2)
    assert found["returnLineItems"]["nodes"][0]["fulfillmentLineItem"]["lineItem"]["sku"] == "MUG-WHITE"
    assert Decimal(found["refunds"]["nodes"][0]["totalRefundedSet"]["shopMoney"]["amount"]) == Decimal("24.0")


def test_a_return_without_a_place_is_not_restocked(shop: Any, order: Any) -> None:
    shop.do.fulfill(order)
    before = shop.states("MUG-WHITE", HERE)
    refund_made = shop.do.receive_return(shop.do.return_goods(order, {"MUG-WHITE": 1}))
    assert [x.restock_type for x in refund_made.lines] == ["NO_RESTOCK"]
    assert shop.states("MUG-WHITE", HERE) == before


def test_order_update_replaces_whole_lists(shop: Any) -> None:
    """Trap 27."""
    order = shop.place({"MUG-WHITE": 1}, tags=["vip", "gift"], attributes={"a": "1"})
    given = {"id": gid(order), "tags": ["new"], "customAttributes": [{"key": "b", "value": "2"}], "note": "hi"}
    found = shop.data(UPDATE, i=given)["orderUpdate"]["order"]
    assert found["tags"] == ["new"]
    assert found["customAttributes"] == [{"key": "b", "value": "2"}]
    assert found["note"] == "hi"
    moved = shop.data(UPDATE, i={"id": gid(order), "shippingAddress": {"city": "Basel"}})["orderUpdate"]["order"]
    assert moved["shippingAddress"] == {"city": "Basel"}
    unknown = shop.data(UPDATE, i={"id": "gid://shopify/Order/5"})["orderUpdate"]["userErrors"]
    assert unknown == [{"field": ["id"], "message": "Order does not exist"}]


def test_tags_are_added_and_removed_without_touching_others(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1}, tags=["vip"])
    before = order.updated_at
    shop.twin.advance(5)
    text = "mutation T($id: ID!, $t: [String!]!) { %s(id: $id, tags: $t) { node { ... on Order { tags } } userErrors { message } } }"
    assert shop.data(text % "tagsAdd", id=gid(order), t=["sent", "vip"])["tagsAdd"]["node"]["tags"] == ["sent", "vip"]
    changed = order.updated_at
    assert changed > before
    shop.twin.advance(5)
    shop.data(text % "tagsAdd", id=gid(order), t=["sent"])
    assert order.updated_at == changed
    assert shop.data(text % "tagsRemove", id=gid(order), t=["vip", "none"])["tagsRemove"]["node"]["tags"] == ["sent"]
    assert shop.data(text % "tagsAdd", id="gid://shopify/Order/5", t=["x"])["tagsAdd"]["userErrors"]


METAFIELD = """mutation M($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) {
  metafields { namespace key value compareDigest type } userErrors { code field message elementIndex } } }"""


def test_a_metafield_is_a_compare_and_set_mark_on_an_order(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1})
    given = {"ownerId": gid(order), "namespace": "$app:stockbridge", "key": "claim", "type": "json", "value": '{"by":1}'}
    first = shop.data(METAFIELD, m=[{**given, "compareDigest": None}])["metafieldsSet"]
    assert first["userErrors"] == []
    digest = first["metafields"][0]["compareDigest"]
    again = shop.data(METAFIELD, m=[{**given, "compareDigest": None}])["metafieldsSet"]
    assert [(x["code"], x["elementIndex"]) for x in again["userErrors"]] == [("STALE_OBJECT", 0)]
    stale = shop.data(METAFIELD, m=[{**given, "value": "{}", "compareDigest": "wrong"}])["metafieldsSet"]
    assert stale["metafields"] == []
    good = shop.data(METAFIELD, m=[{**given, "value": "{}", "compareDigest": digest}])["metafieldsSet"]
    assert good["userErrors"] == []
    assert good["metafields"][0]["compareDigest"] != digest
    text = 'query Q($id: ID!) { order(id: $id) { metafield(namespace: "$app:stockbridge", key: "claim") { jsonValue } metafields(first: 5) { nodes { key } } } }'
    found = shop.data(text, id=gid(order))["order"]
    assert found == {"metafield": {"jsonValue": {}}, "metafields": {"nodes": [{"key": "claim"}]}}


def test_metafields_are_written_all_or_none(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1})
    good = {"ownerId": gid(order), "namespace": "x", "key": "k", "value": "1", "type": "single_line_text_field"}
    bad = {**good, "ownerId": "gid://shopify/Order/5"}
    assert shop.data(METAFIELD, m=[good, bad])["metafieldsSet"]["metafields"] == []
    assert shop.twin.world.metafields == {}
    many = shop.data(METAFIELD, m=[{**good, "key": f"k{n}"} for n in range(26)])["metafieldsSet"]
    assert many["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"
