"""The three cases in which the ledger cannot know better (docs/decisions/0006), and what bounds each of them."""

from __future__ import annotations

import pytest

from stockbridge.domain import submissions
from stockbridge.domain.events import CancellationAnswered
from stockbridge.domain.stock import cautious
from stockbridge.domain.values import Basis
from stockbridge.testing.ledger import LedgerWorld
from stockbridge.testing.ledger_facts import Plan, Sale
from stockbridge.testing.making import at

CELL = ("shop", "L1", "apple")


def world(basis: Basis) -> LedgerWorld:
    return LedgerWorld(Plan(basis=basis, feeds={("shop", "L1"): ("W1",)}, stock=10))


def sent(house: LedgerWorld, units: int) -> tuple[Sale, str]:
    """An order that was read, sent and accepted, each word heard at once."""
    house.t += 1
    sale = house.place("shop", "L1", [("apple", units)])
    house.read(sale)()
    reference = house.orders[sale.order_id].submissions[0].reference
    house.t += 1
    word = house.perform(f"submit:{reference}")
    assert word is not None
    word()
    return sale, reference


def test_units_that_closed_in_the_shop_unread_hide_as_many_of_a_new_order_until_one_of_them_is_read() -> None:
    """First case. An order is cancelled in the shop; a new one is placed; neither was read. The shop holds as many units as
    before, so nothing looks unplaced, and the new order's units are offered once more."""
    house = world(Basis.PHYSICAL)
    old, _ = sent(house, 3)
    house.t += 1
    house.cancel(old)
    new = house.place("shop", "L1", [("apple", 3)])
    assert (house.published(*CELL).result, house.sellable(*CELL)) == (7, 4)
    assert house.hidden(*CELL) == 3
    assert not house.fresh()
    house.read(old)()
    assert house.published(*CELL).result == house.sellable(*CELL) == 4
    house.read(new)()
    assert house.published(*CELL).result == 4


def test_a_raise_that_rests_on_units_in_doubt_is_not_written() -> None:
    house = world(Basis.PHYSICAL)
    old, _ = sent(house, 3)
    house.t += 1
    house.cancel(old)
    house.place("shop", "L1", [("apple", 3)])
    shown, number = 4, house.published(*CELL).result
    assert number == 7
    in_doubt = 3  # the old order's open units: its change was heard of and not read
    assert cautious(available=shown, number=number, doubted=number - in_doubt) == shown


def test_reading_the_new_order_alone_is_enough_to_put_the_number_right() -> None:
    house = world(Basis.PHYSICAL)
    old, _ = sent(house, 3)
    house.t += 1
    house.cancel(old)
    new = house.place("shop", "L1", [("apple", 3)])
    house.read(new)()
    assert house.published(*CELL).result <= house.sellable(*CELL)


def test_a_figure_that_overtakes_the_word_that_a_warehouse_gave_an_order_up_offers_its_units_until_the_word_comes() -> None:
    """Second case, only where figures are less what is held for orders."""
    for basis in (Basis.LESS_ACCEPTED, Basis.LESS_RESERVED):
        house = world(basis)
        _, reference = sent(house, 3)
        house.t += 1
        house.reserve(reference)()
        house.t += 1
        house.count(("W1", "apple"))()
        assert house.published(*CELL).result == house.sellable(*CELL) == 7
        house.t += 1
        word = house.cancel_there(reference, confirmed=True)
        house.t += 1
        house.count(("W1", "apple"))()
        assert (house.published(*CELL).result, house.sellable(*CELL)) == (10, 7)
        word()
        assert house.published(*CELL).result == 7


def test_told_in_order_the_same_words_never_offer_too_much() -> None:
    for basis in Basis:
        house = world(basis)
        _, reference = sent(house, 3)
        house.t += 1
        house.count(("W1", "apple"))()
        house.t += 1
        house.cancel_there(reference, confirmed=True)()
        assert house.published(*CELL).result <= 7
        house.t += 1
        house.count(("W1", "apple"))()
        assert house.published(*CELL).result == house.sellable(*CELL) == 7


@pytest.mark.parametrize("basis", Basis)
def test_a_confirmation_without_units_that_overtakes_a_parcel_offers_none_of_them(basis: Basis) -> None:
    """Third case. Two of three left, their word is on its way; 'cancelled' arrives, and does not say what."""
    house = world(basis)
    sale, reference = sent(house, 3)
    house.t += 1
    house.cancel(sale)
    house.read(sale)()
    house.t += 1
    line_id = house.orders[sale.order_id].submissions[0].lines[0].line_id
    parcel = house.ship(reference, {line_id: 2})
    assert parcel is not None
    word = CancellationAnswered(reference=reference, confirmed=True, occurred_at=at(house.t))
    house._apply(sale.order_id, lambda order: submissions.cancellation_answered(order, word, now=at(house.t)))
    assert house.published(*CELL).result <= 8
    assert house.orders[sale.order_id].submissions[0].unshipped == 3
    parcel()
    assert house.orders[sale.order_id].submissions[0].unshipped == 1
