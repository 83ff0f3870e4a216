"""What the durable engine does when processes die, freeze or lose their session, and when the database itself is killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from stockbridge.db.connection import Database, open_database
from stockbridge.db.embedded.layout import Layout
from stockbridge.db.migrate import migrate
from stockbridge.engine import lanes
from stockbridge.testing.contract_engine import EngineContract, job

pytestmark = [pytest.mark.slow, pytest.mark.crash]

give = EngineContract.give


def cut_session(database: Engine, slot: str) -> None:
    """Ends the session in which a worker holds its slot, as a broken network would."""
    with database.begin() as conn:
        ended = conn.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_locks, hashtextextended(:name, 0) AS h "
                "WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                "AND classid::bigint = (h >> 32) & 4294967295 AND objid::bigint = h & 4294967295"
            ),
            {"name": f"executor:{slot}"},
        ).scalar_one()
    assert ended == 1


def rows(database: Engine, sql: str) -> list[tuple]:
    with database.begin() as conn:
        return [tuple(row) for row in conn.execute(text(sql))]


def test_the_work_of_a_worker_that_died_for_good_is_done_by_another(fresh: Database, workers) -> None:
    two = workers("one", "two")
    two.comes_back = False
    give(two, *(job("a", lane) for lane in range(40)), does="napping 1")  # seen by no sweep: only a hand-over helps
    two.go(lambda: {run.worker for run in two.floor.runs("a")} == {"one", "two"})
    two.kill("one")
    left = two.floor.undone("a")
    two.go(lambda: two.floor.undone("a") == 0, timeout_s=60)
    assert left >= 1
    assert (two.floor.twice("a"), two.floor.overlaps("a")) == (0, 0)
    assert {run.worker for run in two.floor.runs("a") if run.took} <= {"one", "two"}


def test_a_frozen_worker_that_wakes_up_after_its_work_was_handed_over_does_nothing_twice(fresh: Database, workers) -> None:
    one = workers("one")
    one.comes_back = False
    with fresh.engine.begin() as conn:
        one.floor.add(conn, job("a"), "slow 1")
        one.floor.add(conn, job("a"))
        one.floor.engine.wake(conn, job("a"))
    one.go(lambda: one.floor.undone("a") == 1)
    one.signal("one", signal.SIGSTOP)
    one.start("two")
    cut_session(fresh.engine, one.slots["one"])
    one.go(lambda: one.floor.undone("a") == 0, timeout_s=60)
    one.signal("one", signal.SIGCONT)
    time.sleep(2.5)
    assert one.floor.twice("a") == 0
    assert [run.worker for run in one.floor.runs("a") if run.took] == ["one", "two"]
    assert one.processes["one"].poll() is None  # its slot was free again, so it took it back and goes on
    assert rows(fresh.engine, "SELECT status, executor_id FROM dbos.workflow_status WHERE name = 'job'") == [
        ("SUCCESS", one.slots["two"])
    ]


def test_a_frozen_worker_whose_slot_was_taken_exits_to_be_started_afresh(fresh: Database, workers) -> None:
    one = workers("one")
    one.comes_back = False
    one.signal("one", signal.SIGSTOP)
    cut_session(fresh.engine, one.slots["one"])
    one.start("two")
    assert one.slots["two"] == one.slots["one"]
    one.signal("one", signal.SIGCONT)
    assert one.processes["one"].wait(timeout=60) == 75


def test_a_worker_that_loses_its_session_takes_its_place_back_and_goes_on(fresh: Database, workers) -> None:
    one = workers("one")
    one.comes_back = False
    give(one, job("a"), does="slow 3")
    one.go(lambda: one.floor.undone("a") == 0)
    cut_session(fresh.engine, one.slots["one"])
    time.sleep(2)
    give(one, job("a", 1))
    one.go(lambda: one.floor.undone("a") == 0 and all(run.ended_at for run in one.floor.runs("a")))
    assert (one.floor.overlaps("a"), len(one.floor.runs("a"))) == (0, 2)
    with fresh.engine.begin() as conn:
        assert lanes.alive(conn, one.incarnations["one"])


def test_a_process_counts_as_alive_until_it_is_dead(fresh: Database, workers) -> None:
    one = workers("one")
    with fresh.engine.begin() as conn:
        assert lanes.alive(conn, one.incarnations["one"])
        assert not lanes.alive(conn, "somebody else")
    one.kill("one")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with fresh.engine.begin() as conn:
            if not lanes.alive(conn, one.incarnations["one"]):
                return
    raise AssertionError("a dead process still counts as alive")


def test_a_job_that_kills_every_worker_is_shown_and_rests_while_others_go_on(workers) -> None:
    one = workers("one")
    give(one, job("a"), does="poison")
    one.go(lambda: any(found.job == job("a") for found in one.floor.engine.failures()), timeout_s=90)
    assert len(one.floor.runs("a")) == 6
    assert one.floor.engine.failures()[0].error == "The worker process died 6 times while it did this."
    give(one, job("b"))
    one.go(lambda: one.floor.undone("b") == 0)
    assert len(one.floor.runs("a")) == 6


def test_a_job_that_was_claimed_and_is_run_by_nobody_goes_back_into_its_queue(fresh: Database, workers) -> None:
    one = workers("one")
    with one.paused():
        give(one, job("a"))
        claimed = "UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = :slot, owner_xid = 'x' WHERE name = 'job'"
        with fresh.engine.begin() as conn:
            assert conn.execute(text(claimed), {"slot": one.slots["one"]}).rowcount == 1
    one.go(lambda: one.floor.undone("a") == 0, timeout_s=60)


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(workers) -> None:
    one = workers("one")
    one.comes_back = False
    give(one, job("a"), does="napping 1.5")
    one.go(lambda: len(one.floor.runs("a")) == 1)
    one.signal("one", signal.SIGTERM)
    assert one.processes["one"].wait(timeout=60) == 0
    assert (one.floor.undone("a"), len(one.floor.runs("a"))) == (0, 1)


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[Database]:
    """A database whose server is ours alone, revived by its supervisor in this process."""
    opened = open_database(None, tmp_path / "data")
    migrate(opened, backup_dir=None)
    yield opened
    opened.close()


def test_workers_outlive_kills_of_the_database_and_lose_and_double_nothing(
    killable: Database, tmp_path: Path, make_workers: Callable[..., object]
) -> None:
    two = make_workers(killable.engine, killable.url, "one", "two")
    two.comes_back = False
    try:
        for n in range(6):
            give(two, *(job("a", lane, kind=kind) for lane in range(8) for kind in ("step", "deliver")), does="slow 0.03")
            for _ in range(3):
                give(two, *(job("a", lane) for lane in range(8)), does="slow 0.03")
            if n % 2:
                _kill_and_await(killable.engine, tmp_path / "data")
        two.go(lambda: _settled(lambda: two.floor.undone("a")), timeout_s=60)
        assert two.floor.twice("a") == 0
        assert sum(run.took for run in two.floor.runs("a")) == 6 * 40
        assert [process.poll() for process in two.processes.values()] == [None, None]
        give(two, *(job("b", lane) for lane in range(16)))
        two.go(lambda: two.floor.undone("b") == 0, timeout_s=60)
        with killable.engine.begin() as conn:
            assert all(lanes.alive(conn, incarnation) for incarnation in two.incarnations.values())
    finally:
        two.stop()


def _kill_and_await(database: Engine, folder: Path) -> None:
    """kill -9 of the server, and the wait for its successor (for a moment, sessions of the dead one still answer)."""
    before = _started(database)
    os.kill(int((Layout.of(folder, 18).data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while _started(database) in (None, before):
        assert time.monotonic() < deadline, "the database did not come back"
        time.sleep(0.1)


def _started(database: Engine) -> object:
    try:
        return rows(database, "SELECT pg_postmaster_start_time()")[0][0]
    except DBAPIError:
        return None


def _settled(undone: Callable[[], int]) -> bool:
    try:
        return undone() == 0
    except DBAPIError:
        return False
