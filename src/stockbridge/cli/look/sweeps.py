"""`stockbridge sweep`: what was compared and found, a sweep or a dry run now, and a word about what was held back."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import Connection, Row

from stockbridge.cli.session import ask, looking, me, waking, worker_hint
from stockbridge.cli.talk import Misused, Problem, account_option, data_command, pairs, put_json, say, table
from stockbridge.db import reports
from stockbridge.domain.events import RunApproved, RunDropped, SweepAsked
from stockbridge.domain.spreadsheet import csv

_ALL = 1_000_000


@click.group()
def sweep() -> None:
    """Look at sweeps, start one, and approve what was held back."""


@sweep.command("list")
@click.option("--kind", type=click.Choice(["delta", "full", "snapshot", "mapping"]), default=None, help="Only of this kind.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many at most.")
@data_command
def list_runs(kind: str | None, limit: int, account: str | None, as_json: bool) -> None:
    """Runs, the newest first."""
    with looking(account) as (_, conn, name):
        rows = [
            {**row._mapping, "about": row.shop or row.warehouse}
            for row in reports.runs(conn, account=name, kind=kind or "", limit=limit)
        ]
    if as_json:
        put_json(rows)
        return
    columns = {
        "run_id": "Id#",
        "kind": "Kind",
        "dry": "Dry",
        "about": "Of",
        "state": "State",
        "began_at": "Begun",
        "visited": "Compared#",
        "found": "Differed#",
        "reason": "Why",
    }
    table(rows, columns, empty="No sweep has run yet.")
    if any(row["state"] == "braked" for row in rows):
        click.echo("\nTo let go on what was held back: stockbridge sweep show ID, then: stockbridge sweep approve ID")


@sweep.command()
@click.argument("run_id", type=int)
@click.option("--csv", "as_csv", is_flag=True, help="Print what it found as CSV.")
@data_command
def show(run_id: int, as_csv: bool, account: str | None, as_json: bool) -> None:
    """One run, with everything that it found or would change."""
    with looking(account) as (_, conn, name):
        run = _known(conn, name, run_id)
        found = reports.found_by(conn, account=name, run_id=run_id, limit=_ALL)
    if as_json:
        put_json({**run._mapping, "levels": found})
        return
    if as_csv:
        rows = ((row.sku, row.title, row.location, row.was, row.should, row.now, row.cause, row.why) for row in found)
        heading = ("SKU", "Title", "Location", "Was", "Should be", "Shown now", "Cause", "Why")
        click.echo("".join(csv(heading, rows)), nl=False)
        return
    pairs(
        {
            "Id": run.run_id,
            "Kind": f"{run.kind}{', dry run' if run.dry else ''}",
            "Of": run.shop or run.warehouse,
            "State": run.state,
            "Why": run.reason,
            "Remark": run.remark,
            "Begun": run.began_at,
            "Asked by": run.asked_by,
            "Compared": run.visited,
            "Differed": run.found,
            "Decided by": run.decided_by,
        }
    )
    columns = {
        "sku": "SKU",
        "location": "Location",
        "was": "Was#",
        "should": "Should be#",
        "now": "Now#",
        "cause": "Cause",
        "why": "Why",
    }
    if found:
        table([dict(row._mapping) for row in found], columns)


@sweep.command()
@click.option("--full", is_flag=True, help="Everything on either side, not only what is mapped.")
@click.option("--shop", default="", help="Which shop, when there are several.")
@account_option
def run(full: bool, shop: str, account: str | None) -> None:
    """Compare a shop now, and put right what differs."""
    _start(account, shop, full=full, dry=False)


@sweep.command("dry-run")
@click.option("--full", is_flag=True, help="Everything on either side, not only what is mapped.")
@click.option("--shop", default="", help="Which shop, when there are several.")
@account_option
def dry_run(full: bool, shop: str, account: str | None) -> None:
    """Compare a shop now, and change nothing."""
    _start(account, shop, full=full, dry=True)


@sweep.command()
@click.argument("run_id", type=int)
@account_option
def approve(run_id: int, account: str | None) -> None:
    """Say that what was held back is wanted. Look at it first: stockbridge sweep show ID."""
    _decide(account, run_id, RunApproved(run_id=run_id, by=me()), said="Approved")


@sweep.command()
@click.argument("run_id", type=int)
@click.option("--note", default="", help="Why it is not wanted; it stays in the timeline.")
@account_option
def drop(run_id: int, note: str, account: str | None) -> None:
    """Say that what was held back is not wanted. Nothing of it is done."""
    _decide(account, run_id, RunDropped(run_id=run_id, by=me(), note=note.strip()), said="Noted")


def _start(account: str | None, shop: str, *, full: bool, dry: bool) -> None:
    with looking(account) as (base, conn, name), waking(base) as client:
        names = [row.shop for row in reports.swept_shops(conn, account=name)]
        chosen = [each for each in names if shop in ("", each)]
        if len(chosen) != 1:
            listed = ", ".join(names) or "none: nothing is mapped yet"
            raise Misused("Say which shop with --shop.", todo=f"There is: {listed}.")
        ask(base, conn, client, name, SweepAsked(shop=chosen[0], kind="full" if full else "delta", dry=dry, by=me()))
        hint = worker_hint(conn)
    what = "Asked for a dry run" if dry else "Asked to compare"
    say(f"{what}. See what it finds: stockbridge sweep list. {hint}".strip())


def _decide(account: str | None, run_id: int, event: RunApproved | RunDropped, *, said: str) -> None:
    with looking(account) as (base, conn, name), waking(base) as client:
        state = _known(conn, name, run_id).state
        if state != "braked":
            raise Problem(f"Run {run_id} waits for nobody: it is {state}. Nothing was changed.")
        ask(base, conn, client, name, event)
        hint = worker_hint(conn)
    say(f"{said}. {hint}".strip())


def _known(conn: Connection, account: str, run_id: int) -> Row[Any]:
    row = reports.run(conn, account=account, run_id=run_id)
    if row is None:
        raise Problem(f"There is no run {run_id}; old ones are forgotten.", todo="List them: stockbridge sweep list")
    return row
