"""Whatever people and apps do, the quantities add up, and the ledger can rebuild them."""

from collections import defaultdict
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.twins.shopify.records.catalogue import ON_HAND_STATES

PLACES = ["Berlin Central", "Hamburg Port", "München South"]


def check(twin: ShopifyTwin) -> None:
    """The laws: committed is what open units need, on hand is a sum, lines never go below zero."""
    world = twin.world
    owed: dict[tuple[int, int], int] = defaultdict(int)
    for order in world.orders.values():
        for line in order.lines:
            assert 0 <= line.fulfilled <= line.quantity
            assert line.unfulfilled_quantity >= 0
            assert line.current_quantity >= 0
            for place, units in line.allocation.items():
                owed[(line.variant.item.id, place)] += units
            open_units = sum(
                part.remaining_quantity
                for one in order.fulfillment_orders
                if one.is_open
                for part in one.lines
                if part.line is line
            )
            if order.cancelled_at is None:
                assert open_units + sum(line.allocation.values()) == line.unfulfilled_quantity, (order.name, line.sku)
        for one in order.fulfillment_orders:
            for part in one.lines:
                assert 0 <= part.remaining_quantity <= part.total_quantity
                if one.is_open:
                    owed[(part.line.variant.item.id, one.location.id)] += part.remaining_quantity
            if one.status in ("OPEN", "ON_HOLD", "IN_PROGRESS"):
                assert one.remaining > 0, one.status
    for level in world.levels.values():
        assert level.states["committed"] == owed[(level.item.id, level.location_id)], (level.item.sku, level.states)
        assert level.on_hand == sum(level.states[name] for name in ON_HAND_STATES)


def replay(twin: ShopifyTwin) -> None:
    """The sum of all changes on the ledger is what the levels hold."""
    totals: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    last: dict[tuple[str, str], dict[str, int]] = {}
    for entry in twin.ledger.of("level_changed"):
        key = (entry.data["item"], entry.data["location"])
        for name, delta in entry.data["deltas"].items():
            totals[key][name] += delta
        last[key] = entry.data["after"]
    for level in twin.world.levels.values():
        key = (f"gid://shopify/InventoryItem/{level.item.id}", f"gid://shopify/Location/{level.location_id}")
        assert {name: totals[key][name] for name in level.states} == level.states
        assert last[key]["on_hand"] == level.on_hand


