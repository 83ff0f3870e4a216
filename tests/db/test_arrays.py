"""Lists as PostgreSQL arrays: quicker than psycopg's own, and the same to the letter."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

TEXTS = st.lists(
    st.none()
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
    | st.sampled_from(["NULL", "", '"', "\\", "{}", ","])
)
NUMBERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_texts_come_back_as_they_were_sent_whatever_is_in_them(conn: Connection, texts: list[str | None]) -> None:
    assert conn.execute(text("SELECT CAST(:texts AS text[])"), {"texts": texts}).scalar_one() == texts


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NUMBERS)
def test_numbers_come_back_as_they_were_sent(conn: Connection, numbers: list[int | None]) -> None:
    assert conn.execute(text("SELECT CAST(:numbers AS bigint[])"), {"numbers": numbers}).scalar_one() == numbers


def test_lists_of_anything_else_are_left_to_psycopg(conn: Connection) -> None:
    assert conn.execute(text("SELECT CAST(:all AS boolean[])"), {"all": [True, None, False]}).scalar_one() == [
        True,
        None,
        False,
    ]
    assert conn.execute(text("SELECT CAST(:all AS text[])"), {"all": [["a", "b"], ["c", None]]}).scalar_one() == [
        ["a", "b"],
        ["c", None],
    ]


def test_a_text_that_postgresql_cannot_hold_is_refused_as_before(conn: Connection) -> None:
    with pytest.raises(DataError, match="NUL"):
        conn.execute(text("SELECT CAST(:texts AS text[])"), {"texts": ["a\x00b"]})
