"""The list of orders: saved views as tabs, filters in the address, search, and what may be asked for many of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from stockbridge.db.queries import Queries
from stockbridge.domain.batches import TITLES
from stockbridge.domain.events import RetryAsked
from stockbridge.web import words
from stockbridge.web.finding import FIELDS, fit, shown, tokens_of, wanted_of
from stockbridge.web.visit import Form, Go, Page, Stop, Visit

PER_PAGE = 50
#: orders of a kept view are counted up to here
COUNTED = 1_000
LONGEST_TITLE = 60
_QUERIES = Queries("pages")


def show(visit: Visit) -> Page:
    """One page of orders. The address holds the view: it can be kept and sent to somebody."""
    query, account = visit.query, visit.me.account
    wanted = wanted_of(query)
    tab = wanted.tab if wanted.tab in words.TABS else "all"
    found = fit(visit.conn, wanted, account=account, limit=PER_PAGE + 1, before=_before(query.get("before")))
    rows = shown(visit.conn, found[:PER_PAGE], account=account)
    more = len(found) > PER_PAGE and rows
    values = {
        "rows": rows,
        "more": f"{rows[-1].placed_at.isoformat()}~{rows[-1].order_id}" if more else "",
        "first": not query.get("before"),
        "tab": tab,
        "counts": _QUERIES.one(visit.conn, "tab_counts", account=account)._mapping,
        "views": _views(visit),
        "choices": _QUERIES.one(visit.conn, "filters", account=account),
        "tokens": [(name, value, without(query, name, value)) for name, value in tokens_of(wanted)],
        "fits": len(fit(visit.conn, wanted, account=account, limit=COUNTED)) if more else len(rows),
        "actions": TITLES,
        "batch": query.get("batch"),
        "here": query,
        "said": query.get("said"),
    }
    return Page(template="orders.html", values=values)


def _views(visit: Visit) -> list[dict[str, object]]:
    """The views that people keep, each with how many orders fit it."""
    account, found = visit.me.account, []
    for row in _QUERIES.rows(visit.conn, "views", account=account):
        wanted = wanted_of(Form(tuple(parse_qsl(row.query))))
        many = len(fit(visit.conn, wanted, account=account, limit=COUNTED))
        found.append({"title": row.title, "query": row.query, "many": many, "here": wanted == wanted_of(visit.query)})
    return found


def keep(visit: Visit) -> Go:
    """Keeps the view under a name, for everybody; or keeps it no longer."""
    title = " ".join(visit.form.get("title").split())[:LONGEST_TITLE]
    if not title:
        raise Stop(422, "Please give the view a name, so that it can be found again.")
    view = Form(tuple(parse_qsl(visit.form.get("view")[:2_000])))
    account, me = visit.me.account, visit.me
    if visit.form.get("do") == "drop":
        _QUERIES.run(visit.conn, "drop_view", account=account, title=title)
        return Go(to="/orders?said=dropped_view")
    query = Form(tuple((name, value) for name, value in view.pairs if name in FIELDS)).without()
    if not query:
        raise Stop(422, "This view shows all orders: choose a filter first, then keep it.")
    _QUERIES.run(visit.conn, "keep_view", account=account, title=title, query=query, by=me.name, now=visit.now)
    return Go(to=f"/orders?{query}&said=kept_view")


def without(query: Form, name: str, value: str) -> str:
    """The address without one filter; others of the same name stay."""
    pairs = tuple(pair for pair in query.pairs if pair != (name, value))
    return Form(pairs).without("before", "said", "batch")


def ask_again(visit: Visit, parked_ids: Sequence[int]) -> None:
    """Asks that parked things be tried again."""
    me = visit.me
    events = [RetryAsked(parked_id=parked_id, by=me.name) for parked_id in parked_ids]
    visit.parts.ask(visit.conn, account=me.account, events=events, by=me.person_id)


def back_to(visit: Visit, path: str, said: str) -> str:
    """The page the form was on, with a sentence about what was done."""
    kept = Form(tuple(parse_qsl(visit.form.get("view")[:2_000])))
    return f"{path}?{kept.without('said', said=said)}"


def _before(text: str) -> tuple[datetime | None, str]:
    at, _, order_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None, ""
    return (moment, order_id) if moment.tzinfo is not None else (None, "")
