"""`stockbridge connections`: from a key in a file to a tested connection."""

from pathlib import Path
from typing import Any

import pytest

from stockbridge.db import connections
from stockbridge.db.vault import Vault, load_keys
from stockbridge.testing.twins.wms.config import WmsConfig
from stockbridge.testing.twins.wms.server import serve

SHOP = "green.myshopify.com"
SIGNING = WmsConfig().signing_secrets[0]


def stored(terminal: Any, name: str) -> connections.Configured:
    vault = Vault(load_keys(terminal.folder / "encryption.key"))
    with terminal.database.engine.begin() as conn:
        return next(each for each in connections.load_all(conn, vault=vault) if each.connection == name)


def add_wms(terminal: Any, tmp_path: Path, url: str = "http://127.0.0.1:9", *more: str, code: int = 0) -> Any:
    (tmp_path / "key").write_text("twin-key\n")
    (tmp_path / "signing").write_text(SIGNING)
    words = ["--set", f"url={url}", "--set", "warehouses=MAIN", "--set", "personality=unique_reference"]
    words += ["--secret-file", f"api_key={tmp_path}/key", "--secret-file", f"signing_secret={tmp_path}/signing"]
    return terminal("connections", "add", "wms", "harbor", *words, *more, code=code)


def test_the_first_connection_makes_the_account_and_wakes_the_first_reading(terminal: Any, tmp_path: Path) -> None:
    said = add_wms(terminal, tmp_path).stderr
    assert "stockbridge connections test harbor" in said
    assert terminal.sql("SELECT account FROM account") == [{"account": "main"}]
    found = stored(terminal, "harbor")
    assert found.settings == {"url": "http://127.0.0.1:9", "warehouses": ["MAIN"], "personality": "unique_reference"}
    assert found.secrets == {"api_key": "twin-key", "signing_secret": SIGNING}
    keys = {row["key"] for row in terminal.sql("SELECT key FROM wakeup")}
    assert "sweep/main/harbor/0/stock" in keys


def test_secrets_lie_encrypted_in_the_database(terminal: Any, tmp_path: Path) -> None:
    add_wms(terminal, tmp_path)
    [row] = terminal.sql("SELECT secrets::text AS raw, settings::text AS plain FROM connection")
    assert b"twin-key".hex() not in row["raw"]
    assert "twin-key" not in row["plain"]


def test_every_mistake_is_named_at_once_and_nothing_is_saved(terminal: Any, tmp_path: Path) -> None:
    words = [
        "--set",
        "base_ur=x",
        "--set",
        "deadline_s=soon",
        "--secret-env",
        "client_id=NOT_SET_AT_ALL",
        "--time-zone",
        "Mars/One",
    ]
    said = terminal("connections", "add", "shopify", SHOP, *words, code=2).stderr
    for part in ("Did you mean base_url?", "deadline_s must be a whole number", "NOT_SET_AT_ALL is not set", "Mars/One"):
        assert part in said
    assert terminal.sql("SELECT count(*) AS n FROM connection") == [{"n": 0}]


def test_a_shop_is_only_watched_at_first(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "shpat_x")
    terminal("connections", "add", "shopify", SHOP, "--secret-env", "access_token=TOKEN", "--title", "Green")
    [row] = terminal.json("connections", "list")
    assert (row["connection"], row["kind"], row["title"], row["live"], row["paused"]) == (
        SHOP,
        "shopify",
        "Green",
        False,
        False,
    )
    assert stored(terminal, SHOP).settings == {"domain": SHOP}


def test_a_shop_goes_by_its_domain(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "shpat_x")
    words = ["--secret-env", "access_token=TOKEN", "--set", f"domain={SHOP}"]
    said = terminal("connections", "add", "shopify", "mine", *words, code=2).stderr
    assert f"call the connection {SHOP}" in said


