"""How one job is run: what becomes of an exception, and of a database that goes away meanwhile."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from stockbridge.db.connection import Database, make_engine
from stockbridge.engine import lanes
from stockbridge.engine.running import Runner
from stockbridge.testing.contract_engine import job


@pytest.fixture
def runner(database: Database, clock) -> Runner:
    return Runner(database=database.engine, clock=clock, patience_s=10)


def failures(database: Database) -> list[tuple[str, int]]:
    with database.engine.begin() as conn:
        return [(one.error, one.times) for one in lanes.failures(conn, 10)]


def gone() -> OperationalError:
    return OperationalError("SELECT", {}, Exception("the server closed the connection"))


def test_a_job_that_ends_well_leaves_nothing(runner: Runner, database: Database) -> None:
    assert runner.run(job("a"), {"step": lambda _: None}) == "done"
    assert failures(database) == []


def test_an_exception_is_kept_and_does_not_come_out(runner: Runner, database: Database) -> None:
    def broken(_) -> None:
        raise ValueError("no such thing")

    assert runner.run(job("a"), {"step": broken}) == "failed"
    assert failures(database) == [("ValueError: no such thing", 1)]
    assert runner.run(job("a"), {"step": broken}) == "resting"


def test_what_is_no_exception_comes_out_as_a_kill_would(runner: Runner, database: Database) -> None:
    def killed(_) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(job("a"), {"step": killed})
    assert failures(database) == []


def test_the_first_success_forgets_the_failures(runner: Runner, database: Database, clock) -> None:
    outcomes = iter([ValueError("no"), None])

    def sometimes(_) -> None:
        error = next(outcomes)
        if error:
            raise error

    assert runner.run(job("a"), {"step": sometimes}) == "failed"
    clock.sleep(2)
    assert runner.run(job("a"), {"step": sometimes}) == "done"
    assert failures(database) == []


def test_a_job_whose_database_went_away_starts_afresh_and_is_no_failure(runner: Runner, database: Database) -> None:
    calls: list[int] = []

    def away_twice(_) -> None:
        calls.append(1)
        if len(calls) < 3:
            raise gone()

    assert runner.run(job("a"), {"step": away_twice}) == "done"
    assert (len(calls), failures(database)) == (3, [])


def test_a_job_that_finds_its_database_away_for_ever_fails_in_the_end(runner: Runner, database: Database, clock) -> None:
    began = clock.now()

    def away(_) -> None:
        raise gone()

    assert runner.run(job("a"), {"step": away}) == "failed"
    assert 10 <= (clock.now() - began).total_seconds() <= 11
    assert failures(database)[0][1] == 1


def test_an_error_in_a_statement_is_a_failure_at_once(runner: Runner, database: Database) -> None:
    calls: list[int] = []

    def misspelt(_) -> None:
        calls.append(1)
        with database.engine.begin() as conn:
            conn.execute(text("SELEKT 1"))

    assert runner.run(job("a"), {"step": misspelt}) == "failed"
    assert len(calls) == 1
    assert ProgrammingError.__name__ in failures(database)[0][0]


def test_a_database_that_never_answers_does_not_crash_the_runner(clock) -> None:
    nowhere = make_engine("postgresql://nobody@/none?host=/nowhere", pool_size=1)
    runner = Runner(database=nowhere, clock=clock, patience_s=1)
    assert runner.run(job("a"), {"step": lambda _: None}) == "failed"


def test_a_failed_schedule_is_shown_and_the_next_moment_is_not_kept_from_it(runner: Runner, database: Database) -> None:
    outcomes = iter([ValueError("no"), None])

    def sometimes() -> None:
        error = next(outcomes)
        if error:
            raise error

    assert runner.call(job("a"), sometimes) == "failed"
    assert failures(database) == [("ValueError: no", 1)]
    assert runner.call(job("a"), sometimes) == "done"
    assert failures(database) == []
