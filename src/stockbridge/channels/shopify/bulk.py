"""All levels of the store at once, by a bulk operation: Shopify works on it for minutes and leaves a file of JSON lines.

Every line of a level says what it belongs to (``item`` and ``location``), so the order of the lines does not matter: children need
not stand beside their parents (facts H). Lines without an item are the items themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

import stockbridge.channels.shopify.generated as g
from stockbridge import shapes
from stockbridge.channels.shopify.client import Shopify
from stockbridge.domain.compare import Shown
from stockbridge.ports import HttpRequest, HttpStream, OutcomeUnknown, Refused, Snapshot, TryLater, Unreadable

BUSY = "OPERATION_IN_PROGRESS"
UNFINISHED = ("CREATED", "RUNNING", "CANCELING")
#: The longest silence of the file's server, in seconds.
SILENCE_S = 60.0


class Bulk:
    """The store's snapshots."""

    def __init__(self, shopify: Shopify) -> None:
        self._shopify = shopify

    def order(self, since: datetime | None = None) -> str:
        """Have all levels read; gives the operation's id. One of ours that is under way, or that was asked for after ``since`` and is
        ready, is taken up instead of a second one."""
        listed = self._shopify.call(g.LIST_BULKS, g.ListBulks(), urgent=False).data.bulk_operations.nodes
        for each in listed:
            ready = each.status == "COMPLETED" and since is not None and each.created_at >= since.replace(microsecond=0)
            if each.query.split() == g.BULK_LEVELS.document.split() and (ready or each.status in UNFINISHED[:2]):
                return each.id
        answer = self._shopify.call(g.START_BULK, g.StartBulk(query=g.BULK_LEVELS.document), urgent=False)
        for error in answer.user_errors:
            if error.code == BUSY:
                raise TryLater("Shopify is busy with other exports of this app.", after_s=60)
            raise Refused(f"Shopify will not export the stock levels: {error.message}", code=error.code)
        payload = answer.data.bulk_operation_run_query
        if payload is None or payload.bulk_operation is None:
            raise OutcomeUnknown("Shopify did not say whether it exports the stock levels.")
        return payload.bulk_operation.id

    def fetch(self, ticket: str, save: Callable[[bytes], object]) -> Snapshot | None:
        """The file of an operation, part by part, once it is whole and all of it is here."""
        found = self._shopify.call(g.FETCH_BULK, g.FetchBulk(id=ticket), urgent=False).data.bulk_operation
        if found is None:
            raise Refused("Shopify no longer knows this export of stock levels.", code="snapshot_gone")
        if found.status in UNFINISHED:
            return None
        if found.status != "COMPLETED":
            raise _failed(found)
        if found.url is None or int(found.object_count) <= int(found.root_object_count):
            raise Refused(
                "Shopify's export holds no stock level at all: nothing is concluded from that.", code="snapshot_empty"
            )
        size = self._download(found.url, found, save)
        return Snapshot(asked_at=found.created_at, size=size, read=levels_of)

    def _download(self, url: str, found: g.FetchBulkDataBulkOperation, save: Callable[[bytes], object]) -> int:
        """Save the file; raises TryLater when less arrives than Shopify says there is. Our key is not sent along: the address is
        a secret of its own, on another server."""
        if not url.startswith(("https://", f"{self._shopify.settings.address}/")):
            raise Refused("Shopify's export lies at an address that is not safe to call.", code="snapshot_address")
        with self._shopify.stream(HttpRequest(method="GET", url=url, deadline_s=SILENCE_S)) as answer:
            size, lines = _saved(answer, save)
        if size < int(found.file_size or 0) or lines < int(found.object_count):
            raise TryLater(
                f"Shopify's export of stock levels is incomplete: {lines} lines of {found.object_count} arrived,"
                f" {size} bytes of {found.file_size or 'an unknown number'}. Nothing is concluded from it.",
                after_s=30,
            )
        return size


def _saved(answer: HttpStream, save: Callable[[bytes], object]) -> tuple[int, int]:
    """Bytes and lines that arrived."""
    if answer.status != 200:
        raise TryLater(f"Shopify's export of stock levels cannot be fetched (HTTP {answer.status}).", after_s=30)
    size, lines, last = 0, 0, b"\n"
    for part in answer.parts:
        if part:
            save(part)
            size, lines, last = size + len(part), lines + part.count(b"\n"), part[-1:]
    return size, lines + (last != b"\n")


def _failed(found: g.FetchBulkDataBulkOperation) -> Refused | TryLater:
    if found.error_code == "ACCESS_DENIED":
        return TryLater("Shopify denies this app the export of stock levels. Check its permissions.", credentials=True)
    why = f"{found.status.lower()}{f', {found.error_code}' if found.error_code else ''}"
    return Refused(f"Shopify did not finish the export of stock levels ({why}). Order another one.", code="snapshot_failed")


# --- the lines ------------------------------------------------------------------------------------------------


class Available(Struct, gc=False, tag_field="name", tag="available"):
    """What may be sold."""

    quantity: int


class Committed(Struct, gc=False, tag_field="name", tag="committed"):
    """Held for orders."""

    quantity: int


class Reserved(Struct, gc=False, tag_field="name", tag="reserved"):
    """Held for drafts and apps."""

    quantity: int


class OnHand(Struct, gc=False, tag_field="name", tag="on_hand"):
    """All of it. Not compared."""


class Item(Struct, gc=False):
    """What is counted."""

    id: str
    tracked: bool = True


class Location(Struct, gc=False):
    """Where."""

    id: str


class Line(Struct, gc=False, rename="camel"):
    """A level as Shopify writes it: quantities in the order in which they were asked for. No item: not a level."""

    is_active: bool = True
    item: Item | None = None
    location: Location | None = None
    quantities: tuple[Available, Committed, Reserved, OnHand] | None = None


class Quantity(Struct):
    """A quantity by any name."""

    name: str
    quantity: int


class LooseLine(Struct, rename="camel"):
    """A level whose quantities come in another order, or not all of them."""

    is_active: bool = True
    item: Item | None = None
    location: Location | None = None
    quantities: list[Quantity] | None = None


def levels_of(lines: bytes) -> Iterator[Shown]:
    """The levels in some whole lines of the file. Raises Unreadable."""
    try:
        found = shapes.decode_lines(lines, Line)
    except msgspec.ValidationError:
        yield from _loosely(lines)
        return
    except msgspec.DecodeError as error:
        raise Unreadable(f"A line of Shopify's export of stock levels cannot be read: {error}.") from error
    for line in found:
        item, location, quantities = line.item, line.location, line.quantities
        if item is None or location is None:
            continue
        if quantities is None:
            raise Unreadable("A stock level in Shopify's export has no quantities.")
        available, committed, reserved, _ = quantities
        shown = available.quantity if line.is_active else None
        yield item.id, location.id, shown, committed.quantity, reserved.quantity, item.tracked


def _loosely(lines: bytes) -> Iterator[Shown]:
    try:
        found = shapes.decode_lines(lines, LooseLine)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"A line of Shopify's export of stock levels cannot be read: {error}.") from error
    for line in found:
        if line.item is None or line.location is None:
            continue
        units = {each.name: each.quantity for each in line.quantities or ()}
        if "available" not in units:
            raise Unreadable("A stock level in Shopify's export does not say what is available.")
        shown = units["available"] if line.is_active else None
        yield line.item.id, line.location.id, shown, units.get("committed", 0), units.get("reserved", 0), line.item.tracked
