"""How the store is spoken to: its token, its rate budget, its deadline, its version."""

import json
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from stockbridge.channels.shopify import generated as g
from stockbridge.channels.shopify.client import LONGEST_S, PATIENT
from stockbridge.ports import HttpAnswer, OutcomeUnknown, TryLater

OK = {"nodes": []}


def ask(shop: Any, *, urgent: bool = True) -> Any:
    return shop.door.levels._shopify.call(g.LEVELS_AT, g.LevelsAt(ids=["i"], location_id="l"), urgent=urgent)


@pytest.fixture(autouse=True)
def _answers(store: Any) -> None:
    store.on("LevelsAt", OK)


def used_tokens(store: Any) -> list[str]:
    return [r.headers["x-shopify-access-token"] for r in store.requests if r.url.endswith("graphql.json")]


def throttled(available: float = 0, asked: float = 100, rate: float = 100) -> dict[str, Any]:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": rate}
    return {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": status}},
    }


# --- the request ---------------------------------------------------------------------------------------------------------


def test_a_call_goes_to_the_version_that_is_set_and_has_a_deadline(shop: Any, store: Any) -> None:
    shop.settings |= {"api_version": "2026-07", "deadline_s": 7}
    ask(shop)
    request = store.requests[-1]
    assert request.url == "https://acme.myshopify.com/admin/api/2026-07/graphql.json"
    assert request.deadline_s == 7
    body = json.loads(request.body)
    assert body["operationName"] == "LevelsAt"
    assert body["variables"] == {"ids": ["i"], "locationId": "l"}
    assert body["query"].startswith("query LevelsAt(")


def test_a_twin_is_spoken_to_at_its_own_address(shop: Any, store: Any) -> None:
    shop.settings |= {"base_url": "http://127.0.0.1:9999"}
    ask(shop)
    assert {r.url.split("/admin")[0] for r in store.requests} == {"http://127.0.0.1:9999"}


# --- the token -----------------------------------------------------------------------------------------------------------


def test_the_token_is_asked_for_once_with_a_form_and_then_used(shop: Any, store: Any) -> None:
    ask(shop)
    ask(shop)
    (form,) = store.tokens
    assert parse_qs(form.decode()) == {"grant_type": ["client_credentials"], "client_id": ["app"], "client_secret": ["s3cret"]}
    assert store.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert used_tokens(store) == ["t1", "t1"]


def test_the_token_is_renewed_at_four_fifths_of_its_life(shop: Any, store: Any) -> None:
    store.token_answers = [{"access_token": "t1", "expires_in": 1000}, {"access_token": "t2", "expires_in": 1000}]
    ask(shop)
    shop.clock.moment += timedelta(seconds=799)
    ask(shop)
    shop.clock.moment += timedelta(seconds=1)
    ask(shop)
    assert used_tokens(store) == ["t1", "t1", "t2"]


def test_a_refused_token_is_renewed_once_and_the_call_made_again(shop: Any, store: Any) -> None:
    store.token_answers = [{"access_token": "t1"}, {"access_token": "t2"}]
    store.on("LevelsAt", HttpAnswer(status=401, headers={}, body=b""), OK)
    assert ask(shop).data.nodes == []
    assert used_tokens(store) == ["t1", "t2"]


def test_a_key_that_stays_refused_is_a_matter_for_a_person(shop: Any, store: Any) -> None:
    store.on("LevelsAt", HttpAnswer(status=401, headers={}, body=b""))
    with pytest.raises(TryLater) as caught:
        ask(shop)
    assert caught.value.credentials
    assert len(used_tokens(store)) == 2


def test_a_permanent_token_is_used_as_it_is_and_never_renewed(shop: Any, store: Any) -> None:
    shop.secrets.clear()
    shop.secrets["access_token"] = "shpat_1"
    store.on("LevelsAt", OK, HttpAnswer(status=401, headers={}, body=b""))
    ask(shop)
    with pytest.raises(TryLater):
        ask(shop)
    assert used_tokens(store) == ["shpat_1", "shpat_1"]
    assert store.tokens == []


@pytest.mark.parametrize("status", [400, 401, 403])
def test_wrong_credentials_at_the_token_endpoint_pause_the_connection(shop: Any, store: Any, status: int) -> None:
    store.token_answers = [HttpAnswer(status=status, headers={}, body=b'{"error":"invalid_client"}')]
    with pytest.raises(TryLater) as caught:
        ask(shop)
    assert caught.value.credentials


