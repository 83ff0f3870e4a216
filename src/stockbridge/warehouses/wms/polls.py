"""Sweeps of a generic WMS: what lost callbacks would have told, and whole snapshots of stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Raw

import stockbridge.warehouses.wms.wire as wire
from stockbridge import shapes
from stockbridge.ports import Arrival, Clock, HttpAnswer, OutcomeUnknown, Refused, TryLater
from stockbridge.warehouses.wms.client import Client, decode
from stockbridge.warehouses.wms.inbound import order_subject, stock_subject
from stockbridge.warehouses.wms.settings import Settings

#: A poll never reads without end: what is left comes with the next one.
MAX_PAGES = 400
MAX_ITEMS = 2_000_000
TRIES = 3


class _Restart(Exception):
    """The pages of a snapshot do not belong together any more."""


class WmsPolls:
    """'stock': a whole snapshot per warehouse. 'stock_changes': figures since a sequence. 'orders': orders since a sequence
    (not where the WMS cannot look orders up)."""

    def __init__(self, account: str, connection: str, settings: Settings, client: Client, clock: Clock) -> None:
        self._account = account
        self._connection = connection
        self._settings = settings
        self._client = client
        self._clock = clock
        orders = () if settings.personality == "neither" else ("orders",)
        self.sweeps: tuple[str, ...] = (*orders, "stock_changes", "stock")

    def poll(self, what: str, cursor: str | None) -> tuple[Sequence[Arrival], str | None]:
        """Arrivals since ``cursor`` and the next cursor. Any trouble is a TryLater (or a Refused): asking changes nothing."""
        if what not in self.sweeps:
            raise Refused(f"This WMS cannot be asked for '{what}'.", code="not_supported")
        try:
            match what:
                case "orders":
                    return self._orders(cursor)
                case "stock_changes":
                    return self._stock_changes(cursor)
                case _:
                    return [self._snapshot(warehouse) for warehouse in self._settings.warehouses], None
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from error

    def _orders(self, cursor: str | None) -> tuple[Sequence[Arrival], str]:
        arrivals: list[Arrival] = []
        since = _sequence(cursor)
        for _ in range(MAX_PAGES):
            asked_at = self._clock.now()
            answer = self._get("/v1/orders", {"changed_since_sequence": since, "limit": self._settings.page_size})
            page = decode(answer, wire.OrdersPage, "our question for changed orders")
            arrivals += [self._order_arrival(bytes(raw), asked_at) for raw in page.orders]
            since = _onward(since, page.sequence, more=page.more)
            if not page.more:
                break
        return arrivals, str(since)

    def _order_arrival(self, body: bytes, asked_at: datetime) -> Arrival:
        """As it came. The same state of the same order has the same key, so that asking again is cheap."""
        try:
            peek = shapes.decode(body, wire.PeekOrder)
        except (ValueError, RecursionError):
            return self._unreadable("poll/orders", asked_at, body)
        subject = order_subject(peek.reference)
        return self._arrival("poll/orders", subject, f"poll/{subject}/{peek.order_id}@{peek.changed_sequence}", asked_at, body)

    def _stock_changes(self, cursor: str | None) -> tuple[Sequence[Arrival], str | None]:
        """Without a cursor: only where the WMS stands now; what there is already, the snapshot tells."""
        arrivals: list[Arrival] = []
        since = _sequence(cursor)
        for _ in range(MAX_PAGES):
            asked_at = self._clock.now()
            query = {"limit": self._settings.page_size} | ({} if cursor is None else {"since_sequence": since})
            answer = self._get("/v1/stock/changes", query, expected=frozenset({410}))
            if answer.status == 410:  # it does not remember that far back: only a snapshot helps
                return arrivals, None
            page = decode(answer, wire.ChangesPage, "our question for changed stock")
            arrivals += [self._figure_arrival(bytes(raw), asked_at) for raw in page.figures]
            since = _onward(since, page.sequence, more=page.more)
            if not page.more:
                break
        return arrivals, str(since)

    def _figure_arrival(self, body: bytes, asked_at: datetime) -> Arrival:
        """As it came, so that one that cannot be read does not hide the others."""
        try:
            peek = shapes.decode(body, wire.PeekFigure)
        except (ValueError, RecursionError):
            return self._unreadable("poll/stock_changes", asked_at, body)
        subject = stock_subject(peek.warehouse, peek.item_code)
        stamp = peek.sequence if peek.sequence is not None else peek.moment.isoformat()
        return self._arrival("poll/stock_changes", subject, f"poll/{subject}@{stamp}", asked_at, body)

    def _unreadable(self, topic: str, asked_at: datetime, body: bytes) -> Arrival:
        """What does not even say what it is about: kept, and parked by its reader. The same bytes have the same key."""
        digest = sha256(body).hexdigest()[:32]
        return self._arrival(topic, f"unreadable/{digest}", f"poll/unreadable/{digest}", asked_at, body)

    def _snapshot(self, warehouse: str) -> Arrival:
        reason = ""
        for _ in range(TRIES):
            asked_at = self._clock.now()
            try:
                whole = self._pages(warehouse)
            except _Restart as restart:
                reason = str(restart)
                continue
            stamp = whole.sequence if whole.sequence is not None else whole.moment.isoformat()
            # what it says is part of the key: a mended answer of the same moment is not the old one again
            said = sha256(b",".join(bytes(item) for item in whole.items)).hexdigest()[:16]
            state = said if whole.complete else f"{said}/part"
            subject = stock_subject(warehouse)
            key = f"poll/{subject}@{stamp}/{state}"
            return self._arrival("poll/stock", subject, key, asked_at, msgspec.json.encode(whole))
        raise TryLater(f"No snapshot of warehouse {warehouse} could be read in one piece: {reason}")

    def _pages(self, warehouse: str) -> wire.SnapshotPage:
        """All pages as one. Complete only if the WMS said so, on the last page, and every item it counted is there."""
        items: dict[str, Raw] = {}
        query: dict[str, str | int] = {"warehouse": warehouse, "limit": self._settings.page_size}
        page = first = self._page(query)
        while True:
            _same_snapshot(first, page, warehouse)
            before = len(items)
            items.update((_code(item), item) for item in page.items)
            if len(items) != before + len(page.items) or (page.next and not page.items):
                raise _Restart("its pages are empty or overlap.")
            if not page.next or len(items) > MAX_ITEMS:
                break
            query["after"] = page.next
            page = self._page(query)
        complete = page.complete and not page.next and (page.total is None or page.total == len(items))
        return msgspec.structs.replace(first, items=list(items.values()), complete=complete, total=len(items), next=None)

    def _page(self, query: Mapping[str, str | int]) -> wire.SnapshotPage:
        answer = self._get("/v1/stock", query, expected=frozenset({409}))
        if answer.status == 409:
            raise _Restart("the WMS says that it has moved on.")
        return decode(answer, wire.SnapshotPage, "our question for stock")

    def _get(self, path: str, query: Mapping[str, str | int], expected: frozenset[int] = frozenset()) -> HttpAnswer:
        return self._client.call("GET", path, query=query, urgent=False, expected=expected)

    def _arrival(self, topic: str, subject: str, key: str, asked_at: datetime, body: bytes) -> Arrival:
        return Arrival(
            account=self._account,
            connection=self._connection,
            topic=topic,
            subject=subject,
            dedupe_key=key,
            received_at=self._clock.now(),
            headers={"asked-at": asked_at.isoformat()},
            body=body,
        )


def _code(item: Raw) -> str:
    """What tells an item of a snapshot from the others; one that does not even say its code, by all that it says."""
    try:
        return shapes.decode(bytes(item), wire.PeekItem).item_code
    except (ValueError, RecursionError):
        return f"unreadable/{sha256(bytes(item)).hexdigest()}"


def _same_snapshot(first: wire.SnapshotPage, page: wire.SnapshotPage, warehouse: str) -> None:
    if page.warehouse != warehouse:
        raise TryLater(f"Asked for warehouse {warehouse}, the WMS answered about {page.warehouse}.")
    if (page.sequence, page.moment, page.basis) != (first.sequence, first.moment, first.basis):
        raise _Restart("its pages are of different moments.")


def _onward(since: int, reached: int, *, more: bool) -> int:
    """The next place to read from. A WMS that promises more without getting on would be asked for ever."""
    if more and reached <= since:
        raise TryLater("The WMS says that more follows, but does not get on.")
    return max(since, reached)


def _sequence(cursor: str | None) -> int:
    return int(cursor) if cursor is not None and cursor.isascii() and cursor.isdigit() else 0
