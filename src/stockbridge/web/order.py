"""The page of one order: what was ordered, who ships it, what left, and every step with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.web import parked
from stockbridge.web.policy import Role
from stockbridge.web.visit import Page, Stop, Visit

_QUERIES = Queries("pages")
_TIMELINE = 200


@dataclass(slots=True)
class Line:
    """One line of an order as the page shows it."""

    line_id: str
    title: str
    sku: str
    ordered: int
    wanted: int
    ships: bool
    assigned: list[tuple[str, str, int]] = field(default_factory=list)
    shipped: int = 0
    written: int = 0

    @property
    def open(self) -> int:
        """Units that still have to leave."""
        return max(0, self.wanted - self.shipped) if self.ships else 0


def show(visit: Visit) -> Page:
    """One order."""
    shop, order_id, account = visit.query.get("shop"), visit.query.get("id"), visit.me.account
    key = {"account": account, "shop": shop, "order_id": order_id}
    order = _QUERIES.maybe(visit.conn, "order", **key)
    if order is None:
        raise Stop(404, "There is no such order. It may have been removed, or the address is not complete.")
    subject = f"order/{order_id}"
    submissions = _QUERIES.rows(visit.conn, "submissions", **key)
    lines = lines_of(order.snapshot, _QUERIES.rows(visit.conn, "claims", **key))
    values = {
        "order": order,
        "lines": lines,
        "titles": {line.line_id: line.title for line in lines},
        "submissions": submissions,
        "shipments": [_shipment(row) for row in _QUERIES.rows(visit.conn, "shipments", **key)],
        "parked": parked.boxes(visit, subject=subject),
        "timeline": _QUERIES.rows(visit.conn, "timeline", account=account, subject=subject, limit=_TIMELINE),
        "may_see_raw": Role.named(visit.me.role) >= Role.OPERATOR,
        "said": visit.query.get("said"),
    }
    return Page(template="order.html", values=values)


def show_raw(visit: Visit) -> Page:
    """One raw exchange, fetched only when somebody opens its disclosure; it holds what customers wrote."""
    arrival_id, effect_id = visit.query.number("arrival"), visit.query.number("effect")
    row = _QUERIES.maybe(
        visit.conn, "raw", account=visit.me.account, arrival_id=arrival_id or None, effect_id=effect_id or None
    )
    if row is None:
        raise Stop(404, "This exchange is no longer kept.")
    body = row.payload if row.payload is not None else bytes(row.body).decode("utf-8", "replace")
    return Page(template="raw.html", values={"row": row, "body": body, "cut": row.size > len(body) and row.size > 65_536})


def lines_of(snapshot: Mapping[str, Any], claims: Sequence[Row[Any]]) -> list[Line]:
    """The lines of an order, each with what warehouses were asked for and what has left."""
    lines: dict[str, Line] = {}
    for line in snapshot.get("lines", ()):
        lines[str(line.get("line_id", ""))] = Line(
            line_id=str(line.get("line_id", "")),
            title=str(line.get("title", "")),
            sku=str(line.get("sku", "")),
            ordered=int(line.get("quantity", 0)),
            wanted=int(line.get("current_quantity", 0)),
            ships=bool(line.get("requires_shipping", True)),
        )
    for claim in claims:
        line = lines.get(claim.line_id)
        if line is None:
            continue
        line.shipped += claim.shipped
        line.written += claim.written_back
        if claim.units > claim.cancelled:
            line.assigned.append((claim.warehouse, claim.item_code, claim.units - claim.cancelled))
    return list(lines.values())


def _shipment(row: Row[Any]) -> dict[str, Any]:
    tracking: Mapping[str, Any] = row.tracking or {}
    numbers = [str(number) for number in tracking.get("numbers", ())]
    urls = [str(url) for url in tracking.get("urls", ())]
    urls += [""] * (len(numbers) - len(urls))
    carrier = row.carrier or str(tracking.get("carrier", ""))
    by_line: dict[str, int] = defaultdict(int)
    for line_id, units in (row.lines or {}).items():
        by_line[line_id] += int(units)
    return {"row": row, "carrier": carrier, "tracking": list(zip(numbers, urls, strict=False)), "lines": dict(by_line)}
