"""`stockbridge parked`, `retry` and `dismiss`: what waits for a person, and what a person may say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import Connection, Row

from stockbridge.cli.look.remedies import say_what_to_type, to_type
from stockbridge.cli.session import ask, looking, me, waking, worker_hint
from stockbridge.cli.talk import Misused, Problem, account_option, counting, data_command, pairs, put, put_json, say
from stockbridge.db import reports
from stockbridge.domain.events import DismissAsked, RetryAsked

_ALL = 1_000_000


@click.group()
def parked() -> None:
    """Look at what needs you: what was parked and waits for a person."""


@parked.command("list")
@click.option("--cause", default="", help="Only this cause, such as unmapped_item.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@data_command
def list_parked(cause: str, limit: int, account: str | None, as_json: bool) -> None:
    """What waits, the oldest first."""
    with looking(account) as (_, conn, name):
        rows = _waiting(conn, name, cause)[:limit]
    columns = {
        "parked_id": "Id#",
        "name": "Order",
        "cause": "Cause",
        "title": "Why it waits",
        "consequence": "Meanwhile",
        "opened_at": "Since",
    }
    put(rows, columns, json_wanted=as_json, empty="Nothing needs you: nothing is parked.")
    if not as_json:
        say_what_to_type({**row._mapping} for row in rows)


@parked.command()
@click.argument("parked_id", type=int)
@data_command
def show(parked_id: int, account: str | None, as_json: bool) -> None:
    """One of them: cause, effect and remedy."""
    with looking(account) as (_, conn, name):
        row = _found(conn, name, parked_id)
    if as_json:
        put_json(row)
        return
    pairs(
        {
            "Id": row.parked_id,
            "About": row.subject,
            "Cause": row.cause,
            "Why it waits": row.title,
            "Meanwhile": row.consequence,
            "To repair it": to_type({**row._mapping}),
            "Connection": row.connection,
            "Since": row.opened_at,
            "Message": row.arrival_id,
            "Closed": row.closed_at,
            "By": row.closed_by,
            "How": row.closed_how,
            **{f"  {key}": value for key, value in row.data.items()},
        }
    )


@click.command()
@click.argument("ids", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that waits.")
@click.option("--cause", default="", help="With --all: only this cause.")
@account_option
def retry(ids: tuple[int, ...], everything: bool, cause: str, account: str | None) -> None:
    """Have parked things tried again. IDS are the numbers that 'stockbridge parked list' shows.

    What may have arrived at the other side is tried again by its number only: look there first, or it is sent twice.
    """
    if bool(ids) == everything or (cause and not everything):
        raise Misused("Say which: some ids, or --all, or --all --cause CAUSE.")
    with looking(account) as (base, conn, name), waking(base) as client:
        waiting = [] if ids else _waiting(conn, name, cause)
        doubtful = [str(row.parked_id) for row in waiting if row.remedy == "decide"]
        chosen = _chosen(conn, name, ids) if ids else [row.parked_id for row in waiting if row.remedy != "decide"]
        with counting("Asking", len(chosen)) as done:
            for parked_id in chosen:
                ask(base, conn, client, name, RetryAsked(parked_id=parked_id, by=me()))
                done()
        hint = worker_hint(conn)
    if doubtful:
        say(
            f"Left out: {', '.join(doubtful)}, whose outcome is unknown. Look on the other side, then retry each by its number."
        )
    say(f"Asked to try {len(chosen)} again. {hint}".strip() if chosen else "There is nothing to try again.")


@click.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@click.option("--note", required=True, help="Why nothing more is needed; it stays in the timeline.")
@account_option
def dismiss(ids: tuple[int, ...], note: str, account: str | None) -> None:
    """Say that parked things need nothing more."""
    if not note.strip():
        raise Misused("The note is empty.", todo="Say in a few words why nothing more is needed.")
    with looking(account) as (base, conn, name), waking(base) as client:
        for parked_id in _chosen(conn, name, ids):
            ask(base, conn, client, name, DismissAsked(parked_id=parked_id, by=me(), note=note.strip()))
        hint = worker_hint(conn)
    say(f"Noted. {hint}".strip())


def _found(conn: Connection, account: str, parked_id: int) -> Row[Any]:
    row = reports.parked_one(conn, account=account, parked_id=parked_id)
    if row is None:
        raise Problem(f"Nothing parked has the number {parked_id}.", todo="List them: stockbridge parked list")
    return row


def _chosen(conn: Connection, account: str, ids: Sequence[int]) -> list[int]:
    """The ids, each checked: nothing is asked when one of them is wrong."""
    closed = [parked_id for parked_id in ids if _found(conn, account, parked_id).closed_at is not None]
    if closed:
        raise Problem(f"Closed already: {', '.join(map(str, closed))}. Nothing was changed.")
    return list(dict.fromkeys(ids))


def _waiting(conn: Connection, account: str, cause: str) -> Sequence[Row[Any]]:
    """What waits for this cause; a cause may go on after a colon (unreadable:77)."""
    rows = reports.parked(conn, account=account, limit=_ALL)
    return [row for row in rows if not cause or row.cause == cause or row.cause.startswith(f"{cause}:")]
