"""Shipments recorded and fulfillment orders moved: what is sent, what is adopted, what an answer that was lost leads to."""

import json
from dataclasses import replace
from typing import Any

import pytest

from stockbridge.domain import events as e
from stockbridge.domain.effects import CancelSubmission, MoveFulfillmentOrder, RecordFulfillment
from stockbridge.domain.values import Tracking, Units
from stockbridge.ports import Arrival, Capability, HttpAnswer, LookUp, OutcomeUnknown, Receipt, Refused, TryLater

ORDER, A, B = "gid://shopify/Order/1", "gid://shopify/Location/1", "gid://shopify/Location/2"
TRACKING = Tracking(carrier="DHL", numbers=("N1",), urls=("https://dhl.example/N1",))
MADE = {
    "fulfillmentCreate": {
        "fulfillment": {"id": "f-9", "status": "SUCCESS", "createdAt": "2026-11-22T12:00:00Z"},
        "userErrors": [],
    }
}
MOVED = {"fulfillmentOrderMove": {"movedFulfillmentOrder": {"id": "fo-9", "status": "OPEN"}, "userErrors": []}}


def units(*pairs: tuple[int, int]) -> tuple[Units, ...]:
    return tuple(Units(f"gid://shopify/LineItem/{line}", n) for line, n in pairs)


@pytest.fixture
def record() -> RecordFulfillment:
    return RecordFulfillment(
        order_id=ORDER, shipment_id="s1", location_id=A, lines=units((1, 2)), tracking=TRACKING, notify_customer=True
    )


@pytest.fixture
def move() -> MoveFulfillmentOrder:
    return MoveFulfillmentOrder(reference="r", order_id=ORDER, from_location_id=A, to_location_id=B, lines=units((1, 2)))


def event(shop: Any, receipt: Receipt) -> Any:
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
    (found,) = shop.door.inbound.read(arrival)
    return found


def has(shop: Any, make: Any, *, asked: Any = (), shipped: Any = ()) -> None:
    shop.store.on("FetchShipping", {"nodes": [make.shipping(1, asked=asked, shipped=shipped)]})


# --- recording -----------------------------------------------------------------------------------------------------------


def test_a_shipment_becomes_one_fulfillment_with_its_lines_and_tracking(
    shop: Any, make: Any, record: RecordFulfillment
) -> None:
    has(shop, make, asked=(make.asked(31, (1, 1)), make.asked(32, (1, 3))))
    shop.store.on("CreateFulfillment", MADE)
    receipt = shop.door.outbound.perform(record, "k")
    assert shop.store.variables("CreateFulfillment") == {
        "fulfillment": {
            "lineItemsByFulfillmentOrder": [
                {
                    "fulfillmentOrderId": "gid://shopify/FulfillmentOrder/31",
                    "fulfillmentOrderLineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/31001", "quantity": 1}],
                },
                {
                    "fulfillmentOrderId": "gid://shopify/FulfillmentOrder/32",
                    "fulfillmentOrderLineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/32001", "quantity": 1}],
                },
            ],
            "notifyCustomer": True,
            "trackingInfo": {"company": "DHL", "number": "N1", "url": "https://dhl.example/N1"},
        }
    }
    assert (receipt.reference, receipt.adopted) == ("f-9", False)
    assert event(shop, receipt) == e.FulfillmentRecorded(order_id=ORDER, shipment_id="s1", fulfillment_id="f-9")


@pytest.mark.parametrize(
    ("tracking", "sent"),
    [
        (Tracking(), None),
        (Tracking(carrier="DHL"), {"company": "DHL"}),
        (Tracking(numbers=("A", "B"), urls=("u", "v")), {"numbers": ["A", "B"], "urls": ["u", "v"]}),
        (Tracking(carrier="UPS", numbers=("A", "B"), urls=("u",)), {"company": "UPS", "numbers": ["A", "B"]}),
        (Tracking(urls=("https://t.example/1",)), {"url": "https://t.example/1"}),
    ],
)
def test_tracking_is_sent_in_the_form_that_shopify_wants(
    shop: Any, make: Any, record: RecordFulfillment, tracking: Tracking, sent: Any
) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    shop.store.on("CreateFulfillment", MADE)
    shop.door.outbound.perform(replace(record, tracking=tracking), "k")
    assert shop.store.variables("CreateFulfillment")["fulfillment"].get("trackingInfo") == sent


@pytest.mark.parametrize(("setting", "effect", "mailed"), [(True, True, True), (True, False, False), (False, True, False)])
def test_customers_are_mailed_only_if_both_the_shop_and_the_effect_say_so(
    shop: Any, make: Any, record: RecordFulfillment, setting: bool, effect: bool, mailed: bool
) -> None:
    shop.settings["notify_customer"] = setting
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    shop.store.on("CreateFulfillment", MADE)
    shop.door.outbound.perform(replace(record, notify_customer=effect), "k")
    assert shop.store.variables("CreateFulfillment")["fulfillment"]["notifyCustomer"] is mailed


