"""The warehouse as a whole: orders, cancellations, stock that comes and goes, and what a restore forgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockbridge.testing.twins.wms.model.core import Step, TwinError
from stockbridge.testing.twins.wms.model.picking import Picking
from stockbridge.testing.twins.wms.model.records import Order

#: A restore from a backup takes the counter on, never back: the contract demands it.
RESTORE_JUMP = 1_000


class WmsTwin(Picking):
    """The model. Every public method may be called from any thread; time is the clock's, what is due is done first."""

    def cancel(self, reference: str, reason: str = "") -> dict[str, Any]:
        """Somebody asks to cancel: confirmed, declined or pending, by the twin's policy. A confirmed one stays as it is."""
        with self.lock:
            self.run_due()
            order = self.order(reference)
            settled = order.cancellation is not None and order.cancellation["result"] in ("confirmed", "pending")
            if order.cancellation is not None and settled:
                return order.cancellation
            if self.config.cancel_pending_s and order.open():
                with self._step(order.warehouse, (), "cancel asked") as step:
                    order.cancellation = self._decision(order, step, "pending", reason, {})
                self.later(self.config.cancel_pending_s, lambda: self._decide(order, reason, self._may_cancel(order)))
                return order.cancellation
            return self._decide(order, reason, self._may_cancel(order))

    def decide_cancel(self, reference: str, confirmed: bool, reason: str = "") -> dict[str, Any]:
        """A person in the warehouse decides, whatever the policy says. Nothing open is never cancelled."""
        with self.lock:
            self.run_due()
            order = self.order(reference)
            return self._decide(order, reason, confirmed and bool(order.open()))

    def _may_cancel(self, order: Order) -> bool:
        if not order.open() or self.config.cancels == "never":
            return False
        return self.config.cancels == "always" or order.status in ("accepted", "backordered")

    def _decide(self, order: Order, reason: str, confirmed: bool) -> dict[str, Any]:
        if order.cancellation is not None and order.cancellation["result"] == "confirmed":
            return order.cancellation
        with self._step(order.warehouse, order.open(), "cancelled") as step:
            if confirmed:
                rest = self._give_up(order)
                order.status = "cancelled" if not order.shipments else "shipped"
                order.cancellation = self._decision(order, step, "confirmed", reason, rest)
                self._note(step, "cancelled", order.reference, order.warehouse, order_id=order.order_id, lines=rest)
            else:
                why = f"already {order.status}" if order.open() else "nothing is left to cancel"
                order.cancellation = self._decision(order, step, "declined", why, {})
                self._note(step, "cancel_declined", order.reference, order.warehouse, order_id=order.order_id, why=why)
            event = "order.cancelled" if confirmed else "order.cancel_declined"
            self.desk.send(event, {"order_id": order.order_id, **order.cancellation}, step.moment)
        self._retry_waiting()
        return order.cancellation

    def _decision(self, order: Order, step: Step, result: str, reason: str, lines: Mapping[str, int]) -> dict[str, Any]:
        order.changed_sequence = step.sequence
        return {
            "reference": order.reference,
            "result": result,
            "at": step.moment,
            "sequence": step.sequence,
            "reason": reason,
            "lines": [{"item_code": item, "units": units} for item, units in lines.items()],
        }

    def forget(self, reference: str) -> None:
        """A restore from a backup: the order was never there. What it held is free; the counter jumps on."""
        with self.lock:
            self.run_due()
            order = self.order(reference)
            self.sequence += RESTORE_JUMP
            with self._step(order.warehouse, order.open(), "restored") as step:
                self._give_up(order)
                order.status = "forgotten"
                self.orders[reference].remove(order)
                self._note(step, "forgotten", reference, order.warehouse, order_id=order.order_id)
            self._retry_waiting()

    # stock

    def add_item(self, item: str) -> None:
        """Enter an item into the catalogue, without stock."""
        self.catalogue.add(item)

    def adjust(self, warehouse: str, item: str, zone: str, delta: float, cause: str = "adjusted") -> dict[str, Any]:
        """Units come or go by other ways than orders. Gives the figure afterwards."""
        with self.lock:
            self.run_due()
            shelf = self._zone_of(warehouse, zone)
            self.catalogue.add(item)
            if shelf.physical[item, zone] + delta < 0:
                raise TwinError(f"{warehouse}/{zone} holds {shelf.physical[item, zone]} of {item}; {delta} cannot be.")
            with self._step(warehouse, [item], cause) as step:
                shelf.change(item, zone, delta)
                self._note(step, "stock", "", warehouse, item_code=item, zone=zone, delta=delta, cause=cause)
            self._retry_waiting()
            return self.figure(warehouse, item)

    def book(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Somebody else says that units left or came: booked in the zones given, the first that hold them, in one step."""
        with self.lock:
            self.run_due()
            warehouse, item, left = request["warehouse"], request["item_code"], request["units"]
            shelf = self.shelves[warehouse]
            zones = [zone for zone in request["zones"] if zone in shelf.zones] or list(shelf.zones)
            held = sum(shelf.physical[item, zone] for zone in zones)
            if held + left < 0:
                raise TwinError(f"{warehouse} holds {held} of {item} there, not {-left}.")
            with self._step(warehouse, [item], "told") as step:
                for zone in zones:
                    part = left if left > 0 else -min(-left, shelf.physical[item, zone])
                    shelf.change(item, zone, part)
                    left -= part
                booked = {key: request[key] for key in ("reference", "warehouse", "item_code", "units")}
                booked |= {"at": step.moment, "sequence": step.sequence}
                self.adjustments.setdefault(request["reference"], []).append(booked)
                self._note(step, "adjusted", request["reference"], warehouse, item_code=item, units=request["units"])
            self._retry_waiting()
            return booked

    def count(self, warehouse: str, item: str, zone: str, units: float) -> dict[str, Any]:
        """Somebody counted the shelf."""
        with self.lock:
            self.run_due()
            return self.adjust(warehouse, item, zone, units - self._zone_of(warehouse, zone).physical[item, zone], "counted")

    def move(self, warehouse: str, item: str, from_zone: str, to_zone: str, units: int) -> dict[str, Any]:
        """Units change their zone, in one step."""
        with self.lock:
            self.run_due()
            shelf = self._zone_of(warehouse, from_zone)
            self._zone_of(warehouse, to_zone)
            if not 0 < units <= shelf.physical[item, from_zone]:
                raise TwinError(
                    f"{warehouse}/{from_zone} holds {shelf.physical[item, from_zone]} of {item}, not {units} to move."
                )
            with self._step(warehouse, [item], "moved") as step:
                shelf.change(item, from_zone, -units)
                shelf.change(item, to_zone, units)
                self._note(step, "stock", "", warehouse, item_code=item, zone=from_zone, delta=-units, cause="moved")
                self._note(step, "stock", "", warehouse, item_code=item, zone=to_zone, delta=units, cause="moved")
            self._retry_waiting()
            return self.figure(warehouse, item)

    def inject(self, type_: str, data: Mapping[str, Any]) -> None:
        """Send an event that is not true (over-shipped, unknown item, negative units), properly signed."""
        with self.lock:
            self.run_due()
            self.desk.send(type_, data, self._moment)
