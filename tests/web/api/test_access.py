"""Who is let in: a token, for what it may do, until it ends; and nothing else that a browser might send."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.db import tokens
from stockbridge.db.tokens import SCOPES, NameTaken
from stockbridge.web.api.route import Route
from stockbridge.web.api.table import ROUTES

Programs = Callable[..., Any]
Visitor = Callable[..., TestClient]


def address(route: Route) -> str:
    return route.path.replace("{parked_id}", "1").replace("{run_id}", "1")


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "sb_x", "Bearer sb_" + "x" * 43])
def test_without_a_token_of_ours_nothing_is_answered(filled: Any, program: Programs, sent: str) -> None:
    stranger = program()
    stranger.client.headers["authorization"] = sent
    for route in ROUTES:
        stranger.refused(401, address(route), method=route.method)
    assert stranger.client.get("/api/v1/token").headers["www-authenticate"] == "Bearer"
    assert filled.asked == []


def test_who_is_logged_in_on_the_pages_needs_a_token_all_the_same(filled: Any, visitor: Visitor) -> None:
    assert visitor("admin").get("/api/v1/stock").status_code == 401


@pytest.mark.parametrize("scope", [*SCOPES])
def test_a_token_may_do_what_its_scope_says_and_nothing_else(filled: Any, program: Programs, scope: str) -> None:
    asking = program(scope)
    for route in ROUTES:
        answer = asking.client.request(route.method, f"/api/v1{address(route)}", json={} if route.method == "POST" else None)
        assert (answer.status_code == 403) == (route.scope not in ("", scope)), (route.method, route.path)
    other = next(route for route in ROUTES if route.scope not in ("", scope))
    problem = asking.refused(403, address(other), method=other.method)
    assert problem["code"] == "wrong_scope"
    assert f"lacks the scope '{other.scope}'" in problem["detail"]


def test_every_route_asks_for_a_scope_that_there_is() -> None:
    assert {route.scope for route in ROUTES} == {"", *SCOPES}
    assert [route.path for route in ROUTES if not route.scope] == ["/token"]
    assert {route.scope for route in ROUTES if not route.reads} == {"map", "sources", "operate", "pause"}
    assert {route.scope for route in ROUTES if route.reads} == {"", "read", "orders"}


def test_a_token_ends_at_its_hour_and_says_so(room: Any, program: Programs) -> None:
    guest = program("read", name="night job", days=2)
    room.clock.at += timedelta(days=2) - timedelta(seconds=1)
    assert guest.get("/token")["name"] == "night job"
    room.clock.at += timedelta(seconds=1)
    problem = guest.refused(401, "/token")
    assert problem["detail"].startswith("The token 'night job' ended on 2026-11-24.")


def test_a_token_that_is_revoked_lets_nobody_in_from_then_on(room: Any, program: Programs) -> None:
    guest = program("read")
    with room.database.engine.begin() as conn:
        assert tokens.revoke(conn, account="acme", token_id="t-1", by="Bo", now=room.clock.now())
        assert not tokens.revoke(conn, account="acme", token_id="t-1", by="Bo", now=room.clock.now())
    assert "was revoked" in guest.refused(401, "/token")["detail"]
    lines = room.sql("SELECT text, actor FROM journal WHERE subject = 'token/t-1' ORDER BY journal_id")
    assert lines == [
        {"text": "token 'program 1' was made for the API: read, until 2027-11-22", "actor": "Ana"},
        {"text": "token 'program 1' was revoked", "actor": "Bo"},
    ]


def test_a_token_is_kept_nowhere_and_its_use_is_noted_once_a_minute(room: Any, program: Programs) -> None:
    guest = program("read")
    room.clock.sleep(10)
    first = room.clock.now()
    guest.refused(404, "/parked/9")
    room.clock.sleep(59)
    guest.get("/token")
    [row] = room.sql("SELECT * FROM api_token")
    assert row["last_used_at"] == first, "also when the request is refused"
    assert guest.secret.removeprefix(str(row["hint"])) not in str(row)
    room.clock.sleep(1)
    guest.get("/token")
    assert room.sql("SELECT last_used_at FROM api_token") == [{"last_used_at": room.clock.now()}]


def test_a_token_of_another_account_is_none_of_ours(room: Any, program: Programs) -> None:
    guest = program("read")
    room.sql("INSERT INTO account VALUES ('other', 'Other', now())")
    room.sql("UPDATE api_token SET account = 'other'")
    guest.refused(401, "/token")


def test_no_two_tokens_that_work_share_a_name(room: Any, program: Programs) -> None:
    program("read", name="ERP")
    with pytest.raises(NameTaken):
        program("read", name="erp")
    room.sql("UPDATE api_token SET revoked_at = now(), revoked_by = 'Bo'")
    with room.database.engine.begin() as conn:
        tokens.create(
            conn,
            account="acme",
            token_id="new",
            name="erp",
            scopes=["read"],
            by="Ana",
            now=room.clock.now(),
            valid_for=timedelta(1),
        )
