"""The page on which an admin makes and revokes the tokens of programs."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]
ASKED = {"name": "ERP", "scope": ["read", "map"], "days": "90"}


def made(admin: TestClient, **changed: Any) -> str:
    page = admin.post("/tokens/create", data={**ASKED, **changed})
    assert page.status_code == 200, words_of(page.text)
    found = re.search(r'value="(sb_[\w-]+)"', page.text)
    assert found
    return found[1]


def test_a_token_is_shown_once_and_works_with_what_was_chosen(room: Any, visitor: Visitor) -> None:
    admin = visitor("admin")
    secret = made(admin)
    told = visitor().get("/api/v1/token", headers={"authorization": f"Bearer {secret}"}).json()
    assert (told["name"], told["scopes"], told["expires_at"]) == ("ERP", ["read", "map"], "2027-02-20T12:00:00Z")
    shown = admin.get("/tokens").text
    assert secret not in shown
    assert f"ERP {secret[:7]}… read map made just now by Admin Person · last used just now · ends in 90 d" in words_of(shown)


def test_a_revoked_token_is_listed_apart_with_who_revoked_it(room: Any, visitor: Visitor) -> None:
    admin = visitor("admin")
    secret = made(admin)
    token_id = re.search(r'name="token" value="([^"]+)"', admin.get("/tokens").text)
    assert token_id
    answer = admin.post("/tokens/revoke", data={"token": token_id[1]})
    assert answer.headers["location"] == "/tokens?said=revoked"
    assert visitor().get("/api/v1/token", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    assert "Tokens that ended ERP" in words_of(admin.get("/tokens").text)
    assert "revoked just now by Admin Person" in words_of(admin.get("/tokens").text)
    assert admin.post("/tokens/revoke", data={"token": token_id[1]}).headers["location"] == "/tokens?said=none"
    assert made(admin), "its name is free again"


def test_a_token_that_ended_by_itself_can_give_its_name_back(room: Any, visitor: Visitor) -> None:
    admin = visitor("admin")
    made(admin)
    room.clock.at += timedelta(days=91)
    admin.cookies.set("stockbridge", room.log_in("admin"))
    page = admin.get("/tokens").text
    assert "Free its name" in page
    token_id = re.search(r'name="token" value="([^"]+)"', page)
    assert token_id
    admin.post("/tokens/revoke", data={"token": token_id[1]})
    assert made(admin)


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"name": " "}, 422, "Please give the token a name"),
        ({"name": "x" * 61}, 422, "Please give the token a name"),
        ({"scope": []}, 422, "Please choose what the token may do"),
        ({"scope": ["everything"]}, 422, "Please choose what the token may do"),
        ({"days": "forever"}, 422, "and for how long"),
        ({"name": "erp"}, 409, "There is a token of this name already"),
    ],
)
def test_a_form_that_does_not_fit_makes_no_token(
    room: Any, visitor: Visitor, changed: dict[str, Any], status: int, said: str
) -> None:
    admin = visitor("admin")
    made(admin)
    answer = admin.post("/tokens/create", data={**ASKED, **changed})
    assert answer.status_code == status
    assert said in words_of(answer.text)
    assert room.count("api_token") == 1
