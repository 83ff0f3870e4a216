"""The same thing asked for many orders at once: what may be asked, and when an order of them counts as dealt with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stockbridge.domain.orders import MEANING, OrderState

#: Orders in one batch: more are asked for with another one.
MOST = 10_000
#: Orders of a batch that are under way at once, so that new orders do not wait behind old ones.
AT_ONCE = 50
#: An order that is still under way after so long is no longer waited for; its own page goes on showing it.
PATIENCE = timedelta(minutes=10)


class Action(StrEnum):
    """What may be asked for many orders at once."""

    RETRY = "retry"


#: What each is called in the menu.
TITLES: Mapping[Action, str] = {Action.RETRY: "Try again what is stopped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one order of a batch stands. ``busy``: something about it is still being worked through. ``stopped``: the newest of what
    waits for a person, in words."""

    state: OrderState
    reason: str
    busy: bool
    stopped: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an order, in words. ``fine``: nothing about it waits for a person."""

    said: str
    fine: bool


def ended(standing: Standing, *, now: datetime) -> Ended | None:
    """What became of an order since it was asked for; None while it is under way and may still be waited for."""
    if standing.busy:
        late = now - standing.asked_at >= PATIENCE
        return Ended("still under way; its own page shows how it goes on", fine=False) if late else None
    if standing.stopped:
        return Ended(standing.stopped, fine=False)
    meaning = MEANING[standing.state]
    return Ended(f"{meaning}: {standing.reason}" if standing.reason else meaning, fine=True)
