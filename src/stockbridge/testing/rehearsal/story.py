"""The story that `stockbridge demo --once` tells: eight things that go wrong in every shop, and what becomes of them.

Each step arranges something with the twins, waits until everything is at rest, and compares what the oracle expects with
what is found. The order of the middle steps and all quantities are drawn from the seed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic, sleep

from stockbridge.testing.rehearsal.furniture import GOODS, MUG, PLACES, UNMAPPED, code_of
from stockbridge.testing.rehearsal.stage import Stage, learn, map_everything, mapping, until
from stockbridge.testing.twins.wms import Fault

PATIENCE_S = 30.0
SWEEP_AFTER_S = 6.0
ORDERLY = [sku for sku in GOODS if sku not in (MUG, UNMAPPED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. ``step`` is the story's number."""

    step: int
    what: str
    expected: str
    found: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.expected == self.found


@dataclass(slots=True)
class Story:
    """Plays the steps on a stage."""

    stage: Stage
    seed: int
    _random: Random = field(default_factory=Random)
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._random.seed(f"story:{self.seed}")

    def tell(self) -> Iterator[Row]:
        """The rows as they happen."""
        yield from self._step(1, self.one_number)
        middle = [
            (2, self.three_webhooks),
            (3, self.lost_answer),
            (4, self.lost_webhook),
            (5, self.unmapped),
            (6, self.two_parcels),
            (7, self.sale_between),
        ]
        self._random.shuffle(middle)
        for number, step in middle:
            yield from self._step(number, step)
        yield from self._step(8, self.kills)
        yield from self._step(9, self.every_level)

    def _step(self, number: int, step: Callable[[], Iterator[tuple[str, object, object]]]) -> Iterator[Row]:
        self._began = monotonic()
        for what, expected, found in step():
            seconds = round(monotonic() - self._began, 1)
            yield Row(step=number, what=what, expected=_text(expected), found=_text(found), seconds=seconds)

    # -- what people do --------------------------------------------------------------------------------------------

    def _basket(self, lines: int = 2) -> dict[str, int]:
        return {sku: self._random.randint(1, 3) for sku in self._random.sample(ORDERLY, lines)}

    def _place(self, basket: dict[str, int]) -> str:
        location = self._random.choice([place[0] for place in PLACES.values()])
        return self.stage.shop.control.place(basket, at=location, paid=True).name

    def _arrive(self, *names: str) -> None:
        """Wait until the warehouse has these orders. A webhook that we could not take (the database was dead, the machine
        was busy) is found by the order sweep: here it begins after six seconds, at its time it runs every two minutes."""

        def all_there() -> bool:
            return all(self.stage.oracle.creates(name) for name in names)

        if not until(all_there, SWEEP_AFTER_S):
            self.stage.sweep("orders")
            until(all_there, PATIENCE_S)
        self.stage.rest(PATIENCE_S)

    def _sent_once(self, name: str) -> Iterator[tuple[str, object, object]]:
        oracle = self.stage.oracle
        yield "the warehouse's orders for it", 1, sum(oracle.creates(name).values())
        yield "what the warehouse was asked for", oracle.wanted(name), oracle.asked(name)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def one_number(self) -> Iterator[tuple[str, object, object]]:
        """800 shown, 320 real."""
        stage, oracle = self.stage, self.stage.oracle
        yield (
            "a connector that adds everything up shows",
            {"New Jersey": stage.furniture.naive(MUG), "Texas": 0, "United Kingdom": 0},
            oracle.shown(MUG),
        )
        learned = learn(stage)
        yield "locations, goods and stock were read", True, learned
        map_everything(stage)
        until(lambda: oracle.shown(MUG) == oracle.sellable(MUG), PATIENCE_S)
        stage.rest(PATIENCE_S)
        yield "what can be sold, by location", oracle.sellable(MUG), oracle.shown(MUG)
        yield "in all", 320, sum(oracle.shown(MUG).values())

    def three_webhooks(self) -> Iterator[tuple[str, object, object]]:
        """The same webhook three times, twice of them at once."""
        self.stage.shop.next_webhook("orders/create", copies=3, gaps_s=(0.0, 0.7))
        name = self._place(self._basket())
        self._arrive(name)
        sleep(0.8)
        self.stage.rest(PATIENCE_S)
        with self.stage.shop.lock:
            copies = [d for d in self.stage.shop.emitter.deliveries if d.topic == "orders/create"][-3:]
        yield f"{name}: its webhook was sent", 3, len(copies)
        yield from self._sent_once(name)

    def lost_answer(self) -> Iterator[tuple[str, object, object]]:
        """The warehouse accepted, and its answer was lost."""
        before = self.stage.count("adopted")
        self.stage.wms.faults.plan("submit", Fault("lose_answer"))
        name = self._place(self._basket())
        self._arrive(name)
        until(lambda: self.stage.count("adopted") > before, PATIENCE_S)
        self.stage.rest(PATIENCE_S)
        yield f"{name}: answers that were lost after accepting", 1, self._fired("lose_answer")
        yield from self._sent_once(name)
        yield "found by our reference", before + 1, self.stage.count("adopted")

    def _fired(self, kind: str) -> int:
        return sum(times for name, times in self.stage.wms.faults.fired.items() if kind in name)

    def lost_webhook(self) -> Iterator[tuple[str, object, object]]:
        """No webhook of the order arrives."""
        chaos = self.stage.shop.emitter.chaos
        with self.stage.shop.lock:
            chaos.loss = 1.0
        name = self._place(self._basket(1))
        sleep(1.0)
        yield f"{name}: known to the warehouse before the sweep", 0, sum(self.stage.oracle.creates(name).values())
        with self.stage.shop.lock:
            chaos.loss = 0.0
        self.stage.sweep("orders")  # at its time this happens every two minutes
        self._arrive(name)
        yield from self._sent_once(name)

    def unmapped(self) -> Iterator[tuple[str, object, object]]:
        """One line of the order has no item code."""
        basket = self._basket(1) | {UNMAPPED: 1}
        with self.stage.shop.lock:
            self.stage.shop.control.set_stock(UNMAPPED, "New Jersey", quantity=5)
        name = self.stage.shop.control.place(basket, at="New Jersey").name
        if not until(lambda: self.stage.count("parked", cause="unmapped_item") == 1, PATIENCE_S / 3):
            self.stage.sweep("orders")
        until(lambda: self.stage.count("parked", cause="unmapped_item") == 1, PATIENCE_S)
        self.stage.rest(PATIENCE_S)
        yield f"{name}: parked whole", 1, self.stage.count("parked", cause="unmapped_item")
        yield "the warehouse's orders for it", 0, sum(self.stage.oracle.creates(name).values())
        self.stage.say(*(mapping(self.stage, UNMAPPED, warehouse) for warehouse in PLACES))
        self._arrive(name)
        yield "parked after the code was entered", 0, self.stage.count("parked", cause="unmapped_item")
        yield from self._sent_once(name)

    def two_parcels(self) -> Iterator[tuple[str, object, object]]:
        """Two parcels; the warehouse reports them twice and in the wrong order."""
        wms, oracle = self.stage.wms, self.stage.oracle
        name = self._place(self._basket(2))
        self._arrive(name)
        for reference in oracle.creates(name):
            lines = [(line.item_code, line.ordered) for line in wms.orders[reference][0].lines]
            with wms.lock:
                wms.desk.plan("shipment.confirmed", "delay", 1.5)
                wms.desk.plan("shipment.confirmed", "repeat", 2)
                wms.ship(reference, dict(lines[:1]))
                wms.ship(reference, dict(lines[1:]))
        until(lambda: len(oracle.fulfillments(name)) >= 2, PATIENCE_S)
        self.stage.rest(PATIENCE_S)
        yield f"{name}: parcels that left", 2, len(oracle.shipments(name))
        yield (
            "each with its own lines and tracking in the shop",
            _sorted(oracle.shipments(name)),
            _sorted(oracle.fulfillments(name)),
        )

    def sale_between(self) -> Iterator[tuple[str, object, object]]:
        """Something is sold between our reading of a level and our writing of it."""
        stage, oracle = self.stage, self.stage.oracle
        before = stage.count("stale")
        units = self._random.randint(2, 9)
        sold: list[str] = []

        def sale() -> None:
            sold.append(stage.shop.control.place({MUG: units}, at="Texas").name)

        stage.shop.between("LevelsAt", sale)
        with stage.wms.lock:
            stage.wms.adjust("TX", code_of(MUG), "SHELF", self._random.randint(10, 30), "received")
        until(lambda: bool(sold) and oracle.shown(MUG) == oracle.sellable(MUG) and stage.count("stale") > before, PATIENCE_S)
        stage.rest(PATIENCE_S)
        yield "sales between reading and writing", 1, len(sold)
        yield "writes that the shop refused for it", True, stage.count("stale") > before
        yield "what can be sold, by location", oracle.sellable(MUG), oracle.shown(MUG)

    def kills(self) -> Iterator[tuple[str, object, object]]:
        """kill -9 of the worker, then of the database, in the middle of twenty orders."""
        stage, oracle = self.stage, self.stage.oracle
        names = [self._place(self._basket(1)) for _ in range(10)]
        until(lambda: any(oracle.creates(name) for name in names), PATIENCE_S)
        stage.worker.kill()
        names += [self._place(self._basket(1)) for _ in range(10)]
        os.kill(stage.database_pid(), signal.SIGKILL)
        self._arrive(*names)
        yield "orders that arrived", 20, sum(1 for name in names if oracle.creates(name))
        yield "orders that arrived twice", 0, sum(1 for name in names if sum(oracle.creates(name).values()) > 1)
        yield "the worker was started again", True, stage.worker.starts > 1

    def every_level(self) -> Iterator[tuple[str, object, object]]:
        """At the end every level of every item is right."""
        stage, oracle = self.stage, self.stage.oracle
        until(lambda: all(oracle.sellable(sku) == oracle.shown(sku) for sku in GOODS), PATIENCE_S)
        wrong = {sku: (oracle.sellable(sku), oracle.shown(sku)) for sku in GOODS if oracle.sellable(sku) != oracle.shown(sku)}
        yield "levels that are wrong at the end", {}, wrong
        yield "parked and waiting for a person", [], stage.waiting()


def _sorted(records: list[dict[str, object]]) -> list[str]:
    return sorted(f"{record['lines']} {','.join(record['numbers'])}" for record in records)  # type: ignore[arg-type]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {value[key]}" for key in sorted(value)) or "none"
    if isinstance(value, list):
        return "; ".join(str(each) for each in value) or "none"
    return str(value)