def test_a_file_may_hold_it_all_with_secrets_elsewhere(terminal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WMS_KEY", "from-env")
    (tmp_path / "sign").write_text(SIGNING)
    file = tmp_path / "harbor.toml"
    file.write_text(
        'kind = "wms"\nname = "harbor"\ntitle = "Harbor"\ntime_zone = "Europe/Berlin"\n'
        '[settings]\nurl = "https://wms.example"\nwarehouses = ["A", "B"]\npersonality = "look_up"\n'
        '[secrets]\napi_key = { env = "WMS_KEY" }\nsigning_secret = { file = "sign" }\n'
    )
    terminal("connections", "add", "--file", str(file))
    found = stored(terminal, "harbor")
    assert (found.title, found.time_zone, found.secrets["api_key"]) == ("Harbor", "Europe/Berlin", "from-env")
    assert found.settings["warehouses"] == ["A", "B"]


def test_a_file_with_strange_parts_is_refused_with_each_of_them(terminal: Any, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('kind = "wms"\nname = "x"\ncolour = "red"\nsettings = 3\n[secrets]\napi_key = { vault = "x" }\n')
    said = terminal("connections", "add", "--file", str(file), code=2).stderr
    for part in ("there is no 'colour'", "[settings] must be a table", "secret api_key must be"):
        assert part in said


def test_changing_one_setting_keeps_the_others_and_the_secrets(terminal: Any, tmp_path: Path) -> None:
    add_wms(terminal, tmp_path)
    said = terminal("connections", "add", "wms", "harbor", "--set", "page_size=50").stderr
    assert "Changed: harbor" in said
    found = stored(terminal, "harbor")
    assert (found.settings["page_size"], found.settings["warehouses"], found.secrets["api_key"]) == (50, ["MAIN"], "twin-key")
    assert found.version == 2


def test_with_a_new_key_what_failed_is_tried_as_soon_as_every_worker_knows_it(terminal: Any, tmp_path: Path) -> None:
    add_wms(terminal, tmp_path)
    terminal.sql(
        "INSERT INTO effect (account, connection, key, kind, subject, lane, payload, attempts, next_at, created_at) VALUES "
        "('main', 'harbor', 'tried', 'submit_order', 'order/1', 3, '{}', 7, now() + interval '5 min', now()), "
        "('main', 'other', 'elsewhere', 'submit_order', 'order/2', 4, '{}', 7, now() + interval '5 min', now())"
    )
    terminal.sql("INSERT INTO cursor VALUES ('main', 'harbor', 'shipments', NULL, now(), 0, 'The key is not valid.')")
    terminal.sql("DELETE FROM wakeup")
    add_wms(terminal, tmp_path)
    soon = "SELECT key FROM effect WHERE next_at BETWEEN now() + interval '1 s' AND now() + interval '4 s'"
    assert terminal.sql(soon) == [{"key": "tried"}]
    keys = {row["key"] for row in terminal.sql("SELECT key FROM wakeup")}
    assert {"deliver/main/harbor/3/", "sweep/main/harbor/0/shipments"} <= keys


def test_a_name_cannot_change_its_kind(terminal: Any, tmp_path: Path) -> None:
    add_wms(terminal, tmp_path)
    assert "is a connection of kind wms already" in terminal("connections", "add", "shopify", "harbor", code=1).stderr


def test_check_only_says_whether_it_would_do(terminal: Any, tmp_path: Path) -> None:
    assert "This would do" in add_wms(terminal, tmp_path, "http://127.0.0.1:9", "--check").stderr
    assert terminal.sql("SELECT count(*) AS n FROM connection") == [{"n": 0}]


def test_an_unknown_kind_lists_the_kinds(terminal: Any) -> None:
    said = terminal("connections", "add", "sap", "x", code=2).stderr
    assert "There is no kind 'sap'" in said
    assert "shopify: Shopify" in said


def test_a_test_of_a_connection_asks_the_other_side(terminal: Any, tmp_path: Path) -> None:
    with serve(WmsConfig()) as twin:
        add_wms(terminal, tmp_path, twin.url)
        assert terminal.json("connections", "test", "harbor") == {"connection": "harbor", "ok": True, "findings": []}
    said = terminal("connections", "test", "harbor", code=1)
    assert "harbor does not work yet" in said.stdout
    assert "Check the address" in said.stdout


def test_a_wrong_key_is_found_by_the_test(terminal: Any, tmp_path: Path) -> None:
    with serve(WmsConfig(api_key="another")) as twin:
        add_wms(terminal, tmp_path, twin.url)
        found = terminal.json("connections", "test", "harbor", code=1)
        assert not found["ok"]
        assert found["findings"]


def test_pausing_and_resuming_is_asked_for_through_the_inbox(terminal: Any, tmp_path: Path) -> None:
    add_wms(terminal, tmp_path)
    said = terminal("connections", "pause", "harbor").stderr
    assert "it goes on with stockbridge resume harbor" in said
    assert "No worker is running" in said
    terminal("pause", "all")
    assert [(one["topic"], one["connection"], one["paused"]) for one in terminal.asked()] == [
        ("pause_asked", "harbor", True),
        ("pause_asked", "", True),
    ]
    assert all(one["by"].endswith("(terminal)") for one in terminal.asked())
    assert "harbor goes on already" in terminal("resume", "harbor").stderr
    terminal.sql("UPDATE account SET paused_at = created_at")
    terminal.sql("UPDATE connection SET paused = true")
    assert "Everything is paused already" in terminal("pause", "all").stderr
    assert "Everything is still paused" in terminal("resume", "harbor").stderr
    assert "There is no connection 'moon'" in terminal("pause", "moon", code=1).stderr


def test_going_live_draws_a_start_line_so_that_old_orders_are_not_sent(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "shpat_x")
    terminal("connections", "add", "shopify", SHOP, "--secret-env", "access_token=TOKEN")
    assert "Add --yes" in terminal("connections", "live", SHOP, "on", code=2).stderr
    assert not stored(terminal, SHOP).live
    terminal("connections", "live", SHOP, "on", "--yes")
    found = stored(terminal, SHOP)
    assert found.live
    assert found.start_line is not None
    [age] = terminal.sql("SELECT extract(epoch FROM clock_timestamp() - start_line)::float8 AS s FROM connection")
    assert 0 <= age["s"] < 60
    terminal("connections", "live", SHOP, "off")
    assert not stored(terminal, SHOP).live


def test_the_start_line_can_be_said_and_must_name_its_zone(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "shpat_x")
    terminal("connections", "add", "shopify", SHOP, "--secret-env", "access_token=TOKEN")
    terminal("connections", "live", SHOP, "on", "--yes", "--since", "2026-11-01T08:00+01:00")
    assert str(stored(terminal, SHOP).start_line).startswith("2026-11-01 07:00:00+00")
    [line] = terminal.sql("SELECT text FROM journal ORDER BY journal_id DESC LIMIT 1")
    assert line["text"] == "orders placed from 1 Nov 2026, 07:00 UTC on are sent"
    assert "which time zone" in terminal("connections", "live", SHOP, "on", "--yes", "--since", "2026-11-01", code=2).stderr
    assert "is not a time" in terminal("connections", "live", SHOP, "on", "--yes", "--since", "soon", code=2).stderr


def test_switching_off_keeps_the_start_line_for_the_next_time(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "shpat_x")
    terminal("connections", "add", "shopify", SHOP, "--secret-env", "access_token=TOKEN")
    terminal("connections", "live", SHOP, "on", "--yes", "--since", "2026-11-01T08:00Z")
    terminal("connections", "live", SHOP, "off")
    found = stored(terminal, SHOP)
    assert (found.live, str(found.start_line)) == (False, "2026-11-01 08:00:00+00:00")
    assert found.secrets == {"access_token": "shpat_x"}


def test_an_unknown_connection_lists_those_that_there_are(terminal: Any, tmp_path: Path) -> None:
    add_wms(terminal, tmp_path)
    for words in (("test", "x"), ("pause", "x"), ("resume", "x"), ("live", "x", "off")):
        said = terminal("connections", *words, code=1).stderr
        assert f"There is: {'all, ' if words[0] in ('pause', 'resume') else ''}harbor." in said
