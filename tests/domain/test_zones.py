"""Which places count: against a whole tree of places, walked one by one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.zones import ALONE, Zones, zones_of

#: Places that a mapping may name, and the tree that is walked: one level deeper, with a branch that nobody names.
NAMED = ["/".join(path) for depth in (1, 2, 3) for path in product("ab", repeat=depth)]
TREE = ["/".join(path) for depth in (1, 2, 3, 4) for path in product("abn", repeat=depth)]
patterns = st.builds(lambda alone, path: (ALONE if alone else "") + path, st.booleans(), st.sampled_from(NAMED))
zones = st.builds(zones_of, st.lists(patterns, max_size=3), st.lists(patterns, max_size=3))


def counts(selection: Zones, path: str) -> bool:
    """The rule in its plainest words: a place counts when it, or a place above it, is named, and is not left out the same way."""
    above = ["/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
    named = {*above, ALONE + path}
    return bool(named & set(selection.include)) and not named & set(selection.exclude)


@given(zones)
def test_a_place_counts_when_it_or_a_place_above_it_is_named_and_none_of_them_is_left_out(selection: Zones) -> None:
    assert [path for path in TREE if path in selection] == [path for path in TREE if counts(selection, path)]


@given(zones, zones)
def test_two_selections_overlap_exactly_when_a_place_of_the_tree_counts_in_both(one: Zones, other: Zones) -> None:
    assert one.overlaps(other) is any(counts(one, path) and counts(other, path) for path in TREE)
    assert one.overlaps(other) is other.overlaps(one)


@given(zones, zones)
def test_two_selections_are_the_same_exactly_when_every_place_of_the_tree_counts_in_both_or_in_none(
    one: Zones, other: Zones
) -> None:
    assert one.same(other) is all(counts(one, path) == counts(other, path) for path in TREE)
    assert one.same(one)


@given(zones, st.dictionaries(st.sampled_from(TREE), st.integers(-9, 99)))
def test_what_is_counted_and_what_is_left_out_is_all_there_is(selection: Zones, figure: dict[str, int]) -> None:
    rest = sum(units for path, units in figure.items() if not counts(selection, path))
    assert selection.counted(figure) + rest == sum(figure.values())
    assert all(not counts(selection, path) for path in figure if selection.excluded(path))


@pytest.mark.parametrize(
    ("path", "counted"),
    [("WH/Stock", True), ("WH/Stock/A1", True), ("WH/Stock2", False), ("WH", False), ("WH/Stock/Hold", False), ("WH/In", True),
     ("WH/In/Dock 2", False), ("WH/Stock/Hold/Top", False)],
)  # fmt: skip
def test_a_subtree_counts_with_all_below_it_one_alone_does_not_and_what_is_left_out_wins(path: str, counted: bool) -> None:
    assert (path in zones_of(["WH/Stock", "=WH/In"], ["WH/Stock/Hold"])) is counted


def test_people_read_which_places_count() -> None:
    assert zones_of(["WH/Stock", "=WH/In"], ["WH/Stock/Hold"]).words == "WH/Stock, WH/In alone without WH/Stock/Hold"
    assert Zones().words == "no zone"


def test_a_selection_is_empty_when_no_place_counts() -> None:
    assert zones_of(["A"], ["A"]).empty
    assert not zones_of(["A"], ["A/B"]).empty


@pytest.mark.parametrize("typed", [" WH/Stock ", "WH/Stock/", "WH/Stock//", "WH/Stock"])
def test_blanks_and_a_stroke_at_the_end_are_no_other_place(typed: str) -> None:
    assert zones_of([typed, "WH/Stock"]) == Zones(("WH/Stock",))


def test_nothing_is_named_by_blanks_or_a_sign_alone() -> None:
    assert zones_of(["", " ", "/", "="], ["=", ""]) == Zones()
    assert "anything" not in Zones()
