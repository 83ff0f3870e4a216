"""The past of a stock level: every number that was worked out, with what led to it, and the points of its chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from stockbridge.db import history
from stockbridge.web import item as pages
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.past import PastNumber, cell, number
from stockbridge.web.api.resources.stock import OneLevel, known_level
from stockbridge.web.api.route import Call, Moment, Nothing, Page, Route, Told, says

#: points of one chart
_POINTS = 2000


class Numbers(Paged, frozen=True, kw_only=True):
    """Of which level."""

    shop: Annotated[str, says("The shop.", min_length=1, max_length=200)]
    location_id: Annotated[str, says("The location.", min_length=1, max_length=200)]
    inventory_item_id: Annotated[str, says("The item.", min_length=1, max_length=200)]


class OfChart(OneLevel, frozen=True):
    """Of which level, and how far back."""

    days: Annotated[int, says("So many days until now.", ge=1, le=3650)] = 7


class ChartPoint(Told, frozen=True):
    """One point of the chart: it holds until the next."""

    at: Moment
    offered: Annotated[int | None, says("What may be sold.")]
    shop_shows: Annotated[int | None, says("What the shop offers.")]


class Chart(Told, frozen=True):
    """A number over time. The last point is the present."""

    since: Moment
    kept_days: Annotated[int, says("How long numbers are kept.")]
    cut: Annotated[bool, says("There were more: the newest are kept.")]
    points: list[ChartPoint]


def numbers(call: Call[Numbers, Nothing]) -> Page[PastNumber]:
    """List the numbers of a level. Each that was worked out or written, with what led to it and what became of it; the newest first."""
    query = call.query
    known_level(call)
    (after,) = place(query, "numbers", (0,))
    whole: dict[str, Any] = {"account": call.account, "shop": query.shop, "cell": cell(call)}
    told = history.told(call.conn, **whole, until=call.now, after_id=max(0, after), limit=query.limit + 1)
    newer = history.next_after(call.conn, **whole, entry=told[0].entry) if told else None
    ends = [newer.at if newer else None, *(each.entry.at for each in told)]
    rows = list(zip(told, ends, strict=False))
    return page(query, "numbers", rows, lambda row: number(row[0], until=row[1]), lambda row: (row[0].entry.published_id,))


def chart(call: Call[OfChart, Nothing]) -> Chart:
    """Read the chart of a level. What could be sold and what the shop offered over time, as on the page of the item."""
    known_level(call)
    since = call.now - timedelta(days=call.query.days)
    rows = history.chart(call.conn, account=call.account, shop=call.query.shop, cell=cell(call), since=since, limit=_POINTS)
    found = pages.points(rows, now=call.now)
    return Chart(
        since=since,
        kept_days=call.parts.settings.history_days,
        cut=len(rows) == _POINTS,
        points=[
            ChartPoint(at=datetime.fromtimestamp(at, UTC), offered=offered, shop_shows=shown) for at, offered, shown in found
        ],
    )


ROUTES = (
    Route(
        method="GET",
        path="/stock/history",
        scope="read",
        handler=numbers,
        query=Numbers,
        answer=Page[PastNumber],
        refuses=(404,),
    ),
    Route(method="GET", path="/stock/chart", scope="read", handler=chart, query=OfChart, answer=Chart, refuses=(404,)),
)
