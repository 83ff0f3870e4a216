"""Fulfillment orders: what they allow, and how their ids change (fact sheet F.2, F.3)."""

from typing import Any

import pytest

HERE, THERE = "Berlin Central", "Hamburg Port"
MOVE = """mutation M($id: ID!, $to: ID!, $lines: [FulfillmentOrderLineItemInput!]) {
  fulfillmentOrderMove(id: $id, newLocationId: $to, fulfillmentOrderLineItems: $lines) {
    movedFulfillmentOrder { id status assignedLocation { name } lineItems(first: 5) { nodes { id sku remainingQuantity } } }
    originalFulfillmentOrder { id status } remainingFulfillmentOrder { id lineItems(first: 5) { nodes { id remainingQuantity } } }
    userErrors { code field message } } }"""
SPLIT = """mutation S($splits: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $splits) {
  fulfillmentOrderSplits { fulfillmentOrder { id } remainingFulfillmentOrder { id lineItems(first: 5) { nodes { remainingQuantity } } } }
  userErrors { code field message } } }"""
HOLD = """mutation H($id: ID!, $hold: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
  fulfillmentHold { id handle reason heldByRequestingApp } fulfillmentOrder { id status } remainingFulfillmentOrder { id status }
  userErrors { code field message } } }"""
RELEASE = """mutation R($id: ID!, $holds: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
  fulfillmentOrder { status fulfillmentHolds { handle } } userErrors { code message } } }"""
PROGRESS = """mutation P($id: ID!) { fulfillmentOrderReportProgress(id: $id, progressReport: {reasonNotes: "picking"}) {
  fulfillmentOrder { status } userErrors { code message } } }"""
OPEN = "mutation O($id: ID!) { fulfillmentOrderOpen(id: $id) { fulfillmentOrder { status } userErrors { message } } }"
CANCEL = """mutation C($id: ID!) { fulfillmentOrderCancel(id: $id) { fulfillmentOrder { id status }
  replacementFulfillmentOrder { id status lineItems(first: 5) { nodes { remainingQuantity } } } userErrors { code message } } }"""


def gid(one: Any, kind: str = "FulfillmentOrder") -> str:
    return f"gid://shopify/{kind}/{one.id}"


def line(one: Any, quantity: int, index: int = 0) -> dict[str, Any]:
    return {"id": gid(one.lines[index], "FulfillmentOrderLineItem"), "quantity": quantity}


@pytest.fixture
def one(shop: Any) -> Any:
    """An open fulfillment order over 4 mugs and 2 pans."""
    return shop.place({"MUG-WHITE": 4, "PAN24": 2}, at=HERE).fulfillment_orders[0]


def move(shop: Any, one: Any, to: str, lines: Any = None) -> Any:
    return shop.data(MOVE, id=gid(one), to=shop.location(to), lines=lines)["fulfillmentOrderMove"]


def actions(shop: Any, one: Any) -> set[str]:
    text = "query A($id: ID!) { fulfillmentOrder(id: $id) { supportedActions { action } } }"
    return {x["action"] for x in shop.data(text, id=gid(one))["fulfillmentOrder"]["supportedActions"]}


def test_an_open_one_allows_nearly_everything(shop: Any, one: Any) -> None:
    assert actions(shop, one) == {"CREATE_FULFILLMENT", "HOLD", "MOVE", "REPORT_PROGRESS", "SPLIT"}


def test_a_single_unit_cannot_be_split(shop: Any) -> None:
    assert "SPLIT" not in actions(shop, shop.place({"PAN24": 1}).fulfillment_orders[0])


def test_at_a_fulfillment_service_one_asks_instead_of_reporting(shop: Any) -> None:
    shop.do.add_location("3PL", service=True)
    found = actions(shop, shop.place({"PAN24": 1}, at="3PL").fulfillment_orders[0])
    assert "REQUEST_FULFILLMENT" in found
    assert "REPORT_PROGRESS" not in found


