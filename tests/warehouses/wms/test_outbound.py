"""What our effects become, and what each answer, and each silence, means for them."""

from __future__ import annotations

import msgspec
import pytest

from stockbridge.domain.effects import CancelSubmission, SubmissionLine, SubmitOrder
from stockbridge.domain.events import OrderAccepted, ShipmentConfirmed
from stockbridge.ports import Arrival, Capability, HttpAnswer, LookUp, OutcomeUnknown, Receipt, Refused, TryLater
from stockbridge.testing.fakes import DAWN, FakeClock, FreeBudget, ScriptedHttp, opening
from stockbridge.testing.twins.wms import Fault
from stockbridge.warehouses.wms import DOOR
from stockbridge.warehouses.wms.client import MAX_ANSWER, retry_after

AT = "2026-11-02T08:59:00Z"
OK = {"order_id": "WO-1", "reference": "R/1 ü", "status": "accepted", "accepted_at": AT, "sequence": 3}
CANCEL_OK = {"reference": "R/1 ü", "result": "confirmed", "at": AT, "sequence": 4, "lines": []}
SUBMIT = SubmitOrder(
    reference="R/1 ü",
    warehouse="LON",
    order_name="#1",
    lines=(
        SubmissionLine(line_id="1", item_code="MUG", units=2),
        SubmissionLine(line_id="2", item_code="MUG", units=1),
    ),
    ship_to=None,
    shipping_method="Standard",
)
CANCEL = CancelSubmission(reference="R/1 ü", warehouse="LON", reason="customer")


def answer(status: int, body: object = None, **headers: str) -> HttpAnswer:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpAnswer(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=raw)


def door(*answers: HttpAnswer | Exception, personality: str = "unique_reference"):
    settings = {"url": "https://wms.example/base", "warehouses": ["LON"], "personality": personality}
    http = ScriptedHttp(list(answers))
    secrets = {"api_key": "hush-key", "signing_secret": "whsec_dGhlLXNpZ25pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="}
    opened = DOOR.open(opening(settings=settings, secrets=secrets, clock=FakeClock(), http=http))
    return opened, http


def outcome(effect, given):
    opened, _ = door(given)
    return opened.outbound.perform_batch([(effect, effect.key)])[0]


@pytest.mark.parametrize("effect", [SUBMIT, CANCEL], ids=["submit", "cancel"])
@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (TryLater("no connection"), TryLater),
        (OutcomeUnknown("cut"), OutcomeUnknown),
        (answer(429, {}), TryLater),
        (answer(429, {}, retry_after="7"), TryLater),
        (answer(503, {}, retry_after="7"), TryLater),
        (answer(503, {}), OutcomeUnknown),
        (answer(401, {}), TryLater),
        (answer(403, {}), TryLater),
        (answer(400, {"code": "invalid", "message": "no"}), Refused),
        (answer(404, b"<html>"), Refused),
        (answer(405, b""), Refused),
        (answer(413, b""), Refused),
        (answer(422, {"code": "unknown_item", "message": "no"}), Refused),
        (answer(408, b""), OutcomeUnknown),
        (answer(409, b"{}"), OutcomeUnknown),
        (answer(409, {"code": "other"}), OutcomeUnknown),
        (answer(500, b""), OutcomeUnknown),
        (answer(502, b"<html>"), OutcomeUnknown),
        (answer(504, b""), OutcomeUnknown),
        (answer(301, b"", location="https://elsewhere"), OutcomeUnknown),
        (answer(303, b""), OutcomeUnknown),
        (answer(202, b""), OutcomeUnknown),
        (answer(204, b""), OutcomeUnknown),
        (answer(200, b"<html>Welcome</html>"), OutcomeUnknown),
        (answer(201, b""), OutcomeUnknown),
        (answer(201, {"ok": True}), OutcomeUnknown),
        (answer(201, OK | {"reference": "R-2"} | {"at": AT}), OutcomeUnknown),
        (answer(201, b"[" * 100_000), OutcomeUnknown),
        (answer(201, b" " * (MAX_ANSWER + 1)), OutcomeUnknown),
        (answer(201, OK | CANCEL_OK), Receipt),
        (answer(200, OK | CANCEL_OK), Receipt),
    ],
)
def test_what_an_answer_means(effect, given, kind):
    found = outcome(effect, given)
    assert type(found) is kind
    if isinstance(found, (TryLater, Refused, OutcomeUnknown)):
        assert "hush-key" not in str(found)


