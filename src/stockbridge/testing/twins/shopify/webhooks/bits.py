"""Small pieces that several payloads share: money sets, times in the shop's zone, addresses."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from stockbridge.testing.twins.shopify.records.places import Address


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def stamp(moment: datetime | None, zone: str) -> str | None:
    """A time as REST payloads show it: the shop's zone, whole seconds."""
    return None if moment is None else moment.astimezone(_zone(zone)).isoformat(timespec="seconds")


def amount(value: Decimal) -> str:
    """Money as text with two places."""
    return f"{value:.2f}"


def money_set(value: Decimal, currency: str) -> dict[str, Any]:
    """Shop and presentment money; the twin sells in one currency."""
    one = {"amount": amount(value), "currency_code": currency}
    return {"shop_money": one, "presentment_money": one}


def address(one: Address | None) -> dict[str, Any] | None:
    """A postal address in REST's words."""
    if one is None:
        return None
    return {
        "first_name": one.first_name,
        "address1": one.address1,
        "phone": one.phone,
        "city": one.city,
        "zip": one.zip,
        "province": one.province,
        "country": one.country,
        "last_name": one.last_name,
        "address2": one.address2,
        "company": one.company,
        "latitude": one.latitude,
        "longitude": one.longitude,
        "name": one.name,
        "country_code": one.country_code,
        "province_code": one.province_code,
    }
