"""What each answer of Shopify means. HTTP 200 is not success; silence after a mutation is not failure."""

import json
from typing import Any

import pytest

from stockbridge.channels.shopify import generated as g
from stockbridge.ports import DoorError, HttpAnswer, OutcomeUnknown, Refused, TryLater

DONE = {"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "gid://x"}, "userErrors": []}}
ITEMS = {"nodes": []}


def mutate(shop: Any, reply: Any) -> Any:
    shop.store.on("SetAvailable", reply)
    asked = g.SetAvailable(input=g.InventorySetQuantitiesInput(name="available", reason="correction", quantities=[]), key="k")
    return client(shop).call(g.SET_AVAILABLE, asked, urgent=False)


def query(shop: Any, reply: Any, **how: bool) -> Any:
    shop.store.on("LevelsAt", reply)
    return client(shop).call(g.LEVELS_AT, g.LevelsAt(ids=["i"], location_id="l"), urgent=False, **how)


def client(shop: Any) -> Any:
    return shop.door.levels._shopify


def http(status: int, body: bytes = b"", **headers: str) -> HttpAnswer:
    return HttpAnswer(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body)


def trouble(act: Any, shop: Any, reply: Any) -> DoorError:
    with pytest.raises(DoorError) as caught:
        act(shop, reply)
    return caught.value


@pytest.mark.parametrize("status", [401, 402, 403, 404, 423])
def test_a_problem_with_the_key_or_the_store_pauses_the_connection(shop: Any, status: int) -> None:
    for act in (mutate, query):
        error = trouble(act, shop, http(status))
        assert isinstance(error, TryLater)
        assert error.credentials


def test_too_many_requests_says_when_to_come_back(shop: Any) -> None:
    error = trouble(mutate, shop, http(429, retry_after="7.5"))
    assert isinstance(error, TryLater)
    assert (error.after_s, error.credentials) == (7.5, False)


@pytest.mark.parametrize(("status", "wait"), [(429, 2.0), (430, 60.0)])
def test_too_many_requests_without_a_time_waits_a_little_and_a_security_block_longer(
    shop: Any, status: int, wait: float
) -> None:
    error = trouble(query, shop, http(status, retry_after="soon") if status == 429 else http(status))
    assert isinstance(error, TryLater)
    assert error.after_s == wait


LOST = [
    http(500),
    http(502, b"<html>Bad gateway</html>"),
    http(503),
    http(200, b"<html>Something went wrong</html>"),
    http(200, b'{"data": {"inventorySetQuantities": {"userEr'),
    http(200, b""),
    http(200, b"{}"),
    http(200, b'{"data": null}'),
    OutcomeUnknown("the answer did not come in time"),
    {"data": None, "errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
    {"data": None, "errors": [{"message": "What is this"}]},
    {"data": {"inventorySetQuantities": None}},
]


@pytest.mark.parametrize("reply", LOST, ids=range(len(LOST)))
def test_a_lost_answer_leaves_a_mutation_unknown(shop: Any, reply: Any) -> None:
    assert type(trouble(mutate, shop, reply)) is OutcomeUnknown


@pytest.mark.parametrize("reply", LOST[:-1], ids=range(len(LOST) - 1))
def test_a_lost_answer_to_a_query_is_asked_for_again_later(shop: Any, reply: Any) -> None:
    error = trouble(query, shop, reply)
    assert type(error) is TryLater
    assert not error.credentials


def test_no_connection_means_certainly_not_done(shop: Any) -> None:
    assert type(trouble(mutate, shop, TryLater("refused"))) is TryLater


@pytest.mark.parametrize(
    "code",
    [
        "MAX_COST_EXCEEDED",
        "MAX_INPUT_SIZE_EXCEEDED",
        "BAD_REQUEST",
        "INVALID_VARIABLE",
        "INVALID_FIELD_ARGUMENTS",
        "undefinedField",
        "argumentNotAccepted",
        "RESOURCE_NOT_FOUND",
    ],
)
def test_a_request_that_shopify_does_not_accept_is_a_bug_and_was_not_done(shop: Any, make: Any, code: str) -> None:
    error = trouble(mutate, shop, make.trouble(code, data={"inventorySetQuantities": None}))
    assert isinstance(error, Refused)
    assert error.code == code


def test_a_missing_permission_pauses_the_connection_and_names_it(shop: Any, make: Any) -> None:
    error = trouble(mutate, shop, make.trouble("ACCESS_DENIED", "Required access: `write_inventory` access scope."))
    assert isinstance(error, TryLater)
    assert error.credentials
    assert "write_inventory" in str(error)


def test_an_internal_error_beside_a_denial_is_still_unknown(shop: Any) -> None:
    rows = [{"message": "a", "extensions": {"code": code}} for code in ("ACCESS_DENIED", "INTERNAL_SERVER_ERROR")]
    assert type(trouble(mutate, shop, {"data": None, "errors": rows})) is OutcomeUnknown


def test_a_mutation_with_its_result_there_was_done_whatever_is_said_beside_it(shop: Any, make: Any) -> None:
    path = ["inventorySetQuantities", "inventoryAdjustmentGroup", "staffMember"]
    answer = mutate(shop, make.trouble("ACCESS_DENIED", data=DONE, path=path))
    assert answer.data.inventory_set_quantities.inventory_adjustment_group.id == "gid://x"
    assert [row.code for row in answer.errors] == ["ACCESS_DENIED"]


def test_a_query_with_holes_is_not_a_set_of_facts(shop: Any, make: Any) -> None:
    error = trouble(
        query, shop, make.trouble("ACCESS_DENIED", "no address for you", data=ITEMS, path=["nodes", 0, "shippingAddress"])
    )
    assert isinstance(error, TryLater)
    assert error.credentials


def test_a_query_with_a_field_that_failed_inside_is_tried_later(shop: Any, make: Any) -> None:
    error = trouble(query, shop, make.trouble("INTERNAL_SERVER_ERROR", data=ITEMS, path=["nodes", 0]))
    assert isinstance(error, TryLater)
    assert not error.credentials


def test_a_hidden_email_stops_no_parcel(shop: Any, make: Any) -> None:
    assert query(shop, make.trouble("ACCESS_DENIED", data=ITEMS, path=["nodes", 0, "email"])).data.nodes == []


def test_a_search_that_shopify_ignored_is_an_error_and_not_everything(shop: Any) -> None:
    search = [
        {
            "path": ["orders"],
            "query": "updatedat:>1",
            "parsed": {},
            "warnings": [{"field": "updatedat", "code": "invalid_field"}],
        }
    ]
    error = trouble(query, shop, {"data": ITEMS, "extensions": {"search": search}})
    assert isinstance(error, Refused)
    assert error.code == "search_warning"


def test_a_search_without_warnings_is_an_answer(shop: Any) -> None:
    search = [{"path": ["orders"], "query": "updated_at:>1", "parsed": {}}]
    assert query(shop, {"data": ITEMS, "extensions": {"search": search}}).data.nodes == []


@pytest.mark.parametrize("name", ["userErrors", "orderCancelUserErrors", "locationActivateUserErrors"])
def test_every_list_of_complaints_is_looked_at_whatever_its_name(shop: Any, name: str) -> None:
    payload = {
        "inventorySetQuantities": {
            "userErrors": [],
            name: [{"field": ["input", "reason"], "message": "No", "code": "INVALID_REASON"}],
        }
    }
    (complaint,) = mutate(shop, payload).user_errors
    assert (complaint.code, complaint.field, complaint.message) == ("INVALID_REASON", ("input", "reason"), "No")


def test_a_complaint_without_code_or_field_is_a_complaint(shop: Any) -> None:
    (complaint,) = mutate(shop, {"inventorySetQuantities": {"userErrors": [{"message": "No"}]}}).user_errors
    assert (complaint.code, complaint.field, complaint.message) == ("", (), "No")


@pytest.mark.parametrize(
    "code", ["IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "SERVICE_UNAVAILABLE"]
)
def test_another_attempt_under_way_leaves_the_outcome_unknown(shop: Any, make: Any, code: str) -> None:
    assert type(trouble(mutate, shop, make.complaint("inventorySetQuantities", "in flight", code=code))) is OutcomeUnknown


def test_an_answer_of_unknown_shape_is_unknown_for_a_mutation_and_a_bug_for_a_query(shop: Any) -> None:
    assert type(trouble(mutate, shop, {"inventorySetQuantities": {"userErrors": 5, "x": 1}})) is OutcomeUnknown
    error = trouble(query, shop, {"nodes": "none"})
    assert isinstance(error, Refused)
    assert error.code == "shape"


def test_any_other_status_is_refused_with_its_number(shop: Any) -> None:
    error = trouble(mutate, shop, http(400, json.dumps({"errors": "bad"}).encode()))
    assert isinstance(error, Refused)
    assert error.code == "http_400"
