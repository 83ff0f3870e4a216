"""Everything one shop is: records, clock, randomness, ledger, and what its documentation leaves open."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from stockbridge.testing.twins.shopify.clock import Clock
from stockbridge.testing.twins.shopify.model.agenda import Agenda
from stockbridge.testing.twins.shopify.model.ids import Mint
from stockbridge.testing.twins.shopify.model.ledger import Ledger
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Level, Product, Variant
from stockbridge.testing.twins.shopify.records.fulfillment import (
    Fulfillment,
    FulfillmentEvent,
    FulfillmentOrder,
    FulfillmentOrderLine,
)
from stockbridge.testing.twins.shopify.records.orders import Line, Order, Refund, Return
from stockbridge.testing.twins.shopify.records.places import App, Customer, Location, Shop

CHOICES: dict[str, tuple[Any, ...]] = {
    "batch_atomic": (True, False),
    "unstocked_write": ("inactive", "active", "error"),
    "activate_seeds_available": (True, False),
    "idempotency_replays": (True, False),
    "replay_keeps_user_errors": (True, False),
    "all_bad_entries_reported": (True, False),
    "fulfill_on_hold": ("refuse", "allow"),
    "cancel_keeps_remaining": (True, False),
    "fulfillment_cancel": ("new_order", "reopen"),
    "level_webhook_on_every_state": (False, True),
    "bulk_lines": ("parents_first", "shuffled"),
}
"""Where Shopify's documentation is silent the twin can do each plausible thing; the first is the default.

Source: fact sheet section O. ``unstocked_write`` concerns 2026-10; in 2026-07 the write fails with
ITEM_NOT_STOCKED_AT_LOCATION unless the choice says otherwise ("inactive" has been seen since 2026-04 as well).
"""


@dataclass
class Knobs:
    """Timings and limits of the shop. Seconds unless named otherwise.

    ``shop_status``: an HTTP status that every API call gets instead of an answer (402 frozen, 423 locked …); 0 is open.
    """

    routing_delay_s: float = 0.5
    cancel_delay_s: float = 0.2
    bulk_delay_s: float = 1.0
    search_lag_s: float = 0.0
    token_life_s: int = 86_400
    idempotency_life_s: int = 86_400
    restore_rate: int = 100
    bucket_size: int = 2_000
    throttling: bool = True
    shop_status: int = 0


@dataclass
class Job:
    """An asynchronous job, as ``job(id)`` shows it."""

    id: str
    done: bool = False
    status: str = "STARTED"
    order: Order | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)


def _silent(topic: str, *subject: Any) -> None:
    """Takes webhooks while nobody listens."""


@dataclass
class World:
    """One shop. Rules take it as their first argument."""

    clock: Clock
    seed: int
    shop: Shop
    app: App
    mint: Mint
    rng: Random
    ledger: Ledger = field(default_factory=Ledger)
    agenda: Agenda = field(default_factory=Agenda)
    knobs: Knobs = field(default_factory=Knobs)
    choices: dict[str, Any] = field(default_factory=dict)
    emit: Callable[..., None] = _silent
    event_id: str = ""
    locations: dict[int, Location] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    variants: dict[int, Variant] = field(default_factory=dict)
    items: dict[int, InventoryItem] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    fulfillment_orders: dict[int, FulfillmentOrder] = field(default_factory=dict)
    fulfillment_order_lines: dict[int, FulfillmentOrderLine] = field(default_factory=dict)
    fulfillments: dict[int, Fulfillment] = field(default_factory=dict)
    fulfillment_events: dict[int, FulfillmentEvent] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    metafields: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    next_number: int = 1001

    def now(self) -> datetime:
        return self.clock.now()

    def choose(self, name: str) -> Any:
        """What this world does where the documentation is silent."""
        return self.choices.get(name, CHOICES[name][0])

    def log(self, kind: str, **data: Any) -> None:
        self.ledger.add(self.now(), kind, data)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.agenda.at(self.now() + timedelta(seconds=seconds), action)

    def hex(self, length: int) -> str:
        """A seeded token of that many hex digits."""
        return f"{self.rng.getrandbits(length * 4):0{length}x}"

    def uuid(self) -> str:
        text = self.hex(32)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def new_event(self) -> str:
        """Starts a new event: webhooks sent until the next one share its id."""
        self.event_id = self.uuid()
        return self.event_id

    def active_locations(self) -> list[Location]:
        """Active locations in routing order."""
        return sorted((x for x in self.locations.values() if x.is_active), key=lambda x: (x.priority, x.id))


def problem(field_path: list[str] | None, message: str, code: str | None = None) -> dict[str, Any]:
    """A user error as GraphQL shows it."""
    return {"field": field_path, "message": message, "code": code}
