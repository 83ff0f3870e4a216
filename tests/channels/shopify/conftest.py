"""A Shopify store that answers from recorded shapes, in the same process: one answer per document, by its name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stockbridge.channels.shopify import open_door
from stockbridge.ports import HttpAnswer, HttpRequest, OpenDoor, Opening

DOMAIN = "acme.myshopify.com"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRETS = {"client_id": "app", "client_secret": "s3cret"}
STATUS = {"maximumAvailable": 2000, "currentlyAvailable": 1900, "restoreRate": 100}


@dataclass
class Clock:
    moment: datetime = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass
class Budget:
    """Writes down what was asked of it; ``refuse`` is raised instead of waiting."""

    takes: list[tuple[float, bool]] = field(default_factory=list)
    corrections: list[tuple[float, float, float]] = field(default_factory=list)
    holds: list[float] = field(default_factory=list)
    refuse: Exception | None = None

    def take(self, cost: float, *, urgent: bool, patience_s: float = 10.0) -> None:
        if self.refuse:
            raise self.refuse
        self.takes.append((cost, urgent))

    def correct(self, *, available: float, maximum: float, restore_per_s: float, refund: float = 0.0) -> None:
        self.corrections.append((available, maximum, restore_per_s))

    def hold(self, seconds: float) -> None:
        self.holds.append(seconds)


class Ids:
    def new(self) -> str:
        return "id"


Reply = Mapping[str, Any] | HttpAnswer | Exception
Script = Reply | Callable[[dict[str, Any]], Reply]


@dataclass
class Store:
    """``answers[document]`` is a list used up from the front; its last entry is given for ever."""

    answers: dict[str, list[Script]] = field(default_factory=dict)
    token_answers: list[Reply] = field(default_factory=lambda: [{"access_token": "t1", "scope": "", "expires_in": 86399}])
    requests: list[HttpRequest] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tokens: list[bytes] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=lambda: dict(STATUS))
    cost: float = 13

    def on(self, document: str, *scripts: Script) -> None:
        self.answers[document] = list(scripts)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        if request.url.endswith("/admin/oauth/access_token"):
            self.tokens.append(request.body)
            return self._reply(self._next(self.token_answers), token=True)
        asked = json.loads(request.body)
        self.calls.append((asked["operationName"], asked["variables"]))
        script = self._next(self.answers[asked["operationName"]])
        return self._reply(script(asked["variables"]) if callable(script) else script)

    @staticmethod
    def _next(queue: list[Any]) -> Any:
        return queue.pop(0) if len(queue) > 1 else queue[0]

    def _reply(self, found: Reply, *, token: bool = False) -> HttpAnswer:
        if isinstance(found, Exception):
            raise found
        if isinstance(found, HttpAnswer):
            return found
        body = dict(found)
        if not token:
            if not body.keys() & {"data", "errors"}:
                body = {"data": body}
            cost = {"requestedQueryCost": self.cost, "actualQueryCost": self.cost, "throttleStatus": self.status}
            body.setdefault("extensions", {"cost": cost})
        return HttpAnswer(status=200, headers={"x-shopify-api-version": "2026-10"}, body=json.dumps(body).encode())

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def variables(self, document: str) -> dict[str, Any]:
        """What the document was last called with."""
        return [v for name, v in self.calls if name == document][-1]


@dataclass
class Shop:
    """A door, and the store behind it."""

    store: Store
    clock: Clock
    budget: Budget
    settings: dict[str, object]
    secrets: dict[str, str]
    _door: OpenDoor | None = None

    @property
    def door(self) -> OpenDoor:
        if self._door is None:
            self._door = open_door(self.opening())
        return self._door

    def opening(self) -> Opening:
        return Opening(
            account="acme",
            connection="shop",
            settings=self.settings,
            secrets=self.secrets,
            clock=self.clock,
            ids=Ids(),
            http=self.store,
            budget=self.budget,
        )


@pytest.fixture
def shop() -> Shop:
    """A store that uses the client-credentials grant."""
    return Shop(store=Store(), clock=Clock(), budget=Budget(), settings={"domain": DOMAIN}, secrets=dict(SECRETS))


@pytest.fixture
def store(shop: Shop) -> Store:
    return shop.store


class Make:
    """Pieces of answers in the shape that Shopify gives them."""

    pages = {"hasNextPage": False, "endCursor": None}

    @staticmethod
    def gid(kind: str, number: int | str) -> str:
        return f"gid://shopify/{kind}/{number}"

    def page(self, *nodes: Any, more: str | None = None) -> dict[str, Any]:
        return {"nodes": list(nodes), "pageInfo": {"hasNextPage": more is not None, "endCursor": more}}

    def line(self, number: int, *, quantity: int = 1, **changes: Any) -> dict[str, Any]:
        return {
            "id": self.gid("LineItem", number),
            "sku": f"SKU-{number}",
            "title": f"Thing {number}",
            "quantity": quantity,
            "currentQuantity": quantity,
            "requiresShipping": True,
            "originalUnitPriceSet": {"shopMoney": {"amount": "19.90", "currencyCode": "EUR"}},
            "variant": {"id": self.gid("ProductVariant", number), "inventoryItem": {"id": self.gid("InventoryItem", number)}},
            **changes,
        }

    def asked(
        self, number: int, *lines: tuple[int, int], location: int = 1, more: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        """A fulfillment order with (order line, remaining units) pairs."""
        return {
            "id": self.gid("FulfillmentOrder", number),
            "status": "OPEN",
            "requestStatus": "UNSUBMITTED",
            "updatedAt": "2026-11-22T10:00:00Z",
            "assignedLocation": {"name": f"Place {location}", "location": {"id": self.gid("Location", location)}},
            "deliveryMethod": {"methodType": "SHIPPING"},
            "destination": None,
            "fulfillmentHolds": [],
            "lineItems": self.page(*(self.asked_line(number, line, units) for line, units in lines), more=more),
            **changes,
        }

    def asked_line(self, order: int, line: int, units: int) -> dict[str, Any]:
        own = self.gid("FulfillmentOrderLineItem", f"{order}{line:03}")
        return {"id": own, "totalQuantity": units, "remainingQuantity": units, "lineItem": {"id": self.gid("LineItem", line)}}

    def shipped(
        self, number: int, *lines: tuple[int, int], location: int = 1, numbers: tuple[str, ...] = (), **changes: Any
    ) -> dict[str, Any]:
        """A fulfillment with (order line, units) pairs."""
        return {
            "id": self.gid("Fulfillment", number),
            "status": "SUCCESS",
            "createdAt": "2026-11-22T11:00:00Z",
            "updatedAt": "2026-11-22T11:00:00Z",
            "location": {"id": self.gid("Location", location)},
            "trackingInfo": [{"company": "DHL", "number": n, "url": None} for n in numbers],
            "fulfillmentLineItems": self.page(
                *({"quantity": u, "lineItem": {"id": self.gid("LineItem", n)}} for n, u in lines)
            ),
            **changes,
        }

    def shipping(
        self, number: int = 1, asked: tuple[Any, ...] = (), shipped: tuple[Any, ...] = (), **changes: Any
    ) -> dict[str, Any]:
        return {
            "id": self.gid("Order", number),
            "name": f"#{1000 + number}",
            "cancelledAt": None,
            "fulfillmentOrders": self.page(*asked),
            "fulfillments": list(shipped),
            **changes,
        }

    def order(self, number: int = 1, lines: tuple[Any, ...] = (), **changes: Any) -> dict[str, Any]:
        return {
            **self.shipping(number),
            "createdAt": "2026-11-22T10:00:00Z",
            "updatedAt": "2026-11-22T10:05:00Z",
            "displayFinancialStatus": "PAID",
            "displayFulfillmentStatus": "UNFULFILLED",
            "currencyCode": "EUR",
            "test": False,
            "email": "jo@example.com",
            "note": None,
            "tags": ["vip"],
            "sourceName": "web",
            "requiresShipping": True,
            "currentTotalPriceSet": {"shopMoney": {"amount": "39.80", "currencyCode": "EUR"}},
            "shippingAddress": None,
            "shippingLine": {"title": "Standard"},
            "lineItems": self.page(*lines),
            **changes,
        }

    @staticmethod
    def complaint(
        root: str, message: str, *, code: str | None = None, path: list[str] | None = None, **payload: Any
    ) -> dict[str, Any]:
        """The answer of a mutation that was not done."""
        return {root: {**payload, "userErrors": [{"code": code, "field": path, "message": message}]}}

    @staticmethod
    def trouble(code: str, message: str = "no", *, data: Any = None, path: list[Any] | None = None) -> dict[str, Any]:
        """A top-level error."""
        return {"data": data, "errors": [{"message": message, "path": path, "extensions": {"code": code}}]}


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def signed() -> Callable[..., dict[str, str]]:
    """Headers of a webhook as Shopify would send it."""

    def sign(topic: str, body: bytes, *, secret: str = SECRETS["client_secret"], **changes: str) -> dict[str, str]:
        digest = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": digest,
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Webhook-Id": "w-1",
            "X-Shopify-Event-Id": "e-1",
            "X-Shopify-Triggered-At": "2026-11-22T12:00:00Z",
            "X-Shopify-API-Version": "2026-10",
        }
        return {**headers, **{f"X-Shopify-{name.replace('_', '-').title()}": value for name, value in changes.items()}}

    return sign
