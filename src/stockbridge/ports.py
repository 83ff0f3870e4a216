"""The shape of every door, and of what the house needs from outside: time, ids, HTTP, a rate budget, the durable engine.

Four kinds of trouble cross a door and no others: :class:`NotGenuine`, :class:`Unreadable` (both inbound), and outbound
:class:`TryLater`, :class:`Refused`, :class:`OutcomeUnknown` (DESIGN D8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from stockbridge.domain.compare import Shown
from stockbridge.domain.effects import Effect
from stockbridge.domain.events import Event

if TYPE_CHECKING:  # the helpers of a comparison read this module and need no database
    from sqlalchemy import Connection

LANES = 16
#: Readings of orders have a lane of their own, so that one call brings many: what a call costs does not grow with them.
READINGS_LANE = LANES


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A raw thing received, kept as it came. ``subject`` is what must be handled one at a time; ``dedupe_key`` makes a
    second delivery of the same thing the same row."""

    account: str
    connection: str
    topic: str
    subject: str
    dedupe_key: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that an effect was performed: their id, and their answer as it came, which becomes an arrival of its own
    (topic and body are read by the same door's ``read``). ``adopted``: it was found, not made now."""

    reference: str
    topic: str
    body: bytes
    adopted: bool = False


class DoorError(Exception):
    """What can go wrong at a door."""


class NotGenuine(DoorError):
    """The sender could not prove who it is: nothing was stored."""


class Unreadable(DoorError):
    """The message cannot be understood. It is kept and can be read again once the reader or the message is mended."""


class TryLater(DoorError):
    """Certainly not done: no connection was made, or the other side said 'not now'. ``after_s``: seconds to wait, if it said so.
    ``asked``: False when nobody was asked, because what it allows us is used up."""

    def __init__(self, reason: str, *, after_s: float | None = None, credentials: bool = False, asked: bool = True) -> None:
        super().__init__(reason)
        self.after_s = after_s
        self.asked = asked
        #: the key or its rights are the problem: the connection is paused and a person told, nothing is hammered
        self.credentials = credentials


class Refused(DoorError):
    """The other side said no, for good. ``code`` is its own word for why."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class OutcomeUnknown(DoorError):
    """It may have been done: a 5xx, a cut answer, our own deadline. Looked up before anything is repeated."""


class LookUp(StrEnum):
    """What looking an effect up can say when it does not find it. ``HARMLESS``: nobody can be asked, and performing it once more
    does no harm."""

    NOT_FOUND = "not_found"
    IMPOSSIBLE = "impossible"
    AMBIGUOUS = "ambiguous"
    HARMLESS = "harmless"


class Capability(StrEnum):
    """What a door can do. An effect a door cannot perform is refused when the connection is configured."""

    SUBMIT = "submit"
    LOOK_UP = "look_up"
    UNIQUE_REFERENCE = "unique_reference"
    CANCEL = "cancel"
    COUNT = "count"
    ADJUST = "adjust"
    PUBLISH = "publish"
    FETCH_ORDERS = "fetch_orders"
    RECORD_FULFILLMENT = "record_fulfillment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a test of a connection found: one sentence each, in plain words, with what to do."""

    ok: bool
    findings: tuple[str, ...] = ()


class Inbound(Protocol):
    """Pure: bytes to meaning. Needs no network."""

    def identify(self, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Arrival: ...
    def read(self, arrival: Arrival) -> Sequence[Event]: ...


class Outbound(Protocol):
    """Performs effects. ``settle_s``: how long after a lost answer the other side may still be at work (DESIGN D8)."""

    settle_s: float
    capabilities: frozenset[Capability]

    def perform(self, effect: Effect, key: str) -> Receipt: ...
    def perform_batch(self, effects: Sequence[tuple[Effect, str]]) -> Sequence[Receipt | DoorError]: ...
    def batch_size(self, kind: str) -> int: ...
    def look_up(self, effect: Effect, key: str) -> Receipt | LookUp: ...
    def look_up_batch(self, effects: Sequence[tuple[Effect, str]]) -> Sequence[Receipt | LookUp | DoorError]: ...


class Polls(Protocol):
    """Sweeps: what may have been missed since ``cursor`` (the door's own words, None at first) as arrivals, and the next cursor.

    ``what`` names the sweep; ``sweeps`` are those the door has: 'orders', 'items', 'locations', 'stock', 'subscriptions' …."""

    sweeps: tuple[str, ...]

    def poll(self, what: str, cursor: str | None) -> tuple[Sequence[Arrival], str | None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRead:
    """A level as the channel has it now. ``available`` None: the item is not stocked (or not active) there."""

    inventory_item_id: str
    location_id: str
    available: int | None
    committed: int
    reserved: int
    active: bool
    tracked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelWrite:
    """Set ``available`` from the value just read; ``delta``: send the difference instead (DESIGN D9)."""

    inventory_item_id: str
    location_id: str
    available: int
    change_from: int
    delta: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOutcome:
    """What became of one entry of a write: 'written', 'stale', 'refused' (with the reason) or 'held' (not tried, because of others)."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All levels of a channel, saved as lines of text. They are as they were at some moment after ``asked_at``, each at its own.

    ``read`` makes levels of any number of whole lines, in any order; it raises Unreadable. It can be sent to another process."""

    asked_at: datetime
    size: int
    read: Callable[[bytes], Iterable[Shown]]


class Levels(Protocol):
    """Reads and writes what a channel offers, at most ``at_once`` entries in one call. ``write`` and ``activate`` raise TryLater,
    Refused, OutcomeUnknown. ``activate`` stocks an item at a location, with nothing on offer there; where it is stocked already it
    changes nothing.

    A snapshot is all levels at once: it is ordered, and fetched when it is ready. Who keeps the ticket can fetch it after a crash;
    ordering again while one is being made gives that one's ticket."""

    @property
    def at_once(self) -> int: ...
    def read(self, cells: Sequence[tuple[str, str]]) -> Sequence[LevelRead]: ...
    def write(self, writes: Sequence[LevelWrite], *, key: str, document: str) -> Sequence[LevelOutcome]: ...
    def activate(self, inventory_item_id: str, location_id: str, *, key: str) -> None: ...

    def order_snapshot(self, *, since: datetime | None = None) -> str:
        """Have one made; gives its ticket. One that was asked for after ``since`` is taken up, also when it is ready. Raises TryLater,
        Refused, OutcomeUnknown (order again: it is found)."""
        ...

    def fetch_snapshot(self, ticket: str, save: Callable[[bytes], object]) -> Snapshot | None:
        """Hand it to ``save`` part by part; None: it is not ready. An empty, failed, expired or incomplete one is never given: Refused
        (order another one) or TryLater (fetch it again, and forget what was saved)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoor:
    """One configured connection, ready for use."""

    account: str
    connection: str
    kind: str
    inbound: Inbound
    outbound: Outbound | None = None
    polls: Polls | None = None
    levels: Levels | None = None
    check: Callable[[], Health] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a door is handed when it is opened."""

    account: str
    connection: str
    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    clock: Clock
    ids: Ids
    http: Http
    budget: Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A door's manifest: what kind of system it speaks to, what settings it needs, and how it is opened."""

    kind: str
    title: str
    settings: type
    secrets: tuple[str, ...]
    open: Callable[[Opening], OpenDoor]
    quality: str = "sketch"
    docs: str = ""


class Clock(Protocol):
    """The time, aware and in UTC. ``sleep`` waits on the same clock."""

    def now(self) -> datetime: ...
    def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    """Fresh unguessable text ids."""

    def new(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One call. ``deadline_s`` bounds the whole of it: connecting, sending, waiting, reading."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    deadline_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpStream:
    """An answer that is still coming in. Header names are lower case; ``parts`` can be gone through once."""

    status: int
    headers: Mapping[str, str]
    parts: Iterator[bytes]


class Http(Protocol):
    """The network. Raises TryLater when no connection was made, OutcomeUnknown when the answer was lost or late."""

    def send(self, request: HttpRequest) -> HttpAnswer: ...

    def stream(self, request: HttpRequest) -> AbstractContextManager[HttpStream]:
        """An answer of any length, part by part. Only for what changes nothing: whatever goes wrong, on the way too, is TryLater.
        The deadline bounds connecting and every silence, not the whole."""
        ...


class Budget(Protocol):
    """One connection's rate budget, shared by all workers through the database. ``urgent``: orders go before stock.

    ``take`` waits until ``cost`` may be spent, and raises TryLater when that is further off than ``patience_s``.
    ``correct`` says how the other side counts; ``refund``: what was taken for the call and not spent.
    ``hold``: it turned us away, and nobody is to ask for so many seconds."""

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None: ...
    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None: ...
    def hold(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Job:
    """A piece of work that carries many rows: ``kind`` is 'step', 'deliver', 'publish' or 'sweep'; ``connection`` and
    ``lane`` say which rows; ``what`` names a sweep."""

    kind: str
    account: str
    connection: str
    lane: int = 0
    what: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.account}/{self.connection}/{self.lane}/{self.what}"


class Engine(Protocol):
    """The durable engine as the rooms see it (DESIGN D3). Work is rows; a job is only a hint that there are some."""

    def wake(self, connection: Connection, job: Job) -> None:
        """Make the job run soon, in the caller's transaction: no commit, no job. Woken already and not yet begun: no second."""
        ...

    def wake_all(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """The same for several at once. Call it once, and last, in a transaction: until the commit, whoever else wakes one of
        them waits."""
        ...


def lane_of(subject: str) -> int:
    """The lane that handles a subject: the same on every machine, for ever (crc32, not Python's salted hash)."""
    return crc32(subject.encode()) % LANES


def lane_of_arrival(subject: str) -> int:
    """The lane that understands what arrived about a subject. What a warehouse says of its stock shares one: figures are taken many at a
    time, and thinly spread over all lanes each would come alone, with a job and a transaction of its own."""
    stock, warehouse, _ = (*subject.split("/", 2), "", "")[:3]
    return lane_of(f"{stock}/{warehouse}" if stock == "stock" else subject)
