"""The mapping as people see and change it: a matrix, a form, what it would change before it is saved, and versions."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.domain.events import MappingChanged
from stockbridge.domain.mapping import NotStocked, Owner, Spent
from stockbridge.domain.stock import Combine, Keep
from stockbridge.domain.zones import Zones
from stockbridge.ports import LevelRead
from stockbridge.testing.edge import fields_of, words_of
from stockbridge.web import mapping_versions

Visitor = Callable[..., TestClient]
NORTH, SOUTH = "north-wms\tNORTH", "south-3pl\tSOUTH"
PLAN = "/mapping/plan"
LONDON = "/mapping/edit?shop=shop.example&location=loc-1"


def changed(page: str, **values: str | list[str]) -> dict[str, list[str]]:
    """The same after somebody changed some fields."""
    fields = fields_of(page, PLAN)
    return fields | {name.replace("__", "."): value if isinstance(value, list) else [value] for name, value in values.items()}


def numbers(page: str) -> dict[str, tuple[str, str]]:
    """What a plan shows: now and then, by SKU."""
    rows = re.findall(
        r'<td class="head"><code>([^<]+)</code>.*?data-label="Now">([^<]*)<.*?data-label="Then">([^<]*)<', page, re.S
    )
    return {sku: (now, then) for sku, now, then in rows}


def test_the_matrix_shows_every_location_and_warehouse_and_what_feeds_nothing(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE mapping SET document = jsonb_set(document, '{locations,1,sources,0,active}', 'false')")
    page = visitor("viewer").get("/mapping").text
    rows = re.findall(r'<tr class="([^"]*)">\s*<th scope="row" class="head">([^<\n]+)', page)
    assert [(name.strip(), "unfed" in kind, "closed" in kind) for kind, name in rows] == [
        ("Leeds", True, False),
        ("London", False, False),
        ("Pop-up store", True, False),
        ("Old depot", False, True),
    ]
    assert "SOUTH feeds no location: 250 units lie there and are not offered." in words_of(page)
    assert "Units of NORTH lie where no location counts them: 12 in QUARANTINE." in words_of(page)
    assert "/mapping/edit" not in page, "who only looks is not led to a form"
    assert "/mapping/edit" in visitor("manager").get("/mapping").text


@pytest.mark.parametrize(("basis", "warned"), [("less_reserved", True), ("physical", False)])
def test_a_zone_that_is_not_counted_and_still_promised_from_is_warned_of(
    filled: Any, visitor: Visitor, basis: str, warned: bool
) -> None:
    """Less than nothing where goods that are promised are taken off: the warehouse takes orders' goods from there."""
    filled.sql(
        "UPDATE figure SET basis = :basis, zones = jsonb_set(zones, '{QUARANTINE}', '-2') WHERE item_code = '100-011'",
        basis=basis,
    )
    page = words_of(visitor("viewer").get("/mapping").text)
    assert ("NORTH still reserves for orders from QUARANTINE, which is not counted." in page) is warned