def test_a_full_move_keeps_the_id_and_moves_the_commitment(shop: Any, one: Any) -> None:
    there = shop.states("PAN24", THERE)
    payload = move(shop, one, THERE)
    assert payload["userErrors"] == []
    assert payload["movedFulfillmentOrder"]["id"] == gid(one) == payload["originalFulfillmentOrder"]["id"]
    assert payload["remainingFulfillmentOrder"] is None
    assert one.location.name == THERE
    assert shop.states("PAN24", HERE)["committed"] == 0
    after = shop.states("PAN24", THERE)
    assert (after["committed"], after["available"], after["on_hand"]) == (2, there["available"] - 2, there["on_hand"])


def test_a_partial_move_makes_a_new_one_with_new_line_ids(shop: Any, one: Any) -> None:
    old_line = line(one, 3)
    payload = move(shop, one, THERE, [old_line])
    moved = payload["movedFulfillmentOrder"]
    assert moved["id"] != gid(one)
    assert moved["assignedLocation"] == {"name": THERE}
    assert [(x["sku"], x["remainingQuantity"]) for x in moved["lineItems"]["nodes"]] == [("MUG-WHITE", 3)]
    assert moved["lineItems"]["nodes"][0]["id"] != old_line["id"]
    rest = payload["remainingFulfillmentOrder"]
    assert rest["id"] == gid(one)
    assert [x["remainingQuantity"] for x in rest["lineItems"]["nodes"]] == [1, 2]
    assert shop.states("MUG-WHITE", HERE)["committed"] == 1
    assert shop.states("MUG-WHITE", THERE)["committed"] == 3


def test_moving_to_where_the_order_already_has_one_joins_it_and_closes_the_old_one(shop: Any, one: Any) -> None:
    first = move(shop, one, THERE, [line(one, 3)])["movedFulfillmentOrder"]["id"]
    payload = move(shop, one, THERE)
    assert payload["movedFulfillmentOrder"]["id"] == first
    assert payload["originalFulfillmentOrder"] == {"id": gid(one), "status": "CLOSED"}


def test_old_line_ids_are_dead_after_the_move(shop: Any, one: Any) -> None:
    stale = line(one, 4)
    move(shop, one, THERE, [stale])
    text = "mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
    given = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": [stale]}]}
    assert shop.data(text, f=given)["fulfillmentCreate"]["userErrors"] == [
        {"message": "Fulfillment order line item does not exist."}
    ]


def test_what_forbids_moving(shop: Any, one: Any) -> None:
    assert move_error(shop, one, "gid://shopify/Location/5") == ("Location not found.", None)
    shop.do.add_location("Empty room")
    assert "stocked" in move_error(shop, one, shop.location("Empty room"))[0]
    shop.data(PROGRESS, id=gid(one))
    code = "CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS"
    assert move_error(shop, one, shop.location(THERE))[1] == code
    shop.data(OPEN, id=gid(one))
    assert move(shop, one, THERE)["userErrors"] == []
    shop.do.cancel(one.order)
    assert move_error(shop, one, shop.location(HERE)) == ("Cannot change location.", None)


def move_error(shop: Any, one: Any, to: str) -> tuple[str, str | None]:
    error = shop.data(MOVE, id=gid(one), to=to)["fulfillmentOrderMove"]["userErrors"][0]
    return error["message"], error["code"]


def test_too_many_units_cannot_be_moved(shop: Any, one: Any) -> None:
    assert (
        move(shop, one, THERE, [line(one, 5)])["userErrors"][0]["message"]
        == "Invalid fulfillment order line item quantity requested."
    )
    assert move(shop, one, THERE, [line(one, 0)])["userErrors"]
    assert shop.states("MUG-WHITE", THERE)["committed"] == 0


def test_the_preview_says_where_it_could_go(shop: Any, one: Any) -> None:
    shop.do.add_location("Empty room")
    text = """query L($id: ID!) { fulfillmentOrder(id: $id) { locationsForMove(first: 10) { nodes {
        location { name } movable message availableLineItemsCount { count } } } } }"""
    rows = {x["location"]["name"]: x for x in shop.data(text, id=gid(one))["fulfillmentOrder"]["locationsForMove"]["nodes"]}
    assert HERE not in rows
    assert rows[THERE]["movable"]
    assert rows[THERE]["availableLineItemsCount"]["count"] == 2
    assert not rows["Empty room"]["movable"]


