"""Events on their way to the other side: signed, repeated, reordered, lost, and sent again like a decent sender does."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from stockbridge.testing.twins.wms.config import WmsConfig, draw

#: Seconds until the next try after each failed one; after the last the sender gives up.
RETRIES_S = (5, 30, 120, 300, 900, 3_600, 3_600)
ACTIONS = ("lose", "repeat", "repeat_as_new", "delay", "hold")


@dataclass(slots=True, kw_only=True)
class Callback:
    """One message. A repeat is a second Callback with the same ``message_id``."""

    number: int
    message_id: str
    type: str
    body: bytes
    due_at: datetime
    attempt: int = 0
    state: str = "waiting"
    answers: list[int | None] = field(default_factory=list)


class CallbackDesk:
    """What is to be sent, when, and what became of it. Knows no network: whoever drives the twin carries the messages."""

    def __init__(self, config: WmsConfig, born: str) -> None:
        self.config = config
        self._born = born
        self._queue: list[tuple[datetime, int, Callback]] = []
        self._plan: list[tuple[str, str, float]] = []
        self.log: list[Callback] = []
        self.counts: Counter[str] = Counter()

    def plan(self, type_: str, action: str, amount: float = 1) -> None:
        """What shall happen to the next event of a type ('*': any): lose; repeat ``amount`` times; repeat_as_new (other id);
        delay by ``amount`` seconds; hold until :meth:`release`."""
        if action not in ACTIONS:
            raise ValueError(f"'{action}' is none of {', '.join(ACTIONS)}.")
        self._plan.append((type_, action, amount))

    def send(self, type_: str, data: Mapping[str, Any], now: datetime) -> None:
        """Put an event on its way."""
        message_id = self._id()
        body = msgspec.json.encode({"type": type_, "timestamp": now, "data": data})
        action, amount = self._mood(type_)
        if action:
            self.counts[action] += 1
        if action == "lose":
            self._log(message_id, type_, body, now).state = "lost"
            return
        if action == "hold":
            self._log(message_id, type_, body, now).state = "held"
            return
        due = now + timedelta(seconds=amount) if action == "delay" else now
        self._queue_up(self._log(message_id, type_, body, due))
        if action in ("repeat", "repeat_as_new"):
            for _ in range(int(amount)):
                self._queue_up(self._log(self._id() if action == "repeat_as_new" else message_id, type_, body, now))

    def _id(self) -> str:
        return f"msg_{self._born}_{len(self.log) + 1:06d}"

    def _mood(self, type_: str) -> tuple[str, float]:
        for place, (wanted, action, amount) in enumerate(self._plan):
            if wanted in ("*", type_):
                del self._plan[place]
                return action, amount
        chance = draw(self.config.seed, "callback", len(self.log))
        if chance.random() < self.config.lose_rate:
            return "lose", 0
        if chance.random() < self.config.repeat_rate:
            return chance.choice(("repeat", "repeat_as_new")), 1
        if chance.random() < self.config.reorder_rate:
            return "delay", chance.uniform(0, self.config.reorder_s)
        return "", 0

    def _log(self, message_id: str, type_: str, body: bytes, due: datetime) -> Callback:
        callback = Callback(number=len(self.log) + 1, message_id=message_id, type=type_, body=body, due_at=due)
        self.log.append(callback)
        return callback

    def _queue_up(self, callback: Callback) -> None:
        callback.state = "waiting"
        heapq.heappush(self._queue, (callback.due_at, callback.number, callback))

    def release(self, now: datetime, *, newest_first: bool = False) -> int:
        """Everything held goes out, in its order or the other way round. Gives how many."""
        held = [each for each in self.log if each.state == "held"]
        for place, callback in enumerate(reversed(held) if newest_first else held):
            callback.due_at = now + timedelta(microseconds=place)
            self._queue_up(callback)
        return len(held)

    def next_due(self) -> datetime | None:
        return self._queue[0][0] if self._queue else None

    def take_due(self, now: datetime, limit: int = 1_000) -> list[Callback]:
        """What is to be sent now, in order. Each must be handed to :meth:`settle` afterwards."""
        due: list[Callback] = []
        while self._queue and self._queue[0][0] <= now and len(due) < limit:
            callback = heapq.heappop(self._queue)[2]
            callback.attempt += 1
            callback.state = "sending"
            due.append(callback)
        return due

    def settle(self, callback: Callback, status: int | None, now: datetime) -> None:
        """What the other side answered (None: nothing). 2xx ends it, 410 too; everything else is tried again later."""
        callback.answers.append(status)
        if status is not None and 200 <= status < 300:
            callback.state = "delivered"
        elif status == 410 or callback.attempt > len(RETRIES_S):
            callback.state = "given_up"
        else:
            callback.due_at = now + timedelta(seconds=RETRIES_S[callback.attempt - 1])
            self._queue_up(callback)
        self.counts[callback.state] += 1

    def headers(self, callback: Callback, now: datetime) -> dict[str, str]:
        """The signed headers of one try (Standard Webhooks 1.0.0): the time is that of the try, one signature per secret."""
        stamp = str(int(now.timestamp()))
        signed = f"{callback.message_id}.{stamp}.".encode() + callback.body
        signatures = [_sign(secret, signed) for secret in self.config.signing_secrets]
        return {
            "content-type": "application/json",
            "user-agent": "twin-wms/1",
            "webhook-id": callback.message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(signatures),
        }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
