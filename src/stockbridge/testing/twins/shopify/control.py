"""What people do in a store: buyers order, staff edit, cancel, refund, count shelves, rename SKUs.

Every method takes plain values (SKUs, names, global ids, order names such as ``#1001``), so that the HTTP control API
and the command line offer the same under the same names. Methods give the record that was made or changed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import wraps
from random import Random
from threading import RLock
from typing import Any, TypeVar, cast

from stockbridge.testing.twins.shopify.model import catalogue, fulfillment_orders, fulfillments, orders, refunds, routing
from stockbridge.testing.twins.shopify.model.ids import parse_gid
from stockbridge.testing.twins.shopify.model.levels import change, connect
from stockbridge.testing.twins.shopify.model.orders import Basket, Wish
from stockbridge.testing.twins.shopify.model.refunds import Taken
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Level, Product, Variant
from stockbridge.testing.twins.shopify.records.fulfillment import Fulfillment, FulfillmentOrder
from stockbridge.testing.twins.shopify.records.orders import ZERO, Line, Order, Refund, Return
from stockbridge.testing.twins.shopify.records.places import Address, Location, Service
from stockbridge.testing.twins.shopify.seed import add_customer

Items = Mapping[str, int] | Sequence[Mapping[str, Any]]


F = TypeVar("F", bound=Callable[..., Any])


def locked(method: F) -> F:
    """One thing at a time: the served twin answers requests from another thread."""

    @wraps(method)
    def call(self: "Control", *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return method(self, *args, **kwargs)

    return cast(F, call)


class Unknown(LookupError):
    """There is no such thing in this shop."""


class Control:
    """The people of one shop."""

    def __init__(self, world: World, lock: AbstractContextManager[bool] | None = None) -> None:
        self.world = world
        self.lock = lock or RLock()
        self._rng = Random(f"{world.seed}:people")

    # -- finding things ------------------------------------------------------------------------------------------

    def _by_gid(self, rows: Mapping[int, Any], text: str | int) -> Any:
        if isinstance(text, int):
            return rows.get(text)
        parsed = parse_gid(text)
        return rows.get(parsed[1]) if parsed else None

    def order(self, ref: str | int | Order) -> Order:
        """By global id, number or name."""
        if isinstance(ref, Order):
            return ref
        found = self._by_gid(self.world.orders, ref)
        found = found or next((x for x in self.world.orders.values() if ref in (x.name, x.number)), None)
        if found is None:
            raise Unknown(f"No order {ref}.")
        return found

    def location(self, ref: str | int | Location) -> Location:
        """By global id or name."""
        if isinstance(ref, Location):
            return ref
        found = self._by_gid(self.world.locations, ref)
        found = found or next((x for x in self.world.locations.values() if x.name == ref), None)
        if found is None:
            raise Unknown(f"No location {ref}.")
        return found

    def variant(self, ref: str | int | Variant) -> Variant:
        """By global id (of the variant or its inventory item) or SKU."""
        if isinstance(ref, Variant):
            return ref
        found = self._by_gid(self.world.variants, ref)
        found = found or next((x for x in self.world.variants.values() if x.item.sku == ref), None)
        if found is None:
            item = self._by_gid(self.world.items, ref)
            found = item.variants[0] if item and item.variants else None
        if not isinstance(found, Variant):
            raise Unknown(f"No variant {ref}.")
        return found

    def item(self, ref: str | int | InventoryItem) -> InventoryItem:
        """By global id or SKU."""
        if isinstance(ref, InventoryItem):
            return ref
        return self._by_gid(self.world.items, ref) or self.variant(ref).item

    def line(self, order: Order, ref: str | int | Line) -> Line:
        """A line of an order by global id or SKU."""
        if isinstance(ref, Line):
            return ref
        found = self._by_gid(self.world.lines, ref) or next((x for x in order.lines if x.sku == ref), None)
        if found is None or found.order is not order:
            raise Unknown(f"No line {ref} in {order.name}.")
        return found

    # -- buyers --------------------------------------------------------------------------------------------------

    @locked
    def place(
        self,
        items: Items,
        *,
        at: str | int | Location | None = None,
        address: Mapping[str, Any] | Address | None = None,
        paid: bool = True,
        oversell: bool = False,
        discount_percent: int = 0,
        method: str = "SHIPPING",
        source_name: str = "web",
        note: str | None = None,
        tags: Sequence[str] = (),
        attributes: Mapping[str, str] | None = None,
        risk: str = "LOW",
        test: bool = False,
        shipping_title: str = "Standard",
    ) -> Order:
        """Places an order. ``items``: SKU to quantity, or rows ``{sku|title, quantity, price, requires_shipping}``.

        Raises routing.SoldOut if stock is missing and overselling is not allowed.
        """
        world = self.world
        world.new_event()
        people = list(world.customers.values())
        buyer = self._rng.choice(people) if people else add_customer(world, self._rng)
        to = Address(**address) if isinstance(address, Mapping) else address or buyer.address
        basket = Basket(
            self._wishes(items),
            customer=buyer,
            address=to,
            at=self.location(at) if at is not None else None,
            paid=paid,
            oversell=oversell,
            discount_percent=discount_percent,
            method=method,
            source_name=source_name,
            note=note,
            tags=list(tags),
            attributes=list((attributes or {}).items()),
            risk=risk,
            test=test,
            shipping_title=shipping_title,
        )
        return orders.place(world, basket)

    def _wishes(self, items: Items) -> list[Wish]:
        if isinstance(items, Mapping):
            return [Wish(self.variant(sku), quantity) for sku, quantity in items.items()]
        out = []
        for row in items:
            price = Decimal(str(row["price"])) if "price" in row else None
            found = self.variant(row["sku"]) if row.get("sku") else None
            ships = bool(row.get("requires_shipping", True))
            extra = tuple((row.get("attributes") or {}).items())
            out.append(Wish(found, int(row.get("quantity", 1)), str(row.get("title", "")), price, ships, extra))
        return out

    @locked
    def sell_over_the_counter(self, items: Items, *, at: str | int | Location) -> Order:
        """A point-of-sale purchase: paid, handed over and fulfilled on the spot."""
        order = self.place(items, at=at, method="RETAIL", source_name="pos", oversell=True)
        self.route_now(order)
        self.fulfill(order)
        return order

    @locked
    def route_now(self, order: str | int | Order) -> Order:
        """Lets the routing worker finish with this order at once."""
        found = self.order(order)
        routing.route(self.world, found)
        return found

    @locked
    def return_goods(self, order: str | int | Order, items: Mapping[str, int], *, requested: bool = False) -> Return:
        """A buyer announces that goods come back."""
        self.world.new_event()
        found = self.order(order)
        return refunds.open_return(
            self.world, found, [(self.line(found, sku), n) for sku, n in items.items()], requested=requested
        )

    @locked
    def receive_return(self, made: Return | int, *, restock_at: str | int | Location | None = None) -> Refund:
        """Staff unpack a return: refunded, and restocked if a location is named."""
        self.world.new_event()
        found = made if isinstance(made, Return) else self.world.returns[made]
        place = self.location(restock_at) if restock_at is not None else None
        return refunds.receive_return(self.world, found, restock_at=place, pay_back=True)

    # -- staff: orders -------------------------------------------------------------------------------------------

    @locked
    def edit(
        self,
        order: str | int | Order,
        *,
        quantities: Mapping[str, int] | None = None,
        add: Items | None = None,
        restock: bool = True,
    ) -> Order:
        """Edits an order: lines to new quantities (by SKU), and new items."""
        self.world.new_event()
        found = self.order(order)
        changes = [(self.line(found, sku), n) for sku, n in (quantities or {}).items()]
        wishes = self._wishes(add) if add else []
        added = [orders.line_for(found, wish) for wish in wishes]
        refunds.edit(self.world, found, changes, added, restock=restock)
        return found

    @locked
    def cancel(self, order: str | int | Order, *, reason: str = "CUSTOMER", restock: bool = True, refund: bool = True) -> Order:
        """Cancels at once, as the admin does. Raises ValueError with Shopify's words if it cannot be."""
        self.world.new_event()
        found = self.order(order)
        text = orders.cancel_problem(found)
        if text is not None:
            raise ValueError(text)
        orders.cancel(self.world, found, reason=reason, restock=restock, refund=refund)
        return found

    @locked
    def refund(
        self,
        order: str | int | Order,
        items: Mapping[str, int],
        *,
        restock: str = "CANCEL",
        at: str | int | Location | None = None,
    ) -> Refund:
        """Refunds units: ``CANCEL`` (not shipped, back on offer), ``RETURN`` (needs ``at``) or ``NO_RESTOCK``."""
        self.world.new_event()
        found = self.order(order)
        place = self.location(at) if at is not None else None
        taken = [Taken(self.line(found, sku), n, restock, place) for sku, n in items.items()]
        money = min(sum((x.line.price * x.quantity for x in taken), ZERO), found.received - found.refunded)
        errors = refunds.refund_problems(found, taken, money, over=False)
        if errors:
            raise ValueError(errors[0]["message"])
        return refunds.refund(self.world, found, taken, money=money, note=None)

    @locked
    def fulfill(self, order: str | int | Order, *, tracking: Mapping[str, Any] | None = None) -> list[Fulfillment]:
        """A person (or another app) ships everything that is open, one fulfillment per fulfillment order."""
        self.world.new_event()
        made = []
        for one in [x for x in self.order(order).fulfillment_orders if x.status in ("OPEN", "IN_PROGRESS")]:
            rows = fulfillments.parcels(tracking)
            made.append(fulfillments.create(self.world, [(one, None)], tracking=rows, app=None))
        return made

    @locked
    def hold(self, order: str | int | Order, *, reason: str = "OTHER", handle: str = "staff") -> list[FulfillmentOrder]:
        """A person or a fraud app puts everything open on hold."""
        self.world.new_event()
        rows = [x for x in self.order(order).fulfillment_orders if x.is_open]
        for one in rows:
            made = fulfillment_orders.hold_by(self.world, None, reason, handle, None)
            fulfillment_orders.hold(self.world, one, made, None)
        return rows

    @locked
    def release(self, order: str | int | Order) -> Order:
        """Takes every hold off an order."""
        self.world.new_event()
        found = self.order(order)
        for one in found.fulfillment_orders:
            fulfillment_orders.release(self.world, one, list(one.holds))
        return found

    @locked
    def move(self, order: str | int | Order, to: str | int | Location) -> Order:
        """Staff move everything open to another location."""
        self.world.new_event()
        found = self.order(order)
        for one in [x for x in found.fulfillment_orders if x.is_open]:
            _, _, errors = fulfillment_orders.move(self.world, one, self.location(to), None)
            if errors:
                raise ValueError(errors[0]["message"])
        return found

    # -- staff: stock and catalogue ------------------------------------------------------------------------------

    def level(self, item: str | int | InventoryItem, at: str | int | Location) -> Level | None:
        """The level row, or None where the item was never stocked."""
        return self.item(item).levels.get(self.location(at).id)

    @locked
    def set_stock(self, item: str | int, at: str | int | Location, *, name: str = "available", quantity: int) -> Level:
        """Staff type a new figure: ``available``, ``on_hand``, or another state."""
        self.world.new_event()
        level = connect(self.world, self.item(item), self.location(at).id, cause="edited by hand")
        delta = quantity - level.quantity(name)
        change(self.world, level, {"available" if name == "on_hand" else name: delta}, cause="edited by hand", by="staff")
        return level

    @locked
    def adjust_stock(self, item: str | int, at: str | int | Location, delta: int, *, name: str = "available") -> Level:
        """Staff add or take away units."""
        self.world.new_event()
        level = connect(self.world, self.item(item), self.location(at).id, cause="edited by hand")
        change(self.world, level, {name: delta}, cause="edited by hand", by="staff")
        return level

    @locked
    def add_location(self, name: str, *, service: bool = False, **address: Any) -> Location:
        """A new location; with ``service`` it belongs to a fulfillment service."""
        self.world.new_event()
        at = Address(**{"city": "Berlin", "country": "Germany", "country_code": "DE", **address})
        made = catalogue.add_location(self.world, name, at, priority=len(self.world.locations))
        if service:
            handle = name.lower().replace(" ", "-")
            made.service = Service(self.world.mint("FulfillmentService"), handle, name, location=made)
            made.ships_inventory = False
        return made

    @locked
    def deactivate_location(self, at: str | int | Location, *, to: str | int | Location | None = None) -> Location:
        """Closes a location; its stock moves if a destination is named."""
        self.world.new_event()
        place = self.location(at)
        catalogue.deactivate_location(self.world, place, self.location(to) if to is not None else None)
        return place

    @locked
    def activate_location(self, at: str | int | Location) -> Location:
        """Opens a closed location."""
        self.world.new_event()
        place = self.location(at)
        catalogue.activate_location(self.world, place)
        return place

    @locked
    def add_product(
        self,
        title: str,
        *,
        sku: str | None,
        price: str = "10.00",
        stock: Mapping[str, int] | None = None,
        tracked: bool = True,
        weight_kg: float = 0.1,
        requires_shipping: bool = True,
        policy: str = "DENY",
    ) -> Product:
        """A product with one variant, stocked at the named locations."""
        self.world.new_event()
        made = catalogue.add_product(self.world, title, vendor="Nordlicht")
        at = {self.location(name).id: n for name, n in (stock or {}).items()}
        variant = catalogue.add_variant(
            self.world, made, sku=sku, price=Decimal(price), tracked=tracked, weight_kg=weight_kg, stock=at
        )
        variant.item.requires_shipping, variant.inventory_policy = requires_shipping, policy
        self.world.emit("products/create", made)
        return made

    @locked
    def bundle(self, title: str, *, sku: str, parts: Mapping[str, int], price: str = "30.00") -> Product:
        """A bundle: orders of it carry its components, its own stock cannot be set."""
        made = self.add_product(title, sku=sku, price=price)
        variant = made.variants[0]
        variant.requires_components = True
        variant.components = [(self.variant(part), n) for part, n in parts.items()]
        return made

    @locked
    def change_sku(self, item: str | int, sku: str | None) -> InventoryItem:
        """The merchant renames a SKU."""
        self.world.new_event()
        found = self.item(item)
        catalogue.change_sku(self.world, found, sku)
        return found

    @locked
    def delete_variant(self, variant: str | int) -> None:
        """The merchant deletes a variant."""
        self.world.new_event()
        catalogue.delete_variant(self.world, self.variant(variant))
