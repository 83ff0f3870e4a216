"""The entry: quick, helpful, and one clear sentence for each kind of trouble."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from stockbridge.cli import COMMANDS, cli

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "dbos", "rich", "uvicorn", "starlette", "structlog", "alembic", "msgspec", "cryptography", "jinja2")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_help_imports_nothing_slow() -> None:
    """Time is measured in benchmarks; what costs time is held here."""
    seen = f"import sys; sys.argv = ['stockbridge', '--help']\nfrom stockbridge.cli import main\ntry: main()\nexcept SystemExit: print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
    assert "doctor" in result.stdout


def test_every_line_of_the_list_is_a_real_command_with_a_help_text_of_its_own() -> None:
    found = dict(commands(cli))
    assert set(COMMANDS) == {path[0] for path in found}
    for path, command in found.items():
        assert command.help, path
        for each in command.params:
            hidden = getattr(each, "hidden", False)
            assert isinstance(each, click.Argument) or hidden or getattr(each, "help", None), (path, each.name)


def test_every_command_that_shows_data_can_print_json() -> None:
    for path, command in commands(cli):
        if path[-1] in ("list", "show", "test", "items", "sources", "why", "doctor", "backup", "migrate", "login-link"):
            assert any("--json" in each.opts for each in command.params), path


def test_the_pages_of_the_reference_are_what_the_code_says() -> None:
    result = subprocess.run([sys.executable, "tools/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_mistyped_command_is_answered_with_the_right_one() -> None:
    result = CliRunner().invoke(cli, ["docter"])
    assert result.exit_code == 2
    assert "Did you mean 'doctor'?" in result.stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("stop", "Ctrl-C in its terminal"),
        ("status", "stockbridge doctor"),
        ("help", "stockbridge --help"),
        ("start", "stockbridge run"),
    ],
)
def test_what_people_try_first_is_answered_with_what_they_want(word: str, said: str) -> None:
    result = CliRunner().invoke(cli, [word])
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Did you mean" not in result.stderr


def test_an_option_that_belongs_before_the_command_is_told_so() -> None:
    result = CliRunner().invoke(cli, ["config", "check", "--config", "x.toml"], prog_name="stockbridge")
    assert result.exit_code == 2
    assert "It stands before the command: stockbridge --config … config check" in result.stderr
    other = CliRunner().invoke(cli, ["config", "check", "--jsn"], prog_name="stockbridge")
    assert "Did you mean '--json'?" in other.stderr
    assert "before the command" not in other.stderr


def test_settings_for_programs_keep_their_kinds(terminal: Any) -> None:
    found = terminal.json("config", "show")
    assert (found["port"], found["log_json"], found["key_file"], found["database_url"]) == (8400, False, None, "(set)")
    said = terminal("config", "show").stdout
    assert "false" in said
    assert "8400" in said


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(cli, ["--version"]).stdout.startswith("stockbridge ")


def test_wrong_settings_stop_every_command_with_exit_code_2_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKBRIDGE_PORTT", "1")
    monkeypatch.setenv("STOCKBRIDGE_LOG_LEVEL", "loud")
    result = CliRunner().invoke(cli, ["orders", "list"])
    assert result.exit_code == 2
    assert "2 settings cannot be used" in result.stderr
    assert "Did you mean STOCKBRIDGE_PORT?" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_is_away_is_one_sentence_and_exit_code_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("STOCKBRIDGE_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(cli, ["orders", "list"])
    assert result.exit_code == 1
    assert "The database does not answer" in result.stderr
    assert not result.stdout


def test_before_anything_is_set_up_commands_say_how_to_begin(terminal: Any) -> None:
    said = terminal("orders", "list", code=1).stderr
    assert "Nothing is set up yet" in said
    assert "stockbridge connections add" in said


def test_with_several_accounts_one_has_to_be_named(afternoon: Any) -> None:
    afternoon.sql("INSERT INTO account VALUES ('zeta', 'Zeta', now())")
    assert "--account with one of: acme, zeta" in afternoon("orders", "list", code=2).stderr
    assert afternoon.json("orders", "list", "--account", "zeta") == []
    assert len(afternoon.json("orders", "list", "--account", "acme")) == 12
    assert "There is no account 'nobody'" in afternoon("orders", "list", "--account", "nobody", code=2).stderr


def test_options_before_the_command_win_over_the_environment(terminal: Any, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    assert terminal.json("--data-dir", str(other), "config", "show")["data_dir"] == str(other)
    (tmp_path / "x.toml").write_text("port = 1234")
    assert terminal.json("--config", str(tmp_path / "x.toml"), "config", "show")["port"] == 1234
    assert "there is no file" in terminal("--config", "/none.toml", "config", "check", code=2).stderr


def test_a_database_at_an_older_schema_is_brought_up_by_the_first_command(
    make_database: Any, terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = make_database()
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", empty.url)
    assert "Nothing is set up yet" in terminal("orders", "list", code=1).stderr
    with empty.engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT to_regclass('public.orders') IS NOT NULL").scalar_one()


@pytest.mark.parametrize("where", ["a file", "in a file", "nowhere"])
@pytest.mark.parametrize("words", [["orders", "list"], ["run", "--port", "0"], ["doctor"], ["config", "check"]])
def test_a_data_folder_that_is_none_or_cannot_be_made_is_one_sentence_for_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, words: list[str]
) -> None:
    (tmp_path / "file").write_text("")
    places = {"a file": tmp_path / "file", "in a file": tmp_path / "file" / "data", "nowhere": Path("/proc/nowhere/data")}
    monkeypatch.setenv("STOCKBRIDGE_DATA_DIR", str(places[where]))
    monkeypatch.delenv("STOCKBRIDGE_DATABASE_URL", raising=False)
    result = CliRunner().invoke(cli, words)
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit)
    assert str(places[where]) in result.output
    if where != "nowhere":
        assert f"{tmp_path / 'file'} is a file" in result.output


LOOKS = [
    ["orders", "list"],
    ["orders", "show", "1001"],
    ["stock", "list"],
    ["inbox", "list"],
    ["parked", "list"],
    ["retry", "--all"],
    ["connections", "list"],
    ["connections", "test", "harbor"],
    ["map", "items"],
    ["users", "list"],
    ["backup", "x.dump"],
]


@pytest.fixture
def untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of somebody who has started nothing yet."""
    for name in ("STOCKBRIDGE_DATA_DIR", "STOCKBRIDGE_DATABASE_URL", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_to_look_before_anything_is_set_up_says_how_to_begin_and_makes_nothing(untouched: Path, words: list[str]) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1
    assert f"Nothing is set up yet: there is no database in {untouched / '.local/share/stockbridge'}" in result.stderr
    assert "stockbridge run" in result.stderr
    assert list(untouched.iterdir()) == []


def test_the_doctor_makes_nothing_either_and_finds_nothing_wrong(untouched: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == 0
    assert "database: it is not set up yet: 'stockbridge run' makes it" in result.stdout
    assert list(untouched.iterdir()) == []
