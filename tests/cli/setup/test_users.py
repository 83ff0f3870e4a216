"""`stockbridge users`, `login-link` and `config`."""

from datetime import UTC, datetime
from typing import Any

from stockbridge.db import people

NOW = datetime.now(UTC)


def add(terminal: Any, name: str, role: str = "admin") -> None:
    with terminal.database.engine.begin() as conn:
        people.add_person(
            conn, account="main", person_id=name, email=f"{name}@x.example", name=name, role=role, password_hash=None, now=NOW
        )


def purpose(terminal: Any, link: str) -> tuple[str, str | None, str | None]:
    with terminal.database.engine.begin() as conn:
        found = people.find_link(conn, token=link.rsplit("/", 1)[1], now=NOW)
    assert found is not None
    return found.purpose, found.person_id, found.role


def test_while_nobody_may_log_in_the_link_makes_the_first_admin(terminal: Any) -> None:
    link = terminal.json("login-link")["link"]
    assert link.startswith("http://127.0.0.1:8400/link/")
    assert purpose(terminal, link) == ("setup", None, "admin")
    assert terminal("login-link").stdout.strip().startswith("http://127.0.0.1:8400/link/")


def test_the_only_person_need_not_be_named(terminal: Any) -> None:
    terminal("login-link")
    add(terminal, "ana")
    assert purpose(terminal, terminal.json("login-link")["link"]) == ("login", "ana", None)


def test_with_several_people_the_address_says_who(terminal: Any) -> None:
    terminal("login-link")
    add(terminal, "ana")
    add(terminal, "bo", "viewer")
    assert "Say who: ana@x.example, bo@x.example" in terminal("login-link", code=1).stderr
    assert purpose(terminal, terminal.json("login-link", "BO@x.example")["link"]) == ("login", "bo", None)
    assert "Nobody with the address" in terminal("login-link", "eve@x.example", code=1).stderr


def test_who_may_no_longer_log_in_gets_no_link(terminal: Any) -> None:
    terminal("login-link")
    add(terminal, "ana")
    add(terminal, "bo", "viewer")
    terminal.sql("UPDATE person SET active = false WHERE person_id = 'bo'")
    terminal("login-link", "bo@x.example", code=1)
    assert [(row["name"], row["active"]) for row in terminal.json("users", "list")] == [("ana", True), ("bo", False)]


def test_an_invitation_has_a_role(terminal: Any) -> None:
    assert purpose(terminal, terminal.json("users", "add-link", "--role", "viewer")["link"]) == ("invite", None, "viewer")
    terminal("users", "add-link", "--role", "king", code=2)


def test_users_are_shown_without_anything_secret(terminal: Any) -> None:
    terminal("login-link")
    add(terminal, "ana")
    [row] = terminal.json("users", "list")
    assert row.keys() == {"person_id", "name", "email", "role", "active", "last_login_at"}
    assert "ana@x.example" in terminal("users", "list").stdout


def test_settings_are_checked_and_shown_without_starting_anything(terminal: Any) -> None:
    assert terminal("config", "check").stderr == "The settings are right.\n"
    assert terminal.json("config", "check") == {"ok": True}
    shown = terminal.json("config", "show")
    assert shown["database_url"] == "(set)"
    assert terminal.database.url not in terminal("config", "show").stdout
    assert not terminal.folder.exists()
