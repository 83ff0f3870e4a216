"""The promises of an engine, as tests. A test class inherits them and gives a fixture `rig` (see Rig)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from typing import Protocol

from sqlalchemy import text

from stockbridge.ports import Job
from stockbridge.testing.floor import Floor

_numbers = count(1)


class Rig(Protocol):
    """Two workers of an engine on one shop floor, and how to let them work.

    ``floor.engine`` wakes. ``go`` works until the condition is true (or fails), and a little longer. ``paused``: within, no
    job begins. A worker that is killed comes back."""

    floor: Floor

    def go(self, until: Callable[[], bool]) -> None: ...
    def paused(self) -> AbstractContextManager[None]: ...
    def fire_schedules(self, name: str) -> None:
        """Lets the schedule of this name fire some times."""
        ...


def job(account: str, lane: int = 0, *, kind: str = "step") -> Job:
    """A job of a test."""
    return Job(kind=kind, account=account, connection="shop", lane=lane, what="")


class EngineContract:
    """What every engine promises."""

    @staticmethod
    def account() -> str:
        """A fresh name: tests share a database."""
        return f"a{next(_numbers)}"

    @staticmethod
    def give(rig: Rig, *jobs: Job, does: str = "ok", swept: bool = False, wake: bool = True) -> None:
        """Adds one piece of work to each of the lanes and wakes them, in one transaction."""
        with rig.floor.database.begin() as conn:
            for one in jobs:
                rig.floor.add(conn, one, does, swept=swept)
            if wake:
                rig.floor.engine.wake_all(conn, jobs)

    def test_a_job_runs_once_its_transaction_is_committed(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a))
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert [(run.key, run.took) for run in rig.floor.runs(a)] == [(job(a).key, 1)]

    def test_a_job_whose_transaction_is_rolled_back_never_runs(self, rig: Rig) -> None:
        a, b = self.account(), self.account()
        with rig.floor.database.connect() as conn:
            rig.floor.engine.wake(conn, job(a))
            conn.rollback()
        self.give(rig, job(b))
        rig.go(lambda: rig.floor.undone(b) == 0)
        assert rig.floor.runs(a) == []

    def test_a_job_arrives_as_it_was_sent(self, rig: Rig) -> None:
        a = self.account()
        sent = Job(kind="sweep", account=a, connection="l'étoile/δ.myshopify.com", lane=15, what="orders since…")
        self.give(rig, sent)
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert rig.floor.runs(a)[0].job == {name: getattr(sent, name) for name in Job.__slots__}

    def test_every_kind_of_job_runs(self, rig: Rig) -> None:
        a = self.account()
        kinds = ["step", "deliver", "publish", "sweep"]
        self.give(rig, *(job(a, kind=kind) for kind in kinds))
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert {run.key.split("/")[0] for run in rig.floor.runs(a)} == set(kinds)

    def test_a_lane_woken_several_times_before_it_begins_runs_once(self, rig: Rig) -> None:
        a = self.account()
        with rig.paused():
            for _ in range(3):
                self.give(rig, job(a), job(a))
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert [run.took for run in rig.floor.runs(a)] == [6]

    def test_a_lane_woken_while_it_runs_runs_again(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a), does="last")
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert [run.took for run in rig.floor.runs(a)] == [1, 1]

    def test_a_handler_that_raised_is_called_again_and_shown_meanwhile(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a), does="fail", swept=True)
        shown: list[str] = []

        def over() -> bool:
            shown.extend(one.error for one in rig.floor.engine.failures() if one.job == job(a))
            return rig.floor.undone(a) == 0

        rig.go(over)
        assert set(shown) == {"stockbridge.testing.floor.PlannedFailure: as planned"}
        assert [run.took for run in rig.floor.runs(a)] == [0, 1]
        rig.go(lambda: all(one.job != job(a) for one in rig.floor.engine.failures()))

    def test_a_lane_in_trouble_can_be_replayed_before_its_rest_is_over(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a), does="fail")  # the sweep does not see it: only the replay helps
        rig.go(lambda: any(one.job == job(a) for one in rig.floor.engine.failures()))
        assert rig.floor.engine.replay(job(a).key)
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert not rig.floor.engine.replay(job(a).key)

    def test_a_lane_that_rests_is_not_run_by_a_wake(self, rig: Rig) -> None:
        a, b = self.account(), self.account()
        self.give(rig, job(a), does="fail")
        rig.go(lambda: any(one.job == job(a) for one in rig.floor.engine.failures()))
        with rig.floor.database.begin() as conn:
            conn.execute(text("UPDATE job_failure SET rest_until = 'infinity'"))
        self.give(rig, job(a), job(b))
        rig.go(lambda: rig.floor.undone(b) == 0)
        assert (rig.floor.undone(a), len(rig.floor.runs(a))) == (2, 1)
        assert rig.floor.engine.replay(job(a).key)

    def test_a_job_whose_process_was_killed_runs_again(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a), job(a, 1), does="die")
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert rig.floor.twice(a) == 0

    def test_a_lane_whose_wake_was_lost_is_found_by_the_sweep(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a), swept=True, wake=False)
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert rig.floor.twice(a) == 0

    def test_a_lane_that_is_noted_as_woken_but_has_no_job_is_found_by_the_sweep(self, rig: Rig) -> None:
        a = self.account()
        with rig.floor.database.begin() as conn:
            rig.floor.add(conn, job(a), swept=True)
            conn.execute(
                text("INSERT INTO wakeup (key, job, woken_at) VALUES (:key, CAST(:job AS jsonb), '2020-01-01T00:00Z')"),
                {"key": job(a).key, "job": f'{{"kind":"step","account":"{a}","connection":"shop"}}'},
            )
        rig.go(lambda: rig.floor.undone(a) == 0)

    def test_a_lane_in_trouble_does_not_hold_up_another(self, rig: Rig) -> None:
        a = self.account()
        self.give(rig, job(a, 1), does="fail")
        self.give(rig, job(a, 2), does="slow 1")
        self.give(rig, job(a, 3))
        rig.go(lambda: rig.floor.undone(a) == 1)
        by_lane = {run.job["lane"]: run for run in rig.floor.runs(a)}
        assert (by_lane[1].took, by_lane[2].took, by_lane[3].took) == (0, 1, 1)

    def test_a_lane_is_never_run_twice_at_the_same_time(self, rig: Rig) -> None:
        a = self.account()
        lanes = [job(a, lane) for lane in range(4)]
        for n in range(40):
            self.give(rig, *(lanes if n % 2 else reversed(lanes)), does="slow 0.005", swept=True)
        rig.go(lambda: rig.floor.undone(a) == 0)
        assert (rig.floor.overlaps(a), rig.floor.twice(a)) == (0, 0)
        assert sum(run.took for run in rig.floor.runs(a)) == 160

    def test_a_schedule_calls_its_handler_once_for_each_moment(self, rig: Rig) -> None:
        rig.fire_schedules("tick")
        moments = rig.floor.moments("tick")
        assert len(moments) >= 3
        assert len(moments) == len(set(moments))
        assert all(moment.microsecond == 0 for moment in moments)
