"""Both sides of a shop, as files: what Shopify's bulk operation leaves, what Odoo's search_read gives, the mapping, the open orders.

    python benchmarks/reconcile_data.py FOLDER LEVELS

Four locations, each fed by one warehouse with two zones that count and one that does not: three quants to a level. One level in forty
is wrong, one in five hundred is missing in the shop, one item in five hundred has nothing in any warehouse.
"""

from __future__ import annotations

import json
import sys
from array import array
from pathlib import Path
from random import Random

WAREHOUSES = 4
ZONES = 3
LOCATIONS = [67_890_123_450 + 17 * number for number in range(WAREHOUSES)]
#: A buffer of five percent in every second warehouse.
PERCENT_BP = [500 if number % 2 == 0 else 0 for number in range(WAREHOUSES)]
NAMES = ["Copper kettle", "Linen apron, blue", "Oak board", 'Pan 24 cm \\"Nord\\"', "Cup \\u00e9maill\\u00e9", "Glass jar [6]"]


def item_id(item: int) -> str:
    return f"gid://shopify/InventoryItem/{45_678_900_000_000 + 32_768 * item}"


def zone_id(warehouse: int, zone: int) -> int:
    return 100 + 10 * warehouse + zone


def counted() -> dict[int, int]:
    """Which zone counts for which warehouse; the last of each does not."""
    return {zone_id(warehouse, zone): warehouse for warehouse in range(WAREHOUSES) for zone in range(ZONES - 1)}


def write(folder: Path, levels: int, seed: int = 7) -> None:
    """Write items.csv, claims.csv, quants.jsonl and levels.jsonl."""
    random, items = Random(seed), levels // WAREHOUSES
    sums = quants(folder / "quants.jsonl", items, random)
    claims = array("q", bytes(8 * items * WAREHOUSES))
    with (folder / "items.csv").open("w") as file:
        file.write("product,item\n")
        file.writelines(f"{item + 1},{item_id(item)}\n" for item in range(items))
    with (folder / "claims.csv").open("w") as file:
        file.write("product,source,units\n")
        for _ in range(levels // 50):
            item, source, units = random.randrange(items), random.randrange(WAREHOUSES), random.randrange(1, 4)
            claims[item * WAREHOUSES + source] += units
            file.write(f"{item + 1},{source},{units}\n")
    shown(folder / "levels.jsonl", sums, claims, random)


def quants(path: Path, items: int, random: Random) -> array[int]:
    """Quants in no order; gives the units that count, by item and warehouse."""
    sums = array("q", bytes(8 * items * WAREHOUSES))
    rows = array("q", range(items * WAREHOUSES * ZONES))
    for i in range(len(rows) - 1, 0, -1):
        j = int(random.random() * (i + 1))
        rows[i], rows[j] = rows[j], rows[i]
    with path.open("w") as file:
        for number, row in enumerate(rows):
            cell, zone = divmod(row, ZONES)
            item, warehouse = divmod(cell, WAREHOUSES)
            units = 0 if item % 500 == 3 else int(random.random() * 100)
            if zone < ZONES - 1:
                sums[cell] += units
            name, place = NAMES[row % len(NAMES)], zone_id(warehouse, zone)
            file.write(
                f'{{"id":{number + 1},"product_id":[{item + 1},"[SKU-{item:06d}] {name}"],'
                f'"location_id":[{place},"WH{warehouse}/Stock/Zone {zone}"],"quantity":{units}.0,"reserved_quantity":0.0}}\n'
            )
    return sums


def shown(path: Path, sums: array[int], claims: array[int], random: Random) -> None:
    with path.open("w") as file:
        for item in range(len(sums) // WAREHOUSES):
            file.write(json.dumps({"id": item_id(item)}, separators=(",", ":")) + "\n")
        for cell, units in enumerate(sums):
            item, place = divmod(cell, WAREHOUSES)
            committed = claims[cell] + (random.randrange(4) if random.random() < 0.02 else 0)
            rest, keep = units - claims[cell], -(-units * PERCENT_BP[place] // 10_000)
            should = max(0, min(rest, max(0, rest - keep)) - (committed - claims[cell]))
            chance = random.random()
            if chance < 0.002:
                continue
            available = should + random.choice((-2, -1, 1, 2, 40)) if chance < 0.027 else should
            gid = item_id(item)
            file.write(
                f'{{"isActive":true,"item":{{"id":"{gid}","tracked":true}},'
                f'"location":{{"id":"gid://shopify/Location/{LOCATIONS[place]}"}},'
                f'"quantities":[{{"name":"available","quantity":{available}}},{{"name":"committed","quantity":{committed}}},'
                f'{{"name":"reserved","quantity":0}},{{"name":"on_hand","quantity":{available + committed}}}],"__parentId":"{gid}"}}\n'
            )


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    write(target, int(sys.argv[2]))