def test_a_wrong_key_pauses_the_connection_and_a_busy_wms_does_not():
    assert outcome(SUBMIT, answer(401, {})).credentials
    assert outcome(SUBMIT, answer(403, {})).credentials
    assert not outcome(SUBMIT, answer(429, {})).credentials


def test_the_time_to_wait_is_the_wms_word():
    assert outcome(SUBMIT, answer(429, {}, retry_after="7")).after_s == 7
    assert outcome(SUBMIT, answer(429, {})).after_s is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("999999999999", 3600),
        ("Mon, 02 Nov 2026 09:01:00 GMT", 60),
        ("Mon, 02 Nov 2026 08:00:00 GMT", 0),
        ("Mon, 02 Nov 2027 08:00:00 GMT", 3600),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("１２", None),
        ("Mon, 02 Nov 2026 09:01:00", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_bounded(text, seconds):
    assert retry_after(text, DAWN) == seconds


def test_a_refusal_says_what_the_wms_said_without_our_key_or_control_characters():
    lines = [{"item_code": "ELF", "problem": "unknown\nitem"}]
    refused = outcome(SUBMIT, answer(422, {"code": "unknown_item", "message": "hush-key is bad", "lines": lines}))
    assert refused.code == "unknown_item"
    assert "ELF: unknown item" in str(refused)
    assert "hush-key" not in str(refused)


def test_a_reference_that_exists_with_our_goods_is_adopted():
    order = OK | {"warehouse": "LON", "lines": [{"item_code": "MUG", "units": 3}]}
    found = outcome(SUBMIT, answer(409, {"code": "reference_exists", "message": "", "order": order}))
    assert (found.adopted, found.reference, found.topic) == (True, "WO-1", "answer/adopted")


@pytest.mark.parametrize(
    "other",
    [
        {"warehouse": "BER"},
        {"lines": []},
        {"lines": [{"item_code": "MUG", "units": 2}]},
        {"lines": [{"item_code": "MUG", "units": 3}, {"item_code": "PEN", "units": 1}]},
    ],
)
def test_a_reference_that_exists_with_other_goods_is_nobodys_to_adopt(other):
    refused = outcome(SUBMIT, answer(409, {"code": "reference_exists", "message": "", "order": OK | other}))
    assert (type(refused), refused.code) == (Refused, "reference_conflict")
    opened, _ = door(answer(200, OK | other))
    assert opened.outbound.look_up(SUBMIT, SUBMIT.key) is LookUp.AMBIGUOUS


# looking up


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (answer(404, {"code": "order_not_found", "message": ""}), LookUp.NOT_FOUND),
        (answer(501, {}), LookUp.IMPOSSIBLE),
        (answer(200, OK | {"copies": 2}), LookUp.AMBIGUOUS),
    ],
)
def test_what_a_look_up_says(given, found):
    opened, _ = door(given)
    assert opened.outbound.look_up(SUBMIT, SUBMIT.key) is found


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(404, b"<html>nginx</html>"), OutcomeUnknown),
        (answer(404, {"code": "no_such_path", "message": ""}), OutcomeUnknown),
        (answer(500, b""), OutcomeUnknown),
        (answer(200, b"<html>"), OutcomeUnknown),
        (answer(200, OK | {"reference": "R-2"}), OutcomeUnknown),
        (answer(401, {}), TryLater),
        (TryLater("no connection"), TryLater),
    ],
)
def test_only_the_wms_own_word_is_not_found(given, kind):
    """A proxy's 404 taken for 'not found' would send the order a second time."""
    opened, _ = door(given)
    with pytest.raises(kind):
        opened.outbound.look_up(SUBMIT, SUBMIT.key)


def test_a_wms_that_cannot_look_up_is_not_asked():
    opened, http = door(personality="neither")
    assert opened.outbound.look_up(SUBMIT, SUBMIT.key) is LookUp.IMPOSSIBLE
    assert http.sent == []


def test_an_adopted_order_tells_everything_that_happened_to_it_meanwhile():
    shipment = {"shipment_id": "S", "warehouse": "LON", "lines": [{"item_code": "MUG", "units": 3}], "shipped_at": AT}
    opened, _ = door(answer(200, OK | {"shipments": [shipment]}))
    receipt = opened.outbound.look_up(SUBMIT, SUBMIT.key)
    arrival = Arrival(
        account="a",
        connection="c",
        topic=receipt.topic,
        subject="s",
        dedupe_key="d",
        received_at=DAWN,
        headers={},
        body=receipt.body,
    )
    assert [type(each) for each in opened.inbound.read(arrival)] == [OrderAccepted, ShipmentConfirmed]


