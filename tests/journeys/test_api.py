"""A program reads what waits and why, asks through the API for what a person could, and reads that it is done: the same inbox, the same
steps, the same plan before and the same numbers after."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from stockbridge.db import tokens
from stockbridge.domain.events import Event
from stockbridge.flow import actions
from stockbridge.ports import Inbound
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World
from stockbridge.web.app import create_app
from stockbridge.web.parts import WebParts

Made = Callable[..., World]
SKUS = ("MUG-WHITE", "MUG-BLUE", "LANTERN")


@pytest.fixture
def world(furnish: Made) -> World:
    """Everything is mapped but PAN24."""
    world = furnish(mapped=False)
    for location, warehouse in (("Berlin Central", "BER"), ("Hamburg Port", "HAM")):
        world.map_source(location, warehouse, ["SHELF", "BULK"])
        world.map_items(warehouse, {sku: f"W-{sku}" for sku in SKUS})
    world.settle()
    return world


@pytest.fixture
def erp(world: World) -> TestClient:
    """A program with a token for everything."""
    return program_in(world)


def program_in(world: World) -> TestClient:
    """A program with a token for everything in some world."""

    def inbound(_account: str, _connection: str) -> Inbound | None:
        return None

    def ask(conn: Connection, *, account: str, events: Sequence[Event], by: str) -> None:
        now = world.clock.now()
        actions.ask_all(conn, engine=world.engine, ids=world.ids, account=account, events=events, by=by, now=now)

    parts = WebParts(
        account=ACCOUNT,
        database=world.database,
        clock=world.clock,
        ids=world.ids,
        engine=world.engine,
        inbound=inbound,
        ask=ask,
        levels=lambda _account, shop: world.door(shop).levels,
    )
    with world.database.begin() as conn:
        secret = tokens.create(
            conn,
            account=ACCOUNT,
            token_id="t-1",
            name="ERP",
            scopes=tuple(tokens.SCOPES),
            by="Ana",
            now=world.clock.now(),
            valid_for=timedelta(days=1),
        )
    return TestClient(create_app(parts), headers={"authorization": f"Bearer {secret}"})


def get(erp: TestClient, path: str, **query: Any) -> Any:
    answer = erp.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(erp: TestClient, path: str, body: dict[str, Any], status: int = 202) -> Any:
    answer = erp.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def offers(world: World) -> dict[tuple[str, str], int]:
    """What the shop offers of everything everywhere."""
    return {
        (str(item.sku), place): int(level.available)
        for item in world.shop.world.items.values()
        for place in ("Berlin Central", "Hamburg Port", "München South")
        if (level := world.shop.control.level(item.id, place)) is not None
    }


def planned(plan: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    """What a plan says of the levels that it would write: now and then."""
    return {(each["sku"], each["location"]): (each["now"], each["then"]) for each in plan["data"]}


def entry(world: World, warehouse: str, **more: Any) -> dict[str, Any]:
    place = {"shop": SHOP, "inventory_item_id": world.item_id("PAN24"), "connection": WMS, "warehouse": warehouse}
    return {**place, "item_code": "W-PAN24", **more}


def test_an_order_that_waits_for_a_code_goes_on_when_a_program_writes_it(world: World, erp: TestClient) -> None:
    order = world.shop.control.place({"PAN24": 2})
    world.pass_time(30)
    [parked] = [each for each in get(erp, "/parked")["data"] if each["cause"] == "unmapped_item"]
    [shown] = get(erp, "/orders", view="attention")["data"]
    assert (shown["name"], shown["state"]) == (order.name, "parked")
    sent = erp.post("/api/v1/item-codes", json={"codes": [entry(world, "BER"), entry(world, "HAM")]})
    assert sent.status_code == 202
    world.pass_time(30)
    [copies] = world.wms.orders.values()
    assert [(line.item_code, line.ordered) for line in copies[0].lines] == [("W-PAN24", 2)]
    assert get(erp, f"/parked/{parked['parked_id']}")["closed_at"] is not None
    whole = get(erp, "/orders/one", shop=SHOP, order_id=shown["order_id"])
    assert (whole["state"], whole["parked"]) == ("accepted", [])
    [code, _] = get(erp, "/item-codes", inventory_item_id=world.item_id("PAN24"))["data"]
    assert (code["item_code"], code["verified_by"]) == ("W-PAN24", "ERP (API)")


def test_the_number_that_a_program_reads_is_the_one_that_the_shop_offers(world: World, erp: TestClient) -> None:
    erp.post("/api/v1/item-codes", json={"codes": [entry(world, "BER")]})
    world.pass_time(30)
    berlin = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    cell = {"shop": SHOP, "location_id": berlin, "inventory_item_id": world.item_id("PAN24")}
    why = get(erp, "/stock/why", **cell)
    offered = world.shop.control.level("PAN24", "Berlin Central").available
    assert (why["level"]["offered"], why["level"]["shop_shows"], why["level"]["state"]) == (offered, 50, "in_step")
    assert [(step["sign"], step["units"]) for step in why["steps"]] == [("+", 50)]


def test_the_journal_names_the_token_that_asked(world: World, erp: TestClient) -> None:
    world.shop.control.place({"PAN24": 1})
    world.pass_time(30)
    [parked] = [each for each in get(erp, "/parked")["data"] if each["cause"] == "unmapped_item"]
    erp.post(f"/api/v1/parked/{parked['parked_id']}/dismiss", json={"note": "sold by phone"})
    world.pass_time(10)
    one = get(erp, f"/parked/{parked['parked_id']}")
    assert (one["closed_by"], one["closed_how"]) == ("ERP (API)", "needs nothing more")
    order_id = parked["subject"].removeprefix("order/")
    timeline = get(erp, "/orders/one", shop=SHOP, order_id=order_id)["timeline"]
    assert ("ERP (API)", "closed: unmapped item (sold by phone)") in [(line["actor"], line["text"]) for line in timeline]


def test_a_write_that_is_sent_twice_with_its_key_is_one_arrival(world: World, erp: TestClient) -> None:
    before = len(world.sight.arrivals("item_mapped"))
    for _ in range(2):
        answer = erp.post("/api/v1/item-codes", json={"codes": [entry(world, "BER")]}, headers={"idempotency-key": "k-1"})
        assert answer.status_code == 202
    assert len(world.sight.arrivals("item_mapped")) == before + 1


# -- the mapping -------------------------------------------------------------------------------------------------------


def test_what_a_program_was_told_of_a_mapping_is_what_the_shop_offers_once_it_stands(world: World, erp: TestClient) -> None:
    world.shop.control.place({"LANTERN": 2, "MUG-BLUE": 1})
    world.pass_time(60)
    read = get(erp, "/mapping", shop=SHOP)
    document = read["document"]
    berlin = next(each for each in document["locations"] if each["location_id"] == world.location_id("Berlin Central"))
    berlin["sources"][0] |= {"keep": {"units": 3, "percent_bp": 1250}, "keeps": {"W-LANTERN": {"units": 20}}}
    south = {"location_id": world.location_id("München South"), "live": True}
    document["locations"].append(
        south | {"sources": [{"connection": WMS, "warehouse": "HAM", "zones": {"include": ["QUARANTINE"]}}]}
    )
    assert post(erp, "/mapping/check", {"document": document}, 200)["problems"] == []
    before = offers(world)
    plan = planned(post(erp, "/mapping/dry-run", {"document": document}, 200))
    assert {place for _, place in plan} == {"Berlin Central", "München South"}
    world.settle()
    assert offers(world) == before, "looking changes nothing"
    post(erp, "/mapping/apply", {"document": document, "note": "winter", "seen": True})
    world.pass_time(1200, schedules_too=True)
    after = offers(world)
    assert {key: (before[key], units) for key, units in after.items() if units != before[key]} == plan
    [newest, *_] = get(erp, "/mapping/versions", shop=SHOP)["data"]
    assert (newest["version"], newest["by"], newest["note"]) == (read["version"] + 1, "ERP (API)", "winter")
    stale = post(erp, "/mapping/apply", {"document": document}, 409)
    assert stale["code"] == "not_newest"
    post(erp, "/mapping/restore", {"shop": SHOP, "version": read["version"], "base": newest["version"], "seen": True})
    world.pass_time(1200, schedules_too=True)
    berlins = {key: units for key, units in offers(world).items() if key[1] == "Berlin Central"}
    assert berlins == {key: before[key] for key in berlins}


# -- what is held back -------------------------------------------------------------------------------------------------

TOOLS = [f"T{n:02}" for n in range(30)]


@pytest.fixture
def many(furnish: Made) -> World:
    """Thirty tools in Berlin, fifty of each."""
    world = furnish(mapped=False, stock={"BER": {f"W-{sku}": {"SHELF": 50} for sku in TOOLS}, "HAM": {}})
    for sku in TOOLS:
        world.shop.control.add_product(f"Tool {sku}", sku=sku, price="9.00", stock={"Berlin Central": 50})
    world.sweep("items")
    world.settle()
    world.map_source("Berlin Central", "BER", ["SHELF"])
    world.map_items("BER", {sku: f"W-{sku}" for sku in TOOLS})
    world.sweep("stock", "levels")
    world.settle()
    return world


def tools(world: World) -> dict[str, int]:
    return {sku: units for (sku, place), units in offers(world).items() if sku in TOOLS and place == "Berlin Central"}


@pytest.fixture
def clerk(many: World) -> TestClient:
    """A program in the world of many tools."""
    return program_in(many)


def test_a_sweep_that_is_held_back_goes_on_when_a_program_approves_it(many: World, clerk: TestClient) -> None:
    many.shop.emitter.chaos.loss = 1.0
    for sku in TOOLS[:27]:
        many.shop.control.set_stock(sku, "Berlin Central", quantity=9)
    many.settle()
    post(clerk, "/sweeps/runs", {"shop": SHOP})
    many.pass_time(60)
    [waits] = get(clerk, "/parked", cause="braked")["data"]
    run = get(clerk, f"/sweeps/runs/{waits['run_id']}")
    assert (run["state"], run["kind"], run["asked_by"], run["found"]) == ("braked", "delta", "ERP (API)", 27)
    assert "27 of 30 numbers (90 %)" in run["reason"]
    found = get(clerk, f"/sweeps/runs/{run['run_id']}/corrections", limit=200)["data"]
    assert {each["sku"]: (each["was"], each["should"]) for each in found} == dict.fromkeys(TOOLS[:27], (9, 50))
    assert set(tools(many).values()) == {9, 50}, "nothing of it is done"
    post(clerk, f"/sweeps/runs/{run['run_id']}/approve", {})
    many.pass_time(120)
    assert tools(many) == dict.fromkeys(TOOLS, 50)
    after = get(clerk, f"/sweeps/runs/{run['run_id']}")
    assert (after["state"], after["decided_by"]) == ("approved", "ERP (API)")
    assert get(clerk, "/parked", cause="braked")["data"] == []
    assert post(clerk, f"/sweeps/runs/{run['run_id']}/drop", {}, 409)["code"] == "not_held"


@pytest.mark.parametrize(("what", "units"), [("approve", 40), ("drop", 50)])
def test_a_large_change_of_the_mapping_that_nobody_saw_waits(many: World, clerk: TestClient, what: str, units: int) -> None:
    document = get(clerk, "/mapping", shop=SHOP)["document"]
    document["locations"][0]["sources"][0]["keep"] = {"units": 10}
    foretold = post(clerk, "/mapping/dry-run", {"document": document}, 200)["held_back"]
    assert foretold == "it would change 30 of 30 numbers (100 %)"
    post(clerk, "/mapping/apply", {"document": document})
    many.settle()
    assert set(tools(many).values()) == {50}
    [run, *_] = get(clerk, "/sweeps/runs", kind="mapping")["data"]
    assert (run["state"], run["shop"], run["reason"]) == ("braked", SHOP, foretold)
    post(clerk, f"/sweeps/runs/{run['run_id']}/{what}", {})
    many.pass_time(60)
    assert set(tools(many).values()) == {units}


# -- pauses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [{"connection": SHOP}, {"everything": True}], ids=["the shop", "everything"])
def test_what_a_program_pauses_is_not_written_to_and_works_numbers_out_anew_afterwards(
    world: World, erp: TestClient, what: dict[str, Any]
) -> None:
    post(erp, "/pauses", what)
    world.settle()
    [paused] = get(erp, "/pauses")["data"]
    assert (paused["connection"], paused["paused_by"]) == (what.get("connection"), "ERP (API)")
    before, written = offers(world), len(world.streets.asked('"mutation'))
    for units in (4, 5, -2):
        world.wms.adjust("BER", "W-LANTERN", "SHELF", units)
        world.pass_time(60)
    assert (offers(world), len(world.streets.asked('"mutation'))) == (before, written)
    post(erp, "/pauses/resume", what)
    world.settle()
    assert offers(world)["LANTERN", "Berlin Central"] == before["LANTERN", "Berlin Central"] + 7
    assert len(world.streets.asked('"mutation')) == written + 1, "the newest alone"
    assert get(erp, "/pauses")["data"] == []


# -- the past ----------------------------------------------------------------------------------------------------------


def test_a_number_of_the_past_is_told_as_it_stood(world: World, erp: TestClient) -> None:
    cell = {
        "shop": SHOP,
        "location_id": world.location_id("Berlin Central"),
        "inventory_item_id": world.item_id("LANTERN"),
    }
    world.wms.adjust("BER", "W-LANTERN", "SHELF", 4)
    world.settle()
    moment = world.clock.now().isoformat()
    world.pass_time(600)
    world.wms.adjust("BER", "W-LANTERN", "SHELF", -30)
    world.settle()
    then = get(erp, "/stock/why", **cell, at=moment)
    assert (then["then"]["offered"], then["then"]["wrote"], then["level"]["offered"]) == (54, 54, 24)
    assert [(step["sign"], step["units"]) for step in then["steps"]] == [("+", 54)]
    history = get(erp, "/stock/history", **cell)["data"]
    assert [each["offered"] for each in history][:2] == [24, 54]
    assert history[0]["causes"] == ["BER counted 54 → 24"]
    points = get(erp, "/stock/chart", **cell, days=1)["points"]
    assert (points[-1]["offered"], points[-1]["shop_shows"]) == (24, 24)
