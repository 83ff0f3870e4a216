"""The nightly comparison of everything by a snapshot of the shop: what is in step costs no reading, what is not is read before it is
written, and where no snapshot can be had every level is read by itself."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.db import people
from stockbridge.db.queries import Queries
from stockbridge.domain.mapping import Location
from stockbridge.domain.stock import Combine, Keep
from stockbridge.flow import runs as flow_runs
from stockbridge.flow import sweeps
from stockbridge.flow.bulk import stage
from stockbridge.testing.covers import covers
from stockbridge.testing.edge import words_of
from stockbridge.testing.truth import Truth
from stockbridge.testing.world import ACCOUNT, SHOP, Killed, World, source
from stockbridge.web.app import create_app
from stockbridge.web.parts import WebParts, WebSettings

Made = Callable[..., World]
Right = Callable[[World], Truth]
_P = Queries("pages")
BASE = "http://testserver"
WRITES = ("inventorySetQuantities", "inventoryAdjustQuantities")
#: What the warehouses have.
SKUS = ("MUG-WHITE", "MUG-BLUE", "PAN24", "LANTERN")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """This shop is large enough for a snapshot."""
    monkeypatch.setattr(stage, "AT_ONCE_FROM", 1)


def shown(world: World, sku: str = "PAN24", location: str = "Berlin Central") -> int:
    level = world.shop.control.level(sku, location)
    assert level is not None
    return int(level.available)


def runs(world: World) -> Sequence[Any]:
    with world.database.begin() as conn:
        return _P.rows(conn, "runs", account=ACCOUNT, kind="", before=0, limit=50)


def night(world: World, *, dry: bool = False) -> Any:
    """A full sweep with all that follows; gives its run."""
    begin(world, dry=dry)
    world.pass_time(60)
    return runs(world)[0]


def begin(world: World, *, dry: bool = False) -> None:
    flow_runs.start(world.house, account=ACCOUNT, shop=SHOP, kind="full", dry=dry)
    world.settle()


def found(world: World, run: Any) -> list[tuple[str, str, int | None, int | None, str]]:
    """What a run found at items that a warehouse has: SKU, location, was, should, cause."""
    with world.database.begin() as conn:
        rows = _P.rows(conn, "found_by", account=ACCOUNT, run_id=run.run_id, after=0, limit=1_000, sort="")
    return sorted((row.sku, row.location, row.was, row.should, row.cause) for row in rows)


def backed(world: World, run: Any) -> list[tuple[str, str, int | None, int | None, str]]:
    return [each for each in found(world, run) if each[4] not in ("unbacked", "uncounted")]


def reads(world: World) -> int:
    return len(world.streets.asked("LevelsAt"))


def deaf(world: World) -> None:
    """No webhook of the shop reaches us any more."""
    world.shop.emitter.chaos.loss = 1.0


def hush(world: World) -> None:
    """The warehouse's messages are lost."""
    for _ in range(200):
        world.wms.desk.plan("*", "lose")


def page(world: World, run: Any) -> str:
    """What a person reads about a run."""
    parts = WebParts(
        account=ACCOUNT,
        database=world.database,
        clock=world.clock,
        ids=world.ids,
        engine=world.engine,
        inbound=lambda _account, _connection: None,
        ask=lambda *_args, **_more: None,
        levels=lambda _account, shop: world.door(shop).levels,
        settings=WebSettings(base_url=BASE),
    )
    now = world.clock.now()
    with world.database.begin() as conn:
        mia = people.add_person(
            conn, account=ACCOUNT, person_id="m", email="m@example.com", name="Mia", role="viewer", password_hash=None, now=now
        )
        token = people.start_session(conn, person=mia, now=now, longest=timedelta(hours=12), user_agent="")
    with TestClient(create_app(parts), base_url=BASE) as client:
        client.cookies.set("stockbridge", token)
        return words_of(client.get("/sweeps/run", params={"run": run.run_id}).text)


def exports(world: World) -> list[str]:
    """How each of our exports in the shop stands."""
    return [each.status for each in world.shop.bulk.all()]


def left_behind(world: World) -> list[str]:
    return [path.name for path in world.folder.iterdir()]


