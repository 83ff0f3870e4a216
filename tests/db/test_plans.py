"""How the server finds levels of which it has no statistics: the table was filled a moment ago, as on a shop's first day, or by a resumed
pause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from stockbridge.db.queries import Queries

NOW = datetime(2026, 11, 2, tzinfo=UTC)
MANY, ASKED = 2_000, 20
FILL = """
INSERT INTO level (account, shop, location_id, inventory_item_id, next_at)
SELECT 'acme', 'shop', 'L1', 'I' || n, now() FROM generate_series(1, 2000) AS n;
INSERT INTO crossref (account, shop, inventory_item_id, connection, warehouse, item_code, verified_at)
SELECT 'acme', 'shop', 'I' || n, 'wms', 'NJ', 'C' || n, now() FROM generate_series(1, 2000) AS n;
INSERT INTO figure (account, connection, warehouse, item_code, zones, basis, occurred_at, sequence, received_at)
SELECT 'acme', 'wms', 'NJ', 'C' || n, '{"SHELF": 1}', 'physical', now(), 1, now() FROM generate_series(1, 2000) AS n;
"""
CELLS = {"locations": ["L1"] * ASKED, "items": [f"I{n}" for n in range(1, ASKED + 1)]}
ROWS = json.dumps(
    [
        {
            "location_id": "L1",
            "inventory_item_id": f"I{n}",
            "dirty": 1,
            "note": "",
            "given": 0,
            "gone": 0,
            "sending": 0,
            "dropped": 0,
            "odd": 0,
            "unseen": 0,
            "read_at": "2026-11-02T00:00:00Z",
        }
        for n in range(1, ASKED + 1)
    ]
)
PLACES = {"connections": ["wms"], "warehouses": ["NJ"], "several": [True]}


@pytest.fixture
def filled(conn: Connection) -> Connection:
    conn.execute(text("INSERT INTO account (account, title, created_at) VALUES ('acme', 'Acme', now()) ON CONFLICT DO NOTHING"))
    conn.execute(text(FILL))
    return conn


def nodes(plan: Any) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


@pytest.mark.parametrize(
    ("file", "query", "more"),
    [
        ("stock", "facts", {**PLACES, "since": NOW, "settles": timedelta(seconds=1), "call": timedelta(seconds=1)}),
        ("stock", "hold_levels", {}),
        ("history", "levels_before", {}),
        ("levels", "news_in_hints", {"availables": [1] * ASKED}),
        ("stock", "finish_looks", {"rows": ROWS}),
        ("stock", "save_looks", {"rows": ROWS}),
        ("stock", "save_written", {"rows": ROWS, "now": NOW}),
    ],
)
def test_some_levels_are_found_by_their_keys_in_a_table_that_was_just_filled(
    filled: Connection, file: str, query: str, more: dict[str, Any]
) -> None:
    sql = next(each.sql for each in Queries(file) if each.name == f"{file}.{query}")
    explained = filled.execute(
        text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"), {"account": "acme", "shop": "shop", **CELLS, **more}
    ).scalar_one()
    plan = json.loads(explained) if isinstance(explained, str) else explained
    read = 0
    for node in nodes(plan[0]["Plan"]):
        if node.get("Relation Name") in ("level", "crossref", "figure"):
            read += int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    assert read < MANY, f"{read} rows were read for {ASKED} levels"
    assert filled.execute(text("SELECT count(*) FROM level")).scalar_one() == MANY


BURST = """
INSERT INTO source (account, shop, location_id, connection, warehouse, zones) VALUES ('acme', 'shop', 'L1', 'wms', 'NJ', '["SHELF"]');
INSERT INTO orders (account, shop, order_id, name, state, placed_at, updated_at, read_at, snapshot, first_seen_at)
SELECT 'acme', 'shop', 'O' || n, '#' || n, 'accepted', now(), now(), now(), '{}', now() FROM generate_series(1, 2000) AS n;
INSERT INTO submission (account, reference, shop, order_id, number, connection, warehouse, location_id, state, intended_at)
SELECT 'acme', 'R' || n, 'shop', 'O' || n, 1, 'wms', 'NJ', 'L1', 'accepted', now() FROM generate_series(1, 2000) AS n;
INSERT INTO claim (account, reference, line_id, shop, order_id, location_id, inventory_item_id, connection, warehouse, item_code, units, open_units)
SELECT 'acme', 'R' || n, '1', 'shop', 'O' || n, 'L1', 'I1', 'wms', 'NJ', 'C1', 1, 1 FROM generate_series(1, 2000) AS n;
INSERT INTO effect (account, connection, key, kind, subject, lane, payload, state, next_at, created_at)
SELECT 'acme', 'wms', 'submit:R' || n, 'submit_order', 'order/O' || n, 1, '{}', 'done', now(), now() FROM generate_series(1, 2000) AS n;
"""


@pytest.mark.parametrize(
    ("file", "query", "tables", "more"),
    [
        ("history", "orders_now", ("submission", "orders"), {"most": 20}),
        (
            "stock",
            "facts",
            ("effect",),
            {**PLACES, "since": NOW, "settles": timedelta(seconds=1), "call": timedelta(seconds=1)},
        ),
    ],
)
def test_in_a_burst_a_look_at_an_item_goes_through_its_claims_and_not_through_all_that_hangs_on_them(
    filled: Connection, file: str, query: str, tables: tuple[str, ...], more: dict[str, Any]
) -> None:
    filled.execute(text(BURST))
    sql = next(each.sql for each in Queries(file) if each.name == f"{file}.{query}")
    explained = filled.execute(
        text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"), {"account": "acme", "shop": "shop", **CELLS, **more}
    ).scalar_one()
    plan = json.loads(explained) if isinstance(explained, str) else explained
    read = sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(plan[0]["Plan"])
        if node.get("Relation Name") in tables
    )
    assert read <= 2 * ASKED, f"{read} rows were read for one item"
