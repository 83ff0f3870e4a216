"""CSV that a spreadsheet shows and never obeys."""

import csv as reading
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.spreadsheet import cell, csv

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")'],
)
def test_a_text_that_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    [[read]] = reading.reader(io.StringIO(cell(text), newline=""))
    assert read == f"'{text}"


@given(st.lists(st.lists(texts | st.integers() | st.none(), min_size=2, max_size=4), min_size=1, max_size=5))
def test_what_is_written_is_read_again_and_no_text_begins_like_a_formula(rows: list[list[str | int | None]]) -> None:
    written = "".join(csv(["a", "b"], rows))
    head, *read = list(reading.reader(io.StringIO(written, newline="")))
    assert head == ["a", "b"]
    for cells, row in zip(read, rows, strict=True):
        for found, value in zip(cells, row, strict=True):
            assert found in ("" if value is None else str(value), f"'{value}")
            if isinstance(value, str):
                assert not found.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_number_of_ours_stays_a_number() -> None:
    assert [cell(value) for value in (-5, 0, None, "a,b", 'say "x"')] == ["-5", "0", "", '"a,b"', '"say ""x"""']
