"""What left without a warehouse being asked: each unit is waiting, claimed or spent, never two of them and never none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.channel_order import ChannelFulfillment, ChannelOrder, Restock
from stockbridge.domain.claims import Figure, Mark
from stockbridge.domain.mapping import Location, Owner, Source, Spent
from stockbridge.domain.orders import ClaimLine, Order, OrderState, Shipment, Submission, SubmissionState, count_open
from stockbridge.domain.spent import (
    ANYWHERE,
    Entry,
    Left,
    Terms,
    Told,
    contained,
    departures,
    dropped,
    eased,
    entry_of,
    outstanding,
    released,
    waiting,
)
from stockbridge.domain.values import Basis, Tracking, Units
from stockbridge.domain.zones import Zones
from stockbridge.testing.making import at, channel_line, channel_order, fulfillment, fulfillment_order

QUANTITY = 6
BER = Source(connection="wms", warehouse="W1", zones=Zones(("SHELF",)))


@dataclass
class Day:
    """One order line of six apples at L1, and what happens to it; ``order`` is what a reading of this moment shows."""

    open: int = QUANTITY
    records: list[ChannelFulfillment] = field(default_factory=list)
    restocks: list[Restock] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    seconds: int = 0

    @property
    def order(self) -> Order:
        lines = {"a": self.open} if self.open else {}
        snapshot = channel_order(
            [channel_line("a", "apple", QUANTITY)],
            [fulfillment_order("L1", lines)],
            second=100 + self.seconds,
            fulfillments=self.records,
        )
        known = Order(
            shop="shop",
            snapshot=replace(snapshot, restocks=tuple(self.restocks)),
            state=OrderState.WAITING,
            reason="",
            first_seen_at=at(0),
            submissions=tuple(self.submissions),
            shipments=tuple(self.shipments),
        )
        return count_open(known)

    @property
    def unclaimed(self) -> int:
        return sum(waiting(self.order).values())

    def ask(self, units: int) -> None:
        """A warehouse of ours is asked to ship so many of what is open and asked of nobody."""
        units = min(units, self.unclaimed)
        if units:
            number = len(self.submissions) + 1
            line = ClaimLine(line_id="a", inventory_item_id="apple", item_code="APPLE", units=units, open_units=units)
            self.submissions.append(
                Submission(
                    reference=f"r{number}",
                    number=number,
                    connection="wms",
                    warehouse="W1",
                    location_id="L1",
                    state=SubmissionState.ACCEPTED,
                    lines=(line,),
                    intended_at=at(1),
                )
            )

    def others_ship(self, units: int) -> None:
        units = min(units, self.open)
        if units:
            self.open -= units
            self.records.append(fulfillment(f"f{len(self.records)}", {"a": units}))

    def we_ship(self, units: int) -> None:
        """Our warehouse ships of what it was asked, and the shop has our record."""
        for n, submission in enumerate(self.submissions):
            [line] = submission.lines
            part = min(units, line.unshipped, self.open)
            if part:
                self.open -= part
                name = f"own{len(self.shipments)}"
                self.records.append(fulfillment(name, {"a": part}))
                self.shipments.append(
                    Shipment(
                        shipment_id=name,
                        reference=submission.reference,
                        location_id="L1",
                        warehouse="W1",
                        tracking=Tracking(),
                        shipped_at=at(2),
                        received_at=at(2),
                        lines=(Units("a", part),),
                        fulfillment_id=name,
                    )
                )
                changed = replace(line, shipped=line.shipped + part, written_back=line.written_back + part)
                self.submissions[n] = replace(submission, lines=(changed,))
                return

    def the_warehouse_cancels(self, _: int) -> None:
        for n, submission in enumerate(self.submissions):
            [line] = submission.lines
            self.submissions[n] = replace(submission, lines=(replace(line, cancelled=line.cancelled + line.unshipped),))

    def others_take_back_their_record(self, _: int) -> None:
        ours = {parcel.fulfillment_id for parcel in self.shipments}
        for n, record in enumerate(self.records):
            if record.fulfillment_id not in ours and record.status == "SUCCESS":
                self.records[n] = replace(record, status="CANCELLED")
                self.open += record.lines[0].units
                return

    @property
    def charged(self) -> int:
        """Units that come off what is offered, with figures that contain nothing: waiting, claimed, spent."""
        claimed = sum(line.units - line.cancelled for each in self.submissions for line in each.lines)
        gone = sum(left.foreign for left in departures(self.order).values())
        return self.unclaimed + claimed + gone


DEEDS = ("ask", "others_ship", "we_ship", "the_warehouse_cancels", "others_take_back_their_record")


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(1, QUANTITY)), max_size=9))
def test_each_unit_is_charged_once_whoever_ships_it_in_whatever_order(deeds: list[tuple[str, int]]) -> None:
    day = Day()
    for deed, units in deeds:
        getattr(day, deed)(units)
        assert day.charged == QUANTITY, deed
        assert all(left.foreign >= 0 for left in departures(day.order).values())


@given(st.lists(st.tuples(st.sampled_from([*DEEDS, "back"]), st.integers(1, 3)), max_size=9))
def test_what_is_said_adds_up_to_what_left_and_is_never_said_twice(deeds: list[tuple[str, int]]) -> None:
    """However often the order is read: the entries of a line add up to what left there, one by one and never twice."""
    day, said = Day(), list[Entry]()
    for deed, units in deeds:
        shipped = sum(record.lines[0].units for record in day.records if record.status == "SUCCESS")
        back = sum(each.units for each in day.restocks)
        if deed == "back" and shipped - back >= units:
            day.restocks.append(Restock(line_id="a", location_id="L1", units=units, at=at(5)))
        elif deed != "back":
            getattr(day, deed)(units)
        for _ in range(2):
            said += new_entries(day.order, said)
        gone = sum(left.foreign for left in departures(day.order).values())
        assert sum(entry.units for entry in said) == gone
        assert len({entry.reference for entry in said}) == len(said)
        assert outstanding((entry.order_id, entry.line_id, entry.units) for entry in said) == max(0, gone)


def new_entries(order: Order, said: list[Entry]) -> list[Entry]:
    spots = departures(order)
    left = spots.get(("a", "L1")) or Left(inventory_item_id="apple", gone=0, foreign=0, at=at(9))
    units = left.foreign - sum(entry.units for entry in said)
    return [entry_of(order, ("a", "L1"), left, units, terms(), known=said, account="acme", heard_at=at(9))] if units else []


def terms(*, source: Source | None = BER, live: bool = True, start: float = -100, **rules: object) -> Terms:
    location = Location(location_id="L1", sources=(BER,), live=True, **{"spent": Spent.BOOK, **rules})  # type: ignore[arg-type]
    return Terms(location=location, source=source, item_code="APPLE", start_line=at(start), live=live)


def sold(units: int = 2, **more: object) -> Order:
    day = Day(open=0, records=[fulfillment("f", {"a": units})])
    return replace(day.order, **more)  # type: ignore[arg-type]


def made(order: Order, **rules: object) -> Entry:
    [left] = departures(order).values()
    return entry_of(order, ("a", "L1"), left, left.foreign, terms(**rules), known=(), account="acme", heard_at=at(9))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rules", "by", "why"),
    [
        ({}, Told.BOOK, ""),
        ({"spent": Spent.OTHER}, Told.OTHER, ""),
        ({"spent": Spent.OTHER, "owner": Owner.BOTH}, Told.BOOK, ""),
        ({"live": False}, Told.OTHER, ""),
        ({"source": None}, Told.NOBODY, "no warehouse"),
        ({"start": 50}, Told.NOBODY, "start line"),
    ],
    ids=["we book", "another tells", "the shop's number counts", "watched only", "nobody counts it", "before the start line"],
)
def test_who_tells_the_warehouse_is_a_rule_of_the_location(rules: dict[str, object], by: Told, why: str) -> None:
    entry = made(sold(), **rules)
    assert entry.by is by
    assert why in entry.why
    assert entry.contained is (by is Told.NOBODY), "what nobody counts is on no sum"


def test_a_reversal_is_told_by_whoever_told_the_sale() -> None:
    first = made(sold(), spent=Spent.OTHER)
    order = sold()
    left = Left(inventory_item_id="apple", gone=1, foreign=1, at=at(7))
    second = entry_of(order, ("a", "L1"), left, -1, terms(), known=[first], account="acme", heard_at=at(9))
    assert (second.by, second.pool) == (Told.OTHER, first.pool)
    assert first.reference != second.reference


def figure(**more: object) -> Figure:
    return Figure(**{"zones": {"SHELF": 1}, "basis": Basis.PHYSICAL, "occurred_at": at(0), **more})  # type: ignore[arg-type]


def test_what_we_booked_is_contained_by_the_warehouses_own_sequence() -> None:
    entry = made(sold())
    assert not contained(entry, figure(sequence=99, occurred_at=at(99_999)))
    told = replace(entry, told=Mark(sequence=7, heard_at=at(10)))
    assert not contained(told, figure(sequence=6))
    assert contained(told, figure(sequence=7))


def test_what_another_system_tells_is_contained_by_a_figure_that_is_later_by_the_lag() -> None:
    entry = made(sold(), spent=Spent.OTHER, told_after_s=600)
    happened = entry.happened_at
    assert not contained(entry, figure(occurred_at=happened + timedelta(seconds=600)))
    assert contained(entry, figure(occurred_at=happened + timedelta(seconds=601)))


def test_what_came_back_takes_off_its_own_line_and_no_other() -> None:
    assert outstanding([("o", "a", 2), ("o", "a", -1), ("o", "b", 3)]) == 4
    assert outstanding([("o", "a", -1), ("o", "b", 3)]) == 3, "the sale of a is in the figure; its return is not sold again"
    assert outstanding([("", "", -5), ("o", "a", 2)]) == -3, "five were added by hand in the shop"


def test_goods_that_our_warehouse_shipped_come_back_by_its_own_count() -> None:
    day = Day()
    day.ask(4)
    day.we_ship(4)
    day.others_ship(2)
    day.restocks.append(Restock(line_id="a", location_id="L1", units=3, at=at(5)))
    [left] = departures(day.order).values()
    assert (left.foreign, left.gone) == (2, 3)
    day.restocks.append(Restock(line_id="a", location_id="L1", units=2, at=at(6)))
    [left] = departures(day.order).values()
    assert left.foreign == 1, "four are the warehouse's to count, the fifth is not"


def test_what_was_sold_here_and_comes_back_there_is_back_there() -> None:
    order = sold(2)
    snapshot: ChannelOrder = replace(order.snapshot, restocks=(Restock(line_id="a", location_id="L2", units=1, at=at(5)),))
    found = departures(replace(order, snapshot=snapshot))
    assert {spot: left.foreign for spot, left in found.items()} == {("a", "L1"): 2, ("a", "L2"): -1}


def fewer(order: Order, wanted: int) -> Order:
    line = replace(order.snapshot.lines[0], current_quantity=wanted)
    return replace(order, snapshot=replace(order.snapshot, lines=(line,)))


def test_units_that_an_order_gives_up_are_known_as_such_and_units_that_move_or_ship_are_not() -> None:
    before, after = Day(), fewer(Day(open=4).order, 4)
    assert dropped(before.order, after) == {("L1", "apple"): 2}
    assert dropped(after, after) == {}
    shipping = Day()
    shipping.others_ship(2)
    assert dropped(before.order, shipping.order) == {}
    assert dropped(None, before.order) == {}


def test_units_that_were_asked_for_and_are_held_no_more_may_be_on_offer_again() -> None:
    day = Day()
    day.ask(4)
    before = day.order
    cancelled = replace(before, snapshot=replace(before.snapshot, cancelled_at=at(9), fulfillment_orders=()))
    assert released(before, cancelled) == {("L1", "apple"): 4}, "two waited there, and were counted with the number"
    assert released(cancelled, cancelled) == {}
    elsewhere = replace(
        before, snapshot=replace(before.snapshot, fulfillment_orders=(fulfillment_order("L2", {"a": QUANTITY}),))
    )
    assert released(before, elsewhere) == {("L1", "apple"): 4}
    assert released(None, before) == {}


def test_units_that_are_given_up_while_others_are_asked_for_are_counted_all_the_same() -> None:
    """Four of six were asked for; two of these are given up, and the two that waited are asked for in the same moment."""
    day = Day()
    day.ask(4)
    before = day.order
    day.open = 4
    asked = replace(before.submissions[0], reference="r-new", lines=(replace(before.submissions[0].lines[0], units=2),))
    after = count_open(replace(day.order, submissions=(*before.submissions, asked)))
    assert released(before, after) == {("L1", "apple"): 2}


def test_units_that_left_are_not_on_offer_again_before_they_come_back() -> None:
    day = Day()
    day.ask(QUANTITY)
    before = day.order
    day.we_ship(2)
    shipped = day.order
    assert released(before, shipped) == {}
    day.restocks.append(Restock(line_id="a", location_id="L2", units=1, at=at(5)))
    assert released(shipped, day.order) == {("L2", "apple"): 1}


def test_an_order_that_was_given_up_before_it_was_ever_routed_or_read_may_have_taken_its_units_with_it() -> None:
    assert dropped(None, fewer(Day(open=4).order, 4)) == {("L1", "apple"): 2}
    placed = Day(open=0).order
    never_routed = replace(placed, snapshot=replace(placed.snapshot, fulfillment_orders=()))
    assert dropped(None, never_routed) == {}, "it holds them, and nobody has said where"
    cancelled = replace(never_routed, snapshot=replace(never_routed.snapshot, cancelled_at=at(9)))
    assert dropped(None, cancelled) == dropped(never_routed, cancelled) == {(ANYWHERE, "apple"): QUANTITY}


def said(reference: str, units: int, order_id: str = "o") -> Entry:
    return Entry(
        reference=reference,
        shop="shop",
        order_id=order_id,
        order_name="#1",
        line_id="a" if order_id else "",
        location_id="L1",
        inventory_item_id="apple",
        units=units,
        by=Told.BOOK,
        happened_at=at(1),
        heard_at=at(1),
        connection="wms",
        warehouse="W1",
        item_code="A",
    )


SALE, RETURN, ADDED = said("sale", 2), said("return", -2), said("added", -5, order_id="")


@pytest.mark.parametrize(
    ("open_", "told", "units", "fewer"),
    [
        ([SALE], [SALE], 2, 2),
        ([SALE, RETURN], [SALE], 2, 0),
        ([RETURN], [RETURN], -2, 0),
        ([SALE, RETURN], [SALE, RETURN], 0, 0),
        ([ADDED], [ADDED], -5, 0),
        ([SALE, said("other", 1, order_id="p")], [SALE], 2, 2),
    ],
)
def test_what_a_figure_has_from_now_on_comes_off_the_part_and_off_what_waits_there(
    open_: list[Entry], told: list[Entry], units: int, fewer: int
) -> None:
    assert eased(open_, told) == {(("wms", "W1", "A"), ("shop", "L1", "apple")): (units, fewer)}


def test_where_figures_have_nothing_new_nothing_comes_off() -> None:
    assert eased([SALE], []) == {}
