"""Locations by what people call them: the id or its end, the name in capitals or not, and for a look a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Row


def called(known: Sequence[Row[Any]], wanted: str, *, part: bool = False) -> list[Row[Any]]:
    """The locations that may be meant. ``part``: a part of the name will do, where nothing is changed by it."""
    exact = [row for row in known if wanted in (row.name, row.location_id) or row.location_id.endswith(f"/{wanted}")]
    folded = wanted.casefold()
    whole = exact or [row for row in known if row.name.casefold() == folded]
    return whole or [row for row in known if part and folded in row.name.casefold()]


def did_you_mean(known: Sequence[Row[Any]], wanted: str) -> str:
    """A question with the name that is nearest; empty when none is near."""
    parts = [row.name for row in called(known, wanted, part=True)]
    names = {row.name.casefold(): row.name for row in known}
    near = parts or [names[each] for each in get_close_matches(wanted.casefold(), names, n=1)]
    return f" Did you mean '{near[0]}'?" if near else ""
