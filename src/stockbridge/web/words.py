"""Every state as people see it: badge text, icon, tone and one sentence. Pages look here and nowhere else.

Tones: quiet (nothing to do), moving (on its way), good (finished well), attention (somebody must act), bad (went wrong).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Badge:
    """One state in words."""

    text: str
    icon: str
    tone: str
    sentence: str


ORDER: Mapping[str, Badge] = {
    "waiting": Badge("Waiting", "clock", "moving", "Not assigned to a warehouse yet. It is looked at again by itself."),
    "parked": Badge("Needs you", "hand", "attention", "Stopped until somebody repairs what is wrong."),
    "assigned": Badge("Sending", "send", "moving", "A warehouse has been chosen and is being asked to ship it."),
    "accepted": Badge("At the warehouse", "building", "moving", "The warehouse has accepted it and will ship it."),
    "part_shipped": Badge("Part shipped", "half", "moving", "Some units have left; the rest is still at the warehouse."),
    "shipped": Badge("Shipped", "truck", "moving", "Everything has left the warehouse; the shop is being told."),
    "done": Badge("Done", "check", "good", "Shipped, and the shop knows the tracking."),
    "cancelled": Badge("Cancelled", "cross", "quiet", "Cancelled; nothing more will ship."),
    "ignored": Badge("Not ours", "dash", "quiet", "Stockbridge leaves this order alone; the reason is given beside it."),
}

SUBMISSION: Mapping[str, Badge] = {
    "moving": Badge("Moving", "send", "moving", "The shop is being asked to move these lines to the warehouse's location."),
    "intended": Badge("To be sent", "send", "moving", "Stock is set aside; the warehouse is being asked."),
    "accepted": Badge("Accepted", "building", "moving", "The warehouse has accepted it."),
    "cancelling": Badge(
        "Cancelling", "clock", "moving", "The warehouse has been asked not to ship it and has not answered yet."
    ),
    "cancelled": Badge("Cancelled", "cross", "quiet", "The warehouse will not ship it."),
    "refused": Badge("Refused", "hand", "attention", "The warehouse will not take it."),
    "shipped": Badge("Shipped", "check", "good", "Everything in it has left."),
}

EFFECT: Mapping[str, Badge] = {
    "pending": Badge("Waiting to go", "clock", "moving", "It will be sent as soon as its turn comes."),
    "sending": Badge("Being sent", "send", "moving", "The call is on its way."),
    "unknown": Badge(
        "Being checked", "search", "attention", "The answer was lost; it is looked up before anything is repeated."
    ),
    "done": Badge("Done", "check", "good", "The other side has confirmed it."),
    "refused": Badge("Refused", "cross", "bad", "The other side said no."),
    "parked": Badge("Needs you", "hand", "attention", "It waits for a decision."),
    "dropped": Badge("Not needed", "dash", "quiet", "It was no longer needed when its turn came."),
}

EFFECT_KIND: Mapping[str, str] = {
    "fetch_order": "Read the order from the shop",
    "move_fulfillment_order": "Move lines to another location",
    "submit_order": "Ask the warehouse to ship",
    "cancel_submission": "Ask the warehouse not to ship",
    "record_fulfillment": "Tell the shop what was shipped",
}

CELL: Mapping[str, Badge] = {
    "in_step": Badge("In step", "check", "good", "The shop shows what it should."),
    "differs": Badge("To be written", "send", "moving", "The shop shows another number; ours is on its way."),
    "dirty": Badge("Being looked at", "clock", "moving", "Something changed; the number is being worked out again."),
    "watched": Badge("Watched", "eye", "quiet", "Worked out and compared, not written: this location is not switched on yet."),
    "unmapped": Badge("Not mapped", "link", "attention", "No item code at the warehouse, so its stock is unknown."),
    "uncounted": Badge("No count yet", "clock", "quiet", "The warehouse has not reported a count for it."),
    "noted": Badge("Not written", "hand", "attention", "The shop keeps its number; the reason is given beside it."),
}

CONNECTION: Mapping[str, Badge] = {
    "good": Badge("Working", "check", "good", "Messages come and go."),
    "silent": Badge("Not heard yet", "clock", "quiet", "Nothing has come from it so far."),
    "watched": Badge("Watched", "eye", "quiet", "Everything is worked out and compared; nothing is sent or written."),
    "error": Badge(
        "In trouble", "hand", "attention", "The last call to it failed. What is to be sent waits and is tried again by itself."
    ),
    "locked_out": Badge(
        "Not let in",
        "cross",
        "bad",
        "It turns us away. Nothing is lost: what is to be sent waits until it lets us in.",
    ),
    "paused": Badge(
        "Paused", "pause", "attention", "Nothing is sent to it or read from it until it goes on. What is to be sent waits here."
    ),
}

CAUSE: Mapping[str, str] = {
    "unmapped_item": "Item not mapped",
    "no_stock": "Nothing in stock",
    "no_warehouse": "No warehouse can ship it",
    "unreadable": "Message cannot be read",
    "unknown_outcome": "Outcome unknown",
    "struggling": "Tried again and again",
    "refused": "Refused by the other side",
    "fulfillment": "Shop not told of a parcel",
    "failed": "Message could not be handled",
    "gone": "Order gone from the shop",
    "unknown_reference": "About an order we do not know",
    "empty_answer": "Warehouse says it is empty",
    "unread_figures": "Figures that cannot be used",
    "unmapped_codes": "Codes without an item",
    "shipment_mismatch": "Parcel does not fit the order",
    "cancel_declined": "Will ship although cancelled",
    "level_refused": "Shop refused a stock number",
    "credentials": "Not let in",
    "unreachable": "Connection does not work",
}

#: what each pass reads of its own accord, so that a lost message is no lost order
SWEEP: Mapping[str, str] = {
    "orders": "Orders that changed",
    "fulfillment_orders": "Where orders ship from",
    "stock": "Stock, all of it",
    "stock_changes": "Stock that changed",
    "items": "Items",
    "locations": "Locations",
    "subscriptions": "Whether the shop still sends us its messages",
    "nightly": "Once a night: everything is compared",
}

REMEDY: Mapping[str, str] = {
    "map_item": "Map the item",
    "map_code": "Map the codes",
    "retry": "Try again",
    "replay": "Read it again",
    "decide": "Look and decide",
    "dismiss": "Read and close",
    "connection": "Look at the connection",
}

ROLE: Mapping[str, tuple[str, str]] = {
    "viewer": ("Viewer", "sees everything, changes nothing"),
    "operator": ("Operator", "also repairs: retries, dismisses, maps items"),
    "manager": (
        "Manager",
        "also decides which warehouse feeds which location, switches shops on and off, and pauses connections",
    ),
    "admin": ("Admin", "also lets people in and out"),
}

TABS: Mapping[str, str] = {
    "all": "All",
    "attention": "Needs attention",
    "waiting": "Waiting for warehouse",
    "unwritten": "Shipped, not written back",
    "done": "Done",
}

SAID: Mapping[str, str] = {
    "retry": "Asked to try again. The list below changes as soon as it is done.",
    "dismissed": "Noted. It is closed and stays in the timeline.",
    "mapped": "Mapped. Orders that waited for it go on by themselves.",
    "source": "Saved. The numbers at this location are being worked out again.",
    "none": "Nothing was selected, so nothing was done.",
    "role": "Role changed. The person has to log in again.",
    "out": "This person can no longer log in, and was logged out everywhere.",
    "in": "This person can log in again.",
    "signed-out": "Logged out there.",
    "withdrawn": "The invitation no longer works.",
    "password": "Password changed. You were logged out everywhere else.",
    "bye": "You are logged out.",
    "again": "Asked to try again now. Look again in a minute.",
    "live": "Switched on. Orders are sent from now on.",
    "paused": "Paused. Nothing is lost: what is to be sent waits here.",
    "running": "It goes on. What waited is being sent.",
    "watched": "Only watched now. New orders are shown and not sent.",
}

#: what somebody of a role may do, as a whole sentence about "you"
MAY: Mapping[str, str] = {
    "viewer": "You can see everything and change nothing.",
    "operator": "You can see everything and repair what is stuck: try again, close, map items.",
    "manager": (
        "You can see and repair everything, decide which warehouse feeds which location, switch shops on and off, and pause "
        "connections."
    ),
    "admin": "You can do everything here, and let other people in and out.",
}

_UNKNOWN_SENTENCE = "A state this page does not know; it was written by a newer release."


def badge(table: Mapping[str, Badge], state: str) -> Badge:
    """The badge of a state; an unknown state shows its own name rather than nothing."""
    return table.get(state) or Badge(state.replace("_", " ") or "unknown", "dash", "quiet", _UNKNOWN_SENTENCE)


def cause(code: str) -> str:
    """A cause in words. What follows a colon tells two of the same cause apart and is not for people."""
    name = code.split(":", 1)[0]
    return CAUSE.get(name) or plain(name)


def listed(names: Sequence[str]) -> str:
    """Several names as a sentence has them: A, B and C."""
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last


def sweep(what: str) -> str:
    """What a pass reads, in words."""
    return SWEEP.get(what) or plain(what)


def plain(code: str) -> str:
    """A code without words of its own, made readable."""
    text = code.replace("_", " ").replace(".", " ").strip()
    return text[:1].upper() + text[1:]
