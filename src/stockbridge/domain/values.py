"""The small values that everything else is made of.

Ids are opaque text: the house never takes one apart. Units are whole sellable units. Money is a decimal with its
currency and is never a float (docs/explain/words.md has the meaning of each word).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

#: What a warehouse says lies somewhere: whole units, or an exact decimal number where it counts in parts of a unit.
Amount = int | Decimal


class Basis(StrEnum):
    """What a warehouse system has already taken off the stock figures it reports (declared by its door).

    PHYSICAL: nothing; what lies on the shelf, unshipped orders included.
    LESS_RESERVED: units it has set aside for orders it has allocated.
    LESS_ACCEPTED: units of every order it has accepted and not yet shipped.
    """

    PHYSICAL = "physical"
    LESS_RESERVED = "less_reserved"
    LESS_ACCEPTED = "less_accepted"


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in one currency; arithmetic across currencies raises ``ValueError``."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)


@dataclass(frozen=True, slots=True)
class Address:
    """Where goods go, as the channel gave it; empty text where the channel gave nothing."""

    name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    province_code: str = ""
    postcode: str = ""
    country_code: str = ""
    phone: str = ""
    email: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Units:
    """So many units of one order line, or of one item code: ``key`` says which."""

    key: str
    units: int


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a parcel can be followed. ``numbers`` may be several for one shipment."""

    carrier: str = ""
    numbers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
