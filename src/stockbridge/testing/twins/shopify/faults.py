"""Faults on the wire, and things that happen just between two calls.

``fail_next`` spoils the next matching answer; ``between`` makes something happen right after the next matching answer,
such as a sale between reading a level and writing it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

KINDS = (
    "drop_answer_after",
    "http_500_before",
    "http_500_after",
    "timeout_before",
    "timeout",
    "throttled",
    "http_429",
    "http_429_bare",
    "broken_attempt",
    "lands_late",
)


@dataclass
class Fault:
    """One planned failure: its kind, what text a request must contain, how often."""

    kind: str
    match: str = ""
    times: int = 1


@dataclass
class Interlude:
    """Something to happen after the next matching answer."""

    match: str
    action: Callable[[], object]
    times: int = 1


@dataclass
class Faults:
    """The plans that are still open."""

    planned: list[Fault] = field(default_factory=list)
    interludes: list[Interlude] = field(default_factory=list)

    def plan(self, kind: str, match: str = "", times: int = 1) -> None:
        """Raises ValueError for a kind that does not exist."""
        if kind not in KINDS:
            raise ValueError(f"Unknown fault {kind!r}. Choose one of: {', '.join(KINDS)}.")
        self.planned.append(Fault(kind, match, times))

    def take(self, text: str) -> str | None:
        """The fault for this request, used up."""
        for fault in self.planned:
            if fault.match in text:
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault.kind
        return None

    def after(self, text: str) -> None:
        """Runs what was to happen after this request."""
        for one in list(self.interludes):
            if one.match in text:
                one.times -= 1
                if one.times <= 0:
                    self.interludes.remove(one)
                one.action()
