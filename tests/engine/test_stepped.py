"""What the stand-in promises beyond an engine: one thing at a time, in an order that a seed chooses, on a clock that is handed in."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from stockbridge.db.connection import Database
from stockbridge.engine.words import Schedule
from stockbridge.ports import Job
from stockbridge.testing.contract_engine import job
from stockbridge.testing.engine import SteppedEngine


class Killed(BaseException):
    pass


class Bench:
    """An engine whose handlers note what they were called with, and do what `behave` says."""

    def __init__(self, database: Database, clock, schedules: tuple[str, ...] = ()) -> None:
        SteppedEngine.prepare(database.engine)
        self.calls: list[Job] = []
        self.fired: list[tuple[str, datetime, datetime]] = []
        self.behave = lambda one: None
        self.due: list[Job] = []
        self.database = database.engine
        self.engine = SteppedEngine(
            engine=database.engine,
            clock=clock,
            handlers={"step": self.handle, "deliver": self.handle},
            due_jobs=lambda conn, now: self.due,
            schedules=[Schedule(name=cron, cron=cron, handler=self.note(cron, clock)) for cron in schedules],
        )

    def note(self, name: str, clock):
        return lambda at: self.fired.append((name, at, clock.now()))

    def handle(self, one: Job) -> None:
        self.calls.append(one)
        self.behave(one)

    def wake(self, *jobs: Job) -> None:
        with self.database.begin() as conn:
            self.engine.wake_all(conn, jobs)


@pytest.fixture
def bench(database: Database, clock) -> Bench:
    return Bench(database, clock)


def test_nothing_runs_by_itself(bench: Bench) -> None:
    bench.wake(job("a"))
    assert bench.calls == []
    assert bench.engine.runnable() == [job("a")]


def test_what_can_be_run_is_told_in_a_fixed_order(bench: Bench) -> None:
    bench.wake(job("b"), job("a", 10), job("a", 2), job("a", kind="deliver"))
    keys = [one.key for one in bench.engine.runnable()]
    assert keys == sorted(keys)
    assert len(keys) == 4


def test_the_same_seed_gives_the_same_order_and_another_seed_another(bench: Bench) -> None:
    orders = []
    for seed in (1, 1, 2):
        bench.calls.clear()
        bench.wake(*(job("a", lane) for lane in range(10)))
        assert bench.engine.run_until_idle(Random(seed)) == 10
        orders.append(list(bench.calls))
    assert orders[0] == orders[1] != orders[2]


def test_jobs_that_wake_each_other_for_ever_are_noticed(bench: Bench) -> None:
    bench.behave = lambda one: bench.wake(one)
    bench.wake(job("a"))
    with pytest.raises(RuntimeError, match="not idle after 20 runs"):
        bench.engine.run_until_idle(Random(1), limit=20)


def test_a_job_cut_off_by_a_kill_is_runnable_again_also_by_a_new_worker(bench: Bench, database: Database, clock) -> None:
    def kill(one: Job) -> None:
        raise Killed

    bench.behave = kill
    bench.wake(job("a"))
    with pytest.raises(Killed):
        bench.engine.run_one(job("a"))
    other = Bench(database, clock)
    assert other.engine.runnable() == [job("a")]
    assert other.engine.run_one(job("a")) == "done"
    assert bench.engine.runnable() == []


def test_a_job_that_kills_its_worker_six_times_is_a_failure_that_rests(bench: Bench) -> None:
    def kill(one: Job) -> None:
        raise Killed

    bench.behave = kill
    bench.wake(job("a"))
    for _ in range(6):
        with pytest.raises(Killed):
            bench.engine.run_one(job("a"))
    assert bench.engine.run_one(job("a")) == "failed"
    assert (len(bench.calls), bench.engine.failures()[0].times, bench.engine.runnable()) == (6, 3, [])


def test_the_sweep_wakes_what_is_due_but_not_what_is_woken_or_rests(bench: Bench) -> None:
    def fail(one: Job) -> None:
        raise ValueError("no")

    bench.behave = fail
    bench.wake(job("a", 1))
    bench.engine.run_one(job("a", 1))
    bench.wake(job("a", 2))
    bench.due = [job("a", 1), job("a", 2), job("a", 3)]
    assert bench.engine.sweep() == 1
    assert bench.engine.runnable() == [job("a", 2), job("a", 3)]


def test_the_moments_of_a_schedule_wait_to_be_run_the_earliest_first(database: Database, clock) -> None:
    bench = Bench(database, clock, ("*/5 * * * *", "*/10 * * * *"))
    start = clock.now()
    assert bench.engine.advance(start + timedelta(minutes=10)) == 3
    assert clock.now() == start + timedelta(minutes=10)
    while choices := bench.engine.runnable():
        bench.engine.run_one(choices[0])
    assert [(name, at - start) for name, at, _ in bench.fired] == [
        ("*/5 * * * *", timedelta(minutes=5)),
        ("*/10 * * * *", timedelta(minutes=10)),
        ("*/5 * * * *", timedelta(minutes=10)),
    ]


def test_stepping_from_moment_to_moment_fires_each_at_its_time(database: Database, clock) -> None:
    bench = Bench(database, clock, ("*/5 * * * *",))
    for _ in range(3):
        moment = bench.engine.next_moment()
        assert moment is not None
        bench.engine.advance(moment)
        bench.engine.run_until_idle(Random(1))
    assert [at for _, at, _ in bench.fired] == [now for _, _, now in bench.fired]
    assert [at.minute for _, at, _ in bench.fired] == [5, 10, 15]


def test_without_schedules_there_is_no_next_moment_and_time_still_passes(bench: Bench, clock) -> None:
    assert bench.engine.next_moment() is None
    to = clock.now() + timedelta(days=1)
    assert bench.engine.advance(to) == 0
    assert clock.now() == to


def test_schedules_follow_utc_through_a_change_of_clocks_elsewhere(database: Database, clock) -> None:
    clock.sleep((datetime(2027, 3, 27, 22, 0, tzinfo=UTC) - clock.now()).total_seconds())
    bench = Bench(database, clock, ("0 * * * *",))
    assert bench.engine.advance(datetime(2027, 3, 28, 22, 0, tzinfo=UTC)) == 24


def test_a_moment_cut_off_by_a_kill_is_run_again(database: Database, clock) -> None:
    bench = Bench(database, clock, ("*/5 * * * *",))
    bench.engine.advance(clock.now() + timedelta(minutes=5))
    moment = bench.engine.runnable()[0]
    note = bench.engine._schedules["*/5 * * * *"]

    def kill(at: datetime) -> None:
        raise Killed

    bench.engine._schedules[note.name] = Schedule(name=note.name, cron=note.cron, handler=kill)
    with pytest.raises(Killed):
        bench.engine.run_one(moment)
    bench.engine._schedules[note.name] = note
    assert bench.engine.runnable() == [moment]
    assert bench.engine.run_one(moment) == "done"
    assert bench.engine.runnable() == []
