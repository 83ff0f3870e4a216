"""Reads what the house and its people say: the same inbox as everything else (DESIGN D11)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stockbridge import shapes
from stockbridge.domain import events as ev
from stockbridge.domain.events import Event
from stockbridge.ports import Arrival, Unreadable

#: What a person asked for.
PEOPLE = "people"
#: What our own outbox found out.
HOUSE = "house"
CONNECTIONS = frozenset({PEOPLE, HOUSE})

_TOPICS: dict[str, type[Event]] = {
    "item_mapped": ev.ItemMapped,
    "source_mapped": ev.SourceMapped,
    "mapping_changed": ev.MappingChanged,
    "selling_asked": ev.SellingAsked,
    "retry_asked": ev.RetryAsked,
    "dismiss_asked": ev.DismissAsked,
    "pause_asked": ev.PauseAsked,
    "sweep_asked": ev.SweepAsked,
    "run_approved": ev.RunApproved,
    "run_dropped": ev.RunDropped,
    "batch_asked": ev.BatchAsked,
    "batch_stopped": ev.BatchStopped,
    "refused": ev.EffectRefused,
    "stuck": ev.EffectStuck,
}


def topic_of(event: Event) -> str:
    """Under which topic an event of ours is kept; ``KeyError`` for one that is not ours to say."""
    for topic, cls in _TOPICS.items():
        if type(event) is cls:
            return topic
    raise KeyError(type(event).__name__)


def write(event: Event) -> bytes:
    """The event as it is kept."""
    return msgspec.json.encode(event)


def read(arrival: Arrival) -> Sequence[Event]:
    """The event that was written. Raises Unreadable when this version does not know it."""
    cls = _TOPICS.get(arrival.topic)
    if cls is None:
        raise Unreadable(f"this version does not know what '{arrival.topic}' means")
    try:
        return [shapes.decode(arrival.body, cls)]
    except msgspec.MsgspecError as error:
        raise Unreadable(f"the words are not complete: {error}") from error
