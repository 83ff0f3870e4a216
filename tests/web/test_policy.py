"""Who may do what: every route is in the table, and the table is what happens."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from stockbridge.web.api.table import DESCRIPTION
from stockbridge.web.api.table import ROUTES as API
from stockbridge.web.app import PAGES, create_app, page_routes
from stockbridge.web.origin import from_our_pages
from stockbridge.web.policy import POLICY, Role, allowed
from stockbridge.web.visit import Page

Visitor = Callable[..., TestClient]
ROUTES = [(method, path) for path, handlers in PAGES.items() for method in handlers]
ROLES = ["viewer", "operator", "manager", "admin"]
#: what machines use; each proves its right in another way (a signature, a token, or being on this machine)
OPEN = {"/healthz", "/readyz", "/metrics", "/static/{name:path}"}


def _address(path: str) -> str:
    return path.replace("{token}", "x" * 43)


def test_every_route_is_in_the_table_and_the_table_names_no_other() -> None:
    assert set(ROUTES) == set(POLICY)


def test_the_application_has_no_route_beside_the_pages_and_the_open_ones(room: Any) -> None:
    paths = {route.path for route in create_app(room.parts).routes if isinstance(route, Route)}
    assert paths == set(PAGES) | OPEN | {DESCRIPTION} | {route.address for route in API}


def test_a_route_that_is_not_in_the_table_is_closed_even_to_an_admin(room: Any) -> None:
    routes = page_routes(room.parts, {"/new": {"GET": lambda visit: Page(template="problem.html")}})
    with TestClient(Starlette(routes=routes), follow_redirects=False) as client:
        client.cookies.set("stockbridge", room.log_in("admin"))
        assert client.get("/new").status_code == 403


@pytest.mark.parametrize("role", ["", *ROLES])
def test_each_role_may_use_exactly_what_the_table_says(filled: Any, visitor: Visitor, role: str) -> None:
    client = visitor(role)
    for method, path in ROUTES:
        if path == "/logout":
            continue
        fits = allowed(method, path, role or None)
        answer = client.request(method, _address(path))
        closed = answer.status_code == 403 or answer.headers.get("location", "").startswith("/login?next")
        assert closed != fits, (method, path, role, answer.status_code)


def test_nobody_and_unknown_roles_may_do_nothing_that_needs_a_log_in() -> None:
    for (method, path), needed in POLICY.items():
        assert allowed(method, path, None) == (needed is Role.ANYBODY)
        assert allowed(method, path, "owner") == (needed is Role.ANYBODY)


def test_each_role_may_do_all_that_the_ones_before_it_may() -> None:
    for method, path in POLICY:
        rights = [allowed(method, path, role) for role in ROLES]
        assert rights == sorted(rights)


def test_whoever_is_not_logged_in_is_sent_to_the_log_in_and_back(visitor: Visitor) -> None:
    answer = visitor().get("/orders?tab=done&q=a%26b")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Forders%3Ftab%3Ddone%26q%3Da%2526b")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "http://testserver"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {},
    ],
)
def test_no_unsafe_route_does_anything_for_another_site(filled: Any, visitor: Visitor, headers: dict[str, str]) -> None:
    client = visitor("admin")
    client.headers.pop("origin")
    client.headers.pop("sec-fetch-site")
    for method, path in ROUTES:
        if method != "GET":
            answer = client.request(method, _address(path), data={"parked": "1", "note": "x"}, headers=headers)
            assert answer.status_code == 403, path
    assert filled.asked == []
    assert client.get("/orders").status_code == 200, "nobody was logged out either"


def test_reading_needs_no_origin() -> None:
    assert from_our_pages("GET", {}, "http://a")


def test_behind_https_only_the_configured_address_is_ours() -> None:
    headers = {"origin": "http://inside", "host": "inside"}
    assert not from_our_pages("POST", headers, "https://stock.acme.example")
    assert from_our_pages("POST", {"origin": "https://stock.acme.example", "host": "inside"}, "https://stock.acme.example")


def test_every_answer_carries_the_security_headers(filled: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    for address in ("/", "/orders", "/login", "/nowhere", "/healthz", "/static/app.css", "/link/x"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_pages_are_never_stored_and_files_are_kept_for_ever(filled: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    page = client.get("/orders")
    assert page.headers["cache-control"] == "no-store"
    address = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["cache-control"]
    assert client.get("/static/app.css?v=old").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "/etc/passwd", "vendor/VENDOR.json", "app.css/", "%00"])
def test_only_our_files_are_served(visitor: Visitor, name: str) -> None:
    assert visitor().get(f"/static/{name}").status_code == 404


def test_a_mistake_of_ours_says_nothing_of_the_inside(room: Any, visitor: Visitor) -> None:
    room.sql("ALTER TABLE journal RENAME COLUMN text TO words")
    room.log_in("admin")
    with TestClient(create_app(room.parts), base_url="http://testserver", raise_server_exceptions=False) as client:
        client.cookies.set("stockbridge", room.log_in("admin"))
        answer = client.get("/")
    assert answer.status_code == 500
    assert "journal" not in answer.text
    assert "Traceback" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
