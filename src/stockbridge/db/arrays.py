"""Lists of texts and of whole numbers as PostgreSQL arrays, in one go: psycopg asks a dumper for every element, and a batch of levels sends
thousands of them."""

from __future__ import annotations

from typing import Any

from psycopg.abc import Buffer
from psycopg.types.array import ListDumper

_TEXTS, _NUMBERS = frozenset({str, type(None)}), frozenset({int, type(None)})


class ArrayDumper(ListDumper):
    """As psycopg's own, and quicker for flat lists of texts or of whole numbers. Raises as that does."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The list as PostgreSQL's text form of an array."""
        kinds = set(map(type, obj))
        if not kinds:
            return super().dump(obj)
        if kinds <= _TEXTS:
            text = ",".join(["NULL" if each is None else _quoted(each) for each in obj])
            return super().dump(obj) if "\x00" in text else f"{{{text}}}".encode()
        if kinds <= _NUMBERS:
            return f"{{{','.join(['NULL' if each is None else str(each) for each in obj])}}}".encode()
        return super().dump(obj)


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
