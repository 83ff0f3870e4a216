"""In a burst the decisions of a lane share a transaction: none of them may notice it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from stockbridge.domain import placing
from stockbridge.flow import step, together
from stockbridge.flow.corridor import Step
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms import Fault
from stockbridge.testing.world import World

Right = Callable[[World], Truth]
MANY = 40


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many decisions each shared transaction held."""
    seen: list[int] = []
    original = together._decide

    def counted(house: Any, conn: Any, job: Any, some: Sequence[Any], handle: Any) -> None:
        original(house, conn, job, some, handle)
        seen.append(len(some))

    monkeypatch.setattr(together, "_decide", counted)
    return seen


def burst(world: World, *, sku: str = "PAN24", many: int = MANY) -> list[str]:
    """So many orders at once; the world goes on only when all their webhooks are in the inbox."""
    names = [str(world.shop.control.place({sku: 1}, at="Berlin Central", oversell=True).name) for _ in range(many)]
    world.pass_time(60)
    return names


def uncontained(world: World) -> int:
    """Units of accepted orders that the newest figures show and the ledger still subtracts beside them."""
    with world.database.begin() as conn:
        found = conn.exec_driver_sql(
            "SELECT coalesce(sum(c.units - c.cancelled - c.contained), 0) FROM claim c"
            " JOIN figure f USING (account, connection, warehouse, item_code) WHERE c.reserved_seq <= f.sequence"
        )
        return int(found.scalar_one())


def test_a_burst_is_decided_together_and_every_order_arrives_once(world: World, truth: Right, sizes: list[int]) -> None:
    names = burst(world)
    assert max(sizes) > 5, "nothing was decided together: the test shows nothing"
    assert [truth(world).creates(name) for name in names] == [[1]] * MANY
    assert {world.sight.state(name) for name in names} == {"accepted"}
    assert truth(world).wrong() == []


def test_a_shared_transaction_looks_at_the_pools_of_its_decisions_and_wakes_their_lanes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []
    closed: list[tuple[set[str], set[str]]] = []
    decide, close = together._decide, Step.close

    def watched(*given: Any) -> None:
        inside.append(True)
        decide(*given)
        inside.clear()

    def noted(self: Step) -> None:
        close(self)
        if inside:
            closed.append(({pool[2] for pool in self.desk.changed}, {job.kind for job in self.wakes}))

    monkeypatch.setattr(together, "_decide", watched)
    monkeypatch.setattr(Step, "close", noted)
    burst(world)
    assert any(pools == {"W-PAN24"} and {"deliver", "publish"} <= kinds for pools, kinds in closed)


def test_acceptances_that_are_heard_of_after_the_figures_that_show_them_are_not_subtracted_twice(
    world: World, truth: Right, sizes: list[int]
) -> None:
    for _ in range(MANY):
        world.wms.faults.plan("submit", Fault("lose_answer"))
        world.wms.desk.plan("order.accepted", "lose")
    names = burst(world)
    for _ in range(5):
        world.pass_time(60)
    assert {world.sight.state(name) for name in names} == {"accepted"}
    assert [truth(world).creates(name) for name in names] == [[1]] * MANY
    assert max(sizes) > 1
    assert uncontained(world) == 0, "the newest figures show every reservation: none is subtracted twice"
    assert truth(world).wrong() == []


def test_the_last_units_are_given_once_although_all_who_want_them_are_decided_together(world: World, sizes: list[int]) -> None:
    names = burst(world, many=80)
    states = [world.sight.state(name) for name in names]
    assert max(sizes) > 5
    assert (states.count("accepted"), states.count("parked")) == (65, 15), "Berlin has 50 and Hamburg 15"
    assert Counter(copies[0].request["warehouse"] for copies in world.wms.orders.values()) == {"BER": 50, "HAM": 15}


def test_one_that_fails_stops_no_other(world: World, truth: Right, sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    original = placing.see
    unlucky: list[str] = []

    def see(order: Any, snapshot: Any, **more: Any) -> Any:
        if not unlucky:
            unlucky.append(snapshot.name)
        if snapshot.name in unlucky:
            raise ValueError("nobody can work this through")
        return original(order, snapshot, **more)

    monkeypatch.setattr(placing, "see", see)
    names = burst(world)
    others = [name for name in names if name not in unlucky]
    assert [truth(world).creates(name) for name in others] == [[1]] * (MANY - 1)
    assert truth(world).creates(unlucky[0]) == []


def test_several_arrivals_about_one_order_in_one_transaction_are_dealt_with_in_turn(
    world: World, truth: Right, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = world.shop.control.place({"PAN24": 1})
    world.pass_time(5)
    world.shop.control.cancel(order.name)
    world.pass_time(60)
    for row in world.sight.arrivals("answer/order"):
        with world.database.begin() as conn:
            conn.exec_driver_sql(f"UPDATE arrival SET state = 0, done_at = NULL WHERE arrival_id = {row.arrival_id}")
    held: list[int] = []
    original = together._decide
    monkeypatch.setattr(together, "_decide", lambda *given: (held.append(len(given[3])), original(*given))[1])
    with world.database.begin() as conn:
        rows = conn.exec_driver_sql("SELECT DISTINCT connection, lane FROM arrival WHERE state = 0").all()
    for row in rows:
        step.run(world.house, step.Job(kind="step", account="main", connection=row.connection, lane=row.lane))
    world.pass_time(10)
    assert max(held) > 1
    assert truth(world).creates(order.name) == [1]
    assert world.sight.state(order.name) == "cancelled"
