"""A twin with a clock that is turned by hand, and what it sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
import pytest

from stockbridge.testing.fakes import FakeClock
from stockbridge.testing.twins.wms import Answer, Pace, Warehouse, WmsConfig, WmsService, WmsTwin, Zone

MANUAL = Pace(manual=True)
LONDON = Warehouse("LON", "London", (Zone("BULK"), Zone("PICK"), Zone("QUARANTINE", False)))
BERLIN = Warehouse("BER", "Berlin", (Zone("A"), Zone("B")))
STOCK = {
    "LON": {"MUG": {"BULK": 20, "PICK": 5, "QUARANTINE": 4}, "PEN": {"PICK": 10}},
    "BER": {"MUG": {"A": 3}},
}


@dataclass
class World:
    """One twin, its clock, its HTTP side, and the other side that takes its events."""

    twin: WmsTwin
    clock: FakeClock
    service: WmsService
    answers: list[int | None] = field(default_factory=list)

    def accept(self, reference: str, warehouse: str = "LON", **units: int):
        lines = [
            {"line_id": str(place), "item_code": item, "units": count} for place, (item, count) in enumerate(units.items())
        ]
        return self.twin.accept({"reference": reference, "warehouse": warehouse, "lines": lines})

    def call(self, method: str, target: str, body: object = None, key: str = "twin-key") -> Answer:
        raw = b"" if body is None else msgspec.json.encode(body)
        return self.service.handle(method, target, {"Authorization": f"Bearer {key}"}, raw)

    def json(self, method: str, target: str, body: object = None):
        return msgspec.json.decode(self.call(method, target, body).body)

    def events(self, *types: str) -> list[dict[str, object]]:
        """What was sent since last asked, with its message id; answered by ``answers`` in turn, then by 200."""
        sent: list[dict[str, object]] = []

        def take(_: str, headers: Mapping[str, str], body: bytes) -> int | None:
            event = msgspec.json.decode(body)
            sent.append({"id": headers["webhook-id"], "type": event["type"], **event["data"]})
            return self.answers.pop(0) if self.answers else 200

        self.twin.deliver_due(take)
        return [each for each in sent if not types or each["type"] in types]

    def run(self, seconds: float, step: float = 5.0) -> list[dict[str, object]]:
        """Let time pass, and give every event that was sent meanwhile."""
        told = self.events()
        for _ in range(int(seconds / step)):
            self.clock.advance(step)
            told += self.events()
        return told


@pytest.fixture
def world() -> Callable[..., World]:
    """``world(basis='physical', …)``: a manual twin unless a pace is given."""

    def build(**changes: object) -> World:
        config = WmsConfig(**({"seed": 3, "warehouses": (LONDON, BERLIN), "stock": STOCK, "pace": MANUAL} | changes))  # type: ignore[arg-type]
        clock = FakeClock()
        twin = WmsTwin(config, clock)
        return World(twin, clock, WmsService(twin))

    return build
