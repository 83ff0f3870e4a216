"""A small world that holds the claim ledger to its law: shops, warehouses and what is really there, around the product's
own decisions. Every message from a warehouse and every reading of an order can be late, repeated and out of order.

The world keeps the truth; the product (``orders``, ``figures``, ``contained``) knows what it was told. Both are asked for
the number at a location: :meth:`LedgerWorld.published` and :meth:`LedgerWorld.sellable`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from stockbridge.domain import placing, shipments, submissions
from stockbridge.domain.catalog import Codes, Crossref
from stockbridge.domain.channel_order import ChannelOrder
from stockbridge.domain.claims import Claim, Figure, Mark, contained_units, outstanding
from stockbridge.domain.effects import Effect, MoveFulfillmentOrder, RecordFulfillment, SubmitOrder
from stockbridge.domain.events import (
    CancellationAnswered,
    FulfillmentRecorded,
    OrderAccepted,
    OrderProgressed,
    OrderRefused,
    ShipmentConfirmed,
)
from stockbridge.domain.orders import ClaimLine, Decision, Order, Submission, SubmissionState
from stockbridge.domain.placing import Facts
from stockbridge.domain.routing import Candidate
from stockbridge.domain.stock import Derivation, SourceStock, publishable, unplaced_units
from stockbridge.domain.values import Basis, Tracking, Units
from stockbridge.testing.ledger_facts import Plan, Request, Sale
from stockbridge.testing.making import at, channel_line, channel_order, fulfillment, fulfillment_order

ITEMS = ("apple", "pear")
Word = Callable[[], None]


class LedgerWorld:
    """The truth, the product's knowledge, and the words that travel between them (``words``)."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.t = 0
        self.words: list[Word] = []
        self.sales: dict[str, Sale] = {}
        self.requests: dict[str, Request] = {}
        warehouses = sorted({w for group in plan.feeds.values() for w in group})
        self.on_hand = {(w, item): plan.stock for w in warehouses for item in ITEMS}
        self.orders: dict[str, Order] = {}
        self.outbox: dict[str, Effect] = {}
        self.keys: set[str] = set()
        self.contained: dict[tuple[str, str], int] = {}
        self.figures: dict[tuple[str, str], Figure] = {}
        self.claimed = dict.fromkeys(self.on_hand, 0)
        for pool in self.on_hand:
            self.count(pool)()

    # -- what happens in the shops

    def place(self, shop: str, location: str, wants: Sequence[tuple[str, int]]) -> Sale:
        """A customer buys."""
        order_id = f"o{len(self.sales) + 1}"
        lines = {f"{order_id}-{n}": (item, units) for n, (item, units) in enumerate(wants)}
        sale = Sale(
            order_id,
            shop,
            {key: item for key, (item, _) in lines.items()},
            {key: units for key, (_, units) in lines.items()},
            {(location, key): units for key, (_, units) in lines.items()},
        )
        self.sales[order_id] = sale
        self.changed(sale)
        return sale

    def changed(self, sale: Sale) -> None:
        """Something about the order changed in its shop."""
        sale.changed = self.t

    def read(self, sale: Sale) -> Word:
        """A reading is taken now; the word that is given back brings it to the product."""
        locations = sorted({location for location, _ in sale.open})
        snapshot = channel_order(
            [channel_line(key, sale.items[key], sale.ordered[key]) for key in sale.items],
            [
                fulfillment_order(loc, {key: n for (place, key), n in sale.open.items() if place == loc and n})
                for loc in locations
                if any(n for (place, _), n in sale.open.items() if place == loc)
            ],
            order_id=sale.order_id,
            name=f"#{sale.order_id}",
            second=self.t,
            updated=sale.changed,
            cancelled=sale.cancelled,
            fulfillments=[fulfillment(key, lines) for key, lines in sale.records.items()],
        )
        return lambda: self.seen(sale.shop, snapshot)

    def cancel(self, sale: Sale) -> None:
        """The shop cancels the whole order: nothing of it is open any more."""
        sale.cancelled = True
        sale.open = dict.fromkeys(sale.open, 0)
        self.changed(sale)

    def move(self, sale: Sale, lines: dict[str, int], origin: str, to: str) -> None:
        """Units are assigned to another location."""
        for key, units in lines.items():
            n = min(units, sale.open.get((origin, key), 0))
            sale.open[origin, key] = sale.open.get((origin, key), 0) - n
            sale.open[to, key] = sale.open.get((to, key), 0) + n
        self.changed(sale)

    # -- what happens in the warehouses

    def count(self, pool: tuple[str, str]) -> Word:
        """The warehouse counts now; the word that is given back brings the figure to the product."""
        warehouse, item = pool
        taken = 0
        for request in self.requests.values():
            held = {Basis.PHYSICAL: False, Basis.LESS_RESERVED: request.reserved, Basis.LESS_ACCEPTED: request.accepted}
            if request.warehouse == warehouse and held[self.plan.basis]:
                taken += sum(request.left(key) for key, name in request.items.items() if name == item)
        figure = Figure(
            zones={"A": self.on_hand[pool] - taken},
            basis=self.plan.basis,
            occurred_at=at(self.t),
            sequence=self.t if self.plan.clocked else None,
            asked_at=None if self.plan.clocked else at(self.t),
        )
        return lambda: self.reported(pool, figure)

    def ship(self, reference: str, wants: dict[str, int], *, final: bool = False) -> Word | None:
        """A parcel leaves, units by order line; gives the word of it. Never more than is there and is left to ship."""
        request = self.requests[reference]
        parcel: dict[str, int] = {}
        for key, units in wants.items():
            pool = (request.warehouse, request.items[key])
            n = min(units, request.left(key), self.on_hand[pool])
            if n > 0:
                request.shipped[key] = request.shipped.get(key, 0) + n
                self.on_hand[pool] -= n
                parcel[key] = n
        if not parcel:
            return None
        by_code: dict[str, int] = {}
        for key, n in parcel.items():
            code = request.items[key].upper()
            by_code[code] = by_code.get(code, 0) + n
        event = ShipmentConfirmed(
            reference=reference,
            shipment_id=f"s{self.t}",
            warehouse=request.warehouse,
            lines=tuple(Units(code, n) for code, n in by_code.items()),
            tracking=Tracking(),
            occurred_at=at(self.t),
            sequence=self._seq,
            final=final or not any(request.left(key) for key in request.units),
        )
        return lambda: self._apply(
            request.order_id,
            lambda order: shipments.shipped(order, event, shipment_id=event.shipment_id, notify_customer=True, now=at(self.t)),
        )

    def cancel_there(self, reference: str, *, confirmed: bool) -> Word:
        """The warehouse decides about a cancellation: all that is left, named line by line. Nothing left: it declines."""
        request = self.requests[reference]
        confirmed = confirmed and any(request.left(key) for key in request.units)
        if confirmed:
            for key in request.units:
                request.cancelled[key] = request.cancelled.get(key, 0) + request.left(key)
        named: dict[str, int] = {}
        for key, n in request.cancelled.items():
            code = request.items[key].upper()
            named[code] = named.get(code, 0) + n
        event = CancellationAnswered(
            reference=reference,
            confirmed=confirmed,
            occurred_at=at(self.t),
            sequence=self._seq,
            lines=tuple(Units(code, n) for code, n in named.items() if n) if confirmed else (),
        )
        return lambda: self._apply(
            request.order_id, lambda order: submissions.cancellation_answered(order, event, now=at(self.t))
        )

    def reserve(self, reference: str) -> Word:
        """The warehouse sets the units aside."""
        self.requests[reference].reserved = True
        event = OrderProgressed(
            reference=reference, status="reserved", occurred_at=at(self.t), sequence=self._seq, reserved=True
        )
        order_id = self.requests[reference].order_id
        return lambda: self._apply(order_id, lambda order: submissions.progressed(order, event, now=at(self.t)))

    @property
    def _seq(self) -> int | None:
        return self.t if self.plan.clocked else None

    # -- what the product sends

    def perform(self, key: str, *, refuse: bool = False) -> Word | None:
        """An effect reaches the other side; gives the word of its outcome."""
        effect = self.outbox.pop(key)
        if isinstance(effect, SubmitOrder):
            return self._take(effect, refuse=refuse)
        if isinstance(effect, MoveFulfillmentOrder):
            sale = self.sales[effect.order_id]
            lines = {units.key: units.units for units in effect.lines}
            if sale.cancelled:
                return None
            self.move(sale, lines, effect.from_location_id, effect.to_location_id)
            return lambda: self._apply(effect.order_id, lambda order: self._moved(order, effect))
        if isinstance(effect, RecordFulfillment):
            return self._record(effect)
        return None

    def _take(self, effect: SubmitOrder, *, refuse: bool) -> Word:
        request = self.requests[effect.reference]
        if refuse:
            request.refused = True
            word = OrderRefused(reference=effect.reference, reason="no")
            return lambda: self._apply(request.order_id, lambda order: submissions.refused(order, word, now=at(self.t)))
        request.accepted = True
        event = OrderAccepted(reference=effect.reference, warehouse_ref="w", occurred_at=at(self.t), sequence=self._seq)
        return lambda: self._apply(request.order_id, lambda order: submissions.accepted(order, event, now=at(self.t)))

    def _moved(self, order: Order, effect: MoveFulfillmentOrder) -> Decision:
        submit = placing.submit_effect(order.snapshot, order.submission(effect.reference))
        return submissions.submit_now(order, effect.reference, submit, now=at(self.t))

    def _record(self, effect: RecordFulfillment) -> Word | None:
        sale = self.sales[effect.order_id]
        lines = {units.key: units.units for units in effect.lines}
        if any(sale.open.get((effect.location_id, key), 0) < n for key, n in lines.items()):
            return None
        for key, n in lines.items():
            sale.open[effect.location_id, key] -= n
        record = f"f-{effect.shipment_id}"
        sale.records[record] = lines
        self.changed(sale)
        event = FulfillmentRecorded(order_id=effect.order_id, shipment_id=effect.shipment_id, fulfillment_id=record)
        return lambda: self._apply(effect.order_id, lambda order: shipments.recorded(order, event, now=at(self.t)))

    # -- what the product is told

    def seen(self, shop: str, snapshot: ChannelOrder) -> None:
        """A reading arrives."""
        before = self.orders.get(snapshot.order_id)
        self._save(placing.see(before, snapshot, shop=shop, facts=self._facts(shop), now=at(self.t)))

    def reported(self, pool: tuple[str, str], figure: Figure) -> None:
        """A figure arrives."""
        if figure.newer_than(self.figures.get(pool)):
            self.figures[pool] = figure
            self._contain()

    def decide(self, order_id: str, decide: Callable[[Order], Decision]) -> None:
        """A person decides."""
        self._apply(order_id, decide)

    def _apply(self, order_id: str, decide: Callable[[Order], Decision]) -> None:
        if order_id in self.orders:
            self._save(decide(self.orders[order_id]))

    def _save(self, decision: Decision) -> None:
        order = decision.order
        assert order is not None
        self.orders[order.snapshot.order_id] = order
        for key in (*decision.withdraw, *(key for key, _ in decision.proven)):
            self.outbox.pop(key, None)
        for effect in decision.effects:
            if effect.key not in self.keys:
                self.keys.add(effect.key)
                self.outbox[effect.key] = effect
        for submission in order.submissions:
            self._know(order, submission)
        self._contain()

    def _know(self, order: Order, submission: Submission) -> None:
        """What was decided will be asked for: the truth counts it as demand from now on, until it is over without being sent."""
        request = self.requests.setdefault(
            submission.reference,
            Request(
                order.snapshot.order_id,
                submission.warehouse,
                {line.line_id: line.item_code.lower() for line in submission.lines},
                {line.line_id: line.units for line in submission.lines},
            ),
        )
        withdrawn = submission.state is SubmissionState.CANCELLED and not request.accepted
        if withdrawn and f"submit:{submission.reference}" not in self.outbox:
            request.cancelled = dict(request.units)

    def _facts(self, shop: str) -> Facts:
        entries = [
            Crossref(inventory_item_id=item, connection="wms", warehouse=w, item_code=item.upper()) for w, item in self.on_hand
        ]
        return Facts(
            account="acme",
            codes=Codes(entries),
            candidates=tuple(
                Candidate(connection="wms", warehouse=w, location_id=location, priority=1)
                for (owner, location), group in self.plan.feeds.items()
                if owner == shop
                for w in group
            ),
            free={
                ("wms", w, item.upper()): figure.counted(["A"]) - self.claimed[w, item]
                for (w, item), figure in self.figures.items()
            },
            live=True,
            start_line=None,
            unsent=frozenset(self.outbox),
        )

    def _contain(self) -> None:
        """Book which claims the figures show by now, and what is left of each pool's claims."""
        ledger: dict[tuple[str, str], list[Claim]] = {pool: [] for pool in self.on_hand}
        for order in self.orders.values():
            for submission in order.submissions:
                for line in submission.lines:
                    pool = (submission.warehouse, line.item_code.lower())
                    claim = self._claim(order, submission, line)
                    contained = contained_units(claim, self.figures[pool]) if pool in self.figures else 0
                    self.contained[claim.reference, claim.line_id] = contained
                    ledger[pool].append(replace(claim, contained=contained))
        self.claimed = {pool: outstanding(claims) for pool, claims in ledger.items()}

    def _claim(self, order: Order, submission: Submission, line: ClaimLine) -> Claim:
        """A row of the ledger, as the product knows it."""
        return Claim(
            reference=submission.reference,
            line_id=line.line_id,
            item_code=line.item_code,
            units=line.units,
            cancelled=line.cancelled,
            accepted=line.accepted,
            reserved=line.reserved,
            shipped=tuple(
                (units.units, Mark(sequence=parcel.sequence, heard_at=parcel.received_at))
                for parcel in order.shipments
                if parcel.reference == submission.reference
                for units in parcel.lines
                if units.key == line.line_id
            ),
            contained=self.contained.get((submission.reference, line.line_id), 0),
        )

    # -- the number, by the product and by the truth

    def cells(self) -> list[tuple[str, str, str]]:
        """Every (shop, location, item)."""
        return [(shop, location, item) for shop, location in self.plan.feeds for item in ITEMS]

    def committed(self, shop: str, location: str, item: str) -> int:
        """Units that the shop holds for placed orders."""
        return sum(
            n
            for sale in self.sales.values()
            if sale.shop == shop
            for (place, key), n in sale.open.items()
            if place == location and sale.items[key] == item
        )

    def open_claimed(self, shop: str, location: str, item: str) -> int:
        """Open units at the location that are claimed there, as the product knows them."""
        return sum(
            line.open_units
            for order in self.orders.values()
            if order.shop == shop
            for submission in order.submissions
            if submission.location_id == location and submission.state is not SubmissionState.MOVING
            for line in submission.lines
            if line.inventory_item_id == item
        )

    def published(self, shop: str, location: str, item: str) -> Derivation:
        """What the product would publish this moment."""
        unplaced = unplaced_units(
            committed=self.committed(shop, location, item), reserved=0, open_claimed=self.open_claimed(shop, location, item)
        )
        sources = [
            SourceStock(
                name=w,
                counted=self.figures[w, item].counted(["A"]),
                claimed=self.claimed[w, item],
                keep=self.plan.keep,
                zones="A",
            )
            for w in self.plan.feeds[shop, location]
        ]
        return publishable(sources=sources, unplaced=unplaced)

    def unclaimed(self, shop: str, location: str, item: str) -> int:
        """Units open at the location that nobody has been asked for, in truth. Warehouses know codes and no lines, so two lines
        of one item are one."""
        total = 0
        for sale in self.sales.values():
            keys = [key for key, name in sale.items.items() if name == item]
            if sale.shop == shop and keys:
                remaining = sum(n for (_, line), n in sale.open.items() if line in keys)
                lacking = max(0, remaining - sum(self._asked(sale, key) for key in keys))
                total += min(lacking, sum(sale.open.get((location, key), 0) for key in keys))
        return total

    def _asked(self, sale: Sale, key: str) -> int:
        """Units of a line that some warehouse ships or has shipped, and that the shop still shows as open."""
        asked = sum(
            0 if request.refused else request.units.get(key, 0) - request.cancelled.get(key, 0)
            for request in self.requests.values()
            if request.order_id == sale.order_id
        )
        return asked - sum(lines.get(key, 0) for lines in sale.records.values())

    def sellable(self, shop: str, location: str, item: str) -> int:
        """What can really be sold there: on hand, less what warehouses must still ship, less what nobody was asked for yet."""
        there = 0
        for warehouse in self.plan.feeds[shop, location]:
            there += self.on_hand[warehouse, item]
            there -= sum(
                request.left(key)
                for request in self.requests.values()
                if request.warehouse == warehouse
                for key, name in request.items.items()
                if name == item
            )
        return there - self.unclaimed(shop, location, item)

    def hidden(self, shop: str, location: str, item: str) -> int:
        """Units that closed in the shop at this location without the product having read it yet."""
        return max(0, self.unclaimed(shop, location, item) - self._unplaced(shop, location, item))

    def _unplaced(self, shop: str, location: str, item: str) -> int:
        return unplaced_units(
            committed=self.committed(shop, location, item), reserved=0, open_claimed=self.open_claimed(shop, location, item)
        )

    def fresh(self) -> bool:
        """Has the product read every order since it last changed in its shop?"""
        return all(
            sale.order_id in self.orders and self.orders[sale.order_id].snapshot.updated_at >= at(sale.changed)
            for sale in self.sales.values()
        )
