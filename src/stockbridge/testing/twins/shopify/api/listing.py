"""Connections: pages with cursors. Cursors name the last row's sort value, so rows that move shift the pages."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stockbridge.testing.twins.shopify.api.errors import ApiError

MAX_PAGE = 250
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records, ready to be read as a connection."""

    nodes: Sequence[Any]
    keys: Sequence[Key]
    has_next: bool
    has_previous: bool


def page(rows: Sequence[Any], args: dict[str, Any], key: Callable[[Any], Key] | None = None) -> Page:
    """Cuts the page that the arguments ask for out of rows that are sorted upwards by ``key``.

    Without a key the position is the cursor. Raises ApiError for a missing or too large page size.
    """
    if args.get("everything"):
        return Page(rows, [(index,) for index in range(len(rows))], False, False)
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise ApiError("you must provide one of first or last", "BAD_REQUEST")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= MAX_PAGE:
            raise ApiError(f"{name} must be between 0 and {MAX_PAGE}.", "BAD_REQUEST")
    if args.get("reverse"):
        rows = list(reversed(rows))
    if key is None and not args.get("after") and not args.get("before"):
        return _cut(rows, range(len(rows)), first, last)
    pairs = [((index,) if key is None else key(row), row) for index, row in enumerate(rows)]
    pairs = _between(pairs, args)
    return _cut([row for _, row in pairs], [one for one, _ in pairs], first, last, total=len(rows))


def _between(pairs: list[tuple[Key, Any]], args: dict[str, Any]) -> list[tuple[Key, Any]]:
    down = bool(args.get("reverse")) and bool(pairs) and len(pairs[0][0]) > 1
    if args.get("after"):
        mark = decode(args["after"])
        pairs = [one for one in pairs if (one[0] < mark if down else one[0] > mark)]
    if args.get("before"):
        mark = decode(args["before"])
        pairs = [one for one in pairs if (one[0] > mark if down else one[0] < mark)]
    return pairs


def _cut(rows: Sequence[Any], keys: Sequence[Any], first: int | None, last: int | None, total: int | None = None) -> Page:
    count = len(rows)
    start = 0 if first is not None else max(0, count - (last or 0))
    stop = min(count, first) if first is not None else count
    more_before = start > 0 or (total is not None and total > count)
    shown = keys[start:stop]
    return Page(rows[start:stop], [x if isinstance(x, tuple) else (x,) for x in shown], stop < count, more_before)


def encode(key: Key) -> str:
    """A cursor: opaque to clients, readable to us."""
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in key]
    marks = ["t" if isinstance(one, datetime) else "v" for one in key]
    return base64.b64encode(json.dumps([marks, plain]).encode()).decode()


def decode(cursor: str) -> Key:
    """The sort value that a cursor names. Raises ApiError if it is none of ours."""
    try:
        marks, plain = json.loads(base64.b64decode(cursor, validate=True))
        return tuple(datetime.fromisoformat(x) if mark == "t" else x for mark, x in zip(marks, plain, strict=True))
    except (ValueError, TypeError) as broken:
        raise ApiError(f"Invalid cursor: {cursor}", "BAD_REQUEST") from broken


def edges(source: Page, args: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    """The rows with their cursors."""
    return [{"cursor": encode(key), "node": node} for key, node in zip(source.keys, source.nodes, strict=True)]


def page_info(source: Page, args: dict[str, Any], context: Any) -> dict[str, Any]:
    """Where the page begins and ends, and whether there is more."""
    return {
        "hasNextPage": source.has_next,
        "hasPreviousPage": source.has_previous,
        "startCursor": encode(source.keys[0]) if source.keys else None,
        "endCursor": encode(source.keys[-1]) if source.keys else None,
    }


CONNECTION = {"edges": edges, "pageInfo": page_info}
