"""Figures, claims on them, and the levels they feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db.queries import Queries
from stockbridge.domain.claims import Claim, Figure, Mark, contained_units
from stockbridge.domain.values import Amount, Basis

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


def amounts(zones: Mapping[str, int | str]) -> dict[str, Amount]:
    """What lies in each zone, as it is kept: whole units as numbers, parts of a unit as exact text."""
    return {zone: units if isinstance(units, int) else Decimal(units) for zone, units in zones.items()}


def kept(units: Amount) -> int | str:
    """The other way round: one amount as it is kept."""
    return int(units) if units == int(units) else str(units)


def figure_of(row: Row[Any]) -> Figure:
    """A figure as the domain knows it."""
    return Figure(
        zones=amounts(row.zones),
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
    save_told(conn, account=account, told=[(pool, figure, received_at, arrival_id) for pool, figure in figures])


def save_told(conn: Connection, *, account: str, told: Iterable[tuple[Pool, Figure, datetime, int | None]]) -> None:
    """The same for figures of several arrivals: (pool, figure, when it was received, arrival)."""
    rows = [
        {
            "account": account,
            "connection": pool[0],
            "warehouse": pool[1],
            "item_code": pool[2],
            "zones": {zone: kept(units) for zone, units in figure.zones.items()},
            "basis": figure.basis,
            "occurred_at": figure.occurred_at,
            "sequence": figure.sequence,
            "asked_at": figure.asked_at,
            "received_at": received_at,
            "arrival_id": arrival_id,
        }
        for pool, figure, received_at, arrival_id in told
    ]
    _Q.many(conn, "save_figure", rows)


def load_pools(conn: Connection, *, account: str, pools: Iterable[Pool], alone: bool = True) -> dict[Pool, Figure]:
    """The newest figures of some pools, locked in one order: none is reported meanwhile; ``alone``: and nobody else draws on them."""
    query = "pool_figures" if alone else "pool_figures_shared"
    rows = _Q.rows(conn, query, account=account, **pool_columns(pools))
    return {(row.connection, row.warehouse, row.item_code): figure_of(row) for row in rows}


def claimed(conn: Connection, *, account: str, pools: Iterable[Pool]) -> dict[Pool, dict[tuple[str, str], int]]:
    """Open claims on each pool, in units, by the (shop, location) they were made for; a pool without claims is left out."""
    found: dict[Pool, dict[tuple[str, str], int]] = {}
    for row in _Q.rows(conn, "claimed_by_pool", account=account, **pool_columns(pools)):
        found.setdefault((row.connection, row.warehouse, row.item_code), {})[row.shop, row.location_id] = row.units
    return found


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


def touch_cells(conn: Connection, *, account: str, cells: Iterable[tuple[str, str, str]], now: datetime) -> list[str]:
    """These levels, (shop, location, inventory item), are to be looked at; gives the shops whose publisher should wake."""
    ordered = sorted(set(cells))
    if not ordered:
        return []
    columns = {"shops": [c[0] for c in ordered], "locations": [c[1] for c in ordered], "items": [c[2] for c in ordered]}
    return [row.shop for row in _Q.rows(conn, "touch_cells", account=account, now=now, **columns)]


def hold_levels(conn: Connection, *, account: str, shop: str, cells: Sequence[Cell]) -> dict[Cell, int]:
    """Nobody changes these levels before the transaction ends; locked in the order in which everybody locks levels. Gives their
    short names."""
    columns = {"locations": [cell[0] for cell in cells], "items": [cell[1] for cell in cells]}
    rows = _Q.rows(conn, "hold_levels", account=account, shop=shop, **columns)
    return {(row.location_id, row.inventory_item_id): row.level_id for row in rows}


def touch_shop(conn: Connection, *, account: str, shop: str, now: datetime) -> int:
    """Every mapped level of the shop is to be looked at; gives how many."""
    return _Q.run(conn, "touch_shop", account=account, shop=shop, now=now)


def save_locations(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Locations as the channel shows them."""
    _Q.many(conn, "save_location", rows)


def open_locations(conn: Connection, *, account: str, shop: str) -> frozenset[str]:
    """The locations of a shop that it has not deactivated."""
    return frozenset(row.location_id for row in _Q.rows(conn, "open_locations", account=account, shop=shop))


def location_names(conn: Connection, *, account: str, shop: str) -> dict[str, str]:
    """What the locations of a shop are called."""
    return {row.location_id: row.name for row in _Q.rows(conn, "location_names", account=account, shop=shop)}