@pytest.mark.parametrize(
    "reply",
    [HttpAnswer(status=503, headers={}, body=b""), OutcomeUnknown("cut"), HttpAnswer(status=200, headers={}, body=b"<html>")],
)
def test_no_token_now_means_nothing_was_done(shop: Any, store: Any, reply: Any) -> None:
    store.token_answers = [reply]
    with pytest.raises(TryLater) as caught:
        ask(shop)
    assert not caught.value.credentials


def test_twenty_threads_share_one_token(shop: Any, store: Any) -> None:
    door = shop.door
    threads = [threading.Thread(target=lambda: door.levels.read([("i", "l")])) for _ in range(20)]
    store.on("LevelsAt", {"nodes": [None]})
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.tokens) == 1


def test_the_secret_is_in_no_error_and_no_request_but_the_one_for_the_token(shop: Any, store: Any) -> None:
    store.token_answers = [HttpAnswer(status=400, headers={}, body=b"s3cret")]
    with pytest.raises(TryLater) as caught:
        ask(shop)
    assert "s3cret" not in str(caught.value)
    assert all(b"s3cret" not in r.body for r in store.requests[1:])


# --- the rate budget -----------------------------------------------------------------------------------------------------


def test_the_planned_cost_is_taken_first_and_the_real_one_after(shop: Any, store: Any) -> None:
    store.cost = 42
    ask(shop)
    ask(shop, urgent=False)
    assert shop.budget.takes == [(g.LEVELS_AT.cost, True), (42, False)]


def test_the_budget_is_corrected_by_every_answer(shop: Any, store: Any) -> None:
    ask(shop)
    assert shop.budget.corrections == [(1900, 2000, 100)]


@pytest.mark.parametrize(("headers", "wait"), [({"retry-after": "7"}, 7.0), ({}, 2.0)])
def test_who_is_turned_away_has_everybody_wait_as_he_was_told_and_longer_when_it_goes_on(
    shop: Any, store: Any, headers: dict[str, str], wait: float
) -> None:
    store.on("LevelsAt", HttpAnswer(status=429, headers=headers, body=b""))
    for _ in range(PATIENT + 9):
        with pytest.raises(TryLater):
            ask(shop)
    assert shop.budget.holds[:PATIENT] == [wait] * PATIENT
    assert shop.budget.holds[-1] == LONGEST_S


def test_a_call_that_may_not_be_made_yet_is_not_made(shop: Any, store: Any) -> None:
    shop.budget.refuse = TryLater("later", after_s=30)
    with pytest.raises(TryLater):
        ask(shop)
    assert store.calls == []


def test_throttled_waits_exactly_as_long_as_the_budget_needs_and_tries_again(shop: Any, store: Any) -> None:
    store.on("LevelsAt", throttled(available=50, asked=100, rate=100), OK)
    assert ask(shop).data.nodes == []
    assert shop.clock.slept == [0.5]
    assert shop.budget.corrections[0] == (50, 2000, 100)


def test_throttled_for_ever_is_put_off(shop: Any, store: Any) -> None:
    store.on("LevelsAt", throttled())
    with pytest.raises(TryLater) as caught:
        ask(shop)
    assert caught.value.after_s == 1.0
    assert len(store.calls) == 3


def test_throttled_for_longer_than_patience_is_put_off_at_once(shop: Any, store: Any) -> None:
    store.on("LevelsAt", throttled(available=-2000, asked=500))
    with pytest.raises(TryLater) as caught:
        ask(shop)
    assert (caught.value.after_s, shop.clock.slept) == (25.0, [])


def test_throttled_without_figures_waits_a_second(shop: Any, store: Any) -> None:
    store.on("LevelsAt", {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {}}, OK)
    ask(shop)
    assert shop.clock.slept == [1.0]


def test_the_version_that_really_served_is_remembered(shop: Any, store: Any) -> None:
    store.on("LevelsAt", HttpAnswer(status=200, headers={"x-shopify-api-version": "2027-04"}, body=b'{"data":{"nodes":[]}}'))
    ask(shop)
    assert shop.door.levels._shopify.served_version == "2027-04"
