"""The durable engine keeps the promises of an engine: two worker processes on one database, and real kills."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stockbridge.db.connection import Database
from stockbridge.testing.contract_engine import EngineContract

pytestmark = [pytest.mark.slow, pytest.mark.crash]


@pytest.fixture(scope="module")
def rig(module_database: Database, make_workers: Callable[..., Any]) -> Iterator[Any]:
    workers = make_workers(module_database.engine, module_database.url, "one", "two", schedules=("tick",))
    yield workers
    workers.stop()


class TestDbos(EngineContract):
    pass
