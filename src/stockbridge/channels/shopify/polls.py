"""Sweeps: what the webhooks may have lost. Each returns what changed since its cursor, and a cursor that is never ahead of
what it returned; every reading overlaps the last, because Shopify's search index lags behind its writes (facts E.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

import stockbridge.channels.shopify.generated as g
import stockbridge.channels.shopify.wire as wire
from stockbridge import shapes
from stockbridge.channels.shopify.client import Shopify
from stockbridge.channels.shopify.pages import following
from stockbridge.channels.shopify.subscriptions import Keeper
from stockbridge.domain.channel_order import ROUNDING
from stockbridge.ports import Arrival, Refused

#: Pages of 250 in one poll. What is left over is the next poll's, from the page where this one stopped.
PAGES = 8
#: The whole catalogue is read again after a day: not every change to an item moves its variant's updatedAt.
WHOLE_S = 86_400


class Cursor(Struct, kw_only=True, omit_defaults=True):
    """Where a sweep is. ``since``: everything before it was returned; ``after``: the page to go on from, in a pass that began
    at ``from_`` (or behind the item ``behind``); ``seen``: the newest change met in that pass, which was ``begun`` then;
    ``whole_at``: when everything was last read."""

    since: datetime | None = None
    from_: datetime | None = None
    after: str | None = None
    behind: str | None = None
    seen: datetime | None = None
    begun: datetime | None = None
    whole_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a sweep by time."""

    order_id: str
    label: str
    updated_at: datetime
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes, and where the next one begins."""

    rows: Sequence[Change]
    after: str | None


class ShopifyPolls:
    """The sweeps of one store: ``orders`` and ``fulfillment_orders`` often, ``items`` and ``locations`` now and then,
    ``subscriptions`` every few minutes."""

    sweeps: tuple[str, ...] = ("orders", "fulfillment_orders", "items", "locations", "subscriptions")

    def __init__(self, shopify: Shopify, *, account: str, connection: str) -> None:
        self._shopify, self._account, self._connection = shopify, account, connection
        self._keeper = Keeper(shopify)

    def poll(self, what: str, cursor: str | None) -> tuple[Sequence[Arrival], str | None]:
        """One sweep; raises TryLater or Refused, and KeyError for a sweep that does not exist."""
        sweeps: dict[str, Callable[[str | None], tuple[Sequence[Arrival], str | None]]] = {
            "orders": lambda c: self._changes(c, self._orders_page),
            "fulfillment_orders": lambda c: self._changes(c, self._fulfillment_orders_page),
            "items": self._items,
            "locations": self._locations,
            "subscriptions": self._subscriptions,
        }
        return sweeps[what](cursor)

    # --- orders -------------------------------------------------------------------------------------------------

    def _changes(self, text: str | None, page: Callable[[str, str | None], Page]) -> tuple[Sequence[Arrival], str]:
        cursor = _cursor(text)
        settings, now = self._shopify.settings, self._shopify.clock.now()
        cursor.since = cursor.since or now - timedelta(days=settings.order_window_days)
        cursor.from_ = cursor.from_ or cursor.since - timedelta(seconds=settings.overlap_s)
        arrivals: list[Arrival] = []
        for _ in range(PAGES):
            found = self._page(cursor, page)
            arrivals += [self._changed(row, now) for row in found.rows]
            cursor.seen = max([row.updated_at for row in found.rows] + ([cursor.seen] if cursor.seen else []), default=None)
            cursor.after = found.after
            if not found.after:
                cursor = Cursor(since=max(cursor.since, cursor.seen) if cursor.seen else cursor.since)
                break
        if cursor.after and cursor.seen and cursor.from_ and cursor.seen > cursor.from_:
            # Rows come oldest change first, so a new question goes on from there; page marks end at 25 000 rows (facts C.6).
            cursor.from_, cursor.after = cursor.seen, None
        return arrivals, _text(cursor)

    def _page(self, cursor: Cursor, page: Callable[[str, str | None], Page]) -> Page:
        assert cursor.from_ is not None
        query = f"updated_at:>='{_stamp(cursor.from_)}'"
        try:
            return page(query, cursor.after)
        except Refused:
            if cursor.after is None:
                raise
            return page(query, None)  # a page mark can grow too old; the pass begins again, nothing is skipped

    def _orders_page(self, query: str, after: str | None) -> Page:
        found = self._shopify.call(g.SWEEP_ORDERS, g.SweepOrders(query=query, after=after), urgent=True).data.orders
        return Page([Change(row.id, "order", row.updated_at) for row in found.nodes], following(found.page_info, after))

    def _fulfillment_orders_page(self, query: str, after: str | None) -> Page:
        asked = g.SweepFulfillmentOrders(query=query, after=after)
        found = self._shopify.call(g.SWEEP_FULFILLMENT_ORDERS, asked, urgent=True).data.fulfillment_orders
        rows = [Change(row.order_id, row.id, row.updated_at, part=row.id) for row in found.nodes]
        return Page(rows, following(found.page_info, after))

    def _changed(self, row: Change, now: datetime) -> Arrival:
        body = msgspec.json.encode(wire.OrderPolled(order_id=row.order_id, updated_at=row.updated_at, part=row.part))
        key = f"poll/{row.label}/{row.order_id}/{_stamp(row.updated_at)}"
        if now - row.updated_at < ROUNDING:
            key += f"/seen {_stamp(now)}"  # a change that follows in the same second must not pass for this one
        return self._arrival("poll/order", f"order/{row.order_id}", key, body, now)

    # --- catalogue ----------------------------------------------------------------------------------------------

    def _items(self, text: str | None) -> tuple[Sequence[Arrival], str]:
        now = self._shopify.clock.now()
        cursor = self._items_pass(_cursor(text), now)
        arrivals: list[Arrival] = []
        for _ in range(PAGES):
            found = self._variants(cursor)
            arrivals += self._items_page(found.nodes, now)
            cursor.seen = max([v.updated_at for v in found.nodes] + ([cursor.seen] if cursor.seen else []), default=None)
            cursor.after = following(found.page_info, cursor.after)
            if not cursor.after:
                # Rows come by id, so what changed behind the reader's back is newer than the beginning, not than the end.
                newest = max((moment for moment in (cursor.since, cursor.seen) if moment), default=None)
                since = min(newest, cursor.begun) if newest and cursor.begun else newest
                return arrivals, _text(Cursor(since=since, whole_at=cursor.whole_at))
        if cursor.from_ is None and found.nodes:
            cursor.behind, cursor.after = found.nodes[-1].id.rpartition("/")[2], None
        return arrivals, _text(cursor)

    def _variants(self, cursor: Cursor) -> g.SweepItemsDataProductVariants:
        asked = g.SweepItems(query=_items_query(cursor), after=cursor.after)
        try:
            return self._shopify.call(g.SWEEP_ITEMS, asked, urgent=False).data.product_variants
        except Refused:
            if cursor.after is None:
                raise
            # A page mark can grow too old; the pass begins again, and what it repeats is the same arrival.
            cursor.after = None
            return self._shopify.call(
                g.SWEEP_ITEMS, msgspec.structs.replace(asked, after=None), urgent=False
            ).data.product_variants

    def _items_pass(self, cursor: Cursor, now: datetime) -> Cursor:
        """The pass that goes on, or a new one: over everything once a day, else over what changed."""
        if cursor.begun:
            return cursor
        if cursor.whole_at is None or cursor.since is None or now - cursor.whole_at >= timedelta(seconds=WHOLE_S):
            return Cursor(since=cursor.since, whole_at=now, begun=now)
        from_ = cursor.since - timedelta(seconds=self._shopify.settings.overlap_s)
        return Cursor(since=cursor.since, whole_at=cursor.whole_at, begun=now, from_=from_)

    def _items_page(self, variants: list[g.VariantPart], now: datetime) -> list[Arrival]:
        if not variants:
            return []
        body = msgspec.json.encode(wire.ItemsPolled(variants=variants))
        return [self._arrival("poll/items", "catalog", f"poll/items/{_digest(body)}", body, now)]

    def _locations(self, text: str | None) -> tuple[Sequence[Arrival], str]:
        now, after = self._shopify.clock.now(), None
        rows: list[g.LocationPart] = []
        while True:
            found = self._shopify.call(g.SWEEP_LOCATIONS, g.SweepLocations(after=after), urgent=False).data.locations
            rows += found.nodes
            after = following(found.page_info, after)
            if not after:
                break
        body = msgspec.json.encode(wire.LocationsPolled(locations=rows))
        digest = _digest(body)
        if digest == text:
            return [], digest
        return [self._arrival("poll/locations", "locations", f"poll/locations/{digest}/{_stamp(now)}", body, now)], digest

    # --- webhooks -----------------------------------------------------------------------------------------------

    def _subscriptions(self, cursor: str | None) -> tuple[Sequence[Arrival], str | None]:
        now, done = self._shopify.clock.now(), self._keeper.keep()
        if done is None:
            return [], None
        body = msgspec.json.encode(done)
        digest = _digest(body)
        if digest == cursor and not (done.created or done.updated or done.deleted):
            return [], cursor  # the same refusals as last time: said once
        key = f"poll/subscriptions/{digest}/{_stamp(now)}"
        return [self._arrival("poll/subscriptions", "subscriptions", key, body, now)], digest

    def _arrival(self, topic: str, subject: str, key: str, body: bytes, now: datetime) -> Arrival:
        return Arrival(
            account=self._account,
            connection=self._connection,
            topic=topic,
            subject=subject,
            dedupe_key=key,
            received_at=now,
            headers={},
            body=body,
        )


def _items_query(cursor: Cursor) -> str | msgspec.UnsetType:
    if cursor.from_:
        return f"updated_at:>='{_stamp(cursor.from_)}'"
    return f"id:>{cursor.behind}" if cursor.behind else msgspec.UNSET


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _cursor(text: str | None) -> Cursor:
    return shapes.decode(text, Cursor) if text else Cursor()


def _text(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
