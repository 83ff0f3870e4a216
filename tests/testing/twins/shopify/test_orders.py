"""Placing orders: stock at once, fulfillment orders later, money that adds up (fact sheet D.2, E.1, F.1)."""

from decimal import Decimal
from typing import Any

import pytest

from stockbridge.testing.twins.shopify.model.routing import SoldOut

HERE, THERE, SOUTH = "Berlin Central", "Hamburg Port", "München South"
READ = """query R($id: ID!) { order(id: $id) { name createdAt displayFinancialStatus displayFulfillmentStatus currencyCode
  totalPriceSet { shopMoney { amount currencyCode } } subtotalPriceSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } }
  totalShippingPriceSet { shopMoney { amount } } totalDiscountsSet { shopMoney { amount } } totalOutstandingSet { shopMoney { amount } }
  shippingAddress { firstName lastName city countryCodeV2 latitude longitude } shippingLines(first: 2) { nodes { title code } }
  customer { displayName defaultEmailAddress { emailAddress } } email tags customAttributes { key value } note test sourceName
  risk { recommendation assessments { riskLevel } } requiresShipping retailLocation { name } discountCodes
  lineItems(first: 10) { nodes { sku name quantity currentQuantity unfulfilledQuantity requiresShipping variant { id } product { id }
    discountedUnitPriceAfterAllDiscountsSet { shopMoney { amount } } discountAllocations { allocatedAmountSet { shopMoney { amount } } }
    taxLines { title rate priceSet { shopMoney { amount } } } lineItemGroup { title quantity variantSku } } }
  transactions { kind status gateway amountSet { shopMoney { amount } } }
  fulfillmentOrders(first: 10) { nodes { id status requestStatus assignedLocation { name location { id } } deliveryMethod { methodType presentedName }
    destination { firstName city countryCode email } lineItems(first: 10) { nodes { sku totalQuantity remainingQuantity inventoryItemId lineItem { id } } } } } } }"""


def read(shop: Any, order: Any) -> Any:
    return shop.data(READ, id=f"gid://shopify/Order/{order.id}")["order"]


def test_placing_commits_stock_at_once_and_keeps_on_hand(shop: Any) -> None:
    before = shop.states("PAN24", HERE)
    shop.place({"PAN24": 2}, routed=False)
    after = shop.states("PAN24", HERE)
    assert after == {**before, "available": before["available"] - 2, "committed": 2}


def test_fulfillment_orders_come_only_after_a_while(shop: Any) -> None:
    order = shop.place({"PAN24": 1}, routed=False)
    assert read(shop, order)["fulfillmentOrders"]["nodes"] == []
    shop.twin.advance(0.4)
    assert order.fulfillment_orders == []
    shop.twin.advance(0.2)
    found = read(shop, order)["fulfillmentOrders"]["nodes"]
    assert [one["status"] for one in found] == ["OPEN"]
    assert found[0]["requestStatus"] == "UNSUBMITTED"


def test_routing_takes_as_long_as_the_knob_says(shop: Any) -> None:
    shop.twin.world.knobs.routing_delay_s = 30
    order = shop.place({"PAN24": 1}, routed=False)
    shop.twin.advance(29)
    assert order.fulfillment_orders == []
    shop.twin.advance(2)
    assert len(order.fulfillment_orders) == 1


def test_one_location_that_has_everything_ships_everything(shop: Any) -> None:
    shop.do.set_stock("PAN24", HERE, quantity=0)
    order = shop.place({"PAN24": 1, "LANTERN": 1})
    assert [one.location.name for one in order.fulfillment_orders] == [THERE]


def test_otherwise_lines_are_spread_and_each_location_gets_its_own_fulfillment_order(shop: Any) -> None:
    for place, pans, lanterns in ((HERE, 1, 0), (THERE, 0, 1), (SOUTH, 0, 0)):
        shop.do.set_stock("PAN24", place, quantity=pans)
        shop.do.set_stock("LANTERN", place, quantity=lanterns)
    order = shop.place({"PAN24": 1, "LANTERN": 1})
    assert [(one.location.name, one.lines[0].line.sku) for one in order.fulfillment_orders] == [
        (HERE, "PAN24"),
        (THERE, "LANTERN"),
    ]


def test_one_line_can_be_split_over_locations(shop: Any) -> None:
    for place, units in ((HERE, 2), (THERE, 3), (SOUTH, 0)):
        shop.do.set_stock("PAN24", place, quantity=units)
    order = shop.place({"PAN24": 5})
    assert [(one.location.name, one.remaining) for one in order.fulfillment_orders] == [(HERE, 2), (THERE, 3)]
    assert shop.states("PAN24", THERE)["committed"] == 3


