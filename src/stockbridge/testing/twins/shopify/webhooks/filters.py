"""Subscription filters: ``field:value`` terms joined by AND or OR, over the payload's fields."""

import re
from typing import Any

_TERM = re.compile(r"^(-?)([\w.]+):(>=|<=|>|<)?['\"]?(.*?)['\"]?$")


def matches(text: str, payload: Any) -> bool:
    """Whether the payload passes the filter. A term that is not understood lets everything pass."""
    return any(all(_term(part, payload) for part in re.split(r"\s+AND\s+|\s+", group) if part) for group in _groups(text))


def _groups(text: str) -> list[str]:
    return re.split(r"\s+OR\s+", text.strip())


def _term(text: str, payload: Any) -> bool:
    found = _TERM.match(text)
    if found is None:
        return True
    negated, name, operator, wanted = found.groups()
    values = _values(payload, name.split("."))
    if wanted == "*":
        hit = any(value is not None for value in values)
    else:
        hit = any(_compare(value, operator, wanted) for value in values)
    return hit != bool(negated)


def _values(payload: Any, path: list[str]) -> list[Any]:
    if not path:
        return [payload]
    if isinstance(payload, list):
        return [value for one in payload for value in _values(one, path)]
    if isinstance(payload, dict) and path[0] in payload:
        return _values(payload[path[0]], path[1:])
    return []


def _compare(value: Any, operator: str | None, wanted: str) -> bool:
    if operator is None:
        return str(value).lower() == wanted.lower()
    try:
        left, right = float(value), float(wanted)
    except (TypeError, ValueError):
        return False
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator]
