"""Settings: where they come from, which wins, and that every mistake is named at once."""

import os
from pathlib import Path

import pytest

from stockbridge.settings import Settings, WrongSettings, child_environment, describe, load, read_variable


def problems(env: dict[str, str], folder: Path, **options: str) -> str:
    with pytest.raises(WrongSettings) as caught:
        load(env, folder=folder, options=options)
    return "\n".join(caught.value.problems)


def write(folder: Path, text: str) -> Path:
    file = folder / "stockbridge.toml"
    file.write_text(text)
    return file


def test_without_file_or_variables_everything_has_a_default(tmp_path: Path) -> None:
    found = load({}, folder=tmp_path)
    assert (found.host, found.port, found.database_url, found.orders_every_min) == ("127.0.0.1", 8400, "", 2)
    assert found.key_path == found.data_dir / "encryption.key"
    assert found.address == "http://127.0.0.1:8400"


def test_the_file_in_the_working_folder_is_read_without_being_named(tmp_path: Path) -> None:
    write(tmp_path, 'port = 9000\nlog_json = true\nlog_level = "debug"\n')
    found = load({}, folder=tmp_path)
    assert (found.port, found.log_json, found.log_level) == (9000, True, "debug")


def test_a_variable_wins_over_the_file_and_an_option_over_both(tmp_path: Path) -> None:
    write(tmp_path, "port = 9000\npool_size = 7\n")
    env = {"STOCKBRIDGE_PORT": "9001", "STOCKBRIDGE_LOG_JSON": "yes"}
    assert load(env, folder=tmp_path).port == 9001
    found = load(env, folder=tmp_path, options={"port": "9002"})
    assert (found.port, found.pool_size, found.log_json) == (9002, 7, True)


