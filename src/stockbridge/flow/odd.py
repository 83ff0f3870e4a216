"""What is odd about the shop's own count of a level, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stockbridge.domain.mapping import Location, Owner
from stockbridge.domain.ownership import Book
from stockbridge.flow.facts import Count, Gone

#: Orders that one line names; of the others the units are summed up.
NAMED = 20


def whose(gone: Iterable[Gone], book: Book) -> str:
    """The orders of which units left without a warehouse being asked, with how many, in words."""
    names: Counter[str] = Counter()
    for each in gone:
        names[each.order_name or "changed in the shop"] += each.units
    told = [(name, units) for name, units in names.items() if units]
    said = [f"{name} ({units})" for name, units in told[:NAMED]]
    if more := told[NAMED:]:
        said.append(f"{len(more)} more orders ({sum(units for _, units in more)})")
    if book.missing:
        said.append(f"off the shop's count, and no order says why yet ({book.missing})")
    return ", ".join(said)


def findings(count: Count | None, book: Book, location: Location) -> list[str]:
    """What is odd about the shop's own count, in sentences."""
    said = []
    if book.unseen:
        said.append(
            f"{_units(book.unseen)} are committed to orders that we have not seen. The shop's orders are looked through for them."
        )
    if book.odd < 0:
        said.append(
            f"{_units(-book.odd)} are off the shop's own count and no order explains it yet. They are not offered, and the shop's orders"
            " are looked through for them."
        )
    if book.odd > 0:
        said.append(f"The shop's own count is higher by {book.odd} than we can explain. It is looked at again in a moment.")
    times, units, last = count.changes if count else (0, 0, "")
    if times:
        often = "once" if times == 1 else f"{times} times"
        said.append(
            f"Somebody other than Stockbridge changed this number in the shop {often} in the last 30 days ({units:+d} in all, last on"
            f" {last[:10]}){_and_then(location)}. Shopify names nobody; the item's inventory history there does."
        )
    return said


def _and_then(location: Location) -> str:
    return "; the warehouse's figure was published over it" if location.owner is Owner.WAREHOUSE else "; the warehouse was told"


def drift(location: Location, *, number: int, shown: int | None) -> list[str]:
    """Where the shop owns the number: by how much the warehouse differs."""
    if location.owner is not Owner.SHOP or shown is None or shown == number:
        return []
    return [f"By the warehouse it would be {number}: a drift of {number - shown:+d}. Here the shop's number stands."]


def obstacle(location: Location, book: Book, by_hand: int) -> str:
    """Why a level is not written where a person's change in the shop counts; empty when nothing is against it."""
    if location.owner is Owner.SHOP:
        return "the shop owns the numbers of this location; nothing is written there"
    if location.owner is Owner.BOTH and (book.odd or by_hand):
        return "it was changed in the shop: nothing is written before it is known by whom, and the warehouse is told"
    return ""


def _units(units: int) -> str:
    return f"{units} unit{'s' if units != 1 else ''}"