def test_what_a_form_shows_and_sends_unchanged_changes_nothing(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    page = client.post("/mapping/plan", data=fields_of(client.get(LONDON).text, PLAN)).text
    assert "It says the same as the mapping of now." in page
    assert "/mapping/save" in page
    assert "Save as version" not in page


def test_a_change_is_shown_in_words_and_in_numbers_before_it_is_saved(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    form = changed(client.get(LONDON).text, keep__0="25", keep_percent__0="12.5")
    page = client.post("/mapping/plan", data=form).text
    assert "London: NORTH, kept back: 5 units → 25 units or 12.5 %." in words_of(page)
    assert numbers(page)["TENT-2P-GRN"] == ("320", "284"), "328 lie there, 3 are asked of it, 41 are an eighth rounded up"
    saved = client.post("/mapping/save", data=fields_of(page, "/mapping/save") | {"note": "more caution"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/mapping?said=saved")
    [(account, event, by)] = filled.asked
    assert (account, by) == ("acme", "manager")
    assert isinstance(event, MappingChanged)
    assert (event.shop, event.base, event.seen, event.note, event.by) == (
        "shop.example",
        1,
        True,
        "more caution",
        "Manager Person",
    )
    london = next(each for each in event.locations if each.location_id == "loc-1")
    assert london.sources[0].keep == Keep(units=25, percent_bp=1250)
    assert [each.location_id for each in event.locations] == ["loc-1", "loc-2"], "the others stay as they are"


def test_everything_that_a_source_and_a_location_can_say_is_in_the_form(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE connection SET time_zone = 'Europe/Berlin' WHERE connection = 'shop.example'")
    client = visitor("manager")
    page = client.get(LONDON + "&at=south-3pl%09SOUTH").text
    form = changed(
        page,
        state__1="on",
        zone__1=["+MAIN"],
        more__1="- MAIN/Returns\n=DOCK\n-=MAIN/Odd",
        keeps__1="code;units;percent\nSTOVE;3\nSOCK-M;;2,5 %",
    )
    form |= changed(page, serves__1="eu, no", share__1="33.33", priority__1="7", from__1="2026-12-01T08:00").keys() and {
        "serves.1": ["eu, no"],
        "share.1": ["33.33"],
        "priority.1": ["7"],
        "from.1": ["2026-12-01T08:00"],
        "combine": ["largest"],
        "keep": ["2"],
        "keep_percent": ["1"],
        "sells_to": ["DE NO"],
        "not_stocked": ["activate"],
        "spent": ["book"],
        "owner": ["both"],
        "tolerance": ["2"],
        "live": [],
    }
    # Leeds holds the same zone: it gives up half of it first
    leeds = client.post("/mapping/draft", data=form | {"live": []}).text
    draft = fields_of(leeds, "/mapping/edit")["draft"][0]
    edit = client.post("/mapping/edit", data={"draft": draft, "cell": f"loc-2\t{SOUTH}"})
    plan = client.post("/mapping/plan", data=changed(edit.text, state__0="none")).text
    client.post("/mapping/save", data=fields_of(plan, "/mapping/save"))
    [(_, event, _)] = filled.asked
    [london] = event.locations
    south = london.source("south-3pl", "SOUTH")
    assert south is not None
    assert south.zones == Zones(("MAIN", "=DOCK"), ("MAIN/Returns", "=MAIN/Odd"))
    assert south.keeps == {"STOVE": Keep(units=3), "SOCKM": Keep(percent_bp=250)}, "a SKU stands for its code"
    assert (south.serves, south.share_bp, south.priority, str(south.active_from)) == (
        ("EU", "NO"),
        3333,
        7,
        "2026-12-01 07:00:00+00:00",
    )
    assert (london.combine, london.keep, london.sells_to) == (Combine.LARGEST, Keep(units=2, percent_bp=100), ("DE", "NO"))
    assert london.owner is Owner.BOTH
    assert (london.not_stocked, london.spent, london.tolerance, london.live) == (NotStocked.ACTIVATE, Spent.BOOK, 2, False)


@pytest.mark.parametrize(
    ("values", "slot", "said"),
    [
        ({"keep__0": "-3"}, "0-keep", "'-3' is no whole number."),
        ({"keep_percent__0": "120"}, "0-keep", "The buffer of NORTH at London is over 100 %."),
        ({"serves__0": "UK"}, "0-serves", "GB is meant, perhaps"),
        ({"sells_to": "Germany"}, "rule-sells_to", "which is no country"),
        ({"zone__0": []}, "0-zones", "names no zone"),
        ({"share__0": "half"}, "0-share", "'half' is no percentage"),
        ({"keeps__0": "NOPE; 3"}, "0-keeps", "Line 1: nothing at NORTH is called NOPE."),
        ({"from__0": "soon"}, "0-from", "'soon' is no moment"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_shown_to_save(
    filled: Any, visitor: Visitor, values: dict[str, Any], slot: str, said: str
) -> None:
    client = visitor("manager")
    form = changed(client.get(LONDON).text, **values)
    for answer in (client.post("/mapping/plan", data=form), client.post("/mapping/preview", data=form)):
        place = re.search(rf'id="at-{slot}"[^>]*>(.*?)</div>', answer.text, re.S)
        assert place
        assert said in words_of(place[1])
        assert "/mapping/save" not in answer.text
    assert client.post("/mapping/plan", data=form).status_code == 422


def test_while_somebody_writes_the_numbers_follow(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    form = changed(client.get(LONDON).text, keep__0="100")
    assert "TENT-2P-GRN at London 320 → 225" in words_of(client.post("/mapping/preview", data=form).text)
    only = words_of(client.post("/mapping/preview", data=form | {"try": ["stove"]}).text)
    assert "STOVE-GAS at London" in only
    assert "TENT" not in only


def test_two_places_are_changed_in_one_version(filled: Any, visitor: Visitor) -> None:
    """The same zones for two locations stand only with shares, which both must say at once."""
    client = visitor("manager")
    popup = client.get("/mapping/edit?shop=shop.example&location=loc-3&at=north-wms%09NORTH").text
    alone = client.post("/mapping/plan", data=changed(popup, state__0="on", zone__0=["+PICK", "+BULK"], share__0="25"))
    assert alone.status_code == 422
    assert "Give each a share of it" in alone.text
    draft = client.post("/mapping/draft", data=changed(popup, state__0="on", zone__0=["+PICK", "+BULK"], share__0="25")).text
    london = client.post("/mapping/edit", data={"draft": fields_of(draft, "/mapping/edit")["draft"], "cell": f"loc-1\t{NORTH}"})
    plan = client.post("/mapping/plan", data=changed(london.text, share__0="75")).text
    assert "Save as version 2" in plan
    client.post("/mapping/save", data=fields_of(plan, "/mapping/save"))
    [(_, event, _)] = filled.asked
    assert {each.location_id: each.sources[0].share_bp for each in event.locations} == {
        "loc-1": 7500,
        "loc-2": None,
        "loc-3": 2500,
    }


def test_a_change_that_was_overtaken_is_not_saved_and_can_be_put_on_top(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    plan = client.post("/mapping/plan", data=changed(client.get(LONDON).text, keep__0="25")).text
    filled.sql("INSERT INTO mapping SELECT account, shop, 2, jsonb_set(document, '{version}', '2'), 'Ben', '', at FROM mapping")
    late = client.post("/mapping/save", data=fields_of(plan, "/mapping/save"))
    assert late.status_code == 409
    again = client.post("/mapping/plan", data={"draft": fields_of(plan, "/mapping/save")["draft"]}).text
    assert "The mapping is at version 2 by now: Ben changed it" in words_of(again)
    on_top = client.post("/mapping/plan", data={"draft": fields_of(again, "/mapping/save")["draft"]}).text
    client.post("/mapping/save", data=fields_of(on_top, "/mapping/save"))
    assert [event.base for _, event, _ in filled.asked] == [2]


def test_nothing_is_saved_that_nobody_looked_at_or_that_cannot_stand(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    plan = client.post("/mapping/plan", data=changed(client.get(LONDON).text, keep__0="25")).text
    draft = fields_of(plan, "/mapping/save")["draft"][0]
    assert client.post("/mapping/save", data={"draft": draft}).status_code == 422
    filled.sql("UPDATE location SET active = false WHERE location_id = 'loc-1'")
    assert client.post("/mapping/save", data={"draft": draft, "seen": "yes"}).status_code == 422
    for broken in ("x", draft[:40], draft[:-8] + "AAAAAAA=", "eJw"):
        assert client.post("/mapping/save", data={"draft": broken, "seen": "yes"}).status_code == 422
    assert visitor("operator").post("/mapping/save", data={"draft": draft, "seen": "yes"}).status_code == 403
    assert filled.asked == []


def test_the_plan_is_filtered_sorted_and_kept_as_a_file_that_no_spreadsheet_obeys(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE item SET sku = '=cmd|calc', title = '@SUM(A1)' WHERE inventory_item_id = 'inv-3'")
    client = visitor("manager")
    form = changed(client.get(LONDON).text, keep__0="100")
    page = client.post("/mapping/plan", data=form).text
    assert set(numbers(page)) == {"TENT-2P-GRN", "TENT-2P-RED", "=cmd|calc"}, "what would be written, at once or in a moment"
    again = {"draft": fields_of(page, PLAN)["draft"]}
    assert "MUG-TI-450" in numbers(client.post("/mapping/plan", data=again | {"show": "all"}).text)
    assert list(numbers(client.post("/mapping/plan", data=again | {"sort": "sku"}).text)) == [
        "=cmd|calc",
        "TENT-2P-GRN",
        "TENT-2P-RED",
    ]
    assert list(numbers(client.post("/mapping/plan", data=again | {"q": "grn"}).text)) == ["TENT-2P-GRN"]
    file = client.post("/mapping/plan.csv", data=again | {"show": "all"})
    assert file.headers["content-disposition"] == 'attachment; filename="plan-of-version-2.csv"'
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    odd = next(row for row in rows if "cmd" in row["SKU"])
    assert (odd["SKU"], odd["Title"], odd["Difference"]) == ("'=cmd|calc", "'@SUM(A1)", "-88")
    assert not any(value.startswith(("=", "+", "@", "\t")) for row in rows for value in row.values())


def test_a_location_that_nobody_has_read_is_read_for_the_plan_or_said_to_be_unread(filled: Any, visitor: Visitor) -> None:
    class Levels:
        at_once = 1

        def read(self, cells: Sequence[tuple[str, str]]) -> list[LevelRead]:
            return [
                LevelRead(inventory_item_id=item, location_id=place, available=9, committed=2, reserved=0, active=True)
                for item, place in cells
            ]

    popup = "/mapping/edit?shop=shop.example&location=loc-3&at=south-3pl%09SOUTH"
    move = {"state__1": "on", "zone__1": ["+MAIN"], "live": "yes", "share__1": "50"}
    client = visitor("manager")
    filled.sql("UPDATE mapping SET document = jsonb_set(document, '{locations,1,sources}', '[]')")
    page = client.post("/mapping/plan", data=changed(client.get(popup).text, **move)).text
    assert numbers(page)["SOCK-M"] == ("not read", "210")
    assert "2 were never read in the shop" in words_of(page)
    object.__setattr__(filled.parts, "levels", lambda account, shop: Levels())
    page = client.post("/mapping/plan", data=changed(client.get(popup).text, **move)).text
    assert numbers(page)["SOCK-M"] == ("9", "208"), "two of them are in orders that no warehouse was asked for"


def test_any_version_is_shown_with_what_differs_and_restored_through_the_same_plan(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO mapping SELECT account, shop, 2, jsonb_set(jsonb_set(document, '{version}', '2'), '{locations,0,sources,0,keep,units}', '50'),"
        " 'Ben', 'more', at FROM mapping"
    )
    client = visitor("manager")
    versions = words_of(client.get("/mapping/versions?shop=shop.example").text)
    assert versions.index("Version 2 now") < versions.index("Version 1")
    old = client.get("/mapping/version?shop=shop.example&version=1").text
    assert "London: NORTH, kept back: 50 units → 5 units." in words_of(old)
    assert "NORTH feeds it: PICK, BULK" in words_of(old)
    assert "Restore" not in visitor("viewer").get("/mapping/version?shop=shop.example&version=1").text
    plan = client.post("/mapping/plan", data=fields_of(old, PLAN)).text
    client.post("/mapping/save", data=fields_of(plan, "/mapping/save"))
    [(_, event, _)] = filled.asked
    assert (event.base, event.locations[0].sources[0].keep.units) == (2, 5)
    assert client.post("/mapping/plan", data={"shop": "shop.example", "restore": "77"}).status_code == 404


def test_older_versions_are_one_link_away(filled: Any, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping_versions, "PER_PAGE", 1)
    filled.sql(
        "INSERT INTO mapping (account, shop, version, document, by, note, at)"
        " SELECT account, shop, version + 1, document, by, note, at FROM mapping WHERE shop = :shop",
        shop="shop.example",
    )
    client = visitor("viewer")
    page = client.get("/mapping/versions?shop=shop.example").text
    assert ("Version 2" in page, "Version 1" in page, ">now<" in page) == (True, False, True)
    older = client.get("/mapping/versions?shop=shop.example&before=2").text
    assert "before=2" in page
    assert ("Version 2" in older, "Version 1" in older, ">now<" in older, "Newest" in older) == (False, True, False, True)
    assert client.get("/mapping/version?shop=shop.example&version=1").status_code == 200


def test_what_is_said_stays_at_its_warehouse_when_another_one_is_added(filled: Any, visitor: Visitor) -> None:
    """SOUTH is the source of Leeds and stands first; NORTH, once it feeds Leeds too, does not take its place."""
    client = visitor("manager")
    page = client.get("/mapping/edit?shop=shop.example&location=loc-2").text
    form = changed(page, state__1="on", zone__1=["+QUARANTINE"], serves__0="UK")
    assert form["at.0"] == [SOUTH]
    preview = client.post("/mapping/preview", data=form).text
    said = re.search(r'id="at-0-serves"[^>]*>(.*?)</div>', preview, re.S)
    assert said
    assert "SOUTH at Leeds serves 'UK'" in words_of(said[1])


def test_with_many_warehouses_they_are_added_one_by_one_and_nothing_written_is_lost(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO figure (account, connection, warehouse, item_code, zones, basis, occurred_at, received_at) "
        "SELECT 'acme', 'north-wms', 'W' || w, 'X', (SELECT jsonb_object_agg('A/' || z, 1) FROM generate_series(1, 300) AS z), 'physical', "
        "CAST(:now AS timestamptz), :now FROM generate_series(1, 30) AS w",
        now=filled.clock.now(),
    )
    client = visitor("manager")
    page = client.get(LONDON).text
    assert "Add W7" in words_of(page)
    assert page.count('name="zone.') < 200
    fields = changed(page, keep__0="77") | {"cell": ["loc-1\tnorth-wms\tW7"]}
    more = client.post("/mapping/edit", data=fields).text
    plan = client.post("/mapping/plan", data=changed(more, zone__1=["+A"])).text
    client.post("/mapping/save", data=fields_of(plan, "/mapping/save"))
    [(_, event, _)] = filled.asked
    assert [(each.warehouse, each.keep.units) for each in event.locations[0].sources] == [("NORTH", 77), ("W7", 0)]
