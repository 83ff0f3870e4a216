"""Rules of the product, broken on purpose: each must be noticed by the story, or the story proves nothing.

Only rehearsals and tests apply one, in a process of its own; the product knows nothing of this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import floor
from typing import Any

from stockbridge.channels.shopify import levels as shopify_levels
from stockbridge.domain import availability, placing, shipments
from stockbridge.domain.values import Units
from stockbridge.domain.zones import Zones
from stockbridge.flow import sweeps
from stockbridge.outbox import outcomes
from stockbridge.ports import TryLater


def resend_without_asking() -> None:
    """A lost answer is taken for a failure: the order is sent again without looking whether it is there."""
    outcomes.Booking.unknown = lambda self, job, row, error: _send_again(self, job, row)  # type: ignore[method-assign]


def _send_again(booking: Any, job: Any, row: Any) -> None:
    booking.later(job, row, TryLater("sent again", after_s=0.1))


def drop_unmapped_lines() -> None:
    """A line without an item code is left out instead of stopping the order."""
    original = placing._needs

    def mapped_only(order: Any) -> Any:
        groups, waiting, wanted = original(order)
        kept = [(fo, tuple(n for n in needs if n.inventory_item_id in _known)) for fo, needs in groups]
        lines = {n.line_id for _, needs in kept for n in needs}
        return kept, waiting, wanted & lines

    allocate = placing._allocate

    def remember(order: Any, facts: Any, now: Any) -> Any:
        _known.clear()
        _known.update(item for line in order.snapshot.lines if facts.codes.knows(item := line.inventory_item_id))
        return allocate(order, facts, now)

    placing._needs, placing._allocate = mapped_only, remember


_known: set[Any] = set()


def never_sweep_orders() -> None:
    """Nobody looks for orders whose webhook was lost."""
    original = sweeps.run
    sweeps.run = lambda house, job: None if job.what in ("orders", "fulfillment_orders") else original(house, job)


def write_without_comparing() -> None:
    """A level is written over whatever is there."""
    original = shopify_levels.ShopifyLevels._set

    def blind(self: Any, writes: Any, key: str, document: str) -> Any:
        now = {
            (read.inventory_item_id, read.location_id): read.available
            for read in self.read([(w.inventory_item_id, w.location_id) for w in writes])
        }
        fresh = [replace(w, change_from=now[w.inventory_item_id, w.location_id]) for w in writes]
        return original(self, fresh, key, document)

    shopify_levels.ShopifyLevels._set = blind  # type: ignore[method-assign]


def count_every_zone() -> None:
    """Quarantined goods are counted like any other."""
    Zones.counted = lambda self, zones: floor(sum(zones.values(), 0))  # type: ignore[method-assign]


def fulfill_everything() -> None:
    """Each shipment is recorded with all lines of the order instead of its own."""
    original = shipments._record

    def whole(order: Any, shipment: Any, *, notify_customer: bool) -> Any:
        submission = order.submission(shipment.reference)
        lines = tuple(Units(line.line_id, line.units) for line in submission.lines)
        return original(order, replace(shipment, lines=lines), notify_customer=notify_customer)

    shipments._record = whole


def forget_what_was_asked() -> None:
    """Orders that the warehouse does not show yet are not taken off its figure."""
    availability.charged = lambda facts, here, feeds: 0


SABOTAGES: Mapping[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        resend_without_asking,
        drop_unmapped_lines,
        never_sweep_orders,
        write_without_comparing,
        count_every_zone,
        fulfill_everything,
        forget_what_was_asked,
    )
}


def apply(name: str) -> None:
    """Break one rule in this process; ``KeyError`` for one that is not known."""
    SABOTAGES[name]()