class Walk:
    """A seeded day in a shop: one random act after another."""

    def __init__(self, seed: int) -> None:
        self.twin = ShopifyTwin(seed=seed)
        self.rng = Random(seed)
        self.skus = sorted(x.item.sku for x in self.twin.world.variants.values() if x.item.sku)[:6]

    def order(self) -> Any:
        rows = [x for x in self.twin.world.orders.values() if x.cancelled_at is None]
        return self.rng.choice(rows) if rows else None

    def step(self) -> None:
        act = self.rng.choice([name for name in dir(self) if name.startswith("do_")])
        order = self.order()
        if act in ("do_place", "do_sell", "do_stock", "do_time") or order is not None:
            getattr(self, act)(order)

    def basket(self) -> dict[str, int]:
        return {sku: self.rng.randint(1, 4) for sku in self.rng.sample(self.skus, self.rng.randint(1, 3))}

    def do_place(self, order: Any) -> None:
        with suppress(SoldOut):
            self.twin.control.place(self.basket(), oversell=self.rng.random() < 0.3)

    def do_sell(self, order: Any) -> None:
        self.twin.control.sell_over_the_counter(self.basket(), at=self.rng.choice(PLACES))

    def do_stock(self, order: Any) -> None:
        self.twin.control.set_stock(self.rng.choice(self.skus), self.rng.choice(PLACES), quantity=self.rng.randint(0, 30))

    def do_time(self, order: Any) -> None:
        self.twin.advance(self.rng.random())

    def do_edit(self, order: Any) -> None:
        line = self.rng.choice(order.lines)
        wanted = {line.sku: self.rng.randint(0, 6)}
        extra = {self.rng.choice(self.skus): 1} if self.rng.random() < 0.3 else None
        self.twin.control.edit(order, quantities=wanted, add=extra, restock=self.rng.random() < 0.8)

    def do_cancel(self, order: Any) -> None:
        self.attempt(lambda: self.twin.control.cancel(order, restock=self.rng.random() < 0.7))

    def do_refund(self, order: Any) -> None:
        line, kind = self.rng.choice(order.lines), self.rng.choice(["CANCEL", "RETURN", "NO_RESTOCK"])
        if kind == "RETURN" and not line.fulfilled:
            return
        at = self.rng.choice(PLACES) if kind == "RETURN" else None
        units = self.rng.randint(1, max(1, line.fulfilled - line.refunded)) if kind == "RETURN" else 1
        if kind == "RETURN" and line.fulfilled - line.refunded < units:
            return
        self.attempt(lambda: self.twin.control.refund(order, {line.sku: units}, restock=kind, at=at))

    def do_ship(self, order: Any) -> None:
        rows = [x for x in order.fulfillment_orders if x.status in ("OPEN", "IN_PROGRESS")]
        if rows:
            one = self.rng.choice(rows)
            part = self.rng.choice([x for x in one.lines if x.remaining_quantity])
            self.mutate("fulfillmentCreate", one, part, self.rng.randint(1, part.remaining_quantity))

    def do_take_back(self, order: Any) -> None:
        if order.fulfillments:
            made = self.rng.choice(order.fulfillments)
            if not any(line.line.refunded for line in made.lines):
                text = "mutation C($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
                self.twin.graphql(text, {"id": f"gid://shopify/Fulfillment/{made.id}"})

    def do_move(self, order: Any) -> None:
        rows = [x for x in order.fulfillment_orders if x.is_open]
        if rows:
            one = self.rng.choice(rows)
            part = self.rng.choice([x for x in one.lines if x.remaining_quantity])
            self.mutate("fulfillmentOrderMove", one, part, self.rng.randint(1, part.remaining_quantity))

    def do_split_or_hold(self, order: Any) -> None:
        if self.rng.random() < 0.5:
            self.twin.control.hold(order, handle=str(self.rng.random()))
        else:
            self.twin.control.release(order)

    def mutate(self, name: str, one: Any, part: Any, units: int) -> None:
        row = f'[{{id: "gid://shopify/FulfillmentOrderLineItem/{part.id}", quantity: {units}}}]'
        gid = f'"gid://shopify/FulfillmentOrder/{one.id}"'
        if name == "fulfillmentCreate":
            args = f"fulfillment: {{lineItemsByFulfillmentOrder: [{{fulfillmentOrderId: {gid}, fulfillmentOrderLineItems: {row}}}]}}"
        else:
            place = self.twin.control.location(self.rng.choice(PLACES)).id
            args = f'id: {gid}, newLocationId: "gid://shopify/Location/{place}", fulfillmentOrderLineItems: {row}'
        answer = self.twin.graphql(f"mutation {{ {name}({args}) {{ userErrors {{ message }} }} }}")
        assert "errors" not in answer, answer

    def attempt(self, act: Any) -> None:
        """Refusals are part of the day."""
        with suppress(ValueError):
            act()


@pytest.mark.parametrize("seed", range(12))
def test_a_random_day_keeps_the_books_straight(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(150):
        walk.step()
        check(walk.twin)
    replay(walk.twin)
    assert len(walk.twin.world.orders) > 5


def test_the_same_day_twice_is_the_same_to_the_last_entry() -> None:
    """Same seed, same calls: same ids, same ledger."""
    days = []
    for _ in range(2):
        walk = Walk(99)
        for _ in range(80):
            walk.step()
        days.append([entry.as_dict() for entry in walk.twin.ledger])
    assert days[0] == days[1]
    other = Walk(98)
    for _ in range(80):
        other.step()
    assert [entry.as_dict() for entry in other.twin.ledger] != days[0]


def test_ids_look_like_shopifys_and_differ_between_shops() -> None:
    first, second = ShopifyTwin(seed=1), ShopifyTwin(seed=2)
    ours = [twin.control.place({"PAN24": 1}).id for twin in (first, second)]
    assert ours[0] != ours[1]
    assert all(5_900_000_000_000 < one < 6_000_000_000_000 for one in ours)
