"""What a connection needs, from words, files and answers."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from stockbridge.cli.setup import forms
from stockbridge.cli.setup.forms import Form
from stockbridge.cli.talk import Misused
from stockbridge.wiring import DOORS


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("A, B,", "tuple[str, ...]", ["A", "B"]),
        ('["A","B"]', "tuple[str, ...]", ["A", "B"]),
        ("yes", "bool", True),
        ("False", "bool", False),
        ("perhaps", "bool", "perhaps"),
        ("5", "int", 5),
        ("five", "int", "five"),
        ("2.5", "float", 2.5),
        ("007", "str", "007"),
    ],
)
def test_a_word_is_read_as_its_settings_type_says_and_else_left_for_the_door_to_refuse(
    text: str, kind: str, value: object
) -> None:
    assert forms.value_of(text, kind) == value


def test_words_that_are_no_pairs_are_mistakes() -> None:
    form = Form()
    assert forms.split(["a=1=2", "b", "=c"], "Setting", form) == [("a", "1=2")]
    assert len(form.problems) == 2


def test_a_settings_value_keeps_its_type_from_the_doors_manifest() -> None:
    form = Form()
    forms.add_words(DOORS["wms"], ["warehouses=N,S", "page_size=50", "settle_s=2", "allow_plain_http=true"], form)
    assert form.settings == {"warehouses": ["N", "S"], "page_size": 50, "settle_s": 2.0, "allow_plain_http": True}


def test_a_secret_of_a_file_loses_the_line_end_that_editors_add(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("abc\n")
    form = Form()
    forms.add_secret_from_file("api_key", str(tmp_path / "key"), form)
    forms.add_secret_from_file("other", str(tmp_path / "none"), form)
    assert form.secrets == {"api_key": "abc"}
    assert len(form.problems) == 1


def test_a_secret_in_a_file_that_others_may_read_is_remarked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[secrets]\napi_key = "k"\n')
    file.chmod(0o644)
    forms.read_file(file, Form())
    assert f"chmod 600 {file}" in capsys.readouterr().err
    file.chmod(0o600)
    forms.read_file(file, Form())
    assert capsys.readouterr().err == ""


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("kind: wms")
    with pytest.raises(Misused, match="cannot be read"):
        forms.read_file(tmp_path / "c.toml", Form())


ASK = """
from stockbridge.cli.setup import forms
from stockbridge.wiring import DOORS
form = forms.Form(settings={"url": "http://127.0.0.1:1"}, secrets={"signing_secret": "whsec_x"})
forms.ask_for_rest(DOORS["wms"], form)
print("RESULT", form.settings, form.secrets)
"""


def test_on_a_terminal_only_what_is_missing_is_asked_and_secrets_are_not_echoed() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    screen = b""
    for question, answer in ((b"warehouses:", b"MAIN\n"), (b"personality:", b"look_up\n"), (b"api_key", b"hush\n")):
        while question not in screen:
            screen += os.read(ours, 1024)
        os.write(ours, answer)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert b"RESULT {'url': 'http://127.0.0.1:1', 'warehouses': ['MAIN'], 'personality': 'look_up'}" in out
    assert b"'api_key': 'hush'" in out
    assert b"hush" not in screen
    assert b"signing_secret" not in screen
