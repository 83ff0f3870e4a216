"""`stockbridge inbox`: what has arrived, as it came, and reading it again."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy import Row

from stockbridge.cli.session import ask, looking, me, waking, worker_hint
from stockbridge.cli.talk import Problem, account_option, data_command, pairs, plain, put, put_json, say
from stockbridge.db import arrivals, reports
from stockbridge.domain.events import RetryAsked

STATES = ("new", "done", "parked")


@click.group()
def inbox() -> None:
    """Look at what has arrived, and have it read again."""


@inbox.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--connection", default="", help="Only from this connection.")
@click.option("--subject", default="", help="Only about this, such as order/gid://shopify/Order/1.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@data_command
def list_inbox(state: str | None, connection: str, subject: str, limit: int, account: str | None, as_json: bool) -> None:
    """What has arrived, the newest first."""
    number = None if state is None else STATES.index(state)
    with looking(account) as (_, conn, name):
        rows = reports.arrivals(conn, account=name, state=number, connection=connection, subject=subject, limit=limit)
    columns = {
        "arrival_id": "Id#",
        "received_at": "Received",
        "connection": "From",
        "topic": "Topic",
        "subject": "About",
        "state": "State",
        "outcome": "What became of it",
    }
    put([_named(row) for row in rows], columns, json_wanted=as_json, empty="Nothing has arrived.")


@inbox.command()
@click.argument("arrival_id", type=int)
@data_command
def show(arrival_id: int, account: str | None, as_json: bool) -> None:
    """One message as it came: headers and body."""
    with looking(account) as (_, conn, name):
        row = _found(reports.arrival(conn, account=name, arrival_id=arrival_id), arrival_id)
    shown = {**_named(row), "body": plain(row.body)}
    if as_json:
        put_json(shown)
        return
    named = {
        "Id": row.arrival_id,
        "From": row.connection,
        "Topic": row.topic,
        "About": row.subject,
        "Received": row.received_at,
    }
    pairs(
        {**named, "State": shown["state"], "Outcome": row.outcome, **{f"  {key}": value for key, value in row.headers.items()}}
    )
    click.echo()
    click.echo(_readable(shown["body"]))


@inbox.command()
@click.argument("arrival_id", type=int)
@account_option
def replay(arrival_id: int, account: str | None) -> None:
    """Have a parked message read again, after what was wrong is mended."""
    with looking(account) as (base, conn, name), waking(base) as client:
        row = _found(reports.arrival(conn, account=name, arrival_id=arrival_id), arrival_id)
        parked_id = reports.parked_with(conn, account=name, arrival_id=arrival_id)
        if parked_id is not None:
            ask(base, conn, client, name, RetryAsked(parked_id=parked_id, by=me()))
        else:
            job = arrivals.replay(conn, account=name, arrival_id=arrival_id)
            if job is None:
                raise Problem(
                    f"Message {arrival_id} is {STATES[row.state]}, not parked.", todo="Only parked messages are read again."
                )
            client.wake(conn, job)
        hint = worker_hint(conn)
    say(f"Message {arrival_id} will be read again. {hint}".strip())


def _found(row: Row[Any] | None, arrival_id: int) -> Row[Any]:
    if row is None:
        raise Problem(f"There is no message {arrival_id}.", todo="List them: stockbridge inbox list")
    return row


def _named(row: Row[Any]) -> dict[str, Any]:
    return {**row._mapping, "state": STATES[row.state]}


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
