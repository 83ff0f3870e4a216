"""The keeper of webhooks: what Shopify silently took away is put back, what is not ours is left alone."""

from typing import Any

import pytest

from stockbridge.channels.shopify.subscriptions import WANTED
from stockbridge.domain import events as e

HERE = "https://bridge.example/in/acme"


@pytest.fixture(autouse=True)
def _address(shop: Any) -> None:
    shop.settings["webhook_url"] = HERE


def row(topic: str, *, uri: str = HERE, number: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"w-{topic}{number}",
        "topic": topic,
        "uri": uri,
        "format": "JSON",
        "filter": None,
        "includeFields": [],
        **changes,
    }


def has(shop: Any, make: Any, *rows: Any) -> None:
    shop.store.on("ListSubscriptions", {"webhookSubscriptions": make.page(*rows)})
    for name, root, thing in (
        ("CreateSubscription", "webhookSubscriptionCreate", {"webhookSubscription": {"id": "new"}}),
        ("UpdateSubscription", "webhookSubscriptionUpdate", {"webhookSubscription": {"id": "new"}}),
        ("DeleteSubscription", "webhookSubscriptionDelete", {"deletedWebhookSubscriptionId": "old"}),
    ):
        shop.store.on(name, {root: {**thing, "userErrors": []}})


def all_rows(**changes: Any) -> list[Any]:
    return [row(topic, **changes) for topic in WANTED]


def reason(shop: Any, arrivals: Any) -> str:
    (arrival,) = arrivals
    (event,) = shop.door.inbound.read(arrival)
    assert isinstance(event, e.Noted)
    return event.reason


def calls(shop: Any) -> list[str]:
    return [name for name in shop.store.names() if name != "ListSubscriptions"]


def test_when_all_is_well_nothing_is_done_and_nothing_said(shop: Any, make: Any) -> None:
    has(shop, make, *all_rows())
    assert shop.door.polls.poll("subscriptions", None) == ([], None)
    assert calls(shop) == []


def test_in_an_empty_store_everything_is_subscribed_at_our_address(shop: Any, make: Any) -> None:
    has(shop, make)
    arrivals, _ = shop.door.polls.poll("subscriptions", None)
    created = [v for n, v in shop.store.calls if n == "CreateSubscription"]
    assert [v["topic"] for v in created] == list(WANTED)
    assert {v["subscription"]["uri"] for v in created} == {HERE}
    assert f"{len(WANTED)} created" in reason(shop, arrivals)


def test_a_removed_subscription_is_made_again(shop: Any, make: Any) -> None:
    has(shop, make, *all_rows()[1:])
    arrivals, _ = shop.door.polls.poll("subscriptions", None)
    assert calls(shop) == ["CreateSubscription"]
    assert "1 created (ORDERS_CREATE)" in reason(shop, arrivals)


@pytest.mark.parametrize("wrong", [{"filter": "id:1"}, {"includeFields": ["id"]}, {"format": "XML"}])
def test_a_subscription_that_hides_something_is_corrected(shop: Any, make: Any, wrong: Any) -> None:
    has(shop, make, row(WANTED[0], **wrong), *all_rows()[1:])
    arrivals, _ = shop.door.polls.poll("subscriptions", None)
    assert calls(shop) == ["UpdateSubscription"]
    assert shop.store.variables("UpdateSubscription")["subscription"] == {
        "uri": HERE,
        "format": "JSON",
        "filter": None,
        "includeFields": None,
    }
    assert "1 corrected" in reason(shop, arrivals)


def test_a_second_subscription_for_a_topic_and_one_nobody_wants_are_removed(shop: Any, make: Any) -> None:
    has(shop, make, *all_rows(), row(WANTED[0], number="b", filter="x"), row("CUSTOMERS_CREATE"))
    shop.door.polls.poll("subscriptions", None)
    assert [v["id"] for n, v in shop.store.calls if n == "DeleteSubscription"] == [f"w-{WANTED[0]}b", "w-CUSTOMERS_CREATE"]


def test_subscriptions_at_other_addresses_are_somebody_else_s(shop: Any, make: Any) -> None:
    has(shop, make, *all_rows(), *all_rows(uri="https://other.example/hook"))
    assert shop.door.polls.poll("subscriptions", None)[0] == []
    assert calls(shop) == []


def test_a_topic_that_cannot_be_had_stops_no_other_and_is_named_once(shop: Any, make: Any) -> None:
    has(shop, make, *all_rows()[2:])
    answers = iter(range(100))
    bad = make.complaint(
        "webhookSubscriptionCreate", "You cannot create a subscription with this topic.", webhookSubscription=None
    )
    good = {"webhookSubscriptionCreate": {"webhookSubscription": {"id": "n"}, "userErrors": []}}
    shop.store.on("CreateSubscription", lambda v: bad if v["topic"] == WANTED[0] or next(answers) else good)
    first, cursor = shop.door.polls.poll("subscriptions", None)
    assert f"{WANTED[0]} failed: You cannot create" in reason(shop, first)
    assert f"1 created ({WANTED[1]})" in reason(shop, first)
    has(shop, make, *all_rows()[1:])
    shop.store.on("CreateSubscription", bad)
    second, cursor = shop.door.polls.poll("subscriptions", cursor)
    third, _ = shop.door.polls.poll("subscriptions", cursor)
    assert (len(second), len(third)) == (1, 0)


def test_all_pages_of_subscriptions_are_looked_at(shop: Any, make: Any) -> None:
    has(shop, make)
    rows = all_rows()
    shop.store.on(
        "ListSubscriptions",
        {"webhookSubscriptions": make.page(*rows[:5], more="p2")},
        {"webhookSubscriptions": make.page(*rows[5:])},
    )
    assert shop.door.polls.poll("subscriptions", None)[0] == []


def test_without_an_address_no_webhooks_are_wanted(shop: Any, make: Any) -> None:
    del shop.settings["webhook_url"]
    has(shop, make)
    assert shop.door.polls.poll("subscriptions", None) == ([], None)
    assert shop.store.requests == []