def test_a_fulfillment_that_is_there_already_is_adopted_and_nothing_sent(
    shop: Any, make: Any, record: RecordFulfillment
) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),), shipped=(make.shipped(41, (1, 2), numbers=("N1",)),))
    receipt = shop.door.outbound.perform(record, "k")
    assert (receipt.reference, receipt.adopted) == ("gid://shopify/Fulfillment/41", True)
    assert shop.store.names() == ["FetchShipping"]
    assert event(shop, receipt).adopted


def test_two_that_look_alike_are_left_to_a_person(shop: Any, make: Any, record: RecordFulfillment) -> None:
    twins = tuple(make.shipped(n, (1, 2), numbers=("N1",)) for n in (41, 42))
    has(shop, make, shipped=twins)
    with pytest.raises(Refused) as caught:
        shop.door.outbound.perform(record, "k")
    assert caught.value.code == "ambiguous"
    assert shop.store.names() == ["FetchShipping"]


def test_a_hold_is_respected_without_asking_shopify_to_break_it(shop: Any, make: Any, record: RecordFulfillment) -> None:
    hold = [{"reason": "HIGH_RISK_OF_FRAUD", "displayReason": "High risk of fraud", "reasonNotes": None}]
    has(shop, make, asked=(make.asked(31, (1, 2), status="ON_HOLD", fulfillmentHolds=hold),))
    with pytest.raises(Refused, match="High risk of fraud"):
        shop.door.outbound.perform(record, "k")
    assert "CreateFulfillment" not in shop.store.names()


def test_ids_that_changed_meanwhile_are_read_again_once(shop: Any, make: Any, record: RecordFulfillment) -> None:
    shop.store.on(
        "FetchShipping",
        {"nodes": [make.shipping(1, asked=(make.asked(31, (1, 2)),))]},
        {"nodes": [make.shipping(1, asked=(make.asked(77, (1, 2)),))]},
    )
    stale = make.complaint("fulfillmentCreate", "Fulfillment order line item does not exist.", fulfillment=None)
    shop.store.on("CreateFulfillment", stale, MADE)
    assert shop.door.outbound.perform(record, "k").reference == "f-9"
    sent = shop.store.variables("CreateFulfillment")["fulfillment"]["lineItemsByFulfillmentOrder"]
    assert [each["fulfillmentOrderId"] for each in sent] == ["gid://shopify/FulfillmentOrder/77"]


def test_a_complaint_that_stays_is_refused_in_shopify_s_words(shop: Any, make: Any, record: RecordFulfillment) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    shop.store.on(
        "CreateFulfillment", make.complaint("fulfillmentCreate", "Fulfillment order 31 has an unfulfillable status= closed.")
    )
    with pytest.raises(Refused, match="unfulfillable status"):
        shop.door.outbound.perform(record, "k")
    assert shop.store.names().count("CreateFulfillment") == 2


@pytest.mark.parametrize(
    "reply",
    [
        OutcomeUnknown("late"),
        HttpAnswer(status=502, headers={}, body=b"<html>"),
        {"fulfillmentCreate": {"fulfillment": None, "userErrors": []}},
    ],
)
def test_a_lost_answer_is_unknown_and_never_sent_again_here(
    shop: Any, make: Any, record: RecordFulfillment, reply: Any
) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    shop.store.on("CreateFulfillment", reply)
    with pytest.raises(OutcomeUnknown):
        shop.door.outbound.perform(record, "k")
    assert shop.store.names().count("CreateFulfillment") == 1


def test_an_order_that_is_gone_is_refused(shop: Any, record: RecordFulfillment) -> None:
    shop.store.on("FetchShipping", {"nodes": [None]})
    with pytest.raises(Refused) as caught:
        shop.door.outbound.perform(record, "k")
    assert caught.value.code == "no_order"


def test_more_lines_than_shopify_takes_are_refused_before_sending(shop: Any, make: Any, record: RecordFulfillment) -> None:
    many = tuple((n, 1) for n in range(513))
    has(shop, make, asked=(make.asked(31, *many),))
    with pytest.raises(Refused) as caught:
        shop.door.outbound.perform(replace(record, lines=units(*many)), "k")
    assert caught.value.code == "too_large"


# --- looking up ----------------------------------------------------------------------------------------------------------


