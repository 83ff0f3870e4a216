"""The contract's HTTP side of the twin, without a socket: its personalities, refusals and moods."""

from __future__ import annotations

import msgspec
import pytest

from stockbridge.testing.twins.wms import Fault
from stockbridge.testing.twins.wms.faults import KINDS

ORDER = {"reference": "R-1", "warehouse": "LON", "lines": [{"line_id": "1", "item_code": "MUG", "units": 2}]}
DONE = [kind for kind, done in KINDS.items() if done]
NOT_DONE = ["lose_request", "error_before", "no_connection"]


def test_an_order_is_accepted_and_answered_with_its_id_and_sequence(world):
    here = world()
    answer = here.call("POST", "/v1/orders", ORDER)
    body = msgspec.json.decode(answer.body)
    assert answer.status == 201
    assert (body["reference"], body["status"], body["sequence"]) == ("R-1", "accepted", 1)
    assert body["accepted_at"] == "2026-11-02T09:00:00Z"


@pytest.mark.parametrize(
    ("personality", "second", "creates", "look_up", "listing"),
    [("unique_reference", 409, 1, 200, 200), ("look_up", 201, 2, 200, 200), ("neither", 201, 2, 501, 501)],
)
def test_the_three_personalities(world, personality, second, creates, look_up, listing):
    here = world(personality=personality)
    here.call("POST", "/v1/orders", ORDER)
    assert here.call("POST", "/v1/orders", ORDER).status == second
    assert here.twin.ledger.creates["R-1"] == creates
    assert here.call("GET", "/v1/orders/R-1").status == look_up
    assert here.call("GET", "/v1/orders?changed_since_sequence=0").status == listing
    assert here.json("GET", "/v1/about")["personality"] == {
        "unique_reference": personality == "unique_reference",
        "look_up": personality != "neither",
    }


def test_a_look_up_says_how_many_orders_there_are(world):
    here = world(personality="look_up")
    assert here.json("GET", "/v1/orders/R-1")["code"] == "order_not_found"
    first = here.json("POST", "/v1/orders", ORDER)
    assert here.json("GET", "/v1/orders/R-1")["copies"] == 1
    here.call("POST", "/v1/orders", ORDER)
    found = here.json("GET", "/v1/orders/R-1")
    assert (found["copies"], found["order_id"]) == (2, first["order_id"])


def test_a_reference_with_odd_letters_is_found(world):
    here = world()
    here.call("POST", "/v1/orders", ORDER | {"reference": "R/1 ü?"})
    assert here.json("GET", "/v1/orders/R%2F1%20%C3%BC%3F")["reference"] == "R/1 ü?"
    assert here.json("POST", "/v1/orders/R%2F1%20%C3%BC%3F/cancel", {})["result"] == "confirmed"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"warehouse": "ROM"}, 422, "unknown_warehouse"),
        ({"lines": [{"line_id": "1", "item_code": "ELF", "units": 1}]}, 422, "unknown_item"),
        ({"lines": []}, 400, "invalid"),
        ({"lines": ["MUG"]}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": 0}]}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": 1.5}]}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": True}]}, 400, "invalid"),
        ({"lines": [{"item_code": 5, "units": 1}]}, 400, "invalid"),
        ({"reference": ""}, 400, "invalid"),
        ({"reference": None}, 400, "invalid"),
        ({"reference": "x" * 201}, 400, "invalid"),
        ({"reference": "R\n1"}, 400, "invalid"),
        ({"reference": "R\x7f"}, 400, "invalid"),
        ({"warehouse": "x" * 201}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": -1}]}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": 10**9 + 1}]}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": "1"}]}, 400, "invalid"),
        ({"lines": [{"item_code": "MUG", "units": 1, "line_id": 5}]}, 400, "invalid"),
        ({"lines": [{"item_code": "", "units": 1}]}, 422, "unknown_item"),
    ],
)
def test_what_the_warehouse_does_not_take_it_refuses_whole(world, change, status, code):
    here = world()
    answer = here.call("POST", "/v1/orders", ORDER | change)
    assert (answer.status, msgspec.json.decode(answer.body)["code"]) == (status, code)
    assert here.twin.ledger.creates == {}
    assert len(here.twin.ledger.of("refused")) == (status == 422)


