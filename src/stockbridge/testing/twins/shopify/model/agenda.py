"""What will happen later: routing, asynchronous jobs, bulk results. Run by the twin when its clock gets there."""

import heapq
from collections.abc import Callable
from datetime import datetime


class Agenda:
    """A heap of (moment, number, action); equal moments keep their order."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (moment, self._count, action))

    def next_at(self) -> datetime | None:
        """When the next action is due, or None."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: datetime) -> Callable[[], None] | None:
        """The oldest action that is due, taken off the list."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return None

    def __len__(self) -> int:
        return len(self._heap)