def test_a_sold_out_item_cannot_be_bought_and_nothing_changes(shop: Any) -> None:
    for place in (HERE, THERE, SOUTH):
        shop.do.set_stock("PAN24", place, quantity=1)
    seen = len(shop.twin.ledger)
    with pytest.raises(SoldOut):
        shop.place({"PAN24": 4})
    assert len(shop.twin.ledger) == seen
    assert shop.twin.world.orders == {}


def test_unless_the_variant_may_be_oversold(shop: Any) -> None:
    shop.do.add_product("Preorder lamp", sku="LAMP", stock={HERE: 1}, policy="CONTINUE")
    shop.place({"LAMP": 5})
    assert shop.states("LAMP", HERE)["available"] == -4


def test_locations_that_do_not_serve_the_web_are_passed_over(shop: Any) -> None:
    shop.do.location(HERE).fulfills_online_orders = False
    assert shop.place({"PAN24": 1}).fulfillment_orders[0].location.name == THERE


def test_an_inactive_level_is_passed_over(shop: Any) -> None:
    shop.do.level("PAN24", HERE).is_active = False
    assert shop.place({"PAN24": 1}).fulfillment_orders[0].location.name == THERE


def test_an_order_can_be_forced_to_a_location(shop: Any) -> None:
    assert shop.place({"PAN24": 1}, at=SOUTH).fulfillment_orders[0].location.name == SOUTH


def test_money_adds_up(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 3, "PAN24": 1}, discount_percent=10)
    found = read(shop, order)
    amounts = {name: Decimal(found[name]["shopMoney"]["amount"]) for name in found if name.endswith("Set")}
    assert amounts["totalDiscountsSet"] == Decimal("10.00")
    assert amounts["subtotalPriceSet"] == Decimal("90.00")
    assert amounts["totalPriceSet"] == amounts["subtotalPriceSet"] + amounts["totalShippingPriceSet"]
    assert amounts["totalTaxSet"] == sum(
        Decimal(x["taxLines"][0]["priceSet"]["shopMoney"]["amount"]) for x in found["lineItems"]["nodes"]
    )
    assert amounts["totalOutstandingSet"] == 0
    assert found["transactions"][0]["amountSet"]["shopMoney"]["amount"] == found["totalPriceSet"]["shopMoney"]["amount"]
    allocated = [
        Decimal(x["discountAllocations"][0]["allocatedAmountSet"]["shopMoney"]["amount"]) for x in found["lineItems"]["nodes"]
    ]
    assert sum(allocated) == amounts["totalDiscountsSet"]


def test_an_unpaid_order_is_pending(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1}, paid=False)
    found = read(shop, order)
    assert found["displayFinancialStatus"] == "PENDING"
    assert found["totalOutstandingSet"]["shopMoney"]["amount"] == found["totalPriceSet"]["shopMoney"]["amount"]
    assert found["transactions"] == []


def test_an_order_tells_who_what_and_where_to(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 2}, tags=["b", "a"], attributes={"gift": "yes"}, note="ring twice", risk="HIGH", test=True)
    found = read(shop, order)
    assert found["tags"] == ["a", "b"]
    assert found["customAttributes"] == [{"key": "gift", "value": "yes"}]
    assert (found["note"], found["test"], found["sourceName"]) == ("ring twice", True, "web")
    assert found["risk"] == {"recommendation": "CANCEL", "assessments": [{"riskLevel": "HIGH"}]}
    assert found["email"] == found["customer"]["defaultEmailAddress"]["emailAddress"]
    where = found["shippingAddress"]
    assert where["countryCodeV2"] in {"DE", "AT", "NL", "FR", "DK"}
    assert 40 < where["latitude"] < 60
    to = found["fulfillmentOrders"]["nodes"][0]["destination"]
    assert (to["city"], to["firstName"], to["email"]) == (where["city"], where["firstName"], found["email"])


def test_times_are_utc_with_a_z(shop: Any) -> None:
    assert read(shop, shop.place({"MUG-WHITE": 1}))["createdAt"] == "2026-11-02T09:00:00Z"


def test_lines_that_need_no_shipping_get_a_fulfillment_order_of_their_own_kind(shop: Any) -> None:
    shop.do.add_product("Gift card", sku="CARD", tracked=False, requires_shipping=False, stock={HERE: 0})
    order = shop.place([{"sku": "MUG-WHITE", "quantity": 1}, {"sku": "CARD", "quantity": 1}])
    found = read(shop, order)["fulfillmentOrders"]["nodes"]
    assert sorted(one["deliveryMethod"]["methodType"] for one in found) == ["NONE", "SHIPPING"]


