"""A whole night of a large shop: how long the full comparison takes by a snapshot of the shop, and by reading every level.

    python benchmarks/night.py [--quick] [--levels N]

The product's own sweep on the embedded PostgreSQL: figures, claims and what was last seen are rows; the shop is a door that answers at
once from memory, so that what is measured is our own work. Four locations, each fed by one warehouse; one level in a hundred is wrong.
``calls`` are those that a real shop would have to answer: at 0.3 seconds each they come on top. Both ways must find the same.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, process_time
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, Engine

from stockbridge.channels.shopify.bulk import levels_of
from stockbridge.db import mapping as mappings
from stockbridge.db.connection import open_database
from stockbridge.db.migrate import migrate
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.zones import zones_of
from stockbridge.flow import runs
from stockbridge.flow.bulk import stage
from stockbridge.flow.corridor import House
from stockbridge.ports import Job, LevelRead, Snapshot
from stockbridge.testing.engine import SteppedEngine
from stockbridge.testing.fakes import FakeClock, SeededIds

ACCOUNT, SHOP, WMS = "main", "large.myshopify.com", "wms"
NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
WAREHOUSES = ("A", "B", "C", "D")
GOAL_TIMES = 5.0
ROWS = """
INSERT INTO account (account, title, created_at) VALUES ('main', 'Large', :now);
INSERT INTO connection (account, connection, kind, title, live, created_at) VALUES ('main', :shop, 'shopify', 'Large', true, :now);
INSERT INTO item (account, shop, inventory_item_id, variant_id, product_id, sku, title, tracked, requires_shipping, seen_at)
  SELECT 'main', :shop, 'gid://shopify/InventoryItem/' || (45678900000000 + 32768 * CAST(n AS bigint)), n, n, 'SKU-' || n, 'Thing ' || n, true, true, :now
  FROM generate_series(1, :items) AS n;
INSERT INTO crossref (account, shop, inventory_item_id, connection, warehouse, item_code, verified_at)
  SELECT 'main', :shop, 'gid://shopify/InventoryItem/' || (45678900000000 + 32768 * CAST(n AS bigint)), 'wms', w, 'SKU-' || n, :now
  FROM generate_series(1, :items) AS n, unnest(ARRAY['A', 'B', 'C', 'D']) AS w;
INSERT INTO figure (account, connection, warehouse, item_code, zones, basis, occurred_at, received_at)
  SELECT 'main', 'wms', w, 'SKU-' || n, jsonb_build_object('SHELF', mod(n, 50), 'BULK', mod(n, 7), 'QUARANTINE', 3), 'physical', :now, :now
  FROM generate_series(1, :items) AS n, unnest(ARRAY['A', 'B', 'C', 'D']) AS w;
INSERT INTO level (account, shop, location_id, inventory_item_id, dirty, clean, next_at, desired, available, committed, reserved, read_at)
  SELECT 'main', :shop, 'gid://shopify/Location/' || l, 'gid://shopify/InventoryItem/' || (45678900000000 + 32768 * CAST(n AS bigint)), 1, 1, :now,
         mod(n, 50) + mod(n, 7), mod(n, 50) + mod(n, 7), 0, 0, :now
  FROM generate_series(1, :items) AS n, generate_series(1, 4) AS l;
ANALYZE;
"""


def level(n: int, place: int) -> int:
    """What the shop shows."""
    return n % 50 + n % 7 + (5 if (4 * n + place) % 100 == 0 else 0)


class Shop:
    """A shop's levels, at once and from memory."""

    at_once = 250

    def __init__(self, items: int) -> None:
        self.items, self.calls = items, 0

    def read(self, cells: Sequence[tuple[str, str]]) -> Sequence[LevelRead]:
        self.calls += len({location for _, location in cells})
        return [self._one(item, location) for item, location in cells]

    def _one(self, item: str, location: str) -> LevelRead:
        n, place = (int(item.rsplit("/", 1)[1]) - 45678900000000) // 32768, int(location.rsplit("/", 1)[1])
        found: dict[str, Any] = {"available": level(n, place), "committed": 0, "reserved": 0, "active": True}
        return LevelRead(inventory_item_id=item, location_id=location, **found)

    def order_snapshot(self, *, since: datetime | None = None) -> str:
        self.calls += 2
        return "ticket"

    def fetch_snapshot(self, ticket: str, save: Callable[[bytes], object]) -> Snapshot:
        self.calls += 2
        size = 0
        for begin in range(1, self.items + 1, 2_000):
            part = "".join(self._lines(range(begin, min(begin + 2_000, self.items + 1)))).encode()
            save(part)
            size += len(part)
        return Snapshot(asked_at=NOW, size=size, read=levels_of)

    def _lines(self, numbers: Iterable[int]) -> Iterable[str]:
        for n in numbers:
            gid = f"gid://shopify/InventoryItem/{45678900000000 + 32768 * n}"
            for place in range(1, 5):
                units = level(n, place)
                yield (
                    f'{{"isActive":true,"item":{{"id":"{gid}","tracked":true}},"location":{{"id":"gid://shopify/Location/{place}"}},'
                    f'"quantities":[{{"name":"available","quantity":{units}}},{{"name":"committed","quantity":0}},'
                    f'{{"name":"reserved","quantity":0}},{{"name":"on_hand","quantity":{units}}}],"__parentId":"{gid}"}}\n'
                )


