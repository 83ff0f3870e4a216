"""The law of the claim ledger, on random lives of orders: what is offered is never more than what can be sold, and on its way
an order changes the number only when it is placed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stockbridge.domain import submissions
from stockbridge.domain.effects import CancelSubmission, RecordFulfillment, SubmitOrder
from stockbridge.domain.orders import Order, SubmissionState
from stockbridge.domain.stock import Keep, Term
from stockbridge.domain.values import Basis
from stockbridge.testing.ledger import ITEMS, LedgerWorld
from stockbridge.testing.ledger_facts import Plan, Sale

ONE = {("shop", "L1"): ("W1",)}
#: Two sources at one location, a second location to move to, a second shop on the same pool.
MANY = {("shop", "L1"): ("W1", "W2"), ("shop", "L2"): ("W3",), ("other", "M1"): ("W1",)}

SEEDS = st.integers(0, 2**32)
BASES = st.sampled_from(list(Basis))
#: A smaller seed is no simpler life: nothing to shrink.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


class Life:
    """Draws what happens next, keeps a log of it, and checks after every step."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.random = Random(seed)
        self.world = LedgerWorld(plan)
        self.log: list[str] = []

    def step(self) -> None:
        self.world.t += 1
        act = self.random.choice(self.acts())
        self.log.append(f"{self.world.t} {act.__name__}")
        act()
        self.check()

    def acts(self) -> list[Callable[[], None]]:
        raise NotImplementedError

    def check(self) -> None:
        for cell in self.world.cells():
            offered, real = self.world.published(*cell), self.world.sellable(*cell)
            bound = real if self.world.fresh() else real + self.world.hidden(*cell)
            assert offered.result <= max(0, bound), (cell, offered, real, self.log)
            assert offered.result == sum(s.units * {"+": 1, "−": -1, "=": 0}[s.sign] for s in offered.steps)

    def numbers(self) -> dict[tuple[str, str, str], int]:
        return {cell: self.world.published(*cell).result for cell in self.world.cells()}

    # what can happen

    def pick(self, test: Callable[[Sale], bool]) -> Sale | None:
        some = [sale for sale in self.world.sales.values() if test(sale)]
        return self.random.choice(some) if some else None

    def draw_order(self) -> Sale:
        shop, location = self.random.choice(sorted(self.world.plan.feeds))
        wants = [(self.random.choice(ITEMS), self.random.randint(1, 4)) for _ in range(self.random.randint(1, 3))]
        return self.world.place(shop, location, wants)

    def shippable(self) -> str | None:
        some = [
            reference
            for reference, request in self.world.requests.items()
            if request.accepted and any(request.left(key) for key in request.units)
        ]
        return self.random.choice(some) if some else None

    def parcel(self, reference: str) -> dict[str, int]:
        return {key: self.random.randint(0, units) for key, units in self.world.requests[reference].units.items()}

    def any_pool(self) -> tuple[str, str]:
        return self.random.choice(sorted(self.world.on_hand))


