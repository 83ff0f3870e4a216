"""What the house says to itself, and what nothing follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something the house need not act on (an unknown topic, our own echo). Kept in the inbox with the reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRefused:
    """The other side will not do what it was asked, for good. Said by our own outbox."""

    effect_id: int
    kind: str
    key: str
    payload: Mapping[str, object]
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectStuck:
    """Whether an effect was done cannot be found out by machine: a person must look. Said by our own outbox."""

    effect_id: int
    kind: str
    key: str
    payload: Mapping[str, object]
    reason: str
