"""Which orders a view shows: the filters in the address of a page."""

from __future__ import annotations

from stockbridge.db.found import Wanted, escaped, fit, like, shown
from stockbridge.web.visit import Form

#: the fields of an address that say which orders are wanted; of some there may be several
FIELDS = ("tab", "q", "shop", "warehouse", "state", "tag")
_LONGEST = 200

__all__ = ["FIELDS", "Wanted", "escaped", "fit", "like", "shown", "tokens_of", "wanted_of"]


def wanted_of(query: Form) -> Wanted:
    """What an address asks for."""
    return Wanted(
        tab=query.get("tab") or "all",
        search=query.get("q")[:_LONGEST],
        shop=query.get("shop")[:_LONGEST],
        warehouse=query.get("warehouse")[:_LONGEST],
        states=_several(query, "state"),
        tags=_several(query, "tag"),
    )


def tokens_of(wanted: Wanted) -> list[tuple[str, str]]:
    """The filters besides the tab, one by one, as fields of an address."""
    one = [("shop", wanted.shop), ("warehouse", wanted.warehouse)]
    several = [*(("state", each) for each in wanted.states), *(("tag", each) for each in wanted.tags)]
    return [(name, value) for name, value in [*one, *several, ("q", wanted.search)] if value]


def _several(query: Form, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip()[:_LONGEST] for value in query.all(name) if value.strip()))[:20]
