"""What can go wrong with a call, planned by hand or drawn from the seed, and counted when it did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from stockbridge.testing.twins.wms.config import draw

OPERATIONS = ("submit", "look_up", "list_orders", "cancel", "stock", "stock_changes", "about", "adjust", "look_up_adjustment")
#: Kind → whether the call is done before its answer goes wrong.
KINDS = {
    "lose_answer": True,  # done; the connection closes without an answer
    "slow_answer": True,  # done; the answer comes after ``seconds``
    "error_after": True,  # done; answers ``status``
    "garbage_after": True,  # done; answers 200 with something else
    "cut_answer": True,  # done; half of the answer, then the connection closes
    "lose_request": False,  # not done; the connection closes without an answer
    "late": False,  # the connection closes; done ``seconds`` later
    "error_before": False,  # not done; answers ``status``, with Retry-After if ``seconds``
    "no_connection": False,  # not done; nobody listens
    "truncate": False,  # stock only: the last page is missing
    "impossible": False,  # stock only: the first figure of the page is no number of units
    "restart": False,  # stock: 409, the snapshot is gone; stock_changes: 410, too long ago
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. ``seconds`` and ``status`` where the kind needs them."""

    kind: str
    seconds: float = 0.0
    status: int = 500

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"'{self.kind}' is none of {', '.join(KINDS)}.")

    @property
    def done_first(self) -> bool:
        return KINDS[self.kind]


#: Kinds that only some operations can meet.
ONLY = {"truncate": ("stock",), "impossible": ("stock",), "restart": ("stock", "stock_changes")}


class FaultPlan:
    """Which fault the next call of an operation meets."""

    def __init__(self, seed: int, rates: Mapping[str, Mapping[str, float]]) -> None:
        self._seed = seed
        self.rates = rates
        self._planned: defaultdict[str, list[Fault]] = defaultdict(list)
        self._calls: Counter[tuple[str, str]] = Counter()
        self.fired: Counter[str] = Counter()

    def plan(self, operation: str, fault: Fault, times: int = 1) -> None:
        """The next ``times`` calls of an operation meet the fault, after those planned before."""
        if operation not in OPERATIONS:
            raise ValueError(f"'{operation}' is none of {', '.join(OPERATIONS)}.")
        if operation not in ONLY.get(fault.kind, OPERATIONS):
            raise ValueError(f"'{operation}' cannot meet '{fault.kind}'.")
        self._planned[operation].extend([fault] * times)

    def clear(self) -> None:
        self._planned.clear()
        self.rates = {}

    def meet(self, operation: str, about: str) -> Fault | None:
        """The fault of this call; ``about`` (a reference) makes the draw independent of the order of calls."""
        fault = self._planned[operation].pop(0) if self._planned[operation] else self._drawn(operation, about)
        if fault is not None:
            self.fired[f"{operation}/{fault.kind}"] += 1
        return fault

    def _drawn(self, operation: str, about: str) -> Fault | None:
        rates = self.rates.get(operation)
        if not rates:
            return None
        self._calls[operation, about] += 1
        value = draw(self._seed, "fault", operation, about, self._calls[operation, about]).random()
        for kind, share in rates.items():
            if value < share:
                return Fault(kind, seconds=20.0)
            value -= share
        return None
