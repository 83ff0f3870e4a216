"""Tables as CSV that a spreadsheet shows and never obeys."""

from __future__ import annotations

from collections.abc import Iterable

#: What a cell must not begin with: a spreadsheet would take it for a formula (also written wide, as in East Asian text).
_OBEYED = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv(heading: Iterable[str], rows: Iterable[Iterable[str | int | None]]) -> Iterable[str]:
    """The lines of a table, the heading first, each with its line end (RFC 4180)."""
    yield _line(heading)
    for row in rows:
        yield _line(row)


def _line(values: Iterable[str | int | None]) -> str:
    return ",".join(cell(value) for value in values) + "\r\n"


def cell(value: str | int | None) -> str:
    """One cell. A text that a spreadsheet would obey gets an apostrophe in front; a number of ours stays one."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = f"'{value}" if value.lstrip(" ").startswith(_OBEYED) else value
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n;\t') else text