def test_a_split_makes_a_sibling_at_the_same_place(shop: Any, one: Any) -> None:
    given = [{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": [line(one, 1)]}]
    row = shop.data(SPLIT, splits=given)["fulfillmentOrderSplit"]["fulfillmentOrderSplits"][0]
    assert row["fulfillmentOrder"]["id"] == gid(one)
    assert row["remainingFulfillmentOrder"]["lineItems"]["nodes"] == [{"remainingQuantity": 1}]
    assert one.remaining == 5
    assert shop.states("MUG-WHITE", HERE)["committed"] == 4
    assert "MERGE" in actions(shop, one)


def test_several_splits_happen_together_or_not_at_all(shop: Any, one: Any) -> None:
    other = shop.place({"MUG-BLUE": 2}).fulfillment_orders[0]
    good = {"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": [line(one, 1)]}
    bad = {"fulfillmentOrderId": gid(other), "fulfillmentOrderLineItems": [line(other, 9)]}
    missing = {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/5", "fulfillmentOrderLineItems": []}
    payload = shop.data(SPLIT, splits=[good, bad, missing])["fulfillmentOrderSplit"]
    assert payload["fulfillmentOrderSplits"] is None
    assert shop.codes(payload) == ["INVALID_LINE_ITEM_QUANTITY", "FULFILLMENT_ORDER_NOT_FOUND"]
    assert len(one.order.fulfillment_orders) == 1


def test_a_split_needs_lines(shop: Any, one: Any) -> None:
    payload = shop.data(SPLIT, splits=[{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": []}])
    assert shop.codes(payload["fulfillmentOrderSplit"]) == ["NO_LINE_ITEMS_PROVIDED_TO_SPLIT"]


def hold(shop: Any, one: Any, handle: str = "a", **more: Any) -> Any:
    return shop.data(HOLD, id=gid(one), hold={"reason": "INVENTORY_OUT_OF_STOCK", "handle": handle, **more})[
        "fulfillmentOrderHold"
    ]


def test_a_hold_stops_it_and_shows_on_the_order(shop: Any, one: Any) -> None:
    payload = hold(shop, one)
    assert payload["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert payload["fulfillmentHold"]["heldByRequestingApp"]
    assert actions(shop, one) == {"HOLD", "MOVE", "RELEASE_HOLD"}
    text = "query O($id: ID!) { order(id: $id) { displayFulfillmentStatus } }"
    assert shop.data(text, id=gid(one.order, "Order"))["order"]["displayFulfillmentStatus"] == "ON_HOLD"


def test_a_handle_is_a_key_of_its_own(shop: Any, one: Any) -> None:
    hold(shop, one)
    assert shop.codes(hold(shop, one)) == ["DUPLICATE_FULFILLMENT_HOLD_HANDLE"]
    assert hold(shop, one, "b")["userErrors"] == []
    assert len(one.holds) == 2


def test_an_app_may_put_ten_holds_on_one(shop: Any, one: Any) -> None:
    for number in range(10):
        assert hold(shop, one, f"h{number}")["userErrors"] == []
    assert shop.codes(hold(shop, one, "h10")) == ["FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"]


def test_holding_a_part_splits_the_rest_off(shop: Any, one: Any) -> None:
    payload = hold(shop, one, fulfillmentOrderLineItems=[line(one, 1)])
    assert payload["fulfillmentOrder"] == {"id": gid(one), "status": "ON_HOLD"}
    assert payload["remainingFulfillmentOrder"]["status"] == "OPEN"
    assert one.remaining == 1
    rest = shop.twin.world.fulfillment_orders[int(payload["remainingFulfillmentOrder"]["id"].split("/")[-1])]
    assert [(x.line.sku, x.remaining_quantity) for x in rest.lines] == [("MUG-WHITE", 3), ("PAN24", 2)]
    assert shop.codes(hold(shop, rest, "c", fulfillmentOrderLineItems=[line(one, 1)])) == ["INVALID_LINE_ITEM_QUANTITY"]


def test_a_held_one_cannot_be_held_in_part_again(shop: Any, one: Any) -> None:
    hold(shop, one)
    assert shop.codes(hold(shop, one, "b", fulfillmentOrderLineItems=[line(one, 1)])) == ["FULFILLMENT_ORDER_NOT_SPLITTABLE"]


def test_releasing_ones_own_hold_leaves_those_of_others(shop: Any, one: Any) -> None:
    mine = hold(shop, one)["fulfillmentHold"]["id"]
    shop.do.hold(one.order, reason="HIGH_RISK_OF_FRAUD", handle="fraud")
    found = shop.data(RELEASE, id=gid(one), holds=[mine])["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]
    assert found == {"status": "ON_HOLD", "fulfillmentHolds": [{"handle": "fraud"}]}


def test_releasing_without_names_takes_other_apps_holds_off_too(shop: Any, one: Any) -> None:
    """Trap 31: the classic bug is possible here as it is there."""
    hold(shop, one)
    shop.do.hold(one.order, handle="fraud")
    found = shop.data(RELEASE, id=gid(one))["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]
    assert found == {"status": "OPEN", "fulfillmentHolds": []}


def test_staff_can_hold_and_release(shop: Any, one: Any) -> None:
    shop.do.hold(one.order)
    assert one.status == "ON_HOLD"
    shop.do.release(one.order)
    assert one.status == "OPEN"


def test_progress_blocks_moving_and_can_be_taken_back(shop: Any, one: Any) -> None:
    assert shop.data(PROGRESS, id=gid(one))["fulfillmentOrderReportProgress"]["fulfillmentOrder"] == {"status": "IN_PROGRESS"}
    assert actions(shop, one) == {"CREATE_FULFILLMENT", "HOLD", "MARK_AS_OPEN", "REPORT_PROGRESS"}
    assert shop.data(OPEN, id=gid(one))["fulfillmentOrderOpen"]["fulfillmentOrder"] == {"status": "OPEN"}
    assert shop.data(OPEN, id=gid(one))["fulfillmentOrderOpen"]["userErrors"]
    shop.do.cancel(one.order)
    assert shop.codes(shop.data(PROGRESS, id=gid(one))["fulfillmentOrderReportProgress"]) == [
        "FULFILLMENT_ORDER_STATUS_INVALID"
    ]


def test_cancelling_one_makes_a_replacement_with_its_units(shop: Any, one: Any) -> None:
    payload = shop.data(CANCEL, id=gid(one))["fulfillmentOrderCancel"]
    assert payload["fulfillmentOrder"] == {"id": gid(one), "status": "CLOSED"}
    fresh = payload["replacementFulfillmentOrder"]
    assert fresh["id"] != gid(one)
    assert [x["remainingQuantity"] for x in fresh["lineItems"]["nodes"]] == [4, 2]
    assert shop.states("MUG-WHITE", HERE)["committed"] == 4
    assert shop.data(CANCEL, id=gid(one))["fulfillmentOrderCancel"]["userErrors"]


def test_cancelling_after_progress_is_refused(shop: Any, one: Any) -> None:
    shop.data(PROGRESS, id=gid(one))
    payload = shop.data(CANCEL, id=gid(one))["fulfillmentOrderCancel"]
    assert shop.codes(payload) == ["FULFILLMENT_ORDER_HAS_MANUALLY_REPORTED_PROGRESS"]


@pytest.mark.parametrize("text", [MOVE, HOLD, RELEASE, PROGRESS, OPEN, CANCEL])
def test_an_unknown_one_is_a_user_error(shop: Any, text: str) -> None:
    given = {"id": "gid://shopify/FulfillmentOrder/5", "to": shop.location(HERE), "hold": {"reason": "OTHER"}}
    asked = {name: value for name, value in given.items() if f"${name}:" in text}
    payload = next(iter(shop.data(text, **asked).values()))
    assert payload["userErrors"][0]["message"] == "Fulfillment order does not exist."


def test_the_root_list_shows_open_ones_unless_asked(shop: Any, one: Any) -> None:
    other = shop.place({"PAN24": 1}).fulfillment_orders[0]
    shop.do.fulfill(other.order)
    text = "query L($closed: Boolean, $q: String) { fulfillmentOrders(first: 10, includeClosed: $closed, query: $q) { nodes { id } } }"
    assert shop.data(text)["fulfillmentOrders"]["nodes"] == [{"id": gid(one)}]
    assert len(shop.data(text, closed=True)["fulfillmentOrders"]["nodes"]) == 2
    assert shop.data(text, closed=True, q="status:closed")["fulfillmentOrders"]["nodes"] == [{"id": gid(other)}]


def test_assigned_ones_are_those_at_services(shop: Any, one: Any) -> None:
    shop.do.add_location("3PL", service=True)
    theirs = shop.place({"PAN24": 1}, at="3PL").fulfillment_orders[0]
    text = "{ assignedFulfillmentOrders(first: 10) { nodes { id } } }"
    assert shop.data(text)["assignedFulfillmentOrders"]["nodes"] == [{"id": gid(theirs)}]
    requested = "{ assignedFulfillmentOrders(first: 10, assignmentStatus: FULFILLMENT_REQUESTED) { nodes { id } } }"
    assert shop.data(requested)["assignedFulfillmentOrders"]["nodes"] == []


def test_staff_can_move_a_whole_order(shop: Any, one: Any) -> None:
    shop.do.move(one.order, THERE)
    assert one.location.name == THERE
    shop.do.add_location("Empty room")
    with pytest.raises(ValueError, match="stocked"):
        shop.do.move(one.order, "Empty room")


MERGE = """mutation M($inputs: [FulfillmentOrderMergeInput!]!) { fulfillmentOrderMerge(fulfillmentOrderMergeInputs: $inputs) {
  fulfillmentOrderMerges { fulfillmentOrder { id lineItems(first: 9) { nodes { sku remainingQuantity totalQuantity } } } }
  userErrors { code field message } } }"""
REROUTE = """mutation R($ids: [ID!]!, $only: [ID!], $not: [ID!]) {
  fulfillmentOrdersReroute(fulfillmentOrderIds: $ids, includedLocationIds: $only, excludedLocationIds: $not) {
    movedFulfillmentOrders { id assignedLocation { name } } userErrors { code field message } } }"""


def merge(shop: Any, *groups: list[Any]) -> Any:
    inputs = [{"mergeIntents": [x if isinstance(x, dict) else {"fulfillmentOrderId": gid(x)} for x in rows]} for rows in groups]
    return shop.data(MERGE, inputs=inputs)["fulfillmentOrderMerge"]


def reroute(shop: Any, *rows: Any, **places: Any) -> Any:
    return shop.data(REROUTE, ids=[gid(x) for x in rows], **places)["fulfillmentOrdersReroute"]


def split_off(shop: Any, one: Any, quantity: int = 1) -> Any:
    given = [{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": [line(one, quantity)]}]
    assert shop.data(SPLIT, splits=given)["fulfillmentOrderSplit"]["userErrors"] == []
    return one.order.fulfillment_orders[-1]


def test_what_was_split_can_be_merged_and_is_what_it_was(shop: Any, one: Any) -> None:
    before = shop.states("MUG-WHITE", HERE)
    other = split_off(shop, one)
    (made,) = merge(shop, [one, other])["fulfillmentOrderMerges"]
    assert made["fulfillmentOrder"]["id"] == gid(one)
    nodes = made["fulfillmentOrder"]["lineItems"]["nodes"]
    assert [(x["sku"], x["remainingQuantity"], x["totalQuantity"]) for x in nodes] == [("MUG-WHITE", 4, 4), ("PAN24", 2, 2)]
    assert (other.status, other.remaining) == ("CLOSED", 0)
    assert shop.states("MUG-WHITE", HERE) == before


def test_a_line_that_only_the_other_has_comes_along(shop: Any, one: Any) -> None:
    given = [{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": [line(one, 2, 1)]}]
    shop.data(SPLIT, splits=given)
    other = one.order.fulfillment_orders[-1]
    merge(shop, [one, other])
    assert [(x.line.sku, x.remaining_quantity) for x in one.lines] == [("MUG-WHITE", 4), ("PAN24", 2)]


def test_merges_happen_together_or_not_at_all(shop: Any, one: Any) -> None:
    other = split_off(shop, one)
    third = shop.place({"PAN24": 1}, at=HERE).fulfillment_orders[0]
    payload = merge(shop, [one, other], [one, third])
    assert payload["fulfillmentOrderMerges"] is None
    assert len(payload["userErrors"]) == 1
    assert (one.remaining, other.remaining) == (5, 1)


def test_what_cannot_be_merged_and_why(shop: Any, one: Any) -> None:
    other = split_off(shop, one)
    missing = {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/5"}
    part = {"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": [line(one, 1)]}
    assert shop.codes(merge(shop, [one, missing])) == ["FULFILLMENT_ORDER_NOT_FOUND"]
    assert shop.codes(merge(shop, [one])) == ["GREATER_THAN"]
    assert shop.codes(merge(shop, [one, one])) == ["GREATER_THAN"]
    assert shop.codes(merge(shop, [part, other])) == ["INVALID_LINE_ITEM_QUANTITY"]
    shop.data(PROGRESS, id=gid(other))
    assert shop.codes(merge(shop, [one, other])) == [None]
    assert (one.remaining, other.remaining) == (5, 1)


def test_the_shop_finds_another_place_that_stocks_everything(shop: Any, one: Any) -> None:
    (moved,) = reroute(shop, one)["movedFulfillmentOrders"]
    assert moved["assignedLocation"]["name"] != HERE
    assert shop.states("PAN24", HERE)["committed"] == 0


def test_rerouting_keeps_to_the_places_that_are_named(shop: Any, one: Any) -> None:
    (moved,) = reroute(shop, one, only=[shop.location("München South")])["movedFulfillmentOrders"]
    assert moved["assignedLocation"]["name"] == "München South"
    everywhere = [shop.location(x) for x in (HERE, THERE, "München South")]
    assert shop.codes(reroute(shop, one, **{"not": everywhere})) == ["CANNOT_REASSIGN_LOCATION_FOR_FULFILLMENT_ORDERS"]


def test_what_cannot_be_rerouted_and_why(shop: Any, one: Any) -> None:
    elsewhere = shop.place({"PAN24": 1}, at=THERE).fulfillment_orders[0]
    assert shop.codes(reroute(shop)) == ["NO_FULFILLMENT_ORDER_IDS"]
    assert shop.codes(reroute(shop, one, elsewhere)) == ["FULFILLMENT_ORDERS_NOT_FROM_THE_SAME_ORDER"]
    other = split_off(shop, one)
    move(shop, other, THERE)
    assert shop.codes(reroute(shop, one, other)) == ["FULFILLMENT_ORDERS_MUST_BELONG_TO_SAME_LOCATION"]
    shop.data(PROGRESS, id=gid(one))
    assert shop.codes(reroute(shop, one)) == ["CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS"]
    shop.do.cancel(elsewhere.order)
    assert shop.codes(reroute(shop, elsewhere)) == ["FULFILLMENT_ORDERS_STATE_NOT_SUPPORTED"]


def test_a_line_that_is_named_twice_counts_together(shop: Any, one: Any) -> None:
    twice = [line(one, 3), line(one, 3)]
    assert move(shop, one, THERE, twice)["userErrors"]
    split = shop.data(SPLIT, splits=[{"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": twice[:1] * 2}])
    assert split["fulfillmentOrderSplit"]["userErrors"]
    text = "mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
    row = {"fulfillmentOrderId": gid(one), "fulfillmentOrderLineItems": twice}
    shipped = shop.data(text, f={"lineItemsByFulfillmentOrder": [row]})["fulfillmentCreate"]
    assert shipped["userErrors"] == [{"message": "Invalid fulfillment order line item quantity requested."}]
    assert one.remaining == 6
