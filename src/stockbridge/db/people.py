"""People, their sessions and their one-time links.

Tokens come from the operating system, never from ``ports.Ids``: a simulation may make those predictable. Only the
SHA-256 of a token is kept, so whoever reads the database cannot use it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from stockbridge.db.queries import Queries

#: what each may do grows from left to right
ROLES = ("viewer", "operator", "manager", "admin")
_SEEN_EVERY = timedelta(seconds=60)
_QUERIES = Queries("people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can log in."""

    account: str
    person_id: str
    email: str
    name: str
    role: str
    active: bool = True
    password_hash: str | None = None
    last_login_at: datetime | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser in which a person is logged in. ``id`` names it on pages; it is not the token and cannot be used as one."""

    id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a one-time link is for: 'setup' makes the first admin, 'invite' a person of ``role``, 'login' logs ``person_id`` in."""

    account: str
    purpose: str
    person_id: str | None
    role: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation that nobody has used yet."""

    id: str
    role: str
    created_at: datetime
    expires_at: datetime


class LastAdmin(Exception):
    """Nobody could manage people any more: make somebody else an admin first."""


def new_token() -> str:
    """A fresh token of 256 bits, fit for a URL or a cookie."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """What is kept of a token. A token has 256 random bits, so one round of SHA-256 is enough."""
    return sha256(token.encode()).digest()


def create_setup_link(conn: Connection, *, account: str, now: datetime, valid_for: timedelta) -> str:
    """Gives the token of a link that makes an admin: address it as {base_url}/link/{token}."""
    return _add_link(conn, account=account, purpose="setup", role="admin", person_id=None, now=now, valid_for=valid_for)


def create_login_link(conn: Connection, *, account: str, person_id: str, now: datetime, valid_for: timedelta) -> str:
    """Gives the token of a link that logs a person in once, without a password."""
    return _add_link(conn, account=account, purpose="login", role=None, person_id=person_id, now=now, valid_for=valid_for)


def create_invite_link(conn: Connection, *, account: str, role: str, now: datetime, valid_for: timedelta) -> str:
    """Gives the token of a link with which somebody makes their own access, with this role."""
    return _add_link(conn, account=account, purpose="invite", role=role, person_id=None, now=now, valid_for=valid_for)


def _add_link(
    conn: Connection,
    *,
    account: str,
    purpose: str,
    role: str | None,
    person_id: str | None,
    now: datetime,
    valid_for: timedelta,
) -> str:
    token = new_token()
    _QUERIES.run(
        conn,
        "add_link",
        token_hash=hash_of(token),
        account=account,
        purpose=purpose,
        person_id=person_id,
        role=role,
        now=now,
        expires_at=now + valid_for,
    )
    return token


def find_link(conn: Connection, *, token: str, now: datetime) -> Link | None:
    """Gives what a one-time link is for, while it can be used."""
    row = _QUERIES.maybe(conn, "link", token_hash=hash_of(token), now=now)
    return Link(**row._mapping) if row else None


def use_link(conn: Connection, *, token: str, now: datetime) -> Link | None:
    """Uses a one-time link up. Of two that try at once, one gets it."""
    row = _QUERIES.maybe(conn, "use_link", token_hash=hash_of(token), now=now)
    return Link(**row._mapping) if row else None


def open_invitations(conn: Connection, *, account: str, now: datetime) -> list[Invitation]:
    """Gives the invitations that nobody has used yet."""
    return [
        Invitation(id=row.token_hash.hex(), role=row.role, created_at=row.created_at, expires_at=row.expires_at)
        for row in _QUERIES.rows(conn, "open_links", account=account, now=now)
    ]


def withdraw_invitation(conn: Connection, *, account: str, invitation_id: str) -> bool:
    """Takes an invitation back; False when it is gone already."""
    return _QUERIES.run(conn, "end_link", account=account, token_hash=_from_hex(invitation_id)) == 1


def add_person(
    conn: Connection,
    *,
    account: str,
    person_id: str,
    email: str,
    name: str,
    role: str,
    password_hash: str | None,
    now: datetime,
) -> Person:
    """Adds a person. Raises sqlalchemy's IntegrityError when the e-mail address is taken."""
    _QUERIES.run(
        conn,
        "add_person",
        account=account,
        person_id=person_id,
        email=email,
        name=name,
        role=role,
        password_hash=password_hash,
        now=now,
    )
    return Person(account=account, person_id=person_id, email=email, name=name, role=role, password_hash=password_hash)


def everybody(conn: Connection, *, account: str) -> list[Person]:
    """Gives all people, the active ones first."""
    return [Person(**row._mapping) for row in _QUERIES.rows(conn, "people", account=account)]


def find_person(conn: Connection, *, account: str, person_id: str) -> Person | None:
    """Gives one person."""
    row = _QUERIES.maybe(conn, "person", account=account, person_id=person_id)
    return Person(**row._mapping) if row else None