def test_a_fulfillment_whose_answer_was_lost_is_found(shop: Any, make: Any, record: RecordFulfillment) -> None:
    has(shop, make, shipped=(make.shipped(41, (1, 2), numbers=("N1",)),))
    found = shop.door.outbound.look_up(record, "k")
    assert isinstance(found, Receipt)
    assert found.adopted
    assert event(shop, found).fulfillment_id == "gid://shopify/Fulfillment/41"


def test_a_fulfillment_that_was_not_made_is_not_found(shop: Any, make: Any, record: RecordFulfillment) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    assert shop.door.outbound.look_up(record, "k") is LookUp.NOT_FOUND


def test_a_move_whose_answer_was_lost_is_found(shop: Any, make: Any, move: MoveFulfillmentOrder) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2), location=2),))
    found = shop.door.outbound.look_up(move, "k")
    assert isinstance(found, Receipt)
    assert event(shop, found) == e.FulfillmentOrderMoved(order_id=ORDER, location_id=B)


def test_what_a_store_cannot_do_is_refused_and_cannot_be_looked_up(shop: Any) -> None:
    cancel = CancelSubmission(reference="r", warehouse="w", reason="x")
    with pytest.raises(Refused) as caught:
        shop.door.outbound.perform(cancel, "k")
    assert caught.value.code == "capability"
    assert shop.door.outbound.look_up(cancel, "k") is LookUp.IMPOSSIBLE
    assert Capability.CANCEL not in shop.door.outbound.capabilities


# --- moving --------------------------------------------------------------------------------------------------------------


def test_a_whole_fulfillment_order_is_moved_without_naming_lines(shop: Any, make: Any, move: MoveFulfillmentOrder) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    shop.store.on("MoveFulfillmentOrder", MOVED)
    receipt = shop.door.outbound.perform(move, "k")
    assert shop.store.variables("MoveFulfillmentOrder") == {"id": "gid://shopify/FulfillmentOrder/31", "newLocationId": B}
    assert json.loads(receipt.body)["fulfillment_order_ids"] == ["fo-9"]


def test_a_part_is_moved_by_its_lines(shop: Any, make: Any, move: MoveFulfillmentOrder) -> None:
    has(shop, make, asked=(make.asked(31, (1, 5), (2, 1)),))
    shop.store.on("MoveFulfillmentOrder", MOVED)
    shop.door.outbound.perform(move, "k")
    assert shop.store.variables("MoveFulfillmentOrder")["lines"] == [
        {"id": "gid://shopify/FulfillmentOrderLineItem/31001", "quantity": 2}
    ]


def test_a_move_that_is_done_already_is_adopted(shop: Any, make: Any, move: MoveFulfillmentOrder) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2), location=2),))
    receipt = shop.door.outbound.perform(move, "k")
    assert receipt.adopted
    assert shop.store.names() == ["FetchShipping"]


def test_a_move_that_shopify_refuses_is_refused_with_its_sentence_and_code(
    shop: Any, make: Any, move: MoveFulfillmentOrder
) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    code = "CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS"
    shop.store.on("MoveFulfillmentOrder", make.complaint("fulfillmentOrderMove", "Cannot change location.", code=code))
    with pytest.raises(Refused, match=r"Cannot change location\.") as caught:
        shop.door.outbound.perform(move, "k")
    assert caught.value.code == code


# --- together ------------------------------------------------------------------------------------------------------------


def test_shipments_of_several_orders_share_one_reading(shop: Any, make: Any, record: RecordFulfillment) -> None:
    effects = [replace(record, order_id=f"gid://shopify/Order/{n}", shipment_id=f"s{n}") for n in (1, 2, 3)]
    shop.store.on(
        "FetchShipping", lambda v: {"nodes": [make.shipping(n, asked=(make.asked(30 + n, (1, 2)),)) for n in (1, 2, 3)]}
    )
    shop.store.on("CreateFulfillment", MADE)
    found = shop.door.outbound.perform_batch([(each, each.key) for each in effects])
    assert all(isinstance(each, Receipt) for each in found)
    assert shop.store.names() == ["FetchShipping"] + ["CreateFulfillment"] * 3


def test_the_second_shipment_of_an_order_is_planned_from_a_reading_made_after_the_first(
    shop: Any, make: Any, record: RecordFulfillment
) -> None:
    others = replace(record, order_id="gid://shopify/Order/2", shipment_id="s3")
    second = replace(record, shipment_id="s2", tracking=Tracking(numbers=("N2",)))
    left = iter([{"nodes": [make.shipping(1, asked=(make.asked(31, (1, 4)),)), make.shipping(2, asked=(make.asked(32, (1, 2)),))]},
                 {"nodes": [make.shipping(1, asked=(make.asked(99, (1, 2)),))]}])  # fmt: skip
    shop.store.on("FetchShipping", lambda v: next(left))
    shop.store.on("CreateFulfillment", MADE)
    shop.door.outbound.perform_batch([(record, "a"), (second, "b"), (others, "c")])
    sent = [
        v["fulfillment"]["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderId"]
        for n, v in shop.store.calls
        if n == "CreateFulfillment"
    ]
    assert [each.rsplit("/", 1)[1] for each in sent] == ["31", "99", "32"]


