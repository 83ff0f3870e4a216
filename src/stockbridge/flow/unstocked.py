"""Items that a shop does not stock at a location that we feed: said once per location, unless the location's rules say that they
are stocked there by us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import journal
from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import NotStocked
from stockbridge.domain.orders import Park
from stockbridge.flow.look import NOT_STOCKED, Look

_Q = Queries("stock")
CAUSE = "not_stocked"


def say(conn: Connection, *, account: str, shop: str, due: Sequence[Row[Any]], looks: Sequence[Look], now: datetime) -> None:
    """To be called when the looks are saved: locations at which an item newly is, or is no longer, without stock in the shop."""
    before = {(row.location_id, row.inventory_item_id): row.note == NOT_STOCKED for row in due}
    changed = {
        look.read.location_id: look
        for look in looks
        if _waits(look) != before[look.read.location_id, look.read.inventory_item_id]
    }
    for location_id, look in sorted(changed.items()):
        row = _Q.one(conn, "unstocked", account=account, shop=shop, location_id=location_id, note=NOT_STOCKED)
        subject = f"location/{location_id}"
        if not row.many or look.location.not_stocked is NotStocked.ACTIVATE:
            journal.unpark(conn, account=account, subject=subject, causes=[CAUSE], now=now)
            continue
        some = ", ".join(row.examples) + (" …" if row.many > len(row.examples) else "")
        park = Park(
            cause=CAUSE,
            title=f"{row.name} does not stock {row.many} item{'s' if row.many != 1 else ''} that a warehouse feeds there: {some}",
            consequence="They cannot be bought there, whatever the warehouse has.",
            remedy="dismiss",
            data={
                "location_id": location_id,
                "how": "Stock them in the shop, or let the location's rules on the page Mapping do it.",
            },
        )
        journal.park(conn, account=account, subject=subject, connection=shop, parks=[park], now=now)


def _waits(look: Look) -> bool:
    return look.note == NOT_STOCKED and look.location.live
