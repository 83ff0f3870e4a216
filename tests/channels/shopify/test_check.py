"""The test of a connection says plainly what is missing, and what follows from it."""

from typing import Any

import pytest

from stockbridge.channels.shopify import DOOR
from stockbridge.channels.shopify.check import NEEDED, missing_scopes
from stockbridge.channels.shopify.settings import SettingsInvalid
from stockbridge.ports import Health, TryLater


def health(shop: Any, /, *, scopes: tuple[str, ...] = (*NEEDED, "read_all_orders"), **changes: Any) -> Health:
    data = {
        "currentAppInstallation": {"accessScopes": [{"handle": each} for each in scopes]},
        "publicApiVersions": [{"handle": "2026-07", "supported": True}, {"handle": "2026-10", "supported": True}],
        "shop": {"name": "Acme", "myshopifyDomain": "acme.myshopify.com"},
        "locations": {"nodes": [{"id": "l", "isActive": True}]},
        **changes,
    }
    shop.store.on("CheckShop", data)
    found: Health = shop.door.check()
    return found


def test_a_store_in_order_is_in_order(shop: Any) -> None:
    shop.settings["webhook_url"] = "https://b.example/in"
    assert health(shop) == Health(ok=True, findings=("Connected to Acme.",))


@pytest.mark.parametrize("scope", NEEDED)
def test_every_missing_permission_is_named(shop: Any, scope: str) -> None:
    found = health(shop, scopes=tuple(each for each in NEEDED if each != scope))
    assert not found.ok
    assert scope in found.findings[0]


def test_a_missing_fulfillment_order_permission_says_what_would_happen(shop: Any) -> None:
    found = health(shop, scopes=tuple(each for each in NEEDED if "third_party" not in each))
    assert "would never be shipped" in found.findings[0]


def test_writing_includes_reading_but_not_the_other_way_round() -> None:
    assert missing_scopes({*NEEDED} - {"read_orders"} | {"write_orders"}) == []
    assert missing_scopes({*NEEDED} - {"write_inventory"} | {"read_inventory"}) == ["write_inventory"]


def test_the_wrong_store_is_noticed(shop: Any) -> None:
    found = health(shop, shop={"name": "Other", "myshopifyDomain": "other.myshopify.com"})
    assert not found.ok
    assert "leads to the store other.myshopify.com" in found.findings[0]


def test_a_store_without_an_active_location_can_offer_nothing(shop: Any) -> None:
    assert not health(shop, locations={"nodes": [{"id": "l", "isActive": False}]}).ok


def test_remarks_do_not_make_a_store_unfit(shop: Any) -> None:
    found = health(shop, scopes=NEEDED, publicApiVersions=[{"handle": "2026-10", "supported": False}])
    assert found.ok
    text = " ".join(found.findings)
    assert "read_all_orders" in text
    assert "no longer lists the API version 2026-10" in text
    assert "No webhook address" in text


def test_a_version_that_fell_forward_is_noticed(shop: Any) -> None:
    shop.settings["api_version"] = "2026-07"
    assert any("answers with API version 2026-10 instead of 2026-07" in each for each in health(shop).findings)


def test_trouble_is_a_finding_and_not_an_exception(shop: Any) -> None:
    shop.store.on("CheckShop", TryLater("No connection to acme.myshopify.com."))
    assert shop.door.check() == Health(ok=False, findings=("No connection to acme.myshopify.com.",))


def test_opening_a_door_calls_nobody(shop: Any) -> None:
    door = shop.door
    assert (door.account, door.connection, door.kind) == ("acme", "shop", "shopify")
    assert shop.store.requests == []
    assert None not in (door.inbound, door.outbound, door.polls, door.levels, door.check)


def test_a_door_with_wrong_settings_does_not_open(shop: Any) -> None:
    shop.settings["domain"] = "acme.example"
    with pytest.raises(SettingsInvalid):
        DOOR.open(shop.opening())


def test_the_manifest_names_every_secret() -> None:
    assert DOOR.secrets == ("client_id", "client_secret", "client_secret_previous", "access_token")
