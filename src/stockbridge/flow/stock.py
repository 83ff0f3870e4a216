"""Stock figures: the newest replaces the older one, and every level it feeds is looked at."""

from __future__ import annotations

from collections.abc import Iterable

from stockbridge.db import journal, stock
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Pool
from stockbridge.domain.claims import Figure
from stockbridge.domain.events import FigureReported, FiguresReported
from stockbridge.domain.orders import Park
from stockbridge.flow.catalog import say_unmapped
from stockbridge.flow.corridor import Step
from stockbridge.flow.fetch import fetch_waiting

_X = Queries("catalog")


def reported(step: Step, event: FigureReported | FiguresReported) -> None:
    """A warehouse said what it has. An older figure never replaces a newer one; an incomplete list ends nothing."""
    if isinstance(event, FigureReported):
        known = {event.item_code: stock.load_figure(step.conn, account=step.account, pool=_pool(step, event))}
        figures: list[FigureReported] = [event]
    else:
        if event.complete and not event.figures and not event.unread:
            _empty(step, event)
            return
        _say_unread(step, event)
        known = dict(
            stock.load_warehouse(step.conn, account=step.account, connection=step.connection, warehouse=event.warehouse)
        )
        figures = [*event.figures, *_vanished(event, known)]
    fresh = {
        _pool(step, figure): _figure(step, figure)
        for figure in figures
        if _figure(step, figure).newer_than(known.get(figure.item_code))
    }
    if fresh:
        _save(step, fresh)


def _pool(step: Step, event: FigureReported) -> Pool:
    return (step.connection, event.warehouse, event.item_code)


def _figure(step: Step, event: FigureReported) -> Figure:
    asked_at = step.headers.get("asked-at")
    return Figure(
        zones=event.zones,
        basis=event.basis,
        occurred_at=event.occurred_at,
        sequence=event.sequence,
        asked_at=event.occurred_at.fromisoformat(asked_at) if asked_at else None,
    )


def _vanished(event: FiguresReported, known: dict[str, Figure | None]) -> list[FigureReported]:
    """Items that a complete list no longer names: there are none of them (any more). A figure in it that does not even say what it
    counts may be any of them."""
    unread = {code for code, _ in event.unread}
    if not event.complete or "" in unread:
        return []
    listed = {figure.item_code for figure in event.figures} | unread
    return [
        FigureReported(
            warehouse=event.warehouse,
            item_code=code,
            zones=dict.fromkeys(figure.zones, 0),
            basis=figure.basis,
            occurred_at=event.occurred_at,
            sequence=event.sequence,
        )
        for code, figure in known.items()
        if figure is not None and code not in listed
    ]


def _empty(step: Step, event: FiguresReported) -> None:
    """An empty answer publishes nothing: a lost right or a wrong database looks just like an empty warehouse."""
    park = Park(
        cause="empty_answer",
        title=f"{event.warehouse} answered that it holds nothing at all.",
        consequence="The last known figures stay. Nothing was set to zero.",
        remedy="dismiss",
    )
    _park(step, event, park)


def _say_unread(step: Step, event: FiguresReported) -> None:
    """Figures that cannot be used are said once per warehouse, and closed by a whole list without any; an empty answer likewise."""
    if event.unread:
        some = "; ".join(f"{code or 'an item without a code'}: {why}" for code, why in event.unread[:3])
        more = f" … and {len(event.unread) - 3} more" if len(event.unread) > 3 else ""
        _park(
            step,
            event,
            Park(
                cause="unread_figures",
                title=f"{event.warehouse} sent figures that cannot be used: {some}{more}",
                consequence="The last known figures of these items stay. All others were taken.",
                remedy="dismiss",
            ),
        )
    if event.complete:
        causes = ["empty_answer"] if event.unread else ["empty_answer", "unread_figures"]
        journal.unpark(step.conn, account=step.account, subject=_place(step, event), causes=causes, now=step.now)


def _place(step: Step, event: FiguresReported) -> str:
    return f"warehouse/{step.connection}/{event.warehouse}"


def _park(step: Step, event: FiguresReported, park: Park) -> None:
    journal.park(
        step.conn,
        account=step.account,
        subject=_place(step, event),
        connection=step.connection,
        parks=[park],
        now=step.now,
        arrival_id=step.arrival_id,
    )


def _save(step: Step, fresh: dict[Pool, Figure]) -> None:
    stock.save_figures(
        step.conn,
        account=step.account,
        figures=sorted(fresh.items()),
        received_at=step.received_at or step.now,
        arrival_id=step.arrival_id,
    )
    stock.contain(step.conn, account=step.account, figures=fresh)
    step.wake_publishers(stock.touch_pools(step.conn, account=step.account, pools=fresh, now=step.now))
    say_unmapped(step, fresh)
    _wake_orders(step, fresh)


def _wake_orders(step: Step, pools: Iterable[Pool]) -> None:
    """Stock moved: orders that wait for these items are looked at again at once."""
    for row in _X.rows(step.conn, "items_of_pools", account=step.account, **stock.pool_columns(pools)):
        fetch_waiting(step, row.shop, list(row.items), cause=f"stock:{step.arrival_id}")
