"""What a warehouse says: orders taken and refused, parcels, cancellations, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stockbridge.domain.values import Amount, Basis, Tracking, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    """A warehouse has accepted a submission. ``sequence`` orders it against the warehouse's figures; None: no common clock."""

    reference: str
    warehouse_ref: str
    occurred_at: datetime
    sequence: int | None = None
    adopted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused:
    """A warehouse will not take a submission, for good."""

    reference: str
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgressed:
    """A warehouse said where a submission stands (accepted, picking, packed …): its own word in ``status``."""

    reference: str
    status: str
    occurred_at: datetime
    sequence: int | None = None
    reserved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentConfirmed:
    """A parcel left. ``lines`` are keyed by item code. ``final``: the warehouse ships nothing more for this submission."""

    reference: str
    shipment_id: str
    warehouse: str
    lines: tuple[Units, ...]
    tracking: Tracking
    occurred_at: datetime
    sequence: int | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationAnswered:
    """A warehouse confirmed or declined that a submission will not ship. ``lines``: all that will not
    ship of it, so a repeat adds nothing; a confirmation that names none decides nothing about its units (decision 0006)."""

    reference: str
    confirmed: bool
    occurred_at: datetime
    sequence: int | None = None
    reason: str = ""
    lines: tuple[Units, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAdjusted:
    """A warehouse has booked units of which we told it. ``sequence`` orders it against the warehouse's figures."""

    reference: str
    occurred_at: datetime
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReported:
    """How many units of one item a warehouse has, zone by zone, at one moment of its own clock."""

    warehouse: str
    item_code: str
    zones: Mapping[str, Amount]
    basis: Basis
    occurred_at: datetime
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresReported:
    """Many figures of one warehouse at one moment. ``complete``: an item that is not in it has none there. ``unread``: what is in
    it and cannot be used, item code (or ``""``) and why; its last figure stays."""

    warehouse: str
    figures: tuple[FigureReported, ...]
    complete: bool
    occurred_at: datetime
    sequence: int | None = None
    unread: tuple[tuple[str, str], ...] = ()
