"""Logging in: one-time links, passwords, sessions that end, guessing that is slowed."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.db import people
from stockbridge.web.login import _NOBODY, _inside, _matches, hash_password, weakness

Visitor = Callable[..., TestClient]
PASSWORD = "four quiet green boats"


def _setup_link(room: Any) -> str:
    with room.database.engine.begin() as conn:
        token = people.create_setup_link(conn, account="acme", now=room.clock.now(), valid_for=timedelta(hours=1))
    return f"/link/{token}"


def _join(client: TestClient, link: str, **changed: str) -> Any:
    return client.post(link, data={"name": "Ana", "email": "Ana@acme.example", "password": PASSWORD} | changed)


@pytest.fixture
def ana(room: Any, visitor: Visitor) -> TestClient:
    """Somebody who set up the first access by link."""
    client = visitor()
    assert _join(client, _setup_link(room)).status_code == 303
    return client


def test_the_set_up_link_makes_an_admin_who_is_logged_in(room: Any, ana: TestClient) -> None:
    assert ana.get("/people").status_code == 200
    [person] = room.sql("SELECT * FROM person")
    assert (person["role"], person["name"], person["email"]) == ("admin", "Ana", "Ana@acme.example")
    assert str(person["password_hash"]).startswith("$argon2id$")


def test_a_link_works_once(room: Any, visitor: Visitor) -> None:
    link = _setup_link(room)
    client = visitor()
    assert "Set up the first access" in client.get(link).text
    assert client.get(link).status_code == 200, "looking uses nothing up"
    assert _join(client, link).status_code == 303
    assert _join(visitor(), link, email="other@acme.example").status_code == 404
    assert room.count("person") == 1


def test_a_link_ends(room: Any, visitor: Visitor) -> None:
    link = _setup_link(room)
    room.clock.sleep(3601)
    assert visitor().get(link).status_code == 404
    assert _join(visitor(), link).status_code == 404


def test_a_link_that_was_filled_in_wrongly_still_works(room: Any, visitor: Visitor) -> None:
    link, client = _setup_link(room), visitor()
    for wrong in ({"password": "short"}, {"email": "nobody"}, {"name": " "}, {"password": "aaaaaaaaaaaaaa"}):
        assert _join(client, link, **wrong).status_code == 422
    assert _join(client, link).status_code == 303


def test_without_a_link_there_is_no_way_to_make_the_first_access(room: Any, visitor: Visitor) -> None:
    client = visitor()
    assert "one-time link" in client.get("/login").text
    assert client.post("/login", data={"email": "a@b.c", "password": PASSWORD}).status_code == 401
    assert room.count("person") == 0


def test_a_log_in_link_logs_in_without_a_password(room: Any, visitor: Visitor) -> None:
    room.log_in("operator")
    with room.database.engine.begin() as conn:
        token = people.create_login_link(
            conn, account="acme", person_id="operator", now=room.clock.now(), valid_for=timedelta(minutes=5)
        )
    client = visitor()
    assert client.get("/").status_code == 303
    assert client.post(f"/link/{token}").headers["location"] == "/"
    assert client.get("/orders").status_code == 200
    assert visitor().post(f"/link/{token}").status_code == 404


def test_what_is_kept_of_tokens_and_passwords_cannot_be_used(room: Any, ana: TestClient) -> None:
    token = ana.cookies["stockbridge"]
    dump = (
        str(room.sql("SELECT * FROM session"))
        + str(room.sql("SELECT * FROM login_link"))
        + str(room.sql("SELECT * FROM person"))
    )
    assert token not in dump
    assert PASSWORD not in dump


def test_e_mail_address_and_password_log_in_whatever_the_case_of_the_address(ana: TestClient, visitor: Visitor) -> None:
    client = visitor()
    answer = client.post("/login", data={"email": "aNa@ACME.example", "password": PASSWORD, "next": "/stock?q=x"})
    assert answer.headers["location"] == "/stock?q=x"
    assert client.get("/stock").status_code == 200


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(ana: TestClient, visitor: Visitor) -> None:
    client = visitor()
    wrong = client.post("/login", data={"email": "x@acme.example", "password": PASSWORD})
    unknown = client.post("/login", data={"email": "ana@acme.example", "password": "not it at all"})
    hide = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (wrong, unknown)]
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert hide[0] == hide[1]


def test_the_hash_that_stands_for_nobody_takes_the_same_work_and_fits_nothing() -> None:
    assert _NOBODY.split("$")[1:4] == hash_password("x").split("$")[1:4]
    assert not _matches(_NOBODY, "")


def test_guessing_is_stopped_and_goes_on_after_a_quarter_of_an_hour(room: Any, ana: TestClient, visitor: Visitor) -> None:
    client = visitor()
    for _ in range(5):
        assert client.post("/login", data={"email": "ana@acme.example", "password": "wrong"}).status_code == 401
    right = {"email": "ana@acme.example", "password": PASSWORD}
    assert client.post("/login", data=right).status_code == 429
    room.clock.sleep(15 * 60 + 1)
    assert client.post("/login", data=right).status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(room: Any, visitor: Visitor) -> None:
    answer = _join(visitor(), _setup_link(room))
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_behind_https_the_cookie_is_bound_to_this_host(room: Any, visitor: Visitor) -> None:
    safe = room.with_settings(base_url="https://stock.acme.example")
    answer = _join(visitor(to=safe), _setup_link(room))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-stockbridge=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_session_ends_when_idle_and_in_any_case_after_its_longest_time(room: Any, ana: TestClient) -> None:
    for _ in range(6):
        room.clock.sleep(119 * 60)
        assert ana.get("/me").status_code == 200
    room.clock.sleep(60 * 60)
    assert ana.get("/me").status_code == 303, "twelve hours are over"
    assert ana.post("/login", data={"email": "ana@acme.example", "password": PASSWORD}).status_code == 303
    room.clock.sleep(121 * 60)
    assert ana.get("/me").status_code == 303, "it was idle"


def test_a_page_that_refreshes_itself_does_not_keep_the_session_alive(room: Any, ana: TestClient) -> None:
    for _ in range(5):
        room.clock.sleep(30 * 60)
        last = ana.get("/?part=now", headers={"hx-request": "true"})
    assert (last.status_code, last.headers.get("hx-redirect")) == (204, "/login")


def test_each_log_in_is_a_new_session_and_logging_out_ends_it(room: Any, ana: TestClient, visitor: Visitor) -> None:
    before = ana.cookies["stockbridge"]
    ana.post("/login", data={"email": "ana@acme.example", "password": PASSWORD})
    token = ana.cookies["stockbridge"]
    assert token != before
    ana.post("/logout")
    stolen = visitor()
    for old in (before, token):
        stolen.cookies.set("stockbridge", old)
        assert stolen.get("/me").status_code == 303


def test_a_new_password_needs_the_old_one_and_logs_the_others_out(ana: TestClient, visitor: Visitor) -> None:
    other = visitor()
    other.post("/login", data={"email": "ana@acme.example", "password": PASSWORD})
    assert ana.post("/me/password", data={"old": "wrong", "new": "another fine password"}).status_code == 422
    assert ana.post("/me/password", data={"old": PASSWORD, "new": "short"}).status_code == 422
    assert ana.post("/me/password", data={"old": PASSWORD, "new": "another fine password"}).status_code == 303
    assert ana.get("/me").status_code == 200
    assert other.get("/me").status_code == 303
    assert other.post("/login", data={"email": "ana@acme.example", "password": PASSWORD}).status_code == 401


def test_i_can_log_one_of_my_browsers_out_but_nobody_elses(room: Any, ana: TestClient, visitor: Visitor) -> None:
    viewer, other = visitor("viewer"), visitor()
    other.post("/login", data={"email": "ana@acme.example", "password": PASSWORD})
    mine = people.hash_of(other.cookies["stockbridge"]).hex()
    viewer.post("/me/sign-out", data={"session": mine})
    assert other.get("/me").status_code == 200
    ana.post("/me/sign-out", data={"session": mine})
    assert other.get("/me").status_code == 303
    assert ana.post("/me/sign-out", data={"session": "not hex"}).status_code == 303


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "orders", "/a\nb", "//["],
)
def test_after_logging_in_one_only_gets_to_our_own_pages(address: str) -> None:
    assert _inside(address) == "/"


def test_pages_of_ours_are_gone_to() -> None:
    assert _inside("/orders?tab=done") == "/orders?tab=done"


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "password1234", "abababababab"])
def test_weak_passwords_are_refused_in_words(password: str) -> None:
    assert weakness(password).endswith(".")


def test_the_colours_are_kept_in_a_cookie(visitor: Visitor) -> None:
    client = visitor()
    client.post("/theme", data={"theme": "dark", "next": "/login"})
    assert 'data-theme="dark"' in client.get("/login").text
    client.post("/theme", data={"theme": "<script>", "next": "/login"})
    assert 'data-theme="system"' in client.get("/login").text


def test_when_the_database_is_away_the_pages_say_so(room: Any, visitor: Visitor) -> None:
    from dataclasses import replace

    from stockbridge.db.connection import make_engine

    away = replace(room, parts=replace(room.parts, database=make_engine("postgresql://nobody@127.0.0.1:1/none")))
    client = visitor(to=away)
    answer = client.get("/login")
    assert answer.status_code == 503
    assert "database does not answer" in answer.text
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
