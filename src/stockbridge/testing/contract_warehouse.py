"""What every warehouse door must do, whatever system it speaks to. A door's tests subclass :class:`WarehouseContract` and
give a ``bench`` fixture: the open door, and hands that reach into the system behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from stockbridge.domain.effects import AdjustStock, CancelSubmission, FetchOrder, SubmissionLine, SubmitOrder
from stockbridge.domain.events import (
    CancellationAnswered,
    Event,
    FiguresReported,
    OrderAccepted,
    ShipmentConfirmed,
    StockAdjusted,
)
from stockbridge.ports import (
    Arrival,
    Capability,
    DoorError,
    LookUp,
    NotGenuine,
    OpenDoor,
    Outbound,
    OutcomeUnknown,
    Polls,
    Receipt,
    Refused,
    TryLater,
)
from stockbridge.testing.fakes import FakeClock

E = TypeVar("E", bound=DoorError)
V = TypeVar("V")


class WarehouseBench(Protocol):
    """Hands in the system behind the door. ``item`` has at least 20 free units in ``warehouse``, ``other_item`` 10."""

    door: OpenDoor
    clock: FakeClock
    warehouse: str
    item: str
    other_item: str
    unknown_item: str
    secrets: tuple[str, ...]

    def creates(self, reference: str) -> int:
        """How many orders the system made under our reference."""
        ...

    def lose_next_answer(self) -> None:
        """The next submission is done, and its answer lost."""
        ...

    def lose_next_request(self) -> None:
        """The next submission is lost on its way, and nobody can tell."""
        ...

    def refuse_next_connection(self) -> None: ...
    def fail_next(self) -> None:
        """The next submission is done, and answered by a server error."""
        ...

    def lose_next_adjustment(self) -> None:
        """The next adjustment is done, and its answer lost; a system that takes none is never asked."""
        ...

    def adjusted(self, reference: str) -> Sequence[int]:
        """Units of each booking that the system made under our reference for an adjustment."""
        ...

    def ship(self, reference: str, lines: Mapping[str, int]) -> None: ...
    def stock(self) -> Mapping[str, Mapping[str, int]]:
        """Item code → zone → units, on the basis that the system declares."""
        ...

    def messages(self) -> list[tuple[Mapping[str, str], bytes]]:
        """Signed messages sent to us since last asked; none, where the system sends none."""
        ...

    def down(self) -> None:
        """From now on nobody listens."""
        ...


def order(bench: WarehouseBench, reference: str, units: Mapping[str, int] | None = None) -> SubmitOrder:
    """A small order for the bench's warehouse."""
    wanted = units or {bench.item: 3, bench.other_item: 1}
    lines = tuple(
        SubmissionLine(line_id=f"{reference}-{place}", item_code=code, units=count)
        for place, (code, count) in enumerate(wanted.items())
    )
    return SubmitOrder(
        reference=reference,
        warehouse=bench.warehouse,
        order_name="#1001",
        lines=lines,
        ship_to=None,
        shipping_method="Standard",
        currency="EUR",
    )


def adjustment(bench: WarehouseBench, reference: str, units: int) -> AdjustStock:
    """Units of the bench's item that left (negative) or came without the warehouse."""
    return AdjustStock(
        reference=reference,
        warehouse=bench.warehouse,
        item_code=bench.item,
        units=units,
        zones=tuple(bench.stock()[bench.item]),
        reason="sold over the counter",
        about="#1001",
    )


