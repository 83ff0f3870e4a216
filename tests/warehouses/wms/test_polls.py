"""Sweeps: whole snapshots or none, cursors that get on, and nothing that a broken WMS says taken for the truth."""

from __future__ import annotations

import msgspec
import pytest

from stockbridge.domain.events import FigureReported, FiguresReported
from stockbridge.ports import HttpAnswer, Refused, TryLater, Unreadable
from stockbridge.testing.fakes import FakeClock, ScriptedHttp, opening
from stockbridge.testing.twins.wms import Fault
from stockbridge.warehouses.wms import DOOR

AT = "2026-11-02T08:59:00Z"


def scripted(*bodies: object, warehouses=("LON",)):
    answers = [
        body if isinstance(body, HttpAnswer) else HttpAnswer(status=200, headers={}, body=msgspec.json.encode(body))
        for body in bodies
    ]
    settings = {"url": "https://wms.example", "warehouses": list(warehouses), "personality": "look_up", "page_size": 2}
    http = ScriptedHttp(answers)
    return DOOR.open(opening(settings=settings, secrets={"api_key": "k"}, clock=FakeClock(), http=http)), http


def page(*items: str, **changes: object):
    body = {"warehouse": "LON", "basis": "physical", "moment": AT, "sequence": 5, "complete": True, "next": None}
    return body | {"items": [{"item_code": item, "zones": {"A": 1}} for item in items]} | changes


def gone() -> HttpAnswer:
    return HttpAnswer(status=409, headers={}, body=b'{"code":"snapshot_gone","message":""}')


def snapshot(door) -> FiguresReported:
    (arrival,), _ = door.polls.poll("stock", None)
    (event,) = door.inbound.read(arrival)
    return event


def test_pages_become_one_snapshot():
    door, http = scripted(page("A", "B", complete=False, next="5:2", total=3), page("C", total=3))
    found = snapshot(door)
    assert [each.item_code for each in found.figures] == ["A", "B", "C"]
    assert found.complete
    assert "after=5%3A2" in http.sent[1].url


def test_pages_with_figures_that_cannot_be_used_are_still_one_whole_snapshot():
    odd = [{"item_code": "B", "zones": {"A": "?"}}, {"zones": {}}, 7]
    first = page("A", complete=False, next="5:4", total=5)
    first["items"] += odd
    found = snapshot(scripted(first, page("C", total=5))[0])
    assert ([each.item_code for each in found.figures], found.complete) == (["A", "C"], True)
    assert [code for code, _ in found.unread] == ["B", "", ""]


@pytest.mark.parametrize(
    "pages",
    [
        [page("A", complete=False)],
        [page("A", "B", complete=False, next="x"), page("C", complete=False)],
        [page("A", total=2)],
        [page("A", complete=True, next="x"), page("B", complete=False)],
    ],
)
def test_a_truncated_snapshot_is_never_complete(pages):
    door, _ = scripted(*pages)
    assert not snapshot(door).complete


def test_a_truncated_snapshot_has_another_key_than_the_whole_one():
    whole, part = scripted(page("A", "B"))[0], scripted(page("A", complete=False))[0]
    assert whole.polls.poll("stock", None)[0][0].dedupe_key != part.polls.poll("stock", None)[0][0].dedupe_key


@pytest.mark.parametrize(
    "broken",
    [
        [gone()],
        [page("A", complete=False, next="x"), gone()],
        [page("A", complete=False, next="x"), page("B", sequence=6)],
        [page("A", complete=False, next="x"), page("B", moment="2026-11-02T09:00:00Z")],
        [page("A", complete=False, next="x"), page("A")],
        [page("A", "A")],
        [page(complete=False, next="x")],
    ],
)
def test_pages_that_do_not_belong_together_are_read_again_from_the_start(broken):
    door, _ = scripted(*broken, page("A", "B"))
    found = snapshot(door)
    assert (found.complete, len(found.figures)) == (True, 2)
    hopeless, _ = scripted(*broken, *broken, *broken)
    with pytest.raises(TryLater, match="one piece"):
        hopeless.polls.poll("stock", None)


def test_another_warehouses_page_is_not_taken_for_the_one_asked_for():
    door, _ = scripted(page("A", warehouse="BER"))
    with pytest.raises(TryLater, match="BER"):
        door.polls.poll("stock", None)


@pytest.mark.parametrize("status", [500, 503, 301, 200])
def test_any_trouble_while_asking_is_try_later(status):
    for what in ("orders", "stock", "stock_changes"):
        door, _ = scripted(HttpAnswer(status=status, headers={}, body=b"<html>"))
        with pytest.raises(TryLater):
            door.polls.poll(what, "1")


