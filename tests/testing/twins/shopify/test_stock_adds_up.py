"""Whatever people and apps do, the quantities add up, and the ledger can rebuild them."""

from collections import defaultdict
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


# --- the Admin API, with every state by name --------------------------------------------------------------------------------

BUCKETS = ("available", "incoming", "reserved", "damaged", "quality_control", "safety_stock")
SKUS = ("MUG-WHITE", "PAN24")
ACTS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(("available", "on_hand")), st.integers(-5, 60)),
    st.tuples(st.just("adjust"), st.sampled_from(BUCKETS), st.integers(-20, 20)),
    st.tuples(st.just("shift"), st.sampled_from(BUCKETS), st.sampled_from(BUCKETS), st.integers(1, 10)),
    st.tuples(st.just("toggle"), st.booleans()),
    st.tuples(st.just("order"), st.integers(1, 5)),
    st.tuples(st.just("ship")),
    st.tuples(st.just("split")),
    st.tuples(st.just("merge")),
    st.tuples(st.just("cancel"), st.booleans()),
    st.tuples(st.just("bring_back"), st.booleans()),
)


class Shelf:
    """One item at one place, and what Shopify says a state is (fact sheet D.2): the model that the twin is held to."""

    def __init__(self, sku: str, at: str) -> None:
        self.twin = ShopifyTwin(seed=3)
        self.sku, self.at, self.keys = sku, at, 0
        self.item = f"gid://shopify/InventoryItem/{self.twin.control.item(sku).id}"
        self.place = f"gid://shopify/Location/{self.twin.control.location(at).id}"
        self.expected = self.states()

    def states(self) -> dict[str, int]:
        level = self.twin.control.level(self.sku, self.at)
        assert level is not None
        return {**level.states, "on_hand": level.on_hand}

    def call(self, field: str, kind: str, /, **given: Any) -> bool:
        """One inventory mutation; says whether it was accepted."""
        self.keys += 1
        text = f"mutation M($i: {kind}!, $k: String!) {{ {field}(input: $i) @idempotent(key: $k) {{ userErrors {{ code }} }} }}"
        answer = self.twin.graphql(text, {"i": {"reason": "correction", **given}, "k": f"k{self.keys}"})
        assert "errors" not in answer, answer
        return not answer["data"][field]["userErrors"]

    def add(self, **deltas: int) -> None:
        for name, delta in deltas.items():
            self.expected[name] += delta
            if name in ON_HAND_STATES:
                self.expected["on_hand"] += delta

    def do_set(self, name: str, quantity: int) -> None:
        row = {"inventoryItemId": self.item, "locationId": self.place, "quantity": quantity, "changeFromQuantity": None}
        done = self.call("inventorySetQuantities", "InventorySetQuantitiesInput", name=name, quantities=[row])
        assert done == (name == "available" or quantity >= 0)
        if done:
            self.add(available=quantity - self.expected[name])

    def do_adjust(self, name: str, delta: int) -> None:
        row: dict[str, Any] = {
            "inventoryItemId": self.item,
            "locationId": self.place,
            "delta": delta,
            "changeFromQuantity": None,
        }
        row |= {} if name == "available" else {"ledgerDocumentUri": "https://bridge.example/1"}
        if self.call("inventoryAdjustQuantities", "InventoryAdjustQuantitiesInput", name=name, changes=[row]):
            self.add(**{name: delta})

    def do_shift(self, source: str, target: str, units: int) -> None:
        def end(name: str) -> dict[str, Any]:
            uri = {} if name == "available" else {"ledgerDocumentUri": f"https://bridge.example/{name}"}
            return {"locationId": self.place, "name": name, "changeFromQuantity": None, **uri}

        row = {"inventoryItemId": self.item, "quantity": units, "from": end(source), "to": end(target)}
        uri = "https://bridge.example/doc"
        if self.call("inventoryMoveQuantities", "InventoryMoveQuantitiesInput", referenceDocumentUri=uri, changes=[row]):
            self.add(**{source: -units})
            self.add(**{target: units})

    def do_toggle(self, active: bool) -> None:
        """A level that is switched off keeps its quantities."""
        level = self.twin.control.level(self.sku, self.at)
        assert level is not None
        if active:
            text = 'mutation M($i: ID!, $l: ID!) { inventoryActivate(inventoryItemId: $i, locationId: $l) @idempotent(key: "%s") { userErrors { message } } }'
            self.keys += 1
            self.twin.graphql(text % f"k{self.keys}", {"i": self.item, "l": self.place})
        else:
            gid = f"gid://shopify/InventoryLevel/{level.id}?inventory_item_id={level.item.id}"
            self.twin.graphql(f'mutation {{ inventoryDeactivate(inventoryLevelId: "{gid}") {{ userErrors {{ message }} }} }}')

    def do_order(self, units: int) -> None:
        order = self.twin.control.place({self.sku: units}, at=self.at, oversell=True)
        self.twin.control.route_now(order)
        self.add(available=-units, committed=units)

    def last(self) -> Any:
        rows = [x for x in self.twin.world.orders.values() if x.cancelled_at is None]
        return rows[-1] if rows else None

    def do_ship(self) -> None:
        if order := self.last():
            units = sum(x.remaining for x in order.fulfillment_orders if x.status == "OPEN")
            self.twin.control.fulfill(order)
            self.add(committed=-units)

    def do_split(self) -> None:
        order = self.last()
        one = next((x for x in (order.fulfillment_orders if order else ()) if x.status == "OPEN" and x.remaining > 1), None)
        if one is not None:
            row = f'{{id: "gid://shopify/FulfillmentOrderLineItem/{one.lines[0].id}", quantity: 1}}'
            gid = f'fulfillmentOrderId: "gid://shopify/FulfillmentOrder/{one.id}"'
            asked = f"fulfillmentOrderSplits: [{{{gid}, fulfillmentOrderLineItems: [{row}]}}]"
            answer = self.twin.graphql(f"mutation {{ fulfillmentOrderSplit({asked}) {{ userErrors {{ message }} }} }}")
            assert answer["data"]["fulfillmentOrderSplit"]["userErrors"] == []

    def do_merge(self) -> None:
        """What was split, or is split for the purpose."""
        if not self.last():
            self.do_order(3)
        self.do_split()
        order = self.last()
        rows = [x for x in (order.fulfillment_orders if order else ()) if x.status == "OPEN"]
        if len(rows) > 1:
            intents = ", ".join(f'{{fulfillmentOrderId: "gid://shopify/FulfillmentOrder/{x.id}"}}' for x in rows)
            asked = f"fulfillmentOrderMergeInputs: [{{mergeIntents: [{intents}]}}]"
            answer = self.twin.graphql(f"mutation {{ fulfillmentOrderMerge({asked}) {{ userErrors {{ message }} }} }}")
            assert answer["data"]["fulfillmentOrderMerge"]["userErrors"] == []

    def do_cancel(self, restock: bool) -> None:
        order = self.last()
        if order and not order.fulfillments:
            units = sum(line.unfulfilled_quantity for line in order.lines)
            self.twin.control.cancel(order, restock=restock)
            self.add(committed=-units, **({"available": units} if restock else {}))

    def do_bring_back(self, restock: bool) -> None:
        """A return of one unit: on the shelf again only if somebody says where."""
        order = self.last()
        if order and any(line.fulfilled > line.refunded for line in order.lines) and not order.returns:
            made = self.twin.control.return_goods(order, {self.sku: 1})
            self.twin.control.receive_return(made, restock_at=self.at if restock else None)
            self.add(available=1 if restock else 0)


@settings(max_examples=25, deadline=None)
@given(sku=st.sampled_from(SKUS), at=st.sampled_from(PLACES), acts=st.lists(ACTS, min_size=1, max_size=15))
def test_every_state_is_what_the_rules_say_after_any_sequence_of_acts(sku: str, at: str, acts: list[tuple[Any, ...]]) -> None:
    shelf = Shelf(sku, at)
    for name, *details in acts:
        getattr(shelf, f"do_{name}")(*details)
        assert shelf.states() == shelf.expected, name
        check(shelf.twin)
    replay(shelf.twin)


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
