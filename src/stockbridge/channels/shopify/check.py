"""The test of a connection: may we do everything we need, and does anything look wrong? One plain sentence for each finding."""

from __future__ import annotations

import stockbridge.channels.shopify.generated as g
from stockbridge.channels.shopify.client import Shopify
from stockbridge.ports import DoorError, Health

#: All three pairs of fulfillment order scopes: with some of them Shopify hides the other fulfillment orders without a word
#: (facts B.3), and orders would never be shipped.
NEEDED = (
    "write_inventory",
    "read_products",
    "read_locations",
    "read_orders",
    "read_fulfillments",
    "write_merchant_managed_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)


def check(shopify: Shopify) -> Health:
    """Ask the store who we are to it. Never raises: trouble is a finding."""
    try:
        data = shopify.call(g.CHECK_SHOP, g.CheckShop(), urgent=True).data
    except DoorError as error:
        return Health(ok=False, findings=(str(error),))
    missing = missing_scopes({each.handle for each in data.current_app_installation.access_scopes})
    faults = [_missing(missing)] if missing else []
    if data.shop.myshopify_domain != shopify.settings.domain:
        faults.append(
            f"The address leads to the store {data.shop.myshopify_domain}, not to {shopify.settings.domain}. Check base_url."
        )
    if not any(each.is_active for each in data.locations.nodes):
        faults.append("The store has no active location, so nothing can be offered anywhere. Add one in Shopify.")
    return Health(ok=not faults, findings=(*faults, *_remarks(shopify, data)))


def missing_scopes(granted: set[str]) -> list[str]:
    """The scopes we need and do not have; a write scope includes reading."""
    return [
        each for each in NEEDED if each not in granted and not (each.startswith("read_") and f"write_{each[5:]}" in granted)
    ]


def _missing(scopes: list[str]) -> str:
    text = f"The app lacks these permissions: {', '.join(scopes)}. Add them in Shopify and install the app again."
    if any("fulfillment_orders" in each for each in scopes):
        text += " Without them Shopify hides fulfillment orders, and those orders would never be shipped."
    return text


def _remarks(shopify: Shopify, data: g.CheckShopData) -> list[str]:
    settings, served = shopify.settings, shopify.served_version
    remarks = [f"Connected to {data.shop.name}."]
    supported = {each.handle for each in data.public_api_versions if each.supported}
    if settings.api_version not in supported:
        remarks.append(f"Shopify no longer lists the API version {settings.api_version} as supported. Update Stockbridge.")
    if served and served != settings.api_version:
        remarks.append(f"Shopify answers with API version {served} instead of {settings.api_version}. Update Stockbridge.")
    scopes = {each.handle for each in data.current_app_installation.access_scopes}
    if "read_all_orders" not in scopes:
        remarks.append("Orders older than 60 days are invisible without the permission read_all_orders.")
    if not settings.webhook_url:
        remarks.append("No webhook address is set: changes are found by the sweeps only, within minutes instead of seconds.")
    return remarks
