"""Turns templates into HTML. Escaping is always on; nothing in the house marks text as safe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from stockbridge.domain.mapping import percent
from stockbridge.domain.mapping_words import keep
from stockbridge.web import words

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: a moment as it is kept in derivations and sentences: it always names its zone
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))", re.ASCII)


def render(template: str, values: Mapping[str, Any]) -> str:
    """Gives the HTML of a page. A value that a template names and nobody gave is an error, not an empty place."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "ago": ago,
        "clock": clock,
        "lasts": lasts,
        "number": number,
        "safe_url": safe_url,
        "plain": words.plain,
        "percent": percentage,
        "keep": keep,
        "address": lambda pairs: urlencode(pairs, quote_via=quote),
        "moments": moments,
        "signed": signed,
        "local": local,
        "iso": lambda at: at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    environment.globals |= {
        "static": static_url,
        "words": words,
        "badge_of": words.badge,
        "order_url": order_url,
        "cell_url": cell_url,
        "item_url": item_url,
    }
    return environment


@cache
def static_url(name: str) -> str:
    """The address of one of our files; it changes with its content, so browsers may keep it for ever."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def number(value: int | str | None) -> str:
    """A number with thin spaces between thousands; a dash where there is none. Text: parts of a unit, exactly."""
    if value is None:
        return "–"
    return f"{Decimal(value) if isinstance(value, str) else value:,}".replace(",", "\u202f").replace("-", "−")


def local(at: datetime) -> str:
    """A moment in its own zone, as it was asked for."""
    return f"{at.day} {at:%b %Y %H:%M:%S}".removesuffix(":00")


def signed(value: int) -> str:
    """A whole number with its sign: what was added or taken."""
    return f"+{number(value)}" if value > 0 else number(value)


def percentage(basis_points: int, sign: bool = True) -> str:
    """A share: ``12.5 %``, or without the sign as people type it."""
    return percent(basis_points) if sign else percent(basis_points).removesuffix(" %")


def clock(at: datetime | None, *, seconds: bool = False) -> Markup | str:
    """A moment as UTC that a small script turns into local time; UTC stays in the title. No moment: 'never'."""
    if at is None:
        return "never"
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        utc.isoformat(timespec="seconds"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        Markup(" data-seconds") if seconds else "",
        utc.strftime("%d %b %H:%M:%S" if seconds else "%d %b %H:%M"),
    )


def moments(text: str) -> Markup:
    """A sentence of ours with the moments in it written like all others; what is no moment stays as it is."""
    pieces = enumerate(_MOMENT.split(text))
    return Markup("").join(clock(at) if index % 2 and (at := _moment(piece)) else escape(piece) for index, piece in pieces)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def ago(at: datetime | None, now: datetime) -> Markup | str:
    """How long ago something was, the moment itself in the title."""
    if at is None:
        return "never"
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        utc.isoformat(timespec="seconds"), utc.strftime("%Y-%m-%d %H:%M:%S UTC"), _ago(now - at)
    )


def _ago(since: timedelta) -> str:
    seconds = since.total_seconds()
    if seconds < 0:
        return f"in {lasts(-seconds)}"
    return "just now" if seconds < 5 else f"{lasts(seconds)} ago"


def lasts(seconds: float | None) -> str:
    """A duration in the largest unit that fits."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def safe_url(url: str) -> str:
    """A link from outside as it may be followed: http or https, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def order_url(shop: str, order_id: str) -> str:
    """The address of an order's page."""
    return f"/order?{urlencode({'shop': shop, 'id': order_id}, quote_via=quote)}"


def cell_url(shop: str, location_id: str, inventory_item_id: str) -> str:
    """The address of the page of one item at one location."""
    pairs: Sequence[tuple[str, str]] = (("shop", shop), ("location", location_id), ("item", inventory_item_id))
    return f"/stock/item?{urlencode(pairs, quote_via=quote)}"


def item_url(shop: str, inventory_item_id: str) -> str:
    """The address of the page of one item at all its locations."""
    return f"/stock/item?{urlencode({'shop': shop, 'item': inventory_item_id}, quote_via=quote)}"
