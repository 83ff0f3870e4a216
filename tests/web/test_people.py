"""Letting people in and out."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.db import people

Visitor = Callable[..., TestClient]


def test_an_invitation_lets_one_person_in_with_its_role(room: Any, visitor: Visitor) -> None:
    page = visitor("admin").post("/people/invite", data={"role": "operator"}).text
    link = re.search(r'value="http://testserver(/link/[^"]+)"', page)
    assert link
    guest = visitor()
    assert "You are invited" in guest.get(link[1]).text
    guest.post(link[1], data={"name": "Olu", "email": "olu@acme.example", "password": "a long enough one", "role": "admin"})
    assert guest.get("/orders").status_code == 200
    assert guest.get("/people").status_code == 403, "the role is the invitation's, whatever the form says"


@pytest.mark.parametrize("role", ["viewer", "operator", "manager", "admin"])
def test_who_is_invited_reads_in_a_whole_sentence_what_the_role_can_do(room: Any, visitor: Visitor, role: str) -> None:
    page = visitor("admin").post("/people/invite", data={"role": role}).text
    link = re.search(r'value="http://testserver(/link/[^"]+)"', page)
    assert link
    sentence = rf"Your role is {role.title()}. You can [^<]+\.</p>"
    assert re.search(sentence, visitor().get(link[1]).text)
    assert re.search(rf"{role.title()}\. You can [^<]+\.</p>", visitor(role).get("/me").text)


def test_an_invitation_can_be_taken_back(room: Any, visitor: Visitor) -> None:
    admin = visitor("admin")
    page = admin.post("/people/invite", data={"role": "viewer"}).text
    link = re.search(r'value="http://testserver(/link/[^"]+)"', page)
    invitation = re.search(r'name="invitation" value="([0-9a-f]+)"', page)
    assert link
    assert invitation
    admin.post("/people/withdraw", data={"invitation": invitation[1]})
    assert visitor().get(link[1]).status_code == 404


def test_two_people_cannot_share_an_e_mail_address(room: Any, visitor: Visitor) -> None:
    admin = visitor("admin")
    for status in (303, 409):
        link = re.search(r"/link/[\w-]+", admin.post("/people/invite", data={"role": "viewer"}).text)
        assert link
        answer = visitor().post(link[0], data={"name": "Olu", "email": "OLU@acme.example", "password": "a long enough one"})
        assert answer.status_code == status


def test_a_new_role_holds_at_once(room: Any, visitor: Visitor) -> None:
    operator, admin = visitor("operator"), visitor("admin")
    admin.post("/people/role", data={"person": "operator", "role": "viewer"})
    assert operator.get("/orders").status_code == 303, "the old session ended"
    operator.cookies.set("stockbridge", room.log_in("operator"))
    assert operator.post("/parked/retry").status_code == 403


def test_whoever_is_let_in_no_longer_is_out_at_once(room: Any, visitor: Visitor) -> None:
    operator, admin = visitor("operator"), visitor("admin")
    with room.database.engine.begin() as conn:
        link = people.create_login_link(
            conn, account="acme", person_id="operator", now=room.clock.now(), valid_for=timedelta(hours=1)
        )
    admin.post("/people/active", data={"person": "operator", "active": "no"})
    assert operator.get("/orders").status_code == 303
    assert visitor().post(f"/link/{link}").status_code == 404
    admin.post("/people/active", data={"person": "operator", "active": "yes"})
    operator.cookies.set("stockbridge", room.log_in("operator"))
    assert operator.get("/orders").status_code == 200


@pytest.mark.parametrize(("path", "fields"), [("/people/role", {"role": "manager"}), ("/people/active", {"active": "no"})])
def test_the_last_admin_cannot_be_lost(room: Any, visitor: Visitor, path: str, fields: dict[str, str]) -> None:
    admin = visitor("admin")
    answer = admin.post(path, data={"person": "admin"} | fields)
    assert answer.status_code == 409
    assert "make somebody else an admin first" in answer.text
    assert admin.get("/people").status_code == 200


def test_an_admin_can_make_a_log_in_link_for_somebody_who_lost_the_password(room: Any, visitor: Visitor) -> None:
    room.log_in("viewer")
    page = visitor("admin").post("/people/link", data={"person": "viewer"}).text
    link = re.search(r"/link/[\w-]+", page)
    assert link
    guest = visitor()
    guest.post(link[0])
    assert "Viewer Person" in guest.get("/me").text


def test_an_admin_can_log_somebody_out_everywhere(room: Any, visitor: Visitor) -> None:
    viewer = visitor("viewer")
    visitor("admin").post("/people/sign-out", data={"person": "viewer"})
    assert viewer.get("/").status_code == 303


@pytest.mark.parametrize("fields", [{"person": "nobody", "role": "viewer"}, {"person": "", "role": "viewer"}])
def test_somebody_who_does_not_exist_cannot_be_changed(room: Any, visitor: Visitor, fields: dict[str, str]) -> None:
    assert visitor("admin").post("/people/role", data=fields).status_code == 404


def test_a_role_that_does_not_exist_cannot_be_given(room: Any, visitor: Visitor) -> None:
    admin = visitor("admin")
    assert admin.post("/people/role", data={"person": "admin", "role": "owner"}).status_code == 422
    assert admin.post("/people/invite", data={"role": "owner"}).status_code == 422


def test_people_of_another_account_are_out_of_reach(room: Any, visitor: Visitor) -> None:
    with room.database.engine.begin() as conn:
        people.add_person(
            conn,
            account="other",
            person_id="stranger",
            email="s@other.example",
            name="Stranger",
            role="viewer",
            password_hash=None,
            now=room.clock.now(),
        )
    admin = visitor("admin")
    assert "Stranger" not in admin.get("/people").text
    assert admin.post("/people/role", data={"person": "stranger", "role": "admin"}).status_code == 404


def test_what_has_ended_is_removed(room: Any) -> None:
    room.log_in("viewer")
    with room.database.engine.begin() as conn:
        people.create_invite_link(conn, account="acme", role="viewer", now=room.clock.now(), valid_for=timedelta(hours=1))
        people.note_failed_login(conn, keys=["a"], now=room.clock.now())
        room.clock.sleep(3 * 86_400)
        people.forget_old(conn, now=room.clock.now())
    assert [room.count(table) for table in ("session", "login_link", "login_attempt")] == [0, 0, 0]
