"""Stock that feeds several locations: never shown twice, whatever happens between reading, deciding and writing; and in the end
everybody has what the shares say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stockbridge.domain.shares import SPLIT_STANDS, Part, Turn, borne, ideal, split, turn, within
from stockbridge.testing.making import at
from stockbridge.testing.pool import PoolWorld

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SEEDS = st.integers(0, 2**32)
SHARES = st.sampled_from(
    [(5_000, 5_000), (10_000, 0), (7_000, 3_000), (5_000, 3_000, 2_000), (0, 0, 0), (3_334, 3_333, 3_333, 0)]
)

counts = st.integers(0, 40)
parts = st.lists(
    st.builds(
        Part,
        cell=st.uuids().map(lambda each: ("s", str(each), "i")),
        share_bp=st.sampled_from([0, 1, 2_500, 5_000]),
        allotted=st.none() | st.integers(-5, 40),
        held=st.none() | counts,
        waiting=st.integers(0, 10),
        split_at=st.none() | st.sampled_from([at(0), at(1_000)]),
    ),
    min_size=1,
    max_size=5,
)


def well_known(some: Sequence[Part]) -> list[Part]:
    return [replace(part, allotted=part.allotted or 0, held=part.held or 0, split_at=at(1_000)) for part in some]


@given(st.integers(-20, 80), parts)
def test_what_all_are_given_is_what_is_free_neither_more_nor_less(free: int, some: list[Part]) -> None:
    assert sum(ideal(free, some)) == free
    assert sum(split(free, some, now=at(1_001))) == free
    assert sum(split(free, well_known(some), now=at(1_001))) == free


@given(st.integers(-20, 80), parts)
def test_who_has_sold_is_served_before_anybody_may_offer_more(free: int, some: list[Part]) -> None:
    given_ = ideal(free, some)
    if free >= sum(part.waiting for part in some):
        assert all(units >= part.waiting for units, part in zip(given_, some, strict=True))
    elif free >= 0:
        assert all(0 <= units <= part.waiting for units, part in zip(given_, some, strict=True))


@given(st.integers(-20, 80), parts, st.integers(0, 4), counts, st.integers(0, 10))
def test_nobody_is_raised_above_the_room_that_the_others_leave(
    free: int, some: list[Part], n: int, shown: int, waiting: int
) -> None:
    n %= len(some)
    done = turn(free, some, n, seen=shown + waiting, most=None, waiting=waiting, writes=True, now=at(1_001))
    others = [part for k, part in enumerate(some) if k != n]
    if done.usable > shown + waiting:
        assert all(part.held is not None for part in others)
        assert done.usable + sum(part.held or 0 for part in others) <= free
    assert done.parts[n].held == max(shown + waiting, done.usable)
    assert sum(part.allotted or 0 for part in done.parts) == free


@given(st.integers(0, 80), parts, st.integers(0, 4), st.integers(0, 8))
def test_a_sale_its_claim_and_its_shipment_at_one_location_change_nobody_elses_number(
    spare: int, some: list[Part], n: int, sold: int
) -> None:
    """As long as the location has something left to offer, and the split is not old."""
    n %= len(some)
    known = [replace(part, allotted=part.waiting + 1 + (part.held or 0)) for part in well_known(some)]
    known[n] = replace(known[n], allotted=(known[n].allotted or 0) + sold + spare)
    free = sum(part.allotted or 0 for part in known)
    before = split(free, known, now=at(1_001))
    waits = replace(known[n], waiting=known[n].waiting + sold)
    assert split(free, [*known[:n], waits, *known[n + 1 :]], now=at(1_001)) == before
    asked = replace(known[n], allotted=(known[n].allotted or 0) - sold)
    after = split(free - sold, [*known[:n], asked, *known[n + 1 :]], now=at(1_001))
    assert [units for k, units in enumerate(after) if k != n] == [units for k, units in enumerate(before) if k != n]


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.lists(st.integers(-5, 30), max_size=3),
    st.lists(st.none() | st.integers(0, 30), min_size=1, max_size=3),
)
def test_what_a_location_shows_is_borne_once_and_what_waits_never_by_more_than_bears_it(
    shown: int, waiting: int, alone: list[int], last: list[int | None]
) -> None:
    grip = shown + waiting
    found = borne(grip, waiting, alone=alone, last_held=last, added_up=True)
    has = sum(max(0, each) for each in alone)
    assert sum(bears for bears, _ in found) == max(0, grip - has)
    assert sum(waits for _, waits in found) <= max(0, waiting - has) <= sum(bears for bears, _ in found)
    assert all(0 <= waits <= bears for bears, waits in found)
    single = borne(grip, waiting, alone=alone, last_held=last, added_up=False)
    assert all(bears in (0, grip) and (bears or max([0, *alone]) >= grip) for bears, _ in single)


def test_a_location_that_was_never_looked_at_may_show_anything_so_nobody_is_raised() -> None:
    assert within(2, 5, 5, [Part(cell=("s", "L2", "i"), share_bp=1)]) == 2
    assert within(2, 1, 5, [Part(cell=("s", "L2", "i"), share_bp=1)]) == 1


def test_who_was_asked_for_more_than_its_part_has_the_others_lowered_at_once() -> None:
    """It has no share at all, and yet a warehouse was asked under its name: the one who has the rest still counts on ten."""
    parts_ = [
        Part(cell=("s", "L1", "i"), share_bp=0, allotted=-3, held=0, split_at=at(0)),
        Part(cell=("s", "L2", "i"), share_bp=10_000, allotted=10, held=10, split_at=at(0)),
    ]
    done = turn(7, parts_, 1, seen=10, most=None, waiting=0, writes=True, now=at(1))
    assert done.usable == 7


class Days:
    """Draws what happens next, and checks after every step."""

    def __init__(self, seed: int, world: PoolWorld, *, losses: bool) -> None:
        self.random, self.world, self.log = Random(seed), world, [str(world.shares)]
        self.deeds = [self.sell] * 4 + [self.ask] * 3 + [self.read] * 5 + [self.decide] * 6 + [self.write] * 6
        self.deeds += [self.unsell, self.ship, self.receive, self.land, self.land, self.wait, self.move]
        self.deeds += [self.lose] if losses else []

    def live(self, steps: int) -> None:
        for _ in range(steps):
            deed = self.random.choice(self.deeds)
            deed()
            self.log.append(f"{deed.__name__} {self.world.places} {self.world.free}")
            assert self.world.lacking <= self.world.lost, "\n".join(self.log[-12:])

    def any(self) -> int:
        return self.random.randrange(len(self.world.places))

    def sell(self) -> None:
        self.world.sell(self.any(), self.random.randint(1, 6))

    def unsell(self) -> None:
        self.world.unsell(self.any(), self.random.randint(1, 3))

    def ask(self) -> None:
        n = self.any()
        self.world.ask(n, self.random.randint(1, 6), of=self.any() if self.random.random() < 0.2 else n)

    def move(self) -> None:
        self.world.moved(self.any())

    def ship(self) -> None:
        self.world.ship(self.random.randint(1, 6))

    def receive(self) -> None:
        self.world.receive(self.random.randint(1, 8))

    def lose(self) -> None:
        self.world.lose(self.random.randint(1, 5))

    def wait(self) -> None:
        self.world.wait(self.random.choice((1, 30, 130, SPLIT_STANDS.total_seconds())))

    def read(self) -> None:
        n = self.any()
        if n not in self.world.looks:
            self.world.read(n)

    def decide(self) -> None:
        ready = [n for n, look in self.world.looks.items() if look.target is None]
        if ready:
            self.world.decide(self.random.choice(ready))

    def write(self) -> None:
        ready = [n for n, look in self.world.looks.items() if look.target is not None]
        if ready:
            self.world.write(self.random.choice(ready), self.random.choice(("written", "written", "lost", "landed")))

    def land(self) -> None:
        if self.world.late:
            self.world.land(self.random.randrange(len(self.world.late)))


@settings(max_examples=150, deadline=None, phases=PHASES)
@given(seed=SEEDS, shares=SHARES, losses=st.booleans())
def test_the_locations_together_never_show_more_than_is_free(seed: int, shares: tuple[int, ...], losses: bool) -> None:
    Days(seed, PoolWorld(shares, on_hand=20), losses=losses).live(150)


@settings(max_examples=150, deadline=None, phases=PHASES)
@given(seed=SEEDS, shares=SHARES)
def test_when_nothing_happens_for_a_while_everybody_has_what_the_shares_say_and_then_nothing_is_written(
    seed: int, shares: tuple[int, ...]
) -> None:
    world = PoolWorld(shares, on_hand=20)
    Days(seed, world, losses=True).live(80)
    for n in range(len(world.places)):
        world.moved(n)
    assert world.rest()
    before = world.writes
    world.t += SPLIT_STANDS.total_seconds()
    world.touch()
    assert world.rest()
    assert world.lacking == max(0, sum(place.waiting for place in world.places) - world.free)
    aim = ideal(
        world.free, [replace(part, waiting=place.waiting) for part, place in zip(world.parts, world.places, strict=True)]
    )
    assert [place.shown for place in world.places] == [
        max(0, units - place.waiting) for units, place in zip(aim, world.places, strict=True)
    ]
    assert world.writes - before <= 2 * len(shares)
    before = world.writes
    for _ in range(4):
        world.t += SPLIT_STANDS.total_seconds()
        world.touch()
        assert world.rest()
    assert world.writes == before


def everything_to_everybody(free: int, parts: Sequence[Part], _n: int, **_found: Any) -> Turn:
    """The naive rule (trap X-19): each location shows all there is."""
    return Turn(usable=free, parts=tuple(parts), look_at=())


def raise_at_once(free: int, parts: Sequence[Part], n: int, **found: Any) -> Turn:
    """Shares, and nobody waits until the others were seen to be lowered."""
    done = turn(free, parts, n, **found)
    return replace(done, usable=done.parts[n].allotted or 0)


def believe_the_look(free: int, parts: Sequence[Part], n: int, **found: Any) -> Turn:
    """What is not seen now is taken for gone: a write of ours that may still land is forgotten."""
    return turn(free, parts, n, **{**found, "most": None})


@pytest.mark.parametrize("rule", [everything_to_everybody, raise_at_once, believe_the_look])
def test_the_same_days_find_a_simpler_rule_selling_the_same_unit_twice(rule: object) -> None:
    def oversells(seed: int) -> bool:
        world = PoolWorld((5_000, 5_000), on_hand=20, rule=rule)  # type: ignore[arg-type]
        try:
            Days(seed, world, losses=False).live(150)
        except AssertionError:
            return True
        return False

    assert any(oversells(seed) for seed in range(100))
