"""Keeps what every look found and what was published of it, in the look's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from stockbridge.db import history
from stockbridge.db.history import Found
from stockbridge.db.stock import Cell, kept
from stockbridge.domain.availability import PoolFacts
from stockbridge.domain.history import Answer
from stockbridge.domain.mapping import Source
from stockbridge.flow.look import Look
from stockbridge.ports import LevelOutcome

_ANSWERS = {"stale": Answer.STALE, "refused": Answer.REFUSED, "held": Answer.HELD}


def news(conn: Connection, *, account: str, shop: str, looks: Sequence[Look]) -> list[Look]:
    """Of some looks, those that are to be kept: every number that is sent now, and every other that changed or came about otherwise. To
    be asked before they are saved."""
    quiet = [look for look in looks if look.level_id is not None and not look.to_write and not look.later and look.derivation]
    known = history.levels_before(conn, account=account, shop=shop, cells=[_cell(look) for look in quiet]) if quiet else {}
    other = {_cell(look) for look in quiet if _cell(look) in known and _is_other(look, known[_cell(look)])}
    return [look for look in looks if look.level_id is not None and (look.to_write or _cell(look) in other)]


def keep(
    conn: Connection,
    *,
    account: str,
    shop: str,
    looks: Sequence[Look],
    key: str,
    at: datetime,
    by_difference: Sequence[Cell] = (),
) -> None:
    """These numbers, with all they were worked out from. ``key``: of the batch that is sent, saved already."""
    if not looks:
        return
    claimed = [_cell(look) for look in looks if any(pool.claims for *_, pool in look.fed)]
    orders = history.orders_now(conn, account=account, shop=shop, cells=claimed) if claimed else {}
    found = [(look.level_id, _found(look, _cell(look) in by_difference)) for look in looks if look.level_id is not None]
    history.keep(conn, account=account, found=found, orders=orders, key=key, at=at)


def answered(conn: Connection, *, account: str, shop: str, look: Look, outcome: LevelOutcome, now: datetime) -> None:
    """The shop's answer to one entry of a batch; that it was taken needs no words of its own."""
    if answer := _ANSWERS.get(outcome.outcome):
        history.answered(conn, account=account, shop=shop, cell=_cell(look), answer=answer, reason=outcome.reason, now=now)


def _cell(look: Look) -> Cell:
    return look.read.location_id, look.read.inventory_item_id


def _is_other(look: Look, row: Row[Any]) -> bool:
    """Is it another number than before, or one that came about otherwise?"""
    if look.derivation is None:
        return False
    known = row.derivation.get("steps", ()) if isinstance(row.derivation, dict) else ()
    was = [(step.get("term"), step.get("label"), step.get("units")) for step in known]
    steps = [(step.term, step.label, step.units) for step in look.derivation.steps]
    return (look.desired, look.read.available, steps) != (row.desired, row.available, was)


def _found(look: Look, by_difference: bool) -> Found:
    read = look.read
    derivation: dict[str, Any] = msgspec.to_builtins(look.derivation) if look.derivation else {}
    document = {**derivation, "sources": [_source(*fed, version=look.version) for fed in look.fed]}
    if look.note:
        document["note"] = look.note
    if by_difference:
        document["by_difference"] = True
    return Found(
        cell=_cell(look),
        shown=read.available,
        offered=look.desired,
        wrote=look.target if look.to_write else None,
        committed=read.committed,
        reserved=read.reserved,
        document=document,
    )


def _source(source: Source, item_code: str, pool: PoolFacts, *, version: int) -> dict[str, Any]:
    """A source as it was: lists of pairs, so that numbers in the names of zones are figures too."""
    told: dict[str, Any] = {
        "connection": source.connection,
        "warehouse": source.warehouse,
        "item_code": item_code,
        "version": version,
    }
    if source.keep.units or source.keep.percent_bp:
        told |= {"keep_units": source.keep.units, "keep_percent_bp": source.keep.percent_bp}
    if pool.zones is None:
        return {**told, "unknown": True, "counted": [[zone, 0] for zone in source.zones.include], "left_out": []}
    figure = [[zone, kept(units)] for zone, units in sorted(pool.zones.items())]
    return {
        **told,
        "basis": pool.basis,
        "counted": [pair for pair in figure if pair[0] in source.zones],
        "left_out": [pair for pair in figure if pair[0] not in source.zones],
    }
