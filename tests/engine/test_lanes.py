"""The rows about lanes: who is woken, who rests, who is alive."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from stockbridge.db.connection import Database
from stockbridge.engine import lanes
from stockbridge.engine.words import job_of, job_text
from stockbridge.ports import Job
from stockbridge.testing.contract_engine import job


def test_only_lanes_that_were_not_noted_need_a_hint(conn, clock) -> None:
    assert lanes.mark(conn, [job("b"), job("a"), job("b")], clock.now()) == [job("a"), job("b")]
    assert lanes.mark(conn, [job("c"), job("a")], clock.now()) == [job("c")]
    assert lanes.mark(conn, [], clock.now()) == []
    assert lanes.woken(conn) == [job("a"), job("b"), job("c")]


def test_a_note_is_renewed_only_when_it_is_older_than_five_seconds(conn, clock) -> None:
    lanes.mark(conn, [job("a")], clock.now())
    clock.sleep(4)
    lanes.mark(conn, [job("b")], clock.now())
    clock.sleep(2)
    assert lanes.mark_again(conn, [job("b"), job("a"), job("c")], clock.now()) == [job("a")]
    assert lanes.mark_again(conn, [job("a"), job("b")], clock.now()) == []


def test_renewing_does_not_wait_for_a_note_that_somebody_holds(database: Database, clock) -> None:
    with database.engine.begin() as conn:
        lanes.mark(conn, [job("a"), job("b")], clock.now())
    clock.sleep(10)
    with database.engine.begin() as holder, database.engine.begin() as other:
        lanes.begin(holder, job("a"), clock.now())
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert lanes.mark_again(other, [job("a"), job("b")], clock.now()) == [job("b")]


def test_whoever_wakes_a_lane_that_another_transaction_woke_waits_and_then_needs_no_hint(database: Database, clock) -> None:
    second: list[list[Job]] = []

    def wake() -> None:
        with database.engine.begin() as conn:
            second.append(lanes.mark(conn, [job("a")], clock.now()))

    with database.engine.begin() as conn:
        lanes.mark(conn, [job("a")], clock.now())
        thread = threading.Thread(target=wake)
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive()
    thread.join(timeout=10)
    assert second == [[]]


def test_when_the_first_transaction_is_rolled_back_the_waiting_one_needs_the_hint(database: Database, clock) -> None:
    second: list[list[Job]] = []

    def wake() -> None:
        with database.engine.begin() as conn:
            second.append(lanes.mark(conn, [job("a")], clock.now()))

    with database.engine.connect() as conn:
        lanes.mark(conn, [job("a")], clock.now())
        thread = threading.Thread(target=wake)
        thread.start()
        thread.join(timeout=0.3)
        conn.rollback()
    thread.join(timeout=10)
    assert second == [[job("a")]]


def test_waking_many_lanes_in_any_order_never_deadlocks(database: Database, clock) -> None:
    jobs = [job("a", lane) for lane in range(60)]
    errors: list[BaseException] = []

    def wake(ordered: list[Job]) -> None:
        try:
            for _ in range(15):
                with database.engine.begin() as conn:
                    lanes.mark(conn, ordered, clock.now())
                    conn.execute(text("SELECT pg_sleep(0.002)"))
                    conn.execute(text("DELETE FROM wakeup"))
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=wake, args=(jobs[::step],)) for step in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []


def test_a_lane_rests_longer_after_each_failure_in_a_row_and_never_more_than_five_minutes(conn, clock) -> None:
    now = clock.now()
    rests = [lanes.fail(conn, job("a"), "no", now).rest_until - now for _ in range(10)]
    assert [rest.total_seconds() for rest in rests] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_death_weighs_as_much_as_three_failures(conn, clock) -> None:
    found = lanes.fail(conn, job("a"), "died", clock.now(), weight=3)
    assert (found.times, found.rest_until - clock.now()) == (3, timedelta(seconds=8))


def test_a_lane_begins_well_then_rests_then_is_tried_again(conn, clock) -> None:
    assert lanes.begin(conn, job("a"), clock.now()) == "well"
    lanes.fail(conn, job("a"), "no", clock.now())
    assert lanes.begin(conn, job("a"), clock.now()) == "resting"
    assert lanes.resting(conn, [job("a"), job("b")], clock.now()) == {job("a").key}
    clock.sleep(2)
    assert lanes.begin(conn, job("a"), clock.now()) == "failing"
    assert lanes.resting(conn, [job("a")], clock.now()) == set()


def test_beginning_takes_the_note_away(conn, clock) -> None:
    lanes.mark(conn, [job("a"), job("b")], clock.now())
    lanes.begin(conn, job("a"), clock.now())
    assert lanes.woken(conn) == [job("b")]


def test_the_list_of_failures_keeps_when_it_began_and_the_last_error_cut_short(conn, clock) -> None:
    first = clock.now()
    lanes.fail(conn, job("a"), "one", first)
    clock.sleep(5)
    lanes.fail(conn, job("b"), "other", clock.now())
    clock.sleep(5)
    lanes.fail(conn, job("a"), "x" * 5000, clock.now())
    a, b = lanes.failures(conn, 10)
    assert (a.job, a.times, a.error, a.first_at, a.last_at) == (job("a"), 2, "x" * 2000, first, clock.now())
    assert (b.key, b.error) == (job("b").key, "other")
    assert lanes.failures(conn, 1) == [a]


def test_a_lane_that_is_well_again_is_forgotten_and_told_once(conn, clock) -> None:
    lanes.fail(conn, job("a"), "no", clock.now())
    assert lanes.well(conn, job("a").key) == job("a")
    assert lanes.well(conn, job("a").key) is None
    assert lanes.failures(conn, 10) == []


def test_soon_after_a_start_of_the_server_everybody_counts_as_alive(conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "GRACE_S", 1e9)
    assert lanes.alive(conn, "nobody")
    monkeypatch.setattr(lanes, "GRACE_S", 0.0)
    assert not lanes.alive(conn, "nobody")


@pytest.mark.parametrize("incarnation", [f"process-{n}" for n in range(8)])  # hashes of either sign, high and low halves
def test_a_process_is_alive_while_a_session_of_this_database_holds_its_lock(
    database: Database, incarnation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "GRACE_S", 0.0)
    name = {"name": f"worker:{incarnation}"}
    with database.engine.connect() as owner, database.engine.connect() as asker:
        owner.execute(text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"), name)
        assert lanes.alive(asker, incarnation)
        assert not lanes.alive(asker, incarnation + "x")
        owner.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name)
        assert not lanes.alive(asker, incarnation)


def test_a_job_comes_back_from_its_text_as_it_was() -> None:
    import json

    sent = Job(kind="sweep", account="ä", connection="c/d", lane=7, what='"orders"')
    assert job_of(json.loads(job_text(sent))) == sent
