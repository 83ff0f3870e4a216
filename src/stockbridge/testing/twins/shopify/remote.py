"""The control API over HTTP: the same commands as ``Control``, as JSON, under ``/_twin``.

``POST /_twin/do/{command}`` with keyword arguments as a JSON object; ``GET /_twin/{view}`` to look around.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from stockbridge.testing.twins.shopify.api.typenames import TYPES, gid_of
from stockbridge.testing.twins.shopify.clock import VirtualClock
from stockbridge.testing.twins.shopify.control import Control, Unknown
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.routing import SoldOut
from stockbridge.testing.twins.shopify.model.status import financial_status, fulfillment_status
from stockbridge.testing.twins.shopify.records.orders import Order
from stockbridge.testing.twins.shopify.twin import Request, Response, ShopifyTwin

COMMANDS = [
    "place",
    "sell_over_the_counter",
    "route_now",
    "return_goods",
    "receive_return",
    "edit",
    "cancel",
    "refund",
    "fulfill",
    "hold",
    "release",
    "move",
    "set_stock",
    "adjust_stock",
    "add_location",
    "deactivate_location",
    "activate_location",
    "add_product",
    "bundle",
    "change_sku",
    "delete_variant",
]
"""What people can do; every one is a method of Control with the same arguments."""


def answer(twin: ShopifyTwin, request: Request) -> Response:
    """Answers a request under ``/_twin``. Mistakes of the caller are 400 with a sentence."""
    path, _, query = request.path.partition("?")
    parts = [one for one in path.split("/") if one][1:]
    with twin.lock:
        try:
            if request.method == "POST" and len(parts) == 2 and parts[0] == "do":
                given = json.loads(request.body or b"{}")
                return _json(200, {"ok": True, "result": show(do(twin, parts[1], given))})
            if request.method == "GET" and len(parts) == 1 and parts[0] in VIEWS:
                asked = {name: rows[0] for name, rows in parse_qs(query).items()}
                return _json(200, VIEWS[parts[0]](twin, asked))
        except (Unknown, SoldOut, ValueError, TypeError, KeyError) as wrong:
            return _json(400, {"ok": False, "error": str(wrong)})
    return _json(404, {"ok": False, "error": f"Nothing at {request.method} {path}."})


def do(twin: ShopifyTwin, command: str, given: dict[str, Any]) -> Any:
    """Carries out one command with keyword arguments. Raises ValueError for an unknown one."""
    if command in COMMANDS:
        return getattr(twin.control, command)(**given)
    if command in _OWN:
        return _OWN[command](twin, **given)
    raise ValueError(f"Unknown command {command!r}. Choose one of: {', '.join(sorted([*COMMANDS, *_OWN]))}.")


def show(value: Any) -> Any:
    """A record as the control API tells of it: type, id and what one usually asks next."""
    if isinstance(value, list):
        return [show(one) for one in value]
    if isinstance(value, Order):
        return describe_order(value)
    if type(value) in TYPES:
        out = {"type": TYPES[type(value)], "id": gid_of(value)}
        for name in ("name", "sku", "status", "title"):
            if hasattr(value, name):
                out[name] = getattr(value, name)
        if hasattr(value, "states"):
            out |= {**value.states, "on_hand": value.on_hand, "is_active": value.is_active}
        return out
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)


def describe_order(one: Order) -> dict[str, Any]:
    """An order in a few words."""
    return {
        "type": "Order",
        "id": gid("Order", one.id),
        "name": one.name,
        "financial_status": financial_status(one),
        "fulfillment_status": fulfillment_status(one),
        "cancelled": one.cancelled_at is not None,
        "lines": [
            {"id": gid("LineItem", x.id), "sku": x.sku, "quantity": x.quantity, "unfulfilled": x.unfulfilled_quantity}
            for x in one.lines
        ],
        "fulfillment_orders": [
            {"id": gid("FulfillmentOrder", x.id), "status": x.status, "location": x.location.name}
            for x in one.fulfillment_orders
        ],
        "fulfillments": [
            {"id": gid("Fulfillment", x.id), "status": x.status, "tracking": [t.number for t in x.tracking]}
            for x in one.fulfillments
        ],
    }


def _advance(twin: ShopifyTwin, seconds: float) -> dict[str, Any]:
    clock = twin.clock
    if not isinstance(clock, VirtualClock):
        raise ValueError("This twin runs on the real clock; start it with a virtual one to turn it forward.")
    twin.advance(seconds)
    return {"now": clock.now().isoformat()}


def _between(twin: ShopifyTwin, match: str, command: str, args: dict[str, Any] | None = None, times: int = 1) -> None:
    if command not in COMMANDS:
        raise ValueError(f"Unknown command {command!r}.")
    twin.between(match, lambda: do(twin, command, dict(args or {})), times)


def _set(of: Callable[[ShopifyTwin], Any]) -> Callable[..., dict[str, Any]]:
    def change(twin: ShopifyTwin, **values: Any) -> dict[str, Any]:
        target = of(twin)
        for name, value in values.items():
            if name not in vars(target):
                raise ValueError(f"Unknown setting {name!r}. Choose one of: {', '.join(vars(target))}.")
            setattr(target, name, value)
        return dict(vars(target))

    return change


def _scopes(twin: ShopifyTwin, scopes: list[str]) -> list[str]:
    """New scopes for the app, also for tokens that are out already."""
    wanted = frozenset(scopes)
    twin.world.app.scopes = wanted
    twin.tokens.live = {token: (end, wanted) for token, (end, _) in twin.tokens.live.items()}
    return sorted(wanted)


_OWN: dict[str, Callable[..., Any]] = {
    "advance": _advance,
    "between": _between,
    "chaos": _set(lambda twin: twin.emitter.chaos),
    "knobs": _set(lambda twin: twin.world.knobs),
    "choices": lambda twin, **values: twin.set_choices(values),
    "fail_next": lambda twin, **values: twin.fail_next(**values),
    "land": lambda twin: twin.land(),
    "next_webhook": lambda twin, **values: twin.next_webhook(**values),
    "rotate_secret": lambda twin, **values: twin.rotate_secret(**values),
    "revoke_old_secrets": lambda twin: twin.revoke_old_secrets(),
    "revoke_tokens": lambda twin: twin.tokens.revoke_all(),
    "scopes": _scopes,
    "token": lambda twin: twin.token(),
    "run_due": lambda twin: twin.run_due(),
}


def _state(twin: ShopifyTwin, asked: dict[str, str]) -> dict[str, Any]:
    world = twin.world
    return {
        "shop": world.shop.domain,
        "seed": world.seed,
        "now": twin.clock.now().isoformat(),
        "virtual_clock": isinstance(twin.clock, VirtualClock),
        "ledger": len(world.ledger),
        "orders": len(world.orders),
        "webhooks_waiting": len(twin.emitter.waiting()),
        "agenda": len(world.agenda),
        "locations": [{"id": gid("Location", x.id), "name": x.name, "active": x.is_active} for x in world.locations.values()],
        "knobs": vars(world.knobs),
        "chaos": vars(twin.emitter.chaos),
        "choices": world.choices,
        "scopes": sorted(world.app.scopes),
    }


def _ledger(twin: ShopifyTwin, asked: dict[str, str]) -> list[dict[str, Any]]:
    kinds = set(asked["kind"].split(",")) if asked.get("kind") else None
    rows = twin.ledger.since(int(asked.get("since", 0)))
    return [one.as_dict() for one in rows if kinds is None or one.kind in kinds][: int(asked.get("limit", 10_000))]


def _deliveries(twin: ShopifyTwin, asked: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "number": x.number,
            "topic": x.topic,
            "webhook_id": x.webhook_id,
            "event_id": x.event_id,
            "url": x.url,
            "state": x.state,
            "copy": x.copy,
            "attempts": x.attempts,
            "answers": x.answers,
        }
        for x in twin.emitter.deliveries
        if asked.get("state") in (None, x.state)
    ]


def _levels(twin: ShopifyTwin, asked: dict[str, str]) -> list[dict[str, Any]]:
    places = twin.world.locations
    return [
        {"sku": x.item.sku, "item": gid("InventoryItem", x.item.id), "location": places[x.location_id].name, **show(x)}
        for x in twin.world.levels.values()
    ]


def _orders(twin: ShopifyTwin, asked: dict[str, str]) -> list[dict[str, Any]]:
    return [describe_order(one) for one in twin.world.orders.values()]


def _subscriptions(twin: ShopifyTwin, asked: dict[str, str]) -> list[dict[str, Any]]:
    rows = twin.emitter.subscriptions.values()
    return [{"id": gid("WebhookSubscription", x.id), "topic": x.topic, "uri": x.uri, "name": x.name} for x in rows]


VIEWS: dict[str, Callable[[ShopifyTwin, dict[str, str]], Any]] = {
    "state": _state,
    "ledger": _ledger,
    "deliveries": _deliveries,
    "levels": _levels,
    "orders": _orders,
    "subscriptions": _subscriptions,
}


def _json(status: int, body: Any) -> Response:
    raw = json.dumps(body, default=str).encode()
    return Response(status, raw, {"content-type": "application/json"})


assert all(hasattr(Control, one) for one in COMMANDS)
