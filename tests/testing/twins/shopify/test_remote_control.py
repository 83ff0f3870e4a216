"""The control API: what people do, as JSON under /_twin."""

import json
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import Request, ShopifyTwin, WallClock
from stockbridge.testing.twins.shopify.remote import COMMANDS, VIEWS, answer


def do(twin: ShopifyTwin, command: str, status: int = 200, /, **given: Any) -> Any:
    found = answer(twin, Request("POST", f"/_twin/do/{command}", {}, json.dumps(given).encode()))
    assert found.status == status, found.body
    body = found.json()
    return body["result"] if status == 200 else body["error"]


def view(twin: ShopifyTwin, path: str) -> Any:
    found = answer(twin, Request("GET", f"/_twin/{path}"))
    assert found.status == 200
    return found.json()


def test_an_order_is_placed_and_described(twin: ShopifyTwin) -> None:
    made = do(twin, "place", items={"MUG-WHITE": 2}, at="Hamburg Port", tags=["vip"])
    assert made["name"] == "#1001"
    assert made["lines"][0]["sku"] == "MUG-WHITE"
    twin.advance(1)
    found = view(twin, "orders")[0]
    assert found["fulfillment_orders"][0]["location"] == "Hamburg Port"
    assert (found["fulfillment_status"], found["financial_status"]) == ("UNFULFILLED", "PAID")


def test_a_whole_story_in_commands(twin: ShopifyTwin) -> None:
    name = do(twin, "place", items=[{"sku": "MUG-WHITE", "quantity": 2}, {"title": "Engraving", "price": 5}])["name"]
    do(twin, "route_now", order=name)
    do(twin, "edit", order=name, quantities={"MUG-WHITE": 3})
    do(twin, "hold", order=name, reason="OTHER")
    do(twin, "release", order=name)
    do(twin, "move", order=name, to="Hamburg Port")
    do(twin, "refund", order=name, items={"MUG-WHITE": 1})
    made = do(twin, "fulfill", order=name, tracking={"company": "DHL", "number": "1"})
    assert made[0]["type"] == "Fulfillment"
    returned = do(twin, "return_goods", order=name, items={"MUG-WHITE": 1})
    number = int(returned["id"].split("/")[-1])
    assert do(twin, "receive_return", made=number, restock_at="Hamburg Port")["type"] == "Refund"
    kinds = {one["kind"] for one in view(twin, "ledger")}
    assert {"order_edited", "fulfillment_order_held", "fulfillment_order_moved", "refund_created", "return_closed"} <= kinds


def test_stock_locations_and_catalogue_by_hand(twin: ShopifyTwin) -> None:
    level = do(twin, "set_stock", item="PAN24", at="Berlin Central", quantity=7)
    assert (level["available"], level["on_hand"]) == (7, 7)
    assert do(twin, "adjust_stock", item="PAN24", at="Berlin Central", delta=-2)["available"] == 5
    assert do(twin, "set_stock", item="PAN24", at="Berlin Central", name="damaged", quantity=3)["on_hand"] == 8
    assert do(twin, "add_location", name="Pop-up", city="Kiel")["name"] == "Pop-up"
    do(twin, "deactivate_location", at="Pop-up")
    do(twin, "activate_location", at="Pop-up")
    assert do(twin, "add_product", title="New", sku="NEW", stock={"Pop-up": 4})["title"] == "New"
    assert do(twin, "bundle", title="Set", sku="SET", parts={"NEW": 2})["type"] == "Product"
    assert do(twin, "change_sku", item="NEW", sku="NEWER")["sku"] == "NEWER"
    assert do(twin, "delete_variant", variant="NEWER") is None
    do(twin, "sell_over_the_counter", items={"PAN24": 1}, at="Berlin Central")
    rows = {(one["sku"], one["location"]): one for one in view(twin, "levels")}
    assert rows[("PAN24", "Berlin Central")]["available"] == 4


def test_an_order_can_be_cancelled_once(twin: ShopifyTwin) -> None:
    do(twin, "place", items={"PAN24": 1})
    assert do(twin, "cancel", order="#1001")["cancelled"] is True
    assert do(twin, "cancel", 400, order=1001) == "Cannot cancel an order that has already been canceled"


