"""What each message of the WMS means, and what becomes of messages that mean nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.domain.events import (
    CancellationAnswered,
    FigureReported,
    FiguresReported,
    Noted,
    OrderAccepted,
    OrderProgressed,
    ShipmentConfirmed,
)
from stockbridge.domain.values import Basis, Tracking, Units
from stockbridge.ports import Arrival, NotGenuine, Unreadable
from stockbridge.testing.twins.wms.model.callbacks import _sign
from stockbridge.warehouses.wms.inbound import WmsInbound

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
AT = "2026-11-02T08:59:00Z"
AT_TIME = datetime(2026, 11, 2, 8, 59, tzinfo=UTC)
SECRET = "whsec_dGhlLXNpZ25pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="
OLD = "whsec_dGhlLXByZXZpb3VzLXNlY3JldC1vZi10aGUtdGVzdHM="
DOOR = WmsInbound(account="acme", connection="wms", signing_secrets=(SECRET, OLD))

SHIPMENT = {
    "reference": "R-1",
    "shipment_id": "S-1",
    "warehouse": "LON",
    "lines": [{"item_code": "MUG", "units": 2}, {"item_code": "PEN", "units": 1}],
    "carrier": "DHL",
    "tracking_numbers": ["123"],
    "tracking_urls": ["https://dhl.example/123"],
    "shipped_at": AT,
    "sequence": 9,
    "final": True,
}
FIGURE = {
    "warehouse": "LON",
    "item_code": "MUG",
    "zones": {"PICK": 5, "BULK": -1},
    "basis": "less_accepted",
    "moment": AT,
    "sequence": 4,
    "cause": "counted",
}
ORDER = {"order_id": "WO-1", "reference": "R-1", "status": "accepted", "accepted_at": AT, "sequence": 3}
CANCELLATION = {"reference": "R-1", "at": AT, "sequence": 7, "reason": "customer", "lines": [{"item_code": "MUG", "units": 1}]}
STATUS = {"reference": "R-1", "status": "picking", "at": AT, "sequence": 5, "reserved": True}


def envelope(type_: object, data: object) -> bytes:
    return msgspec.json.encode({"type": type_, "timestamp": AT, "data": data})


def signed(body: bytes, *, secret: str = SECRET, message_id: str = "msg_1", at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": _sign(secret, f"{message_id}.{stamp}.".encode() + body),
    }


def identify(body: bytes, **how) -> Arrival:
    return DOOR.identify(signed(body, **how), body, NOW)


def read(topic: str, body: object):
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    arrival = Arrival(
        account="acme", connection="wms", topic=topic, subject="s", dedupe_key="d", received_at=NOW, headers={}, body=raw
    )
    return list(DOOR.read(arrival))


ACCEPTED = OrderAccepted(reference="R-1", warehouse_ref="WO-1", occurred_at=AT_TIME, sequence=3)
SHIPPED = ShipmentConfirmed(
    reference="R-1",
    shipment_id="S-1",
    warehouse="LON",
    lines=(Units("MUG", 2), Units("PEN", 1)),
    tracking=Tracking("DHL", ("123",), ("https://dhl.example/123",)),
    occurred_at=AT_TIME,
    sequence=9,
    final=True,
)
CANCELLED = CancellationAnswered(
    reference="R-1", confirmed=True, occurred_at=AT_TIME, sequence=7, reason="customer", lines=(Units("MUG", 1),)
)
DECLINED = CancellationAnswered(reference="R-1", confirmed=False, occurred_at=AT_TIME, sequence=7, reason="customer")
COUNTED = FigureReported(
    warehouse="LON",
    item_code="MUG",
    zones={"PICK": 5, "BULK": -1},
    basis=Basis.LESS_ACCEPTED,
    occurred_at=AT_TIME,
    sequence=4,
)
PROGRESSED = OrderProgressed(reference="R-1", status="picking", occurred_at=AT_TIME, sequence=5, reserved=True)
RESERVED = OrderProgressed(reference="R-1", status="accepted", occurred_at=AT_TIME, sequence=3, reserved=True)
LATER_SHIPPED = {name: value for name, value in SHIPMENT.items() if name != "reference"}


@pytest.mark.parametrize(
    ("type_", "data", "event", "subject"),
    [
        ("order.accepted", ORDER, ACCEPTED, "order/R-1"),
        ("order.status", STATUS, PROGRESSED, "order/R-1"),
        ("shipment.confirmed", SHIPMENT, SHIPPED, "order/R-1"),
        ("order.cancelled", CANCELLATION, CANCELLED, "order/R-1"),
        ("order.cancel_declined", CANCELLATION, DECLINED, "order/R-1"),
        ("stock.changed", FIGURE, COUNTED, "stock/LON/MUG"),
    ],
)
def test_each_event_is_identified_by_what_it_is_about_and_read_as_one_event(type_, data, event, subject):
    arrival = identify(envelope(type_, data))
    assert (arrival.topic, arrival.subject, arrival.dedupe_key) == (type_, subject, "event/msg_1")
    assert (arrival.account, arrival.connection, arrival.received_at) == ("acme", "wms", NOW)
    assert list(DOOR.read(arrival)) == [event]


@pytest.mark.parametrize(
    ("topic", "body", "events"),
    [
        ("answer/submit", ORDER, [ACCEPTED]),
        ("answer/submit", ORDER | {"reserved_at": AT, "reserved_sequence": 3}, [ACCEPTED, RESERVED]),
        ("answer/adopted", ORDER, [ACCEPTED]),
        ("answer/adopted", ORDER | {"shipments": [LATER_SHIPPED]}, [ACCEPTED, SHIPPED]),
        ("answer/adopted", ORDER | {"cancellation": CANCELLATION | {"result": "confirmed"}}, [ACCEPTED, CANCELLED]),
        ("poll/orders", ORDER | {"cancellation": CANCELLATION | {"result": "declined"}}, [ACCEPTED, DECLINED]),
        ("answer/cancel", CANCELLATION | {"result": "confirmed"}, [CANCELLED]),
        ("answer/cancel", CANCELLATION | {"result": "declined"}, [DECLINED]),
        ("poll/stock_changes", FIGURE, [COUNTED]),
    ],
)
def test_answers_and_polls_read_as_the_same_events_as_callbacks(topic, body, events):
    found = read(topic, body)
    if topic in ("answer/adopted", "poll/orders"):
        assert found[0].adopted
        found[0] = ACCEPTED
    assert found == events


def test_a_snapshot_reads_as_all_its_figures_at_one_moment():
    items = [{"item_code": "MUG", "zones": {"PICK": 5, "BULK": -1}}]
    page = {"warehouse": "LON", "basis": "less_accepted", "moment": AT, "sequence": 4, "complete": True, "items": items}
    expected = FiguresReported(warehouse="LON", figures=(COUNTED,), complete=True, occurred_at=AT_TIME, sequence=4)
    assert read("poll/stock", page) == [expected]
    assert not read("poll/stock", page | {"complete": False})[0].complete


@pytest.mark.parametrize("result", ["pending", "scheduled", ""])
def test_a_cancellation_not_decided_yet_decides_nothing(result):
    assert isinstance(read("answer/cancel", CANCELLATION | {"result": result})[0], Noted)


@pytest.mark.parametrize("type_", ["order.gift_wrapped", "stock.audit", "answer"])
def test_an_unknown_type_is_noted_with_its_name(type_):
    arrival = identify(envelope(type_, {"anything": 1}))
    assert arrival.subject == "event/msg_1"
    (noted,) = DOOR.read(arrival)
    assert isinstance(noted, Noted)
    assert type_ in noted.reason


@pytest.mark.parametrize("type_", ["answer/submit", "answer/cancel", "poll/orders", "poll/stock", "unreadable"])
def test_an_event_never_passes_for_an_answer_to_us_or_a_poll(type_):
    arrival = identify(
        msgspec.json.encode(ORDER | CANCELLATION | {"type": type_, "data": {"reference": "R-1"}, "result": "confirmed"})
    )
    assert arrival.topic == f"event/{type_}"
    (noted,) = DOOR.read(arrival)
    assert isinstance(noted, Noted)


@pytest.mark.parametrize(
    ("type_", "result", "fits"),
    [
        ("order.cancelled", "confirmed", True),
        ("order.cancelled", "declined", False),
        ("order.cancelled", "pending", False),
        ("order.cancel_declined", "declined", True),
        ("order.cancel_declined", "confirmed", False),
    ],
)
def test_an_event_that_contradicts_itself_about_a_cancellation_decides_nothing(type_, result, fits):
    arrival = identify(envelope(type_, CANCELLATION | {"result": result}))
    if fits:
        (event,) = DOOR.read(arrival)
        assert event.confirmed is (result == "confirmed")
        return
    with pytest.raises(Unreadable, match=result):
        DOOR.read(arrival)


@pytest.mark.parametrize("lines", [[], None], ids=["empty", "missing"])
@pytest.mark.parametrize("topic", ["order.cancelled", "answer/cancel", "poll/orders"])
def test_a_confirmation_that_names_no_units_is_passed_on_without_any(topic, lines):
    bare = {name: value for name, value in CANCELLATION.items() if name != "lines"} | {"result": "confirmed"}
    said = bare if lines is None else bare | {"lines": lines}
    body = {"order.cancelled": {"data": said}, "answer/cancel": said, "poll/orders": ORDER | {"cancellation": said}}[topic]
    event = read(topic, body)[-1]
    assert isinstance(event, CancellationAnswered)
    assert (event.confirmed, event.lines) == (True, ())


@pytest.mark.parametrize("units", [10**9 + 1, -(10**9) - 1, 2**63, 2**64, -(2**70), 1e300, 0.1234567, True, "5", None])
def test_a_figure_that_cannot_be_is_not_used_pushed_or_polled_or_in_a_snapshot(units):
    zones = {"PICK": 5, "BULK": units}
    for topic, body in (
        ("stock.changed", {"data": FIGURE | {"zones": zones}}),
        ("poll/stock_changes", FIGURE | {"zones": zones}),
    ):
        with pytest.raises(Unreadable, match=r"contract|JSON"):
            read(topic, body)
    page = {"warehouse": "LON", "basis": "physical", "moment": AT, "complete": True}
    (event,) = read(
        "poll/stock", page | {"items": [{"item_code": "MUG", "zones": {"A": 1}}, {"item_code": "PEN", "zones": zones}]}
    )
    assert [figure.item_code for figure in event.figures] == ["MUG"]
    assert [code for code, _ in event.unread] == ["PEN"]
    assert event.unread[0][1]


@pytest.mark.parametrize(
    "item", [{}, [], None, 7, {"item_code": ""}, {"item_code": "A" * 201, "zones": {}}, {"zones": {"A": 1}}]
)
def test_a_figure_of_a_snapshot_that_does_not_say_what_it_counts_is_named_without_a_code(item):
    page = {"warehouse": "LON", "basis": "physical", "moment": AT, "complete": True}
    (event,) = read("poll/stock", page | {"items": [{"item_code": "MUG", "zones": {"A": 1}}, item]})
    assert [figure.item_code for figure in event.figures] == ["MUG"]
    assert [code for code, _ in event.unread] == [""]


@pytest.mark.parametrize("units", [10**9, 0, -(10**9)])
def test_a_figure_as_large_or_as_negative_as_the_contract_allows_is_read(units):
    assert read("poll/stock_changes", FIGURE | {"zones": {"PICK": units}})[0].zones == {"PICK": units}


@pytest.mark.parametrize("units", ["0.5", "80.25", "-0.001", "999999999.999999", "0.1"])
def test_parts_of_a_unit_are_read_exactly_as_they_were_written(units):
    (event,) = read("poll/stock_changes", FIGURE | {"zones": {"PICK": float(units), "BULK": 3}})
    assert event.zones == {"PICK": Decimal(units), "BULK": 3}


@pytest.mark.parametrize("reference", ["R/1 ü", "注文-1", "#1001-é", "🎁", "' OR 1=1 --", "..", "a" * 200])
def test_a_reference_is_kept_letter_by_letter(reference):
    arrival = identify(envelope("order.status", STATUS | {"reference": reference}))
    assert arrival.subject == f"order/{reference}"
    assert DOOR.read(arrival)[0].reference == reference


@pytest.mark.parametrize("reference", ["a" * 201, "R\x00", "R\n1", "R\x7f", 5, True, ["R"]])
def test_a_reference_that_can_be_none_makes_the_message_unreadable_and_not_lost(reference):
    arrival = identify(envelope("order.status", STATUS | {"reference": reference}))
    assert (arrival.topic, arrival.subject) == ("unreadable", "unreadable/msg_1")
    with pytest.raises(Unreadable):
        DOOR.read(arrival)


@given(st.permutations(["order.accepted", "order.status", "shipment.confirmed", "order.cancelled"] * 2))
def test_events_mean_the_same_in_whatever_order_and_however_often_they_come(types):
    said = {"order.accepted": ORDER, "order.status": STATUS, "shipment.confirmed": SHIPMENT, "order.cancelled": CANCELLATION}
    arrivals = [identify(envelope(type_, said[type_]), message_id=f"msg_{type_}") for type_ in types]
    assert len({each.dedupe_key for each in arrivals}) == 4
    assert {event for each in arrivals for event in DOOR.read(each)} == {ACCEPTED, PROGRESSED, SHIPPED, CANCELLED}


def test_unknown_words_and_fields_of_a_newer_wms_are_tolerated():
    newer = STATUS | {"status": "robot_picking", "robots": ["R2"], "reserved": False}
    (event,) = DOOR.read(identify(envelope("order.status", newer)))
    assert (event.status, event.reserved) == ("robot_picking", False)
    assert DOOR.read(identify(envelope("shipment.confirmed", SHIPMENT | {"pallet": {"id": 1}})))[0] == SHIPPED


def test_one_item_on_several_lines_of_a_parcel_is_summed():
    twice = SHIPMENT | {"lines": [{"item_code": "MUG", "units": 2}, {"item_code": "MUG", "units": 3}]}
    assert read("shipment.confirmed", envelope("shipment.confirmed", twice))[0].lines == (Units("MUG", 5),)


@pytest.mark.parametrize("units", [0, -1, 1.5, "2", None, True, 10**12, 1e300])
@pytest.mark.parametrize(
    ("type_", "data"), [("shipment.confirmed", SHIPMENT), ("order.cancelled", CANCELLATION)], ids=["shipment", "cancellation"]
)
def test_an_impossible_number_of_units_stops_the_whole_message_with_a_sentence(type_, data, units):
    arrival = identify(
        envelope(type_, data | {"lines": [{"item_code": "PEN", "units": 1}, {"item_code": "MUG", "units": units}]})
    )
    assert arrival.subject == "order/R-1"
    with pytest.raises(Unreadable) as trouble:
        DOOR.read(arrival)
    assert str(trouble.value).endswith(".")
    assert "MUG" in str(trouble.value) or "units" in str(trouble.value)


@pytest.mark.parametrize(
    ("type_", "data", "word"),
    [
        ("stock.changed", FIGURE | {"zones": {"PICK": "1,5"}}, "zones"),
        ("stock.changed", FIGURE | {"basis": "guessed"}, "guessed"),
        ("stock.changed", FIGURE | {"moment": "2026-11-02T08:59:00"}, "timezone"),
        ("stock.changed", {name: value for name, value in FIGURE.items() if name != "moment"}, "moment"),
        ("shipment.confirmed", SHIPMENT | {"lines": [], "final": False}, "no lines"),
        ("shipment.confirmed", {name: value for name, value in SHIPMENT.items() if name != "shipment_id"}, "shipment_id"),
        ("order.status", STATUS | {"sequence": -1}, "sequence"),
        ("order.accepted", ORDER | {"accepted_at": "yesterday"}, "accepted_at"),
    ],
)
def test_a_genuine_message_that_breaks_the_contract_is_an_arrival_that_says_why(type_, data, word):
    arrival = identify(envelope(type_, data))
    with pytest.raises(Unreadable, match=word):
        DOOR.read(arrival)


def test_a_shipment_or_cancellation_of_nobodys_order_is_unreadable():
    for type_, data in (("shipment.confirmed", SHIPMENT), ("order.cancelled", CANCELLATION)):
        arrival = identify(envelope(type_, {name: value for name, value in data.items() if name != "reference"}))
        with pytest.raises(Unreadable, match="which order"):
            DOOR.read(arrival)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"\xff\xfe",
        b'{"type":"order.accepted"}',
        b'{"type":5,"data":{}}',
        b'{"type":"stock.changed","data":{"warehouse":"L\\u0000N","item_code":"MUG"}}',
        b'{"type":"order.accepted","data":{"reference":""}}',
        b'{"type":"' + b"x" * 300 + b'","data":{}}',
        b'{"type":"x","data":' + b"[" * 100_000,
    ],
    ids=range(10),
)
def test_a_genuine_but_broken_message_is_kept_and_read_says_what_is_wrong(body):
    arrival = identify(body)
    assert (arrival.topic, arrival.subject, arrival.dedupe_key) == ("unreadable", "unreadable/msg_1", "event/msg_1")
    assert arrival.body == body
    with pytest.raises(Unreadable):
        DOOR.read(arrival)


def test_control_characters_never_reach_what_is_kept_in_the_database():
    nasty = SHIPMENT | {"carrier": "D\x00HL\n", "tracking_numbers": ["1\x002", " "], "tracking_urls": ["javascript:alert(1)"]}
    tracking = read("shipment.confirmed", envelope("shipment.confirmed", nasty))[0].tracking
    assert tracking == Tracking("D HL", ("1 2",), ())


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5).map(msgspec.json.encode)
)
def test_no_genuine_body_whatever_it_holds_brings_the_door_down(body):
    arrival = identify(body)
    for topic in (arrival.topic, "shipment.confirmed", "poll/stock", "answer/adopted", "stock.changed"):
        with suppress(Unreadable):
            read(topic, body)


# who sent it


def test_either_of_two_secrets_proves_the_sender_while_one_replaces_the_other():
    body = envelope("order.status", STATUS)
    assert identify(body, secret=OLD).dedupe_key == identify(body, secret=SECRET).dedupe_key


def test_a_second_delivery_has_the_same_key_and_another_message_another():
    body = envelope("order.status", STATUS)
    assert identify(body).dedupe_key == identify(body, at=NOW.replace(minute=1)).dedupe_key
    assert identify(body).dedupe_key != identify(body, message_id="msg_2").dedupe_key


BODY = envelope("order.status", STATUS)
GOOD = signed(BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {name: value for name, value in GOOD.items() if name != "Webhook-Signature"},
        GOOD | {"Webhook-Id": "msg_2"},
        GOOD | {"Webhook-Id": "x" * 201},
        GOOD | {"Webhook-Id": "msg\n1"},
        GOOD | {"Webhook-Timestamp": "soon"},
        GOOD | {"Webhook-Timestamp": str(int(NOW.timestamp()) + 1)},
        GOOD | {"Webhook-Timestamp": "9" * 400},
        GOOD | {"Webhook-Signature": "v1,"},
        GOOD | {"Webhook-Signature": "v1,Zm9vYmFy"},
        GOOD | {"Webhook-Signature": GOOD["Webhook-Signature"].replace("v1,", "v1a,")},
        GOOD | {"Webhook-Signature": "é"},
        signed(BODY, secret="whsec_YW5vdGhlci1zZWNyZXQtYWx0b2dldGhlci1vZi1ub2JvZHk="),
        signed(BODY, at=NOW.replace(hour=8, minute=54)),
        signed(BODY, at=NOW.replace(minute=6)),
    ],
    ids=range(15),
)
def test_a_message_that_proves_nothing_is_not_genuine(headers):
    with pytest.raises(NotGenuine) as trouble:
        DOOR.identify(headers, BODY, NOW)
    assert SECRET not in str(trouble.value)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_a_message_signed_up_to_five_minutes_away_is_genuine(seconds):
    assert identify(BODY, at=NOW + timedelta(seconds=seconds)).subject == "order/R-1"


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_a_message_signed_longer_ago_or_further_ahead_is_not(seconds):
    with pytest.raises(NotGenuine, match="five minutes"):
        identify(BODY, at=NOW + timedelta(seconds=seconds))


@given(st.binary(max_size=60), st.integers(0, 59))
def test_no_single_changed_byte_is_taken_for_genuine(noise, place):
    changed = BODY[:place] + noise + BODY[place + len(noise) :]
    if changed == BODY:
        return
    with pytest.raises(NotGenuine):
        DOOR.identify(GOOD, changed, NOW)


def test_a_changed_body_is_not_genuine():
    with pytest.raises(NotGenuine, match="fits none"):
        DOOR.identify(GOOD, BODY.replace(b"R-1", b"R-2"), NOW)


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_",), ("whsec_%%%",)])
def test_without_a_usable_secret_nobody_is_believed(secrets):
    nobody = WmsInbound(account="acme", connection="wms", signing_secrets=secrets)
    empty_key = signed(BODY, secret="whsec_")
    with pytest.raises(NotGenuine):
        nobody.identify(empty_key, BODY, NOW)


def test_one_right_signature_among_several_is_enough():
    headers = GOOD | {"Webhook-Signature": f"v2,abc v1,Zm9v {GOOD['Webhook-Signature']}"}
    assert DOOR.identify(headers, BODY, NOW).subject == "order/R-1"


def test_our_verification_agrees_with_the_standard_webhooks_library():
    from standardwebhooks import Webhook

    theirs = Webhook(SECRET).sign(msg_id="msg_1", timestamp=NOW, data=BODY.decode())
    assert theirs == GOOD["Webhook-Signature"]
    assert DOOR.identify(GOOD | {"Webhook-Signature": theirs}, BODY, NOW).topic == "order.status"


def test_only_harmless_headers_are_kept():
    arrival = DOOR.identify(GOOD | {"Authorization": "Bearer x", "Cookie": "a=b", "User-Agent": "wms\x00/1"}, BODY, NOW)
    assert set(arrival.headers) == {"webhook-id", "webhook-timestamp", "user-agent"}
    assert arrival.headers["user-agent"] == "wms /1"
