"""Settings are judged without the network, all of them at once."""

from __future__ import annotations

from dataclasses import fields

import pytest

from stockbridge.warehouses.wms import DOOR
from stockbridge.warehouses.wms.settings import Settings, SettingsInvalid

KEY = {"api_key": "k"}
GOOD = {"url": "https://wms.example/", "warehouses": ["LON", "BER"], "personality": "look_up"}


def test_good_settings_are_taken_with_their_defaults():
    settings = Settings.read(GOOD, KEY)
    assert (settings.url, settings.warehouses, settings.settle_s) == ("https://wms.example", ("LON", "BER"), 120)


def test_every_problem_is_named_at_once_and_a_slip_of_the_pen_is_recognised():
    wrong = {"ulr": "https://wms.example", "personality": "lookup", "deadline_s": "5", "calls_at_once": 0, "nonsense": 1}
    with pytest.raises(SettingsInvalid) as trouble:
        Settings.read(wrong, KEY)
    text = " ".join(trouble.value.problems)
    assert len(trouble.value.problems) == 7
    for part in (
        "did you mean 'url'",
        "did you mean 'look_up'",
        "'deadline_s'",
        "'calls_at_once'",
        "'warehouses' is missing",
        "nonsense",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "wms.example"),
        ("url", "ftp://wms.example"),
        ("url", "https://"),
        ("url", "https://user:secret@wms.example"),
        ("url", "https://wms.example?key=1"),
        ("url", "https://wms.example:port"),
        ("url", "https://[::1"),
        ("url", "http://wms.example"),
        ("url", 5),
        ("warehouses", []),
        ("warehouses", "LON"),
        ("warehouses", ["LON", "LON"]),
        ("warehouses", [""]),
        ("warehouses", ["L\x00N"]),
        ("personality", "both"),
        ("settle_s", -1),
        ("settle_s", True),
        ("deadline_s", 0),
        ("deadline_s", float("nan")),
        ("calls_at_once", 2.5),
        ("page_size", 10**6),
        ("allow_plain_http", "yes"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(name, value):
    with pytest.raises(SettingsInvalid) as trouble:
        Settings.read(GOOD | {name: value}, KEY)
    assert len(trouble.value.problems) == 1
    assert f"'{name}'" in trouble.value.problems[0]


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_plain_http_is_for_this_machine_unless_allowed(url):
    assert Settings.read(GOOD | {"url": url}, KEY).url == url
    assert Settings.read(GOOD | {"url": "http://wms.lan", "allow_plain_http": True}, KEY).url == "http://wms.lan"


def test_every_setting_explains_itself_for_forms_and_documentation():
    assert DOOR.settings is Settings
    assert all(each.metadata["help"].endswith(".") or each.metadata["help"].endswith(")") for each in fields(Settings))


def test_secrets_are_judged_with_the_settings_and_never_repeated():
    with pytest.raises(SettingsInvalid) as trouble:
        Settings.read(GOOD, {"signing_secre": "hush"})
    assert len(trouble.value.problems) == 2
    assert "did you mean 'signing_secret'" in str(trouble.value)
    assert "hush" not in str(trouble.value)
