"""What people do in the warehouse, and what tests and the demo arrange, over HTTP: /_twin/…"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from stockbridge.testing.twins.wms.answers import Answer, error, reply
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.twins.wms.model.core import TwinError
from stockbridge.testing.twins.wms.model.twin import WmsTwin

Asked = Mapping[str, Any]


def state(twin: WmsTwin) -> dict[str, Any]:
    """The twin at a glance, for oracles: counter, creates by reference, true stock, faults that fired, callbacks."""
    return {
        "name": twin.config.name,
        "sequence": twin.sequence,
        "basis": twin.config.basis,
        "personality": twin.config.personality,
        "creates": dict(twin.ledger.creates),
        "orders": {reference: [each.to_wire() for each in copies] for reference, copies in twin.orders.items()},
        "physical": {
            code: {item: {zone: shelf.physical.get((item, zone), 0) for zone in shelf.zones} for item in shelf.items()}
            for code, shelf in twin.shelves.items()
        },
        "figures": {code: {item: shelf.figure(item) for item in shelf.items()} for code, shelf in twin.shelves.items()},
        "faults_fired": dict(twin.faults.fired),
        "callbacks": dict(twin.desk.counts),
        "callbacks_waiting": sum(each.state in ("waiting", "sending") for each in twin.desk.log),
    }


def ledger(twin: WmsTwin, asked: Asked) -> list[Any]:
    """The ledger from place ``after`` on."""
    return twin.ledger.entries[int(asked.get("after", 0)) :]


def _stock(twin: WmsTwin, asked: Asked) -> Any:
    where = (asked["warehouse"], asked["item_code"], asked["zone"])
    if "units" in asked:
        return twin.count(*where, int(asked["units"]))
    return twin.adjust(*where, int(asked["delta"]), str(asked.get("cause", "adjusted")))


def _move(twin: WmsTwin, asked: Asked) -> Any:
    return twin.move(asked["warehouse"], asked["item_code"], asked["from_zone"], asked["to_zone"], int(asked["units"]))


def _ship(twin: WmsTwin, asked: Asked) -> Any:
    return twin.ship(
        asked["reference"],
        asked.get("lines"),
        parcels=int(asked.get("parcels", 1)),
        final=bool(asked.get("final", False)),
        carrier=str(asked.get("carrier", "")),
    )


def _cancel(twin: WmsTwin, asked: Asked) -> Any:
    return twin.decide_cancel(asked["reference"], bool(asked.get("confirmed", True)), str(asked.get("reason", "")))


def _faults(twin: WmsTwin, asked: Asked) -> Any:
    if asked.get("clear"):
        return twin.faults.clear()
    fault = Fault(asked["kind"], seconds=float(asked.get("seconds", 0)), status=int(asked.get("status", 500)))
    return twin.faults.plan(asked["operation"], fault, int(asked.get("times", 1)))


def _callbacks(twin: WmsTwin, asked: Asked) -> Any:
    if asked.get("release"):
        return twin.desk.release(twin.clock.now(), newest_first=asked["release"] == "newest_first")
    return twin.desk.plan(asked.get("type", "*"), asked["action"], float(asked.get("amount", 1)))


def _knobs(twin: WmsTwin, asked: Asked) -> Any:
    """``latency_s``, ``callback_url``, and any field of the pace, the cancel policy or the rates."""
    names = {
        "callback_url",
        "cancels",
        "cancel_pending_s",
        "lose_rate",
        "repeat_rate",
        "reorder_rate",
        "reorder_s",
        "signing_secrets",
    }
    given = {name: asked[name] for name in names & set(asked)}
    if "signing_secrets" in given:
        given["signing_secrets"] = tuple(given["signing_secrets"])
    twin.config = twin.desk.config = replace(twin.config, **given)
    twin.pace = replace(twin.pace, **asked.get("pace", {}))
    twin.latency_s = float(asked.get("latency_s", twin.latency_s))
    if "fault_rates" in asked:
        twin.faults.rates = asked["fault_rates"]
    return given


DEEDS: dict[str, Callable[[WmsTwin, Asked], Any]] = {
    "items": lambda twin, asked: twin.add_item(asked["item_code"]),
    "stock": _stock,
    "move": _move,
    "pick": lambda twin, asked: twin.pick(asked["reference"]),
    "ship": _ship,
    "cancel": _cancel,
    "forget": lambda twin, asked: twin.forget(asked["reference"]),
    "inject": lambda twin, asked: twin.inject(asked["type"], asked["data"]),
    "faults": _faults,
    "callbacks": _callbacks,
    "knobs": _knobs,
}
VIEWS: dict[str, Callable[[WmsTwin, Asked], Any]] = {
    "state": lambda twin, asked: state(twin),
    "ledger": ledger,
    "callbacks": lambda twin, asked: [
        {"id": each.message_id, "type": each.type, "state": each.state, "answers": each.answers} for each in twin.desk.log
    ],
}


def handle(twin: WmsTwin, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
    """One call of the control API. What the warehouse cannot do is 409, what was asked wrongly 400; both say why."""
    name = path.removeprefix("/_twin/")
    deed = (VIEWS if method == "GET" else DEEDS).get(name)
    if deed is None:
        return error(404, "no_such_path", f"Known: GET {', '.join(VIEWS)}; POST {', '.join(DEEDS)}.")
    with twin.lock:
        try:
            twin.run_due()
            asked: Asked = query if method == "GET" else msgspec.json.decode(body or b"{}", type=dict[str, Any])
            return reply(200, deed(twin, asked))
        except TwinError as trouble:
            return error(409, "cannot", str(trouble))
        except (KeyError, TypeError, ValueError) as trouble:
            return error(400, "invalid", f"{type(trouble).__name__}: {trouble}")
