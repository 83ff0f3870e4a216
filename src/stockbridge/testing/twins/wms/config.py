"""What kind of WMS the twin is: its warehouses, its pace, its moods. All of it plain values, so that it can cross a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Literal, Protocol


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's clock, for a twin that is served: it stands for another company's computer."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251


Personality = Literal["unique_reference", "look_up", "neither"]
BasisWord = Literal["physical", "less_reserved", "less_accepted"]
CancelPolicy = Literal["until_picked", "always", "never"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a warehouse. Orders are picked from pickable zones only, in the order given."""

    name: str
    pickable: bool = True


@dataclass(frozen=True, slots=True)
class Warehouse:
    code: str
    name: str
    zones: tuple[Zone, ...]

    def pickable(self) -> tuple[str, ...]:
        """Names of the zones that orders are picked from; the first zone, if none is said to be."""
        return tuple(zone.name for zone in self.zones if zone.pickable) or (self.zones[0].name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the warehouse works, in seconds. ``manual``: nothing happens until somebody says so.

    ``jitter``: each duration varies by up to this share. ``split_rate``: share of orders that leave in two or three parcels.
    """

    manual: bool = False
    pick_s: float = 60.0
    pack_s: float = 30.0
    ship_s: float = 30.0
    parcel_gap_s: float = 45.0
    jitter: float = 0.3
    split_rate: float = 0.0
    split_to: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WmsConfig:
    """One twin. Rates are shares from 0 to 1, drawn per message or call from the seed."""

    name: str = "Twin WMS"
    seed: int = 1
    personality: Personality = "unique_reference"
    basis: BasisWord = "less_accepted"
    warehouses: tuple[Warehouse, ...] = (
        Warehouse("MAIN", "Main warehouse", (Zone("BULK"), Zone("PICK"), Zone("QUARANTINE", False))),
    )
    #: warehouse code → item code → zone → units; names the catalogue as well
    stock: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    api_key: str = "twin-key"
    signing_secrets: tuple[str, ...] = ("whsec_c3RvY2ticmlkZ2UtdHdpbi1zaWduaW5nLXNlY3JldA==",)
    callback_url: str = ""
    pace: Pace = Pace()
    #: does it book units that others say have left or come?
    adjusts: bool = True
    reserve_on_accept: bool = False
    cancels: CancelPolicy = "until_picked"
    cancel_pending_s: float = 0.0
    latency_s: float = 0.0
    lose_rate: float = 0.0
    repeat_rate: float = 0.0
    reorder_rate: float = 0.0
    reorder_s: float = 30.0
    #: operation → kind of fault → share of calls
    fault_rates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def draw(seed: int, *names: object) -> Random:
    """Chance that depends on what it is drawn for and on nothing else, so that threads and timing do not change it."""
    return Random(":".join(str(each) for each in (seed, *names)))
