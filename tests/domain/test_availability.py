"""From what is known of a pool to what each location has of it: a claim weighs somewhere, and once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.availability import Atlas, PoolFacts, charged, free_of, source_stock
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.zones import Zones

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
AT = ("wms", "BER")
POOL = (*AT, "A")
#: Parts of a warehouse that have nothing in common; several places may share one of them.
SECTIONS = (Zones(("SHELF",)), Zones(("BULK", "=DOCK")), Zones(("HALL",), ("HALL/Hold",)))
PLACES = tuple(("s", f"L{n}") for n in range(5))

sections = st.lists(st.sampled_from(SECTIONS), max_size=4)
claims = st.dictionaries(st.sampled_from([*PLACES, ("gone", "L1")]), st.integers(0, 30))
figures = st.none() | st.dictionaries(st.sampled_from(["SHELF", "BULK/9", "DOCK", "HALL/1", "HALL/Hold"]), st.integers(-5, 40))


def feeds_of(chosen: Sequence[Zones]) -> list[tuple[tuple[str, str], Zones]]:
    return list(zip(PLACES, chosen, strict=False))


@given(sections, claims, figures)
def test_every_claim_weighs_on_one_part_of_the_warehouse_and_on_one_only(
    chosen: list[Zones], made: dict[tuple[str, str], int], figure: dict[str, int] | None
) -> None:
    feeds, facts = feeds_of(chosen), PoolFacts(zones=figure, claims=made)
    parts = list(dict.fromkeys(chosen))
    total = sum(charged(facts, part, feeds) for part in parts)
    assert total == (sum(made.values()) if parts else 0)
    assert all(charged(facts, part, feeds) >= 0 for part in parts)


@given(sections, claims, figures)
def test_a_claim_weighs_on_the_places_of_the_location_it_was_made_for(
    chosen: list[Zones], made: dict[tuple[str, str], int], figure: dict[str, int] | None
) -> None:
    feeds, facts = feeds_of(chosen), PoolFacts(zones=figure, claims=made)
    for place, zones in feeds:
        own = sum(units for other, units in made.items() if dict(feeds).get(other) == zones)
        assert charged(facts, zones, feeds) >= own >= made.get(place, 0)


@given(claims, figures)
def test_claims_that_belong_to_nobody_fall_on_the_first_places_as_far_as_these_have_any(
    made: dict[tuple[str, str], int], figure: dict[str, int] | None
) -> None:
    facts = PoolFacts(zones=figure, claims={("gone", "L9"): sum(made.values())})
    feeds = feeds_of(SECTIONS)
    borne = [charged(facts, part, feeds) for part in SECTIONS]
    has = [max(0, part.counted(figure or {})) for part in SECTIONS]
    assert all(borne[n] == 0 or borne[k] >= has[k] for n in range(3) for k in range(n))
    assert borne[1] <= has[1]
    assert borne[2] <= has[2]


def source(zones: Zones, **more: object) -> Source:
    return Source(connection="wms", warehouse="BER", zones=zones, **more)  # type: ignore[arg-type]


def atlas(*sources: Source, sells_to: tuple[str, ...] = ()) -> Atlas:
    places = tuple(Location(location_id=f"L{n}", sources=(each,), sells_to=sells_to) for n, each in enumerate(sources))
    return Atlas({"s": ShopMapping(shop="s", locations=places)}, NOW)


def cells(count: int) -> list[tuple[str, str, str]]:
    return [("s", f"L{n}", "i") for n in range(count)]


def test_a_location_whose_source_is_switched_off_keeps_no_claim_to_itself() -> None:
    facts = PoolFacts(zones={"SHELF": 10}, claims={("s", "L1"): 4})
    both = atlas(source(SECTIONS[0]), source(SECTIONS[0], active=False))
    assert free_of(source(SECTIONS[0]), POOL, facts, both) == 6


def test_goods_for_one_country_are_no_part_of_a_location_that_sells_elsewhere_too() -> None:
    facts = PoolFacts(zones={"SHELF": 10}, cells=cells(2))
    pool = atlas(source(SECTIONS[0], serves=("GB",)), source(SECTIONS[0]))
    assert [part.cell for part in pool.sharing(POOL, SECTIONS[0], facts)] == [("s", "L1", "i")]
    sold_there = atlas(source(SECTIONS[0], serves=("EU",)), source(SECTIONS[0]), sells_to=("DE", "FR"))
    assert [part.cell for part in sold_there.sharing(POOL, SECTIONS[0], facts)] == cells(2)


def test_a_prepared_source_takes_no_part_before_its_time() -> None:
    facts = PoolFacts(zones={"SHELF": 10}, cells=cells(2))
    later = NOW + timedelta(seconds=1)
    prepared = atlas(source(SECTIONS[0]), source(SECTIONS[0], active_from=later))
    assert len(prepared.sharing(POOL, SECTIONS[0], facts)) == 1
    assert len(Atlas(prepared.shops, later).sharing(POOL, SECTIONS[0], facts)) == 2


def test_a_location_where_the_shop_does_not_stock_the_item_has_no_share_of_it() -> None:
    facts = PoolFacts(zones={"SHELF": 10}, cells=cells(2), idle=frozenset({("s", "L1", "i")}))
    shares = atlas(source(SECTIONS[0], share_bp=5_000), source(SECTIONS[0], share_bp=5_000))
    assert [part.share_bp for part in shares.sharing(POOL, SECTIONS[0], facts)] == [5_000, 0]


def test_two_items_of_one_location_that_are_the_same_goods_divide_its_share() -> None:
    facts = PoolFacts(zones={"SHELF": 10}, cells=[*cells(1), ("s", "L0", "twin")])
    parts = atlas(source(SECTIONS[0])).sharing(POOL, SECTIONS[0], facts)
    assert [part.share_bp for part in parts] == [5_000, 5_000]


def test_a_part_of_a_warehouse_has_a_name_only_when_the_warehouse_is_parted() -> None:
    assert atlas(source(SECTIONS[0]), source(SECTIONS[0])).section(AT, SECTIONS[0]) == ""
    parted = atlas(source(SECTIONS[0]), source(SECTIONS[1]))
    assert parted.section(AT, SECTIONS[0]) != parted.section(AT, SECTIONS[1])


@pytest.mark.parametrize(
    ("zones", "free", "left_out"), [(SECTIONS[0], 8, "BULK 5, QUARANTINE 2"), (SECTIONS[1], 5, "QUARANTINE 2, SHELF 10")]
)
def test_what_a_source_has_is_said_with_what_it_leaves_out(zones: Zones, free: int, left_out: str) -> None:
    facts = PoolFacts(zones={"SHELF": 10, "BULK": 5, "QUARANTINE": 2}, claims={("s", "L0"): 2})
    stock = source_stock(source(zones), POOL, facts, atlas(source(SECTIONS[0]), source(SECTIONS[1])))
    assert (stock.free, stock.left_out) == (free, left_out)
