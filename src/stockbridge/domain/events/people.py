"""What a person asks of the house, on a page, on the command line or over the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stockbridge.domain.mapping import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMapped:
    """A person (or a file) said which item code a warehouse uses for an inventory item. ``active=False`` ends the entry."""

    shop: str
    inventory_item_id: str
    connection: str
    warehouse: str
    item_code: str
    active: bool = True
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SellingAsked:
    """A person said whether customers may order an item although nothing of it is available."""

    shop: str
    inventory_item_id: str
    when_out: bool
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked:
    """A person asked that a parked thing be tried again. ``parked_id`` names the parked row."""

    parked_id: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissAsked:
    """A person said that a parked thing needs nothing more."""

    parked_id: int
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapped:
    """A person said which zones of which warehouse feed a location; ``active=False`` ends the entry, which keeps its zones;
    ``live``: levels are written, not only compared (DESIGN D13: watched until somebody says otherwise); ``share_bp``: the location's
    part, in basis points, of zones that feed others too; ``serves``: countries that its goods may go to, none: everywhere;
    ``active_from``: counted from that moment. None: as it is. ``seen``: as of a :class:`MappingChanged`."""

    shop: str
    location_id: str
    connection: str
    warehouse: str
    zones: tuple[str, ...]
    priority: int = 100
    keep_units: int = 0
    keep_percent_bp: int = 0
    share_bp: int | None = None
    active: bool = True
    live: bool | None = None
    exclude: tuple[str, ...] | None = None
    serves: tuple[str, ...] | None = None
    active_from: datetime | None = None
    seen: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChanged:
    """A person wants the whole mapping of a shop to be this. ``base``: the version that it was made from; another one having come
    since, nothing is changed. ``seen``: the person was shown what it would change and wants it all the same (the brake)."""

    shop: str
    base: int
    locations: tuple[Location, ...]
    note: str = ""
    seen: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked:
    """A person asked that nothing be sent over a connection, or over any (no ``connection``); or that it go on again."""

    connection: str
    paused: bool
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepAsked:
    """A person wants a shop compared now. ``kind``: 'delta' (what is mapped) or 'full' (everything on either side); ``dry``: look
    only, change nothing."""

    shop: str
    kind: str = "delta"
    dry: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunApproved:
    """A person saw what a run that was held back would change, and wants it."""

    run_id: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDropped:
    """A person saw what a run that was held back would change, and does not want it."""

    run_id: int
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAsked:
    """A person wants the same for many orders. ``batch_id``: ours, so that asking twice is asking once; ``action``: of
    :class:`~stockbridge.domain.batches.Action`; ``orders``: (shop, order)."""

    batch_id: str
    action: str
    orders: tuple[tuple[str, str], ...]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStopped:
    """A person stops what was asked for many orders: it is begun for no other one."""

    batch_id: str
    by: str = ""
