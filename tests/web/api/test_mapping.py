"""The mapping as programs read, try and change it: the page's own checks, the page's own plan, and nothing but whole versions."""

import csv
import io
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from stockbridge import shapes
from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import Location, NotStocked, Owner, ShopMapping, Source, Spent
from stockbridge.domain.stock import Combine, Keep
from stockbridge.domain.zones import Zones
from stockbridge.ports import LevelRead
from stockbridge.web.api.mapping_document import MappingDocument, meant, written

Programs = Callable[..., Any]
SHOP = "shop.example"
RICH = Location(
    location_id="loc-1",
    sources=(
        Source(
            connection="north-wms",
            warehouse="NORTH",
            zones=Zones(("PICK", "=BULK"), ("PICK/Odd",)),
            priority=3,
            keep=Keep(units=1, percent_bp=250),
            keeps={"100-011": Keep(units=4)},
            serves=("GB",),
            share_bp=5000,
            active=False,
            active_from=datetime(2026, 12, 1, 8, tzinfo=UTC),
        ),
    ),
    live=True,
    combine=Combine.LARGEST,
    keep=Keep(units=2),
    sells_to=("GB",),
    not_stocked=NotStocked.ACTIVATE,
    spent=Spent.BOOK,
    tolerance=1,
    owner=Owner.BOTH,
    told_after_s=60,
)
TWO = (
    "INSERT INTO mapping SELECT account, shop, 2, jsonb_set(jsonb_set(document, '{version}', '2'), '{locations,0,sources,0,keep,units}', '50'),"
    " 'Ben', 'more', at FROM mapping WHERE version = 1"
)


def document(reader: Any) -> dict[str, Any]:
    """The mapping as it stands, to be changed."""
    return deepcopy(reader.get("/mapping", shop=SHOP)["document"])


def keeping(reader: Any, units: int = 25, percent_bp: int = 1250) -> dict[str, Any]:
    """The same with more kept back in London."""
    changed = document(reader)
    changed["locations"][0]["sources"][0]["keep"] = {"units": units, "percent_bp": percent_bp}
    return changed


