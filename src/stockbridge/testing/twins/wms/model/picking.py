"""An order's way through the warehouse: accepted, set aside, picked, packed, shipped in parcels, or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from stockbridge.testing.twins.wms.config import draw
from stockbridge.testing.twins.wms.model.core import Core, Step, TwinError
from stockbridge.testing.twins.wms.model.records import Order, OrderLine

CARRIERS = (("DHL", "https://dhl.example/track/"), ("UPS", "https://ups.example/track/"), ("DPD", "https://dpd.example/track/"))


class Picking(Core):
    """What happens to orders."""

    def find(self, reference: str) -> Order | None:
        """The oldest order with our reference that the WMS remembers."""
        return next(iter(self.orders.get(reference, ())), None)

    def order(self, reference: str) -> Order:
        """The oldest order with our reference; raises TwinError when there is none."""
        found = self.find(reference)
        if found is None:
            raise TwinError(f"There is no order {reference}.")
        return found

    def accept(self, request: Mapping[str, Any]) -> Order:
        """Take an order whose warehouse and items are known. A second one with the same reference is a second order."""
        with self.lock:
            self.run_due()
            lines = [
                OrderLine(line_id=each.get("line_id", ""), item_code=each["item_code"], ordered=each["units"])
                for each in request["lines"]
            ]
            warehouse, reference = request["warehouse"], request["reference"]
            with self._step(warehouse, {line.item_code for line in lines}, "accepted") as step:
                order = Order(
                    order_id=f"WO-{self.born}-{self._next('order')}",
                    reference=reference,
                    warehouse=warehouse,
                    lines=lines,
                    accepted_at=step.moment,
                    sequence=step.sequence,
                    changed_sequence=step.sequence,
                    request=request,
                )
                self.orders.setdefault(reference, []).append(order)
                order.charged = self.shelves[warehouse].charge(order.open())
                self._note(step, "accepted", reference, warehouse, order_id=order.order_id, lines=order.open())
                if self.config.reserve_on_accept:
                    self._reserve(order, step)
                self.desk.send("order.accepted", order.to_wire(), step.moment)
            if not self.pace.manual:
                self.later(self._varied(order, "pick", self.pace.pick_s), lambda: self._begin(order))
            return order

    def refuse(self, request: Mapping[str, Any], code: str) -> None:
        """Write down that an order was not taken."""
        with self.lock:
            moment = Step(self.sequence, self._moment)
            self._note(moment, "refused", str(request.get("reference", "")), str(request.get("warehouse", "")), code=code)

    def pick(self, reference: str) -> bool:
        """Begin to pick: set all open units aside. False: not all of them are there; the order waits for stock."""
        with self.lock:
            self.run_due()
            return self._begin(self.order(reference))

    def _begin(self, order: Order) -> bool:
        if order.status not in ("accepted", "backordered") or self.find(order.reference) is None:
            return False
        with self._step(order.warehouse, order.open(), "reserved") as step:
            order.changed_sequence = step.sequence
            ready = order.reserved_sequence is not None or self._reserve(order, step)
            order.status = "picking" if ready else "backordered"
            self._tell_status(order, step)
        if not ready:
            if order not in self._waiting:
                self._waiting.append(order)
            return False
        if not self.pace.manual:
            self.later(self._varied(order, "pack", self.pace.pack_s), lambda: self._packed(order))
        return True

    def _reserve(self, order: Order, step: Step) -> bool:
        spots = self.shelves[order.warehouse].reserve(order.open())
        if spots is None:
            return False
        order.reserved, order.reserved_at, order.reserved_sequence = spots, step.moment, step.sequence
        self._note(step, "reserved", order.reference, order.warehouse, order_id=order.order_id, lines=order.open())
        return True

    def _packed(self, order: Order) -> None:
        if order.status != "picking":
            return
        with self._step(order.warehouse, (), "packed") as step:
            order.status, order.changed_sequence = "packed", step.sequence
            self._tell_status(order, step)
        wait = self._varied(order, "ship", self.pace.ship_s)
        for place, parcel in enumerate(self._parcels(order)):
            self.later(wait + place * self.pace.parcel_gap_s, partial(self._leave, order, parcel))

    def _parcels(self, order: Order) -> list[dict[str, int]]:
        chance = draw(self.config.seed, "parcels", order.reference)
        units = [item for item, count in order.open().items() for _ in range(count)]
        wanted = chance.randint(2, self.pace.split_to) if chance.random() < self.pace.split_rate else 1
        return [parcel for parcel in split(units, wanted, len(units)) if parcel]

    def _leave(self, order: Order, parcel: Mapping[str, int]) -> None:
        """A parcel of the plan leaves, less what was cancelled meanwhile. Not there any more: the order waits."""
        open_units = order.open()
        wants = {item: left for item, units in parcel.items() if (left := min(units, open_units.get(item, 0)))}
        if not wants or order.status in ("cancelled", "forgotten"):
            return
        if self.shelves[order.warehouse].where_to_take(wants, order.reserved) is None:
            self.later(60, lambda: self._leave(order, parcel))
            return
        self._ship(order, wants)

    def ship(
        self,
        reference: str,
        lines: Mapping[str, int] | None = None,
        *,
        parcels: int = 1,
        final: bool = False,
        carrier: str = "",
    ) -> list[dict[str, Any]]:
        """Ship item codes and units (all that is open, if None) in so many parcels. ``final``: the rest never ships."""
        with self.lock:
            self.run_due()
            order = self.order(reference)
            open_units = order.open()
            wants = dict(open_units if lines is None else lines)
            if not wants or any(units < 1 or units > open_units.get(item, 0) for item, units in wants.items()):
                raise TwinError(f"Order {reference} has {open_units} open; {wants} cannot ship.")
            if self.shelves[order.warehouse].where_to_take(wants, order.reserved) is None:
                raise TwinError(f"Not all of {wants} is on the shelf of {order.warehouse}, free for order {reference}.")
            units = [item for item, count in wants.items() for _ in range(count)]
            parts = [part for part in split(units, parcels, len(units)) if part]
            return [
                self._ship(order, part, final=final and place == len(parts) - 1, carrier=carrier)
                for place, part in enumerate(parts)
            ]

    def _ship(self, order: Order, wants: dict[str, int], *, final: bool = False, carrier: str = "") -> dict[str, Any]:
        shelf = self.shelves[order.warehouse]
        spots = shelf.where_to_take(wants, order.reserved)
        if spots is None:
            raise TwinError(f"{wants} is not on the shelf any more.")
        with self._step(order.warehouse, order.open(), "shipped") as step:
            shelf.take(spots)
            for kind, own in (("reserved", order.reserved), ("charged", order.charged)):
                shelf.release(kind, own, wants, near=spots)
            order.book(wants, "shipped")
            if final:
                self._give_up(order)
            done = not order.open()
            order.status, order.changed_sequence = ("shipped" if done else "partially_shipped"), step.sequence
            shipment = self._paper(order, wants, step, final=done, carrier=carrier)
            order.shipments.append(shipment)
            shipped = {"shipment_id": shipment["shipment_id"], "lines": dict(wants), "tracking": shipment["tracking_numbers"]}
            self._note(step, "shipped", order.reference, order.warehouse, order_id=order.order_id, final=done, **shipped)
            self.desk.send("shipment.confirmed", {"order_id": order.order_id, **shipment}, step.moment)
        return shipment

    def _paper(self, order: Order, wants: Mapping[str, int], step: Step, *, final: bool, carrier: str) -> dict[str, Any]:
        shipment_id = f"SH-{self.born}-{self._next('shipment')}"
        chance = draw(self.config.seed, "tracking", shipment_id)
        name, address = chance.choice([each for each in CARRIERS if each[0] == carrier] or CARRIERS)
        number = f"{name[:2]}{chance.randrange(10**12):012d}"
        return {
            "reference": order.reference,
            "shipment_id": shipment_id,
            "warehouse": order.warehouse,
            "lines": [{"item_code": item, "units": units} for item, units in wants.items()],
            "carrier": carrier or name,
            "tracking_numbers": [number],
            "tracking_urls": [f"{address}{number}"],
            "shipped_at": step.moment,
            "sequence": step.sequence,
            "final": final,
        }

    def _give_up(self, order: Order) -> dict[str, int]:
        """What is open will not ship: it is set free."""
        rest = order.open()
        for kind, own in (("reserved", order.reserved), ("charged", order.charged)):
            self.shelves[order.warehouse].release(kind, own, rest)
        order.book(rest, "given_up")
        return rest

    def _begin_if_there(self, order: Order) -> bool:
        """Tried again only when it will do, so that waiting makes no noise."""
        shelf = self.shelves[order.warehouse]
        return shelf.where_to_take(order.open(), order.reserved) is not None and self._begin(order)

    def _retry_waiting(self) -> None:
        if self.pace.manual:
            return
        waiting, self._waiting = self._waiting, []
        for order in waiting:
            if order.status == "backordered" and not self._begin_if_there(order):
                self._waiting.append(order)

    def _tell_status(self, order: Order, step: Step) -> None:
        self._note(step, "status", order.reference, order.warehouse, order_id=order.order_id, status=order.status)
        data = {
            "reference": order.reference,
            "order_id": order.order_id,
            "status": order.status,
            "at": step.moment,
            "sequence": step.sequence,
            "reserved": order.reserved_sequence == step.sequence,
        }
        self.desk.send("order.status", data, step.moment)

    def _varied(self, order: Order, what: str, seconds: float) -> float:
        share = self.pace.jitter * draw(self.config.seed, what, order.reference).uniform(-1, 1)
        return max(0.0, seconds * (1 + share))


def split(units: list[str], parts: int, total: int) -> list[dict[str, int]]:
    """Units, one by one, as so many parcels of about the same size; no parcel empty where there are units enough."""
    parts = max(1, min(parts, total))
    parcels: list[dict[str, int]] = []
    for place in range(parts):
        parcel: dict[str, int] = {}
        for item in units[place * total // parts : (place + 1) * total // parts]:
            parcel[item] = parcel.get(item, 0) + 1
        parcels.append(parcel)
    return parcels
