"""``@covers("ORD-01")``: the requirement that a test shows (docs/reference/requirements.md is made from these marks).

A mark counts only on a test that drives something that arrives all the way to an effect or a page. Where a source's advice,
taken literally, would lose orders or oversell, ``instead`` names the trap that we keep out of: ``@covers("WMS-12", instead="X-01")``.
"""

from __future__ import annotations

import re

import pytest

REQUIREMENT = re.compile(r"[A-Z]{2,4}-\d{2}")
TRAP = re.compile(r"X-\d{2}")


def covers(requirement: str, *, instead: str | None = None) -> pytest.MarkDecorator:
    """The mark. Raises ``ValueError`` when an id is not one: a typing error must not count as proof."""
    if not (REQUIREMENT.fullmatch(requirement) or TRAP.fullmatch(requirement)):
        raise ValueError(
            f"'{requirement}' is no requirement: two to four capitals, a hyphen, two digits (ORD-01), or a trap (X-01)"
        )
    if instead is not None and not TRAP.fullmatch(instead):
        raise ValueError(f"'{instead}' is no trap: X, a hyphen, two digits (X-01)")
    return pytest.mark.covers(requirement, instead=instead)