def posted(program: Any, path: str, body: Any, status: int = 200, **query: Any) -> Any:
    answer = program.client.post(f"/api/v1/mapping/{path}", json=body, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_is_read_can_be_sent_back_and_says_the_same(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    told = erp.get("/mapping", shop=SHOP)
    assert (told["version"], told["newest"], told["by"], told["note"], told["restoring"]) == (1, 1, "Ana", "the first one", [])
    assert [each["location"] for each in told["says"]] == ["London", "Leeds"]
    assert "NORTH feeds it: PICK, BULK; order of choice 10; 5 units kept back." in told["says"][0]["sentences"]
    checked = posted(erp, "check", {"document": told["document"]})
    assert (checked["differences"], checked["problems"], checked["stands"], checked["current"]) == ([], [], True, True)
    problem = posted(erp, "apply", {"document": told["document"]}, 422)
    assert problem["detail"] == "This says the same as the mapping of now. Nothing was changed."
    assert filled.asked == []


def test_the_document_has_every_field_that_a_mapping_has(filled: Any, program: Programs) -> None:
    there = ShopMapping(shop=SHOP, version=3, locations=(RICH,))
    assert {each.name for each in fields(Location) if getattr(RICH, each.name) == each.default} == set(), (
        "none is left out here"
    )
    sent = msgspec.json.encode(written(there))
    assert meant(shapes.decode(sent, MappingDocument)) == there
    assert shapes.decode(sent, ShopMapping) == there, "the command line takes the same"


def test_a_change_is_asked_as_the_page_asks_it(filled: Any, program: Programs) -> None:
    erp = program("read", "sources", name="ERP")
    answer = posted(erp, "apply", {"document": keeping(erp), "note": "more caution ", "seen": True}, 202)
    assert erp.client.get(answer["look_at"]).status_code == 200
    [(account, event, by)] = filled.asked
    assert (account, by) == ("acme", "token/t-1")
    assert isinstance(event, MappingChanged)
    assert (event.shop, event.base, event.seen, event.note, event.by) == (SHOP, 1, True, "more caution", "ERP (API)")
    assert event.locations[0].sources[0].keep == Keep(units=25, percent_bp=1250)
    assert [each.location_id for each in event.locations] == ["loc-1", "loc-2"], "the others stay as they are"


def test_that_somebody_saw_the_plan_is_said_only_where_the_caller_says_it(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    answer = posted(erp, "apply", {"document": keeping(erp)}, 202)
    assert "it waits in /sweeps/runs until somebody approves it" in answer["asked"]
    [(_, event, _)] = filled.asked
    assert event.seen is False
    assert event.note == "London: NORTH, kept back: 5 units → 25 units or 12.5 %."


def test_a_location_that_the_document_does_not_name_is_fed_by_nothing(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    less = document(erp)
    del less["locations"][1]
    assert posted(erp, "check", {"document": less})["differences"] == ["Leeds: SOUTH is taken away."]
    posted(erp, "apply", {"document": less}, 202)
    assert [each.location_id for each in filled.asked[0][1].locations] == ["loc-1"]


def test_a_document_that_was_overtaken_is_refused_and_the_newest_named(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    late = keeping(erp)
    filled.sql(TWO)
    problem = posted(erp, "apply", {"document": late, "seen": True}, 409)
    assert problem["code"] == "not_newest"
    assert problem["detail"].startswith(
        "This was drawn from version 1, and the mapping is at version 2 by now (Ben changed it at "
    )
    assert posted(erp, "check", {"document": late})["current"] is False
    assert filled.asked == []
    posted(erp, "apply", {"document": keeping(erp), "seen": True}, 202)


def test_every_contradiction_is_a_sentence_with_its_place_in_the_body(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    wrong = document(erp)
    wrong["locations"].insert(0, {"location_id": "loc-77", "sources": [deepcopy(wrong["locations"][1]["sources"][0])]})
    wrong["locations"][1]["sources"][0] |= {"keep": {"percent_bp": 10_001}, "serves": ["UK"], "share_bp": 20_000}
    wrong["locations"][1]["sells_to"] = ["Germany"]
    problem = posted(erp, "apply", {"document": wrong}, 422)
    assert problem["code"] == "contradicts"
    said = {each["pointer"]: each["detail"] for each in problem["errors"]}
    assert said["#/document/locations/0"] == "The shop has no location loc-77."
    assert said["#/document/locations/1/sources/0/keep"] == "The buffer of NORTH at London is over 100 %."
    assert "GB is meant, perhaps" in said["#/document/locations/1/sources/0/serves"]
    assert "is not between 0 and 100 %" in said["#/document/locations/1/sources/0/share_bp"]
    assert "which is no country" in said["#/document/locations/1/sells_to"]
    assert "would be counted twice" in said["#/document/locations/2/sources/0/share_bp"]
    assert filled.asked == []
    checked = posted(erp, "check", {"document": wrong})
    assert [(each["pointer"], each["detail"]) for each in checked["problems"]] == [
        (each["pointer"], each["detail"]) for each in problem["errors"]
    ]
    assert not checked["stands"]


def test_what_stands_twice_in_a_document_is_said_and_not_dropped(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    twice = document(erp)
    twice["locations"].append(keeping(erp)["locations"][0])
    problem = posted(erp, "apply", {"document": twice}, 422)
    assert ("London stands twice in the mapping: one would overwrite the other.", "#/document/locations/2") in [
        (each["detail"], each["pointer"]) for each in problem["errors"]
    ]


def test_paths_and_countries_are_kept_as_the_form_keeps_them(filled: Any, program: Programs) -> None:
    erp = program("read", "sources")
    untidy = document(erp)
    untidy["locations"][0]["sources"][0] |= {"zones": {"include": [" PICK/ ", "BULK", "PICK"]}, "serves": ["gb", "GB"]}
    untidy["locations"][0]["sells_to"] = ["gb"]
    posted(erp, "apply", {"document": untidy}, 202)
    [source] = filled.asked[0][1].locations[0].sources
    assert (source.zones.include, source.serves) == (("PICK", "BULK"), ("GB",))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "There is no field 'colour' in document.locations[0]."),
        ({"combine": "average"}, "The field 'document.locations[0].combine' does not fit: invalid enum value 'average'."),
        ({"tolerance": -1}, "The field 'document.locations[0].tolerance' does not fit: expected int >= 0."),
        ({"location_id": "a\x00"}, "The body holds a character that no text has."),
    ],
)
def test_a_document_that_is_none_is_refused_before_it_is_looked_at(
    filled: Any, program: Programs, change: dict[str, Any], said: str
) -> None:
    erp = program()
    wrong = document(erp)
    wrong["locations"][0] |= change
    for path in ("check", "dry-run", "dry-run.csv", "apply"):
        assert posted(erp, path, {"document": wrong}, 422)["detail"] == said
    wrong = document(erp)
    wrong["locations"][0]["sources"][0]["keeps"] = {"a\x00b": {"units": 1}}
    assert posted(erp, "apply", {"document": wrong}, 422)["detail"] == "The body holds a character that no text has."


def test_the_plan_is_the_one_of_the_page_with_its_totals(filled: Any, program: Programs) -> None:
    reader = program("read")
    plan = posted(reader, "dry-run", {"document": keeping(reader)})
    tent = next(each for each in plan["data"] if each["sku"] == "TENT-2P-GRN")
    assert (tent["now"], tent["then"], tent["written"]) == (320, 284, True)
    assert tent["why"].endswith("− 41 kept back = 284 may be sold")
    assert plan["differences"] == ["London: NORTH, kept back: 5 units → 25 units or 12.5 %."]
    assert plan["held_back"] == "", "three levels are not very much"
    totals = plan["totals"]
    assert (totals["written"], totals["shown"], totals["cut"]) == (3, 3, False)
    every = posted(reader, "dry-run", {"document": keeping(reader)}, show="all")
    assert len(every["data"]) == every["totals"]["levels"] == every["totals"]["shown"] > 3
    assert [each["sku"] for each in posted(reader, "dry-run", {"document": keeping(reader)}, search="grn")["data"]] == [
        "TENT-2P-GRN"
    ]
    assert filled.asked == []


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_a_plan_hold_every_level_once(filled: Any, program: Programs, limit: int) -> None:
    reader = program("read")
    body = {"document": keeping(reader)}
    whole = posted(reader, "dry-run", body, show="all")["data"]
    found, cursor = [], ""
    while cursor is not None:
        page = posted(reader, "dry-run", body, show="all", limit=limit, **({"cursor": cursor} if cursor else {}))
        assert page["totals"]["shown"] == len(whole)
        found += page["data"]
        cursor = page["next_cursor"]
    assert found == whole
    assert posted(reader, "dry-run", body, 400, cursor="nonsense")["code"] == "wrong_cursor"


def test_a_plan_comes_as_a_table_that_no_spreadsheet_obeys(filled: Any, program: Programs) -> None:
    filled.sql("UPDATE item SET sku = '=cmd|calc', title = '@SUM(A1)' WHERE inventory_item_id = 'inv-3'")
    reader = program("read")
    answer = reader.client.post("/api/v1/mapping/dry-run.csv?show=all", json={"document": keeping(reader, 100, 0)})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="plan-of-version-2.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    odd = next(row for row in rows if "cmd" in row["SKU"])
    assert (odd["SKU"], odd["Title"], odd["Difference"], odd["Written"]) == ("'=cmd|calc", "'@SUM(A1)", "-88", "yes")
    assert not any(value.startswith(("=", "+", "@", "\t")) for row in rows for value in row.values())


def test_levels_that_nobody_has_read_are_read_for_the_plan(filled: Any, program: Programs) -> None:
    class Levels:
        at_once = 1

        def read(self, cells: Any) -> list[LevelRead]:
            return [
                LevelRead(inventory_item_id=item, location_id=place, available=9, committed=2, reserved=0, active=True)
                for item, place in cells
            ]

    reader = program("read")
    move = document(reader)
    [south] = move["locations"].pop(1)["sources"]
    move["locations"].append({"location_id": "loc-3", "live": True, "sources": [south | {"keep": {}}]})
    sock = next(each for each in posted(reader, "dry-run", {"document": move})["data"] if each["sku"] == "SOCK-M")
    assert (sock["now"], sock["then"], sock["unread"]) == (None, 210, True)
    object.__setattr__(filled.parts, "levels", lambda account, shop: Levels())
    sock = next(each for each in posted(reader, "dry-run", {"document": move})["data"] if each["sku"] == "SOCK-M")
    assert (sock["now"], sock["then"], sock["unread"]) == (9, 208, False)


def test_any_version_is_read_tried_and_restored(filled: Any, program: Programs) -> None:
    filled.sql(TWO)
    erp = program("read", "sources", name="ERP")
    assert [(each["version"], each["by"]) for each in erp.all("/mapping/versions", shop=SHOP, limit=1)] == [
        (2, "Ben"),
        (1, "Ana"),
    ]
    old = erp.get("/mapping", shop=SHOP, version=1)
    assert (old["version"], old["newest"], old["document"]["version"]) == (1, 2, 1)
    assert old["restoring"] == ["London: NORTH, kept back: 50 units → 5 units."]
    plan = posted(erp, "dry-run", {"restore": {"shop": SHOP, "version": 1}}, search="grn", show="all")
    assert (plan["differences"], plan["data"][0]["then"]) == (old["restoring"], 320)
    late = posted(erp, "restore", {"shop": SHOP, "version": 1, "base": 1}, 409)
    assert late["code"] == "not_newest"
    posted(erp, "restore", {"shop": SHOP, "version": 1, "base": 2, "seen": True}, 202)
    [(_, event, _)] = filled.asked
    assert (event.base, event.locations[0].sources[0].keep.units, event.note) == (2, 5, "version 1 again")
    filled.sql("UPDATE location SET active = false WHERE location_id = 'loc-1'")
    problem = posted(erp, "restore", {"shop": SHOP, "version": 1, "base": 2, "seen": True}, 422)
    assert problem["errors"][0]["pointer"] == "#/version"
    assert len(filled.asked) == 1


def test_shops_and_versions_that_there_are_not_are_said_so(filled: Any, program: Programs) -> None:
    erp = program()
    assert erp.refused(404, "/mapping", params={"shop": "north-wms"})["code"] == "unknown_shop"
    assert erp.refused(404, "/mapping/versions", params={"shop": "x"})["code"] == "unknown_shop"
    assert erp.refused(404, "/mapping", params={"shop": SHOP, "version": 7})["code"] == "no_such_version"
    elsewhere = document(erp) | {"shop": "x"}
    assert posted(erp, "apply", {"document": elsewhere}, 422)["code"] == "unknown_shop"
    assert posted(erp, "restore", {"shop": SHOP, "version": 7, "base": 1}, 404)["code"] == "no_such_version"
    for neither in ({}, {"document": document(erp), "restore": {"shop": SHOP, "version": 1}}):
        assert posted(erp, "dry-run", neither, 422)["code"] == "wrong_body"
    assert filled.asked == []


def test_who_may_only_read_may_try_and_not_change(filled: Any, program: Programs) -> None:
    reader = program("read", "map", "operate", "pause")
    changed = {"document": keeping(reader)}
    for path in ("check", "dry-run"):
        posted(reader, path, changed)
    assert "lacks the scope 'sources'" in posted(reader, "apply", changed, 403)["detail"]
    assert posted(reader, "restore", {"shop": SHOP, "version": 1, "base": 1}, 403)["code"] == "wrong_scope"
    assert filled.asked == []


def test_a_large_mapping_is_taken_where_small_bodies_are_not(filled: Any, program: Programs) -> None:
    erp = program()
    large = document(erp)
    large["locations"][0]["sources"][0]["keeps"] = {f"CODE-{n:05}": {"units": n % 9} for n in range(15_000)}
    assert posted(erp, "check", {"document": large})["differences"][-1].endswith("kept back of 14995 more items: changed.")
    assert posted(erp, "check", {"document": large, "x": "y" * 4_200_000}, 413)["code"] == "too_large"
