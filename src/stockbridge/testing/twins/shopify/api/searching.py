"""Applies a search to a list and leaves word of it in the answer's extensions."""

from collections.abc import Iterable, Sequence
from typing import Any

from stockbridge.testing.twins.shopify.api.search import Getter, parse


def searched(
    rows: Sequence[Any], args: dict[str, Any], context: Any, fields: dict[str, Getter], known: Iterable[str] = ()
) -> list[Any]:
    """The rows that match ``query``; all of them where the query says nothing that the twin understands."""
    text = args.get("query")
    if not text:
        return list(rows)
    search = parse(text, fields, known)
    context.searches.append(search.extension([]))
    return [one for one in rows if search.test(one)]
