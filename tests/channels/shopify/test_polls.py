"""Sweeps: nothing that changed is skipped, whatever was lost, however many there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stockbridge.ports import Refused, TryLater

T = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def stamp(minutes: float) -> str:
    return (T + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def orders(make: Any, *rows: tuple[int, float], more: str | None = None) -> Any:
    return {"orders": make.page(*({"id": make.gid("Order", n), "updatedAt": stamp(at)} for n, at in rows), more=more)}


def asked(shop: Any) -> list[tuple[str, str | None]]:
    return [(v["query"], v.get("after")) for n, v in shop.store.calls if n == "SweepOrders"]


# --- orders --------------------------------------------------------------------------------------------------------------


def test_the_first_sweep_looks_back_as_far_as_shopify_shows(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make))
    arrivals, cursor = shop.door.polls.poll("orders", None)
    assert arrivals == []
    ((query, after),) = asked(shop)
    assert query == "updated_at:>='2026-09-23T11:55:00Z'"  # 60 days and the overlap
    assert after is None
    assert cursor is not None


def test_what_changed_becomes_arrivals_that_hint_at_the_orders(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 0), (2, 1)))
    arrivals, _ = shop.door.polls.poll("orders", None)
    assert [(a.topic, a.subject) for a in arrivals] == [
        ("poll/order", "order/gid://shopify/Order/1"),
        ("poll/order", "order/gid://shopify/Order/2"),
    ]
    (event,) = shop.door.inbound.read(arrivals[1])
    assert event.order_id == "gid://shopify/Order/2"
    assert event.updated_at == T + timedelta(minutes=1)


def test_the_next_sweep_begins_five_minutes_before_the_newest_change_seen(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 0), (2, 10)), orders(make))
    _, cursor = shop.door.polls.poll("orders", None)
    shop.door.polls.poll("orders", cursor)
    assert asked(shop)[-1][0] == f"updated_at:>='{stamp(5)}'"


def test_an_empty_sweep_leaves_the_cursor_where_it_was_however_late_it_is(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 0)), orders(make))
    _, first = shop.door.polls.poll("orders", None)
    shop.clock.moment += timedelta(days=1)
    _, second = shop.door.polls.poll("orders", first)
    assert second == first


def test_an_order_seen_only_in_the_overlap_does_not_move_the_cursor_back(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 10)), orders(make, (2, 6)))
    _, first = shop.door.polls.poll("orders", None)
    _, second = shop.door.polls.poll("orders", first)
    assert second == first


def test_the_same_change_seen_twice_is_the_same_arrival_and_a_new_change_another(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 0)), orders(make, (1, 0)), orders(make, (1, 2)))
    keys, cursor = [], None
    for _ in range(3):
        arrivals, cursor = shop.door.polls.poll("orders", cursor)
        keys += [a.dedupe_key for a in arrivals]
    assert keys[0] == keys[1] != keys[2]


def test_all_pages_are_read(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 0), more="p2"), orders(make, (2, 1)))
    arrivals, _ = shop.door.polls.poll("orders", None)
    assert len(arrivals) == 2
    assert [after for _, after in asked(shop)] == [None, "p2"]


def test_a_flood_is_read_in_portions_and_nothing_is_skipped(shop: Any, make: Any) -> None:
    """Page marks end at 25 000 rows: each portion is a new question, from the newest change that the last one brought."""
    rows = [(n, n / 100) for n in range(20)]

    def answer(v: Any) -> Any:
        since = datetime.fromisoformat(v["query"].split("'")[1])
        left = [row for row in rows if T + timedelta(minutes=row[1]) >= since]
        at = int(v.get("after") or 0)
        return orders(make, left[at], more=str(at + 1) if at + 1 < len(left) else None)

    shop.store.on("SweepOrders", answer)
    seen, cursor = set(), None
    for _ in range(3):
        arrivals, cursor = shop.door.polls.poll("orders", cursor)
        seen |= {a.subject for a in arrivals}
    assert seen == {f"order/gid://shopify/Order/{n}" for n in range(20)}
    assert len({query for query, _ in asked(shop)}) == 3
    shop.door.polls.poll("orders", cursor)
    assert f"updated_at:>='{stamp(19 / 100 - 5)}'" in {query for query, _ in asked(shop)}


def test_a_flood_of_one_and_the_same_moment_goes_on_page_by_page(shop: Any, make: Any) -> None:
    def answer(v: Any) -> Any:
        at = int(v.get("after") or 0)
        return orders(make, (at, 0), more=str(at + 1) if at < 19 else None)

    shop.store.on("SweepOrders", answer)
    seen, cursor = set(), None
    for _ in range(4):
        arrivals, cursor = shop.door.polls.poll("orders", cursor)
        seen |= {a.subject for a in arrivals}
    assert len(seen) == 20


def test_a_page_mark_that_shopify_no_longer_takes_starts_the_pass_again(shop: Any, make: Any) -> None:
    pages = [orders(make, more=f"p{n}") for n in range(8)]
    bad = make.trouble("INVALID_FIELD_ARGUMENTS", "Invalid cursor", data={"orders": None})
    shop.store.on("SweepOrders", *pages, bad, orders(make, (1, 1)))
    _, cursor = shop.door.polls.poll("orders", None)
    arrivals, _ = shop.door.polls.poll("orders", cursor)
    assert [a.subject for a in arrivals] == ["order/gid://shopify/Order/1"]
    assert asked(shop)[-1][1] is None


def test_a_filter_that_shopify_ignores_stops_the_sweep(shop: Any, make: Any) -> None:
    search = [{"path": ["orders"], "query": "q", "warnings": [{"field": "updated_at", "code": "invalid_field"}]}]
    shop.store.on("SweepOrders", {"data": orders(make, (1, 0)), "extensions": {"search": search}})
    with pytest.raises(Refused):
        shop.door.polls.poll("orders", None)


def test_trouble_in_the_middle_loses_nothing_because_the_cursor_is_not_given_out(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make, (1, 0), more="p2"), TryLater("no connection"))
    with pytest.raises(TryLater):
        shop.door.polls.poll("orders", None)


def test_changed_fulfillment_orders_hint_at_their_orders(shop: Any, make: Any) -> None:
    row = {"id": make.gid("FulfillmentOrder", 3), "orderId": make.gid("Order", 1), "updatedAt": stamp(0)}
    later = {**row, "updatedAt": stamp(1)}
    shop.store.on("SweepFulfillmentOrders", {"fulfillmentOrders": make.page(row)}, {"fulfillmentOrders": make.page(later)})
    first, cursor = shop.door.polls.poll("fulfillment_orders", None)
    second, _ = shop.door.polls.poll("fulfillment_orders", cursor)
    assert [a.subject for a in first] == ["order/gid://shopify/Order/1"]
    assert first[0].dedupe_key != second[0].dedupe_key


def test_a_sweep_that_does_not_exist_is_a_mistake(shop: Any) -> None:
    assert shop.door.polls.sweeps == ("orders", "fulfillment_orders", "items", "locations", "subscriptions")
    with pytest.raises(KeyError):
        shop.door.polls.poll("dreams", None)


def test_order_sweeps_are_urgent_and_catalogue_sweeps_are_not(shop: Any, make: Any) -> None:
    shop.store.on("SweepOrders", orders(make))
    shop.store.on("SweepItems", items(make))
    shop.door.polls.poll("orders", None)
    shop.door.polls.poll("items", None)
    assert [urgent for _, urgent in shop.budget.takes] == [True, False]


# --- items ---------------------------------------------------------------------------------------------------------------


def items(make: Any, *rows: tuple[int, float], more: str | None = None, tracked: bool = True) -> Any:
    nodes = [
        {
            "id": make.gid("ProductVariant", n),
            "sku": f"S{n}",
            "barcode": "",
            "title": "Default Title",
            "updatedAt": stamp(at),
            "inventoryPolicy": "DENY",
            "requiresComponents": False,
            "product": {"id": "p", "title": "Thing"},
            "inventoryItem": {
                "id": make.gid("InventoryItem", n),
                "tracked": tracked,
                "requiresShipping": True,
                "updatedAt": stamp(at),
            },
        }
        for n, at in rows
    ]
    return {"productVariants": make.page(*nodes, more=more)}


def test_the_first_sweep_of_items_reads_everything_page_by_page(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", items(make, (1, 0), more="p2"), items(make, (2, 1)))
    arrivals, _ = shop.door.polls.poll("items", None)
    assert [a.topic for a in arrivals] == ["poll/items"] * 2
    assert [v.get("query") for _, v in shop.store.calls] == [None, None]
    seen = [item.sku for a in arrivals for event in shop.door.inbound.read(a) for item in event.items]
    assert seen == ["S1", "S2"]


def test_later_sweeps_read_what_changed_and_once_a_day_everything(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", items(make, (1, 0)))
    _, cursor = shop.door.polls.poll("items", None)
    shop.clock.moment += timedelta(hours=1)
    _, cursor = shop.door.polls.poll("items", cursor)
    shop.clock.moment += timedelta(hours=23)
    _, cursor = shop.door.polls.poll("items", cursor)
    assert [v.get("query") for _, v in shop.store.calls] == [None, f"updated_at:>='{stamp(-5)}'", None]


def test_a_page_that_says_nothing_new_is_the_same_arrival(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", items(make, (1, 0)), items(make, (1, 0)), items(make, (1, 0), tracked=False))
    keys, cursor = [], None
    for _ in range(3):
        arrivals, cursor = shop.door.polls.poll("items", cursor)
        keys += [a.dedupe_key for a in arrivals]
    assert keys[0] == keys[1] != keys[2]


def test_a_large_catalogue_is_read_in_portions_behind_the_last_item(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", *(items(make, (n, 0), more=f"p{n}" if n < 9 else None) for n in range(10)))
    first, cursor = shop.door.polls.poll("items", None)
    second, cursor = shop.door.polls.poll("items", cursor)
    assert (len(first), len(second)) == (8, 2)
    ninth = shop.store.calls[8][1]
    assert (ninth.get("query"), ninth.get("after")) == ("id:>7", None)
    shop.door.polls.poll("items", cursor)
    assert shop.store.calls[-1][1]["query"].startswith("updated_at")


def test_what_changes_while_the_catalogue_is_read_is_read_by_the_next_sweep(shop: Any, make: Any) -> None:
    begun = shop.clock.now()
    minutes = (begun - T) / timedelta(minutes=1)

    def slow(v: Any) -> Any:
        shop.clock.sleep(1800)
        return items(make, (1, minutes + 30))

    shop.store.on("SweepItems", slow)
    _, cursor = shop.door.polls.poll("items", None)
    shop.door.polls.poll("items", cursor)
    assert shop.store.calls[-1][1]["query"] == f"updated_at:>='{stamp(minutes - 5)}'"


def test_a_page_mark_of_the_catalogue_that_shopify_no_longer_takes_starts_the_pass_again(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", items(make, (1, 0)))
    _, cursor = shop.door.polls.poll("items", None)
    shop.store.on("SweepItems", *(items(make, (n, n), more=f"p{n}") for n in range(8)))
    _, cursor = shop.door.polls.poll("items", cursor)

    def forgetful(v: Any) -> Any:
        return make.trouble("BAD_REQUEST", "Invalid cursor") if v.get("after") else items(make, (9, 9))

    shop.store.on("SweepItems", forgetful)
    arrivals, _ = shop.door.polls.poll("items", cursor)
    assert [v.get("after") for _, v in shop.store.calls[-2:]] == ["p7", None]
    assert [item.sku for a in arrivals for event in shop.door.inbound.read(a) for item in event.items] == ["S9"]


def test_a_search_of_the_catalogue_that_shopify_refuses_is_not_asked_twice(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", make.trouble("BAD_REQUEST", "no"))
    with pytest.raises(Refused):
        shop.door.polls.poll("items", None)
    assert len(shop.store.calls) == 1


def test_an_empty_catalogue_is_no_arrival(shop: Any, make: Any) -> None:
    shop.store.on("SweepItems", items(make))
    assert shop.door.polls.poll("items", None)[0] == []


# --- locations -----------------------------------------------------------------------------------------------------------


def places(make: Any, *names: str, more: str | None = None) -> Any:
    rows = [
        {"id": n, "name": n, "isActive": True, "isFulfillmentService": False, "address": {"countryCode": "DE"}} for n in names
    ]
    return {"locations": make.page(*rows, more=more)}


def test_all_locations_come_in_one_arrival_and_only_when_something_changed(shop: Any, make: Any) -> None:
    shop.store.on("SweepLocations", places(make, "A", more="p"), places(make, "B"), places(make, "A", "B"), places(make, "A"))
    first, cursor = shop.door.polls.poll("locations", None)
    again, cursor = shop.door.polls.poll("locations", cursor)
    fewer, _ = shop.door.polls.poll("locations", cursor)
    assert [len(a) for a in (first, again, fewer)] == [1, 0, 1]
    (event,) = shop.door.inbound.read(first[0])
    assert [each.name for each in event.locations] == ["A", "B"]


def test_a_location_that_changes_and_changes_back_is_two_arrivals(shop: Any, make: Any) -> None:
    shop.store.on("SweepLocations", places(make, "A"), places(make, "B"), places(make, "A"))
    keys, cursor = [], None
    for _ in range(3):
        arrivals, cursor = shop.door.polls.poll("locations", cursor)
        keys += [a.dedupe_key for a in arrivals]
        shop.clock.moment += timedelta(minutes=10)
    assert len(set(keys)) == 3