# -- what a night finds ------------------------------------------------------------------------------------------------


@covers("REC-02")
@covers("REC-06")
@covers("X-16")
def test_a_night_finds_what_is_wrong_on_either_side_and_names_it(world: World) -> None:
    night(world)
    deaf(world)
    world.shop.control.set_stock("MUG-BLUE", "Hamburg Port", quantity=99)
    world.shop.control.set_stock("SOCKS-M", "Berlin Central", quantity=40)
    before = reads(world)
    run = night(world)
    assert (run.state, run.visited, run.remark) == ("done", run.expected, "")
    assert backed(world, run) == [("MUG-BLUE", "Hamburg Port", 99, 15, "foreign_writer")]
    assert ("SOCKS-M", "Berlin Central", 40, None, "unbacked") in found(world, run)
    hush(world)
    world.wms.adjust("BER", "W-PAN24", "SHELF", -12)
    world.clock.advance(120)
    run = night(world)
    assert backed(world, run) == [("PAN24", "Berlin Central", 50, 38, "count")]
    world.pass_time(60)
    assert (shown(world), shown(world, "MUG-BLUE", "Hamburg Port")) == (38, 15)
    assert reads(world) > before
    assert left_behind(world) == []


def test_what_is_in_step_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for sku in {item.sku for item in world.shop.world.items.values() if item.sku} - {
        "PAN24",
        "LANTERN",
        "MUG-WHITE",
        "MUG-BLUE",
    }:
        for location in ("Berlin Central", "Hamburg Port"):
            world.shop.control.set_stock(sku, location, quantity=0)
    world.settle()
    world.clock.advance(120)
    night(world)
    before = reads(world)
    run = night(world)
    assert reads(world) == before
    assert (run.state, run.visited, run.counts["levels"], run.counts["units"]) == ("done", run.expected, 8, 4 * 65)
    monkeypatch.setattr(stage, "AT_ONCE_FROM", 10**9)
    by_reads = night(world)
    assert reads(world) > before
    assert (by_reads.visited, by_reads.counts["levels"], by_reads.counts["units"]) == (run.visited, 8, 4 * 65)


def patterns(world: World) -> None:
    """Every rule that a snapshot alone cannot be judged by, each at a location of its own."""
    world.map_all(
        Location(
            location_id=world.location_id("Berlin Central"),
            live=True,
            sources=(source("BER", "SHELF", keeps={"W-PAN24": Keep(units=7)}, keep=Keep(percent_bp=1_000)),),
        ),
        Location(
            location_id=world.location_id("Hamburg Port"),
            live=True,
            combine=Combine.LARGEST,
            sources=(source("HAM", "SHELF"), source("BER", "QUARANTINE", priority=2)),
        ),
        Location(
            location_id=world.location_id("München South"),
            live=False,
            sources=(source("HAM", "BULK"), source("BER", "BULK", priority=3)),
        ),
    )
    world.pass_time(60)


