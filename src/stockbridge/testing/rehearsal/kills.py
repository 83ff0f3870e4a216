"""Hundreds of kill -9 of workers and of the database while orders flow, and the count that Jepsen's checkers make:
lost, doubled, unexpected, recovered.

    python -m stockbridge.testing.rehearsal.kills --kills 10000 [--plan standard]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic, sleep

from stockbridge.settings import child_environment
from stockbridge.testing.rehearsal.forks import Forked, ForkServer
from stockbridge.testing.rehearsal.furniture import GOODS, MUG, PLACES, UNMAPPED, code_of, draw
from stockbridge.testing.rehearsal.stage import Child, Stage, StageTrouble, learn, map_everything, raised

#: How long a victim lives, at least and at most, in seconds.
LIFE_S = (0.2, 0.9)
COLD_EVERY = 25
#: So often every worker dies in the very moment in which the warehouse has taken an order and its answer is still on its way: on a
#: slow machine kills at random might never meet a call.
AIMED_EVERY = 8
AIM_S = 8.0
ANSWER_S = 0.15
#: Shopify's plans: size of the rate limit's bucket, points a second, and seconds between two orders. With the large one death is
#: rehearsed; with the small one death while calls wait for their turn, and workers that take their share of the bucket with them.
#: An order costs about 90 points in a rush, and more when its calls are cut off: more of them than one in two seconds would only
#: queue up.
PLANS = {"plus": (20_000, 1_000, 0.6), "standard": (2_000, 100, 2.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of the orders. ``lost``: placed, and neither at a warehouse nor parked. ``doubled``: accepted more than once, or
    recorded as shipped more than once. ``unexpected``: at a warehouse without having been placed. ``recovered``: done although
    a call for them was cut off."""

    orders: int
    worker_kills: int
    cold_kills: int
    database_kills: int
    lost: int
    doubled: int
    unexpected: int
    recovered: int
    unrecorded: int
    wrong_levels: int
    seconds: float

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.unexpected or self.unrecorded or self.wrong_levels)


