"""Somebody else's hand on a number: written down, and, where the shop's word counts, told to the warehouse once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from stockbridge.db import journal, spent
from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import Owner
from stockbridge.domain.orders import Note, Park
from stockbridge.domain.spent import Entry, Told
from stockbridge.flow.facts import Cell, Facts
from stockbridge.flow.leaving import told_of
from stockbridge.flow.look import Look
from stockbridge.outbox import append as outbox

_C = Queries("connections")
_S = Queries("stock")


def follow(conn: Connection, *, account: str, facts: Facts, looks: Sequence[Look], now: datetime) -> None:
    """What some looks lead to beside the number: what orders told is added up, somebody else's changes are written down and told to the
    warehouse where they count, and what nothing explains is looked at again by itself."""
    place = {"account": account, "shop": facts.shop}
    cells = {(look.read.location_id, look.read.inventory_item_id): look for look in looks}
    taken = [move for cell in cells if cell in facts.counts for move in facts.counts[cell].moves]
    spent.take_moves(conn, account=account, ids=taken)
    moments = {cell: (look.again_at, look.dirty) for cell, look in cells.items() if look.again_at is not None}
    for cell, look in sorted(cells.items()):
        if look.unsure:
            _unsure(conn, account, facts, look, now)
            moments[cell] = (now, look.dirty)
        if look.by_hand:
            entry = _tell(conn, account, facts, cell, look, now)
            reference = entry.reference if entry else ""
            spent.changed_by_hand(conn, **place, cell=cell, at=now, units=look.by_hand, reference=reference)
            notes = [Note(kind="level.foreign", text=_sentence(look, entry), data={"units": look.by_hand})]
            journal.write(conn, account=account, subject=look.subject, notes=notes, at=now)
            moments[cell] = (now, look.dirty)
    spent.look_later(conn, **place, moments=moments)
    _settle(conn, account, cells)


def _settle(conn: Connection, account: str, cells: Mapping[Cell, Look]) -> None:
    """Write down of which of our writes nothing is to be found out any more; batches in the one order in which everybody locks them."""
    for publication_id in sorted({write for look in cells.values() for write in look.settled}):
        settled = sorted(cell for cell, look in cells.items() if publication_id in look.settled)
        columns = {"locations": [location for location, _ in settled], "items": [item for _, item in settled]}
        _S.run(conn, "settle_writes", account=account, publication_id=publication_id, **columns)


def _unsure(conn: Connection, account: str, facts: Facts, look: Look, now: datetime) -> None:
    """A person may have changed the number in the very moments in which a write of ours may have landed: nobody is told of units that may
    be ours."""
    what = f"the number in the shop changed by {look.unsure:+d} while a write of ours was without an answer"
    text = f"{what}: nobody can say how much of it is ours, so no warehouse was told"
    journal.write(conn, account=account, subject=look.subject, notes=[Note(kind="level.unsure", text=text)], at=now)
    if look.location.owner is Owner.WAREHOUSE or not look.location.live:
        return
    park = Park(
        cause="hand_unsure",
        title=f"{what[0].upper()}{what[1:]}",
        consequence="If somebody changed it by hand, the warehouse has not heard of it: its figure is shown again. Then make the change once"
        " more, or book it in the warehouse.",
        remedy="dismiss",
        data=look.cell,
    )
    journal.park(conn, account=account, subject=look.subject, connection=facts.shop, parks=[park], now=now)


def _tell(conn: Connection, account: str, facts: Facts, cell: tuple[str, str], look: Look, now: datetime) -> Entry | None:
    """The warehouse is told of a change by hand, if the shop's word counts there; None: it is not."""
    location, feeding = look.location, facts.feeding(cell)
    shop = _C.one(conn, "one", account=account, connection=facts.shop)
    if location.owner is Owner.WAREHOUSE or not (feeding and location.live and shop.live):
        return None
    number = spent.by_hand(conn, account=account, shop=facts.shop, cell=cell) + 1
    digest = sha256(f"{account}\n{facts.shop}\n{cell[0]}\n{cell[1]}".encode()).hexdigest()[:10]
    connection, warehouse, item_code = feeding[0].pool
    entry = Entry(
        reference=f"hand-{digest}-{number}",
        shop=facts.shop,
        order_id="",
        order_name="",
        line_id="",
        location_id=cell[0],
        inventory_item_id=cell[1],
        units=-look.by_hand,
        by=Told.BOOK,
        happened_at=now,
        heard_at=now,
        connection=connection,
        warehouse=warehouse,
        item_code=item_code,
        settles_at=now + timedelta(seconds=location.told_after_s),
    )
    spent.add(conn, account=account, entries=[entry])
    effect = told_of(entry, feeding[0].source.zones.named)
    outbox.append(conn, account=account, connection=connection, effects=[(look.subject, effect)], now=now)
    return entry


def _sentence(look: Look, entry: Entry | None) -> str:
    what = f"somebody other than Stockbridge changed the number in the shop by {look.by_hand:+d}"
    if entry is not None:
        return f"{what}; {entry.warehouse} is told"
    return f"{what}; " + (
        "the warehouse's figure stands" if look.location.owner is Owner.WAREHOUSE else "nothing is sent: watched only"
    )
