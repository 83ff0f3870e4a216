"""docs/operate: what is to be put into files can be used as it stands."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from stockbridge.cli import cli
from stockbridge.settings import load

PAGE = (Path(__file__).parents[2] / "docs/operate/README.md").read_text()


def block(kind: str) -> str:
    [found] = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_settings_of_the_service_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stockbridge.toml").write_text(block("toml").replace("/var/lib/stockbridge", str(tmp_path / "data")))
    found = load({}, folder=tmp_path)
    assert (found.data_dir, found.address) == (tmp_path / "data", "https://bridge.example.com")


def test_the_service_starts_a_command_that_there_is_and_stops_it_as_it_wants_to_be_stopped() -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block("ini"))
    service = unit["Service"]
    program, *words = service["ExecStart"].split()
    assert program.endswith("/.venv/bin/stockbridge")
    assert CliRunner().invoke(cli, [*words, "--help"]).output.startswith("Usage: ")
    assert words[-1] == "run"
    assert service["KillMode"] == "mixed"  # SIGTERM to the first process alone: it ends the others and the database in order
    assert int(service["TimeoutStopSec"]) > 8 + 30  # what is in hand, and the database


def test_the_page_says_how_it_is_stopped_and_that_a_restore_begins_with_a_stop() -> None:
    assert "systemctl stop stockbridge" in PAGE
    restore = PAGE[PAGE.index("**Restore.**") :]
    assert restore.index("Stop it first") < restore.index("stockbridge restore FILE")
