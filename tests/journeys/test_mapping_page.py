"""From the form on the mapping page to what the shop offers: what the page says before saving is what happens after it."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from stockbridge.db import people
from stockbridge.domain.events import Event
from stockbridge.flow import actions
from stockbridge.testing.covers import covers
from stockbridge.testing.edge import fields_of, words_of
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World
from stockbridge.web.app import create_app
from stockbridge.web.parts import WebParts, WebSettings

BASE = "http://testserver"
BERLIN, HAMBURG, SOUTH = "Berlin Central", "Hamburg Port", "München South"
Numbers = dict[tuple[str, str], tuple[str, str]]


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    """A manager in front of the pages of this world."""

    def ask(conn: Connection, *, account: str, events: Sequence[Event], by: str) -> None:
        now = world.clock.now()
        actions.ask_all(conn, engine=world.engine, ids=world.ids, account=account, events=events, by=by, now=now)

    parts = WebParts(
        account=ACCOUNT,
        database=world.database,
        clock=world.clock,
        ids=world.ids,
        engine=world.engine,
        inbound=lambda _account, _connection: None,
        ask=ask,
        levels=lambda _account, shop: world.door(shop).levels,
        settings=WebSettings(base_url=BASE),
    )
    who = {"person_id": "m", "email": "m@example.com", "name": "Mia", "role": "manager", "password_hash": None}
    with world.database.begin() as conn:
        now = world.clock.now()
        mia = people.add_person(conn, account=ACCOUNT, **who, now=now)  # type: ignore[arg-type]
        token = people.start_session(conn, person=mia, now=now, longest=timedelta(hours=12), user_agent="")
    with TestClient(create_app(parts), base_url=BASE, follow_redirects=False) as made:
        made.headers |= {"origin": BASE, "sec-fetch-site": "same-origin"}
        made.cookies.set("stockbridge", token)
        yield made


def form(world: World, client: TestClient, location: str) -> dict[str, list[str]]:
    """The form of a location as it stands."""
    query = {"shop": SHOP, "location": f"gid://shopify/Location/{world.shop.control.location(location).id}"}
    return fields_of(client.get("/mapping/edit", params=query).text, "/mapping/plan")


def filled(fields: dict[str, list[str]], warehouse: str, **values: str | list[str]) -> dict[str, list[str]]:
    """The same with some fields of one warehouse's part changed."""
    n = next(name.split(".")[1] for name, at in fields.items() if name.startswith("at.") and at[0].endswith(f"\t{warehouse}"))
    return fields | {f"{name}.{n}": value if isinstance(value, list) else [value] for name, value in values.items()}


def planned(page: str) -> Numbers:
    """(SKU, location) → now and then, as a plan shows them."""
    rows = re.findall(
        r'<td class="head"><code>([^<]+)</code>.*?data-label="Location">([^<]+)<.*?data-label="Now">([^<]*)<.*?data-label="Then">([^<]*)<',
        page,
        re.S,
    )
    return {(sku, place): (now, then) for sku, place, now, then in rows}


def offers(world: World) -> dict[tuple[str, str], int]:
    """What the shop offers of everything everywhere."""
    return {
        (str(item.sku), place): level.available
        for item in world.shop.world.items.values()
        for place in (BERLIN, HAMBURG, SOUTH)
        if (level := world.shop.control.level(item.id, place)) is not None
    }


def more_kept_back(world: World, client: TestClient) -> dict[str, list[str]]:
    return filled(form(world, client, BERLIN), "BER", keep="3", keep_percent="12.5", keeps="PAN24; 20\nW-LANTERN; 0; 50")


def a_zone_less(world: World, client: TestClient) -> dict[str, list[str]]:
    return filled(form(world, client, BERLIN), "BER", zone=["+SHELF"], more="- BULK")


def one_more_location(world: World, client: TestClient) -> dict[str, list[str]]:
    """München South was never fed; it gets what lies in a zone that nobody counted."""
    return filled(form(world, client, SOUTH), "HAM", state="on", zone=["+QUARANTINE"]) | {"live": ["yes"], "keep": ["1"]}


