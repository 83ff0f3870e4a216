"""Which warehouse ships what."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.catalog import Codes, Crossref, Unmapped, sentence
from stockbridge.domain.routing import Assignment, Candidate, Need, NoWarehouse, assign
from stockbridge.testing.making import candidate, codes

BOTH = codes(("W1", "apple"), ("W1", "pear"), ("W2", "apple"), ("W2", "pear"))


def need(line: str, item: str, units: int) -> Need:
    return Need(line_id=line, inventory_item_id=item, units=units, title=item.upper())


def free(**units: int) -> dict[tuple[str, str, str], int]:
    """free(W1_APPLE=3)"""
    return {("wms", *name.split("_")): n for name, n in units.items()}  # type: ignore[misc]


def test_two_lines_of_one_item_cannot_both_take_the_last_unit() -> None:
    answer = assign(
        needs=[need("a", "apple", 1), need("b", "apple", 1)],
        candidates=[candidate("W1")],
        codes=BOTH,
        free=free(W1_APPLE=1),
        prefer_location="L1",
    )
    assert answer == NoWarehouse(lacked=("W1 lacks 1 of 2 APPLE",))


def test_the_location_that_the_shop_chose_is_asked_first() -> None:
    answer = assign(
        needs=[need("a", "apple", 1)],
        candidates=[candidate("W1", "L1", priority=1), candidate("W2", "L2", priority=9)],
        codes=BOTH,
        free=free(W1_APPLE=5, W2_APPLE=5),
        prefer_location="L2",
    )
    assert isinstance(answer, Assignment)
    assert answer.candidate.warehouse == "W2"
    assert answer.why == "the shop chose this location and it has everything"
    assert answer.codes == {"a": "APPLE"}


def test_another_warehouse_ships_what_the_chosen_one_lacks_and_says_why() -> None:
    answer = assign(
        needs=[need("a", "apple", 4)],
        candidates=[candidate("W1", "L1"), candidate("W2", "L2")],
        codes=BOTH,
        free=free(W1_APPLE=-2, W2_APPLE=5),
        prefer_location="L1",
    )
    assert isinstance(answer, Assignment)
    assert answer.candidate.warehouse == "W2"
    assert answer.why == "the first warehouse in the list that has everything; W1 lacks 4 of 4 APPLE"


def test_the_smaller_priority_is_asked_first() -> None:
    answer = assign(
        needs=[need("a", "apple", 1)],
        candidates=[candidate("W1", "L1", priority=20), candidate("W2", "L2", priority=10)],
        codes=BOTH,
        free=free(W1_APPLE=5, W2_APPLE=5),
        prefer_location=None,
    )
    assert isinstance(answer, Assignment)
    assert answer.candidate.warehouse == "W2"


def test_no_code_and_no_count_are_both_a_lack() -> None:
    answer = assign(
        needs=[need("a", "apple", 1), need("b", "pear", 1)],
        candidates=[candidate("W1"), candidate("W2", "L2")],
        codes=codes(("W1", "apple"), ("W2", "apple"), ("W2", "pear")),
        free=free(W1_APPLE=5, W2_APPLE=5),
        prefer_location="L1",
    )
    assert answer == NoWarehouse(lacked=("W1 lacks an item code for PEAR", "W2 lacks a count of PEAR"))


def test_without_a_warehouse_it_is_said_so() -> None:
    answer = assign(needs=[need("a", "apple", 1)], candidates=[], codes=BOTH, free={}, prefer_location=None)
    assert answer == NoWarehouse(lacked=("no warehouse feeds any location of this shop",))


needs = st.lists(
    st.builds(need, st.sampled_from("abcd"), st.sampled_from(["apple", "pear"]), st.integers(1, 4)),
    min_size=1,
    max_size=4,
    unique_by=lambda n: n.line_id,
)
candidates = st.lists(
    st.builds(candidate, st.sampled_from(["W1", "W2"]), st.sampled_from(["L1", "L2", "L3"]), priority=st.integers(1, 2)),
    max_size=5,
)
stock = st.dictionaries(
    st.tuples(st.just("wms"), st.sampled_from(["W1", "W2"]), st.sampled_from(["APPLE", "PEAR"])), st.integers(-2, 9)
)


@given(needs, candidates, stock, st.sampled_from(["L1", "L2", None]), st.integers())
def test_the_same_facts_give_the_same_answer_and_never_more_than_is_free(
    wanted: list[Need], some: list[Candidate], left: dict[tuple[str, str, str], int], prefer: str | None, seed: int
) -> None:
    shuffled = list(some)
    Random(seed).shuffle(shuffled)
    answer = assign(needs=wanted, candidates=some, codes=BOTH, free=left, prefer_location=prefer)
    again = assign(needs=wanted, candidates=shuffled, codes=BOTH, free=left, prefer_location=prefer)
    assert answer == again
    taken: dict[str, int] = {}
    for each in wanted:
        taken[each.inventory_item_id.upper()] = taken.get(each.inventory_item_id.upper(), 0) + each.units

    def has(one: Candidate) -> bool:
        return all(left.get(("wms", one.warehouse, code), -1) >= units for code, units in taken.items())

    if isinstance(answer, Assignment):
        assert has(answer.candidate)
        assert {n.line_id for n in answer.needs} == set(answer.codes) == {n.line_id for n in wanted}
        if any(has(one) and one.location_id == prefer for one in some):
            assert answer.candidate.location_id == prefer
    else:
        assert not any(has(one) for one in some)


def test_a_code_belongs_to_one_warehouse() -> None:
    known = Codes([Crossref(inventory_item_id="apple", connection="wms", warehouse="W1", item_code="A-1")])
    assert known.at("wms", "W1", "apple") == "A-1"
    assert known.at("wms", "W2", "apple") is None
    assert known.at("wms", "W1", None) is None
    assert known.knows("apple")
    assert not known.knows("pear")
    assert not known.knows(None)


def test_a_sentence_names_every_line_without_a_code() -> None:
    def line(sku: str) -> Unmapped:
        return Unmapped(line_id="l", sku=sku, title="Pan", inventory_item_id="i")

    assert sentence([line("P1")]) == "P1 (Pan) has no item code in any warehouse."
    assert (
        sentence([line("P1"), line(""), line("P3")])
        == "P1 (Pan), no SKU (Pan) and P3 (Pan) have no item code in any warehouse."
    )


def test_of_two_warehouses_of_one_name_the_same_is_chosen_whatever_order_they_come_in() -> None:
    two = [candidate("W1", connection="odoo"), candidate("W1", connection="wms")]
    known = Codes(
        Crossref(inventory_item_id="apple", connection=one.connection, warehouse="W1", item_code="APPLE") for one in two
    )
    left = {(one.connection, "W1", "APPLE"): 5 for one in two}
    for some in (two, two[::-1]):
        answer = assign(needs=[need("a", "apple", 1)], candidates=some, codes=known, free=left, prefer_location="L1")
        assert isinstance(answer, Assignment)
        assert answer.candidate.connection == "odoo"


def test_every_warehouse_that_was_passed_over_is_named_with_all_that_it_lacks() -> None:
    named = replace(candidate("W1"), title="Berlin")
    unnamed_item = replace(need("b", "pear", 2), title="")
    answer = assign(
        needs=[need("c", "plum", 1), unnamed_item, need("a", "apple", 1)],
        candidates=[named, candidate("W2", "L2", priority=200), candidate("W3", "L3", priority=300)],
        codes=codes(("W1", "plum"), ("W1", "apple"), ("W2", "apple"), ("W3", "plum"), ("W3", "pear"), ("W3", "apple")),
        free=free(W2_APPLE=9, W3_PLUM=1, W3_PEAR=2, W3_APPLE=1),
        prefer_location="L1",
    )
    assert isinstance(answer, Assignment)
    assert answer.why == (
        "the first warehouse in the list that has everything; "
        "Berlin lacks an item code for pear, a count of APPLE, a count of PLUM; "
        "W2 lacks an item code for PLUM, an item code for pear"
    )


def shared_first(units: int, held: int = 0) -> str:
    """Which warehouse is asked when W1 is shared and W2 is not."""
    answer = assign(
        needs=[need("a", "apple", units)],
        candidates=[candidate("W1", "L1", priority=1), candidate("W2", "L2", priority=9)],
        codes=BOTH,
        free=free(W1_APPLE=9, W2_APPLE=5),
        prefer_location="L1",
        elsewhere={("L1", ("wms", "W1", "APPLE")): held},
    )
    return answer.candidate.warehouse if isinstance(answer, Assignment) else "nobody"


def test_units_that_other_locations_offer_are_taken_only_when_nobody_has_everything_without_them() -> None:
    assert shared_first(4) == "W1"
    assert shared_first(4, held=5) == "W1"
    assert shared_first(4, held=6) == "W2"
    assert shared_first(6, held=6) == "W1"
    assert shared_first(10, held=6) == "nobody"