class WarehouseContract:
    """The questions that every warehouse door is asked."""

    def test_a_submission_makes_one_order_and_its_answer_reads_as_accepted(self, bench: WarehouseBench) -> None:
        receipt = submit(bench, "C-1")
        accepted = only(OrderAccepted, read_receipt(bench, receipt))
        assert (accepted.reference, accepted.warehouse_ref, accepted.adopted) == ("C-1", receipt.reference, False)
        assert accepted.occurred_at.tzinfo is not None
        assert bench.creates("C-1") == 1

    def test_a_repeated_submission_is_one_order_where_references_are_unique(self, bench: WarehouseBench) -> None:
        first = submit(bench, "C-2")
        if Capability.UNIQUE_REFERENCE not in outbound(bench).capabilities:
            return
        second = submit(bench, "C-2")
        assert (second.adopted, second.reference) == (True, first.reference)
        assert bench.creates("C-2") == 1

    def test_one_unknown_item_refuses_the_whole_order_and_is_named(self, bench: WarehouseBench) -> None:
        effect = order(bench, "C-3", {bench.item: 1, bench.unknown_item: 1})
        refused = trouble(Refused, bench, effect)
        assert bench.unknown_item in str(refused)
        assert bench.creates("C-3") == 0

    def test_a_lost_answer_is_unknown_and_the_order_is_found_and_adopted(self, bench: WarehouseBench) -> None:
        bench.lose_next_answer()
        effect = order(bench, "C-4")
        trouble(OutcomeUnknown, bench, effect)
        found = outbound(bench).look_up(effect, effect.key)
        if Capability.LOOK_UP not in outbound(bench).capabilities:
            assert found is LookUp.IMPOSSIBLE
        else:
            assert isinstance(found, Receipt)
            assert found.adopted
            accepted = only(OrderAccepted, read_receipt(bench, found))
            assert (accepted.reference, accepted.adopted) == ("C-4", True)
        assert bench.creates("C-4") == 1

    def test_a_lost_request_is_unknown_and_the_order_is_not_found(self, bench: WarehouseBench) -> None:
        bench.lose_next_request()
        effect = order(bench, "C-5")
        trouble(OutcomeUnknown, bench, effect)
        possible = Capability.LOOK_UP in outbound(bench).capabilities
        assert outbound(bench).look_up(effect, effect.key) is (LookUp.NOT_FOUND if possible else LookUp.IMPOSSIBLE)
        assert bench.creates("C-5") == 0

    def test_no_connection_is_try_later_because_nothing_was_done(self, bench: WarehouseBench) -> None:
        bench.refuse_next_connection()
        later = trouble(TryLater, bench, order(bench, "C-6"))
        assert not later.credentials
        assert bench.creates("C-6") == 0

    def test_a_server_error_is_never_taken_for_not_done(self, bench: WarehouseBench) -> None:
        bench.fail_next()
        trouble(OutcomeUnknown, bench, order(bench, "C-7"))
        assert bench.creates("C-7") == 1

    def test_each_effect_of_a_batch_has_its_own_outcome(self, bench: WarehouseBench) -> None:
        effects = [order(bench, "C-8a"), order(bench, "C-8b", {bench.unknown_item: 1}), order(bench, "C-8c")]
        outcomes = outbound(bench).perform_batch([(each, each.key) for each in effects])
        assert [type(each) for each in outcomes] == [Receipt, Refused, Receipt]
        assert outbound(bench).batch_size("submit_order") >= 1

    def test_an_effect_that_no_warehouse_can_do_is_refused(self, bench: WarehouseBench) -> None:
        fetch = FetchOrder(order_id="1", cause="test")
        assert isinstance(outbound(bench).perform_batch([(fetch, fetch.key)])[0], Refused)
        assert outbound(bench).look_up(fetch, fetch.key) is LookUp.IMPOSSIBLE

    def test_a_cancellation_before_picking_is_confirmed(self, bench: WarehouseBench) -> None:
        submit(bench, "C-9")
        effect = CancelSubmission(reference="C-9", warehouse=bench.warehouse, reason="customer")
        answered = only(CancellationAnswered, read_receipt(bench, outbound(bench).perform(effect, effect.key)))
        assert (answered.reference, answered.confirmed) == ("C-9", True)
        again = only(CancellationAnswered, read_receipt(bench, outbound(bench).perform(effect, effect.key)))
        assert again == answered

    def test_a_cancellation_can_be_looked_up_like_a_submission_or_repeated_without_harm(self, bench: WarehouseBench) -> None:
        submit(bench, "C-10")
        effect = CancelSubmission(reference="C-10", warehouse=bench.warehouse, reason="customer")
        if Capability.LOOK_UP not in outbound(bench).capabilities:
            assert outbound(bench).look_up(effect, effect.key) is LookUp.HARMLESS
            return
        assert outbound(bench).look_up(effect, effect.key) is LookUp.NOT_FOUND
        outbound(bench).perform(effect, effect.key)
        found = outbound(bench).look_up(effect, effect.key)
        assert isinstance(found, Receipt)
        assert only(CancellationAnswered, read_receipt(bench, found)).confirmed

    def test_shipments_are_told_with_their_own_lines_and_add_up(self, bench: WarehouseBench) -> None:
        submit(bench, "C-11")
        bench.messages()
        bench.ship("C-11", {bench.item: 2})
        bench.ship("C-11", {bench.item: 1, bench.other_item: 1})
        shipments = {each.shipment_id: each for each in told(bench) if isinstance(each, ShipmentConfirmed)}
        lines = sorted(sorted((line.key, line.units) for line in each.lines) for each in shipments.values())
        assert lines == sorted([[(bench.item, 2)], sorted([(bench.item, 1), (bench.other_item, 1)])])
        assert {each.reference for each in shipments.values()} == {"C-11"}
        assert {each.warehouse for each in shipments.values()} == {bench.warehouse}
        assert [each.final for each in shipments.values()].count(True) == 1

    def test_a_shipment_keeps_its_id_however_often_and_by_whatever_way_it_is_told(self, bench: WarehouseBench) -> None:
        submit(bench, "C-12")
        bench.ship("C-12", {bench.item: 3, bench.other_item: 1})
        ways = [told_by_messages(bench), told_by_polls(bench), told_by_polls(bench)]
        found = [[event for event in way if isinstance(event, ShipmentConfirmed)] for way in ways]
        assert len({event.shipment_id for way in found for event in way}) == 1
        assert len({event for way in found for event in way}) == 1

    def test_asking_again_without_a_change_gives_the_same_keys(self, bench: WarehouseBench) -> None:
        submit(bench, "C-13")
        for what in polls(bench).sweeps:
            first, _ = polls(bench).poll(what, None)
            second, _ = polls(bench).poll(what, None)
            assert [each.dedupe_key for each in first] == [each.dedupe_key for each in second]
            assert len({each.dedupe_key for each in first}) == len(first)

    def test_a_sweep_gets_on_with_its_cursor(self, bench: WarehouseBench) -> None:
        if "orders" not in polls(bench).sweeps:
            return
        submit(bench, "C-14")
        first, cursor = polls(bench).poll("orders", None)
        assert len(first) == 1
        nothing, _ = polls(bench).poll("orders", cursor)
        assert not nothing
        bench.ship("C-14", {bench.item: 1})
        again, _ = polls(bench).poll("orders", cursor)
        assert [each.subject for each in again] == [first[0].subject]
        assert again[0].dedupe_key != first[0].dedupe_key

    def test_a_whole_snapshot_of_stock_says_so_and_is_true(self, bench: WarehouseBench) -> None:
        submit(bench, "C-15")
        snapshot = only(FiguresReported, [event for each in polls(bench).poll("stock", None)[0] for event in read(bench, each)])
        assert snapshot.complete
        assert {each.item_code: dict(each.zones) for each in snapshot.figures} == bench.stock()
        assert {each.occurred_at for each in snapshot.figures} == {snapshot.occurred_at}

    def test_a_figure_asked_for_after_an_acceptance_is_not_older_than_it(self, bench: WarehouseBench) -> None:
        accepted = only(OrderAccepted, read_receipt(bench, submit(bench, "C-16")))
        snapshot = only(FiguresReported, [event for each in polls(bench).poll("stock", None)[0] for event in read(bench, each)])
        if accepted.sequence is not None and snapshot.sequence is not None:
            assert accepted.sequence <= snapshot.sequence
        assert accepted.occurred_at <= snapshot.occurred_at

    def test_an_unsigned_or_changed_message_is_not_genuine(self, bench: WarehouseBench) -> None:
        submit(bench, "C-17")
        for headers, body in bench.messages():
            for wrong_headers, wrong_body in (({}, body), (headers, body + b" ")):
                try:
                    bench.door.inbound.identify(wrong_headers, wrong_body, bench.clock.now())
                except NotGenuine:
                    continue
                raise AssertionError("a forged message was taken for genuine")

    def test_secrets_are_in_no_error_receipt_or_arrival(self, bench: WarehouseBench) -> None:
        seen: list[object] = [submit(bench, "C-18")]
        seen += [bench.door.inbound.identify(headers, body, bench.clock.now()) for headers, body in bench.messages()]
        seen += [each for what in polls(bench).sweeps for each in polls(bench).poll(what, None)[0]]
        for spoil in (bench.lose_next_answer, bench.fail_next, bench.refuse_next_connection):
            spoil()
            effect = order(bench, f"C-18-{spoil.__name__}")
            seen += [repr(each) for each in outbound(bench).perform_batch([(effect, effect.key)])]
        seen.append(bench.door)
        for secret in bench.secrets:
            assert all(secret not in repr(each) for each in seen)

    def test_a_check_of_a_healthy_connection_finds_nothing_wrong_and_of_a_dead_one_says_so(self, bench: WarehouseBench) -> None:
        assert bench.door.check is not None
        healthy = bench.door.check()
        assert healthy.ok, healthy.findings
        assert all(remark.endswith(".") for remark in healthy.findings)
        bench.down()
        dead = bench.door.check()
        assert not dead.ok
        assert all(finding.endswith(".") for finding in dead.findings)

    def test_a_look_up_that_could_not_ask_does_not_say_not_found(self, bench: WarehouseBench) -> None:
        effect = order(bench, "C-19")
        bench.down()
        if Capability.LOOK_UP not in outbound(bench).capabilities:
            return
        try:
            found = outbound(bench).look_up(effect, effect.key)
        except (TryLater, OutcomeUnknown):
            return
        raise AssertionError(f"nobody was asked, and the answer was {found}")

    def test_what_lost_messages_would_have_told_the_sweeps_tell(self, bench: WarehouseBench) -> None:
        if "orders" not in polls(bench).sweeps:
            return
        submit(bench, "C-20")
        bench.ship("C-20", {bench.item: 3})
        by_message, by_poll = told_by_messages(bench), told_by_polls(bench)
        sent = {each for each in by_message if isinstance(each, ShipmentConfirmed)}
        swept = {each for each in by_poll if isinstance(each, ShipmentConfirmed)}
        assert swept
        assert sent <= swept

    def test_an_adjustment_changes_the_stock_by_its_units_once_and_its_answer_says_when(self, bench: WarehouseBench) -> None:
        if Capability.ADJUST not in outbound(bench).capabilities:
            return
        before = sum(bench.stock()[bench.item].values())
        effect = adjustment(bench, "C-21", -2)
        booked = only(StockAdjusted, read_receipt(bench, outbound(bench).perform(effect, effect.key)))
        assert booked.reference == "C-21"
        assert bench.adjusted("C-21") == [-2]
        assert sum(bench.stock()[bench.item].values()) == before - 2
        came = adjustment(bench, "C-22", 5)
        outbound(bench).perform(came, came.key)
        assert sum(bench.stock()[bench.item].values()) == before + 3
        snapshot = only(FiguresReported, [event for each in polls(bench).poll("stock", None)[0] for event in read(bench, each)])
        if booked.sequence is not None and snapshot.sequence is not None:
            assert booked.sequence <= snapshot.sequence

    def test_a_lost_answer_to_an_adjustment_is_unknown_and_it_is_found_or_a_person_must_look(
        self, bench: WarehouseBench
    ) -> None:
        if Capability.ADJUST not in outbound(bench).capabilities:
            return
        bench.lose_next_adjustment()
        effect = adjustment(bench, "C-23", -3)
        assert isinstance(outbound(bench).perform_batch([(effect, effect.key)])[0], OutcomeUnknown)
        found = outbound(bench).look_up(effect, effect.key)
        if Capability.LOOK_UP not in outbound(bench).capabilities:
            assert found is LookUp.IMPOSSIBLE
        else:
            assert isinstance(found, Receipt)
            assert found.adopted
            assert only(StockAdjusted, read_receipt(bench, found)).reference == "C-23"
        if Capability.UNIQUE_REFERENCE in outbound(bench).capabilities:
            assert outbound(bench).perform(effect, effect.key).adopted
        assert bench.adjusted("C-23") == [-3]

    def test_an_adjustment_that_was_never_made_is_not_found_and_another_one_of_its_name_is_not_it(
        self, bench: WarehouseBench
    ) -> None:
        able = {Capability.ADJUST, Capability.LOOK_UP} <= outbound(bench).capabilities
        if not able:
            return
        effect = adjustment(bench, "C-24", -1)
        assert outbound(bench).look_up(effect, effect.key) is LookUp.NOT_FOUND
        other = adjustment(bench, "C-24", -4)
        outbound(bench).perform(other, other.key)
        assert outbound(bench).look_up(effect, effect.key) is LookUp.AMBIGUOUS

    def test_more_than_is_there_cannot_be_taken_away(self, bench: WarehouseBench) -> None:
        if Capability.ADJUST not in outbound(bench).capabilities:
            return
        effect = adjustment(bench, "C-25", -100_000)
        assert isinstance(outbound(bench).perform_batch([(effect, effect.key)])[0], Refused)
        assert bench.adjusted("C-25") == []


