"""Adjustments as the contract shows them: units that others say have left or come, booked under their reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec

from stockbridge.testing.twins.wms.answers import Answer, error, reply
from stockbridge.testing.twins.wms.model.core import TwinError
from stockbridge.testing.twins.wms.model.twin import WmsTwin

PATH = "/v1/stock/adjustments"


class AdjustmentDesk:
    """Books and finds adjustments of one twin."""

    def __init__(self, twin: WmsTwin) -> None:
        self._twin = twin

    def route(self, method: str, path: str, body: bytes) -> tuple[str, Callable[[], Answer], str] | None:
        """The call (operation, what it does, what it is about), or None when it is none of these."""
        if method == "POST" and path == PATH:
            try:
                request = msgspec.json.decode(body, type=dict[str, Any])
            except (ValueError, RecursionError):
                return "adjust", lambda: error(400, "invalid", "The body is not a JSON object."), ""
            return "adjust", lambda: self._book(request), str(request.get("reference", ""))
        reference = unquote(path.removeprefix(f"{PATH}/"))
        if method == "GET" and path.startswith(f"{PATH}/"):
            return "look_up_adjustment", lambda: self._look_up(reference), reference
        return None

    def _book(self, request: dict[str, Any]) -> Answer:
        if not self._twin.config.adjusts:
            return error(501, "not_supported", "This WMS takes no adjustments.")
        wrong = _wrong(request)
        if wrong:
            return error(400, "invalid", wrong)
        existing = self._twin.adjustments.get(request["reference"])
        if existing and self._twin.config.personality == "unique_reference":
            return error(409, "reference_exists", "There is an adjustment with this reference.", adjustment=existing[0])
        if request["warehouse"] not in self._twin.shelves:
            return error(422, "unknown_warehouse", f"There is no warehouse {request['warehouse']}.")
        if request["item_code"] not in self._twin.catalogue:
            return error(422, "unknown_item", f"The item {request['item_code']} is not known here.")
        try:
            return reply(201, self._twin.book(request))
        except TwinError as trouble:
            return error(422, "not_there", str(trouble))

    def _look_up(self, reference: str) -> Answer:
        if self._twin.config.personality == "neither":
            return error(501, "not_supported", "This WMS cannot look adjustments up.")
        found = self._twin.adjustments.get(reference)
        if not found:
            return error(404, "adjustment_not_found", "There is no adjustment with this reference.")
        return reply(200, {**found[0], "copies": len(found)})


def _wrong(request: dict[str, Any]) -> str:
    for name in ("reference", "warehouse", "item_code"):
        if not isinstance(request.get(name), str) or not request[name]:
            return f"'{name}' must be text."
    if type(request.get("units")) is not int or not request["units"]:
        return "'units' must be a whole number other than 0."
    zones = request.get("zones")
    return "" if isinstance(zones, list) and all(isinstance(zone, str) for zone in zones) else "'zones' must be a list of text."
