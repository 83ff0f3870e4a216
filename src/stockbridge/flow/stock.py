"""Stock figures: the newest replaces the older one, and every level it feeds is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from stockbridge.db import journal, runs, spent, stock
from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Pool
from stockbridge.domain.claims import Figure
from stockbridge.domain.drift import Cause, figure_cause, is_news
from stockbridge.domain.events import FigureReported, FiguresReported
from stockbridge.domain.orders import Park
from stockbridge.flow.brake import hold_list
from stockbridge.flow.catalog import say_unmapped
from stockbridge.flow.corridor import Step
from stockbridge.flow.fetch import fetch_waiting

_R = Queries("runs")
_X = Queries("catalog")


class News(NamedTuple):
    """What was known, and what is told."""

    before: Figure | None
    after: Figure


def reported(step: Step, event: FigureReported | FiguresReported) -> None:
    """A warehouse said what it has. An older figure never replaces a newer one; an incomplete list ends nothing."""
    if isinstance(event, FigureReported):
        known = {event.item_code: stock.load_figure(step.conn, account=step.account, pool=pool_of(step, event))}
        figures: list[FigureReported] = [event]
    else:
        if event.complete and not event.figures and not event.unread:
            _empty(step, event)
            return
        _say_unread(step, event)
        known = dict(
            stock.load_warehouse(step.conn, account=step.account, connection=step.connection, warehouse=event.warehouse)
        )
        figures = [*event.figures, *_vanished(event, known), *_never_named(step, event, known)]
    told = {pool_of(step, figure): News(known.get(figure.item_code), figure_of(step, figure)) for figure in figures}
    fresh = {pool: news for pool, news in told.items() if news.after.newer_than(news.before)}
    causes = _causes(step, fresh)
    saved = {pool: news.after for pool, news in fresh.items()}
    if isinstance(event, FiguresReported) and event.complete and causes and hold_list(step, event, saved, causes):
        return
    if fresh:
        _say_what_was_asked_for(step, fresh, causes, one=isinstance(event, FigureReported))
        _save(step, saved)
    still(
        step,
        {pool: news.after for pool, news in told.items() if pool not in fresh and says_the_same(news.after, news.before)},
    )


def told_one_by_one(step: Step, fresh: Mapping[Pool, News]) -> None:
    """What is drift of figures that came one by one, and that we had asked for."""
    _say_what_was_asked_for(step, fresh, _causes(step, fresh), one=True)


def says_the_same(figure: Figure, before: Figure | None) -> bool:
    """Is it the figure that is known, told once more?"""
    return before is not None and (figure.sequence, dict(figure.zones)) == (before.sequence, dict(before.zones))


def still(step: Step, same: dict[Pool, Figure]) -> None:
    """Figures that are as they were: nothing has happened there since, so by now they have what was told before their moment."""
    pools = _left_is_known(step, same)
    step.wake_publishers(stock.touch_pools(step.conn, account=step.account, pools=pools, now=step.now))


def _left_is_known(step: Step, figures: dict[Pool, Figure]) -> set[Pool]:
    """What left without a warehouse and is in its figure now comes off the part of the location where it left."""
    taken = spent.contain(step.conn, account=step.account, figures=figures)
    mappings.take(step.conn, account=step.account, taken=taken)
    return {each.pool for each in taken}


def _causes(step: Step, fresh: Mapping[Pool, News]) -> dict[Pool, Cause]:
    """The figures that say something new, had we not asked or been told, with why they do."""
    told: dict[str, bool] = {}
    found = {}
    for pool, (before, figure) in fresh.items():
        if before is None or dict(before.zones) != dict(figure.zones):
            if pool[1] not in told:
                told[pool[1]] = runs.tells(step.conn, account=step.account, connection=pool[0], warehouse=pool[1])
            zones = before.zones if before else None
            found[pool] = figure_cause(before=zones, after=figure.zones, tells=told[pool[1]])
    return found


def _say_what_was_asked_for(step: Step, fresh: Mapping[Pool, News], causes: Mapping[Pool, Cause], *, one: bool) -> None:
    """What no message told us, and we found by asking, is drift: the shop's next run names it. ``one``: not in a whole list."""
    found = []
    for pool, cause in causes.items():
        before, figure = fresh[pool]
        if before is None or figure.asked_at is None:
            continue
        tells = cause is not Cause.COUNT
        if not one or is_news(occurred_at=figure.occurred_at, asked_at=figure.asked_at, tells=tells):
            found.append((pool, cause, f"{pool[1]}: {_moved(before, figure)}"))
    runs.told_when_asked(step.conn, account=step.account, causes=found, now=step.now)


def _moved(before: Figure, after: Figure) -> str:
    """What changed from one figure to the next, place by place: ``PICK 20 → 32, QUARANTINE 12 → 0``."""
    places = sorted({*before.zones, *after.zones})
    pairs = [(place, before.zones.get(place, 0), after.zones.get(place, 0)) for place in places]
    told = [f"{place} {was} → {now}" for place, was, now in pairs if was != now]
    return ", ".join(told[:5]) + (" …" if len(told) > 5 else "")


def pool_of(step: Step, event: FigureReported) -> Pool:
    """Whose figure it is."""
    return (step.connection, event.warehouse, event.item_code)


def figure_of(step: Step, event: FigureReported) -> Figure:
    """What was told, and when it was asked for."""
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


def _never_named(step: Step, event: FiguresReported, known: Mapping[str, Figure | None]) -> list[FigureReported]:
    """Items that are mapped, were never counted, and are in no whole list: there are none of them either (trap X-16)."""
    if not event.complete or not event.figures or "" in {code for code, _ in event.unread}:
        return []
    spoken_of = {figure.item_code for figure in event.figures} | {code for code, _ in event.unread} | set(known)
    place = {"account": step.account, "connection": step.connection, "warehouse": event.warehouse}
    return [
        FigureReported(
            warehouse=event.warehouse,
            item_code=row.item_code,
            zones={},
            basis=event.figures[0].basis,
            occurred_at=event.occurred_at,
            sequence=event.sequence,
        )
        for row in _R.rows(step.conn, "codes_never_counted", **place)
        if row.item_code not in spoken_of
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
    follow(step, fresh)


def follow(step: Step, fresh: dict[Pool, Figure]) -> None:
    """What follows from new figures, which are saved: claims that they contain, levels to look at, orders that waited for them."""
    stock.contain(step.conn, account=step.account, figures=fresh)
    _left_is_known(step, fresh)
    step.wake_publishers(stock.touch_pools(step.conn, account=step.account, pools=fresh, now=step.now))
    say_unmapped(step, fresh)
    _wake_orders(step, fresh)


def _wake_orders(step: Step, pools: Iterable[Pool]) -> None:
    """Stock moved: orders that wait for these items are looked at again at once."""
    for row in _X.rows(step.conn, "items_of_pools", account=step.account, **stock.pool_columns(pools)):
        fetch_waiting(step, row.shop, list(row.items), cause=f"stock:{step.arrival_id}")
