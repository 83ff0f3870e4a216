"""The tokens with which programs use the API, and the answers they were given.

A token comes from the operating system and is shown once; only its SHA-256 is kept (as with people's links, db/people.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import journal
from stockbridge.db.people import hash_of, new_token
from stockbridge.db.queries import Queries
from stockbridge.domain.orders import Note

#: what a token may do, each by itself: none contains another
SCOPES: Mapping[str, str] = {
    "read": "read stock, items, locations, connections, and what needs a person",
    "orders": "read orders, with the names of customers",
    "map": "say which item code stands for which item",
    "sources": "change which warehouse feeds which location, and approve or drop what was held back",
    "operate": "have parked things tried again, close them, and have a shop compared now",
    "pause": "pause everything, a shop or a warehouse system, and let it go on",
}
#: secret scanners and people know a token of ours by this
PREFIX = "sb_"
LONGEST = timedelta(days=3650)
#: how long an answer is kept for whoever asks with the same key again
ANSWERS_KEPT = timedelta(hours=24)
_HINT = len(PREFIX) + 4
_SEEN_EVERY = timedelta(seconds=60)
_QUERIES = Queries("tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program comes in with. ``hint``: how it begins. ``expires_at`` and ``revoked_at``: from then on it lets nobody in."""

    account: str
    token_id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def works(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request with a key was answered. ``same``: whether it is the request that is asked now."""

    same: bool
    status: int
    body: bytes


class NameTaken(Exception):
    """There is a token of this name already: revoke it first, or choose another name."""


def create(
    conn: Connection,
    *,
    account: str,
    token_id: str,
    name: str,
    scopes: Sequence[str],
    by: str,
    now: datetime,
    valid_for: timedelta,
) -> str:
    """Gives the new token itself, which is kept nowhere. ``by``: who made it, as the journal names them. Raises NameTaken."""
    secret, expires_at = PREFIX + new_token(), now + min(valid_for, LONGEST)
    given = [scope for scope in SCOPES if scope in scopes]
    added = _QUERIES.run(
        conn,
        "add",
        account=account,
        token_id=token_id,
        token_hash=hash_of(secret),
        name=name,
        hint=secret[:_HINT],
        scopes=given,
        now=now,
        by=by,
        expires_at=expires_at,
    )
    if not added:
        raise NameTaken(NameTaken.__doc__)
    text = f"token '{name}' was made for the API: {', '.join(given)}, until {expires_at:%Y-%m-%d}"
    _note(conn, account, token_id, Note(kind="token.created", text=text), by=by, now=now)
    return secret


def find(conn: Connection, *, secret: str, now: datetime) -> Token | None:
    """Gives the token of this text, whether it still works or not, and notes that it was used (once a minute is enough)."""
    row = _QUERIES.maybe(conn, "by_hash", token_hash=hash_of(secret))
    if row is None:
        return None
    token = _token(row)
    if token.works(now) and (token.last_used_at is None or now - token.last_used_at >= _SEEN_EVERY):
        _QUERIES.run(conn, "used", account=token.account, token_id=token.token_id, now=now)
    return token


def everything(conn: Connection, *, account: str) -> list[Token]:
    """Gives all tokens, those that were revoked last."""
    return [_token(row) for row in _QUERIES.rows(conn, "all", account=account)]


def revoke(conn: Connection, *, account: str, token_id: str, by: str, now: datetime) -> bool:
    """Ends a token for good; False when it is gone already."""
    name = _QUERIES.value(conn, "revoke", account=account, token_id=token_id, by=by, now=now)
    if name is None:
        return False
    _note(conn, account, token_id, Note(kind="token.revoked", text=f"token '{name}' was revoked"), by=by, now=now)
    return True


def claim_key(conn: Connection, *, token: Token, key: str, request_hash: bytes, now: datetime) -> Answer | None:
    """Takes a key for a request until the transaction ends: None, and the request is to be done. Otherwise what the first request
    with this key was answered."""
    place = {"account": token.account, "token_id": token.token_id, "key": key}
    if _QUERIES.run(conn, "claim_key", **place, request_hash=request_hash, now=now):
        return None
    row = _QUERIES.one(conn, "answered", **place)
    return Answer(same=bytes(row.request_hash) == request_hash, status=row.status, body=bytes(row.body))


def keep_answer(conn: Connection, *, token: Token, key: str, status: int, body: bytes) -> None:
    """Keeps what the request with this key was answered, in the transaction that did it."""
    _QUERIES.run(conn, "keep_answer", account=token.account, token_id=token.token_id, key=key, status=status, body=body)


def forget_old(conn: Connection, *, now: datetime) -> None:
    """Removes answers that nobody will ask for again. Tokens stay: the journal names them."""
    _QUERIES.run(conn, "forget_answers", before=now - ANSWERS_KEPT)


def _token(row: Row[Any]) -> Token:
    columns = dict(row._mapping)
    return Token(scopes=tuple(columns.pop("scopes")), **columns)


def _note(conn: Connection, account: str, token_id: str, note: Note, *, by: str, now: datetime) -> None:
    journal.write(conn, account=account, subject=f"token/{token_id}", notes=[note], at=now, actor=by)
