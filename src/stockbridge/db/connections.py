"""Configured connections: loaded with their secrets opened, saved with them sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.db.vault import Vault, WrongKey
from stockbridge.ports import Job

_Q = Queries("connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One connection as a person configured it. ``version`` rises with every change."""

    account: str
    connection: str
    kind: str
    title: str
    settings: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    time_zone: str = "UTC"
    live: bool = False
    start_line: datetime | None = None
    paused: bool = False
    version: int = 1
    #: its secrets were encrypted with a key that this installation does not have; they are entered again
    locked: bool = False


def save_account(conn: Connection, *, account: str, title: str, now: datetime) -> None:
    """A merchant's account, once."""
    _Q.run(conn, "save_account", account=account, title=title, now=now)


def save(conn: Connection, configured: Configured, *, vault: Vault, now: datetime) -> None:
    """A connection, new or changed. Its secrets are encrypted before they leave this function."""
    _Q.run(
        conn,
        "save",
        account=configured.account,
        connection=configured.connection,
        kind=configured.kind,
        title=configured.title,
        settings=dict(configured.settings),
        secrets=vault.seal(configured.secrets),
        time_zone=configured.time_zone,
        live=configured.live,
        start_line=configured.start_line,
        now=now,
    )


def load_all(conn: Connection, *, vault: Vault) -> list[Configured]:
    """Every connection of every account."""
    return [_configured(row, vault) for row in _Q.rows(conn, "all")]


def hold_key(conn: Connection) -> bool:
    """Nobody else makes a key until the transaction ends. Was anything encrypted already?"""
    _Q.run(conn, "hold_key")
    return bool(_Q.value(conn, "is_made")) and bool(_Q.value(conn, "anything_sealed"))


def _configured(row: Row[Any], vault: Vault) -> Configured:
    try:
        secrets, locked = vault.open(row.secrets), False
    except WrongKey:
        secrets, locked = {}, True
    return Configured(
        account=row.account,
        connection=row.connection,
        kind=row.kind,
        title=row.title,
        settings=row.settings,
        secrets=secrets,
        locked=locked,
        time_zone=row.time_zone,
        live=row.live,
        start_line=row.start_line,
        paused=row.paused,
        version=row.version,
    )


def switch_live(conn: Connection, *, account: str, connection: str, live: bool, start_line: datetime, now: datetime) -> None:
    """Orders placed from the start line on are sent, also those that were only watched until now; or all are only watched, and
    the start line stays for the next time."""
    place = {"account": account, "connection": connection}
    _Q.rows(conn, "alone", account=account)  # an order that is just being left alone must be found by what follows
    _Q.run(conn, "switch_live", **place, live=live, start_line=start_line)
    if live:
        _Q.run(conn, "look_at_watched", account=account, shop=connection, since=start_line, now=now)


def set_paused(conn: Connection, *, account: str, connection: str, paused: bool, by: str, now: datetime) -> bool:
    """Nothing is sent to it or written to it until it goes on; it is still read. No ``connection``: all of the account's.
    False: it was like that already."""
    if not connection:
        return bool(_Q.run(conn, "pause_all", account=account, paused=paused, by=by, now=now))
    return bool(_Q.run(conn, "pause", account=account, connection=connection, paused=paused, by=by, now=now))


def rests(conn: Connection, *, account: str, connection: str) -> bool:
    """Whether nothing may be sent over a connection now, for itself or because everything is paused."""
    return bool(_Q.value(conn, "rests", account=account, connection=connection))


def pauses(conn: Connection, *, account: str) -> Sequence[Row[Any]]:
    """What is paused: connection (empty: everything), title, paused_at, paused_by."""
    return _Q.rows(conn, "pauses", account=account)


def names(conn: Connection, *, account: str) -> list[str]:
    """The connections of an account."""
    return [row.connection for row in _Q.rows(conn, "names", account=account)]


def shops(conn: Connection, *, account: str) -> list[str]:
    """The shops of an account whose levels are worked out."""
    return [row.shop for row in _Q.rows(conn, "shops", account=account)]


def hurry(conn: Connection, *, account: str, connection: str, now: datetime) -> list[Job]:
    """What failed and waits for its next time is tried now: calls, sweeps and looks at levels. Gives the jobs to wake."""
    place = {"account": account, "connection": connection}
    lanes = {row.lane for row in _Q.rows(conn, "hurry", **place, now=now)}
    levels = _Q.run(conn, "hurry_levels", **place, now=now)
    return [
        *([Job(kind="publish", account=account, connection=connection)] if levels else []),
        *(Job(kind="deliver", account=account, connection=connection, lane=lane) for lane in sorted(lanes)),
        *(Job(kind="sweep", account=account, connection=connection, what=what) for what in in_trouble(conn, **place)),
    ]


def in_trouble(conn: Connection, *, account: str, connection: str) -> list[str]:
    """The sweeps of a connection whose last look met trouble."""
    return [row.what for row in _Q.rows(conn, "failed_sweeps", account=account, connection=connection)]
