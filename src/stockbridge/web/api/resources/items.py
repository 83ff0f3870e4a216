"""Items, and the cross-reference: which item code a warehouse uses for which item. Read, and written like a person's act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from sqlalchemy import Row

from stockbridge.db.queries import Queries
from stockbridge.domain.events import ItemMapped
from stockbridge.web.api.paging import Paged, page, place
from stockbridge.web.api.route import Asked, Call, Given, Moment, Nothing, Page, Refusal, Route, Told, asking, says
from stockbridge.web.finding import escaped

MOST = 500
_PAGES = Queries("pages")
_QUERIES = Queries("api")


class Items(Paged, frozen=True):
    """Which items."""

    search: Annotated[str, says("A part of the SKU or title, or the barcode.", max_length=200)] = ""


class CodeOf(Told, frozen=True):
    """What one warehouse calls an item."""

    warehouse: str
    item_code: str


class Item(Told, frozen=True):
    """An item that the shop counts."""

    shop: str
    inventory_item_id: str
    sku: Annotated[str, says("The merchant's text. May be empty, repeated or changed: never a key.")]
    barcode: str
    title: str
    mapped: Annotated[bool, says("Whether any warehouse has a code for it.")]
    codes: list[CodeOf]


class Codes(Paged, frozen=True):
    """Which entries. An empty filter lets everything through."""

    shop: Annotated[str, says("Only this shop.", max_length=200)] = ""
    inventory_item_id: Annotated[str, says("Only this item.", max_length=200)] = ""
    connection: Annotated[str, says("Only this warehouse system.", max_length=200)] = ""
    warehouse: Annotated[str, says("Only this warehouse.", max_length=200)] = ""
    item_code: Annotated[str, says("Only this code, letter by letter.", max_length=200)] = ""


class ItemCode(Told, frozen=True):
    """Which code a warehouse uses for an item."""

    shop: str
    inventory_item_id: str
    connection: str
    warehouse: str
    item_code: str
    sku: str | None
    verified_at: Moment
    verified_by: str


class Entry(Given, frozen=True):
    """One entry to be made, changed or ended."""

    shop: Annotated[str, says("The shop.", min_length=1, max_length=200)]
    inventory_item_id: Annotated[str, says("The item.", min_length=1, max_length=200)]
    connection: Annotated[str, says("The warehouse system.", min_length=1, max_length=200)]
    warehouse: Annotated[str, says("The warehouse.", min_length=1, max_length=200)]
    item_code: Annotated[str, says("What the warehouse calls the item.", min_length=1, max_length=200, pattern=r"\S")]
    active: Annotated[bool, says("false ends the entry.")] = True


class Entries(Given, frozen=True):
    """Entries of the cross-reference: all of them are asked for, or none."""

    codes: Annotated[list[Entry], says("The entries.", min_length=1, max_length=MOST)]
    sure: Annotated[bool, says("Also codes that a warehouse which counts has never counted.")] = False


def items(call: Call[Items, Nothing]) -> Page[Item]:
    """List items. Those that the shop counts, with their item codes; those without any code come first."""
    query = call.query
    mapped, sku, item = place(query, "items", (False, "", ""))
    rows = _PAGES.rows(
        call.conn,
        "items",
        account=call.account,
        search=query.search,
        like=f"%{escaped(query.search)}%",
        after_mapped=mapped,
        after_sku=sku,
        after_item=item,
        limit=query.limit + 1,
    )
    return page(query, "items", rows, _item, lambda row: (row.mapped, row.sku, row.inventory_item_id))


def codes(call: Call[Codes, Nothing]) -> Page[ItemCode]:
    """List item codes. The cross-reference, entry by entry."""
    query = call.query
    shop, item, connection, warehouse = place(query, "item-codes", ("", "", "", ""))
    rows = _QUERIES.rows(
        call.conn,
        "item_codes",
        account=call.account,
        shop=query.shop,
        item=query.inventory_item_id,
        connection=query.connection,
        warehouse=query.warehouse,
        item_code=query.item_code,
        after_shop=shop,
        after_item=item,
        after_connection=connection,
        after_warehouse=warehouse,
        limit=query.limit + 1,
    )
    return page(query, "item-codes", rows, _code, lambda row: (row.shop, row.inventory_item_id, row.connection, row.warehouse))


def write(call: Call[Nothing, Entries]) -> Asked:
    """Write item codes. Makes, changes or ends up to 500 entries; orders that waited for a code go on by themselves.

    Each item must be known, and each warehouse must feed its shop. A code that a warehouse which counts has never counted is refused
    unless `sure` is true: most of them are typing errors.
    """
    entries = call.body.codes
    _refuse_unknown(call, entries)
    if not call.body.sure:
        _refuse_never_counted(call, [entry for entry in entries if entry.active])
    events = [
        ItemMapped(
            shop=entry.shop,
            inventory_item_id=entry.inventory_item_id,
            connection=entry.connection,
            warehouse=entry.warehouse,
            item_code=entry.item_code.strip(),
            active=entry.active,
            by=call.by,
        )
        for entry in entries
    ]
    call.ask(events)
    many = "1 entry is" if len(events) == 1 else f"{len(events)} entries are"
    return Asked(asked=f"{many} written, and orders that waited for them go on.", look_at="/api/v1/item-codes")


def _refuse_unknown(call: Call[Any, Any], entries: Sequence[Entry]) -> None:
    """Two entries for one place contradict each other; items and warehouses must be there."""
    places = [(each.shop, each.inventory_item_id, each.connection, each.warehouse) for each in entries]
    twice = next((place for place in places if places.count(place) > 1), None) if len(set(places)) < len(places) else None
    if twice is not None:
        raise Refusal(422, "twice", f"Item {twice[1]} at {twice[3]} is named twice. Nothing was changed.")
    unknown = _QUERIES.maybe(
        call.conn,
        "first_unknown",
        account=call.account,
        shops=[each.shop for each in entries],
        items=[each.inventory_item_id for each in entries],
        connections=[each.connection for each in entries],
        warehouses=[each.warehouse for each in entries],
    )
    if unknown is not None and not unknown.item_known:
        sentence = f"The shop {unknown.shop} has no item {unknown.item} that Stockbridge has read. Nothing was changed."
        raise Refusal(422, "unknown_item", sentence)
    if unknown is not None:
        sentence = (
            f"No warehouse {unknown.warehouse} of {unknown.connection} feeds the shop {unknown.shop}. Nothing was changed."
        )
        raise Refusal(422, "unknown_warehouse", sentence)


def _refuse_never_counted(call: Call[Any, Any], entries: Sequence[Entry]) -> None:
    rows = _QUERIES.rows(
        call.conn,
        "never_counted_codes",
        account=call.account,
        connections=[each.connection for each in entries],
        warehouses=[each.warehouse for each in entries],
        codes=[each.item_code.strip() for each in entries],
    )
    if rows:
        some = ", ".join(f"'{row.code}' at {row.warehouse}" for row in rows[:5])
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        sentence = f"Never counted: {some}{more}. If that is right, send it again with sure: true. Nothing was changed."
        raise Refusal(422, "never_counted", sentence)


def _item(row: Row[Any]) -> Item:
    return Item(
        shop=row.shop,
        inventory_item_id=row.inventory_item_id,
        sku=row.sku,
        barcode=row.barcode,
        title=row.title,
        mapped=row.mapped,
        codes=[CodeOf(warehouse=code["warehouse"], item_code=code["item_code"]) for code in row.codes],
    )


def _code(row: Row[Any]) -> ItemCode:
    return ItemCode(**row._mapping)


ROUTES = (
    Route(method="GET", path="/items", scope="read", handler=items, query=Items, answer=Page[Item]),
    Route(method="GET", path="/item-codes", scope="read", handler=codes, query=Codes, answer=Page[ItemCode]),
    asking("/item-codes", scope="map", handler=write, body=Entries),
)
