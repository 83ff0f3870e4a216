"""What is wrong with a mapping, what is odd about it, and what two of them say differently, in sentences."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stockbridge.domain.mapping import Location, NotStocked, Owner, ShopMapping, Source, Spent
from stockbridge.domain.mapping_check import Finding, Known, KnownLocation, contradictions, left_behind, warnings
from stockbridge.domain.mapping_words import differences, said
from stockbridge.domain.stock import Combine, Keep
from stockbridge.domain.zones import zones_of

KNOWN = Known(
    locations={
        "1": KnownLocation(name="London"),
        "2": KnownLocation(name="Leeds"),
        "9": KnownLocation(name="Depot", active=False),
    },
    zones={("w", "NORTH"): {"PICK": 40, "BULK": 60, "QUARANTINE": 5}, ("w", "SOUTH"): {"MAIN": 7}},
)
PICK = Source(connection="w", warehouse="NORTH", zones=zones_of(["PICK"]))
MAIN = Source(connection="w", warehouse="SOUTH", zones=zones_of(["MAIN"]))


def mapped(*locations: Location, shop: str = "s") -> ShopMapping:
    return ShopMapping(shop=shop, version=1, locations=locations)


def at(place: str, *sources: Source, **rules: Any) -> Location:
    return Location(location_id=place, sources=sources, **rules)


def texts(findings: Sequence[Finding]) -> list[str]:
    return [each.text for each in findings]


@pytest.mark.parametrize(
    ("location", "said", "place", "field"),
    [
        (at("1", replace(PICK, zones=zones_of(()))), "names no zone", True, "zones"),
        (at("1", replace(PICK, zones=zones_of(["PICK"], ["PICK"]))), "leaves out every zone", True, "zones"),
        (at("1", replace(PICK, keep=Keep(percent_bp=10_001))), "over 100 %", True, "keep"),
        (at("1", replace(PICK, keep=Keep(units=-1))), "less than nothing", True, "keep"),
        (at("1", replace(PICK, keeps={"X": Keep(percent_bp=20_000)})), "The buffer of X in NORTH at London", True, "keeps"),
        (at("1", replace(PICK, share_bp=10_001)), "not between 0 and 100 %", True, "share"),
        (at("1", replace(PICK, serves=("UK",))), "GB is meant", True, "serves"),
        (at("1", PICK, sells_to=("XX",)), "London sells to 'XX', which is no country", False, "sells_to"),
        (at("1", PICK, keep=Keep(percent_bp=10_001)), "The buffer of London is over 100 %", False, "keep"),
        (at("1", PICK, tolerance=-1), "less than nothing", False, "tolerance"),
        (at("1", PICK, replace(PICK, zones=zones_of(["BULK"]))), "stands twice at London", True, ""),
        (at("9", PICK), "Depot is deactivated", False, ""),
        (at("7", PICK), "The shop has no location 7", False, ""),
    ],
)
def test_what_cannot_stand_is_said_with_the_field_that_it_belongs_to(
    location: Location, said: str, place: bool, field: str
) -> None:
    [finding] = contradictions(mapped(location), KNOWN)
    assert said in finding.text
    assert (finding.location_id, finding.place, finding.field) == (location.location_id, PICK.place if place else None, field)


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (PICK, PICK, "would be counted twice"),
        (replace(PICK, share_bp=5000), PICK, "would be counted twice"),
        (replace(PICK, share_bp=6000), replace(PICK, share_bp=5000), "over 100 % together"),
        (replace(PICK, share_bp=0), replace(PICK, share_bp=0), "Nobody has a share"),
        (
            replace(PICK, zones=zones_of(["PICK", "BULK"]), share_bp=5000),
            replace(PICK, share_bp=5000),
            "some of the same zones",
        ),
        (replace(PICK, share_bp=6000), replace(PICK, share_bp=4000), ""),
        (PICK, replace(PICK, zones=zones_of(["BULK"])), ""),
        (PICK, replace(PICK, active=False), ""),
        (PICK, replace(PICK, serves=("EU",)), ""),
    ],
)
def test_the_same_places_feed_two_locations_only_with_shares(one: Source, two: Source, said: str) -> None:
    """One that is switched off, or whose condition keeps it from being counted there, sells nothing twice."""
    for mapping, others in (
        (mapped(at("1", one), at("2", two)), ()),
        (mapped(at("1", one)), (mapped(at("2", two), shop="other"),)),
    ):
        found = texts(contradictions(mapping, replace(KNOWN, others=others)))
        assert bool(found) == bool(said)
        assert all(said in text for text in found)


def test_a_condition_that_lets_it_count_in_both_places_asks_for_shares() -> None:
    both = mapped(at("1", PICK), at("2", replace(PICK, serves=("EU",)), sells_to=("DE",)))
    assert "would be counted twice" in contradictions(both, KNOWN)[0].text


def test_a_location_that_stands_twice_is_refused() -> None:
    found = contradictions(mapped(at("1", PICK), at("1", MAIN)), KNOWN)
    assert texts(found) == ["London stands twice in the mapping: one would overwrite the other."]


def test_what_lies_idle_is_said_once_for_each_warehouse() -> None:
    assert texts(warnings(mapped(at("1", PICK)), KNOWN)) == [
        "Units of NORTH lie where no location counts them: 60 in BULK, 5 in QUARANTINE.",
        "SOUTH feeds no location: 7 units lie there and are not offered.",
    ]
    many = replace(KNOWN, zones={("w", "NORTH"): {"PICK": 1, **{f"Z{n}": 2 for n in range(9)}}})
    assert texts(warnings(mapped(at("1", PICK)), many))[0].endswith("2 in Z5 and more in 3 other zones.")


def test_a_zone_that_the_warehouse_still_promises_from_is_named() -> None:
    known = Known(zones={("w", "NORTH"): {"PICK": 4}}, reserving={("w", "NORTH"): frozenset({"OLD", "PICK"})})
    assert texts(warnings(mapped(at("1", PICK)), known)) == ["NORTH still reserves for orders from OLD, which is not counted."]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (replace(PICK, zones=zones_of(["PICKS"])), "NORTH has never counted a zone PICKS: is it spelt like that?"),
        (replace(PICK, zones=zones_of(["PICK"], ["=BLK"])), "NORTH has never counted a zone BLK: is it spelt like that?"),
        (replace(PICK, warehouse="EAST"), "EAST has not counted anything yet: London offers nothing of it."),
        (replace(PICK, share_bp=2550), "its share of 25.5 % has no effect"),
        (replace(PICK, serves=("EU",)), "its stock is not counted there"),
    ],
)
def test_what_may_be_a_slip_is_said(source: Source, said: str) -> None:
    assert any(said in text for text in texts(warnings(mapped(at("1", source)), KNOWN)))


def test_shares_that_leave_something_over_are_said_to_be_taken_in_proportion() -> None:
    found = warnings(mapped(at("1", replace(PICK, share_bp=3000)), at("2", replace(PICK, share_bp=2000))), KNOWN)
    assert "The shares of NORTH are 50 % together: they are taken in proportion, nothing is left over." in texts(found)


FULL = at(
    "1",
    replace(
        PICK,
        zones=zones_of(["PICK", "=BULK"], ["PICK/Odd"]),
        keep=Keep(units=5, percent_bp=1250),
        keeps={"X": Keep(units=1)},
        serves=("EU",),
        share_bp=2500,
        active_from=datetime(2026, 12, 1, 8, tzinfo=UTC),
    ),
    MAIN,
    live=True,
    combine=Combine.LARGEST,
    keep=Keep(units=2),
    sells_to=("DE",),
    not_stocked=NotStocked.ACTIVATE,
    spent=Spent.BOOK,
    owner=Owner.BOTH,
    tolerance=2,
)


def test_a_mapping_is_said_in_sentences() -> None:
    [(name, sentences)] = said(mapped(FULL), KNOWN.name)
    assert name == "London"
    assert "Its numbers are written to the shop." in sentences
    assert (
        "5 units or 12.5 % kept back; other buffers for 1 item; ships to EU only; from 2026-12-01T08:00+00:00 on."
        in sentences[-2]
    )
    assert "PICK, BULK alone without PICK/Odd" in sentences[-2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"live": False}, "London: numbers are only compared, no longer written."),
        ({"combine": Combine.SUM}, "London: what all its warehouses can offer is added up."),
        ({"keep": Keep()}, "London: kept back after the sum: 2 units → nothing."),
        ({"sells_to": ()}, "London: sells to: DE → everywhere."),
        ({"not_stocked": NotStocked.PARK}, "London: an item that the shop does not stock there is left alone and shown."),
        (
            {"spent": Spent.OTHER},
            "London: units that left without the warehouse (a till, pickup) are told to it by another system.",
        ),
        (
            {"owner": Owner.WAREHOUSE},
            "London: the number is the warehouse's: a change by hand in the shop is overwritten, and shown.",
        ),
        ({"told_after_s": 60}, "London: the warehouse is taken to know from another system after: 900 s → 60 s."),
        ({"tolerance": 0}, "London: differences left alone up to: 2 → 0."),
        ({"sources": (MAIN,)}, "London: NORTH is taken away."),
        ({"sources": FULL.sources[:1]}, "London: SOUTH is taken away."),
    ],
)
def test_every_rule_of_a_location_that_changes_is_said(change: dict[str, Any], said: str) -> None:
    assert differences(mapped(FULL), mapped(replace(FULL, **change)), KNOWN.name) == [said]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"active": False}, "NORTH feeds it no more."),
        ({"zones": zones_of(["PICK"])}, "NORTH, zones that count: PICK, BULK alone without PICK/Odd → PICK."),
        (
            {"zones": zones_of(["=BULK", "PICK"], ["PICK/Odd"])},
            "NORTH, zones that count: written as BULK alone, PICK without PICK/Odd, which is the same.",
        ),
        ({"keep": Keep()}, "NORTH, kept back: 5 units or 12.5 % → nothing."),
        ({"keeps": {}}, "NORTH, kept back of X: 1 unit → as of all."),
        ({"serves": ()}, "NORTH, ships to: EU → everywhere."),
        ({"share_bp": None}, "NORTH, share: 25 % → not shared."),
        ({"priority": 3}, "NORTH, order of choice: 100 → 3."),
        ({"active_from": None}, "NORTH, from: 2026-12-01T08:00+00:00 → at once."),
    ],
)
def test_every_rule_of_a_source_that_changes_is_said(change: dict[str, Any], said: str) -> None:
    after = replace(FULL, sources=(replace(FULL.sources[0], **change), MAIN))
    assert differences(mapped(FULL), mapped(after), KNOWN.name) == [f"London: {said}"]
    assert differences(mapped(FULL), mapped(FULL), KNOWN.name) == []


def test_many_buffers_that_change_are_counted_not_listed() -> None:
    after = replace(FULL, sources=(replace(FULL.sources[0], keeps={f"I{n:02}": Keep(units=n) for n in range(40)}), MAIN))
    found = differences(mapped(FULL), mapped(after), KNOWN.name)
    assert len(found) == 6
    assert found[-1] == "London: NORTH, kept back of 36 more items: changed."


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (at("1", PICK, live=True), at("1", live=True), True),
        (at("1", PICK, live=True), at("1", replace(PICK, active=False), live=True), True),
        (at("1", PICK, live=True), at("1", MAIN, live=True), False),
        (at("1", PICK, live=False), at("1"), False),
        (at("1", live=True), at("1", live=True), False),
    ],
)
def test_a_location_that_loses_its_last_warehouse_goes_on_selling_and_that_is_said(
    was: Location, now: Location, told: bool
) -> None:
    found = left_behind(mapped(was), mapped(now), KNOWN)
    assert [each.location_id for each in found] == ["1"] * told
    assert all(text.startswith("No warehouse feeds London any more") for text in texts(found))
