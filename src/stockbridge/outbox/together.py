"""Outcomes that come in while others are being written down are written with the next: the busier the house, the fewer transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Ticket(Generic[T]):
    """What one caller wants written, and whether it is."""

    what: Sequence[T]
    done: bool = False
    failure: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Together(Generic[T]):
    """Callers of several threads, by a key: one of them writes at a time, for all that have come by then."""

    _guard: Lock = field(default_factory=Lock)
    _waiting: defaultdict[object, list[_Ticket[T]]] = field(default_factory=lambda: defaultdict(list))
    _turns: defaultdict[object, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def write(self, key: object, what: Sequence[T], write: Callable[[Sequence[T]], None]) -> None:
        """Returns when ``what`` is written, by this caller or by another. What the writing raises is raised to all whom it concerns."""
        ticket = _Ticket(what)
        with self._guard:
            self._waiting[key].append(ticket)
            turn = self._turns[key]
        with turn:
            if not ticket.done:
                self._write_all(key, write)
        if ticket.failure is not None:
            raise ticket.failure

    def _write_all(self, key: object, write: Callable[[Sequence[T]], None]) -> None:
        with self._guard:
            tickets = self._waiting.pop(key, [])
        try:
            write([each for ticket in tickets for each in ticket.what])
        except BaseException as error:
            for ticket in tickets:
                ticket.failure = error
            raise
        finally:
            for ticket in tickets:
                ticket.done = True
