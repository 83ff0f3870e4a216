"""Every state as people see it: badge text, icon, tone and one sentence. Pages look here and nowhere else.

Tones: quiet (nothing to do), moving (on its way), good (finished well), attention (somebody must act), bad (went wrong).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class RunNamed(Protocol):
    """Something that says which kind of run it is."""

    @property
    def kind(self) -> str: ...


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
    "adjust_stock": "Tell the warehouse of units that left or came without it",
    "set_selling_policy": "Tell the shop whether an item sells when it is out of stock",
}

CELL: Mapping[str, Badge] = {
    "in_step": Badge("In step", "check", "good", "The shop shows what it should."),
    "differs": Badge(
        "Differs", "eye", "quiet", "The shop shows another number, which is left: it is near enough, or waits for approval."
    ),
    "dirty": Badge("Being looked at", "clock", "moving", "Something changed; the number is being worked out again."),
    "watched": Badge("Watched", "eye", "quiet", "Worked out and compared, not written: this location is not switched on yet."),
    "unmapped": Badge("Not mapped", "link", "attention", "No item code at the warehouse, so its stock is unknown."),
    "uncounted": Badge("No count yet", "clock", "quiet", "The warehouse has not reported a count for it."),
    "noted": Badge("Not written", "hand", "attention", "The shop keeps its number; the reason is given beside it."),
}

ANSWER: Mapping[str, Badge] = {
    "written": Badge("Written", "check", "good", "The shop took it."),
    "stale": Badge("Sold meanwhile", "again", "moving", "Something was sold while we wrote; it was worked out anew."),
    "refused": Badge("Refused", "cross", "bad", "The shop did not take it."),
    "held": Badge("Held up", "clock", "moving", "Another entry of the same batch held it up; it was tried again."),
    "unknown": Badge("Answer lost", "search", "attention", "The next look read what the shop shows."),
    "not_sent": Badge("Not taken", "clock", "moving", "The shop took nothing at that moment; it was tried again."),
    "sending": Badge("No answer yet", "send", "moving", "It has been sent."),
    "agreed": Badge("Agreed", "check", "quiet", "The shop showed it already; nothing was written."),
    "kept_back": Badge("Not written", "eye", "quiet", "It was worked out and compared, and not to be written."),
}

RUN: Mapping[str, Badge] = {
    "running": Badge(
        "Under way", "clock", "moving", "It compares page by page, and goes on where it was after an interruption."
    ),
    "done": Badge("Done", "check", "good", "Everything was compared, and what differed is being put right."),
    "looked": Badge("Dry run", "eye", "quiet", "It only looked. Nothing was changed."),
    "braked": Badge(
        "Needs you", "hand", "attention", "It would change very much at once, and waits until somebody has seen it."
    ),
    "approved": Badge("Approved", "check", "good", "Somebody saw what it changes and wanted it."),
    "dropped": Badge("Not done", "dash", "quiet", "Nothing of it was done."),
    "failed": Badge("Broken off", "cross", "bad", "The shop could not be asked for hours. The next one begins anew."),
}

RUN_KIND: Mapping[str, str] = {
    "delta": "What changed",
    "full": "Everything",
    "snapshot": "Whole list of a warehouse",
    "mapping": "Change of the mapping",
}

#: where a difference comes from, as far as facts tell
DRIFT: Mapping[str, str] = {
    "internal_move": "Moved inside the warehouse",
    "count": "Counted or changed in the warehouse",
    "lost_message": "A message was lost",
    "return": "Came back, and was put on stock in the shop alone",
    "edi": "Imported from a file",
    "foreign_writer": "Another app or person wrote it",
    "mapping": "The mapping",
    "unbacked": "No warehouse here has a code for it",
    "uncounted": "No warehouse has counted it",
    "unknown": "Not known",
}

#: levels that a run does not write, by the reason
LEFT_ALONE: Mapping[str, str] = {
    "on_its_way": "Being worked out already",
    "tolerated": "Small differences left alone",
    "watched": "Only watched",
    "not_written": "Not stocked or not tracked here",
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
        "Paused",
        "pause",
        "attention",
        "Nothing is sent to it until it goes on. It is still read; what is to be sent waits here.",
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
    "mapping_refused": "Mapping not changed",
    "level_refused": "Shop refused a stock number",
    "hand_unsure": "Change in the shop that may be ours",
    "credentials": "Not let in",
    "unreachable": "Connection does not work",
    "braked": "Would change too much at once",
    "unbacked": "Offered, and no warehouse has it",
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

#: where the name is that Shopify does not tell (its API has no list of adjustments, and its messages carry no author)
WHO_CHANGED_IT = (
    "Shopify tells us that a number changed and not by whom. The name of the app or person is in the Shopify admin: open the item, "
    "then its inventory history, and look at this location and time."
)

REMEDY: Mapping[str, str] = {
    "map_item": "Map the item",
    "map_code": "Map the codes",
    "retry": "Try again",
    "replay": "Read it again",
    "decide": "Look and decide",
    "dismiss": "Read and close",
    "connection": "Look at the connection",
    "sweep": "Look at the sweep",
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
    "saved": "Your change becomes the new version of the mapping in a moment, and the numbers are worked out again.",
    "kept_view": "Kept. Everybody finds the view above the list.",
    "dropped_view": "The view is kept no longer. No order has changed.",
    "none": "Nothing was selected, so nothing was done.",
    "role": "Role changed. The person has to log in again.",
    "out": "This person can no longer log in, and was logged out everywhere.",
    "in": "This person can log in again.",
    "signed-out": "Logged out there.",
    "withdrawn": "The invitation no longer works.",
    "revoked": "Revoked. Whoever uses this token is turned away from now on.",
    "password": "Password changed. You were logged out everywhere else.",
    "bye": "You are logged out.",
    "again": "Asked to try again now. Look again in a minute.",
    "live": "Switched on. Orders are sent from now on.",
    "paused": "It is being paused. Nothing is lost: what is to be sent waits here.",
    "running": "It goes on in a moment: numbers are worked out anew, and what waited is sent.",
    "sweeping": "Asked to compare. It begins in a moment and is shown below.",
    "looking": "Asked for a dry run. It begins in a moment and is shown below.",
    "approved": "Approved. The numbers change in a moment.",
    "dropped": "Noted. Nothing of it is done.",
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


def drift(cause: str) -> str:
    """Where a difference comes from, in words."""
    return DRIFT.get(cause) or plain(cause)


def run_kind(row: RunNamed) -> str:
    """What a run compares, in words."""
    return RUN_KIND.get(row.kind) or plain(row.kind)


def plain(code: str) -> str:
    """A code without words of its own, made readable."""
    text = code.replace("_", " ").replace(".", " ").strip()
    return text[:1].upper() + text[1:]
