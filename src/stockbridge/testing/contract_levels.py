"""The promises of a sales channel about the levels it offers, as tests; and the rig that all its contracts are given."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pytest

from stockbridge.ports import (
    Clock,
    LevelOutcome,
    LevelRead,
    Levels,
    LevelWrite,
    OpenDoor,
    OutcomeUnknown,
    Refused,
)


class Rig(Protocol):
    """A channel of one shop with two locations, an item with at least 20 units at each, and a door to it.

    What the methods tell is the channel's own truth, not what the door says of it."""

    door: OpenDoor
    clock: Clock
    location: str
    other_location: str
    item: str
    second_item: str
    #: what must never be seen in a receipt or an error
    secrets: tuple[str, ...]

    def place(self, units: int) -> str:
        """A buyer orders so many of the item; routed to ``location``. Gives the order's id."""
        ...

    def lose_hints(self) -> None:
        """From now on no webhook is delivered."""
        ...

    def hints(self) -> Sequence[tuple[Mapping[str, str], bytes]]:
        """The webhooks that the channel has sent since the last call: headers and body."""
        ...

    def signed(self, body: bytes, topic: str = "") -> Mapping[str, str]:
        """Headers with which the channel would send this body; without a topic, that of a changed order."""
        ...

    def hold(self, order_id: str) -> None: ...
    def sell(self, units: int) -> None:
        """Units of the item leave ``location`` in another way."""
        ...

    def unstock(self, item: str) -> None:
        """The item is no longer stocked at ``location``."""
        ...

    def available(self, item: str) -> int:
        """What is on offer of an item at ``location``."""
        ...

    def shipped(self, order_id: str) -> Sequence[tuple[str, Mapping[str, int]]]:
        """The order's records of shipments: tracking number and units by order line."""
        ...

    def left_at(self, order_id: str, location: str) -> int:
        """Units of an order that a location is still asked to ship."""
        ...

    def lose_next_answer(self, *, done: bool) -> None:
        """The answer to the next call that changes something is lost, after it was done or before."""
        ...

    def unplug(self) -> None:
        """No connection can be made."""
        ...


class LevelsContract:
    """What every channel promises of the levels it offers."""

    @staticmethod
    def levels(rig: Rig) -> Levels:
        assert rig.door.levels is not None
        return rig.door.levels

    def level(self, rig: Rig, item: str) -> LevelRead:
        return self.levels(rig).read([(item, rig.location)])[0]

    def write(self, rig: Rig, *writes: LevelWrite, key: str = "key-1") -> Sequence[LevelOutcome]:
        return self.levels(rig).write(writes, key=key, document="stockbridge://test/1")

    @staticmethod
    def to(rig: Rig, item: str, available: int, was: int, *, delta: bool = False) -> LevelWrite:
        return LevelWrite(inventory_item_id=item, location_id=rig.location, available=available, change_from=was, delta=delta)

    def test_what_is_written_is_what_is_offered(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        (found,) = self.write(rig, self.to(rig, rig.item, 7, was))
        assert found.outcome == "written"
        assert rig.available(rig.item) == 7
        assert self.level(rig, rig.item).available == 7

    def test_committed_units_are_told_beside_what_is_on_offer(self, rig: Rig) -> None:
        before = self.level(rig, rig.item)
        rig.place(2)
        after = self.level(rig, rig.item)
        assert before.available is not None
        assert (after.available, after.committed) == (before.available - 2, before.committed + 2)

    def test_an_item_that_does_not_exist_is_not_on_offer(self, rig: Rig) -> None:
        found = self.level(rig, rig.item + "999999")
        assert (found.available, found.active) == (None, False)

    def test_a_sale_between_reading_and_writing_makes_the_write_stale(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        rig.sell(3)
        (found,) = self.write(rig, self.to(rig, rig.item, 100, was))
        assert found.outcome == "stale"
        assert rig.available(rig.item) == was - 3

    def test_one_stale_entry_is_told_apart_from_those_it_held_up(self, rig: Rig) -> None:
        was, other = rig.available(rig.item), rig.available(rig.second_item)
        rig.sell(1)
        found = self.write(rig, self.to(rig, rig.second_item, 9, other), self.to(rig, rig.item, 9, was))
        assert found[1].outcome == "stale"
        assert rig.available(rig.second_item) == (9 if found[0].outcome == "written" else other)
        assert found[0].outcome in ("written", "held")

    def test_a_bad_entry_is_refused_with_a_reason(self, rig: Rig) -> None:
        (found,) = self.write(rig, self.to(rig, rig.item + "999999", 9, 1))
        assert found.outcome == "refused"
        assert found.reason

    def test_a_difference_stays_right_when_a_sale_comes_between(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        rig.sell(3)
        (found,) = self.write(rig, self.to(rig, rig.item, was - 10, was, delta=True))
        assert found.outcome == "written"
        assert rig.available(rig.item) == was - 13

    def test_a_lost_answer_is_unknown_and_the_truth_can_be_read(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        rig.lose_next_answer(done=True)
        with pytest.raises(OutcomeUnknown):
            self.write(rig, self.to(rig, rig.item, 5, was))
        assert self.level(rig, rig.item).available == 5

    def test_sets_and_differences_go_together(self, rig: Rig) -> None:
        was, other = rig.available(rig.item), rig.available(rig.second_item)
        found = self.write(rig, self.to(rig, rig.item, 50, was), self.to(rig, rig.second_item, other - 4, other, delta=True))
        assert [each.outcome for each in found] == ["written", "written"]
        assert (rig.available(rig.item), rig.available(rig.second_item)) == (50, other - 4)

    def test_as_many_levels_as_fit_in_one_call_are_read_in_the_order_asked(self, rig: Rig) -> None:
        cells = [(rig.item, rig.location), (rig.second_item, rig.other_location), (rig.item, rig.other_location)]
        found = self.levels(rig).read(cells)
        assert [(each.inventory_item_id, each.location_id) for each in found] == cells

    def test_an_item_is_stocked_at_a_location_with_nothing_on_offer_and_then_written_like_any_other(self, rig: Rig) -> None:
        rig.unstock(rig.item)
        before = self.level(rig, rig.item)
        assert (before.available, before.active) == (None, False)
        self.levels(rig).activate(rig.item, rig.location, key="key-activate")
        stocked = self.level(rig, rig.item)
        assert stocked.active
        assert stocked.available is not None
        (found,) = self.write(rig, self.to(rig, rig.item, 7, stocked.available))
        assert found.outcome == "written"
        assert (self.level(rig, rig.item).available, rig.available(rig.item)) == (7, 7)

    def test_stocking_an_item_that_is_stocked_already_changes_nothing(self, rig: Rig) -> None:
        was = rig.available(rig.item)
        self.levels(rig).activate(rig.item, rig.location, key="key-again")
        assert (rig.available(rig.item), self.level(rig, rig.item).active) == (was, True)

    def test_stocking_may_be_repeated_when_its_answer_was_lost(self, rig: Rig) -> None:
        rig.unstock(rig.item)
        rig.lose_next_answer(done=True)
        with pytest.raises(OutcomeUnknown):
            self.levels(rig).activate(rig.item, rig.location, key="key-lost")
        assert self.level(rig, rig.item).active
        self.levels(rig).activate(rig.item, rig.location, key="key-lost")
        assert self.level(rig, rig.item).active

    def test_an_item_that_does_not_exist_is_not_stocked(self, rig: Rig) -> None:
        with pytest.raises(Refused):
            self.levels(rig).activate(rig.item + "999999", rig.location, key="key-none")
