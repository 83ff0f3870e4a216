"""What a route of the API is made of. Everything that is written about one, also its description, comes from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection

from stockbridge.db.tokens import Token
from stockbridge.domain.events import Event
from stockbridge.web.parts import WebParts

ROOT = "/api/v1"
LARGEST_BODY = 256 * 1024


def says(text: str, **bounds: Any) -> msgspec.Meta:
    """What a field means, in a sentence, and its bounds (msgspec.Meta)."""
    return msgspec.Meta(description=text, **bounds)


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a program sends, in the address or as a body. A field that is not declared is refused."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a program is told. Fields may be added in later releases."""


Q = TypeVar("Q", bound=Given)
B = TypeVar("B", bound=Given)
T = TypeVar("T", bound=Told)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Nothing(Given, frozen=True):
    """No field."""


class Page(Told, Generic[T], frozen=True):
    """One page of a list."""

    data: list[T]
    next_cursor: Annotated[str | None, says("Send it as `cursor` to get the next page; null: this is the last one.")]


class Asked(Told, frozen=True):
    """What was asked for is in the inbox. It happens in moments, in its turn, and is written down with the token's name."""

    asked: Annotated[str, says("What will happen, in a sentence.")]
    look_at: Annotated[str, says("Where to read what became of it.")]


class File(Told, frozen=True):
    """A file to keep, instead of JSON."""

    name: str
    media_type: str
    content: bytes


class Fault(Told, frozen=True):
    """One of several things that are wrong with what was sent."""

    detail: Annotated[str, says("What is wrong, in a sentence.")]
    pointer: Annotated[str, says("Where in the body: a JSON pointer (RFC 6901), such as `#/document/locations/0`.")]


class Refusal(Exception):
    """The request is not answered; nothing it did is kept. ``code`` is for programs, ``sentence`` for people; ``faults``: one by one,
    where several things are wrong."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        headers: Mapping[str, str] | None = None,
        *,
        faults: Iterable[Fault] = (),
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}
        self.faults = list(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Q, B]):
    """One request, let in and read."""

    parts: WebParts
    conn: Connection
    now: datetime
    token: Token
    query: Q
    body: B
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The account whose rows this call may see."""
        return self.token.account

    @property
    def by(self) -> str:
        """Who asks, as the journal names them."""
        return f"{self.token.name} (API)"

    def ask(self, events: Sequence[Event]) -> None:
        """Puts what is asked for into the inbox, like a person's act. Once in a call, with everything."""
        self.parts.ask(self.conn, account=self.account, events=events, by=f"token/{self.token.token_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. Its handler's docstring is its description. ``scope``: what a token must hold; empty: any token will do.

    ``path`` begins below /api/v1; a name in braces stands for a whole number (`{parked_id}`). Ids that other systems made travel in
    the query: they hold slashes. ``looks``: a POST that changes nothing, because what it asks about is too large for an address.
    ``largest``: bytes that its body may have. ``refuses``: the statuses it answers beside those that every route does.
    """

    method: str
    path: str
    scope: str
    handler: Callable[[Call[Any, Any]], Told]
    answer: type
    query: type[Given] = Nothing
    body: type[Given] = Nothing
    status: int = 200
    looks: bool = False
    largest: int = LARGEST_BODY
    refuses: tuple[int, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET" or self.looks

    @property
    def address(self) -> str:
        """The whole path."""
        return ROOT + self.path

    @property
    def noun(self) -> str:
        """What it is about: the first word of its path."""
        return self.path.split("/")[1]


def asking(
    path: str,
    *,
    scope: str,
    handler: Callable[[Call[Any, Any]], Asked],
    body: type[Given] = Nothing,
    largest: int = LARGEST_BODY,
    refuses: tuple[int, ...] = (),
) -> Route:
    """A route that asks for something: it enters the inbox, and happens in its turn."""
    return Route(
        method="POST",
        path=path,
        scope=scope,
        handler=handler,
        body=body,
        answer=Asked,
        status=202,
        largest=largest,
        refuses=refuses,
    )
