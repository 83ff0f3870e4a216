"""The brake: sweeps, whole lists of a warehouse and changes of a mapping that would change too much at once wait for a person, with
everything that they would change (DESIGN 'The brake'). Single stock events are never held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from stockbridge.db import arrivals, journal, runs, spent, stock
from stockbridge.db import mapping as mappings
from stockbridge.db.queries import Queries
from stockbridge.db.runs import Found, Held
from stockbridge.db.stock import Pool
from stockbridge.domain.claims import Figure
from stockbridge.domain.drift import MANY_LEVELS, Cause, Tally, braked
from stockbridge.domain.events import FiguresReported, RunApproved, RunDropped, SweepAsked
from stockbridge.domain.mapping import ShopMapping
from stockbridge.domain.orders import Note, Park
from stockbridge.flow import unbacked
from stockbridge.flow.bulk import stage
from stockbridge.flow.corridor import House, Step
from stockbridge.flow.plan import Change, plan
from stockbridge.ports import Job

_Q = Queries("runs")
SWEEPS = ("delta", "full")
#: What each kind of run is called in a sentence.
NAME = {"delta": "A sweep", "full": "The full comparison", "snapshot": "A whole list", "mapping": "A change of the mapping"}


# -- sweeps ------------------------------------------------------------------------------------------------------------


def conclude(conn: Connection, house: House, *, account: str, run: Row[Any], tally: Tally, now: datetime) -> None:
    """A sweep has visited everything: what differs is looked at, or waits for a person."""
    place = {"account": account, "run_id": run.run_id}
    if run.dry:
        _Q.run(conn, "end", **place, state="done", now=now, reason="")
        return
    newest = mappings.newest_of(conn, account=account, shop=run.shop)
    if newest.version != run.mapping_version:
        reason = "the mapping was changed meanwhile, and every number is worked out anew because of that"
        _Q.run(conn, "end", **place, state="done", now=now, reason=reason)
        return
    why = braked(tally)
    _Q.run(conn, "end", **place, state="braked" if why else "done", now=now, reason=why)
    _take_the_place(conn, account=account, kinds=SWEEPS, run_id=run.run_id, shop=run.shop, now=now)
    if run.kind == "full":
        unbacked.say(conn, account=account, shop=run.shop, run_id=run.run_id, now=now)
    if why:
        _stop(conn, account=account, run_id=run.run_id, kind=run.kind, shop=run.shop, why=why, now=now)
    else:
        _close(conn, account=account, shop=run.shop, now=now, how="a later sweep found little or nothing")
        shops = _correct(conn, account=account, run=run, now=now)
        house.engine.wake_all(conn, [Job(kind="publish", account=account, connection=shop) for shop in shops])


def _correct(conn: Connection, *, account: str, run: Row[Any], now: datetime) -> list[str]:
    """The publisher is to look at every level that differs, and the level's history says who sent it there; gives the shops."""
    rows = _Q.rows(conn, "corrected_cells", account=account, run_id=run.run_id)
    cells = [(row.shop, row.location_id, row.inventory_item_id) for row in rows]
    shops = stock.touch_cells(conn, account=account, cells=set(cells), now=now)
    found: list[journal.Line] = []
    for row in rows:
        text = f"a sweep found {row.was} where {row.should} should be ({str(row.cause).replace('_', ' ')})"
        note = Note(kind="level.drift", text=text, data={"run": run.run_id, "cause": row.cause})
        subject = f"stock/{row.location_id}/{row.inventory_item_id}"
        found += journal.lines(account=account, subject=subject, notes=[note], at=now)
    journal.write_lines(conn, found)
    return shops


# -- whole lists of a warehouse ----------------------------------------------------------------------------------------


def hold_list(step: Step, event: FiguresReported, fresh: Mapping[Pool, Figure], causes: Mapping[Pool, Cause]) -> bool:
    """Is this whole list held back? What it would change is found out by doing it and taking it back: the same code, the same facts."""
    items = _Q.rows(step.conn, "fed_items", account=step.account, **stock.pool_columns(causes))
    if sum(row.levels for row in items) < MANY_LEVELS or _approved(step):
        return False
    taken_back = step.conn.begin_nested()
    stock.save_figures(step.conn, account=step.account, figures=sorted(fresh.items()), received_at=step.now, arrival_id=None)
    stock.contain(step.conn, account=step.account, figures=dict(fresh))
    taken = spent.contain(step.conn, account=step.account, figures=fresh)
    mappings.take(step.conn, account=step.account, taken=taken)
    changes = [each for row in items for each in _planned(step, row.shop, items=list(row.items))]
    taken_back.rollback()
    for shop in sorted({each.shop for each in changes}):
        tally = _tally(step.conn, step.account, shop, changes)
        if why := braked(tally):
            found = _found(changes, _cause_of(step, causes))
            place = f"{step.connection}/{event.warehouse}"
            _hold_back(step, Held(kind="snapshot", tally=tally, found=found, why=why, warehouse=place), about=event.warehouse)
            return True
    return False


