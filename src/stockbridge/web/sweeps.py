"""Sweeps: what was compared, what was found and why, what was put right, and what waits for somebody to approve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.calendar import next_night, next_quarter
from stockbridge.domain.events import RunApproved, RunDropped, SweepAsked
from stockbridge.domain.spreadsheet import csv
from stockbridge.web import words
from stockbridge.web.parts import Asking
from stockbridge.web.policy import Role
from stockbridge.web.visit import Download, Go, Page, Stop, Visit

PER_PAGE = 30
#: levels on one page of a run, and at most in one file
_LEVELS, FILE = 200, 200_000
SORTS = {"": "Item", "location": "Location", "cause": "Cause", "size": "Largest difference"}
_HEADING = ("SKU", "Title", "Location", "Was", "Should be", "Shown now", "Cause", "Why", "Ours to write")
_QUERIES = Queries("pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop that is swept, and when it is the next time. None: not while it is paused."""

    name: str
    title: str
    zone: str
    delta_at: datetime | None
    full_at: datetime | None


def show(visit: Visit) -> Page:
    """The shops with their next sweeps, and the runs, the newest first."""
    kind = visit.query.get("kind")[:20]
    before = visit.query.number("before")
    rows = _QUERIES.rows(visit.conn, "runs", account=visit.me.account, kind=kind, before=before, limit=PER_PAGE + 1)
    role = Role.named(visit.me.role)
    values = {
        "shops": shops(visit),
        "runs": [(row, badge(row), progress(row)) for row in rows[:PER_PAGE]],
        "more": rows[PER_PAGE - 1].run_id if len(rows) > PER_PAGE else 0,
        "kinds": words.RUN_KIND,
        "kind": kind,
        "repairs": role >= Role.OPERATOR,
        "here": visit.query,
        "said": visit.query.get("said"),
    }
    return Page(template="sweeps.html", values=values)


def shops(asking: Asking) -> list[Shop]:
    """The shops that are swept."""
    every, found = asking.parts.settings.delta_every_min, []
    for row in _QUERIES.rows(asking.conn, "sweeping_shops", account=asking.account):
        delta_at = None if row.paused else next_quarter(asking.now, every_min=every)
        full_at = None if row.paused else next_night(asking.now, zone=row.time_zone, done=row.night)
        found.append(Shop(name=row.shop, title=row.title, zone=row.time_zone, delta_at=delta_at, full_at=full_at))
    return found


def badge(row: Row[Any]) -> words.Badge:
    """The state of a run."""
    return words.badge(words.RUN, "looked" if row.dry and row.state == "done" else row.state)


def progress(row: Row[Any]) -> int:
    """How far a run has come, in percent of what it expected to visit."""
    if row.state != "running":
        return 100
    return min(99, round(100 * row.visited / row.expected)) if row.expected else 0


def show_run(visit: Visit) -> Page:
    """One run: what it compared, what it found, and the button that lets it go on when it was held back."""
    row = _run(visit, visit.query.number("run"))
    after, sort = visit.query.number("after"), visit.query.get("sort")
    after, sort = min(after, FILE), sort if sort in SORTS else ""
    found = _found(visit, row, after=after, limit=_LEVELS + 1, sort=sort)
    role = Role.named(visit.me.role)
    values = {
        "run": row,
        "badge": badge(row),
        "progress": progress(row),
        "found": found[:_LEVELS],
        "more": after + _LEVELS if len(found) > _LEVELS else 0,
        "first": not after,
        "counts": row.counts,
        "causes": sorted(row.causes.items(), key=lambda each: (-each[1], each[0])),
        "sorts": SORTS,
        "sort": sort,
        "manages": role >= Role.MANAGER,
        "here": visit.query,
        "said": visit.query.get("said"),
    }
    return Page(template="sweep.html", values=values)


def download(visit: Visit) -> Download:
    """What a run found, as a table for a spreadsheet."""
    row = _run(visit, visit.query.number("run"))
    content = table(row, _found(visit, row, after=0, limit=FILE + 1, sort=""))
    return Download(name=file_name(row), media_type="text/csv; charset=utf-8", content=content)


def file_name(row: Row[Any]) -> str:
    """What the file of a run is called."""
    return f"sweep-{row.run_id}.csv"


def table(row: Row[Any], found: Sequence[Row[Any]]) -> bytes:
    """What a run found as a file for a spreadsheet. Where it is longer than ``FILE``, its last line says so, and where all of it is."""
    rows: list[tuple[str | int | None, ...]] = [_line(each) for each in found[:FILE]]
    if len(found) > FILE:
        rows.append((f"… and more. All of it: stockbridge sweep show {row.run_id} --csv",))
    return "".join(csv(_HEADING, rows)).encode("utf-8-sig")


def _line(each: Row[Any]) -> tuple[str | int | None, ...]:
    cause = words.drift(each.cause)
    return each.sku, each.title, each.location, each.was, each.should, each.now, cause, each.why, _yes(each.writes)


def start(visit: Visit) -> Go:
    """Asks that a shop be compared now, or only looked at."""
    shop, kind = visit.form.get("shop"), visit.form.get("kind")
    if shop not in {each.name for each in shops(visit)} or kind not in ("delta", "full"):
        raise Stop(422, "Please choose a shop, and what is to be compared. Nothing was done.")
    dry = visit.form.get("dry") == "yes"
    _ask(visit, SweepAsked(shop=shop, kind=kind, dry=dry, by=visit.me.name))
    return Go(to=f"/sweeps?said={'looking' if dry else 'sweeping'}")


def decide(visit: Visit) -> Go:
    """Approves what was held back, or says that it is not wanted."""
    form, me = visit.form, visit.me
    row = _run(visit, form.number("run"))
    what = form.get("do")
    if what not in ("approve", "drop"):
        raise Stop(422, "Please say whether it is wanted. Nothing was done.")
    if row.state != "braked":
        raise Stop(409, "Somebody has decided this meanwhile. Nothing was done.")
    if what == "approve":
        _ask(visit, RunApproved(run_id=row.run_id, by=me.name))
    else:
        _ask(visit, RunDropped(run_id=row.run_id, by=me.name, note=form.get("note")[:500]))
    return Go(to=f"/sweeps/run?run={row.run_id}&said={'approved' if what == 'approve' else 'dropped'}")


def _ask(visit: Visit, event: SweepAsked | RunApproved | RunDropped) -> None:
    visit.parts.ask(visit.conn, account=visit.me.account, events=[event], by=visit.me.person_id)


def _run(visit: Visit, run_id: int) -> Row[Any]:
    row = _QUERIES.maybe(visit.conn, "run", account=visit.me.account, run_id=run_id)
    if row is None:
        raise Stop(404, "There is no such run; old ones are forgotten.")
    return row


def _found(visit: Visit, row: Row[Any], *, after: int, limit: int, sort: str) -> list[Row[Any]]:
    place = {"account": visit.me.account, "run_id": row.run_id}
    return list(_QUERIES.rows(visit.conn, "found_by", **place, after=after, limit=limit, sort=sort))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
