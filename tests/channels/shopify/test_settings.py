"""Settings are checked without the network, and every mistake is named at once."""

import pytest

from stockbridge.channels.shopify.settings import Settings, SettingsInvalid

GRANT = {"client_id": "a", "client_secret": "b"}


def problems(values: dict[str, object], secrets: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        Settings.read(values, GRANT if secrets is None else secrets)
    return caught.value.problems


def test_a_domain_is_enough_and_the_newest_version_is_spoken() -> None:
    settings = Settings.read({"domain": "acme.myshopify.com"}, GRANT)
    assert settings.api_version == "2026-10"
    assert settings.address == "https://acme.myshopify.com"


def test_a_twin_is_reached_at_its_own_address() -> None:
    settings = Settings.read({"domain": "acme.myshopify.com", "base_url": "http://127.0.0.1:8123/"}, GRANT)
    assert settings.address == "http://127.0.0.1:8123"


def test_all_mistakes_are_named_at_once() -> None:
    found = problems(
        {"domain": "https://acme.com", "api_version": "2025-01", "patience_s": 0, "notify_customer": "yes", "colour": 1}, {}
    )
    assert len(found) == 6
    assert "\n".join(found).count("domain must look like") == 1


def test_a_missing_domain_is_named() -> None:
    assert problems({}) == ("domain is missing.",)


def test_a_misspelt_setting_is_answered_with_the_right_one() -> None:
    assert problems({"domain": "acme.myshopify.com", "webhok_url": "https://x.example"}) == (
        "There is no setting webhok_url. Did you mean webhook_url?",
    )


def test_a_misspelt_secret_is_answered_with_the_right_one() -> None:
    assert "Did you mean client_secret?" in problems({"domain": "acme.myshopify.com"}, {**GRANT, "client_secrett": "x"})[0]


@pytest.mark.parametrize("domain", ["ACME.myshopify.com", "acme.example.com", "-a.myshopify.com", "a b.myshopify.com"])
def test_a_domain_that_is_not_a_myshopify_address_is_refused(domain: str) -> None:
    assert "domain must look like" in problems({"domain": domain})[0]


@pytest.mark.parametrize("address", ["ftp://x.example", "https://", "x.example", "https://x.example:port", "http://x.example"])
def test_an_address_must_be_https_unless_it_is_this_machine(address: str) -> None:
    assert problems({"domain": "acme.myshopify.com", "webhook_url": address})[0].startswith("webhook_url")


@pytest.mark.parametrize("value", [True, "20", -1, 1.5])
def test_a_number_of_seconds_is_a_whole_number_above_zero(value: object) -> None:
    assert problems({"domain": "acme.myshopify.com", "deadline_s": value})[0].startswith("deadline_s must be a whole number")


def test_a_permanent_token_does_instead_of_a_client_id() -> None:
    assert Settings.read({"domain": "acme.myshopify.com"}, {"access_token": "shpat_x"}).domain == "acme.myshopify.com"


def test_webhooks_need_the_client_secret_even_with_a_permanent_token() -> None:
    found = problems({"domain": "acme.myshopify.com", "webhook_url": "https://b.example/in"}, {"access_token": "shpat_x"})
    assert found[0].startswith("client_secret is missing")


def test_half_a_pair_of_credentials_is_refused() -> None:
    assert "either client_id and client_secret" in problems({"domain": "acme.myshopify.com"}, {"client_id": "a"})[0]


def test_a_batch_of_levels_may_be_as_large_as_shopify_takes_and_no_larger() -> None:
    shop = {"domain": "acme.myshopify.com"}
    assert Settings.read(shop, GRANT).levels_at_once == 250
    assert Settings.read({**shop, "levels_at_once": 100}, GRANT).levels_at_once == 100
    assert problems({**shop, "levels_at_once": 251}) == (
        "levels_at_once may be 250 at most, for Shopify takes no more in one call; it is 251.",
    )
    assert len(problems({**shop, "levels_at_once": 0})) == 1
