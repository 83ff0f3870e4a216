"""Keeps a running rehearsal lively: buyers order, goods arrive, somebody counts a shelf. Drawn from the seed."""

from __future__ import annotations

import threading
from random import Random

from stockbridge.testing.rehearsal.furniture import COUNTED, GOODS, MUG, PLACES, UNMAPPED, code_of
from stockbridge.testing.rehearsal.stage import Stage
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.twins.wms import TwinError

#: Seconds between two orders, on average.
ORDER_EVERY_S = 6.0


class Traffic:
    """People in the shop and in the warehouses, in a thread of their own."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._random = Random(f"traffic:{seed}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="traffic", daemon=True)
        self.placed = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _live(self) -> None:
        for _ in range(3):
            self._order()
        while not self._stop.wait(self._random.expovariate(1 / ORDER_EVERY_S)):
            chance = self._random.random()
            if chance < 0.75:
                self._order()
            elif chance < 0.9:
                self._receive()
            else:
                self._count()

    def _order(self) -> None:
        odd = self._random.random() < 0.08
        goods = [sku for sku in GOODS if sku != UNMAPPED]
        basket = {sku: self._random.randint(1, 3) for sku in self._random.sample(goods, self._random.randint(1, 3))}
        if odd:
            basket[UNMAPPED] = 1
        at = self._random.choice([place[0] for place in PLACES.values()])
        try:
            self._stage.shop.control.place(basket, at=at, oversell=odd)
            self.placed += 1
        except SoldOut:
            return

    def _receive(self) -> None:
        with self._stage.wms.lock:
            self._stage.wms.adjust(*self._shelf(), self._random.randint(5, 30), "received")

    def _count(self) -> None:
        try:
            with self._stage.wms.lock:
                self._stage.wms.adjust(*self._shelf(), -self._random.randint(1, 3), "counted")
        except TwinError:
            return

    def _shelf(self) -> tuple[str, str, str]:
        sku = self._random.choice([sku for sku in GOODS if sku not in (UNMAPPED, MUG)])
        return self._random.choice(list(PLACES)), code_of(sku), self._random.choice(COUNTED)
