"""The log: what failed is shown, and never the values that it worked with."""

import json

import pytest
import structlog

from stockbridge.cli.session import set_up_log


def fail_with_a_secret() -> None:
    api_key = "topsecret-4711"
    headers = {"authorization": f"Bearer {api_key}"}
    try:
        int("x" if headers else "")
    except ValueError:
        structlog.get_logger("test").exception("call.failed", connection="harbor")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_failure_is_logged_without_the_values_that_it_worked_with(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    set_up_log(level="info", json=as_json)
    fail_with_a_secret()
    said = capsys.readouterr().err
    assert "call.failed" in said
    assert "ValueError: invalid literal" in said
    assert "fail_with_a_secret" in said  # where it was, is said
    assert "topsecret" not in said


def test_a_line_for_programs_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log(level="info", json=True)
    fail_with_a_secret()
    found = json.loads(capsys.readouterr().err)
    assert (found["event"], found["connection"], found["level"]) == ("call.failed", "harbor", "error")
