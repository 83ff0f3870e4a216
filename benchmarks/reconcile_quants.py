"""Quants as Odoo's search_read gives them: JSON lines, a reference being a pair of number and name."""

from __future__ import annotations

import reconcile_data as data
from msgspec import Struct

from stockbridge import shapes
from stockbridge.domain.counting import Count

ZONES = data.counted()


class Reference(Struct, array_like=True, gc=False):
    """``[number, name]``; the name is not read."""

    number: int


class Quant(Struct, gc=False):
    """What lies in a place."""

    product_id: Reference
    location_id: Reference
    quantity: float


def counts_of(lines: bytes) -> list[Count]:
    """The counts in some lines: those in zones that count."""
    source_of = ZONES.get
    return [
        (source, quant.product_id.number, quant.quantity)
        for quant in shapes.decode_lines(lines, Quant)
        if (source := source_of(quant.location_id.number)) is not None
    ]
