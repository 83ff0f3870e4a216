"""Storing what arrives: once, as it came, whatever it contains."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from stockbridge.db.connection import Database
from stockbridge.inbox import receive
from stockbridge.ports import Arrival, Job, lane_of
from stockbridge.testing.edge import NOON, NotingEngine

Make = Callable[..., Arrival]


def _rows(conn: Connection) -> list[tuple[str, bytes]]:
    return [(row.dedupe_key, bytes(row.body)) for row in conn.execute(text("SELECT * FROM arrival ORDER BY arrival_id"))]


def test_an_arrival_is_stored_as_it_came(conn: Connection, arrival: Make) -> None:
    body = bytes(range(256)) * 3
    [arrival_id] = receive.store(conn, [arrival(body=body, headers={"x-a": "ü"})])
    row = conn.execute(text("SELECT * FROM arrival")).one()
    assert (row.arrival_id, bytes(row.body), row.headers) == (arrival_id, body, {"x-a": "ü"})
    assert (row.account, row.connection, row.topic, row.subject) == ("acme", "shop.example", "orders/create", "order/1")
    assert (row.lane, row.received_at, row.state, row.attempts) == (lane_of("order/1"), NOON, 0, 0)


def test_a_second_delivery_of_the_same_message_is_stored_once(conn: Connection, arrival: Make) -> None:
    [first] = receive.store(conn, [arrival("e1", body=b"first")])
    assert first is not None
    assert receive.store(conn, [arrival("e1", body=b"second")]) == [None]
    assert _rows(conn) == [("e1", b"first")]


def test_of_two_alike_in_one_call_the_first_is_stored(conn: Connection, arrival: Make) -> None:
    first, repeat, other = receive.store(conn, [arrival("e1", body=b"1"), arrival("e1", body=b"2"), arrival("e2")])
    assert (first is not None, repeat, other is not None) == (True, None, True)
    assert _rows(conn) == [("e1", b"1"), ("e2", b'{"id": 1}')]


def test_the_same_key_of_another_connection_or_account_is_another_message(conn: Connection, arrival: Make) -> None:
    ids = receive.store(conn, [arrival("e1"), arrival("e1", connection="wms"), arrival("e1", account="other")])
    assert None not in ids
    assert len(set(ids)) == 3


def test_nothing_to_store_is_no_statement(conn: Connection) -> None:
    assert receive.store(conn, []) == []


def test_ids_come_back_in_the_order_of_the_arrivals(conn: Connection, arrival: Make) -> None:
    receive.store(conn, [arrival("b")])
    ids = receive.store(conn, [arrival("a"), arrival("b"), arrival("c")])
    assert ids[1] is None
    stored = {row.dedupe_key: row.arrival_id for row in conn.execute(text("SELECT * FROM arrival"))}
    assert (ids[0], ids[2]) == (stored["a"], stored["c"])


def test_each_touched_lane_is_woken_once_and_in_order(conn: Connection, arrival: Make) -> None:
    engine = NotingEngine()
    subjects = [f"order/{number}" for number in range(40)]
    receive.accept(conn, [arrival(subject, subject=subject) for subject in subjects], engine)
    assert engine.woken == sorted(set(engine.woken))
    assert {job.lane for job in engine.woken} == {lane_of(subject) for subject in subjects}
    assert engine.woken[0] == Job(kind="step", account="acme", connection="shop.example", lane=engine.woken[0].lane)


def test_what_a_warehouse_says_of_its_stock_shares_one_lane_so_that_it_is_taken_together(
    conn: Connection, arrival: Make
) -> None:
    engine = NotingEngine()
    said = [arrival(f"{place}/{code}", subject=f"stock/{place}/{code}") for place in ("NJ", "TX") for code in range(30)]
    receive.accept(conn, said, engine)
    assert {job.lane for job in engine.woken} == {lane_of("stock/NJ"), lane_of("stock/TX")}
    lanes = conn.execute(text("SELECT DISTINCT lane FROM arrival WHERE subject LIKE 'stock/NJ/%'")).scalars().all()
    assert lanes == [lane_of("stock/NJ")]


def test_a_repeat_wakes_nobody(conn: Connection, arrival: Make) -> None:
    receive.store(conn, [arrival("e1")])
    engine = NotingEngine()
    receive.accept(conn, [arrival("e1")], engine)
    assert engine.woken == []


def test_the_lane_that_is_woken_is_the_lane_that_is_stored(conn: Connection, arrival: Make) -> None:
    engine = NotingEngine()
    receive.accept(conn, [arrival(subject="order/\x00" + "x" * 900)], engine)
    assert conn.execute(text("SELECT lane FROM arrival")).scalar_one() == engine.woken[0].lane


@pytest.mark.parametrize("awkward", ["with \x00 NUL", "lone \ud800 surrogate", "x" * 10_000, "", "ünïcode ✓", "a'b\";--{}"])
def test_text_that_postgresql_cannot_hold_is_mended_and_the_body_kept(conn: Connection, arrival: Make, awkward: str) -> None:
    strange = arrival(awkward, subject=awkward, topic=awkward, headers={awkward: awkward}, body=b"\x00raw")
    assert receive.store(conn, [strange, arrival("fine")]) != [None, None]
    assert receive.store(conn, [strange]) == [None], "its repeat is still a repeat"
    assert _rows(conn)[0][1] == b"\x00raw"


def test_long_keys_that_begin_alike_stay_different(conn: Connection, arrival: Make) -> None:
    assert None not in receive.store(conn, [arrival("k" * 5_000 + "1"), arrival("k" * 5_000 + "2")])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(max_size=600), body=st.binary(max_size=200), header=st.text(max_size=50))
def test_whatever_the_text_it_can_be_stored(conn: Connection, arrival: Make, key: str, body: bytes, header: str) -> None:
    with conn.begin_nested() as savepoint:
        [arrival_id] = receive.store(conn, [arrival(key, body=body, headers={"h": header})])
        assert arrival_id is not None
        assert receive.store(conn, [arrival(key)]) == [None]
        savepoint.rollback()


def test_two_that_store_the_same_at_once_store_it_once(database: Database, arrival: Make) -> None:
    results: list[int | None] = []
    start = threading.Barrier(8)

    def deliver() -> None:
        start.wait()
        with database.engine.begin() as conn:
            results.extend(receive.store(conn, [arrival("e1"), arrival("e2")]))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 16
    assert sum(result is not None for result in results) == 2


def test_nothing_is_kept_when_the_callers_transaction_fails(database: Database, arrival: Make) -> None:
    with database.engine.connect() as conn:
        receive.store(conn, [arrival("e1")])
        conn.rollback()
        assert _rows(conn) == []
