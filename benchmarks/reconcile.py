"""A whole shop against its warehouses: seconds and peak memory, beside DuckDB doing the same join over the same files.

    python benchmarks/reconcile.py [--quick] [--runs N]

Levels come as Shopify's bulk operation leaves them, quants as Odoo's search_read gives them, three to a level. Ours is the comparison
of the nightly sweep (flow/bulk/compare.py), with one helper where files are long enough; DuckDB has two threads. Each run is a process of
its own, from its start to its end; memory is the most that the process and its helpers held together. Both must find the same
differences. Beside the seconds stand those of the processors, for a machine that others use as well. DuckDB comes with
`uv sync --group bench`.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import reconcile_data as data  # noqa: E402
import reconcile_quants as quants  # noqa: E402

if TYPE_CHECKING:
    from stockbridge.domain.frame import Frame

MEGABYTE = 1024 * 1024
GOAL_TIMES, GOAL_MB = 1.5, 200
SQL = """
with zone(z, s) as (values {zones}),
place(s, l, percent) as (values {places}),
item as (select product p, cast(split_part(item, '/', 5) as bigint) item from read_csv('{folder}/items.csv')),
quant as (
    select cast(product_id[1] as bigint) p, cast(location_id[1] as integer) z, quantity
    from read_json('{folder}/quants.jsonl', format = 'newline_delimited',
        columns = {{product_id: 'VARCHAR[]', location_id: 'VARCHAR[]', quantity: 'DOUBLE'}})),
count as (select p, s, cast(floor(sum(quantity)) as bigint) units from quant join zone using (z) group by all),
claim as (select product p, source s, sum(units) units from read_csv('{folder}/claims.csv') group by all),
free as (
    select item.item, l, coalesce(count.units, 0) - coalesce(claim.units, 0) rest, coalesce(claim.units, 0) placed,
        cast(ceil(greatest(0, coalesce(count.units, 0)) * percent / 10000) as bigint) keep
    from count full join claim using (p, s) join item using (p) join place using (s)),
level as (
    select cast(split_part(item.id, '/', 5) as bigint) item, cast(split_part(location.id, '/', 5) as bigint) l,
        list_filter(quantities, lambda x: x.name = 'available')[1].quantity available,
        list_filter(quantities, lambda x: x.name = 'committed')[1].quantity
            + list_filter(quantities, lambda x: x.name = 'reserved')[1].quantity held
    from read_json('{folder}/levels.jsonl', format = 'newline_delimited', columns = {{
        item: 'STRUCT(id VARCHAR)', location: 'STRUCT(id VARCHAR)', quantities: 'STRUCT(name VARCHAR, quantity BIGINT)[]'}})
    where item is not null),
found as (
    select item, l, available shows,
        greatest(0, least(rest, greatest(0, rest - keep)) - greatest(0, coalesce(held, 0) - placed)) should
    from level full join free using (item, l))
select item, l, coalesce(shows, -1000000), should from found
where case when shows is null then should > 0 else shows <> should end
"""


def checksum(rows: Iterator[tuple[int, int, int, int]]) -> tuple[int, int]:
    """How many differences, and a number that depends on every one of them and on no order."""
    count = total = 0
    for item, location, shows, should in rows:
        count += 1
        total = (total + (item * 1_000_003 + location) * 7919 + shows * 104_729 + should * 31 + (item ^ shows) * should) % 2**61
    return count, total


def ours(folder: Path, helpers: int) -> tuple[int, int]:
    """The sweep's own comparison."""
    from stockbridge.flow.bulk.compare import Lines, compare
    from stockbridge.flow.bulk.hands import Hands

    with Hands(helpers=helpers, needs=[quants.counts_of, compare]) as hands:
        from stockbridge.channels.shopify.bulk import levels_of

        counted, shown = (
            Lines(path=folder / "quants.jsonl", read=quants.counts_of),
            Lines(path=folder / "levels.jsonl", read=levels_of),
        )
        frame = partial(framed, folder)
        outcome = compare(frame, sources=data.WAREHOUSES, hands=hands, counted=[counted], shown=[shown])
    return checksum(
        (
            number(each.inventory_item_id),
            number(each.location_id),
            -1_000_000 if each.shows is None else each.shows,
            each.should,
        )
        for each in outcome.differences()
    )


def helpers_of(folder: Path) -> int:
    """As many helpers as the sweep takes on two cores."""
    from stockbridge.flow.bulk.compare import helpers_for

    return helpers_for([(folder / name).stat().st_size for name in ("quants.jsonl", "levels.jsonl")], 2)


