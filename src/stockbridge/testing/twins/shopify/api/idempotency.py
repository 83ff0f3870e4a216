"""``@idempotent(key:)``: which mutations demand it, and what happens to a key that comes again.

Source: fact sheet J.1. Keys live 24 hours; a world may choose not to replay at all (one report says so).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stockbridge.testing.twins.shopify.api.coerce import literal
from stockbridge.testing.twins.shopify.api.errors import ApiError
from stockbridge.testing.twins.shopify.api.plan import FieldPlan
from stockbridge.testing.twins.shopify.model.world import World

REQUIRED = frozenset(
    {
        "inventoryActivate",
        "inventoryAdjustQuantities",
        "inventoryMoveQuantities",
        "inventorySetQuantities",
        "refundCreate",
    }
)
PLAIN_ERRORS = frozenset({"inventoryActivate", "refundCreate"})
"""Mutations whose user errors have no code."""
MISMATCH = "The same idempotency key cannot be used with different operation parameters."
CONCURRENT = "A request with the same idempotency key is already being processed."
FAILED = "A previous attempt with the same idempotency key failed unexpectedly."


@dataclass
class Kept:
    """What is remembered of a key."""

    fingerprint: str
    at: datetime
    state: str
    payload: Any = None


class Keys:
    """The store of one app in one shop."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Kept] = {}

    def key_of(self, plan: FieldPlan, given: dict[str, Any]) -> str | None:
        """The key on this field. Raises ApiError where one is required and absent or blank."""
        for directive in plan.nodes[0].directives or ():
            if directive.name.value == "idempotent":
                found = literal(None, (directive.arguments or ())[0].value, given)
                if not isinstance(found, str) or not found.strip():
                    raise ApiError("The idempotency key can't be blank.", "BAD_REQUEST")
                return found
        if plan.name in REQUIRED:
            raise ApiError("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
        return None

    def seen(self, world: World, name: str, key: str, args: dict[str, Any]) -> tuple[str, Any]:
        """What a key means now: ``new``, ``replay`` with the payload, or ``error`` with the user error's code."""
        one = self.kept.get((name, key))
        now, fingerprint = world.now(), _fingerprint(args)
        if one is not None and now - one.at > timedelta(seconds=world.knobs.idempotency_life_s):
            one = None
        if one is None or (one.state == "done" and not world.choose("idempotency_replays")):
            self.kept[(name, key)] = Kept(fingerprint, now, "running")
            return "new", None
        if one.fingerprint != fingerprint:
            return "error", ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", MISMATCH)
        if one.state == "running":
            return "error", ("IDEMPOTENCY_CONCURRENT_REQUEST", CONCURRENT)
        if one.state == "failed":
            return "error", ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", FAILED)
        return "replay", one.payload

    def finish(self, world: World, name: str, key: str, payload: Any) -> None:
        """The mutation ran; its payload is what a repetition will get."""
        one = self.kept[(name, key)]
        if payload.get("userErrors") and not world.choose("replay_keeps_user_errors"):
            del self.kept[(name, key)]
            return
        one.state, one.payload = "done", payload

    def forget(self, name: str, key: str) -> None:
        """The request never got as far as running."""
        self.kept.pop((name, key), None)

    def fail(self, name: str, key: str) -> None:
        """The mutation broke in the middle."""
        self.kept[(name, key)].state = "failed"

    def hold(self, name: str, key: str, args: dict[str, Any], now: datetime) -> None:
        """Marks a key as being worked on by somebody else (a test's way to a concurrent request)."""
        self.kept[(name, key)] = Kept(_fingerprint(args), now, "running")


def _fingerprint(args: dict[str, Any]) -> str:
    return json.dumps(args, sort_keys=True, default=str)
