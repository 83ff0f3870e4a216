"""The page of connections: what does not work is said with its cause, and a shop is switched only after its meaning was shown."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.domain.events import PauseAsked
from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]
SHOP, OUTLET, SOUTH = "shop.example", "outlet.example", "south-3pl"


def locked_out(room: Any, connection: str = SOUTH) -> None:
    """The other side turned our key away, as a sweep writes it down."""
    now = room.clock.now()
    room.sql(
        "UPDATE connection SET last_error = 'The key is not valid.', last_error_at = :now WHERE connection = :c",
        now=now,
        c=connection,
    )
    room.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) VALUES ('acme', "
        "'connection/' || :c, 'credentials:reading', :c, :c || ' does not let us in: The key is not valid.', 'All waits.', "
        "'connection', :now)",
        now=now,
        c=connection,
    )


def test_a_refused_key_is_said_with_its_cause_on_the_overview_and_the_connections_page(filled: Any, visitor: Visitor) -> None:
    locked_out(filled)
    client = visitor("viewer")
    overview, page = words_of(client.get("/").text), words_of(client.get("/connections").text)
    assert "Southern 3PL does not work: The key is not valid." in overview
    assert "Southern 3PL last heard 2 h ago Not let in" in overview
    assert "It turns us away. Nothing is lost" in page
    assert "The key is not valid. Not working since just now" in page
    assert "stockbridge connections add wms south-3pl" in page


@pytest.mark.parametrize(
    ("live", "since", "said"),
    [
        (True, "NULL", "Orders are sent all of them"),
        (True, "'2026-01-05'", "Orders are sent placed since"),
        (False, "NULL", "no, only watched"),
    ],
)
def test_the_page_says_which_orders_are_sent(filled: Any, visitor: Visitor, live: bool, since: str, said: str) -> None:
    filled.sql(f"UPDATE connection SET live = {live}, start_line = {since}::timestamptz WHERE connection = :c", c=SHOP)
    page = words_of(visitor("viewer").get("/connections").text)
    assert said in page
    assert "since never" not in page


def test_a_parked_connection_leads_to_its_card(filled: Any, visitor: Visitor) -> None:
    locked_out(filled)
    filled.sql("UPDATE parked SET opened_at = :at WHERE remedy = 'connection'", at=filled.clock.now().replace(year=2020))
    client = visitor("operator")
    overview, parked = client.get("/").text, client.get("/parked?cause=credentials").text
    card = '<a class="button" href="/connections#connection-south-3pl">Look at the connection</a>'
    assert card in overview
    assert "Not let in" in parked
    assert "Nothing more to do" not in parked, "closing it would repair nothing"
    assert 'id="connection-south-3pl"' in client.get("/connections").text


def test_a_message_from_a_system_that_turns_us_away_does_not_make_it_look_well(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE connection SET last_in_at = :now WHERE connection = 'south-3pl'", now=filled.clock.now())
    assert "Southern 3PL wms · south-3pl In trouble" in words_of(visitor("viewer").get("/connections").text)


@pytest.mark.parametrize(
    "proof",
    [
        "UPDATE connection SET last_out_at = :now WHERE connection = 'south-3pl'",
        "UPDATE cursor SET error = '', ran_at = :now WHERE connection = 'south-3pl'",
    ],
    ids=["a call that went well", "a sweep that went well"],
)
def test_what_went_well_since_makes_a_trouble_one_of_the_past(filled: Any, visitor: Visitor, proof: str) -> None:
    filled.sql(proof, now=filled.clock.now())
    shown = words_of(visitor("viewer").get("/connections").text)
    assert "Southern 3PL wms · south-3pl Working" in shown
    assert "over since: It answered 503 Service Unavailable three times." in shown


def test_whoever_repairs_can_have_what_failed_tried_again_at_once(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "UPDATE effect SET connection = 'south-3pl', state = 'pending', attempts = 5, next_at = :at WHERE key = 'submit:SB-1011-1'",
        at=filled.clock.now().replace(hour=23),
    )
    answer = visitor("operator").post("/connections/again", data={"connection": SOUTH})
    assert answer.headers["location"] == "/connections?said=again"
    assert [(job.kind, job.connection, job.what) for job in filled.engine.woken] == [
        ("deliver", SOUTH, ""),
        ("sweep", SOUTH, "stock"),
    ]
    [effect] = filled.sql("SELECT next_at FROM effect WHERE key = 'submit:SB-1011-1'")
    assert effect["next_at"] == filled.clock.now()
    assert "asked to try again now, by Operator Person" in words_of(visitor("viewer").get("/connections").text)


def test_a_connection_of_nobody_is_not_tried(filled: Any, visitor: Visitor) -> None:
    assert visitor("operator").post("/connections/again", data={"connection": "none"}).status_code == 404
    filled.sql("INSERT INTO account VALUES ('other', 'Other', :now)", now=filled.clock.now())
    filled.sql(
        "INSERT INTO connection (account, connection, kind, title, created_at) VALUES ('other', 'theirs', 'wms', 'T', :now)",
        now=filled.clock.now(),
    )
    assert visitor("operator").post("/connections/again", data={"connection": "theirs"}).status_code == 404
    assert visitor("manager").get("/connections/switch?connection=theirs&to=live").status_code == 404
    assert filled.engine.woken == []


def live(room: Any, connection: str) -> tuple[object, object]:
    """Whether orders of a shop are sent, and those from when on."""
    [row] = room.sql("SELECT live, start_line FROM connection WHERE connection = :c", c=connection)
    return row["live"], row["start_line"]


@pytest.mark.parametrize(("role", "buttons"), [("viewer", 0), ("operator", 0), ("manager", 8), ("admin", 8)])
def test_switches_are_shown_to_those_who_may_use_them(filled: Any, visitor: Visitor, role: str, buttons: int) -> None:
    """Those of the cards, one to pause everything, and one in the banner of the shop that is paused."""
    assert visitor(role).get("/connections").text.count('href="/connections/switch?') == buttons


def test_before_a_shop_is_switched_off_the_page_says_what_that_means(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    shown = words_of(client.get(f"/connections/switch?connection={SHOP}&to=watched").text)
    for sentence in ("Only watch Acme Outdoor shop?", "not sent to any warehouse", "Nothing is lost", "Leave it as it is"):
        assert sentence in shown
    assert live(filled, SHOP)[0] is True, "looking changes nothing"


def test_a_shop_that_is_only_watched_keeps_its_start_line_and_says_who_did_it(filled: Any, visitor: Visitor) -> None:
    start, client = live(filled, SHOP)[1], visitor("manager")
    answer = client.post("/connections/switch", data={"connection": SHOP, "to": "watched"})
    assert answer.headers["location"] == "/connections?said=watched"
    assert live(filled, SHOP) == (False, start)
    assert "only watched, by Manager Person" in words_of(client.get("/connections").text)


def test_a_shop_that_is_switched_on_sends_orders_from_now_on(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    page = client.get(f"/connections/switch?connection={OUTLET}&to=live").text
    assert 'value="before"' not in page, "it never had a start line"
    client.post("/connections/switch", data={"connection": OUTLET, "to": "live", "since": "before"})
    assert live(filled, OUTLET) == (True, filled.clock.now())


def test_switching_on_again_says_how_many_were_left_alone_and_looks_at_them_when_asked(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    start = live(filled, SHOP)[1]
    client.post("/connections/switch", data={"connection": SHOP, "to": "watched"})
    page = words_of(client.get(f"/connections/switch?connection={SHOP}&to=live").text)
    assert "Left alone since then and looked at again: 1. None is sent twice." in page
    client.post("/connections/switch", data={"connection": SHOP, "to": "live", "since": "before"})
    assert live(filled, SHOP) == (True, start)
    again = filled.sql("SELECT name FROM orders WHERE retry_at = :now", now=filled.clock.now())
    assert [row["name"] for row in again] == ["#1010"]


def test_switching_on_from_now_leaves_what_came_before(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    client.post("/connections/switch", data={"connection": SHOP, "to": "watched"})
    client.post("/connections/switch", data={"connection": SHOP, "to": "live", "since": "now"})
    assert live(filled, SHOP) == (True, filled.clock.now())
    assert filled.sql("SELECT name FROM orders WHERE retry_at = :now", now=filled.clock.now()) == []


def test_pausing_says_that_nothing_is_lost_before_it_happens_and_who_did_it_afterwards(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    shown = words_of(client.get("/connections/switch?connection=north-wms&to=paused").text)
    for sentence in ("Pause Northern warehouse system?", "Nothing is lost", "what is to be sent waits here"):
        assert sentence in shown
    assert filled.asked == []
    answer = client.post("/connections/switch", data={"connection": "north-wms", "to": "paused"})
    assert answer.headers["location"] == "/connections?said=paused"
    event = PauseAsked(connection="north-wms", paused=True, by="Manager Person")
    assert filled.asked == [("acme", event, "manager")], "it enters the inbox like everything that people ask for"


def test_what_is_paused_is_said_on_every_page_with_who_did_it_and_when(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "UPDATE connection SET paused = connection = 'north-wms', paused_at = :at, paused_by = 'Ana'",
        at=filled.clock.now() - timedelta(minutes=12),
    )
    for path in ("/", "/orders", "/stock", "/parked", "/mapping", "/me"):
        shown = words_of(visitor("viewer").get(path).text)
        assert "Paused: nothing is sent to Northern warehouse system. Since" in shown, path
        assert "12 min ago , by Ana" in shown
        assert "Let it go on" not in shown, "a viewer cannot"
    assert "connection=north-wms&amp;to=running" in visitor("manager").get("/stock").text
    assert "Paused" not in words_of(visitor().get("/login").text)


def test_everything_is_paused_with_one_button(filled: Any, visitor: Visitor) -> None:
    client = visitor("manager")
    assert "/connections/switch?connection=&amp;to=paused" in client.get("/connections").text
    assert "Pause everything?" in words_of(client.get("/connections/switch?connection=&to=paused").text)
    client.post("/connections/switch", data={"connection": "", "to": "paused"})
    assert [event for _, event, _ in filled.asked] == [PauseAsked(connection="", paused=True, by="Manager Person")]
    filled.sql("UPDATE account SET paused_at = :now, paused_by = 'Ana'", now=filled.clock.now())
    page = client.get("/connections").text
    assert "Everything is paused: nothing is sent to any shop or warehouse." in words_of(page)
    assert "/connections/switch?connection=&amp;to=paused" not in page
    assert client.get("/connections/switch?connection=&to=paused").status_code == 409
    assert "Let everything go on?" in words_of(client.get("/connections/switch?connection=&to=running").text)


@pytest.mark.parametrize(
    ("connection", "to", "status"),
    [
        (SHOP, "live", 409),
        (OUTLET, "watched", 409),
        ("north-wms", "live", 409),
        (SHOP, "running", 409),
        (OUTLET, "paused", 409),
        (SHOP, "", 404),
        (SHOP, "sideways", 404),
        ("none", "live", 404),
        ("", "live", 404),
    ],
)
def test_a_switch_that_is_there_already_or_nowhere_changes_nothing(
    filled: Any, visitor: Visitor, connection: str, to: str, status: int
) -> None:
    every = "SELECT connection, live, start_line, paused FROM connection ORDER BY 1"
    client, before = visitor("manager"), filled.sql(every)
    assert client.get("/connections/switch", params={"connection": connection, "to": to}).status_code == status
    assert client.post("/connections/switch", data={"connection": connection, "to": to}).status_code == status
    assert filled.sql(every) == before
    assert filled.count("journal") == 8


def test_the_connection_that_does_not_work_comes_first_and_says_what_waits(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE effect SET connection = 'south-3pl' WHERE state = 'pending'")
    client = visitor("viewer")
    assert re.findall(r'<h2 id="c\d">([^<]+) <', client.get("/connections").text)[0] == "Southern 3PL"
    assert "three times. Waiting to be sent: 1; none of it is lost." in words_of(client.get("/").text)


def test_what_was_read_by_itself_is_not_called_found(filled: Any, visitor: Visitor) -> None:
    filled.sql("INSERT INTO cursor VALUES ('acme', 'shop.example', 'nightly', 'x', :now, 0, '')", now=filled.clock.now())
    shown = words_of(visitor("viewer").get("/connections").text)
    assert "Read again by itself, in case a message was lost What Last time Messages read Trouble" in shown
    assert "Orders that changed 1 min ago 3 none" in shown
    assert "Once a night: everything is compared just now – none" in shown
    assert "Found" not in shown
