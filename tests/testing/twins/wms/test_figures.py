"""The twin's stock figures add up, whatever happens, on each basis: they are what the claim ledger is judged by."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stockbridge.testing.fakes import FakeClock
from stockbridge.testing.twins.wms import Pace, TwinError, Warehouse, WmsConfig, WmsTwin, Zone

MUG = {"BULK": 20, "PICK": 5, "QUARANTINE": 4}


@pytest.mark.parametrize(
    ("basis", "accepted", "picked", "shipped"),
    [("physical", 29, 29, 23), ("less_reserved", 29, 23, 23), ("less_accepted", 23, 23, 23)],
)
def test_each_basis_takes_an_order_off_at_its_own_moment(world, basis, accepted, picked, shipped):
    here = world(basis=basis)
    figure = lambda: sum(here.twin.shelves["LON"].figure("MUG").values())  # noqa: E731
    here.accept("R-1", MUG=6)
    assert figure() == accepted
    here.twin.pick("R-1")
    assert figure() == picked
    here.twin.ship("R-1")
    assert figure() == shipped


@pytest.mark.parametrize("basis", ["physical", "less_reserved", "less_accepted"])
def test_a_cancellation_gives_back_exactly_what_it_held(world, basis):
    here = world(basis=basis, cancels="always")
    here.accept("R-1", MUG=22, PEN=1)
    here.twin.pick("R-1")
    here.twin.cancel("R-1")
    assert here.twin.shelves["LON"].figure("MUG") == MUG
    assert here.twin.shelves["LON"].figure("PEN") == {"BULK": 0, "PICK": 10, "QUARANTINE": 0}


def test_a_figure_names_all_zones_and_takes_demand_off_pickable_ones_in_order(world):
    here = world(basis="less_accepted")
    here.accept("R-1", MUG=22)
    assert here.twin.shelves["LON"].figure("MUG") == {"BULK": 0, "PICK": 3, "QUARANTINE": 4}
    here.accept("R-2", MUG=10)
    assert here.twin.shelves["LON"].figure("MUG") == {"BULK": -7, "PICK": 0, "QUARANTINE": 4}


def test_a_figure_that_changed_is_announced_with_the_sequence_of_the_change(world):
    here = world(basis="less_accepted")
    order = here.accept("R-1", MUG=2)
    (event,) = here.events("stock.changed")
    assert (event["sequence"], event["zones"]["BULK"], event["cause"]) == (order.sequence, 18, "accepted")
    assert event["moment"] == here.clock.now().isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("basis", "causes"), [("physical", ["shipped"]), ("less_reserved", ["reserved"]), ("less_accepted", ["accepted"])]
)
def test_a_figure_that_did_not_change_is_not_announced(world, basis, causes):
    here = world(basis=basis)
    here.accept("R-1", MUG=2)
    here.twin.pick("R-1")
    here.twin.ship("R-1")
    assert [each["cause"] for each in here.events("stock.changed")] == causes


def test_reserving_at_acceptance_is_one_step_with_it(world):
    here = world(basis="less_reserved", reserve_on_accept=True)
    order = here.accept("R-1", MUG=2)
    assert (order.reserved_sequence, order.reserved_at) == (order.sequence, order.accepted_at)
    assert [each["sequence"] for each in here.events()] == [order.sequence] * 2
    assert here.twin.shelves["LON"].figure("MUG")["BULK"] == 18


def test_stock_moves_are_exact_and_impossible_ones_refused(world):
    here = world(basis="physical")
    assert here.twin.adjust("LON", "MUG", "PICK", 3)["zones"] == MUG | {"PICK": 8}
    assert here.twin.move("LON", "MUG", "QUARANTINE", "PICK", 4)["zones"] == {"BULK": 20, "PICK": 12, "QUARANTINE": 0}
    assert here.twin.count("LON", "MUG", "BULK", 18)["zones"]["BULK"] == 18
    for wrong in (
        lambda: here.twin.adjust("LON", "MUG", "PICK", -13),
        lambda: here.twin.move("LON", "MUG", "QUARANTINE", "PICK", 1),
        lambda: here.twin.adjust("LON", "MUG", "ATTIC", 1),
        lambda: here.twin.adjust("ROM", "MUG", "PICK", 1),
    ):
        with pytest.raises(TwinError):
            wrong()
    assert [(each.data["zone"], each.data["delta"]) for each in here.twin.ledger.of("stock")] == [
        ("PICK", 3),
        ("QUARANTINE", -4),
        ("PICK", 4),
        ("BULK", -2),
    ]


class Warehousing(RuleBasedStateMachine):
    """Random life of a warehouse; after each step the three figures are recomputed from orders and ledger alone."""

    ITEMS = ("MUG", "PEN")

    @initialize(
        basis=st.sampled_from(["physical", "less_reserved", "less_accepted"]),
        cancels=st.sampled_from(["always", "until_picked", "never"]),
        early=st.booleans(),
    )
    def open(self, basis, cancels, early):
        self.start = {"MUG": {"A": 9, "B": 3, "C": 2}, "PEN": {"B": 5}}
        warehouse = Warehouse("W", "W", (Zone("A"), Zone("B"), Zone("C", False)))
        config = WmsConfig(
            warehouses=(warehouse,),
            stock={"W": self.start},
            basis=basis,
            cancels=cancels,
            reserve_on_accept=early,
            pace=Pace(manual=True),
        )
        self.twin = WmsTwin(config, FakeClock())
        self.known: list[str] = []
        self.forgotten: list[str] = []
        self.heard = {item: {"A": 0, "B": 0, "C": 0} | zones for item, zones in self.start.items()}
        self.last_sequence = 0

    @rule(mugs=st.integers(0, 6), pens=st.integers(0, 3))
    def accept(self, mugs, pens):
        units = {"MUG": mugs, "PEN": pens}
        lines = [{"line_id": item, "item_code": item, "units": count} for item, count in units.items() if count]
        if lines:
            reference = f"R-{len(self.known)}"
            self.twin.accept({"reference": reference, "warehouse": "W", "lines": lines})
            self.known.append(reference)

    def some(self, data):
        return data.draw(st.sampled_from([each for each in self.known if each not in self.forgotten]))

    has_orders = precondition(lambda self: set(self.known) - set(self.forgotten))

    @has_orders
    @rule(data=st.data())
    def pick(self, data):
        self.twin.pick(self.some(data))

    @has_orders
    @rule(data=st.data(), part=st.integers(1, 4), parcels=st.integers(1, 3), final=st.booleans())
    def ship(self, data, part, parcels, final):
        reference = self.some(data)
        wants = {item: min(units, part) for item, units in self.twin.order(reference).open().items()}
        before = self.twin.sequence
        try:
            self.twin.ship(reference, wants, parcels=parcels, final=final)
        except TwinError:
            assert self.twin.sequence == before, "what was refused must change nothing"

    @has_orders
    @rule(data=st.data())
    def cancel(self, data):
        self.twin.cancel(self.some(data))

    @has_orders
    @rule(data=st.data(), confirmed=st.booleans())
    def decide(self, data, confirmed):
        self.twin.decide_cancel(self.some(data), confirmed)

    @has_orders
    @rule(data=st.data())
    def forget(self, data):
        reference = self.some(data)
        self.twin.forget(reference)
        self.forgotten.append(reference)

    @rule(item=st.sampled_from(ITEMS), zone=st.sampled_from("ABC"), delta=st.integers(-4, 4))
    def adjust(self, item, zone, delta):
        try:
            self.twin.adjust("W", item, zone, delta)
        except TwinError:
            assert delta < 0

    @rule(item=st.sampled_from(ITEMS), zones=st.permutations("ABC"), units=st.integers(1, 3))
    def move(self, item, zones, units):
        try:
            self.twin.move("W", item, zones[0], zones[1], units)
        except TwinError:
            assert self.twin.shelves["W"].physical[item, zones[0]] < units

    @invariant()
    def figures_follow_from_ledger_and_orders(self):
        if not self._open():
            return
        shelf, orders = self.twin.shelves["W"], [each for copies in self.twin.orders.values() for each in copies]
        moved, shipped = Counter(), Counter()
        for entry in self.twin.ledger.of("stock"):
            moved[entry.data["item_code"]] += entry.data["delta"]
        for entry in self.twin.ledger.of("shipped"):
            shipped.update(entry.data["lines"])
        for item in self.ITEMS:
            physical = sum(self.start[item].values()) + moved[item] - shipped[item]
            assert sum(units for spot, units in shelf.physical.items() if spot[0] == item) == physical
            unshipped = sum(order.open().get(item, 0) for order in orders)
            reserved = sum(units for order in orders for spot, units in order.reserved.items() if spot[0] == item)
            less = {"physical": 0, "less_reserved": reserved, "less_accepted": unshipped}[self.twin.config.basis]
            assert sum(shelf.figure(item).values()) == physical - less
        assert all(units >= 0 for units in shelf.physical.values())

    @invariant()
    def an_order_holds_what_is_open_and_never_more(self):
        for order in [each for copies in self.twin.orders.values() for each in copies] if self._open() else ():
            held, charged = Counter(), Counter()
            for (item, _), units in order.reserved.items():
                held[item] += units
            for (item, _), units in order.charged.items():
                charged[item] += units
            assert +charged == Counter(order.open())
            assert all(held[item] in (0, order.open().get(item, 0)) for item in self.ITEMS)
            shipped = Counter()
            for shipment in order.shipments:
                shipped.update({line["item_code"]: line["units"] for line in shipment["lines"]})
            assert all(line.ordered == line.shipped + line.given_up + line.open for line in order.lines)
            assert shipped == +Counter(
                {item: sum(line.shipped for line in order.lines if line.item_code == item) for item in self.ITEMS}
            )
            assert [each["final"] for each in order.shipments].count(True) <= 1

    @invariant()
    def who_hears_every_event_knows_every_figure(self):
        if not self._open():
            return
        for callback, _ in self.twin.take_callbacks():
            event = json.loads(callback.body)
            if event["type"] == "stock.changed":
                assert event["data"]["sequence"] >= self.last_sequence
                self.last_sequence = event["data"]["sequence"]
                self.heard[event["data"]["item_code"]] = event["data"]["zones"]
        assert self.heard == {item: self.twin.shelves["W"].figure(item) for item in self.ITEMS}

    def _open(self):
        return hasattr(self, "twin")


Warehousing.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestWarehousing = Warehousing.TestCase