def test_a_wrong_key_is_told_as_such():
    door, _ = scripted(HttpAnswer(status=401, headers={}, body=b""))
    with pytest.raises(TryLater) as trouble:
        door.polls.poll("stock", None)
    assert trouble.value.credentials


def test_each_warehouse_has_its_own_snapshot():
    door, _ = scripted(page("A"), page("A", warehouse="BER"), warehouses=("LON", "BER"))
    arrivals, _ = door.polls.poll("stock", None)
    assert [each.subject for each in arrivals] == ["stock/LON", "stock/BER"]


def order(reference: str, changed: int) -> dict[str, object]:
    return {
        "order_id": f"W-{reference}",
        "reference": reference,
        "status": "accepted",
        "accepted_at": AT,
        "sequence": 1,
        "changed_sequence": changed,
    }


def test_orders_are_read_page_by_page_from_the_cursor():
    door, http = scripted(
        {"orders": [order("A", 4), order("B", 5)], "sequence": 5, "more": True},
        {"orders": [order("C", 6)], "sequence": 9, "more": False},
    )
    arrivals, cursor = door.polls.poll("orders", "3")
    assert [each.subject for each in arrivals] == ["order/A", "order/B", "order/C"]
    assert cursor == "9"
    assert ["changed_since_sequence=3" in http.sent[0].url, "changed_since_sequence=5" in http.sent[1].url] == [True, True]


def test_one_unreadable_order_does_not_hide_the_others():
    door, _ = scripted({"orders": [order("A", 4), {"reference": 5}, order("B", 5)], "sequence": 5, "more": False})
    arrivals, _ = door.polls.poll("orders", None)
    assert [each.subject.split("/")[0] for each in arrivals] == ["order", "unreadable", "order"]
    with pytest.raises(Unreadable):
        door.inbound.read(arrivals[1])


@pytest.mark.parametrize("what", ["orders", "stock_changes"])
def test_a_wms_that_promises_more_without_getting_on_is_not_asked_for_ever(what):
    door, http = scripted({"orders": [], "figures": [], "sequence": 5, "more": True})
    with pytest.raises(TryLater, match="get on"):
        door.polls.poll(what, "5")
    assert len(http.sent) == 1


@pytest.mark.parametrize("cursor", ["", "abc", "-1", "１"])
def test_a_cursor_that_is_none_begins_at_the_beginning(cursor):
    door, http = scripted({"orders": [], "sequence": 5, "more": False})
    assert door.polls.poll("orders", cursor) == ([], "5")
    assert "changed_since_sequence=0" in http.sent[0].url


def test_stock_changes_begin_where_the_wms_stands_and_tell_only_what_changed(bench):
    none, cursor = bench.door.polls.poll("stock_changes", None)
    assert (list(none), cursor) == ([], "0")
    bench.twin.adjust("LON", "PEN", "PICK", 2)
    bench.twin.adjust("LON", "MUG", "BULK", -1)
    arrivals, cursor = bench.door.polls.poll("stock_changes", cursor)
    figures = [event for each in arrivals for event in bench.door.inbound.read(each)]
    assert [(each.item_code, sum(each.zones.values()), each.sequence) for each in figures] == [("PEN", 12, 1), ("MUG", 28, 2)]
    assert all(isinstance(each, FigureReported) for each in figures)
    assert bench.door.polls.poll("stock_changes", cursor) == ([], "2")


def test_changes_too_long_ago_begin_anew():
    door, _ = scripted(HttpAnswer(status=410, headers={}, body=b""))
    assert door.polls.poll("stock_changes", "1") == ([], None)


def test_a_wms_without_look_up_is_not_asked_for_orders(make):
    bench = make(personality="neither")
    assert bench.door.polls.sweeps == ("stock_changes", "stock")
    with pytest.raises(Refused):
        bench.door.polls.poll("orders", None)


def test_small_pages_of_the_twin_are_one_snapshot_even_while_stock_moves(make):
    bench = make(settings={"page_size": 1})
    before = bench.stock()
    http_send = bench.http.send

    def send(request):
        answer = http_send(request)
        bench.twin.adjust("LON", "PEN", "PICK", 1)
        return answer

    bench.http.send = send
    found = snapshot(bench.door)
    assert found.complete
    assert {each.item_code: each.zones for each in found.figures} == before


@pytest.mark.parametrize(("kind", "complete"), [("truncate", False), ("restart", True)])
def test_the_twins_broken_pages_are_never_taken_for_whole(make, kind, complete):
    bench = make(settings={"page_size": 1})
    bench.twin.faults.plan("stock", Fault(kind))
    assert snapshot(bench.door).complete is complete


def test_the_moment_of_asking_is_kept_for_systems_without_a_counter(bench):
    (arrival,), _ = bench.door.polls.poll("stock", None)
    assert arrival.headers["asked-at"] == bench.clock.now().isoformat()
