"""The Shopify door keeps the promises of a channel, against the Shopify twin, in both API versions and in every world that
Shopify's documentation leaves open."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2
import msgspec
import pytest

from stockbridge.channels.shopify import DOOR, generated
from stockbridge.channels.shopify.generated import Operation
from stockbridge.ports import Clock, HttpAnswer, HttpRequest, NotGenuine, OpenDoor, OutcomeUnknown, TryLater
from stockbridge.testing.contract_channel import ChannelContract, ShippingContract, fetched, perform, shipment
from stockbridge.testing.contract_levels import LevelsContract
from stockbridge.testing.fakes import opening
from stockbridge.testing.twins.shopify import Request, ShopifyTwin, VirtualClock
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.server import served

DOMAIN = "nordlicht.myshopify.com"
SECRETS = {"client_id": "twin-client-id", "client_secret": "twin-client-secret"}
HERE, SKU, SECOND = "https://bridge.example/in", "MUG-BLUE", "SOCKS-M"


class TwinClock(VirtualClock):
    """The twin's clock, on which the door may sleep."""

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class InProcess:
    """The network between the door and a twin in the same process."""

    def __init__(self, twin: ShopifyTwin) -> None:
        self.twin, self.plugged = twin, True
        self.statuses: list[int] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        if not self.plugged:
            raise TryLater("No connection to the store.")
        path = "/" + request.url.split("/", 3)[3]
        answer = self.twin.handle(Request(request.method, path, dict(request.headers), request.body))
        self.statuses.append(answer.status)
        if answer.cut:
            raise OutcomeUnknown("The answer was lost.")
        return HttpAnswer(status=answer.status, headers=dict(answer.headers), body=answer.body)


class Wire:
    """The same over real sockets."""

    def __init__(self, base: str) -> None:
        self.base, self.plugged = base, True
        self.client = httpx2.Client(trust_env=False, verify=False)  # making one costs as much as a hundred calls

    def send(self, request: HttpRequest) -> HttpAnswer:
        if not self.plugged:
            raise TryLater("No connection to the store.")
        try:
            answer = self.client.request(
                request.method, request.url, headers=dict(request.headers), content=request.body, timeout=request.deadline_s
            )
        except httpx2.ConnectError as error:
            raise TryLater(str(error)) from error
        except httpx2.HTTPError as error:
            raise OutcomeUnknown(str(error)) from error
        return HttpAnswer(
            status=answer.status_code, headers={k.lower(): v for k, v in answer.headers.items()}, body=answer.content
        )


