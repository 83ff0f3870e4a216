"""Several processes for one piece of arithmetic that is too long for one.

    with Hands(helpers=1, needs=[work]) as hands:
        hands.tell(begin, plan)               # every hand; nobody waits
        for result in hands.spread(work, pieces): ...
        results = hands.all(finish)

What they run are functions of modules, whose first argument is a dict that the hand keeps. A helper is a fresh process that imports
what it is asked to run and nothing else: a fork of a process with threads is not safe. It ends when its input ends, so also when
whoever started it dies.
"""

from __future__ import annotations

import gc
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Any

Work = Callable[..., Any]
BEGIN = "import sys; sys.path[:] = sys.argv[1:]; from stockbridge.flow.bulk.hands import serve; serve()"
LENGTH = struct.Struct("!Q")


class HandLost(RuntimeError):
    """A helper died, or could not do what it was asked."""


class Helper:
    """One more process."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", BEGIN, *sys.path]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._owed = 0

    def ask(self, work: Work, *args: Any) -> None:
        """Have it done; :meth:`answer` gives the result."""
        assert self._process.stdin
        try:
            _put(self._process.stdin, (work, args))
            self._owed += 1
        except OSError as error:
            raise HandLost("a helper of the comparison died") from error

    def answer(self) -> Any:
        """What came of the last thing asked. Raises HandLost, or what it or something asked before it raised."""
        result: Any = None
        while self._owed:
            result = self.next()
        return result

    def next(self) -> Any:
        """What came of the first thing asked that was not answered yet. Raises as :meth:`answer` does."""
        assert self._process.stdout
        try:
            done, result = _get(self._process.stdout)
        except (EOFError, OSError) as error:
            raise HandLost("a helper of the comparison died") from error
        self._owed -= 1
        if not done:
            raise result
        return result

    @property
    def owes(self) -> bool:
        """Was it asked something that it has not answered?"""
        return self._owed > 0

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Hands:
    """This process and its helpers. Used from one thread. ``needs``: functions whose modules a helper imports while it is waiting
    for work."""

    def __init__(self, *, helpers: int, needs: Sequence[Callable[..., Any]] = ()) -> None:
        self.own: dict[str, Any] = {}
        self._collects = gc.isenabled()
        self._helpers = [Helper() for _ in range(helpers)]
        for helper in self._helpers:
            helper.ask(_know, *needs)

    def tell(self, work: Work, *args: Any) -> None:
        """The same by every hand; helpers are not waited for. What goes wrong with them is raised by whatever is asked next."""
        for helper in self._helpers:
            helper.ask(work, *args)
        work(self.own, *args)

    def all(self, work: Work, *args: Any) -> list[Any]:
        """The same by every hand, side by side; the results, this process's first."""
        for helper in self._helpers:
            helper.ask(work, *args)
        own = work(self.own, *args)
        return [own, *(helper.answer() for helper in self._helpers)]

    def spread(self, work: Work, items: Iterable[Any], *, meanwhile: Callable[[], object] | None = None) -> Iterator[Any]:
        """Every item by whichever hand is free; results as they come, in no order. ``meanwhile``: what this process does first."""
        todo, done = SimpleQueue[Any](), SimpleQueue[Any]()
        for item in items:
            todo.put(item)
        threads = [Thread(target=_feed, args=(helper, work, todo, done), daemon=True) for helper in self._helpers]
        for thread in threads:
            thread.start()
        if meanwhile is not None:
            meanwhile()
        for item in _drain(todo):
            yield work(self.own, item)
            yield from map(_good, _drain(done))
        for thread in threads:
            thread.join()
        yield from map(_good, _drain(done))

    def __enter__(self) -> Hands:
        gc.disable()  # millions of rows come and go, and none of them in a circle
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._collects:
            gc.enable()
        for helper in self._helpers:
            helper.close()


def _know(kept: dict[str, Any], *needs: Callable[..., Any]) -> None:
    """Importing them was all."""


def _drain(queue: SimpleQueue[Any]) -> Iterator[Any]:
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def _feed(helper: Helper, work: Work, todo: SimpleQueue[Any], done: SimpleQueue[Any]) -> None:
    """One item is always waiting for the helper: this thread may be held up until the main thread lets it run."""
    try:
        helper.answer()
        for number, item in enumerate(_drain(todo)):
            helper.ask(work, item)
            if number:
                done.put((True, helper.next()))
        if helper.owes:
            done.put((True, helper.next()))
    except Exception as error:  # noqa: BLE001  raised in the thread that waits for the results
        done.put((False, error))


def _good(result: tuple[bool, Any]) -> Any:
    done, found = result
    if not done:
        raise found
    return found


def _put(stream: IO[bytes], message: object) -> None:
    raw = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(raw)))
    stream.write(raw)
    stream.flush()


def _get(stream: IO[bytes]) -> Any:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    raw = stream.read(LENGTH.unpack(head)[0])
    return pickle.loads(raw)


def serve() -> None:
    """What a helper does: work that comes in at standard input, until that ends. What the work prints goes to standard error."""
    gc.disable()
    inward, outward = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    kept: dict[str, Any] = {}
    while True:
        try:
            work, args = _get(inward)
        except EOFError:
            return
        try:
            answer = (True, work(kept, *args))
        except Exception as error:  # noqa: BLE001  raised by whoever asked
            answer = (False, error)
        _put(outward, answer)
