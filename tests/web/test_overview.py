"""The first page: how far orders have got, what waits for a person, and what happened just now."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from starlette.testclient import TestClient

from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]


def test_the_overview_counts_what_flowed(filled: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("viewer").get("/").text)
    steps = ("7 of 12 Sent to a warehouse", "6 of 12 Accepted there", "4 of 12 Left the warehouse", "3 of 12 The shop was told")
    for sentence in ("12 Orders in", *steps):
        assert sentence in shown
    assert "From placed to accepted: half within 1.9 s" in shown
    rest = "Not sent: 1 needs you , 1 not ours , 1 waiting , 1 sending , 1 cancelled ."
    assert rest in shown, "what makes the difference is named: 12 came in, 7 were sent"
    assert "4 parcels left, the shop knows of 3 , half of them within" in shown
    assert "Messages to be understood oldest just now 1" in shown


def test_each_step_of_the_overview_counts_orders_however_many_parcels_they_left_in(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO shipment SELECT account, shipment_id || '/' || n, reference, shop, order_id, location_id, warehouse, carrier, "
        "tracking, shipped_at, sequence, received_at, fulfillment_id, written_at FROM shipment, generate_series(1, 5) AS n "
        "WHERE order_id = 'shop://order/1003'"
    )
    shown = words_of(visitor("viewer").get("/").text)
    assert "4 of 12 Left the warehouse 3 of 12 The shop was told" in shown
    assert "9 parcels left, the shop knows of 8" in shown


def test_orders_of_last_week_are_no_step_of_the_orders_of_today(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE orders SET first_seen_at = first_seen_at - interval '7 days' WHERE state = 'done'")
    shown = words_of(visitor("viewer").get("/").text)
    assert (
        "10 Orders in 5 of 10 Sent to a warehouse 4 of 10 Accepted there 2 of 10 Left the warehouse 1 of 10 The shop was told"
        in shown
    )
    assert "4 parcels left, the shop knows of 3" in shown, "parcels are told by their own time"


def test_where_nothing_has_flowed_yet_no_zeros_stand(room: Any, visitor: Visitor) -> None:
    shown = words_of(visitor("admin").get("/").text)
    assert "Orders in" not in shown
    assert "half within" not in shown


def test_nothing_on_its_way_is_not_all_done_while_something_waits_for_a_person(filled: Any, visitor: Visitor) -> None:
    filled.sql("UPDATE arrival SET state = 1")
    filled.sql("UPDATE effect SET state = 'done'")
    filled.sql("UPDATE level SET clean = dirty")
    client = visitor("viewer")
    assert "Nothing is on its way." in client.get("/").text
    assert "all that came in is done" not in client.get("/").text
    filled.sql("UPDATE parked SET closed_at = :now", now=filled.clock.now())
    assert "Nothing is waiting: all that came in is done." in client.get("/").text


def test_every_line_of_what_happened_just_now_names_what_it_is_about_and_leads_there(filled: Any, visitor: Visitor) -> None:
    filled.sql("DELETE FROM journal")
    filled.sql("UPDATE location SET location_id = 'gid://shop/Location/7' WHERE location_id = 'loc-2'")
    for subject, said in {
        "stock/loc-1/inv-1": "the shop now offers 97 (it showed 96)",
        "stock/gid://shop/Location/7/inv-3": "something was sold while we wrote",
        "item/inv-6": "LAMP300 in NORTH is the code",
        "location/loc-1": "NORTH (PICK) feeds the location",
        "connection/shop.example": "orders from 2026-11-22T07:15:37+00:00 on are sent",
        "order/shop://order/1006": "#1006 was placed in the shop",
        "warehouse/north-wms/NORTH": "codes without an item",
        "reference/SB-1": "about an order we do not know",
    }.items():
        filled.sql(
            "INSERT INTO journal (account, at, subject, kind, text, actor) VALUES ('acme', :now, :subject, 'x', :said, '')",
            now=filled.clock.now(),
            subject=subject,
            said=said,
        )
    page = unescape(visitor("viewer").get("/?part=now").text)
    feed = [words_of(line) for line in re.findall(r'class="when">.*?</span>(.*?)</li>', page)]
    assert feed == [
        "about an order we do not know",
        "NORTH codes without an item",
        "#1006 was placed in the shop",
        "Acme Outdoor shop orders from 22 Nov 07:15 on are sent",
        "London NORTH (PICK) feeds the location",
        "LAMP-300 LAMP300 in NORTH is the code",
        "STOVE-GAS at Leeds something was sold while we wrote",
        "TENT-2P-GRN at London the shop now offers 97 (it showed 96)",
    ]
    for to in ("/stock/item?shop=shop.example&location=loc-1&item=inv-1", "/mapping?q=LAMP-300#items"):
        assert f'<a href="{to}">' in page


def test_the_overview_says_what_needs_a_person_and_with_which_button(filled: Any, visitor: Visitor) -> None:
    page = visitor("viewer").get("/").text
    assert "LAMP-300 has no item code at any warehouse" in page
    assert ">Map the item</a>" in page
    assert "An old trouble" not in page, "what is closed is not shown"
    assert '<span class="count">4</span>' in page, "the menu says how many"


def test_the_moving_part_of_the_overview_comes_alone(filled: Any, visitor: Visitor) -> None:
    part = visitor("viewer").get("/?part=now").text
    assert "<html" not in part
    assert "Orders in" in part


def test_an_empty_house_says_what_to_do(room: Any, visitor: Visitor) -> None:
    client = visitor("admin")
    assert "Connect a shop" in client.get("/").text
    for address, sentence in {
        "/orders": "They appear here within seconds",
        "/stock": "Say which warehouse feeds which location",
        "/parked": "Nothing waits for you",
        "/connections": "stockbridge demo",
        "/mapping": "They come with the first connected shop",
    }.items():
        assert sentence in client.get(address).text


def test_orders_that_wait_for_the_same_item_are_one_line_with_all_their_names(filled: Any, visitor: Visitor) -> None:
    filled.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) "
        "SELECT account, 'order/shop://order/' || n, cause, connection, title, consequence, remedy, opened_at FROM parked, "
        "unnest(array[1001, 1002, 1003, 1005, 1008, 1011]) AS n WHERE remedy = 'map_item'"
    )
    shown = words_of(visitor("viewer").get("/").text).split("Just now")[0]
    assert shown.count("LAMP-300 has no item code at any warehouse") == 1
    assert re.search(r"Orders #1006 , (#\d+ , ){3}#\d+ and 2 more: The whole order waits", shown)
    assert "7 × Item not mapped" in shown
