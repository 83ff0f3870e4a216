"""The contract's HTTP side without a socket: a request in, an answer out, and what becomes of the answer on its way."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from stockbridge.testing.twins.wms.adjustments import AdjustmentDesk
from stockbridge.testing.twins.wms.answers import Answer, error, reply, whole
from stockbridge.testing.twins.wms.faults import ONLY, Fault
from stockbridge.testing.twins.wms.model.twin import WmsTwin
from stockbridge.testing.twins.wms.stockroom import StockPages

MAX_BODY = 1024 * 1024
MAX_UNITS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Call:
    operation: str
    run: Callable[[], Answer]
    about: str = ""


class WmsService:
    """Answers the contract for one twin. :meth:`handle` needs no network and may be called from any thread."""

    def __init__(self, twin: WmsTwin) -> None:
        self.twin = twin
        self._stock = StockPages(twin)
        self._desk = AdjustmentDesk(twin)

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One call. ``target``: path and query, or a whole URL. Header names in any case."""
        with self.twin.lock:
            self.twin.run_due()
            parts = urlsplit(target)
            given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self.twin.config.api_key}".encode()):
                return _later(error(401, "unauthorized", "The API key is not known."), self.twin.latency_s)
            if len(body) > MAX_BODY:
                return error(413, "too_large", "The body is too large.")
            call = self._route(method, parts.path, dict(parse_qsl(parts.query)), body)
            fault = self.twin.faults.meet(call.operation, call.about)
            answer = call.run() if fault is None else self._gone_wrong(call, fault)
            return _later(answer, self.twin.latency_s)

    def _route(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Call:
        if method == "POST" and path == "/v1/orders":
            return self._submit(body)
        if method == "GET" and path == "/v1/orders":
            return Call("list_orders", lambda: self._list(query))
        if method == "GET" and path == "/v1/stock":
            return Call("stock", lambda: self._stock.page(query))
        if method == "GET" and path == "/v1/stock/changes":
            return Call("stock_changes", lambda: self._stock.changes(query))
        if (call := self._desk.route(method, path, body)) is not None:
            return Call(*call)
        if method == "GET" and path == "/v1/about":
            return Call("about", self._about)
        rest = path.removeprefix("/v1/orders/")
        if rest != path and method == "GET" and "/" not in rest:
            return Call("look_up", lambda: self._look_up(unquote(rest)), unquote(rest))
        if rest != path and method == "POST" and rest.endswith("/cancel"):
            reference = unquote(rest.removesuffix("/cancel"))
            return Call("cancel", lambda: self._cancel(reference, body), reference)
        return Call("none", lambda: error(404, "no_such_path", "There is nothing here."))

    def _gone_wrong(self, call: Call, fault: Fault) -> Answer:
        if fault.kind == "restart" and call.operation == "stock_changes":
            return error(410, "too_long_ago", "The changes since then are not kept; read a snapshot.")
        if fault.kind in ONLY:
            return self._stock.broken(call.run(), fault.kind)
        if fault.done_first:
            return spoil(call.run(), fault)
        match fault.kind:
            case "late":
                self.twin.later(fault.seconds, call.run)
                return Answer(0, fate="lost")
            case "lose_request":
                return Answer(0, fate="lost")
            case "no_connection":
                return Answer(0, fate="no_connection")
            case _:
                answer = error(fault.status, "not_now", "The WMS does not do this now.")
                wait = {"retry-after": f"{fault.seconds:g}"} if fault.seconds and fault.status in (429, 503) else {}
                return replace(answer, headers={**answer.headers, **wait})

    def _submit(self, body: bytes) -> Call:
        try:
            request = msgspec.json.decode(body, type=dict[str, Any])
        except (ValueError, RecursionError):
            return Call("submit", lambda: error(400, "invalid", "The body is not a JSON object."))
        return Call("submit", lambda: self._accept(request), str(request.get("reference", "")))

    def _accept(self, request: dict[str, Any]) -> Answer:
        wrong = _wrong_request(request)
        if wrong:
            return error(400, "invalid", wrong)
        existing = self.twin.find(request["reference"])
        if existing is not None and self.twin.config.personality == "unique_reference":
            return error(409, "reference_exists", "There is an order with this reference.", order=existing.to_wire())
        if request["warehouse"] not in self.twin.shelves:
            return self._refuse(request, "unknown_warehouse", f"There is no warehouse {request['warehouse']}.")
        unknown = [line for line in request["lines"] if line["item_code"] not in self.twin.catalogue]
        if unknown:
            return self._refuse(request, "unknown_item", "Some items are not known here.", unknown)
        return reply(201, self.twin.accept(request).to_wire())

    def _refuse(self, request: Mapping[str, Any], code: str, message: str, lines: list[Any] | None = None) -> Answer:
        self.twin.refuse(request, code)
        named = [
            {"line_id": line.get("line_id", ""), "item_code": line["item_code"], "problem": "unknown item"}
            for line in lines or ()
        ]
        return error(422, code, message, lines=named)

    def _look_up(self, reference: str) -> Answer:
        if self.twin.config.personality == "neither":
            return error(501, "not_supported", "This WMS cannot look orders up.")
        found = self.twin.find(reference)
        if found is None:
            return error(404, "order_not_found", "There is no order with this reference.")
        return reply(200, found.to_wire(copies=len(self.twin.orders[reference])))

    def _list(self, query: Mapping[str, str]) -> Answer:
        if self.twin.config.personality == "neither":
            return error(501, "not_supported", "This WMS cannot list orders.")
        since, limit = whole(query.get("changed_since_sequence"), 0), max(1, whole(query.get("limit"), 200))
        changed = [each for copies in self.twin.orders.values() for each in copies if each.changed_sequence > since]
        changed.sort(key=lambda each: each.changed_sequence)
        page, more = changed[:limit], len(changed) > limit
        reached = page[-1].changed_sequence if more else self.twin.sequence
        orders = [each.to_wire(copies=len(self.twin.orders[each.reference])) for each in page]
        return reply(200, {"orders": orders, "sequence": reached, "more": more})

    def _cancel(self, reference: str, body: bytes) -> Answer:
        if self.twin.find(reference) is None:
            return error(404, "order_not_found", "There is no order with this reference.")
        try:
            reason = msgspec.json.decode(body or b"{}", type=dict[str, Any]).get("reason", "")
        except (ValueError, RecursionError):
            return error(400, "invalid", "The body is not a JSON object.")
        return reply(200, self.twin.cancel(reference, str(reason)))

    def _about(self) -> Answer:
        config = self.twin.config
        return reply(
            200,
            {
                "name": config.name,
                "personality": {
                    "unique_reference": config.personality == "unique_reference",
                    "look_up": config.personality != "neither",
                },
                "warehouses": [
                    {
                        "code": each.code,
                        "name": each.name,
                        "zones": [{"name": zone.name, "pickable": zone.pickable} for zone in each.zones],
                    }
                    for each in config.warehouses
                ],
                "basis": config.basis,
                "time": self.twin.clock.now(),
            },
        )


def _wrong_request(request: Mapping[str, Any]) -> str:
    for name in ("reference", "warehouse"):
        if not _is_key(request.get(name)):
            return f"'{name}' must be text of 1 to 200 letters, none of them a control character."
    lines = request.get("lines")
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        return "'lines' must hold at least one line."
    for line in lines:
        if not isinstance(line.get("item_code"), str) or not isinstance(line.get("line_id", ""), str):
            return "'item_code' and 'line_id' must be text."
        if type(line.get("units")) is not int or not 1 <= line["units"] <= MAX_UNITS:
            return f"'units' must be a whole number from 1 to {MAX_UNITS}."
    return ""


def _is_key(value: object) -> bool:
    """What the contract calls a key."""
    return isinstance(value, str) and 1 <= len(value) <= 200 and not any(letter < " " or letter == "\x7f" for letter in value)


def spoil(answer: Answer, fault: Fault) -> Answer:
    """An answer to a call that was done, after something happened to it."""
    match fault.kind:
        case "lose_answer":
            return replace(answer, fate="lost")
        case "slow_answer":
            return replace(answer, delay_s=fault.seconds)
        case "cut_answer":
            return replace(answer, fate="cut")
        case "garbage_after":
            return Answer(200, b"<html><body>Welcome</body></html>", {"content-type": "text/html"})
        case _:
            return error(fault.status, "internal", "Something went wrong.")


def _later(answer: Answer, latency_s: float) -> Answer:
    return replace(answer, delay_s=answer.delay_s + latency_s) if latency_s else answer
