"""Stock as the contract shows it: snapshots in pages, and what changed since a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from stockbridge.testing.twins.wms.answers import Answer, error, reply, whole
from stockbridge.testing.twins.wms.model.twin import WmsTwin

#: Snapshots kept for readers who are not through yet; an older one answers 409.
KEPT = 8


class StockPages:
    """A page set is one snapshot: taken when the first page is asked for, kept until the last is read."""

    def __init__(self, twin: WmsTwin) -> None:
        self._twin = twin
        self._kept: dict[tuple[str, int], dict[str, Any]] = {}

    def page(self, query: Mapping[str, str]) -> Answer:
        """One page. ``after`` is the token of the page before: sequence and place."""
        warehouse = query.get("warehouse", "")
        if warehouse not in self._twin.shelves:
            return error(404, "unknown_warehouse", "There is no such warehouse.")
        after = query.get("after", "")
        sequence, _, place = after.partition(":")
        if after:
            snapshot = self._kept.get((warehouse, whole(sequence, -1)))
            if snapshot is None:
                return error(409, "snapshot_gone", "This snapshot is gone; begin again with the first page.")
        else:
            snapshot = self._take(warehouse)
        start, limit = whole(place, 0), max(1, whole(query.get("limit"), 500))
        items = snapshot["items"][start : start + limit]
        last = start + limit >= len(snapshot["items"])
        following = None if last else f"{snapshot['sequence']}:{start + limit}"
        return reply(200, {**snapshot, "items": items, "complete": last, "next": following})

    def _take(self, warehouse: str) -> dict[str, Any]:
        twin, shelf = self._twin, self._twin.shelves[warehouse]
        items = [{"item_code": item, "zones": shelf.figure(item)} for item in shelf.items()]
        snapshot = {
            "warehouse": warehouse,
            "basis": twin.config.basis,
            "moment": twin.clock.now(),
            "sequence": twin.sequence,
            "total": len(items),
            "items": items,
        }
        self._kept[warehouse, twin.sequence] = snapshot
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return snapshot

    def broken(self, answer: Answer, kind: str) -> Answer:
        """A page after something happened to it: its set moved on ('restart'), it is cut off short ('truncate'), or one of its figures
        cannot be ('impossible')."""
        if kind == "restart" or answer.status != 200:
            return error(409, "snapshot_gone", "This snapshot is gone; begin again with the first page.")
        page = msgspec.json.decode(answer.body, type=dict[str, Any])
        if kind == "impossible":
            page["items"][0]["zones"] = {"SHELF": "1,5"}
        else:
            page.update(items=page["items"][: len(page["items"]) // 2], complete=False, next=None)
        return replace(answer, body=msgspec.json.encode(page))

    def changes(self, query: Mapping[str, str]) -> Answer:
        """Figures that changed after a sequence, oldest change first; without one: where the counter stands."""
        twin = self._twin
        if "since_sequence" not in query:
            return reply(200, {"figures": [], "sequence": twin.sequence, "more": False})
        since, limit = whole(query["since_sequence"], 0), max(1, whole(query.get("limit"), 500))
        changed = sorted(
            (stamp.sequence, warehouse, item)
            for (warehouse, item), stamp in twin.figure_stamps.items()
            if stamp.sequence > since
        )
        # one step may change several figures: a page never ends in the middle of a step
        end = limit
        while end < len(changed) and changed[end][0] == changed[end - 1][0]:
            end += 1
        more = end < len(changed)
        figures = [twin.figure(warehouse, item) for _, warehouse, item in changed[:end]]
        return reply(200, {"figures": figures, "sequence": changed[end - 1][0] if more else twin.sequence, "more": more})
