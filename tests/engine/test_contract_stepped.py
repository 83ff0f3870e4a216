"""The stand-in keeps the promises of an engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from random import Random

import pytest

from stockbridge.db.connection import Database
from stockbridge.testing.contract_engine import EngineContract
from stockbridge.testing.engine import SteppedEngine
from stockbridge.testing.floor import Floor


class Killed(BaseException):
    """The process died here."""


def die() -> None:
    raise Killed


class SteppedRig:
    """Two workers of the stand-in over one database, taking turns as a seed chooses."""

    def __init__(self, database: Database, clock, seed: int = 1) -> None:
        SteppedEngine.prepare(database.engine)
        Floor.prepare(database.engine)
        self.rng, self.clock = Random(seed), clock
        floors = [Floor(database.engine, worker=name, clock=clock, die=die) for name in ("one", "two")]
        self.workers = [
            SteppedEngine(
                engine=database.engine,
                clock=clock,
                handlers=floor.handlers(),
                due_jobs=floor.due,
                schedules=[floor.schedule("tick", "*/5 * * * *")],
            )
            for floor in floors
        ]
        for floor, worker in zip(floors, self.workers, strict=True):
            floor.engine = worker
        self.floor = floors[0]

    def step(self) -> bool:
        worker = self.rng.choice(self.workers)
        choices = worker.runnable()
        if choices:
            with suppress(Killed):
                worker.run_one(self.rng.choice(choices))
        return bool(choices)

    def go(self, until: Callable[[], bool]) -> None:
        for _ in range(1000):
            while self.step():
                pass
            if until():
                return
            self.clock.sleep(2)
            self.rng.choice(self.workers).sweep()
        raise AssertionError("the engine did not get there")

    @contextmanager
    def paused(self) -> Iterator[None]:
        yield

    def fire_schedules(self, name: str) -> None:
        to = self.clock.now() + timedelta(minutes=20)
        for worker in self.workers:
            worker.advance(to)
        while self.step():
            pass


@pytest.fixture
def rig(database: Database, clock) -> SteppedRig:
    return SteppedRig(database, clock)


class TestStepped(EngineContract):
    pass
