"""An effect is a row before it is a call: one per key, one at a time per subject, and found again by whoever comes next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from stockbridge.db import arrivals
from stockbridge.db.queries import Queries
from stockbridge.domain.effects import CancelSubmission, Effect, FetchOrder, SubmitOrder
from stockbridge.outbox import append as outbox
from stockbridge.outbox.outcomes import backoff_s
from stockbridge.ports import READINGS_LANE, Job, lane_of

_Q = Queries("outbox")
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PLACE = {"account": "main", "connection": "wms"}
LANE = lane_of("order/1")


def submit(reference: str = "R-1") -> SubmitOrder:
    return SubmitOrder(reference=reference, warehouse="BER", order_name="#1", lines=(), ship_to=None, shipping_method="")


def cancel(reference: str = "R-1") -> CancelSubmission:
    return CancelSubmission(reference=reference, warehouse="BER", reason="")


def claim(conn: Connection, at: datetime = NOW, worker: str = "w1", lane: int = LANE) -> list[Any]:
    return list(
        _Q.rows(
            conn, "claim", account="main", connection="wms", lane=lane, worker=worker, now=at, most=100, readings=READINGS_LANE
        )
    )


def due(conn: Connection, at: datetime = NOW) -> list[str]:
    return [job.kind for job in arrivals.due_jobs(conn, now=at, before=at)]


def write_down(conn: Connection, *effects: Effect) -> list[Job]:
    """These effects of order 1; gives the lanes to wake."""
    return outbox.append(conn, **PLACE, effects=[("order/1", effect) for effect in effects], now=NOW)


def test_the_same_effect_twice_is_one_row_and_wakes_nobody_the_second_time(conn: Connection) -> None:
    assert len(write_down(conn, submit())) == 1
    assert write_down(conn, submit()) == []
    assert len(claim(conn)) == 1


def test_a_reading_that_is_asked_for_and_not_begun_is_not_asked_for_twice(conn: Connection) -> None:
    write_down(conn, FetchOrder(order_id="1", cause="a"), FetchOrder(order_id="1", cause="b"))
    assert [row.key for row in claim(conn, lane=READINGS_LANE)] == ["fetch:1:a"]
    assert len(write_down(conn, FetchOrder(order_id="1", cause="c"))) == 1


def test_readings_of_many_orders_come_together_in_a_lane_of_their_own(conn: Connection) -> None:
    readings = [FetchOrder(order_id=str(n), cause="a") for n in range(40)]
    jobs = outbox.append_readings(conn, account="main", connection="wms", readings=readings, now=NOW)
    assert [job.lane for job in jobs] == [READINGS_LANE]
    assert len(claim(conn, lane=READINGS_LANE)) == 40


def test_only_the_readings_that_nobody_has_asked_for_yet_are_written_down(conn: Connection) -> None:
    def ask(*numbers: int) -> list[Job]:
        readings = [FetchOrder(order_id=str(n), cause="b") for n in numbers]
        return outbox.append_readings(conn, **PLACE, readings=readings, now=NOW)

    write_down(conn, FetchOrder(order_id="1", cause="a"))
    assert ask() == []
    assert ask(1) == []
    assert [job.lane for job in ask(1, 2)] == [READINGS_LANE]
    assert [row.key for row in claim(conn, lane=READINGS_LANE)] == ["fetch:1:a", "fetch:2:b"]


def test_a_reading_does_not_wait_for_a_call_about_the_same_order(conn: Connection) -> None:
    write_down(conn, submit(), FetchOrder(order_id="1", cause="a"))
    assert len(claim(conn)) == 1
    assert due(conn) == ["deliver"]
    assert len(claim(conn, lane=READINGS_LANE)) == 1


def test_two_effects_of_one_subject_are_performed_one_after_the_other(conn: Connection) -> None:
    write_down(conn, submit(), cancel())
    assert [row.key for row in claim(conn)] == ["submit:R-1"]
    assert claim(conn) == []


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_what_waits_for_another_of_its_subject_is_not_due(conn: Connection, state: str) -> None:
    write_down(conn, submit(), cancel())
    [row] = claim(conn)
    if state == "unknown":
        later = NOW + timedelta(hours=1)
        _Q.run(conn, "unknown", account="main", effect_id=row.effect_id, next_at=later, reason="", worker="w1")
    assert due(conn) == []
    _Q.run(conn, "done", account="main", effect_ids=[row.effect_id], receipts=[""], answer_ids=[None], now=NOW)
    assert due(conn) == ["deliver"]


def test_what_is_certainly_not_there_may_be_withdrawn_and_what_may_be_there_may_not(conn: Connection) -> None:
    write_down(conn, submit())
    [row] = claim(conn)
    assert outbox.unsent(conn, account="main", keys=["submit:R-1"]) == frozenset()
    outbox.withdraw(conn, account="main", keys=["submit:R-1"], now=NOW)
    later = NOW + timedelta(seconds=5)
    assert (
        _Q.run(conn, "later", account="main", effect_id=row.effect_id, next_at=later, reason="no connection", worker="w1") == 1
    )
    assert outbox.unsent(conn, account="main", keys=["submit:R-1"]) == {"submit:R-1"}
    outbox.withdraw(conn, account="main", keys=["submit:R-1"], now=NOW)
    assert claim(conn, NOW + timedelta(hours=1)) == []


def test_a_late_word_of_a_worker_that_lost_the_row_is_not_booked(conn: Connection) -> None:
    write_down(conn, submit())
    [row] = claim(conn, worker="w1")
    assert _Q.run(conn, "abandon", account="main", connection="wms", lane=LANE, worker="w1", now=NOW) == 1
    assert _Q.run(conn, "later", account="main", effect_id=row.effect_id, next_at=NOW, reason="", worker="w1") == 0
    assert claim(conn) == []


def test_what_is_proven_otherwise_is_not_sent(conn: Connection) -> None:
    write_down(conn, submit())
    outbox.prove(conn, account="main", proven=[("submit:R-1", "WO-1")], now=NOW)
    assert claim(conn) == []


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (1000, 300)])
def test_each_failure_doubles_the_wait_up_to_five_minutes(attempts: int, seconds: float) -> None:
    assert backoff_s(attempts) == seconds
