"""The key that encrypts credentials: made once, never replaced behind somebody's back, and missed at once when it is not there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from stockbridge.db.vault import LostKey, Vault, WrongKey, load_keys
from stockbridge.settings import load
from stockbridge.wiring import open_base


def add(terminal: Any, name: str, *, code: int = 0) -> Any:
    """A warehouse system with a secret."""
    (terminal.folder.parent / "secret").write_text("s3cret\n")
    words = ["--set", "url=http://127.0.0.1:9", "--set", "warehouses=MAIN", "--set", "personality=look_up"]
    words += [
        f"--secret-file=api_key={terminal.folder.parent}/secret",
        f"--secret-file=signing_secret={terminal.folder.parent}/secret",
    ]
    return terminal("connections", "add", "wms", name, *words, code=code)


@pytest.fixture
def key(terminal: Any) -> Path:
    """The key file of an installation with two connections."""
    add(terminal, "harbor")
    add(terminal, "hill")
    file: Path = terminal.folder / "encryption.key"
    assert S_IMODE(file.stat().st_mode) == 0o600
    return file


def problems(terminal: Any) -> list[dict[str, str]]:
    return [each for each in terminal.json("doctor", "--offline", code=1) if each["state"] == "problem"]


@pytest.mark.parametrize("words", [("worker",), ("web", "--port", "0"), ("run", "--port", "0"), ("connections", "list")])
def test_a_key_that_is_not_there_any_more_is_not_replaced_and_says_what_to_do(
    terminal: Any, key: Path, words: tuple[str, ...]
) -> None:
    """A volume that is not mounted, or a second machine: a new key would lock every connection, and nobody would know why."""
    key.rename(key.with_suffix(".away"))
    said = terminal(*words, code=1).stderr
    assert f"There is no key {key}" in said
    assert "second machine" in said
    assert "Traceback" not in said
    assert not key.exists()
    key.with_suffix(".away").rename(key)
    assert terminal.json("connections", "list")


def test_doctor_finds_the_missing_key_and_makes_none(terminal: Any, key: Path) -> None:
    key.unlink()
    [found] = [each for each in problems(terminal) if each["area"] == "key"]
    assert f"There is no key {key}" in found["text"]
    assert not key.exists()


def test_a_key_that_is_lost_for_good_is_replaced_by_an_empty_file_and_every_connection_entered_again(
    terminal: Any, key: Path
) -> None:
    key.write_text("")
    assert "harbor, hill were encrypted with another key" in terminal("worker", code=1).stderr
    add(terminal, "harbor")
    [found] = [each for each in problems(terminal) if each["area"] == "key"]
    assert "credentials of hill were" in found["text"]
    add(terminal, "hill")
    assert {each["state"] for each in terminal.json("doctor", "--offline")} == {"fine", "hint"}


def test_one_connection_that_cannot_be_opened_hides_none_of_the_others(terminal: Any, key: Path) -> None:
    other = Vault(load_keys(key.with_name("other.key"))).seal({"api_key": "x"})
    terminal.sql("UPDATE connection SET secrets = :sealed WHERE connection = 'hill'", sealed=other)
    base = open_base(load())
    try:
        assert base.doors.door("main", "harbor") is not None
        assert base.doors.door("main", "hill") is None
    finally:
        base.close()


def test_processes_that_start_together_for_the_first_time_share_one_key(terminal: Any) -> None:
    def sealed(number: int) -> tuple[Vault, bytes]:
        base = open_base(load(), migrated=False, pool_size=2)
        try:
            return base.vault, base.vault.seal({"n": str(number)})
        finally:
            base.close()

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(sealed, range(6)))
    for vault, _ in made:
        assert [vault.open(seal) for _, seal in made] == [{"n": str(number)} for number in range(6)]


def test_a_key_in_use_opens_what_an_older_one_sealed(tmp_path: Path) -> None:
    file = tmp_path / "encryption.key"
    old = load_keys(file)
    sealed = Vault(old).seal({"a": "b"})
    file.write_text("\n".join([*load_keys(tmp_path / "new.key"), *old]) + "\n\n")
    assert Vault(load_keys(file, needed=True)).open(sealed) == {"a": "b"}
    with pytest.raises(WrongKey, match="another key"):
        Vault(load_keys(tmp_path / "new.key")).open(sealed)
    file.unlink()
    with pytest.raises(LostKey):
        load_keys(file, needed=True)