def test_a_refusal_names_the_lines_that_are_the_reason(world):
    lines = [{"line_id": "1", "item_code": "MUG", "units": 1}, {"line_id": "2", "item_code": "ELF", "units": 1}]
    assert world().json("POST", "/v1/orders", ORDER | {"lines": lines})["lines"] == [
        {"line_id": "2", "item_code": "ELF", "problem": "unknown item"}
    ]


def test_an_item_without_stock_is_known_once_it_is_in_the_catalogue(world):
    here = world()
    here.twin.add_item("ELF")
    assert here.call("POST", "/v1/orders", ORDER | {"lines": [{"item_code": "ELF", "units": 1}]}).status == 201


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(world, body):
    here = world()
    key = {"Authorization": "Bearer twin-key"}
    assert here.service.handle("POST", "/v1/orders", key, body).status == 400
    assert here.service.handle("POST", "/v1/orders", key, b"x" * 2_000_000).status == 413


@pytest.mark.parametrize("path", ["/v1/about", "/v1/orders", "/v1/stock?warehouse=LON", "/v1/orders/R-1"])
def test_without_the_key_nothing_is_told_or_done(world, path):
    here = world()
    assert here.call("GET", path, key="wrong").status == 401
    assert here.service.handle("POST", "/v1/orders", {}, msgspec.json.encode(ORDER)).status == 401
    assert here.twin.ledger.entries == []


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/orders/R-1/ship", "/v2/orders", "/v1/stock/"])
def test_other_paths_are_not_there_and_do_not_say_order_not_found(world, path):
    assert world().json("GET", path)["code"] == "no_such_path"


# the moods


@pytest.mark.parametrize("kind", DONE)
def test_after_these_faults_the_order_is_there(world, kind):
    here = world()
    here.twin.faults.plan("submit", Fault(kind, seconds=30))
    answer = here.call("POST", "/v1/orders", ORDER)
    assert here.twin.ledger.creates["R-1"] == 1
    assert (answer.fate != "answered") or (answer.delay_s == 30) or (answer.status != 201)
    assert here.call("POST", "/v1/orders", ORDER | {"reference": "R-2"}).status == 201, "a planned fault comes once"
    assert here.twin.faults.fired == {f"submit/{kind}": 1}


@pytest.mark.parametrize("kind", NOT_DONE)
def test_after_these_faults_it_is_not(world, kind):
    here = world()
    here.twin.faults.plan("submit", Fault(kind))
    here.call("POST", "/v1/orders", ORDER)
    here.clock.advance(10_000)
    here.twin.run_due()
    assert here.twin.ledger.creates == {}


def test_a_late_order_is_made_after_its_time(world):
    here = world()
    here.twin.faults.plan("submit", Fault("late", seconds=90))
    assert here.call("POST", "/v1/orders", ORDER).fate == "lost"
    here.clock.advance(89)
    assert here.call("GET", "/v1/orders/R-1").status == 404
    here.clock.advance(1)
    assert here.call("GET", "/v1/orders/R-1").status == 200


@pytest.mark.parametrize(("status", "told"), [(429, "7"), (503, "7"), (500, None)])
def test_a_busy_answer_says_when_to_come_back(world, status, told):
    here = world()
    here.twin.faults.plan("submit", Fault("error_before", seconds=7, status=status))
    answer = here.call("POST", "/v1/orders", ORDER)
    assert (answer.status, answer.headers.get("retry-after")) == (status, told)


def test_planned_faults_come_in_turn_and_as_often_as_said(world):
    here = world()
    here.twin.faults.plan("look_up", Fault("error_before", status=500), times=2)
    here.twin.faults.plan("look_up", Fault("error_before", status=429))
    assert [here.call("GET", "/v1/orders/R-1").status for _ in range(4)] == [500, 500, 429, 404]


@pytest.mark.parametrize("wrong", [lambda twin: Fault("explode"), lambda twin: twin.faults.plan("explode", Fault("late"))])
def test_an_unknown_fault_or_operation_is_refused(world, wrong):
    with pytest.raises(ValueError, match="explode"):
        wrong(world().twin)


@pytest.mark.parametrize(("operation", "kind"), [("submit", "truncate"), ("about", "restart"), ("stock_changes", "truncate")])
def test_an_operation_cannot_meet_what_only_pages_can(world, operation, kind):
    with pytest.raises(ValueError, match=kind):
        world().twin.faults.plan(operation, Fault(kind))


