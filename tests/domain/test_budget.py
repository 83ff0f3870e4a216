"""The arithmetic of a shared rate limit: never more than there is, nothing left lying, and a part for what is not urgent."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.budget import KEPT, SHARE, Bucket

#: (seconds until it comes, points, is it urgent)
CALLS = st.lists(
    st.tuples(st.floats(0, 3, allow_nan=False), st.sampled_from([3.0, 10.0, 13.0, 91.0, 150.0]), st.booleans()),
    min_size=1,
    max_size=60,
)
PLANS = st.sampled_from([(2_000.0, 100.0), (4_000.0, 200.0), (20_000.0, 1_000.0)])
#: floating point
DUST = 1e-6


@dataclass
class Theirs:
    """The other side's own bucket. It is asked in the order of time."""

    level: float
    maximum: float
    rate: float
    at: float = 0.0

    def spend(self, cost: float, at: float) -> None:
        self.level = min(self.maximum, self.level + (at - self.at) * self.rate)
        self.at = at
        assert self.level >= cost - DUST, f"throttled at {at}: {self.level} of {cost}"
        self.level -= cost


def full(maximum: float, rate: float, share: float = 1.0) -> Bucket:
    return Bucket.new(level=maximum * share, maximum=maximum, restore_per_s=rate)


@given(calls=CALLS, plan=PLANS, share=st.floats(0, 1))
def test_whoever_calls_when_he_may_is_never_throttled(
    calls: list[tuple[float, float, bool]], plan: tuple[float, float], share: float
) -> None:
    bucket, now = full(*plan, share), 0.0
    spends: list[tuple[float, float]] = []
    for pause, cost, urgent in calls:
        now += pause
        bucket = bucket.after(pause)
        left, wait = bucket.queue(cost, patience_s=10.0) if urgent else bucket.spare(cost)
        if left is not None:
            bucket = left
            spends.append((now + wait, cost))
    theirs = Theirs(plan[0] * share, *plan)
    for at, cost in sorted(spends):
        theirs.spend(cost, at)


@given(calls=CALLS, plan=PLANS, share=st.floats(0, 1))
def test_the_part_set_aside_is_never_negative_never_grows_too_big_and_never_taken_by_what_is_urgent(
    calls: list[tuple[float, float, bool]], plan: tuple[float, float], share: float
) -> None:
    bucket = full(*plan, share)
    for pause, cost, urgent in calls:
        bucket = bucket.after(pause)
        left, _ = bucket.queue(cost, patience_s=10.0) if urgent else bucket.spare(cost)
        if urgent and left is not None:
            assert left.aside == bucket.aside
        bucket = left or bucket
        assert -DUST <= bucket.aside <= bucket.maximum * SHARE + DUST
        assert bucket.level <= bucket.maximum + DUST


@given(plan=PLANS, cost=st.floats(1, 150), debt=st.floats(0, 2_000))
def test_however_long_the_queue_of_orders_what_is_not_urgent_has_its_points_in_time(
    plan: tuple[float, float], cost: float, debt: float
) -> None:
    bucket = Bucket(level=-debt, aside=0.0, maximum=plan[0], restore_per_s=plan[1])
    left, wait = bucket.spare(cost)
    assert left is None
    assert wait <= cost / (plan[1] * SHARE) + DUST
    assert bucket.after(wait + DUST).spare(cost)[0] is not None


@given(plan=PLANS, cost=st.floats(1, 150), level=st.floats(-500, 2_000), aside=st.floats(0, 200))
def test_who_comes_again_when_he_was_told_to_is_not_sent_away_again(
    plan: tuple[float, float], cost: float, level: float, aside: float
) -> None:
    bucket = Bucket(level=level, aside=aside, maximum=plan[0], restore_per_s=plan[1])
    left, wait = bucket.spare(cost)
    assert left is not None or bucket.after(wait + DUST).spare(cost)[0] is not None
    if left is None and wait > 0.01:
        assert bucket.after(wait * 0.99 - DUST).spare(cost)[0] is None, "nor was he told to come later than need be"


@given(plan=PLANS, cost=st.floats(1, 150), urgent=st.booleans())
def test_one_who_always_has_work_uses_all_that_flows_in(plan: tuple[float, float], cost: float, urgent: bool) -> None:
    bucket, spent, now = full(*plan, 0.0), 0.0, 0.0
    while now < 120:
        left, wait = bucket.queue(cost, patience_s=10.0) if urgent else bucket.spare(cost)
        spent += cost if left is not None else 0.0
        bucket = (left or bucket).after(wait + DUST)
        now += wait + DUST
    assert spent >= 0.95 * (plan[1] * now - KEPT * plan[0] * (not urgent) - SHARE * plan[0] * urgent - cost)


@given(level=st.floats(0, 2_000), told=st.floats(0, 2_000), aside=st.floats(0, 200), refund=st.floats(0, 91))
def test_what_the_other_side_says_only_ever_lowers_and_both_parts_alike(
    level: float, told: float, aside: float, refund: float
) -> None:
    ours = Bucket(level=level + aside, aside=aside, maximum=2_300.0, restore_per_s=100.0)
    now = ours.told(level=told, maximum=2_300.0, restore_per_s=100.0, refund=refund)
    assert now.level == pytest.approx(min(told, ours.level + refund))
    assert now.aside <= ours.aside + DUST
    assert now.free >= -DUST
    if told >= ours.level + refund:
        assert now.aside == ours.aside


def test_in_a_rush_the_part_set_aside_survives_what_the_other_side_says() -> None:
    """Everything else is promised; what they say is left is just what was set aside."""
    rush = Bucket(level=-300.0, aside=40.0, maximum=2_000.0, restore_per_s=100.0)
    assert rush.told(level=45.0, maximum=2_000.0, restore_per_s=100.0, refund=0.0).aside == 40.0