def framed(folder: Path) -> Frame:
    """The mapping, the buffers and the claims."""
    from stockbridge.domain.frame import Feed, Frame, Place
    from stockbridge.domain.stock import Keep

    places = [
        Place(location_id=f"gid://shopify/Location/{number}", feeds=(Feed(source=source, keep=Keep(percent_bp=percent)),))
        for source, (number, percent) in enumerate(zip(data.LOCATIONS, data.PERCENT_BP, strict=True))
    ]
    claims = [(int(source), int(product), int(units)) for product, source, units in table(folder / "claims.csv")]
    return Frame(
        places=places,
        sources=["odoo"] * data.WAREHOUSES,
        codes=(("odoo", int(product), item) for product, item in table(folder / "items.csv")),
        claimed=claims,
        placed=((places[source].location_id, data.item_id(product - 1), units) for source, product, units in claims),
    )


def number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[1])


def table(path: Path) -> Iterator[list[str]]:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def theirs(folder: Path, threads: int) -> tuple[int, int]:
    """The same join by DuckDB."""
    import duckdb

    zones = ", ".join(f"({zone}, {warehouse})" for zone, warehouse in data.counted().items())
    places = ", ".join(
        f"({source}, {location}, {percent})"
        for source, (location, percent) in enumerate(zip(data.LOCATIONS, data.PERCENT_BP, strict=True))
    )
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    found = connection.execute(SQL.format(folder=folder, zones=zones, places=places))
    return checksum(iter(found.fetchall()))


# --- measuring ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One process from its start to its end. ``cpu_s``: of all its processes; ``peak_mb``: of all of them together."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    result: tuple[int, int]


def measure(who: str, folder: Path) -> Run:
    began = perf_counter()
    process = subprocess.Popen([sys.executable, __file__, "--play", who, str(folder)], stdout=subprocess.PIPE, text=True)
    watch = Watch(process.pid)
    told, _ = process.communicate()
    wall = perf_counter() - began
    watch.stop()
    if process.returncode:
        raise SystemExit(f"{who} failed")
    found = json.loads(told)
    return Run(wall, found["cpu_s"], watch.most / MEGABYTE, (found["count"], found["total"]))


class Watch:
    """Looks every 20 ms at how much memory a process and its children hold; what two of them share is halved (PSS)."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most = pid, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, sum(resident(pid) for pid in (self.pid, *children(self.pid))))


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


def play(who: str, folder: Path) -> None:
    import resource

    players: dict[str, Callable[[Path], tuple[int, int]]] = {
        "ours": lambda f: ours(f, helpers_of(f)),
        "alone": lambda f: ours(f, 0),
        "duckdb": lambda f: theirs(f, 2),
    }
    count, total = players[who](folder)
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"count": count, "total": total, "cpu_s": sum(each.ru_utime + each.ru_stime for each in used)}))


def best(runs: list[Run]) -> dict[str, float]:
    """The quickest of several runs, and the most memory of all."""
    return {
        "wall_s": round(min(run.wall_s for run in runs), 2),
        "cpu_s": round(min(run.cpu_s for run in runs), 2),
        "peak_mb": round(max(run.peak_mb for run in runs)),
    }


def contest(levels: int, runs: int, folder: Path) -> dict[str, object]:
    """Everybody in turn, several times, over the same files."""
    subprocess.run([sys.executable, str(HERE / "reconcile_data.py"), str(folder), str(levels)], check=True)
    found: dict[str, list[Run]] = {"ours": [], "alone": [], "duckdb": []}
    for _ in range(runs):
        for who, measured in found.items():
            measured.append(measure(who, folder))
    results = {run.result for measured in found.values() for run in measured}
    pairs = zip_longest(found["ours"], found["duckdb"])
    ratios = sorted(mine.wall_s / other.wall_s for mine, other in pairs)
    shutil.rmtree(folder)
    figures: dict[str, object] = {who: best(measured) for who, measured in found.items()}
    return {
        "levels": levels,
        "quants": 3 * levels,
        **figures,
        "times_duckdb": round(ratios[len(ratios) // 2], 2),
        "times_duckdb_cpu": round(best(found["ours"])["cpu_s"] / best(found["duckdb"])["cpu_s"], 2),
        "differences": next(iter(results))[0],
        "same_result": len(results) == 1,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--play", nargs=2)
    asked = parser.parse_args()
    if asked.play:
        play(asked.play[0], Path(asked.play[1]))
        return
    sizes = [10_000, 100_000] if asked.quick else [10_000, 100_000, 1_000_000]
    rows = []
    with tempfile.TemporaryDirectory(prefix="stockbridge-bench-") as base:
        for levels in sizes:
            rows.append(contest(levels, asked.runs or (2 if asked.quick else 5), Path(base) / str(levels)))
            print(json.dumps(rows[-1]), flush=True)
    last = rows[-1]
    mine: dict[str, float] = last["ours"]  # type: ignore[assignment]
    met = bool(last["same_result"]) and last["times_duckdb"] <= GOAL_TIMES and mine["peak_mb"] <= GOAL_MB  # type: ignore[operator]
    goal = {"times_duckdb": GOAL_TIMES, "peak_mb": GOAL_MB}
    print(json.dumps({"benchmark": "reconcile", "rows": rows, "goal": goal, "met": met}))


if __name__ == "__main__":
    main()
