"""One order as the house knows it: the channel's snapshot, what warehouses were asked for, what left.

States are data: ``OrderState`` with a sentence each, and one function that derives the state from the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.claims import Mark
from stockbridge.domain.effects import Effect
from stockbridge.domain.values import Tracking, Units


class OrderState(StrEnum):
    """Where an order stands."""

    WAITING = "waiting"
    PARKED = "parked"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    DONE = "done"
    CANCELLED = "cancelled"
    IGNORED = "ignored"


#: What each state means, for people.
MEANING: Mapping[OrderState, str] = {
    OrderState.WAITING: "nothing can be sent yet",
    OrderState.PARKED: "stopped; a person is needed",
    OrderState.ASSIGNED: "being sent to the warehouse",
    OrderState.ACCEPTED: "the warehouse has it",
    OrderState.PART_SHIPPED: "part of it has left",
    OrderState.SHIPPED: "all of it has left; the shop is being told",
    OrderState.DONE: "shipped, and the shop knows",
    OrderState.CANCELLED: "cancelled",
    OrderState.IGNORED: "nothing to do here",
}


class SubmissionState(StrEnum):
    """Where the request to one warehouse stands."""

    MOVING = "moving"
    INTENDED = "intended"
    ACCEPTED = "accepted"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    SHIPPED = "shipped"


ENDED = frozenset({SubmissionState.CANCELLED, SubmissionState.REFUSED, SubmissionState.SHIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """One line of a submission; the ledger's row. ``open_units``: still open in the channel at the submission's location."""

    line_id: str
    inventory_item_id: str
    item_code: str
    units: int
    open_units: int
    cancelled: int = 0
    shipped: int = 0
    written_back: int = 0
    accepted: Mark | None = None
    reserved: Mark | None = None
    contained: int = 0

    @property
    def unshipped(self) -> int:
        return max(0, self.units - self.cancelled - self.shipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one warehouse is asked to ship of one order. ``reference`` is ours and stays for ever."""

    reference: str
    number: int
    connection: str
    warehouse: str
    location_id: str
    state: SubmissionState
    lines: tuple[ClaimLine, ...]
    intended_at: datetime
    progress: str = ""
    warehouse_ref: str = ""
    reason: str = ""
    accepted_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def unshipped(self) -> int:
        return sum(line.unshipped for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel that left. ``lines`` are keyed by order line id. ``fulfillment_id``: the channel's record, once it has one."""

    shipment_id: str
    reference: str
    location_id: str
    warehouse: str
    tracking: Tracking
    shipped_at: datetime
    received_at: datetime
    lines: tuple[Units, ...]
    sequence: int | None = None
    fulfillment_id: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Everything the house knows of one order."""

    shop: str
    snapshot: ChannelOrder
    state: OrderState
    reason: str
    first_seen_at: datetime
    submissions: tuple[Submission, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    retry_at: datetime | None = None

    @property
    def subject(self) -> str:
        return f"order/{self.snapshot.order_id}"

    def submission(self, reference: str) -> Submission:
        """The submission with this reference; ``KeyError`` when it is none of this order's."""
        for submission in self.submissions:
            if submission.reference == reference:
                return submission
        raise KeyError(reference)

    def with_submission(self, changed: Submission) -> Order:
        """The same order with one submission replaced."""
        kept = tuple(changed if s.reference == changed.reference else s for s in self.submissions)
        return replace(self, submissions=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A journal line: what happened, and why. ``kind`` is a dotted word."""

    kind: str
    text: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """Stopped for a person: the cause in a sentence, what does not happen meanwhile, and the code of the remedy."""

    cause: str
    title: str
    consequence: str
    remedy: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows: the new state, what to do outside, what to write down.

    ``unpark``: causes that no longer hold. ``proven``: effect keys known to be done, with the other side's id.
    ``withdraw``: effect keys to drop, none of which was ever sent. ``rejected``: the event itself was not accepted (parked).
    """

    order: Order | None
    effects: tuple[Effect, ...] = ()
    notes: tuple[Note, ...] = ()
    parks: tuple[Park, ...] = ()
    unpark: tuple[str, ...] = ()
    proven: tuple[tuple[str, str], ...] = ()
    withdraw: tuple[str, ...] = ()
    rejected: bool = False


def reference_for(*, account: str, shop: str, snapshot: ChannelOrder, number: int) -> str:
    """Our reference for the n-th submission of an order: readable (it begins with the order's name) and unique in the
    account. The same facts always give the same reference, so a repeated decision repeats it."""
    digest = sha256(f"{account}\n{shop}\n{snapshot.order_id}".encode()).hexdigest()[:8]
    name = "".join(c for c in snapshot.name if c.isalnum() or c in "-_") or "order"
    return f"{name}-{digest}-{number}"


OPEN_STATUSES = frozenset({"OPEN", "IN_PROGRESS", "SCHEDULED", "ON_HOLD", "INCOMPLETE"})


#: A fulfillment in one of these states tells of nothing that left.
UNDONE = frozenset({"CANCELLED", "ERROR", "FAILURE"})


def remaining_units(snapshot: ChannelOrder, line_id: str) -> int:
    """Units of a line that the channel still wants shipped by somebody."""
    return sum(
        line.remaining
        for fo in snapshot.fulfillment_orders
        if fo.status in OPEN_STATUSES
        for line in fo.lines
        if line.line_id == line_id
    )


def own_fulfilled_units(order: Order | None, snapshot: ChannelOrder, line_id: str) -> int:
    """Units of a line that the snapshot shows as fulfilled by records of our own shipments."""
    if order is None:
        return 0
    ours = {s.fulfillment_id for s in order.shipments if s.fulfillment_id}
    return sum(
        units.units
        for f in snapshot.fulfillments
        if f.fulfillment_id in ours and f.status not in UNDONE
        for units in f.lines
        if units.key == line_id
    )


def unallocated_units(order: Order | None, snapshot: ChannelOrder, line_id: str) -> int:
    """Units of a line that nobody was asked to ship yet.

    Counted so that a reading older than what we know never asks for a unit twice: what the reading shows as open or as
    ours, less everything we ever asked for and did not see cancelled. What a warehouse refused counts as asked until a
    person says to try again: nothing is sent in circles. Never negative."""
    asked = sum(
        line.units - (0 if submission.state is SubmissionState.REFUSED else line.cancelled)
        for submission in (order.submissions if order else ())
        for line in submission.lines
        if line.line_id == line_id
    )
    return max(0, remaining_units(snapshot, line_id) + own_fulfilled_units(order, snapshot, line_id) - asked)


def count_open(order: Order) -> Order:
    """The order with ``open_units`` of each claim counted: what of it the channel still holds open at its location.

    The reading says so, less our own records that it does not show yet; a record that it shows, and whose receipt has not
    reached us, is taken for one of our parcels on its way there. A submission that was decided (or moved to its
    location) after the reading was asked for is not in it: it counts whole. One that is still being moved keeps its
    number; its units are elsewhere."""
    left, unbound = left_open(order), _unbound(order)
    changed = []
    for submission in order.submissions:
        if submission.state is not SubmissionState.MOVING:
            unseen = submission.intended_at >= order.snapshot.read_at and order.snapshot.cancelled_at is None
            lines = tuple(_counted(submission, line, left, unbound, unseen=unseen) for line in submission.lines)
            submission = replace(submission, lines=lines)
        changed.append(submission)
    return replace(order, submissions=tuple(changed))


def left_open(order: Order) -> dict[tuple[str | None, str], int]:
    """Units open in the channel by location and line, less our records that came after the reading; may be negative."""
    left: dict[tuple[str | None, str], int] = {}
    for fo in order.snapshot.fulfillment_orders:
        if fo.status in OPEN_STATUSES:
            for line in fo.lines:
                place = (fo.location_id, line.line_id)
                left[place] = left.get(place, 0) + line.remaining
    shown = {f.fulfillment_id for f in order.snapshot.fulfillments}
    for shipment in order.shipments:
        if shipment.fulfillment_id and shipment.fulfillment_id not in shown:
            for units in shipment.lines:
                place = (shipment.location_id, units.key)
                left[place] = left.get(place, 0) - units.units
    return left


def _unbound(order: Order) -> dict[str, int]:
    """Fulfilled units by line that the reading shows and that belong to no shipment we know of."""
    ours = {s.fulfillment_id for s in order.shipments if s.fulfillment_id}
    shown: dict[str, int] = {}
    for record in order.snapshot.fulfillments:
        if record.fulfillment_id not in ours and record.status not in UNDONE:
            for units in record.lines:
                shown[units.key] = shown.get(units.key, 0) + units.units
    return shown


def _counted(
    submission: Submission,
    line: ClaimLine,
    left: dict[tuple[str | None, str], int],
    unbound: dict[str, int],
    *,
    unseen: bool,
) -> ClaimLine:
    place = (submission.location_id, line.line_id)
    arriving = max(0, min(line.shipped - line.written_back, unbound.get(line.line_id, 0)))
    unbound[line.line_id] = unbound.get(line.line_id, 0) - arriving
    loose = _loose(submission, line)
    owed = max(0, line.units - line.cancelled - line.written_back - arriving - loose)
    open_units = owed if unseen else max(0, min(owed, left.get(place, 0)))
    if not unseen:
        left[place] = left.get(place, 0) - open_units
    return replace(line, open_units=open_units)


def _loose(submission: Submission, line: ClaimLine) -> int:
    """Units that nobody holds back any more: the warehouse says that it is done and did not ship them, and its figures, less
    what it has for orders, may have them again. Where the channel still wants them, they count as asked of nobody."""
    if submission.state is not SubmissionState.SHIPPED:
        return 0
    return min(line.unshipped, max(0, line.contained - line.shipped))


def derive_state(order: Order, *, parked: bool, waiting: str) -> tuple[OrderState, str]:
    """The state that the facts add up to, and why. ``waiting``: what the order waits for, empty when for nothing."""
    open_ = [s for s in order.submissions if s.state not in ENDED]
    shipped = any(s.lines for s in order.shipments)
    unrecorded = any(s.fulfillment_id is None for s in order.shipments)
    if parked:
        return OrderState.PARKED, ""
    if open_:
        if any(s.state in (SubmissionState.MOVING, SubmissionState.INTENDED) for s in open_):
            return OrderState.ASSIGNED, _asked(open_)
        return (OrderState.PART_SHIPPED if shipped else OrderState.ACCEPTED), _asked(open_)
    if waiting or order.retry_at is not None:
        known = order.reason if order.state is OrderState.WAITING else ""
        return OrderState.WAITING, waiting or known or "the rest of it cannot be sent yet"
    if shipped:
        return (OrderState.SHIPPED, "") if unrecorded else (OrderState.DONE, "")
    if order.snapshot.cancelled_at is not None:
        return OrderState.CANCELLED, "cancelled in the shop"
    return OrderState.IGNORED, order.reason or "nothing of it is for our warehouses to ship"


def _asked(submissions: Iterable[Submission]) -> str:
    return ", ".join(sorted({s.warehouse for s in submissions}))
