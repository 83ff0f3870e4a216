"""Every call of the door, every answer and every event of the twin keep the published contract, whatever kind of WMS it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockbridge.domain.effects import AdjustStock, CancelSubmission, SubmissionLine, SubmitOrder
from stockbridge.domain.values import Address, Money
from stockbridge.ports import DoorError, HttpRequest
from stockbridge.testing.twins.wms import Fault, TwinError

PERSONALITIES = ("unique_reference", "look_up", "neither")
URL, STOCK, BUSY = "http://wms.test", "/v1/stock", (429, 503)


def order(reference: str, *, item: str = "MUG", units: int = 3, priced: bool = True) -> SubmitOrder:
    price = Money(Decimal("12.50"), "EUR") if priced else None
    lines = (
        SubmissionLine(line_id="L1", item_code=item, units=units, title="A mug", unit_price=price),
        SubmissionLine(line_id="L2", item_code="PEN", units=1),
    )
    address = Address(name="Zoë", city="Łódź", country_code="PL", latitude=51.5, longitude=-0.1) if priced else None
    return SubmitOrder(
        reference=reference,
        warehouse="LON",
        order_name="#1001",
        lines=lines,
        ship_to=address,
        shipping_method="Standard",
        currency="EUR",
        note="Leave it at the döör",
    )


def attempt(bench, *effects) -> None:
    """The effects by the door, each performed and looked up, whatever comes of it."""
    for effect in effects:
        bench.door.outbound.perform_batch([(effect, effect.key)])
        bench.door.outbound.look_up_batch([(effect, effect.key)])


def cancel(reference: str) -> CancelSubmission:
    return CancelSubmission(reference=reference, warehouse="LON", reason="customer")


def adjust(reference: str, units: int = -1) -> AdjustStock:
    zones = ("PICK", "BULK")
    return AdjustStock(
        reference=reference, warehouse="LON", item_code="MUG", units=units, zones=zones, reason="söld", about="#1001"
    )


def sweep(bench) -> None:
    for what in bench.door.polls.sweeps:
        for cursor in (None, "1"):
            with suppress(DoorError):
                bench.door.polls.poll(what, cursor)


def an_ordinary_day(bench) -> None:
    attempt(bench, order("R-1"), order("R-2", priced=False), order("R-3"), order("R 4/ü?#&"), order("R-5"), order("R-1"))
    attempt(bench, order("R-9", item="ELF"))
    bench.twin.pick("R-2")
    bench.twin.ship("R-3", {"MUG": 2})
    attempt(bench, *(cancel(each) for each in ("R-1", "R-1", "R-2", "R-3", "R 4/ü?#&", "R-8")))
    bench.twin.ship("R-2", parcels=2)
    bench.twin.decide_cancel("R-5", True, "damaged")
    bench.twin.adjust("LON", "PEN", "PICK", 4)
    attempt(bench, adjust("A-1"), adjust("A-1"), adjust("A 2/ü?#&", 3), adjust("A-3", -9_000), adjust("A-4"))
    bench.twin.config = replace(bench.twin.config, adjusts=False)
    attempt(bench, adjust("A-5"))
    bench.twin.faults.plan("stock_changes", Fault("restart"))
    bench.twin.faults.plan("stock", Fault("truncate"))
    sweep(bench)
    bench.door.check()


def everything_busy(bench) -> None:
    for operation in (
        "submit",
        "look_up",
        "cancel",
        "list_orders",
        "stock",
        "stock_changes",
        "about",
        "adjust",
        "look_up_adjustment",
    ):
        for status in BUSY:
            bench.twin.faults.plan(operation, Fault("error_before", seconds=9, status=status))
    for number in (1, 2):
        attempt(bench, order(f"B-{number}"), cancel(f"B-{number}"), cancel(f"B-{number}"), adjust(f"A-{number}"))
        sweep(bench)
        bench.door.check()


def a_key_that_is_not_known(bench) -> None:
    bench.twin.config = replace(bench.twin.config, api_key="another")
    attempt(bench, order("K-1"), cancel("K-1"), adjust("A-1"))
    sweep(bench)
    bench.door.check()


def what_the_door_never_does(bench) -> None:
    """Calls that only somebody else makes."""
    attempt(bench, order("R-1"))
    key = {"authorization": f"Bearer {bench.twin.config.api_key}", "content-type": "application/json"}
    body = {"reference": "", "warehouse": "LON", "order_name": "", "lines": [], "ship_to": None}
    bodies = {
        "/v1/orders": [msgspec.json.encode(body), b" " * 2_000_000],
        "/v1/orders/R-1/cancel": [b"["],
        f"{STOCK}/adjustments": [b"["],
    }
    for path, sent in bodies.items():
        for each in sent:
            bench.witness.send(HttpRequest(method="POST", url=URL + path, headers=key, body=each))
    for path in (f"{STOCK}?warehouse=ROM", f"{STOCK}?warehouse=LON&after=9:9"):
        bench.witness.send(HttpRequest(method="GET", url=URL + path, headers=key))


@pytest.mark.parametrize("day", [an_ordinary_day, everything_busy, a_key_that_is_not_known])
@pytest.mark.parametrize("personality", PERSONALITIES)
def test_every_exchange_of_door_and_twin_keeps_the_contract(make, contract, personality: str, day: Callable[..., None]) -> None:
    bench = make(personality=personality, settings={"page_size": 1})
    day(bench)
    for request, answer in bench.witness.heard:
        contract.exchange(request, answer)
    assert len(bench.witness.heard) >= 7


def test_the_twin_can_give_every_answer_that_the_contract_describes(make, contract) -> None:
    seen: set[tuple[str, int]] = set()
    for personality in PERSONALITIES:
        for day in (an_ordinary_day, everything_busy, a_key_that_is_not_known, what_the_door_never_does):
            bench = make(personality=personality)
            day(bench)
            seen |= {(_operation(contract, request), answer.status) for request, answer in bench.witness.heard}
            _ask_what_it_cannot(bench, seen, contract)
    assert contract.operations() == seen


def _operation(contract, request: HttpRequest) -> str:
    path, _ = contract._path(request.url.removeprefix(URL).partition("?")[0])
    return str(contract.document["paths"][path][request.method.lower()]["operationId"])


def _ask_what_it_cannot(bench, seen: set[tuple[str, int]], contract) -> None:
    """The door of a WMS that cannot look orders up does not ask for them; the answer is in the contract all the same."""
    key = {"authorization": f"Bearer {bench.twin.config.api_key}"}
    for path in ("/v1/orders", "/v1/orders/R-1", f"{STOCK}/adjustments/A-1"):
        request = HttpRequest(method="GET", url=URL + path, headers=key)
        answer = bench.witness.send(request)
        contract.exchange(request, answer)
        seen.add((_operation(contract, request), answer.status))


@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("basis", ["physical", "less_reserved", "less_accepted"])
def test_every_event_of_an_ordinary_day_keeps_the_contract(make, contract, personality: str, basis: str) -> None:
    bench = make(personality=personality, basis=basis, cancel_pending_s=30.0)
    an_ordinary_day(bench)
    bench.clock.advance(60)
    assert {contract.event(body) for _, body in bench.messages()} == set(contract.document["webhooks"])


REFERENCES = st.sampled_from(["R-1", "R-2", "é/2 ?"])
UNITS = st.integers(1, 6)
DEEDS = st.one_of(
    st.tuples(st.just("submit"), REFERENCES, UNITS),
    st.tuples(st.just("cancel"), REFERENCES),
    st.tuples(st.just("pick"), REFERENCES),
    st.tuples(st.just("ship"), REFERENCES, UNITS, st.booleans()),
    st.tuples(st.just("decide"), REFERENCES, st.booleans()),
    st.tuples(st.just("forget"), REFERENCES),
    st.tuples(st.just("adjust"), st.integers(-9, 9)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
)


def do(bench, deed: tuple) -> None:
    match deed:
        case "submit", reference, units:
            attempt(bench, order(reference, units=units))
        case "cancel", reference:
            attempt(bench, cancel(reference))
        case "pick", reference:
            bench.twin.pick(reference)
        case "ship", reference, units, final:
            bench.twin.ship(reference, {"MUG": units}, final=final)
        case "decide", reference, confirmed:
            bench.twin.decide_cancel(reference, confirmed)
        case "forget", reference:
            bench.twin.forget(reference)
        case "adjust", delta:
            bench.twin.adjust("LON", "MUG", "PICK", delta)
        case "wait", seconds:
            bench.clock.advance(seconds)


@settings(max_examples=25, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=12), pending=st.sampled_from([0.0, 20.0]), kind=st.sampled_from(PERSONALITIES))
def test_whatever_happens_in_the_warehouse_is_told_by_the_contract_and_read_by_the_door(
    contract, fresh, deeds, pending, kind
) -> None:
    bench = fresh(personality=kind, cancel_pending_s=pending)
    for deed in deeds:
        with suppress(TwinError):
            do(bench, deed)
    sweep(bench)
    for request, answer in bench.witness.heard:
        contract.exchange(request, answer)
    for headers, body in bench.messages():
        contract.event(body)
        assert bench.door.inbound.read(bench.door.inbound.identify(headers, body, bench.clock.now()))
    for what in bench.door.polls.sweeps:
        assert all(bench.door.inbound.read(each) for each in bench.door.polls.poll(what, None)[0])