@pytest.mark.parametrize(("version", "word"), [("2026-07", "UNFULFILLED"), ("2026-10", "FULFILLMENT_NOT_REQUIRED")])
def test_an_order_with_nothing_to_ship_has_a_word_of_its_own_since_october(shop: Any, version: str, word: str) -> None:
    shop.do.add_product("Gift card", sku="CARD", tracked=False, requires_shipping=False, stock={HERE: 0})
    order = shop.place({"CARD": 1})
    text = "query R($id: ID!) { order(id: $id) { displayFulfillmentStatus } }"
    assert shop.data(text, version, id=f"gid://shopify/Order/{order.id}")["order"]["displayFulfillmentStatus"] == word


def test_a_line_without_a_variant_is_ordered_too(shop: Any) -> None:
    order = shop.place([{"title": "Engraving", "price": "7.50", "quantity": 2}, {"sku": "MUG-WHITE", "quantity": 1}])
    line = read(shop, order)["lineItems"]["nodes"][0]
    assert (line["name"], line["sku"], line["variant"], line["quantity"]) == ("Engraving", None, None, 2)


def test_a_bundle_is_ordered_as_its_components(shop: Any) -> None:
    shop.do.bundle("Breakfast set", sku="SET", parts={"MUG-WHITE": 2, "PAN24": 1})
    order = shop.place({"SET": 3})
    lines = read(shop, order)["lineItems"]["nodes"]
    assert [(x["sku"], x["quantity"]) for x in lines] == [("MUG-WHITE", 6), ("PAN24", 3)]
    assert lines[0]["lineItemGroup"] == {"title": "Breakfast set", "quantity": 3, "variantSku": "SET"}


def test_a_sale_over_the_counter_leaves_at_once(shop: Any) -> None:
    before = shop.states("MUG-WHITE", THERE)
    order = shop.do.sell_over_the_counter({"MUG-WHITE": 2}, at=THERE)
    after = shop.states("MUG-WHITE", THERE)
    assert (after["on_hand"], after["committed"], after["available"]) == (before["on_hand"] - 2, 0, before["available"] - 2)
    found = read(shop, order)
    assert (found["sourceName"], found["displayFulfillmentStatus"], found["shippingAddress"]) == ("pos", "FULFILLED", None)
    assert found["retailLocation"] == {"name": THERE}


def test_a_pickup_order_has_no_shipping_address(shop: Any) -> None:
    found = read(shop, shop.place({"MUG-WHITE": 1}, method="PICK_UP", at=HERE))
    assert found["shippingAddress"] is None
    assert found["fulfillmentOrders"]["nodes"][0]["deliveryMethod"]["methodType"] == "PICK_UP"


def test_the_ledger_names_each_order_with_its_lines(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 2}, at=HERE, routed=False)
    entry = shop.twin.ledger.of("order_placed")[-1].data
    assert entry["name"] == order.name
    assert entry["lines"][0]["sku"] == "MUG-WHITE"
    assert entry["lines"][0]["at"] == {shop.location(HERE): 2}


def test_things_that_do_not_exist_are_named(shop: Any) -> None:
    from_nowhere = pytest.raises(LookupError, match="No variant NOPE")
    with from_nowhere:
        shop.place({"NOPE": 1})
    with pytest.raises(LookupError, match="No location Mars"):
        shop.place({"MUG-WHITE": 1}, at="Mars")
    with pytest.raises(LookupError, match="No order #9999"):
        shop.do.cancel("#9999")


def test_a_renamed_sku_does_not_change_older_lines(shop: Any) -> None:
    order = shop.place({"PAN24": 1})
    shop.do.change_sku("PAN24", "PAN24-NEW")
    assert read(shop, order)["lineItems"]["nodes"][0]["sku"] == "PAN24"
    assert shop.place({"PAN24-NEW": 1}).lines[0].sku == "PAN24-NEW"


def test_a_deleted_variant_leaves_its_line_without_one(shop: Any) -> None:
    order = shop.place({"PAN24": 1})
    shop.do.delete_variant("PAN24")
    line = read(shop, order)["lineItems"]["nodes"][0]
    assert (line["sku"], line["variant"]) == ("PAN24", None)
    assert line["product"] is not None


def test_old_orders_hide_without_the_scope_for_them(shop: Any) -> None:
    order = shop.place({"MUG-WHITE": 1})
    shop.twin.advance(61 * 86_400)
    gid = f"gid://shopify/Order/{order.id}"
    text = "query R($id: ID!) { order(id: $id) { id } orders(first: 5) { nodes { id } } nodes(ids: [$id]) { id } }"
    assert shop.data(text, id=gid)["order"] == {"id": gid}
    shop.twin.world.app.scopes -= {"read_all_orders"}
    assert shop.data(text, id=gid) == {"order": None, "orders": {"nodes": []}, "nodes": [None]}
