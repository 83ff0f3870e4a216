"""Locations, and which zones of which warehouse feed them. Reading only, and what counts at this moment: all rules of
a shop stand in its mapping (mapping.py), which is checked, tried and changed whole."""

from __future__ import annotations

from typing import Annotated

from stockbridge.db.queries import Queries
from stockbridge.web.api.paging import whole
from stockbridge.web.api.route import Call, Given, Nothing, Page, Route, Told, says

_QUERIES = Queries("pages")


class OfShop(Given, frozen=True):
    """Which ones. An empty filter lets everything through."""

    shop: Annotated[str, says("Only this shop.", max_length=200)] = ""
    location_id: Annotated[str, says("Only this location.", max_length=200)] = ""


class Location(Told, frozen=True):
    """A location of a shop."""

    shop: str
    location_id: str
    name: str
    active: bool
    fulfillment_service: Annotated[bool, says("It belongs to a fulfillment service, not to the merchant.")]
    country_code: str
    sources: Annotated[int, says("How many warehouses feed it; 0: its stock is not ours to write.")]


class Source(Told, frozen=True):
    """A warehouse that feeds a location."""

    shop: str
    location_id: str
    connection: str
    warehouse: str
    zones: Annotated[list[str], says("The zones that count. Zones that are not named are not offered.")]
    excluded: Annotated[list[str], says("Zones below them that do not count.")]
    priority: Annotated[int, says("Smaller ships first.")]
    keep_units: Annotated[int, says("Units of each item that are never offered.")]
    keep_percent: Annotated[float, says("The same as a share of what is there.")]
    live: Annotated[bool, says("Whether numbers are written, or only compared.")]


class Warehouse(Told, frozen=True):
    """A warehouse that has reported a count."""

    connection: str
    warehouse: str
    zones: Annotated[list[str], says("The zones that it has counted.")]


def locations(call: Call[OfShop, Nothing]) -> Page[Location]:
    """List locations. Those of every shop, with how many warehouses feed each."""
    feeding = [(each.shop, each.location_id) for each in _sources(call)]
    rows = _QUERIES.rows(call.conn, "locations", account=call.account)
    return whole(
        [
            Location(
                shop=row.shop,
                location_id=row.location_id,
                name=row.name,
                active=row.active,
                fulfillment_service=row.fulfillment_service,
                country_code=row.country_code,
                sources=feeding.count((row.shop, row.location_id)),
            )
            for row in rows
            if _fits(call.query, row.shop, row.location_id)
        ]
    )


def sources(call: Call[OfShop, Nothing]) -> Page[Source]:
    """List sources. Which zones of which warehouse feed which location, and what is kept back."""
    return whole(_sources(call))


def warehouses(call: Call[Nothing, Nothing]) -> Page[Warehouse]:
    """List warehouses. Those that have reported a count, with their zones."""
    rows = _QUERIES.rows(call.conn, "known_zones", account=call.account)
    return whole([Warehouse(connection=row.connection, warehouse=row.warehouse, zones=list(row.zones)) for row in rows])


def _sources(call: Call[OfShop, Nothing]) -> list[Source]:
    return [
        Source(
            shop=row.shop,
            location_id=row.location_id,
            connection=row.connection,
            warehouse=row.warehouse,
            zones=list(row.zones),
            excluded=list(row.excluded),
            priority=row.priority,
            keep_units=row.keep_units,
            keep_percent=row.keep_percent_bp / 100,
            live=row.live,
        )
        for row in _QUERIES.rows(call.conn, "sources", account=call.account)
        if _fits(call.query, row.shop, row.location_id)
    ]


def _fits(query: OfShop, shop: str, location_id: str) -> bool:
    return query.shop in ("", shop) and query.location_id in ("", location_id)


ROUTES = (
    Route(method="GET", path="/locations", scope="read", handler=locations, query=OfShop, answer=Page[Location]),
    Route(method="GET", path="/sources", scope="read", handler=sources, query=OfShop, answer=Page[Source]),
    Route(method="GET", path="/warehouses", scope="read", handler=warehouses, answer=Page[Warehouse]),
)