class ShopifyRig:
    """The twin as a channel rig: buyers, staff and truth."""

    secrets = ("twin-client-secret",)

    def __init__(self, twin: ShopifyTwin, http: Any, **settings: object) -> None:
        self.twin, self.http = twin, http
        self.clock: Clock = twin.clock  # type: ignore[assignment]
        self.door: OpenDoor = DOOR.open(
            opening(settings={"domain": DOMAIN, "webhook_url": HERE, **settings}, secrets=SECRETS, clock=twin.clock, http=http)  # type: ignore[arg-type]
        )
        assert self.door.polls is not None
        self.door.polls.poll("subscriptions", None)
        self.clock.sleep(30)  # so that the rate budget is full again
        places = [gid("Location", each.id) for each in twin.world.active_locations()]
        self.location, self.other_location = places[:2]
        self.item, self.second_item = (gid("InventoryItem", twin.control.item(sku).id) for sku in (SKU, SECOND))
        for item in (SKU, SECOND):
            for place in places[:2]:
                twin.control.set_stock(item, place, quantity=40)
        self.hints()

    def place(self, units: int) -> str:
        order = self.twin.control.place({SKU: units}, at=self.location)
        self.twin.control.route_now(order)
        self.clock.sleep(1)
        self.twin.run_due()
        return gid("Order", order.id)

    def lose_hints(self) -> None:
        self.twin.emitter.subscriptions.clear()

    def hints(self) -> Sequence[tuple[Mapping[str, str], bytes]]:
        posts = []
        while due := self.twin.emitter.take_due():
            posts += due
        for post in posts:
            self.twin.emitter.settle(post, 200)
        return [(post.headers, post.body) for post in posts]

    def signed(self, body: bytes, topic: str = "orders/updated") -> Mapping[str, str]:
        digest = hmac.new(b"twin-client-secret", body, hashlib.sha256).digest()
        return {
            "X-Shopify-Topic": topic or "orders/updated",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Webhook-Id": hashlib.sha256(body).hexdigest(),
        }

    def hold(self, order_id: str) -> None:
        self.twin.control.hold(order_id)

    def sell(self, units: int) -> None:
        self.twin.control.sell_over_the_counter({SKU: units}, at=self.location)

    def unstock(self, item: str) -> None:
        level = self.twin.control.level(item, self.location)
        assert level is not None
        level.is_active = False

    def available(self, item: str) -> int:
        level = self.twin.control.level(item, self.location)
        assert level is not None
        return level.available

    def shipped(self, order_id: str) -> Sequence[tuple[str, Mapping[str, int]]]:
        order = self.twin.control.order(order_id)
        return [
            (",".join(t.number or "" for t in f.tracking), {gid("LineItem", line.line.id): line.quantity for line in f.lines})
            for f in order.fulfillments
        ]

    def left_at(self, order_id: str, location: str) -> int:
        order = self.twin.control.order(order_id)
        here = [each for each in order.fulfillment_orders if gid("Location", each.location.id) == location and each.is_open]
        return sum(line.remaining_quantity for each in here for line in each.lines)

    def lose_next_answer(self, *, done: bool) -> None:
        self.twin.fail_next("drop_answer_after" if done else "timeout_before", "mutation")

    def unplug(self) -> None:
        self.http.plugged = False


def in_process(*, choices: dict[str, Any] | None = None, **settings: object) -> ShopifyRig:
    twin = ShopifyTwin(clock=TwinClock(), choices=choices)
    return ShopifyRig(twin, InProcess(twin), **settings)


class TestInBothVersions(ChannelContract):
    @pytest.fixture(params=["2026-10", "2026-07"])
    def rig(self, request: pytest.FixtureRequest) -> ShopifyRig:
        return in_process(api_version=request.param)


def named(world: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in world.items())


STOCK_WORLDS = [
    {"batch_atomic": False},
    {"unstocked_write": "active"},
    {"unstocked_write": "error"},
    {"idempotency_replays": False},
    {"replay_keeps_user_errors": False},
    {"all_bad_entries_reported": False},
]


class TestLevelsInEveryWorldThatShopifyLeavesOpen(LevelsContract):
    @pytest.fixture(params=STOCK_WORLDS, ids=named)
    def rig(self, request: pytest.FixtureRequest) -> ShopifyRig:
        return in_process(choices=request.param)


class TestShippingInEveryWorldThatShopifyLeavesOpen(ShippingContract):
    @pytest.fixture(params=[{"fulfill_on_hold": "allow"}, {"fulfillment_cancel": "reopen"}], ids=named)
    def rig(self, request: pytest.FixtureRequest) -> ShopifyRig:
        return in_process(choices=request.param)


class TestOverRealSockets(ShippingContract):
    @pytest.fixture
    def rig(self) -> Iterator[ShopifyRig]:
        twin = ShopifyTwin(clock=TwinClock())
        with served(twin, hang_s=0.01) as base:
            yield ShopifyRig(twin, Wire(base), base_url=base)


# --- what only Shopify promises --------------------------------------------------------------------------------------------


@pytest.fixture
def rig() -> ShopifyRig:
    return in_process()


