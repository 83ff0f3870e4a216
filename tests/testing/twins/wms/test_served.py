"""The twin behind a real port: answers that are really lost, events that really arrive, many orders at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import msgspec
import pytest

from stockbridge.testing.fakes import asgi_handler
from stockbridge.testing.twins.wms import Fault, Pace, Warehouse, WmsConfig, WmsTwin, Zone
from stockbridge.testing.twins.wms.app import WmsApp
from stockbridge.testing.twins.wms.config import WallClock
from stockbridge.testing.twins.wms.server import serve, serve_in_process

CONFIG = WmsConfig(
    warehouses=(Warehouse("LON", "London", (Zone("BULK"),)),),
    stock={"LON": {"MUG": {"BULK": 100_000}}},
    pace=Pace(manual=True),
)
KEY = {"authorization": "Bearer twin-key"}


def order(reference: str) -> dict[str, object]:
    return {"reference": reference, "warehouse": "LON", "lines": [{"line_id": "1", "item_code": "MUG", "units": 1}]}


def client(url: str, **more) -> httpx2.Client:
    return httpx2.Client(base_url=url, headers=KEY, trust_env=False, timeout=more.pop("timeout", 10), **more)


@contextmanager
def receiver(answers: list[int]) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Somebody who takes events and answers with ``answers`` in turn, then 200."""
    taken: list[tuple[dict[str, str], bytes]] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *_):
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks", taken
    finally:
        server.shutdown()
        server.server_close()


def until(condition, seconds: float = 10.0) -> None:
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


@pytest.mark.parametrize("kind", ["lose_answer", "cut_answer"])
def test_a_lost_answer_is_really_no_answer_and_the_order_is_there(kind):
    with serve(CONFIG) as running, client(running.url) as http:
        running.twin.faults.plan("submit", Fault(kind))
        with pytest.raises(httpx2.HTTPError):
            http.post("/v1/orders", json=order("R-1"))
        assert running.twin.ledger.creates == {"R-1": 1}
        assert http.get("/v1/orders/R-1").json()["copies"] == 1
        assert http.post("/v1/orders", json=order("R-1")).status_code == 409


def test_a_lost_request_leaves_nothing_behind():
    with serve(CONFIG) as running, client(running.url) as http:
        running.twin.faults.plan("submit", Fault("lose_request"))
        with pytest.raises(httpx2.HTTPError):
            http.post("/v1/orders", json=order("R-1"))
        assert http.get("/v1/orders/R-1").status_code == 404


def test_a_slow_answer_passes_the_deadline_and_holds_up_nobody_else():
    with serve(CONFIG) as running, client(running.url) as http, ThreadPoolExecutor(1) as pool:
        running.twin.faults.plan("submit", Fault("slow_answer", seconds=20))
        slow = pool.submit(http.post, "/v1/orders", json=order("R-1"), timeout=1.0)
        until(lambda: running.twin.ledger.creates["R-1"] == 1)
        assert http.post("/v1/orders", json=order("R-2")).status_code == 201
        assert not slow.done(), "the second order overtook the first"
        with pytest.raises(httpx2.TimeoutException):
            slow.result()


def test_many_calls_wait_for_a_slow_wms_at_the_same_time():
    with serve(CONFIG) as running, client(running.url) as http:
        running.twin.latency_s = 0.2
        started = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda number: http.post("/v1/orders", json=order(f"R-{number}")).status_code, range(20)))
        assert set(answers) == {201}
        assert time.monotonic() - started < 20 * 0.2 / 2, "twenty calls of 200 ms must overlap"


def test_a_burst_of_orders_is_taken_each_once():
    with serve(CONFIG) as running, client(running.url) as http, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: http.post("/v1/orders", json=order(f"R-{number}")).status_code, range(500)))
        assert set(answers) == {201}
        assert len(running.twin.ledger.creates) == 500
        assert set(running.twin.ledger.creates.values()) == {1}


