"""`stockbridge token`: made once, listed without the secret, ended for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

from stockbridge.db import tokens


def found(terminal: Any, secret: str) -> tokens.Token:
    with terminal.database.engine.begin() as conn:
        token = tokens.find(conn, secret=secret, now=datetime.now(UTC))
    assert token is not None
    return token


def test_a_token_is_printed_alone_and_reads_only_unless_more_is_said(terminal: Any) -> None:
    terminal("login-link")
    result = terminal("token", "create", "reports")
    token = found(terminal, result.stdout.strip())
    assert (token.name, token.scopes) == ("reports", ("read",))
    assert token.created_by.endswith(" (terminal)")
    assert timedelta(days=364) < token.expires_at - datetime.now(UTC) <= timedelta(days=365)
    made = terminal.json("token", "create", "ERP", "--scope", "map", "--scope", "operate", "--days", "30")
    assert found(terminal, made["token"]).scopes == ("map", "operate")
    assert "There is a token of this name already" in terminal("token", "create", "erp", code=1).stderr
    terminal("token", "create", "x", "--scope", "everything", code=2)
    terminal("token", "create", " ", code=2)


def test_the_list_shows_how_each_begins_and_never_the_whole(terminal: Any) -> None:
    terminal("login-link")
    assert "None yet" in terminal("token", "list").stdout
    secret = terminal("token", "create", "reports").stdout.strip()
    shown = terminal("token", "list").stdout
    assert secret[:7] in shown
    assert secret not in shown
    assert [(row["name"], row["works"], row["scopes"]) for row in terminal.json("token", "list")] == [
        ("reports", True, ["read"])
    ]


def test_a_token_is_revoked_by_its_name_or_how_it_begins(terminal: Any) -> None:
    terminal("login-link")
    one, other = (terminal("token", "create", name).stdout.strip() for name in ("one", "other"))
    terminal("token", "revoke", "ONE")
    terminal("token", "revoke", other[:7])
    assert [row["works"] for row in terminal.json("token", "list")] == [False, False]
    assert found(terminal, one).revoked_by
    assert "No token is called 'one'" in terminal("token", "revoke", "one", code=1).stderr
    terminal("token", "create", "one")
