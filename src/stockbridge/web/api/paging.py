"""Pages of long lists: a cursor holds the place after which the next page begins, so what comes in between moves nothing."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from stockbridge import shapes
from stockbridge.web.api.route import Given, Page, Refusal, Told, says

T = TypeVar("T", bound=Told)
R = TypeVar("R")


class Paged(Given, frozen=True):
    """The fields that every list has."""

    limit: Annotated[int, says("How many at most.", ge=1, le=200)] = 50
    cursor: Annotated[str, says("Where the page begins: `next_cursor` of the page before.", max_length=2000)] = ""


def place(query: Paged, of: str, first: tuple[Any, ...]) -> tuple[Any, ...]:
    """The place that a cursor holds: values of the same kinds as ``first``, which stands for the beginning. ``of`` names the list;
    the cursor of another one, or one that we did not make, is refused."""
    if not query.cursor:
        return first
    try:
        raw = urlsafe_b64decode(query.cursor.encode() + b"=" * (-len(query.cursor) % 4))
        name, *found = shapes.decode(raw, list[str | int | bool])
    except (binascii.Error, UnicodeError, ValueError, msgspec.MsgspecError):
        raise _wrong() from None
    if name != of or [type(value) for value in found] != [type(value) for value in first]:
        raise _wrong()
    if any(
        (isinstance(value, str) and not _storable(value)) or (isinstance(value, int) and abs(value) >= 2**63) for value in found
    ):
        raise _wrong()
    return tuple(found)


def page(query: Paged, of: str, rows: Sequence[R], tell: Callable[[R], T], key: Callable[[R], tuple[Any, ...]]) -> Page[T]:
    """The page of which one row more than asked for was read; ``key`` gives the place of a row."""
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    return Page(data=[tell(row) for row in shown], next_cursor=_cursor(of, key(shown[-1])) if more else None)


def whole(rows: Sequence[T]) -> Page[T]:
    """A list that is always one page."""
    return Page(data=list(rows), next_cursor=None)


def _cursor(of: str, values: tuple[Any, ...]) -> str:
    return urlsafe_b64encode(msgspec.json.encode([of, *values])).decode().rstrip("=")


def _storable(text: str) -> bool:
    return "\x00" not in text


def _wrong() -> Refusal:
    return Refusal(400, "wrong_cursor", "The cursor is not one that this list gave. Begin without one.")
