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
        if event.complete and not event.figures:
            _empty(step, event)
            return
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
    """Items that a complete list no longer names: there are none of them (any more)."""
    if not event.complete:
        return []
    listed = {figure.item_code for figure in event.figures}
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
    journal.park(
        step.conn,
        account=step.account,
        subject=f"warehouse/{step.connection}/{event.warehouse}",
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