class Chaos(Life):
    """Words travel as they like: late, twice, in any order; readings too."""

    def say(self, word: Callable[[], None] | None) -> None:
        if word is not None:
            self.world.words.append(word)

    def acts(self) -> list[Callable[[], None]]:
        often = [self.place, *[self.read] * 4, *[self.hear] * 7, *[self.perform] * 6, *[self.ship] * 4, *[self.count] * 3]
        return [*often, self.hear_twice, self.cancel, self.reserve, self.receive, self.give_up, self.by_hand, self.person]

    def place(self) -> None:
        if self.pick(lambda s: any(s.open.values())) is None or self.random.random() < 0.6:
            self.draw_order()

    def read(self) -> None:
        sale = self.pick(lambda _: True)
        if sale:
            self.say(self.world.read(sale))

    def hear(self) -> None:
        if self.world.words:
            self.world.words.pop(self.random.randrange(len(self.world.words)))()

    def hear_twice(self) -> None:
        if self.world.words:
            self.random.choice(self.world.words)()

    def perform(self) -> None:
        if not self.world.outbox:
            return
        key = self.random.choice(sorted(self.world.outbox))
        effect = self.world.outbox[key]
        self.log.append(f"  {key}")
        if isinstance(effect, CancelSubmission):
            del self.world.outbox[key]
            self.say(self.world.cancel_there(effect.reference, confirmed=self.random.random() < 0.7))
        else:
            self.say(self.world.perform(key, refuse=isinstance(effect, SubmitOrder) and self.random.random() < 0.1))

    def ship(self) -> None:
        reference = self.shippable()
        if reference:
            self.say(self.world.ship(reference, self.parcel(reference)))

    def count(self) -> None:
        self.say(self.world.count(self.any_pool()))

    def reserve(self) -> None:
        reference = self.shippable()
        if reference:
            self.say(self.world.reserve(reference))

    def receive(self) -> None:
        self.world.on_hand[self.any_pool()] += self.random.randint(1, 5)

    def cancel(self) -> None:
        sale = self.pick(lambda s: not s.cancelled and any(s.open.values()))
        if sale and self.random.random() < 0.3:
            self.world.cancel(sale)

    def give_up(self) -> None:
        """The warehouse cancels what it has, unasked. Where its figures are less what it holds for orders, the word of it must
        not be overtaken by a figure (decision 0006, second case): it is heard at once."""
        reference = self.shippable()
        if reference and self.random.random() < 0.3:
            word = self.world.cancel_there(reference, confirmed=True)
            self.say(word) if self.world.plan.basis is Basis.PHYSICAL else word()

    def by_hand(self) -> None:
        """Somebody moves units to another location in the shop."""
        sale = self.pick(lambda s: s.shop == "shop" and any(s.open.values()))
        if sale and ("shop", "L2") in self.world.plan.feeds and self.random.random() < 0.3:
            origin, to = self.random.sample(["L1", "L2"], 2)
            self.world.move(sale, dict(sale.ordered), origin, to)

    def person(self) -> None:
        """A person decides about units that will not ship; they have looked, and no parcel is still to be reported."""
        told = [known for known in self.world.orders.values() if self.all_parcels_told(known)]
        if told:
            order = self.random.choice(told)
            decide = self.random.choice([submissions.try_again, submissions.let_go])
            self.world.decide(order.snapshot.order_id, lambda known: decide(known, now=known.snapshot.read_at))

    def all_parcels_told(self, order: Order) -> bool:
        return all(
            sum(line.shipped for line in submission.lines) == sum(self.world.requests[submission.reference].shipped.values())
            for submission in order.submissions
        )


