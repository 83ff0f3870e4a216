"""Products, variants, the shop, the app, customers."""

from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from stockbridge.testing.twins.shopify.api.errors import access_denied
from stockbridge.testing.twins.shopify.api.fields.common import count, identity, metafield, number
from stockbridge.testing.twins.shopify.api.listing import Page, page
from stockbridge.testing.twins.shopify.api.scopes import allowed
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.records.catalogue import Product, Variant
from stockbridge.testing.twins.shopify.records.orders import ZERO


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _available(source: Variant) -> int:
    return sum(one.available for one in source.item.levels.values() if one.is_active)


def _online(source: Variant, args: dict[str, Any], context: Any) -> int:
    places = context.world.locations
    rows = source.item.levels.values()
    return sum(x.available for x in rows if x.is_active and places[x.location_id].fulfills_online_orders)


def _variants(source: Product, args: dict[str, Any], context: Any) -> Page:
    return page(source.variants, args, lambda one: (one.position, one.id))


def _scopes(source: Any, args: dict[str, Any], context: Any) -> list[dict[str, str]]:
    names = set(context.scopes)
    names |= {one.replace("write_", "read_", 1) for one in names if one.startswith("write_")}
    return [{"handle": one, "description": one.replace("_", " ").capitalize()} for one in sorted(names)]


def _customer_name(source: Any, args: dict[str, Any], context: Any) -> str:
    return f"{source.first_name} {source.last_name}"


def customer_of(source: Any, args: dict[str, Any], context: Any) -> Any:
    """An order's customer, for those who may see customers."""
    if not allowed(context.scopes, ("read_customers",)):
        raise access_denied("customer", ("read_customers",))
    return source.customer


SHOP = {
    "id": identity,
    "contactEmail": lambda s, a, c: s.email,
    "myshopifyDomain": lambda s, a, c: s.domain,
    "primaryDomain": lambda s, a, c: {
        "id": gid("Domain", s.id),
        "host": s.domain,
        "url": f"https://{s.domain}",
        "sslEnabled": True,
    },
    "currencyCode": lambda s, a, c: s.currency,
    "ianaTimezone": lambda s, a, c: s.timezone,
    "timezoneAbbreviation": lambda s, a, c: _offset(s, c)[0],
    "timezoneOffsetMinutes": lambda s, a, c: _offset(s, c)[1],
    "plan": lambda s, a, c: {"publicDisplayName": s.plan, "partnerDevelopment": False, "shopifyPlus": s.plan == "Plus"},
    "resourceLimits": lambda s, a, c: {
        "locationLimit": s.location_limit,
        "maxProductOptions": 3,
        "maxProductVariants": 2048,
        "redirectLimitReached": False,
    },
    "updatedAt": lambda s, a, c: s.created_at,
    "url": lambda s, a, c: f"https://{s.domain}",
}


def _offset(shop: Any, context: Any) -> tuple[str, int]:
    from_zone = context.world.now().astimezone(_zone(shop.timezone))
    return from_zone.tzname() or "UTC", int(from_zone.utcoffset().total_seconds() // 60)


PRODUCT = {
    "id": identity,
    "legacyResourceId": number,
    "totalInventory": lambda s, a, c: sum(_available(one) for one in s.variants if one.item.tracked),
    "tracksInventory": lambda s, a, c: any(one.item.tracked for one in s.variants),
    "hasOnlyDefaultVariant": lambda s, a, c: len(s.variants) == 1 and s.variants[0].title == "Default Title",
    "hasVariantsThatRequiresComponents": lambda s, a, c: any(one.requires_components for one in s.variants),
    "variantsCount": lambda s, a, c: count(len(s.variants)),
    "variants": _variants,
    "publishedAt": lambda s, a, c: s.created_at,
    "metafield": metafield,
}
VARIANT = {
    "id": identity,
    "legacyResourceId": number,
    "sku": lambda s, a, c: s.item.sku,
    "price": lambda s, a, c: f"{s.price:.2f}",
    "compareAtPrice": lambda s, a, c: None if s.compare_at_price is None else f"{s.compare_at_price:.2f}",
    "availableForSale": lambda s, a, c: not s.item.tracked or s.inventory_policy == "CONTINUE" or _available(s) > 0,
    "inventoryQuantity": lambda s, a, c: _available(s),
    "sellableOnlineQuantity": _online,
    "selectedOptions": lambda s, a, c: [{"name": name, "value": value} for name, value in s.options],
    "inventoryItem": lambda s, a, c: s.item,
    "metafield": metafield,
}
APP = {"id": identity, "apiKey": lambda s, a, c: s.client_id}
INSTALLATION = {
    "id": lambda s, a, c: gid("AppInstallation", s.id),
    "app": lambda s, a, c: s,
    "accessScopes": _scopes,
}
CUSTOMER = {
    "id": identity,
    "legacyResourceId": number,
    "displayName": _customer_name,
    "defaultEmailAddress": lambda s, a, c: {"emailAddress": s.email, "validFormat": True},
    "defaultPhoneNumber": lambda s, a, c: {"phoneNumber": s.phone} if s.phone else None,
    "defaultAddress": lambda s, a, c: s.address,
    "note": lambda s, a, c: None,
    "tags": lambda s, a, c: [],
    "taxExempt": lambda s, a, c: False,
    "state": lambda s, a, c: "DISABLED",
    "numberOfOrders": lambda s, a, c: str(s.orders),
    "amountSpent": lambda s, a, c: {
        "amount": sum((x.received - x.refunded for x in c.world.orders.values() if x.customer is s), start=ZERO),
        "currencyCode": c.world.shop.currency,
    },
    "verifiedEmail": lambda s, a, c: True,
}
ADDRESS = {
    "id": lambda s, a, c: f"{gid('MailingAddress', s.id)}?model_name=Address",
    "countryCodeV2": lambda s, a, c: s.country_code or None,
    "coordinatesValidated": lambda s, a, c: s.latitude is not None,
    "formattedArea": lambda s, a, c: ", ".join(x for x in (s.city, s.country) if x),
}
FIELDS: dict[str, dict[str, Any]] = {
    "Shop": SHOP,
    "Product": PRODUCT,
    "ProductVariant": VARIANT,
    "App": APP,
    "AppInstallation": INSTALLATION,
    "Customer": CUSTOMER,
    "MailingAddress": ADDRESS,
}
