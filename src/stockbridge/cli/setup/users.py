"""`stockbridge users` and `login-link`: who may log in, and one-time links."""

from __future__ import annotations

import click

from stockbridge.cli.session import chosen, first_account, looking, opened, quiet_log
from stockbridge.cli.setup.links import first_link, invite_link, login_link_for
from stockbridge.cli.talk import Problem, account_option, as_json, data_command, put, put_json, say
from stockbridge.db import people
from stockbridge.db.people import ROLES, Person
from stockbridge.wiring import Base


@click.group()
def users() -> None:
    """Look at who may log in, and invite people."""


@users.command("list")
@data_command
def list_users(account: str | None, as_json: bool) -> None:
    """Everybody who may log in."""
    with looking(account) as (_, conn, name):
        everybody = people.everybody(conn, account=name)
    rows = [
        {
            "person_id": person.person_id,
            "name": person.name,
            "email": person.email,
            "role": person.role,
            "active": person.active,
            "last_login_at": person.last_login_at,
        }
        for person in everybody
    ]
    columns = {"name": "Name", "email": "E-mail", "role": "Role", "active": "May log in", "last_login_at": "Last log-in"}
    put(rows, columns, json_wanted=as_json, empty="Nobody yet. Make the first admin: stockbridge login-link")


@users.command("add-link")
@click.option("--role", type=click.Choice(ROLES), default="operator", show_default=True, help="What the person may do.")
@data_command
def add_link(role: str, account: str | None, as_json: bool) -> None:
    """Make a link with which somebody makes their own access; it works once, within three days."""
    quiet_log(debug=chosen().debug)
    with opened() as base:
        name = first_account(base, account)
        _put_link(invite_link(base, name, role), f"for a new {role}, once, within three days", as_json=as_json)


@click.command("login-link")
@click.argument("email", required=False)
@account_option
@as_json
def login_link(email: str | None, account: str | None, as_json: bool) -> None:
    """Make a link that logs somebody in once, without a password.

    While nobody may log in, the link makes the first admin. EMAIL may be left out when there is only one person.
    """
    quiet_log(debug=chosen().debug)
    with opened() as base:
        name = first_account(base, account)
        link = first_link(base, name)
        if link:
            _put_link(link, "makes the first admin, once, within a day", as_json=as_json)
            return
        person = _person(base, name, email)
        _put_link(login_link_for(base, person), f"logs {person.name} in, once, within an hour", as_json=as_json)


def _person(base: Base, account: str, email: str | None) -> Person:
    with base.database.engine.begin() as conn:
        known = [person for person in people.everybody(conn, account=account) if person.active]
        found = people.find_by_email(conn, account=account, email=email) if email else None
    if email is None and len(known) == 1:
        return known[0]
    if email is None:
        raise Problem("Several people may log in.", todo=f"Say who: {', '.join(person.email for person in known)}.")
    if found is None or not found.active:
        raise Problem(f"Nobody with the address {email} may log in.", todo="See who may: stockbridge users list")
    return found


def _put_link(link: str, what_for: str, *, as_json: bool) -> None:
    if as_json:
        put_json({"link": link, "what": what_for})
        return
    click.echo(link)
    say(f"It {what_for}." if not what_for.startswith("for") else f"It is {what_for}.")
