"""Each parcel that leaves becomes one fulfillment with its own lines and tracking, however its message travels."""

from collections.abc import Callable
from typing import Any

import pytest

from stockbridge.testing.covers import covers
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import World

Made = Callable[..., World]
Right = Callable[[World], Truth]


def accepted(world: World, truth: Right, items: Any) -> Any:
    order = world.shop.control.place(items)
    world.pass_time(10)
    assert world.sight.state(order.name) == "accepted"
    return order


def matches(world: World, truth: Right, name: str, parcels: int) -> None:
    assert truth(world).records(name) == truth(world).parcels(name)
    assert len(truth(world).parcels(name)) == parcels
    assert world.sight.state(name) == "done"
    assert world.sight.causes() == []
    assert truth(world).wrong() == []


@covers("FUL-18")
@covers("FUL-24")
@covers("FUL-27")
@covers("FUL-28")
@covers("IDEM-08")
@pytest.mark.parametrize("how", ["repeat", "repeat_as_new", "hold"])
def test_two_parcels_whose_messages_are_repeated_or_swapped_are_two_fulfillments(world: World, truth: Right, how: str) -> None:
    order = accepted(world, truth, {"PAN24": 2, "LANTERN": 3})
    for _ in range(2):
        world.wms.desk.plan("shipment.confirmed", how, 2)
    world.wms.ship(truth(world).reference(order.name), parcels=2)
    world.pass_time(5)
    world.wms.desk.release(world.clock.now(), newest_first=True)
    world.pass_time(60)
    matches(world, truth, order.name, 2)


@covers("FUL-19")
@covers("FUL-26")
def test_a_first_parcel_and_the_rest_days_later_are_two_fulfillments(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 3})
    world.wms.ship(truth(world).reference(order.name), {"W-PAN24": 1})
    world.pass_time(30)
    assert world.sight.state(order.name) == "part_shipped"
    assert truth(world).wrong() == []
    world.pass_time(86_400)
    world.wms.ship(truth(world).reference(order.name), {"W-PAN24": 2})
    world.pass_time(30)
    matches(world, truth, order.name, 2)


@covers("X-05")
@covers("FUL-22")
def test_shipped_units_of_an_item_fill_its_order_lines_one_after_the_other(world: World, truth: Right) -> None:
    order = accepted(world, truth, [{"sku": "PAN24", "quantity": 2}, {"sku": "PAN24", "quantity": 1}])
    world.wms.ship(truth(world).reference(order.name), parcels=3)
    world.pass_time(60)
    matches(world, truth, order.name, 3)
    assert [line.unfulfilled_quantity for line in order.lines] == [0, 0]


def _event(world: World, truth: Right, name: str, lines: dict[str, int], **more: Any) -> dict[str, Any]:
    return {
        "reference": truth(world).reference(name),
        "shipment_id": "SH-X1",
        "warehouse": "BER",
        "lines": [{"item_code": code, "units": units} for code, units in lines.items()],
        "carrier": "DHL",
        "tracking_numbers": ["DH1"],
        "tracking_urls": [],
        "shipped_at": world.clock.now(),
        "sequence": world.wms.sequence,
        **more,
    }


@covers("X-04")
@pytest.mark.parametrize("lines", [{"W-PAN24": 3}, {"W-PAN24": 1, "W-LANTERN": 1}, {"W-NOBODY": 1}])
def test_a_parcel_that_does_not_fit_the_order_is_parked_whole(world: World, truth: Right, lines: dict[str, int]) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.wms.inject("shipment.confirmed", _event(world, truth, order.name, lines))
    world.pass_time(60)
    assert truth(world).records(order.name) == []
    [parked] = world.sight.parked()
    assert parked.cause == "shipment_mismatch:SH-X1"
    assert parked.remedy == "retry"
    assert "has not been told about this shipment" in parked.consequence
    assert world.sight.state(order.name) == "parked"
    [arrival] = world.sight.arrivals("shipment.confirmed")
    assert arrival.state == 2


