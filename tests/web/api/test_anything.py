"""Whatever fits the description is answered as it promises, and what does not fit is refused: made-up requests to every route."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from stockbridge.web.api.route import Nothing, Route
from stockbridge.web.api.table import ROUTES
from stockbridge.web.app import create_app

schemathesis = pytest.importorskip("schemathesis", reason="`make setup` installs it")
EXAMPLES = int(os.environ.get("EXAMPLES", "20"))


def _takes_something(route: Route) -> bool:
    return "{" in route.path or route.query is not Nothing or route.body is not Nothing


#: what takes nothing can be sent nothing that does not fit
CASES = [(route, fits) for route in ROUTES for fits in (True, False) if fits or _takes_something(route)]


@pytest.fixture
def described(filled: Any) -> Any:
    """The API of a filled room, as its description says it is."""
    return schemathesis.openapi.from_asgi("/api/openapi.json", create_app(filled.parts))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("route", "fits"), CASES, ids=[f"{route.method} {route.path} {'fits' if fits else 'does not fit'}" for route, fits in CASES]
)
def test_every_route_keeps_its_description_whatever_is_sent(
    described: Any, program: Callable[..., Any], route: Route, fits: bool
) -> None:
    operation = described[route.address][route.method]
    mode = schemathesis.GenerationMode.POSITIVE if fits else schemathesis.GenerationMode.NEGATIVE
    headers = {"Authorization": f"Bearer {program().secret}"}
    # A cursor that we did not give, and an item that there is not, fit the description and are refused all the same.
    beside = [schemathesis.checks.positive_data_acceptance]

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        assume(fits or not any(value in ([], {}, None) for value in (case.query or {}).values()))  # they vanish on the way
        case.call_and_validate(headers=headers, excluded_checks=beside)

    holds()
