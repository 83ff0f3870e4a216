"""The session by which a worker shows that it lives."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from stockbridge.db.connection import Database
from stockbridge.engine import lanes, liveness
from stockbridge.engine.liveness import Liveness
from stockbridge.engine.words import NoFreeSlot


@pytest.fixture
def make(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Liveness]]:
    monkeypatch.setattr(liveness, "GRACE_S", 0.0)
    made: list[Liveness] = []

    def one(incarnation: str = "one", *, slots: int = 2, lost: Callable[[], None] = lambda: None) -> Liveness:
        made.append(Liveness(url=database.url, incarnation=incarnation, slots=slots, lost=lost))
        return made[-1]

    yield one
    for session in made:
        session.stop()


def test_each_worker_takes_the_first_free_slot(make) -> None:
    first, second = make("one"), make("two")
    assert (first.start(), second.start()) == ("0", "1")
    first.stop()
    assert make("three").start() == "0"


def test_a_worker_without_a_free_slot_is_refused_and_holds_nothing(make) -> None:
    one = make("one", slots=1)
    one.start()
    two = make("two", slots=1)
    with pytest.raises(NoFreeSlot, match="all 1 worker slots are taken"):
        two.start()
    one.stop()
    assert make("three", slots=1).start() == "0"


def test_a_lock_is_held_by_one_worker_until_it_stops(make) -> None:
    one, two = make("one"), make("two")
    one.start()
    two.start()
    assert one.hold("ticker")
    assert one.hold("ticker")
    assert not two.hold("ticker")
    one.stop()
    assert two.hold("ticker")


def test_before_the_start_nothing_can_be_held(make) -> None:
    assert not make().hold("ticker")
    assert make().while_dead("0", lambda: 1) == 0


def test_the_work_of_a_living_worker_is_not_touched_that_of_a_dead_one_is(make) -> None:
    one, two = make("one"), make("two")
    one.start()
    two.start()
    assert two.while_dead("0", lambda: 7) == 0
    assert two.while_dead("1", lambda: 7) == 0  # our own
    one.stop()
    assert two.while_dead("0", lambda: 7) == 7
    assert make("three").start() == "0"  # the slot was given back


def test_while_a_dead_workers_work_is_handed_over_nobody_takes_its_slot(make) -> None:
    one, two = make("one"), make("two")
    one.start()

    def meanwhile() -> int:
        with pytest.raises(NoFreeSlot):
            two.start()
        return 7

    assert one.while_dead("1", meanwhile) == 7
    assert two.start() == "1"


def test_soon_after_a_start_of_the_server_nobody_counts_as_dead(make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make("one")
    one.start()
    monkeypatch.setattr(liveness, "GRACE_S", 1e9)
    assert one.while_dead("5", lambda: 7) == 0


def test_a_frozen_process_loses_its_session_after_thirty_seconds(make) -> None:
    one = make("one")
    one.start()
    assert one._conn is not None
    assert one._conn.execute(text("SHOW idle_session_timeout")).scalar_one() == "30s"


def test_a_lost_session_is_taken_up_again_with_its_slot(
    make, database: Database, monkeypatch: pytest.MonkeyPatch, soon
) -> None:
    monkeypatch.setattr(lanes, "GRACE_S", 0.0)
    monkeypatch.setattr(liveness, "PING_S", 0.05)
    one = make("one")
    one.start()
    one.hold("ticker")
    end(one, database)
    soon(lambda: alive(database, "one"))
    two = make("two")
    assert two.start() == "1"
    assert one.hold("ticker")  # it lost the lock, and takes it again when it asks


def test_a_session_whose_loss_the_ticker_meets_first_is_taken_up_again_too(
    make, database: Database, monkeypatch: pytest.MonkeyPatch, soon
) -> None:
    monkeypatch.setattr(lanes, "GRACE_S", 0.0)
    monkeypatch.setattr(liveness, "PING_S", 0.3)
    one = make("one")
    one.start()
    with one._mutex:  # the thread that keeps the session is not first
        end(one, database)
        with pytest.raises(OperationalError):
            one.hold("ticker")
    soon(lambda: alive(database, "one"))
    assert one.hold("ticker")


def test_a_worker_whose_slot_is_taken_for_good_is_told_so(
    make, database: Database, monkeypatch: pytest.MonkeyPatch, soon
) -> None:
    monkeypatch.setattr(liveness, "_PATIENCE", 2)
    told: list[str] = []
    one = make("one", slots=1, lost=lambda: told.append("lost"))
    one.start()
    two = make("two", slots=1)
    end(one, database)  # and before the first notices, the second has the slot
    soon(lambda: starts(two))
    soon(lambda: told == ["lost"])


def starts(session: Liveness) -> bool:
    try:
        return bool(session.start())
    except NoFreeSlot:
        return False


def end(session: Liveness, database: Database) -> None:
    """Ends a worker's session on the server, as a broken network would."""
    assert session._conn is not None
    pid = session._conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.engine.begin() as conn:
        assert conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar_one()


def alive(database: Database, incarnation: str) -> bool:
    with database.engine.begin() as conn:
        return lanes.alive(conn, incarnation)
