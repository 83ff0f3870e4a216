"""A rate limit as a leaky bucket that everybody shares, with a part set aside for what is not urgent. Points and seconds.

    free    = level − aside                             may be in debt: promised to those who wait for it
    in t s  : aside + min(SHARE · rate · t, what it lacks), and all the rest to free, until the bucket is full

What is urgent takes from *free* and may wait in debt for it, in the order of coming. What is not urgent takes what *free* has above
KEPT, and else what is *aside*: so a rush of orders makes stock slow, and never stops it. Nobody waits for points that another has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

#: Of the bucket and of what flows in: set aside for what is not urgent.
SHARE = 0.1
#: Share of the bucket that only urgent calls may use.
KEPT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What one connection may spend at a moment. ``level`` counts what is set ``aside``; below 0: promised already."""

    level: float
    aside: float
    maximum: float
    restore_per_s: float

    @classmethod
    def new(cls, *, level: float, maximum: float, restore_per_s: float) -> Bucket:
        """A bucket that was just heard of."""
        return cls(level=level, aside=max(0.0, level) * SHARE, maximum=maximum, restore_per_s=restore_per_s)

    @property
    def free(self) -> float:
        """What is not set aside."""
        return self.level - self.aside

    @property
    def rate(self) -> float:
        """Points that flow in each second; never quite none, so that every wait ends."""
        return max(self.restore_per_s, 0.1)

    @property
    def _most_aside(self) -> float:
        return self.maximum * SHARE

    def after(self, seconds: float) -> Bucket:
        """The same bucket some time later."""
        flown = self.restore_per_s * max(0.0, seconds)
        aside = min(self._most_aside, self.aside + flown * SHARE)
        return replace(self, level=min(self.maximum, self.level + flown), aside=aside)

    def queue(self, cost: float, *, patience_s: float) -> tuple[Bucket | None, float]:
        """Take a place in the queue for free points. Gives the bucket after that and the seconds until they may be spent; no bucket,
        and the seconds that it would take, when that is more than the patience. A cost above what there can ever be waits until
        all of it is there."""
        cost = min(cost, self.maximum - self._most_aside)
        wait = max(0.0, cost - self.free) / (self.rate * (1 - SHARE))
        return (self._less(cost, aside=0.0), wait) if wait <= patience_s else (None, wait)

    def spare(self, cost: float) -> tuple[Bucket | None, float]:
        """Take what nothing urgent needs. Gives the bucket after that; or none, and the seconds until it may be there."""
        cost = min(cost, self.maximum * (1 - KEPT))
        over = max(0.0, self.free - self.maximum * KEPT)
        if over + self.aside >= cost:
            return self._less(cost, aside=max(0.0, cost - over)), 0.0
        wait = (cost - self.level + self.maximum * KEPT) / self.rate
        if cost <= self._most_aside:
            wait = min(wait, (cost - self.aside) / (self.rate * SHARE))
        return None, wait

    def held(self, seconds: float) -> Bucket:
        """The other side wants to hear nothing for so long: what flows in until then is promised away, of both parts. Several who are
        told so at the same moment do not add up."""
        debt = -self.rate * max(0.0, seconds)
        return replace(self, level=min(self.level, debt), aside=min(self.aside, debt * SHARE))

    def _less(self, cost: float, *, aside: float) -> Bucket:
        return replace(self, level=self.level - cost, aside=self.aside - aside)

    def told(self, *, level: float, maximum: float, restore_per_s: float, refund: float) -> Bucket:
        """The other side says what is left. It does not know of calls that are still under way, so only less is believed, and
        then both parts lose alike."""
        ours = self.level + refund
        there = max(0.0, ours - self.aside) + self.aside
        aside = self.aside * max(0.0, level) / there if level < there else self.aside
        return Bucket(
            level=min(level, maximum, ours),
            aside=min(aside, maximum * SHARE),
            maximum=maximum,
            restore_per_s=restore_per_s,
        )
