"""Answers of the twin, and what the network makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

Fate = Literal["answered", "lost", "cut", "no_connection"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the WMS answers. ``fate`` is what the network makes of it; ``delay_s`` passes before."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    delay_s: float = 0.0
    fate: Fate = "answered"


def reply(status: int, body: object) -> Answer:
    """An answer in JSON, frozen now: what changes afterwards does not change it."""
    return Answer(status, msgspec.json.encode(body))


def error(status: int, code: str, message: str, **more: object) -> Answer:
    """The contract's error body."""
    return reply(status, {"code": code, "message": message, **more})


def whole(text: str | None, otherwise: int) -> int:
    """A query's whole number; ``otherwise`` when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else otherwise
