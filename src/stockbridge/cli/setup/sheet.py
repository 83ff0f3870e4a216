"""A file of item codes: read, compared with what is known, every row that cannot be used named with its line."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import StringIO

COLUMNS = ("shop", "sku", "inventory_item_id", "warehouse", "item_code")

Place = tuple[str, str]  # connection, warehouse
Key = tuple[str, str, str, str]  # shop, inventory item, connection, warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the file is compared with. ``places``: the warehouses, by connection; ``codes``: the cross-reference as it is."""

    items: Sequence[tuple[str, str, str]]  # shop, inventory item, SKU
    places: Sequence[Place]
    codes: Mapping[Key, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One mapping that the file asks for. ``before``: the code that is there now, empty if none."""

    line: int
    shop: str
    inventory_item_id: str
    sku: str
    connection: str
    warehouse: str
    item_code: str
    before: str

    @property
    def change(self) -> str:
        """new, changed or same."""
        return "new" if not self.before else "same" if self.before == self.item_code else "changed"


@dataclass(slots=True)
class Reading:
    """What a file says, and what is wrong with it: (line, sentence)."""

    entries: list[Entry] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)


def read_sheet(text: str, known: Known) -> Reading:
    """Reads CSV (comma, semicolon or tab; the first line names the columns). Nothing is guessed: what is not certain is an error."""
    reading = Reading()
    rows = csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=None), delimiter=_separator(text))
    heads = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = heads
    if "item_code" not in heads or not {"sku", "inventory_item_id"} & set(heads):
        reading.errors.append(
            (1, f"The first line must name the columns: item_code and sku (or inventory_item_id). Known: {', '.join(COLUMNS)}.")
        )
        return reading
    for name in heads:
        if name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=1)
            reading.errors.append((1, f"There is no column '{name}'." + (f" Did you mean {near[0]}?" if near else "")))
    finder = _Finder(known)
    seen: dict[Key, int] = {}
    for row in _until_broken(rows, reading):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if any(cells.values()):
            _read_row(rows.line_num, cells, finder, seen, reading)
    return reading


def _until_broken(rows: csv.DictReader[str], reading: Reading) -> Iterator[dict[str, str | None]]:
    try:
        yield from rows
    except csv.Error as error:
        reading.errors.append((rows.line_num, f"From here on the file is no CSV: {error}."))


def _separator(text: str) -> str:
    first = text.splitlines()[0] if text.strip() else ""
    return max(",;\t", key=first.count)


def _read_row(line: int, cells: Mapping[str, str], finder: _Finder, seen: dict[Key, int], reading: Reading) -> None:
    item, problem = finder.item(cells)
    place, place_problem = finder.place(cells["warehouse"])
    problems = [each for each in (problem, place_problem, "" if cells["item_code"] else "item_code is empty.") if each]
    if item is not None and place is not None:
        key = (item[0], item[1], *place)
        if key in seen:
            problems.append(f"The same item and warehouse stand in line {seen[key]} already.")
        seen.setdefault(key, line)
    if problems or item is None or place is None:
        reading.errors.append((line, " ".join(problems)))
        return
    shop, inventory_item_id, sku = item
    reading.entries.append(
        Entry(
            line=line,
            shop=shop,
            inventory_item_id=inventory_item_id,
            sku=sku,
            connection=place[0],
            warehouse=place[1],
            item_code=cells["item_code"],
            before=finder.known.codes.get((shop, inventory_item_id, *place), ""),
        )
    )


class _Finder:
    """Finds items and warehouses by what people call them."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._by_sku: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._by_id: dict[str, tuple[str, str, str]] = {}
        for item in known.items:
            self._by_sku[item[2]].append(item)
            self._by_id[item[1]] = item
            self._by_id.setdefault(item[1].rsplit("/", 1)[-1], item)

    def item(self, cells: Mapping[str, str]) -> tuple[tuple[str, str, str] | None, str]:
        """The item of a row, or what is wrong."""
        name = cells["inventory_item_id"]
        if name:
            found = self._by_id.get(name)
            return found, "" if found else f"No item has the id {name}."
        sku = cells["sku"]
        if not sku:
            return None, "sku is empty."
        fitting = [item for item in self._by_sku.get(sku, ()) if cells["shop"] in ("", item[0])]
        if len(fitting) == 1:
            return fitting[0], ""
        if fitting:
            return None, f"{len(fitting)} items have the SKU {sku}: say which with inventory_item_id ({_ids(fitting)})."
        near = get_close_matches(sku, self._by_sku, n=1)
        return None, f"No item has the SKU {sku}." + (f" Did you mean {near[0]}?" if near else "")

    def place(self, name: str) -> tuple[Place | None, str]:
        """The warehouse that is meant: connection/warehouse, or the warehouse alone when that is enough."""
        places = self.known.places
        fitting = [place for place in places if name in ("", place[1], f"{place[0]}/{place[1]}")]
        if len(fitting) == 1:
            return fitting[0], ""
        listed = ", ".join(f"{connection}/{warehouse}" for connection, warehouse in places) or "none has reported a count yet"
        if not name:
            return None, f"Say which warehouse: {listed}."
        return None, f"{'Several warehouses are' if fitting else 'No warehouse is'} called {name}: {listed}."


def _ids(items: Iterable[tuple[str, str, str]]) -> str:
    return ", ".join(item[1] for item in items)
