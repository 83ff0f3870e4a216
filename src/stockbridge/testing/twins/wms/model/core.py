"""One counter, one agenda, one ledger: what every change in the warehouse has in common.

Every change is one step with one sequence number; the figures that a step changed are announced with the same number, so
'is it contained in the figure?' can be decided by comparing two numbers.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stockbridge.testing.twins.wms.config import Clock, WmsConfig
from stockbridge.testing.twins.wms.faults import FaultPlan
from stockbridge.testing.twins.wms.model.callbacks import Callback, CallbackDesk
from stockbridge.testing.twins.wms.model.records import Entry, Ledger, Order
from stockbridge.testing.twins.wms.model.shelf import Shelf


class TwinError(Exception):
    """Somebody asked the warehouse for something it cannot do."""


@dataclass(frozen=True, slots=True)
class Step:
    sequence: int
    moment: datetime


class Core:
    """Time, steps, figures and callbacks of the twin."""

    def __init__(self, config: WmsConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.lock = threading.RLock()
        self.sequence = 0
        self.born = f"{config.seed:x}-{int(clock.now().timestamp()):x}"
        self.shelves = {each.code: Shelf(each, config.basis) for each in config.warehouses}
        self.catalogue = set(config.items)
        self.orders: dict[str, list[Order]] = {}
        #: reference → what was booked under it, in the contract's words
        self.adjustments: dict[str, list[dict[str, Any]]] = {}
        self.ledger = Ledger()
        self.desk = CallbackDesk(config, self.born)
        self.faults = FaultPlan(config.seed, config.fault_rates)
        self.latency_s = config.latency_s
        self.pace = config.pace
        #: (warehouse, item code) → sequence and moment at which its figure last changed
        self.figure_stamps: dict[tuple[str, str], Step] = {}
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = {"order": 0, "shipment": 0, "agenda": 0}
        self._moment = clock.now()
        self._waiting: list[Order] = []
        self._stock_up(config)

    def _stock_up(self, config: WmsConfig) -> None:
        for code, items in config.stock.items():
            for item, zones in items.items():
                self.catalogue.add(item)
                for zone, units in zones.items():
                    self._zone_of(code, zone).change(item, zone, units)
                self.figure_stamps[code, item] = Step(0, self._moment)

    # time

    def run_due(self) -> None:
        """Do what is due by the clock, each at its own moment."""
        with self.lock:
            now = self.clock.now()
            while self._agenda and self._agenda[0][0] <= now:
                due, _, act = heapq.heappop(self._agenda)
                self._moment = max(self._moment, due)
                act()
            self._moment = max(self._moment, now)

    def next_due(self) -> datetime | None:
        """When something happens next by itself, callbacks included."""
        with self.lock:
            moments = [each for each in (self._agenda[0][0] if self._agenda else None, self.desk.next_due()) if each]
            return min(moments, default=None)

    def deliver_due(self, send: Callable[[str, Mapping[str, str], bytes], int | None], limit: int = 1_000) -> int:
        """Carry the events that are due: ``send(url, headers, body)`` gives the status, or None for no answer. Gives how many."""
        self.run_due()
        due = self.take_callbacks(limit)
        for callback, headers in due:
            self.settle(callback, send(self.config.callback_url, headers, callback.body))
        return len(due)

    def take_callbacks(self, limit: int = 1_000) -> list[tuple[Callback, dict[str, str]]]:
        """Events that are due, signed for this try; hand each to :meth:`settle`."""
        with self.lock:
            now = self.clock.now()
            return [(each, self.desk.headers(each, now)) for each in self.desk.take_due(now, limit)]

    def settle(self, callback: Callback, status: int | None) -> None:
        with self.lock:
            self.desk.settle(callback, status, self.clock.now())

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something so many seconds from now."""
        self._numbers["agenda"] += 1
        heapq.heappush(self._agenda, (self._moment + timedelta(seconds=seconds), self._numbers["agenda"], act))

    # what every change has in common

    @contextmanager
    def _step(self, warehouse: str, items: Iterable[str], cause: str) -> Iterator[Step]:
        """One change: a new sequence number, and word of every figure that it changed."""
        shelf = self.shelves[warehouse]
        before = {item: shelf.figure(item) for item in items}
        self.sequence += 1
        step = Step(self.sequence, self._moment)
        yield step
        for item, old in before.items():
            if shelf.figure(item) != old:
                self.figure_stamps[warehouse, item] = step
                self.desk.send("stock.changed", {**self.figure(warehouse, item), "cause": cause}, step.moment)

    def _note(self, step: Step, kind: str, reference: str, warehouse: str, **data: object) -> None:
        entry = Entry(
            sequence=step.sequence, moment=step.moment, kind=kind, reference=reference, warehouse=warehouse, data=data
        )
        self.ledger.add(entry)

    def figure(self, warehouse: str, item: str) -> dict[str, Any]:
        """A figure as the contract shows it, with the step that last changed it."""
        stamp = self.figure_stamps.get((warehouse, item), Step(0, self._moment))
        return {
            "warehouse": warehouse,
            "item_code": item,
            "zones": self.shelves[warehouse].figure(item),
            "basis": self.config.basis,
            "moment": stamp.moment,
            "sequence": stamp.sequence,
        }

    def _next(self, what: str) -> int:
        self._numbers[what] += 1
        return self._numbers[what]

    def _zone_of(self, warehouse: str, zone: str) -> Shelf:
        shelf = self.shelves.get(warehouse)
        if shelf is None or zone not in shelf.zones:
            raise TwinError(f"There is no zone {zone} in a warehouse {warehouse}.")
        return shelf
