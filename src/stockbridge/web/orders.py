"""The list of orders: saved views as tabs, filters in the address, search, and asking for a retry of many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from stockbridge.db.queries import Queries
from stockbridge.domain.events import RetryAsked
from stockbridge.web import words
from stockbridge.web.visit import Form, Go, Page, Visit

PER_PAGE = 50
_QUERIES = Queries("pages")
_FILTERS = ("shop", "warehouse", "state", "tag")


def show(visit: Visit) -> Page:
    """One page of orders. The address holds the view: it can be kept and sent to somebody."""
    query, account = visit.query, visit.me.account
    tab = query.get("tab") if query.get("tab") in words.TABS else "all"
    search = query.get("q")[:200]
    before_at, before_id = _before(query.get("before"))
    rows = _QUERIES.rows(
        visit.conn,
        "orders",
        account=account,
        tab=tab,
        search=search,
        like=like(search),
        like_exact=escaped(search),
        before_at=before_at,
        before_id=before_id,
        limit=PER_PAGE + 1,
        **{name: query.get(name)[:200] for name in _FILTERS},
    )
    shown = rows[:PER_PAGE]
    values = {
        "rows": shown,
        "more": f"{shown[-1].placed_at.isoformat()}~{shown[-1].order_id}" if len(rows) > PER_PAGE else "",
        "first": not query.get("before"),
        "tab": tab,
        "counts": _QUERIES.one(visit.conn, "tab_counts", account=account)._mapping,
        "choices": _QUERIES.one(visit.conn, "filters", account=account),
        "chosen": [(name, query.get(name)) for name in (*_FILTERS, "q") if query.get(name)],
        "here": query,
        "said": query.get("said"),
    }
    return Page(template="orders.html", values=values)


def retry(visit: Visit) -> Go:
    """Asks that everything that is parked on the selected orders be tried again."""
    subjects = [f"order/{order_id}" for order_id in visit.form.all("order")]
    parked = _QUERIES.rows(visit.conn, "open_parked_of", account=visit.me.account, subjects=subjects) if subjects else []
    ask_again(visit, [row.parked_id for row in parked])
    return Go(to=back_to(visit, "/orders", "retry" if parked else "none"))


def ask_again(visit: Visit, parked_ids: Sequence[int]) -> None:
    """Asks that parked things be tried again."""
    me = visit.me
    events = [RetryAsked(parked_id=parked_id, by=me.name) for parked_id in parked_ids]
    visit.parts.ask(visit.conn, account=me.account, events=events, by=me.person_id)


def back_to(visit: Visit, path: str, said: str) -> str:
    """The page the form was on, with a sentence about what was done."""
    kept = Form(tuple(parse_qsl(visit.form.get("view")[:2_000])))
    return f"{path}?{kept.without('said', said=said)}"


def like(search: str) -> str:
    """The pattern for names that begin with the search."""
    return f"{escaped(search)}%"


def escaped(search: str) -> str:
    """The search with LIKE's own signs taken literally."""
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _before(text: str) -> tuple[datetime | None, str]:
    at, _, order_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None, ""
    return (moment, order_id) if moment.tzinfo is not None else (None, "")
