"""What waits for a person: cause, effect and remedy; and the two things that a person can ask for."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import Row

from stockbridge.db import reports
from stockbridge.db.queries import Queries
from stockbridge.domain.events import DismissAsked, Event, RetryAsked
from stockbridge.web import words
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.route import ROOT, Asked, Call, Given, Moment, Nothing, Page, Refusal, Route, Told, asking, says

_QUERIES = Queries("pages")
_LOOKED = says(
    "Somebody has looked on the other side. Needed where `remedy` is `decide`: sending again what did arrive doubles it."
)


class AllParked(Paged, frozen=True):
    """Which of them. An empty filter lets everything through."""

    cause: Annotated[str, says("Only this cause.", max_length=100)] = ""
    subject: Annotated[str, says("Only what this is about, such as `order/` and an order's id.", max_length=300)] = ""


class Retry(Given, frozen=True):
    """To be tried again."""

    looked: Annotated[bool, _LOOKED] = False


class Dismiss(Given, frozen=True):
    """To be closed."""

    note: Annotated[
        str, says("Why nothing more is needed: it stays in the timeline.", min_length=1, max_length=1000, pattern=r"\S")
    ]
    looked: Annotated[bool, _LOOKED] = False


class Parked(Told, frozen=True):
    """One thing that waits, or waited, for a person."""

    parked_id: int
    subject: Annotated[str, says("What it is about: order/…, stock/…, item/…, connection/… and the ids.")]
    cause: Annotated[str, says("A word for programs.")]
    cause_says: str
    connection: str
    title: Annotated[str, says("What is wrong, in a sentence.")]
    consequence: Annotated[str, says("What does not happen meanwhile.")]
    remedy: Annotated[str, says(f"What repairs it: one of {', '.join(words.REMEDY)}.")]
    remedy_says: str
    run_id: Annotated[int | None, says("The run that was held back, where `remedy` is `sweep`: see `/sweeps/runs/{run_id}`.")]
    opened_at: Moment
    closed_at: Moment | None
    closed_by: str | None
    closed_how: str | None


def parked(call: Call[AllParked, Nothing]) -> Page[Parked]:
    """List what needs a person. What is open, the oldest first."""
    query = call.query
    (after,) = place(query, "parked", (0,))
    rows = _QUERIES.rows(
        call.conn,
        "parked",
        account=call.account,
        cause=query.cause,
        subject=query.subject,
        after_id=after,
        limit=query.limit + 1,
    )
    return page(query, "parked", rows, _parked, lambda row: (row.parked_id,))


def one(call: Call[Nothing, Nothing]) -> Parked:
    """Read one parked thing. Open or closed, and by whom it was closed."""
    return _parked(_row(call))


def retry(call: Call[Nothing, Retry]) -> Asked:
    """Have a parked thing tried again. The same as the button on the page Needs you."""
    row = _open(call, looked=call.body.looked)
    return _ask(call, row, RetryAsked(parked_id=row.parked_id, by=call.by), "It is tried again.")


def dismiss(call: Call[Nothing, Dismiss]) -> Asked:
    """Close a parked thing. Nothing more is needed; the note says why."""
    row = _open(call, looked=call.body.looked)
    event = DismissAsked(parked_id=row.parked_id, by=call.by, note=call.body.note.strip())
    return _ask(call, row, event, "It is closed.")


def _ask(call: Call[Any, Any], row: Row[Any], event: Event, sentence: str) -> Asked:
    call.ask([event])
    return Asked(asked=sentence, look_at=f"{ROOT}/parked/{row.parked_id}")


def _row(call: Call[Any, Any]) -> Row[Any]:
    row = reports.parked_one(call.conn, account=call.account, parked_id=call.numbers["parked_id"])
    if row is None:
        raise Refusal(404, "no_such_parked", "There is nothing parked with this id.")
    return row


def _open(call: Call[Any, Any], *, looked: bool) -> Row[Any]:
    row = _row(call)
    if row.closed_at is not None:
        raise Refusal(409, "closed", f"It is closed already: {row.closed_how or 'solved'}. Nothing was done.")
    if row.cause.startswith("braked:"):
        run = f"{ROOT}/sweeps/runs/{row.data['run_id']}"
        raise Refusal(409, "held_back", f"Approve or drop the run that was held back: {run}. Nothing was done.")
    if row.remedy == "decide" and not looked:
        sentence = (
            "Its outcome is unknown. Look on the other side first, then send it again with looked: true. Nothing was done."
        )
        raise Refusal(422, "not_looked", sentence)
    return row


def _parked(row: Row[Any]) -> Parked:
    return Parked(
        parked_id=row.parked_id,
        subject=row.subject,
        cause=row.cause.split(":", 1)[0],
        cause_says=words.cause(row.cause),
        connection=row.connection,
        title=row.title,
        consequence=row.consequence,
        remedy=row.remedy,
        remedy_says=words.REMEDY.get(row.remedy) or words.plain(row.remedy),
        run_id=row.data.get("run_id"),
        opened_at=row.opened_at,
        closed_at=getattr(row, "closed_at", None),
        closed_by=getattr(row, "closed_by", None),
        closed_how=getattr(row, "closed_how", None),
    )


_ONE = "/parked/{parked_id}"
ROUTES = (
    Route(method="GET", path="/parked", scope="read", handler=parked, query=AllParked, answer=Page[Parked]),
    Route(method="GET", path=_ONE, scope="read", handler=one, answer=Parked, refuses=(404,)),
    asking(f"{_ONE}/retry", scope="operate", handler=retry, body=Retry, refuses=(404, 409)),
    asking(f"{_ONE}/dismiss", scope="operate", handler=dismiss, body=Dismiss, refuses=(404, 409)),
)