def test_a_cancellation_is_looked_up_in_the_orders_state():
    for cancellation, expected in ((None, LookUp.NOT_FOUND), (CANCEL_OK, Receipt)):
        opened, _ = door(answer(200, OK | {"cancellation": cancellation}))
        found = opened.outbound.look_up(CANCEL, CANCEL.key)
        assert found is expected or isinstance(found, Receipt)


# what is sent


def test_a_reference_travels_safely_in_an_address():
    opened, http = door(answer(200, OK), answer(200, CANCEL_OK))
    opened.outbound.look_up(SUBMIT, SUBMIT.key)
    opened.outbound.perform(CANCEL, CANCEL.key)
    assert [each.url for each in http.sent] == [
        "https://wms.example/base/v1/orders/R%2F1%20%C3%BC",
        "https://wms.example/base/v1/orders/R%2F1%20%C3%BC/cancel",
    ]
    assert http.sent[0].deadline_s == 15


def test_orders_take_from_the_budget_before_stock_does():
    http = ScriptedHttp([answer(201, OK), answer(200, {"figures": [], "sequence": 1})])
    settings = {"url": "https://wms.example", "warehouses": ["LON"], "personality": "neither"}
    handed = opening(settings=settings, secrets={"api_key": "k"}, clock=FakeClock(), http=http)
    opened = DOOR.open(handed)
    opened.outbound.perform(SUBMIT, SUBMIT.key)
    opened.polls.poll("stock_changes", None)
    assert isinstance(handed.budget, FreeBudget)
    assert handed.budget.taken == [(1.0, True), (1.0, False)]


def test_capabilities_follow_the_declared_personality():
    found = {each: door(personality=each)[0].outbound.capabilities for each in ("unique_reference", "look_up", "neither")}
    assert Capability.UNIQUE_REFERENCE in found["unique_reference"]
    assert found["unique_reference"] - found["look_up"] == {Capability.UNIQUE_REFERENCE}
    assert found["look_up"] - found["neither"] == {Capability.LOOK_UP}


# with the twin: the silences


@pytest.mark.parametrize("kind", ["lose_answer", "slow_answer", "error_after", "garbage_after", "cut_answer"])
def test_whatever_happens_to_the_answer_the_order_is_one_and_found(bench, kind):
    effect = SubmitOrder(**{**_fields(SUBMIT), "reference": "R-9"})
    bench.twin.faults.plan("submit", Fault(kind, seconds=60))
    with pytest.raises(OutcomeUnknown):
        bench.door.outbound.perform(effect, effect.key)
    assert bench.door.outbound.look_up(effect, effect.key).adopted
    assert bench.creates("R-9") == 1


def test_an_order_that_is_made_late_is_not_found_at_first_and_found_after_settling(bench):
    effect = SubmitOrder(**{**_fields(SUBMIT), "reference": "R-10"})
    bench.twin.faults.plan("submit", Fault("late", seconds=60))
    with pytest.raises(OutcomeUnknown):
        bench.door.outbound.perform(effect, effect.key)
    assert bench.door.outbound.look_up(effect, effect.key) is LookUp.NOT_FOUND
    bench.clock.advance(bench.door.outbound.settle_s)
    assert bench.door.outbound.look_up(effect, effect.key).adopted
    assert bench.creates("R-10") == 1


def test_a_second_order_under_our_reference_is_never_adopted_in_silence(make):
    bench = make(personality="look_up")
    effect = SubmitOrder(**{**_fields(SUBMIT), "reference": "R-11"})
    bench.door.outbound.perform(effect, effect.key)
    bench.door.outbound.perform(effect, effect.key)
    assert bench.creates("R-11") == 2
    assert bench.door.outbound.look_up(effect, effect.key) is LookUp.AMBIGUOUS


def test_an_order_that_the_wms_forgot_is_not_found(bench):
    effect = SubmitOrder(**{**_fields(SUBMIT), "reference": "R-12"})
    bench.door.outbound.perform(effect, effect.key)
    bench.twin.forget("R-12")
    assert bench.door.outbound.look_up(effect, effect.key) is LookUp.NOT_FOUND
    cancel = CancelSubmission(reference="R-12", warehouse="LON", reason="customer")
    with pytest.raises(Refused) as refused:
        bench.door.outbound.perform(cancel, cancel.key)
    assert refused.value.code == "order_not_found"


def _fields(effect):
    return {name: getattr(effect, name) for name in effect.__dataclass_fields__}
