"""What a shop offers with nothing known behind it: there is no percentage of nothing, it is said by itself (trap X-26)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from stockbridge.db import journal
from stockbridge.db.queries import Queries
from stockbridge.domain.orders import Park
from stockbridge.flow.corridor import Step

_Q = Queries("runs")
CAUSE = "unbacked"


def say(conn: Connection, *, account: str, shop: str, run_id: int, now: datetime) -> None:
    """What the full comparison found, less what has been given a code since; closed when nothing is left."""
    subject, row = f"shop/{shop}", _Q.one(conn, "unbacked", account=account, run_id=run_id)
    if not row.many:
        journal.unpark(conn, account=account, subject=subject, causes=[CAUSE], now=now)
        return
    some = ", ".join(row.some) + (" …" if row.many > len(row.some) else "")
    park = Park(
        cause=CAUSE,
        title=f"{shop} offers {row.many} numbers with nothing known behind them: {some}",
        consequence="They can be sold, and no warehouse is known to have them. They are left as they are.",
        remedy="sweep",
        data={"run_id": run_id},
    )
    if _Q.value(conn, "known_already", account=account, subject=subject, cause=CAUSE, title=park.title):
        journal.unpark(
            conn, account=account, subject=subject, causes=[CAUSE], now=now
        )  # what is open says more than there is now
    else:
        journal.park(conn, account=account, subject=subject, connection=shop, parks=[park], now=now)


def mapped(step: Step, *, shop: str, item: str) -> None:
    """An item got its code: what was said about it is taken back now, not at the next comparison."""
    place = {"account": step.account, "shop": shop, "inventory_item_id": item}
    run_id = _Q.value(step.conn, "said_unbacked", **place, subject=f"shop/{shop}", cause=CAUSE)
    if run_id is not None:
        say(step.conn, account=step.account, shop=shop, run_id=run_id, now=step.now)
