"""A hand on the shop's count is told from a sale: sales alone leave it as it was, and nothing is believed that an order may explain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.ownership import (
    Book,
    Doubt,
    Side,
    Sighting,
    compare,
    landed,
    look_again_at,
    side_of,
    to_sweep,
    unseen_units,
    watch_unseen,
)
from stockbridge.testing.making import at

KNOWN = Book(base=50, base_at=at(0))


def seen(count: int | None, second: float, *, swept: float | None = None, **more: object) -> Sighting:
    return Sighting(count=count, at=at(second), swept_at=None if swept is None else at(swept), **more)  # type: ignore[arg-type]


def test_the_first_reading_is_agreed_on_whatever_it_is() -> None:
    assert compare(Book(gone=3, given=5), seen(12, 4)) == (Book(base=10, base_at=at(4), gone=3, given=5), 0)


def test_what_left_with_orders_and_what_we_wrote_is_no_hand() -> None:
    assert compare(replace(KNOWN, gone=4, given=10), seen(56, 9))[0].odd == 0


def test_units_that_are_missing_have_left_until_somebody_says_why() -> None:
    book, by_hand = compare(KNOWN, seen(48, 10))
    assert (book.odd, book.missing, by_hand) == (-2, 2, 0)
    told, by_hand = compare(replace(book, gone=2), seen(48, 11, moved=True))
    assert (told.odd, told.missing, by_hand) == (0, 0, 0)


def test_units_too_many_are_not_offered_for_it() -> None:
    book, _ = compare(KNOWN, seen(57, 10))
    assert (book.odd, book.missing) == (7, 0)


@pytest.mark.parametrize(
    ("sighting", "believed"),
    [
        (seen(57, 30, swept=20), 7),
        (seen(57, 20, swept=19), 0),
        (seen(57, 30), 0),
        (seen(57, 30, swept=12), 0),
        (seen(57, 30, swept=20, news_since=at(18)), 0),
        (seen(57, 30, swept=20, news_since=at(25)), 7),
        (seen(57, 30, swept=20, moved=True), 0),
        (seen(58, 30, swept=20), 0),
        (seen(50, 30, swept=20), 0),
    ],
    ids=[
        "quiet",
        "too soon",
        "never swept",
        "swept too early",
        "an order waits to be read",
        "one that came after the sweep",
        "an order has told of something",
        "another difference",
        "gone again",
    ],
)
def test_a_difference_is_a_hand_once_it_is_seen_twice_and_no_order_can_explain_it(sighting: Sighting, believed: int) -> None:
    book, _ = compare(KNOWN, seen(57, 10))
    after, by_hand = compare(book, sighting)
    assert by_hand == believed
    assert after.base == 50 + believed
    assert (after.odd == 0) == (believed != 0 or sighting.count == 50)


def test_an_order_that_is_read_long_after_undoes_what_was_believed() -> None:
    believed, by_hand = compare(replace(KNOWN, odd=-2, odd_since=at(10)), seen(48, 30, swept=20))
    assert by_hand == -2
    late, _ = compare(replace(believed, gone=2), seen(48, 90, moved=True, swept=20))
    undone, back = compare(late, seen(48, 120, swept=110))
    assert (late.odd, back) == (2, 2)
    assert undone.base == 50


def test_a_write_of_ours_that_got_no_answer_explains_its_own_difference() -> None:
    six = Doubt(write=1, units=6, until=at(125))
    book, ours = landed(KNOWN, seen(56, 10, doubts=(six,)))
    assert (book.given, ours) == (6, (six,))
    assert compare(book, seen(56, 10)) == (book, 0)
    assert landed(KNOWN, seen(50, 10, doubts=(six,))) == (KNOWN, ())


def test_of_several_writes_without_an_answer_those_are_ours_that_explain_the_difference() -> None:
    six, less, two = (Doubt(write=n, units=units, until=at(125)) for n, units in enumerate((6, -4, 2)))
    assert landed(KNOWN, seen(52, 10, doubts=(six, less, two)))[1] == (two,), "the fewest"
    assert landed(KNOWN, seen(48, 10, doubts=(six, less, two)))[1] == (less, two)
    assert landed(KNOWN, seen(53, 10, doubts=(six, less, two)))[1] == ()


def test_a_write_of_ours_that_lands_beside_a_difference_known_before_is_told_from_it() -> None:
    six = Doubt(write=1, units=6, until=at(125))
    by_a_person, _ = compare(KNOWN, seen(53, 10, doubts=(six,)))
    both, ours = landed(by_a_person, seen(59, 15, doubts=(six,)))
    assert (both.given, ours) == (6, (six,))
    assert compare(both, seen(59, 30, swept=20)) == (replace(both, base=53, odd=0, odd_since=None), 3)


def test_nothing_is_believed_to_be_a_hand_while_a_write_of_ours_may_still_land() -> None:
    six = Doubt(write=1, units=6, until=at(125))
    book, _ = compare(KNOWN, seen(59, 10, doubts=(six,)))
    assert compare(book, seen(59, 100, swept=90, doubts=(six,))) == (book, 0)
    assert look_again_at(book, seen(59, 100, doubts=(six,))) == at(105)
    assert compare(book, seen(59, 130, swept=120, doubts=(six,)))[1] == 9, "then it may be partly ours"


def test_a_level_is_looked_at_once_a_write_without_an_answer_cannot_land_any_more() -> None:
    six = Doubt(write=1, units=6, until=at(125))
    assert look_again_at(KNOWN, seen(50, 10, doubts=(six,))) == at(130)
    assert look_again_at(KNOWN, seen(50, 130, doubts=(six,))) is None


def test_units_that_an_order_gave_up_may_be_off_the_count_without_having_left() -> None:
    book, _ = compare(replace(KNOWN, dropped=2), seen(48, 10, moved=True))
    assert (book.odd, book.base, book.dropped) == (0, 48, 0)
    kept, _ = compare(replace(KNOWN, dropped=2), seen(50, 10, moved=True))
    assert kept.dropped == 2, "the count may have been read before"
    assert compare(kept, seen(50, 11))[0].dropped == 0


def test_a_level_that_is_not_stocked_any_more_is_agreed_on_anew() -> None:
    assert compare(replace(KNOWN, odd=3, odd_since=at(1)), seen(None, 9)) == (Book(), 0)


def test_the_orders_are_looked_through_when_a_difference_stays() -> None:
    book, _ = compare(KNOWN, seen(48, 10))
    assert not to_sweep(book, seen(48, 12))
    assert to_sweep(book, seen(48, 15))
    assert not to_sweep(book, seen(48, 25, swept=16))
    assert look_again_at(book, seen(48, 10)) == at(15)
    assert look_again_at(KNOWN, seen(50, 10)) is None


def test_committed_units_of_no_known_order_are_looked_for_once() -> None:
    assert unseen_units(committed=5, known=3) == 2
    assert unseen_units(committed=3, known=5) == 0
    book = watch_unseen(KNOWN, 2, at(10))
    assert watch_unseen(book, 2, at(20)).unseen_since == at(10)
    assert to_sweep(book, seen(50, 15))
    assert look_again_at(book, seen(50, 15)) == at(20)
    assert look_again_at(book, seen(50, 15, swept=15)) is None, (
        "an order that is too old to be fetched is not looked for for ever"
    )
    assert watch_unseen(book, 0, at(30)) == KNOWN


def test_moments_that_are_too_near_each_other_are_on_no_side() -> None:
    assert [side_of(at(second), at(10)) for second in (7, 9, 11, 13)] == [Side.BEFORE, Side.UNKNOWN, Side.UNKNOWN, Side.AFTER]


@given(st.lists(st.tuples(st.sampled_from(["sale", "ship", "back", "write", "edit"]), st.integers(-5, 5)), max_size=12))
def test_the_hands_that_are_believed_add_up_to_the_edits(deeds: list[tuple[str, int]]) -> None:
    """A shop's count through a day, read after every deed and long enough after it: only edits are ever believed."""
    count, book, believed, now = 50, KNOWN, 0, 0.0
    for deed, units in deeds:
        known = {"gone": 0, "given": 0}
        if deed in ("ship", "back"):
            known["gone"] = abs(units) if deed == "ship" else -abs(units)
            count -= known["gone"]
        elif deed == "write":
            known["given"] = units
            count += units
        elif deed == "edit":
            count += units
        book = replace(book, gone=book.gone + known["gone"], given=book.given + known["given"])
        for _ in range(2):
            now += 30
            book, by_hand = compare(book, seen(count, now, swept=now - 2))
            believed += by_hand
    assert believed == sum(units for deed, units in deeds if deed == "edit")
    assert book.odd == 0
