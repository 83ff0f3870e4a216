"""`stockbridge orders`: the list, and one order with its whole story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from stockbridge.cli.look.remedies import say_what_to_type
from stockbridge.cli.session import looking
from stockbridge.cli.talk import Problem, data_command, pairs, put, put_json, table
from stockbridge.db import reports
from stockbridge.domain.orders import OrderState

TABS = ("all", "attention", "waiting", "unwritten", "done")


@click.group()
def orders() -> None:
    """Look at orders."""


@orders.command("list")
@click.option("--tab", type=click.Choice(TABS), default="all", show_default=True, help="The same tabs as on the page.")
@click.option("--state", type=click.Choice([each.value for each in OrderState]), help="Only orders in this state.")
@click.option("--search", default="", help="Order name, SKU, item code, tracking number or the warehouse's number.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@data_command
def list_orders(tab: str, state: str | None, search: str, limit: int, account: str | None, as_json: bool) -> None:
    """The newest orders first."""
    with looking(account) as (_, conn, name):
        rows = reports.orders(conn, account=name, tab=tab, search=search, state=state or "", limit=limit)
    columns = {
        "name": "Order",
        "state": "State",
        "parked": "Needs you",
        "placed_at": "Placed",
        "units": "Units#",
        "warehouses": "Warehouses",
        "parcels": "Parcels#",
        "unwritten": "Not written back#",
        "reason": "Why",
    }
    put(rows, columns, json_wanted=as_json, empty="No order fits.")


@orders.command()
@click.argument("name")
@click.option("--shop", help="Its shop, when two shops have an order of this name.")
@data_command
def show(name: str, shop: str | None, account: str | None, as_json: bool) -> None:
    """One order: lines, submissions, parcels and the timeline with its reasons. NAME is its name (#1001 or 1001) or id."""
    with looking(account) as (_, conn, own):
        found = [row for row in reports.orders_named(conn, account=own, name=name) if shop in (None, row.shop)]
        if not found:
            raise Problem(
                f"There is no order {name}.", todo="Orders are named as in the shop. List them: stockbridge orders list"
            )
        if len(found) > 1:
            shops = ", ".join(sorted({row.shop for row in found}))
            raise Problem(f"{len(found)} orders are called {name}.", todo=f"Say which: --shop with one of {shops}, or the id.")
        order = reports.order(conn, account=own, shop=found[0].shop, order_id=found[0].order_id)
    if as_json or order is None:
        put_json(order)
        return
    _show(order)


def _show(order: Mapping[str, Any]) -> None:
    snapshot = order["snapshot"]
    pairs(
        {
            "Order": order["name"],
            "Shop": order["shop"],
            "Id": order["order_id"],
            "State": order["state"],
            "Why": order["reason"],
            "Placed": order["placed_at"],
            "Cancelled": order["cancelled_at"],
            "To": " ".join(part for part in (order["ship_to_name"], order["country_code"]) if part),
            "Tags": order["tags"],
        }
    )
    lines = {"sku": "SKU", "title": "Title", "current_quantity": "Units#"}
    table(snapshot.get("lines", []), lines, title="Lines")
    _section(
        order["parked"],
        {"parked_id": "Id#", "title": "Waits because", "consequence": "Meanwhile"},
        "Needs you (parked)",
    )
    say_what_to_type(order["parked"])
    submitted = {
        "reference": "Reference",
        "warehouse": "Warehouse",
        "state": "State",
        "progress": "Its word",
        "warehouse_ref": "Its number",
        "accepted_at": "Accepted",
        "reason": "Why",
    }
    over = ("shipped", "cancelled", "refused")
    asked = [{**row, "progress": "" if row["state"] in over else row["progress"]} for row in order["submissions"]]
    _section(asked, submitted, "Asked of warehouses")
    parcels = [{**row, "numbers": (row["tracking"] or {}).get("numbers", [])} for row in order["shipments"]]
    shipped = {
        "shipment_id": "Parcel",
        "warehouse": "Warehouse",
        "carrier": "Carrier",
        "numbers": "Tracking",
        "written_at": "Shop told",
    }
    _section(parcels, shipped, "Parcels")
    _section(order["timeline"], {"at": "When", "text": "What happened, and why", "actor": "Who"}, "Timeline")


def _section(rows: list[dict[str, Any]], columns: Mapping[str, str], title: str) -> None:
    if rows:
        click.echo()
        table(rows, columns, title=title)
