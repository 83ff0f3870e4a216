"""`stockbridge backup`, `restore`, `migrate`."""

from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from stockbridge.db.vault import load_keys


def test_a_backup_brings_back_what_was_there(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    said = afternoon("backup", str(file)).stderr
    assert "The key is not in it" in said
    afternoon.sql("DELETE FROM journal")
    afternoon.database.engine.dispose()
    afternoon("restore", str(file), "--yes")
    assert afternoon.sql("SELECT count(*) AS n FROM journal") == [{"n": 8}]


def test_an_existing_file_is_not_replaced_by_mistake(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    file.write_text("precious")
    assert "exists already" in afternoon("backup", str(file), code=2).stderr
    assert file.read_text() == "precious"
    assert afternoon.json("backup", str(file), "--force")["bytes"] > 1000


def test_the_key_is_laid_beside_only_on_request(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    assert "There is no key" in afternoon("backup", str(file), "--with-key", code=1).stderr
    load_keys(afternoon.folder / "encryption.key")
    afternoon("backup", str(file))
    assert not (tmp_path / "one.dump.key").exists()
    assert afternoon.json("backup", str(file), "--force", "--with-key")["key"] == f"{file}.key"
    assert (tmp_path / "one.dump.key").read_bytes() == (afternoon.folder / "encryption.key").read_bytes()


def test_nothing_is_restored_while_somebody_uses_the_database(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    afternoon("backup", str(file))
    afternoon.sql("DELETE FROM journal")
    with afternoon.database.engine.connect():
        assert "The database is in use" in afternoon("restore", str(file), "--yes", code=1).stderr
    assert afternoon.sql("SELECT count(*) AS n FROM journal") == [{"n": 0}]


def test_replacing_data_needs_a_yes_but_an_empty_database_does_not(
    afternoon: Any, make_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.dump"
    afternoon("backup", str(file))
    afternoon.database.engine.dispose()
    assert "Add --yes" in afternoon("restore", str(file), code=2).stderr
    empty = make_database()
    empty.engine.dispose()
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", empty.url)
    afternoon("restore", str(file))
    assert len(afternoon.json("orders", "list")) == 12


def test_a_program_that_is_just_ending_is_waited_for(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    afternoon("backup", str(file))
    afternoon.database.engine.dispose()
    leaving = afternoon.database.engine.connect()
    Timer(0.5, leaving.invalidate).start()
    assert "Restored" in afternoon("restore", str(file), "--yes").stderr


def test_a_file_that_is_no_backup_changes_nothing(afternoon: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.dump"
    file.write_text("not a backup")
    afternoon.database.engine.dispose()
    assert "could not be restored" in afternoon("restore", str(file), "--yes", code=1).stderr
    assert len(afternoon.json("orders", "list")) == 12
    assert "There is no file" in afternoon("restore", str(tmp_path / "none"), code=2).stderr


def test_an_empty_database_is_not_backed_up(
    make_database: Any, terminal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", make_database().url)
    assert "nothing to back up" in terminal("backup", str(tmp_path / "x"), code=1).stderr
    assert not (tmp_path / "x").exists()


def test_migrating_says_what_was_done(make_database: Any, terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing was to be done" in terminal("migrate").stderr
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", make_database().url)
    done = terminal.json("migrate")
    assert done["before"] is None
    assert done["applied"][0] == "0001_pre"
    assert done["after"] == done["applied"][-1]


def test_a_newer_schema_is_left_alone(terminal: Any) -> None:
    terminal.sql("UPDATE alembic_version SET version_num = '9999_post'")
    assert "newer release" in terminal("migrate", code=1).stderr
    assert "newer release" in terminal("orders", "list", code=1).stderr
    assert terminal.sql("SELECT version_num FROM alembic_version") == [{"version_num": "9999_post"}]
