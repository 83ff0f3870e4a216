"""The promises of a sales channel's door, as tests. A test class inherits them and gives a fixture `rig` (see Rig)."""

from dataclasses import replace

import pytest

from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.effects import Effect, FetchOrder, MoveFulfillmentOrder, RecordFulfillment
from stockbridge.domain.events import (
    Event,
    FulfillmentOrderMoved,
    FulfillmentRecorded,
    ItemsSeen,
    LocationsSeen,
    Noted,
    OrderGone,
    OrderHinted,
    OrderSeen,
)
from stockbridge.domain.values import Tracking, Units
from stockbridge.ports import (
    Arrival,
    LookUp,
    NotGenuine,
    Outbound,
    OutcomeUnknown,
    Polls,
    Receipt,
    Refused,
    TryLater,
    Unreadable,
)
from stockbridge.testing.contract_levels import LevelsContract, Rig


def event(rig: Rig, topic: str, body: bytes) -> Event:
    """What the door's reader makes of a receipt or of a body."""
    arrival = Arrival(
        account="a",
        connection="c",
        topic=topic,
        subject="s",
        dedupe_key="k",
        received_at=rig.clock.now(),
        headers={},
        body=body,
    )
    (found,) = rig.door.inbound.read(arrival)
    return found


def told(rig: Rig, receipt: object) -> Event:
    assert isinstance(receipt, Receipt), receipt
    return event(rig, receipt.topic, receipt.body)


def outbound(rig: Rig) -> Outbound:
    assert rig.door.outbound is not None
    return rig.door.outbound


def perform(rig: Rig, effect: Effect) -> Receipt:
    return outbound(rig).perform(effect, effect.key)


def fetched(rig: Rig, order_id: str) -> ChannelOrder:
    found = told(rig, perform(rig, FetchOrder(order_id=order_id, cause="test")))
    assert isinstance(found, OrderSeen)
    return found.order


def shipment(rig: Rig, order: ChannelOrder, units: int, number: str = "TRACK-1", name: str = "s1") -> RecordFulfillment:
    return RecordFulfillment(
        order_id=order.order_id,
        shipment_id=name,
        location_id=rig.location,
        lines=(Units(order.lines[0].line_id, units),),
        tracking=Tracking(carrier="DHL", numbers=(number,), urls=(f"https://track.example/{number}",)),
        notify_customer=False,
    )


