"""The word of a warehouse that it has booked what left without it: done with once a figure has it."""

from __future__ import annotations

from stockbridge.db import journal, spent, stock
from stockbridge.domain.claims import Mark
from stockbridge.domain.events import StockAdjusted
from stockbridge.domain.orders import Note
from stockbridge.flow.corridor import Step


def adjusted(step: Step, event: StockAdjusted) -> None:
    """The warehouse has booked what it was told."""
    book(step, event.reference, Mark(sequence=event.sequence, heard_at=step.now), "has booked")


def book(step: Step, reference: str, mark: Mark, how: str) -> None:
    """An entry is known to the warehouse; it is done with once a figure has it. A word about nothing of ours is left alone."""
    entry = spent.one(step.conn, account=step.account, reference=reference)
    if entry is None or entry.told is not None:
        return
    figures = stock.load_pools(step.conn, account=step.account, pools=[entry.pool], alone=False)
    spent.told(step.conn, account=step.account, reference=reference, mark=mark)
    step.desk.ease(spent.contain(step.conn, account=step.account, figures=figures))
    subject = f"order/{entry.order_id}" if entry.order_id else f"stock/{entry.location_id}/{entry.inventory_item_id}"
    sign = "−" if entry.units > 0 else "+"
    note = Note(kind="stock.adjusted", text=f"{entry.warehouse} {how} {sign}{abs(entry.units)} {entry.item_code}")
    journal.write(step.conn, account=step.account, subject=subject, notes=[note], at=step.now, arrival_id=step.arrival_id)
    step.desk.touched.add(entry.pool)
