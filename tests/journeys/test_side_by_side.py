"""Two workers at the same moment: what one of them changes and the other has not seen yet must not fall between them."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event

from stockbridge.domain.events import Event, ItemMapped, SourceMapped
from stockbridge.flow import actions, catalog, figures, publish, step, stock
from stockbridge.ports import Job
from stockbridge.testing.covers import covers
from stockbridge.testing.twins.shopify.webhooks.chaos import Chaos
from stockbridge.testing.world import ACCOUNT, SHOP, WMS, World

Made = Callable[..., World]
#: How long the first transaction stays open for the second: long enough to have done all it can without waiting.
OPEN_S = 0.7


class Held:
    """Keeps the next transaction that finishes an arrival open just before its commit, until told to go on or until OPEN_S is over."""

    def __init__(self, world: World) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.world = world
        self._finishing: Connection | None = None

    def __enter__(self) -> "Held":
        event.listen(self.world.database, "after_cursor_execute", self._note)
        event.listen(self.world.database, "commit", self._wait)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.world.database, "after_cursor_execute", self._note)
        event.remove(self.world.database, "commit", self._wait)

    def _note(self, conn: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "UPDATE arrival" in statement and "SET state = 1" in statement and self._finishing is None:
            self._finishing = conn

    def _wait(self, conn: Connection) -> None:
        if conn is self._finishing and not self.reached.is_set():
            self.reached.set()
            self.go_on.wait(OPEN_S)


def ask_quietly(world: World, word: Event) -> None:
    """It is in the inbox, and nobody has looked at it."""
    with world.database.begin() as conn:
        actions.ask(conn, engine=world.engine, ids=world.ids, account=ACCOUNT, event=word, by="ana", now=world.clock.now())


def lanes(world: World) -> list[Job]:
    """The lanes with something new in them."""
    with world.database.begin() as conn:
        rows = conn.exec_driver_sql("SELECT DISTINCT connection, lane FROM arrival WHERE state = 0 ORDER BY lane").all()
    return [Job(kind="step", account=ACCOUNT, connection=row.connection, lane=row.lane) for row in rows]


def side_by_side(world: World, first: Job, second: Job) -> None:
    """The second lane is worked through while the first one's transaction is still open."""
    with Held(world) as held:
        one = threading.Thread(target=step.run, args=(world.house, first))
        one.start()
        assert held.reached.wait(10)
        two = threading.Thread(target=_work_and_publish, args=(world, second))
        two.start()
        two.join(OPEN_S / 2)
        held.go_on.set()
        for thread in (one, two):
            thread.join(10)
            assert not thread.is_alive()
    assert lanes(world) == []


def _work_and_publish(world: World, lane: Job) -> None:
    step.run(world.house, lane)
    publish.run(world.house, Job(kind="publish", account=ACCOUNT, connection=SHOP))


def source(world: World) -> SourceMapped:
    location_id = f"gid://shopify/Location/{world.shop.control.location('Berlin Central').id}"
    return SourceMapped(
        shop=SHOP, location_id=location_id, connection=WMS, warehouse="BER", zones=("SHELF", "BULK"), live=True, by="ana"
    )


def code(world: World, sku: str = "PAN24") -> ItemMapped:
    return ItemMapped(
        shop=SHOP, inventory_item_id=world.item_id(sku), connection=WMS, warehouse="BER", item_code=f"W-{sku}", by="ana"
    )


def shown(world: World, sku: str = "PAN24") -> int:
    level = world.shop.control.level(sku, "Berlin Central")
    assert level is not None
    return int(level.available)


@covers("INV-08")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_source_and_a_code_that_are_mapped_at_the_same_moment_make_a_level(furnish: Made, order: tuple[int, int]) -> None:
    world = furnish(mapped=False)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=3)
    ask_quietly(world, source(world))
    ask_quietly(world, code(world))
    found = lanes(world)
    assert len(found) == 2
    side_by_side(world, found[order[0]], found[order[1]])
    world.settle()
    assert shown(world) == 50


@covers("INV-37")
def test_a_figure_that_comes_while_its_code_is_mapped_is_not_overlooked(furnish: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both also write the line that names the unmapped codes, and so wait for each other by chance: it is taken away here, for a warehouse
    whose line is already right must be as safe."""
    for room in (stock, figures, catalog):
        monkeypatch.setattr(room, "say_unmapped", lambda *_: False, raising=False)
    world = furnish(mapped=False)
    world.map_source("Berlin Central", "BER", ["SHELF", "BULK"])
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=3)
    world.settle()
    world.wms.adjust("BER", "W-PAN24", "SHELF", 9, "received")
    world.post()
    [figure] = lanes(world)
    ask_quietly(world, code(world))
    [mapping] = [lane for lane in lanes(world) if lane != figure]
    world.shop.emitter.chaos = Chaos(loss=1.0)  # the echo of a write would have the level looked at once more, and heal it
    side_by_side(world, figure, mapping)
    world.settle()
    assert shown(world) == 59