def outbound(bench: WarehouseBench) -> Outbound:
    assert bench.door.outbound is not None
    return bench.door.outbound


def polls(bench: WarehouseBench) -> Polls:
    assert bench.door.polls is not None
    return bench.door.polls


def submit(bench: WarehouseBench, reference: str) -> Receipt:
    effect = order(bench, reference)
    return outbound(bench).perform(effect, effect.key)


def trouble(kind: type[E], bench: WarehouseBench, effect: SubmitOrder) -> E:
    """The error that performing the effect raises, which must be of exactly this kind."""
    outcome = outbound(bench).perform_batch([(effect, effect.key)])[0]
    assert type(outcome) is kind, f"{type(outcome).__name__} instead of {kind.__name__}: {outcome}"
    return outcome


def read(bench: WarehouseBench, arrival: Arrival) -> list[Event]:
    return list(bench.door.inbound.read(arrival))


def read_receipt(bench: WarehouseBench, receipt: Receipt) -> list[Event]:
    """A receipt becomes an arrival, which the same door reads."""
    arrival = Arrival(
        account=bench.door.account,
        connection=bench.door.connection,
        topic=receipt.topic,
        subject="order/test",
        dedupe_key="receipt/test",
        received_at=bench.clock.now(),
        headers={},
        body=receipt.body,
    )
    return read(bench, arrival)


def told_by_messages(bench: WarehouseBench) -> list[Event]:
    arrivals = [bench.door.inbound.identify(headers, body, bench.clock.now()) for headers, body in bench.messages()]
    return [event for each in arrivals for event in read(bench, each)]


def told_by_polls(bench: WarehouseBench) -> list[Event]:
    arrivals = [each for what in polls(bench).sweeps for each in polls(bench).poll(what, None)[0]]
    return [event for each in arrivals for event in read(bench, each)]


def told(bench: WarehouseBench) -> list[Event]:
    """What the system told us by whatever way."""
    return told_by_messages(bench) + told_by_polls(bench)


def only(kind: type[V], events: Iterable[object]) -> V:
    """The one event of a kind."""
    found = [each for each in events if isinstance(each, kind)]
    assert len(found) == 1, f"{len(found)} of {kind.__name__} in {list(events)}"
    return found[0]
