"""Goods that are counted in metres or kilograms: exact until the last moment, rounded down once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.availability import Atlas, PoolFacts, charged, source_stock
from stockbridge.domain.mapping import Location, ShopMapping, Source
from stockbridge.domain.zones import Zones

SHELF, HALL = Zones(("SHELF",)), Zones(("HALL",))
parts = st.decimals(-5, 50, places=3)
figures = st.fixed_dictionaries({"SHELF": parts, "SHELF/1": parts, "HALL": parts})
ATLAS = Atlas(
    {
        "s": ShopMapping(
            shop="s", locations=(Location(location_id="L1", sources=(Source(connection="wms", warehouse="BER", zones=SHELF),)),)
        )
    },
    datetime(2026, 11, 2, 9, tzinfo=UTC),
)


@given(figures)
def test_the_zones_are_added_up_before_they_are_rounded_down(figure: dict[str, Decimal]) -> None:
    amount = figure["SHELF"] + figure["SHELF/1"]
    assert SHELF.amount(figure) == amount
    assert 0 <= amount - SHELF.counted(figure) < 1


@given(figures, st.integers(0, 60))
def test_claims_are_whole_units_on_whole_units(figure: dict[str, Decimal], units: int) -> None:
    facts = PoolFacts(zones=figure, claims={("gone", "L9"): units})
    feeds = [(("s", "L1"), SHELF), (("s", "L2"), HALL)]
    borne = [charged(facts, zones, feeds) for zones in (SHELF, HALL)]
    assert sum(borne) == units
    assert all(isinstance(each, int) for each in borne)


def test_what_rounding_leaves_over_is_said() -> None:
    facts = PoolFacts(zones={"SHELF": Decimal("80.25"), "SHELF/1": Decimal("19.250"), "HALL": 7})
    stock = source_stock(Source(connection="wms", warehouse="BER", zones=SHELF), ("wms", "BER", "A"), facts, ATLAS)
    assert (stock.counted, stock.rounded, stock.left_out) == (99, "0.5", "HALL 7")
