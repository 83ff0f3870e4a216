"""How badly the post behaves: odds for everything, and one-shot plans for the next delivery of a topic."""

from dataclasses import dataclass, field
from random import Random


@dataclass
class Chaos:
    """Odds between 0 and 1, delays in seconds. All zero: every webhook is sent once, at once."""

    loss: float = 0.0
    duplicate: float = 0.0
    copies: int = 2
    concurrent: bool = True
    reorder: float = 0.0
    reorder_window_s: float = 30.0
    delay_s: float = 0.0
    delay_spread_s: float = 0.0


@dataclass
class OneShot:
    """What happens to the next webhook of a topic: lost, sent so many times, later."""

    topic: str
    lose: bool = False
    copies: int = 1
    delay_s: float = 0.0
    gaps_s: tuple[float, ...] = ()
    times: int = 1


@dataclass
class Fate:
    """When each copy of one webhook leaves, in seconds from now; empty means lost."""

    leaves_after_s: list[float] = field(default_factory=list)


def fate(rng: Random, chaos: Chaos, plan: OneShot | None) -> Fate:
    """Draws what happens to one webhook."""
    if plan is not None:
        if plan.lose:
            return Fate()
        gaps = list(plan.gaps_s) + [0.0] * max(0, plan.copies - 1 - len(plan.gaps_s))
        return Fate([plan.delay_s, *(plan.delay_s + gap for gap in gaps[: plan.copies - 1])])
    if chaos.loss and rng.random() < chaos.loss:
        return Fate()
    wait = chaos.delay_s
    if chaos.delay_spread_s:
        wait += rng.random() * chaos.delay_spread_s
    if chaos.reorder and rng.random() < chaos.reorder:
        wait += rng.random() * chaos.reorder_window_s
    leaves = [wait]
    if chaos.duplicate and rng.random() < chaos.duplicate:
        for _ in range(chaos.copies - 1):
            leaves.append(wait if chaos.concurrent else wait + rng.random() * chaos.reorder_window_s)
    return Fate(leaves)
