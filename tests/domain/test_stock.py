"""What a location may offer, and the sum that explains it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.stock import Combine, Derivation, Keep, SourceStock, Term, cautious, publishable, unplaced_units

SIGNS = {"+": 1, "−": -1, "=": 0, "·": 0}


def added_up(derivation: Derivation) -> int:
    return sum(step.units * SIGNS[step.sign] for step in derivation.steps)


def source(counted: int | None, claimed: int = 0, keep: Keep | None = None, name: str = "east") -> SourceStock:
    return SourceStock(name=name, counted=counted, claimed=claimed, keep=keep or Keep(), zones="A")


keeps = st.builds(Keep, units=st.integers(0, 50), percent_bp=st.integers(0, 10_000))
sources = st.builds(
    SourceStock,
    name=st.just("w"),
    counted=st.none() | st.integers(-50, 500),
    claimed=st.integers(0, 600),
    keep=keeps,
)


def test_what_is_offered_is_the_figure_less_claims_less_what_is_kept_less_what_is_unplaced() -> None:
    derivation = publishable(sources=[source(100, 7, Keep(units=5))], unplaced=3, spent=2, keep=Keep(units=1))
    assert derivation.result == 82
    assert [(step.sign, step.units) for step in derivation.steps] == [
        ("+", 100), ("−", 7), ("−", 5), ("−", 2), ("−", 3), ("−", 1), ("=", 82),
    ]  # fmt: skip
    assert derivation.findings == ()


def test_sources_of_a_location_are_added_up() -> None:
    assert publishable(sources=[source(10), source(5, 2)], unplaced=0).result == 13


def test_one_source_owes_what_another_has() -> None:
    assert publishable(sources=[source(10), source(2, 6)], unplaced=0).result == 6


def test_less_than_nothing_is_offered_as_nothing_and_is_a_finding() -> None:
    derivation = publishable(sources=[source(3, 5)], unplaced=1)
    assert derivation.result == 0
    assert derivation.findings == ("3 more promised than there is: nothing is offered.",)
    assert added_up(derivation) == 0


@pytest.mark.parametrize(
    ("counted", "unplaced", "kept", "short"),
    [(10, 3, 5, 0), (7, 3, 4, 0), (3, 3, 0, 0), (2, 3, 0, 1), (0, 3, 0, 3)],
)
def test_a_buffer_is_the_first_to_go_when_more_is_promised_than_it_leaves(
    counted: int, unplaced: int, kept: int, short: int
) -> None:
    derivation = publishable(sources=[source(counted, keep=Keep(units=5))], unplaced=unplaced)
    by_term = {step.term: step.units for step in derivation.steps}
    assert (by_term.get(Term.KEEP, 0), by_term.get(Term.SHORT, 0)) == (kept, short)
    assert derivation.result == added_up(derivation) == max(0, counted - 5 - unplaced)
    assert derivation.findings == ((f"{short} more promised than there is: nothing is offered.",) if short else ())


def test_of_several_buffers_the_locations_own_goes_first_and_then_the_last_sources() -> None:
    derivation = publishable(
        sources=[source(4, keep=Keep(units=4)), source(4, keep=Keep(units=4), name="west")], unplaced=5, keep=Keep(units=2)
    )
    assert [(step.why, step.units) for step in derivation.steps if step.term is Term.KEEP] == [("buffer of east", 3)]
    assert added_up(derivation) == derivation.result == 0


def test_a_negative_count_is_a_finding_and_never_offered() -> None:
    derivation = publishable(sources=[source(-4)], unplaced=0)
    assert derivation.result == 0
    assert "east reports a negative count (-4)." in derivation.findings


def test_a_source_that_never_counted_offers_nothing_and_still_owes_its_claims() -> None:
    derivation = publishable(sources=[source(None, 2, name="west"), source(10)], unplaced=0)
    assert derivation.result == 8
    assert derivation.findings == ("west has never reported this item, so nothing is offered from it.",)
    assert publishable(sources=[source(None, keep=Keep(units=3))], unplaced=0).result == 0


def test_a_buffer_never_makes_a_debt() -> None:
    assert source(3, 0, Keep(units=5)).offer == 0
    assert source(3, 4, Keep(units=5)).offer == -1


def test_the_moment_and_the_zones_of_a_figure_are_told() -> None:
    one = SourceStock(name="east", counted=5, claimed=0, zones="A, B", as_of="2026-11-02T09:00")
    assert publishable(sources=[one], unplaced=0).steps[0].why == "reported for A, B at 2026-11-02T09:00"


def test_a_share_is_rounded_up_and_the_larger_of_share_and_number_is_kept() -> None:
    assert Keep(percent_bp=500).of(100) == 5
    assert Keep(percent_bp=500).of(19) == 1
    assert Keep(percent_bp=500).of(0) == 0
    assert Keep(percent_bp=500).of(-40) == 0
    assert Keep(units=3, percent_bp=500).of(19) == 3
    assert Keep(units=3, percent_bp=500).of(100) == 5
    assert Keep(percent_bp=10_000).of(1_000_000) == 1_000_000


@given(units=st.integers(0, 50), percent=st.integers(0, 10_000), on_hand=st.integers(0, 10_000))
def test_what_is_kept_is_never_less_than_the_share_and_less_than_one_unit_more(units: int, percent: int, on_hand: int) -> None:
    share = Keep(percent_bp=percent).of(on_hand)
    assert 0 <= share * 10_000 - on_hand * percent < 10_000
    assert Keep(units=units, percent_bp=percent).of(on_hand) == max(units, share)


def test_units_are_unplaced_until_a_warehouse_was_asked() -> None:
    assert unplaced_units(committed=5, reserved=2, open_claimed=0) == 7
    assert unplaced_units(committed=5, reserved=2, open_claimed=5) == 2
    assert unplaced_units(committed=5, reserved=0, open_claimed=8) == 0


@given(st.lists(sources, max_size=4), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_steps_always_add_up_to_the_number_and_it_is_never_negative(
    feeding: list[SourceStock], unplaced: int, spent: int, keep: int
) -> None:
    derivation = publishable(sources=feeding, unplaced=unplaced, spent=spent, keep=Keep(units=keep))
    assert added_up(derivation) == derivation.result >= 0
    assert derivation.steps[-1].sign == "="
    assert derivation.steps[-1].units == derivation.result


@given(st.lists(sources, max_size=3), st.integers(0, 60), st.integers(0, 5), keeps)
def test_promising_more_never_offers_more(feeding: list[SourceStock], unplaced: int, more: int, keep: Keep) -> None:
    before = publishable(sources=feeding, unplaced=unplaced).result
    assert publishable(sources=feeding, unplaced=unplaced + more).result <= before
    owing = SourceStock(name="w", counted=0, claimed=more, keep=keep)
    assert publishable(sources=[*feeding, owing], unplaced=unplaced).result <= before


def test_a_lowering_goes_out_at_once_and_a_raise_only_as_far_as_it_is_sure() -> None:
    assert cautious(available=9, number=7, doubted=4) == 7
    assert cautious(available=5, number=9, doubted=7) == 7
    assert cautious(available=5, number=9, doubted=3) == 5
    assert cautious(available=5, number=9, doubted=9) == 9
    assert cautious(available=5, number=5, doubted=2) == 5


def test_an_empty_shelf_is_counted_as_nothing_and_is_no_finding() -> None:
    derivation = publishable(sources=[source(0, keep=Keep(percent_bp=10_000)), source(4, 4)], unplaced=0)
    assert (derivation.result, derivation.findings) == (0, ())
    assert source(0, 2, Keep(percent_bp=10_000)).offer == -2


def test_a_count_of_less_than_nothing_is_a_finding_from_the_first_unit_on() -> None:
    assert publishable(sources=[source(-1), source(5)], unplaced=0).findings == ("east reports a negative count (-1).",)


def test_a_share_of_what_is_on_hand_is_kept_back_at_its_source() -> None:
    assert source(100, 10, Keep(percent_bp=500)).offer == 85
    assert source(None, 2, Keep(percent_bp=500)).offer == -2


def test_what_takes_nothing_off_is_not_listed() -> None:
    assert [(step.sign, step.units) for step in publishable(sources=[source(10)], unplaced=0).steps] == [("+", 10), ("=", 10)]


def test_a_figure_without_a_moment_or_zones_says_so() -> None:
    nowhere = SourceStock(name="east", counted=5, claimed=0)
    assert publishable(sources=[nowhere, source(5)], unplaced=0).steps[0].why == "reported for no zone"
    assert publishable(sources=[source(5)], unplaced=0).steps[0].why == "reported for A"


def test_units_that_were_added_in_the_shop_count_until_the_warehouse_knows_them_and_the_sum_says_whose() -> None:
    derivation = publishable(
        sources=[source(50)], unplaced=3, spent=-5, whose="changed in the shop (-5)", findings=["Somebody did it."]
    )
    assert derivation.result == 52
    [added] = [step for step in derivation.steps if step.term is Term.SPENT]
    assert (added.sign, added.units) == ("+", 5)
    assert "changed in the shop (-5)" in added.why
    assert derivation.findings == ("Somebody did it.",)


offers = st.lists(
    st.builds(
        SourceStock,
        name=st.just("w"),
        counted=st.integers(-20, 300),
        claimed=st.integers(0, 300),
        keep=keeps,
        allotted=st.none() | st.integers(-20, 300),
        asked_here=st.integers(0, 50),
    ),
    min_size=1,
    max_size=4,
)


@given(offers, st.sampled_from(Combine), st.integers(0, 50), st.integers(0, 50), keeps)
def test_however_sources_are_combined_the_lines_add_up_and_no_more_is_offered_than_they_have(
    some: list[SourceStock], combine: Combine, unplaced: int, spent: int, keep: Keep
) -> None:
    derivation = publishable(sources=some, unplaced=unplaced, spent=spent, keep=keep, combine=combine)
    assert added_up(derivation) == derivation.result >= 0
    have = {"sum": sum(s.offer for s in some), "largest": max(s.offer for s in some), "smallest": min(s.offer for s in some)}
    assert derivation.result <= max(0, have[combine] - unplaced - spent)
    assert 0 <= (derivation.single or 0) <= derivation.result


@given(offers, st.integers(0, 50), keeps)
def test_the_largest_single_source_is_never_more_than_the_sum_of_those_that_have_any(
    some: list[SourceStock], unplaced: int, keep: Keep
) -> None:
    having = [source for source in some if source.offer >= 0]
    if having:
        numbers = {each: publishable(sources=having, unplaced=unplaced, combine=each).result for each in Combine}
        assert numbers[Combine.SMALLEST] <= numbers[Combine.LARGEST] <= numbers[Combine.SUM]


@given(st.integers(0, 200), st.integers(0, 60), keeps, keeps, st.integers(0, 60))
def test_asking_a_warehouse_changes_no_number_also_where_a_share_of_the_part_is_held_back(
    allotted: int, sold: int, keep: Keep, at_the_location: Keep, asked: int
) -> None:
    """Of 300 in the warehouse this location has a part; a share of what others may sell is not held back here."""
    before = SourceStock(name="w", counted=300, claimed=asked, allotted=allotted + sold, asked_here=asked, keep=keep)
    after = SourceStock(name="w", counted=300, claimed=asked + sold, allotted=allotted, asked_here=asked + sold, keep=keep)
    waiting = publishable(sources=[before], unplaced=sold, keep=at_the_location)
    assert waiting.result == publishable(sources=[after], unplaced=0, keep=at_the_location).result


def test_a_share_held_back_at_a_location_is_one_of_its_part_and_not_of_all_that_lies_in_the_warehouse() -> None:
    part = SourceStock(name="w", counted=100, claimed=0, allotted=10)
    assert publishable(sources=[part], unplaced=0, keep=Keep(percent_bp=1_000)).result == 9


def test_a_source_that_was_never_counted_takes_its_share_of_claims_and_the_lines_still_add_up() -> None:
    derivation = publishable(sources=[SourceStock(name="w", counted=None, claimed=3, allotted=-1), source(10)], unplaced=0)
    assert derivation.result == added_up(derivation) == 9
