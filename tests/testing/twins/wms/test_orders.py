"""An order's way through the twin's warehouse, by hand and by the clock."""

from __future__ import annotations

from collections import Counter

import pytest

from stockbridge.testing.twins.wms import Pace, TwinError

QUICK = Pace(pick_s=60, pack_s=30, ship_s=30, parcel_gap_s=40, jitter=0)


def kinds(events) -> list[str]:
    return [f"{each['type']}:{each.get('status', '')}" for each in events if each["type"] != "stock.changed"]


def test_by_the_clock_an_order_is_picked_packed_and_shipped(world):
    here = world(pace=QUICK)
    here.accept("R-1", MUG=2, PEN=1)
    assert kinds(here.run(59)) == ["order.accepted:accepted"]
    assert kinds(here.run(10)) == ["order.status:picking"]
    assert kinds(here.run(120)) == ["order.status:packed", "shipment.confirmed:"]
    order = here.twin.order("R-1")
    assert (order.status, order.open()) == ("shipped", {})
    assert here.twin.ledger.shipped("R-1") == {"MUG": 2, "PEN": 1}


def test_each_thing_happens_at_its_own_moment_however_late_somebody_looks(world):
    here = world(pace=QUICK)
    start = here.clock.now()
    here.accept("R-1", MUG=1)
    here.clock.advance(10_000)
    (shipment,) = here.events("shipment.confirmed")
    assert here.twin.order("R-1").shipments[0]["shipped_at"] == start.replace(minute=start.minute + 2)
    assert shipment["sequence"] == here.twin.sequence


def test_by_hand_nothing_happens_by_itself(world):
    here = world()
    here.accept("R-1", MUG=1)
    here.events()
    assert here.twin.next_due() is None
    assert here.run(10_000, step=1_000) == []


def test_parcels_hold_their_own_units_and_add_up_and_only_the_last_is_final(world):
    here = world(pace=Pace(pick_s=1, pack_s=1, ship_s=1, parcel_gap_s=40, jitter=0, split_rate=1.0))
    for number in range(8):
        here.accept(f"R-{number}", MUG=2, PEN=1)
    shipments = [each for each in here.run(300) if each["type"] == "shipment.confirmed"]
    for number in range(8):
        mine = [each for each in shipments if each["reference"] == f"R-{number}"]
        assert 2 <= len(mine) <= 3
        total = Counter()
        for each in mine:
            total.update({line["item_code"]: line["units"] for line in each["lines"]})
        assert total == {"MUG": 2, "PEN": 1}
        assert [each["final"] for each in mine] == [False] * (len(mine) - 1) + [True]
        assert len({each["tracking_numbers"][0] for each in mine}) == len(mine)
    assert len({each["shipment_id"] for each in shipments}) == len(shipments)


def test_a_parcel_by_hand_holds_what_is_said_and_the_rest_follows_later(world):
    here = world()
    here.accept("R-1", MUG=3, PEN=1)
    (first,) = here.twin.ship("R-1", {"MUG": 2}, carrier="UPS")
    assert (first["lines"], first["final"], first["carrier"]) == ([{"item_code": "MUG", "units": 2}], False, "UPS")
    assert here.twin.order("R-1").status == "partially_shipped"
    second, third = here.twin.ship("R-1", parcels=2)
    assert (second["final"], third["final"]) == (False, True)
    assert here.twin.order("R-1").status == "shipped"


def test_a_final_parcel_gives_up_the_rest(world):
    here = world(basis="less_accepted")
    here.accept("R-1", MUG=3, PEN=1)
    (only,) = here.twin.ship("R-1", {"MUG": 1}, final=True)
    assert only["final"]
    assert here.twin.order("R-1").open() == {}
    assert sum(here.twin.shelves["LON"].figure("MUG").values()) == 28
    assert sum(here.twin.shelves["LON"].figure("PEN").values()) == 10


@pytest.mark.parametrize("lines", [{"MUG": 4}, {"ELF": 1}, {"MUG": 0}, {"MUG": -1}, {}])
def test_what_was_not_ordered_cannot_ship(world, lines):
    here = world()
    here.accept("R-1", MUG=3)
    with pytest.raises(TwinError, match="cannot ship"):
        here.twin.ship("R-1", lines)
    assert here.twin.ledger.of("shipped") == []


def test_what_is_not_on_the_shelf_or_is_another_orders_cannot_ship(world):
    here = world()
    here.accept("R-1", PEN=8)
    here.accept("R-2", PEN=3)
    assert here.twin.pick("R-1")
    assert not here.twin.pick("R-2")
    assert here.twin.order("R-2").status == "backordered"
    with pytest.raises(TwinError, match="shelf"):
        here.twin.ship("R-2")
    here.twin.ship("R-2", {"PEN": 2})
    here.twin.ship("R-1")
    assert here.twin.shelves["LON"].physical["PEN", "PICK"] == 0


def test_an_order_that_waits_for_stock_begins_when_it_comes(world):
    here = world(pace=QUICK)
    here.accept("R-1", PEN=12)
    assert kinds(here.run(100)) == ["order.accepted:accepted", "order.status:backordered"]
    here.twin.adjust("LON", "PEN", "PICK", 1)
    assert kinds(here.run(100)) == []
    here.twin.adjust("LON", "PEN", "PICK", 1)
    assert kinds(here.run(200)) == ["order.status:picking", "order.status:packed", "shipment.confirmed:"]


def test_goods_in_quarantine_never_ship(world):
    here = world()
    here.accept("R-1", MUG=26)
    assert not here.twin.pick("R-1")
    here.twin.move("LON", "MUG", "QUARANTINE", "PICK", 1)
    assert here.twin.pick("R-1")


