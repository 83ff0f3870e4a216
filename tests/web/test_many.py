"""The same for everything that waits: counted and confirmed first, bounded, and never where somebody must look."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.domain.events import DismissAsked
from stockbridge.testing.edge import words_of
from stockbridge.web.many import MOST

Visitor = Callable[..., TestClient]


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the confirmation."""
    form = page[page.index('action="/parked/many"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def park(room: Any, how_many: int, *, cause: str = "refused", remedy: str = "retry") -> None:
    """So many more things wait."""
    room.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) "
        "SELECT 'acme', :cause || '/' || n, :cause || ':' || n, 'north-wms', 'It waits', 'It waits.', :remedy, "
        ":now + n * interval '1 ms' FROM generate_series(1, :n) AS n",
        n=how_many,
        cause=cause,
        remedy=remedy,
        now=room.clock.now(),
    )


def test_the_page_of_what_waits_offers_all_of_a_cause(filled: Any, visitor: Visitor) -> None:
    park(filled, 2)
    assert 'href="/parked/many?do=retry&amp;cause=refused"' in visitor("operator").get("/parked?cause=refused").text
    assert "/parked/many" not in visitor("viewer").get("/parked?cause=refused").text


def test_trying_all_of_a_cause_again_says_how_many_first_and_then_asks_for_just_those(filled: Any, visitor: Visitor) -> None:
    park(filled, 60)
    client = visitor("operator")
    page = client.get("/parked/many?do=retry&cause=refused").text
    assert "Try 61 things again?" in words_of(page)
    assert filled.asked == []
    answer = client.post("/parked/many", data=fields_of(page))
    assert answer.headers["location"] == "/parked?said=retry"
    right = filled.sql("SELECT parked_id FROM parked WHERE split_part(cause, ':', 1) = 'refused' AND closed_at IS NULL")
    assert {event.parked_id for _, event, _ in filled.asked} == {row["parked_id"] for row in right}
    assert {(event.by, by) for _, event, by in filled.asked} == {("Operator Person", "operator")}


def test_all_causes_together_are_listed_and_the_doubtful_left_out(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    page = client.get("/parked/many?do=retry").text
    shown = words_of(page)
    for sentence in ("1 × Item not mapped", "1 × Refused by the other side", "1 × Message cannot be read", "by itself: 1."):
        assert sentence in shown
    client.post("/parked/many", data=fields_of(page))
    unknown = filled.sql("SELECT parked_id FROM parked WHERE remedy = 'decide'")[0]["parked_id"]
    assert unknown not in {event.parked_id for _, event, _ in filled.asked}
    assert len(filled.asked) == 3


def test_what_came_after_the_question_is_left_alone(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    fields = fields_of(client.get("/parked/many?do=retry").text)
    park(filled, 1, cause="failed")
    client.post("/parked/many", data=fields)
    assert len(filled.asked) == 3


def test_what_somebody_closed_meanwhile_is_not_replaced_by_another(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    fields = fields_of(client.get("/parked/many?do=retry").text)
    filled.sql("UPDATE parked SET closed_at = :now WHERE remedy = 'replay'", now=filled.clock.now())
    client.post("/parked/many", data=fields)
    assert len(filled.asked) == 2


def test_closing_all_needs_a_note_that_each_keeps(filled: Any, visitor: Visitor) -> None:
    park(filled, 3)
    client = visitor("operator")
    page = client.get("/parked/many?do=dismiss&cause=refused").text
    assert "They do not go on any more" in page
    assert client.post("/parked/many", data=fields_of(page) | {"note": "  "}).status_code == 422
    assert filled.asked == []
    client.post("/parked/many", data=fields_of(page) | {"note": "sold by phone"})
    assert [(type(event), event.note) for _, event, _ in filled.asked] == [(DismissAsked, "sold by phone")] * 4


def test_no_more_than_the_bound_is_asked_for_at_once_and_the_oldest_first(filled: Any, visitor: Visitor) -> None:
    park(filled, MOST + 2, cause="failed", remedy="replay")
    client = visitor("operator")
    page = client.get("/parked/many?do=retry&cause=failed").text
    assert "Try 500 things again?" in words_of(page)
    assert "These are the oldest 500; 2 more fit." in words_of(page)
    client.post("/parked/many", data=fields_of(page))
    first = filled.sql("SELECT parked_id FROM parked WHERE cause LIKE 'failed:%' ORDER BY opened_at LIMIT 500")
    assert [event.parked_id for _, event, _ in filled.asked] == [row["parked_id"] for row in first]


def test_where_nothing_fits_there_is_no_button(filled: Any, visitor: Visitor) -> None:
    page = visitor("operator").get("/parked/many?do=retry&cause=unknown_outcome").text
    assert "There is nothing to try again" in page
    assert 'class="primary"' not in page
    answer = visitor("operator").post("/parked/many", data=fields_of(page))
    assert answer.headers["location"] == "/parked?said=none"


def test_another_account_is_out_of_reach(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE parked SET account = 'other'")
    client = visitor("operator")
    assert "nothing to try again" in client.get("/parked/many?do=retry").text
    client.post("/parked/many", data={"do": "retry", "cause": "", "last": "999"})
    assert filled.asked == []


@pytest.mark.parametrize(
    "fields", [{}, {"do": "explode"}, {"do": "retry"}, {"do": "retry", "last": "-1"}, {"do": "retry", "last": "x"}]
)
def test_a_form_of_somebody_elses_making_asks_for_nothing(filled: Any, visitor: Visitor, fields: dict[str, str]) -> None:
    assert visitor("operator").post("/parked/many", data=fields).status_code in (303, 404)
    assert filled.asked == []