def both_in_one(world: World, client: TestClient) -> dict[str, list[str]]:
    away = filled(form(world, client, HAMBURG), "HAM", state="none")
    draft = fields_of(client.post("/mapping/draft", data=away).text, "/mapping/edit")["draft"]
    cell = f"gid://shopify/Location/{world.shop.control.location(BERLIN).id}"
    page = client.post("/mapping/edit", data={"draft": draft, "cell": cell}).text
    return filled(fields_of(page, "/mapping/plan"), "HAM", state="on", zone=["+SHELF", "+BULK"], keep="1")


def the_least_of_both(world: World, client: TestClient) -> dict[str, list[str]]:
    return both_in_one(world, client) | {"combine": ["smallest"]}


def small_ones_left(world: World, client: TestClient) -> dict[str, list[str]]:
    """A buffer, and from now on differences of up to four units are left: one that is smaller stays, others are written."""
    return filled(form(world, client, BERLIN), "BER", keep="3", keeps="PAN24; 20") | {"tolerance": ["4"]}


def shared(world: World, client: TestClient) -> dict[str, list[str]]:
    """Hamburg gets a third of Berlin's shelf beside its own."""
    draft = fields_of(
        client.post("/mapping/draft", data=filled(form(world, client, BERLIN), "BER", share="66.67")).text, "/mapping/edit"
    )["draft"]
    cell = f"gid://shopify/Location/{world.shop.control.location(HAMBURG).id}"
    page = client.post("/mapping/edit", data={"draft": draft, "cell": cell}).text
    return filled(fields_of(page, "/mapping/plan"), "BER", state="on", zone=["+SHELF", "+BULK"], share="33.33")


@covers("MAP-04")
@covers("MAP-16")
@pytest.mark.parametrize(
    "change", [more_kept_back, a_zone_less, one_more_location, both_in_one, the_least_of_both, small_ones_left, shared]
)
def test_the_plan_before_saving_is_what_the_shop_offers_after_it(
    world: World, client: TestClient, change: Callable[[World, TestClient], dict[str, list[str]]]
) -> None:
    world.shop.control.place({"PAN24": 3})
    world.shop.control.place({"LANTERN": 2, "MUG-BLUE": 1})
    world.pass_time(60)
    before = offers(world)
    page = client.post("/mapping/plan", data=change(world, client)).text
    plan = planned(page)
    assert plan
    assert offers(world) == before, "looking changes nothing"
    saved = client.post("/mapping/save", data=fields_of(page, "/mapping/save"))
    assert (saved.status_code, saved.headers["location"]) == (303, "/mapping?said=saved")
    world.pass_time(1200, schedules_too=True)
    assert world.sight.causes() == []
    after = offers(world)
    assert {key: (str(before[key]), str(units)) for key, units in after.items() if units != before[key]} == plan
    shown = words_of(client.get("/mapping").text)
    assert "Version 3" in shown
    assert f"BER {WMS}" in shown


def test_an_item_that_would_be_stocked_by_us_is_in_the_plan_with_its_number(world: World, client: TestClient) -> None:
    level = world.shop.control.level("PAN24", BERLIN)
    assert level is not None
    level.is_active, level.states["available"] = False, 0
    world.sweep("levels")
    world.pass_time(30)
    fields = form(world, client, BERLIN) | {"not_stocked": ["activate"]}
    page = client.post("/mapping/plan", data=fields).text
    assert planned(page) == {("PAN24", BERLIN): ("–", "50")}
    assert "stocked there first" in page
    client.post("/mapping/save", data=fields_of(page, "/mapping/save"))
    world.pass_time(1200, schedules_too=True)
    assert (level.is_active, level.available) == (True, 50)


@covers("MAP-04")
def test_an_old_version_that_is_restored_offers_what_it_did(world: World, client: TestClient) -> None:
    before = offers(world)
    world.map_source(BERLIN, "BER", ["SHELF"], keep_units=4)
    world.settle()
    assert offers(world) != before
    version = client.get("/mapping/version", params={"shop": SHOP, "version": "2"}).text
    page = client.post("/mapping/plan", data=fields_of(version, "/mapping/plan")).text
    client.post("/mapping/save", data=fields_of(page, "/mapping/save"))
    world.settle()
    assert offers(world) == before
    versions: Any = words_of(client.get("/mapping/versions", params={"shop": SHOP}).text)
    assert "Version 4 now" in versions