@pytest.mark.parametrize("shared", [False, True])
@covers("X-16")
def test_by_a_snapshot_is_found_what_reading_everything_finds(
    world: World, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    patterns(world)
    if shared:
        world.map_source("München South", "BER", ["SHELF"])
    for n in range(3):
        world.shop.control.place({"PAN24": 1 + n, "LANTERN": 2})
    world.pass_time(600)
    deaf(world)
    random = world.random
    for sku in ("PAN24", "LANTERN", "MUG-BLUE", "SOCKS-M", "BEANIE-ASH"):
        for location in ("Berlin Central", "Hamburg Port", "München South"):
            if random.random() < 0.7:
                world.shop.control.set_stock(sku, location, quantity=random.randrange(60))
    world.settle()
    told = {}
    for way, many in (("reads", 10**9), ("snapshot", 1)):
        monkeypatch.setattr(stage, "AT_ONCE_FROM", many)
        begin(world, dry=True)
        world.clock.advance(20)
        world.settle()
        run = runs(world)[0]
        told[way] = (
            run.state,
            found(world, run),
            {name: run.counts.get(name, 0) for name in ("levels", "units", "changed", "moved")},
        )
    assert told["snapshot"] == told["reads"]
    assert len(told["reads"][1]) > 5


def own_buffer(world: World) -> None:
    world.map_location("Berlin Central", source("BER", "SHELF", keeps={"W-PAN24": Keep(units=7)}))


def largest(world: World) -> None:
    world.map_location("Hamburg Port")
    sources = source("BER", "SHELF"), source("HAM", "SHELF", priority=2)
    world.map_location("Berlin Central", *sources, combine=Combine.LARGEST)


def shared(world: World) -> None:
    half = (source("BER", "SHELF", share_bp=5_000),)
    names = ("Berlin Central", "Hamburg Port")
    world.map_all(*(Location(location_id=world.location_id(name), live=True, sources=half) for name in names))


def part_kept(world: World) -> None:
    world.map_location("Berlin Central", source("BER", "SHELF"), keep=Keep(percent_bp=5_000))


def on_its_way(world: World) -> None:
    world.map_location("Berlin Central", source("BER", "SHELF"))
    world.pass_time(30)
    world.shop.control.place({"PAN24": 4})


@pytest.mark.parametrize(
    ("rule", "shows", "count", "should"),
    [(own_buffer, 23, 23, 16), (largest, 30, 20, 20), (shared, 15, 15, 8), (part_kept, 15, 15, 7), (on_its_way, 26, 26, 22)],
)
def test_a_number_that_happens_to_be_the_raw_count_is_not_taken_for_right(
    furnish: Made, rule: Callable[[World], None], shows: int, count: int, should: int
) -> None:
    """The warehouse's figure changed and nobody looked; without its rule the level would look right as it is."""
    world = furnish(basis="physical")
    rule(world)
    world.pass_time(300)
    assert shown(world) == shows
    with world.database.begin() as conn:
        text = "UPDATE figure SET zones = jsonb_set(zones, '{SHELF}', to_jsonb(%s)) WHERE warehouse = 'BER' AND item_code = 'W-PAN24'"
        conn.exec_driver_sql(text, (count,))
    run = night(world, dry=True)
    told = [each[2:4] for each in backed(world, run) if each[:2] == ("PAN24", "Berlin Central")]
    assert told == [(shows, should)]


@covers("REC-11")
def test_a_dry_night_writes_nothing_and_says_what_the_live_one_then_does(world: World) -> None:
    night(world)
    deaf(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.settle()
    before = sum(len(world.streets.asked(name)) for name in WRITES)
    dry = night(world, dry=True)
    assert (dry.state, shown(world)) == ("done", 70)
    assert sum(len(world.streets.asked(name)) for name in WRITES) == before
    assert backed(world, dry) == [("PAN24", "Berlin Central", 70, 50, "foreign_writer")]
    assert backed(world, night(world)) == backed(world, dry)
    world.pass_time(60)
    assert shown(world) == 50


# -- a snapshot is minutes old -----------------------------------------------------------------------------------------


def test_a_level_that_was_mended_after_the_snapshot_was_made_is_not_written(world: World) -> None:
    night(world)
    deaf(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    begin(world)
    world.clock.advance(5)
    world.shop.run_due()
    assert exports(world)[-1] == "COMPLETED"
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=50)
    before = sum(len(world.streets.asked(name)) for name in WRITES)
    world.pass_time(60)
    run = runs(world)[0]
    assert (run.state, backed(world, run)) == ("done", [])
    assert sum(len(world.streets.asked(name)) for name in WRITES) == before


def test_a_sale_after_the_snapshot_was_made_is_not_taken_back(world: World, truth: Right) -> None:
    night(world)
    deaf(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    begin(world)
    world.clock.advance(5)
    world.shop.run_due()
    world.shop.control.place({"PAN24": 9})
    assert shown(world) == 61
    world.pass_time(180, schedules_too=True)
    assert runs(world)[-1].state == "done"
    assert shown(world) == 41, "nine are sold"
    assert truth(world).wrong() == []


def test_what_went_wrong_after_the_snapshot_was_made_is_left_to_the_next_sweep(world: World) -> None:
    night(world)
    deaf(world)
    begin(world)
    world.clock.advance(5)
    world.shop.run_due()
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.pass_time(20)
    assert runs(world)[0].state == "done"
    assert shown(world) == 70
    world.sweep("levels")
    world.pass_time(60)
    assert shown(world) == 50


# -- crashes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment", [("StartBulk", "after"), ("FetchBulk", "before"), ("/_files/", "before"), ("/_files/", "after")]
)
def test_a_run_that_dies_over_its_snapshot_takes_up_the_same_one(world: World, moment: tuple[str, str]) -> None:
    deaf(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.streets.kill(*moment)
    with pytest.raises(Killed):
        night(world)
    world.clock.advance(30)
    world.shop.run_due()
    world.restart()
    world.pass_time(60)
    run = runs(world)[0]
    assert (run.state, run.remark) == ("done", "")
    assert exports(world) == ["COMPLETED"]
    assert shown(world) == 50
    assert left_behind(world) == []


def offered_beside(world: World) -> int:
    """The shop offers goods that no warehouse has, at both locations; gives how many numbers that makes."""
    beside = [item for item in world.shop.world.items.values() if item.tracked and item.sku not in SKUS]
    places = [world.shop.control.location(name).id for name in ("Berlin Central", "Hamburg Port")]
    levels = [(item, place) for item in beside for place in places if place in item.levels]
    for item, place in levels:
        world.shop.control.set_stock(item, place, quantity=3)
    return len(levels)


def test_a_run_goes_on_after_a_crash_at_the_page_it_was_at_and_asks_for_no_other_snapshot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(world)
    monkeypatch.setattr(flow_runs, "PAGE", 5)
    deaf(world)
    beside = offered_beside(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.shop.control.set_stock("PAN24", "Hamburg Port", quantity=70)
    before = len(exports(world))
    begin(world)
    world.clock.advance(20)
    last = max(world.location_id(name) for name in ("Berlin Central", "Hamburg Port"))
    world.streets.kill(last, "after")
    with pytest.raises(Killed):
        world.settle()
    turned = runs(world)[0].pages
    world.restart()
    world.pass_time(60)
    run = runs(world)[0]
    assert (run.state, run.visited) == ("done", run.expected)
    assert len(exports(world)) == before + 1
    assert 2 <= turned < run.pages
    assert beside > 10
    assert run.pages == (beside + 2) // 5 + 1, (
        "those with nothing behind them and 2 that differ; none of these pages twice, and nothing that is in step"
    )
    assert [each[0] for each in backed(world, run)] == ["PAN24", "PAN24"]
    assert (shown(world), shown(world, "PAN24", "Hamburg Port")) == (50, 15)


def test_a_comparison_that_kills_whoever_tries_it_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed("out of memory")

    monkeypatch.setattr(stage, "gather", die)
    begin(world)
    for _ in range(5):
        world.clock.advance(20)
        with pytest.raises(Killed):
            world.settle()
        world.restart()
    world.pass_time(60)
    run = runs(world)[0]
    assert (run.state, run.visited) == ("done", run.expected)
    assert "never came to its end" in run.remark
    assert left_behind(world) == []


def test_what_a_dead_process_left_of_a_snapshot_is_removed(world: World) -> None:
    (world.folder / "levels-999.jsonl").write_text("{}")
    (world.folder / "levels-998.jsonl").write_text("{}")
    (world.folder / "mine.txt").write_text("not ours to remove")
    sweeps.prune(world.house, world.clock.now(), 60, 90)
    assert left_behind(world) == ["mine.txt"]


# -- no snapshot -------------------------------------------------------------------------------------------------------


def fails(world: World) -> None:
    world.shop.bulk.fail_next = True


def is_empty(world: World) -> None:
    world.shop.bulk.empty_next = True


def is_cut(world: World) -> None:
    world.shop.bulk.truncate_next = True


def is_busy(world: World) -> None:
    world.shop.world.knobs.bulk_delay_s = 100_000
    text = 'mutation { bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }", groupObjects: false) { bulkOperation { id } } }'
    for _ in range(5):
        world.shop.graphql(text)


def is_slow(world: World) -> None:
    world.shop.world.knobs.bulk_delay_s = 100_000


@pytest.mark.parametrize(
    ("trouble", "said", "until_s"),
    [
        (fails, "did not finish the export", 60),
        (is_empty, "no stock level at all", 60),
        (is_cut, "is incomplete", 600),
        (is_busy, "busy with other exports", 600),
        (is_slow, "not ready after two hours", 8_000),
    ],
)
def test_where_no_snapshot_can_be_had_every_level_is_read_and_the_page_says_why(
    world: World, trouble: Callable[[World], None], said: str, until_s: int
) -> None:
    night(world)
    deaf(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.settle()
    trouble(world)
    begin(world)
    world.pass_time(until_s)
    run = runs(world)[0]
    assert (run.state, run.visited) == ("done", run.expected)
    assert run.remark.startswith("Every level was read by itself")
    assert said in page(world, run)
    assert backed(world, run) == [("PAN24", "Berlin Central", 70, 50, "foreign_writer")]
    world.pass_time(60)
    assert shown(world) == 50
    assert left_behind(world) == []


def test_a_snapshot_that_is_whole_at_the_second_try_is_taken(world: World) -> None:
    begin(world)
    world.clock.advance(16)
    world.shop.run_due()
    [(name, whole)] = world.shop.bulk.files.items()
    world.shop.bulk.files[name] = whole[: len(whole) // 2]
    world.settle()
    assert (runs(world)[0].state, "incomplete" in runs(world)[0].reason) == ("running", True)
    world.shop.bulk.files[name] = whole
    world.pass_time(60)
    assert (runs(world)[0].state, runs(world)[0].remark) == ("done", "")


def test_the_address_of_the_file_is_written_down_nowhere(world: World) -> None:
    is_cut(world)
    begin(world)
    world.pass_time(600)
    with world.database.begin() as conn:
        tables = [row[0] for row in conn.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        told = [str(row) for table in tables for row in conn.exec_driver_sql(f'SELECT * FROM "{table}"')]
    assert [text for text in told if "/_files/" in text] == []


def test_a_shop_that_is_away_is_waited_for(world: World) -> None:
    night(world)
    deaf(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.streets.down.add(f"https://{SHOP}")
    begin(world)
    world.pass_time(120)
    assert runs(world)[0].state == "running"
    world.streets.calm()
    world.pass_time(120)
    assert (runs(world)[0].state, shown(world)) == ("done", 50)


def test_smaller_sweeps_go_on_while_the_shop_makes_its_list(world: World) -> None:
    night(world)
    deaf(world)
    world.shop.world.knobs.bulk_delay_s = 3_000
    begin(world)
    world.shop.control.set_stock("PAN24", "Berlin Central", quantity=70)
    world.pass_time(60)
    world.sweep("levels")
    world.pass_time(60)
    assert [(run.kind, run.state) for run in runs(world)[:2]] == [("delta", "done"), ("full", "running")]
    assert shown(world) == 50


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evening", "two_oclock"),
    [
        (datetime(2027, 3, 14, 4, 30, tzinfo=UTC), datetime(2027, 3, 14, 7, tzinfo=UTC)),  # two o'clock does not exist: three
        (datetime(2027, 11, 7, 4, 30, tzinfo=UTC), datetime(2027, 11, 7, 7, tzinfo=UTC)),  # an hour comes twice
    ],
)
@covers("REC-01")
def test_a_night_in_which_clocks_change_has_one_full_comparison(world: World, evening: datetime, two_oclock: datetime) -> None:
    with world.database.begin() as conn:
        conn.exec_driver_sql("UPDATE connection SET time_zone = 'America/New_York'")
    world.clock.move_to(evening)
    sweeps.nightly(world.house, world.clock.now())  # the night before is over
    world.pass_time(60)
    for minute in range(0, 300, 5):
        world.clock.move_to(evening + timedelta(minutes=minute))
        sweeps.nightly(world.house, world.clock.now())
        world.pass_time(30)
    full = [run for run in runs(world) if run.kind == "full"]
    assert [(run.state, run.began_at) for run in full[:-1]] == [("done", two_oclock)]
    assert exports(world) == ["COMPLETED"] * len(full)
