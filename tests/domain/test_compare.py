"""What a shop shows against what it should show: found exactly as by a slow and obvious look at every cell."""

from __future__ import annotations

import pickle
from array import array
from dataclasses import dataclass
from math import floor
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.compare import Comparison, Shown, differs
from stockbridge.domain.counting import Count, Counting
from stockbridge.domain.frame import ABSENT, Feed, Frame, Place
from stockbridge.domain.roll import Codes, Roll
from stockbridge.domain.stock import Keep, SourceStock, publishable, unplaced_units

ITEMS = ["gid://x/1", "gid://x/20", "gid://x/3"]
CODES = ["A", "B", 7]
LOCATIONS = ["L1", "L2"]
SOURCES = ["odoo", "odoo", "wms"]

UNITS = st.integers(-5, 30)
KEEPS = st.builds(Keep, units=st.integers(0, 6), percent_bp=st.sampled_from([0, 0, 333, 500, 10_000]))
FEEDS = st.builds(Feed, source=st.integers(0, len(SOURCES) - 1), keep=KEEPS)
CELLS = st.tuples(st.sampled_from(LOCATIONS), st.sampled_from(ITEMS), st.integers(0, 4))


@dataclass(frozen=True)
class Case:
    """Everything that a comparison is given."""

    places: list[Place]
    codes: list[tuple[str, Any, str]]
    claimed: list[tuple[int, Any, int]]
    placed: list[tuple[str, str, int]]
    spent: list[tuple[str, str, int]]
    counts: list[Count]
    shown: list[Shown]
    tolerance: int

    def frame(self) -> Frame:
        return Frame(
            places=self.places,
            sources=SOURCES,
            codes=self.codes,
            claimed=self.claimed,
            placed=self.placed,
            spent=self.spent,
            tolerance=self.tolerance,
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    combine = st.sampled_from([sum, sum, max, min])
    feeds = st.lists(FEEDS, min_size=1, max_size=3, unique_by=lambda feed: feed.source)
    places = [
        Place(location_id=name, feeds=tuple(draw(feeds)), keep=draw(st.integers(0, 3)), combine=draw(combine))
        for name in LOCATIONS[: draw(st.integers(1, 2))]
    ]
    codes = [
        (connection, draw(st.sampled_from(CODES)), item)
        for connection in ("odoo", "wms")
        for item in ITEMS
        if draw(st.sampled_from([True, True, True, False]))
    ]
    wanted = st.tuples(st.integers(0, 2), st.sampled_from([*CODES, *CODES, "unheard of", -1, 10**6]))
    counts = draw(st.lists(st.tuples(wanted, UNITS | st.sampled_from([0.1, 0.2, 0.7, 2.5]))))
    claimed = draw(st.lists(st.tuples(wanted, st.integers(0, 5))))
    shown = draw(
        st.lists(
            st.tuples(
                st.sampled_from([*ITEMS, "gid://x/4", "other"]),
                st.sampled_from([*LOCATIONS, "L3"]),
                st.none() | st.integers(-3, 40),
                st.integers(0, 4),
                st.integers(0, 2),
                st.booleans() | st.just(True),
            ),
            unique_by=lambda row: row[:2],
        )
    )
    return Case(
        places=places,
        codes=codes,
        claimed=[(source, code, units) for (source, code), units in claimed],
        placed=draw(st.lists(CELLS)),
        spent=draw(st.lists(CELLS)),
        counts=[(source, code, units) for (source, code), units in counts],
        shown=shown,
        tolerance=draw(st.integers(0, 3)),
    )


def compared(case: Case, gulp: int = 3) -> dict[tuple[str, str], tuple[int | None, int]]:
    """By the real thing, a few rows at a time."""
    frame = case.frame()
    counting = Counting(len(frame.sources))
    for at in range(0, len(case.counts), gulp):
        counting.add(case.counts[at : at + gulp])
    comparison = Comparison(frame, frame.settle(counting)[0])
    found = [one for at in range(0, len(case.shown), gulp) for one in comparison.look(case.shown[at : at + gulp])]
    rows = [*frame.named(found), *frame.named(comparison.unseen())]
    assert len({(row.inventory_item_id, row.location_id) for row in rows}) == len(rows)
    return {(row.inventory_item_id, row.location_id): (row.shows, row.should) for row in rows}


def obvious(case: Case) -> dict[tuple[str, str], tuple[int | None, int]]:
    """Every cell of either side, one by one, as it would be published."""
    shown = {(item, location): row for item, location, *row in case.shown}
    found = {}
    for place in case.places:
        for item in ITEMS:
            codes = [[code for c, code, i in case.codes if (c, i) == (SOURCES[feed.source], item)] for feed in place.feeds]
            if not any(codes):
                continue
            available, committed, reserved, tracked = shown.get((item, place.location_id), (None, 0, 0, True))
            should = number(case, place, item, codes, committed + reserved)
            if tracked and differs(available, should, case.tolerance):
                found[item, place.location_id] = (available, should)
    return found


def number(case: Case, place: Place, item: str, codes: list[list[Any]], held: int) -> int:
    sources = [
        SourceStock(
            name=str(feed.source),
            counted=floor(sum(u for s, c, u in case.counts if s == feed.source and c in own) + 1e-6),
            claimed=sum(u for s, c, u in case.claimed if s == feed.source and c in own),
            keep=feed.keep,
        )
        for feed, own in zip(place.feeds, codes, strict=True)
    ]
    cell = (place.location_id, item)
    spent = sum(units for *at, units in case.spent if tuple(at) == cell)
    placed = sum(units for *at, units in case.placed if tuple(at) == cell)
    unplaced = unplaced_units(committed=held, reserved=0, open_claimed=placed)
    if place.combine is sum:
        return publishable(sources=sources, unplaced=unplaced, spent=spent, keep=Keep(units=place.keep)).result
    return max(0, place.combine([each.offer for each in sources]) - spent - unplaced - place.keep)


@given(cases())
def test_the_differences_are_those_of_a_look_at_every_cell_of_either_side(case: Case) -> None:
    assert compared(case) == obvious(case)


@given(cases(), st.integers(0, 2**32))
def test_the_order_of_rows_and_how_many_come_at_once_change_nothing(case: Case, seed: int) -> None:
    before, random = compared(case), Random(seed)
    random.shuffle(case.counts)
    random.shuffle(case.shown)
    assert compared(case, gulp=random.randint(1, 10)) == before


def simple(shown: list[Shown], counts: list[Count], **changes: Any) -> tuple[dict[tuple[str, str], Any], Comparison]:
    """One location, one source, items A and B."""
    places = [Place(location_id="L1", feeds=(Feed(source=0, keep=changes.pop("keep", Keep())),))]
    codes = changes.pop("codes", [("wms", "A", "gid://x/1"), ("wms", "B", "gid://x/2")])
    frame = Frame(places=places, sources=["wms"], codes=codes, **changes)
    counting = Counting(len(frame.sources))
    counting.add(counts)
    comparison = Comparison(frame, frame.settle(counting)[0])
    found = [*comparison.look(shown), *comparison.unseen()]
    return {each.inventory_item_id: (each.shows, each.should) for each in frame.named(found)}, comparison


def level(item: int, available: int | None, *, committed: int = 0, tracked: bool = True) -> Shown:
    return f"gid://x/{item}", "L1", available, committed, 0, tracked


def test_stock_in_the_shop_with_nothing_in_the_warehouse_is_visited() -> None:
    """Trap X-16: a loop over the warehouse's products never meets it."""
    found, _ = simple([level(1, 12), level(2, 5)], [(0, "B", 5)])
    assert found == {"gid://x/1": (12, 0)}


def test_stock_in_the_warehouse_that_the_shop_does_not_show_is_visited() -> None:
    found, _ = simple([level(1, 3)], [(0, "A", 3), (0, "B", 5)])
    assert found == {"gid://x/2": (None, 5)}


def test_nothing_on_either_side_is_no_difference() -> None:
    assert simple([level(1, 0)], [])[0] == {}
    assert simple([level(1, None)], [])[0] == {}


def test_the_number_after_the_buffer_is_compared_and_not_the_raw_one() -> None:
    """REC-03: 100 on the shelf with five percent kept is 95 in the shop, and nothing is wrong."""
    keep = Keep(percent_bp=500)
    assert simple([level(1, 95)], [(0, "A", 100)], keep=keep)[0] == {}
    assert simple([level(1, 100)], [(0, "A", 100)], keep=keep)[0] == {"gid://x/1": (100, 95)}


def test_units_that_left_without_a_warehouse_being_told_are_taken_off() -> None:
    assert simple([level(1, 7)], [(0, "A", 10)], spent=[("L1", "gid://x/1", 3)])[0] == {}
    assert simple([], [(0, "A", 10)], spent=[("L1", "gid://x/1", 3)])[0] == {"gid://x/1": (None, 7)}


def test_units_held_for_orders_are_taken_off_once() -> None:
    claimed, placed = [(0, "A", 2)], [("L1", "gid://x/1", 2)]
    assert simple([level(1, 8, committed=2)], [(0, "A", 10)], claimed=claimed, placed=placed)[0] == {}
    assert simple([level(1, 8, committed=2)], [(0, "A", 10)])[0] == {}


@pytest.mark.parametrize(
    ("shows", "should", "tolerance", "is_one"),
    [
        (10, 12, 2, False),
        (10, 13, 2, True),
        (2, 0, 2, True),
        (0, 1, 2, True),
        (1, 2, 2, False),
        (-1, 0, 2, False),
        (-1, 0, 0, True),
        (None, 0, 0, False),
        (None, 1, 9, True),
    ],
)
def test_small_differences_may_be_tolerated_but_none_that_crosses_zero(
    shows: int | None, should: int, tolerance: int, is_one: bool
) -> None:
    """Trap X-14: one or two published with nothing on the shelf is the worst case, and inside every threshold."""
    assert differs(shows, should, tolerance) is is_one


def remembered(shown: list[Shown], last: dict[str, int], counts: list[Count]) -> tuple[dict[str, Any], Comparison]:
    """The same one location, with what was last seen there; of the items 1 and 2 the warehouse has codes, of 3 it has none."""
    places = [Place(location_id="L1", feeds=(Feed(source=0),))]
    frame = Frame(places=places, sources=["wms"], codes=(), items=[f"gid://x/{n}" for n in (1, 2, 3)])
    settled = frame.tie((source, str(item), int(units)) for source, item, units in counts)
    frame.remember(("L1", item, available) for item, available in last.items())
    comparison = Comparison(frame, settled)
    found = [*comparison.look(shown), *comparison.unseen()]
    return {each.inventory_item_id: (each.shows, each.should) for each in frame.named(found)}, comparison


ONE = "gid://x/1"
BOTH: list[Count] = [(0, ONE, 5), (0, "gid://x/2", 0)]


@pytest.mark.parametrize(
    ("shown", "last", "found"),
    [
        ([level(1, 5)], {ONE: 5}, {}),
        ([level(1, 5)], {ONE: 4}, {ONE: (5, 5)}),
        ([level(1, 5)], {}, {ONE: (5, 5)}),
        ([level(1, 5)], {ONE: ABSENT}, {ONE: (5, 5)}),
        ([level(1, 4)], {ONE: 4}, {ONE: (4, 5)}),
        ([level(1, 3, committed=2)], {ONE: 3}, {}),
        ([level(1, 3, committed=2)], {ONE: 5}, {ONE: (3, 3)}),
        ([level(1, None)], {ONE: ABSENT}, {}),
        ([level(1, None)], {ONE: 5}, {ONE: (None, 5)}),
        ([], {ONE: ABSENT}, {}),
        ([], {ONE: 5}, {ONE: (None, 5)}),
        ([], {}, {ONE: (None, 5)}),
        ([level(1, 5)], {ONE: 5, "gid://x/2": 0}, {"gid://x/2": (None, 0)}),
        ([level(1, 5, tracked=False)], {ONE: 5}, {ONE: (5, 5)}),
        ([level(1, 5, tracked=False)], {ONE: ABSENT}, {}),
        ([level(1, 5), level(3, 7)], {ONE: 5}, {"gid://x/3": (7, 0)}),
        ([level(1, 5), level(3, 0)], {ONE: 5}, {}),
        ([level(1, 5), level(3, 7, tracked=False)], {ONE: 5}, {}),
    ],
)
def test_where_it_is_known_what_was_seen_only_what_stayed_as_it_was_is_passed_over(
    shown: list[Shown], last: dict[str, int], found: dict[str, Any]
) -> None:
    assert remembered(shown, last, BOTH)[0] == found


def test_what_the_shop_offers_of_an_item_that_nobody_has_heard_of_is_told_by_its_name() -> None:
    shown = [level(9, 4), level(8, 0), level(7, 4, tracked=False), ("gid://x/9", "L9", 3, 0, 0, True), level(1, 5)]
    found, comparison = remembered(shown, {ONE: 5}, BOTH)
    assert found == {}
    assert comparison.strangers == [("gid://x/9", "L1")]


def test_what_is_left_alone_is_counted() -> None:
    shown = [level(1, 7, tracked=False), level(2, 5), level(2, 6), level(9, 1), ("gid://x/1", "L9", 3, 0, 0, True)]
    found, comparison = simple(shown, [(0, "A", 1), (0, "B", 5), (0, "C", 4)])
    assert found == {}
    tally = comparison.tally
    assert (tally.compared, tally.units, tally.untracked, tally.repeated, tally.unmapped) == (1, 5, 1, 1, 2)


def test_items_that_share_a_code_each_have_all_of_it() -> None:
    codes = [("wms", "A", "gid://x/1"), ("wms", "A", "gid://x/2")]
    found, _ = simple([level(1, 6), level(2, 6)], [(0, "A", 8)], codes=codes, claimed=[(0, "A", 2)])
    assert found == {}


def test_fractions_are_floored_once_and_not_row_by_row() -> None:
    assert simple([level(1, 1)], [(0, "A", 0.1)] * 10)[0] == {}
    assert simple([level(1, 2)], [(0, "A", 1.4), (0, "A", 1.4)])[0] == {}


IDS = st.lists(st.integers(0, 10**19).map(lambda n: f"gid://x/{n}"))
TEXTS = st.lists(st.text(max_size=5) | st.sampled_from(["a1", "a01", "a1 ", "a٣", "a", "a-1", "a_1", "b1"]))


@given(IDS | TEXTS, TEXTS)
def test_a_roll_finds_what_was_entered_and_nothing_else(texts: list[str], others: list[str]) -> None:
    roll = Roll()
    numbers = [roll.add(text) for text in texts]
    roll.seal()
    assert len(roll) == len(set(texts))
    assert set(numbers) == set(range(len(set(texts))))
    assert [roll.name(number) for number in numbers] == texts
    sent = pickle.loads(pickle.dumps(roll))
    for text in [*texts, *others]:
        expected = numbers[texts.index(text)] if text in texts else -1
        assert roll.find(text) == sent.find(text) == expected


def test_a_roll_of_ids_takes_few_bytes() -> None:
    roll = Roll()
    for number in range(10_000):
        roll.add(f"gid://shopify/InventoryItem/{45_678_900_000_000 + number * 32_768}")
    roll.seal()
    assert len(pickle.dumps(roll)) < 9 * 10_000


KEYS = st.integers(-3, 5000) | st.text(max_size=3)


@given(st.dictionaries(KEYS, st.integers(0, 99)), st.lists(KEYS | st.booleans() | st.floats(allow_nan=False)))
def test_codes_are_found_whether_they_are_numbers_or_texts(known: dict[Any, int], others: list[Any]) -> None:
    codes = Codes()
    for code, item in known.items():
        codes.add(code, item)
    codes.seal()
    assert sorted(codes.items()) == sorted(known.values())
    for code in [*known, *others]:
        expected = known.get(code, -1) if type(code) in (int, str) else codes.find(code)
        counting, sums = Counting(2), array("d", bytes(8 * 100))
        counting.add([(1, code, 2.0), (1, code, 3.0), (0, code, 9.0)])
        unknown = counting.of(1, codes, sums)
        assert codes.find(code) == expected
        assert (unknown, sum(sums)) == ((5, 0) if expected < 0 else (0, 5))
        assert expected < 0 or sums[expected] == 5


@given(st.lists(st.tuples(st.integers(0, 2), KEYS, st.integers(0, 9))), st.integers(0, 30))
def test_what_several_have_added_up_is_what_one_would_have(rows: list[Count], at: int) -> None:
    codes = Codes()
    for item, code in enumerate(dict.fromkeys(code for _, code, _ in rows)):
        codes.add(code, item)
    codes.seal()
    alone, one, other = Counting(3), Counting(3), Counting(3)
    alone.add(rows)
    one.add(rows[:at])
    other.add(rows[at:])
    one.join(other)
    for source in range(3):
        sums, same = array("d", bytes(8 * len(rows))), array("d", bytes(8 * len(rows)))
        assert alone.of(source, codes, sums) == one.of(source, codes, same) == 0
        assert sums == same


def test_whole_counts_of_any_size_are_exact() -> None:
    places = [Place(location_id="L", feeds=(Feed(source=0),))]
    frame = Frame(places=places, sources=["wms"], codes=[("wms", 1, "x")])
    counting = Counting(1)
    counting.add([(0, 1, 2.0**50 + 1)])
    assert frame.settle(counting)[0][0][0] == 2**50 + 1