class Calm(Life):
    """Words about orders come at once and in order; figures may be late, twice and reordered. Here the law is exact."""

    def __init__(self, seed: int, plan: Plan) -> None:
        super().__init__(seed, plan)
        self.figures: list[Callable[[], None]] = []
        #: Something other than an order's way changed the truth: figures may now change the number.
        self.disturbed = False

    def acts(self) -> list[Callable[[], None]]:
        often = [
            self.place,
            self.claim,
            self.claim,
            self.accept,
            self.accept,
            self.reserve,
            self.ship,
            self.ship,
            self.write_back,
        ]
        return [*often, self.count, self.deliver, self.deliver, self.repeat, self.cancel, self.receive]

    def unchanged(self, act: Callable[[], None], *, ignoring: frozenset[str] = frozenset()) -> None:
        before = self.numbers()
        act()
        after = self.numbers()
        assert {c: n for c, n in before.items() if c[1] not in ignoring} == {
            c: n for c, n in after.items() if c[1] not in ignoring
        }, self.log

    def place(self) -> None:
        before = {cell: self.world.published(*cell) for cell in self.world.cells()}
        sale = self.draw_order()
        for cell, then in before.items():
            wanted = sum(units for (place, key), units in sale.open.items() if (sale.shop, place, sale.items[key]) == cell)
            assert self.world.published(*cell).result == max(0, raw(then) - wanted), self.log

    def claim(self) -> None:
        sale = self.pick(lambda s: not s.cancelled)
        if sale is None:
            return
        known = self.world.orders.get(sale.order_id)
        count = len(known.submissions) if known else 0
        before = self.numbers()
        self.world.read(sale)()
        new = self.world.orders[sale.order_id].submissions[count:]
        touched = {(s.warehouse, line.item_code.lower()) for s in new if s.state is SubmissionState.MOVING for line in s.lines}
        for (shop, location, item), number in before.items():
            pools = {(w, item) for w in self.world.plan.feeds[shop, location]}
            shared = any(s.location_id != location and (s.warehouse, item) in pools for s in new)
            now = self.world.published(shop, location, item).result
            assert now <= number, self.log
            assert now == number or pools & touched or shared, self.log

    def accept(self) -> None:
        keys = [
            key for key, effect in self.world.outbox.items() if not isinstance(effect, RecordFulfillment | CancelSubmission)
        ]
        if keys:
            key = self.random.choice(sorted(keys))
            effect = self.world.outbox[key]
            old = "" if isinstance(effect, SubmitOrder) else effect.from_location_id
            self.unchanged(lambda: self.both(self.world.perform(key)), ignoring=frozenset([old]))

    def both(self, word: Callable[[], None] | None) -> None:
        if word is not None:
            word()

    def reserve(self) -> None:
        reference = self.shippable()
        if reference:
            self.unchanged(self.world.reserve(reference))

    def ship(self) -> None:
        reference = self.shippable()
        if reference:
            self.unchanged(lambda: self.both(self.world.ship(reference, self.parcel(reference))))

    def write_back(self) -> None:
        keys = [key for key, effect in self.world.outbox.items() if isinstance(effect, RecordFulfillment)]
        if keys:
            key = self.random.choice(sorted(keys))
            self.unchanged(lambda: self.both(self.world.perform(key)))

    def count(self) -> None:
        self.figures.append(self.world.count(self.any_pool()))

    def deliver(self) -> None:
        if self.figures:
            word = self.figures.pop(self.random.randrange(len(self.figures)))
            word() if self.disturbed else self.unchanged(word)

    def repeat(self) -> None:
        if self.figures:
            self.random.choice(self.figures)()
            self.disturbed = True

    def receive(self) -> None:
        if self.random.random() < 0.1:
            self.disturbed = True
            self.world.on_hand[self.any_pool()] += self.random.randint(1, 5)

    def cancel(self) -> None:
        """A cancellation gives the units back when the source confirms, or, unsent, at once; never before."""
        sale = self.pick(lambda s: not s.cancelled and any(s.open.values()))
        if sale is None or self.random.random() < 0.7:
            return
        before = self.numbers()
        self.world.cancel(sale)
        self.world.read(sale)()
        order = self.world.orders[sale.order_id]
        if all(submission.accepted_at for submission in order.submissions) and not self.unclaimed_before(order, sale):
            assert self.numbers() == before, self.log
        assert all(now >= before[cell] for cell, now in self.numbers().items()), self.log
        self.disturbed = True
        for key in sorted(key for key, effect in self.world.outbox.items() if isinstance(effect, CancelSubmission)):
            effect = self.world.outbox.pop(key)
            assert isinstance(effect, CancelSubmission)
            between = self.numbers()
            self.world.cancel_there(effect.reference, confirmed=self.random.random() < 0.7)()
            assert all(now >= between[cell] for cell, now in self.numbers().items()), self.log

    def unclaimed_before(self, order: Order, sale: Sale) -> bool:
        asked = {line.line_id: 0 for s in order.submissions for line in s.lines}
        for submission in order.submissions:
            for line in submission.lines:
                asked[line.line_id] += line.units
        return any(asked.get(key, 0) < units for key, units in sale.ordered.items())


def raw(derivation: object) -> int:
    """The sum before it is held at zero."""
    steps = derivation.steps  # type: ignore[attr-defined]
    return sum(s.units * {"+": 1, "−": -1, "=": 0}[s.sign] for s in steps if s.term is not Term.SHORT)


def run(life: Life, steps: int) -> Life:
    for _ in range(steps):
        life.step()
    return life


@settings(max_examples=100, deadline=None, phases=PHASES)
@given(seed=SEEDS, basis=BASES, clocked=st.booleans(), keep=st.sampled_from([Keep(), Keep(units=2), Keep(percent_bp=1_500)]))
def test_never_more_is_offered_than_can_be_sold_whatever_comes_late_twice_or_out_of_order(
    seed: int, basis: Basis, clocked: bool, keep: Keep
) -> None:
    run(Chaos(seed, Plan(basis=basis, feeds=MANY, clocked=clocked, keep=keep, stock=8)), 60)


@settings(max_examples=100, deadline=None, phases=PHASES)
@given(seed=SEEDS, basis=BASES)
def test_one_warehouse_and_one_location_never_offer_more_than_can_be_sold(seed: int, basis: Basis) -> None:
    run(Chaos(seed, Plan(basis=basis, feeds=ONE, stock=15)), 80)


@settings(max_examples=120, deadline=None, phases=PHASES)
@given(seed=SEEDS, basis=BASES)
def test_on_its_way_an_order_changes_the_number_only_when_it_is_placed(seed: int, basis: Basis) -> None:
    run(Calm(seed, Plan(basis=basis, feeds=ONE, stock=15)), 60)


@settings(max_examples=100, deadline=None, phases=PHASES)
@given(seed=SEEDS, basis=BASES)
def test_the_law_holds_with_two_sources_a_move_and_a_second_shop(seed: int, basis: Basis) -> None:
    run(Calm(seed, Plan(basis=basis, feeds=MANY, stock=8)), 60)
