"""All levels of a store at once, by a bulk operation of the Shopify twin: whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from stockbridge.channels.shopify import DOOR
from stockbridge.channels.shopify.bulk import levels_of
from stockbridge.domain.compare import Shown
from stockbridge.ports import HttpAnswer, HttpRequest, Levels, OutcomeUnknown, Refused, Snapshot, TryLater, Unreadable
from stockbridge.testing.fakes import Streams, opening
from stockbridge.testing.twins.shopify import Request, ShopifyTwin, VirtualClock
from stockbridge.testing.twins.shopify.api.schema import VERSIONS
from stockbridge.testing.twins.shopify.model.bulk import BulkOperation
from stockbridge.testing.twins.shopify.model.ids import gid

DOMAIN = "nordlicht.myshopify.com"


class TwinClock(VirtualClock):
    """The twin's clock, on which the door may sleep."""

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Wire(Streams):
    """The network between the door and the twin; remembers the calls."""

    def __init__(self, twin: ShopifyTwin) -> None:
        self.twin = twin
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        path = "/" + request.url.split("/", 3)[3]
        answer = self.twin.handle(Request(request.method, path, dict(request.headers), request.body))
        if answer.cut:
            raise OutcomeUnknown("The answer was lost.")
        return HttpAnswer(status=answer.status, headers=dict(answer.headers), body=answer.body)


class Store:
    """A twin and the door's levels."""

    def __init__(self, version: str = "2026-10", lines: str = "parents_first") -> None:
        self.twin = ShopifyTwin(clock=TwinClock(), choices={"bulk_lines": lines})
        self.wire = Wire(self.twin)
        self.version = version
        self.levels = self.open()

    def open(self) -> Levels:
        """The door, as a process opens it that has just begun."""
        secrets = {"client_id": "twin-client-id", "client_secret": "twin-client-secret"}
        settings = {"domain": DOMAIN, "api_version": self.version}
        door = DOOR.open(opening(settings=settings, secrets=secrets, clock=self.twin.clock, http=self.wire))  # type: ignore[arg-type]
        assert door.levels is not None
        return door.levels

    def fetched(self, ticket: str) -> tuple[Snapshot | None, bytes]:
        parts: list[bytes] = []
        return self.levels.fetch_snapshot(ticket, parts.append), b"".join(parts)

    def whole(self) -> list[Shown]:
        ticket = self.levels.order_snapshot()
        self.twin.advance(5)
        snapshot, saved = self.fetched(ticket)
        assert snapshot is not None
        assert snapshot.size == len(saved)
        return list(snapshot.read(saved))

    def operations(self) -> list[BulkOperation]:
        return self.twin.bulk.all()

    def truth(self) -> Iterator[Shown]:
        for level in self.twin.world.levels.values():
            if level.is_active:
                item, states = level.item, level.states
                place = gid("Location", level.location_id)
                yield (
                    gid("InventoryItem", item.id),
                    place,
                    states["available"],
                    states["committed"],
                    states["reserved"],
                    item.tracked,
                )


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.mark.parametrize(("version", "lines"), list(product(VERSIONS, ["parents_first", "shuffled"])))
def test_a_snapshot_is_every_level_of_the_store_in_whatever_order_its_lines_come(version: str, lines: str) -> None:
    store = Store(version, lines)
    shop = store.twin.control
    shop.place({"MUG-BLUE": 3})
    store.twin.advance(5)
    truth = sorted(store.truth())
    assert any(row[3] for row in truth)
    assert len(truth) > 20
    assert sorted(store.whole()) == truth


def test_a_snapshot_shows_what_reading_shows(store: Store) -> None:
    rows = store.whole()[:200]
    read = store.levels.read([row[:2] for row in rows])
    assert [(r.inventory_item_id, r.location_id, r.available, r.committed, r.reserved, r.tracked) for r in read] == rows


def test_a_snapshot_says_when_it_was_asked_for_and_is_not_there_before_it_is_ready(store: Store) -> None:
    asked_at = store.twin.clock.now()
    ticket = store.levels.order_snapshot()
    assert store.fetched(ticket) == (None, b"")
    store.twin.advance(5)
    snapshot, _ = store.fetched(ticket)
    assert snapshot is not None
    assert snapshot.asked_at == asked_at


def test_our_key_is_not_sent_to_where_the_file_lies(store: Store) -> None:
    store.whole()
    assert "/_files/" in store.wire.sent[-1].url
    assert store.wire.sent[-1].headers == {}


def test_who_keeps_the_ticket_fetches_the_same_snapshot_after_a_crash(store: Store) -> None:
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    store.levels = store.open()
    assert store.fetched(ticket)[1] == store.fetched(ticket)[1] != b""
    assert len(store.operations()) == 1


def test_who_lost_the_ticket_takes_up_the_one_that_is_under_way(store: Store) -> None:
    store.twin.fail_next("drop_answer_after", "StartBulk")
    with pytest.raises(OutcomeUnknown):
        store.levels.order_snapshot()
    ticket = store.open().order_snapshot()
    assert [gid("BulkOperation", each.id) for each in store.operations()] == [ticket]


def test_somebody_elses_export_and_one_that_is_over_are_not_taken_up(store: Store) -> None:
    text = 'mutation { bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }", groupObjects: false) { bulkOperation { id } } }'
    store.twin.graphql(text)
    first = store.levels.order_snapshot()
    store.twin.advance(5)
    second = store.levels.order_snapshot()
    assert len({first, second, *(gid("BulkOperation", each.id) for each in store.operations())}) == 3