def test_the_keeper_subscribes_and_repairs_what_shopify_removed(rig: ShopifyRig) -> None:
    rows = rig.twin.emitter.subscriptions
    before = sorted(each.topic for each in rows.values())
    rows.pop(next(iter(rows)))
    assert rig.door.polls is not None
    first, _ = rig.door.polls.poll("subscriptions", None)
    again, _ = rig.door.polls.poll("subscriptions", None)
    assert (len(first), len(again)) == (1, 0)
    assert sorted(each.topic for each in rows.values()) == before


def test_a_token_that_was_revoked_is_replaced_without_anybody_noticing(rig: ShopifyRig) -> None:
    order = rig.place(1)
    rig.twin.tokens.revoke_all()
    assert fetched(rig, order).order_id == order


def test_the_planned_costs_are_what_the_store_asks(rig: ShopifyRig) -> None:
    """The twin computes costs from the same published rules, in code of its own."""
    order = fetched(rig, rig.place(2))
    perform(rig, shipment(rig, order, 1))
    for what in rig.door.polls.sweeps:  # type: ignore[union-attr]
        rig.door.polls.poll(what, None)  # type: ignore[union-attr]
    rig.door.check()  # type: ignore[misc]
    asked = rig.door.levels._shopify._costs  # type: ignore[union-attr]
    planned = {each.name: each.cost for each in vars(generated).values() if isinstance(each, Operation)}
    assert len(asked) >= 8
    assert {name: planned[name] for name in asked} == asked


def test_a_throttled_answer_is_waited_out(rig: ShopifyRig) -> None:
    order = rig.place(1)
    rig.twin.fail_next("throttled", "FetchOrders")
    assert fetched(rig, order).order_id == order


def test_a_large_order_is_read_to_its_last_line(rig: ShopifyRig) -> None:
    rows = [{"title": f"Thing {n}", "quantity": 1, "price": "1.00"} for n in range(130)]
    placed = rig.twin.control.place(rows, at=rig.location)
    rig.twin.control.route_now(placed)
    order = fetched(rig, gid("Order", placed.id))
    assert len(order.lines) == 130
    assert sum(len(each.lines) for each in order.fulfillment_orders) == 130


def test_a_store_whose_permissions_have_a_gap_fails_its_check(rig: ShopifyRig) -> None:
    scopes = [each for each in rig.twin.world.app.scopes if "third_party" not in each]
    rig.twin.world.app.scopes = frozenset(scopes)
    rig.twin.tokens.revoke_all()
    health = rig.door.check()  # type: ignore[misc]
    assert not health.ok
    assert "third_party" in health.findings[0]


def test_the_catalogue_can_be_read_on_from_behind_an_item(rig: ShopifyRig) -> None:
    client = rig.door.levels._shopify  # type: ignore[union-attr]

    def ids(query: Any) -> list[int]:
        found = client.call(generated.SWEEP_ITEMS, generated.SweepItems(query=query), urgent=False).data.product_variants.nodes
        return [int(each.id.rsplit("/", 1)[1]) for each in found]

    everything = ids(msgspec.UNSET)
    assert ids(f"id:>{everything[4]}") == everything[5:]


# --- trouble in the middle -------------------------------------------------------------------------------------------------


def large_order(rig: ShopifyRig) -> str:
    """An order of 130 lines, which takes several calls to read."""
    placed = rig.twin.control.place(
        [{"title": f"Thing {n}", "quantity": 1, "price": "1.00"} for n in range(130)], at=rig.location
    )
    rig.twin.control.route_now(placed)
    return gid("Order", placed.id)


@pytest.mark.parametrize(
    "fault", ["throttled", "http_429", "http_500_before", "http_500_after", "drop_answer_after", "timeout"]
)
def test_trouble_on_the_second_page_gives_the_whole_order_or_none(rig: ShopifyRig, fault: str) -> None:
    order = large_order(rig)
    rig.twin.fail_next(fault, "MoreLines")
    if fault != "throttled":
        with pytest.raises(TryLater):
            fetched(rig, order)
    assert len(fetched(rig, order).lines) == 130


