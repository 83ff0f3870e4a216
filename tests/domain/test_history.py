"""How numbers are kept and told: nothing is lost, and what led to a number is said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.history import (
    Answer,
    Entry,
    InFlight,
    answer_of,
    causes,
    elsewhere,
    moment_meant,
    put_back,
    take_out,
    tell,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers() | TEXT | st.datetimes().map(lambda at: f"at {at.isoformat()}Z")
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd") | st.just("item_code"), inner, max_size=4)
    ),
)


@given(DOCUMENTS)
def test_words_and_figures_put_together_are_what_was_taken_apart(document: Any) -> None:
    assert put_back(*take_out(document)) == document


def test_two_numbers_worked_out_alike_share_their_words() -> None:
    def derivation(units: int, at: str, code: str) -> dict[str, Any]:
        why = f"reported for BIN-{units % 7}, B at {at}"
        return {"steps": [{"term": "figure", "units": units, "why": why}], "sources": [{"item_code": code}]}

    one, figures = take_out(derivation(320, "2026-11-24T11:59:00+00:00", "W-PAN24"))
    other, _ = take_out(derivation(7, "2026-11-25T08:00:01.5+00:00", "MUG"))
    assert one == other
    assert figures == [320, 5, "2026-11-24T11:59:00+00:00", "W-PAN24"]


def test_a_number_with_leading_zeros_keeps_them() -> None:
    assert put_back(*take_out("shelf 007 of 0 and ٣")) == "shelf 007 of 0 and ٣"


def entry(**given: Any) -> Entry:
    values: dict[str, Any] = {
        "published_id": 1,
        "at": NOON,
        "shown": 320,
        "offered": 320,
        "wrote": 320,
        "committed": 0,
        "reserved": 0,
        "answer": Answer.WRITTEN,
    }
    return Entry(**{**values, **given})


def source(units: int, **more: Any) -> dict[str, Any]:
    return {"warehouse": "NJ", "counted": [["A", units]], "left_out": [], **more}


def test_what_changed_is_told_in_sentences() -> None:
    before = entry(derivation={"sources": [source(340)], "steps": [{"term": "unplaced", "units": 2}]})
    after = entry(
        derivation={"sources": [source(320, keep_units=5)], "steps": []},
        orders=(InFlight(name="#1042", units=3, warehouse="NJ", state="accepted"),),
    )
    assert causes(before, after) == (
        "NJ counted 340 → 320",
        "the buffer of NJ was changed",
        "order #1042 took 3 at NJ",
        "in orders not yet at a warehouse: 2 → 0",
    )
    assert "3 of order #1042 are in NJ's count, or were cancelled" in causes(after, before)
    assert causes(None, after) == ("the first number that is kept for it",)


@pytest.mark.parametrize(
    ("left", "found", "committed", "recorded", "by"),
    [
        (320, 320, 0, 0, 0),
        (320, 318, 2, 0, 0),  # sold: no longer available, now committed
        (320, 318, 0, 2, 0),  # sold, and we recorded two as shipped meanwhile
        (320, 322, -2, 0, 0),  # cancelled
        (320, 350, 0, 0, 30),  # somebody counted
        (320, 345, 5, 0, 30),  # somebody counted, and five were sold
        (320, 319, 0, 0, -1),  # a till
    ],
)
def test_what_neither_we_nor_orders_explain_was_somebody_else(
    left: int, found: int, committed: int, recorded: int, by: int
) -> None:
    before = entry(wrote=left, committed=10)
    assert elsewhere(before, entry(shown=found, committed=10 + committed), recorded=recorded) == by


def test_after_a_write_whose_outcome_is_not_certain_nobody_is_blamed() -> None:
    for answer in (Answer.STALE, Answer.UNKNOWN, Answer.SENDING, Answer.REFUSED):
        assert elsewhere(entry(answer=answer), entry(shown=99)) == 0
    assert elsewhere(entry(derivation={"by_difference": True}), entry(shown=99)) == 0


def test_each_entry_is_told_with_the_decisions_made_before_it() -> None:
    entries = [entry(published_id=n, at=NOON + timedelta(hours=n)) for n in (3, 2, 1)]
    decided = [(NOON + timedelta(hours=2.5), "other zones"), (NOON + timedelta(hours=0.5), "the first")]
    told = tell(entries, decisions=decided, complete=True)
    assert [each.decisions for each in told] == [("other zones",), (), ("the first",)]
    assert len(tell(entries, complete=False)) == 2, "the oldest only says what was before"


@pytest.mark.parametrize(
    ("own", "outcome", "sent", "shown", "answer"),
    [
        (None, "done", True, 1, Answer.WRITTEN),
        (None, "sending", True, 1, Answer.SENDING),
        (None, "unknown", True, 1, Answer.UNKNOWN),
        (None, "refused", True, 1, Answer.NOT_SENT),
        (1, "done", True, 1, Answer.STALE),
        (2, "done", True, 1, Answer.REFUSED),
        (None, None, False, 5, Answer.AGREED),
        (None, None, False, 4, Answer.KEPT_BACK),
    ],
)
def test_the_answer_is_the_entrys_own_or_that_of_its_batch(
    own: int | None, outcome: str | None, sent: bool, shown: int, answer: Answer
) -> None:
    assert answer_of(own=own, outcome=outcome, sent=sent, shown=shown, offered=5) is answer


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-20T14:00", "2026-11-20T19:00"),
        ("2026-11-20 14:00", "2026-11-20T19:00"),
        ("2026-11-20T14:00Z", "2026-11-20T14:00"),
        ("2026-11-20", "2026-11-21T04:59:59"),
        ("2026-11-24", "2026-11-24T12:00"),
    ],
)
def test_a_moment_is_meant_in_the_shops_zone_and_a_date_is_its_end(text: str, meant: str) -> None:
    assert moment_meant(text, zone="America/New_York", now=NOON) == datetime.fromisoformat(f"{meant}+00:00")


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError):
        moment_meant("last Tuesday", zone="UTC", now=NOON)