def test_the_file_may_be_named_by_a_variable_and_the_option_wins(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("port = 1")
    (tmp_path / "b.toml").write_text("port = 2")
    env = {"STOCKBRIDGE_CONFIG": str(tmp_path / "a.toml")}
    assert load(env, folder=tmp_path).port == 1
    assert load(env, folder=tmp_path, options={"config": str(tmp_path / "b.toml")}).port == 2


@pytest.mark.parametrize("how", ["variable", "option"])
def test_a_named_file_that_is_missing_is_a_mistake_not_a_default(tmp_path: Path, how: str) -> None:
    missing = str(tmp_path / "no.toml")
    text = problems({"STOCKBRIDGE_CONFIG": missing}, tmp_path) if how == "variable" else problems({}, tmp_path, config=missing)
    assert "there is no file" in text
    assert missing in text


def test_every_mistake_is_named_at_once_with_what_was_meant(tmp_path: Path) -> None:
    write(tmp_path, 'prot = 1\nlog_level = "loud"\norders_every_min = 90\nlog_json = "perhaps"\n')
    text = problems({"STOCKBRIDGE_POOL_SIZ": "4", "STOCKBRIDGE_PORT": "many", "STOCKBRIDGE_BASE_URL": "ftp://x"}, tmp_path)
    for part in (
        "there is no setting 'prot'. Did you mean port?",
        "log_level must be debug, info, warning or error",
        "orders_every_min must be a whole number from 1 to 59",
        "log_json must be true or false",
        "STOCKBRIDGE_POOL_SIZ: there is no such setting. Did you mean STOCKBRIDGE_POOL_SIZE?",
        "STOCKBRIDGE_PORT: port must be a whole number from 0 to 65535, not 'many'",
        "base_url must begin with https://",
    ):
        assert part in text
    assert len(text.splitlines()) == 7


def test_a_mistake_says_where_it_stands(tmp_path: Path) -> None:
    file = write(tmp_path, "port = 700000\n")
    assert problems({}, tmp_path).startswith(f"{file}, port: ")
    file.unlink()
    assert problems({}, tmp_path, port="700000").startswith("--port: ")


@pytest.mark.parametrize("value", ["2.5", "true", '"x"', "[1]"])
def test_a_number_that_is_not_whole_is_refused_rather_than_rounded(tmp_path: Path, value: str) -> None:
    write(tmp_path, f"port = {value}\n")
    assert "port must be a whole number" in problems({}, tmp_path)


def test_a_file_that_is_not_toml_is_one_clear_mistake(tmp_path: Path) -> None:
    write(tmp_path, "port: 9000\n")
    assert "this is not TOML" in problems({}, tmp_path)


def test_a_relative_path_in_the_file_starts_from_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "stockbridge.toml"
    file.write_text('data_dir = "var"\nkey_file = "/keys/one"\n')
    found = load({}, folder=tmp_path, options={"config": str(file)})
    assert (found.data_dir, found.key_path) == (tmp_path / "etc" / "var", Path("/keys/one"))


def test_a_secret_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://me@db/x\n")
    assert (
        load({"STOCKBRIDGE_DATABASE_URL_FILE": str(tmp_path / "url")}, folder=tmp_path).database_url == "postgresql://me@db/x"
    )


def test_what_is_no_secret_has_no_file_variable(tmp_path: Path) -> None:
    assert "STOCKBRIDGE_PORT_FILE: there is no such setting" in problems({"STOCKBRIDGE_PORT_FILE": "/x"}, tmp_path)


def test_the_key_file_is_a_setting_of_its_own_not_a_secret_in_a_file(tmp_path: Path) -> None:
    assert load({"STOCKBRIDGE_KEY_FILE": "/keys/one"}, folder=tmp_path).key_path == Path("/keys/one")


def test_a_secret_given_twice_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a")
    env = {"STOCKBRIDGE_METRICS_TOKEN": "b", "STOCKBRIDGE_METRICS_TOKEN_FILE": str(tmp_path / "t")}
    assert "STOCKBRIDGE_METRICS_TOKEN is given twice" in problems(env, tmp_path)


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    text = problems({"STOCKBRIDGE_METRICS_TOKEN_FILE": str(tmp_path / "gone")}, tmp_path)
    assert "STOCKBRIDGE_METRICS_TOKEN_FILE: No such file or directory" in text


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert load({"STOCKBRIDGE_PORT": "", "STOCKBRIDGE_KEY_FILE": ""}, folder=tmp_path).port == 8400


def test_only_postgresql_is_a_database(tmp_path: Path) -> None:
    assert "must begin with postgresql://" in problems({"STOCKBRIDGE_DATABASE_URL": "mysql://x"}, tmp_path)
    for url in ("postgres://x/y", "postgresql://x/y", "postgresql+psycopg://x/y"):
        assert load({"STOCKBRIDGE_DATABASE_URL": url}, folder=tmp_path).database_url == url


def test_pages_open_to_other_machines_need_the_address_people_use(tmp_path: Path) -> None:
    assert "set base_url" in problems({"STOCKBRIDGE_HOST": "0.0.0.0"}, tmp_path)
    found = load({"STOCKBRIDGE_HOST": "0.0.0.0", "STOCKBRIDGE_BASE_URL": "https://sb.example/"}, folder=tmp_path)
    assert found.address == "https://sb.example"


def test_a_data_folder_that_is_a_file_is_a_mistake_and_one_that_is_not_there_yet_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "deep"):
        assert f"STOCKBRIDGE_DATA_DIR: {place} cannot be" in problems({"STOCKBRIDGE_DATA_DIR": str(place)}, tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    assert "link is not a folder" in problems({"STOCKBRIDGE_DATA_DIR": str(tmp_path / "link")}, tmp_path)
    assert load({"STOCKBRIDGE_DATA_DIR": str(tmp_path / "a" / "b")}, folder=tmp_path).data_dir == tmp_path / "a" / "b"
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_this_user_may_not_make_is_a_mistake(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "you may not write to" in problems({"STOCKBRIDGE_DATA_DIR": str(tmp_path / "a")}, tmp_path)


def test_a_key_file_that_is_a_folder_or_lies_in_a_file_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert f"{tmp_path / 'file'} is a file" in problems({"STOCKBRIDGE_KEY_FILE": str(tmp_path / "file" / "key")}, tmp_path)
    text = problems({"STOCKBRIDGE_KEY_FILE": str(tmp_path)}, tmp_path)
    assert text == f"STOCKBRIDGE_KEY_FILE: {tmp_path} is a folder: name the file in it."


def test_variables_of_tests_and_tools_are_no_mistakes(tmp_path: Path) -> None:
    assert load({"STOCKBRIDGE_ODOO_URL": "http://x", "HOME": "/root"}, folder=tmp_path).port == 8400


def test_secrets_are_hidden_when_settings_are_shown() -> None:
    shown = describe(Settings(database_url="postgresql://me:topsecret@db/x", metrics_token=""))
    assert shown["database_url"] == "(set)"
    assert shown["metrics_token"] == ""
    assert "topsecret" not in str(shown)
    assert (shown["port"], shown["log_json"], shown["key_file"]) == (8400, False, None)


def test_every_setting_explains_itself() -> None:
    for each in Settings.__dataclass_fields__.values():
        assert str(each.metadata["help"]).endswith(".")


def test_a_variable_that_a_person_named_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "x")
    assert read_variable("SOME_SECRET") == "x"
    assert read_variable("SOME_OTHER_SECRET") is None


def test_a_child_process_gets_the_settings_that_it_is_started_with(tmp_path: Path) -> None:
    environment = child_environment(data_dir=tmp_path, port=9123)
    own = {name: value for name, value in environment.items() if name.startswith("STOCKBRIDGE_")}
    found = load(own, folder=tmp_path)
    assert (found.data_dir, found.port) == (tmp_path, 9123)
