"""The description is made from what answers, and holds: every answer is the shape that it names."""

import json
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.testclient import TestClient

from stockbridge.db.tokens import SCOPES
from stockbridge.domain.drift import Cause
from stockbridge.domain.history import Answer
from stockbridge.domain.orders import OrderState, SubmissionState
from stockbridge.testing.edge import words_of
from stockbridge.web import mapping_plan, stock, words
from stockbridge.web.api import resources
from stockbridge.web.api.openapi import describe
from stockbridge.web.api.resources import health
from stockbridge.web.api.resources.connections import ConnectionState
from stockbridge.web.api.resources.mapping_plan import PlanView
from stockbridge.web.api.resources.orders import OrderView
from stockbridge.web.api.resources.stock import CellState, StockView
from stockbridge.web.api.resources.sweeps import RunKind, RunState
from stockbridge.web.api.route import Call, File, Nothing, Route, Told
from stockbridge.web.api.table import RESOURCES, ROUTES

Programs = Callable[..., Any]
Visitor = Callable[..., TestClient]
#: files beside the resources that have no route of their own
PARTS = {"timeline"}


def described(visitor: Visitor) -> dict[str, Any]:
    answer = visitor().get("/api/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def test_the_description_is_openapi_and_everybody_may_read_it(visitor: Visitor) -> None:
    description = described(visitor)
    assert description["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(description).iter_errors()] == []


def test_every_route_is_described_with_its_scope_and_in_words(visitor: Visitor) -> None:
    paths = described(visitor)["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == {
        (route.method, route.address) for route in ROUTES
    }
    for route in ROUTES:
        operation = paths[route.address][route.method.lower()]
        assert operation["security"] == [{"token": [route.scope] if route.scope else []}]
        assert re.fullmatch(r"[A-Z][^.]+", operation["summary"]), operation["summary"]
        assert all(field["description"] for field in operation["parameters"] if field["in"] == "query"), route.path
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)


def test_no_name_in_the_description_tells_where_the_code_lies(visitor: Visitor) -> None:
    assert [name for name in described(visitor)["components"]["schemas"] if "." in name] == []


def test_every_file_of_a_resource_is_served() -> None:
    files = {module.name for module in pkgutil.iter_modules(resources.__path__)}
    assert files - PARTS == {resource.__name__.rpartition(".")[2] for resource in RESOURCES}


def test_a_new_route_describes_itself() -> None:
    class Weather(Told, frozen=True):
        """How it is."""

        degrees: int

    def weather(call: Call[Nothing, Nothing]) -> Weather:
        """Read the weather. As it is outside."""
        return Weather(degrees=20)

    route = Route(method="GET", path="/weather", scope="read", handler=weather, answer=Weather)
    description = describe([*health.ROUTES, route], version="1")
    operation = description["paths"]["/api/v1/weather"]["get"]
    assert (operation["summary"], operation["description"]) == ("Read the weather", "As it is outside.\n\nScope: `read`.")
    assert description["components"]["schemas"]["Weather"]["properties"]["degrees"] == {"type": "integer"}
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


def test_every_answer_is_the_shape_that_its_description_names(filled: Any, program: Programs, visitor: Visitor) -> None:
    """A field that was left out, or is null where it may not be, is a broken promise: all readings, with rows in them."""
    description, reader = described(visitor), program()
    asked = {
        "/stock/why": {"shop": "shop.example", "location_id": "loc-1", "inventory_item_id": "inv-1"},
        "/stock/history": {"shop": "shop.example", "location_id": "loc-1", "inventory_item_id": "inv-1"},
        "/stock/chart": {"shop": "shop.example", "location_id": "loc-1", "inventory_item_id": "inv-1"},
        "/orders/one": {"shop": "shop.example", "order_id": "shop://order/1003"},
        "/mapping": {"shop": "shop.example"},
        "/mapping/versions": {"shop": "shop.example"},
    }
    document = reader.get("/mapping", shop="shop.example")["document"]
    for route in ROUTES:
        if route.reads and route.answer is not File:
            path = f"/api/v1{route.path.replace('{parked_id}', '1').replace('{run_id}', '1')}"
            body = {"document": document} if route.looks else None
            told = reader.client.request(route.method, path, params=asked.get(route.path, {}), json=body).json()
            assert "data" not in told or told["data"] or route.looks or route.path == "/sweeps", route.path
            answer = description["paths"][route.address][route.method.lower()]["responses"]["200"]
            schema = {**answer["content"]["application/json"]["schema"], "components": description["components"]}
            assert [error.message for error in Draft202012Validator(schema).iter_errors(told)] == [], route.path


def test_every_list_of_words_has_a_name_and_says_what_they_mean(visitor: Visitor) -> None:
    description = described(visitor)
    shapes = description["components"]["schemas"]
    named = {name: shape for name, shape in shapes.items() if "enum" in shape}
    assert named.keys() >= {
        "RunState",
        "RunKind",
        "Cause",
        "Answer",
        "PlanView",
        "StockView",
        "OrderView",
        "Owner",
        "CellState",
    }
    assert all(len(shape["description"]) > 20 for shape in named.values())
    rest = {name: shape for name, shape in shapes.items() if name not in named}
    assert '"enum"' not in json.dumps([rest, description["paths"]])


def test_the_words_are_those_of_the_pages() -> None:
    assert set(RunState) == words.RUN.keys() - {"looked"}, "the page calls a dry run that is done so"
    assert set(RunKind) == words.RUN_KIND.keys()
    assert set(Cause) == words.DRIFT.keys()
    assert set(PlanView) == {each or "written" for each in mapping_plan.SHOWS}
    assert set(StockView) == stock.SHOWS.keys() - {""}
    assert set(CellState) == words.CELL.keys()
    assert set(ConnectionState) == words.CONNECTION.keys()
    assert set(OrderState) == words.ORDER.keys()
    assert set(SubmissionState) == words.SUBMISSION.keys()
    assert set(OrderView) == words.TABS.keys() - {"all"}
    assert set(Answer) == words.ANSWER.keys()


def test_a_problem_is_the_shape_that_its_description_names(filled: Any, program: Programs, visitor: Visitor) -> None:
    schema = {"$ref": "#/components/schemas/Problem", "components": described(visitor)["components"]}
    for path in ("/nowhere", "/stock?x=1", "/parked/99"):
        problem = program().client.get(f"/api/v1{path}").json()
        assert list(Draft202012Validator(schema).iter_errors(problem)) == []
        assert problem["type"] == "about:blank"


def test_the_page_of_the_api_needs_no_login_and_names_every_route(visitor: Visitor) -> None:
    page = visitor().get("/api")
    assert page.status_code == 200
    shown = words_of(page.text)
    for route in ROUTES:
        assert f"{route.method} {route.address}" in shown
    assert "counted − on_its_way_out − held_back + too_few = offered" in shown
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= set(re.findall(r'id="([^"]+)"', page.text))
    assert "Make one here." in visitor("admin").get("/api").text


def test_the_guide_names_every_address_and_every_scope() -> None:
    guide = (Path(__file__).parents[3] / "docs/howto/api.md").read_text()
    assert [route.path for route in ROUTES if route.path.removesuffix("/dismiss") not in guide] == []
    assert [scope for scope, what in SCOPES.items() if f"| `{scope}` | {what} |" not in guide] == []


def test_the_description_says_nothing_of_this_installation(filled: Any, visitor: Visitor) -> None:
    said = json.dumps(described(visitor))
    assert "acme" not in said
    assert "shop.example" not in said
