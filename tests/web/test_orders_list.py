"""The list of orders: views that are kept, filters in the address, and what is asked for many orders at once."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.domain.events import BatchAsked, BatchStopped
from stockbridge.testing.covers import covers
from stockbridge.testing.edge import words_of

Visitor = Callable[..., TestClient]
SHOP = "shop.example"


def names(page: str) -> list[str]:
    return re.findall(r'<td class="head"><a[^>]*>([^<]+)</a>', page)


def order(number: int) -> str:
    return f"{SHOP}\tshop://order/{number}"


def hidden(page: str) -> dict[str, Any]:
    """The hidden fields of the question."""
    form = page[page.index('<dialog id="confirm"') :]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    return found


@covers("UI-01")
def test_filters_add_up_each_shown_as_a_token_that_takes_it_away(filled: Any, visitor: Visitor) -> None:
    client = visitor("viewer")
    both = names(client.get("/orders?state=done&state=parked").text)
    done, parked = names(client.get("/orders?state=done").text), names(client.get("/orders?state=parked").text)
    assert sorted(both) == sorted(done + parked)
    assert done
    assert parked
    page = client.get("/orders?state=done&state=parked&tag=vip").text
    assert re.findall(r'class="token" href="([^"]*)"', page) == [
        "/orders?state=parked&amp;tag=vip",
        "/orders?state=done&amp;tag=vip",
        "/orders?state=done&amp;state=parked",
    ]


def test_a_view_is_kept_for_everybody_with_its_count_and_can_be_dropped(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    kept = client.post(
        "/orders/view", data={"title": "  Done  and dusted ", "view": "state=done&before=x&said=none", "do": "keep"}
    )
    assert kept.headers["location"] == "/orders?state=done&said=kept_view"
    page = visitor("viewer").get("/orders?state=done").text
    assert re.search(r'href="/orders\?state=done" aria-current="page">Done and dusted <span class="count">2<', page)
    assert 'name="do" value="drop"' not in page, "a viewer changes nothing"
    client.post("/orders/view", data={"title": "Done and dusted", "do": "drop"})
    assert "Done and dusted" not in visitor("viewer").get("/orders").text


@pytest.mark.parametrize(("title", "view"), [("", "state=done"), ("Everything", ""), ("Everything", "said=none&before=x")])
def test_a_view_without_a_name_or_a_filter_is_not_kept(filled: Any, visitor: Visitor, title: str, view: str) -> None:
    assert visitor("operator").post("/orders/view", data={"title": title, "view": view, "do": "keep"}).status_code == 422


def test_only_who_may_repair_can_select(filled: Any, visitor: Visitor) -> None:
    assert 'name="order"' not in visitor("viewer").get("/orders").text
    page = visitor("operator").get("/orders").text
    assert page.count('name="order"') == 12
    assert "Try again what is stopped" in page
    assert visitor("viewer").post("/orders/ask", data={"do": "retry"}).status_code == 403


def test_how_many_is_said_first_and_only_yes_asks_for_it(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    page = client.post(
        "/orders/ask", data={"do": "retry", "order": [order(1006), order(1007)], "view": "tab=attention&q=10"}
    ).text
    assert "Try again what is stopped for 2 orders?" in words_of(page)
    assert "#1006, #1007" in words_of(page)
    assert filled.asked == []
    answer = client.post("/orders/batch", data=hidden(page))
    [(account, event, by)] = filled.asked
    assert (account, by, event.by, event.action) == ("acme", "operator", "Operator Person", "retry")
    assert event.orders == ((SHOP, "shop://order/1006"), (SHOP, "shop://order/1007"))
    assert answer.headers["location"] == f"/orders?tab=attention&q=10&batch={event.batch_id}"


def test_nothing_selected_says_so_and_asks_for_nothing(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    page = client.post("/orders/ask", data={"do": "retry", "view": ""}).text
    assert "No order is selected" in page
    assert ">Yes<" not in page
    assert client.post("/orders/batch", data={"do": "retry", "order": "x\ty"}).headers["location"] == "/orders?said=none"
    assert client.post("/orders/ask", data={"do": "burn", "order": order(1006)}).status_code == 422
    assert filled.asked == []


def test_all_that_fit_are_asked_for_and_what_came_since_is_left_out(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    page = client.post("/orders/ask", data={"do": "retry", "all": "yes", "view": "state=done"}).text
    assert "for 2 orders?" in words_of(page)
    filled.sql(
        "INSERT INTO orders (account, shop, order_id, name, state, placed_at, updated_at, read_at, snapshot, first_seen_at) "
        "VALUES ('acme', 'shop.example', 'x', '#2000', 'done', :now, :now, :now, '{\"lines\": []}', :now + interval '1 s')",
        now=filled.clock.now(),
    )
    client.post("/orders/batch", data=hidden(page))
    [(_, event, _)] = filled.asked
    assert isinstance(event, BatchAsked)
    assert sorted(event.orders) == [(SHOP, "shop://order/1003"), (SHOP, "shop://order/1011")] or len(event.orders) == 2
    assert "x" not in {order_id for _, order_id in event.orders}


def test_when_other_orders_fit_by_now_they_are_shown_before_anything_is_asked(filled: Any, visitor: Visitor) -> None:
    client = visitor("operator")
    page = client.post("/orders/ask", data={"do": "retry", "all": "yes", "view": "state=parked"}).text
    fields = hidden(page)
    filled.sql("UPDATE orders SET state = 'parked' WHERE name = '#1012'")
    again = client.post("/orders/batch", data=fields)
    assert again.status_code == 200
    assert filled.asked == []
    assert f"for {int(fields['many'][0]) + 1} orders?" in words_of(again.text)


def batch(filled: Any, *, state: str = "running") -> None:
    now = filled.clock.now()
    filled.sql(
        "INSERT INTO batch (account, batch_id, action, state, orders, asked_by, asked_at, next_at, stopped_by) "
        "VALUES ('acme', 'b1', 'retry', :state, 3, 'Ana', :now, :now, 'Bo')",
        state=state,
        now=now,
    )
    last = "left" if state == "stopped" else "waiting"
    for number, order_id, its, fine, said in (
        (1, "shop://order/1006", "done", True, "the warehouse has it"),
        (2, "shop://order/1007", "done", False, "refused again"),
        (3, "shop://order/1001", last, False, ""),
    ):
        filled.sql(
            "INSERT INTO batch_order (account, batch_id, number, shop, order_id, state, fine, said) "
            "VALUES ('acme', 'b1', :number, 'shop.example', :order_id, :its, :fine, :said)",
            number=number,
            order_id=order_id,
            its=its,
            fine=fine,
            said=said,
        )


def test_while_it_runs_it_says_how_far_it_is_and_can_be_stopped(filled: Any, visitor: Visitor) -> None:
    batch(filled)
    client = visitor("operator")
    now = client.get("/orders/batch?batch=b1&part=now").text
    assert "Try again what is stopped: 2 of 3" in words_of(now)
    assert '<progress max="3" value="2"' in now
    assert "/orders/stop" not in visitor("viewer").get("/orders/batch?batch=b1&part=now").text
    client.post("/orders/stop", data={"batch": "b1"})
    assert [type(event) for _, event, _ in filled.asked] == [BatchStopped]
    client.post("/orders/stop", data={"batch": "unknown"})
    assert len(filled.asked) == 1


def test_what_became_of_each_order_is_shown_with_the_stopped_first(filled: Any, visitor: Visitor) -> None:
    batch(filled, state="stopped")
    page = visitor("viewer").get("/orders/batch?batch=b1").text
    assert names(page) == ["#1007", "#1006", "#1001"]
    shown = words_of(page)
    assert "1 of 3 went well, 1 did not, 1 left when Bo stopped it." in shown
    assert "refused again" in shown


def test_a_batch_that_nobody_knows_yet_begins_in_a_moment(filled: Any, visitor: Visitor) -> None:
    assert "It begins in a moment" in visitor("viewer").get("/orders/batch?batch=new").text
