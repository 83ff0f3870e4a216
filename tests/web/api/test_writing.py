"""What programs ask for enters the inbox like a person's act: once, whole, or not at all."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from stockbridge.db import tokens
from stockbridge.domain.events import DismissAsked, ItemMapped, RetryAsked
from stockbridge.web.api.openapi import describe
from stockbridge.web.api.table import ROUTES
from stockbridge.web.app import create_app

Programs = Callable[..., Any]
LAMP = {
    "shop": "shop.example",
    "inventory_item_id": "inv-6",
    "connection": "north-wms",
    "warehouse": "NORTH",
    "item_code": "LAMP300",
}


def waiting(room: Any, cause: str) -> int:
    return int(
        room.sql("SELECT parked_id FROM parked WHERE cause LIKE :cause || '%' AND closed_at IS NULL", cause=cause)[0][
            "parked_id"
        ]
    )


def test_retrying_and_closing_are_asked_in_the_tokens_name(filled: Any, program: Programs) -> None:
    erp = program("operate", name="ERP")
    refused, unreadable = waiting(filled, "refused"), waiting(filled, "unreadable")
    answer = erp.client.post(f"/api/v1/parked/{refused}/retry", json={})
    assert (answer.status_code, answer.json()) == (202, {"asked": "It is tried again.", "look_at": f"/api/v1/parked/{refused}"})
    assert erp.client.post(f"/api/v1/parked/{unreadable}/dismiss", json={"note": " a test message "}).status_code == 202
    assert filled.asked == [
        ("acme", RetryAsked(parked_id=refused, by="ERP (API)"), "token/t-1"),
        ("acme", DismissAsked(parked_id=unreadable, by="ERP (API)", note="a test message"), "token/t-1"),
    ]


@pytest.mark.parametrize("what", ["retry", "dismiss"])
def test_where_an_outcome_is_unknown_somebody_must_have_looked(filled: Any, program: Programs, what: str) -> None:
    erp, parked = program("operate"), waiting(filled, "unknown_outcome")
    body = {"note": "it is there"} if what == "dismiss" else {}
    assert erp.refused(422, f"/parked/{parked}/{what}", method="POST", json=body)["code"] == "not_looked"
    assert filled.asked == []
    assert erp.client.post(f"/api/v1/parked/{parked}/{what}", json={**body, "looked": True}).status_code == 202
    assert len(filled.asked) == 1


def test_what_is_closed_already_is_said_so_and_left_alone(filled: Any, program: Programs) -> None:
    erp, parked = program("operate", "read"), waiting(filled, "refused")
    filled.sql(
        "UPDATE parked SET closed_at = now(), closed_by = 'Bo', closed_how = 'tried again' WHERE parked_id = :id", id=parked
    )
    problem = erp.refused(409, f"/parked/{parked}/retry", method="POST", json={})
    assert problem["detail"] == "It is closed already: tried again. Nothing was done."
    assert erp.get(f"/parked/{parked}")["closed_by"] == "Bo"
    assert filled.asked == []


def test_item_codes_are_written_all_or_none(filled: Any, program: Programs) -> None:
    erp = program("map", name="ERP")
    end = {**LAMP, "inventory_item_id": "inv-1", "active": False}
    assert erp.client.post("/api/v1/item-codes", json={"codes": [LAMP, end]}).status_code == 202
    assert [event for _, event, _ in filled.asked] == [
        ItemMapped(**LAMP, by="ERP (API)"),
        ItemMapped(**{**end, "active": False}, by="ERP (API)"),
    ]
    filled.asked.clear()
    for wrong, code, said in (
        ({"inventory_item_id": "inv-99"}, "unknown_item", "The shop shop.example has no item inv-99"),
        ({"shop": "nowhere.example"}, "unknown_item", "The shop nowhere.example has no item"),
        ({"warehouse": "MOON"}, "unknown_warehouse", "No warehouse MOON of north-wms feeds the shop"),
        ({"item_code": "LAMP-300"}, "never_counted", "Never counted: 'LAMP-300' at NORTH."),
    ):
        problem = erp.refused(422, "/item-codes", method="POST", json={"codes": [end, {**LAMP, **wrong}]})
        assert problem["code"] == code
        assert problem["detail"].startswith(said)
    assert erp.refused(422, "/item-codes", method="POST", json={"codes": [LAMP, LAMP]})["code"] == "twice"
    assert filled.asked == []
    sure = {"codes": [{**LAMP, "item_code": "LAMP-300"}], "sure": True}
    assert erp.client.post("/api/v1/item-codes", json=sure).status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"codes": [{**LAMP, "itemcode": "x"}]}, 422, "There is no field 'itemcode' in codes[0]"),
        ({"code": []}, 422, "There is no field 'code'. There is: codes, sure."),
        ({"codes": [{"shop": "x"}]}, 422, "The field 'inventory_item_id' is missing in codes[0]"),
        ({"codes": []}, 422, "The field 'codes' does not fit: expected array of length >= 1."),
        (
            {"codes": [{**LAMP, "item_code": " "}]},
            422,
            "The field 'codes[0].item_code' does not fit: expected text that is not blank.",
        ),
        ({"codes": [{**LAMP, "item_code": 5}]}, 422, "The field 'codes[0].item_code' does not fit: expected str, got int."),
        ({"codes": [{**LAMP, "item_code": "a\x00b"}]}, 422, "The body holds a character that no text has."),
        ([], 422, "What was sent does not fit: expected object, got array."),
        (b"{", 400, "The body is not JSON"),
        (b'{"codes": [{"shop": "\xff"}]}', 400, "The body is not JSON"),
        (b'{"codes": ' + b"[" * 100_000, 422, "The field 'codes[0]' does not fit: expected object, got array."),
        (b" " * 300_000, 413, "Nothing was done: the body is too large."),
    ],
)
def test_a_body_that_does_not_fit_is_refused_in_a_sentence(
    filled: Any, program: Programs, body: Any, status: int, said: str
) -> None:
    sent = {"content": body, "headers": {"content-type": "application/json"}} if isinstance(body, bytes) else {"json": body}
    problem = program().refused(status, "/item-codes", method="POST", **sent)
    assert problem["detail"].startswith(said)
    assert filled.asked == []


def test_a_body_that_does_not_say_that_it_is_json_is_refused(filled: Any, program: Programs) -> None:
    erp = program()
    assert erp.refused(415, "/item-codes", method="POST", content=b"{}")["code"] == "not_json"
    assert erp.refused(415, "/item-codes", method="POST", data={"a": "b"})["code"] == "not_json"
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert erp.refused(415, "/item-codes", method="POST", content=b"{}", headers=packed)["code"] == "not_json"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limt=5", "There is no field 'limt'. There is: limit, cursor, shop"),
        ("limit=0", "The field 'limit' does not fit: expected int >= 1."),
        ("limit=201", "The field 'limit' does not fit: expected int <= 200."),
        ("limit=many", "The field 'limit' does not fit: expected int, got str."),
        ("show=all", "The field 'show' does not fit: invalid enum value 'all'."),
        ("show=null", "The field 'show' does not fit: 'null' is none of its values."),
        ("show=Null", "The field 'show' does not fit: 'Null' is none of its values."),
        ("show=", "The field 'show' does not fit: invalid enum value ''."),
        ("shop=a&shop=b", "'shop' is given twice."),
        ("shop=%00", "The address holds a character that no text has."),
        ("cursor=nonsense", "The cursor is not one that this list gave."),
        ("cursor=WyJvcmRlcnMiLCIiLCIiXQ", "The cursor is not one that this list gave."),
        ("cursor=WyJzdG9jayIsMSwyLDNd", "The cursor is not one that this list gave."),
    ],
)
def test_an_address_that_does_not_fit_is_refused_in_a_sentence(filled: Any, program: Programs, query: str, said: str) -> None:
    assert program().refused(400, f"/stock?{query}")["detail"].startswith(said)


def test_no_list_of_words_in_any_address_takes_a_word_that_is_not_in_it(filled: Any, program: Programs) -> None:
    erp, described = program(), describe(ROUTES, version="")
    lists = {name for name, shape in described["components"]["schemas"].items() if "enum" in shape}
    asked = []
    for route in ROUTES:
        operation = described["paths"][route.address][route.method.lower()]
        needed = {field["name"]: "x" for field in operation["parameters"] if field["in"] == "query" and field["required"]}
        for field in operation["parameters"]:
            if field["schema"].get("$ref", "").rpartition("/")[2] in lists:
                for wrong in ("null", "NULL", "None", "", " ", "all words"):
                    query = {**needed, field["name"]: wrong}
                    problem = erp.refused(400, route.path, method=route.method, params=query)
                    assert f"'{field['name']}' does not fit" in problem["detail"], (route.path, wrong)
                asked.append((route.path, field["name"]))
    assert set(asked) >= {("/orders", "view"), ("/orders", "state"), ("/stock", "show"), ("/sweeps/runs", "kind")}
    assert ("/mapping/dry-run", "show") in asked


def test_another_method_is_told_which_there_are(filled: Any, program: Programs) -> None:
    answer = program().client.put("/api/v1/item-codes", json={})
    assert (answer.status_code, answer.json()["code"]) == (405, "wrong_method")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_the_same_request_with_the_same_key_is_answered_the_same_and_done_once(filled: Any, program: Programs) -> None:
    erp, parked, key = program("operate"), waiting(filled, "refused"), {"idempotency-key": "a-1"}
    first = erp.client.post(f"/api/v1/parked/{parked}/retry", json={}, headers=key)
    filled.sql("UPDATE parked SET closed_at = now() WHERE parked_id = :id", id=parked)
    again = erp.client.post(f"/api/v1/parked/{parked}/retry", json={}, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (202, first.content)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(filled.asked) == 1
    assert erp.client.post(f"/api/v1/parked/{parked}/retry", json={}).status_code == 409, (
        "without the key it is another request"
    )


def test_another_request_with_a_key_that_was_used_is_refused(filled: Any, program: Programs) -> None:
    erp, parked, key = program("operate"), waiting(filled, "refused"), {"idempotency-key": "a-1"}
    erp.client.post(f"/api/v1/parked/{parked}/retry", json={}, headers=key)
    for path, body in ((f"/parked/{parked}/retry", {"looked": True}), (f"/parked/{parked}/dismiss", {"note": "x"})):
        problem = erp.refused(422, path, method="POST", json=body, headers=key)
        assert problem["code"] == "key_reused"
    assert len(filled.asked) == 1


def test_a_key_belongs_to_its_token_and_a_refused_request_leaves_it_free(filled: Any, program: Programs) -> None:
    key = {"idempotency-key": "a-1"}
    one, other = program("operate"), program("operate")
    parked, unreadable = waiting(filled, "refused"), waiting(filled, "unreadable")
    one.refused(404, "/parked/99/retry", method="POST", json={}, headers=key)
    assert one.client.post(f"/api/v1/parked/{parked}/retry", json={}, headers=key).status_code == 202
    assert other.client.post(f"/api/v1/parked/{unreadable}/retry", json={}, headers=key).status_code == 202
    one.refused(400, f"/parked/{parked}/retry", method="POST", json={}, headers={"idempotency-key": "x" * 256})


def test_a_key_is_free_again_after_a_day(filled: Any, program: Programs) -> None:
    erp, parked, key = program("operate"), waiting(filled, "refused"), {"idempotency-key": "a-1"}
    erp.client.post(f"/api/v1/parked/{parked}/retry", json={}, headers=key)
    for hours, left in ((23, 1), (2, 0)):
        filled.clock.at += timedelta(hours=hours)
        with filled.database.engine.begin() as conn:
            tokens.forget_old(conn, now=filled.clock.now())
        assert filled.count("api_answer") == left


def test_two_at_once_with_the_same_key_are_done_once(filled: Any, program: Programs) -> None:
    """The second comes while the first is at work, and waits for its answer."""
    erp, parked = program("operate"), waiting(filled, "refused")
    inside, go_on, asked = threading.Event(), threading.Event(), []

    def ask(_conn: Any, **what: Any) -> None:
        asked.append(what)
        inside.set()
        assert go_on.wait(20)

    answers: list[Any] = []
    headers = {"authorization": f"Bearer {erp.secret}", "idempotency-key": "a-1"}
    with TestClient(create_app(replace(filled.parts, ask=ask)), base_url="http://testserver", headers=headers) as client:

        def send() -> None:
            answers.append(client.post(f"/api/v1/parked/{parked}/retry", json={}))

        threads = [threading.Thread(target=send) for _ in range(2)]
        threads[0].start()
        assert inside.wait(20)
        threads[1].start()
        while not filled.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
        go_on.set()
        for thread in threads:
            thread.join(20)
    assert len(asked) == 1
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.content for answer in answers}) == 1


def test_a_mistake_of_ours_says_nothing_of_the_inside(filled: Any, program: Programs) -> None:
    erp = program("read")
    filled.sql("ALTER TABLE parked RENAME COLUMN cause TO why")
    with TestClient(create_app(filled.parts), base_url="http://testserver", raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/parked", headers={"authorization": f"Bearer {erp.secret}"})
    assert (answer.status_code, answer.json()["code"]) == (500, "broken")
    assert "cause" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_when_the_database_does_not_answer_in_time_it_is_said(filled: Any, program: Programs) -> None:
    erp = program("read")
    with filled.database.engine.begin() as conn:
        conn.execute(text("SET LOCAL lock_timeout = 0"))
        conn.execute(text("LOCK TABLE parked IN ACCESS EXCLUSIVE MODE"))
        problem = erp.refused(503, "/parked")
    assert problem["code"] == "away"
