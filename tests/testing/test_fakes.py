"""The fakes behave like what they stand for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stockbridge.ports import HttpAnswer, HttpRequest, OutcomeUnknown, TryLater
from stockbridge.testing.fakes import (
    DAWN,
    FakeClock,
    FreeBudget,
    InProcessHttp,
    PlainAnswer,
    ScriptedHttp,
    SeededIds,
    asgi_handler,
)

REQUEST = HttpRequest(method="POST", url="http://there.test/path?a=1", headers={"X": "1"}, body=b"hello", deadline_s=5)


def test_the_clock_moves_only_when_it_is_moved_and_never_back():
    clock = FakeClock()
    assert clock.now() == clock.now() == DAWN
    clock.sleep(5)
    clock.advance(-100)
    clock.move_to(DAWN)
    assert clock.now() == DAWN + timedelta(seconds=5)
    assert clock.now().tzinfo is not None


def test_ids_are_the_same_for_the_same_seed_and_never_repeat():
    first, second, other = SeededIds(1), SeededIds(1), SeededIds(2)
    ids = [first.new() for _ in range(100)]
    assert ids == [second.new() for _ in range(100)]
    assert len(set(ids)) == 100
    assert other.new() not in ids


def test_the_budget_remembers_what_was_taken():
    budget = FreeBudget()
    budget.take(2.0, urgent=True)
    budget.correct(available=1, maximum=2, restore_per_s=1)
    assert budget.taken == [(2.0, True)]


def test_a_request_reaches_the_handler_of_its_host_whole():
    seen = []

    def handle(method, target, headers, body):
        seen.append((method, target, dict(headers), body))
        return PlainAnswer(201, {"Retry-After": "1"}, b"yes", delay_s=2)

    http = InProcessHttp(FakeClock(), {"http://there.test": handle})
    assert http.send(REQUEST) == HttpAnswer(status=201, headers={"retry-after": "1"}, body=b"yes")
    assert seen == [("POST", "/path?a=1", {"X": "1"}, b"hello")]
    assert http.clock.now() == DAWN + timedelta(seconds=2)
    assert http.sent == [REQUEST]


@pytest.mark.parametrize(
    ("answer", "error", "waited"),
    [
        (PlainAnswer(200, {}, b"", fate="lost"), OutcomeUnknown, 0),
        (PlainAnswer(200, {}, b"half", fate="cut"), OutcomeUnknown, 0),
        (PlainAnswer(200, {}, b"", fate="no_connection"), TryLater, 0),
        (PlainAnswer(200, {}, b"", delay_s=5), OutcomeUnknown, 5),
        (None, TryLater, 0),
    ],
)
def test_what_the_network_does_to_an_answer_becomes_the_ports_error(answer, error, waited):
    hosts = {"http://there.test": lambda *_: answer} if answer else {}
    http = InProcessHttp(FakeClock(), hosts)
    with pytest.raises(error):
        http.send(REQUEST)
    assert http.clock.now() == DAWN + timedelta(seconds=waited)


def test_a_script_is_played_in_order():
    http = ScriptedHttp([HttpAnswer(status=200, headers={}, body=b""), TryLater("no")])
    assert http.send(REQUEST).status == 200
    with pytest.raises(TryLater):
        http.send(REQUEST)
    assert len(http.sent) == 2


def test_an_asgi_application_is_a_handler():
    async def app(scope, receive, send):
        message = await receive()
        assert (await receive())["type"] == "http.disconnect"
        said = f"{scope['method']} {scope['path']} {scope['query_string'].decode()} {message['body'].decode()}"
        await send({"type": "http.response.start", "status": 202, "headers": [(b"X-One", b"1")]})
        await send({"type": "http.response.body", "body": said[:4].encode(), "more_body": True})
        await send({"type": "http.response.body", "body": said[4:].encode()})

    answer = asgi_handler(app)("POST", "/path?a=1", {"X": "1"}, b"hello")
    assert (answer.status, answer.headers, answer.body) == (202, {"x-one": "1"}, b"POST /path a=1 hello")


def test_an_asgi_application_that_breaks_the_connection_loses_the_answer():
    async def app(scope, receive, send):
        raise ConnectionResetError

    assert asgi_handler(app)("GET", "/", {}, b"").fate == "lost"


def test_an_answer_without_sockets_can_be_streamed_too():
    http = ScriptedHttp([HttpAnswer(status=200, headers={"a": "1"}, body=b"x" * 10_000), OutcomeUnknown("lost")])
    with http.stream(REQUEST) as answer:
        parts = list(answer.parts)
        assert (answer.status, answer.headers) == (200, {"a": "1"})
    assert len(parts) > 1
    assert b"".join(parts) == b"x" * 10_000
    with pytest.raises(TryLater, match="lost"), http.stream(REQUEST):
        pass