def test_events_arrive_signed_and_are_tried_again_until_taken():
    with receiver([500]) as (address, taken), serve(CONFIG) as running, client(running.url) as http:
        http.post("/_twin/knobs", json={"callback_url": address})
        http.post("/v1/orders", json=order("R-1"))
        until(lambda: len(taken) >= 2)
        kinds = {msgspec.json.decode(body)["type"] for _, body in taken}
        assert kinds == {"order.accepted", "stock.changed"}
        assert all({"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(headers) for headers, _ in taken)
        until(lambda: running.twin.desk.counts["delivered"] == 1 and running.twin.desk.counts["waiting"] == 1)


def test_a_receiver_that_is_away_does_not_stop_the_warehouse():
    with serve(CONFIG) as running, client(running.url) as http:
        http.post("/_twin/knobs", json={"callback_url": "http://127.0.0.1:9/nobody"})
        http.post("/v1/orders", json=order("R-1"))
        until(lambda: running.twin.desk.counts["waiting"] >= 2)
        assert http.post("/v1/orders", json=order("R-2")).status_code == 201


def test_by_the_clock_a_served_twin_ships_by_itself():
    pace = Pace(pick_s=0.05, pack_s=0.05, ship_s=0.05, jitter=0)
    with serve(WmsConfig(**{**_fields(CONFIG), "pace": pace})) as running, client(running.url) as http:
        http.post("/v1/orders", json=order("R-1"))
        until(lambda: running.twin.ledger.shipped("R-1") == {"MUG": 1})


def _fields(config: WmsConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


# the control API


def test_people_in_the_warehouse_can_be_played_over_http():
    with serve(CONFIG) as running, client(running.url) as http:
        http.post("/v1/orders", json=order("R-1"))
        http.post("/v1/orders", json=order("R-2"))
        http.post("/v1/orders", json=order("R-3"))
        assert http.post("/_twin/pick", json={"reference": "R-1"}).json() is True
        (shipment,) = http.post("/_twin/ship", json={"reference": "R-1", "lines": {"MUG": 1}, "carrier": "DPD"}).json()
        assert (shipment["carrier"], shipment["final"]) == ("DPD", True)
        assert http.post("/_twin/cancel", json={"reference": "R-2", "reason": "broken"}).json()["result"] == "confirmed"
        assert http.post("/_twin/forget", json={"reference": "R-3"}).status_code == 200
        http.post("/_twin/items", json={"item_code": "PEN"})
        stock = {"warehouse": "LON", "item_code": "PEN", "zone": "BULK"}
        assert http.post("/_twin/stock", json=stock | {"units": 7}).json()["zones"] == {"BULK": 7}
        assert http.post("/_twin/stock", json=stock | {"delta": -2}).json()["zones"] == {"BULK": 5}
        state = http.get("/_twin/state").json()
        assert state["creates"] == {"R-1": 1, "R-2": 1, "R-3": 1}
        assert state["physical"]["LON"]["PEN"] == {"BULK": 5}
        kinds = [each["kind"] for each in http.get("/_twin/ledger").json()]
        assert kinds[:3] == ["accepted"] * 3
        assert {"reserved", "shipped", "cancelled", "forgotten", "stock"} <= set(kinds)
        assert len(http.get("/_twin/ledger?after=3").json()) == len(kinds) - 3


def test_faults_and_events_can_be_arranged_over_http():
    with serve(CONFIG) as running, client(running.url) as http:
        http.post(
            "/_twin/faults", json={"operation": "submit", "kind": "error_before", "status": 429, "seconds": 3, "times": 2}
        )
        assert [http.post("/v1/orders", json=order("R-1")).status_code for _ in range(3)] == [429, 429, 201]
        http.post("/_twin/callbacks", json={"type": "x", "action": "hold"})
        http.post("/_twin/inject", json={"type": "x", "data": {}})
        assert http.get("/_twin/callbacks").json()[-1]["state"] == "held"
        assert http.post("/_twin/callbacks", json={"release": "newest_first"}).json() == 1
        http.post("/_twin/knobs", json={"latency_s": 0.01, "cancels": "never", "pace": {"pick_s": 5}, "lose_rate": 0.5})
        assert (running.twin.config.cancels, running.twin.pace.pick_s, running.twin.desk.config.lose_rate) == ("never", 5, 0.5)
        assert running.twin.latency_s == 0.01
        http.post("/_twin/faults", json={"clear": True})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_twin/nothing", None, 404),
        ("POST", "/_twin/explode", {}, 404),
        ("POST", "/_twin/ship", {}, 400),
        ("POST", "/_twin/ship", {"reference": "R-9"}, 409),
        ("POST", "/_twin/faults", {"operation": "submit", "kind": "explode"}, 400),
        ("POST", "/_twin/knobs", {"pace": {"speed": 1}}, 400),
    ],
)
def test_the_control_api_says_what_is_wrong(method, path, body, status):
    handle = asgi_handler(WmsApp(WmsTwin(CONFIG, WallClock())))
    answer = handle(method, path, {}, msgspec.json.encode(body or {}))
    assert answer.status == status
    assert msgspec.json.decode(answer.body)["message"]


def test_the_application_answers_in_process_as_well_and_loses_answers_there_too():
    twin = WmsTwin(CONFIG, WallClock())
    handle = asgi_handler(WmsApp(twin))
    assert handle("POST", "/v1/orders", KEY, msgspec.json.encode(order("R-1"))).status == 201
    twin.faults.plan("submit", Fault("lose_answer"))
    assert handle("POST", "/v1/orders", KEY, msgspec.json.encode(order("R-2"))).fate == "lost"
    assert twin.ledger.creates == {"R-1": 1, "R-2": 1}


def test_in_a_process_of_its_own_it_answers_and_ends_with_its_owner():
    with serve_in_process(CONFIG) as running, client(running.url) as http:
        assert running.twin is None
        assert http.post("/v1/orders", json=order("R-1")).status_code == 201
        assert http.get("/_twin/state").json()["creates"] == {"R-1": 1}
    with pytest.raises(httpx2.ConnectError), client(running.url) as http:
        http.get("/v1/about")