def test_changes_too_long_ago_are_gone_once(world):
    here = world()
    here.twin.faults.plan("stock_changes", Fault("restart"))
    assert [here.call("GET", "/v1/stock/changes?since_sequence=0").status for _ in range(2)] == [410, 200]


def test_by_rates_a_share_of_calls_goes_wrong_whatever_their_order(world):
    def fates(references):
        here = world(fault_rates={"submit": {"lose_answer": 0.2, "lose_request": 0.1}})
        return {each: here.call("POST", "/v1/orders", ORDER | {"reference": each}).fate for each in references}

    references = [f"R-{number}" for number in range(300)]
    forward, backward = fates(references), fates(reversed(references))
    assert forward == backward
    assert 60 <= list(forward.values()).count("lost") <= 120


def test_latency_is_said_and_does_not_change_what_happens(world):
    here = world(latency_s=0.2)
    assert here.call("POST", "/v1/orders", ORDER).delay_s == 0.2
    here.twin.faults.plan("submit", Fault("slow_answer", seconds=30))
    assert here.call("POST", "/v1/orders", ORDER | {"reference": "R-2"}).delay_s == 30.2


# stock and lists


def test_a_page_set_is_one_snapshot_while_the_warehouse_goes_on(world):
    here = world(basis="physical")
    first = here.json("GET", "/v1/stock?warehouse=LON&limit=1")
    here.twin.adjust("LON", "PEN", "PICK", 5)
    second = here.json("GET", f"/v1/stock?warehouse=LON&limit=1&after={first['next']}")
    assert (first["complete"], second["complete"], second["next"], first["total"]) == (False, True, None, 2)
    assert (first["sequence"], first["moment"]) == (second["sequence"], second["moment"])
    assert second["items"] == [{"item_code": "PEN", "zones": {"BULK": 0, "PICK": 10, "QUARANTINE": 0}}]


@pytest.mark.parametrize("token", ["99:1", "x", ":", "-1:0"])
def test_a_snapshot_that_is_gone_says_so(world, token):
    assert world().call("GET", f"/v1/stock?warehouse=LON&after={token}").status == 409


def test_old_snapshots_are_not_kept_for_ever(world):
    here = world()
    token = here.json("GET", "/v1/stock?warehouse=LON&limit=1")["next"]
    for _ in range(10):
        here.twin.adjust("LON", "PEN", "PICK", 1)
        here.call("GET", "/v1/stock?warehouse=LON")
    assert here.call("GET", f"/v1/stock?warehouse=LON&after={token}").status == 409


def test_changes_are_listed_by_sequence_in_pages_that_do_not_cut_a_step(world):
    here = world(basis="less_accepted")
    here.accept("R-1", MUG=1, PEN=1)
    here.twin.adjust("BER", "MUG", "A", 1)
    first = here.json("GET", "/v1/stock/changes?since_sequence=0&limit=1")
    assert [each["item_code"] for each in first["figures"]] == ["MUG", "PEN"]
    assert (first["sequence"], first["more"]) == (1, True)
    second = here.json("GET", "/v1/stock/changes?since_sequence=1&limit=1")
    assert [(each["warehouse"], each["sequence"]) for each in second["figures"]] == [("BER", 2)]
    assert (second["sequence"], second["more"]) == (2, False)


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/stock?warehouse=LON", "/v1/stock/changes?since_sequence=0"])
@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "99999999999999999999"])
def test_a_limit_that_is_none_never_stops_a_reader(world, path, limit):
    here = world()
    here.accept("R-1", MUG=1)
    here.accept("R-2", PEN=1)
    answer = here.call("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}")
    body = msgspec.json.decode(answer.body)
    assert answer.status == 200
    assert body.get("orders") or body.get("items") or body.get("figures")


def test_changed_orders_are_listed_oldest_change_first(world):
    here = world()
    for number in range(3):
        here.accept(f"R-{number}", MUG=1)
    here.twin.ship("R-0")
    page = here.json("GET", "/v1/orders?changed_since_sequence=1&limit=2")
    assert [each["reference"] for each in page["orders"]] == ["R-1", "R-2"]
    assert (page["sequence"], page["more"]) == (3, True)
    rest = here.json("GET", "/v1/orders?changed_since_sequence=3")
    assert [each["reference"] for each in rest["orders"]] == ["R-0"]
    assert (rest["sequence"], rest["more"]) == (4, False)