def test_one_that_is_refused_stops_no_other(shop: Any, make: Any, record: RecordFulfillment) -> None:
    other = replace(record, order_id="gid://shopify/Order/2", shipment_id="s2")
    shop.store.on("FetchShipping", {"nodes": [None, make.shipping(2, asked=(make.asked(32, (1, 2)),))]})
    shop.store.on("CreateFulfillment", MADE)
    first, second = shop.door.outbound.perform_batch([(record, "a"), (other, "b")])
    assert isinstance(first, Refused)
    assert isinstance(second, Receipt)


def test_when_the_shared_reading_is_refused_each_reads_for_itself(shop: Any, make: Any, record: RecordFulfillment) -> None:
    other = replace(record, order_id="gid://shopify/Order/2", shipment_id="s2")
    good = {"nodes": [make.shipping(2, asked=(make.asked(32, (1, 2)),))]}
    shop.store.on("FetchShipping", Refused("no such id"), Refused("no such id"), good)
    shop.store.on("CreateFulfillment", MADE)
    first, second = shop.door.outbound.perform_batch([(record, "a"), (other, "b")])
    assert isinstance(first, Refused)
    assert isinstance(second, Receipt)


def test_when_the_store_is_busy_all_wait_instead_of_asking_one_by_one(shop: Any, make: Any, record: RecordFulfillment) -> None:
    other = replace(record, order_id="gid://shopify/Order/2", shipment_id="s2")
    shop.store.on("FetchShipping", TryLater("busy"))
    found = shop.door.outbound.perform_batch([(record, "a"), (other, "b")])
    assert [type(each) for each in found] == [TryLater, TryLater]


def test_an_order_that_changes_while_several_are_read_holds_up_none_of_the_others(
    shop: Any, make: Any, record: RecordFulfillment
) -> None:
    other = replace(record, order_id="gid://shopify/Order/2", shipment_id="s2")
    nodes = [make.shipping(1, asked=(make.asked(31, (1, 2), more="l2"),)), make.shipping(2, asked=(make.asked(32, (1, 2)),))]
    shop.store.on("FetchShipping", {"nodes": nodes})
    shop.store.on("MoreFulfillmentOrderLines", {"fulfillmentOrder": None})
    shop.store.on("CreateFulfillment", MADE)
    first, second = shop.door.outbound.perform_batch([(record, "a"), (other, "b")])
    assert isinstance(first, TryLater)
    assert isinstance(second, Receipt)
    found = shop.door.outbound.look_up_batch([(record, "a"), (other, "b")])
    assert [type(each) for each in found] == [TryLater, LookUp]
    assert [type(each) for each in shop.door.outbound.look_up_batch([(record, "a")])] == [TryLater]


def test_several_doubtful_shipments_are_looked_up_with_one_reading(shop: Any, make: Any, record: RecordFulfillment) -> None:
    other = replace(record, order_id="gid://shopify/Order/2", shipment_id="s2")
    shop.store.on("FetchShipping", {"nodes": [make.shipping(n, asked=(make.asked(30 + n, (1, 2)),)) for n in (1, 2)]})
    found = shop.door.outbound.look_up_batch([(record, "a"), (other, "b")])
    assert found == [LookUp.NOT_FOUND, LookUp.NOT_FOUND]
    assert len(shop.budget.takes) == 1


def test_the_budget_of_a_whole_batch_is_waited_for_once(shop: Any, make: Any, record: RecordFulfillment) -> None:
    other = replace(record, order_id="gid://shopify/Order/2", shipment_id="s2")
    has = [make.shipping(n, asked=(make.asked(30 + n, (1, 2)),)) for n in (1, 2)]
    shop.store.on("FetchShipping", {"nodes": has})
    shop.store.on("CreateFulfillment", MADE, MADE)
    found = shop.door.outbound.perform_batch([(record, "a"), (other, "b")])
    assert [type(each) for each in found] == [Receipt, Receipt]
    assert [cost for cost, _ in shop.budget.takes][-1:] == [20.0]
    assert len(shop.budget.takes) == 2, "the reading, and both records together"


def test_reading_and_recording_are_urgent(shop: Any, make: Any, record: RecordFulfillment) -> None:
    has(shop, make, asked=(make.asked(31, (1, 2)),))
    shop.store.on("CreateFulfillment", MADE)
    shop.door.outbound.perform(record, "k")
    assert {urgent for _, urgent in shop.budget.takes} == {True}
