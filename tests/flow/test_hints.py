"""Which words need no decision, and which acceptances are probably known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stockbridge.domain.events import Event, LevelHinted, Noted, OrderAccepted, OrderGone, OrderHinted, RoutingCompleted
from stockbridge.flow.hints import Read, repeats

NOW = datetime(2026, 11, 2, tzinfo=UTC)
HINT = OrderHinted(order_id="o1")


def accepted(reference: str = "R-1", sequence: int | None = 7) -> OrderAccepted:
    return OrderAccepted(reference=reference, warehouse_ref="W", occurred_at=NOW, sequence=sequence)


def read(arrival_id: int, *events: Event, called_back: bool = False) -> Read:
    return Read(arrival_id=arrival_id, events=events, outcome="", repeats=called_back)


@pytest.mark.parametrize(
    ("events", "quiet"),
    [
        ([HINT], True),
        ([HINT, Noted(reason="x"), RoutingCompleted()], True),
        ([LevelHinted(inventory_item_id="i", location_id="l", available=None)], True),
        ([HINT, accepted()], False),
        ([OrderGone(order_id="o1")], False),
        ([], False),
    ],
    ids=["one hint", "several", "a level", "a hint and a fact", "a fact", "nothing"],
)
def test_only_what_says_nothing_but_hints_needs_no_decision(events: list[Event], quiet: bool) -> None:
    assert read(1, *events).only_hints is quiet


def test_an_acceptance_is_one_alone_and_of_a_warehouse_that_counts() -> None:
    assert read(1, accepted()).acceptance == accepted()
    assert read(1, accepted(sequence=0)).acceptance is not None
    assert read(1, accepted(sequence=None)).acceptance is None
    assert read(1, accepted(), accepted()).acceptance is None
    assert read(1, HINT).acceptance is None
    assert read(1).acceptance is None


def test_of_several_acceptances_of_one_request_all_but_the_first_are_probably_known() -> None:
    said = [read(1, accepted()), read(2, accepted("R-2")), read(3, accepted()), read(4, accepted())]
    assert repeats(said) == {3, 4}


def test_an_acceptance_that_was_called_back_is_probably_known_from_the_answer_to_our_call() -> None:
    said = [read(1, accepted(), called_back=True), read(2, HINT, called_back=True), read(3, accepted("R-2"))]
    assert repeats(said) == {1}


def test_a_callback_is_looked_at_after_the_rest_whether_the_answer_came_before_it_or_not() -> None:
    answer, callback = read(1, accepted()), read(2, accepted(), called_back=True)
    assert repeats([answer, callback]) == {2}
    assert 2 in repeats([callback, answer])
