"""Numbers of the past as programs are told of them. Part of several answers; it has no route of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from stockbridge.db import history
from stockbridge.db.queries import Queries
from stockbridge.domain.history import Answer, moment_meant, outcome, zones_of
from stockbridge.domain.history import Told as Entry
from stockbridge.web.api.route import Call, Moment, Refusal, Told, says
from stockbridge.web.item import derivation

_QUERIES = Queries("pages")


class SumLine(Told, frozen=True):
    """One line of the sum."""

    term: str
    label: str
    units: int | float | None
    sign: str
    why: str


class PastSource(Told, frozen=True):
    """A warehouse behind a number of the past, as it was."""

    connection: str
    warehouse: str
    item_code: str | None
    counted: Annotated[dict[str, int | float] | None, says("Units in the zones that counted; null: nothing was known of it.")]
    left_out: Annotated[dict[str, int | float], says("Units in the zones that did not.")]


class PastOrder(Told, frozen=True):
    """Units of one order that a warehouse was asked for, and that its figure did not show."""

    order_name: str
    order_id: Annotated[str, says("Empty: several others together.")]
    shop: str
    warehouse: str
    state: str
    units: int


class PastNumber(Told, frozen=True):
    """A number of the past, with what led to it."""

    at: Annotated[Moment, says("When it was worked out.")]
    stood_until: Annotated[Moment | None, says("When the next one was; null: it still stands.")]
    offered: Annotated[int | None, says("What the shop should offer.")]
    shop_showed: Annotated[int | None, says("What it offered; null: it was not stocked there.")]
    wrote: Annotated[int | None, says("What we wrote; null: nothing.")]
    answer: Annotated[Answer, says("What became of it.")]
    answer_says: Annotated[str, says("The same in a sentence.")]
    committed: Annotated[int, says("What the shop held for its open orders.")]
    reserved: Annotated[int, says("What the shop held back for other reasons.")]
    causes: Annotated[list[str], says("What had changed since the number before.")]
    decisions: Annotated[list[str], says("What people decided about it since then.")]
    changed_elsewhere: Annotated[
        int, says("By how much somebody else had changed it in the shop: a person, another app, a till.")
    ]
    steps: list[SumLine]
    findings: Annotated[list[str], says("What was noticed on the way, in sentences.")]
    sources: list[PastSource]
    orders: Annotated[list[PastOrder], says("What was in flight.")]


def at_moment(call: Call[Any, Any], text: str) -> PastNumber:
    """The number of the level that is asked about as it stood at a moment, as a person writes one. Raises Refusal."""
    shop, zone = call.query.shop, _QUERIES.value(call.conn, "zone_of", account=call.account, shop=call.query.shop) or "UTC"
    try:
        moment = moment_meant(text, zone=zone, now=call.now)
        place: dict[str, Any] = {"account": call.account, "shop": shop, "cell": cell(call)}
        told = history.told(call.conn, **place, until=moment, limit=1)
    except (ValueError, OverflowError):
        raise Refusal(400, "wrong_query", "The field 'at' is not a moment. Write it like 2026-11-17T14:00.") from None
    if not told:
        sentence = f"No number is remembered from then or before: they are kept for {call.parts.settings.history_days} days."
        raise Refusal(404, "not_remembered", sentence)
    after = history.next_after(call.conn, **place, entry=told[0].entry)
    return number(told[0], until=after.at if after else None)


def cell(call: Call[Any, Any]) -> tuple[str, str]:
    """The level that is asked about."""
    return call.query.location_id, call.query.inventory_item_id


def number(told: Entry, *, until: datetime | None) -> PastNumber:
    """A number as programs are told of it. ``until``: when the next one was worked out."""
    entry = told.entry
    steps, _, findings = derivation(dict(entry.derivation))
    return PastNumber(
        at=entry.at,
        stood_until=until,
        offered=entry.offered,
        shop_showed=entry.shown,
        wrote=entry.wrote,
        answer=entry.answer,
        answer_says=outcome(entry),
        committed=entry.committed,
        reserved=entry.reserved,
        causes=list(told.causes),
        decisions=list(told.decisions),
        changed_elsewhere=told.elsewhere,
        steps=[sum_line(step) for step in steps],
        findings=findings,
        sources=[_source(each) for each in entry.sources],
        orders=[
            PastOrder(
                order_name=each.name,
                order_id=each.order_id,
                shop=each.shop,
                warehouse=each.warehouse,
                state=each.state,
                units=each.units,
            )
            for each in entry.orders
        ],
    )


def sum_line(step: Mapping[str, Any]) -> SumLine:
    """A step of a derivation as programs are told of it."""
    return SumLine(term=str(step.get("term", "")), **{name: step[name] for name in ("label", "units", "sign", "why")})


def _source(source: Mapping[str, object]) -> PastSource:
    code = source.get("item_code")
    return PastSource(
        connection=str(source.get("connection", "")),
        warehouse=str(source.get("warehouse", "")),
        item_code=None if code is None else str(code),
        counted=None if source.get("unknown") else _units(source, "counted"),
        left_out=_units(source, "left_out"),
    )


def _units(source: Mapping[str, object], which: str) -> dict[str, int | float]:
    return {zone: units if isinstance(units, int) else float(units) for zone, units in zones_of(source, which)}
