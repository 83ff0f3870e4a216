"""What the store offers: levels read and written, at most 250 (item, location) pairs at a time, and items stocked at a location.

Every write carries an idempotency key and an explicit ``changeFromQuantity`` (both demanded since API version 2026-04,
facts J.1 and J.2). One bad entry makes Shopify reject the whole call (facts 0.3): the outcome says entry by entry which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import stockbridge.channels.shopify.generated as g
from stockbridge.channels.shopify.answers import UserError
from stockbridge.channels.shopify.bulk import Bulk
from stockbridge.channels.shopify.client import Shopify
from stockbridge.ports import DoorError, LevelOutcome, LevelRead, LevelWrite, OutcomeUnknown, Refused, Snapshot

STALE = "CHANGE_FROM_QUANTITY_STALE"
WRITTEN, HELD = LevelOutcome(outcome="written"), LevelOutcome(outcome="held")


class ShopifyLevels:
    """Reads and writes ``available``. Stock waits for orders: it takes the rate budget only when nothing urgent does."""

    def __init__(self, shopify: Shopify) -> None:
        self._shopify = shopify
        #: how many levels one call may hold
        self.at_once = shopify.settings.levels_at_once
        self._bulk = Bulk(shopify)

    def order_snapshot(self, *, since: datetime | None = None) -> str:
        """All levels at once are made ready by Shopify; gives the ticket. Raises TryLater, Refused, OutcomeUnknown."""
        return self._bulk.order(since)

    def fetch_snapshot(self, ticket: str, save: Callable[[bytes], object]) -> Snapshot | None:
        """What was ordered, once it is ready; None before. Raises TryLater, Refused."""
        return self._bulk.fetch(ticket, save)

    def read(self, cells: Sequence[tuple[str, str]]) -> Sequence[LevelRead]:
        """These (item, location) pairs as they are now, in the same order. Raises TryLater, Refused."""
        _at_most(self.at_once, len(cells))
        places: dict[str, list[str]] = {}
        for item, location in dict.fromkeys(cells):
            places.setdefault(location, []).append(item)
        found: dict[tuple[str, str], LevelRead] = {}
        for location, items in places.items():
            asked = g.LevelsAt(ids=items, location_id=location)
            nodes = self._shopify.call(g.LEVELS_AT, asked, urgent=False).data.nodes
            for item, node in zip(items, nodes, strict=True):
                found[item, location] = _level(item, location, node)
        return [found[cell] for cell in cells]

    def write(self, writes: Sequence[LevelWrite], *, key: str, document: str) -> Sequence[LevelOutcome]:
        """Write them, all or none of each manner; raises TryLater, Refused, OutcomeUnknown (then: read back).

        Entries with ``delta`` go out first, as they lower; the others follow with compare-and-set under ``key``."""
        _at_most(self.at_once, len(writes))
        deltas = [i for i, each in enumerate(writes) if each.delta]
        sets = [i for i, each in enumerate(writes) if not each.delta]
        outcomes = [HELD] * len(writes)
        parts = [(self._adjust, deltas, f"{key}:delta"), (self._set, sets, key)]
        begun = False
        for send, positions, own_key in parts:
            if not positions:
                continue
            try:
                told = send([writes[i] for i in positions], own_key, document)
            except OutcomeUnknown:
                raise
            except DoorError as error:
                if not begun:
                    raise
                told = [LevelOutcome(outcome="held", reason=str(error))] * len(positions)
            begun = True
            for position, outcome in zip(positions, told, strict=True):
                outcomes[position] = outcome
        return outcomes

    def activate(self, inventory_item_id: str, location_id: str, *, key: str) -> None:
        """Stock an item at a location. No number is sent along: a level that is active already would refuse it, and some stores
        ignore it (facts D.5). Raises TryLater, Refused, OutcomeUnknown (then: read back)."""
        asked = g.ActivateLevel(inventory_item_id=inventory_item_id, location_id=location_id, key=key)
        answer = self._shopify.call(g.ACTIVATE_LEVEL, asked, urgent=False)
        if answer.user_errors:
            reason = "; ".join(error.message for error in answer.user_errors)
            raise Refused(f"Shopify does not stock the item there: {reason}", code=answer.user_errors[0].code)

    def _set(self, writes: Sequence[LevelWrite], key: str, document: str) -> list[LevelOutcome]:
        entries = [
            g.InventoryQuantityInput(
                inventory_item_id=each.inventory_item_id,
                location_id=each.location_id,
                quantity=each.available,
                change_from_quantity=each.change_from,
            )
            for each in writes
        ]
        asked = g.InventorySetQuantitiesInput(
            name="available", reason="correction", reference_document_uri=document, quantities=entries
        )
        answer = self._shopify.call(g.SET_AVAILABLE, g.SetAvailable(input=asked, key=key), urgent=False)
        payload = answer.data.inventory_set_quantities
        return _outcomes(len(writes), answer.user_errors, some=bool(payload and payload.inventory_adjustment_group))

    def _adjust(self, writes: Sequence[LevelWrite], key: str, document: str) -> list[LevelOutcome]:
        entries = [
            g.InventoryChangeInput(
                inventory_item_id=each.inventory_item_id,
                location_id=each.location_id,
                delta=each.available - each.change_from,
                change_from_quantity=None,  # the one place where no comparison is right (DESIGN D9)
            )
            for each in writes
        ]
        asked = g.InventoryAdjustQuantitiesInput(
            name="available", reason="correction", reference_document_uri=document, changes=entries
        )
        answer = self._shopify.call(g.ADJUST_AVAILABLE, g.AdjustAvailable(input=asked, key=key), urgent=False)
        payload = answer.data.inventory_adjust_quantities
        return _outcomes(len(writes), answer.user_errors, some=bool(payload and payload.inventory_adjustment_group))


def _at_most(most: int, count: int) -> None:
    if count > most:
        raise ValueError(f"{count} levels in one call; Shopify takes {most}")


def _level(item: str, location: str, node: g.LevelsAtDataNodes | None) -> LevelRead:
    level = node.inventory_level if node else None
    units = {each.name: each.quantity for each in level.quantities} if level else {}
    active = level is not None and level.is_active
    return LevelRead(
        inventory_item_id=item,
        location_id=location,
        available=units.get("available") if active else None,
        committed=units.get("committed", 0),
        reserved=units.get("reserved", 0),
        active=active,
        tracked=node.tracked if node else True,
    )


def _outcomes(count: int, errors: Sequence[UserError], *, some: bool) -> list[LevelOutcome]:
    """Who is to blame for a rejected call: ``field`` is ["input", "quantities" | "changes", "<position>", …].

    ``some``: Shopify names a group of changes beside its complaints. Recorded rejections never have one (all or nothing),
    but only single bad entries were recorded (facts O): where there is one, the entries not blamed were written."""
    if not errors:
        return [WRITTEN] * count
    blamed: dict[int, LevelOutcome] = {}
    for error in errors:
        position = _position(error.field)
        if position is None or position >= count:
            raise Refused(f"Shopify rejects the whole write: {error.message}", code=error.code)
        if error.code == STALE:
            blamed.setdefault(position, LevelOutcome(outcome="stale", reason=error.message))
        else:
            blamed[position] = LevelOutcome(
                outcome="refused", reason=f"{error.message} ({error.code})" if error.code else error.message
            )
    return [blamed.get(i, WRITTEN if some else HELD) for i in range(count)]


def _position(path: Sequence[str]) -> int | None:
    return next((int(part) for part in path if part.isdecimal()), None)
