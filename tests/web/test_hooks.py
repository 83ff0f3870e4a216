"""The public endpoint: what is genuine is stored before it is answered, and nothing else is stored."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from stockbridge.db.connection import make_engine

Visitor = Callable[..., TestClient]
PATH = "/hooks/acme/shop.example"


def test_a_genuine_message_is_stored_as_it_came_before_the_answer(room: Any, visitor: Visitor) -> None:
    body = b'{"id": 1, "note": "\xc3\xbc"}'
    answer = visitor().post(PATH, content=body, headers=room.door.headers(body, event_id="e1"))
    assert (answer.status_code, answer.content) == (200, b"")
    [row] = room.sql("SELECT * FROM arrival")
    assert (bytes(row["body"]), row["dedupe_key"], row["received_at"]) == (body, "e1", room.clock.now())
    assert [job.kind for job in room.engine.woken] == ["step"]


def test_a_second_delivery_is_answered_alike_and_stored_once(room: Any, visitor: Visitor) -> None:
    client = visitor()
    headers = room.door.headers(b"{}", event_id="e1")
    assert [client.post(PATH, content=b"{}", headers=headers).status_code for _ in range(3)] == [200, 200, 200]
    assert room.count("arrival") == 1


def test_broken_json_of_a_genuine_sender_is_stored(room: Any, visitor: Visitor) -> None:
    body = b'{"id": 1, [[['
    assert visitor().post(PATH, content=body, headers=room.door.headers(body, event_id="e1")).status_code == 200
    assert room.count("arrival") == 1


@pytest.mark.parametrize("spoil", ["body", "signature", "no signature", "empty"])
def test_a_wrong_signature_is_401_and_nothing_is_stored(room: Any, visitor: Visitor, spoil: str) -> None:
    headers = room.door.headers(b"{}", event_id="e1")
    body = b"{ }" if spoil == "body" else b"{}"
    if spoil != "body":
        headers["x-signature"] = (
            {"signature": "0" * 64, "no signature": "", "empty": "é"}[spoil].encode("latin-1").decode("latin-1")
        )
        headers = {name: value for name, value in headers.items() if name != "x-signature" or spoil == "signature"}
    assert visitor().post(PATH, content=body, headers=headers).status_code == 401
    assert room.count("arrival") == 0


@pytest.mark.parametrize("path", ["/hooks/acme/other", "/hooks/nobody/shop.example", "/hooks/acme/x%00y", "/hooks/a'b/--"])
def test_an_unknown_connection_answers_exactly_as_a_wrong_signature(room: Any, visitor: Visitor, path: str) -> None:
    client = visitor()
    unknown = client.post(path, content=b"{}", headers=room.door.headers(b"{}", event_id="e1"))
    wrong = client.post(PATH, content=b"{}", headers={"x-signature": "0"})
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content) == (401, b"")
    assert unknown.headers == wrong.headers
    assert room.count("arrival") == 0


def test_a_body_of_the_largest_size_is_stored_and_one_byte_more_is_refused(room: Any, visitor: Visitor) -> None:
    client = visitor()
    fits = b"x" * (5 * 1024 * 1024)
    assert client.post(PATH, content=fits, headers=room.door.headers(fits, event_id="e1")).status_code == 200
    over = fits + b"x"
    assert client.post(PATH, content=over, headers=room.door.headers(over, event_id="e2")).status_code == 413
    assert room.count("arrival") == 1


def test_a_compressed_body_is_refused(room: Any, visitor: Visitor) -> None:
    headers = room.door.headers(b"{}", event_id="e1") | {"content-encoding": "gzip"}
    assert visitor().post(PATH, content=b"{}", headers=headers).status_code == 415
    assert room.count("arrival") == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_answered(visitor: Visitor, method: str) -> None:
    assert visitor().request(method, PATH).status_code == 405


def test_when_the_database_is_away_it_is_503_within_a_second_and_never_a_yes(room: Any, visitor: Visitor) -> None:
    away = replace(room, parts=replace(room.parts, database=make_engine("postgresql://nobody@127.0.0.1:1/none")))
    answer = visitor(to=away).post(PATH, content=b"{}", headers=room.door.headers(b"{}", event_id="e1"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.elapsed.total_seconds() < 1


def test_a_database_that_hangs_is_503_within_a_second(room: Any, visitor: Visitor) -> None:
    client = visitor()
    with room.database.engine.begin() as conn:
        conn.execute(text("LOCK TABLE arrival IN ACCESS EXCLUSIVE MODE"))
        answer = client.post(PATH, content=b"{}", headers=room.door.headers(b"{}", event_id="e1"))
        assert answer.status_code == 503
        assert answer.elapsed.total_seconds() < 1.5
    assert client.post(PATH, content=b"{}", headers=room.door.headers(b"{}", event_id="e1")).status_code == 200
    assert room.count("arrival") == 1


def test_when_waking_fails_the_sender_hears_no(room: Any, visitor: Visitor) -> None:
    client = visitor()
    room.engine.trouble = RuntimeError("broken")
    assert client.post(PATH, content=b"{}", headers=room.door.headers(b"{}", event_id="e1")).status_code == 503
    assert room.count("arrival") == 0


def test_changed_metadata_on_a_replayed_body_makes_no_second_message_for_the_same_id(room: Any, visitor: Visitor) -> None:
    client = visitor()
    client.post(PATH, content=b"{}", headers=room.door.headers(b"{}", event_id="e1", topic="orders/create"))
    client.post(PATH, content=b"{}", headers=room.door.headers(b"{}", event_id="e1", topic="orders/cancelled"))
    assert [row["topic"] for row in room.sql("SELECT topic FROM arrival")] == ["orders/create"]


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"n": ' + b"9" * 400_000 + b"}", b'{"a": NaN, "a": 1}', b'"\\ud800"', bytes(range(256))]
)
def test_no_body_is_too_strange_to_store(room: Any, visitor: Visitor, body: bytes) -> None:
    assert visitor().post(PATH, content=body, headers=room.door.headers(body, event_id="e1")).status_code == 200
    assert bytes(room.sql("SELECT body FROM arrival")[0]["body"]) == body


def test_the_endpoint_needs_no_log_in_and_no_origin(room: Any, visitor: Visitor) -> None:
    client = visitor()
    client.headers.pop("origin")
    client.headers.pop("sec-fetch-site")
    body = json.dumps({"id": 1}).encode()
    assert client.post(PATH, content=body, headers=room.door.headers(body, event_id="e1")).status_code == 200
