"""The catalogue, the locations and the cross-reference: what people and the channel say of them."""

from __future__ import annotations

from collections.abc import Iterable

from stockbridge.db import catalog, journal, stock
from stockbridge.db.queries import Queries
from stockbridge.db.stock import Pool
from stockbridge.domain.effects import SetSellingPolicy
from stockbridge.domain.events import ItemMapped, ItemsSeen, LocationsSeen, SellingAsked
from stockbridge.domain.orders import Note, Park
from stockbridge.flow import unbacked
from stockbridge.flow.corridor import Step
from stockbridge.flow.fetch import fetch_waiting
from stockbridge.outbox import append as outbox

_X = Queries("catalog")


def items_seen(step: Step, event: ItemsSeen) -> None:
    """Variants as the channel shows them now."""
    catalog.save_items(step.conn, account=step.account, shop=step.connection, items=event.items, now=step.now)


def selling_asked(step: Step, event: SellingAsked) -> None:
    """The shop is told whether the item may be ordered when it is out; what it then shows comes back like any reading."""
    item = catalog.find_item(step.conn, account=step.account, shop=event.shop, inventory_item_id=event.inventory_item_id)
    if item is None:
        step.rejected = "this item was never seen in the shop"
        return
    effect = SetSellingPolicy(
        inventory_item_id=event.inventory_item_id,
        product_id=item.product_id,
        variant_id=item.variant_id,
        sells_when_out=event.when_out,
        asked=str(step.arrival_id),
    )
    subject = f"item/{event.inventory_item_id}"
    jobs = outbox.append(step.conn, account=step.account, connection=event.shop, effects=[(subject, effect)], now=step.now)
    step.wake(jobs)
    text = f"{item.sku or 'the item'} {'may' if event.when_out else 'may not'} be ordered when it is out of stock"
    note = Note(kind="item.selling", text=text)
    journal.write(
        step.conn, account=step.account, subject=subject, notes=[note], at=step.now, actor=event.by, arrival_id=step.arrival_id
    )


def locations_seen(step: Step, event: LocationsSeen) -> None:
    """Locations as the channel shows them now."""
    rows = [
        {
            "account": step.account,
            "shop": step.connection,
            "location_id": location.location_id,
            "name": location.name,
            "active": location.active,
            "fulfillment_service": location.fulfillment_service,
            "country_code": location.country_code,
        }
        for location in event.locations
    ]
    stock.save_locations(step.conn, rows)


def item_mapped(step: Step, event: ItemMapped) -> None:
    """An item code is known: its levels are looked at, and orders that waited for it are tried again."""
    catalog.save_entry(step.conn, account=step.account, event=event, now=step.now)
    word = "is" if event.active else "is no longer"
    note = Note(
        kind="item.mapped", text=f"{event.item_code} in {event.warehouse} {word} the code", data={"item_code": event.item_code}
    )
    subject = f"item/{event.inventory_item_id}"
    journal.write(
        step.conn,
        account=step.account,
        subject=subject,
        notes=[note],
        at=step.now,
        actor=event.by,
        arrival_id=step.arrival_id,
    )
    stock.touch_items(step.conn, account=step.account, shop=event.shop, items=[event.inventory_item_id], now=step.now)
    step.wake_publishers([event.shop])
    fetch_waiting(step, event.shop, [event.inventory_item_id], cause=f"mapped:{step.arrival_id}")
    _say_what_is_left(step, event.connection, event.warehouse)
    unbacked.mapped(step, shop=event.shop, item=event.inventory_item_id)


def say_unmapped(step: Step, pools: Iterable[Pool]) -> bool:
    """Codes that are counted but mapped to nothing are kept, and said so once per warehouse (INV-39). Were there any?"""
    found = _X.rows(step.conn, "unmapped_codes", account=step.account, **stock.pool_columns(pools))
    for row in found:
        some = ", ".join(row.examples)
        park = Park(
            cause="unmapped_codes",
            title=f"{row.warehouse} counts items that are mapped to nothing in a shop: {some}{' …' if row.more else ''}",
            consequence="Their stock is not offered anywhere.",
            remedy="map_code",
            data={"connection": row.connection, "warehouse": row.warehouse, "codes": row.examples},
        )
        subject = f"warehouse/{row.connection}/{row.warehouse}"
        journal.park(step.conn, account=step.account, subject=subject, connection=row.connection, parks=[park], now=step.now)
    return bool(found)


def _say_what_is_left(step: Step, connection: str, warehouse: str) -> None:
    """The warehouse's 'items that are mapped to nothing' names those that are left, and is closed when none is."""
    subject = f"warehouse/{connection}/{warehouse}"
    open_ = journal.stopped(step.conn, account=step.account, subjects=[subject])
    if open_ and not say_unmapped(step, [(connection, warehouse, "")]):
        journal.unpark(step.conn, account=step.account, subject=subject, causes=["unmapped_codes"], now=step.now)
