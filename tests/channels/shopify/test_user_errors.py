"""Every complaint that Shopify's schema knows, and some that it does not know yet: each becomes one of our few outcomes."""

from typing import Any

import pytest
from graphql import GraphQLEnumType

from stockbridge.domain.effects import MoveFulfillmentOrder, RecordFulfillment
from stockbridge.domain.values import Tracking, Units
from stockbridge.ports import LevelWrite, OutcomeUnknown, Refused
from stockbridge.testing.twins.shopify.api.schema import schema

UNSETTLED = {"IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "SERVICE_UNAVAILABLE"}
STALE = "CHANGE_FROM_QUANTITY_STALE"
NEW = "SOMETHING_THAT_SHOPIFY_THOUGHT_OF_LATER"


def codes(name: str) -> list[str]:
    """Of both versions, and one more."""
    found = [schema(version).type_map[name] for version in ("2026-07", "2026-10")]
    return sorted({code for each in found if isinstance(each, GraphQLEnumType) for code in each.values} | {NEW})


WRITES = [
    (False, "SetAvailable", "inventorySetQuantities", "quantities", code)
    for code in codes("InventorySetQuantitiesUserErrorCode")
]
WRITES += [
    (True, "AdjustAvailable", "inventoryAdjustQuantities", "changes", code)
    for code in codes("InventoryAdjustQuantitiesUserErrorCode")
]


def write(shop: Any, *, delta: bool) -> Any:
    rows = [LevelWrite(inventory_item_id=i, location_id="L", available=5, change_from=3, delta=delta) for i in ("a", "b", "c")]
    return shop.door.levels.write(rows, key="k", document="d")


@pytest.mark.parametrize(("delta", "document", "root", "field", "code"), WRITES, ids=lambda value: str(value))
def test_a_complaint_about_one_level_says_what_becomes_of_each(
    shop: Any, make: Any, delta: bool, document: str, root: str, field: str, code: str
) -> None:
    path = ["input", field, "1", "quantity"]
    shop.store.on(document, make.complaint(root, "No.", code=code, path=path))
    if code in UNSETTLED:
        with pytest.raises(OutcomeUnknown):
            write(shop, delta=delta)
        return
    first, second, third = write(shop, delta=delta)
    assert (first.outcome, third.outcome) == ("held", "held")
    assert second.outcome == ("stale" if code == STALE else "refused")
    assert second.reason == ("No." if code == STALE else f"No. ({code})")


@pytest.mark.parametrize(("delta", "document", "root", "field", "code"), WRITES, ids=lambda value: str(value))
def test_a_complaint_about_the_whole_write_refuses_it_by_its_code(
    shop: Any, make: Any, delta: bool, document: str, root: str, field: str, code: str
) -> None:
    shop.store.on(document, make.complaint(root, "No.", code=code, path=["input"]))
    with pytest.raises(OutcomeUnknown if code in UNSETTLED else Refused) as caught:
        write(shop, delta=delta)
    if isinstance(caught.value, Refused):
        assert caught.value.code == code
        assert "No." in str(caught.value)


MOVE = MoveFulfillmentOrder(
    reference="SB-1",
    order_id="gid://shopify/Order/1",
    from_location_id="gid://shopify/Location/1",
    to_location_id="gid://shopify/Location/2",
    lines=(Units("gid://shopify/LineItem/1", 1),),
)


@pytest.mark.parametrize("code", [*codes("FulfillmentOrderMoveFulfillmentOrderMoveUserErrorCode"), None])
def test_a_move_that_shopify_does_not_make_is_refused_by_its_code_after_one_fresh_look(
    shop: Any, make: Any, code: str | None
) -> None:
    shop.store.on("FetchShipping", {"nodes": [make.shipping(asked=(make.asked(31, (1, 1)),))]})
    shop.store.on("MoveFulfillmentOrder", make.complaint("fulfillmentOrderMove", "Cannot.", code=code, path=["id"]))
    with pytest.raises(Refused, match="Cannot") as caught:
        shop.door.outbound.perform(MOVE, "k")
    assert caught.value.code == (code or "")
    assert shop.store.names() == ["FetchShipping", "MoveFulfillmentOrder"] * 2


MESSAGES = [
    "Fulfillment order 5 has an unfulfillable status= closed.",
    "All fulfillment orders must be assigned to a single location. Multiple locations with ids [1, 2] were found.",
    "All fulfillment orders must belong to the same order. Multiple orders with ids [1, 2] were found.",
    "Fulfillment order does not exist.",
    "Fulfillment order line item does not exist.",
    "Invalid fulfillment order line item quantity requested.",
    "Quantity must be greater than 0",
    "Ein Satz, den niemand kennt.",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_shipment_that_shopify_does_not_record_is_refused_in_its_words_after_one_fresh_look(
    shop: Any, make: Any, message: str
) -> None:
    effect = RecordFulfillment(
        order_id="gid://shopify/Order/1",
        shipment_id="s-1",
        location_id="gid://shopify/Location/1",
        lines=(Units("gid://shopify/LineItem/1", 1),),
        tracking=Tracking(),
        notify_customer=False,
        bound=(),
    )
    shop.store.on("FetchShipping", {"nodes": [make.shipping(asked=(make.asked(31, (1, 1)),))]})
    shop.store.on("CreateFulfillment", make.complaint("fulfillmentCreate", message, fulfillment=None))
    with pytest.raises(Refused) as caught:
        shop.door.outbound.perform(effect, "k")
    assert message in str(caught.value)
    assert shop.store.names() == ["FetchShipping", "CreateFulfillment"] * 2
