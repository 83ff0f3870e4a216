"""Programs that use the API over the room of tests/web."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.db import tokens
from stockbridge.db.tokens import SCOPES
from stockbridge.web.app import create_app

BASE = "http://testserver"


@dataclass
class Program:
    """Another program with a token."""

    client: TestClient
    secret: str

    def get(self, path: str, **query: Any) -> Any:
        """The answer to a reading, which must succeed."""
        answer = self.client.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every page of a list, together."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            found += page["data"]
            cursor = page["next_cursor"]
        return found

    def refused(self, status: int, path: str, *, method: str = "GET", **more: Any) -> dict[str, Any]:
        """The problem that a request is answered with."""
        answer = self.client.request(method, f"/api/v1{path}", **more)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        assert problem["detail"].endswith(".")
        return dict(problem)


@pytest.fixture
def program(room: Any) -> Iterator[Callable[..., Program]]:
    """Makes programs: `program("read")` has a token with this scope, `program()` one with all."""
    opened: list[TestClient] = []

    def make(*scopes: str, name: str = "", days: int = 365, to: Any = room) -> Program:
        with to.database.engine.begin() as conn:
            secret = tokens.create(
                conn,
                account="acme",
                token_id=f"t-{len(opened) + 1}",
                name=name or f"program {len(opened) + 1}",
                scopes=scopes or tuple(SCOPES),
                by="Ana",
                now=to.clock.now(),
                valid_for=timedelta(days=days),
            )
        client = TestClient(create_app(to.parts), base_url=BASE, headers={"authorization": f"Bearer {secret}"})
        client.__enter__()
        opened.append(client)
        return Program(client, secret)

    yield make
    for client in opened:
        client.__exit__(None, None, None)