class InboundContract:
    """What every channel's reader promises."""

    def test_a_hint_is_genuine_and_names_the_order_it_is_about(self, rig: Rig) -> None:
        rig.hints()
        order = rig.place(1)
        arrivals = [rig.door.inbound.identify(headers, body, rig.clock.now()) for headers, body in rig.hints()]
        events = [found for each in arrivals for found in rig.door.inbound.read(each)]
        assert order in {found.order_id for found in events if isinstance(found, OrderHinted)}

    def test_the_same_delivery_twice_is_one_arrival_and_two_deliveries_are_two(self, rig: Rig) -> None:
        rig.hints()
        rig.place(1)
        rig.place(1)
        sent = list(rig.hints())
        once = [rig.door.inbound.identify(*each, rig.clock.now()).dedupe_key for each in sent]
        again = [rig.door.inbound.identify(*each, rig.clock.now()).dedupe_key for each in sent]
        assert once == again
        assert len(set(once)) == len(sent) > 1

    def test_a_body_changed_on_the_way_is_not_genuine(self, rig: Rig) -> None:
        with pytest.raises(NotGenuine):
            rig.door.inbound.identify(rig.signed(b"{}"), b"{} ", rig.clock.now())

    def test_a_message_without_any_proof_is_not_genuine(self, rig: Rig) -> None:
        with pytest.raises(NotGenuine):
            rig.door.inbound.identify({}, b"{}", rig.clock.now())

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\x00", b"[[["])
    def test_an_unreadable_body_of_a_genuine_sender_is_kept_and_says_why_it_cannot_be_read(self, rig: Rig, body: bytes) -> None:
        arrival = rig.door.inbound.identify(rig.signed(body), body, rig.clock.now())
        assert arrival.body == body
        with pytest.raises(Unreadable, match=r"\w+ \w+"):
            rig.door.inbound.read(arrival)

    def test_an_unknown_topic_is_noted(self, rig: Rig) -> None:
        arrival = rig.door.inbound.identify(rig.signed(b'{"new": 1}', "topics/unheard_of"), b'{"new": 1}', rig.clock.now())
        assert [type(found) for found in rig.door.inbound.read(arrival)] == [Noted]

    def test_reading_needs_no_connection(self, rig: Rig) -> None:
        order = rig.place(1)
        receipt = perform(rig, FetchOrder(order_id=order, cause="test"))
        rig.unplug()
        assert isinstance(told(rig, receipt), OrderSeen)


class OrdersContract:
    """What every channel promises of orders."""

    def test_an_order_is_fetched_whole(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(3))
        (line,) = order.lines
        assert (line.inventory_item_id, line.quantity, line.current_quantity) == (rig.item, 3, 3)
        assert order.read_at <= rig.clock.now()
        (asked,) = order.fulfillment_orders
        assert (asked.location_id, [each.remaining for each in asked.lines]) == (rig.location, [3])
        assert order.shipping_address is not None

    def test_many_are_fetched_at_once_each_with_its_own_answer(self, rig: Rig) -> None:
        known = [rig.place(1), rig.place(2)]
        unknown = known[0] + "999999"
        effects = [FetchOrder(order_id=each, cause="test") for each in (known[0], unknown, known[1])]
        found = [told(rig, each) for each in outbound(rig).perform_batch([(each, each.key) for each in effects])]
        assert [type(each) for each in found] == [OrderSeen, OrderGone, OrderSeen]
        assert [each.order.order_id for each in found if isinstance(each, OrderSeen)] == known

    def test_an_order_whose_hints_were_lost_is_found_by_the_sweep(self, rig: Rig) -> None:
        rig.lose_hints()
        order = rig.place(1)
        assert order in self.swept(rig, None)[0]

    def test_a_sweep_sees_what_came_after_the_last_one_and_brings_nothing_old_as_new(self, rig: Rig) -> None:
        polls = self.polls(rig)
        rig.place(1)
        rig.clock.sleep(5)  # a change whose very moment is not over may be brought once more
        first, cursor = polls.poll("orders", None)
        rig.clock.sleep(3600)
        order = rig.place(1)
        second, _ = polls.poll("orders", cursor)
        known = {each.dedupe_key for each in first}
        assert {each.subject for each in second if each.dedupe_key not in known} == {f"order/{order}"}

    @staticmethod
    def swept(rig: Rig, cursor: str | None) -> tuple[set[str], str | None]:
        assert rig.door.polls is not None
        arrivals, after = rig.door.polls.poll("orders", cursor)
        events = [found for each in arrivals for found in rig.door.inbound.read(each)]
        return {found.order_id for found in events if isinstance(found, OrderHinted)}, after

    def test_the_same_change_swept_twice_is_one_arrival(self, rig: Rig) -> None:
        rig.place(1)
        rig.clock.sleep(5)
        polls = self.polls(rig)
        first, cursor = polls.poll("orders", None)
        rig.clock.sleep(60)
        again, _ = polls.poll("orders", cursor)
        assert {each.dedupe_key for each in again} <= {each.dedupe_key for each in first}

    @staticmethod
    def polls(rig: Rig) -> Polls:
        assert rig.door.polls is not None
        return rig.door.polls

    def test_the_catalogue_and_the_locations_are_swept(self, rig: Rig) -> None:
        polls = self.polls(rig)
        events = [
            found
            for what in ("items", "locations")
            for each in polls.poll(what, None)[0]
            for found in rig.door.inbound.read(each)
        ]
        items = {item.inventory_item_id for found in events if isinstance(found, ItemsSeen) for item in found.items}
        places = {place.location_id for found in events if isinstance(found, LocationsSeen) for place in found.locations}
        assert {rig.item, rig.second_item} <= items
        assert {rig.location, rig.other_location} <= places

    def test_a_working_connection_passes_its_check_and_an_unplugged_one_says_so(self, rig: Rig) -> None:
        assert rig.door.check is not None
        assert rig.door.check().ok
        rig.unplug()
        health = rig.door.check()
        assert not health.ok
        assert health.findings


class ShippingContract:
    """What every channel promises of records of shipments."""

    def test_a_shipment_is_recorded_with_its_lines_and_tracking(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        found = told(rig, perform(rig, shipment(rig, order, 2)))
        assert isinstance(found, FulfillmentRecorded)
        assert not found.adopted
        assert rig.shipped(order.order_id) == [("TRACK-1", {order.lines[0].line_id: 2})]

    def test_the_same_shipment_performed_again_is_adopted_and_not_doubled(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(4))
        first = perform(rig, shipment(rig, order, 2))
        again = perform(rig, shipment(rig, order, 2))
        assert again.adopted
        assert again.reference == first.reference
        assert len(rig.shipped(order.order_id)) == 1

    def test_two_parcels_are_two_records_each_with_its_own_lines_and_tracking(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(3))
        perform(rig, shipment(rig, order, 1))
        perform(rig, shipment(rig, order, 2, "TRACK-2", "s2"))
        line = order.lines[0].line_id
        assert sorted(rig.shipped(order.order_id)) == [("TRACK-1", {line: 1}), ("TRACK-2", {line: 2})]

    def test_a_twin_parcel_that_belongs_to_another_shipment_is_not_taken_for_this_one(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        first = perform(rig, shipment(rig, order, 1))
        second = perform(rig, replace(shipment(rig, order, 1, name="s2"), bound=(first.reference,)))
        assert second.reference != first.reference
        assert len(rig.shipped(order.order_id)) == 2

    def test_a_record_whose_answer_was_lost_is_found_and_not_doubled(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        effect = shipment(rig, order, 2)
        rig.lose_next_answer(done=True)
        with pytest.raises(OutcomeUnknown):
            perform(rig, effect)
        found = outbound(rig).look_up(effect, effect.key)
        assert isinstance(found, Receipt)
        assert found.adopted
        assert len(rig.shipped(order.order_id)) == 1

    def test_a_record_that_was_never_made_is_not_found_and_may_be_made(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        effect = shipment(rig, order, 2)
        rig.lose_next_answer(done=False)
        with pytest.raises(OutcomeUnknown):
            perform(rig, effect)
        assert outbound(rig).look_up(effect, effect.key) is LookUp.NOT_FOUND
        perform(rig, effect)
        assert len(rig.shipped(order.order_id)) == 1

    def test_more_than_was_ordered_is_refused_and_nothing_recorded(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        with pytest.raises(Refused, match=r"\w+ \w+"):
            perform(rig, shipment(rig, order, 3))
        assert rig.shipped(order.order_id) == []

    def test_what_is_on_hold_is_not_recorded(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        rig.hold(order.order_id)
        with pytest.raises(Refused, match="hold"):
            perform(rig, shipment(rig, order, 2))
        assert rig.shipped(order.order_id) == []

    def test_without_a_connection_nothing_was_done(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(2))
        rig.unplug()
        with pytest.raises(TryLater):
            perform(rig, shipment(rig, order, 2))
        assert rig.shipped(order.order_id) == []

    def test_units_are_moved_to_another_location_whole_or_in_part_and_only_once(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(3))
        effect = MoveFulfillmentOrder(
            reference="r",
            order_id=order.order_id,
            from_location_id=rig.location,
            to_location_id=rig.other_location,
            lines=(Units(order.lines[0].line_id, 2),),
        )
        found = told(rig, perform(rig, effect))
        assert found == FulfillmentOrderMoved(order_id=order.order_id, location_id=rig.other_location)
        assert perform(rig, effect).adopted
        assert (rig.left_at(order.order_id, rig.location), rig.left_at(order.order_id, rig.other_location)) == (1, 2)
        assert isinstance(outbound(rig).look_up(effect, effect.key), Receipt)

    def test_a_shipment_from_two_portions_of_an_order_is_one_record(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(3))
        line = order.lines[0].line_id
        there = MoveFulfillmentOrder(
            reference="r",
            order_id=order.order_id,
            from_location_id=rig.location,
            to_location_id=rig.other_location,
            lines=(Units(line, 1),),
        )
        perform(rig, there)
        perform(rig, shipment(rig, order, 2))
        assert rig.shipped(order.order_id) == [("TRACK-1", {line: 2})]
        assert rig.left_at(order.order_id, rig.other_location) == 1

    def test_no_secret_is_in_a_receipt_or_an_error(self, rig: Rig) -> None:
        order = fetched(rig, rig.place(1))
        receipt = perform(rig, shipment(rig, order, 1))
        rig.unplug()
        with pytest.raises(TryLater) as caught:
            perform(rig, FetchOrder(order_id=order.order_id, cause="test"))
        for secret in rig.secrets:
            assert secret.encode() not in receipt.body
            assert secret not in str(caught.value)


class ChannelContract(InboundContract, OrdersContract, ShippingContract, LevelsContract):
    """Everything that a channel's door promises."""
