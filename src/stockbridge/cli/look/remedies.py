"""What to type to repair what is parked. The pages have buttons for the same (web/words.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from shlex import quote
from typing import Any

import click

_SHOWN = 3

Row = Mapping[str, Any]


def say_what_to_type(rows: Iterable[Row]) -> None:
    """Below a table, where no line is broken: a command can be copied from here."""
    known = {row["parked_id"]: to_type(row) for row in rows}
    if known:
        click.echo("\nTo repair it, type:")
    for number, command in known.items():
        click.echo(f"  {number}: {command}")


def to_type(row: Row) -> str:
    """The command that repairs this parked thing, with what to look at before; empty once it is closed."""
    if row.get("closed_at") is not None:
        return ""
    known = _REMEDIES.get(row["remedy"])
    return known(row) if known else f"stockbridge parked show {row['parked_id']}"


def _map_item(row: Row) -> str:
    items = [quote(each.get("sku") or each.get("inventory_item_id") or "SKU") for each in (row["data"] or {}).get("items", ())]
    some = [f"stockbridge map item {item} CODE" for item in items[:_SHOWN] or ["SKU"]]
    return "; ".join(some) + ("; …" if len(items) > _SHOWN else "")


def _map_code(row: Row) -> str:
    data = row["data"] or {}
    code = next(iter(data.get("codes", ())), "CODE")
    where = f" --warehouse {quote(data['connection'] + '/' + data['warehouse'])}" if "warehouse" in data else ""
    return f"stockbridge map item SKU {quote(code)}{where}"


def _retry(row: Row) -> str:
    return f"stockbridge retry {row['parked_id']}"


def _decide(row: Row) -> str:
    number = row["parked_id"]
    return f"Look on the other side. Not there: stockbridge retry {number}. There: stockbridge dismiss {number} --note WHY"


def _dismiss(row: Row) -> str:
    return f"When you have read it: stockbridge dismiss {row['parked_id']} --note WHY"


def _connection(row: Row) -> str:
    return f"stockbridge connections test {quote(row['connection'])}"


def _sweep(row: Row) -> str:
    number = (row["data"] or {}).get("run_id", "ID")
    if not str(row.get("cause", "")).startswith("braked"):
        return f"stockbridge sweep show {number}"
    return f"Look: stockbridge sweep show {number}. Wanted: stockbridge sweep approve {number}. Not: stockbridge sweep drop {number}"


_REMEDIES: Mapping[str, Callable[[Row], str]] = {
    "map_item": _map_item,
    "map_code": _map_code,
    "retry": _retry,
    "replay": _retry,
    "decide": _decide,
    "dismiss": _dismiss,
    "connection": _connection,
    "sweep": _sweep,
}