def test_a_bucket_that_runs_dry_between_two_pages_is_waited_for(rig: ShopifyRig) -> None:
    """Somebody else of the same app has used it up: the budget that we believe in is wrong from now on."""
    order = large_order(rig)
    bucket = rig.twin.api.bucket
    assert bucket is not None
    rig.twin.between("FetchOrders", lambda: setattr(bucket, "level", 0.0))
    began = rig.clock.now()
    assert len(fetched(rig, order).lines) == 130
    assert len(rig.twin.ledger.of("throttled")) >= 1
    assert rig.clock.now() > began


@pytest.mark.parametrize("document", ["MoreLines", "MoreFulfillmentOrderLines"])
def test_a_token_that_dies_between_two_pages_is_replaced_and_the_reading_goes_on(rig: ShopifyRig, document: str) -> None:
    order = large_order(rig)
    before = "FetchOrders" if document == "MoreFulfillmentOrderLines" else "MoreFulfillmentOrderLines"
    rig.twin.between(before, rig.twin.tokens.revoke_all)
    granted = len(rig.twin.ledger.of("token_granted"))
    assert len(fetched(rig, order).lines) == 130
    assert len(rig.twin.ledger.of("token_granted")) == granted + 1


def test_a_day_s_tokens_are_renewed_in_time_and_nothing_is_ever_turned_away(rig: ShopifyRig) -> None:
    order = rig.place(1)
    for _ in range(30):
        rig.clock.sleep(3_600)
        assert fetched(rig, order).order_id == order
    assert 2 <= len(rig.twin.ledger.of("token_granted")) <= 3
    assert set(rig.http.statuses) == {200}


def test_both_secrets_are_good_while_one_replaces_the_other(rig: ShopifyRig) -> None:
    def opened(**secrets: str) -> OpenDoor:
        given = opening(settings={"domain": DOMAIN}, secrets=SECRETS | secrets, clock=rig.clock, http=rig.http)  # type: ignore[arg-type]
        return DOOR.open(given)

    rig.twin.rotate_secret("the-new-one")
    rig.place(1)
    old_signs = rig.hints()
    rig.twin.revoke_old_secrets()
    rig.place(1)
    new_signs = rig.hints()
    changed = opened(client_secret="the-new-one", client_secret_previous="twin-client-secret")
    for headers, body in [*old_signs, *new_signs]:
        assert changed.inbound.identify(headers, body, rig.clock.now())
    forgotten = opened(client_secret="the-new-one")
    with pytest.raises(NotGenuine):
        forgotten.inbound.identify(*old_signs[0], rig.clock.now())
    assert forgotten.inbound.identify(*new_signs[0], rig.clock.now())


def test_every_webhook_of_a_busy_day_is_read(rig: ShopifyRig) -> None:
    """All that the keeper subscribes to, as the store really writes it."""
    do = rig.twin.control
    first = do.order(rig.place(3))
    do.hold(first)
    do.release(first)
    do.edit(first, quantities={SKU: 2})
    do.refund(first, {SKU: 1})
    do.move(first, rig.other_location)
    do.fulfill(first, tracking={"number": "JD1"})
    do.cancel(do.order(rig.place(1)))
    do.change_sku(SECOND, "SOCKS-L")
    do.add_location("Bremen")
    do.deactivate_location("Bremen")
    do.activate_location("Bremen")
    rig.sell(1)
    found: dict[str, set[str]] = {}
    for headers, body in rig.hints():
        arrival = rig.door.inbound.identify(headers, body, rig.clock.now())
        for event in rig.door.inbound.read(arrival):
            found.setdefault(arrival.topic, set()).add(type(event).__name__)
    assert len(found) >= 15
    hinted = {topic for topic, names in found.items() if names == {"OrderHinted"}}
    assert {"orders/create", "orders/edited", "orders/cancelled", "refunds/create", "fulfillments/create"} <= hinted
    assert found["inventory_levels/update"] == {"LevelHinted"}