@pytest.mark.parametrize(
    ("command", "given", "words"),
    [
        ("place", {"items": {"NOPE": 1}}, "No variant NOPE"),
        ("place", {}, "items"),
        ("place", {"items": {"PAN24": 1}, "colour": "red"}, "colour"),
        ("place", {"items": {"PAN24": 9999}}, "PAN24: 9999 asked for"),
        ("dance", {}, "Unknown command 'dance'. Choose one of: activate_location"),
        ("chaos", {"losss": 0.5}, "Unknown setting 'losss'. Choose one of: loss"),
        ("fail_next", {"kind": "earthquake"}, "Unknown fault"),
        ("choices", {"batch_atomic": "maybe"}, "World choice"),
        ("between", {"match": "x", "command": "dance"}, "Unknown command 'dance'"),
    ],
)
def test_mistakes_are_answered_with_a_sentence(twin: ShopifyTwin, command: str, given: Any, words: str) -> None:
    assert words in do(twin, command, 400, **given)


def test_text_that_is_no_json_is_a_mistake_too(twin: ShopifyTwin) -> None:
    assert answer(twin, Request("POST", "/_twin/do/place", {}, b"{")).status == 400
    assert answer(twin, Request("GET", "/_twin/nonsense")).status == 404
    assert answer(twin, Request("POST", "/_twin/ledger")).status == 404


def test_settings_are_shown_and_changed(twin: ShopifyTwin) -> None:
    assert do(twin, "chaos", loss=0.5, delay_s=2)["loss"] == 0.5
    assert do(twin, "knobs", routing_delay_s=9)["routing_delay_s"] == 9
    do(twin, "choices", batch_atomic=False)
    assert do(twin, "scopes", scopes=["read_orders"]) == ["read_orders"]
    found = view(twin, "state")
    assert (found["chaos"]["loss"], found["knobs"]["routing_delay_s"], found["choices"]) == (0.5, 9, {"batch_atomic": False})
    assert found["scopes"] == ["read_orders"]
    assert found["virtual_clock"] is True
    assert [one["name"] for one in found["locations"]] == ["Berlin Central", "Hamburg Port", "München South"]


def test_new_scopes_reach_tokens_that_are_out(twin: ShopifyTwin) -> None:
    token = do(twin, "token")
    do(twin, "scopes", scopes=["read_orders"])
    assert twin.tokens.scopes(token) == frozenset({"read_orders"})
    do(twin, "revoke_tokens")
    assert twin.tokens.scopes(token) is None


def test_time_can_be_turned_forward_only_when_it_is_virtual(twin: ShopifyTwin) -> None:
    assert do(twin, "advance", seconds=60)["now"] == "2026-11-02T09:01:00+00:00"
    assert "real clock" in do(ShopifyTwin(clock=WallClock()), "advance", 400, seconds=1)


def test_a_sale_can_be_armed_between_two_calls(twin: ShopifyTwin) -> None:
    do(twin, "between", match="inventoryLevels", command="place", args={"items": {"PAN24": 1}})
    token = do(twin, "token")
    body = json.dumps(
        {"query": "{ inventoryItems(first: 1) { nodes { inventoryLevels(first: 1) { nodes { id } } } } }"}
    ).encode()
    twin.handle(Request("POST", "/admin/api/2026-10/graphql.json", {"x-shopify-access-token": token}, body))
    assert len(twin.world.orders) == 1


def test_the_fate_of_the_next_webhook_and_secrets(twin: ShopifyTwin) -> None:
    twin.graphql(
        'mutation { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://a.example"}) { userErrors { message } } }'
    )
    do(twin, "next_webhook", topic="orders/create", copies=2)
    do(twin, "place", items={"PAN24": 1})
    found = view(twin, "deliveries?state=waiting")
    assert [one["copy"] for one in found] == [1, 2]
    assert view(twin, "subscriptions")[0]["topic"] == "ORDERS_CREATE"
    do(twin, "rotate_secret", secret="second")
    assert twin.emitter.signing_secret() == "twin-client-secret"
    do(twin, "revoke_old_secrets")
    assert twin.emitter.signing_secret() == "second"
    do(twin, "fail_next", kind="http_429")
    assert len(twin.faults.planned) == 1


def test_the_ledger_can_be_read_piece_by_piece(twin: ShopifyTwin) -> None:
    start = view(twin, "state")["ledger"]
    do(twin, "place", items={"PAN24": 1})
    do(twin, "run_due")
    fresh = view(twin, f"ledger?since={start}")
    assert fresh[0]["seq"] == start + 1
    assert [one["kind"] for one in view(twin, f"ledger?since={start}&kind=order_placed")] == ["order_placed"]
    assert len(view(twin, "ledger?limit=2")) == 2


def test_every_view_can_be_seen_and_every_command_exists(twin: ShopifyTwin) -> None:
    for name in VIEWS:
        json.dumps(view(twin, name))
    assert all(callable(getattr(twin.control, name)) for name in COMMANDS)
