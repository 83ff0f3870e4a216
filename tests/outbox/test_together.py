"""Outcomes of calls that end at about the same time are written down together, each caller waiting for its own."""

import threading

import pytest

from stockbridge.outbox.together import Together


def test_who_comes_while_somebody_writes_is_written_with_the_next() -> None:
    together: Together[int] = Together()
    writing, go = threading.Event(), threading.Event()
    written: list[list[int]] = []

    def write(every: object) -> None:
        written.append(list(every))  # type: ignore[call-overload]
        writing.set()
        assert go.wait(20)

    threads = [threading.Thread(target=together.write, args=("wms", [0], write))]
    threads[0].start()
    assert writing.wait(20)
    threads += [threading.Thread(target=together.write, args=("wms", [n], write)) for n in (1, 2, 3)]
    for thread in threads[1:]:
        thread.start()
    while len(together._waiting["wms"]) < 3:
        pass
    go.set()
    for thread in threads:
        thread.join(20)
    assert [sorted(each) for each in written] == [[0], [1, 2, 3]]


def test_each_key_has_its_own_turn() -> None:
    together: Together[int] = Together()
    seen: list[int] = []

    def other(every: object) -> None:
        seen.extend(every)  # type: ignore[arg-type]

    together.write("a", [1], lambda every: together.write("b", [2], other))
    assert seen == [2]


def test_what_the_writing_raises_reaches_its_callers_and_the_next_writes_again() -> None:
    together: Together[int] = Together()

    def broken(every: object) -> None:
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError, match="is away"):
        together.write("wms", [1], broken)
    seen: list[int] = []
    together.write("wms", [2], lambda every: seen.extend(every))
    assert seen == [2], "what failed is its caller's to repeat"
