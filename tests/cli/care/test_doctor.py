"""`stockbridge doctor`: each thing that can be wrong is found, and nothing else is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockbridge.cli.care.doctor import folder, key_file, server
from stockbridge.db.vault import Vault, load_keys


def states(terminal: Any, *words: str, code: int = 0) -> dict[str, dict[str, str]]:
    return {each["area"]: each for each in terminal.json("doctor", *words, code=code)}


def test_a_fresh_installation_has_nothing_wrong(terminal: Any) -> None:
    found = states(terminal)
    assert {each["state"] for each in found.values()} == {"fine", "hint"}
    assert "made at the first start" in found["key"]["text"]
    assert found["schema"]["state"] == "fine"
    assert "stockbridge connections add" in found["connections"]["todo"]
    assert "Nothing is wrong." in terminal("doctor").stdout


def test_every_wrong_setting_is_a_finding(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKBRIDGE_PORT", "x")
    monkeypatch.setenv("STOCKBRIDGE_PORTS", "x")
    found = terminal.json("doctor", code=1)
    assert [(each["area"], each["state"]) for each in found] == [("settings", "problem")] * 2


def test_a_database_that_is_away_is_found(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", "postgresql://me@127.0.0.1:1/x")
    assert "does not answer" in states(terminal, code=1)["database"]["text"]


def test_an_older_schema_is_found_and_not_changed(terminal: Any) -> None:
    terminal.sql("UPDATE alembic_version SET version_num = '0001_post'")
    assert "stockbridge migrate" in states(terminal, code=1)["schema"]["todo"]
    assert terminal.sql("SELECT version_num FROM alembic_version") == [{"version_num": "0001_post"}]


def test_a_key_that_others_may_read_is_found(tmp_path: Path) -> None:
    file = tmp_path / "encryption.key"
    assert [each.state for each in key_file(file)] == ["hint"]
    load_keys(file)
    assert [each.state for each in key_file(file)] == ["fine"]
    file.chmod(0o644)
    [found] = key_file(file)
    assert (found.state, found.todo) == ("problem", f"chmod 600 {file}")


def test_the_folder_and_its_disk_are_looked_at_even_before_it_exists(tmp_path: Path) -> None:
    found = list(folder(tmp_path / "a" / "b"))
    assert [each.area for each in found] == ["data folder", "disk"]
    assert "GiB are free" in found[1].text


@pytest.mark.parametrize(("seconds", "state"), [(0, "fine"), (10, "hint"), (-600, "problem")])
def test_clocks_that_differ_are_found(terminal: Any, seconds: int, state: str) -> None:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    clock = next(each for each in server(terminal.database, now=now) if each.area == "clock")
    assert clock.state == state


def test_another_key_than_the_one_that_encrypted_is_found(terminal: Any, tmp_path: Path) -> None:
    load_keys(terminal.folder / "encryption.key")
    sealed = Vault(load_keys(tmp_path / "other.key")).seal({"api_key": "x"})
    terminal.sql("INSERT INTO account VALUES ('main', 'Main', now())")
    terminal.sql(
        "INSERT INTO connection (account, connection, kind, title, secrets, created_at)"
        " VALUES ('main', 'harbor', 'wms', 'Harbor', :sealed, now())",
        sealed=sealed,
    )
    found = [each for each in terminal.json("doctor", code=1) if each["state"] == "problem"]
    assert [each["area"] for each in found] == ["key"]
    assert "credentials of harbor were encrypted with another key" in found[0]["text"]


def test_connections_that_cannot_be_used_are_found_one_by_one(afternoon: Any) -> None:
    found = states(afternoon, "--offline", code=1)
    assert found["connection north-wms"]["state"] == "problem"
    assert "cannot be used" in found["connection shop.example"]["text"]
    afternoon.sql("UPDATE connection SET kind = 'sap' WHERE connection = 'north-wms'")
    assert "knows no kind 'sap'" in states(afternoon, "--offline", code=1)["connection north-wms"]["text"]


def test_a_connection_that_does_not_work_is_told_with_its_cause_and_what_waits(afternoon: Any) -> None:
    found = states(afternoon, "--offline", code=1)["calls to south-3pl"]
    assert found["state"] == "problem"
    assert found["text"].startswith("it does not work: It answered 503 Service Unavailable three times.")
    assert found["todo"] == "See: stockbridge connections test south-3pl"
    assert "calls to north-wms" not in states(afternoon, "--offline", code=1)


def test_a_refused_key_is_told_with_the_command_that_mends_it(afternoon: Any) -> None:
    afternoon.sql(
        "UPDATE connection SET last_error = 'The key is not valid.', last_error_at = now() WHERE connection = 'north-wms'"
    )
    afternoon.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at)"
        " VALUES ('acme', 'connection/north-wms', 'credentials:reading', 'north-wms', 'x', 'y', 'connection', now())"
    )
    found = states(afternoon, "--offline", code=1)["calls to north-wms"]
    assert found["text"] == "it does not work: The key is not valid. Waiting to be sent: 1; none of it is lost."
    assert found["todo"] == "Enter the right key: stockbridge connections add wms north-wms"


def test_parked_things_old_work_and_lanes_in_trouble_are_told(afternoon: Any) -> None:
    afternoon.sql("UPDATE arrival SET received_at = now() - interval '1 hour' WHERE state = 0")
    job = '{"kind": "step", "account": "acme", "connection": "north-wms", "lane": 3, "what": ""}'
    afternoon.sql(
        "INSERT INTO job_failure VALUES ('k', CAST(:job AS jsonb), 4, 'KeyError: zone', now(), now(), now())", job=job
    )
    found = states(afternoon, "--offline", code=1)
    assert found["parked"]["text"] == "4 things wait for a person."
    assert found["engine"]["state"] == "problem"
    assert "step of north-wms has failed 4 times: KeyError: zone" in found["engine"]["text"]
    assert found["work"]["state"] == "hint"
    assert found["workers"]["state"] == "hint"
