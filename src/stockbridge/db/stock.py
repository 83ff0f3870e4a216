"""Figures, claims on them, and the levels they feed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries, jsonb
from stockbridge.domain.claims import Claim, Figure, Mark, contained_units
from stockbridge.domain.values import Basis

_Q = Queries("stock")

#: A pool of stock: (connection, warehouse, item code).
Pool = tuple[str, str, str]
#: A level: (location, inventory item).
Cell = tuple[str, str]


def pool_columns(pools: Iterable[Pool]) -> dict[str, list[str]]:
    """The pools as three columns for unnest, in one fixed order."""
    ordered = sorted(set(pools))
    return {
        "connections": [pool[0] for pool in ordered],
        "warehouses": [pool[1] for pool in ordered],
        "codes": [pool[2] for pool in ordered],
    }


def figure_of(row: Row[Any]) -> Figure:
    """A figure as the domain knows it."""
    return Figure(
        zones=row.zones,
        basis=Basis(row.basis),
        occurred_at=row.occurred_at,
        sequence=row.sequence,
        asked_at=row.asked_at,
    )


def load_figure(conn: Connection, *, account: str, pool: Pool) -> Figure | None:
    """The newest figure of a pool, locked; None when it was never reported."""
    row = _Q.maybe(conn, "figure", account=account, connection=pool[0], warehouse=pool[1], item_code=pool[2])
    return figure_of(row) if row else None


def load_warehouse(conn: Connection, *, account: str, connection: str, warehouse: str) -> dict[str, Figure]:
    """Every figure of a warehouse by item code, locked."""
    rows = _Q.rows(conn, "figures_of_warehouse", account=account, connection=connection, warehouse=warehouse)
    return {row.item_code: figure_of(row) for row in rows}


def save_figures(
    conn: Connection, *, account: str, figures: Iterable[tuple[Pool, Figure]], received_at: datetime, arrival_id: int | None
) -> None:
    """Write figures that are known to be the newest."""
    rows = [
        {
            "account": account,
            "connection": pool[0],
            "warehouse": pool[1],
            "item_code": pool[2],
            "zones": dict(figure.zones),
            "basis": figure.basis,
            "occurred_at": figure.occurred_at,
            "sequence": figure.sequence,
            "asked_at": figure.asked_at,
            "received_at": received_at,
            "arrival_id": arrival_id,
        }
        for pool, figure in figures
    ]
    _Q.many(conn, "save_figure", rows)


def load_pools(conn: Connection, *, account: str, pools: Iterable[Pool], alone: bool = True) -> dict[Pool, Figure]:
    """The newest figures of some pools, locked in one order: none is reported meanwhile; ``alone``: and nobody else draws on them."""
    query = "pool_figures" if alone else "pool_figures_shared"
    rows = _Q.rows(conn, query, account=account, **pool_columns(pools))
    return {(row.connection, row.warehouse, row.item_code): figure_of(row) for row in rows}


def claimed(conn: Connection, *, account: str, pools: Iterable[Pool]) -> dict[Pool, int]:
    """claim(s, i) of each pool, in units; a pool without claims is left out."""
    rows = _Q.rows(conn, "claimed_by_pool", account=account, **pool_columns(pools))
    return {(row.connection, row.warehouse, row.item_code): row.units for row in rows}


def contain(
    conn: Connection, *, account: str, figures: dict[Pool, Figure], references: Sequence[str] | None = None
) -> set[Pool]:
    """Book which claims the figures show by now: all claims when figures changed, those of some ``references`` when only their own
    facts did. Gives the pools in which that changed something. The figures are locked, or the booking could miss one."""
    columns = pool_columns(figures)
    if references is None:
        rows = _Q.rows(conn, "pool_claims", account=account, **columns)
    else:
        rows = _Q.rows(conn, "claims_of", account=account, references=list(references))
    changed, pools = [], set()
    for row in rows:
        pool = (row.connection, row.warehouse, row.item_code)
        figure = figures.get(pool)
        if figure is None:
            continue
        claim = _claim(row)
        contained = contained_units(claim, figure)
        open_ = claim.units - claim.cancelled - contained > 0
        if contained != claim.contained or not open_:
            key = {"account": account, "reference": claim.reference, "line_id": claim.line_id}
            changed.append({**key, "contained": contained, "open": open_})
            pools.add(pool)
    _Q.many(conn, "save_contained", changed)
    return pools


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        reference=row.reference,
        line_id=row.line_id,
        item_code=row.item_code,
        units=row.units,
        cancelled=row.cancelled,
        accepted=_mark(row.accepted_seq, row.accepted_at),
        reserved=_mark(row.reserved_seq, row.reserved_at),
        shipped=tuple(
            (units, Mark(sequence=sequence, heard_at=datetime.fromisoformat(heard_at)))
            for units, sequence, heard_at in row.shipped or ()
        ),
        contained=row.contained,
    )


def _mark(sequence: int | None, heard_at: datetime | None) -> Mark | None:
    return None if heard_at is None else Mark(sequence=sequence, heard_at=heard_at)


def touch_pools(conn: Connection, *, account: str, pools: Iterable[Pool], now: datetime) -> list[str]:
    """Every level that these pools feed is to be looked at; gives the shops whose publisher should wake."""
    columns = pool_columns(pools)
    if not columns["codes"]:
        return []
    return [row.shop for row in _Q.rows(conn, "touch_pools", account=account, now=now, **columns)]


def touch_items(conn: Connection, *, account: str, shop: str, items: Sequence[str], now: datetime) -> int:
    """Every mapped level of these inventory items is to be looked at; gives how many."""
    return _Q.run(conn, "touch_items", account=account, shop=shop, items=sorted(set(items)), now=now)


def touch_shop(conn: Connection, *, account: str, shop: str, now: datetime) -> int:
    """Every mapped level of the shop is to be looked at; gives how many."""
    return _Q.run(conn, "touch_shop", account=account, shop=shop, now=now)


def candidates(conn: Connection, *, account: str, shop: str) -> Sequence[Row[Any]]:
    """The warehouses that feed the shop's active locations: connection, warehouse, location_id, priority, zones, location."""
    return _Q.rows(conn, "candidates", account=account, shop=shop)


def save_source(conn: Connection, *, account: str, **values: Any) -> None:
    """Which zones of which warehouse feed a location."""
    zones = jsonb(list(values.pop("zones")))
    _Q.run(conn, "save_source", account=account, zones=zones, **values)


def save_locations(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Locations as the channel shows them."""
    _Q.many(conn, "save_location", rows)
