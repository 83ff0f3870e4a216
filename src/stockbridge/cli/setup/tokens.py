"""`stockbridge token`: the tokens with which other programs use the API."""

from __future__ import annotations

from datetime import timedelta

import click

from stockbridge.cli.session import chosen, first_account, looking, me, opened, quiet_log
from stockbridge.cli.talk import Misused, Problem, data_command, put, put_json, say
from stockbridge.db import tokens as kept
from stockbridge.db.tokens import LONGEST, SCOPES, NameTaken, Token


@click.group()
def token() -> None:
    """Make and revoke the tokens with which other programs use the API."""


@token.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice(list(SCOPES)), multiple=True, help="What it may do; repeat it. Default: read."
)
@click.option(
    "--days", type=click.IntRange(1, LONGEST.days), default=365, show_default=True, help="After how many days it ends."
)
@data_command
def create(name: str, scopes: tuple[str, ...], days: int, account: str | None, as_json: bool) -> None:
    """Make a token; NAME says which program will use it. It is shown once.

    Scopes: read (stock, items, locations, connections, what needs a person), orders (with the names of customers), map (write item
    codes), sources (change the mapping, approve what was held back), operate (retry and close what is parked, start sweeps), pause (pause
    and resume).
    """
    quiet_log(debug=chosen().debug)
    if not name.strip() or len(name) > 60 or not name.isprintable():
        raise Misused("The name needs 1 to 60 plain characters.")
    with opened() as base:
        owner = first_account(base, account)
        with base.database.engine.begin() as conn:
            try:
                secret = kept.create(
                    conn,
                    account=owner,
                    token_id=base.ids.new(),
                    name=name.strip(),
                    scopes=scopes or ("read",),
                    by=me(),
                    now=base.clock.now(),
                    valid_for=timedelta(days=days),
                )
            except NameTaken as taken:
                raise Problem(str(taken), todo="See: stockbridge token list") from taken
    if as_json:
        put_json({"token": secret, "name": name.strip(), "scopes": scopes or ("read",), "days": days})
        return
    click.echo(secret)
    say("It is shown only now. Programs send it with every request: Authorization: Bearer …")


@token.command("list")
@data_command
def list_tokens(account: str | None, as_json: bool) -> None:
    """Every token, those that work first. The tokens themselves are kept nowhere: only how each begins."""
    with looking(account) as (base, conn, name):
        now = base.clock.now()
        rows = [_row(each, works=each.works(now)) for each in kept.everything(conn, account=name)]
    columns = {
        "name": "Name",
        "hint": "Begins",
        "scopes": "May",
        "works": "Works",
        "created_by": "Made by",
        "expires_at": "Ends",
        "last_used_at": "Last used",
    }
    put(rows, columns, json_wanted=as_json, empty="None yet. Make one: stockbridge token create NAME --scope read")


@token.command()
@click.argument("name")
@data_command
def revoke(name: str, account: str | None, as_json: bool) -> None:
    """End a token for good: NAME is its name, its id, or how it begins. The program that uses it is turned away at once."""
    with looking(account) as (base, conn, owner):
        known = [each for each in kept.everything(conn, account=owner) if each.revoked_at is None]
        found = [each for each in known if name in (each.token_id, each.hint) or name.lower() == each.name.lower()]
        if len(found) != 1:
            names = ", ".join(each.name for each in known) or "none"
            raise Problem(f"{'Several tokens are' if found else 'No token is'} called '{name}'.", todo=f"There is: {names}.")
        kept.revoke(conn, account=owner, token_id=found[0].token_id, by=me(), now=base.clock.now())
    if as_json:
        put_json({"revoked": found[0].name})
        return
    say(f"Revoked: {found[0].name}.")


def _row(each: Token, *, works: bool) -> dict[str, object]:
    return {
        "token_id": each.token_id,
        "name": each.name,
        "hint": each.hint,
        "scopes": list(each.scopes),
        "works": works,
        "created_at": each.created_at,
        "created_by": each.created_by,
        "expires_at": each.expires_at,
        "last_used_at": each.last_used_at,
        "revoked_at": each.revoked_at,
        "revoked_by": each.revoked_by,
    }
