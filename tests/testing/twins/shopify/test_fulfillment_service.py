"""The fulfillment-service loop: a merchant asks a 3PL to ship or to stop, and the 3PL answers (fact sheet F.5)."""

from typing import Any

import pytest

THERE = "Hamburg Port"
FIELDS = "{ fulfillmentOrder { id status requestStatus } userErrors { field message } }"
SUBMIT = """mutation S($id: ID!, $lines: [FulfillmentOrderLineItemInput!], $message: String) {
  fulfillmentOrderSubmitFulfillmentRequest(id: $id, fulfillmentOrderLineItems: $lines, message: $message) {
    originalFulfillmentOrder { id } submittedFulfillmentOrder { id status requestStatus }
    unsubmittedFulfillmentOrder { id requestStatus lineItems(first: 5) { nodes { remainingQuantity } } }
    userErrors { field message } } }"""
ACCEPT, REJECT, CLOSE = (
    "fulfillmentOrderAcceptFulfillmentRequest",
    "fulfillmentOrderRejectFulfillmentRequest",
    "fulfillmentOrderClose",
)
STOP, ACCEPT_STOP, REJECT_STOP = (
    "fulfillmentOrderSubmitCancellationRequest",
    "fulfillmentOrderAcceptCancellationRequest",
    "fulfillmentOrderRejectCancellationRequest",
)


def gid(one: Any, kind: str = "FulfillmentOrder") -> str:
    return f"gid://shopify/{kind}/{one.id}"


@pytest.fixture
def one(shop: Any) -> Any:
    """An order over four mugs at a 3PL."""
    shop.do.add_location("3PL", service=True)
    shop.do.set_stock("MUG-WHITE", "3PL", quantity=10)
    return shop.place({"MUG-WHITE": 4}, at="3PL").fulfillment_orders[0]


def submit(shop: Any, one: Any, lines: Any = None, message: str | None = None) -> Any:
    return shop.data(SUBMIT, id=gid(one), lines=lines, message=message)["fulfillmentOrderSubmitFulfillmentRequest"]


def call(shop: Any, field: str, one: Any) -> Any:
    return shop.data(f'mutation M($id: ID!) {{ {field}(id: $id, message: "so") {FIELDS} }}', id=gid(one))[field]


def state(one: Any) -> tuple[str, str]:
    return one.status, one.request_status


def path(shop: Any, one: Any, *fields: str) -> None:
    """Asks for everything, then does these in turn."""
    assert submit(shop, one)["userErrors"] == []
    for field in fields:
        assert call(shop, field, one)["userErrors"] == []


def listed(shop: Any, status: str) -> list[str]:
    text = "query L($s: FulfillmentOrderAssignmentStatus) { assignedFulfillmentOrders(first: 9, assignmentStatus: $s) { nodes { id } } }"
    return [x["id"] for x in shop.data(text, s=status)["assignedFulfillmentOrders"]["nodes"]]


def test_a_request_is_submitted_seen_by_the_service_and_accepted(shop: Any, one: Any) -> None:
    payload = submit(shop, one, message="Fragile")
    assert payload["submittedFulfillmentOrder"] == {"id": gid(one), "status": "OPEN", "requestStatus": "SUBMITTED"}
    assert payload["unsubmittedFulfillmentOrder"] is None
    assert listed(shop, "FULFILLMENT_REQUESTED") == [gid(one)]
    assert call(shop, ACCEPT, one)["fulfillmentOrder"] == {"id": gid(one), "status": "IN_PROGRESS", "requestStatus": "ACCEPTED"}
    assert (listed(shop, "FULFILLMENT_REQUESTED"), listed(shop, "FULFILLMENT_ACCEPTED")) == ([], [gid(one)])


def test_what_was_asked_is_kept_with_its_message(shop: Any, one: Any) -> None:
    submit(shop, one, message="Fragile")
    call(shop, ACCEPT, one)
    call(shop, STOP, one)
    text = """query R($id: ID!, $kind: FulfillmentOrderMerchantRequestKind) { fulfillmentOrder(id: $id) {
        merchantRequests(first: 5, kind: $kind) { nodes { kind message fulfillmentOrder { id } } } } }"""
    rows = shop.data(text, id=gid(one))["fulfillmentOrder"]["merchantRequests"]["nodes"]
    assert [(x["kind"], x["message"]) for x in rows] == [("FULFILLMENT_REQUEST", "Fragile"), ("CANCELLATION_REQUEST", "so")]
    only = shop.data(text, id=gid(one), kind="CANCELLATION_REQUEST")["fulfillmentOrder"]["merchantRequests"]["nodes"]
    assert [x["fulfillmentOrder"]["id"] for x in only] == [gid(one)]


def test_a_part_that_is_asked_for_leaves_the_rest_in_an_order_of_its_own(shop: Any, one: Any) -> None:
    payload = submit(shop, one, [{"id": gid(one.lines[0], "FulfillmentOrderLineItem"), "quantity": 3}])
    rest = payload["unsubmittedFulfillmentOrder"]
    assert rest["requestStatus"] == "UNSUBMITTED"
    assert rest["lineItems"]["nodes"] == [{"remainingQuantity": 1}]
    assert one.remaining == 3
    assert shop.states("MUG-WHITE", "3PL")["committed"] == 4


def test_a_refused_request_may_be_moved_or_made_again(shop: Any, one: Any) -> None:
    path(shop, one, REJECT)
    assert state(one) == ("OPEN", "REJECTED")
    path(shop, one, ACCEPT)
    assert state(one) == ("IN_PROGRESS", "ACCEPTED")