def test_a_parcel_that_did_not_fit_is_read_again_when_the_warehouse_corrects_it(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.wms.inject("shipment.confirmed", _event(world, truth, order.name, {"W-PAN24": 3}))
    world.pass_time(30)
    world.wms.inject("shipment.confirmed", _event(world, truth, order.name, {"W-PAN24": 2}))
    world.pass_time(30)
    assert [len(record[1]) for record in truth(world).records(order.name)] == [1]
    assert world.sight.parked() == []
    assert world.sight.state(order.name) == "done"


def test_asking_again_for_a_parcel_that_still_does_not_fit_parks_it_again(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.wms.inject("shipment.confirmed", _event(world, truth, order.name, {"W-PAN24": 3}))
    world.pass_time(30)
    [parked] = world.sight.parked()
    world.retry(parked.parked_id)
    world.pass_time(30)
    [again] = world.sight.parked()
    assert (again.cause, again.parked_id != parked.parked_id) == (parked.cause, True)
    assert truth(world).records(order.name) == []


@covers("FUL-23")
@covers("ORD-04")
def test_a_parcel_of_an_order_that_was_never_sent_is_parked(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 1})
    event = _event(world, truth, order.name, {"W-PAN24": 1}, reference="9999-deadbeef-1")
    world.wms.inject("shipment.confirmed", event)
    world.pass_time(30)
    [parked] = world.sight.parked()
    assert (parked.cause, parked.remedy) == ("unknown_reference", "replay")
    assert "9999-deadbeef-1" in parked.title
    assert truth(world).records(order.name) == []


@pytest.mark.parametrize(
    "fault", ["drop_answer_after", "http_500_after", "timeout", "http_500_before", "timeout_before", "http_429"]
)
@covers("X-02")
def test_a_fulfillment_whose_answer_is_lost_is_made_once(world: World, truth: Right, fault: str) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.shop.fail_next(fault, "fulfillmentCreate")
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(400)
    matches(world, truth, order.name, 1)


def test_two_parcels_alike_of_which_one_answer_is_lost_are_two_fulfillments(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.shop.fail_next("drop_answer_after", "fulfillmentCreate")
    world.wms.ship(truth(world).reference(order.name), parcels=2)
    world.pass_time(400)
    matches(world, truth, order.name, 2)


def test_two_parcels_alike_that_were_both_lost_on_their_way_are_two_fulfillments(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 4})
    world.shop.fail_next("drop_answer_after", "fulfillmentCreate")
    world.shop.fail_next("timeout_before", "fulfillmentCreate")
    world.wms.ship(truth(world).reference(order.name), parcels=2)
    world.pass_time(600)
    matches(world, truth, order.name, 2)


@covers("FUL-06")
def test_a_parcel_that_a_person_recorded_meanwhile_is_refused_with_its_cause_and_a_way_out(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.shop.control.fulfill(order.name, tracking={"number": "BY-HAND", "company": "DHL"})
    world.pass_time(30)
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(60)
    [parked] = [row for row in world.sight.parked() if row.cause.startswith("fulfillment")]
    assert "Somebody else has fulfilled" in parked.title
    assert "no tracking" in parked.consequence
    assert parked.remedy == "retry"
    [by_hand] = order.fulfillments
    world.cancel_fulfillment(by_hand)
    world.pass_time(30)
    world.retry(parked.parked_id)
    world.pass_time(60)
    assert truth(world).records(order.name) == truth(world).parcels(order.name)
    assert world.sight.parked() == []
    assert world.sight.state(order.name) == "done"


def test_a_parcel_that_a_person_recorded_with_its_own_number_is_taken_as_recorded(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 2})
    world.wms.desk.plan("shipment.confirmed", "delay", 60)
    [paper] = world.wms.ship(truth(world).reference(order.name))
    world.shop.control.fulfill(order.name, tracking={"number": paper["tracking_numbers"][0], "company": paper["carrier"]})
    world.pass_time(120)
    matches(world, truth, order.name, 1)


def test_a_parcel_waits_for_the_hold_in_the_shop_and_is_recorded_when_it_is_released_and_retried(
    world: World, truth: Right
) -> None:
    order = accepted(world, truth, {"PAN24": 1})
    world.shop.control.hold(order.name)
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(60)
    [parked] = world.sight.parked()
    assert "Release the hold in Shopify, then retry" in parked.title
    world.shop.control.release(order.name)
    world.retry(parked.parked_id)
    world.pass_time(60)
    matches(world, truth, order.name, 1)


@covers("REC-13")
@covers("REC-06")
def test_the_shop_hears_of_a_parcel_whose_message_was_lost_by_the_sweep_of_the_warehouse(world: World, truth: Right) -> None:
    order = accepted(world, truth, {"PAN24": 1})
    world.wms.desk.plan("*", "lose")
    world.wms.desk.plan("*", "lose")
    world.wms.ship(truth(world).reference(order.name))
    world.pass_time(30)
    assert truth(world).records(order.name) == []
    world.pass_time(300, schedules_too=True)
    matches(world, truth, order.name, 1)