def test_too_many_exports_at_once_are_waited_for(store: Store) -> None:
    for _ in range(5):
        store.twin.graphql(
            'mutation { bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }", groupObjects: false) { bulkOperation { id } } }'
        )
    with pytest.raises(TryLater, match="busy"):
        store.levels.order_snapshot()
    store.twin.advance(5)
    assert store.levels.order_snapshot()


def spoil_truncated(store: Store) -> None:
    store.twin.bulk.truncate_next = True


def spoil_failed(store: Store) -> None:
    store.twin.bulk.fail_next = True


def spoil_empty(store: Store) -> None:
    store.twin.bulk.empty_next = True


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (spoil_truncated, TryLater, "incomplete"),
        (spoil_failed, Refused, "did not finish.*INTERNAL_SERVER_ERROR"),
        (spoil_empty, Refused, "no stock level at all"),
    ],
)
def test_a_snapshot_that_is_not_whole_is_none(store: Store, spoil: Any, error: type[Exception], words: str) -> None:
    """F31: half a file looks like a store in which half of everything is gone."""
    spoil(store)
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    with pytest.raises(error, match=words):
        store.fetched(ticket)


def test_a_file_cut_between_two_lines_is_noticed_by_the_lines_that_are_missing(store: Store) -> None:
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    (made,) = store.operations()
    (name,) = store.twin.bulk.files
    kept = store.twin.bulk.files[name].splitlines(keepends=True)[:-1]
    store.twin.bulk.files[name] = b"".join(kept)
    made.file_size = len(b"".join(kept))
    with pytest.raises(TryLater, match=f"{len(kept)} lines of {len(kept) + 1}"):
        store.fetched(ticket)


def test_a_store_whose_items_are_stocked_nowhere_looks_like_a_mistake(store: Store) -> None:
    for level in store.twin.world.levels.values():
        level.is_active = False
    with pytest.raises(Refused, match="no stock level at all"):
        store.whole()


def test_a_snapshot_of_last_week_is_gone(store: Store) -> None:
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    store.twin.bulk.expire(store.operations()[0])
    with pytest.raises(Refused, match="Order another"):
        store.fetched(ticket)
    with pytest.raises(Refused, match="no longer knows"):
        store.fetched("gid://shopify/BulkOperation/1")


def test_a_file_that_cannot_be_had_now_is_fetched_again(store: Store) -> None:
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    kept = dict(store.twin.bulk.files)
    store.twin.bulk.files.clear()
    with pytest.raises(TryLater, match="HTTP 404"):
        store.fetched(ticket)
    store.twin.bulk.files.update(kept)
    assert store.fetched(ticket)[0] is not None


def test_a_missing_permission_is_a_matter_for_a_person(store: Store) -> None:
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    (made,) = store.operations()
    made.status, made.error_code = "FAILED", "ACCESS_DENIED"
    with pytest.raises(TryLater, match="permissions") as caught:
        store.fetched(ticket)
    assert caught.value.credentials


def test_an_address_without_encryption_is_not_called(store: Store) -> None:
    ticket = store.levels.order_snapshot()
    store.twin.advance(5)
    store.operations()[0].url = "http://elsewhere.example/file"
    with pytest.raises(Refused, match="not safe"):
        store.fetched(ticket)


# --- the lines ------------------------------------------------------------------------------------------------


def line(names: str = "available committed reserved on_hand", **changes: Any) -> dict[str, Any]:
    quantities = [{"name": name, "quantity": at + 1} for at, name in enumerate(names.split())]
    return {
        "isActive": True,
        "item": {"id": "gid://shopify/InventoryItem/1", "tracked": True},
        "location": {"id": "gid://shopify/Location/2"},
        "quantities": quantities,
        "__parentId": "gid://shopify/InventoryItem/1",
        **changes,
    }


def read(*rows: Any) -> list[Shown]:
    return list(levels_of(b"".join(json.dumps(row).encode() + b"\n" for row in rows)))


LEVEL = ("gid://shopify/InventoryItem/1", "gid://shopify/Location/2", 1, 2, 3, True)


def test_quantities_are_known_by_their_names() -> None:
    assert read(line(), {"id": "gid://shopify/InventoryItem/1"}) == [LEVEL]
    assert read(line("on_hand reserved committed available")) == [(*LEVEL[:2], 4, 3, 2, True)]
    assert read(line("available new committed"), line()) == [(*LEVEL[:2], 1, 3, 0, True), LEVEL]


def test_a_level_that_is_not_active_shows_nothing() -> None:
    assert read(line(isActive=False)) == [(*LEVEL[:2], None, 2, 3, True)]
    assert read(line("reserved available", isActive=False)) == [(*LEVEL[:2], None, 0, 1, True)]


def test_new_fields_and_a_last_line_without_an_end_do_no_harm() -> None:
    assert read(line(more={"a": [1]})) == [LEVEL]
    assert list(levels_of(json.dumps(line()).encode())) == [LEVEL]


@pytest.mark.parametrize(
    "lines",
    [
        b'{"isActive":tr\n',
        b"\xff\n",
        json.dumps(line(quantities=None)).encode(),
        json.dumps(line("committed")).encode(),
        json.dumps(line(quantities=[{"name": "available", "quantity": "many"}])).encode(),
        b"[1]\n",
    ],
)
def test_a_line_that_cannot_be_understood_is_not_passed_over(lines: bytes) -> None:
    with pytest.raises(Unreadable, match="Shopify's export"):
        list(levels_of(json.dumps(line()).encode() + b"\n" + lines))
