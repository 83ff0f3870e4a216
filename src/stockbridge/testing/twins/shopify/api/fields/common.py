"""What many types share: ids, money, metafields, tax lines."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stockbridge.testing.twins.shopify.api.typenames import gid_of
from stockbridge.testing.twins.shopify.records.orders import ZERO

Read = Callable[[Any, dict[str, Any], Any], Any]


def identity(source: Any, args: dict[str, Any], context: Any) -> str:
    """The global id."""
    return gid_of(source)


def number(source: Any, args: dict[str, Any], context: Any) -> str:
    """The plain number, as text: GraphQL's UnsignedInt64."""
    return str(source.id)


def money(value: Decimal, currency: str) -> dict[str, Any]:
    """A MoneyBag; the twin sells in one currency."""
    one = {"amount": value, "currencyCode": currency}
    return {"shopMoney": one, "presentmentMoney": one}


def of_order(read: Callable[[Any], Decimal]) -> Read:
    """A money set read off an order."""
    return lambda source, args, context: money(read(source), source.currency)


def of_line(read: Callable[[Any], Decimal]) -> Read:
    """A money set read off an order line."""
    return lambda source, args, context: money(read(source), source.order.currency)


def count(value: int) -> dict[str, Any]:
    """An exact Count."""
    return {"count": value, "precision": "EXACT"}


def attributes(source: Any, args: dict[str, Any], context: Any) -> list[dict[str, str]]:
    """Custom attributes as key and value."""
    return [{"key": key, "value": value} for key, value in source.attributes]


def metafield(source: Any, args: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """One metafield by namespace and key; ``$app`` is the app's own namespace."""
    found: dict[str, Any] | None = context.world.metafields.get(
        (gid_of(source), namespace(context, args.get("namespace")), args["key"])
    )
    return found


def namespace(context: Any, given: str | None) -> str:
    """The real namespace behind ``$app`` or none at all."""
    own = f"app--{context.app.id}"
    if not given or given == "$app":
        return own
    return f"{own}--{given[5:]}" if given.startswith("$app:") else given


def tax_line(amount: Decimal, currency: str) -> dict[str, Any]:
    """The one tax of this shop."""
    return {
        "title": "VAT",
        "rate": 0.19,
        "ratePercentage": 19.0,
        "priceSet": money(amount, currency),
        "channelLiable": False,
        "source": "Shopify",
    }


def tax_lines(amount: Decimal, currency: str) -> list[dict[str, Any]]:
    """None if there is no tax."""
    return [tax_line(amount, currency)] if amount != ZERO else []


def kilograms(value: float) -> dict[str, Any]:
    """A Weight."""
    return {"unit": "KILOGRAMS", "value": value}