def test_an_order_that_a_service_has_cannot_be_moved_away(shop: Any, one: Any) -> None:
    path(shop, one)
    text = """mutation M($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) { userErrors { message } } }"""
    payload = shop.data(text, id=gid(one), to=shop.location(THERE))["fulfillmentOrderMove"]
    assert payload["userErrors"] == [
        {"message": "Cannot move submitted fulfillment order that is at a 3PL fulfillment service."}
    ]


def test_a_granted_cancellation_closes_it_and_gives_its_units_back_to_the_merchant(shop: Any, one: Any) -> None:
    path(shop, one, ACCEPT, STOP)
    assert listed(shop, "CANCELLATION_REQUESTED") == [gid(one)]
    assert call(shop, ACCEPT_STOP, one)["userErrors"] == []
    assert (state(one), one.remaining) == (("CLOSED", "CANCELLATION_ACCEPTED"), 0)
    again = one.order.fulfillment_orders[-1]
    assert (state(again), again.remaining) == (("OPEN", "UNSUBMITTED"), 4)
    assert shop.states("MUG-WHITE", "3PL")["committed"] == 4


def test_a_refused_cancellation_changes_nothing_and_may_be_asked_again(shop: Any, one: Any) -> None:
    path(shop, one, ACCEPT, STOP, REJECT_STOP)
    assert state(one) == ("IN_PROGRESS", "CANCELLATION_REJECTED")
    assert call(shop, STOP, one)["userErrors"] == []


def test_a_service_that_gives_up_leaves_the_rest_incomplete(shop: Any, one: Any) -> None:
    path(shop, one, ACCEPT, CLOSE)
    assert (state(one), one.remaining) == (("INCOMPLETE", "CLOSED"), 4)
    assert shop.data("query A($id: ID!) { fulfillmentOrder(id: $id) { supportedActions { action } } }", id=gid(one)) == {
        "fulfillmentOrder": {
            "supportedActions": [{"action": x} for x in ("CREATE_FULFILLMENT", "HOLD", "MOVE", "REQUEST_FULFILLMENT")]
        }
    }


def test_what_was_accepted_can_be_shipped(shop: Any, one: Any) -> None:
    path(shop, one, ACCEPT)
    shop.do.fulfill(one.order)
    assert state(one)[0] == "CLOSED"
    assert shop.states("MUG-WHITE", "3PL")["committed"] == 0


@pytest.mark.parametrize(
    ("before", "field", "message"),
    [
        ([], ACCEPT, "Cannot accept fulfillment request"),
        ([], REJECT, "Cannot reject fulfillment request"),
        ([], STOP, "Cannot request cancellation"),
        ([], ACCEPT_STOP, "Cannot accept cancellation request"),
        ([], REJECT_STOP, "Cannot reject cancellation request"),
        ([], CLOSE, "The fulfillment order is not in an in progress state."),
        (["submit"], STOP, "Cannot request cancellation"),
        (["submit"], CLOSE, "The fulfillment order is not in an in progress state."),
        (["submit", ACCEPT], ACCEPT, "Cannot accept fulfillment request"),
        (["submit", "ship"], ACCEPT, "Cannot accept fulfillment request"),
        (["submit", "ship"], REJECT, "Cannot reject fulfillment request"),
        (["submit", ACCEPT, STOP, "ship"], ACCEPT_STOP, "Cannot accept cancellation request"),
        (["submit", ACCEPT, "ship"], STOP, "Cannot request cancellation"),
    ],
)
def test_an_answer_to_what_was_not_asked_or_is_settled_is_refused(
    shop: Any, one: Any, before: list[str], field: str, message: str
) -> None:
    acts = {"submit": lambda: submit(shop, one), "ship": lambda: ship(shop, one)}
    for name in before:
        acts.get(name, lambda name=name: call(shop, name, one))()
    was = state(one)
    payload = call(shop, field, one)
    assert payload["fulfillmentOrder"] is None
    assert payload["userErrors"][0]["message"].startswith(message)
    assert state(one) == was


def ship(shop: Any, one: Any) -> None:
    text = "mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
    payload = shop.data(text, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": gid(one)}]})["fulfillmentCreate"]
    assert payload["userErrors"] == []


def test_a_merchant_s_own_location_is_not_asked(shop: Any) -> None:
    own = shop.place({"MUG-WHITE": 1}, at="Berlin Central").fulfillment_orders[0]
    text = "The fulfillment order's assigned fulfillment service must be of api type"
    assert submit(shop, own)["userErrors"] == [{"field": ["id"], "message": text}]
    assert call(shop, CLOSE, own)["userErrors"] == [{"field": ["id"], "message": text}]


def test_it_cannot_be_asked_for_twice_nor_for_more_than_there_is(shop: Any, one: Any) -> None:
    line = gid(one.lines[0], "FulfillmentOrderLineItem")
    assert submit(shop, one, [{"id": line, "quantity": 5}])["userErrors"]
    assert submit(shop, one, [{"id": line, "quantity": 3}, {"id": line, "quantity": 3}])["userErrors"]
    assert submit(shop, one, [{"id": "gid://shopify/FulfillmentOrderLineItem/5", "quantity": 1}])["userErrors"]
    path(shop, one)
    assert submit(shop, one)["userErrors"][0]["message"] == "Fulfillment order is not in a requestable state."


@pytest.mark.parametrize("field", [ACCEPT, STOP, CLOSE])
def test_what_is_not_there_is_said(shop: Any, field: str) -> None:
    text = f"mutation M($id: ID!) {{ {field}(id: $id) {FIELDS} }}"
    payload = shop.data(text, id="gid://shopify/FulfillmentOrder/5")[field]
    assert payload == {
        "fulfillmentOrder": None,
        "userErrors": [{"field": ["id"], "message": "Fulfillment order does not exist."}],
    }
