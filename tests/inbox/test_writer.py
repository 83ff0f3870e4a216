"""The group-commit writer: shares commits, promises nothing that is not stored, and outlives every trouble."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import text

from stockbridge.db.connection import Database, make_engine
from stockbridge.inbox.writer import Limits, Settled, Writer
from stockbridge.ports import Arrival
from stockbridge.testing.edge import NotingEngine

Make = Callable[..., Arrival]


class Results:
    """Collects what the writer settles."""

    def __init__(self) -> None:
        self.all: list[Settled] = []
        self.batches: list[int] = []
        self._more = threading.Condition()

    def __call__(self, settled: Sequence[Settled]) -> None:
        with self._more:
            self.all.extend(settled)
            self.batches.append(len(settled))
            self._more.notify_all()

    def wait(self, count: int) -> list[Settled]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.all) >= count, timeout=20), f"{len(self.all)} of {count}"
            return self.all


@pytest.fixture
def results() -> Results:
    return Results()


@pytest.fixture
def write(database: Database, results: Results) -> Iterator[Callable[..., Writer]]:
    """Makes writers that are stopped after the test."""
    made: list[Writer] = []

    def make(*, url: str = "", engine: NotingEngine | None = None, start: bool = True, **limits: int) -> Writer:
        to = make_engine(url) if url else database.engine
        writer = Writer(database=to, engine=engine or NotingEngine(), settled=results, limits=Limits(**limits))
        if start:
            writer.start()
        made.append(writer)
        return writer

    yield make
    for writer in made:
        if writer.alive:
            writer.stop()


def _stored(database: Database) -> int:
    with database.engine.connect() as conn:
        return int(conn.execute(text("SELECT count(*) FROM arrival")).scalar_one())


def test_what_is_settled_without_error_is_committed(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    write().offer(arrival("e1"), "ticket")
    [settled] = results.wait(1)
    assert (settled.ticket, settled.error) == ("ticket", None)
    assert settled.arrival_id is not None
    assert _stored(database) == 1


def test_a_repeat_is_settled_as_a_repeat(write: Callable[..., Writer], results: Results, arrival: Make) -> None:
    writer = write()
    writer.offer(arrival("e1"), 1)
    results.wait(1)
    writer.offer(arrival("e1"), 2)
    assert results.wait(2)[1] == Settled(2, None, None)


def test_what_waits_together_is_committed_together(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    writer = write(start=False)
    for number in range(120):
        assert writer.offer(arrival(f"e{number}"), number)
    writer.start()
    results.wait(120)
    assert results.batches == [120]
    assert _stored(database) == 120


def test_a_batch_is_bounded_in_rows_and_in_bytes(write: Callable[..., Writer], results: Results, arrival: Make) -> None:
    writer = write(start=False, batch=4, batch_bytes=1_000)
    for number in range(6):
        writer.offer(arrival(f"small{number}"), number)
    for number in range(3):
        writer.offer(arrival(f"large{number}", body=b"x" * 600), number)
    writer.start()
    results.wait(9)
    assert results.batches == [4, 4, 1]


def test_too_many_waiting_are_turned_away(write: Callable[..., Writer], arrival: Make) -> None:
    writer = write(start=False, waiting=3)
    assert [writer.offer(arrival(f"e{number}"), number) for number in range(5)] == [True, True, True, False, False]


def test_too_many_bytes_waiting_are_turned_away_but_one_alone_never(
    write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    writer = write(start=False, waiting_bytes=1_000)
    assert writer.offer(arrival("e1", body=b"x" * 5_000), 1)
    assert not writer.offer(arrival("e2", body=b"x"), 2)
    writer.start()
    results.wait(1)
    deadline = time.monotonic() + 5
    while not writer.offer(arrival("e3", body=b"x"), 3):
        assert time.monotonic() < deadline, "room is given back once it is written"


def test_bytes_that_wait_are_counted_to_the_last(write: Callable[..., Writer], arrival: Make) -> None:
    writer = write(start=False, waiting_bytes=1_000)
    taken = [writer.offer(arrival(f"e{size}", body=b"x" * size), size) for size in (600, 401, 400, 1)]
    assert taken == [True, False, True, False]


def test_what_is_turned_away_because_too_many_wait_takes_no_room(
    write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    writer = write(start=False, waiting=1, waiting_bytes=1_000)
    assert writer.offer(arrival("e1", body=b"x" * 10), 1)
    assert not writer.offer(arrival("e2", body=b"x" * 900), 2)
    writer.start()
    results.wait(1)
    deadline = time.monotonic() + 5
    while not writer.offer(arrival("e3", body=b"x" * 990), 3):
        assert time.monotonic() < deadline, "what was turned away is still counted as waiting"
    results.wait(2)


def test_one_arrival_that_cannot_be_stored_does_not_take_the_others_with_it(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    with database.engine.begin() as conn:
        conn.execute(text("ALTER TABLE arrival ADD CONSTRAINT no_poison CHECK (topic <> 'poison')"))
    writer = write(start=False)
    for number in range(10):
        writer.offer(arrival(f"e{number}", topic="poison" if number == 4 else "fine"), number)
    writer.start()
    settled = results.wait(10)
    assert [one.ticket for one in settled if one.error is not None] == [4]
    assert _stored(database) == 9


def test_when_the_database_is_away_it_says_so_at_once_and_goes_on_when_it_is_back(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    writer = write()
    writer.offer(arrival("e1"), 1)
    results.wait(1)
    with database.engine.begin() as conn:
        conn.execute(text("ALTER TABLE arrival RENAME TO hidden"))
    began = time.monotonic()
    writer.offer(arrival("e2"), 2)
    assert results.wait(2)[1].error is not None
    assert time.monotonic() - began < 1
    with database.engine.begin() as conn:
        conn.execute(text("ALTER TABLE hidden RENAME TO arrival"))
    writer.offer(arrival("e3"), 3)
    assert results.wait(3)[2].error is None


def test_a_connection_that_was_cut_is_opened_again(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    writer = write()
    writer.offer(arrival("e1"), 1)
    results.wait(1)
    with database.engine.begin() as conn:
        conn.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    for number in (2, 3):
        writer.offer(arrival(f"e{number}"), number)
        results.wait(number)
    assert results.all[-1].error is None


def test_a_server_that_is_not_there_is_no_promise(write: Callable[..., Writer], results: Results, arrival: Make) -> None:
    writer = write(url="postgresql://nobody@127.0.0.1:1/none")
    writer.offer(arrival("e1"), 1)
    assert results.wait(1)[0].error is not None
    assert writer.alive


def test_when_waking_fails_nothing_is_stored_and_the_thread_lives_on(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    engine = NotingEngine()
    writer = write(engine=engine)
    engine.trouble = RuntimeError("the engine is broken")
    writer.offer(arrival("e1"), 1)
    assert results.wait(1)[0].error is not None
    assert _stored(database) == 0
    engine.trouble = None
    writer.offer(arrival("e1"), 2)
    assert results.wait(2)[1].error is None


def test_a_lock_that_somebody_else_holds_is_not_waited_for_longer_than_a_sender_waits(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    writer = write(lock_ms=200)
    with database.engine.begin() as conn:
        conn.execute(text("LOCK TABLE arrival IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        writer.offer(arrival("e1"), 1)
        assert results.wait(1)[0].error is not None
        assert time.monotonic() - began < 2


def test_people_see_when_a_connection_was_last_heard_from(
    database: Database, write: Callable[..., Writer], results: Results, arrival: Make
) -> None:
    with database.engine.begin() as conn:
        conn.execute(text("INSERT INTO account VALUES ('acme', 'Acme', now())"))
        conn.execute(
            text(
                "INSERT INTO connection (account, connection, kind, title, created_at) VALUES ('acme', 'shop.example', 'shopify', 'Shop', now())"
            )
        )
    stored = arrival("e1")
    write().offer(stored, 1)
    results.wait(1)
    with database.engine.connect() as conn:
        assert conn.execute(text("SELECT last_in_at FROM connection")).scalar_one() == stored.received_at


def test_stopping_writes_what_still_waits(database: Database, write: Callable[..., Writer], arrival: Make) -> None:
    writer = write(start=False)
    for number in range(30):
        writer.offer(arrival(f"e{number}"), number)
    writer.start()
    writer.stop()
    assert not writer.alive
    assert _stored(database) == 30