def _cause_of(step: Step, causes: Mapping[Pool, Cause]) -> dict[tuple[str, str], Cause]:
    columns = stock.pool_columns(causes)
    rows = _Q.rows(step.conn, "items_with_codes", account=step.account, **columns)
    return {(row.shop, row.inventory_item_id): causes[row.connection, row.warehouse, row.item_code] for row in rows}


# -- changes of the mapping --------------------------------------------------------------------------------------------


def hold_mapping(step: Step, after: ShopMapping, *, base: int, seen: bool, by: str) -> bool:
    """Is this change of the mapping of version ``base`` held back? Not when the person saw the plan; then the journal says so."""
    changes = _planned(step, after.shop, instead=after)
    tally = _tally(step.conn, step.account, after.shop, changes)
    why = braked(tally)
    if not why:
        return False
    approver = _approved(step, version=base)
    if seen or approver:
        who = approver or by or step.actor or "somebody"
        note = Note(kind="mapping.seen", text=f"{who} saw the plan and wants it: {why}")
        subject, actor = f"mapping/{after.shop}", by or step.actor
        journal.write(
            step.conn, account=step.account, subject=subject, notes=[note], at=step.now, actor=actor, arrival_id=step.arrival_id
        )
        return False
    place = {"shop": after.shop, "by": by}
    held = Held(kind="mapping", tally=tally, found=_found(changes, {}), why=why, version=base, **place)
    _hold_back(step, held, about=after.shop)
    return True


def _planned(step: Step, shop: str, *, instead: ShopMapping | None = None, items: Sequence[str] = ()) -> list[Change]:
    found = plan(step.conn, account=step.account, shop=shop, now=step.now, instead=instead, items=items)
    return [each for each in found if each.counts]


def too_much(conn: Connection, *, account: str, shop: str, changes: Sequence[Change]) -> str:
    """Why a change of the mapping that would write these waits for a person, unless somebody has seen it; empty when it does not."""
    return braked(_tally(conn, account, shop, [each for each in changes if each.counts]))


def _tally(conn: Connection, account: str, shop: str, changes: Sequence[Change]) -> Tally:
    """What they change of the whole shop."""
    pairs = [(each.now or 0, each.then or 0) for each in changes if each.shop == shop]
    tally = Tally().plus(pairs)
    levels, units = runs.all_levels(conn, account=account, shop=shop)
    return Tally(
        levels=max(levels, tally.levels),
        units=max(units, tally.units),
        changed=tally.changed,
        moved=tally.moved,
        emptied=tally.emptied,
        filled=tally.filled,
    )


def _found(changes: Sequence[Change], causes: Mapping[tuple[str, str], Cause]) -> list[Found]:
    return [
        Found(
            shop=each.shop,
            location_id=each.location_id,
            inventory_item_id=each.inventory_item_id,
            was=each.now,
            should=each.then,
            cause=causes.get((each.shop, each.inventory_item_id), Cause.MAPPING),
            why=each.why,
        )
        for each in changes
    ]


def _approved(step: Step, *, version: int | None = None) -> str | None:
    return runs.approved_by(step.conn, account=step.account, arrival_id=step.arrival_id, version=version)


def _hold_back(step: Step, held: Held, *, about: str) -> None:
    """The arrival stays as it came, nothing of it is done, and a person is told."""
    step.rejected = f"waits for a person: {held.why}"
    run_id = runs.hold_back(step.conn, account=step.account, held=held, arrival_id=step.arrival_id, now=step.now)
    _take_the_place(
        step.conn,
        account=step.account,
        kinds=(held.kind,),
        run_id=run_id,
        now=step.now,
        shop=held.shop,
        warehouse=held.warehouse,
    )
    _stop(
        step.conn,
        account=step.account,
        run_id=run_id,
        kind=held.kind,
        why=held.why,
        now=step.now,
        shop=held.shop,
        warehouse=held.warehouse,
        about=about,
    )


# -- what a person says ------------------------------------------------------------------------------------------------


def asked(step: Step, event: SweepAsked) -> None:
    """A person wants a shop compared now."""
    mapping = mappings.newest_of(step.conn, account=step.account, shop=event.shop)
    kind = "full" if event.kind == "full" else "delta"
    by = event.by or step.actor
    begun = runs.begin(
        step.conn,
        account=step.account,
        mapping=mapping,
        kind=kind,
        dry=event.dry,
        by=by,
        now=step.now,
        at_once_from=stage.AT_ONCE_FROM,
    )
    if begun is not None:
        step.wake([Job(kind="sweep", account=step.account, connection=event.shop, what="runs")])


