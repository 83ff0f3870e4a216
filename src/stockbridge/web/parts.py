"""What the web room is handed by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from stockbridge.domain.events import Event
from stockbridge.inbox.receive import Wakes
from stockbridge.inbox.writer import Limits
from stockbridge.ports import Clock, Ids, Inbound, Levels

MIB = 1024 * 1024


class AskFor(Protocol):
    """Puts what a person asks for into the inbox, in the caller's transaction (DESIGN D11). ``by`` is the person's id. Call it
    once in a transaction, with everything: it wakes the lanes, and until the commit others wait for those."""

    def __call__(self, conn: Connection, *, account: str, events: Sequence[Event], by: str) -> None: ...


class Asking(Protocol):
    """Somebody who asks, at a page or through the API: with what, in which transaction, when, and whose rows they may see."""

    @property
    def parts(self) -> WebParts: ...
    @property
    def conn(self) -> Connection: ...
    @property
    def now(self) -> datetime: ...
    @property
    def account(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The few values the pages and the edge need. ``base_url`` is the address people type, without a closing slash."""

    base_url: str = "http://127.0.0.1:8000"
    session_idle: timedelta = timedelta(hours=2)
    session_longest: timedelta = timedelta(hours=12)
    invite_valid: timedelta = timedelta(days=3)
    #: how long published numbers are kept
    history_days: int = 90
    #: with a token /metrics asks for it; without one it answers this machine only
    metrics_token: str = ""
    largest_body: int = 5 * MIB
    #: the whole of a request must be here within this, headers included
    receive_s: float = 9.0
    #: a sender hears within this whether its message is stored
    answer_s: float = 0.9
    #: bytes that the bodies being received may hold together, beyond the first 64 KiB of each
    receiving_bytes: int = 32 * MIB
    #: how often shops are swept, in minutes
    delta_every_min: int = 15
    inbox: Limits = field(default_factory=Limits)

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that cookies may travel by https only."""
        return urlsplit(self.base_url).scheme == "https"


def _no_levels(_account: str, _shop: str) -> Levels | None:
    return None


def _no_problem(_conn: Connection) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """Everything the web room works with. ``account`` is the one whose pages are shown; webhooks name their own.

    ``inbound`` gives the reader of a connection, or None when there is none of that name; it must answer from memory, for
    it runs on the event loop. ``schema_problem`` gives a sentence when the database is not at this release's schema. ``levels``
    gives the door through which the levels of a shop can be read, or None when it cannot be asked.
    """

    account: str
    database: Database
    clock: Clock
    ids: Ids
    engine: Wakes
    inbound: Callable[[str, str], Inbound | None]
    ask: AskFor
    settings: WebSettings = field(default_factory=WebSettings)
    schema_problem: Callable[[Connection], str] = _no_problem
    levels: Callable[[str, str], Levels | None] = _no_levels
    version: str = ""
