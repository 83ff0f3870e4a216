"""One-time links, made from the terminal: whoever may read the database may also let people in."""

from __future__ import annotations

from datetime import timedelta

from stockbridge.db import people
from stockbridge.db.people import Person
from stockbridge.wiring import Base

SETUP_VALID = timedelta(days=1)
LOGIN_VALID = timedelta(hours=1)
INVITE_VALID = timedelta(days=3)


def address_of(base: Base, token: str) -> str:
    """Where a token is used."""
    return f"{base.settings.address}/link/{token}"


def first_link(base: Base, account: str) -> str:
    """A link that makes the first admin; empty when somebody can log in already."""
    with base.database.engine.begin() as conn:
        if people.count_people(conn, account=account):
            return ""
        token = people.create_setup_link(conn, account=account, now=base.clock.now(), valid_for=SETUP_VALID)
    return address_of(base, token)


def login_link_for(base: Base, person: Person) -> str:
    """A link that logs a person in once."""
    with base.database.engine.begin() as conn:
        token = people.create_login_link(
            conn, account=person.account, person_id=person.person_id, now=base.clock.now(), valid_for=LOGIN_VALID
        )
    return address_of(base, token)


def invite_link(base: Base, account: str, role: str) -> str:
    """A link with which somebody makes their own access."""
    with base.database.engine.begin() as conn:
        token = people.create_invite_link(conn, account=account, role=role, now=base.clock.now(), valid_for=INVITE_VALID)
    return address_of(base, token)