def furnish(conn: Connection, items: int) -> None:
    for statement in ROWS.split(";\n"):
        if statement.strip():
            text = statement.replace(":now", f"'{NOW.isoformat()}'").replace(":shop", f"'{SHOP}'").replace(":items", str(items))
            conn.exec_driver_sql(text)
    locations = tuple(
        Location(
            location_id=f"gid://shopify/Location/{place}",
            live=True,
            sources=(Source(connection=WMS, warehouse=warehouse, zones=zones_of(["SHELF", "BULK"])),),
        )
        for place, warehouse in enumerate(WAREHOUSES, 1)
    )
    mapping = ShopMapping(shop=SHOP, version=1, locations=locations)
    mappings.save(conn, account=ACCOUNT, mapping=mapping, by="", note="", now=NOW)


def night(database: Engine, items: int, folder: Path, *, at_once_from: int) -> dict[str, Any]:
    """One dry comparison of everything; seconds, CPU seconds of this process and its helpers, and what was found."""
    stage.AT_ONCE_FROM = at_once_from
    clock, shop = FakeClock(NOW + timedelta(minutes=1)), Shop(items)
    engine = SteppedEngine(engine=database, clock=clock, handlers={}, due_jobs=lambda *_a, **_k: [], schedules=[])
    door = cast(Any, lambda _account, connection: SimpleNamespace(levels=shop, polls=None) if connection == SHOP else None)
    house = House(
        database=database,
        engine=engine,
        clock=clock,
        ids=SeededIds(1),
        door=door,
        worker="w",
        alive=lambda *_: True,
        calls=cast(Any, None),
        folder=folder,
    )
    run_id = runs.start(house, account=ACCOUNT, shop=SHOP, kind="full", dry=True)
    began, cpu, state = monotonic(), process_time() + _children(), "running"
    while state == "running":
        runs.work(house, Job(kind="sweep", account=ACCOUNT, connection=SHOP, what="runs"))
        with database.begin() as conn:
            state, visited, counts = conn.exec_driver_sql(
                "SELECT state, visited, counts FROM run WHERE run_id = %s", (run_id,)
            ).one()
            found = conn.exec_driver_sql(
                "SELECT count(*), sum(was - should) FROM correction WHERE run_id = %s", (run_id,)
            ).one()
    figures = {
        "wall_s": round(monotonic() - began, 1),
        "cpu_s": round(process_time() + _children() - cpu, 1),
        "calls": shop.calls,
    }
    told = {name: counts[name] for name in ("levels", "units", "changed", "moved")}
    return {**figures, "found": (state, visited, told, *map(int, found))}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def contest(levels: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="stockbridge-bench-"))
    folder.chmod(0o755)
    database = open_database(None, folder)
    try:
        migrate(database, backup_dir=None)
        SteppedEngine.prepare(database.engine)
        with database.engine.begin() as conn:
            furnish(conn, levels // 4)
        snapshot = night(database.engine, levels // 4, folder / "work", at_once_from=1)
        reads = night(database.engine, levels // 4, folder / "work", at_once_from=10**9)
        same = snapshot.pop("found") == reads.pop("found")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        times = round(reads["cpu_s"] / snapshot["cpu_s"], 1)
        return {"levels": levels, "snapshot": snapshot, "reads": reads, "times": times, "same_result": same, "peak_mb": peak}
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--levels", type=int, default=100_000)
    asked = parser.parse_args()
    rows = [contest(levels) for levels in ((2_000, 10_000) if asked.quick else (2_000, 10_000, asked.levels))]
    for row in rows:
        print(json.dumps(row), flush=True)
    met = all(row["same_result"] for row in rows) and rows[-1]["times"] >= GOAL_TIMES
    print(json.dumps({"benchmark": "night", "rows": rows, "goal": {"times": GOAL_TIMES}, "cores": os.cpu_count(), "met": met}))


if __name__ == "__main__":
    main()
