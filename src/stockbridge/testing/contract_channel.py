"""The promises of a sales channel's door, as tests. A test class inherits them and gives a fixture `rig` (see Rig)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

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
    Clock,
    LevelOutcome,
    LevelRead,
    Levels,
    LevelWrite,
    LookUp,
    NotGenuine,
    OpenDoor,
    Outbound,
    OutcomeUnknown,
    Polls,
    Receipt,
    Refused,
    TryLater,
    Unreadable,
)


class Rig(Protocol):
    """A channel of one shop with two locations, an item with at least 20 units at each, and a door to it.

    What the methods tell is the channel's own truth, not what the door says of it."""

    door: OpenDoor
    clock: Clock
    location: str
    other_location: str
    item: str
    second_item: str
    #: what must never be seen in a receipt or an error
    secrets: tuple[str, ...]

    def place(self, units: int) -> str:
        """A buyer orders so many of the item; routed to ``location``. Gives the order's id."""
        ...

    def lose_hints(self) -> None:
        """From now on no webhook is delivered."""
        ...

    def hints(self) -> Sequence[tuple[Mapping[str, str], bytes]]:
        """The webhooks that the channel has sent since the last call: headers and body."""
        ...

    def signed(self, body: bytes, topic: str = "") -> Mapping[str, str]:
        """Headers with which the channel would send this body; without a topic, that of a changed order."""
        ...

    def hold(self, order_id: str) -> None: ...
    def sell(self, units: int) -> None:
        """Units of the item leave ``location`` in another way."""
        ...

    def available(self, item: str) -> int:
        """What is on offer of an item at ``location``."""
        ...

    def shipped(self, order_id: str) -> Sequence[tuple[str, Mapping[str, int]]]:
        """The order's records of shipments: tracking number and units by order line."""
        ...

    def left_at(self, order_id: str, location: str) -> int:
        """Units of an order that a location is still asked to ship."""
        ...

    def lose_next_answer(self, *, done: bool) -> None:
        """The answer to the next call that changes something is lost, after it was done or before."""
        ...

    def unplug(self) -> None:
        """No connection can be made."""
        ...


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


class LevelsContract:
    """What every channel promises of the levels it offers."""

    @staticmethod
    def levels(rig: Rig) -> Levels:
        assert rig.door.levels is not None
        return rig.door.levels

    def level(self, rig: Rig, item: str) -> LevelRead:
        return self.levels(rig).read([(item, rig.location)])[0]

    def write(self, rig: Rig, *writes: LevelWrite, key: str = "key-1") -> Sequence[LevelOutcome]:
        return self.levels(rig).write(writes, key=key, document="stockbridge://test/1")

    @staticmethod
    def to(rig: Rig, item: str, available: int, was: int, *, delta: bool = False) -> LevelWrite:
        return LevelWrite(inventory_item_id=item, location_id=rig.location, available=available, change_from=was, delta=delta)

    def test_what_is_written_is_what_is_offered(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        (found,) = self.write(rig, self.to(rig, rig.item, 7, was))
        assert found.outcome == "written"
        assert rig.available(rig.item) == 7
        assert self.level(rig, rig.item).available == 7

    def test_committed_units_are_told_beside_what_is_on_offer(self, rig: Rig) -> None:
        before = self.level(rig, rig.item)
        rig.place(2)
        after = self.level(rig, rig.item)
        assert before.available is not None
        assert (after.available, after.committed) == (before.available - 2, before.committed + 2)

    def test_an_item_that_does_not_exist_is_not_on_offer(self, rig: Rig) -> None:
        found = self.level(rig, rig.item + "999999")
        assert (found.available, found.active) == (None, False)

    def test_a_sale_between_reading_and_writing_makes_the_write_stale(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        rig.sell(3)
        (found,) = self.write(rig, self.to(rig, rig.item, 100, was))
        assert found.outcome == "stale"
        assert rig.available(rig.item) == was - 3

    def test_one_stale_entry_is_told_apart_from_those_it_held_up(self, rig: Rig) -> None:
        was, other = rig.available(rig.item), rig.available(rig.second_item)
        rig.sell(1)
        found = self.write(rig, self.to(rig, rig.second_item, 9, other), self.to(rig, rig.item, 9, was))
        assert found[1].outcome == "stale"
        assert rig.available(rig.second_item) == (9 if found[0].outcome == "written" else other)
        assert found[0].outcome in ("written", "held")

    def test_a_bad_entry_is_refused_with_a_reason(self, rig: Rig) -> None:
        (found,) = self.write(rig, self.to(rig, rig.item + "999999", 9, 1))
        assert found.outcome == "refused"
        assert found.reason

    def test_a_difference_stays_right_when_a_sale_comes_between(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        rig.sell(3)
        (found,) = self.write(rig, self.to(rig, rig.item, was - 10, was, delta=True))
        assert found.outcome == "written"
        assert rig.available(rig.item) == was - 13

    def test_a_lost_answer_is_unknown_and_the_truth_can_be_read(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        rig.lose_next_answer(done=True)
        with pytest.raises(OutcomeUnknown):
            self.write(rig, self.to(rig, rig.item, 5, was))
        assert self.level(rig, rig.item).available == 5

    def test_sets_and_differences_go_together(self, rig: Rig) -> None:
        was, other = rig.available(rig.item), rig.available(rig.second_item)
        found = self.write(rig, self.to(rig, rig.item, 50, was), self.to(rig, rig.second_item, other - 4, other, delta=True))
        assert [each.outcome for each in found] == ["written", "written"]
        assert (rig.available(rig.item), rig.available(rig.second_item)) == (50, other - 4)

    def test_as_many_levels_as_fit_in_one_call_are_read_in_the_order_asked(self, rig: Rig) -> None:
        cells = [(rig.item, rig.location), (rig.second_item, rig.other_location), (rig.item, rig.other_location)]
        found = self.levels(rig).read(cells)
        assert [(each.inventory_item_id, each.location_id) for each in found] == cells


class ChannelContract(InboundContract, OrdersContract, ShippingContract, LevelsContract):
    """Everything that a channel's door promises."""
