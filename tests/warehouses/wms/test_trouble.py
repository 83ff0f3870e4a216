"""A WMS in trouble: whatever a call meets, nothing is doubled, nothing half is taken for whole, and nobody is sent elsewhere."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stockbridge.domain.effects import CancelSubmission, SubmissionLine, SubmitOrder
from stockbridge.domain.events import CancellationAnswered, FiguresReported, OrderAccepted
from stockbridge.ports import DoorError, HttpAnswer, LookUp, OutcomeUnknown, Receipt, Refused, TryLater
from stockbridge.testing.fakes import FakeClock, ScriptedHttp, opening
from stockbridge.testing.twins.wms import Fault
from stockbridge.warehouses.wms import DOOR

AT = "2026-11-02T08:59:00Z"
ORDER = {"order_id": "WO-1", "reference": "R-1", "status": "accepted", "accepted_at": AT, "sequence": 3, "changed_sequence": 3}
CANCELLED = {
    "reference": "R-1",
    "at": AT,
    "result": "confirmed",
    "sequence": 4,
    "lines": [{"item_code": "MUG", "units": 2}],
}
FIGURE = {"warehouse": "LON", "item_code": "MUG", "zones": {"A": 1}, "basis": "physical", "moment": AT, "sequence": 5}
SWEEPS = ("orders", "stock", "stock_changes")


def submission(reference: str = "R-1") -> SubmitOrder:
    line = SubmissionLine(line_id="1", item_code="MUG", units=2)
    return SubmitOrder(
        reference=reference, warehouse="LON", order_name="#1", lines=(line,), ship_to=None, shipping_method="Standard"
    )


def cancellation(reference: str = "R-1") -> CancelSubmission:
    return CancelSubmission(reference=reference, warehouse="LON", reason="customer")


def answer(status: int, body: object = None, **headers: str) -> HttpAnswer:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpAnswer(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=raw)


def door(*answers: HttpAnswer | Exception):
    wanted = {"url": "https://wms.example", "warehouses": ["LON"], "personality": "look_up", "page_size": 2}
    http = ScriptedHttp(list(answers))
    return DOOR.open(opening(settings=wanted, secrets={"api_key": "hush-key"}, clock=FakeClock(), http=http)), http


def page(*items: str, **changes: object) -> dict[str, object]:
    body = {"warehouse": "LON", "basis": "physical", "moment": AT, "sequence": 5, "complete": True, "next": None}
    return body | {"items": [{"item_code": item, "zones": {"A": 1}} for item in items]} | changes


#: What a call may meet, and what it means for asking: no answer to the question.
TROUBLE = {
    "no connection": TryLater("no connection"),
    "cut or late": OutcomeUnknown("the connection closed"),
    "moved": answer(301, b"", location="https://elsewhere.example/v1/orders"),
    "found elsewhere": answer(302, b"", location="https://elsewhere.example/"),
    "moved for now": answer(307, b"", location="https://elsewhere.example/"),
    "moved for good": answer(308, b"", location="https://elsewhere.example/"),
    "nothing in it": answer(204, b""),
    "later": answer(202, b"{}"),
    "wrong question": answer(400, {"code": "invalid", "message": "no"}),
    "wrong key": answer(401, {"code": "unauthorized", "message": "hush-key"}),
    "not ours": answer(403, b"<html>"),
    "a proxy's own not found": answer(404, b"<html>nginx</html>"),
    "no such path": answer(404, {"code": "no_such_path", "message": ""}),
    "time-out there": answer(408, b""),
    "too early": answer(425, b""),
    "refused": answer(422, {"code": "odd", "message": "no"}),
    "busy": answer(429, {"code": "not_now", "message": ""}, retry_after="5"),
    "hung up": answer(499, b""),
    "broken": answer(500, b""),
    "bad gateway": answer(502, b"<html>"),
    "closed": answer(503, b""),
    "closed for a while": answer(503, b"", retry_after="5"),
    "a page": answer(200, b"<html>Welcome</html>"),
    "empty": answer(200, b""),
    "another shape": answer(200, {"ok": True}),
    "a list": answer(200, []),
    "not text": answer(200, b"\xff\xfe\x00"),
    "half": answer(200, msgspec.json.encode(ORDER)[:-9]),
    "too deep": answer(200, b"[" * 100_000),
}
ALL = pytest.mark.parametrize("met", TROUBLE.values(), ids=TROUBLE)


@ALL
@pytest.mark.parametrize("effect", [submission(), cancellation()], ids=["submit", "cancel"])
def test_a_look_up_that_meets_trouble_never_says_that_nothing_is_there(effect, met):
    opened, http = door(met)
    (found,) = opened.outbound.look_up_batch([(effect, effect.key)])
    assert isinstance(found, DoorError)
    assert len(http.sent) == 1
    assert "hush-key" not in str(found)


@ALL
@pytest.mark.parametrize("what", SWEEPS)
def test_a_sweep_that_meets_trouble_says_so_and_gives_nothing(what, met):
    opened, http = door(met)
    with pytest.raises((TryLater, Refused)) as trouble:
        opened.polls.poll(what, "1")
    assert len(http.sent) == 1
    assert "hush-key" not in str(trouble.value)


@ALL
def test_a_snapshot_that_meets_trouble_half_way_gives_nothing(met):
    opened, http = door(answer(200, page("A", "B", complete=False, next="5:2", total=4)), met)
    with pytest.raises((TryLater, Refused)):
        opened.polls.poll("stock", None)
    assert len(http.sent) == 2


@ALL
@pytest.mark.parametrize(("what", "held"), [("orders", ORDER), ("stock_changes", FIGURE)])
def test_a_list_that_meets_trouble_half_way_is_asked_for_again_from_its_old_place(what, held, met):
    name = "orders" if what == "orders" else "figures"
    first = answer(200, {name: [held], "sequence": 7, "more": True})
    opened, http = door(first, met, first, answer(200, {name: [], "sequence": 9, "more": False}))
    with pytest.raises((TryLater, Refused)):
        opened.polls.poll(what, "1")
    arrivals, cursor = opened.polls.poll(what, "1")
    assert (len(arrivals), cursor) == (1, "9")
    assert http.sent[2].url == http.sent[0].url


@pytest.mark.parametrize("status", [202, 203, 206, 226, 300, 301, 307])
def test_a_whole_order_under_any_other_status_is_not_believed(status):
    opened, _ = door(answer(status, ORDER))
    with pytest.raises(OutcomeUnknown):
        opened.outbound.look_up(submission(), "k")
    opened, _ = door(answer(status, ORDER))
    with pytest.raises(OutcomeUnknown):
        opened.outbound.perform(submission(), "k")


ANSWERS = {"order": msgspec.json.encode(ORDER), "cancellation": msgspec.json.encode(CANCELLED)}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), which=st.sampled_from(sorted(ANSWERS)))
def test_an_answer_that_ends_anywhere_before_its_end_is_unknown(data, which):
    whole = ANSWERS[which]
    part = answer(201, whole[: data.draw(st.integers(0, len(whole) - 1))])
    effect = submission() if which == "order" else cancellation()
    for given_ in (part, answer(201, whole + b"}")):
        opened, _ = door(given_)
        with pytest.raises(OutcomeUnknown):
            opened.outbound.perform(effect, effect.key)
    opened, _ = door(answer(201, whole))
    assert isinstance(opened.outbound.perform(effect, effect.key), Receipt)


# pages of a snapshot


@settings(max_examples=80, deadline=None)
@given(data=st.data(), sizes=st.lists(st.integers(1, 3), min_size=1, max_size=5), counted=st.booleans())
def test_a_snapshot_is_called_complete_only_when_every_page_of_it_came_once_and_in_order(data, sizes, counted):
    """Pages are dropped, repeated and swapped on their way; each says where the next is, whatever really follows."""
    codes = [f"I{number}" for number in range(sum(sizes))]
    pages, start = [], 0
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        more = {"complete": last, "next": None if last else f"5:{number + 1}"} | ({"total": len(codes)} if counted else {})
        pages.append(page(*codes[start : start + size], **more))
        start += size
    told = data.draw(st.lists(st.sampled_from(range(len(pages))), min_size=1, max_size=6))
    opened, _ = door(*(answer(200, pages[number]) for number in told), *[TryLater("gone")] * 9)
    try:
        (arrival,), _ = opened.polls.poll("stock", None)
    except TryLater:
        return
    (event,) = opened.inbound.read(arrival)
    assert isinstance(event, FiguresReported)
    if event.complete and counted:
        assert sorted(figure.item_code for figure in event.figures) == sorted(codes)
    if event.complete:
        assert {figure.item_code for figure in event.figures} <= set(codes)
        assert len(event.figures) == len({figure.item_code for figure in event.figures})


# the twin's moods, call by call

DONE = ("lose_answer", "slow_answer", "error_after", "garbage_after", "cut_answer")
NOT_DONE = ("lose_request", "error_before", "no_connection")


@pytest.mark.parametrize("kind", [*DONE, *NOT_DONE])
def test_whatever_happens_to_a_cancellation_it_happens_once_and_can_be_asked_again(bench, kind):
    bench.door.outbound.perform(submission(), "k")
    bench.twin.faults.plan("cancel", Fault(kind, seconds=60))
    effect = cancellation()
    (outcome,) = bench.door.outbound.perform_batch([(effect, effect.key)])
    assert isinstance(outcome, (TryLater, OutcomeUnknown))
    found = bench.door.outbound.look_up(effect, effect.key)
    assert isinstance(found, Receipt) if kind in DONE else found is LookUp.NOT_FOUND
    bench.door.outbound.perform(effect, effect.key)
    assert len(bench.twin.ledger.of("cancelled", "R-1")) == 1


@pytest.mark.parametrize("kind", [*DONE, *NOT_DONE])
@pytest.mark.parametrize("operation", ["list_orders", "stock", "stock_changes"])
def test_whatever_happens_to_a_question_it_is_answered_the_next_time(bench, operation, kind):
    what = {"list_orders": "orders"}.get(operation, operation)
    bench.door.outbound.perform(submission(), "k")
    expected = bench.door.polls.poll(what, "0")
    bench.twin.faults.plan(operation, Fault(kind, seconds=60))
    with pytest.raises(TryLater):
        bench.door.polls.poll(what, "0")
    arrivals, cursor = bench.door.polls.poll(what, "0")
    assert cursor == expected[1]
    assert [each.subject for each in arrivals] == [each.subject for each in expected[0]]


@pytest.mark.parametrize("kind", [*DONE, *NOT_DONE])
def test_whatever_happens_to_a_look_up_the_order_stays_one(bench, kind):
    bench.door.outbound.perform(submission(), "k")
    bench.twin.faults.plan("look_up", Fault(kind, seconds=60))
    with pytest.raises((TryLater, OutcomeUnknown)):
        bench.door.outbound.look_up(submission(), "k")
    assert bench.door.outbound.look_up(submission(), "k").adopted
    assert bench.creates("R-1") == 1


# references of all kinds

REFERENCES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in (*range(32), 127)]),
    min_size=1,
    max_size=200,
).filter(lambda text: text not in (".", ".."))


@settings(max_examples=50, deadline=None)
@given(reference=REFERENCES)
@example(reference="R/1?a=b#c&d%2F%00 ü")
@example(reference="../about")
def test_an_order_is_sent_found_and_cancelled_under_its_own_reference_whatever_it_is_made_of(fresh, reference):
    bench = fresh()
    effect, cancel = submission(reference), cancellation(reference)
    bench.door.outbound.perform(effect, effect.key)
    assert bench.door.outbound.look_up(effect, effect.key).adopted
    bench.door.outbound.perform(cancel, cancel.key)
    assert bench.creates(reference) == 1
    arrivals = [bench.door.inbound.identify(headers, body, bench.clock.now()) for headers, body in bench.messages()]
    events = [event for each in arrivals for event in bench.door.inbound.read(each)]
    assert [each.reference for each in events if isinstance(each, (OrderAccepted, CancellationAnswered))] == [reference] * 2
    assert {each.subject for each in arrivals if each.topic.startswith("order.")} == {f"order/{reference}"}


# words of an answer that is odd in other places


@pytest.mark.parametrize(
    "odd",
    [{"lines": None}, {"lines": [5]}, {"order": "none"}, {"message": "x" * 9_000}],
    ids=["lines", "line", "order", "long"],
)
def test_the_word_for_why_not_is_heard_although_the_rest_of_the_answer_is_odd(odd):
    body = {"code": "order_not_found", "message": "There is none."} | odd
    opened, _ = door(answer(404, body))
    assert opened.outbound.look_up(submission(), "k") is LookUp.NOT_FOUND
    opened, _ = door(answer(422, body))
    with pytest.raises(Refused) as refused:
        opened.outbound.perform(submission(), "k")
    assert refused.value.code == "order_not_found"
    assert len(str(refused.value)) < 700


def test_one_unreadable_figure_does_not_hide_the_others():
    figures = [
        FIGURE,
        FIGURE | {"item_code": 5},
        FIGURE | {"item_code": "PEN", "zones": {"A": 10**12}},
        FIGURE | {"item_code": "CUP"},
    ]
    opened, _ = door(answer(200, {"figures": figures, "sequence": 9, "more": False}))
    arrivals, cursor = opened.polls.poll("stock_changes", "1")
    assert cursor == "9"
    assert [each.subject.split("/")[-1] for each in arrivals if each.subject.startswith("stock")] == ["MUG", "PEN", "CUP"]
    assert len({each.dedupe_key for each in arrivals}) == 4
    for place in (0, 3):
        assert opened.inbound.read(arrivals[place])
    for place in (1, 2):
        with pytest.raises(DoorError):
            opened.inbound.read(arrivals[place])