class Nemesis:
    """Kills workers and the database in turn, at moments that the seed draws."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._random = Random(f"nemesis:{seed}")
        self.workers = self.cold = self.database = 0

    def strike(self, number: int) -> None:
        """One kill."""
        sleep(self._random.uniform(*LIFE_S))
        if number % AIMED_EVERY == 0:
            self._kill_on_call()
        elif number % 2:
            self._kill_database()
        elif number % COLD_EVERY == 0:
            self._stage.extra[-1].kill()
            self.cold += 1
        else:
            victims = [self._stage.worker, *self._stage.extra[:-1]]
            victims[(number // 2) % len(victims)].kill()
            self.workers += 1

    def _kill_on_call(self) -> None:
        orders, ends = self._stage.wms.orders, monotonic() + AIM_S
        before = len(orders)
        while len(orders) == before and monotonic() < ends:
            sleep(0.005)
        for victim in (self._stage.worker, *self._stage.extra):
            victim.kill()
        self.workers += len(self._stage.extra)
        self.cold += 1

    def _kill_database(self) -> None:
        try:
            os.kill(self._stage.database_pid(), signal.SIGKILL)
        except (ProcessLookupError, StageTrouble):
            return
        self.database += 1


class Buyers:
    """Orders while everything dies around them."""

    def __init__(self, stage: Stage, seed: int, every_s: float) -> None:
        self._stage, self._random, self._every_s = stage, Random(f"buyers:{seed}"), every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._buy, daemon=True)
        self.names: list[str] = []

    def __enter__(self) -> Buyers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _buy(self) -> None:
        goods = [sku for sku in GOODS if sku not in (MUG, UNMAPPED)]
        while not self._stop.wait(self._random.expovariate(1 / self._every_s)):
            at = self._random.choice([place[0] for place in PLACES.values()])
            self._refill(sku := self._random.choice(goods))
            self.names.append(self._stage.shop.control.place({sku: 1}, at=at, oversell=True).name)

    def _refill(self, sku: str) -> None:
        with self._stage.wms.lock:
            for warehouse in PLACES:
                if self._stage.wms.shelves[warehouse].figure(code_of(sku)).get("SHELF", 0) < 20:
                    self._stage.wms.adjust(warehouse, code_of(sku), "SHELF", 100, "received")


def play(kills: int, *, seed: int = 1, patience_s: float = 120.0, plan: str = "plus") -> Count:
    """So many kills over running orders, then calm, then the count."""
    folder = Path(tempfile.mkdtemp(prefix="stockbridge-kills-"))
    folder.chmod(0o755)
    try:
        with raised(draw(seed), folder, manual=False, workers=3) as stage:
            knobs = stage.shop.world.knobs
            knobs.bucket_size, knobs.restore_rate, every_s = PLANS[plan]
            return _kill(stage, kills, seed, every_s, patience_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kill(stage: Stage, kills: int, seed: int, every_s: float, patience_s: float) -> Count:
    learn(stage)
    map_everything(stage)
    stage.wms.latency_s = ANSWER_S
    forks = ForkServer.begin(
        child_environment(data_dir=stage.settings.data_dir, log_level="warning"), stage.settings.data_dir / "forks.log"
    )
    try:
        _warm(stage, forks)
        began = monotonic()
        nemesis = Nemesis(stage, seed)
        with Buyers(stage, seed, every_s) as buyers:
            for number in range(1, kills + 1):
                nemesis.strike(number)
        seconds = monotonic() - began
        _settle(stage, patience_s)
        stage.sweep("orders", "fulfillment_orders", "stock", "levels")
        stage.sweep("orders")
        _settle(stage, patience_s)
        return _count(stage, buyers.names, nemesis, seconds)
    finally:
        forks.end()


def _settle(stage: Stage, patience_s: float) -> None:
    """Wait until all is done, as long as there is progress: work that waits for its turn is not lost."""
    left = stage.count("unfinished")
    while not stage.rest(patience_s):
        before, left = left, stage.count("unfinished")
        if left >= before:
            return


def _warm(stage: Stage, forks: ForkServer) -> None:
    """Two of the three workers are replaced by warm ones; the third stays a cold process."""
    for place, child in enumerate([stage.worker, *stage.extra[:-1]]):
        warm = Forked(f"warm-{place + 1}", forks)
        warm.start()
        if place == 0:
            stage.worker = warm
        else:
            stage.extra[place - 1] = warm
        if isinstance(child, Child):
            child.stop()


def _count(stage: Stage, names: list[str], nemesis: Nemesis, seconds: float) -> Count:
    oracle = stage.oracle
    placed = set(names)
    with stage.wms.lock:
        there = Counter(copies[0].request["order_name"] for copies in stage.wms.orders.values() for _ in copies)
    parked = stage.count("parked_orders")
    records = Counter(record["numbers"] for record in oracle.fulfillments())
    shipped = {shipment["numbers"] for name in names for shipment in oracle.shipments(name)}
    wrong = [sku for sku in GOODS if sku != UNMAPPED and oracle.sellable(sku) != oracle.shown(sku)]
    return Count(
        orders=len(names),
        worker_kills=nemesis.workers,
        cold_kills=nemesis.cold,
        database_kills=nemesis.database,
        lost=max(0, len(placed - set(there)) - parked),
        doubled=sum(times - 1 for times in there.values()) + sum(times - 1 for times in records.values()),
        unexpected=len(set(there) - placed) + len(set(records) - shipped),
        recovered=stage.count("recovered"),
        unrecorded=len(shipped - set(records)),
        wrong_levels=len(wrong),
        seconds=round(seconds, 1),
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Kills workers and the database while orders flow, and counts what became of them."
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", choices=sorted(PLANS), default="plus", help="The shop's plan, which sets its rate limit.")
    asked = parser.parse_args()
    count = play(asked.kills, seed=asked.seed, plan=asked.plan)
    result = {"kills": asked.kills, "seed": asked.seed, "plan": asked.plan, **asdict(count), "ok": count.ok}
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if count.ok else 1


if __name__ == "__main__":
    sys.exit(main())
