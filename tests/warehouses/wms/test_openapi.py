"""The published contract is valid, and door and twin both keep it: neither is the other's only witness."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

import msgspec
import pytest
from openapi_spec_validator import validate

from stockbridge.domain.effects import AdjustStock, CancelSubmission, SubmissionLine, SubmitOrder
from stockbridge.domain.values import Address, Money
from stockbridge.warehouses.wms.inbound import READERS

EVENTS = {
    "order.accepted": "OrderAcceptedEvent",
    "order.status": "OrderStatusEvent",
    "shipment.confirmed": "ShipmentConfirmedEvent",
    "order.cancelled": "CancellationEvent",
    "order.cancel_declined": "CancellationEvent",
    "stock.changed": "StockChangedEvent",
}


@pytest.fixture
def conforms(contract):
    """``conforms('Order', body)`` raises where a body is not of the contract's shape."""
    return contract.conforms


def order(reference: str = "R-1", units: int = 3) -> SubmitOrder:
    return SubmitOrder(
        reference=reference,
        warehouse="LON",
        order_name="#1001",
        lines=(
            SubmissionLine(
                line_id="L1", item_code="MUG", units=units, title="A mug", unit_price=Money(Decimal("12.50"), "EUR")
            ),
            SubmissionLine(line_id="L2", item_code="PEN", units=1),
        ),
        ship_to=Address(name="Ada", city="London", country_code="GB", latitude=51.5),
        shipping_method="Standard",
        currency="EUR",
        note="Leave at the door",
    )


def test_the_contract_is_valid_openapi_3_1(contract):
    validate(contract.document)
    assert contract.document["openapi"].startswith("3.1")


def test_the_contract_names_every_event_that_the_door_reads_and_no_other(contract):
    assert set(contract.document["webhooks"]) == set(EVENTS) == {topic for topic in READERS if "." in topic}


def test_what_the_door_sends_is_of_the_contracts_shape(bench, conforms):
    bench.door.outbound.perform(order(), "k")
    sent = bench.http.sent[-1]
    conforms("Submission", sent.body)
    assert msgspec.json.decode(sent.body)["lines"][0]["price"] == "12.50"
    assert sent.headers["authorization"].startswith("Bearer ")


def test_every_call_of_the_door_is_a_path_of_the_contract(bench, contract):
    bench.door.outbound.perform(order(), "k")
    bench.door.outbound.look_up(order(), "k")
    cancel = CancelSubmission(reference="R-1", warehouse="LON", reason="customer")
    bench.door.outbound.perform(cancel, cancel.key)
    told = AdjustStock(reference="R-1", warehouse="LON", item_code="MUG", units=-1, zones=("PICK",), reason="sold at the till")
    bench.door.outbound.perform(told, told.key)
    bench.door.outbound.look_up(told, told.key)
    for what in bench.door.polls.sweeps:
        bench.door.polls.poll(what, "1")
    bench.door.check()
    called = {(each.method.lower(), urlsplit(each.url).path.replace("/R-1", "/{reference}")) for each in bench.http.sent}
    known = {(method, path) for path, item in contract.document["paths"].items() for method in item if method != "parameters"}
    assert called == known


def test_what_the_twin_answers_is_of_the_contracts_shape(make, conforms):
    bench = make(reserve_on_accept=True)
    handle, key = bench.http.hosts["http://wms.test"], {"authorization": f"Bearer {bench.twin.config.api_key}"}
    body = msgspec.json.encode({"reference": "R-1", "warehouse": "LON", "lines": [{"item_code": "MUG", "units": 3}]})
    conforms("Order", handle("POST", "/v1/orders", key, body).body)
    conforms("ReferenceExists", handle("POST", "/v1/orders", key, body).body)
    conforms("Error", handle("POST", "/v1/orders", key, body.replace(b"MUG", b"ELF").replace(b"R-1", b"R-2")).body)
    bench.twin.ship("R-1", {"MUG": 2}, parcels=2)
    conforms("Cancellation", handle("POST", "/v1/orders/R-1/cancel", key, b"{}").body)
    conforms("Order", handle("GET", "/v1/orders/R-1", key, b"").body)
    conforms("OrdersPage", handle("GET", "/v1/orders", key, b"").body)
    conforms("SnapshotPage", handle("GET", "/v1/stock?warehouse=LON&limit=1", key, b"").body)
    conforms("ChangesPage", handle("GET", "/v1/stock/changes?since_sequence=0", key, b"").body)
    conforms("About", handle("GET", "/v1/about", key, b"").body)
    conforms("Error", handle("GET", "/v1/nothing", key, b"").body)


def test_what_the_twin_tells_by_itself_is_of_the_contracts_shape(make, conforms):
    bench = make(cancels="until_picked")
    bench.door.outbound.perform(order("R-1"), "k")
    bench.door.outbound.perform(order("R-2"), "k")
    bench.twin.pick("R-1")
    bench.twin.cancel("R-1")
    bench.twin.cancel("R-2")
    bench.twin.ship("R-1", parcels=2)
    seen = set()
    for _, body in bench.messages():
        kind = msgspec.json.decode(body)["type"]
        conforms(EVENTS[kind], body)
        seen.add(kind)
    assert seen == set(EVENTS)


def test_a_body_that_breaks_the_contract_does_not_pass(conforms):
    with pytest.raises(Exception, match="required"):
        conforms("Order", b'{"reference": "R-1"}')
    with pytest.raises(Exception, match="pallet"):
        conforms("Units", b'{"item_code": "MUG", "units": 1, "pallet": "P"}')


def test_a_confirmation_must_name_units_and_other_answers_need_not(conforms):
    named = {"reference": "R-1", "at": "2026-11-02T09:00:00Z", "result": "confirmed", "sequence": 1}
    lines = [{"item_code": "MUG", "units": 1}]
    conforms("Cancellation", msgspec.json.encode(named | {"lines": lines}))
    for result in ("pending", "declined"):
        conforms("Cancellation", msgspec.json.encode(named | {"result": result, "lines": []}))
    for wrong in (named, named | {"lines": []}):
        with pytest.raises(Exception, match=r"lines|non-empty|too short"):
            conforms("Cancellation", msgspec.json.encode(wrong))


@pytest.mark.parametrize(("type_", "result"), [("order.cancelled", "declined"), ("order.cancel_declined", "confirmed")])
def test_an_event_about_a_cancellation_does_not_say_the_opposite_of_its_type(contract, type_, result):
    lines = [{"item_code": "MUG", "units": 1}]
    data = {"reference": "R-1", "at": "2026-11-02T09:00:00Z", "result": result, "sequence": 1, "lines": lines}
    with pytest.raises(Exception, match="was expected"):
        contract.event(msgspec.json.encode({"type": type_, "timestamp": "2026-11-02T09:00:00Z", "data": data}))
