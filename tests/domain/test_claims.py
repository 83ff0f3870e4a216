"""What a figure contains, which figure stands, and what is left of a claim."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.claims import Claim, Figure, Mark, contained_units, earliest, outstanding
from stockbridge.domain.values import Basis
from stockbridge.testing.making import at


def mark(sequence: int | None, heard: float = 0) -> Mark:
    return Mark(sequence=sequence, heard_at=at(heard))


def figure(
    units: int = 10, *, basis: Basis = Basis.PHYSICAL, sequence: int | None = 5, second: float = 0, asked: float | None = None
) -> Figure:
    return Figure(
        zones={"A": units},
        basis=basis,
        occurred_at=at(second),
        sequence=sequence,
        asked_at=None if asked is None else at(asked),
    )


def claim(units: int = 5, **more: object) -> Claim:
    return Claim(reference="r", line_id="l", item_code="APPLE", units=units, **more)  # type: ignore[arg-type]


def test_only_the_zones_that_count_are_counted() -> None:
    seen = Figure(zones={"A": 7, "B": 4, "Q": 9}, basis=Basis.PHYSICAL, occurred_at=at(0))
    assert seen.counted(["A", "B", "nowhere"]) == 11
    assert seen.counted([]) == 0


@pytest.mark.parametrize(("happened", "counted", "shows"), [(4, 5, True), (5, 5, True), (6, 5, False)])
def test_a_figure_shows_what_happened_at_or_before_its_own_sequence(happened: int, counted: int, shows: bool) -> None:
    assert figure(sequence=counted).contains(mark(happened)) is shows


@pytest.mark.parametrize(("asked", "shows"), [(None, False), (9, False), (10, False), (11, True)])
def test_without_a_common_clock_only_a_figure_that_was_asked_for_afterwards_shows_it(asked: float | None, shows: bool) -> None:
    assert figure(sequence=None, asked=asked).contains(mark(None, heard=10)) is shows
    assert figure(sequence=7, asked=asked).contains(mark(None, heard=10)) is shows
    assert figure(sequence=None, asked=asked).contains(mark(3, heard=10)) is shows


def test_what_never_happened_is_in_no_figure() -> None:
    assert not figure(sequence=99, asked=99).contains(None)


def test_a_later_sequence_replaces_an_earlier_one_whatever_the_clock_says() -> None:
    assert figure(sequence=6, second=0).newer_than(figure(sequence=5, second=60))
    assert not figure(sequence=5, second=60).newer_than(figure(sequence=6, second=0))
    assert not figure(3, sequence=5).newer_than(figure(4, sequence=5))
    assert figure().newer_than(None)


def test_without_sequences_the_later_moment_stands() -> None:
    assert figure(sequence=None, second=2).newer_than(figure(sequence=None, second=1))
    assert not figure(sequence=None, second=1).newer_than(figure(sequence=None, second=2))
    assert figure(sequence=None, second=2).newer_than(figure(sequence=9, second=1))


def test_of_one_moment_the_lower_figure_stands_in_whatever_order_they_come() -> None:
    same = [figure(units, sequence=None, second=1) for units in (10, 7, 8)]
    for order in permutations(same):
        stands = None
        for each in order:
            stands = each if each.newer_than(stands) else stands
        assert stands is not None
        assert stands.counted(["A"]) == 7


def test_of_one_moment_the_one_asked_for_later_stands() -> None:
    assert figure(12, sequence=None, asked=3).newer_than(figure(7, sequence=None, asked=2))
    assert figure(12, sequence=None, asked=3).newer_than(figure(7, sequence=None))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.booleans()), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_figures_arrive_decides_nothing(told: list[tuple[int, int, bool]], random: object) -> None:
    figures = [figure(units, sequence=None, second=second, asked=second if asked else None) for units, second, asked in told]

    def last(these: list[Figure]) -> Figure | None:
        stands = None
        for each in [*these, *these]:
            stands = each if each.newer_than(stands) else stands
        return stands

    shuffled = list(figures)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert last(figures) == last(shuffled)


def test_the_earliest_word_of_a_happening_stands() -> None:
    assert earliest(None, mark(7)) == mark(7)
    assert earliest(mark(7), mark(5)) == mark(5)
    assert earliest(mark(5), mark(7)) == mark(5)
    assert earliest(mark(None, 1), mark(9, 2)) == mark(9, 2)
    assert earliest(mark(9, 2), mark(None, 3)) == mark(9, 2)
    assert earliest(mark(None, 1), mark(None, 3)) == mark(None, 1)


PARTS = (2, mark(4)), (3, mark(6))


@pytest.mark.parametrize(
    ("basis", "known", "shown"),
    [
        (Basis.PHYSICAL, claim(accepted=mark(1), reserved=mark(2)), 0),
        (Basis.PHYSICAL, claim(accepted=mark(1), shipped=PARTS), 2),
        (Basis.LESS_RESERVED, claim(accepted=mark(1)), 0),
        (Basis.LESS_RESERVED, claim(accepted=mark(1), reserved=mark(5)), 5),
        (Basis.LESS_RESERVED, claim(accepted=mark(1), reserved=mark(6)), 0),
        (Basis.LESS_RESERVED, claim(accepted=mark(1), shipped=PARTS), 2),
        (Basis.LESS_ACCEPTED, claim(accepted=mark(5)), 5),
        (Basis.LESS_ACCEPTED, claim(accepted=mark(6)), 0),
        (Basis.LESS_ACCEPTED, claim(), 0),
        (Basis.LESS_ACCEPTED, claim(accepted=mark(6), shipped=PARTS), 2),
    ],
)
def test_a_figure_contains_what_its_basis_has_taken_off(basis: Basis, known: Claim, shown: int) -> None:
    assert contained_units(known, figure(basis=basis, sequence=5)) == shown


def test_what_was_once_contained_stays_contained_and_never_exceeds_the_claim() -> None:
    assert contained_units(claim(contained=4), figure()) == 4
    assert contained_units(claim(2, shipped=((2, mark(1)), (2, mark(2)))), figure()) == 2


def test_a_claim_lasts_until_it_is_cancelled_or_contained() -> None:
    assert claim().outstanding == 5
    assert claim(cancelled=2).outstanding == 3
    assert claim(cancelled=2, contained=3).outstanding == 0
    assert claim(cancelled=2, contained=5).outstanding == 0
    assert outstanding([claim(), claim(cancelled=4)]) == 6
    assert outstanding([]) == 0


def test_what_a_warehouse_may_still_ship() -> None:
    assert claim(cancelled=1, shipped=((2, mark(1)),)).unshipped == 2
    assert claim(2, shipped=((3, mark(1)),)).unshipped == 0
    assert claim(shipped=PARTS).shipped_units == 5


def test_the_same_figure_told_twice_is_not_newer() -> None:
    for told in (figure(sequence=5), figure(sequence=None), figure(sequence=None, asked=3)):
        assert not told.newer_than(told)


def test_a_sequence_on_one_side_only_decides_nothing() -> None:
    assert figure(sequence=9, second=2).newer_than(figure(sequence=None, second=1))
    assert not figure(sequence=9, second=1).newer_than(figure(sequence=None, second=2))


def test_of_one_moment_and_one_sum_the_same_figure_stands_in_whatever_order_they_come() -> None:
    same = [
        Figure(zones=zones, basis=Basis.PHYSICAL, occurred_at=at(1))
        for zones in ({"A": 3, "B": 4}, {"A": 4, "B": 3}, {"A": 7}, {"B": 7})
    ]
    stands = set()
    for order in permutations(same):
        last = None
        for each in order:
            last = each if each.newer_than(last) else last
        stands.add(str(last))
    assert len(stands) == 1
