"""What machines ask: is it up, may traffic come, and the counts that monitoring draws."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from stockbridge.db.connection import make_engine
from stockbridge.web.app import create_app

Visitor = Callable[..., TestClient]
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def metrics(filled: Any, visitor: Visitor) -> Callable[[], Samples]:
    """Reads the counts as monitoring does."""
    client = visitor(to=filled.with_settings(metrics_token="a token"))

    def read() -> Samples:
        text = client.get("/metrics", headers={"authorization": "Bearer a token"}).text
        families = text_string_to_metric_families(text)
        return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}

    return read


def test_monitoring_can_read_every_count(metrics: Callable[[], Samples]) -> None:
    found = metrics()
    assert found["stockbridge_arrivals_waiting", ()] == 1
    assert found["stockbridge_levels_dirty", ()] == 1
    assert found["stockbridge_shipments_unwritten", ()] == 1
    assert found["stockbridge_oldest_arrival_seconds", ()] == 1
    assert found["stockbridge_oldest_effect_seconds", ()] == 120
    assert found["stockbridge_inbox_queue", ()] == 0
    assert found["stockbridge_effects_open", (("kind", "record_fulfillment"), ("state", "unknown"))] == 1
    assert found["stockbridge_effects_open", (("kind", "submit_order"), ("state", "pending"))] == 1


def test_a_connection_that_does_not_work_is_counted_until_it_works_again(filled: Any, metrics: Callable[[], Samples]) -> None:
    def health() -> dict[str, float]:
        return {labels[0][1]: value for (name, labels), value in metrics().items() if name == "stockbridge_connections"}

    assert health() == {"working": 2, "error": 1, "paused": 1}
    filled.sql("UPDATE connection SET last_in_at = :now WHERE connection = 'south-3pl'", now=filled.clock.now())
    assert health()["error"] == 1, "a message from it proves nothing"
    filled.sql("UPDATE cursor SET error = '', ran_at = :now WHERE connection = 'south-3pl'", now=filled.clock.now())
    assert health() == {"working": 3, "paused": 1}
    filled.sql(
        "INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) VALUES "
        "('acme', 'connection/north-wms', 'credentials:reading', 'north-wms', 'x', 'y', 'connection', :now)",
        now=filled.clock.now(),
    )
    assert health() == {"working": 2, "error": 1, "paused": 1}


def test_an_empty_house_has_counts_too(room: Any, visitor: Visitor) -> None:
    told = room.with_settings(metrics_token="t")
    answer = visitor(to=told).get("/metrics", headers={"authorization": "Bearer t"})
    assert answer.status_code == 200
    assert "stockbridge_arrivals_waiting 0.0" in answer.text
    assert "stockbridge_accept_lag_seconds_count 0.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, 403),
        ("127.0.0.1", {"forwarded": "for=203.0.113.9"}, 403),
        ("127.0.0.1", {"x-real-ip": "203.0.113.9"}, 403),
        ("not an address", {}, 403),
    ],
)
def test_without_a_token_the_counts_stay_on_this_machine(room: Any, client: str, headers: dict[str, str], status: int) -> None:
    with TestClient(create_app(room.parts), base_url="http://testserver", client=(client, 50_000)) as browser:
        assert browser.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer a tokenx", "Basic a token", "Bearer \xe9"])
def test_a_wrong_token_sees_no_counts_even_on_this_machine(room: Any, given: str) -> None:
    told = room.with_settings(metrics_token="a token")
    with TestClient(create_app(told.parts), base_url="http://testserver", client=("127.0.0.1", 50_000)) as browser:
        answer = browser.get("/metrics", headers={"authorization": given.encode("latin-1")})
    assert answer.status_code == 403
    assert "stockbridge_" not in answer.text


def test_when_the_database_is_away_machines_hear_it_and_the_process_still_lives(room: Any, visitor: Visitor) -> None:
    away = replace(room, parts=replace(room.parts, database=make_engine("postgresql://nobody@127.0.0.1:1/none")))
    client = visitor(to=away.with_settings(metrics_token="t"))
    assert client.get("/healthz").json()["up"] is True
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "problem": "The database does not answer."})
    assert client.get("/metrics", headers={"authorization": "Bearer t"}).status_code == 503


def test_traffic_is_not_asked_for_before_messages_can_be_stored(room: Any) -> None:
    client = TestClient(create_app(room.parts), base_url="http://testserver")  # not started: no thread stores anything
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["problem"]) == (503, "The thread that stores messages does not run.")
    assert client.get("/healthz").status_code == 200


def test_machines_are_told_which_release_runs(room: Any, visitor: Visitor) -> None:
    new = replace(room, parts=replace(room.parts, version="1.2.3"))
    assert visitor(to=new).get("/healthz").json() == {"up": True, "version": "1.2.3"}


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_what_machines_ask_can_only_be_asked(room: Any, visitor: Visitor, address: str) -> None:
    assert visitor("admin").post(address).status_code == 405
    assert visitor().head(address).status_code == visitor().get(address).status_code
