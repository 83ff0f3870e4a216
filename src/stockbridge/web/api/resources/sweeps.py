"""Runs of sweeps: what was compared, what was found and why, what waits for approval; and the word that lets it go on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.drift import Cause
from stockbridge.domain.events import Event, RunApproved, RunDropped, SweepAsked
from stockbridge.web import sweeps as pages
from stockbridge.web import words
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.route import ROOT, Asked, Call, File, Given, Moment, Nothing, Page, Refusal, Route, Told, asking, says

_PAGES = Queries("pages")
_QUERIES = Queries("api")
_NEWEST = 2**63 - 1


class RunKind(StrEnum):
    """What a run compares or changes. delta: what is mapped; full: everything on either side; snapshot: a whole list of a warehouse;
    mapping: a change of the mapping. The last two are shown when they were held back."""

    DELTA = "delta"
    FULL = "full"
    SNAPSHOT = "snapshot"
    MAPPING = "mapping"


class SweepKind(StrEnum):
    """What is to be compared. delta: what is mapped; full: everything on either side."""

    DELTA = "delta"
    FULL = "full"


class RunState(StrEnum):
    """Where a run stands. braked: it would change very much at once, and waits until somebody approves or drops it; dropped: nothing of
    it was done; failed: the shop could not be asked for hours."""

    RUNNING = "running"
    DONE = "done"
    BRAKED = "braked"
    APPROVED = "approved"
    DROPPED = "dropped"
    FAILED = "failed"


class Runs(Paged, frozen=True):
    """Which runs."""

    kind: Annotated[RunKind | None, says("Only of this kind; left out: of all.")] = None


class SweepNow(Given, frozen=True):
    """A shop to be compared now."""

    shop: Annotated[str, says("The shop.", min_length=1, max_length=200)]
    kind: Annotated[SweepKind, says("What is to be compared.")] = SweepKind.DELTA
    dry: Annotated[bool, says("Look only, and change nothing.")] = False


class Drop(Given, frozen=True):
    """What was held back is not wanted."""

    note: Annotated[str, says("Why not: it stays in the timeline.", max_length=500)] = ""


class Run(Told, frozen=True):
    """A comparison of a shop, or something that was held back because it would change very much at once."""

    run_id: int
    kind: RunKind
    kind_says: str
    state: RunState
    state_says: Annotated[str, says("The state as a sentence.")]
    dry: Annotated[bool, says("It only looks.")]
    shop: Annotated[str, says("Empty: it is about a warehouse.")]
    warehouse: Annotated[str, says("The connection and the warehouse, of a whole list of it; else empty.")]
    reason: Annotated[str, says("Why it was held back or failed, or what was the matter.")]
    asked_by: Annotated[str, says("Empty: it was due.")]
    began_at: Moment
    ended_at: Moment | None
    progress_percent: int
    compared: Annotated[int, says("Levels that it has looked at.")]
    expected: Annotated[int, says("Levels that there were when it began.")]
    found: Annotated[int, says("Levels that differed.")]
    writes: Annotated[int, says("Those of them that are ours to write.")]
    causes: Annotated[dict[str, int], says(f"The levels that differed by cause: {', '.join(Cause)}.")]
    left_alone: Annotated[dict[str, int], says(f"Levels that it left alone, by reason: {', '.join(words.LEFT_ALONE)}.")]
    mapping_version: Annotated[int, says("The version of the mapping that it goes by.")]
    decided_by: str | None
    decided_at: Moment | None


class Correction(Told, frozen=True):
    """A level that differed."""

    shop: str
    location_id: str
    location: str
    inventory_item_id: str
    sku: str
    title: str
    was: Annotated[int | None, says("What the shop showed; null: it was not stocked there.")]
    should: Annotated[int | None, says("What it should show; null: nobody knows.")]
    now: Annotated[int | None, says("What the shop was last seen to show.")]
    cause: Cause
    cause_says: str
    why: str
    written: Annotated[bool, says("Whether it is ours to write; the run's `state` says whether it was.")]
    found_at: Moment


def runs(call: Call[Runs, Nothing]) -> Page[Run]:
    """List runs. Sweeps and what was held back, the newest first."""
    query = call.query
    (before,) = place(query, "runs", (_NEWEST,))
    kind = query.kind.value if query.kind else ""
    rows = _PAGES.rows(call.conn, "runs", account=call.account, kind=kind, before=before, limit=query.limit + 1)
    return page(query, "runs", rows, _run, lambda row: (row.run_id,))


def run(call: Call[Nothing, Nothing]) -> Run:
    """Read one run. How far it is, what it found by cause, and what was decided."""
    return _run(_row(call))


def corrections(call: Call[Paged, Nothing]) -> Page[Correction]:
    """List what a run found. Level by level; of what was held back, what it would change."""
    query = call.query
    shop, location, item = place(query, "corrections", ("", "", ""))
    rows = _QUERIES.rows(
        call.conn,
        "corrections",
        account=call.account,
        run_id=_row(call).run_id,
        after_shop=shop,
        after_location=location,
        after_item=item,
        limit=query.limit + 1,
    )
    return page(query, "corrections", rows, _correction, lambda row: (row.shop, row.location_id, row.inventory_item_id))


def corrections_csv(call: Call[Nothing, Nothing]) -> File:
    """Read what a run found as a table. All of it, as CSV that no spreadsheet obeys."""
    row = _row(call)
    found = _PAGES.rows(call.conn, "found_by", account=call.account, run_id=row.run_id, after=0, limit=pages.FILE + 1, sort="")
    return File(name=pages.file_name(row), media_type="text/csv; charset=utf-8", content=pages.table(row, found))


def start(call: Call[Nothing, SweepNow]) -> Asked:
    """Have a shop compared now. What differs is put right, unless that is very much at once; with `dry` it is only shown.

    While one like it is under way no other begins.
    """
    body = call.body
    known = {each.name for each in pages.shops(call)}
    if body.shop not in known:
        listed = ", ".join(sorted(known)) or "none: nothing is mapped yet"
        raise Refusal(422, "unknown_shop", f"There is no such shop to compare. There is: {listed}. Nothing was done.")
    call.ask([SweepAsked(shop=body.shop, kind=body.kind.value, dry=body.dry, by=call.by)])
    asked = f"{body.shop} is {'looked at' if body.dry else 'compared'} in a moment."
    return Asked(asked=asked, look_at=f"{ROOT}/sweeps/runs")


def approve(call: Call[Nothing, Nothing]) -> Asked:
    """Approve what was held back. Read first what it would change: `/sweeps/runs/{run_id}/corrections`."""
    row = _held(call)
    return _decide(call, row, RunApproved(run_id=row.run_id, by=call.by), "What it would change is done in a moment.")


def drop(call: Call[Nothing, Drop]) -> Asked:
    """Drop what was held back. Nothing of it is done; the note says why."""
    row = _held(call)
    event = RunDropped(run_id=row.run_id, by=call.by, note=call.body.note.strip())
    return _decide(call, row, event, "Nothing of it is done.")


def _decide(call: Call[Any, Any], row: Row[Any], event: Event, sentence: str) -> Asked:
    call.ask([event])
    return Asked(asked=sentence, look_at=f"{ROOT}/sweeps/runs/{row.run_id}")


def _held(call: Call[Any, Any]) -> Row[Any]:
    row = _row(call)
    if row.state != RunState.BRAKED:
        sentence = f"It waits for nobody: {pages.badge(row).text.lower()}. Nothing was done."
        raise Refusal(409, "not_held", sentence)
    return row


def _row(call: Call[Any, Any]) -> Row[Any]:
    row = _PAGES.maybe(call.conn, "run", account=call.account, run_id=call.numbers["run_id"])
    if row is None:
        raise Refusal(404, "no_such_run", "There is no such run; old ones are forgotten.")
    return row


def _run(row: Row[Any]) -> Run:
    return Run(
        run_id=row.run_id,
        kind=RunKind(row.kind),
        kind_says=words.run_kind(row),
        state=RunState(row.state),
        state_says=pages.badge(row).sentence,
        dry=row.dry,
        shop=row.shop,
        warehouse=row.warehouse,
        reason=row.reason,
        asked_by=row.asked_by,
        began_at=row.began_at,
        ended_at=row.ended_at,
        progress_percent=pages.progress(row),
        compared=row.visited,
        expected=row.expected,
        found=row.found,
        writes=row.writes,
        causes=dict(row.causes),
        left_alone={reason: row.counts[reason] for reason in words.LEFT_ALONE if row.counts.get(reason)},
        mapping_version=row.mapping_version,
        decided_by=row.decided_by or None,
        decided_at=row.decided_at,
    )


def _correction(row: Row[Any]) -> Correction:
    return Correction(
        shop=row.shop,
        location_id=row.location_id,
        location=row.location,
        inventory_item_id=row.inventory_item_id,
        sku=row.sku,
        title=row.title,
        was=row.was,
        should=row.should,
        now=row.now,
        cause=Cause(row.cause),
        cause_says=words.drift(row.cause),
        why=row.why,
        written=row.writes,
        found_at=row.found_at,
    )


_ONE = "/sweeps/runs/{run_id}"
ROUTES = (
    Route(method="GET", path="/sweeps/runs", scope="read", handler=runs, query=Runs, answer=Page[Run]),
    asking("/sweeps/runs", scope="operate", handler=start, body=SweepNow),
    Route(method="GET", path=_ONE, scope="read", handler=run, answer=Run, refuses=(404,)),
    Route(
        method="GET",
        path=f"{_ONE}/corrections",
        scope="read",
        handler=corrections,
        query=Paged,
        answer=Page[Correction],
        refuses=(404,),
    ),
    Route(method="GET", path=f"{_ONE}/corrections.csv", scope="read", handler=corrections_csv, answer=File, refuses=(404,)),
    asking(f"{_ONE}/approve", scope="sources", handler=approve, refuses=(404, 409)),
    asking(f"{_ONE}/drop", scope="sources", handler=drop, body=Drop, refuses=(404, 409)),
)
