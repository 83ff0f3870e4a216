"""How commands speak."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import click
import pytest
from click.testing import CliRunner

from stockbridge.cli import talk


def said(function: object) -> str:
    return CliRunner().invoke(click.command()(function)).stdout  # type: ignore[arg-type]


def test_json_times_are_utc_and_end_in_z() -> None:
    moment = datetime(2026, 11, 22, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    assert talk.plain({"at": moment, 1: (b"x", None, True)}) == {"at": "2026-11-22T08:00:00Z", "1": ["x", None, True]}


def test_what_json_does_not_know_becomes_text_instead_of_an_error() -> None:
    assert talk.plain([Decimal("1.5"), b"\xff"]) == ["1.5", "\ufffd"]


def test_json_keeps_letters_readable() -> None:
    text = said(lambda: talk.put_json({"to": "Zoë"}))
    assert "Zoë" in text
    assert json.loads(text) == {"to": "Zoë"}


def test_an_empty_table_says_so_but_empty_json_is_an_empty_list() -> None:
    assert said(lambda: talk.put([], {"a": "A"}, json_wanted=False, empty="Nothing fits.")) == "Nothing fits.\n"
    assert said(lambda: talk.put([], {"a": "A"}, json_wanted=True)) == "[]\n"


def test_brackets_in_data_are_shown_and_not_taken_for_styles() -> None:
    assert "[red]sock[/red]" in said(lambda: talk.table([{"a": "[red]sock[/red]"}], {"a": "Name"}))


def test_cells_are_words_that_people_read() -> None:
    assert [talk.words(each) for each in (None, True, False, ["a", 2], 0)] == ["", "yes", "no", "a, 2", "0"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+", talk.words(datetime.now(UTC)))


def test_one_thing_is_not_called_several() -> None:
    said = [talk.many_of(number, "row") for number in (0, 1, 2)] + [talk.many_of(1, "thing waits", "things wait")]
    assert said == ["0 rows", "1 row", "2 rows", "1 thing waits"]


def test_pairs_leave_out_what_is_empty() -> None:
    assert said(lambda: talk.pairs({"Name": "x", "Why": "", "Longer name": 0})) == "Name         x\nLonger name  0\n"


@pytest.mark.parametrize("yes", [True, False])
def test_without_a_terminal_a_question_needs_yes(yes: bool) -> None:
    @click.command()
    def ask() -> None:
        talk.sure("Really?", yes=yes)

    result = CliRunner().invoke(ask)
    assert result.exit_code == (0 if yes else 2)
    assert ("Add --yes" in result.stderr) is not yes


def test_a_problem_says_what_to_do_on_standard_error() -> None:
    @click.command()
    def fail() -> None:
        raise talk.Problem("It is broken.", todo="Mend it.")

    result = CliRunner().invoke(fail)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Problem: It is broken.\nMend it.\n"


def test_remarks_do_not_mix_with_data() -> None:
    assert said(lambda: talk.say("by the way")) == ""


def test_progress_is_silent_without_a_terminal() -> None:
    def work() -> None:
        with talk.working("Working …"), talk.counting("Counting", 2) as done:
            done()
            done()

    result = CliRunner().invoke(click.command()(work))
    assert (result.exit_code, result.output) == (0, "")