def test_the_status_event_says_when_the_units_were_set_aside(world):
    here = world(pace=QUICK)
    here.accept("R-1", MUG=1)
    told = [(each["status"], each["reserved"]) for each in here.run(200) if each["type"] == "order.status"]
    assert told == [("picking", True), ("packed", False)]


# cancelling


@pytest.mark.parametrize(
    ("policy", "before_picking", "while_picking"),
    [("until_picked", "confirmed", "declined"), ("always", "confirmed", "confirmed"), ("never", "declined", "declined")],
)
def test_the_policy_decides_on_cancellations(world, policy, before_picking, while_picking):
    here = world(cancels=policy)
    here.accept("R-1", MUG=2)
    here.accept("R-2", MUG=2)
    here.twin.pick("R-2")
    assert here.twin.cancel("R-1")["result"] == before_picking
    assert here.twin.cancel("R-2")["result"] == while_picking
    names = {"confirmed": "order.cancelled", "declined": "order.cancel_declined"}
    told = [each["type"] for each in here.events("order.cancelled", "order.cancel_declined")]
    assert told == [names[before_picking], names[while_picking]]


def test_a_confirmed_cancellation_stays_and_a_shipped_order_is_never_cancelled(world):
    here = world(cancels="always")
    here.accept("R-1", MUG=2)
    first = here.twin.cancel("R-1", "customer")
    assert (first["lines"], first["reason"]) == ([{"item_code": "MUG", "units": 2}], "customer")
    assert here.twin.cancel("R-1") == first
    assert here.twin.decide_cancel("R-1", False) == first
    here.accept("R-2", MUG=2)
    here.twin.ship("R-2")
    assert here.twin.cancel("R-2")["result"] == "declined"
    assert here.twin.decide_cancel("R-2", True)["result"] == "declined"


def test_what_was_cancelled_does_not_ship_and_what_shipped_is_not_cancelled(world):
    here = world(cancels="always", pace=Pace(pick_s=1, pack_s=1, ship_s=1, parcel_gap_s=100, jitter=0, split_rate=1.0))
    here.accept("R-1", MUG=4)
    here.run(20)
    shipped = here.twin.ledger.shipped("R-1")["MUG"]
    assert 0 < shipped < 4
    cancelled = here.twin.cancel("R-1")["lines"]
    assert cancelled == [{"item_code": "MUG", "units": 4 - shipped}]
    here.run(1_000)
    assert here.twin.ledger.shipped("R-1") == {"MUG": shipped}


def test_a_pending_cancellation_is_decided_later_and_may_lose_the_race(world):
    here = world(cancel_pending_s=50, pace=Pace(pick_s=30, pack_s=500, jitter=0))
    here.accept("R-1", MUG=1)
    assert here.twin.cancel("R-1")["result"] == "pending"
    told = here.run(100)
    (declined,) = [each for each in told if each["type"] == "order.cancel_declined"]
    assert declined["reason"] == "already picking"
    assert [each["type"] for each in told].index("order.status") < told.index(declined)


def test_a_pending_cancellation_that_is_asked_for_again_is_decided_once(world):
    here = world(cancel_pending_s=50, cancels="never")
    here.accept("R-1", MUG=1)
    assert here.twin.cancel("R-1") == here.twin.cancel("R-1")
    assert len([each for each in here.run(200) if each["type"] == "order.cancel_declined"]) == 1


# what oracles read


def test_the_ledger_counts_every_order_made_under_a_reference(world):
    here = world(personality="look_up")
    here.accept("R-1", MUG=1)
    here.accept("R-1", MUG=1)
    assert here.twin.ledger.creates == {"R-1": 2}
    assert len(here.twin.ledger.of("accepted", "R-1")) == 2
    assert here.twin.ledger.of("accepted", "R-2") == []


def test_a_restore_forgets_the_order_frees_what_it_held_and_never_turns_the_counter_back(world):
    here = world(basis="less_accepted", pace=QUICK)
    order = here.accept("R-1", MUG=2)
    here.twin.forget("R-1")
    assert here.twin.find("R-1") is None
    assert here.twin.sequence > order.sequence + 900
    assert sum(here.twin.shelves["LON"].figure("MUG").values()) == 29
    assert kinds(here.run(500)) == ["order.accepted:accepted"]
    assert here.twin.ledger.creates["R-1"] == 1
    with pytest.raises(TwinError, match="no order"):
        here.twin.ship("R-1")


def test_sequences_number_every_step_once_and_in_order(world):
    here = world(pace=QUICK)
    for number in range(5):
        here.accept(f"R-{number}", MUG=1)
    here.run(300)
    steps = [each.sequence for each in here.twin.ledger.entries]
    assert steps == sorted(steps)
    moments = [each.moment for each in here.twin.ledger.entries]
    assert moments == sorted(moments)


def test_the_same_seed_tells_the_same_story_and_another_seed_another(world):
    def story(seed: int):
        here = world(
            seed=seed,
            pace=Pace(split_rate=0.5),
            lose_rate=0.2,
            repeat_rate=0.3,
            reorder_rate=0.3,
            fault_rates={"submit": {"lose_answer": 0.3}},
        )
        body = {"warehouse": "LON", "lines": [{"item_code": "MUG", "units": 2}]}
        fates = [here.call("POST", "/v1/orders", body | {"reference": f"R-{number}"}).fate for number in range(8)]
        return fates, here.run(600), here.twin.ledger.entries

    assert story(1) == story(1)
    assert story(1)[0] != story(2)[0]
    assert story(1)[1] != story(2)[1]
