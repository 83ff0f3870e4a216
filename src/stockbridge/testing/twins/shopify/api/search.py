"""The ``query:`` argument: Shopify's search syntax, which fails open.

A term with an unknown field filters nothing and leaves a warning in ``extensions.search`` (fact sheet E.2, trap 19).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Getter = Callable[[Any], Any]
_TOKEN = re.compile(r"""\(|\)|-?[\w.$]+:(?:>=|<=|>|<)?(?:'[^']*'|"[^"]*"|[^\s()]+)|'[^']*'|"[^"]*"|[^\s()]+""")
_TERM = re.compile(r"""^(-?)([\w.$]+):(>=|<=|>|<)?(.*)$""", re.DOTALL)
Test = Callable[[Any], bool]


@dataclass
class Search:
    """A parsed query: a test for records, and what has to be said about it."""

    text: str
    test: Test
    warnings: list[dict[str, str]] = field(default_factory=list)
    parsed: dict[str, Any] = field(default_factory=dict)

    def extension(self, path: list[Any]) -> dict[str, Any]:
        """The entry for ``extensions.search``."""
        out: dict[str, Any] = {"path": path, "query": self.text, "parsed": self.parsed}
        if self.warnings:
            out["warnings"] = self.warnings
        return out


def parse(text: str, fields: dict[str, Getter], known: Iterable[str] = ()) -> Search:
    """A search over these fields. ``known`` are fields that Shopify has but the twin cannot test: they match all."""
    parser = _Parser(_TOKEN.findall(text), fields, frozenset(known))
    test, parsed = parser.either()
    return Search(text, test, parser.warnings, parsed)


class _Parser:
    """Recursive descent: OR binds weaker than AND; a space is AND."""

    def __init__(self, tokens: list[str], fields: dict[str, Getter], known: frozenset[str]) -> None:
        self.tokens, self.at = tokens, 0
        self.fields, self.known = fields, known
        self.warnings: list[dict[str, str]] = []

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def either(self) -> tuple[Test, dict[str, Any]]:
        parts = [self.both()]
        while self.peek() == "OR":
            self.at += 1
            parts.append(self.both())
        if len(parts) == 1:
            return parts[0]
        tests = [test for test, _ in parts]
        return (lambda one: any(test(one) for test in tests)), {"or": [shown for _, shown in parts]}

    def both(self) -> tuple[Test, dict[str, Any]]:
        parts: list[tuple[Test, dict[str, Any]]] = []
        while (token := self.peek()) is not None and token not in ("OR", ")"):
            if token == "AND":
                self.at += 1
                continue
            parts.append(self.one())
        tests = [test for test, _ in parts]
        shown = [one for _, one in parts]
        return (lambda one: all(test(one) for test in tests)), shown[0] if len(shown) == 1 else {"and": shown}

    def one(self) -> tuple[Test, dict[str, Any]]:
        token = self.tokens[self.at]
        self.at += 1
        if token == "NOT":
            test, shown = self.one()
            return (lambda one: not test(one)), {"not": shown}
        if token == "(":
            inside = self.either()
            self.at += 1
            return inside
        return self.term(token)

    def term(self, token: str) -> tuple[Test, dict[str, Any]]:
        found = _TERM.match(token)
        if found is None:
            return self.free_text(_bare(token))
        negated, name, operator, raw = found.groups()
        wanted = _bare(raw)
        shown = {"field": name, _MATCH.get(operator, "match_all"): wanted}
        read = self.fields.get(name)
        if read is None:
            if name not in self.known:
                self.warnings.append(
                    {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
                )
            return _everything, shown
        test = _test(read, operator, wanted)
        if test is None:
            text = f"Input `{wanted}` is not a valid value for {name}."
            self.warnings.append({"field": name, "message": text, "code": "invalid_value"})
            return _everything, shown
        return ((lambda one: not test(one)) if negated else test), shown

    def free_text(self, word: str) -> tuple[Test, dict[str, Any]]:
        reads = [read for name, read in self.fields.items() if name in ("name", "sku", "title", "email", "id")]
        low = word.lower()
        return (lambda one: any(low in str(read(one) or "").lower() for read in reads)), {"field": "default", "match_all": word}


_MATCH = {">": "range_gt", ">=": "range_gte", "<": "range_lt", "<=": "range_lte"}


def _everything(one: Any) -> bool:
    return True


def _bare(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] in "'\"" and text[-1] == text[0] else text


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _test(read: Getter, operator: str | None, wanted: str) -> Test | None:
    if operator is not None:
        return _ordered(read, operator, wanted)
    low = wanted.lower()
    if low.endswith("*"):
        head = low[:-1]
        return lambda one: any(str(x).lower().startswith(head) for x in _each(read(one)))
    return lambda one: any(_same(x, low) for x in _each(read(one)))


def _each(value: Any) -> list[Any]:
    if isinstance(value, list | tuple | set):
        return list(value)
    return [] if value is None else [value]


def _same(value: Any, low: str) -> bool:
    if isinstance(value, bool):
        return ("true" if value else "false") == low
    if isinstance(value, datetime):
        moment = _moment(low.upper())
        return moment is not None and value.replace(microsecond=0) == moment
    return str(value).lower() == low


def _ordered(read: Getter, operator: str, wanted: str) -> Test | None:
    limit: Any = _moment(wanted) if re.match(r"^\d{4}-\d\d-\d\d", wanted) else None
    if limit is None:
        try:
            limit = float(wanted)
        except ValueError:
            return None

    def test(one: Any) -> bool:
        for value in _each(read(one)):
            if isinstance(value, datetime) != isinstance(limit, datetime):
                continue
            if _HOLDS[operator](value, limit):
                return True
        return False

    return test


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
}
