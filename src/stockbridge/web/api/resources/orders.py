"""Orders: the list, and one of them whole. Reading only. They hold customers' names, so they have a scope of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import Row

from stockbridge.db.found import Wanted, fit, shown
from stockbridge.db.queries import Queries
from stockbridge.domain.orders import OrderState, SubmissionState
from stockbridge.web import order as pages
from stockbridge.web import words
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.resources.timeline import Happened, timeline
from stockbridge.web.api.route import Call, Given, Moment, Nothing, Page, Refusal, Route, Told, says

_QUERIES = Queries("pages")
_TIMELINE = 200


class OrderView(StrEnum):
    """The tabs of the page of orders. unwritten: shipped, the shop not told."""

    ATTENTION = "attention"
    WAITING = "waiting"
    UNWRITTEN = "unwritten"
    DONE = "done"


class Orders(Paged, frozen=True):
    """Which orders. An empty filter lets everything through."""

    shop: Annotated[str, says("Only this shop.", max_length=200)] = ""
    state: Annotated[OrderState | None, says("Only this state.")] = None
    warehouse: Annotated[str, says("Only orders that this warehouse ships.", max_length=200)] = ""
    tag: Annotated[str, says("Only orders with this tag.", max_length=200)] = ""
    search: Annotated[
        str, says("The beginning of the name, or a SKU, an item code, a tracking number, a warehouse's number.", max_length=200)
    ] = ""
    view: Annotated[OrderView | None, says("One of the page's tabs; unwritten: shipped, the shop not told.")] = None


class OneOrder(Given, frozen=True):
    """Which order."""

    shop: Annotated[str, says("The shop.", min_length=1, max_length=200)]
    order_id: Annotated[str, says("The shop's id of the order.", min_length=1, max_length=200)]


class Order(Told, frozen=True):
    """One order of the list."""

    shop: str
    order_id: str
    name: str
    state: OrderState
    state_says: str
    reason: Annotated[str, says("Why it is in this state, in words.")]
    placed_at: Moment
    ship_to_name: str
    country_code: str
    tags: list[str]
    units: int
    warehouses: list[str]
    parcels: int
    parcels_not_told: Annotated[int, says("Parcels that the shop has not been told of yet.")]
    needs_you: Annotated[bool, says("Something about it waits for a person.")]


class OrderLine(Told, frozen=True):
    """A line of an order."""

    line_id: str
    title: str
    sku: str
    ordered: int
    wanted: Annotated[int, says("What is left of it after edits and refunds.")]
    ships: bool
    shipped: int
    told: Annotated[int, says("Units that the shop knows as fulfilled.")]
    open: Annotated[int, says("Units that still have to leave.")]


class Submission(Told, frozen=True):
    """What one warehouse was asked to ship."""

    reference: Annotated[str, says("Ours. It never changes.")]
    connection: str
    warehouse: str
    location_id: str
    state: SubmissionState
    state_says: str
    progress: Annotated[str, says("The warehouse's own last word.")]
    warehouse_ref: str
    reason: str
    intended_at: Moment
    accepted_at: Moment | None
    ended_at: Moment | None


class Shipment(Told, frozen=True):
    """A parcel that left."""

    shipment_id: str
    reference: str
    warehouse: str
    carrier: str
    tracking_numbers: list[str]
    units_by_line: dict[str, int]
    shipped_at: Moment
    received_at: Moment
    told_at: Annotated[Moment | None, says("When the shop was told of it; null: not yet.")]


class OrderInFull(Told, frozen=True):
    """An order with its lines, what warehouses were asked, its parcels and its timeline."""

    shop: str
    order_id: str
    name: str
    state: OrderState
    state_says: str
    reason: str
    placed_at: Moment
    updated_at: Annotated[Moment, says("By the shop's clock.")]
    cancelled_at: Moment | None
    ship_to_name: str
    country_code: str
    tags: list[str]
    lines: list[OrderLine]
    submissions: list[Submission]
    shipments: list[Shipment]
    parked: Annotated[list[int], says("Ids of what waits for a person: see /api/v1/parked.")]
    timeline: Annotated[list[Happened], says("The newest first.")]


def orders(call: Call[Orders, Nothing]) -> Page[Order]:
    """List orders. The newest first."""
    query = call.query
    at, order_id = place(query, "orders", ("", ""))
    wanted = Wanted(
        tab=query.view.value if query.view else "all",
        search=query.search,
        shop=query.shop,
        warehouse=query.warehouse,
        states=(query.state.value,) if query.state else (),
        tags=(query.tag,) if query.tag else (),
    )
    found = fit(call.conn, wanted, account=call.account, limit=query.limit + 1, before=(_moment(at), order_id))
    rows = shown(call.conn, found, account=call.account)
    return page(query, "orders", rows, _order, lambda row: (row.placed_at.astimezone(UTC).isoformat(), row.order_id))


def order(call: Call[OneOrder, Nothing]) -> OrderInFull:
    """Read one order. Its lines, what warehouses were asked to ship, the parcels, and every step with its reason."""
    key = {"account": call.account, "shop": call.query.shop, "order_id": call.query.order_id}
    row = _QUERIES.maybe(call.conn, "order", **key)
    if row is None:
        raise Refusal(404, "no_such_order", "There is no such order.")
    subject = f"order/{row.order_id}"
    lines = pages.lines_of(row.snapshot, _QUERIES.rows(call.conn, "claims", **key))
    parked = _QUERIES.rows(call.conn, "parked", account=call.account, cause="", subject=subject, after_id=0, limit=50)
    return OrderInFull(
        shop=row.shop,
        order_id=row.order_id,
        name=row.name,
        state=row.state,
        state_says=words.badge(words.ORDER, row.state).sentence,
        reason=row.reason,
        placed_at=row.placed_at,
        updated_at=row.updated_at,
        cancelled_at=row.cancelled_at,
        ship_to_name=row.ship_to_name,
        country_code=row.country_code,
        tags=list(row.tags),
        lines=[_line(line) for line in lines],
        submissions=[_submission(each) for each in _QUERIES.rows(call.conn, "submissions", **key)],
        shipments=[_shipment(each) for each in _QUERIES.rows(call.conn, "shipments", **key)],
        parked=[each.parked_id for each in parked],
        timeline=timeline(call, subject, limit=_TIMELINE),
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        raise Refusal(400, "wrong_cursor", "The cursor is not one that this list gave. Begin without one.") from None


def _order(row: Row[Any]) -> Order:
    return Order(
        shop=row.shop,
        order_id=row.order_id,
        name=row.name,
        state=row.state,
        state_says=words.badge(words.ORDER, row.state).sentence,
        reason=row.reason,
        placed_at=row.placed_at,
        ship_to_name=row.ship_to_name,
        country_code=row.country_code,
        tags=list(row.tags),
        units=row.units,
        warehouses=list(row.warehouses),
        parcels=row.parcels,
        parcels_not_told=row.unwritten,
        needs_you=row.parked,
    )


def _line(line: pages.Line) -> OrderLine:
    return OrderLine(
        line_id=line.line_id,
        title=line.title,
        sku=line.sku,
        ordered=line.ordered,
        wanted=line.wanted,
        ships=line.ships,
        shipped=line.shipped,
        told=line.written,
        open=line.open,
    )


def _submission(row: Row[Any]) -> Submission:
    return Submission(
        reference=row.reference,
        connection=row.connection,
        warehouse=row.warehouse,
        location_id=row.location_id,
        state=row.state,
        state_says=words.badge(words.SUBMISSION, row.state).sentence,
        progress=row.progress,
        warehouse_ref=row.warehouse_ref,
        reason=row.reason,
        intended_at=row.intended_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
    )


def _shipment(row: Row[Any]) -> Shipment:
    tracking = row.tracking or {}
    return Shipment(
        shipment_id=row.shipment_id,
        reference=row.reference,
        warehouse=row.warehouse,
        carrier=row.carrier or str(tracking.get("carrier", "")),
        tracking_numbers=[str(number) for number in tracking.get("numbers", ())],
        units_by_line=dict(row.lines or {}),
        shipped_at=row.shipped_at,
        received_at=row.received_at,
        told_at=row.written_at,
    )


ROUTES = (
    Route(method="GET", path="/orders", scope="orders", handler=orders, query=Orders, answer=Page[Order]),
    Route(method="GET", path="/orders/one", scope="orders", handler=order, query=OneOrder, answer=OrderInFull, refuses=(404,)),
)
