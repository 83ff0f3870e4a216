"""Whatever the published contract allows a WMS to say, the door reads: it asks for nothing that is not written there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stockbridge.domain.events import Noted
from stockbridge.ports import Arrival, HttpAnswer
from stockbridge.testing.fakes import DAWN, FakeClock, ScriptedHttp, opening
from stockbridge.warehouses.wms import DOOR

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in (*range(32), 127)])
MOMENTS = st.integers(600_000_000, 3_700_000_000).map(lambda second: datetime.fromtimestamp(second, UTC).isoformat())
#: Topic → the schema of what it carries, beside the events.
BARE = {
    "answer/submit": "Order",
    "answer/adopted": "Order",
    "poll/orders": "Order",
    "answer/cancel": "Cancellation",
    "poll/stock": "SnapshotPage",
    "poll/stock_changes": "Figure",
}


class Speaker:
    """Says anything that a schema of the contract allows, of the vocabulary that the contract uses."""

    def __init__(self, contract: Any) -> None:
        self._contract = contract

    def says(self, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        """Bodies of a schema. Those that its conditions forbid are judged and left out."""
        return self._plain(schema).filter(lambda body: self._allowed(schema, body))

    def _allowed(self, schema: dict[str, Any], body: object) -> bool:
        try:
            self._contract._judge(schema, body)
        except ValueError:
            return False
        except Exception as error:
            if type(error).__name__ != "ValidationError":
                raise
            return False
        return True

    def _plain(self, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        schema = self._contract._resolved(schema)
        if "allOf" in schema:
            parts = [self._contract._resolved(each) for each in schema["allOf"]]
            merged = {"type": "object", "required": [], "properties": {}}
            for part in parts:
                merged["required"] += part.get("required", [])
                merged["properties"] |= part.get("properties", {})
            return self._object(merged)
        if "oneOf" in schema:
            return st.one_of([self._plain(each) for each in schema["oneOf"]])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema or "examples" in schema:
            return st.sampled_from(schema.get("enum") or schema["examples"])
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return st.one_of([self._of_type(each, schema) for each in kinds])

    def _of_type(self, kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return st.integers(schema.get("minimum", -(10**9)), schema.get("maximum", 10**9))
            case "number":
                bounds = (schema.get("minimum", -(10**9)), schema.get("maximum", 10**9))
                return st.integers(*bounds) | st.decimals(*bounds, places=6).map(float)
            case "string" if schema.get("format") == "date-time":
                return MOMENTS
            case "string":
                return st.text(LETTERS, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 12), 12))
            case "array":
                return st.lists(self._plain(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)
            case _:
                return self._object(schema)

    def _object(self, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "additionalProperties" in schema:
            return st.dictionaries(
                st.text(LETTERS, min_size=1, max_size=8), self._plain(schema["additionalProperties"]), max_size=3
            )
        each = {name: self._plain(part) for name, part in schema["properties"].items()}
        required = {name: strategy for name, strategy in each.items() if name in schema.get("required", [])}
        optional = {name: strategy for name, strategy in each.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)


@pytest.fixture(scope="session")
def speaker(contract: Any) -> Speaker:
    return Speaker(contract)


def door(*answers: object):
    given = [HttpAnswer(status=200, headers={}, body=msgspec.json.encode(each)) for each in answers]
    wanted = {"url": "https://wms.example", "warehouses": ["LON"], "personality": "look_up"}
    return DOOR.open(
        opening(settings=wanted, secrets={"api_key": "k"}, clock=FakeClock(), http=ScriptedHttp(list(given)))  # type: ignore[arg-type]
    )


def read(topic: str, body: object):
    arrival = Arrival(
        account="acme",
        connection="wms",
        topic=topic,
        subject="s",
        dedupe_key="d",
        received_at=DAWN,
        headers={},
        body=msgspec.json.encode(body),
    )
    return list(door().inbound.read(arrival))


#: Without the phase that explains failures: it takes minutes for bodies as large as these.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
PATIENT = (HealthCheck.too_slow, HealthCheck.filter_too_much)
CALM = settings(max_examples=20, deadline=None, phases=PHASES, suppress_health_check=PATIENT)
EVENTS = ("order.accepted", "order.status", "shipment.confirmed", "order.cancelled", "order.cancel_declined", "stock.changed")


@pytest.mark.parametrize("type_", EVENTS)
@CALM
@given(data=st.data())
def test_every_event_that_the_contract_allows_is_read(contract, speaker: Speaker, type_: str, data) -> None:
    content = contract.document["webhooks"][type_]["post"]["requestBody"]["content"]
    body = data.draw(speaker.says(content["application/json"]["schema"]))
    assert not isinstance(read(body["type"], body)[0], Noted)


@pytest.mark.parametrize("topic", BARE)
@CALM
@given(data=st.data())
def test_every_answer_and_every_poll_that_the_contract_allows_is_read(speaker: Speaker, topic: str, data) -> None:
    assert read(topic, data.draw(speaker.says({"$ref": f"#/components/schemas/{BARE[topic]}"})))


@CALM
@given(data=st.data())
def test_every_page_that_the_contract_allows_becomes_arrivals(speaker: Speaker, data) -> None:
    for what, name, held in (("orders", "OrdersPage", "orders"), ("stock_changes", "ChangesPage", "figures")):
        page = data.draw(speaker.says({"$ref": f"#/components/schemas/{name}"})) | {"more": False}
        opened = door(page)
        arrivals, cursor = opened.polls.poll(what, "0")
        assert (len(arrivals), cursor) == (len(page[held]), str(page["sequence"]))
        assert all(opened.inbound.read(each) for each in arrivals)