def approved(step: Step, event: RunApproved) -> None:
    """What was held back is done: levels are looked at, or the arrival is read again and acted on. An older list does not bring
    figures back over newer ones, and a mapping that was changed since is not changed again: both are judged anew."""
    run = runs.hold(step.conn, account=step.account, run_id=event.run_id)
    if run is None or run.state != "braked":
        return
    _decide(step, run, "approved", event.by)
    if run.kind in SWEEPS:
        step.wake_publishers(_correct(step.conn, account=step.account, run=run, now=step.now))
        return
    job = arrivals.replay(step.conn, account=step.account, arrival_id=run.arrival_id)
    step.wake([job] if job else [])


def dropped(step: Step, event: RunDropped) -> None:
    """Nothing of it is done. What arrived stays, and can be read in the inbox."""
    run = runs.hold(step.conn, account=step.account, run_id=event.run_id)
    if run is None or run.state != "braked":
        return
    _decide(step, run, "dropped", event.by, note=event.note)
    _let_go(step.conn, account=step.account, arrival_id=run.arrival_id, now=step.now)


def answer(step: Step, run_id: int, *, again: bool, by: str, note: str) -> None:
    """What was held back is not wanted as it is: it is let go, or (``again``) looked at anew as things are now."""
    run = runs.hold(step.conn, account=step.account, run_id=run_id)
    if run is None or run.state != "braked":
        return
    _decide(step, run, "dropped", by, note=note)
    if not again:
        _let_go(step.conn, account=step.account, arrival_id=run.arrival_id, now=step.now)
    elif run.kind in SWEEPS:
        asked(step, SweepAsked(shop=run.shop, kind=run.kind, by=by))
    else:
        job = arrivals.replay(step.conn, account=step.account, arrival_id=run.arrival_id)
        step.wake([job] if job else [])


def _decide(step: Step, run: Row[Any], state: str, by: str, note: str = "") -> None:
    by = by or step.actor
    _Q.run(step.conn, "decide", account=step.account, run_id=run.run_id, state=state, by=by, now=step.now, reason="")
    text = f"{NAME[run.kind]} that was held back was {state}" + (f": {note}" if note else "")
    line = Note(kind=f"run.{state}", text=text, data={"run": run.run_id})
    journal.write(
        step.conn,
        account=step.account,
        subject=f"run/{run.run_id}",
        notes=[line],
        at=step.now,
        actor=by,
        arrival_id=step.arrival_id,
    )
    subject = _subject(run.shop, run.warehouse)
    how = "approved" if state == "approved" else "not wanted"
    journal.unpark(step.conn, account=step.account, subject=subject, causes=[_cause(run.kind)], now=step.now, by=by, how=how)


# -- what is said ------------------------------------------------------------------------------------------------------


def _subject(shop: str, warehouse: str) -> str:
    return f"warehouse/{warehouse}" if warehouse else f"shop/{shop}"


def _cause(kind: str) -> str:
    return "braked:sweep" if kind in SWEEPS else f"braked:{kind}"


def _stop(
    conn: Connection,
    *,
    account: str,
    run_id: int,
    kind: str,
    why: str,
    now: datetime,
    shop: str = "",
    warehouse: str = "",
    about: str = "",
) -> None:
    park = Park(
        cause=_cause(kind),
        title=f"{NAME[kind]} of {about or shop} was held back: {why}.",
        consequence="Nothing of it is done. Single stock changes and orders go on.",
        remedy="sweep",
        data={"run_id": run_id},
    )
    connection = shop or warehouse.partition("/")[0]
    journal.park(conn, account=account, subject=_subject(shop, warehouse), connection=connection, parks=[park], now=now)


def _close(conn: Connection, *, account: str, shop: str, now: datetime, how: str) -> None:
    journal.unpark(conn, account=account, subject=f"shop/{shop}", causes=["braked:sweep"], now=now, how=how)


def _take_the_place(
    conn: Connection, *, account: str, kinds: Sequence[str], run_id: int, now: datetime, shop: str = "", warehouse: str = ""
) -> None:
    """One thing waits once: an older one that was held back is let go."""
    place = {"kinds": list(kinds), "shop": shop, "warehouse": warehouse, "run_id": run_id, "now": now}
    for row in _Q.rows(conn, "supersede", account=account, **place):
        _let_go(conn, account=account, arrival_id=row.arrival_id, now=now)


def _let_go(conn: Connection, *, account: str, arrival_id: int | None, now: datetime) -> None:
    if arrival_id is not None:
        arrivals.finish(conn, account=account, arrival_id=arrival_id, outcome="held back, and not wanted", now=now)
