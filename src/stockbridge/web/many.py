"""The same for everything that waits for one cause: how many is said first, and no more than that is touched."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.web import words
from stockbridge.web.orders import ask_again
from stockbridge.web.parked import NO_NOTE, ask_to_close, note_of
from stockbridge.web.visit import Go, Page, Stop, Visit

#: no more than this at once: what is asked for is worked through in order, and new orders should not wait behind it for long
MOST = 500
_QUERIES = Queries("pages")
#: what may be done to many at once, and to which; where an outcome is unknown somebody looks first, one by one
REMEDIES = {"retry": ["retry", "replay", "map_item"], "dismiss": ["retry", "replay", "map_item", "map_code", "dismiss"]}


def show(visit: Visit) -> Page:
    """How many it would be, of which causes, and the button."""
    what, cause = visit.query.get("do"), visit.query.get("cause")[:100]
    remedies = _remedies(what)
    counts = _QUERIES.one(visit.conn, "matching_counts", account=visit.me.account, cause=cause, remedies=remedies)
    chosen = _matching(visit, what, cause, last=counts.last)
    causes = Counter(words.cause(row.cause) for row in chosen)
    values = {
        "what": what,
        "cause": cause,
        "many": len(chosen),
        "rest": counts.fit - len(chosen),
        "others": counts.others,
        "last": counts.last,
        "causes": causes.most_common(),
    }
    return Page(template="many.html", values=values)


def change(visit: Visit) -> Go:
    """Does it to those that the person was shown: what came since then, and what is closed by now, is left alone."""
    form = visit.form
    what, cause = form.get("do"), form.get("cause")[:100]
    note = note_of(visit)
    if what == "dismiss" and not note:
        raise Stop(422, NO_NOTE)
    chosen = [int(row.parked_id) for row in _matching(visit, what, cause, last=form.number("last"))]
    if chosen and what == "retry":
        ask_again(visit, chosen)
    elif chosen:
        ask_to_close(visit, chosen, note=note)
    said = "none" if not chosen else "retry" if what == "retry" else "dismissed"
    return Go(to=f"/parked?said={said}")


def _remedies(what: str) -> list[str]:
    if what not in REMEDIES:
        raise Stop(404, "The address is not complete.")
    return REMEDIES[what]


def _matching(visit: Visit, what: str, cause: str, *, last: int) -> list[Row[Any]]:
    account, remedies = visit.me.account, _remedies(what)
    return list(_QUERIES.rows(visit.conn, "matching", account=account, cause=cause, remedies=remedies, last=last, limit=MOST))
