"""A comparison out of files finds the same whatever pieces they are cut into and however many processes read them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockbridge.domain.compare import Comparison, Shown, Tally
from stockbridge.domain.counting import Count, Counting
from stockbridge.domain.frame import Difference, Feed, Frame, Place
from stockbridge.domain.stock import Keep
from stockbridge.flow.bulk import compare as comparing
from stockbridge.flow.bulk import pieces as cut
from stockbridge.flow.bulk.compare import Lines, Outcome, compare, helpers_for, judge
from stockbridge.flow.bulk.hands import HandLost, Hands
from stockbridge.flow.bulk.pieces import Piece, pieces
from stockbridge.ports import Unreadable


@pytest.fixture(autouse=True)
def helpers_find_this_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper imports the functions that it is handed, also these."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))


def rows_of(raw: bytes) -> Iterator[Any]:
    """Rows as JSON arrays, one a line."""
    for line in raw.splitlines():
        yield json.loads(line)


def unreadable(raw: bytes) -> Iterator[Any]:
    raise Unreadable("a line cannot be read")


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


FRAME = partial(
    Frame,
    places=[
        Place(location_id="L0", feeds=(Feed(source=0, keep=Keep(percent_bp=500)), Feed(source=1))),
        Place(location_id="L1", feeds=(Feed(source=1),)),
    ],
    sources=["odoo", "wms"],
    codes=[(each, f"C{n}", f"item-{n}") for each in ("odoo", "wms") for n in range(300)],
    claimed=[(1, f"C{n}", 2) for n in range(0, 300, 7)],
)


def both_sides(seed: int) -> tuple[list[Count], list[Shown]]:
    random = Random(seed)
    counts = [(random.randrange(2), f"C{random.randrange(310)}", random.randrange(9)) for _ in range(3000)]
    cells = [(f"item-{n}", f"L{place}") for n in range(305) for place in range(2) if random.random() < 0.95]
    shown = [(*cell, random.choice([None, 5, 30]), random.randrange(2), 0, random.random() < 0.9) for cell in cells]
    random.shuffle(shown)
    return counts, shown


def in_memory(counts: list[Count], shown: list[Shown]) -> tuple[set[Difference], Tally]:
    frame = FRAME()
    counting = Counting(len(frame.sources))
    counting.add(counts)
    settled, unknown = frame.settle(counting)
    comparison = Comparison(frame, settled)
    found = {*frame.named(comparison.look(shown)), *frame.named(comparison.unseen())}
    comparison.tally.unknown = unknown
    return found, comparison.tally


def run(helpers: int, **files: Any) -> Outcome:
    with Hands(helpers=helpers, needs=[rows_of]) as hands:
        return compare(FRAME, sources=2, hands=hands, **files)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "pieces", partial(pieces, size=1000))


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("helpers", [0, 1, 2])
def test_several_processes_find_what_one_look_over_everything_finds(tmp_path: Path, helpers: int) -> None:
    counts, shown = both_sides(1)
    expected, tally = in_memory(counts, shown)
    outcome = run(
        helpers,
        counted=[
            Lines(path=write(tmp_path / "a", counts[:1000]), read=rows_of),
            Lines(path=write(tmp_path / "b", counts[1000:]), read=rows_of),
        ],
        shown=[Lines(path=write(tmp_path / "c", shown), read=rows_of)],
    )
    found = list(outcome.differences())
    assert len(found) == len(outcome) == len(set(found)) > 100
    assert {each.shows for each in found} == {None, 5, 30}
    assert set(found) == expected
    assert outcome.tally == tally


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("helpers", [0, 1])
def test_a_level_that_comes_twice_is_one_difference(tmp_path: Path, helpers: int) -> None:
    counts, shown = both_sides(2)
    expected, tally = in_memory(counts, shown)
    counted = Lines(path=write(tmp_path / "a", counts), read=rows_of)
    outcome = run(helpers, counted=[counted], shown=[Lines(path=write(tmp_path / "c", shown + shown), read=rows_of)])
    found = list(outcome.differences())
    assert len(found) == len(set(found)) == len(outcome)
    assert set(found) == expected
    assert outcome.tally.compared + outcome.tally.untracked == tally.compared + tally.untracked


@pytest.mark.parametrize("helpers", [0, 1])
def test_nothing_comes_of_a_file_with_a_line_that_cannot_be_read(tmp_path: Path, helpers: int) -> None:
    path = write(tmp_path / "c", [1, 2, 3])
    with pytest.raises(Unreadable):
        run(helpers, counted=[], shown=[Lines(path=path, read=unreadable)])


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("helpers", [0, 1])
def test_counts_that_are_added_up_already_lead_to_the_same(tmp_path: Path, helpers: int) -> None:
    counts, shown = both_sides(3)
    expected, _ = in_memory(counts, shown)
    frame, counting = FRAME(), Counting(2)
    counting.add(counts)
    lines = Lines(path=write(tmp_path / "c", shown), read=rows_of)
    with Hands(helpers=helpers, needs=[rows_of]) as hands:
        outcome = judge(frame, frame.settle(counting)[0], hands=hands, shown=[lines])
    assert set(outcome.differences()) == expected


def test_helpers_are_worth_their_start_only_for_long_files() -> None:
    assert helpers_for([1000, 1000], processors=8) == 0
    assert helpers_for([10**9], processors=1) == 0
    assert helpers_for([10**9, 5], processors=2) == 1
    assert helpers_for([10**9], processors=64) == 3


# --- pieces of files ---------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"_"))),
    st.booleans(),
    st.integers(1, 30),
    st.integers(1, 40),
)
def test_every_line_is_in_one_piece_once_and_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[bytes], ended: bool, size: int, gulp: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows"
    text = b"\n".join(rows) + (b"\n" if ended and rows else b"")
    path.write_bytes(text)
    cut = pieces(path, size)
    parts = [part for piece in cut for part in piece.gulps(gulp)]
    assert b"".join(parts) == text
    assert all(part.endswith(b"\n") for part in parts[:-1])
    assert all(piece.end - piece.start <= size for piece in cut)


def test_a_piece_of_a_long_file_is_read_a_little_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"0123456789\n" * 100_000)
    assert max(map(len, Piece(path, 0, path.stat().st_size).gulps())) <= cut.GULP + 11


# --- hands -------------------------------------------------------------------------------------------------------


def note(kept: dict[str, Any], word: str) -> int:
    kept.setdefault("words", []).append(word)
    return os.getpid()


def words(kept: dict[str, Any]) -> list[str]:
    found: list[str] = kept.get("words", [])
    return found


def chatter(kept: dict[str, Any], word: str) -> str:
    os.write(1, b"said on standard output\n")
    return word * 2


def die(kept: dict[str, Any], who: int) -> int:
    if os.getpid() != who:
        os.kill(os.getpid(), signal.SIGKILL)
    return who


def refuse(kept: dict[str, Any], who: int) -> int:
    if os.getpid() != who:
        raise Unreadable("not this one")
    return who


def test_every_hand_keeps_what_it_has_done() -> None:
    with Hands(helpers=2) as hands:
        assert len(set(hands.all(note, "once"))) == 3
        assert len(list(hands.spread(note, "abcdefghijklmnopqrstuvwxyz"))) == 26
        kept = hands.all(words)
    assert all(each[0] == "once" for each in kept)
    assert sorted(word for each in kept for word in each[1:]) == list("abcdefghijklmnopqrstuvwxyz")


def test_what_the_work_says_is_not_mistaken_for_its_result() -> None:
    with Hands(helpers=1) as hands:
        assert hands.all(chatter, "a") == ["aa", "aa"]


@pytest.mark.parametrize(("work", "error"), [(die, HandLost), (refuse, Unreadable)])
def test_a_helper_that_dies_or_cannot_go_on_is_noticed(work: Any, error: type[Exception]) -> None:
    with Hands(helpers=1) as hands, pytest.raises(error):
        hands.all(work, os.getpid())
    with Hands(helpers=1) as hands, pytest.raises(error):
        list(chain.from_iterable(hands.spread(work, [os.getpid()] * 200) for _ in range(1000)))


def test_helpers_end_with_the_work() -> None:
    with Hands(helpers=2) as hands:
        _, *others = hands.all(note, "here")
    for other in others:
        with pytest.raises(ProcessLookupError):
            os.kill(other, 0)
