"""A small world of one pool of stock that feeds several locations of several shops, around the product's own decisions
(domain/shares.py). Reading, deciding and writing are moments of their own, anything may happen between them, and a write whose answer
was lost may land until it cannot any more.

The world keeps the truth (what each location shows, what is sold and asked of nobody, what lies there); the product knows what it
read and booked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from stockbridge.domain.shares import Part, Turn, turn
from stockbridge.testing.making import at

#: A write may land so long after its call.
SETTLES_S = 120.0
Rule = Callable[..., Turn]


@dataclass
class Place:
    """A location as it really is. ``shown``: what it offers; ``waiting``: sold there, asked of nobody; ``leaving``: asked for under
    another location's name and still held here by the shop. ``landing``: (what it may come to show, until when), as the product knows."""

    shown: int = 0
    waiting: int = 0
    leaving: int = 0
    landing: tuple[int, float] | None = None
    asked: int = 0
    due: bool = True

    @property
    def held(self) -> int:
        """What the shop holds here for orders (``committed``)."""
        return self.waiting + self.leaving + self.asked


@dataclass
class Look:
    """A look in progress: what was read (offered, held for orders), and what is being written over it."""

    read: int
    held: int
    at: float
    target: int | None = None


@dataclass
class PoolWorld:
    """One pool. ``lost``: units that went missing so far."""

    shares: Sequence[int]
    on_hand: int
    rule: Rule = turn
    t: float = 0.0
    asked: int = 0
    writes: int = 0
    lost: int = 0
    places: list[Place] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    looks: dict[int, Look] = field(default_factory=dict)
    late: list[tuple[int, int, int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = [Place() for _ in self.shares]
        self.parts = [Part(cell=("shop", f"L{n}", "i"), share_bp=share) for n, share in enumerate(self.shares)]

    @property
    def free(self) -> int:
        """Figure less claims."""
        return self.on_hand - self.asked

    @property
    def lacking(self) -> int:
        """How many units more are shown and waiting than there are; never more than were lost."""
        return max(0, sum(place.shown + place.waiting for place in self.places) - self.free)

    # -- what happens in the shops and in the warehouse

    def sell(self, n: int, units: int) -> None:
        """A customer buys what is shown."""
        place = self.places[n]
        units = min(units, place.shown)
        place.shown, place.waiting, place.due = place.shown - units, place.waiting + units, True

    def unsell(self, n: int, units: int) -> None:
        """An order that nobody was asked for is cancelled: the shop shows its units again."""
        place = self.places[n]
        units = min(units, place.waiting)
        place.shown, place.waiting, place.due = place.shown + units, place.waiting - units, True

    def ask(self, n: int, units: int, *, of: int) -> None:
        """The warehouse is asked for units sold at ``n``, under the name of location ``of``."""
        place = self.places[n]
        units = min(units, place.waiting)
        place.waiting -= units
        place.leaving += units if of != n else 0
        place.asked += units if of == n else 0
        self.asked += units
        part, shown = self.parts[of], units if of == n else 0
        self.parts[of] = replace(
            part,
            allotted=None if part.allotted is None else part.allotted - units,
            held=None if part.held is None else max(0, part.held - shown),
            waiting=max(0, part.waiting - shown),
        )
        self.touch()

    def moved(self, n: int) -> None:
        """What was asked for under another name is no longer held here."""
        self.places[n].leaving, self.places[n].due = 0, True

    def ship(self, units: int) -> None:
        """Units leave, and the figure shows it: they were asked for."""
        units = min(units, self.asked)
        self.asked, self.on_hand = self.asked - units, self.on_hand - units
        self.touch()

    def receive(self, units: int) -> None:
        self.on_hand += units
        self.touch()

    def lose(self, units: int) -> None:
        """Units are gone that were on offer: no rule can know better before it is counted."""
        self.on_hand, self.lost = self.on_hand - units, self.lost + units
        self.touch()

    def touch(self) -> None:
        for place in self.places:
            place.due = True

    # -- what the product does

    def read(self, n: int) -> None:
        """A look begins."""
        self.looks[n] = Look(self.places[n].shown, self.places[n].held, self.t)
        self.places[n].due = False

    def decide(self, n: int) -> None:
        """The parts are locked, what was asked for is known as of now; what was read may be older."""
        look, place = self.looks[n], self.places[n]
        if place.landing and place.landing[1] < look.at:
            place.landing = None
        unplaced = max(0, look.held - place.asked)
        most = place.landing[0] + unplaced if place.landing else None
        found = {"seen": look.read + unplaced, "most": most, "waiting": unplaced}
        done = self.rule(self.free, self.parts, n, **found, writes=True, now=at(0) + timedelta(seconds=self.t))
        self.parts = list(done.parts)
        for k, other in enumerate(self.parts):
            self.places[k].due |= other.cell in done.look_at
        look.target = max(0, done.usable - unplaced)

    def write(self, n: int, fate: str) -> None:
        """The look ends: ``written`` (compared first), ``lost`` (it may land later) or ``landed`` (and the answer is lost)."""
        look, place = self.looks.pop(n), self.places[n]
        assert look.target is not None
        if look.target == look.read:
            place.due |= place.landing is not None
            return
        self.writes += 1
        if fate == "lost":
            self.late.append((n, look.read, look.target, self.t + SETTLES_S))
        elif place.shown == look.read:
            place.shown = look.target
        place.due = True
        if fate != "written":
            place.landing = (max(look.target, place.landing[0] if place.landing else 0), self.t + SETTLES_S)

    def wait(self, seconds: float) -> None:
        """Time passes; in a long time whoever is in the midst of a look dies, and a write that was begun may still land."""
        for n in list(self.looks) if seconds > SETTLES_S / 2 else ():
            if self.looks[n].target is None:
                del self.looks[n]
            else:
                self.write(n, "lost")
            self.places[n].due = True
        self.t += seconds

    def land(self, k: int) -> None:
        """A write whose answer was lost reaches the shop now, if it still fits."""
        n, old, new, until = self.late.pop(k)
        if self.t <= until and self.places[n].shown == old:
            self.places[n].shown, self.places[n].due = new, True

    # -- rest

    def look(self, n: int) -> None:
        """A whole look, with nothing between."""
        self.read(n)
        self.decide(n)
        self.write(n, "written")

    def rest(self, most: int = 40) -> bool:
        """Looks until nothing is due; False when that does not come to an end."""
        for n in list(self.looks):
            del self.looks[n]
            self.places[n].due = True
        self.late.clear()
        self.t += SETTLES_S
        for _ in range(most):
            due = [n for n, place in enumerate(self.places) if place.due]
            if not due:
                return True
            for n in due:
                self.look(n)
            self.t += 1
        return False
