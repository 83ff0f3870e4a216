"""The same for many orders: how many is said first; then it goes on by itself, shows how far it is, and can be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.batches import MOST, TITLES, Action
from stockbridge.domain.events import BatchAsked, BatchStopped
from stockbridge.web.finding import fit, shown, wanted_of
from stockbridge.web.visit import Form, Go, Page, Stop, Visit

PER_PAGE = 500
_QUERIES = Queries("pages")


def confirm(visit: Visit) -> Page:
    """Says what would be asked, for how many orders, before anything is."""
    action, form = _action(visit.form), visit.form
    orders = _chosen(visit, seen_by=visit.now)
    values = {
        "action": action,
        "title": TITLES[action],
        "many": len(orders),
        "most": MOST,
        "orders": form.all("order") if not _all(form) else [],
        "view": form.get("view"),
        "all": _all(form),
        "seen_by": visit.now.isoformat(),
        "names": [row.name for row in shown(visit.conn, orders[:6], account=visit.account)],
    }
    return Page(template="batch_confirm.html", values=values)


def start(visit: Visit) -> Page | Go:
    """Asks for it; when other orders fit by now than were shown, they are shown again first."""
    form, me = visit.form, visit.me
    action, orders = _action(form), _chosen(visit, seen_by=_moment(form.get("seen_by")))
    if not orders:
        return Go(to=f"/orders?{_view(form).without('said', 'batch', said='none')}")
    if len(orders) != form.number("many"):
        return confirm(visit)
    batch_id = visit.parts.ids.new()
    event = BatchAsked(batch_id=batch_id, action=action.value, orders=tuple(orders), by=me.name)
    visit.parts.ask(visit.conn, account=me.account, events=[event], by=me.person_id)
    return Go(to=f"/orders?{_view(form).without('said', 'batch', 'before', batch=batch_id)}")


def show(visit: Visit) -> Page:
    """How far it is, and what became of each order; a part of the page, when only that is asked for."""
    batch_id, query = visit.query.get("batch"), visit.query
    batch = _batch(visit, batch_id)
    values: dict[str, object] = {"batch": batch, "batch_id": batch_id, "titles": TITLES, "here": query}
    if query.get("part") == "now":
        return Page(template="batch_now.html", values=values)
    skip = min(query.number("skip"), MOST)
    rows = _QUERIES.rows(visit.conn, "batch_orders", account=visit.account, batch_id=batch_id, limit=PER_PAGE + 1, skip=skip)
    values |= {"rows": rows[:PER_PAGE], "more": skip + PER_PAGE if len(rows) > PER_PAGE else 0}
    return Page(template="batch.html", values=values)


def stop(visit: Visit) -> Go:
    """Asks that it be begun for no other order."""
    me, batch_id = visit.me, visit.form.get("batch")[:100]
    if _batch(visit, batch_id) is not None:
        visit.parts.ask(visit.conn, account=me.account, events=[BatchStopped(batch_id=batch_id, by=me.name)], by=me.person_id)
    return Go(to=f"/orders/batch?{Form().without(batch=batch_id)}")


def _batch(visit: Visit, batch_id: str) -> Row[object] | None:
    """What is known of it; None: it was asked for a moment ago, or there is no such thing."""
    return _QUERIES.maybe(visit.conn, "batch", account=visit.account, batch_id=batch_id[:100])


def _action(form: Form) -> Action:
    try:
        return Action(form.get("do"))
    except ValueError:
        raise Stop(422, "Please choose what is to be done from the menu Actions.") from None


def _all(form: Form) -> bool:
    return form.get("all") == "yes"


def _view(form: Form) -> Form:
    return Form(tuple(parse_qsl(form.get("view")[:2_000])))


def _chosen(visit: Visit, *, seen_by: datetime | None) -> Sequence[tuple[str, str]]:
    """The orders that were ticked, or all that fit the view and were known when it was shown."""
    form = visit.form
    if _all(form):
        return fit(visit.conn, wanted_of(_view(form)), account=visit.account, limit=MOST, seen_by=seen_by)
    ticked = [tuple(text.split("\t", 1)) for text in form.all("order") if "\t" in text][:MOST]
    rows = shown(visit.conn, [(shop, order_id) for shop, order_id in ticked], account=visit.account)
    return list(dict.fromkeys((row.shop, row.order_id) for row in rows))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
