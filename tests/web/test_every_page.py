"""What must hold on every page, for everybody: buttons that work, rules of the browser, and whatever is typed into the address."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from stockbridge.web.app import PAGES
from stockbridge.web.policy import allowed

Visitor = Callable[..., TestClient]
ROLES = ["viewer", "operator", "manager", "admin"]
ORDER = "/order?shop=shop.example&id=shop://order/"
#: an address of every page that shows something; together they must reach every GET route
ADDRESSES = [
    "/",
    "/?part=now",
    "/orders",
    "/orders?tab=attention",
    "/orders?state=done&state=parked",
    "/orders/batch?batch=unknown",
    "/orders/batch?batch=unknown&part=now",
    f"{ORDER}1003",
    f"{ORDER}1004",
    f"{ORDER}1006",
    "/raw?arrival=1",
    "/raw?effect=1",
    "/stock",
    "/stock/item?shop=shop.example&location=loc-1&item=inv-1",
    "/stock/item?shop=shop.example&item=inv-3",
    "/stock/item?shop=shop.example&location=loc-1&item=inv-1&at=2026-11-21T13:30",
    "/parked",
    "/parked?cause=refused",
    "/parked/many?do=retry",
    "/parked/many?do=dismiss&cause=refused",
    "/mapping",
    "/sweeps",
    "/sweeps/run?run=1",
    "/sweeps/run?run=3",
    "/sweeps/run?run=4&sort=cause",
    "/sweeps/file?run=1",
    "/mapping/edit?shop=shop.example&location=loc-1&at=north-wms%09NORTH",
    "/mapping/edit?shop=shop.example&location=loc-3",
    "/mapping/versions?shop=shop.example",
    "/mapping/version?shop=shop.example&version=1",
    "/connections",
    "/connections/switch?connection=shop.example&to=watched",
    "/connections/switch?connection=outlet.example&to=live",
    "/people",
    "/tokens",
    "/api",
    "/me",
    "/login",
    "/link/unknown",
]
STRANGE = [
    "-1",
    "0",
    "99999999999999999999",
    "1e9",
    "٣",
    "abc",
    "x" * 2_000,
    "\t\t",
    "a\tb\tc\td\te",
    "%00",
    "\x00",
    "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "~",
    "0001-01-01T00:00:00+14:00~x",
    "9999-12-31T23:59:59-14:00~x",
    "'; DROP TABLE orders; --",
    "\\",
    "%",
    "//[",
    "http://[",
    "../../etc/passwd",
    "{{ 7 * 7 }}",
]
FIELDS = [
    *("q", "tab", "state", "shop", "warehouse", "tag", "before", "after", "cause", "show", "location", "item", "id", "arrival"),
    *("effect", "part", "do", "to", "connection", "next", "said", "at", "span", "version"),
    *("run", "sort", "kind", "batch", "skip"),
]
#: the fields that lead through long lists
PAGING = [("/orders", "before"), ("/stock", "after"), ("/parked", "after"), ("/mapping", "after"), ("/sweeps", "before")]
#: words for those who build it, not for those who run a warehouse
OURS = re.compile(r"Traceback|Exception|\bnull\b|\bNone\b|\bNaN\b|SELECT |psycopg|sqlalchemy|starlette|undefined")


def path_of(address: str) -> str:
    """The route of an address."""
    path = urlsplit(address).path
    return "/link/{token}" if path.startswith("/link/") else path


def forms_of(page: str) -> set[tuple[str, str]]:
    """Every (method, path) that a page's forms and buttons lead to."""
    found = {("POST", path_of(action)) for action in re.findall(r'formaction="([^"]*)"', page)}
    for attributes in re.findall(r"<form([^>]*)>", page):
        method, action = re.search(r'method="(\w+)"', attributes), re.search(r'action="([^"]*)"', attributes)
        if action:
            found.add((method[1].upper() if method else "GET", path_of(unescape(action[1]))))
    return found


def test_every_route_that_shows_something_is_looked_at_here() -> None:
    assert {path for path, handlers in PAGES.items() if "GET" in handlers} == {path_of(address) for address in ADDRESSES}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_a_button_that_its_reader_may_not_press(filled: Any, visitor: Visitor, role: str) -> None:
    client, seen = visitor(role), set()
    for address in ADDRESSES:
        if allowed("GET", path_of(address), role):
            for method, path in forms_of(client.get(address).text):
                assert allowed(method, path, role), (address, method, path)
                seen.add(path)
    assert {"/logout", "/theme", "/orders"} <= seen
    assert ("/parked/retry" in seen) == (role != "viewer")
    assert ("/people/invite" in seen) == (role == "admin")