def find_by_email(conn: Connection, *, account: str, email: str) -> Person | None:
    """Gives the person with this e-mail address, whatever its case."""
    row = _QUERIES.maybe(conn, "person_by_email", account=account, email=email)
    return Person(**row._mapping) if row else None


def count_people(conn: Connection, *, account: str) -> int:
    """How many people can log in."""
    return int(_QUERIES.value(conn, "count_people", account=account))


def set_role(conn: Connection, *, account: str, person_id: str, role: str) -> None:
    """Gives a person another role and ends their sessions. Raises LastAdmin."""
    if role != "admin":
        _keep_an_admin(conn, account, person_id)
    _QUERIES.run(conn, "set_role", account=account, person_id=person_id, role=role)
    end_sessions(conn, account=account, person_id=person_id)


def set_active(conn: Connection, *, account: str, person_id: str, active: bool) -> None:
    """Lets a person in, or no longer, which ends their sessions at once. Raises LastAdmin."""
    if not active:
        _keep_an_admin(conn, account, person_id)
        end_sessions(conn, account=account, person_id=person_id)
    _QUERIES.run(conn, "set_active", account=account, person_id=person_id, active=active)


def set_password(conn: Connection, *, account: str, person_id: str, password_hash: str) -> None:
    """Keeps the hash of a new password."""
    _QUERIES.run(conn, "set_password", account=account, person_id=person_id, password_hash=password_hash)


def _keep_an_admin(conn: Connection, account: str, person_id: str) -> None:
    admins = {row.person_id for row in _QUERIES.rows(conn, "lock_admins", account=account)}
    if admins == {person_id}:
        raise LastAdmin(LastAdmin.__doc__)


def start_session(conn: Connection, *, person: Person, now: datetime, longest: timedelta, user_agent: str) -> str:
    """Begins a session and gives its token."""
    token = new_token()
    _QUERIES.run(
        conn,
        "add_session",
        token_hash=hash_of(token),
        account=person.account,
        person_id=person.person_id,
        now=now,
        expires_at=now + longest,
        user_agent=user_agent[:200],
    )
    _QUERIES.run(conn, "logged_in", account=person.account, person_id=person.person_id, now=now)
    return token


def session_person(conn: Connection, *, token: str, now: datetime, idle: timedelta, used: bool = True) -> Person | None:
    """Gives whose session this is, and notes that it was ``used`` (once a minute is enough)."""
    row = _QUERIES.maybe(conn, "session_person", token_hash=hash_of(token), now=now, idle_since=now - idle)
    if row is None:
        return None
    person = Person(**row._mapping)
    if used and (person.seen_at is None or now - person.seen_at >= _SEEN_EVERY):
        _QUERIES.run(conn, "saw_session", token_hash=hash_of(token), now=now)
    return person


def sessions_of(conn: Connection, *, account: str, person_id: str, now: datetime, idle: timedelta) -> list[Session]:
    """Gives the sessions of a person that can still be used, the newest first."""
    rows = _QUERIES.rows(conn, "sessions", account=account, person_id=person_id, now=now, idle_since=now - idle)
    return [
        Session(
            id=row.token_hash.hex(),
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
            user_agent=row.user_agent,
        )
        for row in rows
    ]


def end_session(conn: Connection, *, token: str) -> None:
    """Ends the session of this token."""
    _QUERIES.run(conn, "end_session", token_hash=hash_of(token))


def end_session_of(conn: Connection, *, account: str, person_id: str, session_id: str) -> bool:
    """Ends one session of one person; False when it is gone already."""
    token_hash = _from_hex(session_id)
    return _QUERIES.run(conn, "end_session_of", token_hash=token_hash, account=account, person_id=person_id) == 1


def end_sessions(conn: Connection, *, account: str, person_id: str, keep: str = "") -> None:
    """Ends all sessions of a person; ``keep`` is the token of the one that stays."""
    _QUERIES.run(conn, "end_sessions", account=account, person_id=person_id, keep=hash_of(keep) if keep else b"")


def note_failed_login(conn: Connection, *, keys: Sequence[str], now: datetime) -> None:
    """Notes a failed log-in under each of its keys."""
    _QUERIES.run(conn, "add_attempts", keys=list(keys), at=now)


def failed_logins(conn: Connection, *, keys: Sequence[str], since: datetime) -> dict[str, int]:
    """How many failed log-ins each key has had since then."""
    return {row.key: int(row.failed) for row in _QUERIES.rows(conn, "attempts", keys=list(keys), since=since)}


def forget_failed_logins(conn: Connection, *, keys: Sequence[str]) -> None:
    """Forgets the failed log-ins of these keys."""
    _QUERIES.run(conn, "forget_attempts", keys=list(keys))


def forget_old(conn: Connection, *, now: datetime) -> None:
    """Removes what has ended: sessions, links a day after their end, failed attempts after a day."""
    day = timedelta(days=1)
    _QUERIES.run(conn, "forget_old", now=now, links_before=now - day, attempts_before=now - day)


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
