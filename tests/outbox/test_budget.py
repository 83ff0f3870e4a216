"""One rate budget for all workers: orders before stock, never more than the other side allows, and what was not spent comes back."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from stockbridge.db.connection import Database
from stockbridge.domain.budget import KEPT, SHARE
from stockbridge.outbox.budget import UNLIMITED_FOR, SharedBudget
from stockbridge.ports import TryLater
from stockbridge.testing.fakes import FakeClock

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Clock(FakeClock):
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        super().sleep(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(database: Database, clock: Clock) -> SharedBudget:
    return SharedBudget(database=database.engine, clock=clock, account="main", connection="shop")


def allow(budget: SharedBudget, available: float = 1000, maximum: float = 1000, restore_per_s: float = 50) -> None:
    budget.correct(available=available, maximum=maximum, restore_per_s=restore_per_s)


def left(budget: SharedBudget, most: int = 2000) -> int:
    """How many points could be spent at once for an order: what is set aside for stock is not among them."""
    for points in range(most, 0, -5):
        try:
            budget.take(points, urgent=True, patience_s=0.0)
        except TryLater:
            continue
        allow(budget)
        return points
    return 0


def test_a_connection_whose_limits_nobody_knows_is_let_through(budget: SharedBudget, clock: Clock) -> None:
    for _ in range(50):
        budget.take(10_000, urgent=False)
    assert clock.slept == 0


def test_what_is_used_up_is_waited_for(budget: SharedBudget, clock: Clock) -> None:
    allow(budget)
    budget.take(1000, urgent=True)
    budget.take(90, urgent=True)
    assert clock.slept == pytest.approx(2.0)


def test_who_would_wait_too_long_is_told_when_to_come_again(budget: SharedBudget, clock: Clock) -> None:
    allow(budget)
    budget.take(1000, urgent=True)
    with pytest.raises(TryLater) as told:
        budget.take(540, urgent=True, patience_s=10)
    assert told.value.after_s == pytest.approx(12.0)
    assert clock.slept == 0


def test_stock_leaves_a_part_of_the_budget_to_orders(budget: SharedBudget, clock: Clock) -> None:
    allow(budget)
    budget.take(1000 * (1 - KEPT), urgent=False)
    budget.take(10, urgent=False)
    assert clock.slept > 0, "it waited until there was enough for it again"
    clock.slept = 0.0
    budget.take(1000 * KEPT, urgent=True)
    assert clock.slept == 0


def test_stock_that_has_stood_aside_long_enough_queues_like_everybody(budget: SharedBudget, clock: Clock) -> None:
    allow(budget, available=0, maximum=40, restore_per_s=1)
    budget.take(8, urgent=True)
    budget.take(10, urgent=False, patience_s=10.0)
    assert clock.slept == pytest.approx(20.0), "the order's wait; ten seconds aside; and the rest of ten points in the queue"
    with pytest.raises(TryLater):
        budget.take(25, urgent=False, patience_s=10.0)


def test_a_dear_call_is_not_starved_by_cheap_ones_that_come_after_it(
    budget: SharedBudget, database: Database, clock: Clock
) -> None:
    class Rest(Clock):
        """While the dear call sleeps, cheap ones come."""

        def sleep(self, seconds: float) -> None:
            self.slept += seconds
            for _ in range(5):
                with pytest.raises(TryLater):
                    budget.take(10, urgent=True, patience_s=0.1)

    dear = Rest()
    waiting = SharedBudget(database=database.engine, clock=dear, account="main", connection="shop")
    allow(budget, available=0)
    waiting.take(90, urgent=True)
    assert dear.slept == pytest.approx(2.0)


def test_who_comes_later_waits_longer(budget: SharedBudget, database: Database, clock: Clock) -> None:
    class Still(Clock):
        """Sleeps are counted, and no time passes: everybody comes at the same moment."""

        def sleep(self, seconds: float) -> None:
            self.slept += seconds

    still = Still()
    queue = SharedBudget(database=database.engine, clock=still, account="main", connection="shop")
    allow(budget, available=0)
    for place in range(1, 6):
        before = still.slept
        queue.take(45, urgent=True)
        assert still.slept - before == pytest.approx(1.0 * place)


def test_a_call_dearer_than_the_whole_budget_is_made_when_the_budget_is_full(budget: SharedBudget, clock: Clock) -> None:
    allow(budget)
    budget.take(5000, urgent=True)
    assert clock.slept == 0
    budget.take(5000, urgent=True, patience_s=60)
    assert clock.slept == pytest.approx(20.0)


def test_two_workers_cannot_spend_the_same_points(budget: SharedBudget, database: Database, clock: Clock) -> None:
    other = SharedBudget(database=database.engine, clock=clock, account="main", connection="shop")
    allow(budget)
    budget.take(700, urgent=True)
    with pytest.raises(TryLater):
        other.take(700, urgent=True, patience_s=1)


def test_what_was_taken_and_not_spent_comes_back(budget: SharedBudget) -> None:
    allow(budget)
    budget.take(900, urgent=True)
    budget.correct(available=980, maximum=1000, restore_per_s=50, refund=880)
    assert left(budget) == pytest.approx(980 - 100, abs=5)


def test_without_a_refund_their_higher_figure_is_not_believed_for_others_may_be_spending_it(budget: SharedBudget) -> None:
    allow(budget)
    budget.take(800, urgent=True)
    budget.correct(available=1000, maximum=1000, restore_per_s=50)
    assert left(budget) == pytest.approx(100, abs=5)


def test_their_lower_figure_is_believed(budget: SharedBudget) -> None:
    allow(budget)
    budget.correct(available=400, maximum=1000, restore_per_s=50)
    assert left(budget) == 400 * (1 - SHARE)


def test_a_budget_that_another_worker_learned_of_is_noticed_within_seconds(
    budget: SharedBudget, database: Database, clock: Clock
) -> None:
    budget.take(1, urgent=True)
    other = SharedBudget(database=database.engine, clock=clock, account="main", connection="shop")
    allow(other, available=0)
    clock.move_to(clock.now() + UNLIMITED_FOR)
    with pytest.raises(TryLater):
        budget.take(900, urgent=True, patience_s=0.1)


def test_a_connection_that_had_no_budget_is_not_asked_about_again_for_seconds(
    budget: SharedBudget, database: Database, clock: Clock
) -> None:
    budget.take(1, urgent=True)
    allow(SharedBudget(database=database.engine, clock=clock, account="main", connection="shop"), available=0)
    budget.take(900, urgent=True, patience_s=0.1)
    assert clock.slept == 0


def test_stock_stands_aside_no_longer_than_it_must(budget: SharedBudget, clock: Clock) -> None:
    allow(budget, available=100)
    budget.take(40, urgent=False)
    assert clock.slept == pytest.approx((1000 * KEPT + 40 - 100) / 50, abs=0.01)


class Overload(Clock):
    """While somebody sleeps, orders promise themselves all that they can get for the next ten seconds."""

    orders: SharedBudget
    spent = 0.0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.orders.clock.move_to(self.now())  # type: ignore[attr-defined]
        with suppress(TryLater):
            while True:
                self.orders.reserve(91, patience_s=10.0)
                self.spent += 91


@pytest.mark.parametrize(("rate", "cost"), [(100, 3), (100, 13), (1000, 13)])
def test_in_a_rush_of_orders_stock_has_a_tenth_of_what_flows_in(database: Database, rate: float, cost: float) -> None:
    """DESIGN: orders first. Before, orders took all of it, and no level was looked at for minutes."""
    clock = Overload()
    stock = SharedBudget(database=database.engine, clock=clock, account="main", connection="shop")
    clock.orders = SharedBudget(database=database.engine, clock=Clock(), account="main", connection="shop")
    allow(stock, available=0, maximum=20 * rate, restore_per_s=rate)
    calls, began = 0, clock.now()
    while clock.slept < 120:
        stock.take(cost, urgent=False, patience_s=10.0)
        calls += 1
    seconds = (clock.now() - began).total_seconds()
    assert calls * cost / seconds == pytest.approx(rate * SHARE, rel=0.1)
    assert (calls * cost + clock.spent) / seconds >= 0.95 * rate, "and nothing of the rest is left lying"


def test_a_wait_that_is_a_little_too_long_is_not_waited(budget: SharedBudget, clock: Clock) -> None:
    allow(budget, available=0)
    with pytest.raises(TryLater) as told:
        budget.take(18, urgent=True, patience_s=0.1)
    assert told.value.after_s == pytest.approx(0.4)
    assert clock.slept == 0


def test_when_the_other_side_turned_one_of_us_away_nobody_asks_for_so_long(
    budget: SharedBudget, database: Database, clock: Clock
) -> None:
    allow(budget)
    other = SharedBudget(database=database.engine, clock=clock, account="main", connection="shop")
    budget.hold(5.0)
    other.hold(5.0)
    with pytest.raises(TryLater) as told:
        other.take(45, urgent=True, patience_s=1.0)
    assert told.value.after_s == pytest.approx(6.0), "the five seconds, once; and until there is room for it"
    other.take(10, urgent=False, patience_s=60.0)
    assert clock.slept >= 5.0, "not from what is set aside either"


def test_where_no_limits_are_known_nothing_is_held(budget: SharedBudget, clock: Clock) -> None:
    budget.hold(500.0)
    budget.take(10, urgent=True)
    assert clock.slept == 0