@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_somewhere_that_its_reader_may_see(filled: Any, visitor: Visitor, role: str) -> None:
    client, links = visitor(role), set()
    for address in ADDRESSES:
        if allowed("GET", path_of(address), role):
            links |= {unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"]*)"', client.get(address).text)}
    assert len(links) > 30
    broken = {link: status for link in sorted(links) if (status := client.get(link).status_code) not in (200, 303)}
    assert broken == {}


def test_every_page_keeps_the_strict_rules_that_it_gives_the_browser(filled: Any, visitor: Visitor) -> None:
    client, nobody = visitor("admin"), visitor()
    for address in [*ADDRESSES, "/nowhere", "/stock/item", "/order"]:
        for answer in (client.get(address), nobody.get(address)):
            policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
            assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'"), address
            assert answer.headers["cache-control"] == "no-store", address
            assert answer.headers["x-content-type-options"] == "nosniff", address
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", answer.text), address
            assert not re.search(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["'](?:https?:)?//""", answer.text), address


def test_every_page_has_one_heading_a_title_and_a_language(filled: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    for address in ADDRESSES:
        page = client.get(address).text
        if "<!doctype html>" not in page.lower():
            continue  # a part of a page
        assert page.count("<h1") == 1, address
        assert '<html lang="en"' in page, address
        assert not re.search(r"<title>\s*·", page), address


def test_whatever_is_typed_into_an_address_is_no_mistake_of_ours(filled: Any, visitor: Visitor) -> None:
    admin, nobody = visitor("admin"), visitor()
    paths = sorted({path_of(address).replace("{token}", "x") for address in ADDRESSES})
    for value in STRANGE:
        everything = dict.fromkeys(FIELDS, value)
        answers = [(path, client.get(path, params=everything)) for path in paths for client in (admin, nobody)]
        answers += [(path, admin.get(path, params={field: value})) for path, field in PAGING]
        for path, answer in answers:
            assert answer.status_code in (200, 303, 400, 404), (path, value, answer.status_code)
            told = re.sub(r'value="[^"]*"|href="[^"]*"', "", answer.text)
            told = told.replace("null", "") if path == "/api" else told  # what is written for programmers may say it
            assert not OURS.search(told), (path, value)


def test_whatever_a_form_holds_is_no_mistake_of_ours_and_asks_for_nothing(filled: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    fields = (
        "parked order note page view looked code item shop at zone location keep keep_percent priority live last many do to "
    )
    fields += "draft cell restore seen at.0 state.0 zone.0 more.0 keep.0 keeps.0 serves.0 share.0 from.0 sells_to tolerance show sort q try "
    fields += "connection since role person invitation run kind dry session next theme name email old new password cause"
    paths = [path for path, handlers in PAGES.items() if "POST" in handlers and path not in ("/logout", "/login")]
    for value in STRANGE:
        for path in paths:
            answer = client.post(path.replace("{token}", "x"), data=dict.fromkeys(fields.split(), value))
            assert answer.status_code in (303, 400, 404, 409, 422), (path, value, answer.status_code)
    assert filled.asked == []
    assert client.get("/people").status_code == 200, "nobody was changed"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"parked=\xff\xfe", 400),
        (b"&".join([b"a=1"] * 2_001), 400),
        (b"a=" + b"x" * (256 * 1024), 413),
        (b'{"parked": 2}', 303),
        (b"--b\r\nContent-Disposition: form-data; name=parked\r\n\r\n2\r\n--b--", 303),
        (b"", 303),
    ],
    ids=["not text", "too many fields", "too large", "json", "multipart", "nothing"],
)
def test_a_form_that_no_page_of_ours_sends_does_nothing(filled: Any, visitor: Visitor, body: bytes, status: int) -> None:
    assert visitor("operator").post("/parked/retry", content=body).status_code == status
    assert filled.asked == []


def test_other_methods_are_turned_away_in_plain_words(filled: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/", "/orders", "/parked/retry", "/login"):
            answer = client.request(method, path)
            assert (answer.status_code, "cannot be used like that" in answer.text) == (405, True), (method, path)
    for address in ("/parked/retry", "/connections/again", "/logout", "/theme"):
        assert client.get(address).status_code == 405, "looking never does anything"
    assert client.post("/orders").status_code == 405
    assert filled.asked == []


def test_asking_only_for_the_head_of_a_page_is_answered_like_the_page(filled: Any, visitor: Visitor) -> None:
    client, nobody = visitor("viewer"), visitor()
    for address in ADDRESSES:
        assert client.head(address).status_code == client.get(address).status_code, address
        assert nobody.head(address).status_code == nobody.get(address).status_code, address


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("viewer", "/people", 403),
        ("viewer", "/raw?arrival=1", 403),
        ("viewer", "/nowhere", 404),
        ("viewer", "/order?shop=x&id=y", 404),
        ("viewer", "/stock/item", 404),
        ("manager", "/connections/switch?connection=shop.example&to=live", 409),
        ("operator", "/parked/many?do=x", 404),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence_with_a_way_on(
    filled: Any, visitor: Visitor, role: str, address: str, status: int
) -> None:
    answer = visitor(role).get(address)
    heading = re.search(r"<h1>([^<]+)</h1>", answer.text)
    assert answer.status_code == status
    assert heading
    assert heading[1].endswith(".")
    assert not OURS.search(answer.text)
    assert '<a href="/">To the overview</a>' in answer.text


def test_a_form_that_is_sent_after_the_session_ended_does_nothing_and_says_why(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    filled.clock.sleep(3 * 3600)
    answer = client.post("/parked/retry", data={"parked": "2"})
    assert answer.status_code == 403
    assert "You are not logged in any more, so nothing was done." in answer.text
    assert filled.asked == []


@pytest.mark.parametrize("token", ["", "x", "x" * 5_000, "%00", "\xe9\xff", '"; path=/'])
def test_a_cookie_of_somebody_elses_making_lets_nobody_in(filled: Any, visitor: Visitor, token: str) -> None:
    client = visitor()
    answer = client.get("/orders", headers={"cookie": f"stockbridge={token}".encode("latin-1")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Forders")


@pytest.mark.parametrize("token", ["x" * 5_000, "%00", "%ff", "%2e%2e", "é", "x?y=1"])
def test_a_link_of_somebody_elses_making_works_no_more(room: Any, visitor: Visitor, token: str) -> None:
    client = visitor()
    assert client.get(f"/link/{token}").status_code == 404
    assert client.post(f"/link/{token}").status_code == 404
    assert room.count("person") == 0


def test_very_long_names_are_shown_and_break_no_page(filled: Any, visitor: Visitor) -> None:
    long = "Ü" * 3_000
    for statement in (
        "UPDATE orders SET name = :x, ship_to_name = :x, reason = :x, tags = jsonb_build_array(CAST(:x AS text))",
        "UPDATE item SET title = :x, sku = :x, barcode = :x WHERE inventory_item_id = 'inv-6'",
        "UPDATE parked SET title = :x, consequence = :x",
        "UPDATE connection SET title = :x, last_error = :x",
        "UPDATE location SET name = :x",
        "UPDATE submission SET progress = :x, reason = :x",
        "UPDATE shipment SET carrier = :x",
        "UPDATE journal SET text = :x, actor = :x",
        "UPDATE person SET name = :x",
    ):
        filled.sql(statement, x=long)
    client = visitor("admin")
    for address in ADDRESSES:
        assert client.get(address).status_code in (200, 303, 404), address
    assert long in client.get("/orders").text
    assert client.get("/stock", params={"q": long}).status_code == 200


def test_every_page_of_an_empty_house_says_what_comes_next(room: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    for address in ("/", "/orders", "/stock", "/parked", "/parked/many?do=retry", "/mapping", "/connections", "/people", "/me"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert len(re.sub(r"<[^>]+>|\s+", " ", page.text[page.text.index("<main") :]).strip()) > 40, address


def test_pages_end_where_there_is_no_more(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    last = filled.sql("SELECT parked_id FROM parked WHERE closed_at IS NULL ORDER BY opened_at DESC LIMIT 1")[0]["parked_id"]
    assert "Nothing waits for you" in client.get(f"/parked?after={last}").text
    assert "No order" in client.get("/orders?before=1999-01-01T00:00:00%2B00:00~x").text
    assert client.get("/stock", params={"after": "zzz\tzzz\tzzz"}).status_code == 200
    assert client.get("/mapping", params={"after": "yes\tzzz\tzzz"}).status_code == 200
