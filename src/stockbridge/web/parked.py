"""What waits for a person: cause, effect, and the button that repairs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.events import DismissAsked
from stockbridge.web import words
from stockbridge.web.codes import Unmapped, ask_mapping, key_of, unmapped
from stockbridge.web.orders import ask_again, back_to
from stockbridge.web.visit import Go, Page, Stop, Visit

PER_PAGE = 50
NO_NOTE = "Please add a note saying why nothing more is needed: it stays in the timeline."
_QUERIES = Queries("pages")


@dataclass(frozen=True, slots=True)
class Box:
    """One parked thing with what its repair needs."""

    row: Row[Any]
    unmapped: list[Unmapped] = field(default_factory=list)
    #: the same at other warehouses, told together with it
    also: list[Row[Any]] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        """Everything that closing this closes."""
        return [int(row.parked_id) for row in (self.row, *self.also)]

    @property
    def title(self) -> str:
        """What stopped; an item by its SKU, and several warehouses that count the same codes in one sentence."""
        if not self.also:
            return (
                str(self.row.title).replace(self.row.inventory_item_id, self.row.sku) if self.row.sku else str(self.row.title)
            )
        who = words.listed([str(row.data["warehouse"]) for row in (self.row, *self.also)])
        more = " …" if self.row.title.endswith("…") else ""
        return f"{who} count items that are mapped to nothing in a shop: {', '.join(self.row.data['codes'])}{more}"

    @property
    def held_back(self) -> bool:
        """Is it a run that waits for approval? It is decided where everything that it would change is shown."""
        return str(self.row.cause).startswith("braked:")

    @property
    def remedy(self) -> str:
        """The button: mapping turns into trying again when everything is mapped by now."""
        return "retry" if self.row.remedy == "map_item" and not self.unmapped else str(self.row.remedy)


def show(visit: Visit) -> Page:
    """Everything that waits, the oldest first."""
    cause, after = visit.query.get("cause")[:100], visit.query.number("after")
    waiting = boxes(visit, cause=cause, after=after, limit=PER_PAGE + 1)
    values = {
        "boxes": folded(waiting[:PER_PAGE]),
        "more": waiting[PER_PAGE - 1].row.parked_id if len(waiting) > PER_PAGE else 0,
        "causes": _QUERIES.rows(visit.conn, "parked_causes", account=visit.me.account),
        "cause": cause,
        "here": visit.query,
        "said": visit.query.get("said"),
    }
    return Page(template="parked.html", values=values)


def boxes(visit: Visit, *, cause: str = "", subject: str = "", after: int = 0, limit: int = PER_PAGE) -> list[Box]:
    """Parked things as the filters say, each with what its repair needs."""
    rows = _QUERIES.rows(
        visit.conn, "parked", account=visit.me.account, cause=cause, subject=subject, after_id=after, limit=limit
    )
    found, told = [], set[str]()
    for row in rows:
        found.append(Box(row, [] if row.thing in told else unmapped_of(visit, row)))
        told.add(row.thing)
    return found


def folded(waiting: Iterable[Box]) -> list[Box]:
    """What several warehouses miss alike is one thing to do: it is shown once, where the first of them stood."""
    shown: dict[str, Box] = {}
    for box in waiting:
        first = shown.setdefault(box.row.thing, box)
        if first is not box:
            first.also.append(box.row)
    return list(shown.values())


def unmapped_of(visit: Visit, row: Row[Any]) -> list[Unmapped]:
    """The items without a code that a parked order waits for, or that look like codes which belong to no item."""
    account, codes = visit.me.account, _codes(row)
    if row.remedy == "map_item" and row.order_id is not None:
        lines = _QUERIES.rows(visit.conn, "unmapped_lines", account=account, shop=row.shop, order_id=row.order_id)
        return unmapped(visit, lines)
    if row.remedy == "map_code" and codes:
        keys = [key_of(code) for code in codes]
        return unmapped(visit, _QUERIES.rows(visit.conn, "items_like_codes", account=account, keys=keys))
    return []


def _codes(row: Row[Any]) -> tuple[str, ...]:
    """The codes without an item that a parked thing is about; none for anything else."""
    data = row.data if isinstance(row.data, dict) else {}
    if row.remedy != "map_code" or not data.get("warehouse"):
        return ()
    return tuple(str(code) for code in data.get("codes", ()))


def retry(visit: Visit) -> Go:
    """Asks that the selected things be tried again. What somebody else has closed meanwhile is passed over.

    Where an outcome is unknown, trying again can double an order: that is asked one by one, by whoever has looked.
    """
    chosen = _chosen(visit, looked=visit.form.get("looked") == "yes" and len(visit.form.all("parked")) == 1)
    ask_again(visit, chosen)
    return _back(visit, "retry" if chosen else "none")


def dismiss(visit: Visit) -> Go:
    """Says that the selected things need nothing more, with a note for whoever wonders later."""
    note = note_of(visit)
    chosen = _chosen(visit, looked=visit.form.get("looked") == "yes" and len(visit.form.all("parked")) == 1)
    if chosen and not note:
        raise Stop(422, NO_NOTE)
    ask_to_close(visit, chosen, note=note)
    return _back(visit, "dismissed" if chosen else "none")


def note_of(visit: Visit) -> str:
    """Why nothing more is needed."""
    return visit.form.get("note")[:1_000]


def ask_to_close(visit: Visit, parked_ids: Sequence[int], *, note: str) -> None:
    """Asks that parked things be closed."""
    me = visit.me
    events = [DismissAsked(parked_id=parked_id, by=me.name, note=note) for parked_id in parked_ids]
    visit.parts.ask(visit.conn, account=me.account, events=events, by=me.person_id)


def map_item(visit: Visit) -> Page | Go:
    """Says which item code the chosen warehouses use for an item."""
    return ask_mapping(visit) or _back(visit, "mapped")


def _chosen(visit: Visit, *, looked: bool) -> list[int]:
    ids = [int(text) for text in visit.form.all("parked") if text.isascii() and text.isdigit() and len(text) < 19]
    if not ids:
        return []
    rows = _QUERIES.rows(visit.conn, "open_parked", account=visit.me.account, parked_ids=ids, looked=looked)
    return [int(row.parked_id) for row in rows]


def _back(visit: Visit, said: str) -> Go:
    return Go(to=back_to(visit, "/order" if visit.form.get("page") == "order" else "/parked", said))
