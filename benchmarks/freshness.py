"""How soon the shop shows what happened in the warehouse, and how many writes a genuine change costs.

    python benchmarks/freshness.py [--quick] [--per-s N] [--seconds N]

Everything is real but the shop (Plus plan) and the warehouse, which are the twins behind real HTTP: the warehouse's webhooks, pages
process, worker, embedded PostgreSQL; the echoes of our own writes come back as webhooks as well. Each event adds one unit to one of 2 000
levels, so a level shows an event once it shows that many units or more; its age is the time from the warehouse's booking to that moment.

Goals: at 200 events a second half of them are shown within a second and 99 % within five; at most 1.1 writes a change (fewer than one:
what changed twice before a look is written once). `cost`: seconds of processor time of each process; on a machine that others use the ages
say less than that. Baseline (seed 004): a full refresh every 60 minutes, by which an event is 30 minutes old when it is shown, on average.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

from courier import by_courier
from goods import HELD, WAREHOUSES, Many, code, item_ids, map_items, sources
from publish import pause
from spent import Spent

from stockbridge.testing.rehearsal.furniture import PLACES
from stockbridge.testing.rehearsal.stage import Stage, raised, until

ITEMS = 1_000
GOAL_P50_S, GOAL_P99_S, GOAL_WRITES = 1.0, 5.0, 1.1

#: (warehouse, item code, units that it holds then, moment)
Happened = list[tuple[str, str, int, datetime]]


def happen(stage: Stage, per_s: float, seconds: float) -> Happened:
    """Goods are received at a steady rate, wherever chance puts them."""
    chance, held = Random(7), dict.fromkeys(((w, code(n)) for w in WAREHOUSES for n in range(ITEMS)), HELD)
    done: Happened = []
    began = monotonic()
    for number in range(int(per_s * seconds)):
        if (early := began + number / per_s - monotonic()) > 0:
            sleep(early)
        warehouse, item = chance.choice(WAREHOUSES), code(chance.randrange(ITEMS))
        held[warehouse, item] += 1
        stage.wms.adjust(warehouse, item, "SHELF", 1, "received")
        done.append((warehouse, item, held[warehouse, item], datetime.now(UTC)))
    return done


def shown_at(stage: Stage) -> dict[tuple[str, str], list[tuple[int, datetime]]]:
    """What the shop showed of each item at each location from when on, by warehouse and item code."""
    codes = {item: number for number, item in item_ids(stage.shop).items()}
    warehouses = {f"gid://shopify/Location/{stage.shop.control.location(PLACES[w][0]).id}": w for w in WAREHOUSES}
    found: dict[tuple[str, str], list[tuple[int, datetime]]] = {}
    for entry in stage.shop.ledger.of("level_changed"):
        item, warehouse = codes.get(entry.data["item"]), warehouses.get(entry.data["location"])
        if item and warehouse:
            found.setdefault((warehouse, item), []).append((entry.data["after"]["available"], entry.at))
    return found


def ages(happened: Happened, shown: dict[tuple[str, str], list[tuple[int, datetime]]]) -> list[float]:
    """Seconds from each event until the shop showed it; events that it never showed are left out."""
    found = []
    for warehouse, item, units, at in happened:
        first = next((then for available, then in shown.get((warehouse, item), ()) if available >= units and then >= at), None)
        if first is not None:
            found.append((first - at).total_seconds())
    return sorted(found)


def measure(per_s: float, seconds: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="stockbridge-bench-"))
    folder.chmod(0o755)
    try:
        with raised(Many.of(ITEMS), folder) as stage:
            with stage.shop.lock:
                stage.shop.world.knobs.bucket_size, stage.shop.world.knobs.restore_rate = 20_000, 1_000
            stage.sweep("locations", "subscriptions")
            if not until(lambda: bool(stage.shop.emitter.subscriptions), 60) or not stage.rest(60):
                raise RuntimeError("the stage did not come to rest")
            stage.say(*sources(stage.shop, {warehouse: PLACES[warehouse][0] for warehouse in WAREHOUSES}))
            stage.rest(60)
            with stage.base.database.engine.begin() as conn:
                map_items(conn, stage.shop)
            pause(stage, True)
            pause(stage, False)  # every number is worked out and published once
            until(lambda: stage.count("unpublished") == 0, 60)
            stage.rest(60)
            return storm(stage, per_s, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def storm(stage: Stage, per_s: float, seconds: float) -> dict[str, Any]:
    before = len(stage.shop.ledger)
    spent = Spent(stage)
    began = monotonic()
    happened = happen(stage, per_s, seconds)
    took = monotonic() - began
    load = os.getloadavg()[0]
    stage.rest(60)
    ordered = ages(happened, shown_at(stage))
    new = stage.shop.ledger.since(before)
    written = sum(entry.kind == "level_changed" for entry in new)
    calls = sum(entry.kind == "mutation" for entry in new)
    rank = (
        [round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for share in (0.5, 0.99, 1.0)]
        if ordered
        else [0.0] * 3
    )
    return {
        "events": len(happened),
        "events_per_s": round(len(happened) / took, 1),
        "shown": len(ordered),
        "age_mean_s": round(statistics.fmean(ordered or [0.0]), 2),
        **dict(zip(("age_p50_s", "age_p99_s", "age_max_s"), rank, strict=True)),
        "writes_per_change": round(written / len(happened), 3),
        "calls_that_write": calls,
        "throttled": sum(entry.kind == "throttled" for entry in new),
        "cost": spent.figures(),
        "load": round(load, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="eight seconds of events: under 45 s")
    parser.add_argument("--per-s", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    by_courier()
    found = measure(asked.per_s, 8.0 if asked.quick else asked.seconds)
    print(found)
    met = (
        found["shown"] == found["events"]
        and found["age_p50_s"] <= GOAL_P50_S
        and found["age_p99_s"] <= GOAL_P99_S
        and found["writes_per_change"] <= GOAL_WRITES
    )
    goal = f"at {asked.per_s:g} events/s half of them are shown within {GOAL_P50_S:g} s, 99 % within {GOAL_P99_S:g} s; at most {GOAL_WRITES} writes a change"
    print(json.dumps({"benchmark": "freshness", "figures": found, "goal": goal, "met": met}))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
